"""The rules for post text: each fault is found by its own rule, and what is right is left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.brief.reading import read_brief
from pipeline.platforms import load_platforms
from pipeline.post_rules import post_problems, word_problems
from pipeline.sidecar import Check, PostWords
from pipeline.words import Story, TextRules, post_words

GOOD = (
    "Fryent Country Park circular\n\nFive gentle miles of meadow and woodland, ten minutes from Wembley. 🌳\n\n"
    "5.1 miles (8.2 km), 2 h to 2 h 30 min.\n\nMore: https://www.example.gov.uk/walks/fryent\n\n#WalkBrent #FryentPark"
)
FACTS = ("5.1 miles (8.2 km)", "2 h to 2 h 30 min")
ALT = "A path through tall grass towards a wooded hill, seen from above."


def checks(
    text: str = GOOD, *, alt: str = ALT, lang: str = "en", rules: TextRules | None = None, **more: object
) -> list[Check]:
    link = "https://www.example.gov.uk/walks/fryent" if more.pop("linked", True) else None
    return post_problems(PostWords(text=text, link=link, alt=alt), lang, rules or TextRules(), **more)  # type: ignore[arg-type]


def wrong(text: str = GOOD, **more: object) -> dict[str, str]:
    """Level by id of what did not pass."""
    return {check.id: check.level for check in checks(text, **more) if not check.passed}  # type: ignore[arg-type]


def test_a_good_post_passes_every_rule() -> None:
    """Nothing is found in a plain post, and every rule says so with what it measured."""
    found = checks(facts=FACTS, rules=TextRules(limit=500, hashtags_max=5, bytes_max=3000, alt_max=1000))
    assert [check.id for check in found if not check.passed] == []
    assert {"X1", "X2", "X2.case", "X3", "X4", "X5", "X7", "X8", "T8", "D1", "D3", "alt", "text-length"} <= {
        check.id for check in found
    }
    assert all(check.measured and check.limit and not check.remedy for check in found)


@pytest.mark.parametrize(
    ("text", "rule", "level"),
    [
        ("We walk " + "very " * 24 + "far.", "X1", "hint"),
        ("A walk. #One #Two #Three", "X2", "warn"),
        ("Our #Walk begins here.", "X2.end", "warn"),
        ("A walk. #walkbrent", "X2.case", "block"),
        ("Walk Brent today. #Walkbrent", "X2.case", "block"),
        ("Come to Brent. #Walkbrent", "X2.words", "warn"),
        ("A walk. #WALKINGTHEHILLS", "X2.words", "warn"),
        ("A walk 🌳🌲🌼🐝", "X3", "warn"),
        ("A walk 🌳🌳", "X3.repeated", "warn"),
        ("A walk in the 🌳 with you.", "X3.inside", "warn"),
        ("🌳 A walk with you.", "X3.inside", "warn"),
        ("Map: https://a.uk and https://b.uk", "X4", "warn"),
        ("A walk.\n\nhttps://a.uk", "X4.words", "warn"),
        ("Click here https://a.uk", "X4.words", "warn"),
        ("A 𝗯𝗼𝗹𝗱 walk.", "X5", "block"),
        ("A ʙʀᴇɴᴛ walk.", "X5", "block"),
        ("Ａ ｗａｌｋ.", "X5", "block"),
        ("A Ⓦⓐⓛⓚ.", "X5", "block"),
        ("A wаlk with a Cyrillic letter.", "X5", "block"),
        ("A w̷̸̶alk.", "X5", "block"),
        ("word " * 90, "X6", "hint"),
        ("Map: https://a.uk/?utm_source=X&utm_campaign=Autumn%20Walks", "X7", "warn"),
        ("Follow the PROW signs.", "X8", "hint"),
    ],
)
def test_each_fault_is_found_by_its_rule(text: str, rule: str, level: str) -> None:
    """One thing wrong, one rule that says it, at the level of the rules for access."""
    assert wrong(text)[rule] == level
    remedy = next(check.remedy for check in checks(text) if check.id == rule)
    assert remedy


@pytest.mark.parametrize(
    "text",
    [
        "Walk on a Footpath. #Footpath",
        "Our walk. #Accessibility",
        "Ślężańska ścieżka przez Łąki. Llwybr Cŵn Annwn, café, Zürich.",
        "फ्रायंट पार्क में सैर। कृपया आइए।",
        "ایک خوبصورت سیر۔",
        "Walk 3.1 miles (5.0 km) past St. Mary's at 9.30 a.m. It is easy.",
        "A family day 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "The public right of way (PROW) leads on. Follow the PROW. Henry VIII walked in the UK.",
        "Wonderful views! 🌄 Bring a friend.",
        "Прогулка по парку Брент.",
    ],
)
def test_ordinary_words_of_any_language_are_left_in_peace(text: str) -> None:
    """Accents, other scripts, joined emoji, abbreviations and explained acronyms are no faults."""
    assert {id for id in wrong(text) if id.startswith("X")} == set()


def test_several_words_are_told_apart_only_where_that_is_certain() -> None:
    """Words that the title writes apart block a hashtag that writes them as one; the remedy says how."""
    found = next(c for c in checks("A walk. #Fryentcountrypark", known=["Fryent Country Park"]) if c.id == "X2.case")
    assert not found.passed
    assert "#FryentCountryPark" in found.remedy


def test_length_is_counted_as_the_network_counts_it() -> None:
    """A flag is two units for most, one for Bluesky; an address weighs 23 on X."""
    flags = "🏴󠁧󠁢󠁷󠁬󠁳󠁿" * 3 + " x" * 140
    assert "text-length" in wrong(flags, rules=TextRules(limit=290, count_method="utf16"))
    assert "text-length" not in wrong(flags, rules=TextRules(limit=290, count_method="graphemes"))
    long = "Map: https://www.example.gov.uk/" + "a" * 300
    assert "text-length" not in wrong(long, rules=TextRules(limit=40, count_method="x_weighted"))
    assert wrong(long, rules=TextRules(limit=40))["text-length"] == "block"


def test_facts_on_screen_must_be_told() -> None:
    """A fact that the post does not say is refused; with a link a person must see that the page says it."""
    assert wrong("A walk.", facts=FACTS)["T8"] == "warn"
    assert wrong("A walk.", facts=FACTS, linked=False)["T8"] == "block"
    assert "T8" not in wrong("About 5.1 Miles\u00a0(8.2 km) and 2 h to 2 h 30 min", facts=FACTS, linked=False)


@pytest.mark.parametrize(
    ("alt", "rule", "level"),
    [
        ("", "alt", "block"),
        ("Image of a path.", "alt.opening", "warn"),
        ("Llun o lwybr.", "alt.opening", "warn"),
        ("A path. " * 20, "alt-length", "block"),
        ("A path. " * 60, "alt-useful", "hint"),
    ],
)
def test_alternative_text(alt: str, rule: str, level: str) -> None:
    """It is there, does not begin with “image of”, and fits the network's field."""
    assert wrong(alt=alt, rules=TextRules(alt_max=100))[rule] == level


