"""The proof's values, gathered from what lies in a promo's folder and from the plan it was made of.

Clips are read from their sidecars, so that the proof tells what is there and not what was meant; the plan adds the
shots, the brief and the route add where each fact comes from.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from pipeline import sidecar
from pipeline.brief import Brief
from pipeline.errors import BriefError, ToolError
from pipeline.geometry import Insets
from pipeline.pieces import File, Wording
from pipeline.platforms import Platform, load_platform
from pipeline.proof.nouns import ProofChange, ProofClip, ProofFact, ProofPromo, ProofShot
from pipeline.route import Route
from pipeline.sidecar import Credit, Sidecar
from pipeline.subtitles import Cue
from pipeline.timing import seconds
from pipeline.wording import seen

_SIDECAR = re.compile(r"[a-z0-9][a-z0-9-]*\.[A-Za-z0-9-]+\.json")
_CUE = re.compile(r"([\d:.]+) --> ([\d:.]+)[^\n]*\n(.+?)(?:\n\n|\n?\Z)", re.DOTALL)
_MOST_VTT = 1 << 20
_SAME_SHAPE = 0.02
_ROUTES = {
    "recorded": "the recorded track",
    "planned": "the planned route",
    "waypoints": "straight lines between places",
}


def promo_from(
    folder: Path,
    *,
    brief: Brief,
    route: Route,
    files: Sequence[File],
    wordings: Sequence[Wording],
    credits: Sequence[Credit] = (),
    code: str | None = None,
    changes: Sequence[ProofChange] | None = None,
    made_by: str = "",
    flashes: Mapping[str, Sequence[float]] | None = None,
    draft: bool = False,
) -> ProofPromo:
    """The promo as it lies in `folder`. `flashes`: the most flashes in each second, by the checksum of the clip.

    ToolError for a sidecar that cannot be read, or when there is none.
    """
    notes = [sidecar.read(path) for path in sorted(folder.glob("*.json")) if _SIDECAR.fullmatch(path.name)]
    if not notes:
        raise ToolError.at(str(folder), "there are no finished clips in this folder", "render them first")
    shots = _shots(files, wordings, route, brief)
    order = {name: number for number, name in enumerate(name for file in files for name in file.platforms)}
    clips = [
        _clip(folder, note, shots.get((note.platform, note.lang), ()), tuple((flashes or {}).get(note.sha256, ())))
        for note in notes
    ]
    languages = dict.fromkeys([*brief.languages, *(note.lang for note in notes)])
    return ProofPromo(
        id=brief.id,
        titles=tuple((lang, brief.title.get(lang)) for lang in languages if any(n.lang == lang for n in notes)),
        clips=tuple(sorted(clips, key=lambda clip: (order.get(clip.platform, len(order)), clip.name))),
        facts=tuple(_facts(brief, route, wordings, credits)),
        credits=tuple(credits),
        changes=None if changes is None else tuple(changes),
        code=code,
        made_by=made_by,
        made_at=max(note.made_at for note in notes),
        draft=draft,
    )


def _shots(
    files: Sequence[File], wordings: Sequence[Wording], route: Route, brief: Brief
) -> dict[tuple[str, str], tuple[ProofShot, ...]]:
    said = {words.lang: words for words in wordings}
    found: dict[tuple[str, str], tuple[ProofShot, ...]] = {}
    for file in files:
        moments = seen(file.storyboard, said[file.lang], route, brief.units)
        shots = tuple(
            ProofShot(role=shot.role, start=moment.start, end=moment.end, what=moment.what)
            for shot, moment in zip(file.storyboard.shots, moments, strict=True)
        )
        found |= {(platform, file.lang): shots for platform in file.platforms}
    return found


def _clip(folder: Path, note: Sidecar, shots: tuple[ProofShot, ...], flashes: tuple[float, ...]) -> ProofClip:
    name = f"{note.platform}.{note.lang}"
    try:
        platform = load_platform(note.platform)
    except BriefError:  # its file was taken away since then
        platform = None
    visible = platform.text.get("visible") if platform else None
    return ProofClip(
        name=name,
        platform=note.platform,
        label=platform.label if platform else note.platform,
        lang=note.lang,
        sha256=note.sha256,
        bytes=note.bytes,
        width=note.width,
        height=note.height,
        length=Fraction(str(note.duration_s)),
        safe=_safe(platform, note.width, note.height),
        post=note.post,
        visible=visible if isinstance(visible, int) else None,
        takes_alt=bool(platform and platform.alt_text),
        captions_file=bool(platform and platform.captions_sidecar),
        shots=shots,
        cues=cues_of(folder / f"{name}.vtt"),
        checks=note.checks,
        flashes=flashes,
        cover=(folder / f"{name}.jpg").is_file(),
        grid=_grid(platform, note.width),
    )


def _grid(platform: Platform | None, width: int) -> Insets | None:
    """What a profile's grid cuts off a cover of `width` pixels: the platform says it for its favourite frame."""
    if platform is None or platform.cover_safe is None:
        return None
    return _scaled(platform.cover_safe, width / platform.frames[0].size.width)


