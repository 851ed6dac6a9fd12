"""The footage of a drafted brief: a line for each clip and photo, and beside it what it is and where it was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from pipeline.basemaps import Choice
from pipeline.drafting.folder import MOST_FILES, Found, Left
from pipeline.drafting.writing import comment, remark, scalar
from pipeline.footage import Clip
from pipeline.photos import Photo
from pipeline.sync import Placing
from pipeline.timing import timecode
from pipeline.walking import MILE_M, Units

MOST_CLIPS, MOST_PHOTOS = 40, 6  # written as footage; the others stand beside in comments
_MOST_SPARE, _MOST_LEFT = 100, 30  # lines of comments about them
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What reading the brief's material told: the placing of each clip, metres along the route of each photo, the
    map. Empty at first: the draft is written once to be read, and once more with what that told."""

    placings: Mapping[str, Placing] = field(default_factory=dict)
    photos: Mapping[str, float] = field(default_factory=dict)
    map: Choice | None = None
    online: tuple[str, ...] = ()  # providers that may be asked for a map when rendering


def footage_lines(found: Found, units: Units, seen: Seen) -> Iterator[str]:
    """The key `footage:` with all its lines; only a comment when there is nothing to show."""
    shown, spare = _chosen(found.clips, MOST_CLIPS)
    pictures, others = _chosen(found.photos, MOST_PHOTOS)
    if shown or pictures:
        order = "in the order in which they were taken" if found.dated else "in the order of their names"
        yield from comment(f"Clips {order}. Delete what should not be seen; the best moments of the rest are picked.")
        yield from comment(
            f"To choose yourself: {{file: NAME.MP4, use: 0:12-0:31, at: {said_m(1931, units)}}}. Footage without a"
            " position takes its turn along the route; `at:` says where it belongs."
        )
        yield "footage:"
        for clip in shown:
            yield from _clip_lines(found, clip, units, seen)
        for photo in pictures:
            yield f"  - {scalar(photo.name)}   # photo, {_photo_place(photo, units, seen)}"
    else:
        yield from comment("There are no clips or photos here, so the clip shows the map alone.")
        yield from comment("footage: [DJI_0001.MP4]")
    names = [part for clip in spare for part, _ in _parts(found, clip)] + [photo.name for photo in others]
    if names:
        yield from comment("Also here, and too many for one clip; take the # away to use one:", "  ")
        yield from (f"  # - {remark(scalar(name))}" for name in names[:_MOST_SPARE])
    if len(names) > _MOST_SPARE:
        yield f"  # … and {len(names) - _MOST_SPARE} more"
    yield from left_lines([one for one in found.left if not one.is_route], "  ")
    if found.unopened:
        yield from comment(f"{found.unopened} more files were not looked at: {MOST_FILES} of a kind are enough.", "  ")


def left_lines(left: Sequence[Left], indent: str) -> Iterator[str]:
    """What was left out, and why."""
    if left:
        yield from comment("Left out, because they cannot be used:", indent)
    for one in left[:_MOST_LEFT]:
        yield from comment(f"{remark(one.name, 80)}: {remark(one.why)}", f"{indent}  ")
    if len(left) > _MOST_LEFT:
        yield from comment(f"… and {len(left) - _MOST_LEFT} more", f"{indent}  ")


def _clip_lines(found: Found, clip: Clip, units: Units, seen: Seen) -> Iterator[str]:
    (name, _), *more = _parts(found, clip)
    facts = [
        timecode(clip.duration),
        f"{clip.width} × {clip.height}",
        _where(clip, seen.placings.get(clip.name), units),
    ]
    profile = (clip.flight.colour_profile if clip.flight else None) or ""
    if "log" in profile:
        facts.append(f"flat colours ({remark(profile, 20)}): add `lut: NAME.cube`")
    yield f"  - {scalar(name)}   # {', '.join(fact for fact in facts if fact)}"
    for part, begins in more:
        yield f"  - {scalar(part)}   # goes on from the file before, at {begins}"


def _parts(found: Found, clip: Clip) -> list[tuple[str, str]]:
    """The files of a clip as the brief names them, and where each begins."""
    return [(part.path.relative_to(found.folder).as_posix(), timecode(part.start)) for part in clip.parts]


def _where(clip: Clip, placing: Placing | None, units: Units) -> str:
    if placing is None:
        return ""
    if placing.how not in ("telemetry", "clock"):
        far = clip.flight is not None and clip.flight.has_fix
        return "its positions do not lie along this route" if far else "no position found"
    low, high = (said_m(float(end), units) for end in (np.min(placing.along_m), np.max(placing.along_m)))
    stretch = low if low == high else f"{low} to {high}"
    return f"{stretch} along the route, by {'its telemetry' if placing.how == 'telemetry' else 'its clock'}"


def _photo_place(photo: Photo, units: Units, seen: Seen) -> str:
    along = seen.photos.get(photo.name)
    if photo.place is None or along is None:
        return "no position found"
    return f"shown at {said_m(along, units)} along the route"


def _chosen(things: Sequence[_T], most: int) -> tuple[list[_T], list[_T]]:
    """At most so many of them, evenly spread, and the others."""
    if len(things) <= most:
        return list(things), []
    picked = {round(k * (len(things) - 1) / (most - 1)) for k in range(most)}
    return [one for k, one in enumerate(things) if k in picked], [
        one for k, one in enumerate(things) if k not in picked
    ]


def said_m(metres: float, units: Units) -> str:
    """A distance as a brief writes it: `1.2 mi`, `1.9 km`."""
    return f"{metres / MILE_M:.1f} mi" if units == "miles" else f"{metres / 1000:.1f} km"
