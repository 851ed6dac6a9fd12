"""Text is fitted, shaped and never clipped, whatever the words and the script."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import fonts
from pipeline.overlays.paint import Sheet
from pipeline.overlays.text import Block, Style, clean, fit, measure, right_to_left

WELSH = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
STYLE = Style(fonts=fonts.default(), role="bold", leading=1.15)


def ink(block: Block, margin: int = 40) -> tuple[float, float, float, float]:
    """How far the ink stays inside the block's own box: left, top, right, bottom (negative: it sticks
    out)."""
    sheet = Sheet(int(block.width) + 2 * margin, int(block.height) + 2 * margin)
    block.paint(sheet.canvas, margin, margin, "#ffffff")
    rows, columns = np.nonzero(sheet.pixels[:, :, 3] > 8)
    return (
        columns.min() - margin,
        rows.min() - margin,
        margin + block.width - columns.max() - 1,
        margin + block.height - rows.max() - 1,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Fryent Country Park circular",
        WELSH,
        "gjpqy Ågjp ÉÔŴ",
        "Taith i " + WELSH,
        "A",
        "مسار حديقة فراينت الريفية",
    ],
)
def test_ink_stays_inside_the_box_it_was_fitted_to(text: str) -> None:
    """Ascenders, accents and descenders are whole: the ink lies inside the block, the block inside the
    box."""
    block = fit(text, 640, 300, 110, floor=70, lines=4, style=STYLE)
    assert block.width <= 640
    assert block.height <= 300
    left, top, right, bottom = ink(block)
    assert top >= 0
    assert bottom >= 0
    assert left >= -4
    assert right >= -4


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cn", "Co")), min_size=1, max_size=120),
    st.integers(120, 900),
    st.integers(60, 400),
)
def test_any_text_fits_any_box(text: str, width: int, height: int) -> None:
    """No text, however odd, comes out wider, higher or in more lines than it may."""
    block = fit(text, width, height, 60, floor=40, lines=3, style=STYLE)
    assert block.width <= width + 0.5
    assert block.height <= height + 0.5
    assert len(block.lines) <= 3


def test_no_letter_is_lost() -> None:
    """Breaking a long word adds hyphens and takes nothing away."""
    block = fit(WELSH + " i’r de", 400, 600, 90, floor=60, lines=4, style=STYLE)
    assert len(block.lines) > 1
    assert "".join(block.lines).replace("-", "").replace(" ", "") == (WELSH + " i’r de").replace(" ", "")


def test_size_is_kept_while_lines_are_left_then_shrinks_to_the_floor() -> None:
    """Wrapping comes before shrinking, shrinking before breaking words."""
    short = fit("Barn Hill pond and meadow", 600, 400, 80, floor=50, lines=3, style=STYLE)
    assert short.size == 80
    assert len(short.lines) == 2
    long = fit("Barn Hill pond and meadow " * 3, 600, 400, 80, floor=46, lines=3, style=STYLE)
    assert 46 <= long.size < 80
    assert not any(line.endswith("-") for line in long.lines)


def test_lines_are_balanced() -> None:
    """The last line is not one lonely word when the lines can be of equal length."""
    block = fit("Five gentle miles of meadow and woodland", 700, 400, 56, floor=56, lines=4, style=STYLE)
    widths = [measure(line, block.size, STYLE) for line in block.lines]
    assert len(widths) == 2
    assert min(widths) > 0.7 * max(widths)


def test_web_address_breaks_without_a_hyphen() -> None:
    """A hyphen in a broken address would make it another address."""
    style = Style(fonts=fonts.default(), address=True)
    address = "www.a-long-council-name.gov.uk/walks/fryent-country-park-circular"
    block = fit(address, 420, 200, 48, floor=40, lines=3, style=style)
    assert len(block.lines) > 1
    assert "".join(block.lines) == address
    endless = fit("www." + WELSH * 2, 420, 200, 48, floor=40, lines=5, style=style)
    assert len(endless.lines) > 2
    assert "".join(endless.lines) == "www." + WELSH * 2


def test_control_characters_are_dropped_and_direction_is_seen() -> None:
    """Tabs, bells and doubled spaces go; line breaks stay; Arabic and Hebrew run from the right."""
    assert clean(" a\x07 \t b \n\n c\u0000 ") == "a b\nc"
    assert right_to_left("“مسار” 5")
    assert right_to_left("שלום")
    assert not right_to_left("5 miles مسار")


def test_arabic_is_joined_and_in_visual_order() -> None:
    """Joined letters are narrower than the same letters apart: the engine shapes them."""
    word = "حديقة"
    if fonts.missing(word):
        pytest.skip("no Arabic font on this machine")
    apart = "\u200c".join(word)
    assert measure(word, 100, STYLE) < 0.9 * measure(apart, 100, STYLE)


def test_endless_words_are_fitted() -> None:
    """A name of a hundred thousand letters without a space has lines that fit."""
    block = fit("x" * 100_000, 600, 300, 60, floor=40, lines=3, style=STYLE)
    assert block.lines
    assert block.width <= 600
