"""The words beside a clip: counted as each network counts, complete in facts, clean of tricks."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.counting import cleaned, counted, shortened
from pipeline.platforms import load_platforms
from pipeline.words import (
    Moment,
    Story,
    TextRules,
    alternative,
    facts,
    hashtag,
    post_words,
    shot_words,
    transcript,
)

FACTS = facts(distance_m=5000, ascent_m=120, minutes=(60, 90), loop=True)
STORY = Story(
    title="Fryent Country Park circular",
    summary="Five gentle miles of meadow and woodland, ten minutes from Wembley. The view from Barn Hill is "
    "the best in Brent. Bring boots after rain, because the meadows hold water until late in spring.",
    facts=FACTS,
    start="Salmon Street, NW9 8YA",
    hashtags=("walk brent", "#GreenSpaces"),
    link="https://www.example.gov.uk/walks/fryent",
    credits=("© OpenStreetMap contributors",),
)
METHODS = ("utf16", "chars", "graphemes", "utf8_bytes", "chars_emoji_as_bytes", "x_weighted", "mastodon")
FAMILY, WALKER = "👨‍👩‍👧", "🏃‍♀️"


@pytest.mark.parametrize(
    ("method", "text", "count"),
    [
        ("utf16", "aé𝄞", 4),
        ("utf16", FAMILY, 8),
        ("chars", FAMILY, 8),
        ("graphemes", FAMILY + "e\u0301🇬🇧" + WALKER, 4),
        ("graphemes", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", 1),
        ("utf8_bytes", "ŵ–🙂", 9),
        ("chars_emoji_as_bytes", "Hi 🙂", 7),
        ("chars_emoji_as_bytes", "5 miles © 2026", 14),
        ("x_weighted", "plain words", 11),
        ("x_weighted", "e\u0301", 1),
        ("x_weighted", "散歩", 4),
        ("x_weighted", FAMILY, 2),
        ("x_weighted", "see https://www.example.gov.uk/a/very/long/path/that/goes/on/and/on?x=1.", 28),
        ("x_weighted", "see example.uk now", 31),
        ("mastodon", "see https://x.uk/1 now", 31),
        ("mastodon", "by @walks@example.social today", 15),
        ("mastodon", WALKER, 1),
    ],
)
def test_counts_as_the_network_does(method: str, text: str, count: int) -> None:
    """Each counting method, on its telling cases."""
    assert counted(text, method) == count


def test_unknown_method_is_refused() -> None:
    """A method that we do not know is never counted somehow."""
    with pytest.raises(ValueError, match="stones"):
        counted("x", "stones")


@given(st.text(alphabet="ab .é🙂\u0301👩\u200d\n散", max_size=80), st.integers(0, 60), st.sampled_from(METHODS))
def test_shortened_text_fits_and_begins_alike(text: str, limit: int, method: str) -> None:
    """Whatever the text, the result is inside the limit and is a beginning of it, with an ellipsis or not."""
    short = shortened(text, limit, method)
    assert counted(short, method) <= limit
    assert text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("limit", "short"),
    [
        (100, "Meadow and pond. The best view."),
        (25, "Meadow and pond."),
        (14, "Meadow and…"),
        (8, "Meadow…"),
        (4, "Mea…"),
        (0, ""),
    ],
)
def test_shortens_at_sentences_then_words(limit: int, short: str) -> None:
    """A whole sentence is better than a cut one, a whole word better than a part."""
    assert shortened("Meadow and pond. The best view.", limit) == short


def test_no_emoji_is_torn() -> None:
    """A joined emoji stays whole or goes."""
    assert shortened(FAMILY * 3, 2, "graphemes") == FAMILY + "…"


def test_every_platform_gets_all_facts_inside_its_limit() -> None:
    """On every platform that takes text, the post is inside the limit and says every fact and the link."""
    for name, platform in load_platforms().items():
        rules = TextRules.of({"text": platform.text, "alt_text_max": platform.alt_text_max})
        post = post_words(STORY, rules)
        if rules.limit == 0:
            assert post.text == "", name
            continue
        if rules.limit is not None:
            assert counted(post.text, rules.count_method) <= rules.limit, name
        for figure in ("3.1 miles (5 km)", "390 ft (120 m)", "1 h to 1 h 30 min", "circular"):
            assert figure in post.text, (name, figure)
        assert "Fryent Country Park circular" in post.text, name
        assert "www.example.gov.uk/walks/fryent" in post.text, name
        assert len(post.alt) <= (rules.alt_max or 10_000), name


def test_forbidden_signs_are_left_out() -> None:
    """What a network refuses (YouTube: angle brackets) does not reach it, even from a title."""
    post = post_words(Story(title="<b>Walk</b>"), TextRules(limit=5000, forbidden=("<", ">")))
    assert post.text == "bWalk/b"


def test_own_text_is_kept_and_facts_are_added_once() -> None:
    """The officer's words stand as written; a fact that they say already is not said twice."""
    story = Story(title="Title", text="Walk with us: 3.1 miles (5 km), circular!", facts=FACTS)
    post = post_words(story, TextRules(limit=2200))
    assert post.text.startswith("Walk with us: 3.1 miles (5 km), circular!")
    assert post.text.count("3.1 miles") == 1
    assert "390 ft (120 m)" in post.text
    assert "Title" not in post.text


