"""Regular stripes: more than five pairs of light and dark over more than a quarter of the screen, for half a second.

Lines of the picture are followed across and down, which meets stripes of any direction. Along a line, what is lighter
and what is darker than its surroundings takes turns; many turns of equal length in a row are stripes. Pairs finer than
three pixels of the fine picture (20 of 1080) have been averaged out and are not seen.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.flashes.areas import QUARTER, box
from pipeline.flashes.light import Mask, Pixels, Plane, light
from pipeline.flashes.report import Stretch
from pipeline.timing import Span

PAIRS = 5  # more than so many
LIGHT = 0.25  # of white: 50 of 200 cd/m²
LONG_S = Fraction(1, 2)

_CONTRAST = 0.4  # (light - dark) / (light + dark) of neighbours that are clearly told apart; our choice
_EVEN = 1.5  # a pair is at most so many times as long as the one before, or the other way round; our choice
_STEADY = 0.4  # of the step between light and dark, which the next light may differ from the last; our choice
_FINEST = 3  # pixels that a pair is long at least
_LINES = 32  # on each side of the picture
_SURROUNDINGS = (9, 27, 81)  # pixels: each is right for stripes of a third of it to one and a quarter of it


class Stripes:
    """Shown all pictures in order, it looks at some and, near stripes, at all of them."""

    def __init__(self, fps: Fraction) -> None:
        # Stripes that last long enough cannot fall between two looks; near them, every picture is looked at.
        self._fps, self._every = fps, max(1, math.floor(fps * LONG_S))
        self._skipped: list[Pixels] = []  # not looked at since the last look
        self._run: list[Mask] = []  # of the pictures with stripes up to now
        self._found: list[Stretch] = []

    def see(self, pixels: Pixels, frame: int) -> None:
        if not self._run and frame % self._every:
            self._skipped.append(pixels)
            return
        seen = striped(pixels)
        if enough(seen):
            if not self._run:
                self._run = self._earlier()
            self._run.append(seen)
        else:
            self._close(frame)
        self._skipped.clear()

    def found(self, frames: int) -> tuple[Stretch, ...]:
        """All stretches of half a second or more, once the film has ended after so many pictures."""
        self._close(frames)
        return tuple(self._found)

    def _earlier(self) -> list[Mask]:
        found: list[Mask] = []
        for pixels in reversed(self._skipped):
            seen = striped(pixels)
            if not enough(seen):
                break
            found.insert(0, seen)
        return found

    def _close(self, frame: int) -> None:
        run, self._run = self._run, []
        if not run or len(run) / self._fps < LONG_S:
            return
        share = max(float(one.mean()) for one in run)
        span = Span(start=(frame - len(run)) / self._fps, end=frame / self._fps)
        where = box(np.logical_or.reduce(run))
        self._found.append(Stretch(kind="stripes", span=span, flashes=0.0, share=share, box=where))


def enough(stripes: Mask) -> bool:
    """Whether stripes cover more than a quarter of the screen."""
    return bool(np.count_nonzero(stripes) > QUARTER * stripes.size)


def striped(pixels: Pixels) -> Mask:
    """Where the picture has stripes: a coarse map of `_LINES` × `_LINES` places."""
    high, wide = pixels.shape[:2]
    rows, columns = (np.arange(_LINES) * size // _LINES + size // (2 * _LINES) for size in (high, wide))
    across = light(pixels[rows]).luminance
    down = np.ascontiguousarray(light(pixels[:, columns]).luminance.T)
    places: Mask = _along(across)[:, columns] | _along(down)[:, rows].T
    return places


def _along(lines: Plane) -> Mask:
    """Which pixels of each line belong to stripes."""
    found = np.zeros(lines.shape, np.bool_)
    for width in _SURROUNDINGS:
        if width <= lines.shape[1]:
            found |= _runs(lines, lines > _surroundings(lines, width))
    return found


def _surroundings(lines: Plane, width: int) -> Plane:
    """The mean of `width` pixels around each, fewer at the ends."""
    size = lines.shape[1]
    sums = np.zeros((lines.shape[0], size + 1), np.float32)
    np.cumsum(lines, axis=1, out=sums[:, 1:])
    place = np.arange(size)
    first, last = np.maximum(place - width // 2, 0), np.minimum(place + width // 2 + 1, size)
    mean: Plane = ((sums[:, last] - sums[:, first]) / (last - first)).astype(np.float32)
    return mean


def _runs(lines: Plane, lighter: Mask) -> Mask:
    """The pixels in rows of more than five pairs of runs that are alike, clearly light and clearly dark in turns."""
    border = np.ones(lines.shape, np.bool_)
    border[:, 1:] = lighter[:, 1:] != lighter[:, :-1]
    starts = np.flatnonzero(border)
    lengths = np.diff(starts, append=lines.size)
    values = lines.reshape(-1)
    bright = np.maximum.reduceat(values, starts)
    level = np.where(lighter.reshape(-1)[starts], bright, np.minimum.reduceat(values, starts))
    first = starts % lines.shape[1] == 0  # of their lines
    clear = _clear(level)
    regular = clear[:-1] & clear[1:] & _even(lengths) & _steady(level) & ~first[1:-1] & ~first[2:]
    return _long(regular, starts, lines)


def _clear(level: NDArray[np.float32]) -> Mask:
    """Between each run and the next: is one clearly light and the other clearly dark?"""
    high, low = np.maximum(level[:-1], level[1:]), np.minimum(level[:-1], level[1:])
    clear: Mask = (high > LIGHT) & (high - low >= _CONTRAST * (high + low))
    return clear


def _even(lengths: NDArray[np.int64]) -> Mask:
    """For each run with the two after it: are the two pairs in it about equally long?"""
    pairs = lengths[:-1] + lengths[1:]
    longer, shorter = np.maximum(pairs[:-1], pairs[1:]), np.minimum(pairs[:-1], pairs[1:])
    even: Mask = (longer <= _EVEN * shorter) & (shorter >= _FINEST)
    return even


def _steady(level: NDArray[np.float32]) -> Mask:
    """For each run with the two after it: are the outer ones about equally light, compared with the one between?"""
    steady: Mask = np.abs(level[2:] - level[:-2]) <= _STEADY * np.abs(level[1:-1] - level[:-2])
    return steady


def _long(regular: Mask, starts: NDArray[np.int64], lines: Plane) -> Mask:
    """The pixels of all chains of more than `PAIRS` pairs; `regular` says it of each run with the two after it."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], regular, [False])).astype(np.int8)))
    begin, last = edges[::2], edges[1::2] + 1  # runs
    whole = (last - begin + 1) // 2 > PAIRS
    marks = np.zeros(lines.size + 1, np.int32)
    ends = np.append(starts, lines.size)[1:]
    np.add.at(marks, starts[begin[whole]], 1)
    np.add.at(marks, ends[last[whole]], -1)
    found: Mask = (marks.cumsum()[:-1] > 0).reshape(lines.shape)
    return found
