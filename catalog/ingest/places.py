"""Geometries of any coordinate system as GeoJSON in longitude and latitude (WGS 84)."""

import json
import re

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note

WGS84 = "EPSG:4326"
DECIMALS = 9
NAMED = re.compile(r"(?:.*[:/])?(EPSG|OGC|CRS)[:/].*?(\d+|CRS84h?)", re.I)


class Places:
    """Makes texts of geometries, and remembers what became of them."""

    def __init__(self, system):
        self.system = system
        self.transformer = None
        if system is not None and not _is_wgs84(system):
            self.transformer = pyproj.Transformer.from_crs(system, WGS84, always_xy=True)

    def notes(self):
        """What is told of the coordinate system."""
        if self.system is None:
            return [note("no-crs")]
        return [note("reprojected", crs=self.system.name[:200])] if self.transformer else []

    def from_wkb(self, cells, told):
        """A column of well-known binary as texts; what is no geometry, or lies nowhere on earth, is empty and told."""
        values = np.asarray(cells.to_pylist(), dtype=object)
        found = self._moved(shapely.from_wkb(values, on_invalid="ignore"))
        lost = sum(value is not None for value in values) - int((~shapely.is_missing(found)).sum())
        if lost:
            told["lost-places"] += lost
        return pa.array(self._texts(found), pa.large_string())

    def from_geojson(self, geometry):
        """One geometry of a GeoJSON file as text; None where it is none."""
        text = json.dumps(geometry, default=float)
        found = self._moved(shapely.from_geojson(np.asarray([text], dtype=object), on_invalid="ignore"))
        return self._texts(found)[0]

    def _moved(self, found):
        """The geometries in longitude and latitude, none where that gives no number."""
        if self.transformer:
            high = shapely.has_z(found)
            found[~high] = shapely.transform(found[~high], self._move, interleaved=False)
            found[high] = shapely.transform(found[high], self._move, include_z=True, interleaved=False)
        found[~np.isfinite(shapely.bounds(found)).all(axis=1)] = None
        return found

    def _move(self, x, y, *z):
        return tuple(np.round(axis, DECIMALS) for axis in self.transformer.transform(x, y)) + z

    def _texts(self, found):
        try:
            return list(shapely.to_geojson(found))
        except (shapely.errors.GEOSException, NotImplementedError) as error:
            raise ReadingError("damaged-map", reason=str(error)[:120]) from error


def named(text):
    """The system that a GeoJSON file names, if it names one of the registers; None otherwise."""
    found = NAMED.fullmatch(text.strip())
    if not found:
        return None
    register, code = found[1].upper(), found[2].upper()
    try:
        return pyproj.CRS.from_authority("OGC" if "CRS84" in code else register, code)
    except pyproj.exceptions.CRSError:
        return None


def described(text):
    """The system that a map describes in well-known text; None without one; what cannot be understood is refused."""
    if not text:
        return None
    try:
        return pyproj.CRS.from_wkt(text) if "[" in text else pyproj.CRS.from_authority(*text.split(":", 1))
    except (pyproj.exceptions.CRSError, TypeError) as error:
        raise ReadingError("unknown-crs", crs=" ".join(text.split())[:80]) from error


def of_json(stated):
    """The system that a GeoParquet file states, as PROJJSON or by its name; None for none."""
    if stated is None:
        return None
    try:
        return pyproj.CRS.from_json_dict(stated) if isinstance(stated, dict) else named(stated)
    except pyproj.exceptions.CRSError as error:
        raise ReadingError("unknown-crs", crs=str(stated.get("name", ""))[:80]) from error


def _is_wgs84(system):
    """Whether coordinates are longitude and latitude already, whichever the register lists first."""
    return system.to_authority() in (("EPSG", "4326"), ("OGC", "CRS84"), ("OGC", "CRS84h"), ("EPSG", "4979"))
