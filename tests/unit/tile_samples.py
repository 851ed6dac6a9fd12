"""An invented town as map tiles: an encoder of vector tiles, writers of PMTiles and MBTiles, and the town in the four
schemas. Whoever tests a reader of tiles, from a file or over a network, takes them from here.

The town lies in tiles of zoom 14 at Exeter's sea (`TOWN`): High Street runs from the west over both tiles, crosses the
river on a bridge and goes through a tunnel; a park with a name, houses, the sea in the south, a footpath, a railway.
"""

from __future__ import annotations

import gzip
import itertools
import json
import math
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.maps.mvt import Shape, Value
from pipeline.maps.pmtiles import tile_number
from pipeline.mercator import Bounds, degrees

Points = Sequence[tuple[int, int]]
Tile = tuple[int, int, int]  # zoom, x, y from the north

TOWN: Tile = (14, 8032, 5466)  # and the tile east of it
BUFFER = 64


@dataclass(frozen=True)
class Drawn:
    """A feature to encode: lists of points in tile units, and its properties."""

    shape: Shape
    parts: Sequence[Points]
    props: Mapping[str, Value] = field(default_factory=dict)


Layers = Mapping[str, Sequence[Drawn]]


# Vector tiles


def encoded(layers: Layers, extent: int = 4096) -> bytes:
    """A vector tile, not packed."""
    return b"".join(message(3, _layer(name, features, extent)) for name, features in layers.items())


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _layer(name: str, features: Sequence[Drawn], extent: int) -> bytes:
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    body = b""
    for one in features:
        tags = b""
        for key, value in one.props.items():
            tags += varint(keys.setdefault(key, len(keys)))
            tags += varint(values.setdefault((type(value), value), len(values)))
        kind = {"point": 1, "line": 2, "polygon": 3}[one.shape]
        body += message(2, message(2, tags) + _number(3, kind) + message(4, _geometry(one)))
    head = _number(15, 2) + message(1, name.encode())
    words = b"".join(message(3, key.encode()) for key in keys)
    words += b"".join(message(4, _value(value)) for _, value in values)
    return head + body + words + _number(5, extent)


def _geometry(one: Drawn) -> bytes:
    numbers: list[int] = []
    x = y = 0
    if one.shape == "point":
        numbers.append(1 | len(one.parts) << 3)
    for part in one.parts:
        for nth, (to_x, to_y) in enumerate(part):
            if nth == 0 and one.shape != "point":
                numbers.append(1 | 1 << 3)
            if nth == 1:
                numbers.append(2 | (len(part) - 1) << 3)
            numbers += [_zigzag(to_x - x), _zigzag(to_y - y)]
            x, y = to_x, to_y
        if one.shape == "polygon":
            numbers.append(7 | 1 << 3)
    return b"".join(varint(number) for number in numbers)


def _zigzag(number: int) -> int:
    return (number << 1) ^ (number >> 63)


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return _number(7, int(value))
    if isinstance(value, int):
        return _number(6, (value << 1) ^ (value >> 63)) if value < 0 else _number(5, value)
    if isinstance(value, float):
        return varint(3 << 3 | 1) + struct.pack("<d", value)
    return message(1, value.encode())


