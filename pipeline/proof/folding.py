"""A post as a network shows it at first: so much of it, then "… more". And how it is counted."""

from __future__ import annotations

from typing import NamedTuple

_BACK = 24  # a word is not cut when it begins within so many characters of the fold


class Folded(NamedTuple):
    """`rest` is what is seen only after "… more"; empty when all is seen."""

    seen: str
    rest: str


def folded(text: str, visible: int | None) -> Folded:
    """`text` folded after about `visible` characters, at a word where one ends nearby. None: the whole."""
    if visible is None or len(text) <= visible:
        return Folded(text, "")
    cut = text[:visible]
    space = max(cut.rfind(" "), cut.rfind("\n"))
    if not text[visible].isspace() and space > visible - _BACK and space > 0:
        cut = text[:space]
    return Folded(cut.rstrip(), text[len(cut.rstrip()) :].strip("\n ") if cut.strip() else text)
