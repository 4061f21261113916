"""The limits of a grant, and what is left of them, in words."""

from django.utils.translation import gettext_lazy, ngettext_lazy

from catalog.asked_counts import questions_left
from catalog.metering import left_of
from catalog.models import Basis, Least, Span, Way
from sharing.limits import Limits

READINGS = {
    Span.HOUR: ngettext_lazy("%(most)s reading an hour", "%(most)s readings an hour", "number"),
    Span.DAY: ngettext_lazy("%(most)s reading a day", "%(most)s readings a day", "number"),
}
ROWS = {
    Span.DAY: ngettext_lazy("%(most)s row a day", "%(most)s rows a day", "number"),
    Span.TOTAL: ngettext_lazy("%(most)s row in all", "%(most)s rows in all", "number"),
}
QUESTIONS = ngettext_lazy("%(most)s question a month", "%(most)s different questions a month", "number")
QUESTIONS_LEFT = ngettext_lazy(
    "%(most)s new question is left this month", "%(most)s new questions are left this month", "number"
)
READINGS_LEFT = ngettext_lazy("%(most)s reading is left", "%(most)s readings are left", "number")
ROWS_LEFT = ngettext_lazy("%(most)s row is left", "%(most)s rows are left", "number")
ANSWERS = {
    (Least.COUNT, False): gettext_lazy(
        "Counts only, of %(most)s rows at least, in steps of %(most)s, rounded down; smaller groups are left out"
    ),
    (Least.COUNT, True): gettext_lazy(
        "Counts only, of %(most)s people at least, in steps of %(most)s, rounded down; smaller groups are left out"
    ),
    (Least.YES_NO, False): gettext_lazy("Yes or no only: whether enough rows fit, and never for fewer than %(most)s"),
    (Least.YES_NO, True): gettext_lazy("Yes or no only: whether enough people fit, and never for fewer than %(most)s"),
}


def terms_of(limits: Limits) -> list[str]:
    """A line for the way, and one for each limit; limits that are not set are not said."""
    said = [str(Way(limits.way).label)] if limits.way else []
    if limits.least:
        said.append(str(ANSWERS[limits.least, bool(limits.people)]) % {"most": limits.group_least})
        said.append(_counted(QUESTIONS, limits.questions_most))
    if limits.readings_most is not None:
        said.append(_counted(READINGS[limits.readings_span], limits.readings_most))
    if limits.rows_most is not None:
        said.append(_counted(ROWS[limits.rows_span], limits.rows_most))
    return said


def limits_in_words(grant: Basis) -> list[str]:
    """The limits of a grant, and how much of each is left now."""
    said = terms_of(Limits.of(grant))
    if grant.least:
        said.append(_counted(QUESTIONS_LEFT, questions_left(grant)))
    if not grant.is_limited:
        return said
    left = left_of(grant)
    if left["readings"] is not None:
        said.append(_counted(READINGS_LEFT, left["readings"]))
    if left["rows"] is not None:
        said.append(_counted(ROWS_LEFT, left["rows"]))
    return said


def _counted(words, number: int) -> str:
    return words % {"number": number, "most": f"{number:,}"}
