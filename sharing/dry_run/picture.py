"""A dry run as a page shows it: words, numbers and shares, in the reader's language."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.codes import IdentityRole
from catalog.models import Column, Least
from catalog.preview import Preview
from catalog.wording import column_words, mask_words
from sharing.dry_run.figures import NO_SUGGESTIONS, TOO_COSTLY, TOO_LONG
from sharing.dry_run.joins import NOTHING, ledger_in_words
from sharing.dry_run.sample import sample_of
from sharing.dry_run.shapes import ColumnLine, Line, Picture, Share, Suggested
from sharing.dry_run.suggestions import DROP
from sharing.models import DryRun


def picture_of(run: DryRun, *, by: Actor) -> Picture:
    """The dry run in words, with a few rows that are read for this reader now."""
    figures = run.figures
    known = {c.name: c for c in Column.objects.filter(dataset=run.request.dataset_id, table=run.request.table)}
    return Picture(
        id=run.pk,
        version=run.version.number,
        made_at=run.made_at,
        made_by=run.made_by.name,
        lines=_lines(figures, known),
        shares=_shares(figures),
        columns=[_column(one, known.get(one["name"]), run.request.table) for one in figures["columns"]],
        telling=[_titled(name, known) for name in figures["telling"]],
        sentences=_sentences(figures),
        suggestions=[_suggested(one, known) for one in figures["suggestions"]],
        ledger=ledger_in_words(figures["ledger"]["entries"], _titles(known), by=by),
        preview=_preview(run, by=by) if "counts" not in figures else Preview(),
        **(_counted(figures, known) if "counts" in figures else {}),
    )


def _preview(run: DryRun, *, by: Actor) -> Preview:
    """The rows, for whoever has a duty over them; whoever decides in the owner's place sees the figures alone."""
    try:
        return sample_of(run, by=by)
    except PermissionDenied as reason:
        return Preview(sentence=str(reason))


def _lines(figures: dict, known: dict[str, Column]) -> list[Line]:
    """The figures side by side."""
    more = [one for one in figures["columns"] if _is_more(one)]
    read = [[one for one in figures["columns"] if one[side] is not False] for side in ("today", "proposed")]
    found = [Line(_("Columns"), *(_number(len(one)) for one in read), _number(len(more)))]
    if "added" not in figures:
        return found
    today, added = figures["today"], figures["added"]
    proposed = figures.get("proposed", today)  # of counts nothing is read that is not read today
    rows = (_number(one and one["rows"]) for one in (today, proposed, added))
    found.append(Line(_("Rows"), *rows))
    for column in figures["naming"]:
        numbers = [_number(one and one["counted"][column["name"]]) for one in (today, proposed, added)]
        found.append(Line(_naming(column, known), *numbers))
    for key, words in (("smallest", _("Smallest group")), ("unique", _("Rows alone in their group"))):
        found.append(Line(words, *(_number(one and one[key]) for one in (today, proposed))))
    return found


def _counted(figures: dict, known: dict[str, Column]) -> dict:
    """What counts could tell: each as a line of one number."""
    counts = figures["counts"]
    lines = {_("Columns by which it is counted"): len(counts["by"])}
    if "rows" in counts:
        lines[_("Rows that are counted")] = counts["rows"]
        lines |= {_naming(one, known): counts["counted"][one["name"]] for one in figures["naming"]}
    if counts.get("groups") is not None and counts["least"] == Least.COUNT:
        told = ", ".join(_titled(name, known) for name, _mask in counts["told_by"])
        lines[_("Groups, told apart by %(columns)s") % {"columns": told}] = counts["groups"]
        lines[_("Of these large enough to be told")] = counts["large"]
    lines[_("Smallest group that is told, in people") if counts["people"] else _("Smallest group that is told")] = (
        counts["group"]
    )
    lines[_("Different questions a month")] = counts["questions"]
    return {
        "least": str(Least(counts["least"]).label),
        "counts": [Line(label, "", _number(number)) for label, number in lines.items()],
    }


def _naming(column: dict, known: dict[str, Column]) -> str:
    """How the distinct values of a column that names somebody are called."""
    words = _("Distinct persons (%(column)s)") if column["role"] == IdentityRole.PERSON_CODE else _(
        "Distinct enterprises (%(column)s)"
    )  # fmt: skip
    return words % {"column": _titled(column["name"], known)}


def _shares(figures: dict) -> list[Share]:
    """How many rows are alone with what tells people apart: pictures beside the numbers."""
    sides = (("today", _("What the requester reads today")), ("proposed", _("Under these terms")))
    shown = [(words, figures.get(side)) for side, words in sides]
    return [_share(words, one["unique"], one["rows"]) for words, one in shown if one and one["unique"] is not None]


def _share(label: str, part: int, whole: int) -> Share:
    percent = 100 * part / whole if whole else 0
    if 0 < percent < 1:
        return Share(label, _("under %(share)s %%") % {"share": 1}, percent)
    if part < whole and percent > 99:
        return Share(label, _("over %(share)s %%") % {"share": 99}, percent)
    return Share(label, _("%(share)s %%") % {"share": round(percent)}, percent)


def _column(one: dict, column: Column | None, table: str) -> ColumnLine:
    words = column_words(table, one["name"], "", column)
    shown = [_("Not read") if one[side] is False else mask_words(one[side]) for side in ("today", "proposed")]
    return ColumnLine(one["name"], words.title, *shown, _is_more(one), words.badge, words.sensitivity)


def _is_more(one: dict) -> bool:
    """True where the column is not read today, or less clearly."""
    return one["proposed"] is not False and (
        one["today"] is False or (one["today"] is not None and one["today"] != one["proposed"])
    )


def _suggested(one: dict, known: dict[str, Column]) -> Suggested:
    said = [
        _("Leave out %(column)s") % {"column": _titled(name, known)}
        if mask == DROP
        else _("%(column)s: %(mask)s") % {"column": _titled(name, known), "mask": mask_words(mask)}
        for name, mask in one["changes"]
    ]
    label = _("; ").join(said)
    return Suggested(label, _share(label, one["unique"], one["rows"]), _number(one["smallest"]))


def _sentences(figures: dict) -> list[str]:
    """What could not be said, and why."""
    found = []
    if TOO_COSTLY in figures["unsaid"]:
        found.append(_("The figures took too long to compute. Try again in a while, or with a narrower row filter."))
    if TOO_LONG in figures["unsaid"]:
        found.append(_("The row filters of what is read today are too long to be put together: no figures can be had."))
    if NO_SUGGESTIONS in figures["unsaid"]:
        found.append(_("Suggestions took too long to measure. Try again in a while."))
    if figures["ledger"]["left_off"]:
        found.append(_("The requester reads more tables than were compared: only the newest grants were looked at."))
    if not figures["naming"]:
        found.append(
            _("No column is marked as a person or enterprise code, so persons cannot be counted. Mark it in the "
              "dictionary.")
        )  # fmt: skip
    measured = figures.get("counts", figures.get("proposed", {}))
    if "rows" not in measured:
        return found
    if not measured["rows"]:
        found.append(_("No row fits these terms now."))
    elif measured["unique"] is None:
        found.append(_("No column of these terms is known to tell people apart, so no groups can be counted."))
    return found


def _titles(known: dict[str, Column]) -> dict[str, str]:
    return {name: column.title or name for name, column in known.items()}


def _titled(name: str, known: dict[str, Column]) -> str:
    return (known[name].title if name in known else "") or name


def _number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"
