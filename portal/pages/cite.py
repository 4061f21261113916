"""How to cite a version so that the citation can be checked for ever."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models.bilingual import in_language
from portal.pages.calls import Call
from portal.pages.entry import Entry


def citations(entry: Entry) -> list[Call]:
    """The citation as a sentence and for BibTeX, with the version's lasting address."""
    dataset, number = entry.dataset, entry.version.number
    path = reverse("dataset", kwargs={"pk": dataset.pk})
    facts = {
        "owner": dataset.department.name,
        "year": entry.basis.valid_from.year,
        "title": dataset.title,
        "number": number,
        "city": in_language(settings.CITY_NAME_EN, settings.CITY_NAME_ZH),
        "address": f"{settings.ADDRESS.rstrip('/')}{path}?version={number}",
        "day": timezone.localdate().isoformat(),
        "key": f"dataset-{str(dataset.pk)[:8]}-{number}",
    }
    sentence = _(
        "%(owner)s (%(year)s). %(title)s, version %(number)s. %(city)s open data. %(address)s, read on %(day)s."
    )
    return [Call(_("In words"), sentence % facts), Call("BibTeX", BIBTEX % facts)]


BIBTEX = """\
@misc{%(key)s,
  author = {{%(owner)s}},
  title = {{%(title)s}},
  year = {%(year)s},
  version = {%(number)s},
  publisher = {{%(city)s}},
  url = {%(address)s},
  urldate = {%(day)s}
}"""
