"""What the officer should know although nothing forbids to render: repairs, damage, pale colours, shorter edits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from pipeline.brief import Brief
from pipeline.errors import Problem
from pipeline.footage import Clip
from pipeline.platforms import Platform
from pipeline.route import Route
from pipeline.storyboard import Take
from pipeline.timing import Span, timecode


def damage_problem(clip: Clip, span: Span) -> Problem:
    return Problem(
        level="warn",
        where=clip.name,
        what=f"the file is damaged from {timecode(span.start)} to {timecode(span.end)}; the good part is used",
        remedy="copy the file from the card again if that part matters",
    )


def _way(brief: Brief) -> str:
    """The file or files that the route comes from."""
    files = [brief.route, *(entry.file for entry in brief.routes), brief.tracks.file if brief.tracks else None]
    return ", ".join(path.name for path in files if path)


def hints(
    brief: Brief,
    route: Route,
    takes: Sequence[Take],
    cubes: dict[int, Path],
    numbered: Sequence[tuple[int, Clip]],
    platforms: Sequence[Platform],
    length: Fraction,
) -> list[Problem]:
    hints = [Problem(level="hint", where=_way(brief), what=note) for note in route.notes]
    for (number, _), take in zip(numbered, takes, strict=True):
        clip = take.clip
        hints += [Problem(level="hint", where=clip.name, what=note) for note in clip.notes]
        hints += [damage_problem(clip, span) for span in clip.damaged]
        if clip.flight is None:
            continue
        hints += [Problem(level="hint", where=clip.name, what=note) for note in clip.flight.notes]
        profile = clip.flight.colour_profile or ""
        if "log" in profile and number not in cubes:
            hints.append(
                Problem(
                    level="warn",
                    where=clip.name,
                    what=f"it was shot in the flat colour profile {profile} and no LUT is given, so it will look pale",
                    remedy="add `lut: NAME.cube` to this clip (the drone's maker offers the file)",
                )
            )
    for platform in platforms:
        most = platform.duration_max
        if most is not None and length > most:
            hints.append(
                Problem(
                    level="hint",
                    where=platform.id,
                    what=f"it takes at most {timecode(most)}, so it gets a shorter edit than {timecode(length)}",
                    remedy="",
                )
            )
    return hints
