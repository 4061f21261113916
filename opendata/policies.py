"""When something may be opened to everybody: checked on submission, and again when it is cleared."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog import codes
from catalog.actions.bases import check_terms
from catalog.models import Basis, Dataset, Version
from catalog.protection import bare_columns
from catalog.terms import Terms
from opendata.models import Submission


def check_may_open(dataset: Dataset, version: Version, terms: Terms) -> None:
    """The dataset is fit to be opened, the version can be named, and nothing protected leaves as it is."""
    check_fit_to_open(dataset)
    if version.dataset_id != dataset.pk or version.state != Version.State.KEPT:
        raise ValidationError(_("This is not a version of the dataset that can be opened. Confirm it first."))
    check_not_open(version)
    check_terms(terms, version)
    check_nothing_bare(dataset, version, terms)


def check_not_open(version: Version) -> None:
    """A version is opened once."""
    if version.bases.releases().filter(state=Basis.State.ACTIVE).exists():
        raise ValidationError(
            _("Version %(number)s is open already. Load a new version, or withdraw the release first."),
            params={"number": version.number},
        )


def why_not_submitted(dataset: Dataset) -> str:
    """Why the current version cannot be submitted now; empty where it can. For pages, before a form is filled in."""
    try:
        check_fit_to_open(dataset)
        check_none_open(dataset)
        if dataset.current is None:
            return _("This dataset has no version yet. Load a file first.")
        check_not_open(dataset.current)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


def check_fit_to_open(dataset: Dataset) -> None:
    """In use, described, open by class and by licence."""
    if dataset.state != Dataset.State.ACTIVE:
        raise ValidationError(_("Only an active dataset can be opened. This one is: %(state)s."),
                              params={"state": dataset.get_state_display()})  # fmt: skip
    if dataset.opening_class != codes.OpeningClass.OPEN:
        raise ValidationError(_("The opening class of this dataset is not “open”. Change it first if the law allows."))
    if not codes.Licence(dataset.licence).is_open:
        raise ValidationError(_("The licence of this dataset is not open. Choose an open licence first."))
    if not (dataset.description_en.strip() or dataset.description_zh.strip()):
        raise ValidationError(_("Describe the dataset first: nobody can use data that nobody explains."))


def check_nothing_bare(dataset: Dataset, version: Version, terms: Terms) -> None:
    """A column that tells of persons is opened under a mask that hides something, or not at all."""
    types = {table.name: table.types for table in version.tables.all()}
    if bare := bare_columns(dataset, terms, types):
        raise ValidationError(
            _("These columns tell of persons: %(columns)s. Leave them out, or mask them more. An address where nobody "
              "lives is marked public in the dictionary."), params={"columns": ", ".join(bare)}
        )  # fmt: skip


def check_none_open(dataset: Dataset) -> None:
    """One submission of a dataset waits at a time."""
    if Submission.objects.filter(dataset=dataset, state=Submission.State.SUBMITTED).exists():
        raise ValidationError(
            _("A submission of this dataset waits for review already. Withdraw it to submit another.")
        )
