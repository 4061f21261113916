"""What alone a grant answers is a term like all others."""

from django.db import migrations

TERMS = (
    "kind", "dataset_id", "version_id", "terms", "recipient", "department_id", "account_id", "roles", "purpose",
    "legal_basis", "valid_from", "valid_until", "way", "readings_most", "readings_span", "rows_most", "rows_span",
    "domain",
)  # fmt: skip
LEAST = ("least", "group_least", "questions_most", "people")


def kept(columns: tuple[str, ...]) -> str:
    """The function that refuses a change of these columns."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    return f"""
CREATE OR REPLACE FUNCTION catalog_basis_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({new}) IS DISTINCT FROM ({old}) THEN
        RAISE EXCEPTION 'The terms of a basis never change: make another one.';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0027_least_answers")]
    operations = [migrations.RunSQL(kept((*TERMS, *LEAST)), kept(TERMS))]
