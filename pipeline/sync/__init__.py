"""Where on the route each clip was shot.

For each clip the best of what there is: the positions of the camera; the brief's `at:` (which also overrules
positions that say something else); the clock of the recorder against a recorded route; and, with nothing at
all, an even spread in the order of the brief. Every answer says in a sentence how it came about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from pipeline.footage import Clip
from pipeline.geo import Floats, distances_m
from pipeline.route import Route
from pipeline.sync.clocks import Timing, clock_timings
from pipeline.sync.matching import Match, match
from pipeline.sync.steady import CameraPath, camera_path
from pipeline.sync.stretches import nearest_m

How = Literal["telemetry", "clock", "at", "spread"]

ABSURD_M, ABSURD_SHARE = 2000.0, 0.2  # a camera further than both from the route was filming something else
AGREES_M, AGREES_SHARE = 300.0, 0.03  # `at:` this near to the positions says the same
STROLL_SPEED = 8.0  # m/s, a drone that follows a path
STROLL_MOST_M, STROLL_SHARE = 400.0, 0.05  # how far the marker strolls about an `at:` at most
ORDER_COST = 10.0  # for going back along the route from one clip to the next
ORDER_ROOM_M = 50.0
LATE_COST = 5.0  # the very end of the route against its very start, when all else is equal
AT_MOST_COST = 200.0  # a reading worse than this is none, even if `at:` asks for it
DOUBT_COST = 30.0  # readings that cost less than this above the best leave a doubt worth telling


@dataclass(frozen=True, kw_only=True, eq=False)
class Placing:
    """The place of one clip: `time_s` increases, `along_m` is piecewise linear between those times."""

    how: How
    why: str  # a sentence for people, with the working shown
    time_s: Floats  # seconds in the clip
    along_m: Floats  # metres along the route
    aside_m: Floats  # metres of the camera from the route; NaN when unknown

    def along(self, t: Fraction | float) -> float:
        """Metres along the route at `t` seconds in the clip; outside its times as at the nearest of them."""
        return float(np.interp(float(t), self.time_s, self.along_m))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Flown:
    """The positions of a clip and what they can mean; without `matches` a reason why they mean nothing."""

    path: CameraPath | None = None
    matches: tuple[Match, ...] = ()
    reason: str = ""


def place_clips(route: Route, clips: Sequence[Clip], anchors: Sequence[float | None]) -> tuple[Placing, ...]:
    """One placing per clip, in their order. `anchors` are metres along the route from the brief's `at:`."""
    spots = [None if at is None else float(np.clip(at, 0.0, route.distance_m)) for at in anchors]
    flown = [_flown(route, clip, spot) for clip, spot in zip(clips, spots, strict=True)]
    wanted = [
        spot is None and not flight.matches and not flight.path for spot, flight in zip(spots, flown, strict=True)
    ]
    timings = clock_timings(route, clips, wanted)

    placed: list[Placing | None] = [_timed(timing) for timing in timings]
    chosen = _in_order(route, flown, placed, spots)
    for at, (clip, flight, pick) in enumerate(zip(clips, flown, chosen, strict=True)):
        if pick is not None:
            placed[at] = _telemetry(clip, flight, pick, spots[at], len(clips) == 1)
    strolls = [_stroll(at, spots, clips, route.distance_m) for at in range(len(clips))]
    for at, (clip, spot) in enumerate(zip(clips, spots, strict=True)):
        if placed[at] is None and spot is not None:
            placed[at] = _anchored(clip, spot, strolls[at], flown[at].reason)
    reasons = [
        flight.reason or timing.reason or "there is nothing that tells the place"
        for flight, timing in zip(flown, timings, strict=True)
    ]
    return _spread(route.distance_m, clips, placed, reasons)


def _flown(route: Route, clip: Clip, spot: float | None) -> _Flown:
    if clip.flight is None or not clip.flight.has_fix:
        return _Flown()
    path = camera_path(clip.flight, float(clip.duration))
    if path is None:
        return _Flown(reason=f"no position of {clip.name} falls into its running time")
    off = nearest_m(route, path)
    if off > max(ABSURD_M, ABSURD_SHARE * _size_m(route)):
        reason = f"the positions of {clip.name} are never nearer than {_far(off)} to the route"
        return _Flown(path=path, reason=reason)
    matches = match(route, path)
    if spot is None:
        return _Flown(path=path, matches=matches)
    agreeing = tuple(m for m in matches if _agrees(m, spot, route.distance_m))
    if agreeing:
        return _Flown(path=path, matches=agreeing)
    reason = f"the positions of {clip.name} say {_stretch(matches[0].along_m)}, but the brief decides"
    return _Flown(path=path, reason=reason)


def _agrees(found: Match, spot: float, distance_m: float) -> bool:
    room = max(AGREES_M, AGREES_SHARE * distance_m)
    near = found.along_m.min() - room <= spot <= found.along_m.max() + room
    return bool(near and found.cost <= AT_MOST_COST)


def _in_order(
    route: Route, flown: Sequence[_Flown], placed: Sequence[Placing | None], spots: Sequence[float | None]
) -> list[Match | None]:
    """For each flight the reading that fits its neighbours best: most briefs name clips in route order."""
    # The best way to each reading of the last placed clip: (cost, middle of the reading, choices so far).
    ways: list[tuple[float, float, list[Match | None]]] = [(0.0, -np.inf, [])]
    for flight, fixed, spot in zip(flown, placed, spots, strict=True):
        known = spot if fixed is None else float(np.median(fixed.along_m))
        if not flight.matches and known is None:
            ways = [(cost, last, [*picks, None]) for cost, last, picks in ways]
            continue
        readings: Sequence[Match | None] = flight.matches or [None]
        after = []
        for pick in readings:
            middle = float(np.median(pick.along_m)) if pick else float(known or 0.0)
            own = pick.cost + LATE_COST * middle / max(route.distance_m, 1.0) if pick else 0.0
            reached = [
                (cost + own + ORDER_COST * (middle < last - ORDER_ROOM_M), middle, [*picks, pick])
                for cost, last, picks in ways
            ]
            after.append(min(reached, key=lambda way: way[0]))
        ways = after
    return min(ways, key=lambda way: way[0])[2]


