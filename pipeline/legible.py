"""Whether everything that will be drawn can be drawn here: asked before anything is (T10 of the rules for access).

A text of the brief, or of the brand, with a letter that no font has is refused: it would show as an empty box. Names
that came with the route or its vehicles are nobody's wording; they are left out of the pictures, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.brief import Brief
from pipeline.brief.values import Text
from pipeline.errors import Problem
from pipeline.fonts import WEIGHTS, Fonts, foreign, missing
from pipeline.overlays.text import clean
from pipeline.phrases import has, phrases
from pipeline.pieces import Wording
from pipeline.scripts import named_fonts, package

_PLAIN = 0x24F  # the last of Latin Extended-B, which the packaged fonts have


def in_hand(words: Wording, fonts: Fonts) -> Wording:
    """The wording, with the name of all fonts from outside that its letters need: other fonts, other pictures."""
    texts = {clean(text) for text in _all(words)}
    found = {
        name for role in WEIGHTS for text in sorted(texts) if _special(text) for name in foreign(text, fonts, role)
    }
    return replace(words, hand=", ".join(sorted(found)))


def unreadable(brief: Brief, wordings: Iterable[Wording], fonts: Fonts) -> list[Problem]:
    """A blocking problem for each text with letters that no font of this machine has."""
    found = {}
    for words in wordings:
        spoken = replace(fonts, lang=words.lang)
        for where, text in _written(brief, words):
            boxes = missing_in(text, spoken)
            if boxes:
                found[where, text] = Problem(
                    level="block",
                    where=where,
                    what=f"no font on this computer has {' '.join(boxes[:8])}{' …' if len(boxes) > 8 else ''}; "
                    "it would show as empty boxes",
                    remedy=_remedy(boxes, words.lang),
                )
    return list(found.values())


def nameless(names: Iterable[str], fonts: Fonts, where: str) -> list[Problem]:
    """A warning when names from data cannot be drawn; they are left out of the pictures."""
    lost = [name for name in dict.fromkeys(names) if missing_in(name, fonts)]
    if not lost:
        return []
    shown = ", ".join(f"“{clean(name)[:40]}”" for name in lost[:3]) + (" …" if len(lost) > 3 else "")
    boxes = tuple(dict.fromkeys(chain.from_iterable(missing_in(name, fonts) for name in lost)))
    return [
        Problem(
            level="warn",
            where=where,
            what=f"no font on this computer has all letters of {shown}, so it is not on the pictures"
            if len(lost) == 1
            else f"no font on this computer has all letters of {len(lost)} names ({shown}), so they are not on the "
            "pictures",
            remedy=_remedy(boxes, fonts.lang),
        )
    ]


def unspoken(brief: Brief, langs: Sequence[str]) -> list[Problem]:
    """What to know of our own words: missing in a language, or read by no speaker of it yet."""
    found = []
    for lang in langs:
        if not has(lang):
            found.append(
                Problem(
                    level="hint",
                    where=brief.where("languages"),
                    what=f"we have no words of our own in {lang}: figures and the like are in English there",
                    remedy=f"write {lang.split('-')[0]}.yml beside the other files in configs/words",
                )
            )
        elif not phrases(lang).checked:
            found.append(
                Problem(
                    level="hint",
                    where=brief.where("languages"),
                    what=f"our own words in {phrases(lang).name} ({lang}) were not checked by a speaker",
                    remedy="let a speaker look at the clip and the texts beside it before they go out",
                )
            )
    return found


def missing_in(text: str, fonts: Fonts) -> tuple[str, ...]:
    """Letters that would show as boxes in any of the weights that are used."""
    text = clean(text)
    if not _special(text):
        return ()
    return tuple(dict.fromkeys(chain.from_iterable(missing(text, fonts, role) for role in WEIGHTS)))


def _special(text: str) -> bool:
    """Latin is in the packaged fonts; only for other letters it is worth opening fonts."""
    return any(ord(char) > _PLAIN for char in text)


def _all(words: Wording) -> Iterator[str]:
    yield from (words.title, words.kicker, *words.captions, *words.facts.values())
    yield from (cue.text for cue in words.speech)
    yield from (words.end_text, words.end_link, words.map_credit, *words.credits)


def _written(brief: Brief, words: Wording) -> Iterator[tuple[str, str]]:
    """Every text that will be drawn, with the place where somebody can change it."""
    lang = words.lang

    def place(text: Text | None, *steps: str | int) -> str:
        code = next((code for code, written in text.words if written == text.get(lang)), "") if text else ""
        return brief.where(*steps, *([code] if code else []))

    yield place(brief.title, "title"), words.title
    for key, caption in enumerate(brief.captions):
        yield place(caption.text, "captions", key, "text"), words.captions[key]
    for key, route in enumerate(brief.routes):
        if route.name is not None:
            yield place(route.name, "routes", key, "name"), route.name.get(lang)
    if brief.tracks is not None and brief.tracks.called is not None:
        yield place(brief.tracks.called, "tracks", "called"), brief.tracks.called.get(lang)
    for cue in words.speech:
        yield brief.where("voice", "subtitles"), cue.text
    yield place(brief.end_card.text, "end_card", "text"), words.end_text
    yield brief.where("end_card", "link"), words.end_link
    for text in (words.kicker, *words.facts.values()):
        yield brief.where("languages"), text
    music = brief.music
    for text in words.credits:
        ours = music is not None and any(part and part in text for part in (music.title, music.artist))
        yield brief.where("music") if ours else brief.where("brand"), text


def _remedy(boxes: Sequence[str], lang: str) -> str:
    fonts = list(dict.fromkeys(named_fonts(letter, lang)[:1] for letter in boxes))
    names = [name for found in fonts for name in found]
    if not names:
        return "leave these signs out, or put a font that has them into the folder that `fonts:` of your brand names"
    packages = " ".join(dict.fromkeys(package(letter) for letter in boxes if named_fonts(letter, lang)))
    return (
        f"install {' and '.join(names)} (Debian, Ubuntu: sudo apt install {packages}), or put the font file into the "
        "folder that `fonts:` of your brand names"
    )
