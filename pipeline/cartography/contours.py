"""Contour lines: an interval that suits scale and land, smooth lines, and numbers set along every fifth of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import contourpy
import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.cartography.field import Field, Grid, field, sample_px
from pipeline.cartography.shade import spread_m, steepness
from pipeline.fonts import Fonts
from pipeline.geo import Floats
from pipeline.map_model import Heights
from pipeline.mercator import MapView
from pipeline.overlays.text import Block, Style, fit

INTERVALS = (5, 10, 20, 50, 100, 200, 500, 1000)
EVERY = 5  # each fifth line is an index line, thicker and with its number
NUMBER = 23.0  # design pixels, the height of numbers

_APART, _USUALLY = 5.2, 12.0  # design pixels between lines where it is steep, and on the middling slope
_SEEN = 6.0  # design pixels over which a slope is one
_PER_PIXEL = 0.42  # metres of interval for each metre that a design pixel covers, at least
_COARSE_M, _COARSE_LEAST = 60.0, 10  # between samples so far apart heights are not good to 5 m
_FEWEST = 7  # lines between valley and peak; with fewer the next closer interval is taken
_CELL = 2.5  # pixels of a cell in which lines are found
_SOFT = 4.0  # design pixels; smaller windings are noise
_SHORTEST = 60.0  # design pixels; shorter rings are noise
_LEVEL = 0.004  # the slope along a line below which it only follows ripples
_KNOWN = 0.6
_MOST_NUMBERS = 26
_BETWEEN = 230.0  # design pixels between numbers
_BESIDE = 15.0  # design pixels between numbers and what is avoided


@dataclass(frozen=True, kw_only=True, eq=False)
class Contour:
    """A smooth line (n, 2 pixels) at one height; `index` as every fifth is."""

    ele_m: int
    points: Floats
    index: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Number:
    """A height on its line: the middle in pixels, degrees clockwise between -90 and 90, and the words."""

    x: float
    y: float
    turned: float
    block: Block

    def room(self, gap: float) -> skia.Path:
        """What is kept free of lines around it, turned."""
        wide, high = self.block.width / 2 + gap, self.block.size * 0.42 + gap * 0.4
        path = skia.Path()
        path.addRoundRect(skia.Rect.MakeLTRB(-wide, -high, wide, high), high * 0.6, high * 0.6)
        path.transform(skia.Matrix().setRotate(self.turned).postTranslate(self.x, self.y))
        return path


def interval_m(heights: Heights, view: MapView) -> int:
    """Metres from line to line: lines of steep slopes stay apart, and no line tells more than the data know."""
    metres = view.metres_per_pixel * view.unit
    between = sample_px(heights, view) * view.metres_per_pixel
    apart = max(1, int(_SEEN * view.unit / sample_px(heights, view)))
    sloping = max(steepness(heights, 90, apart) * _APART, steepness(heights, 50, apart) * _USUALLY, _PER_PIXEL)
    least = max(sloping * metres, _COARSE_LEAST if between >= _COARSE_M else 0)
    fits = next((at for at, interval in enumerate(INTERVALS) if interval >= least), len(INTERVALS) - 1)
    low, high = spread_m(heights)
    few = fits > 0 and high - low < _FEWEST * INTERVALS[fits] and INTERVALS[fits - 1] >= _COARSE_LEAST
    return INTERVALS[fits - 1 if few else fits]


def contours(heights: Heights, view: MapView, interval: int) -> list[Contour]:
    """All lines of the view, low ones first; none at the sea, in voids, as specks or ripples."""
    land = field(heights, view, _CELL, soft_px=_SOFT * view.unit)
    if land is None:
        return []
    ele = np.where(land.sea > 0.5, np.minimum(land.ele_m, 0), land.ele_m)
    known = land.known >= _KNOWN
    if not known.any():
        return []
    low, high = float(ele[known].min()), float(ele[known].max())
    levels = [
        level for level in range(int(low // interval) + 1, int(-(-high // interval))) if level or not land.sea.any()
    ]
    slope = np.hypot(*np.gradient(land.ele_m)) / land.metres
    lines = []
    for level, found in zip(levels, _lines(land, ele, known, [level * interval for level in levels]), strict=True):
        for points in found:
            if _long_enough(points, _SHORTEST * view.unit) and _mean(land, slope, points) >= _LEVEL:
                lines.append(Contour(ele_m=level * interval, points=_eased(points), index=level % EVERY == 0))
    return lines


def shores(land: Field) -> list[Contour]:
    """Where the sea ends."""
    (found,) = _lines(land, land.sea, land.inside > 0.5, [0.5])
    return [Contour(ele_m=0, points=_eased(points), index=False) for points in found]


def numbers(
    lines: Sequence[Contour],
    view: MapView,
    fonts: Fonts,
    *,
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
) -> list[Number]:
    """Numbers for index lines where those run straight and alone, spread over the picture, clear of `avoid` and of the
    route (n, 2 pixels)."""
    style = Style(fonts=fonts, role="semibold")
    blocks: dict[int, Block] = {}
    spots: list[tuple[float, int, float, float, float]] = []
    for line in lines:
        if line.index:
            size = NUMBER * view.unit
            block = blocks.setdefault(
                line.ele_m, fit(str(line.ele_m), 20 * size, 3 * size, size, floor=size, lines=1, style=style)
            )
            found = _spots(line.points, block.width + size, view)
            spots += [(bend, line.ele_m, x, y, turned) for bend, x, y, turned in found]
    blocked = [rect.makeOutset(_BESIDE * view.unit, _BESIDE * view.unit) for rect in avoid]
    done: list[Number] = []
    for _, ele_m, x, y, turned in sorted(spots):
        if len(done) == _MOST_NUMBERS:
            break
        block = blocks[ele_m]
        reach = block.width / 2 + _BESIDE * view.unit
        far = all(np.hypot(one.x - x, one.y - y) > _BETWEEN * view.unit for one in done)
        box = skia.Rect.MakeLTRB(x - reach, y - reach, x + reach, y + reach)
        covers = route is not None and bool((np.hypot(route[:, 0] - x, route[:, 1] - y) < reach).any())
        if far and not covers and not any(box.intersects(other) for other in blocked):
            done.append(Number(x=x, y=y, turned=turned, block=block))
    return done


def path_of(lines: Sequence[Contour]) -> skia.Path:
    path = skia.Path()
    for line in lines:
        path.addPoly([skia.Point(x, y) for x, y in line.points.tolist()], False)
    return path


def _lines(land: Field, values: Grid, known: NDArray[np.bool_], levels: Sequence[float]) -> Iterator[list[Floats]]:
    """The lines (n, 2 pixels) of each level, where the values are known."""
    found = contourpy.contour_generator(
        land.x, land.y, np.ma.array(values, mask=~known), name="serial", line_type=contourpy.LineType.Separate
    )
    for level in levels:
        yield cast("list[Floats]", found.lines(level))


def _spots(points: Floats, room: float, view: MapView) -> list[tuple[float, float, float, float]]:
    """(how bent, x, y, degrees) about every half `room` along a line, where it is nearly straight for `room` pixels."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    if along[-1] < 2.2 * room:
        return []
    middles = np.arange(room, along[-1] - room, room / 2)
    place = [_at(points, along, middles + room * share) for share in (-0.5, -0.25, 0.0, 0.25, 0.5)]
    chord = place[4] - place[0]
    straight = np.hypot(chord[:, 0], chord[:, 1])
    x, y = ((place[1] + place[2] + place[3]) / 3).T
    sag = np.abs((place[2] - place[0])[:, 0] * chord[:, 1] - (place[2] - place[0])[:, 1] * chord[:, 0])
    bent = (room - straight) / room + sag / np.maximum(straight, 1e-6) / room
    turned = np.degrees(np.arctan2(chord[:, 1], chord[:, 0]))
    turned = np.where(turned > 90, turned - 180, np.where(turned <= -90, turned + 180, turned))
    margin = room * 0.8
    fits = (x > margin) & (x < view.width - margin) & (y > margin) & (y < view.height - margin)
    # Level numbers are read more easily than upright ones.
    score = np.round(bent + np.abs(turned) / 900, 4)
    keep = fits & (bent < 0.16)
    return [
        (float(score[i]), round(float(x[i]), 1), round(float(y[i]), 1), float(turned[i])) for i in np.nonzero(keep)[0]
    ]


