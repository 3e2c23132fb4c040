-- How a source was read: the same bytes read otherwise (another time zone, other units) are another load.
ALTER TABLE "import" ADD COLUMN "settings" JSONB NOT NULL DEFAULT '{}';

-- The first rejected lines of each load.
CREATE TABLE "import_rejection" (
    "import_id" BIGINT NOT NULL,
    "line" BIGINT NOT NULL,
    "field" TEXT,
    "value" TEXT,
    "reason" TEXT NOT NULL,

    CONSTRAINT "import_rejection_pkey" PRIMARY KEY ("import_id", "line")
);

CREATE TABLE "api_key" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "scopes" TEXT[] NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_key_scopes_known" CHECK ("scopes" <@ ARRAY['read', 'write', 'admin'] AND cardinality("scopes") > 0)
);

CREATE UNIQUE INDEX "api_key_prefix_key" ON "api_key" ("prefix");

CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "audit_event_at_idx" ON "audit_event" ("at");
