"""Sums over the values of many rows that are not null."""

import math
import statistics
from decimal import Decimal, localcontext


def total(values: list):
    """The sum, exact but for floating numbers."""
    if not values:
        return None
    if isinstance(values[0], float):
        return math.fsum(values)
    with localcontext() as context:
        context.prec = 80
        return sum(map(Decimal, values), Decimal(0))


def mean(values: list):
    """The mean, a floating number."""
    return float(total(values)) / len(values) if values else None


def quantile(values: list, share) -> float | None:
    """The value below which so large a share lies, between the two nearest ones."""
    if not values:
        return None
    ordered = sorted(map(float, values))
    place = float(share) * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def deviation(values: list) -> float | None:
    """The standard deviation of a sample; a single value has none."""
    return statistics.stdev(map(float, values)) if len(values) > 1 else None


SUMS = {
    "sum": total,
    "avg": mean,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "median": lambda values: quantile(values, 0.5),
    "quantile": quantile,
    "stddev": deviation,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
}
