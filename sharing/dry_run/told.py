"""Shares that were told of a request, and are told again: nobody learns more by bringing other data and asking anew."""

from sharing.dry_run.pairs import Held, Pair
from sharing.models import Request, ToldShare

Place = tuple[str, str, str, str, str]


def place_of(held: Held, pair: Pair) -> Place:
    """Which comparison of a request this is."""
    return str(held.grant.pk), held.table.name, pair.mine.name, pair.theirs.name, pair.compared or ""


def told_shares(request: Request) -> dict[Place, int | None]:
    """The share of each comparison that was made for the request."""
    rows = request.told_shares.values_list("grant", "table", "mine", "theirs", "mask", "share")
    return {(str(grant), *place): share for grant, *place, share in rows}


def keep_shares(request: Request, held: Held, shares: list[tuple[Pair, int | None]]) -> None:
    """They are told from now on; of two made at once the first stays."""
    rows = [
        ToldShare(request=request, grant=held.grant, table=held.table.name, share=share,
                  mine=pair.mine.name, theirs=pair.theirs.name, mask=pair.compared or "")
        for pair, share in shares
    ]  # fmt: skip
    ToldShare.objects.bulk_create(rows, ignore_conflicts=True)
