"""The voice-over of a brief: its subtitles read for every language, and held against the rules.

What only forbids to publish never forbids to render: `check` and the talk warn, the sidecar blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import ffmpeg, sound, speech
from pipeline.brief import Brief
from pipeline.errors import MaterialError, Problem
from pipeline.files import Store, sha256
from pipeline.mix import Mixed
from pipeline.sound_checks import licence_findings, sound_findings
from pipeline.speech_checks import presence, text_findings
from pipeline.speech_finding import Finding
from pipeline.speech_room import lines_allowed, widest_allowed
from pipeline.speech_set import setting_findings
from pipeline.subtitles import Cue
from pipeline.timing import Span

if TYPE_CHECKING:
    from pipeline.overlays.palette import Palette
    from pipeline.pieces import File
    from pipeline.platforms import Platform
    from pipeline.production import Production

# Rules that only show when sound or picture are made; the others are told while planning.
LATE = ("A4", "voice-whole", "S1.whole", "S8", "S10", "S11", "S12", "S13", "S14")

Speech = Mapping[str, tuple[Cue, ...]]  # language → what is said


def read_speech(brief: Brief, languages: Sequence[str]) -> dict[str, tuple[Cue, ...]]:
    """The subtitles for each language that has any. Raises MaterialError with the problems of all files."""
    voice = brief.voice
    if voice is None or voice.subtitles is None:
        return {}
    found: dict[str, tuple[Cue, ...]] = {}
    problems: dict[str, Problem] = {}
    for lang in languages:
        path = voice.subtitles.get(lang)
        if path is None:
            continue
        try:
            found[lang] = speech.read(path, brief.where("voice", "subtitles"))
        except MaterialError as error:
            problems |= {str(problem): problem for problem in error.problems}
    if problems:
        raise MaterialError(*problems.values())
    return found


def speech_findings(brief: Brief, lang: str, cues: Sequence[Cue], store: Store | None = None) -> tuple[Finding, ...]:
    """S1 to S8, S16, S17 for one language; without a store the sound is not listened to. Empty where nobody speaks."""
    voice = brief.voice.file.get(lang) if brief.voice else None
    if brief.voice is None or voice is None:
        return ()
    path = brief.voice.subtitles.get(lang) if brief.voice.subtitles else None
    where = path.name if path and cues else brief.where("voice")
    heard = _heard(voice, store) if cues and store else None
    found = presence(cues, where=where, checked_by=brief.voice.checked_by or "", lang=lang, heard=heard)
    return (*found, *text_findings(cues, where=where)) if cues else found


def _heard(voice: Path, store: Store) -> tuple[Span, ...]:
    """Where the voice speaks; remembered by its bytes."""
    name = sha256(voice)
    known = store.recall("voice", name)
    if known is not None:
        with suppress(TypeError, ValueError):
            return tuple(Span(start=Fraction(start), end=Fraction(end)) for start, end in known)
    scratch = store.root / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    phrases, _ = sound.spoken(voice, ffmpeg.Runner(), scratch)
    spans = tuple(Span(start=_milli(one.start), end=_milli(one.end)) for one in phrases)
    store.remember("voice", name, [[str(one.start), str(one.end)] for one in spans])
    return spans


def _milli(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)


def planned_findings(
    brief: Brief, speech: Speech, languages: Sequence[str], platforms: Sequence[Platform], today: date
) -> tuple[Finding, ...]:
    """What fails of the rules that can be known before anything is rendered, each once."""
    found = [one for lang in languages for one in speech_findings(brief, lang, speech.get(lang, ()))]
    found += [one for platform in platforms if platform.sound for one in music_findings(brief, platform.id, today)]
    return tuple({(one.rule, one.where): one for one in reversed(found) if not one.passed}.values())[::-1]


def clip_findings(
    production: Production, file: File, platform: Platform, store: Store, today: date
) -> tuple[Finding, ...]:
    """Every rule for speech and sound of one clip on one platform, passed or not. Nothing is heard in a mute file."""
    material = production.material
    brief, cues = material.brief, material.speech.get(file.lang, ())
    found = [*drawn_findings(brief, file, _palette(production, file.lang))]
    if file.mix is None or file.sound is None:
        return tuple(found)
    mixed = None
    with suppress(TypeError):
        mixed = Mixed(**(store.recall("mix", file.sound) or {}))
    return (
        *speech_findings(brief, file.lang, cues, store),
        *found,
        *mix_findings(brief, file.lang, mixed),
        *music_findings(brief, platform.id, today),
    )


def rights(brief: Brief) -> dict[str, list[str]]:
    """What the rules look at in the brief, for the fingerprint of what lies beside a clip: another name or licence,
    another sidecar."""
    told = [brief.voice.checked_by or ""] if brief.voice else []
    told += [brief.music.model_dump_json(exclude={"file"})] if brief.music else []
    return {"rights": told} if told else {}


def _palette(production: Production, lang: str) -> Palette:
    from pipeline.palettes import palette

    found = palette(production.brand, production.style)
    return replace(found, fonts=replace(found.fonts, lang=lang))


def music_findings(brief: Brief, platform: str, today: date) -> tuple[Finding, ...]:
    """A5 for one platform, on the day that the brief names for posting, today at the earliest."""
    if brief.music is None:
        return ()
    day = today
    if brief.publish and brief.publish.when:
        day = max(day, datetime.fromisoformat(brief.publish.when).date())
    return licence_findings(brief.music, platform=platform, day=day, where=brief.where("music"))


def mix_findings(brief: Brief, lang: str, mixed: Mixed | None) -> tuple[Finding, ...]:
    """A4, and a voice that is cut off."""
    voice = brief.voice.file.get(lang) if brief.voice else None
    return sound_findings(mixed, where=voice.name) if mixed and voice else ()


def drawn_findings(brief: Brief, file: File, palette: Palette) -> tuple[Finding, ...]:
    """S10 to S14 of the subtitles that are burnt into a file, as its plan places them."""
    from pipeline.overlays.subtitle import set_in

    shown = []
    frame, fps = file.pieces[0].size, file.storyboard.fps
    for piece in file.pieces:
        for layer in piece.layers:
            if layer.kind != "subtitle" or layer.offset:
                continue  # begun in an earlier shot
            start = Fraction(piece.shot.start + layer.start, fps)
            cue = Cue(start=start, end=start + Fraction(layer.total, fps), text=layer.values["text"])
            shown.append((cue, set_in(cue.text, layer.box, palette, frame=frame, lang=file.lang)))
    path = brief.voice.subtitles.get(file.lang) if brief.voice and brief.voice.subtitles else None
    if not shown or path is None:
        return ()
    return setting_findings(
        shown,
        where=path.name,
        frame=frame,
        lines=lines_allowed(frame),
        room_px=widest_allowed(frame),
        lang=file.lang,
    )
