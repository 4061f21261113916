"""The door. Only this module turns a stored version into rows or bytes for somebody.

Each exit is the same four steps: check the basis fresh; write the opening event, durably; let rows go while the basis
is looked at again and again; write down how much really went. The check and the record are done before these
functions return, never inside a generator. If the event cannot be written, nothing leaves.
"""

import hashlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import pyarrow as pa
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.canonical import canonical
from audit.lists import spelled_out, stated
from audit.log import record_alone, record_end
from audit.planned import Condition
from catalog import watch
from catalog.asked_counts import take_question
from catalog.holding import Opened, held, opened_table, remembered_table, still_held
from catalog.metering import UNLIMITED, Reservation, check_way, is_counted, reserve, settle, too_many
from catalog.models import Basis, Distribution, Document, Export, Table, Version, Way
from catalog.proposed import check_is_of_a_service, check_opens_whole, proposed_terms
from catalog.row_keys import key_under, named_keys
from catalog.rows.budget import Budget
from catalog.rows.comparing import Comparison, Side, compare
from catalog.rows.counts import CountsPlan, counts
from catalog.rows.cursors import write_cursor
from catalog.rows.engine import Run, rows_at_once
from catalog.rows.errors import CountsOnly, QueryError, Stopped, TooCostly
from catalog.rows.groups import Grouping, group_sizes
from catalog.rows.letting import pseudonym_key
from catalog.rows.matching import Matching, matches, shifts
from catalog.rows.plan import OutColumn, Plan, plan, statistics
from catalog.rows.query import MOST_ROWS, RowQuery
from catalog.store import CHUNK, store
from catalog.terms import TableTerms, Terms
from catalog.versions import are_there, covers

log = logging.getLogger(__name__)
LOOK_AGAIN = 0.2  # seconds between two looks at a basis while rows leave
MOST_KEPT = 256  # queries whose words in events stay in memory
_line = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode


class BasisEnded(PermissionDenied):
    """The basis does not hold for this reader: it ended, was suspended or withdrawn, or the reader's right did."""


