"""What covers the invented valley, as outlines for its map: meres, woods, heath and scree, walled fields.

They are level lines of the same heights and noises from which the films are painted, so that the map shows water
where the films show water. What lies under trees or water is cut away: a map's field ends at the wood.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import contourpy
import numpy as np
import skia
from PIL import Image

from pipeline.demo.ground import FAR_CELLS, FAR_M, MERES, NEAR_CELLS, NEAR_M, Ground, Pixels, axes, noise, smooth
from pipeline.demo.planting import Fields
from pipeline.geo import Floats

SIDE_M = 12288.0  # of the square from which the map is cut; its middle is that of the valley
CELLS = 768  # along it, for woods; heath and scree have half of them
# What the map shows. A title or a panel leaves the walk a part of the picture, and the rest shows the land around it:
# much of the south in a tall picture, of the east and west in a wide one.
WEST, SOUTH, EAST, NORTH = -5504.0, -6144.0, 5504.0, 4352.0
WOOD_FROM = 0.55  # of the noise from which a film's trees stand close
BETWEEN_FIELDS = 0.045  # of a field's size, left free at its edge for the wall
_GREENS = (0x846E9C3C, 0x8488AA46, 0x725C8F3A, 0x849CA84E)  # the films' colours of grass, the others are crops

Rings = tuple[Floats, ...]  # an outline and its holes, metres east and north, first point again at the end


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover:
    """Each piece by itself. `meres` are in the order of `ground.MERES`; `pasture` is the greenest of the open land."""

    meres: list[Rings]
    woods: list[Rings]
    heath: list[Rings]
    scree: list[Rings]
    pasture: list[Rings]
    meadows: list[Rings]
    crops: list[Rings]


def lay_cover(ground: Ground, fields: Fields) -> Cover:
    meres = [_mere(ground, number) for number in range(len(MERES))]
    height = _heights(ground)
    woods = _cut(_woods(height), meres)
    heath, scree, pasture = _wild(height)
    kinds: tuple[list[Rings], list[Rings]] = [], []
    walled: list[Rings] = []
    for outline, tint in fields.cells:
        corners = np.array([(p.x(), p.y()) for p in outline.getPoints(outline.countPoints())], np.float64)[::4][:4]
        ring = np.concatenate([corners, corners[:1]])
        walled.append((ring,))
        kinds[tint not in _GREENS].append((ring + (corners.mean(axis=0) - ring) * BETWEEN_FIELDS,))
    hidden = [*meres, *woods]
    return Cover(
        meres=meres,
        woods=woods,
        heath=_cut(heath, hidden),
        scree=_cut(scree, hidden),
        pasture=_cut(pasture, [*hidden, *walled]),
        meadows=_cut(kinds[0], hidden),
        crops=_cut(kinds[1], hidden),
    )


def _heights(ground: Ground) -> Pixels:
    """Metres above the sea over the whole map (CELLS, CELLS): the near square laid into the far one."""
    margin = (1 - SIDE_M / FAR_M) / 2 * FAR_CELLS
    box = (margin, margin, FAR_CELLS - margin, FAR_CELLS - margin)
    whole = np.array(Image.fromarray(ground.far).resize((CELLS, CELLS), Image.Resampling.BICUBIC, box=box))
    inner = round(NEAR_M / SIDE_M * CELLS)
    first = (CELLS - inner) // 2
    whole[first : first + inner, first : first + inner] = np.asarray(
        Image.fromarray(ground.near).resize((inner, inner), Image.Resampling.BOX)
    )
    return np.asarray(whole, np.float32)


def _mere(ground: Ground, number: int) -> Rings:
    mere = MERES[number]
    x, y = (axis.ravel() for axis in axes(NEAR_M, NEAR_CELLS))
    reach = mere.along * 1.35
    rows = slice(*np.flatnonzero(np.abs(y - mere.y) < reach)[[0, -1]])
    columns = slice(*np.flatnonzero(np.abs(x - mere.x) < reach)[[0, -1]])
    found = _levels(x[columns], y[rows], ground.water[rows, columns], 0.5, simpler_m=0.5)
    return found[0]


def _woods(height: Pixels) -> list[Rings]:
    """Where trees stand close: the noise of `planting` near the walk, that of the painted fells farther out."""
    x, y = axes(SIDE_M, CELLS)
    thick = noise(320, SIDE_M, CELLS, salt=9) * 0.7 + noise(130, SIDE_M, CELLS, salt=9) * 0.45
    near = np.maximum(np.abs(x), np.abs(y)) < NEAR_M / 2
    high = np.where(near, 0, smooth(345, 405, height))
    return _levels(x.ravel(), y.ravel(), thick - high, WOOD_FROM, simpler_m=1.5, least_m2=2500)


def _wild(height: Pixels) -> tuple[list[Rings], list[Rings], list[Rings]]:
    """Heath where the painted fells turn brown, scree where they turn grey, pasture where they are at their greenest;
    the patches of a few metres left out."""
    cells = CELLS // 2
    x, y = (axis.ravel() for axis in axes(SIDE_M, cells))
    land = height.reshape(cells, 2, cells, 2).mean(axis=(1, 3))
    patch = noise(400, SIDE_M, cells, salt=2) * 0.6 + noise(120, SIDE_M, cells, salt=12) * 0.15
    steep = np.hypot(*np.gradient(land, SIDE_M / cells))
    heath = _levels(x, y, patch + (land - 330) / 230, 0.52, simpler_m=3, least_m2=30_000)
    scree = _levels(x, y, steep + 0.1 * patch, 0.62, simpler_m=2, least_m2=15_000)
    return heath, scree, _levels(x, y, patch - smooth(290, 420, land), 0.12, simpler_m=2, least_m2=15_000)


def _levels(
    x: Pixels, y: Pixels, values: Pixels, level: float, *, simpler_m: float, least_m2: float = 0
) -> list[Rings]:
    """The areas in which `values` are above `level`, large ones first; holes smaller than `least_m2` are filled."""
    rows, columns = np.flatnonzero((y > SOUTH) & (y < NORTH)), np.flatnonzero((x > WEST) & (x < EAST))
    east, north, inside = (array.astype(np.float64) for array in (x[columns], y[rows], values[np.ix_(rows, columns)]))
    generator = contourpy.contour_generator(east, north, inside, fill_type="OuterOffset")
    points, offsets = cast(tuple[list[Floats], list[Any]], generator.filled(level, float(values.max()) + 1))
    found = []
    for line, ends in zip(points, offsets, strict=True):
        rings = [simpler(line[a:b], simpler_m) for a, b in pairwise(ends)]
        if abs(area_m2(rings[0])) > least_m2:
            found.append((rings[0], *(ring for ring in rings[1:] if abs(area_m2(ring)) > least_m2)))
    return sorted(found, key=lambda rings: -abs(area_m2(rings[0])))


def area_m2(ring: Floats) -> float:
    """Of a closed ring; negative when it runs clockwise."""
    return float(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1])) / 2


def simpler(line: Floats, within_m: float) -> Floats:
    """The line with fewer points, nowhere farther than `within_m` from where it was (Douglas and Peucker's)."""
    keep = np.zeros(len(line), np.bool_)
    keep[[0, len(line) // 2, -1]] = True  # of a ring the first and the last are one
    spans = [(0, len(line) // 2), (len(line) // 2, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        chord, inner = line[last] - line[first], line[first + 1 : last] - line[first]
        away = np.abs(chord[0] * inner[:, 1] - chord[1] * inner[:, 0]) / max(float(np.hypot(*chord)), 1e-9)
        worst = int(away.argmax())
        if away[worst] > within_m:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.asarray(line[keep], np.float64)


def turned(rings: Rings) -> Rings:
    """The outline anticlockwise, its holes clockwise."""
    return tuple(ring if (area_m2(ring) > 0) == (at == 0) else ring[::-1] for at, ring in enumerate(rings))


def _path(areas: list[Rings]) -> skia.Path:
    path = skia.Path()
    for rings in areas:
        for ring in turned(rings):
            path.addPoly([skia.Point(float(a), float(b)) for a, b in ring[:-1]], True)
    return path


def _cut(areas: list[Rings], away: list[Rings], least_m2: float = 150.0) -> list[Rings]:
    """The areas without what lies in any of `away`; crumbs go too."""
    boxes = np.array([(*rings[0].min(axis=0), *rings[0].max(axis=0)) for rings in away])
    found: list[Rings] = []
    for rings in areas:
        low, high = rings[0].min(axis=0), rings[0].max(axis=0)
        near = ((boxes[:, :2] < high) & (boxes[:, 2:] > low)).all(axis=1)
        over = [away[at] for at in np.flatnonzero(near)]
        rest = _pieces(skia.Op(_path([rings]), _path(over), skia.PathOp.kDifference_PathOp)) if over else [rings]
        found += [piece for piece in rest if abs(area_m2(piece[0])) > least_m2]
    return found


def _pieces(path: skia.Path) -> list[Rings]:
    """The areas of a path of straight lines that do not cross: each outline with the holes that lie in it."""
    rings = sorted(_rings(path), key=lambda ring: -abs(area_m2(ring)))
    found: list[list[Floats]] = []
    for at, ring in enumerate(rings):
        around = [piece for piece in found if _path([(piece[0],)]).contains(*_within(ring))] if at else []
        if around and not any(_path([(hole,)]).contains(*_within(ring)) for hole in around[-1][1:]):
            around[-1].append(ring)
        else:
            found.append([ring])
    return [tuple(piece) for piece in found]


def _rings(path: skia.Path) -> list[Floats]:
    rings: list[Floats] = []
    points: list[tuple[float, float]] = []
    for verb, corners in path:
        if verb == skia.Path.kMove_Verb:
            points = [(corners[0].x(), corners[0].y())]
        elif verb == skia.Path.kLine_Verb:
            points.append((corners[1].x(), corners[1].y()))
        elif verb == skia.Path.kClose_Verb and len(points) > 2:
            ring = np.array(points, np.float64)
            rings.append(ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]]))
    return rings


def _within(ring: Floats) -> tuple[float, float]:
    """A point a little inside a ring, next to its first side."""
    here, there = ring[0], ring[1]
    side = np.array([here[1] - there[1], there[0] - here[0]])
    x, y = (here + there) / 2 + side / max(float(np.hypot(*side)), 1e-9) * 0.05 * np.sign(area_m2(ring))
    return float(x), float(y)