def test_without_a_transcript_nothing_may_go_out() -> None:
    """D1 blocks and D3 warns."""
    found = wrong(transcript=False)
    assert (found["D1"], found["D3"]) == ("block", "warn")


def test_our_own_words_pass_on_every_platform() -> None:
    """What is written by itself from a title, a summary and facts breaks no rule of any network."""
    story = Story(
        title="Fryent Country Park circular",
        summary="Five gentle miles of meadow and woodland.",
        facts=FACTS,
        hashtags=("walk brent", "fryent park"),
        link="https://www.example.gov.uk/walks/fryent",
        credits=("© OpenStreetMap contributors",),
    )
    for platform in load_platforms().values():
        rules = TextRules.of({"text": platform.text, "alt_text_max": platform.alt_text_max})
        post = post_words(story, rules)
        found = post_problems(post, "en", rules, facts=FACTS, known=[story.title, story.summary])
        assert [(platform.id, c.id, c.measured) for c in found if not c.passed and c.level != "hint"] == []


def test_a_brief_is_told_where_each_fault_is(tmp_path: Path) -> None:
    """The words of a brief are looked at before anything is made, each fault at its line."""
    (tmp_path / "w.gpx").write_text("<gpx/>", encoding="utf-8")
    path = tmp_path / "route.yml"
    path.write_text(
        "title: Fryent Country Park\nroute: w.gpx\nlanguages: [en, cy]\npost:\n  text:\n    en: A 𝗯𝗼𝗹𝗱 walk.\n"
        "    cy: Taith.\n  hashtags: [fryentcountrypark, brent]\n  link: https://a.uk/?utm_source=X\n"
        "  alt: Picture of a path.\n",
        encoding="utf-8",
    )
    found = {problem.what.rsplit("(", 1)[1].rstrip(")"): problem for problem in word_problems(read_brief(path))}
    assert {rule: (one.level, one.where.split(":")[-3]) for rule, one in found.items()} == {
        "X5": ("block", "6"),
        "X2.case": ("block", "8"),
        "X7": ("warn", "9"),
        "alt.opening": ("warn", "10"),
    }
    assert "#FryentCountryPark" in found["X2.case"].remedy
