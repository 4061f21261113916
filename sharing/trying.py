"""The dry run on pages: what terms would let out, or the sentence that says why that cannot be told."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError

from audit.actor import Actor
from catalog.preview import unsaid
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from sharing.actions.dry_runs import make_dry_run
from sharing.dry_run.picture import Picture, picture_of
from sharing.models import DryRun, Request


def tried(
    request: Request, *, by: Actor, columns: dict | None = None, where: str | None = None, telling=None, least: str = ""
) -> dict:
    """The dry run of these terms, as a page shows it: computed now, or as it was computed before."""
    return _shown(
        lambda: picture_of(
            make_dry_run(request, by=by, columns=columns, where=where, telling=telling, least=least), by=by
        )
    )


def told_run(run: DryRun | None, *, by: Actor) -> dict:
    """A dry run that was made, as a page shows it to this reader; nothing where there is none."""
    return _shown(lambda: picture_of(run, by=by)) if run else {}


def _shown(make: Callable[[], Picture]) -> dict:
    """Who may decide need not be able to try: the authority has no right to the owner's rows."""
    try:
        return {"dry_run": make()}
    except PermissionDenied as refusal:
        return {"untried": str(refusal)}
    except ValidationError as refusal:
        return {"untried": " ".join(refusal.messages)}
    except (EngineBusy, QueryError, Stopped, TooCostly) as reason:
        return {"untried": unsaid(reason).sentence}
