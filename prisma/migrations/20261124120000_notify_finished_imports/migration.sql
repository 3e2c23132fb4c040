-- Tells every replica which rows an import has written, in the import's own transaction: those between its time
-- instants whose xmin lies in [xid_first, xid_end). The range takes in the subtransactions that savepoints open.
CREATE FUNCTION import_finished_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('import_finished', json_build_object(
        'importId', NEW.id::text,
        'firstTimeInstant', to_json(NEW.first_time_instant AT TIME ZONE 'UTC') #>> '{}' || 'Z',
        'lastTimeInstant', to_json(NEW.last_time_instant AT TIME ZONE 'UTC') #>> '{}' || 'Z',
        'xidFirst', (pg_current_xact_id()::text::numeric % 4294967296)::text,
        'xidEnd', (pg_snapshot_xmax(pg_current_snapshot())::text::numeric % 4294967296)::text
    )::text);
    RETURN NULL;
END $$;

CREATE TRIGGER "import_notifies"
    AFTER INSERT ON "import"
    FOR EACH ROW WHEN (NEW.rows_inserted + NEW.rows_updated > 0)
    EXECUTE FUNCTION import_finished_notify();
