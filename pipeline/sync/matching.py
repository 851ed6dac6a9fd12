"""Which place on the route a camera was over: the nearest place that moves no faster than the camera does.

The route near the flight is cut into cells a few metres long. A hidden Markov model (Viterbi) walks over
them: far cells cost, and from one moment to the next the place may only move as far as the camera did
(times 1.5, and a little). So a crossing, a parallel leg or the seam of a loop cannot make it jump: there is
no such step. Two rounds: the first decides *which pass* (going forward along the route is cheaper, which
tells the two legs of an out-and-back apart), the second, near the first, decides *where* without that
preference, so that a camera that truly flies backwards is followed backwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.route import Route
from pipeline.sync.steady import CameraPath, limited, taut
from pipeline.sync.stretches import Cells, cells_near

SPEED_FACTOR, SPEED_EXTRA = 1.5, 2.0  # the marker moves at most 1.5 × the camera's ground speed + 2 m/s
NEAR_M = 12.0  # distance that costs 1 a second …
FAR_M = 30.0  # … beyond which the cost grows evenly, no longer squarely
BACK_COST = 0.5  # for each metre against the direction of the route, first round
SLIP_COST = 0.03  # for each metre that the place moves otherwise than the camera
APART_M = 60.0  # answers that end closer together than this are the same
ANSWERS = 6
LEAST_SLACK_M, MOST_SLACK_M = 3.0, 10.0  # of the tube that stills the marker


@dataclass(frozen=True, kw_only=True, eq=False)
class Match:
    """One way to read a flight as a movement along the route."""

    time_s: Floats
    along_m: Floats
    aside_m: Floats  # NaN where there was no fix
    cost: float  # above the best reading, which has 0; 1 is about a second spent NEAR_M away
    backward_m: float  # how far it goes against the direction of the route, in all


def match(route: Route, path: CameraPath) -> tuple[Match, ...]:
    """The readings of a flight that differ in where they end, best first; at least one."""
    cells = cells_near(route, path)
    away = _distances(path.metres, cells)
    seconds = path.step_s * path.seen.astype(np.float32)
    price = seconds[:, None] * _cost(away)
    price[:, cells.wall] = np.inf
    allowed = (SPEED_FACTOR * path.speed + SPEED_EXTRA) * path.step_s
    shift = np.diff(path.metres, axis=0)

    ends, came_from = _forward(price, shift, allowed, cells, BACK_COST)
    fair = min(1.0, 20.0 / float(path.time_s[-1]))  # long hovers are not more certain than short ones
    found = []
    for end in _answers(ends, cells):
        rough = _trace(came_from, end)
        near = _near(price, rough, round(APART_M / cells.step_m))
        last, back = _forward(near, shift, allowed, cells, 0.0)
        places = _trace(back, int(np.argmin(last)))
        cost = fair * float(ends[end] - ends.min())
        found.append(_match(path, cells, away, places, allowed, cost))
    return tuple(found)


def _match(
    path: CameraPath,
    cells: Cells,
    away: NDArray[np.float32],
    places: NDArray[np.intp],
    allowed: Floats,
    cost: float,
) -> Match:
    rows = np.arange(len(places))
    left, mid, right = (np.square(away[rows, places + side].astype(np.float64)) for side in (-1, 0, 1))
    bend = left - 2 * mid + right  # squared distance to a straight line is a parabola along it
    whole = ~cells.wall[places - 1] & ~cells.wall[places + 1] & (bend > 1e-9)
    part = np.where(whole, np.clip(0.5 * (left - right) / np.where(whole, bend, 1.0), -0.5, 0.5), 0.0)
    aside = np.sqrt(np.maximum(mid - np.where(whole, 0.25 * (left - right) * part, 0.0), 0.0))
    along = np.interp(places + part, np.arange(len(cells.along_m)), cells.along_m)
    # Without fixes nothing is known: straight on from the last place to the next.
    along = np.interp(path.time_s, path.time_s[path.seen], along[path.seen])
    slack = float(np.clip(2 * path.noise_m, LEAST_SLACK_M, MOST_SLACK_M))
    calm = limited(taut(path.time_s, limited(along, allowed), slack), allowed)
    return Match(
        time_s=path.time_s,
        along_m=np.clip(calm, cells.along_m.min(), cells.along_m.max()),
        aside_m=np.where(path.seen, aside, np.nan),
        cost=cost,
        backward_m=float(-np.minimum(np.diff(calm), 0.0).sum()),
    )


def _distances(spots: Floats, cells: Cells) -> NDArray[np.float32]:
    """Metres from every spot to every cell: (spots, cells). Millimetres do not matter here, memory does."""
    camera, route = spots.astype(np.float32), cells.metres.astype(np.float32)
    return np.asarray(np.hypot(camera[:, :1] - route[:, 0], camera[:, 1:] - route[:, 1]), np.float32)


def _cost(away: NDArray[np.float32]) -> NDArray[np.float32]:
    """Per second: squared near the route, even far from it, so that a far camera does not shout."""
    scale = np.float32(2 * (FAR_M / NEAR_M) ** 2)
    return np.asarray(scale * (np.sqrt(1 + np.square(away / np.float32(FAR_M))) - 1), np.float32)


def _forward(
    price: NDArray[np.float32], shift: Floats, allowed: Floats, cells: Cells, back_cost: float
) -> tuple[Floats, NDArray[np.int16]]:
    """Viterbi: the least cost of being in each cell at the end, and the step that led there each time."""
    reach = np.ceil(allowed / cells.step_m).astype(int)
    came_from = np.zeros(price.shape, np.int16)
    total = price[0].astype(np.float64)
    for now, (width, moved) in enumerate(zip(reach, shift, strict=True), start=1):
        before = sliding_window_view(np.pad(total, width, constant_values=np.inf), 2 * width + 1)
        steps = np.arange(width, -width - 1, -1)  # cells moved, for each column of the window
        metres = steps * cells.step_m
        flown = cells.heading @ moved
        choice = before + SLIP_COST * np.abs(metres[None, :] - flown[:, None])
        choice += back_cost * np.maximum(-metres, 0.0)
        best = np.argmin(choice, axis=1)
        came_from[now] = steps[best]
        total = choice[np.arange(len(best)), best] + price[now]
    return total, came_from


def _trace(came_from: NDArray[np.int16], end: int) -> NDArray[np.intp]:
    places = np.empty(len(came_from), np.intp)
    places[-1] = end
    for now in range(len(came_from) - 1, 0, -1):
        places[now - 1] = places[now] - came_from[now, places[now]]
    return places


def _answers(ends: Floats, cells: Cells) -> list[int]:
    """The cells in which good readings end: valleys of the cost, best (then earliest on the route) first."""
    wide = max(1, round(APART_M / cells.step_m))
    around = sliding_window_view(np.pad(ends, wide, constant_values=np.inf), 2 * wide + 1)
    valleys = np.flatnonzero(np.isfinite(ends) & (ends <= around.min(axis=1)))
    picked: list[int] = []
    for valley in valleys[np.argsort(ends[valleys], kind="stable")]:
        if all(abs(int(valley) - other) > wide for other in picked):
            picked.append(int(valley))
        if len(picked) == ANSWERS:
            break
    return picked


def _near(price: NDArray[np.float32], rough: NDArray[np.intp], wide: int) -> NDArray[np.float32]:
    """`price` with everything further than `wide` cells from the rough reading walled off."""
    narrow = np.full_like(price, np.inf)
    for now, place in enumerate(rough):
        span = slice(max(0, place - wide), place + wide + 1)
        narrow[now, span] = price[now, span]
    return narrow
