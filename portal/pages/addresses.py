"""The state of a page of a search as its address, so that it can be shared, kept and gone back to."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from catalog.search.parameters import MOST_CHOSEN, NAMES


@dataclass(frozen=True)
class Address:
    """The state of the page as its address: pairs in a fixed order, so that one state has one address."""

    pairs: tuple[tuple[str, str], ...]
    page: str = "datasets"

    @classmethod
    def of(cls, asked: QueryDict, names=NAMES, page: str = "datasets") -> "Address":
        """The known parameters of a request, without empty ones and without the place in the list."""
        named = [(name, value) for name in names for value in asked.getlist(name)[:MOST_CHOSEN]]
        return cls(tuple((name, value.replace("\x00", "")[:200]) for name, value in named if value.strip()), page)

    def values(self, name: str) -> tuple[str, ...]:
        """What is chosen under a name."""
        return tuple(value for other, value in self.pairs if other == name)

    def toggled(self, name: str, value: str) -> str:
        """The address with one choice more, or less where it was chosen."""
        pair = (name, value)
        pairs = [p for p in self.pairs if p != pair] if pair in self.pairs else [*self.pairs, pair]
        return self.link(pairs)

    def with_one(self, name: str, value: str) -> str:
        """The address with just this value under the name; without any where the value is empty."""
        return self.link(self.without(name) + ([(name, value)] if value else []))

    def without(self, *names: str) -> list[tuple[str, str]]:
        """The pairs of all other names."""
        return [pair for pair in self.pairs if pair[0] not in names]

    def link(self, pairs) -> str:
        """The page at these pairs."""
        return f"{self._place}?{urlencode(list(pairs))}" if pairs else self._place

    @cached_property
    def _place(self) -> str:
        return reverse(self.page)

    def at(self, page: str, pairs) -> str:
        """Another page at these pairs."""
        return f"{reverse(page)}?{urlencode(list(pairs))}" if pairs else reverse(page)
