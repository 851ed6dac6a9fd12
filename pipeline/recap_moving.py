"""When a fleet moves: stretches of time in which at least one vehicle is on its way."""

from __future__ import annotations

import numpy as np

from pipeline.fleet import Fleet, TrackPart, Vehicle
from pipeline.geo import Floats, distances_m

MOVING_M_S = 0.5  # slower is standing: receivers creep
_JOIN_S = 60.0  # a halt at a junction does not end a stretch


def moving_steps(part: TrackPart) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each step between two fixes: does the vehicle move in it?"""
    return distances_m(part.lng, part.lat) > MOVING_M_S * np.diff(part.epoch_s)


def stretches(vehicle: Vehicle) -> Floats:
    """One vehicle's stretches of movement, (n, 2) columns from and until (POSIX seconds), apart from each other."""
    return joined(np.concatenate([_of(part) for part in vehicle.parts]), _JOIN_S)


def together(fleet: Fleet) -> Floats:
    """Stretches in which any vehicle moves: as `stretches`, for all of them."""
    return joined(np.concatenate([np.zeros((0, 2)), *(stretches(vehicle) for vehicle in fleet.vehicles)]), _JOIN_S)


def _of(part: TrackPart) -> Floats:
    moving = np.concatenate([[False], moving_steps(part), [False]])
    edges = np.flatnonzero(np.diff(moving.astype(np.int8)))
    return part.epoch_s[edges].reshape(-1, 2)


def joined(spans: Floats, gap_s: float) -> Floats:
    """Spans (n, 2) in any order → spans that rise and are more than `gap_s` apart."""
    if not len(spans):
        return spans
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    until = np.maximum.accumulate(spans[:, 1])
    new = np.concatenate([[True], spans[1:, 0] > until[:-1] + gap_s])
    last = np.concatenate([np.flatnonzero(new)[1:] - 1, [len(spans) - 1]])
    return np.stack([spans[new, 0], until[last]], axis=-1)
