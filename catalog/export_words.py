"""What is said of a prepared file: how far it is, and why there is none."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from catalog.models import Export

ERRORS = {
    "too-costly-time": _(
        "Finding the rows took longer than {minutes} minutes at a stretch. Ask for fewer rows with “where” or "
        "“sample”, or group and order by fewer columns."
    ),
    "too-costly-memory": _(
        "The query needs more than {memory} MB of memory. Group by columns with fewer values, order by fewer columns, "
        "or ask for fewer columns."
    ),
    "too-long": _(
        "Making the file took longer than {longest} minutes, the most that one may take. Ask for fewer rows or columns."
    ),
    "too-large": _("The file would be larger than {size} GB. Ask for fewer rows or columns, or take Parquet."),
    "basis-ended": _("Your right to read it has ended. Ask the owner of the dataset, or look for another basis."),
    "version-gone": _("The version it was made of is gone. Ask for a file of a later one."),
    "key-retired": _("The key that it was sealed to was retired. Ask for it again: it is sealed to the new one."),
    "time-over": _("Its time is over: a prepared file is kept for {hours} hours. Ask for it again."),
    "asked": _("You ended it. Ask for it again if you need it."),
    "refused": _("The rows could not be written in this way."),
    "busy": _("All places were taken, again and again. Ask for it again later."),
    "storage-away": _("The storage did not answer, again and again. Ask for it again later."),
    "disk-full": _("There was no room left for the file. Tell the administrator, or ask for fewer rows."),
    "worker-died": _(
        "Making the file broke off several times. Tell the administrator; the log of the worker says why."
    ),
    "unexpected": _("Something went wrong on our side. Ask for it again; if it stays so, tell the administrator."),
}
STAGES = {
    "": _("Waiting for a worker"),
    "reading": _("Finding the rows"),
    "writing": _("Writing the file"),
    "storing": _("Storing the file"),
}


def error_words(error: dict) -> str:
    """Why there is no file, with what to do."""
    words = ERRORS.get(error["code"], ERRORS["unexpected"])
    said = str(words).format(
        minutes=settings.EXPORT_QUERY_MS // 60_000,
        longest=settings.EXPORT_SECONDS // 60,
        memory=settings.EXPORT_MEMORY_MB,
        size=f"{settings.EXPORT_MAX_BYTES / 1024**3:.3g}",
        hours=settings.EXPORT_HOURS,
    )
    return error.get("sentence") or said


def stage_words(export: Export) -> str:
    """What a worker does now."""
    return str(STAGES.get(export.stage if export.state == Export.State.RUNNING else "", STAGES["writing"]))
