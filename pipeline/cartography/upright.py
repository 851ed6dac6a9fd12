"""Names at points while the camera moves: upright, never one over another, calm.

Who is shown is settled for all frames beforehand. A name that is shown stays until it leaves the frame or a more
important one needs its place; names come and go softly, and grow faint before an edge could cut them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.cartography.lens import Course, Pose, to_ground
from pipeline.cartography.names import PointName
from pipeline.cartography.turning import hann
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.mercator import MapView

Mask = NDArray[np.bool_]

FADE_S = 0.5
EDGE = 13.0  # design pixels that a name keeps from the edges of the frame
_DEPTHS = (1.2, 1.75)  # between these, names fade away
_STAYS = 0.75  # ranks that a name shown already is ahead


class UprightNames:
    """The names of one view. `levels` (frames, names): how strongly each is shown; `taken`: where they, and all
    that they avoid, stand at each frame, (n, 4) as left, top, right, bottom."""

    def __init__(
        self,
        points: Sequence[PointName],
        view: MapView,
        course: Course,
        *,
        shares: Floats,
        avoid: Sequence[skia.Rect] = (),
        signs: Sequence[tuple[Floats, Box]] = (),
    ) -> None:
        """`shares` (frames,): how much of this view a frame shows at all; `avoid`: where others stand in the frame;
        `signs`: places in the world, (2,) or (frames, 2), with the box around them that is covered."""
        self._points = sorted(points, key=lambda point: (point.rank, -point.weight, point.text, point.x, point.y))
        count = len(self._points)
        anchors = np.array([(point.x, point.y) for point in self._points], np.float64).reshape(count, 2)
        self._world = anchors / view.scale + (view.x, view.y)
        self._boxes = np.array([_box(point) for point in self._points], np.float64).reshape(count, 4)
        self._lens, self._unit = course.lens, course.unit
        self._avoid = np.array([[r.left(), r.top(), r.right(), r.bottom()] for r in avoid], np.float64).reshape(-1, 4)
        self.taken: list[Floats] = []
        frames = len(course.poses)
        places = [np.broadcast_to(place, (frames, 2)) for place, _ in signs]
        self._signs = np.array(places, np.float64).reshape(-1, frames, 2)
        self._reach = np.array([[b.x, b.y, b.right, b.bottom] for _, b in signs], np.float64).reshape(-1, 4)
        self.levels = self._settled(course, shares)

    def paint(self, canvas: skia.Canvas, frame: int, pose: Pose) -> None:
        """Paints the names of a frame, the most important last."""
        chosen = np.flatnonzero(self.levels[frame] > 0.004)
        if not len(chosen):
            return
        places = self._lens.seen(to_ground(self._world[chosen], pose), pose.tilt)
        smooth = skia.SamplingOptions(skia.FilterMode.kLinear)
        for index, (x, y) in reversed(list(zip(chosen.tolist(), places.tolist(), strict=True))):
            point = self._points[index]
            paint = skia.Paint()
            paint.setAlphaf(float(self.levels[frame, index]))
            canvas.drawImage(point.image, x + point.dx, y + point.dy, smooth, paint)

    def _settled(self, course: Course, shares: Floats) -> Floats:
        poses = course.poses
        frames, count = len(poses), len(self._points)
        wanted, faint = np.zeros((frames, count)), np.zeros((frames, count))
        before = np.zeros(count, np.bool_)
        for frame, pose in enumerate(poses):
            signs = self._lens.seen(to_ground(self._signs[:, frame], pose), pose.tilt)
            taken = np.concatenate([self._avoid, np.tile(signs, 2) + self._reach])
            rects, inside, faint[frame] = self._rects(pose)
            before = self._chosen(rects, inside & (faint[frame] > 0), before, taken)
            wanted[frame] = before
            self.taken.append(np.concatenate([taken, rects[before]]))
        return np.asarray((softly(wanted, course.fps) * faint * shares[:, None]).astype(np.float32))

    def _rects(self, pose: Pose) -> tuple[Floats, Mask, Floats]:
        """Where the names would stand, which of them lie in the frame, and how near enough they are."""
        ground = to_ground(self._world, pose)
        depth = self._lens.depths(ground, pose.tilt)
        rects = np.tile(self._lens.seen(ground, pose.tilt), 2) + self._boxes
        edge = EDGE * self._unit
        size = np.array([self._lens.width, self._lens.height]) - edge
        inside = np.all(np.concatenate([rects[:, :2] >= edge, rects[:, 2:] <= size], axis=1), axis=1)
        near, far = _DEPTHS
        return rects, inside, np.clip((far - depth) / (far - near), 0, 1) * (depth > 0.3)

    def _chosen(self, rects: Floats, possible: Mask, before: Mask, taken: Floats) -> Mask:
        """The most important of those in the frame that have room; those shown before have a lead."""
        ranks = np.array([point.rank for point in self._points]) - _STAYS * before
        shown = np.zeros(len(rects), np.bool_)
        order = np.argsort(ranks, kind="stable")
        for index in order[possible[order]]:
            gap = (0.0 if before[index] else 8.0) * self._unit
            left, top, right, bottom = rects[index] + (-gap, -gap, gap, gap)
            hits = (taken[:, 0] < right) & (taken[:, 2] > left) & (taken[:, 1] < bottom) & (taken[:, 3] > top)
            if not hits.any():
                shown[index] = True
                taken = np.concatenate([taken, rects[index : index + 1]])
        return shown


def softly(shown: Floats, fps: float) -> Floats:
    """Levels (frames, n) of things shown (1) or not (0): they come and go within half a second, and only while they
    are shown."""
    frames, half = len(shown), round(FADE_S * fps / 2)
    padded = np.pad(shown, ((half, half), (0, 0)), mode="edge")
    least = np.min([padded[k : k + frames] for k in range(2 * half + 1)], axis=0)
    return hann(np.asarray(least), 2 * half)


def _box(point: PointName) -> tuple[float, float, float, float]:
    """The name's rectangle around its anchor."""
    box = point.box
    return box.left() - point.x, box.top() - point.y, box.right() - point.x, box.bottom() - point.y
