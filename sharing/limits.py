"""How often and how much may leave under a grant, by which way, and whether no more than counts; the gate holds it."""

from dataclasses import asdict, dataclass, fields, replace

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.codes import IdentityRole
from catalog.models import Basis, Column, Dataset, Least, Span, Way
from sharing.models import Level, Request

MOST = {"readings": 10**6, "rows": 10**12}
MOST_GROUP = 1_000_000
ANSWERS = {Level.COUNT: Least.COUNT, Level.YES_NO: Least.YES_NO}  # levels below rows; all others are rows
TELLS = {Least.YES_NO: 0, Least.COUNT: 1, "": 2}  # how much an answer tells
FROZEN_WITH_LEAST = ("least", "group_least", "questions_most", "people")
SPANS = {"readings": (Span.HOUR, Span.DAY), "rows": (Span.DAY, Span.TOTAL)}


@dataclass(frozen=True)
class Limits:
    """The way (API, files or both), readings an hour or a day, rows a day or in all; no number is no limit.

    `least` says that no rows leave at all: counts of so many at least, for so many questions a month, or yes or no.
    """

    way: str = Way.BOTH
    readings_most: int | None = None
    readings_span: str = ""
    rows_most: int | None = None
    rows_span: str = ""
    least: str = ""
    group_least: int | None = None
    questions_most: int | None = None
    people: str = ""

    @classmethod
    def of(cls, grant: Basis) -> "Limits":
        """Those that were agreed to when this grant was made."""
        return cls(**{field.name: getattr(grant, field.name) for field in fields(cls)})

    @classmethod
    def asked(cls, request: Request) -> "Limits":
        """Those that a request states itself: the way of delivery, and the least answer that serves."""
        stated = cls(way=request.delivery or Way.BOTH, least=ANSWERS.get(request.level, ""))
        return stated.answering(request.dataset, request.table)

    def to_json(self) -> dict:
        """The fields of a basis, which the gate asks, and of a decision; of counts only where no more leaves."""
        left_out = () if self.least else FROZEN_WITH_LEAST
        return {
            name: str(value) if isinstance(value, str) else value
            for name, value in asdict(self).items()
            if name not in left_out
        }

    def answering(self, dataset: Dataset, table: str) -> "Limits":
        """The same with all that is frozen where no rows leave: group, questions, and by which column people count.

        A group may be larger than the city's, and never smaller.
        """
        if self.least not in Least.values:
            return self
        role = {"identity_role": IdentityRole.PERSON_CODE}
        person = Column.objects.filter(dataset=dataset, table=table, **role).first()
        return replace(
            self, way=Way.API.value, group_least=max(self.group_least or 0, settings.COUNTS_GROUP),
            questions_most=settings.COUNTS_QUESTIONS, people=person.name if person else "",
        )  # fmt: skip

    def check(self) -> None:
        """Each limit is a whole number with its span, or none at all."""
        wrong = {}
        if self.least and self.least not in Least.values:
            wrong["least"] = _("It is one of: %(words)s.") % {"words": ", ".join(Least.values)}
        if self.group_least is not None and not self.least:
            wrong["group_least"] = _("A smallest group goes with counts, or yes or no. Choose one of them.")
        elif self.group_least is not None and not 2 <= self.group_least <= MOST_GROUP:
            wrong["group_least"] = _("Give a whole number from %(least)s to %(most)s.") % {
                "least": 2, "most": f"{MOST_GROUP:,}",
            }  # fmt: skip
        if self.way not in Way.values:
            wrong["way"] = _("The way is one of: %(ways)s.") % {"ways": ", ".join(Way.values)}
        for name, spans in SPANS.items():
            number, span = getattr(self, f"{name}_most"), getattr(self, f"{name}_span")
            if (number is None) != (not span) or (span and span not in spans):
                wrong[f"{name}_span"] = _("Give a number together with one of: %(spans)s.") % {
                    "spans": ", ".join(spans)
                }
            elif number is not None and not 1 <= number <= MOST[name]:
                wrong[f"{name}_most"] = _("Give a whole number from 1 to %(most)s.") % {"most": f"{MOST[name]:,}"}
        if wrong:
            raise ValidationError(wrong)

    def within(self, request: Request) -> "Limits":
        """The same, by the way and with the answer that were asked for where none is named."""
        stated = self if self.way else replace(self, way=request.delivery or Way.BOTH)
        stated = stated if stated.least else replace(stated, least=ANSWERS.get(request.level, ""))
        return stated.answering(request.dataset, request.table)

    def check_within(self, request: Request) -> None:
        """What is agreed to tells no more, and leaves by no other way, than was asked for."""
        if TELLS.get(self.least, 0) > TELLS[ANSWERS.get(request.level, "")]:
            raise ValidationError(
                {"least": _("Only this was asked for: %(level)s.") % {"level": request.get_level_display()}}
            )
        if self.least:  # counts leave by the API and pages, however rows would have
            return
        asked = request.delivery or Way.BOTH
        if asked not in {Way.BOTH, self.way}:
            raise ValidationError(
                {"way": _("Another way of delivery was asked for: %(way)s.") % {"way": request.get_delivery_display()}}
            )


NO_LIMITS = Limits()
