"""The camera's way over the map: it begins with the whole route, eases down to the start, follows the marker and pulls
back to the whole route.

A pose is found from where the marker is to stand in the frame: between its place in the overview and its place when it
is followed. That is why it never leaves the room it was given, however the camera turns and tilts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.cartography.lens import Lens, Pose, to_ground, to_world
from pipeline.cartography.turning import bearings, hann, headings
from pipeline.cartography.world_line import WorldLine
from pipeline.geo import Floats
from pipeline.geometry import Box, Size
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.pacing import Times

Mode = Literal["flat", "turn", "tilt", "still"]

TILT = math.radians(48)
SHORTEST_S = 3.6  # a shorter scene is one still overview
CLOSEST_M = 350.0  # across the frame
PER_SECOND = 0.45  # of the frame's width, that the camera travels at its fastest (a third on the whole way) …
MARKER_PER_SECOND = 1.0  # … and the marker, whose zigzag the camera does not follow
_WINDOWS = (0.08, 0.14, 0.22, 0.32, 0.45, 0.6, 0.9)  # shares of the way over which the camera's way is smoothed
_ROAM = 0.85  # of the room around the focus is the marker's
WORTH = 1.25  # a move that comes less close than that is none
PUSH_IN = 1.24


def room(layout: Layout) -> Box:
    """Where the route may lie in a map scene: its map less the room for pins above, for the names of the place, the
    scale bar and the credit below, and for the line's width at the sides."""
    area, unit = layout.scene_map, layout.unit
    side, top, bottom = (
        int(min(design * unit, share * whole))
        for design, share, whole in ((56, 0.1, area.width), (104, 0.2, area.height), (116, 0.2, area.height))
    )
    return Box(x=area.x + side, y=area.y + top, width=area.width - 2 * side, height=area.height - top - bottom)


def overview(line: WorldLine, inner: Box, lens: Lens) -> Pose:
    """North up, the whole route in `inner`, as large as can be."""
    rect = (inner.x, inner.y, inner.right, inner.bottom)
    view = MapView.fitting(line.points, rect, lens.width, lens.height, 1.0)
    return Pose(x=view.x + lens.x / view.scale, y=view.y + lens.y / view.scale, scale=view.scale)


def lens_for(mode: Mode, size: Size, inner: Box) -> Lens:
    return Lens.for_frame(size, inner, TILT if mode == "tilt" else 0.0)


def path(
    line: WorldLine, along_m: Sequence[float], fps: float, size: Size, inner: Box, mode: Mode = "flat"
) -> tuple[Pose, ...]:
    """A pose for each frame. The marker is inside `inner` at every frame, the whole route at the first and for the last
    second; the bearing turns at most 25° a second and is north at both ends. Scenes too short for a move, and `still`,
    get the overview throughout."""
    lens, frames = lens_for(mode, size, inner), len(along_m)
    whole = overview(line, inner, lens)
    if mode == "still" or frames / fps < SHORTEST_S:
        return (whole,) * frames
    along = np.asarray(along_m, np.float64)
    times = Times.of(frames, fps)
    near = times.nearness(frames)
    marker = line.places(along)
    calm, closest = _calm(line, along, fps, size, _reach(lens, inner), near > 0.6)
    closest = max(whole.scale, min(closest, size.width * metres_per_unit(whole.y) / CLOSEST_M))
    if mode == "flat" and closest < WORTH * whole.scale:
        return (whole,) * frames
    up = np.zeros(frames)
    if mode != "flat":
        up = bearings(_heading(calm, fps), fps, times.leave, times.rest)
    scale = whole.scale * (closest / whole.scale) ** near
    tilt = (TILT if mode == "tilt" else 0.0) * near
    close = _followed(marker, calm, up, tilt, closest, lens, inner)
    # As large a share of the way as the frame has shrunk of the overview: the zoom then aims at one place.
    share = near if closest == whole.scale else (1 - whole.scale / scale) / (1 - whole.scale / closest)
    stands = lens.seen(to_ground(marker, whole), 0.0)
    stands = stands + (close - stands) * share[:, None]
    return tuple(
        _pose(marker[k], stands[k], float(scale[k]), float(up[k]), float(tilt[k]), lens) if near[k] > 0 else whole
        for k in range(frames)
    )


