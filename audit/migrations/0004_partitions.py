"""Events are kept by month, each with the transaction that wrote it; entries and the signed state are guarded too.

`xact` lets the sequencer ask for what is missing without reading everything: whatever a transaction older than all
open ones wrote is visible by now, so only newer ones can still bring events. Months are made ahead by a function that
runs as the owner, because the application may not make tables; what falls into no month is kept in a default
partition.
"""

from django.db import migrations

COLUMNS = "id, uuid, time, kind, body, actor, department, dataset, basis, subject"

PARTITIONED = f"""
ALTER TABLE audit_event RENAME TO audit_event_before;
CREATE SEQUENCE audit_event_number AS bigint;
CREATE TABLE audit_event (
    id bigint NOT NULL DEFAULT nextval('audit_event_number'),
    uuid uuid NOT NULL,
    time timestamptz NOT NULL,
    kind varchar(60) NOT NULL,
    body text NOT NULL,
    actor uuid,
    department uuid,
    dataset uuid,
    basis uuid,
    subject varchar(80) NOT NULL,
    xact bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
    CONSTRAINT audit_event_of_a_month PRIMARY KEY (id, time)
) PARTITION BY RANGE (time);
ALTER SEQUENCE audit_event_number OWNED BY audit_event.id;
CREATE TABLE audit_event_other PARTITION OF audit_event DEFAULT;

CREATE FUNCTION audit_prepare_months(first date, ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month date;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_prepare_months', 0));
    FOR step IN 0 .. least(ahead, 120) LOOP
        month := (date_trunc('month', first) + make_interval(months => step))::date;
        partition := 'audit_event_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_event FOR VALUES FROM (%L) TO (%L)',
                       partition, month::timestamptz, (month + interval '1 month')::timestamptz);
        EXECUTE format('CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON public.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change()', partition);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION audit_prepare_months(date, integer) FROM PUBLIC;
SELECT audit_prepare_months(
    date_trunc('month', coalesce((SELECT min(time) FROM audit_event_before), now()) AT TIME ZONE 'UTC')::date,
    (SELECT 3 + 12 * extract(year FROM span)::integer + extract(month FROM span)::integer
       FROM age(now(), coalesce((SELECT min(time) FROM audit_event_before), now())) AS span)
);

INSERT INTO audit_event ({COLUMNS}) SELECT {COLUMNS} FROM audit_event_before ORDER BY id;
SELECT setval('audit_event_number', coalesce((SELECT max(id) FROM audit_event), 0) + 1, false);
DROP TABLE audit_event_before;

CREATE INDEX audit_event_uuid ON audit_event (uuid);
CREATE INDEX audit_event_xact ON audit_event (xact);
CREATE INDEX audit_event_time_6d4176_idx ON audit_event (time, id);
CREATE INDEX audit_event_kind_f78ca3_idx ON audit_event (kind, time);
CREATE INDEX audit_event_actor_9aa5a8_idx ON audit_event (actor, time);
CREATE INDEX audit_event_departm_277dd3_idx ON audit_event (department, time);
CREATE INDEX audit_event_dataset_c30015_idx ON audit_event (dataset, time);
CREATE INDEX audit_event_basis_1fde84_idx ON audit_event (basis, time);
CREATE INDEX audit_event_subject_c4c3f8_idx ON audit_event (subject, time);
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event_other
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

GUARDED = """
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE FUNCTION audit_refuse_shorter_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
        RAISE EXCEPTION 'The log has signed % entries: a state of % entries with another root is refused.',
            OLD.size, NEW.size USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_logstate_only_grows BEFORE UPDATE ON audit_logstate
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_shorter_log();
CREATE TRIGGER audit_logstate_stays BEFORE DELETE ON audit_logstate
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_logstate_no_truncate BEFORE TRUNCATE ON audit_logstate
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_log")]
    operations = [migrations.RunSQL(PARTITIONED), migrations.RunSQL(GUARDED)]
