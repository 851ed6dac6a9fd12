"""When each of several routes is drawn, and where the camera is meanwhile.

The routes are drawn one after the other, each with its share of the time; for the last second and a half all of them
are shown. Where the overview shows a route so small that nobody could follow it, the camera visits its neighbourhood
(several at once where they are neighbours), if there is time to travel calmly; else it never moves.

Every pose lies within the frame of the overview: that is a convex set of (x, y, 1 / scale), so poses may be mixed and
smoothed, and one picture of the overview lies below them all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.cartography import camera
from pipeline.cartography.lens import Lens, Pose
from pipeline.cartography.turning import hann
from pipeline.cartography.world_line import WorldLine
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.pacing import smoother

HOLD_S, REST_S = 0.5, 1.5  # nothing drawn yet; everything shown
LEGIBLE = 130.0  # design pixels: a route that is smaller in the overview gets a visit
CALM_S = 0.4  # a drawn route settles
_OVERLAP = 0.15  # of a turn, that the next one's begins before it ends
_LEAST_TURN_S = 0.9
_SOFT_S = 0.3  # the camera's way is smoothed by that
_FILLED = 0.8  # of the room, by the routes visited
_PAN, _ZOOM = 1.1, math.log(20.0)  # the fastest: frame widths, and growth, in a second
_LEAST_MOVE_S = 1.1
_RAMP = 0.3  # of a move, to get going and to stop
_BEND = 1.5  # how far the camera rises on its way: van Wijk and Nuij's rho
_NEARS = (math.inf, 2.0)  # how close the camera comes; less close where time is short
_WORTH = 1.5


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Frames in which a route is drawn; half-open, and at least one."""

    first: int
    end: int

    def share(self, frame: int) -> float:
        """How much of the route is drawn."""
        if frame >= self.end - 1:
            return 1.0
        even = min(1.0, max(0.0, (frame - self.first) / max(1, self.end - 1 - self.first)))
        return 0.5 * even + 0.5 * float(smoother(np.array(even)))


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Frames (half-open) in which the camera rests, on the routes whose names are shown."""

    first: int
    end: int
    pose: Pose
    routes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A turn for each route, a pose for each frame, and where the camera rests, in order."""

    turns: tuple[Turn, ...]
    poses: tuple[Pose, ...]
    stops: tuple[Stop, ...]
    lens: Lens

    @property
    def moving(self) -> bool:
        return len(self.stops) > 1

    @property
    def whole(self) -> Pose:
        """The overview."""
        return self.stops[-1].pose


def journey(lines: Sequence[WorldLine], layout: Layout, frames: int, fps: float, *, reduced: bool = False) -> Journey:
    """The plan of a scene. `reduced`: everything is shown at every frame."""
    lines = beside(lines)
    inner = camera.room(layout)
    lens = camera.lens_for("flat", layout.size, inner)
    whole = _fitting(lines, inner, lens, 1.0)
    everyone = tuple(range(len(lines)))
    if reduced:
        still = Stop(first=0, end=frames, pose=whole, routes=everyone)
        done = tuple(Turn(first=0, end=1) for _ in lines)
        return Journey(turns=done, poses=(whole,) * frames, stops=(still,), lens=lens)
    for near in _NEARS:
        visits = _visits(lines, layout, inner, lens, whole, near)
        if visits and frames >= math.ceil(_needed_s(visits, whole, lens) * fps):
            return _travelled(lines, visits, whole, lens, frames, fps)
    hold, rest = _edges(frames, fps)
    turns = _turns(lines, hold, frames - rest)
    still = Stop(first=0, end=frames, pose=whole, routes=everyone)
    return Journey(turns=turns, poses=(whole,) * frames, stops=(still,), lens=lens)


def wanted_s(lines: Sequence[WorldLine], layout: Layout) -> float:
    """Seconds that a scene wants: with less than that the camera comes less close, or stays in the overview."""
    lines = beside(lines)
    inner = camera.room(layout)
    lens = camera.lens_for("flat", layout.size, inner)
    whole = _fitting(lines, inner, lens, 1.0)
    visits = _visits(lines, layout, inner, lens, whole, _NEARS[0])
    needed = _needed_s(visits, whole, lens) if visits else HOLD_S + REST_S + 0.8 * len(lines)
    return needed + 0.5 * len(lines)


def beside(lines: Sequence[WorldLine]) -> list[WorldLine]:
    """All on the same turn round the world as the first."""
    first = float(lines[0].lines[0][0, 0])
    out = []
    for line in lines:
        turns = round(first - float(line.lines[0][0, 0]))
        out.append(replace(line, lines=tuple(part + np.array([turns, 0]) for part in line.lines)) if turns else line)
    return out