def opening(line: WorldLine, frames: int, fps: float, size: Size, inner: Box) -> tuple[Pose, ...]:
    """A slow push-in from the whole route towards its start, north up."""
    lens = lens_for("flat", size, inner)
    whole = overview(line, inner, lens)
    share = hann(np.linspace(0.0, 1.0, frames), min(frames // 2, round(fps)))
    start = line.lines[0][0]
    stands = lens.seen(to_ground(start[None], whole), 0.0)[0]
    aim = stands + (np.array([lens.x, lens.y]) - stands) * 0.25
    scale = whole.scale * PUSH_IN**share
    towards = (1 - whole.scale / scale) / (1 - 1 / PUSH_IN)
    at = stands + (aim - stands) * towards[:, None]
    return tuple(_pose(start, at[k], float(scale[k]), 0.0, 0.0, lens) for k in range(frames))


def _pose(marker: Floats, stands: Floats, scale: float, bearing: float, tilt: float, lens: Lens) -> Pose:
    """The pose that shows the marker where it is to stand in the frame."""
    ground = lens.below(stands[None], tilt)
    x, y = to_world(ground, Pose(x=0.0, y=0.0, scale=scale, bearing=bearing))[0]
    return Pose(x=float(marker[0] - x), y=float(marker[1] - y), scale=scale, bearing=bearing, tilt=tilt)


def _calm(
    line: WorldLine, along: Floats, fps: float, size: Size, reach: float, close: NDArray[np.bool_]
) -> tuple[Floats, float]:
    """The way of the camera over the ground, and the closest scale (pixels per world unit) at which neither the map nor
    the marker races and the marker stays within `reach` of the focus: of several ways, smoothed little to much, the
    one that comes closest."""
    steps = 2000
    even = np.linspace(float(along.min()), float(along.max()), steps)
    places, marker = line.places(even), line.places(along)
    width = min(size.width, math.sqrt(size.width * size.height))
    best: tuple[Floats, float] | None = None
    for window in _WINDOWS:
        smooth = hann(places, int(window * steps))
        calm = np.stack([np.interp(along, even, smooth[:, axis]) for axis in (0, 1)], axis=-1)
        aside = float(np.hypot(*(marker - calm).T).max())
        pace = max(_pace(calm[close], fps) / PER_SECOND, _pace(marker[close], fps) / MARKER_PER_SECOND)
        scale = min(width / max(pace, 1e-15), reach / max(aside, 1e-15))
        if best is None or scale > best[1] * 1.05:
            best = calm, scale
    assert best is not None
    return best


def _pace(places: Floats, fps: float) -> float:
    """The longest way covered in a second."""
    if len(places) < 2:
        return 0.0
    second = max(1, min(len(places) - 1, round(fps)))
    steps = np.hypot(*np.diff(places, axis=0).T)
    return float(np.convolve(steps, np.ones(second), "valid").max()) * fps / second


def _heading(calm: Floats, fps: float) -> Floats:
    return hann(headings(calm), round(1.2 * fps))


def _followed(
    marker: Floats, calm: Floats, bearing: Floats, tilt: Floats, scale: float, lens: Lens, inner: Box
) -> Floats:
    """Where the marker stands in the frame when the camera looks at its calm way; never out of `inner`."""
    cos, sin = np.cos(bearing), np.sin(bearing)
    x, y = ((marker - calm) * scale).T
    ground = np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)
    focus = np.array([lens.x, lens.y])
    aside = np.array([lens.seen(place, float(lean)) for place, lean in zip(ground, tilt, strict=True)]) - focus
    # Held back only where it would leave: anything that holds the marker back moves the map instead.
    low, high = np.array([inner.x, inner.y]) - focus, np.array([inner.right, inner.bottom]) - focus
    most = np.where(aside < 0, -low, high)
    free, far = _ROAM * most, np.abs(aside)
    held = np.where(far > free, free + (most - free) * np.tanh((far - free) / (most - free)), far)
    return np.asarray(focus + np.sign(aside) * held)


def _reach(lens: Lens, inner: Box) -> float:
    """How far from the focus the marker may roam."""
    return _ROAM * min(lens.x - inner.x, inner.right - lens.x, lens.y - inner.y, inner.bottom - lens.y)
