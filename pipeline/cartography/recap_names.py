"""Names beside moving vehicles: calm, none over another, none cut, none over what must stay free.

A name follows its vehicle on a smoothed way. Once in a while (`TERM_S`) it is decided anew which vehicles are named and
at which side, for all frames until the next decision at once: so a name can neither flicker nor jump more often, and
two names that meet on the way are seen to do so before they begin. Names that stay where they are need no decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.cartography.recap_marks import VehicleInk
from pipeline.cartography.recap_view import PARKED, Night
from pipeline.cartography.turning import hann
from pipeline.counting import shortened
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.overlays.paint import Sheet, fill
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, fit
from pipeline.styles import MapStyle

TERM_S, FADE_S = 1.6, 0.2
SIZE, LEAST = 40.0, 34.0  # letters in design pixels
GAP = 8.0  # design pixels between two names
_SMOOTH_S = 0.9
_MOST, _ROOM = 8, 110_000.0  # names at once; square design pixels of map for each
_TRIED = 24  # vehicles that are asked for in each term
_CROWD, _FLEET = 0.9, 14  # what a place may cost (signs under it, and its distance); more in larger fleets
_KEEPS = 0.3  # so many signs more under its name, before it changes its side
_STAYS = 1.6  # a vehicle that has a name is that much more important
_SIDES = ((1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.8, -0.8), (-0.8, -0.8), (0.8, 0.8), (-0.8, 0.8))
_OPAQUE = 0.97  # of the plates
_REACHES = (1.0, 2.4)  # how far away, near ones first


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """Rows are vehicles, columns frames: the corners of the name plates, and how present they are (0: not at all)."""

    corners: Floats  # (v, f, 2) pixels
    sizes: Floats  # (v, 2)
    level: NDArray[np.float32]
    side: NDArray[np.int8]  # changes where a name jumps; -1 without name


def placed(
    night: Night, sizes: Floats, area: Box, avoid: Sequence[Box], *, unit: float, reach: float, fps: float
) -> Placed:
    """Plates of `sizes` (v, 2) inside `area`, none in `avoid`; `reach`: the radius of the vehicles' signs."""
    vehicles, frames = night.level.shape
    window = max(1, round(_SMOOTH_S * fps))
    calm = np.stack([_calm(row, leaps, window) for row, leaps in zip(night.places, night.leaps, strict=True)])
    found = Placed(
        corners=np.zeros((vehicles, frames, 2)),
        sizes=sizes,
        level=np.zeros((vehicles, frames), np.float32),
        side=np.full((vehicles, frames), -1, np.int8),
    )
    most = int(np.clip(area.width * area.height / unit**2 / _ROOM, 2, _MOST))
    blocked = np.array([[box.x, box.y, box.right, box.bottom] for box in avoid], np.float64).reshape(-1, 4)
    term = max(2, round(TERM_S * fps))
    before: dict[int, int] = {}
    for low in range(0, frames, term):
        rows = slice(low, min(low + term, frames))
        before = _term(night, calm, rows, before, found, area, blocked, most, unit, reach)
    _fade(found, night, term, max(1, round(FADE_S * fps)))
    return found


def _calm(places: Floats, leaps: NDArray[np.bool_], window: int) -> Floats:
    """Smoothed from leap to leap: a name never travels where its vehicle did not."""
    edges = [0, *np.flatnonzero(leaps).tolist(), len(places)]
    return np.concatenate([hann(places[low:high], window) for low, high in pairwise(edges)])


