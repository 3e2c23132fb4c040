-- Tells every replica which rows an import has written, in the import's own transaction: those between its time
-- instants whose xmin lies in [xidFirst, xidEnd).
CREATE FUNCTION import_finished_notify() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_xid BIGINT;
BEGIN
    -- Savepoints write under transaction ids of their own, all above that of their transaction. The block below is one more
    -- of them, the last so far, and the row shows its id.
    BEGIN
        UPDATE "import" SET "source" = "source" WHERE "id" = NEW."id";
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    SELECT xmin::text::bigint INTO last_xid FROM "import" WHERE "id" = NEW."id";
    PERFORM pg_notify('import_finished', json_build_object(
        'importId', NEW.id::text,
        'firstTimeInstant', to_char(NEW.first_time_instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'lastTimeInstant', to_char(NEW.last_time_instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'xidFirst', (pg_current_xact_id()::text::numeric % 4294967296)::text,
        'xidEnd', ((last_xid + 1) % 4294967296)::text
    )::text);
    RETURN NULL;
END $$;

CREATE TRIGGER "import_notifies"
    AFTER INSERT ON "import"
    FOR EACH ROW WHEN (NEW.rows_inserted + NEW.rows_updated > 0)
    EXECUTE FUNCTION import_finished_notify();