def _at(points: Floats, along: Floats, where: Floats) -> Floats:
    return np.column_stack([np.interp(where, along, points[:, 0]), np.interp(where, along, points[:, 1])])


def _long_enough(points: Floats, least: float) -> bool:
    """Whether a line is long; one that leaves the picture is."""
    if not np.array_equal(points[0], points[-1]):
        return True
    return bool(np.hypot(*np.diff(points, axis=0).T).sum() >= least)


def _mean(land: Field, values: Grid, points: Floats) -> float:
    """Of the values along a line."""
    column, row = np.rint((points - (land.x[0], land.y[0])) / land.step).astype(int).T
    return float(values[row, column].mean())


def _eased(points: Floats) -> Floats:
    """Without the corners of the cells (each inner point a quarter towards the middle of its neighbours), and without
    points that lie on the line anyway."""
    if len(points) < 4:
        return points
    out = points.copy()
    out[1:-1] = points[1:-1] / 2 + (points[:-2] + points[2:]) / 4
    for _ in range(2):
        if len(out) < 5:
            break
        odd = np.arange(1, len(out) - 1, 2)
        chord = (out[odd - 1] + out[odd + 1]) / 2
        idle = odd[np.hypot(*(out[odd] - chord).T) < 0.12]
        out = np.delete(out, idle, axis=0)
    return out