def _term(
    night: Night,
    calm: Floats,
    rows: slice,
    before: dict[int, int],
    found: Placed,
    area: Box,
    blocked: Floats,
    most: int,
    unit: float,
    reach: float,
) -> dict[int, int]:
    """Decides on the frames `rows`; gives the side of each named vehicle."""
    taken = [np.broadcast_to(one, (rows.stop - rows.start, 4)) for one in blocked]
    chosen: dict[int, int] = {}
    signs, level = night.places[:, rows][:, ::3], night.level[:, rows][:, ::3]
    for k in _asked(night, rows, before, area):
        if len(chosen) >= most:
            break
        away = np.hypot(*(night.places[k, rows] - calm[k, rows]).T)
        boxes = sides_of(calm[k, rows], found.sizes[k], area, reach, min(0.6 * float(np.median(away)), 2 * reach))
        free = np.ones(len(boxes), np.bool_)
        for other in taken:
            free &= ~meet(boxes, other, GAP * unit).any(axis=1)
        # Its own sign counts twice: of all signs a name must not hide that.
        few = boxes[:, ::3]
        cost = covered(few, signs[[k, *range(len(signs))]], level[[k, *range(len(level))]], reach)
        cost += 0.02 * np.arange(len(boxes)) + 0.3 * _leaders(few, signs[k]) / (100 * unit)
        cost = np.where(free, cost, np.inf)
        side = int(np.argmin(cost))
        if k in before and cost[before[k]] < cost[side] + _KEEPS:
            side = before[k]
        # Over so many other signs, a name says nothing about one of them.
        if cost[side] > _CROWD * max(1.0, len(night.level) / _FLEET):
            continue
        chosen[k] = side
        taken.append(boxes[side])
        found.corners[k, rows] = boxes[side, :, :2]
        found.side[k, rows] = side
    return chosen


def _asked(night: Night, rows: slice, before: dict[int, int], area: Box) -> list[int]:
    """The vehicles that may have a name, those that do most first."""
    places = night.places[:, rows]
    there = (night.level[:, rows] > 0.5).mean(axis=1)
    inside = (places >= (area.x, area.y)) & (places <= (area.right, area.bottom))
    way = np.hypot(*np.moveaxis(np.diff(places, axis=1, prepend=places[:, :1]), -1, 0)).sum(axis=1)
    way *= (night.look[:, rows] != PARKED).mean(axis=1)
    score = (way + 1.0) * np.where(np.isin(np.arange(len(way)), list(before)), _STAYS, 1.0)
    steady = ~night.leaps[:, rows][:, 1:].any(axis=1)
    fit_to_name = (there > 0.6) & steady & inside.all(axis=(1, 2))
    order = sorted(np.flatnonzero(fit_to_name).tolist(), key=lambda k: (-round(float(score[k]), 3), k))
    return order[:_TRIED]


def sides_of(anchors: Floats, size: Floats, area: Box, reach: float, slack: float = 0.0) -> Floats:
    """Where the plate may stand: (sides, frames, 4) left, top, right, bottom; pushed back inside at the edges.
    `slack`: how far the vehicle gets away from the smoothed `anchors`."""
    out = []
    for far in _REACHES:
        for across, down in _SIDES:
            gap = reach * (1.5 + far * 0.5) + slack
            middle = anchors + np.array([across * (size[0] / 2 + gap), down * (size[1] / 2 + gap)])
            corner = middle - size / 2
            corner[:, 0] = np.clip(corner[:, 0], area.x, max(area.x, area.right - size[0]))
            corner[:, 1] = np.clip(corner[:, 1], area.y, max(area.y, area.bottom - size[1]))
            out.append(np.concatenate([corner, corner + size], axis=1))
    return np.stack(out)


def meet(boxes: Floats, other: Floats, gap: float) -> NDArray[np.bool_]:
    across = (boxes[..., 0] < other[:, 2] + gap) & (other[:, 0] < boxes[..., 2] + gap)
    return np.asarray(across & (boxes[..., 1] < other[:, 3] + gap) & (other[:, 1] < boxes[..., 3] + gap))


def _leaders(boxes: Floats, places: Floats) -> Floats:
    """How far the plates are from their vehicle, in the mean over the frames."""
    near = np.clip(places, boxes[..., :2], boxes[..., 2:])
    return np.asarray(np.hypot(*np.moveaxis(near - places, -1, 0)).mean(axis=1), np.float64)


def covered(boxes: Floats, signs: Floats, level: NDArray[np.float32], reach: float) -> Floats:
    """How many signs lie under a plate, in the mean over the frames."""
    low, high = boxes[:, None, :, :2] - reach, boxes[:, None, :, 2:] + reach
    under = ((signs > low) & (signs < high)).all(axis=-1) & (level > 0.3)
    return np.asarray(under.sum(axis=1).mean(axis=1), np.float64)


