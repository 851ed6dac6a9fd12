"""What differs between two versions of a promo, in words: what was approved, and what lies there now."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.approvals import Bundle, Part

Mark = Literal["same", "out", "in"]

_NAMES = {
    "clip": "the clip",
    "cover": "the cover",
    "subtitles": "the subtitles",
    "vtt": "the subtitles (.vtt)",
    "text": "the post text",
    "alt": "the alternative text",
    "hashtags": "the hashtags",
    "link": "the link",
    "slot": "the time of posting",
}
_FILES = {"clip", "cover", "vtt"}  # known by their sums, which say nothing to people
_MOST_WORDS = 4000  # comparing takes the square of it
_QUOTED = 60


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that changed. `before` and `after` are words, empty for files."""

    rendition: str
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """`instagram-reel.en: the alternative text: "a pond" was "a lake"`."""
        if self.before == self.after:
            return f"{self.rendition}: {self.what}"
        return f"{self.rendition}: {self.what}: {_around(self.before, self.after)}"

    def words(self) -> tuple[tuple[Mark, str], ...]:
        """The words of both versions in order, marked as kept, taken out or put in."""
        return word_changes(self.before, self.after)


def changes(before: Bundle, after: Bundle) -> tuple[Change, ...]:
    """All that differs, in the order of the clips; what is said of several clips alike is said of each."""
    old, new = ({part.name: part for part in bundle.parts} for bundle in (before, after))
    found: list[Change] = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            found.append(Change(rendition=name, what="this clip is gone"))
        elif name not in old:
            found.append(Change(rendition=name, what="this clip is new"))
        else:
            found += _of_one(old[name], new[name])
    return tuple(found)


def _of_one(old: Part, new: Part) -> Iterator[Change]:
    for field, what in _NAMES.items():
        before, after = getattr(old, field), getattr(new, field)
        if before == after or (field == "vtt" and old.subtitles != new.subtitles):
            continue  # both files of subtitles say the same: told once
        if field in _FILES:
            yield Change(rendition=old.name, what=f"{what} is another")
        else:
            yield Change(rendition=old.name, what=f"{what} changed", before=_words(before), after=_words(after))


def _words(value: object) -> str:
    return " ".join(f"#{word}" for word in value) if isinstance(value, tuple) else str(value)


def word_changes(before: str, after: str) -> tuple[tuple[Mark, str], ...]:
    """Both texts word by word; put together, "same" and "out" give `before`, "same" and "in" give `after`."""
    old, new = re.findall(r"\S+\s*|\s+", before), re.findall(r"\S+\s*|\s+", after)
    if len(old) + len(new) > _MOST_WORDS:
        return tuple((mark, text) for mark, text in (("out", before), ("in", after)) if text)  # type: ignore[misc]
    found: list[tuple[Mark, str]] = []
    for how, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        found += [(mark, text) for mark, text in (("out", "".join(old[a:b])), ("in", "".join(new[c:d]))) if text]  # type: ignore[misc]
    return tuple(found)


def _around(before: str, after: str) -> str:
    """The first place that differs, short enough for a line."""
    at = next((k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    start = max(0, at - _QUOTED // 3)
    return f'"{_cut(after, start)}" was "{_cut(before, start)}"'


def _cut(text: str, start: int) -> str:
    shown = " ".join(text[start : start + _QUOTED].split())
    return f"{'…' if start else ''}{shown}{'…' if len(text) > start + _QUOTED else ''}"
