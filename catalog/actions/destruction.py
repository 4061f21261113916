"""What a decided destruction still has to do: every file, every copy, every value that an event kept; then its report.

Each step may be cut off anywhere and runs again: a file is marked as gone when it is, and the report states those only.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actor import Actor
from audit.erasure import erase_values
from audit.lists import spelled_out, stated
from audit.log import record
from audit.models import Event
from catalog import purges, uploads
from catalog.actions.exports import end_exports
from catalog.actions.purges import forget_values
from catalog.copies import forget_destroyed
from catalog.manifests import folder_of
from catalog.models import Export, Purge, PurgedFile, Version
from catalog.states import PURGE
from catalog.store import store

log = logging.getLogger(__name__)
LOOK_BACK = timedelta(days=2)  # a build or a load that was running at the decision may leave a file after the end
AT_ONCE = 100
STEP = 2_000  # events or files of which the questions are forgotten at once
ASKED = {"query"}  # what a reader asked for: the values in it may be those that were destroyed


def carry_out_all(*, by: Actor) -> int:
    """Carries on with every destruction that was decided and is not at its end; how many."""
    return _each(Purge.objects.filter(state=Purge.State.DECIDED), by=by)


def look_again(*, by: Actor) -> int:
    """Looks again after those that ended lately, for a file that came late; how many were looked at."""
    return _each(Purge.objects.filter(state=Purge.State.DONE, done_at__gt=timezone.now() - LOOK_BACK), by=by)


def _each(found: QuerySet[Purge], *, by: Actor) -> int:
    """One that cannot go on (the store is away) does not keep the others waiting."""
    done = 0
    for purge in found.select_related("dataset__department").order_by("decided_at")[:AT_ONCE]:
        try:
            carry_out(purge, by=by)
            done += 1
        except Exception:
            log.exception("The destruction %s could not be carried on; it will be tried again.", purge.pk)
    return done


def carry_out(purge: Purge, *, by: Actor) -> None:
    """Whatever is left of it is done, and once nothing is left, it says so."""
    versions = list(Version.objects.filter(purge=purge).select_related("dataset__department"))
    forget_values(purge, versions)
    note_exports(purge, versions)
    end_exports(by=by, dataset=purge.dataset_id)
    note_leftovers(purge, versions)
    gone = [file.pk for file in left_of(purge) if destroy_file(file)]
    forget_destroyed()
    if purge.state == Purge.State.DECIDED:
        forget_questions(purge, versions, by=by)
        finish_purge(purge, by=by)
    elif gone:
        report(purge, list(purge.files.filter(pk__in=gone)), by=by)


def left_of(purge: Purge) -> Iterator[PurgedFile]:
    """Its files that are still to go."""
    return purge.files.filter(gone_at=None, kept_for=[]).order_by("pk").iterator(chunk_size=1_000)


def note_exports(purge: Purge, versions: list[Version]) -> None:
    """Files that were prepared for single readers are named too, before they end."""
    ready = Export.objects.filter(version__in=versions).exclude(path="").select_related("version")
    _note(purge, [
        PurgedFile(version=one.version.number, kind=PurgedFile.Kind.EXPORT, path=one.path, bytes=one.bytes,
                   sha256=one.sha256)
        for one in ready
    ])  # fmt: skip


def note_leftovers(purge: Purge, versions: list[Version]) -> None:
    """What else lies in the folders of these versions: built and not entered, read and not kept."""
    by_pk = {version.pk: version.number for version in versions}
    for release in purges.releases_over(versions):
        found = store().names(folder_of(release))
        _note(purge, [_found(path, by_pk[release.version_id], PurgedFile.Kind.RELEASED) for path in found])
    for version in versions:
        for job in version.jobs.all():
            folders = [f"tables/{job.pk}-{fence}" for fence in range(1, job.fence + 1)]
            found = [path for folder in folders for path in store().names(folder)]
            held = purges.holders(found) if found else {}
            _note(purge, [_found(path, version.number, PurgedFile.Kind.ROWS) for path in found if path not in held])


def destroy_file(file: PurgedFile) -> bool:
    """The file is gone and marked so; false where it never was, or where a version came to hold it in the meantime."""
    return measure_file(file) and remove_file(file)


@transaction.atomic
def measure_file(file: PurgedFile) -> bool:
    """That it is there is written down before it goes, with length and digest: a crash in between loses none of it."""
    file = _to_go(file)
    if file is None:
        return False
    if held := purges.holders([file.path]).get(file.path):
        PurgedFile.objects.filter(pk=file.pk).update(kept_for=held)
        return False
    if file.found_at:
        return True
    if not store().exists(file.path):
        _was_not_there(file)
        return False
    if not file.sha256:
        file.bytes, file.sha256 = store().size(file.path), _digest(file.path)
    file.found_at = timezone.now()
    file.save(update_fields=["bytes", "sha256", "found_at"])
    return True


@transaction.atomic
def remove_file(file: PurgedFile) -> bool:
    """The bytes go, and that they are gone is looked at before it is said."""
    file = _to_go(file)
    if file is None:
        return False
    uploads.remove(file.path)
    if store().exists(file.path):
        raise OSError(f"{file.path} is still there")
    PurgedFile.objects.filter(pk=file.pk).update(gone_at=timezone.now())
    return True


def forget_questions(purge: Purge, versions: list[Version], *, by: Actor) -> None:
    """What readers asked of these versions is erased from the details of events; the events and their proofs stay.

    In steps with an event each: cut off anywhere it is begun again, and finds what is left.
    """
    while forget_asked_files(versions):
        pass
    keys, after = {str(version.pk) for version in versions}, 0
    while after is not None:
        after = forget_step(purge, keys, after, by=by)


def forget_asked_files(versions: list[Version]) -> int:
    """Some of the prepared files no longer say what was asked for; how many."""
    asked = Export.objects.filter(version__in=versions).exclude(query={}).values("pk")[:STEP]
    return Export.objects.filter(pk__in=asked).update(query={})


@transaction.atomic
def forget_step(purge: Purge, keys: set[str], after: int, *, by: Actor) -> int | None:
    """The openings after this number, so many of them: the number to go on after, none at the end."""
    opened = Event.objects.filter(dataset=purge.dataset_id, kind="disclosure.opened", detail__values__has_key="query")
    step = list(opened.filter(id__gt=after).order_by("id").values_list("id", "body")[:STEP])
    about = [pk for pk, body in step if _names(body) & keys]
    erased, held = erase_values(Event.objects.filter(id__in=about), ASKED) if about else (0, 0)
    if erased:
        facts = {"count": erased, "held": held, "reason": purge.law, "article": purge.article}
        owner = purge.dataset.department
        record("details.erased", by=by, on=purge, department=owner, dataset=purge.dataset, facts=facts)
    return step[-1][0] if step else None


@transaction.atomic
def finish_purge(purge: Purge, *, by: Actor) -> None:
    """It says that it is done, and what went; not before every file is marked as gone."""
    purge = Purge.objects.select_for_update(of=("self",)).select_related("dataset__department").get(pk=purge.pk)
    if purge.state != Purge.State.DECIDED or purge.files.filter(gone_at=None, kept_for=[]).exists():
        return
    purge.state, purge.done_at = PURGE.after(purge.state, "finish"), timezone.now()
    purge.save(update_fields=["state", "done_at"])
    report(purge, list(purge.files.filter(gone_at__isnull=False, found_at__isnull=False)), by=by)


@transaction.atomic
def report(purge: Purge, gone: list[PurgedFile], *, by: Actor) -> None:
    """Which files went, each with its digest, and which stayed because versions that were not named hold them."""
    numbers = [str(number) for number in purge.numbers]
    files = {file.path: file.sha256 for file in gone}
    kept = list(purge.files.exclude(kept_for=[]).order_by("path").values_list("path", flat=True))
    record(
        "purge.carried_out",
        by=by,
        on=purge,
        department=purge.dataset.department,
        dataset=purge.dataset,
        facts={
            "versions": stated(numbers),
            "count": len(gone),
            "bytes": sum(file.bytes for file in gone),
            "files": stated(files),
            "kept": stated(kept),
        },
        private=spelled_out("versions", numbers) | spelled_out("files", files) | spelled_out("kept", kept),
    )


def _to_go(file: PurgedFile) -> PurgedFile | None:
    """The file, locked; none where another worker has done it."""
    return PurgedFile.objects.select_for_update().filter(pk=file.pk, gone_at=None, kept_for=[]).first()


def _was_not_there(file: PurgedFile) -> None:
    """It is not waited for and not reported; a digest that is known stays, for copies and for files that come again."""
    if file.sha256:
        PurgedFile.objects.filter(pk=file.pk).update(gone_at=timezone.now())
    else:
        file.delete()


def _note(purge: Purge, files: list[PurgedFile]) -> None:
    """Names more files; one that went before and lies there again is to go again."""
    known = {file.path: file for file in purge.files.filter(path__in=[file.path for file in files])}
    again = purge.files.filter(pk__in=[one.pk for one in known.values() if one.gone_at])
    again.update(gone_at=None, found_at=None, sha256="")
    new = [file for file in files if file.path not in known]
    for file in new:
        file.purge = purge
    PurgedFile.objects.bulk_create(new, batch_size=1_000, ignore_conflicts=True)


def _found(path: str, number: int, kind: str) -> PurgedFile:
    return PurgedFile(version=number, kind=kind, path=path)


def _names(body: str) -> set[str]:
    """The versions that an opening is about: the one that was read, and the one that it was compared with."""
    facts = json.loads(body).get("facts", {})
    return {facts.get("version"), facts.get("since")}


def _digest(path: str) -> str:
    with store().open(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