def _fade(found: Placed, night: Night, term: int, ramp: int) -> None:
    """Names come and go within their own terms."""
    frames = found.side.shape[1]
    up = np.minimum((np.arange(term) + 1) / (ramp + 1), 1.0)
    for low in range(0, frames, term):
        high = min(low + term, frames)
        here = found.side[:, low]
        shape = np.ones((len(here), high - low))
        if low:
            shape = np.where((found.side[:, low - 1] != here)[:, None], up[: high - low], shape)
        if high < frames:
            down = up[: high - low][::-1]
            shape = np.where((found.side[:, high] != here)[:, None], np.minimum(shape, down), shape)
        shape = np.minimum(shape, night.level[:, low:high])
        found.level[:, low:high] = np.where((here >= 0)[:, None], shape, 0.0)


class Plates:
    """The name plates, drawn once: number and name on a plate in the vehicle's colour."""

    def __init__(
        self,
        inks: Sequence[VehicleInk],
        palette: Palette,
        style: MapStyle,
        unit: float,
        width: float,
        *,
        numbered: bool,
    ) -> None:
        """`width`: what a name may take. `numbered`: with the number that the vehicle's sign has."""
        self._inks, self._palette, self._style, self._unit, self._room = inks, palette, style, unit, width
        self._kept: dict[int, skia.Image] = {}
        bold = Style(fonts=palette.fonts, role="bold")
        self._numbers = [
            fit(str(ink.number) * numbered, 90 * unit, 80 * unit, 30 * unit, floor=4, lines=1, style=bold)
            for ink in inks
        ]
        self._blocks = [self._block(ink.name) for ink in inks]
        self.sizes = np.array([self._size(k) for k in range(len(inks))], np.float64).reshape(-1, 2)

    def _block(self, name: str) -> Block:
        unit, style = self._unit, Style(fonts=self._palette.fonts, role="bold", leading=1.02)
        for most in (200, 44, 30, 20, 12):
            text = shortened(name, most)
            for lines in (1, 2):
                block = fit(text, self._room, 400 * unit, SIZE * unit, floor=LEAST * unit, lines=lines, style=style)
                if block.size >= LEAST * unit * 0.999:
                    return block
        return block

    def _bar(self, k: int) -> float:
        """The width of the coloured edge with the number."""
        number = self._numbers[k]
        return max(40 * self._unit, number.width + 16 * self._unit) if number.lines else 12 * self._unit

    def _size(self, k: int) -> tuple[float, float]:
        block = self._blocks[k]
        return (
            float(np.ceil(block.width + self._bar(k) + 24 * self._unit)),
            float(np.ceil(block.height + 6 * self._unit)),
        )

    def paint(self, canvas: skia.Canvas, k: int, x: float, y: float, alpha: float) -> None:
        paint = skia.Paint()
        paint.setAlphaf(alpha)
        canvas.drawImage(self.image(k), x, y, skia.SamplingOptions(skia.FilterMode.kLinear), paint)

    def image(self, k: int) -> skia.Image:
        if k not in self._kept:
            width, height = self.sizes[k].tolist()
            unit, ink, block, bar = self._unit, self._inks[k], self._blocks[k], self._bar(k)
            sheet = Sheet(int(width), int(height))
            plate = skia.RRect.MakeRectXY(skia.Rect.MakeWH(width, height), 10 * unit, 10 * unit)
            sheet.canvas.clipRRect(plate, skia.ClipOp.kIntersect, True)
            sheet.canvas.drawRect(skia.Rect.MakeWH(width, height), fill(self._style.panel, _OPAQUE))
            sheet.canvas.drawRect(skia.Rect.MakeWH(bar, height), fill(ink.colour))
            block.paint(sheet.canvas, bar + 11 * unit, 3 * unit, self._style.panel_text)
            number = self._numbers[k]
            number.paint(sheet.canvas, 0, (height - number.height) / 2, ink.on_colour, width=bar, align="centre")
            self._kept[k] = sheet.image()
        return self._kept[k]
