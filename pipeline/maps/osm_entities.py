"""The things in an extract of OpenStreetMap (nodes, ways, areas) → shapes with a kind, by pyosmium.

Osmium reads, filters by tags and puts areas together in C++; Python sees only what may be drawn, asks `osm_tags` what
it is and hands its coordinates on as blocks of numbers.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.geo import Floats
from pipeline.map_model import LineKind, MapWish
from pipeline.maps.osm_file import FETCH, Extract
from pipeline.maps.osm_names import name, tidy, weights
from pipeline.maps.osm_shapes import Shape, wide
from pipeline.maps.osm_tags import KEYS, NODE_KEYS, WAY_KEYS, Tags, area_kind, bridge, label_kind, line_kind, tunnel
from pipeline.mercator import Bounds, degrees, world

if TYPE_CHECKING:
    from types import ModuleType

_LARGE = 300_000_000  # unpacked bytes: places of nodes go to a temporary file rather than into memory
_FAILURES = (RuntimeError, ValueError, LookupError, ArithmeticError)  # what C++ exceptions become
INCOMPLETE = "Ways with places missing in the extract, drawn as far as they go"
_HOUSE, _ROAD, _ANYWHERE = 0.1, 0.7, 360.0  # degrees that no house and no stretch of road is longer than
BROKEN = "Areas that do not close, left out"


def reader(path: Path) -> ModuleType:
    """Pyosmium, or the sentence how to get it."""
    try:
        import osmium
        import osmium.geom
    except ImportError as error:
        remedy = 'python -m pip install "make-promo[osm]"'
        raise MaterialError.at(
            path.name, "reading OSM extracts needs pyosmium, which is not installed", remedy
        ) from error
    return osmium


def _damaged(path: Path, error: Exception) -> MaterialError:
    reason = " ".join(str(error).split())[:160]
    return MaterialError.at(path.name, f"the file is damaged and cannot be read ({reason})", FETCH)


def _file(osmium: ModuleType, extract: Extract) -> Any:
    """With an absolute path: osmium takes `-` for the standard input and `http:` for an address."""
    form = "osm" if extract.format == "xml" else extract.format.replace("xml", "osm")
    return osmium.io.File(str(extract.path.absolute()), form)


def header_box(osmium: ModuleType, extract: Extract) -> Bounds | None:
    """The box of the header; boxes across the antimeridian and of the whole world say nothing."""
    try:
        box = osmium.FileProcessor(_file(osmium, extract)).header.box()
        corners = (box.bottom_left, box.top_right) if box.valid() else ()
        points = np.array([(corner.lon, corner.lat) for corner in corners if corner.valid()])
    except (*_FAILURES, osmium.InvalidLocationError) as error:
        raise _damaged(extract.path, error) from error
    if len(points) < 2:
        return None
    bounds = Bounds.of(world(points[:, 0], points[:, 1]))
    return bounds if 0 < bounds.width < 0.5 and bounds.height > 0 else None


def shapes(osmium: ModuleType, extract: Extract, wish: MapWish, lost: Counter[str]) -> Iterator[Shape]:
    """Everything in the file that may be drawn or named; `lost` counts what is not whole."""
    languages, far = wish.languages, _Far.of(wide(wish))
    drawn = osmium.filter.KeyFilter(*WAY_KEYS)
    drawn.enable_for(osmium.osm.WAY)  # a house is met twice, as way and as area
    named = osmium.filter.KeyFilter("name", *(f"name:{language}" for language in languages))
    placed_names = osmium.filter.KeyFilter(*NODE_KEYS)
    for only_nodes in (named, placed_names):
        only_nodes.enable_for(osmium.osm.NODE)
    large = extract.unpacked > _LARGE and "sparse_file_array" in osmium.index.map_types()
    processor = (
        osmium.FileProcessor(_file(osmium, extract))
        .with_locations("sparse_file_array" if large else "flex_mem")
        .with_areas(osmium.filter.KeyFilter(*KEYS))
        .with_filter(osmium.filter.KeyFilter(*KEYS))
        .with_filter(osmium.filter.EntityFilter(osmium.osm.NODE | osmium.osm.WAY | osmium.osm.AREA))
        .with_filter(drawn)
        .with_filter(named)
        .with_filter(placed_names)
    )
    geometry = Geometry(osmium=osmium, factory=osmium.geom.WKBFactory(), lost=lost)
    try:
        for entity in processor:
            if far(entity):
                continue
            if entity.is_area():
                shape = _area(entity, languages, geometry)
            elif entity.is_way():
                shape = _way(entity, languages, geometry)
            else:
                shape = _node(entity, languages)
            if shape is not None and shape.parts:
                yield shape
    except (*_FAILURES, osmium.InvalidLocationError) as error:
        raise _damaged(extract.path, error) from error


@dataclass(frozen=True, kw_only=True)
class _Far:
    """Whether a house or a road cannot be in the wished box, from its first point: a country has millions of them."""

    lng: float
    lat: float
    across: float  # half the box, degrees
    down: float

    @classmethod
    def of(cls, box: Bounds) -> _Far:
        lng, lat = degrees(np.array([[box.west, box.north], [box.east, box.south]]))
        middle = float(lng.mean()), float(lat.mean())
        return cls(lng=middle[0], lat=middle[1], across=float(np.ptp(lng)) / 2, down=float(np.ptp(lat)) / 2)

    def __call__(self, entity: Any) -> bool:
        places: Any = (entity,)
        reach = 0.0
        if entity.is_area():
            places = next(iter(entity.outer_rings()), ())
            reach = _HOUSE if entity.tags.get("building") else _ANYWHERE
        elif entity.is_way():
            places = entity.nodes
            reach = _ROAD if entity.tags.get("highway") else _ANYWHERE
        if reach == _ANYWHERE or not len(places) or not places[0].location.valid():
            return False
        first = places[0].location
        if abs(first.lat - self.lat) > self.down + reach:
            return True
        return bool(abs((first.lon - self.lng + 180) % 360 - 180) > self.across + reach)


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Coordinates of ways and areas, fetched as well-known binary: a hundred times faster than node by node."""

    osmium: Any
    factory: Any
    lost: Counter[str]

    def line(self, way: Any) -> tuple[Floats, ...]:
        """The way (n, 2); the whole pieces of it where places are missing."""
        try:
            return (
                np.frombuffer(bytes.fromhex(self.factory.create_linestring(way)), np.float64, offset=9).reshape(-1, 2),
            )
        except (*_FAILURES, self.osmium.InvalidLocationError):
            return self._pieces(way)

    def _pieces(self, way: Any) -> tuple[Floats, ...]:
        pieces: list[list[tuple[float, float]]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                pieces[-1].append((node.location.lon, node.location.lat))
            elif pieces[-1]:
                pieces.append([])
        whole = tuple(np.array(piece) for piece in pieces if len(piece) > 1)
        self.lost[INCOMPLETE] += 1
        return whole

    def rings(self, area: Any) -> tuple[Floats, ...]:
        """The rings of an area, closed; none when it cannot be put together."""
        try:
            raw = bytes.fromhex(self.factory.create_multipolygon(area))
        except (*_FAILURES, self.osmium.InvalidLocationError):
            self.lost[BROKEN] += 1
            return ()
        (polygons,) = struct.unpack_from("=I", raw, 5)
        at, rings = 9, []
        for _ in range(polygons):
            (count,) = struct.unpack_from("=I", raw, at + 5)
            at += 9
            for _ in range(count):
                (size,) = struct.unpack_from("=I", raw, at)
                rings.append(np.frombuffer(raw, np.float64, 2 * size, at + 4).reshape(-1, 2))
                at += 4 + 16 * size
        return tuple(rings)


def _area(area: Any, languages: tuple[str, ...], geometry: Geometry) -> Shape | None:
    tags: Tags = area.tags
    kind = area_kind(tags, relation=not area.from_way())
    label = label_kind(tags, kind)
    text = name(tags, languages) if label else ""
    border: LineKind | None = "boundary" if tags.get("boundary") == "national_park" else None
    if kind is None and not text and border is None:
        return None
    if not text:
        label = None
    kept = weights(tags) if label else {}
    return Shape(parts=geometry.rings(area), area=kind, line=border, label=label, name=text, tags=kept)


def _way(way: Any, languages: tuple[str, ...], geometry: Geometry) -> Shape | None:
    tags: Tags = way.tags
    kind = line_kind(tags, closed=way.is_closed())
    if kind is None:
        return None
    return Shape(
        parts=geometry.line(way),
        line=kind,
        name=name(tags, languages),
        ref=tidy(tags.get("ref") or ""),
        bridge=bridge(tags),
        tunnel=tunnel(tags),
    )


def _node(node: Any, languages: tuple[str, ...]) -> Shape | None:
    tags: Tags = node.tags
    label = label_kind(tags)
    text = name(tags, languages) if label else ""
    if not text or not node.location.valid():
        return None
    place = np.array([[node.location.lon, node.location.lat]])
    return Shape(parts=(place,), label=label, name=text, tags=weights(tags))
