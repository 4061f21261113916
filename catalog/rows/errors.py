"""What can be wrong with a row query, in words that tell the asker what to do."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _


class QueryError(ValidationError):
    """A query that is refused: a stable code, a sentence, the parameter that it is about, and the place in its text."""

    def __init__(self, code: str, sentence: str, parameter: str = "", *, at: int | None = None, **params):
        super().__init__(sentence, code=code, params={**params, "at": at})
        self.parameter = parameter

    @property
    def at(self) -> int | None:
        """The character of the parameter's text, from 1; None where no place is to blame."""
        return self.params["at"]

    @property
    def sentence(self) -> str:
        """The whole sentence, in the reader's language."""
        words = str(self.message) % self.params
        if self.at is None or "%(at)s" in self.message:
            return words
        return _("%(sentence)s (Look at character %(at)s.)") % {"sentence": words, "at": self.at}

    def placed(self, at: int | None) -> "QueryError":
        """The same refusal with its place, unless it has one."""
        if self.at is None:
            self.params["at"] = at
        return self


class CountsOnly(PermissionDenied):
    """The basis holds for the reader and answers with counts, or with yes or no, alone: this is another question."""

    def __init__(self, sentence: str = ""):
        super().__init__(sentence or _("This grant lets out counts only: ask with “select=count(*) as n”."))


class EngineBusy(Exception):
    """All places at the engine were taken for longer than a reader should wait."""


class TooCostly(Exception):
    """The query went over one of its budgets: `time`, `memory`, or `bytes` of a page."""

    def __init__(self, budget: str):
        super().__init__(budget)
        self.budget = budget


class Stopped(Exception):
    """The query was interrupted: the reader hung up, or the basis ended."""
