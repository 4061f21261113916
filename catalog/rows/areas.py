"""Areas on the map as a query writes them: polygons in WKT or GeoJSON, read into the edges of their rings."""

import itertools
import math
from dataclasses import dataclass

import shapely
from shapely.errors import ShapelyError

SHAPES = frozenset({"Polygon", "MultiPolygon"})
MOST_CORNERS = 500


@dataclass(frozen=True)
class Area:
    """The edges of all rings, each x1, y1, x2, y2, and what bounds them: west, south, east, north."""

    edges: list[list[float]]
    bounds: tuple[float, float, float, float]


def read_area(text: str) -> Area | None:
    """The area that the text describes; None where it is none, is empty, crosses itself or has too many corners."""
    try:
        shape = shapely.from_geojson(text) if text.lstrip().startswith("{") else shapely.from_wkt(text)
    except (ShapelyError, ValueError):
        return None
    if shape is None or shape.geom_type not in SHAPES or shape.is_empty:
        return None
    corners = shapely.get_coordinates(shape).ravel().tolist()
    if len(corners) > 2 * MOST_CORNERS or not all(map(math.isfinite, corners)) or not shape.is_valid:
        return None
    edges = [edge for ring in _rings(shape) for edge in _edges(shapely.get_coordinates(ring).tolist())]
    return Area(edges, tuple(float(one) for one in shape.bounds))


def _rings(shape):
    for polygon in shapely.get_parts(shape):
        yield polygon.exterior
        yield from polygon.interiors


def _edges(points: list[list[float]]) -> list[list[float]]:
    return [[*here, *there] for here, there in itertools.pairwise(points)]
