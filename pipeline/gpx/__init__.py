"""The door for GPX: a file from anywhere → a `Route` that is clean, measured and trimmed for privacy.

Three steps. The bytes become text whatever their packing and encoding. A sieve (expat) refuses entities and
keeps only what a route needs, because gpxpy rejects a whole file for one bad number and pays dearly for
extensions. gpxpy then reads what is left, and its points become columns (lng, lat, ele, epoch).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline import walking
from pipeline.errors import MaterialError
from pipeline.geo import Floats, distances_m, flat, unwrapped
from pipeline.gpx.sieve import EXPORT, Sieve, clean_name, count, read_text
from pipeline.route import Line, Route, Waypoint, nearest, trimmed

Kind = Literal["recorded", "planned", "waypoints"]
_Mark = tuple[str, float, float]  # name, lng, lat
_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]  # lng, lat, metres to hide

_WAYPOINTS_MAX = 300
_CHAIN_M, _PRIVATE_M, _LEFT_AT_LEAST_M, _LENGTH_MIN_M = 30.0, 200.0, 100.0, 5.0
_DATE_ONLY = re.compile(r"[\d\s:._TZ+-]*")


def read_route(path: Path, *, trim_start_m: float | None = None, trim_end_m: float | None = None) -> Route:
    """Read a `.gpx` or `.gpx.gz`. A trim of None means 200 m for a recorded track and 0 otherwise.

    Raises MaterialError when the file is missing, broken, unsafe or not GPX, when there is nothing in it to
    walk along, or when trimming would leave less than 100 m.
    """
    text, notes = read_text(path)
    sieve = Sieve(path.name)
    sieve.parse(text)
    del text
    notes += sieve.notes()
    content = _content(sieve)
    kind, pieces = _pieces(content, path.name, notes)
    lines = _lines(pieces, kind == "recorded", notes)
    total = float(lines[-1].along_m[-1]) if lines else 0.0
    if total < _LENGTH_MIN_M:
        raise MaterialError.at(path.name, "all its points lie at one place, so there is no route", EXPORT)
    private = _PRIVATE_M if kind == "recorded" else 0.0
    start_m = private if trim_start_m is None else max(0.0, trim_start_m)
    end_m = private if trim_end_m is None else max(0.0, trim_end_m)
    ends = (*_spot(lines[0], 0), start_m), (*_spot(lines[-1], -1), end_m)
    from_m, to_m = _kept(lines, start_m, end_m, path.name)
    if start_m or end_m:
        why = "Treated as recorded, because its points have times: t" if kind == "recorded" else "T"
        notes.append(f"{why}he first {start_m:g} m and the last {end_m:g} m are left out.")
    kept = trimmed(lines, from_m, to_m)
    waypoints = _waypoints(content, kind, lines, (from_m, to_m), ends, notes)
    ascent, descent = _climb(kept)
    return Route(
        name=_name(content, path),
        kind=kind,
        lines=kept,
        waypoints=waypoints,
        distance_m=to_m - from_m,
        ascent_m=None if kind == "waypoints" else ascent,
        descent_m=None if kind == "waypoints" else descent,
        loop=_is_loop(lines, total),
        notes=tuple(notes),
    )


@dataclass(frozen=True, kw_only=True)
class _Content:
    """What gpxpy found, as plain values: lines as (n, 4) columns, named points as (name, lng, lat)."""

    names: list[str] = field(default_factory=list)  # of the file, from each batch
    inner: list[str] = field(default_factory=list)  # of its tracks and routes
    tracks: list[Floats] = field(default_factory=list)
    routes: list[Floats] = field(default_factory=list)
    waypoints: list[Floats] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    vias: list[_Mark] = field(default_factory=list)


def _content(sieve: Sieve) -> _Content:
    import gpxpy  # late: the command line must start quickly

    content = _Content()
    for continues, text in sieve.documents:
        gpx = gpxpy.parse(text)
        tracks = [_rows(segment.points) for track in gpx.tracks for segment in track.segments]
        routes = [_rows(route.points) for route in gpx.routes]
        for kind, found, pieces in (("trkseg", content.tracks, tracks), ("rte", content.routes, routes)):
            if kind == continues:
                found[-1] = np.concatenate([found[-1], pieces.pop(0)])
            found.extend(pieces)
        content.waypoints.append(_rows(gpx.waypoints))
        content.names.extend([gpx.name] if gpx.name else [])
        content.inner.extend(part.name for lot in (gpx.tracks, gpx.routes) for part in lot if part.name)
        content.marks.extend(_marks(gpx.waypoints))
        content.vias.extend(mark for route in gpx.routes for mark in _marks(route.points))
    done = 0
    for piece in content.tracks:
        piece[:, 3] = sieve.times[done : done + len(piece)]
        done += len(piece)
    return content


def _marks(points: list[Any]) -> list[_Mark]:
    return [(p.name, p.longitude, p.latitude) for p in points if p.name]


def _pieces(content: _Content, where: str, notes: list[str]) -> tuple[Kind, list[Floats]]:
    """What to follow: the tracks, else the routes, else the waypoints in their order."""
    tracks, routes, waypoints = content.tracks, content.routes, [np.concatenate(content.waypoints)]
    if _usable(tracks):
        times = np.concatenate([piece[:, 3] for piece in tracks])
        known = times[np.isfinite(times)]
        if len(known) * 2 >= len(times) and np.ptp(known) > 0:
            return "recorded", tracks
        if len(known):
            notes.append("Only some points have times, so the track counts as planned and keeps its ends.")
        return "planned", tracks
    if _usable(routes):
        return "planned", routes
    if _usable(waypoints):
        notes.append(
            "The file has only waypoints: they are joined by straight lines in their order, which is not"
            " the path and is shorter than it."
        )
        return "waypoints", waypoints
    points = sum(map(len, [*tracks, *routes, *waypoints]))
    what = (
        (
            "it has no track, route or waypoints with usable coordinates",
            "it has only one usable point, so there is no route",
        )[points]
        if points < 2
        else "all its points lie at one place, so there is no route"
    )
    raise MaterialError.at(where, what, EXPORT)


def _usable(pieces: list[Floats]) -> bool:
    return any(len(piece) > 1 and bool(np.ptp(piece[:, :2], axis=0).any()) for piece in pieces)


def _rows(points: list[Any]) -> Floats:
    nan = math.nan
    rows = [(p.longitude, p.latitude, nan if p.elevation is None else p.elevation, nan) for p in points]
    return np.array(rows, np.float64).reshape(-1, 4)


def _lines(pieces: list[Floats], recorded: bool, notes: list[str]) -> tuple[Line, ...]:
    """Clean, chained, steadied and measured lines, still with their ends."""
    chained: list[Floats] = []
    jumps = falls = 0
    for piece in pieces:
        there = ~((piece[:, :2] == 0).all(axis=1) & bool((np.abs(piece[:, :2]) > 1).any()))
        keep = there.copy()
        keep[there] = walking.plausible(*piece[there][:, (0, 1, 3)].T)
        jumps += int((~keep).sum())
        piece = piece[keep]
        timed = np.isfinite(piece[:, 3]).sum()
        piece[:, 3] = walking.forward(piece[:, 3])
        falls += int(timed - np.isfinite(piece[:, 3]).sum())
        if not len(piece):
            continue
        ends = [chained[-1][-1], piece[0]] if chained else []
        if ends and distances_m(*np.array(ends)[:, :2].T)[0] <= _CHAIN_M:
            joint = np.concatenate([chained.pop(), piece])
            joint[:, 3] = walking.forward(joint[:, 3])
            chained.append(joint)
        else:
            chained.append(piece)
    if jumps:
        notes.append(f"{count(jumps, 'point')} impossibly far from the rest left out.")
    if falls:
        notes.append(f"{count(falls, 'time')} out of order ignored.")
    lines = _measured([piece for piece in chained if len(piece) > 1], recorded)
    if len(lines) > 1:
        notes.append(f"The route has {len(lines)} separate stretches; the gaps are not drawn or counted.")
    return lines


def _measured(pieces: list[Floats], recorded: bool) -> tuple[Line, ...]:
    lines: list[Line] = []
    along, turn = 0.0, 0.0
    for piece in pieces:
        lng, lat, ele, epoch = (column.copy() for column in piece.T)
        lng = unwrapped(lng) + turn
        if lines:  # the whole route in one turn of the globe
            lng -= 360 * np.round((lng[0] - lines[-1].lng[-1]) / 360)
        if recorded:
            lng, lat, keep = walking.steadied(lng, lat, epoch)
        else:
            keep = np.concatenate([[True], distances_m(lng, lat) > 0])
        lng, lat, ele, epoch = lng[keep], lat[keep], ele[keep], epoch[keep]
        steps = distances_m(lng, lat)
        if steps.sum() <= 0:
            continue
        here = along + np.concatenate([[0.0], np.cumsum(steps)])
        ele = walking.despiked(here, ele)
        lines.append(Line(lng=lng, lat=lat, ele_m=ele, along_m=here, epoch_s=epoch))
        along = float(here[-1])
    return tuple(lines)


def _is_loop(lines: tuple[Line, ...], total: float) -> bool:
    """Start and finish within 50 m, or 2 % of a longer way up to 300 m; a stroll of less than four times the
    gap is no loop."""
    first, last = lines[0], lines[-1]
    lng, lat = np.array([first.lng[0], last.lng[-1]]), np.array([first.lat[0], last.lat[-1]])
    gap = float(distances_m(lng, lat)[0])
    return gap <= min(300.0, max(50.0, 0.02 * total)) and gap * 4 <= total


def _spot(line: Line, k: int) -> tuple[float, float]:
    return float(line.lng[k]), float(line.lat[k])


def _kept(lines: tuple[Line, ...], start_m: float, end_m: float, where: str) -> tuple[float, float]:
    """From where to where the route is shown. Exactly the distances asked for, unless the walker was then
    still within a quarter of it from the very end (pacing about at home): then from where that is left."""
    lng, lat, along = (np.concatenate([getattr(x, f) for x in lines]) for f in ("lng", "lat", "along_m"))
    from_m = _hidden(start_m, along, lng, lat)
    to_m = float(along[-1]) - _hidden(end_m, along[-1] - along[::-1], lng[::-1], lat[::-1])
    if (start_m or end_m) and to_m - from_m < _LEFT_AT_LEAST_M:
        ends = f"its first {start_m:g} m and last {end_m:g} m"
        what = f"without {ends}, hidden for privacy, less than 100 m is left"
        remedy = "if its ends may be seen, write `privacy: {trim_start: 0 m, trim_end: 0 m}` in the brief"
        raise MaterialError.at(where, what, remedy)
    return from_m, to_m


def _hidden(trim_m: float, along: Floats, lng: Floats, lat: Floats) -> float:
    if trim_m == 0:
        return 0.0
    beyond = np.concatenate([[trim_m], along[along > trim_m]])
    x, y = np.interp(beyond, along, lng), np.interp(beyond, along, lat)
    away = np.hypot(*flat(x, y, (float(lng[0]), float(lat[0]))).T) >= trim_m / 4
    return float(beyond[np.argmax(away)]) if away.any() else float(along[-1])


def _climb(lines: tuple[Line, ...]) -> tuple[float | None, float | None]:
    """Ascent and descent, or None when less than half of the points have heights."""
    known = sum(int(np.isfinite(line.ele_m).sum()) for line in lines)
    if known * 2 < sum(len(line.ele_m) for line in lines):
        return None, None
    up, down = zip(*(walking.climb(line.along_m, line.ele_m) for line in lines), strict=True)
    return sum(up), sum(down)


def _waypoints(
    content: _Content,
    kind: Kind,
    lines: tuple[Line, ...],
    shown: tuple[float, float],
    ends: _Ends,
    notes: list[str],
) -> tuple[Waypoint, ...]:
    """Named points beside the part that is shown, in the order of the walk. What is next to a part that was
    cut, or within the trimming distance of a hidden end, is left out."""
    vias = [] if _usable(content.tracks) else content.vias
    unique = list(dict.fromkeys([*content.marks, *vias]))
    spots = unique[:_WAYPOINTS_MAX]
    from_m, to_m = shown
    reach = max(500.0, 0.05 * float(lines[-1].along_m[-1]))
    found, hidden, afar = [], 0, 0
    for name, lng, lat in spots:
        along, aside = nearest(lines, lng, lat)
        home = any(trim and np.hypot(*flat(np.array([x]), np.array([y]), (lng, lat))[0]) < trim for x, y, trim in ends)
        if home or not from_m <= along <= to_m:
            hidden += 1
        elif aside > reach:
            afar += 1
        else:
            found.append(Waypoint(name=name, lng=lng, lat=lat, along_m=along - from_m, aside_m=aside))
    for number, why in (
        (hidden, "near the hidden ends"),
        (afar, "far from the route"),
        (len(unique) - len(spots), f"beyond the first {_WAYPOINTS_MAX}"),
    ):
        if number:
            notes.append(f"{count(number, 'waypoint')} {why} left out.")
    return tuple(sorted(found, key=lambda waypoint: waypoint.along_m))


def _name(content: _Content, path: Path) -> str:
    """The name of the only track or route, else the file's; a bare date or clock time is not a name."""
    names = [*(content.inner if len(content.inner) == 1 else []), *content.names]
    stem = clean_name(path.name.removesuffix(".gz").removesuffix(".gpx").replace("_", " "))
    return next((name for name in [*names, stem] if name and not _DATE_ONLY.fullmatch(name)), "Route")