def test_hashtags_are_capitalised_words_at_the_end() -> None:
    """Each word of a hashtag begins with a capital, as many as the network takes."""
    assert hashtag("walk brent") == hashtag("#WalkBrent") == "WalkBrent"
    assert hashtag("2026") == ""
    post = post_words(STORY, TextRules(limit=2200, hashtags_max=1))
    assert post.hashtags == ("WalkBrent",)
    assert post.text.endswith("#WalkBrent")


def test_summary_gives_way_before_facts() -> None:
    """In a short post the summary shrinks; title, facts and link stay."""
    post = post_words(STORY, TextRules(limit=200))
    assert len(post.text) <= 200
    assert "3.1 miles (5 km)" in post.text
    assert STORY.title in post.text
    assert "late in spring" not in post.text


def test_tiny_limit_still_gives_a_whole_text() -> None:
    """Even a limit too small for the facts gives a text inside it."""
    assert 0 < len(post_words(STORY, TextRules(limit=20)).text) <= 20


def test_byte_limit_holds_beside_the_grapheme_limit() -> None:
    """Bluesky counts graphemes and bytes; joined emoji can break the second alone."""
    rules = TextRules(limit=300, count_method="graphemes", bytes_max=3000)
    assert len(post_words(Story(title=FAMILY * 290), rules).text.encode()) <= 3000


def test_tricks_in_names_are_taken_out() -> None:
    """Direction overrides, control signs and look-alike letters do not reach a post."""
    assert cleaned("a\u202eb\x00c\u2066d") == "abcd"
    assert cleaned("𝗪𝗮𝗹𝗸") == "Walk"
    assert cleaned("  too   many\tspaces \n x ") == "too many spaces\nx"
    assert cleaned(WALKER) == WALKER
    assert cleaned("e\u0301") == "é"


def test_alternative_text_says_what_is_seen_and_the_facts() -> None:
    """Without the officer's own, the alternative text says what the clip shows; it is cut to the limit."""
    text = alternative(STORY)
    assert text.startswith("Fryent Country Park circular: drone footage")
    assert "3.1 miles (5 km)" in text
    assert "image of" not in text
    assert len(alternative(STORY, 100)) <= 100
    assert alternative(Story(title="x", alt="A pond.")) == "A pond."


def test_welsh_words_for_a_welsh_clip() -> None:
    """Facts, labels and units are Welsh in a Welsh post."""
    figures = facts(distance_m=5000, ascent_m=120, minutes=(60, 90), lang="cy")
    assert figures[0] == "3.1 milltir (5 km)"
    assert figures[1] == "390 tr (120 m) o esgyniad"
    assert figures[2] == "caniatewch 1 awr i 1 awr 30 munud"
    post = post_words(Story(title="Tro", facts=figures, link="https://x.uk", lang="cy"), TextRules(limit=500))
    assert "Rhagor: https://x.uk" in post.text


def test_transcript_tells_everything() -> None:
    """The transcript has what is seen with its time, what is read, the facts and the credits."""
    moments = [
        Moment(start=Fraction(0), end=Fraction(4), what=shot_words("map", None, "")),
        Moment(
            start=Fraction(4),
            end=Fraction(19, 2),
            what=shot_words("footage", (1931.2, 2253.1), "Barn Hill pond"),
            text="Barn Hill\npond",
        ),
    ]
    text = transcript(STORY, moments)
    assert "0:00–0:04  Map of the route.\n" in text
    assert (
        "0:04–0:09.5  Drone footage, from 1.2 miles to 1.4 miles along the route, near Barn Hill pond. "
        "Text on screen: Barn Hill pond\n" in text
    )
    for part in (*FACTS, STORY.summary, "Salmon Street, NW9 8YA", "© OpenStreetMap contributors"):
        assert part in text
    assert text.endswith("\n")
    assert "\n\n\n" not in text