def _fitting(lines: Iterable[WorldLine], inner: Box, lens: Lens, filled: float) -> Pose:
    """The lines within a share of the room, north up."""
    points = np.concatenate([line.points for line in lines])
    aside, above = (1 - filled) / 2 * inner.width, (1 - filled) / 2 * inner.height
    rect = (inner.x + aside, inner.y + above, inner.right - aside, inner.bottom - above)
    view = MapView.fitting(points, rect, lens.width, lens.height, 1.0)
    return Pose(x=view.x + lens.x / view.scale, y=view.y + lens.y / view.scale, scale=view.scale)


def _visits(
    lines: Sequence[WorldLine], layout: Layout, inner: Box, lens: Lens, whole: Pose, near: float
) -> list[tuple[tuple[int, ...], Pose]]:
    """Groups of routes, in order, with the pose that shows them; none when the overview shows all well enough. No route
    is shown larger than `near` times what is legible when it is the smallest of its group."""
    least = LEGIBLE * layout.unit
    sizes = [max(1e-12, float(np.ptp(line.points, axis=0).max())) for line in lines]
    if min(sizes) * whole.scale >= least:
        return []
    closest = layout.size.width * metres_per_unit(whole.y) / camera.CLOSEST_M
    groups: list[tuple[tuple[int, ...], Pose]] = []
    for k in range(len(lines)):
        for group in ((*groups[-1][0], k) if groups else (k,), (k,)):
            pose = _fitting([lines[i] for i in group], inner, lens, _FILLED)
            pose = replace(
                pose, scale=max(whole.scale, min(pose.scale, closest, near * least / min(sizes[i] for i in group)))
            )
            if len(group) == 1 or min(sizes[i] for i in group) * pose.scale >= 1.5 * least:
                break
        if groups and len(group) > 1:
            groups.pop()
        groups.append((group, _within(pose, whole, lens)))
    return groups if any(pose.scale > _WORTH * whole.scale for _, pose in groups) else []


def _within(pose: Pose, whole: Pose, lens: Lens) -> Pose:
    """The nearest pose whose frame lies in that of the overview. What stood in the room there still does."""
    return _pose(_held(np.array([[pose.x, pose.y, 1 / max(pose.scale, whole.scale)]]), whole, lens)[0])


def _held(ways: Floats, whole: Pose, lens: Lens) -> Floats:
    """Columns x, y, world units per pixel; held within the overview's frame."""
    out = np.array(ways, np.float64)
    out[:, 2] = np.minimum(out[:, 2], 1 / whole.scale)
    spare = 1 / whole.scale - out[:, 2]
    for axis, (middle, focus, extent) in enumerate(
        ((whole.x, lens.x, lens.width), (whole.y, lens.y, lens.height)),
    ):
        low, high = middle - focus * spare, middle + (extent - focus) * spare
        out[:, axis] = np.clip(out[:, axis], low, high)
    return out


def _pose(way: Floats) -> Pose:
    return Pose(x=float(way[0]), y=float(way[1]), scale=1 / float(way[2]))


def _way(one: Pose, other: Pose, lens: Lens, shares: Floats) -> Floats:
    """From one pose to another along van Wijk and Nuij's smooth path: out, across, in. (n, 3): x, y, world units per
    pixel."""
    width = float(lens.width)
    start, aim = np.array([one.x, one.y]), np.array([other.x, other.y])
    low, high = width / one.scale, width / other.scale
    far = float(np.hypot(*(aim - start)))
    square = _BEND * _BEND
    if far < 1e-6 * min(low, high):
        return np.column_stack([start + (aim - start) * shares[:, None], low * (high / low) ** shares / width])
    bends = [
        (high**2 - low**2 + sign * square**2 * far**2) / (2 * size * square * far)
        for size, sign in ((low, 1.0), (high, -1.0))
    ]
    first, last = (-math.asinh(bend) for bend in bends)
    at = first + (last - first) * shares
    moved = low / square * (math.cosh(first) * np.tanh(at) - math.sinh(first))
    size = low * math.cosh(first) / np.cosh(at)
    return np.column_stack([start + (aim - start) * (moved / far)[:, None], size / width])


def _eased(share: Floats) -> Floats:
    """Even in the middle, so that the fastest is not much faster than the mean."""
    slow = np.minimum(share, 1 - share)
    gone = np.where(slow < _RAMP, slow**2 / (2 * _RAMP), slow - _RAMP / 2) / (1 - _RAMP)
    return np.asarray(np.where(share < 0.5, gone, 1 - gone))


