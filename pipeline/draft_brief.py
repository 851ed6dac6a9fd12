"""`make-promo new`: from a folder of clips and a route to a brief that a person can go on from.

The draft is written twice. The first text is read by the same doors as every brief, which tells where each clip lies on
the route and which map would be used; the second says so in comments. It is read again before it gets its name, so what
stands in the folder at the end is a brief that `check` takes. A brief that is there is never written over.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline import files, settings, yaml_file
from pipeline.brief import Brief
from pipeline.brief.reading import understood
from pipeline.drafting.folder import Found, look
from pipeline.drafting.shots import Seen
from pipeline.drafting.text import brief_text
from pipeline.errors import BriefError, Problem
from pipeline.files import Store
from pipeline.prepare import Material, Wants, gather

_MOST_DRAFTS = 99


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`fresh` is False when the very same draft was there already. `problems`: what `check` would say of it."""

    path: Path
    fresh: bool
    beside: Path | None  # the brief that was there, and was left alone
    clips: int
    photos: int
    problems: tuple[Problem, ...]


def draft(folder: Path, *, now: datetime, store: Store) -> Draft:
    """Write a brief for what lies in `folder`: `route.yml`, or the next free `route-2.yml` …, when one is there.

    Raises BriefError when there is no such folder, MaterialError when there is no usable route in it, ToolError when
    the folder cannot be written to.
    """
    found = look(folder)
    brief = _read(folder, brief_text(found, Seen()))
    material = gather(brief, Wants(now=now, offline=True), store, look=False)
    text = brief_text(found, _seen(material))
    assert dict(_read(folder, text)) == dict(brief), "a comment has changed the draft"
    path, fresh, beside = _put(folder, text)
    return Draft(
        path=path,
        fresh=fresh,
        beside=beside,
        clips=len(found.clips),
        photos=len(found.photos),
        problems=(*_told(found), *material.problems),
    )


def _read(folder: Path, text: str) -> Brief:
    """The brief that the text would be in that folder."""
    with tempfile.TemporaryDirectory(prefix="make-promo-") as scratch:
        page = Path(scratch) / "route.yml"
        page.write_bytes(text.encode())
        return understood(yaml_file.read(page, numbers=False), folder / "route.yml")


def _put(folder: Path, text: str) -> tuple[Path, bool, Path | None]:
    """(where the text stands now, whether it was written, the brief that had the name). Never over another file."""
    beside: Path | None = None
    for number in range(1, _MOST_DRAFTS + 1):
        stem = "route" if number == 1 else f"route-{number}"
        # The name of a brief names its folder of clips, so `route.yaml` takes it too.
        taken = [path for path in _inside(folder) if path.name.casefold() in (f"{stem}.yml", f"{stem}.yaml")]
        if any(_holds(path, text) for path in taken):
            return taken[0], False, beside
        if not taken and _placed(folder / f"{stem}.yml", text):
            return folder / f"{stem}.yml", True, beside
        beside = beside or next(iter(taken), None)
    raise BriefError.at(str(folder), f"there are {_MOST_DRAFTS} drafts already", "delete those that are not used")


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise files.explained(error, folder) from error


def _holds(path: Path, text: str) -> bool:
    with suppress(OSError):
        return path.read_bytes() == text.encode()
    return False


def _placed(path: Path, text: str) -> bool:
    """Whether the text got the name: whole, and not over a file that took it meanwhile."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(text.encode())
        try:
            os.link(part, path)
        except FileExistsError:
            return False
        except OSError:  # a disk without hard links
            if os.path.lexists(path):
                return False
            files.renamed(part, path)
        return True
    except OSError as error:
        raise files.explained(error, path) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _seen(material: Material) -> Seen:
    return Seen(
        placings={take.clip.name: take.placing for take in material.takes},
        photos={photo.name: along_m for photo, along_m in zip(material.photos, material.photo_places, strict=True)},
        map=material.map,
        online=_online(),
    )


def _online() -> tuple[str, ...]:
    """The providers of maps that the person's settings allow; wrong settings allow none (the doctor tells what is)."""
    with suppress(BriefError):
        return settings.read_settings().online
    return ()


def _told(found: Found) -> tuple[Problem, ...]:
    return tuple(
        Problem(level="warn", where=one.name, what=f"{one.why}; it was left out of the draft") for one in found.left
    )
