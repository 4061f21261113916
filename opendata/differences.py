"""What a submission would change for the public: columns that come, go, or are shown in another way."""

from django.utils.translation import gettext as _

from catalog.models import Basis, Dataset
from catalog.terms import Terms
from catalog.wording import mask_words


def last_release(dataset: Dataset) -> Basis | None:
    """The release of the newest version that was ever cleared, in force or withdrawn."""
    releases = dataset.bases.releases().select_related("version")
    return releases.order_by("-version__number", "-made_at").first()


def differences(before: Terms, after: Terms) -> list[dict]:
    """Each column that differs, as label, before and after."""
    old, new = _columns(before), _columns(after)
    found = []
    for name in [*new, *(name for name in old if name not in new)]:
        was = mask_words(old[name]) if name in old else ""
        will = mask_words(new[name]) if name in new else ""
        if was != will:
            label = name[1] if len({table for table, _column in [*old, *new]}) == 1 else " · ".join(name)
            found.append({"label": label, "before": was or _("Not open"), "after": will or _("Not open")})
    if before.documents != after.documents:
        words = {True: _("Open"), False: _("Not open")}
        found.append({"label": _("Documents"), "before": words[before.documents], "after": words[after.documents]})
    return found


def _columns(terms: Terms) -> dict[tuple[str, str], str | None]:
    return {(name, column): mask for name, table in terms.tables.items() for column, mask in table.columns.items()}
