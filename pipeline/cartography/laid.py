"""Names along streets and rivers while the camera moves: they lie in the map, but never upside down.

A name whose way turns past level fades into itself set from the other end. Like the names at points they fade away
before an edge, a plate or the distance could spoil them, and give way to names at points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.cartography import lettering
from pipeline.cartography.lens import Course, Pose, skia_matrix, to_ground
from pipeline.cartography.lettering import LineName
from pipeline.cartography.turning import hann
from pipeline.cartography.upright import EDGE, FADE_S, UprightNames, softly
from pipeline.geo import Floats
from pipeline.mercator import MapView
from pipeline.overlays.marks import Sprite
from pipeline.overlays.paint import Sheet

_DEPTHS = (1.3, 1.75)
_LEAN = math.radians(100)  # a name leans this far over before it is turned round


class LaidNames:
    """The names along lines of one view. `levels` (frames, names, 2): how strongly each is shown, as set and turned
    round."""

    def __init__(
        self,
        lines: Sequence[LineName],
        view: MapView,
        course: Course,
        *,
        shares: Floats,
        above: UprightNames,
    ) -> None:
        """`shares` (frames,): how much of this view a frame shows; `above`: the names at points, which have the way."""
        self._lines, self._view, self._lens, self._unit = tuple(lines), view, course.lens, course.unit
        self._sprites: dict[tuple[int, bool], Sprite] = {}
        counts = [len(line.angles) for line in self._lines]
        self._starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp) if counts else np.zeros(0, np.intp)
        corners = np.concatenate([line.boxes.reshape(-1, 2) for line in self._lines]) if counts else np.zeros((0, 2))
        self._corners = corners / view.scale + (view.x, view.y)
        self._lean = np.array([_lean(line) for line in self._lines])
        self.levels = self._settled(course, shares, above)

    def paint(self, canvas: skia.Canvas, frame: int, pose: Pose) -> None:
        shown = np.argwhere(self.levels[frame] > 0.01)
        if not len(shown):
            return
        canvas.save()
        canvas.concat(skia_matrix(self._lens.matrix(pose, self._view)))
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        for index, turned in shown.tolist():
            sprite = self._sprite(index, bool(turned))
            paint = skia.Paint()
            paint.setAlphaf(float(self.levels[frame, index, turned]))
            canvas.drawImage(sprite.image, sprite.x, sprite.y, smooth, paint)
        canvas.restore()

    def _sprite(self, index: int, turned: bool) -> Sprite:
        """Drawn when first shown."""
        if (index, turned) not in self._sprites:
            line = self._lines[index]
            self._sprites[index, turned] = _drawn(turned_round(line) if turned else line)
        return self._sprites[index, turned]

    def _settled(self, course: Course, shares: Floats, above: UprightNames) -> Floats:
        poses = course.poses
        frames, count = len(poses), len(self._lines)
        wanted, faint, turned = (np.zeros((frames, count)) for _ in range(3))
        if count == 0:
            return np.zeros((frames, 0, 2), np.float32)
        over = np.zeros(count, np.bool_)
        for frame, pose in enumerate(poses):
            lean = np.abs((self._lean - pose.bearing + math.pi) % (2 * math.pi) - math.pi)
            over = np.where(over, lean > math.pi - _LEAN, lean > _LEAN)
            turned[frame] = over
            wanted[frame], faint[frame] = self._room(pose, above.taken[frame])
        strong = softly(wanted, course.fps) * faint * shares[:, None]
        round_ = hann(turned, round(FADE_S * course.fps))
        return np.stack([strong * (1 - round_), strong * round_], axis=-1).astype(np.float32)

    def _room(self, pose: Pose, taken: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Whether each name touches nothing that has the way, and how well it can be seen."""
        ground = to_ground(self._corners, pose)
        depth = self._lens.depths(ground, pose.tilt).reshape(-1, 4).max(axis=1)
        seen = self._lens.seen(ground, pose.tilt).reshape(-1, 4, 2)
        low, high = seen.min(axis=1), seen.max(axis=1)
        size = np.array([self._lens.width, self._lens.height])
        inside = np.minimum.reduceat(np.minimum(low, size - high).min(axis=1), self._starts)
        near, far = _DEPTHS
        deepest = np.maximum.reduceat(depth, self._starts)
        faint = np.clip((far - deepest) / (far - near), 0, 1)
        hit = np.zeros(len(low), np.bool_)
        for left, top, right, bottom in taken.tolist():
            hit |= (low[:, 0] < right) & (high[:, 0] > left) & (low[:, 1] < bottom) & (high[:, 1] > top)
        return ~np.logical_or.reduceat(hit, self._starts) & (inside >= 0.9 * EDGE * self._unit), faint


def turned_round(line: LineName) -> LineName:
    """The name set from the other end of its way."""
    if line.block is not None:
        return lettering.straight(line.block, line.look, line.middle, float(line.angles[0]) + math.pi)
    word = lettering.letters(line.text, line.look)
    assert word is not None  # it was set letter by letter before
    # The way through the middles of the letters, and where on it each stands when the first is last.
    along = np.cumsum(word.advances) - word.advances / 2
    at = word.width - along
    way = np.stack([np.cos(line.angles), np.sin(line.angles)], axis=-1)
    middles, spare = line.boxes.mean(axis=1), word.width
    middles = np.concatenate([middles[:1] - way[:1] * spare, middles, middles[-1:] + way[-1:] * spare])
    known = np.concatenate([along[:1] - spare, along, along[-1:] + spare])
    places = np.stack([np.interp(at, known, middles[:, axis]) for axis in (0, 1)], axis=-1)
    angles = np.interp(at, along, np.unwrap(line.angles)) + math.pi
    return lettering.curved(word, line.look, places, angles)


def _lean(line: LineName) -> float:
    """The direction from the first letter to the last, clockwise from reading level."""
    angles = line.angles
    return float(math.atan2(float(np.sin(angles).sum()), float(np.cos(angles).sum())))


def _drawn(line: LineName) -> Sprite:
    corners = line.boxes.reshape(-1, 2)
    low, high = np.floor(corners.min(axis=0)) - 2, np.ceil(corners.max(axis=0)) + 2
    width, height = (high - low).astype(int).tolist()
    sheet = Sheet(width, height)
    sheet.canvas.translate(-float(low[0]), -float(low[1]))
    line.paint(sheet.canvas)
    return Sprite(image=sheet.image().withDefaultMipmaps(), x=float(low[0]), y=float(low[1]))
