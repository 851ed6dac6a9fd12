"""The opening of a clip without footage: the map below the title, pushing in slowly, and at the end moving to where the
next scene begins, so that the cut between the two is not seen.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.cartography.camera import lens_for, overview
from pipeline.cartography.lens import Lens, Pose
from pipeline.cartography.world_line import WorldLine
from pipeline.geometry import Box, Size
from pipeline.layout import Layout
from pipeline.pacing import smoother

PUSH_IN = 1.10
MOVE_S = 0.9  # to the next scene's view
_TITLE_SHARE = 0.46  # of the safe area's height, at the title's side


def room_beside(layout: Layout) -> Box:
    """Where the route may lie while the title is up: the part of the safe area that the title leaves."""
    safe, unit = layout.safe, layout.unit
    taken = int(_TITLE_SHARE * safe.height)
    side = int(min(56 * unit, 0.1 * safe.width))
    pins = int(min(84 * unit, 0.12 * safe.height))  # stand above their places
    top = safe.y + (taken if layout.title_from == "top" else 0) + pins
    bottom = safe.bottom - (0 if layout.title_from == "top" else taken) - int(min(40 * unit, 0.05 * safe.height))
    return Box(x=safe.x + side, y=top, width=safe.width - 2 * side, height=max(40, bottom - top))


def approach(line: WorldLine, frames: int, fps: float, size: Size, layout: Layout, scene: Box) -> tuple[Pose, ...]:
    """A pose for each frame, for the lens of `scene` (the room of the scene that follows), north up. The last two are
    the overview with which that scene begins."""
    lens = lens_for("flat", size, scene)
    there = overview(line, scene, lens)
    beside = _seen_by(lens, overview(line, room_beside(layout), lens_for("flat", size, room_beside(layout))), layout)
    move = min(round(MOVE_S * fps), frames // 2)
    at = np.arange(frames)
    push = smoother(at / max(1, frames - 1)) * 0.5 + at / max(1, frames - 1) * 0.5
    scales = beside.scale / PUSH_IN ** (1 - push)
    share = smoother((at - (frames - 2 - move)) / max(1, move))
    return tuple(
        there
        if share[k] >= 1
        else Pose(
            x=beside.x + (there.x - beside.x) * float(share[k]),
            y=beside.y + (there.y - beside.y) * float(share[k]),
            scale=math.exp(math.log(scales[k]) * (1 - share[k]) + math.log(there.scale) * share[k]),
        )
        for k in range(frames)
    )


def _seen_by(lens: Lens, pose: Pose, layout: Layout) -> Pose:
    """The same view, for a lens with another focus."""
    other = lens_for("flat", layout.size, room_beside(layout))
    return Pose(
        x=pose.x + (lens.x - other.x) / pose.scale, y=pose.y + (lens.y - other.y) / pose.scale, scale=pose.scale
    )
