"""Makes the index anew beside the old one, and mends what differs from the database.

Nothing is lost meanwhile: a change enters the database's own index at once, waits for the engine in the outbox, and
goes to every build that is there, the new one among them. A build is filled from the same entries, each with its
revision, and an older revision never takes the place of a newer one.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from elasticsearch import ApiError, TransportError

from catalog.models import Dataset, SearchEntry, SearchIndex, SearchPending
from catalog.search import elastic, engines, lately, outbox
from catalog.search.forms import current_form
from catalog.search.indexing import make_entries
from catalog.search.mapping import MAPPING

BATCH = 200
AT_ONCE = 2  # batches: while one waits for the database or the engine, words are cut for the other
LOCK = 7_240_117  # of whoever rebuilds or reconciles, one at a time


class AlreadyRunning(Exception):
    """Somebody else rebuilds."""


def due() -> str:
    """Why the index must be made anew, as a sentence; empty where it need not."""
    forms = SearchEntry.objects.aggregate(first=Min("form"), last=Max("form"))
    if set(forms.values()) - {None, current_form()}:
        return _("Part of the search index was made by other rules of cutting words. A worker makes it anew.")
    if settings.SEARCH_URL and not SearchIndex.objects.filter(state="live", mapping=MAPPING).exists():
        return _("The search engine has no index of this version. A worker builds it; until then the database answers.")
    return ""


def rebuild(say: Callable[[str], None] = lambda words: None) -> int:
    """Every entry is made anew, and with an engine beside the database a new index of them; how many datasets.

    Raises AlreadyRunning, and Unavailable where the engine does not answer: then the old index stays in use.
    """
    with _alone(), _answering():
        name = _begin() if settings.SEARCH_URL else ""
        total, done = Dataset.objects.count(), 0
        for ids in _side_by_side(partial(_make, name), _batches(_ids())):
            done += len(ids)
            say(f"{done} of {total} datasets read")
        if name:
            _switch(name)
        return done


def reconcile(say: Callable[[str], None] = lambda words: None) -> int:
    """Compares datasets, entries and the engine's index by number and digest and mends them; how many differed."""
    with _alone():
        lacking = list(Dataset.objects.filter(~Exists(_entry_of(OuterRef("pk")))).values_list("pk", flat=True))
        changed = set(lacking)
        for ids in _side_by_side(make_entries, _batches(_ids())):
            changed.update(ids)
        live = SearchIndex.objects.filter(state=SearchIndex.State.LIVE).first()
        if settings.SEARCH_URL and live:
            with _answering():
                for audience in elastic.AUDIENCES:
                    differing = _differing(audience, live.name)
                    changed.update(differing)
                    outbox.add(differing)
                _drain()
                lately.leave_mark()
        say(f"{len(changed)} differed and were mended.")
        return len(changed)


def _begin() -> str:
    """A new empty build, known to all who write before anything is copied into it."""
    name = timezone.now().strftime("%Y%m%d%H%M%S%f")
    SearchIndex.objects.filter(state=SearchIndex.State.BUILDING).delete()  # of a rebuild that was broken off
    elastic.create(name)
    SearchIndex.objects.create(name=name, mapping=MAPPING)
    elastic.remove_all_but(list(SearchIndex.objects.values_list("name", flat=True)))
    return name


def _make(name: str, ids: list[UUID]) -> list[UUID]:
    """The entries of these datasets are made, and stand in the build; what that changed, in every other one too."""
    changed = make_entries(ids)
    if name:
        outbox.send(changed)
        same = SearchEntry.objects.filter(dataset__in=set(ids) - set(changed)).select_related("department")
        acts = (elastic.put(entry, name) for entry in same.defer("words"))
        for pk, why in elastic.write(acts, again=elastic.PATIENT):
            raise elastic.Unavailable(f"{pk}: {why}")
    return ids


def _side_by_side(work: Callable[[list[UUID]], list[UUID]], batches: Iterator[list[UUID]]) -> Iterator[list[UUID]]:
    """The work on each batch, in their order; inside a transaction, which no other connection sees into, in turn."""
    if connection.in_atomic_block:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(partial(_on_its_own, work), batches)


def _on_its_own(work: Callable[[list[UUID]], list[UUID]], ids: list[UUID]) -> list[UUID]:
    """The connection of a thread ends with its work: nobody else would close it."""
    try:
        return work(ids)
    finally:
        connection.close()


def _switch(name: str) -> None:
    """What changed while the build was filled goes into it; then it is the one that is read."""
    _drain()
    if refused := SearchPending.objects.exclude(error="").first():
        raise elastic.Unavailable(f"{refused}: {refused.error}")
    elastic.switch(name)
    with transaction.atomic():
        SearchIndex.objects.exclude(name=name).delete()
        SearchIndex.objects.filter(name=name).update(state=SearchIndex.State.LIVE, live_at=timezone.now())
    elastic.remove_all_but([name])
    engines.resume()


def _drain() -> None:
    while outbox.send():
        pass


def _differing(audience: str, name: str) -> list[UUID]:
    """Datasets that the engine does not hold as the database does: both are read in the same order, side by side."""
    ours = SearchEntry.objects.filter(audience=audience).order_by("dataset").values_list("dataset", "hash")
    ours, theirs = iter(ours.iterator(chunk_size=2_000)), elastic.hashes(audience, name)
    mine, other = next(ours, None), next(theirs, None)
    found = []
    while mine or other:
        if other is None or (mine and str(mine[0]) < other[0]):
            found.append(mine[0])
            mine = next(ours, None)
        elif mine is None or other[0] < str(mine[0]):
            found.append(UUID(other[0]))
            other = next(theirs, None)
        else:
            if mine[1] != other[1]:
                found.append(mine[0])
            mine, other = next(ours, None), next(theirs, None)
    return found


def _entry_of(dataset) -> object:
    return SearchEntry.objects.filter(dataset=dataset, audience=SearchEntry.Audience.INTERNAL)


def _ids() -> Iterator[UUID]:
    """Every dataset; of one that is made meanwhile its own event tells."""
    last = UUID(int=0)
    while batch := list(Dataset.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:2_000]):
        yield from batch
        last = batch[-1]


def _batches(things: Iterator) -> Iterator[list]:
    things = iter(things)
    while batch := list(islice(things, BATCH)):
        yield batch


@contextmanager
def _answering():
    try:
        yield
    except (ApiError, TransportError) as reason:
        raise elastic.Unavailable(str(reason)) from reason


@contextmanager
def _alone():
    """One at a time; the lock goes with the connection, so a killed one leaves none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning("The index is being made anew already. Wait for that one to end.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
