"""Masks: how a column is coarsened before anything else sees it."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NUMBERS = frozenset({"integer", "decimal", "float"})
MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
EVERY = frozenset({"boolean", "time", "text", "geometry"}) | NUMBERS | MOMENTS
FEW = 4  # first characters that leave most texts cut

# name: (types it applies to, default argument, bounds of the argument, what the reader gets)
MASKS = {
    "null": (EVERY, None, None, _("Empty")),
    "hash": (
        EVERY - {"geometry"},
        None,
        None,
        _("Pseudonym: the same for the same value, for this recipient and purpose"),
    ),
    "year": (MOMENTS, None, None, _("Year only")),
    "band": (NUMBERS, 10, (1, 10**9), _("Lower end of a band, 10 wide unless said otherwise")),
    "round": (NUMBERS, 0, (-9, 9), _("Rounded to so many decimals (negative: tens, hundreds)")),
    "first": (frozenset({"text"}), 1, (1, 40), _("First characters only")),
}


@dataclass(frozen=True)
class Mask:
    """One mask with its argument, written `name` or `name:argument`."""

    name: str
    argument: int | None = None

    def __str__(self) -> str:
        return self.name if self.argument is None else f"{self.name}:{self.argument}"

    def keeps_all(self, column_type: str) -> bool:
        """True where it leaves each value of a column of this type as it is: whole numbers rounded to decimals."""
        if column_type != "integer":
            return False
        return (self.name == "round" and self.argument >= 0) or (self.name == "band" and self.argument == 1)

    def may_keep_all(self, column_type: str) -> bool:
        """True where values of a column of this type may well come through whole: what it cuts off is often not there.

        More than a few first characters are most names and codes; decimals have seldom more places than one asks for.
        """
        if self.name == "first":
            return self.argument > FEW
        return self.keeps_all(column_type) or (self.name == "round" and self.argument > 0)

    def type_of(self, column_type: str) -> str:
        """The type of what the mask yields on a column of this type."""
        if self.name in {"hash", "first"}:
            return "text"
        return "integer" if self.name == "year" else column_type


def parse_mask(text: str | None, *, column: str, column_type: str) -> Mask | None:
    """The mask that the text names, fit for the column's type; None for no mask. Says what would fit otherwise."""
    if not text:
        return None
    match = re.fullmatch(r"([a-z]+)(?::(-?\d{1,10}))?", text)
    if not match or match[1] not in MASKS:
        raise ValidationError(
            _("“%(mask)s” is no mask. Column %(column)s can have: %(fit)s."),
            params={"mask": text[:40], "column": column, "fit": ", ".join(fitting(column_type))},
        )
    types, default, bounds, _words = MASKS[match[1]]
    if column_type not in types:
        raise ValidationError(
            _("Mask “%(mask)s” does not fit column %(column)s (%(type)s). These do: %(fit)s."),
            params={"mask": text, "column": column, "type": column_type, "fit": ", ".join(fitting(column_type))},
        )
    if bounds is None:
        if match[2] is not None:
            raise ValidationError(_("Mask “%(mask)s” takes no number."), params={"mask": match[1]})
        return Mask(match[1])
    argument = int(match[2]) if match[2] is not None else default
    if not bounds[0] <= argument <= bounds[1]:
        raise ValidationError(
            _("The number of mask “%(mask)s” must lie between %(low)s and %(high)s."),
            params={"mask": match[1], "low": bounds[0], "high": bounds[1]},
        )
    return Mask(match[1], argument)


def type_under(text: str | None, *, column: str, column_type: str) -> str:
    """The type that a column has for the reader, under this mask or none."""
    mask = parse_mask(text, column=column, column_type=column_type)
    return mask.type_of(column_type) if mask else column_type


def fitting(column_type: str) -> list[str]:
    """The names of the masks that a column of this type can have."""
    return [name for name, (types, *_rest) in MASKS.items() if column_type in types]
