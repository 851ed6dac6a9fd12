"""What is said, on the picture: in its band, at its size, readable over anything, to the frame."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pipeline.colours import contrast
from pipeline.geometry import Box, Size
from pipeline.overlays import subtitle
from pipeline.overlays.palette import Palette
from pipeline.speech_checks import text_findings
from pipeline.speech_room import line_px, lines_allowed, widest_allowed
from pipeline.speech_set import setting_findings
from pipeline.subtitles import Cue

PALETTE = Palette()
TEXTS = {
    "en": "From the top of Barn Hill you can see the whole of Wembley, and on a clear day the City.",
    "cy": "O ben y bryn gallwch weld y môr, ac ar ddiwrnod clir fynyddoedd Eryri i gyd.",
    "ar": "من أعلى التل يمكنك أن ترى ويمبلي كلها، وفي يوم صافٍ أبراج المدينة.",
    "pl": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
}
BANDS = {
    Size(1080, 1920): Box(x=120, y=998, width=722, height=246),
    Size(1920, 1080): Box(x=96, y=786, width=1728, height=164),
    Size(1080, 1080): Box(x=54, y=862, width=972, height=164),
    Size(1080, 1350): Box(x=54, y=1118, width=972, height=164),
    Size(720, 1280): Box(x=60, y=800, width=520, height=162),
}
FRAMES = sorted(BANDS, key=lambda size: (size.width, size.height))


def shown(text: str, frame: Size, lang: str = "en", frames: int = 90) -> subtitle.Overlay:
    return subtitle.subtitle(text, BANDS[frame], PALETTE, frame=frame, lang=lang, fps=30, frames=frames)


@pytest.mark.parametrize("lang", sorted(TEXTS))
@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_subtitles_keep_to_the_rules_in_every_shape(frame: Size, lang: str) -> None:
    """In its band, at most two lines (three upright) of 7 to 8 % of the shorter side, no line too wide: the rules S11,
    S13 and S14 pass."""
    band = BANDS[frame]
    found = subtitle.set_in(TEXTS[lang], band, PALETTE, frame=frame, lang=lang)
    assert band.contains(found.box)
    assert 0.07 <= found.line_px / frame.short <= 0.08
    assert max(map(len, found.pages)) <= (3 if frame.aspect < 0.7 else 2)
    assert "".join("".join(page) for page in found.pages).replace(" ", "") == TEXTS[lang].replace(" ", "")
    cue = Cue(start=Fraction(0), end=Fraction(9), text=TEXTS[lang])
    rules = setting_findings(
        [(cue, found)],
        where="v",
        frame=frame,
        lines=lines_allowed(frame),
        room_px=widest_allowed(frame),
        lang=lang,
    )
    assert {one.rule: one.passed for one in rules if one.rule in ("S11", "S13", "S14")} == {
        "S11": True, "S13": True, "S14": True,
    }  # fmt: skip
    assert text_findings([cue], where="v")


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_words_are_readable_over_anything(ground: int) -> None:
    """Over black, grey and white the letters have 4.5:1 against their box (T1), and no letter leaves it."""
    overlay = shown("Turn left at the gate.", Size(1080, 1920))
    picture = overlay.rgba(0).astype(float)
    alpha = picture[:, :, 3:] / 255
    seen = np.rint(picture[:, :, :3] * alpha + ground * (1 - alpha)).astype(int)
    inside = picture[:, :, 3] > 0
    brightness = seen.sum(axis=2)
    lightest = seen[np.unravel_index(np.where(inside, brightness, -1).argmax(), brightness.shape)]
    plate = np.median(seen[inside], axis=0).astype(int)
    letters, box = ("#" + "".join(f"{value:02x}" for value in colour) for colour in (lightest, plate))
    assert contrast(letters, box) >= 4.5
    opaque = picture[:, :, 3] > 250
    columns = np.flatnonzero(opaque.any(axis=0))
    assert columns[0] > 20
    assert columns[-1] < overlay.size[0] - 20


def test_every_line_has_its_own_box_and_no_gap() -> None:
    """A short line above a long one: boxes as wide as their words and half an em, touching each other."""
    overlay = shown("- Yes.\n- From here it is all downhill.", Size(1920, 1080))
    alpha = overlay.rgba(0)[:, :, 3] > 0
    assert overlay.size[1] == 2 * line_px(Size(1920, 1080))
    widths = alpha.sum(axis=1)
    assert widths.min() > 0
    half = len(widths) // 2
    assert widths[: half - 1].max() < widths[half + 1 :].min()


def test_it_comes_and_goes_at_once() -> None:
    """The first and the last frame are as opaque as the middle; nothing moves."""
    overlay = shown("Turn left.", Size(1080, 1920))
    assert list(overlay.changes()) == [0]
    assert np.array_equal(overlay.rgba(0), overlay.rgba(89))


def test_what_needs_too_many_lines_is_shown_in_parts() -> None:
    """Two pages share the time; each is a different picture, and the change is told."""
    text = TEXTS["en"] + " " + TEXTS["en"]
    overlay = shown(text, Size(1080, 1920), frames=100)
    pages = subtitle.set_in(text, BANDS[Size(1080, 1920)], PALETTE, frame=Size(1080, 1920), lang="en").pages
    assert len(pages) > 1
    assert len(overlay.changes()) == len(pages)
    for before, after in zip(overlay.changes(), overlay.changes()[1:], strict=False):
        assert not np.array_equal(overlay.rgba(before), overlay.rgba(after))
        assert np.array_equal(overlay.rgba(before), overlay.rgba(after - 1))


def test_hostile_words_are_drawn_as_they_are() -> None:
    """Tags, braces and filter syntax take room: they are letters here, nothing else."""
    plain = subtitle.set_in("x", BANDS[Size(1920, 1080)], PALETTE, frame=Size(1920, 1080), lang="en")
    evil = "<b>{\\an8}</b>'[in]:x"
    found = subtitle.set_in(evil, BANDS[Size(1920, 1080)], PALETTE, frame=Size(1920, 1080), lang="en")
    assert found.pages == ((evil,),)
    assert found.widest_px > 8 * plain.widest_px
