"""Is what will be posted fit for everybody? Rules X1–X8, T8, D1 and D3, alternative text, counted length.

The ids are those of the rules for access. `post_problems` looks at the finished words of one platform, `word_problems`
at a brief before anything is made. Only what is certain blocks; what a person must judge is a warning or a hint.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from pipeline import post_findings as find
from pipeline.brief import Brief
from pipeline.brief.values import Text
from pipeline.counting import counted
from pipeline.errors import Level, Problem
from pipeline.post_table import (
    TAGS_MOST,
    Rule,
    campaign,
    case_rules,
    image_of,
    listed,
    look_alike,
    tag_count,
    text_rules,
)
from pipeline.sidecar import Check, PostWords
from pipeline.words import Story, TextRules, hashtag

_ALT_USEFUL = 125


def post_problems(
    post: PostWords,
    lang: str,
    rules: TextRules,
    *,
    facts: Sequence[str] = (),
    transcript: bool = True,
    known: Sequence[str] = (),
    takes_alt: bool = True,
) -> list[Check]:
    """Every rule, passed or not, for the words of one platform. `facts` are the essential ones on screen; `known` other
    texts of the promo, whose words tell which hashtags are several; `transcript`: whether one lies beside."""
    checks = []
    if rules.limit != 0:
        checks += [rule.check() for rule in text_rules(post.text, lang, (*known, post.text), link=post.link)]
        checks += _length(post.text, rules)
        checks.append(_told(post, facts))
    checks += _alternative(post.alt, rules.alt_max if takes_alt else None)
    checks += _described(transcript)
    return checks


def story_checks(post: PostWords, story: Story, rules: TextRules, *, takes_alt: bool = True) -> list[Check]:
    """`post_problems` of words that were made from a story; its transcript always lies beside the clips."""
    known = (story.title, story.summary, story.text)
    return post_problems(post, story.lang, rules, facts=story.facts, known=known, takes_alt=takes_alt)


def word_problems(brief: Brief) -> list[Problem]:
    """What is wrong with the words of a brief, each at its place. A "block" forbids to publish, not to render."""
    found: list[Problem] = []
    known = [words for text in (brief.title, brief.summary, brief.post.text) if text for _, words in text.words]
    texts: tuple[tuple[tuple[str, ...], Text | None], ...] = (
        (("title",), brief.title),
        (("summary",), brief.summary),
        (("post", "text"), brief.post.text),
    )
    for steps, text in texts:
        for lang, words in text.words if text else ():
            where = brief.where(*steps, *([lang] if lang else []))
            spoken = lang or brief.languages[0]
            found += [_problem(rule, where) for rule in text_rules(words, spoken, known) if rule.found]
    for number, tag in enumerate(brief.post.hashtags):
        where = brief.where("post", "hashtags", number)
        found += [_problem(rule, where) for rule in case_rules([hashtag(tag)], known) if rule.found]
    if len(brief.post.hashtags) > TAGS_MOST:
        rule = tag_count(brief.post.hashtags)
        found.append(_problem(rule, brief.where("post", "hashtags")))
    for steps, link in ((("post", "link"), brief.post.link), (("end_card", "link"), brief.end_card.link)):
        if link and (untidy := campaign([link])).found:
            found.append(_problem(untidy, brief.where(*steps)))
    for lang, words in brief.post.alt.words if brief.post.alt else ():
        where = brief.where("post", "alt", *([lang] if lang else []))
        looks = find.look_alikes(words, lang or brief.languages[0])
        rules = [look_alike(looks), image_of(words)]
        found += [_problem(rule, where) for rule in rules if rule.found]
    return list(dict.fromkeys(found))


def _problem(rule: Rule, where: str) -> Problem:
    what = f"{rule.what}: {listed(rule.found)}, it should be {rule.limit} ({rule.id})"
    return Problem(level=rule.level, where=where, what=what, remedy=rule.remedy)


def _length(text: str, rules: TextRules) -> Iterator[Check]:
    if rules.limit is not None:
        size = counted(text, rules.count_method, url_weight=rules.url_weight)
        yield _row("text-length", "Length of the post as the network counts it", f"{size}", f"at most {rules.limit}",
                   size <= rules.limit, "block", "shorten the text")  # fmt: skip
    if rules.bytes_max is not None:
        size = counted(text, "utf8_bytes")
        yield _row("text-bytes", "Size of the post", f"{size} bytes", f"at most {rules.bytes_max} bytes",
                   size <= rules.bytes_max, "block", "shorten the text")  # fmt: skip
    if rules.hashtags_max is not None:
        tags = len(find.hashtags(text))
        yield _row("hashtags-most", "Hashtags that the network takes", str(tags), f"at most {rules.hashtags_max}",
                   tags <= rules.hashtags_max, "block", "use fewer hashtags")  # fmt: skip


def _told(post: PostWords, facts: Sequence[str]) -> Check:
    """T8. Whether a linked page says it cannot be seen from here, so with a link a person confirms it."""
    text = _plain(post.text)
    missing = [fact for fact in facts if _plain(fact) not in text]
    level: Level = "warn" if post.link else "block"
    remedy = "make sure that the linked page says it" if post.link else "shorten the text, so that the facts fit"
    return _row("T8", "Facts on screen that the post does not say", listed(missing) if missing else "none", "none",
                not missing, level, remedy)  # fmt: skip


def _alternative(alt: str, most: int | None) -> Iterator[Check]:
    written = bool(alt.strip())
    yield _row("alt", "Alternative text", "written" if written else "none", "written", written, "block",
               "write `post.alt` in the brief")  # fmt: skip
    if not written:
        return
    yield image_of(alt).check()
    if most is not None:
        size = counted(alt)  # as networks count it
        yield _row("alt-length", "Length of the alternative text", str(size), f"at most {most}", size <= most, "block",
                   "shorten `post.alt`")  # fmt: skip
    size = counted(alt, "graphemes")  # as it is heard
    yield _row("alt-useful", "Useful length of alternative text", str(size), f"about {_ALT_USEFUL}",
               size <= 2 * _ALT_USEFUL, "hint", "say first what matters most")  # fmt: skip


def _described(transcript: bool) -> Iterator[Check]:
    told = "beside the clip" if transcript else "none"
    remedy = "render again: the transcript is made with the clips"
    yield _row("D1", "A text that says the same as the clip", told, "beside the clip", transcript, "block", remedy)
    yield _row("D3", "A descriptive transcript", told, "beside the clip", transcript, "warn", remedy)


def _row(id: str, what: str, measured: str, limit: str, passed: bool, level: Level, remedy: str) -> Check:
    return Check(id=id, what=what, measured=measured, limit=limit, passed=passed, level=level,
                 remedy="" if passed else remedy)  # fmt: skip


def _plain(text: str) -> str:
    """Letters and figures alone: how a fact is set does not matter, whether it is said does."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[\w.,-]*\w", composed))
