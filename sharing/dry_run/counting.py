"""The figures of a dry run of counts, or of yes or no: no row would leave, so it measures what could be told."""

from catalog.rows.errors import QueryError
from catalog.rows.groups import Way
from sharing.dry_run.figures import AT_THIS_MOMENT, TOO_COSTLY, TOO_LONG, Look, Proposal, said
from sharing.dry_run.quasi import naming_columns
from sharing.limits import Limits


def count_figures_of(look: Look, proposal: Proposal, limits: Limits) -> dict:
    """What is read today stays as it is; beside it, how many rows and people are counted, and which groups are told."""
    today = proposal.today.columns if proposal.today else {}
    told = {
        "telling": proposal.telling,
        "naming": [{"name": c.name, "role": c.identity_role} for c in naming_columns(proposal.columns)],
        "marked": [],
        "columns": [{"name": name, "today": mask, "proposed": mask} for name, mask in today.items()],
        "suggestions": [],
        "unsaid": [],
    }
    counts = {
        "least": limits.least, "group": limits.group_least, "questions": limits.questions_most,
        "people": limits.people, "by": list(proposal.proposed.columns),
    }  # fmt: skip
    try:
        return told | _measured(look, proposal, limits, counts)
    except AT_THIS_MOMENT:
        return told | {"counts": counts, "unsaid": [TOO_COSTLY]}
    except QueryError:
        return told | {"counts": counts, "unsaid": [TOO_LONG]}


def _measured(look: Look, proposal: Proposal, limits: Limits, counts: dict) -> dict:
    terms = proposal.proposed
    asked = Way(proposal.told_by(terms.columns), terms.where, tuple(proposal.naming), limits.group_least, limits.people)
    ways = [asked, *([proposal.way(proposal.today)] if proposal.today else [])]
    found = look.sizes(ways)
    today = said(found[1], ways[1]) if proposal.today else None
    counts |= said(found[0], asked) | {"large": found[0]["large"]}
    nothing = {"rows": 0, "counted": dict.fromkeys(proposal.naming, 0)}
    return {"today": today, "added": nothing, "counts": counts}
