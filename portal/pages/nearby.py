"""What comes near a search that found nothing: words that are like those typed, and the same without choices."""

from django.urls import reverse
from django.utils.http import urlencode

from catalog.search import SearchQuery, search
from catalog.search.parameters import LISTS
from catalog.search.vocabulary import Vocabulary
from catalog.search.words import runs

MOST_WORDS = 6
MOST_TERMS = 5


def nearest_terms(query: SearchQuery) -> list[dict]:
    """Words like those that were typed, of what this reader may know of, each with its search."""
    vocabulary, words = Vocabulary(query.by), list(dict.fromkeys(runs(query.q)))[:MOST_WORDS]
    vocabulary.learn(words)
    terms = dict.fromkeys(term for word in words for term in vocabulary.near(word) if term not in words)
    return [
        {"words": term, "url": f"{reverse('datasets')}?{urlencode({'q': term})}"} for term in list(terms)[:MOST_TERMS]
    ]


def without_choices(query: SearchQuery) -> int:
    """How many datasets the words alone find."""
    return search(SearchQuery(q=query.q, by=query.by, limit=1, counted=False)).total if narrowed(query) else 0


def narrowed(query: SearchQuery) -> bool:
    """True where more than words was asked for."""
    return bool(query.since or query.until or any(getattr(query, field) for field in LISTS.values()))
