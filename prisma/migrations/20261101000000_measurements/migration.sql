-- Station ids compare as bytes (COLLATE "C"), so that the order of an export is the same on every server.
CREATE TABLE "station" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "city" TEXT,
    "timezone" TEXT NOT NULL DEFAULT 'UTC',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "station_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "station_id_form" CHECK ("id" ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'),
    CONSTRAINT "station_latitude_range" CHECK ("latitude" BETWEEN -90 AND 90),
    CONSTRAINT "station_longitude_range" CHECK ("longitude" BETWEEN -180 AND 180)
);

-- Columns in the order of the files this table is named after. Partitioned by month of "TimeInstant" (UTC);
-- measurement_partitions_ensure() below makes the months a load needs.
CREATE TABLE "environment_airq_measurand" (
    "TimeInstant" TIMESTAMPTZ(3) NOT NULL,
    "id_entity" TEXT COLLATE "C" NOT NULL,
    "so2" DOUBLE PRECISION,
    "no2" DOUBLE PRECISION,
    "co" DOUBLE PRECISION,
    "o3" DOUBLE PRECISION,
    "pm10" DOUBLE PRECISION,
    "pm2_5" DOUBLE PRECISION,
    "flag" SMALLINT,

    CONSTRAINT "environment_airq_measurand_pkey" PRIMARY KEY ("id_entity", "TimeInstant"),
    -- NaN sorts above infinity in PostgreSQL, so one comparison a side refuses all three; JSON has none of them.
    CONSTRAINT "environment_airq_measurand_finite" CHECK (
        "so2" > '-Infinity' AND "so2" < 'Infinity' AND "no2" > '-Infinity' AND "no2" < 'Infinity'
        AND "co" > '-Infinity' AND "co" < 'Infinity' AND "o3" > '-Infinity' AND "o3" < 'Infinity'
        AND "pm10" > '-Infinity' AND "pm10" < 'Infinity' AND "pm2_5" > '-Infinity' AND "pm2_5" < 'Infinity'
    )
) PARTITION BY RANGE ("TimeInstant");

CREATE INDEX "environment_airq_measurand_TimeInstant_id_entity_idx"
    ON "environment_airq_measurand" ("TimeInstant", "id_entity");

CREATE TABLE "import" (
    "id" BIGSERIAL NOT NULL,
    "source" TEXT NOT NULL,
    "sha256" TEXT,
    "rows_read" BIGINT NOT NULL DEFAULT 0,
    "rows_inserted" BIGINT NOT NULL DEFAULT 0,
    "rows_updated" BIGINT NOT NULL DEFAULT 0,
    "rows_unchanged" BIGINT NOT NULL DEFAULT 0,
    "rows_rejected" BIGINT NOT NULL DEFAULT 0,
    "first_time_instant" TIMESTAMPTZ(3),
    "last_time_instant" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "imported_by" TEXT NOT NULL,

    CONSTRAINT "import_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "import_sha256_idx" ON "import" ("sha256");
CREATE INDEX "import_started_at_idx" ON "import" ("started_at");

CREATE TABLE "dataset" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "version" BIGINT NOT NULL DEFAULT 0,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dataset_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "dataset_single_row" CHECK ("id" = 1)
);

INSERT INTO "dataset" ("id") VALUES (1);

-- Statement level: one bump a statement, whatever its rows. The lock on the one row makes versions of
-- concurrent writers follow their commits.
CREATE FUNCTION dataset_version_bump() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next_version BIGINT;
BEGIN
    UPDATE "dataset" SET "version" = "version" + 1, "changed_at" = now() RETURNING "version" INTO next_version;
    PERFORM pg_notify('dataset_changed', next_version::text);
    RETURN NULL;
END $$;

CREATE TRIGGER "station_bumps_dataset_version"
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "station"
    FOR EACH STATEMENT EXECUTE FUNCTION dataset_version_bump();

CREATE TRIGGER "environment_airq_measurand_bumps_dataset_version"
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "environment_airq_measurand"
    FOR EACH STATEMENT EXECUTE FUNCTION dataset_version_bump();

-- Makes every missing monthly partition that [first_instant, last_instant] touches. A table is built apart and then attached,
-- since CREATE TABLE … PARTITION OF would wait for (and then block) every reader of the parent.
CREATE FUNCTION measurement_partitions_ensure(first_instant TIMESTAMPTZ, last_instant TIMESTAMPTZ)
RETURNS integer LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
DECLARE
    month_start TIMESTAMPTZ;
    month_end TIMESTAMPTZ;
    partition_name TEXT;
    made INTEGER := 0;
BEGIN
    FOR month_start IN
        SELECT generate_series(date_trunc('month', first_instant), date_trunc('month', last_instant), '1 month')
    LOOP
        month_end := month_start + interval '1 month';
        partition_name := format('environment_airq_measurand_%s', to_char(month_start, 'YYYY_MM'));
        CONTINUE WHEN to_regclass(format('%I', partition_name)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('measurement_partitions_ensure'));
        CONTINUE WHEN to_regclass(format('%I', partition_name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE "environment_airq_measurand" INCLUDING ALL)', partition_name);
        EXECUTE format('ALTER TABLE "environment_airq_measurand" ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition_name, month_start, month_end);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
