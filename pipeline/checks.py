"""Is the finished file what every network takes? Measured in the file itself, said in words for the sidecar.

Two lists: what the common file promises (index first, no edit list, H.264 High, tagged BT.709, constant
rate, closed groups, AAC-LC, nothing private inside) and what each platform allows (`limits`). Nothing is
decoded, so a check costs milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline import mp4
from pipeline.errors import Level
from pipeline.limits import RENDER_AGAIN, Limits, number, rows
from pipeline.loudness import Loudness
from pipeline.mp4 import Mp4, Track
from pipeline.sidecar import Check

_GOP_MAX = Fraction(2)
# Tags that a muxer or a title may leave; everything else came from a camera or a person.
_HARMLESS_TAGS = {
    "©too",
    "©swr",
    "©nam",
    "©cmt",
    "©des",
    "©cpy",
    "cprt",
    "desc",
    "name",
    "title",
    "comment",
    "encoder",
}
_POSITION = re.compile(r"[+-]\d{1,2}(\.\d+)?[+-]\d{1,3}(\.\d+)?([+-]\d+(\.\d+)?)?/?")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the plan asked for."""

    width: int
    height: int
    fps: int
    frames: int
    sound: bool = True  # a sound track, silent where there is nothing to hear


def check_rendition(
    path: Path, expected: Expected, limits: Sequence[Limits], loudness: Loudness | None = None
) -> tuple[Check, ...]:
    """Every check of the file at `path`, passed or not; ids of platform checks begin with the platform's id.

    MaterialError when it cannot be read as an MP4 at all.
    """
    film = mp4.read(path)
    found = [*_container(film), *_privacy(film)]
    video = film.of_kind("vide")
    if len(video) == 1:
        found += [*_picture(video[0], expected), *_pace(video[0], expected)]
    found.append(_check("video-track", "One picture track", str(len(video)), "1", len(video) == 1))
    found += _sound(film, expected)
    if loudness is not None and expected.sound:
        found += loudness_checks(loudness)
    for limit in limits:
        found += _platform(film, limit)
    return tuple(found)


def failed(checks: Sequence[Check], level: Level | None = None) -> tuple[Check, ...]:
    """The checks that did not pass, of one level if given."""
    return tuple(check for check in checks if not check.passed and level in (None, check.level))


def _check(
    id: str,
    what: str,
    measured: str,
    limit: str,
    passed: bool,
    level: Level = "block",
    remedy: str = RENDER_AGAIN,
) -> Check:
    return Check(
        id=id,
        what=what,
        measured=measured,
        limit=limit,
        passed=passed,
        level=level,
        remedy="" if passed else remedy,
    )


def _container(film: Mp4) -> Iterator[Check]:
    order = "first" if film.moov_first else "after the media"
    yield _check("whole", "The file is complete", "yes" if film.whole else "cut off", "yes", film.whole)
    yield _check(
        "moov-first",
        "The index comes first, so that it plays while it loads",
        order,
        "first",
        film.moov_first,
    )
    yield _check("one-piece", "One index, not fragments", _yes(film.fragmented), "no", not film.fragmented)
    edited = [f"track {track.number} ({track.kind})" for track in film.tracks if track.has_edit_list]
    yield _check("no-edit-list", "No edit lists", ", ".join(edited) or "none", "none", not edited)


def _privacy(film: Mp4) -> Iterator[Check]:
    strange = [key for key in film.tags if key not in _HARMLESS_TAGS]
    strange += [key for key, text in film.tags.items() if key in _HARMLESS_TAGS and _POSITION.search(text)]
    strange += film.extras
    yield _check(
        "no-metadata",
        "No location, serial number or other camera data",
        ", ".join(strange) or "none",
        "none",
        not strange,
    )
    others = [track.codec for track in film.tracks if track.kind not in ("vide", "soun")]
    yield _check("no-telemetry", "No tracks beside picture and sound", ", ".join(others) or "none", "none", not others)


