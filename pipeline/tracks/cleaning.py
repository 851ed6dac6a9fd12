"""From a vehicle's raw fixes to parts of a track: in order of time, without leaps, calm at stays, cut at gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.fleet import Codes, TrackPart
from pipeline.geo import EARTH_RADIUS_M, Floats, distances_m, unwrapped
from pipeline.tracks.times import Mask

_FASTEST_M_S = 200 / 3.6
_SLACK_M = 60.0  # receivers jump this far while they stand
_LOOK_BACK = 60  # stretches between leaps that are tried as the one before
_GAP_S, _GAP_M, _SAME_M = 300.0, 1500.0, 50.0
_STILL_S, _STILL_M, _STILL_STEPS = 60.0, 20.0, 6


@dataclass(kw_only=True)
class Tally:
    """What was done to all vehicles together."""

    doubles: int = 0
    leaps: int = 0
    gaps: int = 0
    alone: int = 0  # single fixes between gaps


def parts(epoch_s: Floats, lng: Floats, lat: Floats, status: Codes, tally: Tally) -> tuple[TrackPart, ...]:
    """Usable fixes in any order → the parts of the track; none when no two fixes belong together."""
    order = np.argsort(epoch_s, kind="stable")
    first = np.diff(epoch_s[order], prepend=-np.inf) > 0
    tally.doubles += int((~first).sum())
    rows = order[first]
    epoch_s, lng, lat, status = epoch_s[rows], lng[rows], lat[rows], status[rows]
    keep = steady(epoch_s, lng, lat)
    tally.leaps += int((~keep).sum())
    epoch_s, lng, lat, status = epoch_s[keep], unwrapped(lng[keep]), lat[keep], status[keep]
    found = []
    cuts = _gaps(epoch_s, lng, lat)
    tally.gaps += len(cuts)
    for low, high in zip([0, *cuts], [*cuts, len(epoch_s)], strict=True):
        if high - low < 2:
            tally.alone += high - low
            continue
        x, y = calm(epoch_s[low:high], lng[low:high], lat[low:high])
        found.append(TrackPart(epoch_s=epoch_s[low:high], lng=x, lat=y, status=status[low:high]))
    return tuple(found)


def steady(epoch_s: Floats, lng: Floats, lat: Floats) -> Mask:
    """Which fixes to keep: between leaps faster than 200 km/h lie stretches; the chain of stretches that can be driven
    from one to the next and holds most fixes is the track."""
    keep = np.ones(len(lng), np.bool_)
    if len(lng) < 2:
        return keep
    reach = _FASTEST_M_S * np.diff(epoch_s) + _SLACK_M
    leaps = np.flatnonzero(distances_m(lng, lat) > reach) + 1
    if not len(leaps):
        return keep
    starts, ends = np.concatenate([[0], leaps]), np.concatenate([leaps, [len(lng)]]) - 1
    weight = (ends - starts + 1).astype(np.float64)
    best, before = weight.copy(), np.full(len(starts), -1)
    for k in range(1, len(starts)):
        tried = np.arange(max(0, k - _LOOK_BACK), k)
        way = _apart_m(lng[starts[k]], lat[starts[k]], lng[ends[tried]], lat[ends[tried]])
        able = way <= _FASTEST_M_S * (epoch_s[starts[k]] - epoch_s[ends[tried]]) + _SLACK_M
        if able.any():
            from_k = int(tried[able][np.argmax(best[tried[able]])])
            best[k] += best[from_k]
            before[k] = from_k
    keep[:] = False
    k = int(np.argmax(best))
    while k >= 0:
        keep[starts[k] : ends[k] + 1] = True
        k = int(before[k])
    return keep


def _apart_m(lng: float, lat: float, lngs: Floats, lats: Floats) -> Floats:
    """Great-circle metres from one place to many."""
    phi, phis = np.radians(lat), np.radians(lats)
    h = np.sin((phis - phi) / 2) ** 2 + np.cos(phi) * np.cos(phis) * np.sin(np.radians(lngs - lng) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0, 1))), np.float64)


def _gaps(epoch_s: Floats, lng: Floats, lat: Floats) -> list[int]:
    """Before which fixes nobody knows where the vehicle was. A silent one that is found at the same place stood there:
    trackers sleep with the engine."""
    step = distances_m(lng, lat)
    unknown = ((np.diff(epoch_s) > _GAP_S) & (step > _SAME_M)) | (step > _GAP_M)
    return [int(k) + 1 for k in np.flatnonzero(unknown)]


def calm(epoch_s: Floats, lng: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The same track with one place for every stay: receivers wander while a vehicle stands. A stay is a minute or
    longer within 20 m; a slow crawl, which leaves 40 m, is none."""
    east = np.radians(lng - lng[0]) * np.cos(np.radians(lat[0])) * EARTH_RADIUS_M
    north = np.radians(lat - lat[0]) * EARTH_RADIUS_M
    still = epoch_s + _STILL_S <= epoch_s[-1]
    for ahead_s in np.linspace(0, _STILL_S, _STILL_STEPS + 1)[1:]:
        then = epoch_s + ahead_s
        still &= np.hypot(np.interp(then, epoch_s, east) - east, np.interp(then, epoch_s, north) - north) < _STILL_M
    if not still.any():
        return lng, lat
    # A fix belongs to the stay when it lies in the minute after any fix that is still.
    from_k = np.flatnonzero(still)
    until = np.searchsorted(epoch_s, epoch_s[from_k] + _STILL_S, "right")
    depth = np.zeros(len(lng) + 1, np.int64)
    np.add.at(depth, from_k, 1)
    np.add.at(depth, until, -1)
    inside = np.concatenate([[False], np.cumsum(depth[:-1]) > 0, [False]])
    out_lng, out_lat = lng.copy(), lat.copy()
    for low, high in np.flatnonzero(np.diff(inside.astype(np.int8))).reshape(-1, 2):
        if max(np.ptp(east[low:high]), np.ptp(north[low:high])) <= 2 * _STILL_M:
            out_lng[low:high], out_lat[low:high] = np.median(lng[low:high]), np.median(lat[low:high])
    return out_lng, out_lat
