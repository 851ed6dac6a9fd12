"""What stands on screen and in the transcript, language by language, and what is refused because no font has it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import skia
from test_overlays_route import straight
from test_plan import SAID, planned

from pipeline import fonts
from pipeline.brief import Brief
from pipeline.brief.reading import read_brief
from pipeline.legible import unreadable, unspoken
from pipeline.map_model import MapCredit
from pipeline.route import Waypoint
from pipeline.storyboard import compose
from pipeline.wording import credits, pair, seen, story, wording

WALK = replace(straight(heights=True), ascent_m=140.0)


def written(folder: Path, **keys: object) -> Brief:
    path = folder / "route.yml"
    known = {
        "title": {"en": "Barn Hill", "cy": "Bryn", "ur": "پہاڑی"},
        "route": "w.gpx",
        "languages": ["en", "cy", "ur"],
    }
    path.write_text(json.dumps(known | keys, ensure_ascii=False), encoding="utf-8")
    return read_brief(path)


def test_each_language_gets_its_own_words(tmp_path: Path) -> None:
    """Title, figures and call are those of the language; a region's code gets its language's words."""
    brief = written(tmp_path, end_card={"link": "https://www.example.gov.uk/walk/"}, languages=["cy-GB", "ur"])
    welsh, urdu = (wording(brief, WALK, lang) for lang in ("cy-GB", "ur"))
    assert (welsh.title, urdu.title) == ("Bryn", "پہاڑی")
    assert welsh.facts["ascent"] == "460 tr (140 m) o esgyniad"
    assert welsh.end_text == "Dewch o hyd i’r llwybr"
    assert urdu.end_text == "راستہ تلاش کریں"
    assert urdu.facts["ascent"] == "460 فٹ (140 میٹر) چڑھائی"
    assert urdu.end_link == "example.gov.uk/walk"


def test_credits_of_a_map_and_of_music_travel_in_the_language(tmp_path: Path) -> None:
    """The map's thanks stay as the map wants them; ours around the music are translated."""
    music = {"file": "bed.ogg", "title": "Walking {0} On", "licence": "CC BY 4.0"}
    brief = written(tmp_path, music=music)
    maps = [MapCredit(text="© OpenStreetMap contributors", url="https://x.org", licence="ODbL")]
    english, welsh = (credits(brief, maps, lang) for lang in ("en", "cy"))
    assert english[0].text == welsh[0].text == "© OpenStreetMap contributors"
    assert english[1].text == "Music: Walking {0} On (CC BY 4.0)"
    assert welsh[1].text.startswith("Cerddoriaeth: Walking {0} On")


def test_without_footage_nothing_is_said_of_drones(tmp_path: Path) -> None:
    """A clip of the map alone is not told to be drone footage."""
    brief = written(tmp_path)
    assert not story(brief, WALK, "en").filmed


def test_the_transcript_sets_names_apart_in_urdu(tmp_path: Path) -> None:
    """A waypoint's Latin name, and commas of the language between what is read."""
    brief = written(tmp_path)
    walk = replace(WALK, waypoints=(Waypoint(name="Pond (west)", lng=0.0, lat=0.0, along_m=1000.0, aside_m=0.0),))
    board = compose(
        [], distance_m=walk.distance_m, length=Fraction(8), fps=25, scene=True, still=False, wishes=[], photos=[]
    )
    told = seen(board, wording(brief, walk, "ur"), walk, "miles")
    assert all(moment.what for moment in told)
    assert not any(", " in moment.text for moment in told)
    assert any("، " in moment.text for moment in told)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a font of its own."""
    engine = fonts.Collection()
    monkeypatch.setattr(fonts, "_system", lambda: skia.FontMgr.New_Custom_Empty())
    monkeypatch.setattr(fonts, "collection", lambda: engine)


def test_texts_that_would_be_boxes_are_refused_all_at_once(bare: None, tmp_path: Path) -> None:
    """Every text of the brief with a letter that no font has blocks, at its own line, with the font to install."""
    brief = written(
        tmp_path,
        captions=[{"at": "start", "text": {"en": "Pond", "cy": "Pwll", "ur": "تالاب"}}],
        end_card={"text": "Find it 🌳", "link": "https://x.uk"},
    )
    wordings = [wording(brief, WALK, lang) for lang in ("en", "cy", "ur")]
    found = unreadable(brief, wordings, fonts.default())
    assert {problem.level for problem in found} == {"block"}
    told = {problem.where.split(": ")[1]: problem for problem in found}
    assert {"title.ur", "captions[0].text.ur", "end_card.text"} <= set(told)
    assert "title.en" not in told
    assert "Noto Nastaliq Urdu" in told["title.ur"].remedy
    assert "fonts-noto-core" in told["title.ur"].remedy
    assert "fonts-noto-color-emoji" in told["end_card.text"].remedy
    assert "🌳" in told["end_card.text"].what


def test_latin_words_ask_no_font_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Welsh, Polish and Romanian need only the packaged fonts: the system is not even asked."""

    def refused() -> None:
        raise AssertionError("the system's fonts were asked")

    engine = fonts.Collection()
    monkeypatch.setattr(fonts, "_system", refused)
    monkeypatch.setattr(fonts, "collection", lambda: engine)
    title = {"cy": "Tŵr a Llŷn", "pl": "Źródło żółci", "ro": "Pajiștea țării"}
    brief = written(tmp_path, title=title, languages=[*title])
    assert unreadable(brief, [wording(brief, WALK, lang) for lang in title], fonts.default()) == []


def test_unchecked_and_unknown_languages_are_told(tmp_path: Path) -> None:
    """Words that no speaker has read, and languages without words of ours, give a hint each; English gives none."""
    brief = written(tmp_path)
    assert unspoken(brief, ["en", "en-GB"]) == []
    welsh, portuguese = unspoken(brief, ["cy", "pt-BR"])
    assert welsh.level == portuguese.level == "hint"
    assert "Cymraeg" in welsh.what
    assert "English" in portuguese.what


def test_welsh_and_english_are_a_pair() -> None:
    """Where a brief has both they belong together, Welsh first; other languages stand alone."""
    languages = ("en-GB", "ur", "cy")
    assert pair("cy", languages) == pair("en-GB", languages) == ("cy", "en-GB")
    assert pair("ur", languages) == ()
    assert pair("en", ("en", "pl")) == ()


def test_both_of_a_pair_have_the_same_sizes() -> None:
    """Welsh is no less prominent than English: the same boxes and the same rules of size (L7)."""
    english, welsh = (planned(replace(SAID, lang=lang, title="Tŵr", map_credit="x"))[0] for lang in ("en", "cy"))
    for one, two in zip(english.pieces, welsh.pieces, strict=True):
        assert [(layer.kind, layer.box, layer.start, layer.frames) for layer in one.layers] == [
            (layer.kind, layer.box, layer.start, layer.frames) for layer in two.layers
        ]
