"""A file of what a query asks for: asked for by its reader, made by a worker, ended by the reader or the clock."""

from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor, service
from audit.log import record
from catalog import exports, jobs
from catalog.gate import check_query
from catalog.models import Basis, Department, Export, Extent, Format, Scope, Version
from catalog.permissions import check_scope, check_signed_in
from catalog.rows.formats import Streamed, check_fits
from catalog.rows.query import RowQuery
from catalog.sealing import SUFFIX
from catalog.states import EXPORT
from catalog.terms import Terms

EXPORTER = service("exporter")
IN_FORCE = (Basis.State.ACTIVE, Basis.State.SUSPENDED)
AT_ONCE = 200
TELLS_NOTHING = {"basis-ended", "version-gone"}  # its reader may know no more how many rows there were
TOLD = ("rows", "bytes", "rows_done", "bytes_done", "sha256", "clear_sha256", "clear_bytes")
CLOSED = ("state", "error", "path", "stage", "fence", "lease_until", "ended_at")


@transaction.atomic
def ask_export(
    query: RowQuery, kind: Format | Streamed, *, over: tuple[Version, Basis], name: str, by: Actor, sealed_to: str = ""
) -> Export:
    """The file is going to be made; a query that cannot be answered is refused now, as it would be when rows are read.

    The rows leave for the file when a worker makes it, under the same basis, which must hold then, and again whenever
    the file is fetched. Sealed to a key, it is for all whom the basis lets in; who asks sees to it that few are kept.
    """
    check_signed_in(by)
    check_scope(by, Scope.READ)

    columns = check_query(query, over=[over], by=by)
    expected = rows_expected(query, *over)
    check_fits(kind, expected if query.is_plain and expected else 0, columns)
    if not sealed_to:
        check_room(by)

    version, basis = over
    export = Export(reader=by.user, key=by.key, basis=basis, version=version, table=query.table, format=kind.value)
    export.query, export.name, export.rows_expected = asdict(query), f"{name}.{kind.suffix}"[-250:], expected
    if sealed_to:
        export.sealed_to, export.name = sealed_to, f"{export.name}.{SUFFIX}"
    export.save(force_insert=True)

    _say("export.asked", export, by=by, facts={"version": version.pk, "table": export.table, "format": export.format})
    return export


@transaction.atomic
def finish_export(export: Export, made: "exports.Made") -> Export:
    """The file is ready, until its time is over; a worker that lost the work in the meantime changes nothing."""
    mine = jobs.hold_to_write(export)
    mine.state, mine.stage, mine.error = EXPORT.after(mine.state, "finish"), "", None
    mine.path, mine.bytes, mine.rows, mine.sha256 = made.path, made.bytes, made.rows, made.sha256
    mine.clear_bytes, mine.clear_sha256, mine.columns = made.clear_bytes, made.clear_sha256, list(made.columns)
    mine.rows_done, mine.bytes_done, mine.seconds_left, mine.lease_until = made.rows, made.bytes, None, None
    mine.ready_at = timezone.now()
    kept = settings.PACKAGE_HOURS if mine.sealed_to else settings.EXPORT_HOURS
    mine.expires_at = mine.ready_at + timedelta(hours=kept)
    mine.save()

    facts = {"rows": made.rows, "bytes": made.bytes, "sha256": made.sha256}
    _say("export.ready", mine, by=EXPORTER, facts=facts)
    return mine


@transaction.atomic
def fail_export(export: Export, error: dict) -> None:
    """It ends with this error ({code, params, sentence}), and nothing of it is kept."""
    _fail(jobs.hold_to_write(export), error)


@transaction.atomic
def give_up_export(export: Export) -> None:
    """Ends one whose workers died again and again; nothing happens where one spoke up in the meantime."""
    silent = jobs.abandoned(Export).select_for_update(of=("self",)).filter(pk=export.pk, fence=export.fence).first()
    if silent is not None:
        _fail(silent, {"code": "worker-died", "params": {}, "sentence": ""})


@transaction.atomic
def end_export(export: Export, *, by: Actor) -> Export:
    """Whoever asked needs it no more: the file goes, or is not made."""
    if by.user_id is None or by.user_id != export.reader_id:
        raise PermissionDenied(_("Only the person who asked for a file can end it."))

    export = Export.objects.select_for_update().get(pk=export.pk)
    return _end(export, "end", "asked", by=by)


def end_exports(*, by: Actor, dataset=None) -> int:
    """Files whose time is over expire; those whose basis has ended or whose version is gone end with it.

    For the clock, and at once for a dataset of which something ended; how many ended.
    """
    ended = 0
    for export in _past(dataset)[:AT_ONCE]:
        ended += _end_past(export, by=by)
    return ended