def _number(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def message(number: int, body: bytes) -> bytes:
    """A protobuf field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(body)) + body


# Archives


def write_pmtiles(
    path: Path,
    tiles: Mapping[Tile, bytes],
    words: Mapping[str, Any] | None = None,
    *,
    kind: int = 1,
    leaf: int = 0,
    box: tuple[float, float, float, float] | None = None,
    zooms: tuple[int, int] | None = None,
) -> Path:
    """A PMTiles archive; `kind` 1: MVT, 2: PNG, 3: JPEG, 4: WebP. `leaf`: entries of a leaf directory, 0: no leaves.
    `box`: degrees west, south, east, north (default: those of the tiles)."""
    rows, data = [], b""
    for number, tile in sorted((tile_number(*place), tile) for place, tile in tiles.items()):
        rows.append((number, 1, len(tile), len(data)))
        data += tile
    leaves, root_rows = b"", rows
    if leaf:
        root_rows = []
        for start in range(0, len(rows), leaf):
            packed = gzip.compress(directory(rows[start : start + leaf]), mtime=0)
            root_rows.append((rows[start][0], 0, len(packed), len(leaves)))
            leaves += packed
    root = gzip.compress(directory(root_rows), mtime=0)
    metadata = gzip.compress(json.dumps(dict(words or {})).encode(), mtime=0)
    low, high = zooms or (min(zoom for zoom, _, _ in tiles), max(zoom for zoom, _, _ in tiles))
    west, south, east, north = box or box_of(tiles)
    at = [127, 127 + len(root), 127 + len(root) + len(metadata)]
    at.append(at[2] + len(leaves))
    sections = (at[0], len(root), at[1], len(metadata), at[2], len(leaves), at[3], len(data))
    header = b"PMTiles\x03" + struct.pack("<11Q", *sections, len(rows), len(rows), len(rows))
    header += struct.pack("<6B", 1, 2, 2 if kind == 1 else 1, kind, low, high)
    header += struct.pack("<4i", *(round(degree * 1e7) for degree in (west, south, east, north)))
    header += struct.pack("<B2i", low, 0, 0)
    path.write_bytes(header + root + metadata + leaves + data)
    return path


def directory(rows: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Rows (tile number, run, length, offset) as PMTiles stores them, not packed."""
    out, before = varint(len(rows)), 0
    for number, _, _, _ in rows:
        out += varint(number - before)
        before = number
    out += b"".join(varint(run) for _, run, _, _ in rows)
    out += b"".join(varint(length) for _, _, length, _ in rows)
    follows = -1
    for _, _, length, offset in rows:
        out += varint(0 if offset == follows else offset + 1)
        follows = offset + length
    return out


def write_mbtiles(path: Path, tiles: Mapping[Tile, bytes], words: Mapping[str, Any], *, view: bool = False) -> Path:
    """An MBTiles archive; `view`: with tiles as a view of two tables, as de-duplicating writers do."""
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    base.executemany("INSERT INTO metadata VALUES (?, ?)", [(key, str(value)) for key, value in words.items()])
    rows = [(zoom, x, (1 << zoom) - 1 - y, data) for (zoom, x, y), data in tiles.items()]
    if view:
        base.execute("CREATE TABLE map (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_id TEXT)")
        base.execute("CREATE TABLE images (tile_id TEXT, tile_data BLOB)")
        base.execute(
            "CREATE VIEW tiles AS SELECT map.zoom_level AS zoom_level, map.tile_column AS tile_column,"
            " map.tile_row AS tile_row, images.tile_data AS tile_data FROM map JOIN images USING (tile_id)"
        )
        base.executemany("INSERT INTO map VALUES (?, ?, ?, ?)", [(*row[:3], str(row[:3])) for row in rows])
        base.executemany("INSERT INTO images VALUES (?, ?)", [(str(row[:3]), row[3]) for row in rows])
    else:
        base.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    base.commit()
    base.close()
    return path


def bounds_of(tiles: Iterable[Tile]) -> Bounds:
    """The rectangle of the world around tiles."""
    boxes = [(x / 2**zoom, y / 2**zoom, (x + 1) / 2**zoom, (y + 1) / 2**zoom) for zoom, x, y in tiles]
    west, north, east, south = zip(*boxes, strict=True)
    return Bounds(west=min(west), north=min(north), east=max(east), south=max(south))


def box_of(tiles: Iterable[Tile]) -> tuple[float, float, float, float]:
    """Degrees west, south, east, north around tiles."""
    bounds = bounds_of(tiles)
    lng, lat = degrees(np.array([[bounds.west, bounds.north], [bounds.east, bounds.south]]))
    return float(lng[0]), float(lat[1]), float(lng[1]), float(lat[0])


# The town. Places count in units of one tile (4096), and go on into the tile east of it.

HIGH_STREET: Points = [(200, 1000), (1800, 1040), (4500, 1100), (7600, 1000)]  # its parts have gaps for what follows
BRIDGE: Points = [(2000, 1045), (2400, 1053)]
RIVER: Points = [(2200, 300), (2210, 1050), (2190, 3000)]
HOUSES = [(400 + 300 * number, 1200, 160, 120) for number in range(6)]
_WEST_END: Points = [(200, 1000), (1800, 1040), (2000, 1045)]
_EAST_END: Points = [(2400, 1053), (4500, 1100), (6800, 1030)]
_TUNNEL: Points = [(6800, 1030), (7600, 1000)]
_MILL_LANE: Points = [(1800, 1040), (1790, 2200)]
_PATH: Points = [(3000, 1400), (3300, 1800), (5000, 1900)]
_RAIL: Points = [(100, 500), (8000, 560)]
_SEA: Points = [(-200, 3000), (8400, 3000), (8400, 4400), (-200, 4400)]
_PARK: Points = [(2600, 1300), (5200, 1300), (5200, 2200), (2600, 2200)]
_POND: Points = [(3600, 1500), (3900, 1500), (3900, 1700), (3600, 1700)]
_SCHOOL: Points = [(500, 1600), (900, 1600), (900, 2000), (500, 2000)]
_MILL_POND: Points = [(3610, 1600), (3650, 1600), (3890, 1600)]
_ISLAND: Points = [(3700, 1550), (3800, 1550), (3800, 1620), (3700, 1620)]
_LAND: Points = [(-200, -200), (8400, -200), (8400, 3000), (-200, 3000)]


def _boxes() -> list[Points]:
    return [[(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)] for x, y, wide, high in HOUSES]


def shortbread() -> Layers:
    """The town in Shortbread: names of lines in layers of their own, streets of one kind as one line."""
    street: dict[str, Value] = {"kind": "residential", "bridge": False, "tunnel": False}
    return {
        "ocean": [Drawn("polygon", [_SEA])],
        "water_polygons": [Drawn("polygon", [_POND, _ISLAND], {"kind": "water", "way_area": 4000.0})],
        "water_polygons_labels": [Drawn("point", [[(3650, 1600)]], {"kind": "water", "name": "Mill Pond"})],
        "water_lines": [Drawn("line", [RIVER], {"kind": "river"})],
        "water_lines_labels": [Drawn("line", [RIVER], {"kind": "river", "name": "River Clyst"})],
        "land": [Drawn("polygon", [_PARK], {"kind": "park"})],
        "sites": [Drawn("polygon", [_SCHOOL], {"kind": "school"})],
        "buildings": [Drawn("polygon", [box], {"dummy": 1}) for box in _boxes()],
        "streets": [
            Drawn("line", [[*_MILL_LANE[::-1], *_WEST_END[::-1][2:]]], street),  # one line, two streets
            Drawn("line", [[(1800, 1040), (2000, 1045)], _EAST_END], street),
            Drawn("line", [BRIDGE], {**street, "bridge": True}),
            Drawn("line", [_TUNNEL], {**street, "tunnel": True}),
            Drawn("line", [_PATH], {"kind": "footway"}),
            Drawn("line", [_RAIL], {"kind": "rail", "rail": True}),
        ],
        "street_labels": [
            Drawn("line", [HIGH_STREET], {"kind": "residential", "name": "High Street", "ref": "A1\nE2"}),
            Drawn("line", [_MILL_LANE], {"kind": "residential", "name": "Mill Lane"}),
        ],
        "place_labels": [
            Drawn("point", [[(4000, 900)]], {"kind": "town", "name": "Clystmouth", "name_cy": "Aberclyst",
                                             "population": 12000}),
        ],
        "pois": [Drawn("point", [[(5000, 800)]], {"tourism": "museum", "name": "Town Museum"})],
        "public_transport": [Drawn("point", [[(4200, 530)]], {"kind": "station", "name": "Clystmouth Halt"})],
    }  # fmt: skip


def openmaptiles() -> Layers:
    """The town in OpenMapTiles."""
    return {
        "water": [
            Drawn("polygon", [_SEA], {"class": "ocean"}),
            Drawn("polygon", [_POND, _ISLAND], {"class": "lake"}),
        ],
        "water_name": [Drawn("line", [_MILL_POND], {"class": "lake", "name": "Mill Pond"})],
        "waterway": [Drawn("line", [RIVER], {"class": "river", "name": "River Clyst"})],
        "landcover": [Drawn("polygon", [_PARK], {"class": "grass", "subclass": "park"})],
        "landuse": [Drawn("polygon", [_SCHOOL], {"class": "school"})],
        "building": [Drawn("polygon", [box], {"render_height": 8}) for box in _boxes()],
        "transportation": [
            Drawn("line", [_WEST_END, _EAST_END], {"class": "minor"}),
            Drawn("line", [BRIDGE], {"class": "minor", "brunnel": "bridge"}),
            Drawn("line", [_TUNNEL], {"class": "minor", "brunnel": "tunnel"}),
            Drawn("line", [_MILL_LANE], {"class": "minor"}),
            Drawn("line", [_PATH], {"class": "path", "subclass": "footway"}),
            Drawn("line", [_RAIL], {"class": "rail", "subclass": "rail"}),
        ],
        "transportation_name": [
            Drawn("line", [HIGH_STREET], {"class": "minor", "name": "High Street", "ref": "A1"}),
            Drawn("line", [_MILL_LANE], {"class": "minor", "name": "Mill Lane"}),
        ],
        "place": [Drawn("point", [[(4000, 900)]], {"class": "town", "name": "Clystmouth", "name:cy": "Aberclyst",
                                                   "rank": 9})],
        "poi": [
            Drawn("point", [[(5000, 800)]], {"class": "museum", "subclass": "museum", "name": "Town Museum"}),
            Drawn("point", [[(4200, 530)]], {"class": "railway", "subclass": "halt", "name": "Clystmouth Halt"}),
        ],
        "mountain_peak": [Drawn("point", [[(700, 700)]], {"class": "peak", "name": "Beacon Hill", "ele": 181})],
    }  # fmt: skip


def protomaps() -> Layers:
    """The town in Protomaps 4: land is a polygon, roads carry their names."""
    high: dict[str, Value] = {"kind": "minor_road", "kind_detail": "residential", "name": "High Street", "ref": "A1"}
    return {
        "earth": [Drawn("polygon", [_LAND], {"kind": "earth"})],
        "water": [
            Drawn("polygon", [_SEA], {"kind": "ocean"}),
            Drawn("polygon", [_POND, _ISLAND], {"kind": "lake"}),
            Drawn("point", [[(3650, 1600)]], {"kind": "lake", "name": "Mill Pond"}),
            Drawn("line", [RIVER], {"kind": "river", "name": "River Clyst"}),
        ],
        "landuse": [
            Drawn("polygon", [_PARK], {"kind": "park"}),
            Drawn("polygon", [_SCHOOL], {"kind": "school"}),
            Drawn("polygon", [_LAND], {"kind": "national_park"}),
        ],
        "buildings": [Drawn("polygon", [box], {"kind": "building", "height": 8}) for box in _boxes()],
        "roads": [
            Drawn("line", [_WEST_END, _EAST_END], high),
            Drawn("line", [BRIDGE], {**high, "is_bridge": True}),
            Drawn("line", [_TUNNEL], {**high, "is_tunnel": True}),
            Drawn("line", [_MILL_LANE], {**high, "name": "Mill Lane", "ref": ""}),
            Drawn("line", [_PATH], {"kind": "path", "kind_detail": "footway"}),
            Drawn("line", [_RAIL], {"kind": "rail", "kind_detail": "rail"}),
        ],
        "places": [Drawn("point", [[(4000, 900)]], {"kind": "locality", "kind_detail": "town", "name": "Clystmouth",
                                                    "name:cy": "Aberclyst", "population": 12000})],
        "pois": [
            Drawn("point", [[(5000, 800)]], {"kind": "museum", "name": "Town Museum", "min_zoom": 14}),
            Drawn("point", [[(4200, 530)]], {"kind": "station", "name": "Clystmouth Halt"}),
            Drawn("point", [[(700, 700)]], {"kind": "peak", "name": "Beacon Hill", "elevation": "181"}),
        ],
    }  # fmt: skip


def zoomstack() -> Layers:
    """The town in OS Open Zoomstack: no paths, level 1 for bridges."""
    high: dict[str, Value] = {"type": "Local", "name": "High Street", "number": "A1", "level": 0}
    return {
        "sea": [Drawn("polygon", [_SEA])],
        "surfacewater": [Drawn("polygon", [_POND, _ISLAND])],
        "waterlines": [
            Drawn("line", [RIVER], {"type": "Regional", "name": "River Clyst"}),
            Drawn("line", [[(-60, 3000), (8000, 3000)]], {"type": "MHW"}),
        ],
        "greenspaces": [Drawn("polygon", [_PARK])],
        "sites": [Drawn("polygon", [_SCHOOL], {"type": "Education"})],
        "buildings": [Drawn("polygon", [box]) for box in _boxes()],
        "roads": [
            Drawn("line", [_WEST_END, _EAST_END], high),
            Drawn("line", [BRIDGE], {**high, "level": 1}),
            Drawn("line", [_TUNNEL], {**high, "type": "Tunnels"}),
            Drawn("line", [_MILL_LANE], {**high, "name": "Mill Lane", "number": ""}),
        ],
        "rail": [Drawn("line", [_RAIL], {"type": "Multi Track"})],
        "railwaystations": [Drawn("point", [[(4200, 530)]], {"name": "Clystmouth Halt", "type": "Railway Station"})],
        "names": [
            Drawn("point", [[(4000, 900)]], {"type": "Town", "name1": "Clystmouth", "name1language": "eng",
                                             "name2": "Aberclyst", "name2language": "cym"}),
            Drawn("point", [[(5000, 800)]], {"type": "Sites", "name1": "Town Museum"}),
            Drawn("point", [[(3650, 1600)]], {"type": "Water", "name1": "Mill Pond"}),
        ],
        "contours": [Drawn("line", [[(0, 100), (4000, 200)]], {"type": "Index", "height": 50})],
    }  # fmt: skip


TOWNS = {
    "Shortbread": shortbread,
    "OpenMapTiles": openmaptiles,
    "Protomaps": protomaps,
    "OS Open Zoomstack": zoomstack,
}


def town(schema: str) -> dict[Tile, bytes]:
    """The town's two tiles, gzipped, each cut along its square and a buffer around, as tiles are."""
    zoom, x, y = TOWN
    layers = TOWNS[schema]()
    return {(zoom, x + east, y): gzip.compress(encoded(cut_out(layers, east * 4096)), mtime=0) for east in (0, 1)}


def cut_out(layers: Layers, left: int) -> dict[str, list[Drawn]]:
    """The part of the town in the tile that begins at `left`, in that tile's units."""
    found: dict[str, list[Drawn]] = {}
    for name, features in layers.items():
        for one in features:
            pieces = [piece for part in one.parts for piece in _clipped(part, one.shape, left)]
            if pieces:
                found.setdefault(name, []).append(Drawn(one.shape, pieces, one.props))
    return found


def _clipped(part: Points, shape: Shape, left: int) -> list[Points]:
    west, east = left - BUFFER, left + 4096 + BUFFER
    held: list[tuple[int, int]] = []
    pieces: list[list[tuple[int, int]]] = []
    if shape == "point":
        return [[(x - left, y)] for x, y in part if west <= x <= east]
    ring = [*part, part[0]] if shape == "polygon" else list(part)
    for (x0, y0), (x1, y1) in itertools.pairwise(ring):
        shares = sorted({0.0, 1.0, *((at - x0) / (x1 - x0) for at in (west, east) if x0 != x1)})
        stops = [share for share in shares if 0 <= share <= 1]
        for low, high in itertools.pairwise(stops):
            if west <= x0 + (x1 - x0) * (low + high) / 2 <= east:
                start, end = ((round(x0 + (x1 - x0) * at) - left, round(y0 + (y1 - y0) * at)) for at in (low, high))
                if not held or held[-1] != start:
                    if held and shape == "line":
                        pieces.append(held)
                        held = []
                    held.append(start)
                held.append(end)
    if held:
        pieces.append(held[:-1] if shape == "polygon" and held[0] == held[-1] else held)
    return [piece for piece in pieces if len(piece) > 1]


def dense(count: int = 11_000) -> bytes:
    """A tile as full as a large city's: houses of 5 to 8 corners, streets of 2 to 12 points, all with properties."""
    houses, streets, labels = [], [], []
    for number in range(count):
        x, y = number * 37 % 4000, number * 61 % 4050
        props: dict[str, Value] = {"kind": ("residential", "footway", "service")[number % 3], "bridge": False}
        if number % 10 < 7:
            corners = 5 + number % 4
            turns = [2 * math.pi * corner / corners for corner in range(corners)]
            ring = [(x + round(12 * math.cos(turn)), y + round(12 * math.sin(turn))) for turn in turns]
            houses.append(Drawn("polygon", [ring], {"dummy": 1}))
        else:
            line = [(x + 9 * step, y + 7 * (step % 3)) for step in range(2 + number % 11)]
            streets.append(Drawn("line", [line], props))
            if number % 10 == 9:
                labels.append(Drawn("line", [line], {**props, "name": f"Street {number % 997}"}))
    return encoded({"buildings": houses, "streets": streets, "street_labels": labels})
