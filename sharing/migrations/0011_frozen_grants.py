"""What a grant was made with never changes, and a request follows its grant to the one that renewed it."""

from django.db import migrations

FROZEN = (
    "basis_id", "note", "level", "frequency", "retention_days", "period_from", "period_until", "approved_by_id",
    "seconded_by_id", "catalogue_id", "asked_id", "decision_id", "renews_id", "policy_sha256",
)  # fmt: skip
ONCE = {"returned_at": "returned_by_id", "attested_at": "attested_by_id, disposal"}
ONE_GRANT = "OLD.grant_id IS NOT NULL AND NEW.grant_id IS DISTINCT FROM OLD.grant_id"
OR_ITS_RENEWAL = (
    f"{ONE_GRANT} AND NOT EXISTS (SELECT FROM sharing_grant g WHERE g.basis_id = NEW.grant_id "
    "AND g.renews_id = OLD.grant_id)"
)


def differ(columns: str) -> str:
    """The condition that one of these columns changed."""
    new, old = (", ".join(f"{row}.{column}" for column in columns.split(", ")) for row in ("NEW", "OLD"))
    return f"({new}) IS DISTINCT FROM ({old})"


def reworded(function: str, before: str, after: str) -> str:
    """The function with other words in one place; stops where they are not there."""
    return f"""
DO $body$
DECLARE was text := pg_get_functiondef('{function}'::regproc);
BEGIN
    IF position($words${before}$words$ IN was) = 0 THEN
        RAISE EXCEPTION 'The function {function} has other words.';
    END IF;
    EXECUTE replace(was, $words${before}$words$, $words${after}$words$);
END $body$;
"""


WRITTEN_ONCE = " OR ".join(f"(OLD.{at} IS NOT NULL AND {differ(f'{at}, {rest}')})" for at, rest in ONCE.items())
FORWARDS = f"""
CREATE FUNCTION sharing_grant_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {differ(", ".join(FROZEN))} THEN
        RAISE EXCEPTION 'The terms of a grant never change: make another one.';
    END IF;
    IF {WRITTEN_ONCE} THEN
        RAISE EXCEPTION 'What became of a grant is written once.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sharing_grant_stays BEFORE UPDATE ON sharing_grant
    FOR EACH ROW EXECUTE FUNCTION sharing_grant_stays();
"""
BACKWARDS = """
DROP TRIGGER sharing_grant_stays ON sharing_grant;
DROP FUNCTION sharing_grant_stays();
"""


DECIDED = [(f"{row}.valid_until,", f"{row}.valid_until, {row}.limits,") for row in ("NEW", "OLD")]
LIMITS_TOO = "".join(reworded("sharing_decisions_stay", before, after) for before, after in DECIDED)
LIMITS_NOT = "".join(reworded("sharing_decisions_stay", after, before) for before, after in DECIDED)


class Migration(migrations.Migration):
    dependencies = [("sharing", "0010_frozen_terms")]
    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunSQL(LIMITS_TOO, LIMITS_NOT),
        migrations.RunSQL(
            reworded("sharing_request_keeps_its_word", ONE_GRANT, OR_ITS_RENEWAL),
            reworded("sharing_request_keeps_its_word", OR_ITS_RENEWAL, ONE_GRANT),
        ),
    ]
