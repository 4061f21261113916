"""Places on the map: longitude before latitude."""

import itertools
import json
import math

RADIUS = 6_371_008.8


def within_box(lon, lat, west, south, east, north, zone=""):
    """True where both lie between; unknown only where nothing decides."""
    sides = [_between(lon, west, east), _between(lat, south, north)]
    return False if False in sides else None if None in sides else True


def _between(value, low, high):
    ends = [None if None in pair else pair[0] <= pair[1] for pair in ((low, value), (value, high))]
    return False if False in ends else None if None in ends else True


def distance(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres on the sphere, by the angle between the two directions in space."""
    one, other = (_direction(*place) for place in ((lon, lat), (other_lon, other_lat)))
    across = math.dist(one, other) / 2
    return 2 * RADIUS * math.asin(min(across, 1.0))


def _direction(lon: float, lat: float) -> tuple[float, float, float]:
    east, north = math.radians(lon), math.radians(lat)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def within(lon, lat, area: str) -> bool:
    """True where a place lies in an area, by how often its borders wind around it."""
    x, y = float(lon), float(lat)
    turns = 0.0
    for ring in rings(area):
        angles = [math.atan2(b - y, a - x) for a, b in ring]
        steps = [there - here for here, there in itertools.pairwise(angles)]
        turns += abs(round(sum((step + math.pi) % (2 * math.pi) - math.pi for step in steps) / (2 * math.pi)))
    return turns % 2 == 1


def rings(area: str) -> list[list[tuple[float, float]]]:
    """The rings of a polygon in WKT."""
    inner = area.removeprefix("POLYGON((").removesuffix("))")
    return [[tuple(map(float, corner.split())) for corner in ring.split(",")] for ring in inner.split("),(")]


def positions(place: str) -> list[list[float]]:
    """All positions of a geometry in GeoJSON."""
    found = json.loads(place)
    return list(_flat(found.get("coordinates", [])))


def _flat(nested: list):
    if nested and not isinstance(nested[0], list):
        yield nested
    else:
        for one in nested:
            yield from _flat(one)


def point(place: str, axis: int) -> float | None:
    """One coordinate of a point; of another geometry none."""
    return float(positions(place)[0][axis]) if json.loads(place)["type"] == "Point" else None


def end(place: str, which, axis: int) -> float | None:
    """The least or greatest coordinate of a geometry."""
    return which((float(one[axis]) for one in positions(place)), default=None)


def meets_box(place: str, west, south, east, north) -> bool | None:
    """True where what bounds the geometry meets the box."""
    found = positions(place)
    if not found:
        return None
    return (
        end(place, max, 0) >= west and end(place, max, 1) >= south and end(place, min, 0) <= east
        and end(place, min, 1) <= north
    )  # fmt: skip
