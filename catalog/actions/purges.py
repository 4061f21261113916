"""Destruction by law: one person asks, a second one decides; from that moment nothing of the versions leaves.

The decision takes what the database holds of them, and writes down every stored file. The files themselves go
afterwards, one by one: see `catalog/actions/destruction.py`.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor
from audit.erasure import wait_for_others
from audit.lists import spelled_out, stated
from audit.log import record
from catalog import purges
from catalog.actions.bases import move_basis
from catalog.actions.datasets import locked
from catalog.actions.manifests import forget_columns
from catalog.actions.sources import locked_source, rest, source_of
from catalog.models import Basis, Dataset, Document, Extent, Job, Purge, PurgedFile, RowChanges, Source, Table, Version
from catalog.permissions import check_may_ask_purge, check_may_decide_purge
from catalog.relied_on import is_held
from catalog.states import PURGE, VERSION
from catalog.versions import HELD

MOST = 10_000
NO_WORDS = {"code": "unexpected", "params": {}, "sentence": "", "row": None, "column": None}
# Kept for ever in the basis and in the log, so in one language; pages say it in the reader's.
BY_LAW = gettext_noop("Destroyed by law: %(law)s, %(article)s.")
RESTS = gettext_noop("A law had what it brought destroyed. Resume it only where it no longer brings that back.")


@transaction.atomic
def ask_purge(dataset: Dataset, *, numbers: Iterable[int], law: str, article: str, reason: str, by: Actor) -> Purge:
    """Asks a second person to have these versions destroyed, as a law or a court orders; nothing happens yet."""
    check_may_ask_purge(by, dataset)

    dataset = locked(dataset)
    numbers = check_numbers(dataset, numbers)
    check_said(law=law, article=article, reason=reason)
    check_not_held(dataset)
    check_none_open(dataset)

    purge = Purge.objects.create(
        dataset=dataset,
        numbers=numbers,
        law=law.strip(),
        article=article.strip(),
        reason=reason.strip(),
        asked_by=by.user,
    )
    _say("purge.asked", purge, by=by, facts=_order(purge))
    return purge


@transaction.atomic
def withdraw_purge(purge: Purge, *, reason: str, by: Actor) -> Purge:
    """It is no longer asked for; nothing was destroyed."""
    check_may_ask_purge(by, purge.dataset)

    check_said(reason=reason)
    purge = _answer(purge, "withdraw", by=by, answer=reason)

    _say("purge.withdrawn", purge, by=by, facts={"reason": purge.answer})
    return purge


@transaction.atomic
def refuse_purge(purge: Purge, *, reason: str, by: Actor) -> Purge:
    """The second person says no, and why; nothing was destroyed."""
    check_may_decide_purge(by, purge)

    check_said(reason=reason)
    purge = _answer(purge, "refuse", by=by, answer=reason)

    _say("purge.refused", purge, by=by, facts={"reason": purge.answer})
    return purge


@transaction.atomic
def decide_purge(purge: Purge, *, by: Actor, keep_current: bool = False) -> Purge:
    """The versions are destroyed: none of their rows leaves from this moment, and their files go one by one.

    Where the current version is among them the dataset has none from then on; with `keep_current` the newest of those
    that stay takes its place.
    """
    check_may_decide_purge(by, purge)

    dataset = locked(purge.dataset)
    check_not_held(dataset)
    versions = purges.named(dataset, purge.numbers)
    if not versions:
        raise ValidationError(_("None of these versions holds data any more. Withdraw what was asked."))
    check_not_under_review(versions)
    purge = _answer(purge, "decide", by=by)
    rows = Table.objects.filter(version__in=versions).aggregate(rows=Sum("rows"))["rows"] or 0

    PurgedFile.objects.bulk_create(_of(purge, purges.files_of(versions)), batch_size=1_000)
    _withdraw_releases(versions, purge, by=by)
    _forget(versions, purge)
    current = _settle_current(dataset, versions, keep_current, by=by)

    facts = {**_order(purge), "rows": rows, "current": current.number if current else None}
    _say("purge.decided", purge, by=by, facts=facts)
    return purge


@transaction.atomic
def forget_values(purge: Purge, versions: list[Version]) -> None:
    """What was counted, compared and said of the values goes; once more later, for what was written at that moment."""
    RowChanges.objects.filter(Q(version__in=versions) | Q(since__in=versions)).delete()
    for kind in (Table, Document, Extent):
        kind.objects.filter(version__in=versions).delete()
    Job.objects.filter(version__in=versions).update(error=None, brought={})
    # A reading that failed has no version: which file its words repeat cannot be told.
    before = Job.objects.filter(dataset=purge.dataset_id, created_at__lte=purge.decided_at)
    before.filter(state=Job.State.FAILED).update(error=NO_WORDS)


def check_numbers(dataset: Dataset, numbers: Iterable[int]) -> list[int]:
    """Versions whose data is there, in order, each once."""
    asked = sorted(set(numbers))
    if not asked:
        raise ValidationError({"numbers": _("Name at least one version.")})
    if len(asked) > MOST:
        raise ValidationError({"numbers": _("Name at most %(most)s versions at a time.") % {"most": MOST}})
    there = {version.number for version in purges.named(dataset, asked)}
    if lost := [number for number in asked if number not in there]:
        words = _("Version %(number)s holds no data, or there is none of that number. Leave it out.")
        raise ValidationError({"numbers": words % {"number": lost[0]}})
    return asked


def check_said(**words: str) -> None:
    """Whoever has something destroyed names the law, its article and the reason; the log keeps them."""
    missing = {
        "law": _("Name the law, or the court and its order."),
        "article": _("Name the article, or the number of the order."),
        "reason": _("Say why. The log keeps it: write no names and no personal data."),
    }
    wrong = {name: missing[name] for name, text in words.items() if not text.strip()}
    wrong |= {
        name: _("Keep it under %(most)s characters.") % {"most": most}
        for name, most in (("law", 300), ("article", 120), ("reason", 2000))
        if len(words.get(name, "")) > most
    }
    if wrong:
        raise ValidationError(wrong)


def check_not_held(dataset: Dataset) -> None:
    """What an auditor holds is evidence: it stays until the hold is lifted, whatever else orders that it go."""
    wait_for_others()
    if is_held(dataset):
        raise ValidationError(
            _("A legal hold stands over this dataset or its department: nothing of it may be destroyed. An auditor "
              "can lift it.")
        )  # fmt: skip


def check_none_open(dataset: Dataset) -> None:
    """One destruction of a dataset at a time, so that each names what the other left."""
    if dataset.purges.filter(state__in=Purge.OPEN).exists():
        raise ValidationError(
            _("A destruction of this dataset waits for its second person, or is being carried out. Wait for its end.")
        )


def check_not_under_review(versions: list[Version]) -> None:
    """A reviewer who looks at a version must not lose it in the middle."""
    duties = Basis.objects.filter(kind=Basis.Kind.DUTY, version__in=versions, state=Basis.State.ACTIVE)
    number = duties.values_list("version__number", flat=True).first()
    if number is not None:
        raise ValidationError(
            _("Version %(number)s is under review for release. Withdraw its submission first, or have it returned."),
            params={"number": number},
        )


def _answer(purge: Purge, verb: str, *, by: Actor, answer: str = "") -> Purge:
    purge = Purge.objects.select_for_update(of=("self",)).select_related("dataset__department").get(pk=purge.pk)
    purge.state, purge.answer = PURGE.after(purge.state, verb), answer.strip()
    purge.decided_at, purge.decided_by = timezone.now(), by.user
    purge.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    return purge


def _of(purge: Purge, files: list[PurgedFile]) -> list[PurgedFile]:
    for file in files:
        file.purge = purge
    return files


def _withdraw_releases(versions: list[Version], purge: Purge, *, by: Actor) -> None:
    """What is no longer there is no longer open. Grants stay, and say what became of the version they are pinned to."""
    reason = BY_LAW % {"law": purge.law, "article": purge.article}
    for basis in purges.releases_over(versions).filter(state=Basis.State.ACTIVE):
        basis = move_basis(basis, "withdraw", reason=reason)
        about = {"department": basis.dataset.department, "dataset": basis.dataset, "basis": basis}
        record("release.withdrawn", by=by, on=basis, facts={"reason": reason}, **about)


def _forget(versions: list[Version], purge: Purge) -> None:
    """Everything that the database holds of their values goes; what they were by number, day and digest stays."""
    for version in versions:
        version.state, version.purge = VERSION.after(version.state, "purge"), purge
        version.source_path, version.report = "", {}
    Version.objects.bulk_update(versions, ["state", "purge", "source_path", "report"], batch_size=500)
    forget_values(purge, versions)
    forget_columns(purge.dataset)
    if not Version.objects.filter(dataset=purge.dataset_id, state__in=HELD).exists():
        Dataset.objects.filter(pk=purge.dataset_id).update(reading={})  # nothing is left that was read in that way


def _settle_current(dataset: Dataset, versions: list[Version], keep_current: bool, *, by: Actor) -> Version | None:
    """What is current from now on. A source rests where it might bring back on the next day what has just gone."""
    if dataset.current_id not in {version.pk for version in versions}:
        return dataset.current
    newest = dataset.versions.filter(state=Version.State.KEPT).order_by("-number").first() if keep_current else None
    Dataset.objects.filter(pk=dataset.pk).update(current=newest)
    source = source_of(dataset)
    if source is not None and source.state == Source.State.ACTIVE:
        rest(locked_source(source), RESTS, by=by)
    return newest


def _order(purge: Purge) -> dict:
    return {"law": purge.law, "article": purge.article, "reason": purge.reason}


def _say(kind: str, purge: Purge, *, by: Actor, facts: dict) -> None:
    dataset, numbers = purge.dataset, [str(number) for number in purge.numbers]
    record(
        kind,
        by=by,
        on=purge,
        department=dataset.department,
        dataset=dataset,
        facts={"versions": stated(numbers), **facts},
        private=spelled_out("versions", numbers),
    )
