"""What the brief lists → clips: folders are opened, what is not footage is passed over, and the files into
which a recorder split one long take become one clip again.

Two files are one take when their names say so (numbers that follow each other), their pictures are alike, and
either the first stopped at a recorder's file-size limit or the second was begun the moment the first ended.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipeline import media
from pipeline.errors import MaterialError, Problem
from pipeline.footage import Clip, Part
from pipeline.timing import Span

SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm"})
MAX_FILES = 2000  # in one folder

# FAT32 ends files at 4 GiB, and recorders stop a little earlier; newer ones at 16 GB.
_FULL_SIZES = ((3_600_000_000, 4_294_967_296), (15_000_000_000, 17_179_869_184))
_GAP_S = 2
_GOPRO = re.compile(r"G([HXLP])(\d\d)(\d{4})", re.IGNORECASE)
_GOPRO_FIRST = re.compile(r"GOPR(\d{4})", re.IGNORECASE)
_DJI = re.compile(r"(DJI)_(?:(\d{14})_)?(\d{3,4})(_[A-Z]+)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a file stands in the numbering of its recorder."""

    take: tuple[str, ...]  # equal for files that could be one take
    number: int
    certain: bool  # GoPro numbers chapters apart from takes: the name alone proves it


def gather(entries: Sequence[tuple[str, Path]], *, alone: Collection[int] = ()) -> list[tuple[int, Clip]]:
    """The clips of `entries` (name for people, file or folder) in order, each with the index of its entry.

    Entries whose index is in `alone` are never joined with a neighbour (the brief says something of just that
    file). Raises MaterialError with the problems of all entries at once.
    """
    problems: list[Problem] = []
    found: list[tuple[int, Clip]] = []
    for index, (name, path) in enumerate(entries):
        try:
            files = _files(name, path)
        except MaterialError as error:
            problems.extend(error.problems)
            continue
        for label, file in files:
            try:
                found.append((index, media.probe(file, name=label)))
            except MaterialError as error:
                problems.extend(error.problems)
    if problems:
        raise MaterialError(*problems)
    return _joined_up(found, frozenset(alone))


def _files(name: str, path: Path) -> list[tuple[str, Path]]:
    """One entry as files, each with the name that people know it by."""
    try:
        if not path.exists():
            raise MaterialError.at(name, "there is no such file or folder", _nearest(path))
        if not path.is_dir():
            return [(name, path)]
        files = inside(path)
    except OSError as error:
        raise MaterialError.at(name, f"this cannot be opened: {error.strerror}", "check its rights") from None
    if not files:
        raise MaterialError.at(
            name, "there is no video in this folder", "put MP4 or MOV files directly into it, or leave it out"
        )
    if len(files) > MAX_FILES:
        raise MaterialError.at(name, f"there are {len(files)} videos in this folder", "name those to be used")
    ordered = sorted(files, key=_order)
    return [(f"{name.rstrip('/')}/{file.name}", file) for file in ordered]


def inside(folder: Path) -> list[Path]:
    """The video files that lie directly in a folder. Raises OSError when it cannot be opened."""
    return [file for file in folder.iterdir() if _is_footage(file)]


def _is_footage(file: Path) -> bool:
    return not file.name.startswith(".") and file.suffix.lower() in SUFFIXES and file.is_file()


def _order(file: Path) -> tuple[str, ...]:
    """By name; GoPro counts chapters before takes, so the chapters of a take are brought together."""
    stem = file.stem.upper()
    if match := _GOPRO.fullmatch(stem):
        family, chapter, take = match.groups()
        return (f"G{'O' if family == 'P' else family}{take}", chapter, file.name)
    if match := _GOPRO_FIRST.fullmatch(stem):
        return (f"GO{match[1]}", "00", file.name)
    return (file.name.upper(), "", file.name)


def _nearest(path: Path) -> str:
    try:
        names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "check the spelling; paths count from the brief's folder"


def _joined_up(found: list[tuple[int, Clip]], alone: frozenset[int]) -> list[tuple[int, Clip]]:
    joined: list[tuple[int, list[Clip]]] = []
    for index, clip in found:
        before = joined[-1][0] if joined else None
        allowed = index == before or not {index, before} & alone
        if joined and allowed and _follows(joined[-1][1][-1], clip):
            joined[-1][1].append(clip)
        else:
            joined.append((index, [clip]))
    return [(index, _whole(takes)) for index, takes in joined]


def _place(stem: str) -> _Place | None:
    if match := _GOPRO.fullmatch(stem):
        family, chapter, take = match.groups()
        return _Place(take=("gopro", family.upper(), take), number=int(chapter), certain=True)
    if match := _GOPRO_FIRST.fullmatch(stem):
        return _Place(take=("gopro", "P", match[1]), number=0, certain=True)
    if match := _DJI.fullmatch(stem):
        maker, stamp, number, lens = match.groups()
        take = (maker.upper(), "stamped" if stamp else "", (lens or "").upper())
        return _Place(take=take, number=int(number), certain=False)
    return None


def _follows(first: Clip, second: Clip) -> bool:
    """Does `second` go on where `first` was split?"""
    one, two = _place(first.path.stem), _place(second.path.stem)
    if one is None or two is None or first.path.parent != second.path.parent:
        return False
    if one.take != two.take or two.number != one.number + 1 or not _alike(first, second):
        return False
    if one.certain:
        return True
    gap = _gap_s(first, second)
    if gap is not None and abs(gap) <= _GAP_S:
        return True
    size = first.path.stat().st_size
    full = any(low <= size <= high for low, high in _FULL_SIZES)
    # Some recorders stamp every piece with the start of the take: then the clock says nothing against it.
    return full and (gap is None or gap <= _GAP_S)


def _alike(first: Clip, second: Clip) -> bool:
    def look(clip: Clip) -> tuple[object, ...]:
        return (
            *(clip.codec, clip.pix_fmt, clip.coded_width, clip.coded_height, clip.rotation, clip.transfer),
            *(clip.sample_aspect, clip.has_sound, clip.matrix, clip.full_range, clip.stream, clip.demuxer),
        )

    return look(first) == look(second) and abs(first.fps / second.fps - 1) < Fraction(1, 100)


def _gap_s(first: Clip, second: Clip) -> float | None:
    """Seconds between the end of one and the creation of the next; None without clocks."""
    if first.created is None or second.created is None:
        return None
    return (second.created - first.created).total_seconds() - float(first.duration)


def _whole(takes: Sequence[Clip]) -> Clip:
    if len(takes) == 1:
        return takes[0]
    parts: list[Part] = []
    keyframes: list[float] = []
    damaged: list[Span] = []
    start = Fraction(0)
    for clip in takes:
        parts.append(replace(clip.parts[0], start=start))
        keyframes.extend(key + float(start) for key in clip.keyframes_s)
        damaged.extend(Span(start=start + gap.start, end=start + gap.end) for gap in clip.damaged)
        start += clip.duration
    marks = " ".join(clip.fingerprint for clip in takes)
    frames = sum((clip.fps * clip.duration for clip in takes), Fraction(0))
    others = ", ".join(clip.path.name for clip in takes[1:])
    notes = tuple(f"{clip.path.name}: {note}" for clip in takes for note in clip.notes)
    return replace(
        takes[0],
        parts=tuple(parts),
        fingerprint=hashlib.sha256(marks.encode()).hexdigest(),
        duration=start,
        fps=(frames / start).limit_denominator(100_000),
        variable_rate=any(clip.variable_rate for clip in takes),
        keyframes_s=tuple(keyframes),
        damaged=tuple(damaged),
        notes=(f"goes on in {others}", *notes),
    )
