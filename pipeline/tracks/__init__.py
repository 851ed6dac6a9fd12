"""The door for fleets: GPX, tables, GeoJSON, GTFS-Realtime and SIRI-VM, one file or a folder of them → a `Fleet`.

All files are gathered in one log first, because one night of one vehicle may lie in many of them. Broken rows are left
out and counted; what cannot be a time-lapse (no times, one moment only) is refused in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from pipeline.errors import MaterialError, Problem
from pipeline.fleet import Fleet, Vehicle, sorting
from pipeline.tracks.cleaning import Tally, parts
from pipeline.tracks.files import EXPORT, Kind, Paper, papers
from pipeline.tracks.geojson import read_json
from pipeline.tracks.gpx_tracks import read_gpx
from pipeline.tracks.gtfs import read_gtfs
from pipeline.tracks.log import Log
from pipeline.tracks.siri import read_siri
from pipeline.tracks.tables import read_table
from pipeline.tracks.times import moments

VEHICLES_MAX = 500
_HOME = "Europe/London"
_PROBLEMS_MAX = 20
_READERS: dict[Kind, Callable[[Paper, Log], None]] = {
    "gpx": read_gpx,
    "siri": read_siri,
    "json": read_json,
    "gtfs": read_gtfs,
    "table": read_table,
}


def read_tracks(path: Path, *, zone: str | None = None) -> Fleet:
    """Read a file or a folder. `zone` is the place of local clock readings, as in the zone database; without one they
    count as British, and a note says so.

    Raises MaterialError when something is missing, broken, unsafe or without times, when every vehicle has but one
    position, or when there is more than 500 vehicles or 5 million points.
    """
    notes: list[str] = []
    clock = _zone(zone, path)
    log = _gathered(path, notes)
    _counted_rows(log, notes)
    if not log.points:
        raise MaterialError.at(path.name, "it has no position with a place and a time", EXPORT)
    vehicles, most, tally = _vehicles(log, clock, zone, notes)
    _counted_repairs(tally, notes)
    if not vehicles:
        raise _nothing(path.name, most)
    if len(vehicles) > VEHICLES_MAX:
        what = f"it has {len(vehicles):,} vehicles; a picture can show {VEHICLES_MAX} at the most"
        raise MaterialError.at(path.name, what, "export your own vehicles only")
    return Fleet(vehicles=vehicles, zone=zone, statuses=tuple(log.statuses), notes=tuple(notes))


def _zone(zone: str | None, path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(zone or _HOME)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"I don't know the time zone {zone!r}"
        raise MaterialError.at(path.name, what, f"write it like {_HOME} or Europe/Dublin") from None


def _gathered(path: Path, notes: list[str]) -> Log:
    """All files in one log. The problems of several files are told together."""
    log = Log()
    problems: list[Problem] = []
    for paper in papers(path, notes):
        try:
            _READERS[paper.kind](paper, log)
        except MaterialError as error:
            problems.extend(error.problems)
            if len(problems) >= _PROBLEMS_MAX:
                break
    if problems:
        raise MaterialError(*problems)
    return log


def _vehicles(log: Log, clock: ZoneInfo, zone: str | None, notes: list[str]) -> tuple[tuple[Vehicle, ...], int, Tally]:
    """The vehicles that have a track, in the order of their names; the most moments that one of all was seen at."""
    found: list[Vehicle] = []
    tally = Tally()
    local = twice = skipped = most = trackless = 0
    for raw in log.tracks():
        epoch_s, both, never = moments(raw.seconds, raw.local, clock)
        local, twice, skipped = local + int(raw.local.sum()), twice + both, skipped + never
        most = max(most, len(np.unique(epoch_s)))
        track = parts(epoch_s, raw.lng, raw.lat, raw.status, tally)
        if track:
            found.append(Vehicle(id=raw.id, name=raw.name, parts=track))
        else:
            trackless += 1
    if local and zone is None:
        notes.append(f"{_count(local, 'time')} without a zone read as {_HOME} time.")
    if twice:
        notes.append(f"{_count(twice, 'time')} in the hour that the clock shows twice put in order by their rows.")
    if skipped:
        notes.append(f"{_count(skipped, 'time')} in the hour that the clock skips: it had not been put forward.")
    if found and trackless:
        notes.append(f"{_count(trackless, 'vehicle')} without two positions that belong together left out.")
    if len(found) > 1 and len({vehicle.name for vehicle in found}) == 1 and found[0].name != found[0].id:
        notes.append(f"All tracks are called “{found[0].name}”; they are named by their files or numbers.")
        found = [replace(vehicle, name=vehicle.id) for vehicle in found]
    ordered = sorted(_turned(found), key=lambda vehicle: sorting(vehicle.name, vehicle.id))
    return tuple(ordered), most, tally


def _turned(vehicles: list[Vehicle]) -> list[Vehicle]:
    """All in one turn of the globe: across 180° a fleet stays together."""
    return [
        replace(vehicle, parts=tuple(replace(part, lng=part.lng + turn) if turn else part for part in vehicle.parts))
        for vehicle in vehicles
        for turn in [360.0 * round(float(vehicles[0].parts[0].lng[0] - vehicle.parts[0].lng[0]) / 360.0)]
    ]


def _nothing(name: str, most: int) -> MaterialError:
    if most <= 1:
        what = "it shows every vehicle at one moment only, and one moment cannot be a time-lapse"
        return MaterialError.at(name, what, "name a folder of such files from a whole night, or a log of positions")
    what = "no vehicle has two positions within 5 minutes and 1.5 km, so nothing is known of the way between them"
    return MaterialError.at(name, what, "export the positions more often, at best every 10 to 60 seconds")


def _counted_rows(log: Log, notes: list[str]) -> None:
    if log.placeless:
        notes.append(f"{log.placeless:,} of {log.rows:,} rows had no place and were left out.")
    if log.shared:
        notes.append(f"{_count(log.shared, 'position')} of vehicles that share their number left out.")
    if log.timeless:
        notes.append(f"{log.timeless:,} of {log.rows:,} rows had no time and were left out.")


def _counted_repairs(tally: Tally, notes: list[str]) -> None:
    for number, what in (
        (tally.doubles, "position|s told twice for the same second left out."),
        (tally.leaps, "position|s that could only be reached at more than 200 km/h left out."),
        (tally.gaps, "gap|s of more than 5 minutes or 1.5 km: nothing is shown there."),
        (tally.alone, "position|s alone between gaps left out."),
    ):
        if number:
            notes.append(f"{number:,} {what.replace('|s', 's' * (number != 1))}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + "s" * (number != 1)