def end_sealed(public_key: str, department: Department, *, by: Actor) -> int:
    """Files for this department that are sealed to this key go, and are not made. How many.

    Somebody else may hold the private half. Another department may have registered the same key: what is lent to that
    one stays.
    """
    standing = [*Export.OPEN, Export.State.READY]
    sealed = Export.objects.filter(sealed_to=public_key, basis__department=department, state__in=standing)
    found = sealed.select_for_update(of=("self",))
    exports_found = list(found.select_related("basis__dataset__department", "basis__department").order_by("pk"))
    for export in exports_found:
        _end(export, "end", "key-retired", by=by)
    return len(exports_found)


def check_room(by: Actor) -> None:
    """So many files of one reader are made at a time, and so many kept."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=by.user_id)  # two at once count one after the other
    mine = Export.objects.filter(reader=by.user_id)
    if mine.filter(state__in=Export.OPEN).count() >= settings.EXPORTS_OPEN:
        raise ValidationError(
            _("%(most)s files are being prepared for you. Wait until one is ready, or end one."),
            code="too-many-exports",
            params={"most": settings.EXPORTS_OPEN},
        )
    if mine.filter(state=Export.State.READY).count() >= settings.EXPORTS_KEPT:
        raise ValidationError(
            _("%(most)s prepared files are kept for you. End one that you have fetched."),
            code="too-many-exports",
            params={"most": settings.EXPORTS_KEPT},
        )


def rows_expected(query: RowQuery, version: Version, basis: Basis) -> int | None:
    """How many rows it will be at most, by what the basis lets out; None where that was not counted."""
    if query.group_by or query.distinct or "(" in query.select:
        return None
    kept = Extent.objects.filter(basis=basis, version=version, table=query.table).values_list("rows", flat=True).first()
    if kept is None:
        table = version.tables.get(name=query.table)
        kept = None if Terms.from_json(basis.terms).of_table(table.name, table.types).where else table.rows
    bounds = [bound for bound in (kept, query.limit, query.sample or None) if bound is not None]
    return min(bounds) if bounds else None


def _past(dataset) -> QuerySet[Export]:
    now = timezone.now()
    over = Q(state=Export.State.READY, expires_at__lte=now)
    ended = ~Q(basis__state__in=IN_FORCE) | Q(basis__valid_until__lte=now) | Q(version__state__in=Version.GONE)
    open_or_ready = [*Export.OPEN, Export.State.READY]
    past = Export.objects.filter(over | ended, state__in=open_or_ready).order_by("created_at")
    return past if dataset is None else past.filter(basis__dataset=dataset)


@transaction.atomic
def _end_past(export: Export, *, by: Actor) -> bool:
    export = _past(None).select_for_update(of=("self",)).filter(pk=export.pk).first()
    if export is None:
        return False
    until = export.basis.valid_until
    if export.version.state in Version.GONE:
        _end(export, "end", "version-gone", by=by)
    elif export.basis.state not in IN_FORCE or (until is not None and until <= timezone.now()):
        _end(export, "end", "basis-ended", by=by)
    else:
        _end(export, "expire", "time-over", by=by)
    return True


def _end(export: Export, verb: str, reason: str, *, by: Actor) -> Export:
    export.state = EXPORT.after(export.state, verb)
    if reason in TELLS_NOTHING:
        export.rows = export.bytes = export.rows_done = export.bytes_done = 0
        export.sha256 = export.clear_sha256 = ""
        export.clear_bytes = 0
    _close(export, {"code": reason, "params": {}, "sentence": ""})
    _say("export.ended", export, by=by, facts={"why": reason})
    return export


def _fail(mine: Export, error: dict) -> None:
    mine.state = EXPORT.after(mine.state, "fail")
    _close(mine, error)
    _say("export.failed", mine, by=EXPORTER, facts={"code": error["code"]})


def _close(export: Export, error: dict) -> None:
    """Nobody works at it any more, and its file goes once that is committed."""
    export.error, export.path, export.stage, export.fence = error, "", "", export.fence + 1
    export.lease_until, export.ended_at = None, timezone.now()
    export.save(update_fields=[*CLOSED, *TOLD])
    transaction.on_commit(lambda: exports.remove_files(export), robust=True)


def _say(kind: str, export: Export, *, by: Actor, facts: dict) -> None:
    """The event. Of what is open to everybody it names nobody: citizens are not followed."""
    basis = export.basis
    record(
        kind,
        by=EXPORTER if basis.kind == Basis.Kind.RELEASE else by,
        on=export,
        department=basis.department or basis.dataset.department,
        dataset=basis.dataset,
        basis=basis,
        facts=facts,
    )
