"""Eight languages: our words, their letters, their direction, and what they share."""

from __future__ import annotations

import re
import warnings
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import skia
from harfbuzz_reference import NOTO, drawn, font_file, shaped
from language_samples import CALLS, CAPTIONS, LEFTWARDS, OTHERS, TITLES
from test_overlays_route import straight
from test_plan import SAID, changed, planned

from pipeline import config, fonts, walking
from pipeline.geometry import Insets, Size
from pipeline.layout import Layout, lay_out
from pipeline.legible import in_hand, missing_in, nameless
from pipeline.overlays import captions, end_card, facts
from pipeline.overlays.line import paragraph
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import of as shape_of
from pipeline.overlays.text import Style, clean, fit, measure
from pipeline.phrases import Counted, counted, number, phrases
from pipeline.scripts import clusters, named_fonts, right_to_left
from pipeline.words import Moment, Story, apart, shot_words, transcript
from pipeline.words import facts as told_facts

SHAPES = [
    (Size(1080, 1920), Insets(top=270, bottom=672, left=120, right=250)),
    (Size(1080, 1350), Insets(top=60, bottom=60, left=60, right=60)),
    (Size(1080, 1080), Insets(top=50, bottom=50, left=50, right=50)),
    (Size(1920, 1080), Insets(top=54, bottom=130, left=96, right=96)),
]


def spoken(lang: str) -> fonts.Fonts:
    return replace(fonts.default(), lang=lang)


@pytest.fixture(scope="module")
def noto() -> dict[str, Path]:
    """The fonts of five languages; without them their letters cannot be tested, and that is said."""
    found = {lang: path for lang in NOTO if (path := font_file(lang))}
    if len(found) < len(NOTO):
        warnings.warn(f"no Noto fonts for {set(NOTO) - set(found)}: their shaping is NOT tested", stacklevel=1)
        pytest.skip("install fonts-noto-core")
    return found


# Our words


def test_every_language_says_everything_in_the_places_of_the_english() -> None:
    """Each file has all keys and no other, as many places for figures and names as the English, and says honestly
    whether a speaker has read it."""
    names = config.names("words")
    assert set(names) >= {"en", *OTHERS}
    english = phrases("en")
    for lang in names:
        found = phrases(lang)
        assert found.checked == bool(found.by), lang
        for key, text in found.say:
            assert text.count("{}") == getattr(english.say, key).count("{}"), (lang, key)
            assert not re.search(r"[{}]", text.replace("{}", "")), (lang, key)
        for key in Counted.model_fields:
            assert "{}" in getattr(found.counted, key).other, (lang, key)


def test_all_words_of_ours_have_their_letters(noto: dict[str, Path]) -> None:
    """No phrase of ours has a letter without a glyph in the language's own font."""
    for lang in config.names("words"):
        speak = replace(spoken(lang), more=tuple(noto.values()))
        for _, text in phrases(lang).say:
            assert missing_in(text.replace("{}", "5"), speak) == (), (lang, text)


