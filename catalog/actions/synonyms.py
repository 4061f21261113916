"""Which words a search takes for the same: what the authority adds, sets apart and takes back."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.models import SearchSynonym
from catalog.permissions import check_may_set_words
from catalog.search.synonyms import key

MOST_GROUPS = 2_000
MOST_WORDS = 24
LONGEST = 60


@transaction.atomic
def add_synonyms(words: list[str], *, apart: bool = False, by: Actor) -> SearchSynonym:
    """From the next search on these words find each other; or, set apart, do so no more."""
    check_may_set_words(by)

    words = [" ".join(word.split()) for word in words if word.strip()]
    _check_words(words)

    group = SearchSynonym.objects.create(words=words, apart=apart, added_by=by.user)

    record("synonyms.added", by=by, on=group, facts={"words": words, "apart": apart})
    return group


@transaction.atomic
def remove_synonyms(group: SearchSynonym, *, by: Actor) -> None:
    """From the next search on the group counts no more; the shipped list stays as it is."""
    check_may_set_words(by)

    group = SearchSynonym.objects.select_for_update().filter(pk=group.pk).first()
    if group is None:
        raise ValidationError(_("A colleague removed this group already. Load the page again."))
    facts = {"words": group.words, "apart": group.apart}
    record("synonyms.removed", by=by, on=group, facts=facts)

    group.delete()


def _check_words(words: list[str]) -> None:
    if any(len(word) > LONGEST or not key(word) or key(word) == ("",) for word in words):
        raise ValidationError({"words": _("A word is too long, or has no letters. Keep each under 60 characters.")})
    if len({key(word) for word in words}) < 2:
        raise ValidationError({"words": _("Write at least two different words, with a bar or a line between them.")})
    if len(words) > MOST_WORDS:
        raise ValidationError({"words": _("These are more than 24 words. Make two groups of them.")})
    if SearchSynonym.objects.count() >= MOST_GROUPS:
        raise ValidationError(_("There are 2,000 groups already. Remove some that are not needed."))
