"""What an archive or a service of tiles says about itself: zooms, extent, layers, and whom to thank.

The same words stand in PMTiles metadata, in the `metadata` table of MBTiles and in TileJSON, so all three are read
here. Tiles are raster pictures, vector tiles, or heights packed into pictures (terrain): terrain when the metadata
has an `encoding` (terrarium or mapbox), or when its name, description or attribution names terrarium, Mapterhorn or
terrain-RGB.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.errors import MaterialError
from pipeline.mercator import MOST_LAT, Bounds, world

TileKind = Literal["vector", "raster", "terrain"]
Encoding = Literal["terrarium", "mapbox"]
TileReader = Callable[[int, int, int], bytes | None]  # (zoom, x, y from the north) → the tile's bytes; None: no such

DEEPEST = 22
_KINDS: dict[str, TileKind] = {
    **dict.fromkeys(("pbf", "mvt", "application/x-protobuf", "application/vnd.mapbox-vector-tile"), "vector"),
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "image/png", "image/jpeg", "image/webp"), "raster"),
}
_TERRAIN = re.compile(r"terrarium|mapterhorn|terrain[-_ ]?rgb", re.IGNORECASE)
_MAPBOX = re.compile(r"terrain[-_ ]?rgb", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class TileSet:
    """`where`: the file or service, for messages. `bounds` None: not known. `layers`: of vector tiles, as far as the
    metadata names them. `about`: name, description and version. `year`: of the file, when known."""

    where: str
    kind: TileKind
    min_zoom: int
    max_zoom: int
    bounds: Bounds | None = None
    layers: tuple[str, ...] = ()
    attribution: str = ""
    licence: str = ""
    about: str = ""
    encoding: Encoding | None = None
    year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A tile where it is drawn: `column` may lie beyond 0 … 2^zoom, `x` is what to ask for."""

    zoom: int
    column: int
    row: int

    @property
    def x(self) -> int:
        return int(self.column % (1 << self.zoom))

    @property
    def size(self) -> float:
        return 1.0 / (1 << self.zoom)

    @property
    def bounds(self) -> Bounds:
        west, north = self.column * self.size, self.row * self.size
        return Bounds(west=west, north=north, east=west + self.size, south=north + self.size)


def tile_set(where: str, words: Mapping[str, Any], *, form: str = "", year: int | None = None) -> TileSet:
    """From metadata as read: `minzoom`, `maxzoom`, `bounds` (degrees, west south east north, a list or a text),
    `vector_layers` (also inside a JSON text under `json`, as MBTiles has it), `attribution` and so on.

    `form`: the format of the tiles where that is known from elsewhere. Raises MaterialError for tiles of no known kind.
    """
    words = {**_inner(words.get("json")), **words}
    about = " ".join(_text(words.get(key), 300) for key in ("name", "description", "version")).strip()
    attribution = _text(words.get("attribution"), 4000)
    layers = _layers(words.get("vector_layers"))
    form = (form or _text(words.get("format"), 60)).lower()
    kind = _KINDS.get(form)
    if kind is None and (form or not layers):
        what = f"its tiles are of a kind that is not read ({form})" if form else "it does not say what its tiles are"
        raise MaterialError.at(where, what, "use vector tiles (MVT), or PNG, JPEG or WebP pictures")
    encoding = _encoding(words, f"{about} {attribution}") if kind == "raster" else None
    low, high = _zoom(words.get("minzoom"), 0), _zoom(words.get("maxzoom"), 14)
    if high < low:
        raise MaterialError.at(where, f"it goes from zoom {low} to {high}", "get the file again from its source")
    return TileSet(
        where=where,
        kind="terrain" if encoding else kind or "vector",
        min_zoom=low,
        max_zoom=high,
        bounds=_bounds(words.get("bounds")),
        layers=layers,
        attribution=attribution,
        licence=_text(words.get("license") or words.get("licence"), 80),
        about=about,
        encoding=encoding,
        year=year,
    )


def year_of(path: Path) -> int:
    """The year in which a file was last written: for a credit that must name one, where nothing better is known."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).year


def around(west: float, south: float, east: float, north: float) -> Bounds | None:
    """Degrees → a rectangle of the world, None when they make none. East of 180° goes on beyond 1."""
    if not all(map(math.isfinite, (west, south, east, north))) or not south < north or west == east:
        return None
    if abs(west) > 360 or abs(east) > 540:
        return None
    if east < west:
        east += 360.0
    corners = world(np.array([west, east]), np.clip(np.array([north, south]), -MOST_LAT, MOST_LAT))
    bounds = Bounds.of(corners)
    if bounds.width >= 1:
        bounds = Bounds(west=0.0, north=bounds.north, east=1.0, south=bounds.south)
    return bounds if bounds.width > 0 and bounds.height > 0 else None


def _encoding(words: Mapping[str, Any], told: str) -> Encoding | None:
    said = _text(words.get("encoding"), 40).lower()
    if said in ("terrarium", "mapbox"):
        return "terrarium" if said == "terrarium" else "mapbox"
    if not _TERRAIN.search(told):
        return None
    return "mapbox" if _MAPBOX.search(told) else "terrarium"


def _inner(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > 8_000_000:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object, most: int) -> str:
    return value[:most].strip() if isinstance(value, str) else ""


def _layers(value: object) -> tuple[str, ...]:
    rows = value[:500] if isinstance(value, list) else []
    return tuple(row["id"][:80] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str))


def _zoom(value: object, otherwise: int) -> int:
    try:
        zoom = int(float(value)) if isinstance(value, str | int | float) else otherwise
    except (ValueError, OverflowError):
        zoom = otherwise
    return min(max(zoom, 0), DEEPEST)


def _bounds(value: object) -> Bounds | None:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 4:
        return None
    try:
        west, south, east, north = (float(part) for part in parts)
    except (TypeError, ValueError, OverflowError):
        return None
    return around(west, south, east, north)
