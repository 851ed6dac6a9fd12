"""proof.html: the values laid out by the template in assets/proof, which escapes every one of them by itself.

What people wrote stands in the page as plain text in its own language and direction. The page may load nothing but its
own files, and says so to the browser.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config import assets
from pipeline.counting import cleaned
from pipeline.nearest import listed
from pipeline.phrases import language
from pipeline.proof import verdict
from pipeline.proof.folding import Folded, folded
from pipeline.proof.interface import Drawing, drawing
from pipeline.proof.nouns import ProofClip, ProofPromo
from pipeline.proof.stills import Picture
from pipeline.scripts import right_to_left
from pipeline.timing import timecode

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data:; "
    "media-src 'self' file:; base-uri 'none'; form-action 'none'"
)
_FLASHES = "Flashes were checked against published thresholds (WCAG 2.2, ITU-R BT.1702). This is not a certificate."
_NO_FLASHES = "Flashes were not checked."
_FLASH_RULES = {"F2", "F3", "F4", "F5"}
_GRAPH_TOP = 4.0  # the graph reaches a little beyond what is allowed, and further where there is more


@dataclass(frozen=True, kw_only=True)
class Version:
    """One platform in one language, as it is laid out."""

    clip: ProofClip
    language: str
    called: str  # tells its controls from those of the others
    drawing: Drawing
    post: Folded
    length: str
    size: str
    poster: Picture | None
    graph: tuple[tuple[float, float], ...]  # height of each second's bar and its top, in units of the graph
    cues: tuple[tuple[float, float, str, str], ...]  # start, end, time in words, text


@dataclass(frozen=True, kw_only=True)
class Film:
    """Stills of one film, and who gets it."""

    called: str
    pictures: Sequence[Picture]


def page(promo: ProofPromo, pictures: Mapping[str, Sequence[Picture]]) -> str:
    """The whole page. `pictures` by the checksum of the film."""
    rows = verdict.rows(promo.clips)
    several = len(promo.languages) > 1
    shown = {clip.name: _version(clip, pictures.get(clip.sha256, ()), several=several) for clip in promo.clips}
    template = _environment().get_template("page.html")
    text: str = template.render(
        promo=promo,
        policy=POLICY,
        verdict=verdict.verdict(promo.clips),
        sentence=verdict.sentence(promo.clips),
        platforms=[[shown[clip.name] for clip in group] for group in promo.platforms],
        texts=_texts(promo),
        films=[_film(group, pictures.get(group[0].sha256, ()), several=several) for group in promo.films],
        open_rows=[row for row in rows if row.result != "passed"],
        passed_rows=[row for row in rows if row.result == "passed"],
        passed_words=_passed_words(promo, [row for row in rows if row.result == "passed"]),
        who=functools.partial(_who, promo),
        flashes=_flash_words(promo),
        languages=listed(map(language, promo.languages), "and"),
        language=language,
        made_at=promo.made_at.strftime("%d %B %Y, %H:%M %Z").lstrip("0"),
    )
    return text


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(assets() / "proof"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["plain"] = cleaned
    found.filters["direction"] = direction
    found.filters["px"] = lambda value: f"{float(value):.1f}".removesuffix(".0")
    return found


def direction(code: str) -> str:
    """For `dir`: from right to left where the language is, whatever its first word; else by its own letters."""
    return "rtl" if right_to_left(code) else "auto"


def _version(clip: ProofClip, pictures: Sequence[Picture], *, several: bool) -> Version:
    spoken = language(clip.lang)
    top = max(_GRAPH_TOP, *clip.flashes, 0) if clip.flashes else _GRAPH_TOP
    poster = next((one for one in pictures if one.role == "opening"), pictures[0] if pictures else None)
    return Version(
        clip=clip,
        language=spoken,
        called=f"{clip.label}, {spoken}" if several else clip.label,
        drawing=drawing(clip),
        post=folded(cleaned(clip.post.text), clip.visible),
        length=f"{float(clip.length):g} s",
        size=size_text(clip.bytes),
        poster=poster,
        graph=tuple((30 * count / top, 30 - 30 * count / top) for count in (*clip.flashes, 3.0))
        if clip.flashes
        else (),
        cues=tuple((float(cue.start), float(cue.end), timecode(cue.start), cleaned(cue.text)) for cue in clip.cues),
    )


def size_text(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"


def _film(group: Sequence[ProofClip], pictures: Sequence[Picture], *, several: bool) -> Film:
    names = listed(dict.fromkeys(clip.label for clip in group), "and")
    spoken = listed(dict.fromkeys(language(clip.lang) for clip in group), "and")
    return Film(called=f"{names}, {spoken}" if several else names, pictures=pictures)


def _texts(promo: ProofPromo) -> list[tuple[str, ProofClip]]:
    """Posts with equal words once, for paper: (for whom, one of them)."""
    found: dict[tuple[str, str, str, str], list[ProofClip]] = {}
    for clip in promo.clips:
        found.setdefault((clip.lang, clip.post.text, clip.post.alt, clip.post.link or ""), []).append(clip)
    return [(_who(promo, group), group[0]) for group in found.values()]


def _passed_words(promo: ProofPromo, rows: Sequence[verdict.Row]) -> list[tuple[str, str]]:
    """What passed, short enough for paper: each check of all clips, and all limits of a platform together."""
    labels = {clip.platform: clip.label for clip in promo.clips}
    found: dict[str, list[str]] = {}
    for row in rows:
        platform = row.check.id.partition(".")[0]
        name, what = row.check.what, row.check.measured
        if platform in labels and "." in row.check.id:
            name, what = labels[platform], f"{row.check.what.removeprefix(labels[platform] + ': ')} {what}"
        elif not row.everywhere:
            what = f"{what} ({_who(promo, row.clips)})"
        found.setdefault(name, []).append(what)
    return [(name, "; ".join(dict.fromkeys(parts))) for name, parts in found.items()]


def _who(promo: ProofPromo, clips: Sequence[ProofClip]) -> str:
    """Which clips, as short as can be said: nothing when there is one only, or all of them."""
    if len(clips) == len(promo.clips):
        return "all clips" if len(clips) > 1 else "the clip"
    langs = tuple(dict.fromkeys(clip.lang for clip in clips))
    labels = tuple(dict.fromkeys(clip.label for clip in clips))
    names = listed(labels, "and")
    if len(promo.languages) == 1 or len(langs) == len(promo.languages):
        return names
    if len(labels) == len(promo.platforms):
        return f"all clips in {listed(map(language, langs), 'and')}"
    return f"{names} ({listed(map(language, langs), 'and')})"


def _flash_words(promo: ProofPromo) -> str:
    """Only what may be said (rule F12): no film is called safe, and none is called checked that was not."""
    done = [clip for clip in promo.clips if any(check.id in _FLASH_RULES for check in clip.checks)]
    if len(done) == len(promo.clips):
        return _FLASHES
    return f"{_FLASHES} This is true of {listed([clip.name for clip in done], 'and')} only." if done else _NO_FLASHES
