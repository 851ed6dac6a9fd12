"""Which pictures of the map a flight needs, drawn once and then only resampled.

The *overview* is the frame in which the camera begins and rests: exactly the frame, so that no name is cut. The *close*
master covers what is seen while the marker is followed. A *far* one, plain, lies below it where that would be too large
a picture: towards the horizon, and on long ways back to the overview. They fade into each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.cartography.lens import Lens, Pose, to_world
from pipeline.geo import Floats
from pipeline.mercator import Bounds, MapView
from pipeline.pacing import smoother

MOST_PIXELS = 34e6  # of the close master
MOST_FAR = 9e6
FARTHEST = 6.5  # depth at which haze hides everything
NEAR_BAND = (1.45, 2.0)  # depths between which the close master gives way to the far one
_TILTED = 1.2  # the foreground of a tilted map is larger than the place looked at
_SHALLOW = math.radians(0.5)


@dataclass(frozen=True, kw_only=True)
class Masters:
    """Views to draw, and how much each frame shows of the overview and of the close one (0 … 1): (frames,)."""

    overview: MapView | None
    close: MapView | None
    far: MapView | None
    overview_share: Floats
    close_share: Floats

    @classmethod
    def of(cls, poses: Sequence[Pose], lens: Lens, unit: float) -> Masters:
        frames = len(poses)
        rest = poses[-1]
        held = frames == 1 or poses[-2] == rest
        overview = _frame_view(rest, lens, unit) if held and not rest.tilt and not rest.bearing else None
        away = _away(poses, rest, lens) if overview else np.ones(frames)
        moving = [pose for pose, share in zip(poses, away, strict=True) if share > 0]
        if not moving:
            return cls(overview=overview, close=None, far=None, overview_share=np.ones(frames), close_share=np.zeros(1))
        shown = 1 - smoother((away - 0.06) / 0.5) if overview else np.zeros(frames)
        close, since = _close(moving, lens, unit)
        scales = np.array([pose.scale for pose in poses])
        share = np.ones(frames) if since == 0 else smoother(np.log(scales / since) / math.log(1.3))
        tilted = any(pose.tilt > _SHALLOW for pose in moving)
        far = _far(moving, overview, close, lens, unit) if tilted or since else None
        return cls(overview=overview, close=close, far=far, overview_share=shown, close_share=share)


def _frame_view(pose: Pose, lens: Lens, unit: float) -> MapView:
    x, y = pose.x - lens.x / pose.scale, pose.y - lens.y / pose.scale
    return MapView(x=x, y=y, scale=pose.scale, width=lens.width, height=lens.height, unit=unit)


def _away(poses: Sequence[Pose], rest: Pose, lens: Lens) -> Floats:
    """How far each frame has moved from the overview, as a share of the farthest (in the logarithm of zoom)."""
    rows = []
    for pose in poses:
        zoom = abs(math.log(pose.scale / rest.scale))
        pan = math.hypot(pose.x - rest.x, pose.y - rest.y) * rest.scale / max(lens.width, lens.height)
        rows.append(zoom + 0.25 * pan + pose.tilt + 0.5 * abs(math.sin(pose.bearing / 2)))
    away = np.array(rows)
    return np.asarray(away / away.max() if away.max() > 1e-12 else away)


def _close(poses: Sequence[Pose], lens: Lens, unit: float) -> tuple[MapView, float]:
    """The close view and the scale from which on it covers what is seen (0: always)."""
    closest = max(pose.scale for pose in poses)
    sharp = closest * (_TILTED if any(pose.tilt > _SHALLOW for pose in poses) else 1.0)
    least = min(pose.scale for pose in poses)
    for since in (0.0, *(closest * share for share in (0.25, 0.35, 0.5, 0.65, 0.8, 0.95))):
        if 0 < since <= least:
            continue
        bounds = _seen([pose for pose in poses if pose.scale >= since], lens, NEAR_BAND[1])
        scale = min(sharp, math.sqrt(MOST_PIXELS / (bounds.width * bounds.height)))
        if scale >= 0.97 * closest or since > 0.9 * closest:
            break
    return _view(bounds, scale, unit * max(1.0, scale / closest)), since


def _far(poses: Sequence[Pose], overview: MapView | None, close: MapView, lens: Lens, unit: float) -> MapView:
    closest = max(pose.scale for pose in poses)
    bounds = _seen(poses, lens, FARTHEST)
    if overview:
        bounds = _joined(bounds, overview.bounds)
    least = overview.scale if overview else closest / 4
    wanted = max(least, closest / 2.2)
    scale = min(wanted, close.scale, math.sqrt(MOST_FAR / (bounds.width * bounds.height)))
    thin = min(1.0, max(0.5, 1.25 * scale / closest))
    return _view(bounds, scale, unit * thin)


def _seen(poses: Sequence[Pose], lens: Lens, farthest: float) -> Bounds:
    """What the frames show of the world, as far as a depth."""
    every = max(1, len(poses) // 400)
    kept = [*poses[::every], poses[-1]]
    corners = [to_world(lens.corners(pose.tilt, farthest), pose) for pose in kept]
    return Bounds.of(np.concatenate(corners))


def _joined(one: Bounds, other: Bounds) -> Bounds:
    corners = [[b.west, b.north] for b in (one, other)] + [[b.east, b.south] for b in (one, other)]
    return Bounds.of(np.array(corners))


def _view(bounds: Bounds, scale: float, unit: float) -> MapView:
    """Two pixels more at each side, for the sampling of edges."""
    width, height = (max(2, math.ceil(span * scale) + 4) for span in (bounds.width, bounds.height))
    return MapView(
        x=bounds.west - 2 / scale, y=bounds.north - 2 / scale, scale=scale, width=width, height=height, unit=unit
    )