@pytest.mark.parametrize(
    ("lang", "distance", "climb", "time"),
    [
        ("en", "5.1 miles (8.2 km)", "1,210 m (3,970 ft)", "1 h 35 min to 2 h"),
        ("en-GB", "5.1 miles (8.2 km)", "1,210 m (3,970 ft)", "1 h 35 min to 2 h"),
        ("cy", "5.1 milltir (8.2 km)", "1,210 m (3,970 tr)", "1 awr 35 munud i 2 awr"),
        ("pl", "5,1 mili (8,2 km)", "1\u00a0210 m (3\u00a0970 stóp)", "1 godz. 35 min – 2 godz."),
        ("ro", "5,1 mile (8,2 km)", "1.210 m (3.970 de picioare)", "1 h 35 min – 2 h"),
        ("ar", "5.1 ميل (8.2 كم)", "1,210 م (3,970 قدمًا)", "1 ساعة و35 دقيقة إلى ساعتان"),
        ("ur", "5.1 میل (8.2 کلومیٹر)", "1,210 میٹر (3,970 فٹ)", "1 گھنٹہ 35 منٹ سے 2 گھنٹے"),
        ("gu", "5.1 માઇલ (8.2 કિમી)", "1,210 મી (3,970 ફૂટ)", "1 કલાક 35 મિનિટથી 2 કલાક"),
        ("hi", "5.1 मील (8.2 कि.मी.)", "1,210 मी. (3,970 फ़ुट)", "1 घंटा 35 मिनट से 2 घंटे"),
        ("ta", "5.1 மைல் (8.2 கி.மீ.)", "1,210 மீ. (3,970 அடி)", "1 மணி 35 நிமிடம் – 2 மணி"),
        ("pt-BR", "5.1 miles (8.2 km)", "1,210 m (3,970 ft)", "1 h 35 min to 2 h"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(lang: str, distance: str, climb: str, time: str) -> None:
    """Decimal signs, groups, units and ranges of each language, in Latin digits; a language without words of ours gets
    wholly English figures, never half."""
    assert walking.distance_text(8200, "miles", lang) == distance
    assert walking.ascent_text(1210, "km", lang) == climb
    assert walking.time_text((95, 120), lang) == time


@pytest.mark.parametrize(
    ("lang", "unit", "forms"),
    [
        ("pl", "mile", {1: "1 mila", 2: "2 mile", 5: "5 mil", 22: "22 mile", 1.5: "1,5 mili"}),
        ("ro", "mile", {1: "1 milă", 2: "2 mile", 25: "25 de mile"}),
        ("ar", "mile", {3: "3 أميال", 11: "11 ميلًا", 100: "100 ميل"}),
        ("ar", "night", {1: "ليلة واحدة", 2: "ليلتان", 3: "3 ليالٍ"}),
        ("cy", "day", {1: "un diwrnod", 2: "2 ddiwrnod", 5: "5 diwrnod"}),
        ("en", "mile", {1: "1 mile", 1.04: "1 mile", 0: "0 miles"}),
    ],
)
def test_plurals_follow_the_number_that_is_shown(lang: str, unit: str, forms: dict[float, str]) -> None:
    """The words beside a number are in the plural form of the figure as it is written."""
    assert {value: counted(value, unit, lang) for value in forms} == forms


def test_a_range_never_loses_its_ends() -> None:
    """Arabic says two hours without a number; a range that ends with two still shows both ends."""
    assert "1" in walking.time_text((60, 120), "ar")
    assert "2" in walking.time_text((60, 120), "ar")
    assert counted(2, "h", "ar") == "ساعتان"
    assert number(3.14159, "ar") == "3.1"


def test_facts_and_transcript_are_of_one_language() -> None:
    """In the Urdu texts no English word of ours is left, and a Latin name in them is set apart."""
    found = told_facts(distance_m=8200, ascent_m=140, minutes=(95, 140), loop=True, lang="ur")
    seen = shot_words("footage", (1931.2, 2253.1), "Barn Hill (pond)", lang="ur")
    text = transcript(
        Story(title="سیر", facts=found, lang="ur", filmed=False), [Moment(start=0, end=2, what=seen, text="تالاب")]
    )
    assert "\u2068Barn Hill (pond)\u2069" in text
    assert not re.search("[A-Za-z]", text.replace("Barn Hill (pond)", ""))
    assert apart("Pond", "cy") == "Pond"


# Letters


def test_the_engine_sets_every_word_as_harfbuzz_does(noto: dict[str, Path]) -> None:
    """For each word of five scripts: no missing glyph, the same width to a twentieth of a pixel, the same ink but for
    the smoothing of edges."""
    size, tried = 96.0, 0
    for lang, file in noto.items():
        style = Style(fonts=replace(spoken(lang), more=(file,)), role="bold")
        for word in {part.strip("،,.()🌳") for texts in (TITLES, CAPTIONS, CALLS) for part in texts[lang].split()}:
            if word.isascii():
                continue
            tried += 1
            glyphs, _, wide = shaped(word, file, lang)
            assert 0 not in glyphs, word
            line = paragraph(word, size, style, int(skia.ColorBLACK), 0.0, right_to_left(lang))
            assert abs(line.MaxIntrinsicWidth - wide * size) < 0.05, word
            sheet = Sheet(int(line.MaxIntrinsicWidth) + 100, 500)
            line.paint(sheet.canvas, 40, 250 - line.AlphabeticBaseline)
            ours = sheet.pixels[:, :, 3].astype(int)
            theirs = drawn(word, file, lang, size, sheet.width, sheet.height, 250).astype(int)
            assert np.abs(ours - theirs).sum() < 0.08 * theirs.sum(), word
    assert tried > 70


def test_letters_that_are_not_joined_would_be_noticed(noto: dict[str, Path]) -> None:
    """The comparison above tells joined letters from single ones: with joiners taken away the ink is another."""
    style = Style(fonts=replace(spoken("ar"), more=(noto["ar"],)), role="bold")
    line = paragraph("المسار", 96.0, style, int(skia.ColorBLACK), 0.0, True)
    sheet = Sheet(int(line.MaxIntrinsicWidth) + 300, 500)
    line.paint(sheet.canvas, 40, 250 - line.AlphabeticBaseline)
    apart_ = drawn("\u200c".join("المسار"), noto["ar"], "ar", 96.0, sheet.width, 500, 250).astype(int)
    assert np.abs(sheet.pixels[:, :, 3].astype(int) - apart_).sum() > 0.3 * apart_.sum()


def test_letters_that_join_are_never_spaced(noto: dict[str, Path]) -> None:
    """Tracking, which widens Latin words, leaves Arabic and Hindi words as they are."""
    for lang, word in (("ar", "المسار"), ("hi", "रास्ता")):
        speak = replace(spoken(lang), more=(noto[lang],))
        tight, wide = (Style(fonts=speak, tracking=tracking) for tracking in (0.0, 0.1))
        assert measure(word, 50, tight) == measure(word, 50, wide)
        assert measure("Word", 50, tight) < measure("Word", 50, wide)


def ink(text: str, style: Style, width: int, *, size: float = 60.0) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    block = fit(text, width - 40, 400, size, floor=size, lines=1, style=style)
    assert block.lines
    sheet = Sheet(width, 200)
    block.paint(sheet.canvas, 20, 20, "#000000", width=width - 40)
    return sheet.pixels[:, :, 3].copy()


def test_a_latin_name_and_figures_keep_their_place_in_an_arabic_line(noto: dict[str, Path]) -> None:
    """`مرج 2.1 ميل Brent` reads from the right: meadow, 2.1, mile, Brent, each drawn as it is alone; also where the
    line begins with the Latin name. Figures right after Latin letters belong to them (Unicode's rule W7)."""
    style = Style(fonts=replace(spoken("ar"), more=(noto["ar"],)), role="bold")
    for words in (["مرج", "2.1", "ميل", "Brent"], ["Brent", "مرج", "2.1", "ميل"], ["مرج", "Brent 2.1", "ميل"]):
        got = ink(" ".join(words), style, 700).astype(int)
        sheet, x = Sheet(700, 200), 680.0
        space = measure("x x", 60, style) - 2 * measure("x", 60, style)
        whole = fit(" ".join(words), 660, 400, 60, floor=60, lines=1, style=style)
        for word in words:
            x -= measure(word, 60, style)
            line = paragraph(word, 60.0, style, int(skia.ColorBLACK), 0.0, right_to_left("ar") and not word.isascii())
            line.paint(sheet.canvas, x, 20 + whole.base - line.AlphabeticBaseline)
            x -= space
        expected = sheet.pixels[:, :, 3].astype(int)
        assert np.abs(got - expected).sum() < 0.1 * expected.sum(), words


def test_signs_that_turn_the_order_of_others_are_taken_out() -> None:
    """Overrides, embeddings and isolates from outside have no effect; joiners and plain marks stay."""
    hostile = "Pond \u202egnp.exe\u202c \u2066\u2067\u2069 \u202bHill"
    assert clean(hostile) == "Pond gnp.exe Hill"
    assert clean("👩\u200d🚀 \u200fא") == "👩\u200d🚀 \u200fא"
    style = Style(fonts=spoken("en"))
    assert np.array_equal(ink("Pond \u202eabc", style, 400), ink("Pond abc", style, 400))


def test_an_emoji_of_several_signs_is_one() -> None:
    """A family, a flag of Wales, a keycap: one cluster each, and as wide as one sign where there is a font for it."""
    assert clusters("👨‍👩‍👧🏴󠁧󠁢󠁷󠁬󠁳󠁿1️⃣ 🇬🇧") == ["👨‍👩‍👧", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "1️⃣", "🇬🇧"]
    assert named_fonts("❤️", "en")[0] == "Noto Color Emoji"
    if fonts.missing("🌳"):
        warnings.warn("no emoji font: emoji are NOT tested", stacklevel=1)
        pytest.skip("install fonts-noto-color-emoji")
    style = Style(fonts=spoken("en"))
    one = measure("🌳", 50, style)
    assert all(abs(measure(sign, 50, style) - one) < 0.02 * one for sign in ("👨‍👩‍👧", "🇬🇧", "🏴󠁧󠁢󠁷󠁬󠁳󠁿"))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a font of its own."""
    monkeypatch.setattr(fonts, "_system", lambda: skia.FontMgr.New_Custom_Empty())
    monkeypatch.setattr(fonts, "collection", lambda known=fonts.Collection(): known)  # noqa: B008


def test_names_that_no_font_can_show_are_told_and_left_out(bare: None) -> None:
    """On a machine without a Gujarati font a GPX name in Gujarati gives a warning that names font and package."""
    [problem] = nameless(["Pond", "તળાવ"], spoken("en"), "route.yml")
    assert problem.level == "warn"
    assert "તળાવ" in problem.what
    assert "Noto Sans Gujarati" in problem.remedy
    assert "fonts-noto-core" in problem.remedy
    assert nameless(["Pond", "Llŷn"], spoken("en"), "route.yml") == []


def test_a_font_in_the_brands_folder_is_as_good_as_one_of_the_system(
    bare: None, noto: dict[str, Path], tmp_path: Path
) -> None:
    """A folder with a Tamil font alone gives Tamil letters, and the packaged font stays for all others."""
    (tmp_path / "Tamil.ttf").write_bytes(noto["ta"].read_bytes())
    found = fonts.resolve(tmp_path, "ta")
    assert found.bold == fonts.default().bold
    assert missing_in(CALLS["ta"], fonts.resolve(None, "ta"))
    assert missing_in(CALLS["ta"], found) == ()


def test_urdu_is_written_in_its_own_hand() -> None:
    """The same letters get the hanging hand in Urdu and the straight one in Arabic."""
    assert named_fonts("ب", "ur")[0] == "Noto Nastaliq Urdu"
    assert named_fonts("ب", "ar")[0] == "Noto Sans Arabic"
    assert not fonts.missing("abc", spoken("ur"))


def test_another_font_is_another_picture(noto: dict[str, Path]) -> None:
    """The fonts that the system lends stand in the wording, so that pieces are drawn anew when they change; texts in
    plain letters need none."""
    assert in_hand(SAID, spoken("en")).hand == ""
    if not fonts.missing(TITLES["gu"], spoken("gu")):
        assert "Gujarati" in in_hand(replace(SAID, lang="gu", title=TITLES["gu"]), spoken("gu")).hand


# Pictures


@pytest.mark.parametrize("number", range(len(SHAPES)))
@pytest.mark.parametrize("lang", [*TITLES])
def test_no_letter_leaves_its_box(lang: str, number: int, noto: dict[str, Path]) -> None:
    """Title, caption, call and facts in each language and four shapes: no ink outside the room they were given, no line
    over another, and no text without all its words."""
    layout = lay_out(*SHAPES[number], mirrored=right_to_left(lang))
    speak = replace(spoken(lang), more=tuple(noto.values()) if lang not in noto else (noto[lang],))
    unit = layout.unit
    for text, box, size, floor, lines, role in (
        (TITLES[lang], layout.title, captions.HEADLINE, captions.HEADLINE_FLOOR, 4, "display"),
        (CAPTIONS[lang].replace("🌳", ""), layout.caption, captions.CAPTION, captions.CAPTION_FLOOR, 3, "bold"),
        (CALLS[lang], layout.end_text, end_card.CALL, end_card.CALL_FLOOR, 4, "display"),
    ):
        style = Style(fonts=speak, role=role, leading=1.1)  # type: ignore[arg-type]
        block = fit(text, box.width, box.height, size * unit, floor=floor * unit, lines=lines, style=style)
        assert "".join("".join(block.lines).split()) == "".join(clean(text).split()), "no word is lost or torn"
        assert block.size >= 43.2 * unit, "4 % of the shorter side"
        margin = 100
        sheet = Sheet(box.width + 2 * margin, box.height + 2 * margin)
        block.paint(sheet.canvas, margin, margin, "#000000", width=box.width)
        rows, columns = np.nonzero(sheet.pixels[:, :, 3] > 60)
        # The swing of a letter beyond its advance is not a letter outside; the hanging hand swings wide.
        beside = (0.15 if lang == "ur" else 0.04) * block.size + 1
        assert rows.min() >= margin - 1
        assert rows.max() <= margin + block.height + 1
        assert columns.min() >= margin - beside
        assert columns.max() <= margin + box.width + beside


def test_lines_of_the_hanging_hand_do_not_touch(noto: dict[str, Path]) -> None:
    """Between two lines of Urdu there is a row of pixels, or nearly one, without ink."""
    style = Style(fonts=replace(spoken("ur"), more=(noto["ur"],)), leading=1.1)
    block = fit(CAPTIONS["ur"], 500, 900, 60, floor=60, lines=4, style=style)
    assert len(block.lines) > 1
    pictures = []
    for k in range(len(block.lines)):
        sheet = Sheet(600, int(block.height) + 100)
        only = replace(block, lines=tuple(line if n == k else " " for n, line in enumerate(block.lines)))
        only.paint(sheet.canvas, 50, 50, "#000000", width=500)
        pictures.append(np.flatnonzero(sheet.pixels[:, :, 3].max(axis=1) > 60))
    for above, below in pairwise(pictures):
        assert above.max() < below.min()


@pytest.mark.parametrize("lang", LEFTWARDS)
@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_a_leftward_language_begins_at_the_right(lang: str, number: int, noto: dict[str, Path]) -> None:
    """Caption, title, facts and end card keep to the right edge of their boxes, in Latin letters too; the code and all
    boxes stay in the safe area."""
    size, safe = SHAPES[number]
    layout = lay_out(size, safe, mirrored=True)
    palette = replace(Palette(), fonts=replace(spoken(lang), more=(noto[lang],)))
    for text in (CAPTIONS[lang], "Barn Hill"):
        one = captions.caption(text, layout.caption, palette, unit=layout.unit, fps=25, frames=50)
        assert one.x + one.w == layout.caption.right
        picture = one.rgba(25)[: one.h // 2, :, :3].astype(int)
        accent = np.array([255, 200, 61])
        assert (np.abs(picture[20, -8] - accent) < 12).all(), "the bar is at the right"
        assert (np.abs(picture[20, 8] - accent) > 30).any()
    parts = end_card.content(
        "Fryent", "example.gov.uk", "https://example.gov.uk", None, ["© OpenStreetMap"], layout, palette,
        fps=25, frames=50,
    )  # fmt: skip
    for part in parts:
        assert part.x >= layout.safe.x
        assert part.x + part.w <= layout.safe.right
    text, link, code, thanks = parts
    assert link.x + link.w == layout.end_link.right
    assert (code.x, code.w) == (layout.end_qr.x, min(layout.end_qr.width, layout.end_qr.height))
    columns = np.nonzero(thanks.rgba(25)[:, :, 3].max(axis=0) > 60)[0]
    assert columns.max() > 0.97 * thanks.w
    title = captions.title("Fryent", layout.title, palette, frame=size, edge=layout.title_from, fps=25, frames=50)[1]
    columns = np.nonzero(title.rgba(25)[:, :, 3].max(axis=0) > 60)[0]
    assert abs(title.x + columns.max() - layout.title.right) < 12 * layout.unit


def test_rows_of_facts_are_mirrored_and_the_profile_is_not(noto: dict[str, Path]) -> None:
    """The sign stands at the right of its row; the walked part of the profile still grows from the left."""
    hills = shape_of(straight(heights=True))
    layout = lay_out(*SHAPES[0], mirrored=True)
    palette = replace(Palette(), fonts=replace(spoken("ar"), more=(noto["ar"],)))
    rows = [facts.Fact(icon="distance", text="5.1 ميل"), facts.Fact(icon="ascent", text="صعود 460 قدمًا", note="140 م")]
    progress = [0.25 * hills.distance_m] * 5
    one = facts.facts(rows, hills, layout.facts, palette, progress=progress, unit=1.0, fps=25, over_map=True)
    picture = one.rgba(2)[:, :, :3].astype(int)
    yellow = np.abs(picture - np.array([255, 200, 61])).max(axis=2) < 30
    upper, lower = yellow[: one.h // 2], yellow[one.h // 2 :]
    assert np.nonzero(upper)[1].min() > 0.8 * one.w
    assert np.nonzero(lower)[1].max() < 0.4 * one.w


# What is shared


def test_only_shots_with_words_differ_between_languages() -> None:
    """English and Welsh share every piece without words of their own: shots along the way with their inset and the
    credit of the map."""
    said = replace(SAID, map_credit="© OpenStreetMap contributors")
    welsh = replace(
        said, lang="cy", title="Tro", kicker="5 milltir", captions=("Dôl", "Yr olygfa"),
        facts={"distance": "5 milltir"}, end_text="Dewch o hyd i’r llwybr",
    )  # fmt: skip
    one, two = planned(said), planned(welsh)
    different = changed(one, two)
    same = [a for a, b in zip(one[0].pieces, two[0].pieces, strict=True) if a.fingerprint == b.fingerprint]
    assert same
    assert all(piece.shot.role == "along" for piece in same)
    assert all(set(kinds) & {"title", "caption", "facts", "end"} for _, *kinds in different)
    assert not any(layer.kind == "caption" for piece in same for layer in piece.layers)


def test_equal_words_are_drawn_once() -> None:
    """A brief whose words are all one and the same in two languages gives one set of pieces."""
    plain = replace(SAID, credits=("somebody",))
    assert changed(planned(plain), planned(replace(plain, lang="cy"))) == set()


def test_leftward_languages_share_with_each_other() -> None:
    """Arabic and Urdu have the same mirrored frame: shots without words are the same piece, but not that of English."""
    one, two = (planned(replace(SAID, lang=lang)) for lang in LEFTWARDS)
    english = planned()
    for arabic, urdu, left in zip(one[0].pieces, two[0].pieces, english[0].pieces, strict=True):
        bare = {layer.kind for layer in arabic.layers} <= {"inset", "credit", "logo", "route"}
        assert (arabic.fingerprint == urdu.fingerprint) == bare
        assert arabic.fingerprint != left.fingerprint or not arabic.layers


def test_a_mirrored_layout_says_so() -> None:
    """Direction comes from the language's code, and from a script in it."""
    assert [right_to_left(code) for code in ("ar", "ur", "he", "fa-IR", "ur-Latn", "en", "pt-BR", "ks-Deva")] == [
        True, True, True, True, False, False, False, False,
    ]  # fmt: skip
    assert "mirrored" in {field.name for field in fields(Layout)}
