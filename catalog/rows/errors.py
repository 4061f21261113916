"""What can be wrong with a row query, in words that tell the asker what to do."""

from django.core.exceptions import ValidationError


class QueryError(ValidationError):
    """A query that is refused: a stable code, a sentence, and the parameter that it is about."""

    def __init__(self, code: str, sentence: str, parameter: str = "", **params):
        super().__init__(sentence, code=code, params=params)
        self.parameter = parameter

    @property
    def sentence(self) -> str:
        """The whole sentence, in the reader's language."""
        return str(self.message % self.params if self.params else self.message)


class EngineBusy(Exception):
    """All places at the engine were taken for longer than a reader should wait."""


class TooCostly(Exception):
    """The query went over its budget of time or memory."""


class Stopped(Exception):
    """The query was interrupted: the reader hung up, or the basis ended."""
