"""A finished film examined: what is measured once for a file, and what is asked of it for each platform."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline import ffmpeg
from pipeline.checks import Expected, check_rendition, failed
from pipeline.errors import Problem
from pipeline.files import Store
from pipeline.flashes import verdicts
from pipeline.glances import flash_report
from pipeline.legibility import text_checks
from pipeline.legibility_plan import line_checks
from pipeline.limits import Limits
from pipeline.loudness import Loudness, measure
from pipeline.phrases import phrases
from pipeline.pieces import File
from pipeline.platforms import Platform
from pipeline.production import Production
from pipeline.sidecar import Check


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What one look at the film told; the same for every platform that gets it."""

    loudness: Loudness | None
    checks: tuple[Check, ...]


def looked_at(production: Production, file: File, film: Path, store: Store, runner: ffmpeg.Runner) -> Looked:
    """A draft shows too few pictures to tell flashes, and its words are small on purpose."""
    checks: tuple[Check, ...] = ()
    if not production.draft:
        draw = production.studio(store).overlays
        checks = (
            *verdicts(flash_report(file, film, store, runner)),
            *text_checks(film, file, draw, store),
            *line_checks(production.style),
        )
    return Looked(loudness=_loudness(file, film, store, runner), checks=(*checks, _spoken(file.lang)))


def platform_checks(
    production: Production, file: File, platform: Platform, path: Path, looked: Looked
) -> tuple[Check, ...]:
    """The film as this platform gets it, and all that the look told."""
    piece = file.pieces[0]
    expected = Expected(
        width=piece.size.width,
        height=piece.size.height,
        fps=piece.fps,
        frames=file.storyboard.frames,
        sound=file.mix is not None,
    )
    # A draft is small on purpose; the platform's limits are for what is posted.
    limits = [] if production.draft else [Limits.of(platform)]
    return (*check_rendition(path, expected, limits, looked.loudness), *looked.checks)


def problems_of(path: Path, checks: Sequence[Check]) -> list[Problem]:
    return [
        Problem(
            level=check.level,
            where=path.name,
            what=f"{check.what}: {check.measured}, it should be {check.limit}",
            remedy=check.remedy,
        )
        for check in failed(checks)
        if check.level != "hint"
    ]


def _loudness(file: File, film: Path, store: Store, runner: ffmpeg.Runner) -> Loudness | None:
    name = file.sound
    if name is None:
        return None
    if known := store.recall("loudness", name):
        with suppress(TypeError):
            return Loudness(**known)
    found = measure(film, runner.run)
    store.remember("loudness", name, vars(found))
    return found


def _spoken(lang: str) -> Check:
    known = phrases(lang).checked
    return Check(
        id="W1",
        what="Our own words in this language were read by a speaker",
        measured="yes" if known else "no",
        limit="yes",
        passed=known,
        level="warn",
        remedy="let a speaker look at the clip and its words",
    )
