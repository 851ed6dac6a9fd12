"""The words beside a clip: post text that says all that the pictures say, alternative text, transcript.

Every essential fact on the screen is also in the post text (people read it who cannot see the clip). When a
network's limit is short, the summary gives way first, then credits (they are in the picture), then hashtags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline import walking
from pipeline.counting import cleaned, counted, shortened
from pipeline.phrases import phrases
from pipeline.scripts import right_to_left
from pipeline.sidecar import PostWords
from pipeline.subtitles import Cue
from pipeline.timing import timecode


def facts(
    *,
    distance_m: float,
    ascent_m: float | None,
    minutes: tuple[int, int] | None,
    loop: bool = False,
    units: walking.Units = "miles",
    lang: str = "en",
) -> tuple[str, ...]:
    """The essential facts as short phrases, in the figures that the screen shows."""
    say = phrases(lang).say
    found = [walking.distance_text(distance_m, units, lang) + (f"{say.list}{say.loop}" if loop else "")]
    if ascent_m is not None:
        found.append(say.ascent.format(walking.ascent_text(ascent_m, units, lang)))
    if minutes is not None:
        found.append(say.time.format(walking.time_text(minutes, lang)))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class TextRules:
    """A platform's rules for the words beside a clip. `limit` None: no limit known; 0: it takes no text."""

    limit: int | None = None
    title_limit: int | None = None
    count_method: str = "chars"
    url_weight: int = 23
    bytes_max: int | None = None
    hashtags_max: int | None = None
    links_clickable: bool = True
    forbidden: tuple[str, ...] = ()
    alt_max: int | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> TextRules:
        """From an entry shaped like those of `configs/platforms/`."""
        text = dict(entry.get("text") or {})
        return cls(
            limit=text.get("limit"),
            title_limit=text.get("title_limit"),
            count_method=text.get("count_method") or "chars",
            url_weight=text.get("url_weight") or 23,
            bytes_max=text.get("bytes_max"),
            hashtags_max=text.get("hashtags_max"),
            links_clickable=text.get("links_clickable") not in (False, "link_field"),
            forbidden=tuple(text.get("forbidden") or ()),
            alt_max=entry.get("alt_text_max"),
        )

    def room(self, text: str) -> int:
        """How much may follow `text`: negative when it is too long already."""
        if self.limit is None:
            return 1_000_000
        return self.limit - counted(text, self.count_method, url_weight=self.url_weight)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What there is to say about a promo, in one language. `text` and `alt` are the officer's own, if any. `filmed`:
    there is footage, not the map alone."""

    title: str
    summary: str = ""
    facts: tuple[str, ...] = ()
    start: str = ""  # where the walk starts, in words
    text: str = ""
    hashtags: tuple[str, ...] = ()
    link: str | None = None
    alt: str = ""
    credits: tuple[str, ...] = ()
    filmed: bool = True
    lang: str = "en"


def post_words(story: Story, rules: TextRules) -> PostWords:
    """The post for one platform, inside its limits."""
    tags = tuple(dict.fromkeys(filter(None, map(hashtag, story.hashtags))))[: rules.hashtags_max]
    text = _fitted(story, rules, tags) if rules.limit != 0 else ""
    if rules.bytes_max is not None:
        text = shortened(text, rules.bytes_max, "utf8_bytes")
    return PostWords(
        text=text, hashtags=tags, link=story.link, alt=alternative(story, rules.alt_max), title=_title(story, rules)
    )


def _title(story: Story, rules: TextRules) -> str:
    """For the platform's own field of that name; "" where it has none."""
    if not rules.title_limit:
        return ""
    return shortened(_plain(story.title, rules).replace("\n", " "), rules.title_limit)


def hashtag(words: str) -> str:
    """`walk brent`, `#WalkBrent` → `WalkBrent`: each word capitalised, so that screen readers read words."""
    parts = re.findall(r"\w+", cleaned(words), re.UNICODE)
    joined = "".join(part[:1].upper() + part[1:] for part in parts)
    return "" if joined.isdigit() else joined


def _fitted(story: Story, rules: TextRules, tags: Sequence[str]) -> str:
    body, least = _body(story, rules)
    facts_line, start, link = _facts_line(story, body, rules), _start(story, rules), _link(story, rules)
    thanks = _plain("\n".join(story.credits), rules)
    signs = " ".join(f"#{tag}" for tag in tags)
    text = ""
    for tail in (
        (facts_line, start, link, thanks, signs),
        (facts_line, start, link, "", signs),
        (facts_line, start, link, "", ""),
        (facts_line, "", link, "", ""),
        (facts_line, "", "", "", ""),
    ):
        rest = "\n\n".join(filter(None, tail))
        room = rules.room("\n\n" + rest if rest else "")
        if room >= counted(least, rules.count_method, url_weight=rules.url_weight):
            return "\n\n".join(filter(None, (_short(body, room, rules), rest)))
        text = rest
    # Not even the title fits beside the facts: the facts alone, cut if they must be.
    return _short(text or body, rules.room(""), rules)


