"""The terms of a basis never change: other terms are another basis."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION catalog_basis_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind, NEW.dataset_id, NEW.version_id, NEW.terms, NEW.recipient, NEW.department_id, NEW.account_id,
        NEW.roles, NEW.purpose, NEW.legal_basis, NEW.valid_from, NEW.valid_until)
       IS DISTINCT FROM
       (OLD.kind, OLD.dataset_id, OLD.version_id, OLD.terms, OLD.recipient, OLD.department_id, OLD.account_id,
        OLD.roles, OLD.purpose, OLD.legal_basis, OLD.valid_from, OLD.valid_until) THEN
        RAISE EXCEPTION 'The terms of a basis never change: make another one.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_basis_keep_terms BEFORE UPDATE ON catalog_basis
    FOR EACH ROW EXECUTE FUNCTION catalog_basis_keep_terms();
"""
BACKWARDS = """
DROP TRIGGER catalog_basis_keep_terms ON catalog_basis;
DROP FUNCTION catalog_basis_keep_terms();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
