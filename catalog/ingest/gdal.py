"""GDAL with nothing but the readers of local maps: no network, no database, no format that names further files."""

import os

READERS = {"GPKG", "ESRI Shapefile", "LIBKML"}
# GDAL reads these when it is loaded. It knows no list of what may be read, only of what may not.
SKIPPED = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,Elasticsearch,FlatGeobuf,GDALG,"
    "GML,GPSBabel,GPX,GTFS,GeoJSON,GeoJSONSeq,GeoRSS,HTTP,Idrisi,JML,JSONFG,KML,LVBAG,MBTiles,MEM,MVT,MapInfo File,"
    "MapML,MiraMonVector,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,OpenFileGDB,PCIDSK,PDF,PDS4,PGDUMP,PLSCENES,"
    "PMTiles,S57,SQLite,SXF,Selafin,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)
os.environ |= {
    "GDAL_SKIP": SKIPPED,
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_NUM_THREADS": "1",
    "OGR_SQLITE_PRAGMA": "trusted_schema=OFF,mmap_size=0",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
    "LIBKML_RESOLVE_STYLE": "NO",
    "LIBKML_EXTERNAL_STYLE": "NO",
    "PROJ_NETWORK": "OFF",
}

import pyogrio  # noqa: E402
from pyogrio.errors import DataLayerError, DataSourceError  # noqa: E402

from catalog.ingest.errors import ReadingError  # noqa: E402

DAMAGE = (DataSourceError, DataLayerError)


def pyogrio_of_ours():
    """The library, if it is held to our readers; a build that knows others is not used."""
    others = set(pyogrio.list_drivers()) - READERS
    if others:
        raise ReadingError("reader-died", reason=f"maps: {', '.join(sorted(others))[:80]}")
    return pyogrio