def _body(story: Story, rules: TextRules) -> tuple[str, str]:
    """The free text, and the part of it that is kept at any price: title, or the officer's first words."""
    if story.text:
        body = _plain(story.text, rules)
        return body, shortened(body, 60)
    title, summary = _plain(story.title, rules), _plain(story.summary, rules)
    return "\n\n".join(filter(None, (title, summary))), title


def _facts_line(story: Story, body: str, rules: TextRules) -> str:
    missing = [_plain(fact, rules) for fact in story.facts if fact not in body]
    say = phrases(story.lang).say
    line = say.list.join(missing)
    return f"{line[:1].upper()}{line[1:]}{say.stop}" if line else ""


def _start(story: Story, rules: TextRules) -> str:
    return phrases(story.lang).say.start.format(_plain(story.start, rules)) if story.start else ""


def _link(story: Story, rules: TextRules) -> str:
    if not story.link or story.link in story.text:
        return ""
    shown = story.link if rules.links_clickable else re.sub(r"^https?://", "", story.link)
    return f"{phrases(story.lang).say.link} {shown}"


def _plain(text: str, rules: TextRules) -> str:
    text = cleaned(text)
    for sign in rules.forbidden:
        text = text.replace(sign, "")
    return text


def _short(text: str, room: int, rules: TextRules) -> str:
    return shortened(text, room, rules.count_method, url_weight=rules.url_weight)


def alternative(story: Story, most: int | None = None) -> str:
    """Alternative text: the officer's, else what the clip shows with its facts; cut to `most`."""
    written = cleaned(story.alt)
    if not written:
        line = _facts_line(story, "", TextRules())
        say = phrases(story.lang).say
        opening = (say.alt if story.filmed else say.alt_map).format(cleaned(story.title))
        written = " ".join(filter(None, (opening, line, cleaned(story.summary))))
    return shortened(written, most) if most else written


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A stretch of the clip in words: what is seen, what is to be read meanwhile, and what is said."""

    start: Fraction
    end: Fraction
    what: str
    text: str = ""
    said: tuple[Cue, ...] = ()


def shot_words(
    kind: str,
    along_m: tuple[float, float] | None,
    near: str,
    *,
    units: walking.Units = "miles",
    lang: str = "en",
) -> str:
    """`Drone footage, from 1.2 miles to 1.4 miles along the route, near Barn Hill pond`. `kind` as in the
    plan: footage, map or card."""
    say = phrases(lang).say
    found = [{"footage": say.footage, "map": say.map, "card": say.card}[kind]]
    if along_m is not None:
        first, last = (walking.along_text(metres, units, lang) for metres in along_m)
        found.append(say.along.format(first) if first == last else say.stretch.format(first, last))
    if near:
        found.append(say.near.format(apart(cleaned(near), lang)))
    return say.list.join(found)


def apart(name: str, lang: str) -> str:
    """A name inside a sentence of a language that runs from right to left: set apart, so that its own direction
    changes nothing around it."""
    return f"\u2068{name}\u2069" if right_to_left(lang) else name


def transcript(story: Story, moments: Sequence[Moment]) -> str:
    """The text of `transcript.<lang>.txt`: everything seen and read, all facts and credits. Ends with LF."""
    say = phrases(story.lang).say
    blocks = [f"{cleaned(story.title)}\n{say.transcript}", cleaned(story.summary)]
    if story.facts or story.start:
        rows = [*map(cleaned, story.facts), _start(story, TextRules())]
        blocks.append("\n".join([say.facts, *(f"- {row}" for row in rows if row)]))
    lines = [say.seen]
    for moment in moments:
        spoken = f" {say.read} {_one_line(moment.text)}" if moment.text.strip() else ""
        times = f"{timecode(moment.start)}–{timecode(moment.end)}"
        what = " ".join(moment.what.split()).rstrip(".")
        lines.append(f"{times}  {what}{say.stop}{spoken}")
        lines += [f"    {timecode(cue.start)}  {say.said} {_one_line(cue.text)}" for cue in moment.said]
    blocks.append("\n".join(lines))
    if story.link:
        blocks.append(f"{say.link} {story.link}")
    if story.credits:
        blocks.append("\n".join([say.credits, *(f"- {cleaned(credit)}" for credit in story.credits)]))
    return "\n\n".join(filter(None, blocks)) + "\n"


def _one_line(text: str) -> str:
    return " ".join(cleaned(text).split())
