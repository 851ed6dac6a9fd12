"""The rules for a text that is posted, X1–X8, each as one row: what was found, what is allowed, what helps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline import post_findings as find
from pipeline.errors import Level
from pipeline.sidecar import Check

WORDS_MOST, TAGS_MOST, EMOJI_MOST, LINKS_MOST = 25, 2, 3, 1
_TAG_LONG = 14  # letters of one case; nearly all words are shorter
_PARAGRAPH = 400
_IMAGE_OF = re.compile(r"\W*(?:an? |the )?(?:image|picture|photo|photograph|graphic|video|clip|llun|delwedd|fideo) "
                       r"(?:of|showing|shows|o)\b", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule held against one text: what was found wrong, empty if nothing; most allow none of it."""

    id: str
    what: str
    found: Sequence[str]
    limit: str = "none"
    level: Level
    remedy: str

    def check(self) -> Check:
        return Check(
            id=self.id,
            what=self.what,
            measured=listed(self.found) if self.found else "none",
            limit=self.limit,
            passed=not self.found,
            level=self.level,
            remedy=self.remedy if self.found else "",
        )


def text_rules(text: str, lang: str, known: Sequence[str], link: str | None = None) -> Iterator[Rule]:
    tags, links, signs = find.hashtags(text), find.addresses(text), find.emoji(text)
    yield Rule(
        id="X1",
        what=f"Sentences of more than {WORDS_MOST} words",
        found=find.long_sentences(text, WORDS_MOST),
        level="hint",
        remedy="make two sentences of one",
    )
    yield tag_count(tags)
    yield Rule(
        id="X2.end",
        what="Hashtags before the end of the text",
        found=find.early_hashtags(text),
        level="warn",
        remedy="put hashtags behind the last sentence",
    )
    yield from case_rules(tags, known)
    yield Rule(
        id="X3",
        what="Emoji, if more than three",
        found=signs if len(signs) > EMOJI_MOST else [],
        limit=f"at most {EMOJI_MOST}",
        level="warn",
        remedy="screen readers say the name of each one: leave some out",
    )
    yield Rule(
        id="X3.repeated",
        what="Emoji that are repeated",
        found=list(dict.fromkeys(sign for sign in signs if signs.count(sign) > 1)),
        level="warn",
        remedy="use each once",
    )
    yield Rule(
        id="X3.inside",
        what="Emoji before or among the words of a sentence",
        found=find.emoji_inside(text),
        level="warn",
        remedy="put emoji at the end of a sentence, and never instead of a word",
    )
    yield Rule(
        id="X4",
        what="Links, if more than one",
        found=links if len(set(links)) > LINKS_MOST else [],
        limit=f"at most {LINKS_MOST}",
        level="warn",
        remedy="keep the link that matters most",
    )
    yield Rule(
        id="X4.words",
        what="Links without words that say where they go",
        found=find.bare_links(text),
        level="warn",
        remedy="write what is there before the link: “Map and directions: https://…”",
    )
    yield look_alike(find.look_alikes(text, lang))
    yield Rule(
        id="X6",
        what=f"Paragraphs of more than {_PARAGRAPH} signs",
        found=find.dense_paragraphs(text, _PARAGRAPH),
        level="hint",
        remedy="empty lines make a text easier to read",
    )
    yield campaign([*links, *([link] if link else [])])
    yield Rule(
        id="X8",
        what="Capitals in a row that are not explained",
        found=find.acronyms(text),
        level="hint",
        remedy="write it out at first: “public right of way (PROW)”",
    )


def tag_count(tags: Sequence[str]) -> Rule:
    return Rule(
        id="X2",
        what="Hashtags, if more than two",
        found=[f"#{tag}" for tag in tags] if len(tags) > TAGS_MOST else [],
        limit=f"at most {TAGS_MOST}",
        level="warn",
        remedy="keep the two that people follow",
    )


def case_rules(tags: Sequence[str], known: Sequence[str]) -> Iterator[Rule]:
    """Certain, and blocked: no capital at all, or words that a known text writes apart. To be judged by a person: what
    can be made of several words, or is long and of one case."""
    apart = {tag: find.run_together(tag, known) for tag in tags}
    wrong = [tag for tag in tags if find.uncapitalised(tag) or apart[tag]]
    better = [f"#{apart[tag] or tag[:1].upper() + tag[1:]}" for tag in wrong]
    yield Rule(
        id="X2.case",
        what="Hashtags without a capital for each word",
        found=[f"#{tag}" for tag in wrong],
        limit="#CapitalisedWords",
        level="block",
        remedy=f"write {' '.join(better)}, so that screen readers read words",
    )
    guesses = {tag: find.perhaps_together(tag, known) for tag in tags if tag not in wrong}
    unclear = [tag for tag in guesses if guesses[tag] or (len(tag) > _TAG_LONG and _one_case(tag))]
    perhaps = " ".join(f"#{guesses[tag]}" for tag in unclear if guesses[tag])
    yield Rule(
        id="X2.words",
        what="Hashtags that may be several words",
        found=[f"#{tag}" for tag in unclear],
        limit="#CapitalisedWords",
        level="warn",
        remedy="if it is more than one word, begin each with a capital" + (f": {perhaps}" if perhaps else ""),
    )


def _one_case(tag: str) -> bool:
    rest = tag[1:]
    return rest.upper() != rest.lower() and rest in (rest.upper(), rest.lower())


def look_alike(found: Sequence[str]) -> Rule:
    return Rule(
        id="X5",
        what="Signs that only look like letters",
        found=found,
        level="block",
        remedy="type the words with ordinary letters: screen readers cannot read these",
    )


def campaign(links: Sequence[str]) -> Rule:
    return Rule(
        id="X7",
        what="Campaign tags (utm_) in another form than lower case",
        found=list(dict.fromkeys(find.untidy_campaign(links))),
        limit="lower case, digits, hyphens and underscores",
        level="warn",
        remedy="write them in lower case with hyphens",
    )


def image_of(alt: str) -> Rule:
    return Rule(
        id="alt.opening",
        what="Alternative text that begins with “image of”",
        found=[found[0].strip()] if (found := _IMAGE_OF.match(alt)) else [],
        level="warn",
        remedy="begin with what is seen",
    )


def listed(found: Sequence[str]) -> str:
    shown = [one if len(one) <= 60 else one[:59].rstrip() + "…" for one in found[:4]]
    return ", ".join(shown) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
