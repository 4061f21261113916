"""A request moves by its table of moves alone, and what was declared stays as it was declared, whatever code asks.

The pairs are those of `sharing.states.REQUEST`; a test holds the two together.
"""

from django.db import migrations

PAIRS = {
    "draft": ("internal-review", "compliance-check", "withdrawn"),
    "internal-review": ("draft", "compliance-check", "withdrawn"),
    "compliance-check": ("reply-due", "incomplete", "withdrawn"),
    "incomplete": ("reply-due", "withdrawn"),
    "reply-due": ("incomplete", "extended", "second-approval", "delivery-due", "refused", "withdrawn"),
    "extended": ("incomplete", "second-approval", "delivery-due", "refused", "withdrawn"),
    "second-approval": ("reply-due", "delivery-due", "withdrawn"),
    "delivery-due": ("active", "disposal-due"),
    "active": ("disposal-due",),
    "disposal-due": ("ended",),
}
ALLOWED = ", ".join(f"('{before}', '{after}')" for before, targets in PAIRS.items() for after in targets)
DECLARED = (
    'function', 'aim', 'benefits', 'level', '"where"', 'area', 'period_from', 'period_until', 'frequency',
    'data_life_days', 'rows_expected', 'instrument', 'article', 'instrument_version', 'impact_assessment', 'exemption',
    'delivery', 'kept_where', 'security_name', 'security_email', 'disposal', 'needed_by', 'needed_why', 'valid_until',
    'accountable', 'deputy', 'accepted_terms',
)  # fmt: skip
ALWAYS = ("id", "bundle", "department_id", "dataset_id", '"table"', "drafted_by_id", "drafted_at", "copied_from_id")
SUBMITTED = (
    "submitted_at", "reference", "version_id", "standing", "asked_sha256", "declared_at", "declared_by_id",
    "reviewed_at", "reviewed_by_id",
)  # fmt: skip
DECIDED = (
    "id", "request_id", "outcome", "decided_at", "decided_by_id", "drafted_by_id", "reviewed_by_id", "terms",
    "valid_until", "needs_second", "refused_columns", "code", "article", "appeal", "note", "asked_sha256",
    "standing_sha256",
)  # fmt: skip


def differ(columns: tuple[str, ...]) -> str:
    """The condition that one of these columns changed."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    return f"({new}) IS DISTINCT FROM ({old})"


FORWARDS = f"""
CREATE FUNCTION sharing_request_keeps_its_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'A request begins as a draft.';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({ALLOWED}) THEN
        RAISE EXCEPTION 'A request that is % does not become %.', OLD.state, NEW.state;
    END IF;
    IF {differ(ALWAYS)} THEN
        RAISE EXCEPTION 'What a request is about never changes: draft another one.';
    END IF;
    IF OLD.state <> 'draft' AND {differ(DECLARED)} THEN
        RAISE EXCEPTION 'What was declared stays as it was declared: draft another one.';
    END IF;
    IF OLD.submitted_at IS NOT NULL AND {differ(SUBMITTED)} THEN
        RAISE EXCEPTION 'What was submitted stays as it was submitted.';
    END IF;
    IF OLD.grant_id IS NOT NULL AND NEW.grant_id IS DISTINCT FROM OLD.grant_id THEN
        RAISE EXCEPTION 'A request has one grant.';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN ('delivery-due', 'refused') AND NOT EXISTS (
        SELECT FROM sharing_decision d WHERE d.request_id = NEW.id AND d.overturned_at IS NULL
            AND (d.outcome = 'refused') = (NEW.state = 'refused')
            AND (NOT d.needs_second OR d.second_by_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'Nobody has decided so, or a second approver must agree first.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sharing_request_keeps_its_word BEFORE INSERT OR UPDATE ON sharing_request
    FOR EACH ROW EXECUTE FUNCTION sharing_request_keeps_its_word();

CREATE FUNCTION sharing_columns_of_drafts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sharing_request r WHERE r.state <> 'draft' AND r.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.request_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.request_id END)) THEN
        RAISE EXCEPTION 'What was declared stays as it was declared: draft another one.';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER sharing_columns_of_drafts BEFORE INSERT OR UPDATE OR DELETE ON sharing_requestedcolumn
    FOR EACH ROW EXECUTE FUNCTION sharing_columns_of_drafts();

CREATE FUNCTION sharing_moves_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The steps of a request are never changed.';
END $$;
CREATE TRIGGER sharing_moves_stay BEFORE UPDATE OR DELETE ON sharing_requestmove
    FOR EACH ROW EXECUTE FUNCTION sharing_moves_stay();

CREATE FUNCTION sharing_decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {differ(DECIDED)}
        OR (OLD.second_by_id IS NOT NULL AND {differ(("second_by_id", "second_at"))})
        OR (OLD.overturned_by_id IS NOT NULL AND {differ(("overturned_by_id", "overturned_at"))}) THEN
        RAISE EXCEPTION 'What was decided stays as it was decided.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sharing_decisions_stay BEFORE UPDATE ON sharing_decision
    FOR EACH ROW EXECUTE FUNCTION sharing_decisions_stay();
"""
BACKWARDS = """
DROP TRIGGER sharing_decisions_stay ON sharing_decision;
DROP FUNCTION sharing_decisions_stay();
DROP TRIGGER sharing_moves_stay ON sharing_requestmove;
DROP FUNCTION sharing_moves_stay();
DROP TRIGGER sharing_columns_of_drafts ON sharing_requestedcolumn;
DROP FUNCTION sharing_columns_of_drafts();
DROP TRIGGER sharing_request_keeps_its_word ON sharing_request;
DROP FUNCTION sharing_request_keeps_its_word();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0003_deciding")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
