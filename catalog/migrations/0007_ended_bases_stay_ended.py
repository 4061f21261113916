"""What was revoked, withdrawn or has expired never lets anything out again, whatever code asks for it."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION catalog_basis_stay_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('revoked', 'expired', 'withdrawn') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'A basis that has ended stays ended: make another one.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_basis_stay_ended BEFORE UPDATE OF state ON catalog_basis
    FOR EACH ROW EXECUTE FUNCTION catalog_basis_stay_ended();
"""
BACKWARDS = """
DROP TRIGGER catalog_basis_stay_ended ON catalog_basis;
DROP FUNCTION catalog_basis_stay_ended();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_profiles_made_later")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
