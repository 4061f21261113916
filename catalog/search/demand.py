"""Counts what is searched for, so that the city learns what it lacks. Nobody is counted, and no few are shown."""

import re
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Max, QuerySet, Sum
from django.utils import timezone

from catalog.models import Demand
from catalog.search.words import fold

KEPT_DAYS = 90
# Words that were searched or asked for less often may point at one person: they are shown to nobody.
LEAST = 5
LEAST_FREQUENT = 10
LONGEST = 60
MOST_WORDS = 8
# Whoever sends random words all day fills no table.
MOST_A_DAY = 5_000
# A code of a person, a number of a telephone, a plate: long digits, many digits, letters among digits, an e-mail.
PERSONAL = re.compile(r"@|\d{5,}|(?:\d\D{0,3}){7,}|\d{3,}[^\W\d_]|[^\W\d_]\d{3,}")
ADD = """
SET LOCAL synchronous_commit TO OFF;
INSERT INTO catalog_demand (day, words, found, missed, asked)
SELECT %(day)s, %(words)s, %(found)s, %(missed)s, %(asked)s
WHERE (SELECT count(*) FROM (SELECT 1 FROM catalog_demand WHERE day = %(day)s LIMIT %(most)s) AS today) < %(most)s
   OR EXISTS (SELECT 1 FROM catalog_demand WHERE day = %(day)s AND words = %(words)s)
ON CONFLICT (day, words) DO UPDATE SET
    found = catalog_demand.found + EXCLUDED.found,
    missed = catalog_demand.missed + EXCLUDED.missed,
    asked = catalog_demand.asked + EXCLUDED.asked
"""


def countable(q: str) -> str:
    """The words as they are counted; empty for what could name a person, and for whole sentences."""
    words = " ".join("".join(c if c.isprintable() else " " for c in fold(q)).split())
    if len(words) > LONGEST or words.count(" ") >= MOST_WORDS or PERSONAL.search(words):
        return ""
    return words


def count_search(q: str, *, found: bool) -> None:
    """One more search for these words today."""
    _count(q, found=int(found), missed=int(not found))


def count_wish(q: str) -> bool:
    """One more wish for data about these words today; False where they are of the kind that is never kept."""
    return _count(q, asked=1)


def _count(q: str, *, found: int = 0, missed: int = 0, asked: int = 0) -> bool:
    words = countable(q)
    if not words:
        return False
    values = {"day": timezone.localdate(), "words": words, "most": MOST_A_DAY}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(ADD, values | {"found": found, "missed": missed, "asked": asked})
    return True


def wanted() -> QuerySet:
    """What was missed or asked for often enough to be shown: words, how often, and when last."""
    recent = Demand.objects.filter(day__gt=timezone.localdate() - timedelta(days=KEPT_DAYS)).order_by()
    sums = recent.values("words").annotate(missed=Sum("missed"), asked=Sum("asked"), last=Max("day"))
    both = sums.annotate(both=F("missed") + F("asked")).filter(both__gte=LEAST)
    return both.values_list("words", "missed", "asked", "last", "both", named=True)


def frequent(beginning: str, limit: int) -> list[str]:
    """Words that many searched and found something with, which begin like this."""
    words = countable(beginning)
    if not words:
        return []
    like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    sql = """SELECT words FROM catalog_demand WHERE words LIKE %s AND day > %s
             GROUP BY words HAVING sum(found) >= %s ORDER BY sum(found) DESC, words LIMIT %s"""
    with connection.cursor() as cursor:
        since = timezone.localdate() - timedelta(days=KEPT_DAYS)
        cursor.execute(sql, [like, since, LEAST_FREQUENT, limit])
        return [row[0] for row in cursor.fetchall()]


def forget_old_demand() -> int:
    """Removes what was counted longer ago than it is kept."""
    gone, _by_model = Demand.objects.filter(day__lte=timezone.localdate() - timedelta(days=KEPT_DAYS)).delete()
    return gone
