"""Fonts are resolved once, from the brand's folder or the packages, and never looked for again."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from pipeline import fonts
from pipeline.errors import BriefError


def test_default_fonts_are_packaged_files_and_plain_data() -> None:
    """Without a brand every role is a packaged file, and the value survives pickling to another process."""
    found = fonts.default()
    assert {found.file(role).name for role in fonts.WEIGHTS} == set(fonts._SOURCE_SANS.values())
    assert pickle.loads(pickle.dumps(found)) == found


def test_brand_folder_wins_and_gives_each_role_the_nearest_weight(tmp_path: Path) -> None:
    """A brand's folder with two weights serves all four roles from these two; italics are never chosen."""
    for name in ("Roboto-Regular.ttf", "Roboto-Bold.ttf", "Roboto-BlackItalic.ttf"):
        shutil.copy(fonts.packaged("font_roboto", name), tmp_path / name)
    found = fonts.resolve(tmp_path)
    assert found.regular.name == "Roboto-Regular.ttf"
    assert found.display.name == found.bold.name == "Roboto-Bold.ttf"


def test_folder_without_fonts_is_a_brief_error_with_a_remedy(tmp_path: Path) -> None:
    """A folder without a readable font (text posing as TTF included) is refused in a sentence."""
    (tmp_path / "logo.ttf").write_text("not a font")
    with pytest.raises(BriefError) as caught:
        fonts.resolve(tmp_path)
    assert caught.value.problems[0].remedy


def test_welsh_and_accents_have_glyphs() -> None:
    """The packaged fonts alone cover Welsh, French, German, Polish, Greek and Cyrillic letters and
    typography."""
    text = "Ŵŵ Ŷŷ Llŷn – Tŷ’r “Môr” œuvre Straße Łódź Ελλάδα Москва © · … £ → ½"
    engine = fonts.collection()
    chain = engine.family_chain(fonts.default(), "bold", text)
    assert not [family for family in chain if family.startswith("system:")]
    assert fonts.missing(text) == ()


def test_characters_without_any_glyph_are_named() -> None:
    """A private-use character is reported as missing; spaces and joiners are not."""
    assert fonts.missing("ok \u200d\ufe0f\n\U0010fffd") == ("\U0010fffd",)


def test_a_letter_and_its_marks_come_from_one_font() -> None:
    """A letter of which one font has the base and another the mark counts as missing: it would fall apart."""
    assert fonts.missing("e\u0301") == ()
    assert fonts.missing("a\u0b3f") == ("a\u0b3f",)
