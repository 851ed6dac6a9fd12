"""Where the sea is: coastlines as OpenStreetMap draws them (land on the left of a way, water on its right) → areas.

An extract cuts the coast somewhere, so the lines have to be closed along the edge of a box. The rules, in order: pieces
are joined; a chain whose end lies at or beyond the edge of the data goes straight on, outwards; a chain that ends in
the midst of the data cannot be closed by anybody, then there is no sea, only the line of the shore. The sea is told at
most one width of the data beyond its edge. Last, what was found is asked about houses and streets: where these would
stand in the water, the guess was wrong and is not shown. Rather a white bay than a flooded town.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import Area
from pipeline.maps.osm_clip import cut_line, inside
from pipeline.mercator import Bounds

_SAME = 4e9  # points this fine (a cm on the ground) are one: 180° W and E come from different nodes
_AT_EDGE = 0.03  # of the data's size: an end this near to its edge was cut off by it
_FLOODED = 0.1  # of the houses and streets asked: beyond this share in the sea the guess was wrong
_MOST_WITNESSES = 300

UNCLOSED = "The coastline is cut off inside the map data, so the sea is drawn as a shore line only."
FLOODED = "The coastline does not fit the streets and buildings, so the sea is drawn as a shore line only."


@dataclass(frozen=True, kw_only=True)
class Sea:
    """The sea inside a box, and why it is not shown when it cannot be known."""

    areas: tuple[Area, ...] = ()
    notes: tuple[str, ...] = ()


def sea(ways: list[Floats], box: Bounds, data: Bounds, land: Floats | None = None) -> Sea:
    """Coastline ways (n, 2 world units, y downwards) → the sea in `box`.

    `data`: where the extract has data. `land`: points known to be dry, (n, 2): streets and houses.
    """
    found = Sea()
    for reach in (max(data.width, data.height), 0.0):  # what goes wrong beyond the data may be right within it
        told = _common(box, data.grown(reach))
        if told is None or not ways:
            return Sea()
        found = _told(ways, told, data, land)
        if not found.notes:
            break
    return found


def _told(ways: list[Floats], told: Bounds, data: Bounds, land: Floats | None) -> Sea:
    rings, loose = _sorted(_joined(ways))
    chains = [chain for chain in (_onwards(chain, data, told) for chain in loose) if chain is not None]
    lines = [*chains, *map(_closed, rings)]
    pieces = [piece for line in lines for piece in _cut(line, told)]
    crossing = [piece for piece in pieces if not _same(piece[0], piece[-1])]
    walked = _walked(crossing, told)
    if walked is None:
        return Sea(notes=(UNCLOSED,))
    within = [piece[:-1] for piece in pieces if _same(piece[0], piece[-1]) and len(piece) > 3]
    if not walked and _is_sea(within, lines, told):
        walked = [_corners(told)]
    shapes = _nested(walked, within)
    if land is not None and _flooded(shapes, land, told, data):
        return Sea(notes=(FLOODED,))
    return Sea(areas=tuple(Area(kind="sea", rings=shape) for shape in shapes))


def _common(one: Bounds, two: Bounds) -> Bounds | None:
    west, east = max(one.west, two.west), min(one.east, two.east)
    north, south = max(one.north, two.north), min(one.south, two.south)
    return Bounds(west=west, north=north, east=east, south=south) if west < east and north < south else None


def _key(point: Floats) -> tuple[int, int]:
    return round(float(point[0]) * _SAME), round(float(point[1]) * _SAME)


def _same(one: Floats, two: Floats) -> bool:
    return _key(one) == _key(two)


def _joined(ways: list[Floats]) -> list[Floats]:
    """Ways put together where one begins at the other's end."""
    parts = [way for way in ways if len(way) > 1]
    starts: dict[tuple[int, int], list[int]] = {}
    for index, way in enumerate(parts):
        starts.setdefault(_key(way[0]), []).append(index)
    ends = {_key(way[-1]) for way in parts}
    # Chains first, from their true beginnings; what is left then are rings, which may begin anywhere.
    order = sorted(range(len(parts)), key=lambda index: (_key(parts[index][0]) in ends, index))
    used: set[int] = set()
    lines = []
    for first in order:
        if first in used:
            continue
        used.add(first)
        line = [parts[first]]
        begin = _key(parts[first][0])
        while _key(line[-1][-1]) != begin:
            following = next((i for i in starts.get(_key(line[-1][-1]), []) if i not in used), None)
            if following is None:
                break
            used.add(following)
            line.append(parts[following][1:])
        lines.append(np.concatenate(line))
    return lines


