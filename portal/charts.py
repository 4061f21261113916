"""Small pictures drawn by the server, each with the numbers that its table shows."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

WIDTH, HEIGHT, FOOT = 600, 160, 20


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands in the picture and what it says."""

    label: str
    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class BarChart:
    """Bars side by side for `values`, a list of (label, number); `name` and `unit` head the table's two columns."""

    title: str
    name: str
    unit: str
    values: list[tuple[str, float]]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = field(default=HEIGHT - FOOT)

    @property
    def bars(self) -> list[Bar]:
        """The bars, highest as high as the picture allows; a value above nought is never invisible."""
        top = max((value for _label, value in self.values), default=0) or 1
        step = self.width / max(1, len(self.values))
        return [
            Bar(
                label,
                f"{value:,}",
                round(step * place + step * 0.1, 2),
                round(self.base - tall, 2),
                round(step * 0.8, 2),
                round(tall, 2),
            )
            for place, (label, value) in enumerate(self.values)
            for tall in [max(value / top * self.base, 2 if value > 0 else 0)]
        ]

    @property
    def first(self) -> str:
        """The label under the left end."""
        return self.values[0][0] if self.values else ""

    @property
    def last(self) -> str:
        """The label under the right end."""
        return self.values[-1][0] if len(self.values) > 1 else ""

    @property
    def alternative(self) -> str:
        """The picture in one sentence."""
        if not self.values:
            return _("%(title)s: nothing to show") % {"title": self.title}
        label, value = max(self.values, key=lambda pair: pair[1])
        return _("%(title)s: %(count)d bars, the highest is %(label)s with %(value)s %(unit)s. A table follows.") % {
            "title": self.title,
            "count": len(self.values),
            "label": label,
            "value": f"{value:,}",
            "unit": self.unit,
        }
