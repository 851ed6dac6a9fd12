"""The files that a brief names, opened by their doors: route, clips with their telemetry, colour cubes, sounds."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline import clips, gpx, sound, telemetry, tracks
from pipeline.brief import Brief
from pipeline.errors import MaterialError, Problem
from pipeline.fleet import Fleet
from pipeline.flight import Flight, joined
from pipeline.footage import Clip
from pipeline.photos import SUFFIXES as photo_endings
from pipeline.photos import Photo, is_photo, read_photo
from pipeline.recap_guard import guarded
from pipeline.route import Route

_MOST_CUBE_BYTES = 20_000_000
_MOST_PHOTOS = 40  # of one folder


def read_routes(brief: Brief) -> tuple[Route, ...]:
    """The route, or the several routes in the order of the brief. Raises MaterialError with the problems of all."""
    files = [(brief.route, brief.where("route"))] if brief.route else []
    files += [(entry.file, brief.where("routes", number)) for number, entry in enumerate(brief.routes)]
    found, problems = [], []
    for path, place in files:
        try:
            found.append(
                gpx.read_route(path, trim_start_m=brief.privacy.trim_start_m, trim_end_m=brief.privacy.trim_end_m)
            )
        except MaterialError as error:
            problems += [_at(problem, place, path.name) for problem in error.problems]
    if problems:
        raise MaterialError(*problems)
    return tuple(found)


def read_fleet(brief: Brief, now: datetime) -> Fleet | None:
    """The tracks of a recap as they may be shown; None for other kinds. Raises MaterialError."""
    wanted = brief.tracks
    if wanted is None:
        return None
    place = brief.where("tracks")
    try:
        fleet = guarded(
            tracks.read_tracks(wanted.file, zone=wanted.zone),
            now=now,
            delay=timedelta(seconds=float(wanted.delay)),
            depots=wanted.depot_m > 0,
            trim_m=wanted.depot_m,
        )
    except MaterialError as error:
        raise MaterialError(*(_at(problem, place, wanted.file.name) for problem in error.problems)) from error
    if not fleet.vehicles:
        raise MaterialError.at(
            place,
            f"{wanted.file.name}: nothing of it may be shown: it is too new, or too near to depots",
            "wait, or if you may, write `tracks: {file: …, depot: 100 m, delay: 0 h}` with smaller values than now",
        )
    return fleet


def read_clips(brief: Brief) -> list[tuple[int, Clip]]:
    """(number of the brief's entry, clip with its telemetry)."""
    if brief.kind != "promo":
        return []
    # Photos are read apart, and a folder of nothing but photos holds no clips.
    listed = [
        (number, entry)
        for number, entry in enumerate(brief.footage)
        if not is_photo(entry.path) and not (_photos_inside(entry.path) and not clips.inside(entry.path))
    ]
    particular = [index for index, (_, entry) in enumerate(listed) if entry.use or entry.at or entry.lut]
    places = {entry.name: brief.where("footage", number) for number, entry in listed}
    try:
        found = clips.gather([(entry.name, entry.path) for _, entry in listed], alone=particular)
    except MaterialError as error:
        raise MaterialError(
            *(_at(problem, places.get(problem.where, ""), problem.where) for problem in error.problems)
        ) from error
    return [(listed[index][0], replace(clip, flight=_flight(clip))) for index, clip in found]


def read_photos(brief: Brief) -> list[tuple[int, Photo]]:
    """(number of the brief's entry, photo): files that are named, and what lies in named folders."""
    found: list[tuple[int, Photo]] = []
    problems: list[Problem] = []
    for number, entry in enumerate(brief.footage):
        named = [(entry.name, entry.path)] if is_photo(entry.path) else []
        inside = [(f"{entry.name.rstrip('/')}/{path.name}", path) for path in _photos_inside(entry.path)]
        for name, path in (*named, *inside):
            try:
                found.append((number, read_photo(path, name)))
            except MaterialError as error:
                place = brief.where("footage", number) if named else ""
                problems += [_at(problem, place, name) for problem in error.problems]
    if problems:
        raise MaterialError(*problems)
    return found


def _photos_inside(folder: Path) -> list[Path]:
    try:
        if not folder.is_dir():
            return []
        names = [path for path in folder.iterdir() if path.suffix.lower() in photo_endings]
    except OSError:
        return []  # said by whoever looks for clips in it
    return sorted(path for path in names if not path.name.startswith(".") and path.is_file())[:_MOST_PHOTOS]


def _at(problem: Problem, place: str, name: str) -> Problem:
    """The problem of a file, at the place where the brief names it (a file inside a folder is its own place)."""
    return replace(problem, where=place, what=f"{name}: {problem.what}") if place else problem


def _flight(clip: Clip) -> Flight | None:
    return joined([(part.start, telemetry.read_flight(part.path, duration=part.duration)) for part in clip.parts])


def read_cubes(brief: Brief) -> dict[int, Path]:
    cubes: dict[int, Path] = {}
    problems = []
    for number, entry in enumerate(brief.footage):
        if entry.lut is None:
            continue
        try:
            _checked_cube(entry.lut)
            cubes[number] = entry.lut
        except (OSError, ValueError) as error:
            reason = error.strerror or "it cannot be read" if isinstance(error, OSError) else str(error)
            problems.append(
                Problem(
                    level="block",
                    where=brief.where("footage", number, "lut"),
                    what=f"{entry.lut.name} is not a usable colour cube: {reason}",
                    remedy="name the .cube file that the drone's maker offers for this colour profile",
                )
            )
    if problems:
        raise MaterialError(*problems)
    return cubes


def _checked_cube(path: Path) -> None:
    """Raises ValueError unless the file is a 3-D cube in Adobe's text format, of a size that ffmpeg reads."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a file")
    if status.st_size > _MOST_CUBE_BYTES:
        raise ValueError("it is larger than 20 MB")
    lines = path.read_text("utf-8", "replace").splitlines()
    sizes = [line.split() for line in lines if line.startswith("LUT_3D_SIZE")]
    if not sizes or len(sizes[0]) != 2 or not sizes[0][1].isdigit() or not 2 <= int(sizes[0][1]) <= 129:
        raise ValueError("it has no LUT_3D_SIZE between 2 and 129")
    rows = sum(1 for line in lines if line[:1] in "+-.0123456789" and len(line.split()) == 3)
    if rows != int(sizes[0][1]) ** 3:
        raise ValueError(f"it has {rows} of {int(sizes[0][1]) ** 3} colours")


def check_sounds(brief: Brief) -> None:
    problems = []
    named = [(brief.where("music", "file"), brief.music.file)] if brief.music else []
    named += [(brief.where("voice", "file"), path) for _, path in brief.voice.file.paths] if brief.voice else []
    for where, path in named:
        try:
            sound.probe(path)
        except (OSError, ValueError) as error:
            reason = (error.strerror or "it cannot be read") if isinstance(error, OSError) else str(error)
            problems.append(
                Problem(
                    level="block",
                    where=where,
                    what=f"{path.name} cannot be used as sound: {reason.lower()}",
                    remedy="check the name, or export it as WAV or MP3",
                )
            )
    if problems:
        raise MaterialError(*problems)