class Exit:
    """Rows or bytes on their way out under one basis. Counts what is handed over; ends at once when the basis does."""

    def __init__(
        self,
        basis: Basis,
        by: Actor,
        opened: uuid.UUID | None,
        *,
        also: Basis | None = None,
        versions: tuple[Version, ...] = (),
        kept: Reservation = UNLIMITED,
    ):
        self.basis, self.by, self.opened, self._versions, self._kept = basis, by, opened, versions, kept
        self._bases = [basis] if also is None else [basis, also]
        self.rows = self.bytes = 0
        self._digest = hashlib.sha256()
        self.reason = ""  # why it was stopped, if it was
        self.on_stop: list[Callable[[], None]] = []
        self._looked = time.monotonic()
        self._closing = threading.Lock()
        self._closed = False
        watch.begin(self)

    def look(self) -> bool:
        """True while the basis holds for this reader and the version is there; asks the database now and then."""
        now = time.monotonic()
        if not self.reason and now - self._looked >= LOOK_AGAIN:
            if not all(still_held(basis, self.by) for basis in self._bases) or not are_there(self._versions):
                self.stop("ended")
            self._looked = now  # only now: another thread does not go by an answer that is still awaited
        return not self.reason

    def stop(self, reason: str) -> None:
        """Ends the exit from any thread: no row is handed over after this."""
        self.reason = self.reason or reason
        for act in self.on_stop:
            act()

    def gone(self, rows: int, size: int) -> None:
        """Counts rows and bytes before they are handed over; refuses once the basis has ended or its limit is met."""
        if not self.look():
            raise Stopped
        if self._kept.rows is not None and self.rows + rows > self._kept.rows:
            self.stop("limit")
            raise too_many(self._kept)
        self.rows += rows
        self.bytes += size

    def left(self, piece: bytes) -> bytes:
        """Adds bytes to the digest of all that was handed over, in their order; gives them back."""
        self._digest.update(piece)
        return piece

    def carried(self, piece: bytes) -> None:
        """Counts the bytes that rows which were counted already are handed over in."""
        self.bytes += len(piece)
        self.left(piece)

    def close(self, outcome: str = "complete") -> None:
        """Writes down what really left. An exit that is never closed counts as its ceiling."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        watch.end(self)
        if self.opened is None:
            return
        facts = {
            "opened": self.opened,
            "rows": self.rows,
            "bytes": self.bytes,
            "sha256": self._digest.hexdigest(),
            "outcome": self.reason or outcome,
        }
        try:
            settle(self._kept, max(self.rows, 1))  # an empty answer and a refused one tell something too
            record_end(
                "disclosure.closed",
                by=self.by,
                on=self.basis,
                dataset=self.basis.dataset,
                basis=self.basis,
                department=self.basis.department or self.basis.dataset.department,
                facts=facts,
            )
        except Exception:  # the rows are gone already: the ceiling of the opening event stands
            log.exception("The end of disclosure %s was not written; its ceiling stands.", self.opened)


class Rows:
    """What `open_rows` returns: columns at once, rows as Arrow batches, and the cursor of the next page."""

    def __init__(self, run: Run, exit_: Exit, limit: int | None):
        self.columns: list[OutColumn] = run.plan.columns
        self.next: str | None = None
        self.exit = exit_
        self._run, self._limit = run, limit
        exit_.on_stop.append(run.stop)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows. Whoever takes a batch hands it on only after `exit.gone`, as `streams` and `dicts` do."""
        outcome = "broken"
        try:
            left, last = self._limit, None
            for batch in self._run.batches():
                if self.exit.reason:
                    raise Stopped
                if left is not None and batch.num_rows > left:
                    last = batch.slice(left - 1, 1) if left else last
                    self.next = self._cursor(last)
                    batch = batch.slice(0, left)
                if left is not None:
                    left -= batch.num_rows
                    last = batch.slice(batch.num_rows - 1, 1) if batch.num_rows else last
                if batch.num_rows:
                    yield self._shown(batch)
                if self.next:
                    break
            outcome = "complete"
        except GeneratorExit:  # who took the rows knows why no more were wanted, and says so
            outcome = ""
            raise
        finally:
            self._run.close()
            if outcome == "broken":
                self.exit.close(outcome)

    def dicts(self) -> list[dict]:
        """The rows of a small answer as Python values; they have left when this returns."""
        found = self.page()
        lines = "".join(f"{_line(row)}\n" for row in found).encode()
        self.exit.carried(lines)
        self.exit.close()
        return found

    def page(self, most: int | None = None) -> list[dict]:
        """The rows of one page as Python values, all of them counted: whoever makes bytes of them counts those by
        `exit.carried`, and says by `close` that they left.

        Raises TooCostly where the values take more than so many bytes.
        """
        found, outcome, size = [], "broken", 0
        try:
            for batch in self.batches():
                size += batch.nbytes
                self.exit.gone(batch.num_rows, 0)
                if most is not None and size > most:
                    outcome = "too large"
                    raise TooCostly("bytes")
                found += self._run.plan.dicts(batch)
        except BaseException:
            self.close(outcome)
            raise
        watch.end(self.exit)  # nothing is asked for any more that could be stopped
        return found

    def close(self, outcome: str = "reader left") -> None:
        """Frees the engine and writes down what left."""
        self._run.close()
        self.exit.close(outcome)

    def _shown(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.select(list(range(len(self.columns)))) if self._run.plan.keys else batch

    def _cursor(self, last: pa.RecordBatch) -> str:
        start = len(self.columns)
        keys = [last.column(start + n)[0].as_py() for n in range(self._run.plan.keys)]
        return write_cursor(self._run.plan.about, keys)


def check_query(query: RowQuery, *, over: list[tuple[Version, Basis]], by: Actor) -> list[OutColumn]:
    """The columns that a query would give this reader now. Nothing leaves; it raises what `open_rows` would."""
    version, opened = _checked(query.table, over, by)
    _check_lets_out(opened.basis, None)
    return _planned(query, version, opened).columns


def open_rows(
    query: RowQuery, *, over: list[tuple[Version, Basis]], by: Actor, budget: Budget | None = None, way: str = Way.API,
    ahead: bool = False,
) -> Rows:  # fmt: skip
    """Rows of a version under a basis, as this reader may have them; with the budget of whoever waits, or this one.

    Where all of them will be wanted at once, the engine may begin `ahead`, while the opening event is written.

    Raises BasisEnded where the basis does not hold for the reader, Limited where it lets nothing out by this way or
    no more now, CountsOnly where it answers with counts and something else is asked, QueryError where the query asks
    for what is not there (hidden and missing are the same), Http404 where the table is not let out. Must not be called
    inside a transaction: the opening event is durable before this returns.
    """
    rows = _open_remembered(query, over, by, budget, way, ahead)
    if rows is not None:
        return rows
    version, opened = _checked(query.table, over, by)
    made = _planned(query, version, opened)
    exit_ = _opened(version, opened.basis, query.table, made, query, _ceiling(query, opened), by, way=way)
    return _rows(made, opened.table, exit_, query.limit, budget=budget)


def _open_remembered(query: RowQuery, over, by: Actor, budget: Budget | None, way: str, ahead: bool) -> Rows | None:
    """The rows where all is as it was read before: the statement that writes the opening event asks that as it writes.

    None where it is not so, nothing was read, or there is something to refuse: then all is asked first, step by step.
    """
    ((version, basis),) = over if len(over) == 1 else ((None, None),)
    found = version and basis.kind != Basis.Kind.RELEASE and remembered_table(basis, version, query.table, by)
    if not found:
        return None
    opened, as_it_was = found
    if opened.terms is None or is_counted(opened.basis):
        return None
    try:
        made = _planned(query, version, opened)
        run = _run(made, opened.table, query.limit, budget=budget)
    except (QueryError, PermissionDenied):
        return None  # whether this reader may hear that is not asked yet
    try:
        if ahead:
            run.begin()  # nobody has a row of it before the event is on the disk
        ceiling = _ceiling(query, opened)
        exit_ = _opened(version, opened.basis, query.table, made, query, ceiling, by, way=way, only_if=as_it_was)
    except BaseException as reason:
        run.close()
        if isinstance(reason, QueryError | PermissionDenied):
            return None
        raise
    if exit_ is None:
        run.close()
        return None
    return Rows(run, exit_, query.limit)


def _ceiling(query: RowQuery, opened: Opened) -> dict[str, int]:
    most = MOST_ROWS if opened.basis.least else max(opened.table.rows, 1)  # a count over no rows is a row too
    return {"ceiling": most if query.limit is None else min(query.limit, most)}


def open_statistics(table_name: str, *, over: list[tuple[Version, Basis]], by: Actor) -> list[dict]:
    """Rows, and for each column nulls, distinct values, least, greatest and frequent: of what the basis lets out."""
    version, opened = _checked(table_name, over, by)
    basis, table = opened.basis, opened.table
    made = statistics(opened.terms, opened.types, pseudonyms=_pseudonyms(basis))
    query = RowQuery(table=table_name, select="statistics")
    ceiling = {"ceiling": len(opened.terms.columns)}  # a row of statistics for each column
    exit_ = _opened(version, basis, table.name, made, query, ceiling, by)
    return _rows(made, table, exit_, None).dicts()


def open_proposed(query: RowQuery, proposed: TableTerms, *, over: list[tuple[Version, Basis]], by: Actor) -> Rows:
    """Rows as terms that nobody agreed to yet would let them out, under a duty that opens all that they are made of.

    Pseudonyms are those of the duty's own department: who looks learns none of the recipient's.
    """
    version, opened = _checked(query.table, over, by)
    basis, table, about = opened.basis, opened.table, _about(version, opened.basis)
    terms = proposed_terms(basis, opened.terms, opened.types, proposed)
    made = plan(query, terms, opened.types, pseudonyms=_pseudonyms(basis), about=f"{about} proposed")
    made = replace(made, exit="proposed")
    ceiling = {"ceiling": min(query.limit or table.rows, max(table.rows, 1))}
    exit_ = _opened(version, basis, table.name, made, query, ceiling, by)
    return _rows(made, table, exit_, query.limit)


def open_groups(asked: Grouping, *, over: list[tuple[Version, Basis]], by: Actor) -> list[dict]:
    """Numbers of each way to let a table out, under a duty that opens all that they are made of; never a value.

    `way`, `rows`, `groups`, `smallest`, `unique_rows`, `large` (None where rows are not told apart), `counted`.
    """
    version, opened = _checked(asked.table, over, by)
    basis, table = opened.basis, opened.table
    made = group_sizes(asked, opened.types, about=_about(version, basis))
    check_opens_whole(basis, opened.terms, [*made.reads, *made.filtered_by])
    exit_ = _opened(version, basis, table.name, made, asked, {"ceiling": len(asked.ways)}, by)
    return _rows(made, table, exit_, None).dicts()


def open_matches(asked: Matching, *, over: list[tuple[Version, Basis]], by: Actor) -> list[dict]:
    """The share of values of one table that another has too, for each pair: by a service, under its duty over each.

    `pair`, and `share` in steps of ten per cent, None for too few values. It is in the log under each duty.
    """
    checked = [_checked(name, [pair], by) for name, pair in zip((asked.table, asked.other), over, strict=True)]
    for _version, opened in checked:
        check_is_of_a_service(opened.basis)
    (version, mine), (other, theirs) = checked
    sides = [Side(opened.terms, opened.types, b"") for opened in (mine, theirs)]
    shifted = shifts(asked, str(mine.basis.dataset_id), str(theirs.basis.dataset_id))
    about = f"{_about(version, mine.basis)} {_about(other, theirs.basis)}"
    made = matches(asked, *sides, shifted=shifted, about=about)
    there = replace(made, reads=list(dict.fromkeys(name for _one, name in asked.pairs)))
    ceiling = {"ceiling": len(asked.pairs)}
    beside = _opened(other, theirs.basis, asked.other, there, asked, ceiling, by)
    try:
        exit_ = _opened(version, mine.basis, asked.table, made, asked, ceiling, by)
        found = _rows(made, mine.table, exit_, None, since=theirs.table).dicts()
        beside.gone(len(found), 0)
    except BaseException:
        beside.close("broken")
        raise
    beside.close()
    return found


def open_changes(asked: Comparison, *, older: tuple[Version, Basis], newer: tuple[Version, Basis], by: Actor) -> Rows:
    """What became of each row between two versions of a table, as the basis of each lets it out, or how many changed.

    One basis opens both versions; only releases, which pin theirs, may be two. Each change counts as a row.
    """
    sides, tables = [], []
    for over in (older, newer):
        version, opened = _checked(asked.table, [over], by)
        sides.append((version, opened.basis, Side(opened.terms, opened.types, _pseudonyms(opened.basis))))
        tables.append(opened.table)
    (since, former, before), (version, basis, after) = sides
    _check_comparable(former, basis)
    named = named_keys(basis.dataset).get(asked.table, [])
    key = [key_under(named, side.terms, side.types) for side in (before, after)]
    made = compare(asked, before, after, key[1] if all(key) else [], about=f"{_about(*newer)} {_about(*older)}")
    most = 1 if asked.counted else min(asked.limit, tables[0].rows + tables[1].rows)
    exit_ = _opened(version, basis, asked.table, made, asked, {"ceiling": most}, by, since=(since, former))
    return _rows(made, tables[1], exit_, None if asked.counted else asked.limit, since=tables[0])


def count_all_changes(before: Table, after: Table, key: list[str]) -> dict[str, int]:
    """How many rows of all came, went and changed, for the catalogue to keep as it keeps the number of rows.

    Nobody reads, so nothing leaves. Whoever says these numbers says them under a basis that lets out every row.
    """
    sides = [Side(TableTerms(dict.fromkeys(table.types)), table.types, b"") for table in (before, after)]
    made = compare(Comparison(table=after.name, since=0, counted=True), *sides, key, about="")
    run = Run(made, after.path, after.sha256, since=(before.path, before.sha256))
    ((found,),) = [made.dicts(batch) for batch in run.batches()]
    return found


def open_file(distribution: Distribution, *, by: Actor, measure: Callable[[], int] | None = None) -> tuple[Exit, str]:
    """A built file under the basis that it was built for: the exit to count with, and its path in the store.

    Where how long it may be is read from the store, `measure` does so once it is clear that the file may be opened.
    """
    basis = _check_covers(_held(distribution.basis, by), distribution.version)
    if measure is not None:
        _check_there(distribution.version)
        distribution.bytes = measure()
    query = RowQuery(table=distribution.table, select=f"file {distribution.format}")
    ceiling = {"ceiling": distribution.rows, "ceiling_bytes": distribution.bytes}
    exit_ = _opened(distribution.version, basis, distribution.table, None, query, ceiling, by)
    return exit_, distribution.path


def open_document(document: Document, basis: Basis, *, by: Actor) -> tuple[Exit, str]:
    """A document of a version under a basis that includes documents: the exit to count with, and its path."""
    basis = _check_covers(_held(basis, by), document.version)
    if not Terms.from_json(basis.terms).documents:
        raise Http404
    query = RowQuery(table="", select=f"document {document.name}")
    ceiling = {"ceiling": 0, "ceiling_bytes": document.bytes}
    exit_ = _opened(document.version, basis, "", None, query, ceiling, by)
    return exit_, document.path


def open_export(export: Export, *, by: Actor) -> tuple[Exit, str]:
    """A file that this reader asked for, under the basis it was made under: the exit to count with, and its path.

    One that is sealed to the recipient of the basis is for all whom the basis lets in. For anybody else,
    and where the file or the rows that it was made of are gone, there is none.
    """
    basis = _check_covers(_held(export.basis, by), export.version)
    theirs = Q(reader=by.user_id) | ~Q(sealed_to="")
    found = Export.objects.filter(theirs, pk=export.pk, state=Export.State.READY, basis=basis).first()
    if found is None:
        raise Http404
    query = RowQuery(table=found.table, select=f"{'package' if found.sealed_to else 'export'} {found.format}")
    ceiling = {"ceiling": found.rows, "ceiling_bytes": found.bytes, "export": found.pk}
    return _opened(export.version, basis, found.table, None, query, ceiling, by, way=found.way), found.path


def read_file(exit_: Exit, path: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of an opened file from `start`, in pieces, counted before each is handed over."""
    outcome = "broken"
    try:
        with store().open(path) as file:
            file.seek(start)
            while length is None or length > 0:
                piece = file.read(CHUNK if length is None else min(CHUNK, length))
                if not piece:
                    break
                length = None if length is None else length - len(piece)
                exit_.gone(0, len(piece))
                yield exit_.left(piece)
        outcome = "complete"
    except GeneratorExit:
        outcome = "reader left"
        raise
    finally:
        exit_.close(outcome)


def _checked(table_name: str, over, by: Actor) -> tuple[Version, Opened]:
    """Everything that must hold before a row may leave, read fresh."""
    if len(over) != 1:
        raise QueryError("one-basis", _("One version under one basis is read at a time."))
    ((version, basis),) = over
    opened = opened_table(basis, version, table_name, by)
    if opened is None:
        _check_covers(_held(basis, by), version)
        raise Http404
    if opened.terms is None:
        raise Http404
    return version, opened


def _planned(query: RowQuery, version: Version, opened: Opened) -> Plan:
    """The query as the engine will be asked, under the basis as it is at this moment."""
    pseudonyms, about = _pseudonyms(opened.basis), _about(version, opened.basis)
    if opened.basis.least:
        content = opened.table.sha256
        return counts(
            query, opened.basis, opened.terms, opened.types, content=content, pseudonyms=pseudonyms, about=about
        )
    return plan(query, opened.terms, opened.types, pseudonyms=pseudonyms, about=about)


def _check_lets_out(basis: Basis, made: Plan | None) -> None:
    """Where a basis answers with counts alone, nothing but a plan for counts leaves: by no exit, not by a new one."""
    if basis.least and not isinstance(made, CountsPlan):
        raise CountsOnly


def _check_comparable(one: Basis, other: Basis) -> None:
    """Two rights are never read together; two releases of one dataset are what everybody has anyway."""
    if one.pk == other.pk:
        return
    if {one.kind, other.kind} != {Basis.Kind.RELEASE} or one.dataset_id != other.dataset_id:
        raise QueryError("one-basis", _("Two versions are compared under one basis that opens both."))


def _held(basis: Basis, by: Actor) -> Basis:
    """The basis as it is at this moment, if it holds for this reader."""
    fresh = held(basis, by)
    if fresh is None:
        raise _ended()
    return fresh


def _check_covers(basis: Basis, version: Version) -> Basis:
    """The basis, if it opens this version."""
    if not covers(basis, version):
        raise _ended()
    return basis


def _check_there(version: Version) -> None:
    """A version whose files are gone has none to open."""
    if not are_there([version]):
        raise Http404


def _ended() -> BasisEnded:
    return BasisEnded(_("This basis does not let you in now. Ask the owner of the dataset, or look for another."))


def _opened(
    version, basis, table: str, made: Plan | None, query, ceiling: dict, by, *, since=None, way=Way.API,
    only_if: Condition | None = None,
) -> Exit | None:  # fmt: skip
    """The opening event, committed; a release is open to all and leaves none.

    The ceiling is of rows, and where a file leaves, of bytes too; for a prepared one it names which. `since` is the
    earlier version that it is compared with, and the basis of that one. Raises Http404 for a file whose version
    is gone; of rows that was asked with their table. None where the condition does not hold.
    """
    _check_lets_out(basis, made)
    if made is None:
        _check_there(version)
    former = since[1] if since and since[1].pk != basis.pk else None
    versions = (version, since[0]) if since else (version,)
    if basis.kind == Basis.Kind.RELEASE:
        return Exit(basis, by, None, also=former, versions=versions)
    check_way(basis, way)
    columns = made.reads if made else []
    asked, asked_sha256 = _asked(query, tuple(made.filtered_by if made else []))
    facts = {
        "exit": query.select.split(" ")[0] if made is None else made.exit,
        "purpose": basis.purpose,
        "legal_basis": basis.legal_basis,
        "version": version.pk,
        "table": table,
        "columns": stated(columns),
        "query": asked,
        "query_sha256": asked_sha256,
        **ceiling,
        **({"since": since[0].pk} if since else {}),
    }
    kept = reserve(basis, 0 if made is None else ceiling["ceiling"])  # a file's rows were counted as it was made
    try:
        if basis.least:
            take_question(basis, made.question)
        event = record_alone(
            "disclosure.opened",
            by=by,
            on=basis,
            dataset=basis.dataset,
            basis=basis,
            department=basis.department or basis.dataset.department,
            facts=facts,
            private={"query": query.words(), **spelled_out("columns", columns)},
            only_if=only_if,
        )
    except BaseException:
        settle(kept, 0)
        raise
    return event and Exit(basis, by, event.uuid, versions=versions, kept=kept)


@lru_cache(MOST_KEPT)
def _asked(query: RowQuery, filtered_by: tuple[str, ...]) -> tuple[dict, str]:
    """What an event states of a query, and the digest of that: with its values it could be found by trying."""
    asked = {**query.shape(), "filtered_by": stated(list(filtered_by))}
    return asked, hashlib.sha256(canonical(asked)).hexdigest()


def _rows(made: Plan, table: Table, exit_: Exit, limit: int | None, *, since=None, budget=None) -> Rows:
    try:
        return Rows(_run(made, table, limit, since=since, budget=budget), exit_, limit)
    except BaseException:
        exit_.close("broken")
        raise


def _run(made: Plan, table: Table, limit: int | None, *, since=None, budget=None) -> Run:
    former = (since.path, since.sha256) if since else None
    most = limit and limit + 1  # one more tells that there is a next page
    at_once = rows_at_once(table.schema)
    return Run(made, table.path, table.sha256, since=former, budget=budget, at_once=at_once, most=most)


def _about(version: Version, basis: Basis) -> str:
    return f"{version.pk} {basis.pk}"


def _pseudonyms(basis: Basis) -> bytes:
    return pseudonym_key(basis.pseudonym_domain)
