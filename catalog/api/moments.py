"""`as_of`: the version that was current at a time, under the basis that lets the caller in."""

import re
from datetime import date, datetime, time

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.api.access import Opening, find_dataset, find_opening, one_of, one_opening, openings
from catalog.api.problems import Problem, bad_parameter
from catalog.gone import check_release_not_gone
from catalog.holding import MOST
from catalog.models import Basis, Dataset
from catalog.permissions import bases_open_to
from catalog.versions import cleared_at, version_at

LOST_PLUS = re.compile(r"(T\S+) (\d\d:?\d\d)")  # an unescaped + in an address is a blank


def asked_opening(params: QueryDict, pk, by: Actor, *, number: int | None = None) -> Opening:
    """The basis to read under with the version that is asked for: numbered, of a time, or the newest."""
    named, moment = params.get("basis", ""), moment_in(params, number)
    if moment is None:
        return find_opening(pk, by, named=named, number=number)
    dataset = find_dataset(pk, by)
    found = [one for one in _at(dataset, by, moment) if not named or str(one.basis.pk) == named.lower()]
    if not found:
        if named or not openings(dataset, by):
            one_opening(dataset, by, named=named)  # says what is wrong with the name, or why nothing is open
        check_release_not_gone(cleared_at(dataset, moment))
        raise _none_then(moment)
    return one_of(found)


def asked_openings(params: QueryDict, dataset: Dataset, by: Actor, *, number: int | None = None) -> list[Opening]:
    """Every basis that lets the caller in, each with the version that the address asks for."""
    moment = moment_in(params, number)
    if moment is None:
        return openings(dataset, by, number)
    found = _at(dataset, by, moment)
    if not found and openings(dataset, by):
        check_release_not_gone(cleared_at(dataset, moment))
        raise _none_then(moment)
    return found


def moment_in(params: QueryDict, number: int | None = None) -> datetime | None:
    """The time that `as_of` names; a date means the end of that day in the city."""
    text = params.get("as_of", "").strip()
    if not text:
        return None
    if number is not None:
        raise bad_parameter("as_of", _("This address names a version by its number: leave out “as_of”."))
    moment = _read(LOST_PLUS.sub(r"\1+\2", text))
    if moment is None:
        words = _("“as_of” is a date such as 2026-03-01, or a time with zone such as 2026-03-01T12:00:00Z.")
        raise bad_parameter("as_of", words)
    if timezone.localdate(moment) > timezone.localdate() or (len(text) > 10 and moment > timezone.now()):
        raise bad_parameter("as_of", _("“as_of” lies in the future: which version will be current then is not known."))
    return moment


def _read(text: str) -> datetime | None:
    try:
        if len(text) == 10:
            return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.max))
        moment = datetime.fromisoformat(text)
        return moment.astimezone(timezone.get_default_timezone()) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _at(dataset: Dataset, by: Actor, moment: datetime) -> list[Opening]:
    """Of many releases only the one that was read then can be meant, so only that one is looked at."""
    meant = ~Q(kind=Basis.Kind.RELEASE) | Q(pk=cleared_at(dataset, moment))
    ways = bases_open_to(by).filter(meant, dataset=dataset).select_related("version", "department")
    found = []
    for basis in ways.order_by("-made_at")[:MOST]:
        basis.dataset = dataset
        version = version_at(basis, moment)
        if version is not None:
            found.append(Opening(basis, version))
    return sorted(found, key=lambda opening: not opening.is_public)


def _none_then(moment: datetime) -> Problem:
    words = _("Nothing that you may read now was current at %(moment)s. Ask for another time, or name a version.")
    return Problem("no-version", words % {"moment": moment.isoformat(timespec="seconds")})
