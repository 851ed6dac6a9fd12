"""The camera of the ribbon: a turn of the map, a look from above, perspective; the turn that fits best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.geo import Floats

PITCH = math.radians(34)
DISTANCE = 3.4  # of the camera, in radii of the route


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Looks at the middle of the route from above; radii of the route → pixels."""

    yaw: float  # radians, how far the map is turned clockwise
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def pixels(self, points: Floats) -> Floats:
        """(…, 3) east, north, up in radii → (…, 2)."""
        across, away = self._turned(points)
        up = points[..., 2]
        depth = away * math.cos(PITCH) - up * math.sin(PITCH) + DISTANCE
        rise = away * math.sin(PITCH) + up * math.cos(PITCH)
        return np.stack([self.x + self.scale * across / depth, self.y - self.scale * rise / depth], axis=-1)

    def away(self, points: Floats) -> Floats:
        """How far behind the middle of the route each point lies, in radii."""
        return self._turned(points)[1]

    def _turned(self, points: Floats) -> tuple[Floats, Floats]:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return points[..., 0] * cos + points[..., 1] * sin, points[..., 1] * cos - points[..., 0] * sin


def best_camera(points: Floats, rect: skia.Rect) -> Camera:
    """The turn that shows the route largest in `rect`, north-up preferred where it costs little."""
    best: tuple[float, Camera] | None = None
    for degrees in range(-180, 180, 10):
        yaw = math.radians(degrees)
        raw = Camera(yaw=yaw).pixels(points)
        low, high = raw.min(axis=0), raw.max(axis=0)
        scale = float(min(rect.width() / (high[0] - low[0]), rect.height() / (high[1] - low[1])))
        middle = (low + high) / 2 * scale
        camera = Camera(yaw=yaw, scale=scale, x=rect.centerX() - float(middle[0]), y=rect.centerY() - float(middle[1]))
        score = scale * (0.86 + 0.14 * math.cos(yaw))
        if best is None or score > best[0]:
            best = (score, camera)
    assert best is not None
    return best[1]
