"""A promo's folder as a bundle: every clip with what lies beside it, read anew each time."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline import sidecar
from pipeline.approvals import Bundle, Finding, Part
from pipeline.errors import MaterialError
from pipeline.files import sha256
from pipeline.nearest import listed
from pipeline.sidecar import Sidecar

_SIDECAR = re.compile(r"[a-z0-9][a-z0-9-]*\.[A-Za-z0-9-]+\.json")
_MOST_TEXT = 1 << 20


def sidecars(folder: Path) -> tuple[Path, ...]:
    """The sidecars in `folder`, by name; none when there is no such folder."""
    return tuple(sorted(path for path in folder.glob("*.json") if _SIDECAR.fullmatch(path.name) and path.is_file()))


def bundle_of(folder: Path, languages: Collection[str] = ()) -> Bundle:
    """The promo as its files are now. `languages`: those that the brief has, besides those that are found.

    ToolError for a sidecar that cannot be read; what does not fit together is in `faults`.
    """
    faults: list[str] = []
    notes = [_note(path, faults) for path in sidecars(folder)]
    sums: dict[tuple[int, int], str] = {}
    parts = tuple(_part(folder, note, sums, faults) for note in notes)
    faults += _missing_languages(parts, languages)
    return Bundle(
        parts=parts,
        checked=all(note.checks for note in notes),
        warnings=tuple(finding for note in notes for finding in _findings(note, "warn")),
        blocks=tuple(finding for note in notes for finding in _findings(note, "block")),
        faults=tuple(faults),
    )


def refuse_empty(folder: Path) -> None:
    """MaterialError when `folder` is no promo."""
    if not folder.is_dir():
        raise MaterialError.at(str(folder), "there is no such folder", "name the folder with the finished clips")
    if not sidecars(folder):
        remedy = "name the folder with the finished clips, such as promo/route"
        raise MaterialError.at(str(folder), "there are no finished clips in this folder", remedy)


def _note(path: Path, faults: list[str]) -> Sidecar:
    note = sidecar.read(path)
    if path.name != f"{note.platform}.{note.lang}.json":
        faults.append(f"{path.name} speaks of another clip ({note.platform}.{note.lang}); render again")
    return note


def _part(folder: Path, note: Sidecar, sums: dict[tuple[int, int], str], faults: list[str]) -> Part:
    name = f"{note.platform}.{note.lang}"

    def sum_of(suffix: str) -> str:
        return _sum(folder / f"{name}{suffix}", sums)

    clip = sum_of(".mp4")
    if not clip:
        faults.append(f"{name}.mp4 is missing or cannot be read; render again")
    elif clip != note.sha256:
        faults.append(f"{name}.mp4 is not the clip that was checked; render again")
    pasted = _text(folder / f"{name}.post.txt", faults)
    if pasted is None or pasted.rstrip("\n") != note.post.text.rstrip("\n"):
        faults.append(f"{name}.post.txt has other words than will be posted; change the brief and render again")
    return Part(
        platform=note.platform,
        lang=note.lang,
        slot=note.slot,
        clip=clip,
        cover=sum_of(".jpg"),
        subtitles=_text(folder / f"{name}.srt", faults) or "",
        vtt=sum_of(".vtt"),
        title=note.post.title,
        text=note.post.text,
        alt=note.post.alt,
        hashtags=note.post.hashtags,
        link=note.post.link or "",
    )


def _sum(path: Path, sums: dict[tuple[int, int], str]) -> str:
    """Hard links are read once. "" for a file that is not there."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return ""
        key = (status.st_dev, status.st_ino)
        if not status.st_ino or key not in sums:
            found = sha256(path)
            sums[key] = found
            return found
        return sums[key]
    except OSError:
        return ""


def _text(path: Path, faults: list[str]) -> str | None:
    try:
        if not path.is_file():  # not there, or a pipe that would never end
            return None
        with path.open("rb") as stream:
            raw = stream.read(_MOST_TEXT + 1)
    except OSError:
        return None
    if len(raw) > _MOST_TEXT:
        faults.append(f"{path.name} is far too long; render again")
    try:
        return raw[:_MOST_TEXT].decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        faults.append(f"{path.name} is not UTF-8 text; render again")
        return raw[:_MOST_TEXT].decode("utf-8", "backslashreplace")


def _missing_languages(parts: tuple[Part, ...], promised: Collection[str]) -> Iterator[str]:
    """Every platform gets every language: no version goes without the others."""
    languages = {part.lang for part in parts} | set(promised)
    for platform in sorted({part.platform for part in parts}):
        lacking = sorted(languages - {part.lang for part in parts if part.platform == platform})
        if lacking:
            yield (
                f"{platform} has no clip in {listed(lacking, 'and')}; all languages are approved together: "
                "render all languages"
            )


def _findings(note: Sidecar, level: str) -> Iterator[Finding]:
    for check in note.checks:
        if check.level == level and not check.passed:
            yield Finding(
                rule=check.id, rendition=f"{note.platform}.{note.lang}", what=check.what, measured=check.measured,
                limit=check.limit, remedy=check.remedy,
            )  # fmt: skip
