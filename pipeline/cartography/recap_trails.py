"""Where the vehicles of a recap have been: bright and broad behind each, thin and quiet where it was earlier.

The night is cut into short blocks of frames. Blocks that have become quiet are drawn once onto a kept sheet; only the
few bright ones are drawn anew for each frame, from paths that are kept as long as they are bright. What a frame shows
depends on its number alone: going back begins the sheet anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from pipeline.cartography.recap_marks import VehicleInk
from pipeline.cartography.recap_view import RETURNING, Night, Run
from pipeline.geo import Floats
from pipeline.overlays.paint import Sheet, stroke

HEAD, QUIET, CASING = 11.0, 4.6, 4.4  # line widths in design pixels; the casing is that much broader
QUIET_ALPHA, _WHOLE_ALPHA = 0.62, 0.95  # during the night, and at its end
_THIN = 0.55  # of the width, of ways without work
_LENGTH = 240.0  # design pixels that the bright part of a usual vehicle is long
_SHORTEST_S, _LONGEST_S = 0.4, 3.0
_BLOCKS, _MANY = 8, 60  # above that many vehicles trails are short and have no casing: there is no room for more

_Block = dict[tuple[str, int], skia.Path]  # by colour and look


class Trails:
    """Not for several threads at once."""

    def __init__(
        self, night: Night, inks: Sequence[VehicleInk], width: int, height: int, unit: float, fps: float
    ) -> None:
        self._runs, self._inks, self._unit = night.runs, inks, unit
        many = len(inks)
        self._cased = many <= _MANY
        self._fine = unit * (1.0 if many <= 20 else 0.8 if many <= _MANY else 0.6)
        length, blocks = (_LENGTH, _BLOCKS) if many <= _MANY else (_LENGTH / 2, _BLOCKS // 2)
        bright = int(np.clip(length * unit / _pace(night), _SHORTEST_S * fps, _LONGEST_S * fps))
        self._size = max(1, round(bright / blocks))  # frames in a block
        self._bright = self._size * blocks
        self._last = night.frames - 1
        self._of_block = self._spread()
        self._kept: dict[int, _Block] = {}
        self._sheet = Sheet(width, height)
        self._done = 0  # blocks on the sheet

    def _spread(self) -> list[list[int]]:
        """Which runs have something in each block."""
        found: list[list[int]] = [[] for _ in range(self._last // self._size + 1)]
        for number, run in enumerate(self._runs):
            low, high = int(run.at[0] // self._size), int(run.at[-1] // self._size)
            for block in range(low, min(high, len(found) - 1) + 1):
                found[block].append(number)
        return found

    def quiet(self, number: float) -> bool:
        """Brings the sheet to a frame; whether it has changed."""
        done = max(0, min(len(self._of_block), int((number - self._bright) // self._size)))
        if done == self._done:
            return False
        if done < self._done:
            self._sheet.clear()
            self._done = 0
        for block in range(self._done, done):
            self._lay(self._sheet.canvas, self._kept.pop(block) if block in self._kept else self._paths(block, np.inf))
        self._done = done
        return True

    def paint_quiet(self, canvas: skia.Canvas, rest: float = 0.0) -> None:
        paint = skia.Paint()
        paint.setAlphaf(quiet_alpha(rest))
        # Not a copy: three times as fast as a layer.
        image = skia.Image.fromarray(
            self._sheet.pixels, skia.kRGBA_8888_ColorType, alphaType=skia.kPremul_AlphaType, copy=False
        )
        canvas.drawImage(image, 0, 0, skia.SamplingOptions(), paint)

    def whole(self) -> None:
        """Brings all of the night onto the sheet."""
        self.quiet(self._last + self._bright + 2 * self._size)

    def _lay(self, canvas: skia.Canvas, block: _Block) -> None:
        """The quiet line; its casing goes below all that is there, so that no joint is seen."""
        for (colour, look), path in block.items():
            canvas.drawPath(path, stroke(colour, self._width(QUIET, look)))
        for (_, look), path in block.items() if self._cased else ():
            paint = stroke(self._inks[0].casing, self._width(QUIET, look) + CASING * self._fine * 0.8, 0.8)
            paint.setBlendMode(skia.BlendMode.kDstOver)
            canvas.drawPath(path, paint)

    def paint_bright(self, canvas: skia.Canvas, number: int, rest: float = 0.0) -> None:
        """`rest` (0 to 1): how far even the newest has come to look like the others."""
        blocks = []
        for block in range(self._done, min(len(self._of_block), number // self._size + 1)):
            ended = (block + 1) * self._size <= number
            paths = self._kept.get(block) if ended else self._paths(block, number)
            if paths is None:
                paths = self._kept[block] = self._paths(block, np.inf)
            age = (number - (block + 0.5) * self._size) / self._bright
            blocks.append((paths, min(1.0, max(0.0, 1.0 - age)) * (1 - rest)))
        for paths, fresh in blocks if self._cased else ():
            for (_, look), path in paths.items():
                width = self._width(QUIET + (HEAD - QUIET) * fresh, look) + CASING * self._fine
                canvas.drawPath(path, stroke(self._inks[0].casing, width, _alpha(fresh, rest)))
        for paths, fresh in blocks:
            for (colour, look), path in paths.items():
                canvas.drawPath(
                    path, stroke(colour, self._width(QUIET + (HEAD - QUIET) * fresh, look), _alpha(fresh, rest))
                )

    def _width(self, design: float, look: int) -> float:
        return max(1.0, design * self._fine * (_THIN if look == RETURNING else 1.0))

    def _paths(self, block: int, until: float) -> _Block:
        """The lines of a block up to a moment (in frames), in the order of the vehicles."""
        low, high = block * self._size, min((block + 1) * self._size, until)
        found: _Block = {}
        if block == len(self._of_block) - 1:
            high = min(high, self._last)
        for number in self._of_block[block]:
            run = self._runs[number]
            points = _piece(run, low, high)
            if points is not None:
                path = found.setdefault((self._inks[run.vehicle].colour, run.look), skia.Path())
                path.addPoly([skia.Point(x, y) for x, y in points.tolist()], False)
        return found


def quiet_alpha(rest: float) -> float:
    """Of the quiet lines, as the rest comes on."""
    return QUIET_ALPHA + (_WHOLE_ALPHA - QUIET_ALPHA) * rest


def _alpha(fresh: float, rest: float) -> float:
    """Full for the most part, then down to that of the quiet line."""
    least = quiet_alpha(rest)
    return least + (1 - least) * min(1.0, 2.0 * fresh)


def _piece(run: Run, low: float, high: float) -> Floats | None:
    """The points of a run between two moments (in frames), cut exactly."""
    begin, end = max(low, float(run.at[0])), min(high, float(run.at[-1]))
    if begin >= end:
        return None
    inner = slice(int(np.searchsorted(run.at, begin, "right")), int(np.searchsorted(run.at, end, "left")))
    ends = [np.interp([begin, end], run.at, run.points[:, axis]) for axis in (0, 1)]
    points = np.concatenate([[[ends[0][0], ends[1][0]]], run.points[inner], [[ends[0][1], ends[1][1]]]])
    return None if len(points) == 2 and (points[0] == points[1]).all() else points


def _pace(night: Night) -> float:
    """Pixels in a frame of a usual vehicle that is on its way."""
    step = np.hypot(*np.moveaxis(np.diff(night.places, axis=1), -1, 0))
    known = (night.level[:, 1:] > 0.99) & (step > 0.2)
    return float(np.median(step[known])) if known.any() else 1.0
