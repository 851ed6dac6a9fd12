"""What is said of a video, as YouTube wants it, and what it does not take: plain values, no network.

`status` is replaced whole by each change of it, so all of it is sent each time. Among the tags is a mark of ours, by
which an upload is known again whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from pipeline.counting import counted
from pipeline.posts import Post, with_tagged
from pipeline.publishers import Failure

SHORT = "youtube-short"
MOST_TITLE = 100  # characters
MOST_DESCRIPTION = 5000  # bytes
MOST_TAGS = 500  # characters, in all
MOST_COVER = 50 << 20  # bytes
MOST_CAPTIONS = 100_000_000  # bytes
MOST_SHORT_S = 180

Privacy = Literal["public", "unlisted"]

_TRAVEL = "19"
_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the account's settings choose. `unlisted`: only who has the address sees it."""

    category: str
    privacy: Privacy
    for_kids: bool
    synthetic: bool
    notify: bool

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Choices:
        """Failure `fix` for a setting that says something else than it may."""
        category, privacy = settings.get("category", _TRAVEL), settings.get("privacy", "public")
        if not (category.isascii() and category.isdecimal()):
            raise _wrong("category", category, "the number of one of YouTube's categories, such as 19")
        if privacy not in ("public", "unlisted"):
            raise _wrong("privacy", privacy, "public or unlisted")
        return cls(
            category=category, privacy=cast(Privacy, privacy), for_kids=_yes(settings, "made_for_kids", False),
            synthetic=_yes(settings, "synthetic_media", False), notify=_yes(settings, "notify_subscribers", True),
        )  # fmt: skip


def snippet(post: Post, choices: Choices) -> dict[str, Any]:
    return {
        "title": post.title,
        "description": description(post),
        "tags": [mark(post), *post.hashtags],
        "categoryId": choices.category,
        "defaultLanguage": post.lang,
        "defaultAudioLanguage": post.lang,
    }


def status(choices: Choices, privacy: str, at: datetime | None = None) -> dict[str, Any]:
    """The whole part `status`. `at`: when YouTube is to make a private video public."""
    values = {
        "privacyStatus": privacy,
        "selfDeclaredMadeForKids": choices.for_kids,
        "containsSyntheticMedia": choices.synthetic,
        "license": "youtube",
        "embeddable": True,
        "publicStatsViewable": True,
    }
    if at is not None:
        values["publishAt"] = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return values


def description(post: Post) -> str:
    """The words with the link by which visits can be counted, where there is room for it."""
    tagged = with_tagged(post.text, post)
    return tagged if counted(tagged, "utf8_bytes") <= MOST_DESCRIPTION else post.text


def mark(post: Post) -> str:
    return f"mp-{post.fingerprint[:12]}"


def address(platform: str, video: str) -> str:
    """Where people see it."""
    return f"https://www.youtube.com/{'shorts/' if platform == SHORT else 'watch?v='}{video}"


def refusals(post: Post) -> Iterator[str]:
    if not post.title.strip():
        yield "it has no title, and YouTube wants one"
    if (count := counted(post.title, "chars")) > MOST_TITLE:
        yield f"the title has {count} characters; YouTube takes {MOST_TITLE}"
    for name, text in (("title", post.title), ("description", post.text), ("hashtags", "".join(post.hashtags))):
        if "<" in text or ">" in text:
            yield f"YouTube takes no < or > in the {name}"
    if (count := counted(post.text, "utf8_bytes")) > MOST_DESCRIPTION:
        yield f"the description has {count} bytes; YouTube takes {MOST_DESCRIPTION}"
    if (count := tags_count([mark(post), *post.hashtags])) > MOST_TAGS:
        yield f"the hashtags have {count} characters as tags of the video; YouTube takes {MOST_TAGS}"
    if post.captions and len(post.captions.srt or post.captions.vtt) > MOST_CAPTIONS:
        yield f"the subtitles have more than {MOST_CAPTIONS} bytes"
    if post.platform == SHORT and (post.width > post.height or post.duration > MOST_SHORT_S):
        yield f"a Short is square or upright and at most {MOST_SHORT_S} seconds long"
    yield from _cover(post)


def _cover(post: Post) -> Iterator[str]:
    if post.cover is None:
        return
    try:
        with post.cover.open("rb") as stream:
            start = stream.read(8)
        size = post.cover.stat().st_size
    except OSError as error:
        yield f"the cover cannot be read: {error.strerror or error}"
        return
    if picture_type(start) is None:
        yield "the cover is neither JPEG nor PNG"
    if size > MOST_COVER:
        yield f"the cover has {size} bytes; YouTube takes {MOST_COVER}"


def picture_type(start: bytes) -> str | None:
    """The kind of a picture by its first bytes."""
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if start.startswith(b"\x89PNG\r\n\x1a\n") else None


def tags_count(tags: list[str]) -> int:
    """As YouTube counts: commas between them, and two marks more round a tag with a space."""
    return sum(counted(tag, "chars") + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def _yes(settings: Mapping[str, str], name: str, usual: bool) -> bool:
    text = settings.get(name, "").strip().lower()
    if not text:
        return usual
    if text not in _ANSWERS:
        raise _wrong(name, text, "yes or no")
    return _ANSWERS[text]


def _wrong(name: str, value: str, may: str) -> Failure:
    return Failure("fix", f"the account's setting `{name}` is “{value}”", f"it may be {may}")
