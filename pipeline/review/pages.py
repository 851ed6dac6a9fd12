"""What the review page shows, from a look at the promo; the words are laid out by the templates in assets/review.

The templates escape every value by themselves, so what people wrote is plain text wherever it stands.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import sidecar
from pipeline.approvals import Part
from pipeline.approvals.answer import MOST_NAME, MOST_NOTE, REASONS
from pipeline.config import assets
from pipeline.errors import Problem, PromoError
from pipeline.phrases import language
from pipeline.review.notes import Comment, Look
from pipeline.sidecar import Check
from pipeline.timing import timecode

if TYPE_CHECKING:
    from jinja2 import Environment

_SIGNS = {"approved": "✓", "changes wanted": "✎", "held": "✋", "void": "✕", "expired": "✕", "withdrawn": "✕"}
_FIELDS = {"by": "by", "note": "note", "reasons": "reasons-accuracy", "comment": "comment-text", "time": "comment-time"}
_LABELS = {"by": "Your name", "note": "Note", "reasons": "What they are about", "comment": "Comment",
           "time": "Time and place", "rendition": "Clip", "tick": "To confirm"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The words of one platform beside a clip, and what was found out about its file."""

    part: Part
    label: str
    failed: Sequence[Check]
    passed: Sequence[Check]


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One video, and the platforms that get it. `track`: a file of subtitles, or nothing."""

    name: str
    language: str
    lang: str
    shape: str
    width: int
    height: int
    poster: str
    track: str
    besides: Sequence[Beside]
    comments: Sequence[Comment]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What came back from a form that was refused: shown again, so that nothing is typed twice."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def first(self, name: str, otherwise: str = "") -> str:
        return next(iter(self.values.get(name, ())), otherwise)

    def has(self, name: str, value: str) -> bool:
        return value in self.values.get(name, ())


def page(look: Look, login: str, sent: Sent, done: str = "") -> str:
    """The whole page. `done`: what was just written down."""
    rules: dict[str, list[str]] = {}
    for finding in look.bundle.warnings:
        found = f"{finding.measured}, it should be {finding.limit}" if finding.limit else finding.measured
        rules.setdefault(finding.rule, []).append(f"{finding.rendition}: {finding.what}: {found}")
    return (
        _environment()
        .get_template("page.html")
        .render(
            look=look, name=look.folder.resolve().name, sign=_SIGNS.get(look.state.name, "…"), clips=_clips(look),
            login=login, sent=sent, done=done, rules=rules, reasons=REASONS, most_name=MOST_NAME, most_note=MOST_NOTE,
            field_of=_field_of, name_of=_name_of, proof=(look.folder / "proof.html").is_file(), timecode=_timecode,
            decided=[one for one in look.decisions if one.kind not in ("made", "opened")][-20:],
            verbs={"approved": "approved", "changes": "wants changes", "held": "held it", "released": "released it",
                   "withdrawn": "withdrew the approval"},
        )
    )  # fmt: skip


def closing(look: Look) -> str:
    return _environment().get_template("closing.html").render(look=look, sign=_SIGNS.get(look.state.name, "…"))


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(assets() / "review"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _clips(look: Look) -> list[Clip]:
    """Equal videos are shown once, with all the platforms that get them."""
    groups: dict[tuple[str, str, str, str], list[Part]] = {}
    for part in look.bundle.parts:
        groups.setdefault((part.lang, part.clip, part.cover, part.vtt), []).append(part)
    return [_clip(look, parts) for parts in groups.values()]


def _clip(look: Look, parts: Sequence[Part]) -> Clip:
    first = parts[0]
    notes = {part.name: sidecar.read(look.folder / f"{part.name}.json") for part in parts}
    shown, names = notes[first.name], {part.name for part in parts}
    ratio = shown.width / shown.height
    return Clip(
        name=first.name,
        language=language(first.lang),
        lang=first.lang,
        shape="portrait" if ratio < 0.9 else "landscape" if ratio > 1.1 else "square",
        width=shown.width,
        height=shown.height,
        poster=f"{first.name}.jpg" if first.cover else "",
        track=f"{first.name}.vtt" if first.vtt else "",
        besides=[
            Beside(
                part=part,
                label=_label(part.platform),
                failed=[check for check in notes[part.name].checks if not check.passed],
                passed=[check for check in notes[part.name].checks if check.passed],
            )
            for part in parts
        ],
        comments=[one for one in look.comments if one.rendition in names],
    )


@functools.cache
def _label(platform: str) -> str:
    from pipeline import platforms

    try:
        return platforms.load_platform(platform).label
    except PromoError:
        return platform


def _timecode(time_s: float) -> str:
    return timecode(Fraction(time_s).limit_denominator(1000))


def _field_of(problem: Problem) -> str:
    """Where on the page a problem can be mended."""
    if problem.remedy.startswith("when you have seen it") or problem.where == "tick":
        return "ticks"
    return _FIELDS.get(problem.where, "clips")


def _name_of(problem: Problem) -> str:
    """What is wrong, by the word that stands on the page."""
    return _LABELS.get(problem.where, problem.where)


def write_comment(values: Mapping[str, str]) -> Comment:
    """A comment from the fields of the form. ValueError with a sentence for a time or place that is not one."""
    from pipeline.timing import seconds

    places: list[float] = []
    for name, what in (("x", "from the left"), ("y", "from the top")):
        words = values.get(name, "").strip().removesuffix("%").strip() or "50"
        try:
            places.append(float(Fraction(words) / 100))
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"the place {what} is a number from 0 to 100") from None
    time_s = float(seconds(values.get("time", "").strip()[:20] or "0:00"))
    return Comment(
        rendition=values.get("rendition", ""), time_s=time_s, x=places[0], y=places[1],
        text=values.get("text", ""), by=values.get("by", ""),
    )  # fmt: skip


def shown(folder: Path, name: str) -> Any:
    """A file of the page itself, not of the promo."""
    return (assets() / "review" / name).read_bytes()