def _scaled(insets: Insets, scale: float) -> Insets:
    return Insets(**{side: round(value * scale) for side, value in vars(insets).items()})


def _safe(platform: Platform | None, width: int, height: int) -> Insets:
    """The platform's margins for a frame of this shape, scaled to it: a draft is smaller."""
    frames = platform.frames if platform else ()
    for frame in sorted(frames, key=lambda one: abs(one.size.aspect - width / height)):
        if abs(frame.size.aspect - width / height) < _SAME_SHAPE:
            return _scaled(frame.safe, width / frame.size.width)
    edge = round(min(width, height) * 0.05)
    return Insets(top=edge, bottom=edge, left=edge, right=edge)


def cues_of(path: Path) -> tuple[Cue, ...]:
    """The cues of a WebVTT file of ours; none when it is not there or is no such file."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_VTT).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ()
    found = []
    for start, end, words in _CUE.findall(text):
        try:
            found.append(Cue(start=seconds(start), end=seconds(end), text=html.unescape(words)))
        except ValueError:
            continue
    return tuple(found)


def _facts(brief: Brief, route: Route, wordings: Sequence[Wording], credits: Sequence[Credit]) -> Iterator[ProofFact]:
    """Every fact on screen, with how it is known. A figure is the same in all languages: told in the first."""
    for words in wordings:
        yield ProofFact(what="Title", value=words.title, origin="typed in the brief", lang=words.lang)
    first = wordings[0] if wordings else None
    figures = first.facts if first else {}
    lang = first.lang if first else "en"
    file = _source(brief)
    path = _ROUTES[route.kind]
    modelled = next((note for note in route.notes if note.startswith("The heights come from")), "")
    climb = (
        f"computed: {modelled[:1].lower()}{modelled[1:].rstrip('.')}"
        if modelled
        else f"computed from the heights in {file}"
    )
    origins = {
        "distance": ("Distance", f"computed from {path} in {file}"),
        "ascent": ("Ascent", climb),
        "time": ("Walking time", "estimated from distance and ascent, without stops"),
    }
    for key, value in figures.items():
        what, origin = origins.get(key, (key.capitalize(), f"computed from {file}"))
        yield ProofFact(what=what, value=value, origin=origin, lang=lang)
    for words in wordings:
        for number, text in enumerate(words.captions, 1):
            yield ProofFact(what=f"Caption {number}", value=text, origin="typed in the brief", lang=words.lang)
        typed = brief.end_card.text or words.end_text == words.title
        end = "typed in the brief" if typed else "our standard words"
        yield ProofFact(what="End card", value=words.end_text, origin=end, lang=words.lang)
    if first and first.end_link:
        yield ProofFact(what="Link", value=first.end_link, origin="typed in the brief")
    if route.waypoints:
        names = ", ".join(dict.fromkeys(point.name for point in route.waypoints if point.name))
        if names:
            yield ProofFact(what="Places", value=names, origin=f"from {file}", lang="")
    for credit in credits:
        if credit.source == "map":
            yield ProofFact(what="Map", value="roads, paths, water and land", origin=f"from {credit.text}")


def _source(brief: Brief) -> str:
    """The route's file as the author knows it."""
    if brief.route:
        return brief.route.name
    if brief.tracks:
        return brief.tracks.file.name
    return "the routes' files" if len(brief.routes) != 1 else brief.routes[0].file.name