def _move_s(one: Pose, other: Pose, whole: Pose, lens: Lens) -> float:
    """Seconds that a calm move takes."""
    if one == other:
        return 0.0
    eased = _eased(np.linspace(0.0, 1.0, 200))
    way = _held(_way(one, other, lens, eased), whole, lens)
    size = lens.width * (way[1:, 2] + way[:-1, 2]) / 2
    pan = np.hypot(*np.diff(way[:, :2], axis=0).T) / size
    zoom = np.abs(np.diff(np.log(way[:, 2])))
    return float(max(_LEAST_MOVE_S, pan.max() * 199 / _PAN, zoom.max() * 199 / _ZOOM))


def _moves(visits: Sequence[tuple[tuple[int, ...], Pose]], whole: Pose, lens: Lens) -> list[float]:
    poses = [whole, *(pose for _, pose in visits), whole]
    return [_move_s(one, other, whole, lens) for one, other in itertools.pairwise(poses)]


def _needed_s(visits: Sequence[tuple[tuple[int, ...], Pose]], whole: Pose, lens: Lens) -> float:
    resting = sum(_SOFT_S + _LEAST_TURN_S * len(group) for group, _ in visits)
    return HOLD_S + REST_S + _SOFT_S + sum(_moves(visits, whole, lens)) + resting


def _edges(frames: int, fps: float) -> tuple[int, int]:
    """Frames before the first route begins and after the last is done."""
    return round(min(HOLD_S * fps, 0.1 * frames)), round(min(REST_S * fps, 0.35 * frames))


def _turns(lines: Sequence[WorldLine], first: int, end: int) -> tuple[Turn, ...]:
    """The frames in [first, end) shared out: longer routes take longer, though none takes many times what another
    does; each begins a little before the one before it is done."""
    weights = np.sqrt([max(line.distance_m, 1.0) for line in lines])
    weights = np.clip(weights / weights.mean(), 0.6, 1.7)
    edges = first + np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]) * (end - first)
    out = []
    for k, (begun, done) in enumerate(itertools.pairwise(edges.tolist())):
        start = begun - (_OVERLAP * (edges[k] - edges[k - 1]) if k else 0.0)
        out.append(Turn(first=int(start), end=max(int(start) + 1, int(done))))
    return tuple(out)


def _travelled(
    lines: Sequence[WorldLine],
    visits: Sequence[tuple[tuple[int, ...], Pose]],
    whole: Pose,
    lens: Lens,
    frames: int,
    fps: float,
) -> Journey:
    """Moves take what they need, the routes drawn all the rest of the time."""
    soft = round(_SOFT_S * fps / 2)
    moves = [math.ceil(seconds * fps) for seconds in _moves(visits, whole, lens)]
    spare = frames - round(HOLD_S * fps) - round((REST_S + _SOFT_S) * fps) - sum(moves) - 2 * soft * len(visits)
    weights = np.array([len(group) for group, _ in visits], np.float64)
    ends = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]) * spare
    way = np.tile([whole.x, whole.y, 1 / whole.scale], (frames, 1))
    everyone = tuple(range(len(lines)))
    stops: list[Stop] = []
    turns: list[Turn] = []
    at, before = round(HOLD_S * fps), whole
    stops.append(Stop(first=0, end=at - soft, pose=whole, routes=everyone))
    for k, (group, pose) in enumerate(visits):
        way[at : at + moves[k]] = _way(before, pose, lens, _eased(np.arange(moves[k]) / moves[k]))
        at += moves[k]
        last = at + 2 * soft + int(ends[k + 1]) - int(ends[k])
        way[at:last] = (pose.x, pose.y, 1 / pose.scale)
        stops.append(Stop(first=at + soft, end=last - soft, pose=pose, routes=group))
        turns += _turns([lines[i] for i in group], at + soft, last - soft)
        at, before = last, pose
    way[at : at + moves[-1]] = _way(before, whole, lens, _eased(np.arange(moves[-1]) / moves[-1]))
    stops.append(Stop(first=at + moves[-1] + soft, end=frames, pose=whole, routes=everyone))
    calm = hann(_held(way, whole, lens), 2 * soft)
    poses = [_pose(row) for row in calm]
    for stop in stops:
        poses[stop.first : stop.end] = [stop.pose] * (stop.end - stop.first)
    return Journey(turns=tuple(turns), poses=tuple(poses), stops=tuple(stops), lens=lens)
