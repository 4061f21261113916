"""Limits and domains are terms like all others; what has ended may only be attested to be disposed of."""

from django.db import migrations

TERMS = (
    "kind", "dataset_id", "version_id", "terms", "recipient", "department_id", "account_id", "roles", "purpose",
    "legal_basis", "valid_from", "valid_until",
)  # fmt: skip
LIMITS = ("way", "readings_most", "readings_span", "rows_most", "rows_span", "domain")
ENDED = "'revoked', 'expired', 'withdrawn'"
ENDED_NOW = f"{ENDED}, 'superseded', 'returned', 'ended'"
ATTESTED = "NOT (NEW.kind = 'grant' AND NEW.state = 'ended' AND OLD.state IN ('revoked', 'expired', 'returned'))"


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


def ended(states: str, but: str) -> str:
    """The function that refuses to move what has ended, but so."""
    return f"""
CREATE OR REPLACE FUNCTION catalog_basis_stay_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ({states}) AND NEW.state <> OLD.state AND {but} THEN
        RAISE EXCEPTION 'A basis that has ended stays ended: make another one.';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_limits_and_domains")]
    operations = [
        migrations.RunSQL(kept((*TERMS, *LIMITS)), kept(TERMS)),
        migrations.RunSQL(ended(ENDED_NOW, ATTESTED), ended(ENDED, "true")),
    ]