def _telemetry(clip: Clip, flown: _Flown, pick: Match, spot: float | None, alone: bool) -> Placing:
    assert flown.path is not None  # a reading is made from both
    assert clip.flight is not None
    aside = pick.aside_m[np.isfinite(pick.aside_m)]
    why = (
        f"{flown.path.fixes} positions from {clip.flight.source} lead along {_stretch(pick.along_m)}, "
        f"the camera {_far(float(np.median(aside)))} from the route typically, "
        f"{_far(float(aside.max()))} at most"
    )
    others = [m for m in flown.matches if m is not pick and m.cost < DOUBT_COST]
    if others:
        told = "the direction of flight and the nearness decided"
        if pick.cost > min(m.cost for m in others):
            told = "the earlier pass was taken" if alone else "the order of the clips decided"
        why += f"; the route passes here more than once (also {_stretch(others[0].along_m)}): {told}"
    if pick.backward_m > 20 and pick.along_m[-1] < pick.along_m[0]:
        why += "; it flies against the direction of the route"
    if spot is not None:
        why += f"; `at:` {_far(spot)} agrees"
    return Placing(how="telemetry", why=why + ".", time_s=pick.time_s, along_m=pick.along_m, aside_m=pick.aside_m)


def _timed(timing: Timing) -> Placing | None:
    if len(timing.time_s) == 0:
        return None
    return _placing("clock", timing.reason, timing.time_s, timing.along_m)


def _stroll(at: int, spots: Sequence[float | None], clips: Sequence[Clip], distance_m: float) -> tuple[float, float]:
    """How far before and after its anchor a clip may go: at most half-way to the neighbouring anchors."""
    spot = spots[at]
    if spot is None:
        return 0.0, 0.0
    most = min(STROLL_SPEED * float(clips[at].duration), STROLL_MOST_M, STROLL_SHARE * distance_m)
    others = [other for other in spots if other is not None]
    before = max((other for other in others if other < spot), default=-spot)
    after = min((other for other in others if other > spot), default=2 * distance_m - spot)
    low, high = (before + spot) / 2, (spot + after) / 2  # without a neighbour: the end of the route
    start = min(max(spot - most / 2, low), max(high - most, low))
    return start, min(start + most, high)


def _anchored(clip: Clip, spot: float, stroll: tuple[float, float], reason: str) -> Placing:
    start, end = stroll
    lead = f"{reason}: " if reason else ""
    why = (
        f"{lead}`at:` says {_far(spot)}; while {clip.name} runs the marker strolls from {_far(start)} to "
        f"{_far(end)} (at most {STROLL_SPEED:.0f} m/s)."
    )
    ends = np.array([0.0, _length_s(clip)])
    return _placing("at", why, ends, np.array([start, end]))


def _spread(
    distance_m: float, clips: Sequence[Clip], placed: Sequence[Placing | None], reasons: Sequence[str]
) -> tuple[Placing, ...]:
    """Clips without a place share the room between their placed neighbours equally, in order."""
    done: list[Placing] = []
    at = 0
    while at < len(clips):
        known = placed[at]
        if known is not None:
            done.append(known)
            at += 1
            continue
        stop = next((later for later in range(at, len(clips)) if placed[later] is not None), len(clips))
        start = float(done[-1].along_m[-1]) if done else 0.0
        later_starts = [float(p.along_m[0]) for p in placed[stop:] if p is not None]
        # A brief whose order contradicts the places still gets a way forward.
        end = next((there for there in later_starts if there >= start), distance_m)
        count = stop - at
        edges = np.linspace(start, end, count + 1)
        for turn in range(count):
            from_m, to_m = float(edges[turn]), float(edges[turn + 1])
            why = (
                f"{reasons[at]}; spread evenly instead: turn {turn + 1} of {count} "
                f"between {_far(start)} and {_far(end)}, so {_far(from_m)} to {_far(to_m)}."
            )
            ends = np.array([0.0, _length_s(clips[at])])
            done.append(_placing("spread", why, ends, np.array([from_m, to_m])))
            at += 1
    return tuple(done)


def _placing(how: How, why: str, time_s: Floats, along_m: Floats) -> Placing:
    return Placing(how=how, why=why, time_s=time_s, along_m=along_m, aside_m=np.full(len(time_s), np.nan))


def _length_s(clip: Clip) -> float:
    return max(float(clip.duration), 1e-3)


def _size_m(route: Route) -> float:
    """The longest straight way across the route's corners."""
    lng = np.concatenate([line.lng for line in route.lines])
    lat = np.concatenate([line.lat for line in route.lines])
    corners = np.array([lng.min(), lng.max()]), np.array([lat.min(), lat.max()])
    return float(distances_m(*corners)[0])


def _stretch(along_m: Floats) -> str:
    start, end = _far(float(along_m[0])), _far(float(along_m[-1]))
    return start if start == end else f"{start} to {end}"


def _far(metres: float) -> str:
    if metres < 995:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.2f} km" if metres < 99_500 else f"{metres / 1000:.0f} km"
