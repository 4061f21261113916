"""When it may happen: rules about the state of things, whoever asks. Who may is in `permissions.py`.

"Only a steward of Parks can retire this" is a permission; "withdraw its release first" is a policy.
"""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from catalog.models import Basis, Dataset, PurgedFile, Version

MOST_KEYWORDS = 20
DESCRIBED = (
    "title_en",
    "title_zh",
    "description_en",
    "description_zh",
    "keywords_en",
    "keywords_zh",
    "theme",
    "contact_name",
    "contact_email",
    "frequency",
    "coverage_from",
    "coverage_until",
    "place_en",
    "place_zh",
    "language",
    "licence",
    "legal_basis",
    "sharing_class",
    "sharing_law",
    "opening_class",
)


def check_described(dataset: Dataset) -> None:
    """The description is whole and agrees with itself; each fault names its field."""
    wrong = faults(dataset, DESCRIBED)
    if not (dataset.title_en or dataset.title_zh):
        wrong["title_en"] = [_("Give it a title in English or in Chinese.")]
    if dataset.sharing_class == "withheld" and not dataset.sharing_law:
        wrong["sharing_law"] = [_("Name the law that forbids sharing, with its article.")]
    if dataset.sharing_class == "withheld" and dataset.opening_class != "closed":
        wrong["opening_class"] = [_("What a law withholds from departments cannot be open: choose “Closed”.")]
    if not wrong.keys() & {"coverage_from", "coverage_until"} and _ends_before_it_starts(dataset):
        wrong["coverage_until"] = [_("The last day covered lies before the first.")]
    for name in ("keywords_en", "keywords_zh"):
        if len(getattr(dataset, name)) > MOST_KEYWORDS:
            wrong[name] = [_("Keep to %(most)s keywords: the first ones help most.") % {"most": MOST_KEYWORDS}]
    if wrong:
        raise ValidationError(wrong)


def check_not_retired(dataset: Dataset) -> None:
    """A retired dataset stays as it is."""
    if dataset.state == Dataset.State.RETIRED:
        raise ValidationError(_("This dataset is retired. Restore it first, then change it."))


def check_has_keys(dataset: Dataset) -> None:
    """Rows take the place of others by their key: the dictionary must name one."""
    if dataset.current_id and not dataset.columns.filter(row_key=True).exists():
        raise ValidationError(
            _("The dictionary names no row key. Tick the columns that name one row, then upload the file again.")
        )


def check_not_destroyed(dataset: Dataset, digests: Iterable[str]) -> None:
    """What a law had destroyed does not come back by the same file."""
    digests = [digest for digest in digests if digest]
    purged = Version.objects.filter(dataset=dataset, state=Version.State.PURGED, source_sha256__in=digests)
    files = PurgedFile.objects.filter(purge__dataset=dataset, kind=PurgedFile.Kind.DOCUMENT, sha256__in=digests)
    number = purged.values_list("number", flat=True).first()
    if number is None:
        number = files.filter(kept_for=[]).values_list("version", flat=True).first()  # decided, gone already or not
    if number is not None:
        raise ValidationError(
            _("This file is what version %(number)s held, which was destroyed by law. It is not taken in again."),
            params={"number": number},
        )


def check_not_open(dataset: Dataset) -> None:
    """What is open to everybody does not go away under its readers."""
    in_force = Basis.objects.filter(dataset=dataset, state__in=[Basis.State.ACTIVE, Basis.State.SUSPENDED])
    if in_force.filter(kind=Basis.Kind.RELEASE).exists():
        raise ValidationError(_("It is open to everybody. Withdraw its release first, then retire it."))


def faults(thing: Model, fields: tuple[str, ...]) -> dict[str, list]:
    """What the model says is wrong with these fields of an unsaved change, by field."""
    others = {field.name for field in thing._meta.fields} - set(fields)
    try:
        thing.full_clean(exclude=others, validate_constraints=False, validate_unique=False)
    except ValidationError as wrong:
        return dict(wrong.error_dict)
    return {}


def _ends_before_it_starts(dataset: Dataset) -> bool:
    first, last = dataset.coverage_from, dataset.coverage_until
    return bool(first and last and last < first)
