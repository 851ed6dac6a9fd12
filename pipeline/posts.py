"""From a sidecar to a post: what goes out on one platform in one language, and why it may not.

A post is refused before a byte is sent when it breaks what the platform publishes: the length by the network's own way
of counting, alternative text, languages. (The file itself is held against `limits` by whoever can open it.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pipeline.counting import counted
from pipeline.errors import Problem
from pipeline.fingerprints import fingerprint
from pipeline.platforms import Platform
from pipeline.sidecar import Sidecar

_TIMED = {"srt", "vtt"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True)
class Captions:
    """Subtitles that go along, in both forms."""

    lang: str
    vtt: bytes
    srt: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Post:
    """One clip with its words for one platform. `tagged` is the link by which visits can be counted; `duration` in
    seconds."""

    promo: str  # the id of the brief
    platform: str
    service: str  # the network that serves the platform
    lang: str
    clip: Path
    sha256: str
    bytes: int
    width: int
    height: int
    duration: Fraction
    text: str
    alt: str
    title: str = ""  # where the platform has a field for one
    hashtags: tuple[str, ...] = ()
    link: str | None = None
    tagged: str | None = None
    captions: Captions | None = None
    cover: Path | None = None
    cover_sha256: str = ""

    @property
    def name(self) -> str:
        """`bluesky.en`, as its files are called."""
        return f"{self.platform}.{self.lang}"

    @property
    def fingerprint(self) -> str:
        """Of all that is published; where the files lie changes nothing."""
        vtt = self.captions.vtt.decode("utf-8", "replace") if self.captions else ""
        said = [self.platform, self.lang, self.sha256, self.text, self.alt, list(self.hashtags), self.link, vtt]
        return fingerprint([*said, self.cover_sha256, *filter(None, [self.title])])


def post_of(
    folder: Path,
    note: Sidecar,
    platform: Platform,
    *,
    vtt: bytes | None = None,
    srt: bytes | None = None,
    cover_sha256: str = "",
) -> Post:
    """The post of a sidecar in `folder`. `vtt`, `srt`: its subtitles; `cover_sha256`: of the cover, "" without."""
    stem = f"{note.platform}.{note.lang}"
    link = note.post.link or None
    return Post(
        promo=folder.name,
        platform=note.platform,
        service=platform.service,
        lang=note.lang,
        clip=folder / f"{stem}.mp4",
        sha256=note.sha256,
        bytes=note.bytes,
        width=note.width,
        height=note.height,
        duration=Fraction(note.duration_s).limit_denominator(1000),
        text=note.post.text,
        alt=note.post.alt,
        title=note.post.title,
        hashtags=note.post.hashtags,
        link=link,
        tagged=tagged(link, source=platform.service, campaign=folder.name, content=stem) if link else None,
        captions=Captions(lang=note.lang, vtt=vtt, srt=srt or b"")
        if vtt and _TIMED & set(platform.captions_sidecar)
        else None,
        cover=folder / f"{stem}.jpg" if cover_sha256 and platform.cover.how else None,
        cover_sha256=cover_sha256 if platform.cover.how else "",
    )


def tagged(link: str, *, source: str, campaign: str, content: str) -> str:
    """The link with `utm_*`, so that visits can be told apart; what the link has of them already stays."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return link
    have = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    tags = {"utm_source": source, "utm_medium": "social", "utm_campaign": campaign, "utm_content": content}
    more = urlencode({name: value for name, value in tags.items() if name not in have}, quote_via=quote)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, more)))))


def with_tagged(text: str, post: Post) -> str:
    """`text` with the tagged link in the place of the plain one, where it stands whole."""
    if not post.link or not post.tagged or post.link == post.tagged:
        return text
    return re.sub(re.escape(post.link) + r"(?![\w/?&=#%-])", lambda _: str(post.tagged), text)


def refusals(post: Post, note: Sidecar, platform: Platform, day: date | None = None) -> tuple[Problem, ...]:
    """Why this may not be posted (on `day`), each with a remedy; nothing when it may."""
    return tuple(
        Problem(level="block", where=f"{post.promo}/{post.name}", what=what, remedy=remedy)
        for what, remedy in (*_ended(note, day), *_faults(post, note, platform))
    )


def _ended(note: Sidecar, day: date | None) -> Iterator[tuple[str, str]]:
    if day and note.until and day > note.until:
        ended = f"{note.until.day} {note.until:%B %Y}"
        yield f"the licence of its music ended on {ended}", "renew it, or take other music, and render again"


def _faults(post: Post, note: Sidecar, platform: Platform) -> Iterator[tuple[str, str]]:
    for check in note.blocked:
        yield f"the check “{check.what}” did not pass: {check.measured}", check.remedy or "render again"
    if not _LANGUAGE.fullmatch(post.lang):
        yield f'"{post.lang}" is not the code of a language', "name it in the brief, such as `languages: [en]`"
    if platform.alt_text and not post.alt.strip():
        yield "it has no alternative text", "write it in the brief: `post: {alt: …}`"
    if (most := platform.alt_text_max) and counted(post.alt, "graphemes") > most:
        yield f"the alternative text has more than {most} characters", "shorten `alt` in the brief"
    yield from _wordy(post, platform)


def _wordy(post: Post, platform: Platform) -> Iterator[tuple[str, str]]:
    rules, remedy = platform.text, "shorten `post: {text: …}` in the brief and render again"
    method, weight = rules.get("count_method") or "chars", rules.get("url_weight") or 23
    if (limit := rules.get("limit")) is not None and limit > 0:
        count = counted(post.text, method, url_weight=weight)
        if count > limit:
            yield f"the words have {count} characters as {platform.label} counts; it takes {limit}", remedy
    if (most := rules.get("bytes_max")) is not None and counted(post.text, "utf8_bytes") > most:
        yield f"the words have more than {most} bytes", remedy
    if (most := rules.get("hashtags_max")) is not None and len(post.hashtags) > most:
        yield f"there are {len(post.hashtags)} hashtags; {platform.label} takes {most}", "take some out"