def _sorted(lines: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Closed rings (without the closing point) and open chains."""
    closed = [line[:-1] for line in lines if _same(line[0], line[-1]) and len(line) > 3]
    return closed, [line for line in lines if not _same(line[0], line[-1])]


def _closed(ring: Floats) -> Floats:
    return np.concatenate([ring, ring[:1]])


def _onwards(chain: Floats, data: Bounds, told: Bounds) -> Floats | None:
    """A chain that was cut off by the edge of the data, straight on until it is out of the box. None: a scrap that
    lies wholly beyond the data, of which nobody knows how it goes on."""
    first, last = (_way_out(point, data, told) for point in (chain[0], chain[-1]))
    if (first is not None or last is not None) and not cut_line(chain, data.grown(_AT_EDGE * data.width)):
        return None
    return np.concatenate([end[None] if end.ndim == 1 else end for end in (first, chain, last) if end is not None])


def _cut(line: Floats, box: Bounds) -> list[Floats]:
    """The pieces of a chain or closed ring inside the box; a ring's first and last piece are one where they meet."""
    pieces = cut_line(line, box)
    if len(pieces) > 1 and _same(pieces[-1][-1], pieces[0][0]):
        pieces = [np.concatenate([pieces[-1], pieces[0][1:]]), *pieces[1:-1]]
    return pieces


def _way_out(point: Floats, data: Bounds, told: Bounds) -> Floats | None:
    """Where an end goes on to, square to the edge of the data it lies nearest to or farthest beyond; None when it is
    out already, or ends in the midst of the data."""
    x, y = float(point[0]), float(point[1])
    if not (told.west < x < told.east and told.north < y < told.south):
        return None
    beyond = {
        (told.west - told.width, y): data.west - x,
        (told.east + told.width, y): x - data.east,
        (x, told.north - told.height): data.north - y,
        (x, told.south + told.height): y - data.south,
    }
    target, gap = max(beyond.items(), key=lambda item: item[1])
    return np.array(target) if gap > -_AT_EDGE * max(data.width, data.height) else None


def _rim(point: Floats, box: Bounds) -> float | None:
    """How far round the box a point of its edge lies, clockwise as one sees the map from the north-west corner: 0 … 4;
    None when it is not on the edge."""
    x, y = float(point[0]), float(point[1])
    hair = 1e-9 * max(box.width, box.height) + 1e-15
    along, down = (x - box.west) / box.width, (y - box.north) / box.height
    if abs(y - box.north) <= hair:
        return along % 4
    if abs(x - box.east) <= hair:
        return 1 + down
    if abs(y - box.south) <= hair:
        return 3 - along
    return (4 - down) % 4 if abs(x - box.west) <= hair else None


def _corners(box: Bounds) -> Floats:
    return np.array([[box.west, box.north], [box.east, box.north], [box.east, box.south], [box.west, box.south]])


def _walked(pieces: list[Floats], box: Bounds) -> list[Floats] | None:
    """Rings of sea from pieces that cross the box: along a piece, then round the edge with the water at the right
    hand, clockwise, to where the next one comes in. None when the next one goes out too: then a piece is missing."""
    begins, finishes = ({index: _rim(piece[end], box) for index, piece in enumerate(pieces)} for end in (0, -1))
    if not _all_known(begins) or not _all_known(finishes):
        return None  # an end in the midst of the data
    rings, left = [], set(begins)
    while left:
        first = index = min(left)
        ring: list[Floats] = []
        while True:
            left.discard(index)
            ring.append(pieces[index])
            at = finishes[index]
            following = min(begins, key=lambda other: ((begins[other] - at) % 4, other))
            way = (begins[following] - at) % 4
            if any(0 < (end - at) % 4 < way for other, end in finishes.items() if other != index):
                return None
            turns = [corner for corner in range(1, 9) if at < corner < at + way]
            ring.append(_corners(box)[[corner % 4 for corner in turns]].reshape(-1, 2))
            if following == first:
                break
            if following not in left:
                return None
            index = following
        rings.append(np.concatenate(ring))
    return rings


def _all_known(places: dict[int, float | None]) -> TypeGuard[dict[int, float]]:
    return None not in places.values()


def _turning(ring: Floats) -> float:
    """Twice the area of a ring, above zero when it runs clockwise on the map: a lake of the sea; below: an island."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y))


def _is_sea(within: list[Floats], lines: list[Floats], box: Bounds) -> bool:
    """Whether a box that no shore crosses is sea: around islands, not around a lagoon; without either the nearest
    shore says on which side of it the box lies."""
    if within:
        return _turning(max(within, key=lambda ring: abs(_turning(ring)))) < 0
    middle = np.array(box.middle)
    best = (np.inf, 0.0)
    for line in lines:
        step = np.diff(line, axis=0)
        length = np.maximum((step**2).sum(axis=1), 1e-300)
        share = np.clip(((middle - line[:-1]) * step).sum(axis=1) / length, 0, 1)
        away = middle - (line[:-1] + step * share[:, None])
        distance = (away**2).sum(axis=1)
        nearest = distance.min()
        # At a corner two pieces are equally near: the one that the middle lies most squarely beside decides.
        side = (step[:, 0] * away[:, 1] - step[:, 1] * away[:, 0]) / np.sqrt(length)
        side = side[distance <= nearest * (1 + 1e-9)]
        best = min(best, (float(nearest), -float(side[np.abs(side).argmax()])))
    return best[1] < 0


def _nested(seas: list[Floats], within: list[Floats]) -> list[tuple[Floats, ...]]:
    """Islands cut out of the seas they lie in, lagoons of the land added; a ring that contradicts what is around it
    (an island in the midst of land, a place beyond the data) is left out."""
    rings = [*seas, *sorted(within, key=lambda one: -abs(_turning(one)))]
    if not rings:
        return []
    low, high = np.array([ring.min(axis=0) for ring in rings]), np.array([ring.max(axis=0) for ring in rings])
    shape_of = np.array([*range(len(seas)), *([-1] * len(within))])  # the shape a ring is part of, -1: of none
    for index in range(len(seas), len(rings)):
        point = rings[index][:1]
        over = np.logical_and.reduce((low <= point) & (high >= point), axis=1) & (shape_of >= 0)
        holding = Counter(int(shape_of[one]) for one in np.flatnonzero(over) if inside(point, (rings[one],))[0])
        around = next((shape for shape, times in sorted(holding.items()) if times % 2), None)
        if _turning(rings[index]) < 0 and around is not None:
            shape_of[index] = around
        elif _turning(rings[index]) > 0 and around is None:
            shape_of[index] = index
    shapes = sorted(set(shape_of.tolist()) - {-1})
    return [tuple(rings[one] for one in np.flatnonzero(shape_of == shape)) for shape in shapes]


def _flooded(shapes: list[tuple[Floats, ...]], land: Floats, told: Bounds, data: Bounds) -> bool:
    """Whether more than a few of the witnesses stand in the water."""
    box = _common(told, data)
    if box is None or not shapes:
        return False
    here = (land >= (box.west, box.north)).all(axis=1) & (land <= (box.east, box.south)).all(axis=1)
    asked = land[here]
    asked = asked[:: max(1, len(asked) // _MOST_WITNESSES)]
    wet = sum(int(inside(asked, shape).sum()) for shape in shapes)
    return len(asked) > 0 and wet > max(2, _FLOODED * len(asked))
