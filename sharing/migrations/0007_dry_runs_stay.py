"""What was computed before a decision, and that the decision was taken on it, never changes."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION sharing_dry_runs_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The figures of a dry run stay as they were computed.';
END $$;
CREATE TRIGGER sharing_dry_runs_stay BEFORE UPDATE OR DELETE ON sharing_dryrun
    FOR EACH ROW EXECUTE FUNCTION sharing_dry_runs_stay();

CREATE FUNCTION sharing_decision_keeps_its_dry_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The figures that were known to a decision stay with it.';
END $$;
CREATE TRIGGER sharing_decision_keeps_its_dry_run BEFORE UPDATE ON sharing_decision
    FOR EACH ROW WHEN (NEW.dry_run_id IS DISTINCT FROM OLD.dry_run_id)
    EXECUTE FUNCTION sharing_decision_keeps_its_dry_run();
"""
BACKWARDS = """
DROP TRIGGER sharing_decision_keeps_its_dry_run ON sharing_decision;
DROP FUNCTION sharing_decision_keeps_its_dry_run();
DROP TRIGGER sharing_dry_runs_stay ON sharing_dryrun;
DROP FUNCTION sharing_dry_runs_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_dry_runs")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