def _picture(track: Track, expected: Expected) -> Iterator[Check]:
    size, wanted = f"{track.width}×{track.height}", f"{expected.width}×{expected.height}"
    yield _check("frame", "Frame size", size, wanted, size == wanted)
    upright = track.rotation == 0 and track.pixel_aspect == 1
    turned = "as stored" if track.rotation == 0 else "turned or flipped by a tag"
    shape = f"{turned}, pixel {track.pixel_aspect.numerator}:{track.pixel_aspect.denominator}"
    yield _check("upright", "Rotation applied, square pixels", shape, "as stored, pixel 1:1", upright)
    told = track.sequence
    codec = f"{track.codec} {told.profile} {told.level}" if told else track.codec
    yield _check(
        "codec",
        "H.264 High",
        codec,
        "avc1 High",
        track.codec == "avc1" and told is not None and told.profile == "High",
    )
    if told is None:
        return
    pixels = f"{told.chroma} {told.bit_depth} bit {'progressive' if told.progressive else 'interlaced'}"
    yield _check("pixels", "Pixel format", pixels, "4:2:0 8 bit progressive", pixels == "4:2:0 8 bit progressive")
    bt709 = (1, 1, 1)
    ranged = bool(told.full_range) or bool(track.full_range)
    width = "full" if ranged else "limited"
    tags = f"stream {_colour(told.colour)}, file {_colour(track.colour)}, {width} range"
    right = told.colour == bt709 and track.colour in (None, bt709) and not ranged
    yield _check("colour", "Tagged BT.709, limited range", tags, "1/1/1, limited range", right)


def _pace(track: Track, expected: Expected) -> Iterator[Check]:
    rate = number(track.rate or Fraction(0))
    steady = track.constant_rate and track.rate == expected.fps
    told = rate if track.constant_rate else f"{rate}, varying"
    yield _check("frame-rate", "Constant frame rate", told, str(expected.fps), steady)
    yield _check(
        "frames",
        "Length in frames",
        str(track.samples),
        str(expected.frames),
        track.samples == expected.frames,
    )
    yield _check("starts-at-zero", "The picture starts at 0", f"{number(track.first)} s", "0 s", track.first == 0)
    closed = {True: "closed", False: "open", None: "unknown"}[track.idr]
    gop = f"{closed}, at most {number(track.longest_gop)} s"
    fits = track.idr is True and track.longest_gop <= _GOP_MAX
    yield _check("gop", "Closed groups of pictures of at most 2 s", gop, "closed, at most 2 s", fits)


def _sound(film: Mp4, expected: Expected) -> Iterator[Check]:
    tracks = film.of_kind("soun")
    wanted = "1" if expected.sound else "0"
    yield _check("sound-track", "Sound tracks", str(len(tracks)), wanted, str(len(tracks)) == wanted)
    if not tracks or not expected.sound:
        return
    aac = tracks[0].aac
    kind = "LC" if aac and aac.object_type == 2 else f"type {aac.object_type}" if aac else "?"
    told = f"AAC-{kind} {aac.sample_rate} Hz, {aac.channels} channels" if aac else tracks[0].codec
    yield _check("sound", "Sound format", told, "AAC-LC 48000 Hz, 2 channels", told == "AAC-LC 48000 Hz, 2 channels")
    length = Fraction(expected.frames, expected.fps)
    off = tracks[0].duration - length
    # An encoder's first packet is priming (1024 samples) and the last is filled up.
    fits = abs(off) <= Fraction(2048, 48000) + Fraction(1, expected.fps)
    measured = f"{'+' if off >= 0 else ''}{number(off)} s"
    yield _check("sound-length", "Sound as long as the picture", measured, "within a frame and two packets", fits)


def loudness_checks(loudness: Loudness) -> tuple[Check, ...]:
    """Loudness −18 to −13 LUFS (silence is fine), true peak at most −1 dBTP; above 0 it is refused."""
    level = loudness.integrated_lufs
    told = "silent" if level is None else f"{level:.1f} LUFS"
    fits = level is None or -18 <= level <= -13
    remedy = "lower or raise the music; the target is −14 LUFS"
    peak = loudness.true_peak_dbtp
    loudest = "silent" if peak is None else f"{peak:.1f} dBTP"
    grave: Level = "block" if peak is not None and peak > 0 else "warn"
    return (
        _check("loudness", "Loudness", told, "-18 to -13 LUFS", fits, "warn", remedy),
        _check("true-peak", "True peak", loudest, "at most -1 dBTP", peak is None or peak <= -1, grave, remedy),
    )


def _platform(film: Mp4, limits: Limits) -> Iterator[Check]:
    name = limits.label or limits.platform
    for row in rows(film, limits):
        what = f"{name}: {row.what}"
        yield _check(f"{limits.platform}.{row.id}", what, row.measured, row.limit, row.passed, row.level, row.remedy)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _colour(colour: tuple[int, int, int] | None) -> str:
    return "/".join(map(str, colour)) if colour else "untagged"
