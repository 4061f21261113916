"""A submission that was cleared, returned or withdrawn stays so, and what was proposed never changes."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION opendata_submission_stay_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'submitted' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'A submission that was decided stays decided: submit again.';
    END IF;
    IF (NEW.dataset_id, NEW.version_id, NEW.terms, NEW.made_by_id, NEW.duty_id)
       IS DISTINCT FROM (OLD.dataset_id, OLD.version_id, OLD.terms, OLD.made_by_id, OLD.duty_id) THEN
        RAISE EXCEPTION 'What was proposed never changes: submit again.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER opendata_submission_stay_decided BEFORE UPDATE ON opendata_submission
    FOR EACH ROW EXECUTE FUNCTION opendata_submission_stay_decided();
"""
BACKWARDS = """
DROP TRIGGER opendata_submission_stay_decided ON opendata_submission;
DROP FUNCTION opendata_submission_stay_decided();
"""


class Migration(migrations.Migration):
    dependencies = [("opendata", "0002_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
