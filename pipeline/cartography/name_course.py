"""The line a name follows: a stretch of road, calmed; its straightest spans, and the letters set on them.

Whoever places names asks a course for spans, best first, and takes the first that is free. Corners are smoothed over
little more than a letter: cut like Chaikin's, those of a road with few points would lie far beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.cartography.lettering import Lettering, Letters, LineName, curved, straight
from pipeline.geo import Floats
from pipeline.overlays.text import Block

MOST_BEND = math.radians(24)  # between two letters; more looks broken
MOST_CORNER = math.radians(32)  # over four letters: letters inside a corner run into each other
MOST_TURN = math.radians(80)  # over the whole name; more cannot be read at a glance
_STEP_EM = 0.2  # how finely a stretch is sampled
_CALM_EM = 1.4  # kinks shorter than this are smoothed away
_UPRIGHT = math.radians(2)  # so much past the vertical, a name still runs upwards
_SPANS = 24  # tried in one slot


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """A stretch as a calm baseline: points (n, 2) at `along` (n,) pixels from its start."""

    points: Floats
    along: Floats

    @classmethod
    def of(cls, stretch: Floats, size: float) -> Course:
        """Sampled evenly and smoothed over a little more than a letter, so that corners stay where they are."""
        step = _STEP_EM * size
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stretch, axis=0).T))])
        at = np.linspace(0.0, along[-1], max(3, math.ceil(along[-1] / step) + 1))
        even = np.stack([np.interp(at, along, stretch[:, axis]) for axis in (0, 1)], axis=-1)
        return cls.along_points(_calmed(even, min(max(1, round(_CALM_EM / _STEP_EM / 2)), len(even) - 1)))

    @classmethod
    def along_points(cls, points: Floats) -> Course:
        steps = np.hypot(*np.diff(points, axis=0).T)
        return cls(points=points, along=np.concatenate([[0.0], np.cumsum(steps)]))

    @property
    def length(self) -> float:
        return float(self.along[-1])

    def at(self, along: Floats) -> Floats:
        return np.stack([np.interp(along, self.along, self.points[:, axis]) for axis in (0, 1)], axis=-1)

    def spans(self, width: float, slot: tuple[float, float], size: float) -> Iterator[tuple[float, float]]:
        """(from, to) along the course, `width` long, with their middles inside the slot: those that bend least first,
        and of these the nearest to the slot's middle."""
        low = max(slot[0] - width / 2, 0.3 * size)
        high = min(slot[1] - width / 2, self.length - width - 0.3 * size)
        if high < low:
            return
        begins = np.linspace(low, high, min(_SPANS, 1 + int((high - low) / (0.5 * size))))
        quarters = np.stack([self.at(begins + width * share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)])
        chord = quarters[-1] - quarters[0]
        reach = np.hypot(chord[:, 0], chord[:, 1])
        away = quarters[1:-1] - quarters[0]
        sag = np.abs(chord[:, 0] * away[..., 1] - chord[:, 1] * away[..., 0]).max(axis=0) / np.maximum(reach, 1e-9)
        bent = np.round(sag / (0.35 * size))
        middle = (slot[0] + slot[1] - width) / 2
        for i in np.lexsort((begins, np.round(np.abs(begins - middle), 3), bent)).tolist():
            if reach[i] > 0.6 * width:
                yield float(begins[i]), float(begins[i]) + width

    def aside(self, by: float) -> Course:
        """The same course `by` pixels to its left; the directions are calmed, so that letters keep their distances."""
        half = min(round(4 / _STEP_EM), len(self.points) - 1)
        ways = np.gradient(_calmed(self.points, half), axis=0)
        ways /= np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)[:, None]
        points = self.points + by * np.stack([ways[:, 1], -ways[:, 0]], axis=-1)
        return Course.along_points(_calmed(points, half))

    def named(self, word: Letters | Block, look: Lettering, middle: float) -> LineName | None:
        """The name with its middle so far along the course; None where it cannot be read."""
        half = word.width / 2
        if middle < half or middle > self.length - half:
            return None
        span = (middle - half, middle + half)
        if isinstance(word, Letters):
            placed = self._letters(word, span)
            return curved(word, look, *placed) if placed else None
        return self._straight(word, look, span)

    def _letters(self, word: Letters, span: tuple[float, float]) -> tuple[Floats, Floats] | None:
        """Middles and angles of the letters in a span; None where it bends too much."""
        course, begin = self, span[0]
        first, last = self.at(np.array(span))
        if reversed_reading(last - first):
            course = Course(points=self.points[::-1], along=self.length - self.along[::-1])
            first, last, begin = last, first, self.length - span[1]
        points, angles = course._set(word, begin)
        chord = last - first
        heading = math.atan2(chord[1], chord[0])
        turned = np.mod(angles - heading + math.pi, 2 * math.pi) - math.pi
        corner = turned[3:] - turned[:-3]
        if (np.abs(np.diff(turned)) > MOST_BEND).any() or (np.abs(corner) > MOST_CORNER).any():
            return None
        if np.ptp(turned) > MOST_TURN:
            return None
        angles = heading + turned
        if (np.cos(angles) < math.cos(math.pi / 2 + 4 * _UPRIGHT)).any():
            return None
        return points, angles

    def _set(self, word: Letters, begin: float) -> tuple[Floats, Floats]:
        edges = begin + np.concatenate([[0.0], np.cumsum(word.advances)])
        points = self.at(edges)
        middles = (points[:-1] + points[1:]) / 2
        # The direction is that of the line a letter's neighbourhood follows: narrow letters must not wobble.
        wide = np.maximum(word.advances, 0.9 * float(word.advances.mean())) / 2
        centre = (edges[:-1] + edges[1:]) / 2
        chord = self.at(np.minimum(centre + wide, self.length)) - self.at(np.maximum(centre - wide, 0.0))
        return middles, np.arctan2(chord[:, 1], chord[:, 0])

    def _straight(self, block: Block, look: Lettering, span: tuple[float, float]) -> LineName | None:
        """One straight line on a span; None where the course leaves it by half a letter."""
        points = self.at(np.linspace(*span, 9))
        chord = points[-1] - points[0]
        away = points - points[0]
        reach = float(np.hypot(*chord))
        if reach < 1 or (np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) > 0.5 * look.size * reach).any():
            return None
        if reversed_reading(chord):
            chord = -chord
        x, y = points.mean(axis=0).tolist()
        return straight(block, look, (x, y), math.atan2(chord[1], chord[0]))


def reversed_reading(chord: Floats) -> bool:
    """Whether letters along this direction would stand on their heads; what is vertical reads upwards."""
    angle = math.atan2(chord[1], chord[0])
    return not -math.pi / 2 - _UPRIGHT < angle <= math.pi / 2 - _UPRIGHT


def _calmed(points: Floats, half: int) -> Floats:
    """Smoothed over `half` points to each side. Turned about its ends the line goes straight on there, so that the
    ends stay where they are."""
    window = np.hanning(2 * half + 3)[1:-1]
    window /= window.sum()
    ahead, behind = 2 * points[0] - points[half:0:-1], 2 * points[-1] - points[-2 : -half - 2 : -1]
    padded = np.concatenate([ahead, points, behind])
    return np.stack([np.convolve(padded[:, axis], window, "valid") for axis in (0, 1)], axis=-1)
