"""Map data of every kind, each read by its own door into the same model (see `map_model`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.errors import MaterialError
from pipeline.map_model import MapModel, MapWish
from pipeline.mercator import Bounds

Sort = Literal["osm", "geojson", "pmtiles", "mbtiles", "hgt"]

# The longest ending first: `town.osm.pbf` is no other kind of .pbf.
ENDINGS: tuple[tuple[str, Sort], ...] = (
    (".osm.pbf", "osm"), (".osm.bz2", "osm"), (".osm.gz", "osm"), (".hgt.zip", "hgt"),
    (".osm", "osm"), (".pbf", "osm"), (".pmtiles", "pmtiles"), (".mbtiles", "mbtiles"), (".geojson", "geojson"),
    (".hgt", "hgt"),
)  # fmt: skip


def sort_of(path: Path) -> Sort | None:
    """What kind of map data a file should hold, from its name."""
    name = path.name.lower()
    return next((sort for ending, sort in ENDINGS if name.endswith(ending)), None)


def read(path: Path, wish: MapWish) -> MapModel:
    """What the file has of the stretch that is wished for; an empty model when that is nothing. Raises MaterialError
    when the file cannot be used."""
    try:
        return _read(path, wish)
    except OSError as error:
        raise MaterialError.at(
            path.name, f"it cannot be opened: {(error.strerror or str(error)).lower()}", "check the name and the rights"
        ) from error


def _read(path: Path, wish: MapWish) -> MapModel:
    match sort_of(path):
        case "osm":
            from pipeline.maps import osm

            return osm.read(path, wish)
        case "geojson":
            from pipeline.maps import geojson

            return geojson.read(path, wish)
        case "pmtiles":
            from pipeline.maps import pmtiles

            return pmtiles.read(path, wish)
        case "mbtiles":
            from pipeline.maps import mbtiles

            return mbtiles.read(path, wish)
        case "hgt":
            from pipeline.maps import hgt

            return hgt.read(path, wish)
        case None:
            raise _strange(path)


def extent(path: Path) -> Bounds | None:
    """The stretch of the world that the file speaks of, where that can be told without reading all of it. Raises
    MaterialError when the file cannot be used."""
    try:
        match sort_of(path):
            case "osm":
                from pipeline.maps import osm

                return osm.extent(path)
            case "pmtiles":
                from pipeline.maps import pmtiles

                return pmtiles.extent(path)
            case "mbtiles":
                from pipeline.maps import mbtiles

                return mbtiles.extent(path)
            case "hgt":
                from pipeline.maps import hgt

                return hgt.extent(path)
            case "geojson":
                return None
            case None:
                raise _strange(path)
    except OSError as error:
        raise MaterialError.at(
            path.name, f"it cannot be opened: {(error.strerror or str(error)).lower()}", "check the name and the rights"
        ) from error


def _strange(path: Path) -> MaterialError:
    return MaterialError.at(
        path.name,
        "it is no kind of map that is read",
        "use .osm.pbf, .osm, .pmtiles, .mbtiles, .geojson or .hgt",
    )
