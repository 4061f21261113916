"""What the recipient promised beside what the gate holds it to: how often it reads, and how long it keeps the data."""

from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.models import Basis
from sharing.models import Frequency, Level, Request

LONGEST_KEPT = 36_600  # days


@dataclass(frozen=True)
class Promised:
    """The least answer that serves, how often, how long it is kept, and the period that the data is about."""

    level: str = ""
    frequency: str = ""
    retention_days: int | None = None
    period_from: date | None = None
    period_until: date | None = None

    @classmethod
    def of(cls, grant: Basis) -> "Promised":
        """What was promised when this grant was made."""
        own = grant.grant
        return cls(own.level, own.frequency, own.retention_days, own.period_from, own.period_until)

    @classmethod
    def asked(cls, request: Request) -> "Promised":
        """What was declared with a request."""
        return cls(
            request.level, request.frequency, request.data_life_days, request.period_from, request.period_until
        )  # fmt: skip

    def lowered(self, least: str) -> "Promised":
        """The same at the level that is agreed to, where that is below rows: its words are those of a basis."""
        return replace(self, level=least) if least else self

    def check(self) -> None:
        """Each is one of its words, and the days are a number that somebody can keep to."""
        wrong = {}
        for name, words in (("level", Level), ("frequency", Frequency)):
            if getattr(self, name) and getattr(self, name) not in words.values:
                wrong[name] = _("It is one of: %(words)s.") % {"words": ", ".join(words.values)}
        if self.retention_days is not None and not 1 <= self.retention_days <= LONGEST_KEPT:
            wrong["retention_days"] = _("Give a whole number from 1 to %(most)s.") % {"most": f"{LONGEST_KEPT:,}"}
        if self.period_from and self.period_until and self.period_until < self.period_from:
            wrong["period_until"] = _("The period ends before it begins.")
        if wrong:
            raise ValidationError(wrong)


NOTHING = Promised()
