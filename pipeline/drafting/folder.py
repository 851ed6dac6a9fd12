"""What lies in a folder that could belong in a brief: routes, clips, photos, a brand, sounds; and what had to be left.

The folder itself is looked at and the folders directly in it, without hidden ones and without `promo`, where finished
clips go. A file that cannot be used is not an error here: it is left out, with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from pipeline import clips, gpx, photos, styles, sync, telemetry
from pipeline.brief.fields import NamedFile
from pipeline.brief.values import NamedPath
from pipeline.errors import BriefError, MaterialError
from pipeline.flight import joined
from pipeline.footage import Clip
from pipeline.photos import Photo
from pipeline.route import Route

_T = TypeVar("_T")

MOST_FILES = 300  # of one kind are opened
_MOST_COMPARED = 12  # clips that say which of several routes is meant
_NEAR_M = 1500.0  # clips were taken on a route that is mostly nearer than this
_FLEET = 3
_ROUTES = (".gpx", ".gpx.gz")
_FOREIGN = (".kml", ".kmz", ".fit", ".tcx")  # routes that must be exported as GPX first
_SOUNDS = (".mp3", ".wav", ".ogg", ".m4a", ".flac", ".opus", ".aac")
_CHAPTER = re.compile(r"(G[HXLP])(\d\d)(\d{4})", re.IGNORECASE)
_NOT_ENTERED = {"promo", "maps", "lost+found", "$recycle.bin", "system volume information"}


@dataclass(frozen=True, kw_only=True)
class Left:
    """A file that was left out, and why; both as they come, not yet fit for a comment."""

    name: str
    why: str
    remedy: str = ""

    @property
    def is_route(self) -> bool:
        return self.name.lower().endswith(_ROUTES)


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """A route file. `name`: relative to the folder, as a brief writes it."""

    name: str
    route: Route


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """`ways`: the likeliest first. `clips`: as shot, in order; `dated`: by the time they were taken, else by name."""

    folder: Path
    ways: tuple[Way, ...]
    clips: tuple[Clip, ...]
    dated: bool
    photos: tuple[Photo, ...]
    brand: str | None
    sounds: tuple[str, ...]
    left: tuple[Left, ...]
    unopened: int  # files beyond those that are opened
    together: int  # tracks recorded at the same time, when they are so many that it looks like a fleet


def look(folder: Path) -> Found:
    """Raises BriefError when there is no such folder, MaterialError when there is no route in it."""
    files = _files(folder)
    left: list[Left] = []
    routes = _named(folder, files, _ROUTES, left)
    videos = _named(folder, files, tuple(clips.SUFFIXES), left)
    pictures = [
        (name, path)
        for name, path in _named(folder, files, tuple(photos.SUFFIXES | photos.STRANGERS), left)
        if "logo" not in path.stem.casefold()
    ]
    ways = [Way(name=name, route=route) for name, route in _read(routes, lambda _, path: gpx.read_route(path), left)]
    if not ways:
        raise _routeless(folder, files, left)
    shot, dated = _in_time(_clips(videos, left))
    return Found(
        folder=folder,
        ways=tuple(_likeliest(ways, shot)),
        clips=tuple(shot),
        dated=dated,
        photos=tuple(photo for _, photo in _read(pictures, lambda name, path: photos.read_photo(path, name), left)),
        brand=_brand(folder, files),
        sounds=tuple(name for name, _ in _named(folder, files, _SOUNDS, [])),
        left=tuple(left),
        unopened=sum(max(0, len(kind) - MOST_FILES) for kind in (routes, videos, pictures)),
        together=_together([way.route for way in ways]),
    )


def _files(folder: Path) -> list[Path]:
    try:
        if not folder.exists():
            raise BriefError.at(str(folder), "there is no such folder", "make-promo new FOLDER, with your clips in it")
        if not folder.is_dir():
            raise BriefError.at(str(folder), "this is a file, not a folder", f"make-promo new {folder.parent}")
        inside = sorted(folder.iterdir())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BriefError.at(str(folder), f"this folder cannot be opened: {reason}", "check its rights") from None
    found = []
    for path in inside:
        if path.name.startswith((".", "~")):
            continue
        try:
            if path.is_file():
                found.append(path)
            elif path.is_dir() and path.name.casefold() not in _NOT_ENTERED:
                found += sorted(one for one in path.iterdir() if not one.name.startswith((".", "~")) and one.is_file())
        except OSError:
            continue  # a folder that may not be entered holds nothing for us
    return found


def _named(folder: Path, files: Sequence[Path], endings: tuple[str, ...], left: list[Left]) -> list[tuple[str, Path]]:
    """The files of a kind, each with the name that a brief can call it by."""
    found = []
    for path in files:
        if not path.name.lower().endswith(endings):
            continue
        name = path.relative_to(folder).as_posix()
        if _callable(folder, name, path):
            found.append((name, path))
        else:
            left.append(Left(name=name, why="its name holds signs that a brief cannot write; rename it"))
    return found


def _callable(folder: Path, name: str, path: Path) -> bool:
    """Whether a brief that writes `name` finds the file: no line breaks, no spaces at the ends, no `NUL.mp4`."""
    try:
        found = _reader().validate_python(name, context={"folder": folder})
        return found.path.exists() and found.path.samefile(path)
    except (ValidationError, OSError, ValueError):
        return False


@cache
def _reader() -> TypeAdapter[NamedPath]:
    """How a brief reads the name of a file."""
    return TypeAdapter(NamedFile)


def _read(
    files: Sequence[tuple[str, Path]], read: Callable[[str, Path], _T], left: list[Left]
) -> Iterator[tuple[str, _T]]:
    for name, path in files[:MOST_FILES]:
        try:
            yield name, read(name, path)
        except MaterialError as error:
            left.append(Left(name=name, why=error.problems[0].what, remedy=error.problems[0].remedy))


def _clips(files: Sequence[tuple[str, Path]], left: list[Left]) -> list[Clip]:
    """Every clip that can be used, with its telemetry; takes that a recorder split are one."""
    good = [name for name, _ in _read(files, lambda name, path: _flown(clips.gather([(name, path)])[0][1]), left)]
    ordered = sorted(((name, path) for name, path in files if name in good), key=lambda one: _take_order(one[0]))
    return [_flown(clip) for _, clip in clips.gather(ordered)]


def _flown(clip: Clip) -> Clip:
    parts = [(part.start, telemetry.read_flight(part.path, duration=part.duration)) for part in clip.parts]
    return replace(clip, flight=joined(parts))


def _take_order(name: str) -> tuple[str, str, str]:
    """By name; GoPro counts chapters before takes."""
    folder, _, file = name.rpartition("/")
    chapter = _CHAPTER.match(file)
    return folder, chapter[1] + chapter[3] + chapter[2] if chapter else file.casefold(), file


def _in_time(shot: list[Clip]) -> tuple[list[Clip], bool]:
    """In the order in which they were taken, when all of them tell it by the same kind of clock."""
    made = [clip.created for clip in shot]
    flown = [clip.flight.clock if clip.flight else None for clip in shot]
    for clocks in (made, flown):
        times = [clock for clock in clocks if clock is not None]
        if len(times) == len(shot) > 0:
            order = sorted(range(len(shot)), key=lambda k: _comparable(times[k]))
            return [shot[k] for k in order], True
    return shot, False


def _comparable(clock: datetime) -> datetime:
    return clock if clock.tzinfo else clock.replace(tzinfo=UTC)


def _likeliest(ways: list[Way], shot: Sequence[Clip]) -> list[Way]:
    """The route that most clips were taken on comes first; of equals the longest."""
    told = [clip for clip in shot if clip.flight is not None or clip.created is not None][:_MOST_COMPARED]

    def likely(way: Way) -> tuple[int, float]:
        placed = 0
        if told and len(ways) > 1:
            placings = sync.place_clips(way.route, told, [None] * len(told))
            placed = sum(_on_it(placing) for placing in placings)
        return placed, way.route.distance_m

    return sorted(ways, key=likely, reverse=True)


def _on_it(placing: sync.Placing) -> bool:
    """A huge route has something near to everything; the camera must have been by it."""
    if placing.how == "telemetry":
        return bool(np.nanmedian(placing.aside_m) <= _NEAR_M)
    return placing.how == "clock"


def _together(routes: Sequence[Route]) -> int:
    """How many recordings were made at the same time, half of the shorter at least; 0 when they are few."""
    spans = []
    for route in routes:
        times = [float(t) for line in route.lines for t in (line.epoch_s[0], line.epoch_s[-1]) if t == t]
        if route.kind == "recorded" and len(times) > 1:
            spans.append((min(times), max(times)))
    most = max(
        (sum(min(b, d) - max(a, c) > 0.5 * min(b - a, d - c) for c, d in spans) for a, b in spans),
        default=0,
    )
    return most if most >= _FLEET else 0


def _brand(folder: Path, files: Sequence[Path]) -> str | None:
    for path in files:
        if path.suffix.lower() in (".yml", ".yaml") and path.parent == folder and path.suffix == path.suffix.lower():
            try:
                styles.read_brand(path.name, folder)
            except BriefError:
                continue
            if _callable(folder, path.name, path):
                return path.name
    return None


def _routeless(folder: Path, files: Sequence[Path], left: Sequence[Left]) -> MaterialError:
    broken = [one for one in left if one.is_route]
    if broken:
        words = "; ".join(f"{one.name!r}: {one.why}" for one in broken[:5])
        remedy = broken[0].remedy or "export the route anew as GPX"
        if "in the brief" in remedy:
            remedy += "; write one by hand: it needs only `title:` and `route:` besides"
        return MaterialError.at(str(folder), f"no GPX file here can be used ({words})", remedy)
    foreign = next((path.name for path in files if path.suffix.lower() in _FOREIGN), None)
    remedy = "put the route into the folder: most map and walking apps export GPX"
    if foreign:
        remedy = f"open {foreign!r} in the app that it comes from, and export it as GPX into this folder"
    return MaterialError.at(str(folder), "there is no GPX file in this folder, so there is no route", remedy)
