"""How the moving camera sees the map: a pose, and the matrices between the world, the ground before the camera and
the frame.

The *ground* is the map around the place looked at, turned so that the way ahead is up, in pixels as large as they are
at that place. Without tilt it is the frame itself, moved to the focus; with tilt the frame sees it in perspective, the
horizon above. How much farther away a place is than the one looked at is its depth: things are that much smaller there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.geo import Floats
from pipeline.geometry import Box, Size
from pipeline.mercator import MapView

HORIZON = 0.09  # of the frame's height from its upper edge, when fully tilted
LARGEST = 2.5  # how much larger than at the focus things may be at the lower edge of the frame
WIDEST = math.radians(80)  # field of view across


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Looks at x, y (world units), which stand at the lens' focus. `bearing`: what is up, clockwise from north;
    `tilt`: 0 straight down. Both in radians."""

    x: float
    y: float
    scale: float  # pixels per world unit, at the focus
    bearing: float = 0.0
    tilt: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Lens:
    """A frame, the place in it that the camera looks at, and how far away (pixels) the camera stands."""

    width: int
    height: int
    x: float
    y: float
    distance: float

    @classmethod
    def for_frame(cls, size: Size, room: Box, tilt: float = 0.0) -> Lens:
        """The focus in the middle of `room`; for a tilted camera lower, to see more of what lies ahead."""
        share = 0.5 + 0.2 * min(1.0, math.tan(tilt))
        x, y = room.x + room.width / 2, room.y + room.height * share
        drop = max(y - HORIZON * size.height, (size.height - y) / (LARGEST - 1))
        widest = size.width / 2 / math.tan(WIDEST / 2)
        distance = max(drop * math.tan(max(tilt, math.radians(30))), widest)
        return cls(width=size.width, height=size.height, x=x, y=y, distance=distance)

    def horizon(self, tilt: float) -> float:
        """Its height on the frame; far above it when the camera looks down."""
        return self.y - self._drop(tilt)

    def row(self, depth: float, tilt: float) -> float:
        """The height on the frame at which the ground has a depth (> 1)."""
        return self.y - self._drop(tilt) * (1 - 1 / depth)

    def _drop(self, tilt: float) -> float:
        return self.distance / max(math.tan(tilt), 1e-6)

    def perspective(self, tilt: float) -> Floats:
        """Ground → frame, (3, 3)."""
        fall, cos = math.sin(tilt) / self.distance, math.cos(tilt)
        return np.array([[1, -self.x * fall, self.x], [0, cos - self.y * fall, self.y], [0, -fall, 1]])

    def matrix(self, pose: Pose, view: MapView) -> Floats:
        """Pixels of a north-up picture → frame, (3, 3)."""
        zoom = pose.scale / view.scale
        cos, sin = math.cos(pose.bearing), math.sin(pose.bearing)
        x, y = (view.x - pose.x) * pose.scale, (view.y - pose.y) * pose.scale
        ground = [[cos * zoom, sin * zoom, cos * x + sin * y], [-sin * zoom, cos * zoom, cos * y - sin * x], [0, 0, 1]]
        return np.asarray(self.perspective(pose.tilt) @ np.array(ground))

    def depths(self, ground: Floats, tilt: float) -> Floats:
        """Of places on the ground (n, 2); zero or less is behind the camera."""
        return np.asarray(1 - ground[..., 1] * math.sin(tilt) / self.distance)

    def seen(self, ground: Floats, tilt: float) -> Floats:
        """Ground (n, 2) → frame (n, 2); what is behind the camera comes out far below the frame."""
        depth = np.maximum(self.depths(ground, tilt), 1e-3)
        return np.stack([self.x + ground[..., 0] / depth, self.y + ground[..., 1] * math.cos(tilt) / depth], axis=-1)

    def below(self, frame: Floats, tilt: float) -> Floats:
        """Frame (n, 2), below the horizon → ground (n, 2)."""
        rise = self.y - frame[..., 1]
        depth = 1 / (1 - rise / self._drop(tilt))
        return np.stack([(frame[..., 0] - self.x) * depth, -rise * depth / math.cos(tilt)], axis=-1)

    def corners(self, tilt: float, farthest: float, nearest_row: float | None = None) -> Floats:
        """The part of the ground that the frame shows as far as a depth: its four corners (4, 2), in order."""
        top = max(0.0, self.row(farthest, tilt))
        bottom = self.height if nearest_row is None else nearest_row
        frame = [[0.0, top], [self.width, top], [self.width, bottom], [0.0, bottom]]
        return self.below(np.array(frame, np.float64), tilt)


@dataclass(frozen=True, kw_only=True)
class Course:
    """A pose for each frame, seen through a lens; `unit` is the size of a design pixel."""

    poses: tuple[Pose, ...]
    lens: Lens
    fps: float
    unit: float


def to_ground(points: Floats, pose: Pose) -> Floats:
    """World units (n, 2) → ground (n, 2)."""
    x, y = ((np.asarray(points) - (pose.x, pose.y)) * pose.scale).T
    cos, sin = math.cos(pose.bearing), math.sin(pose.bearing)
    return np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)


def to_world(ground: Floats, pose: Pose) -> Floats:
    """Ground (n, 2) → world units (n, 2)."""
    x, y = np.asarray(ground).T / pose.scale
    cos, sin = math.cos(pose.bearing), math.sin(pose.bearing)
    return np.stack([pose.x + cos * x - sin * y, pose.y + sin * x + cos * y], axis=-1)


def skia_matrix(values: Floats) -> skia.Matrix:
    """(3, 3) as a canvas takes it."""
    matrix = skia.Matrix()
    matrix.setAll(*values.ravel().tolist())
    return matrix
