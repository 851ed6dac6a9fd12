"""Misspelt words: say which one is not known, and the nearest that is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The known words that look most like `word`, best first; letter case does not matter."""
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)
    found = difflib.get_close_matches(word.casefold(), list(by_fold), n=count, cutoff=0.6)
    return [by_fold[fold] for fold in found]


def unknown(word: str, known: Iterable[str]) -> str:
    """`I don't know "lenght" (did you mean "length"?)`, without the question when nothing is near."""
    close = nearest(word, known)
    question = f' (did you mean "{close[0]}"?)' if close else ""
    return f'I don\'t know "{shortened(word)}"{question}'


def listed(known: Iterable[str], last: str = "or") -> str:
    """`one, two or three`."""
    words = list(known)
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def shortened(word: str, most: int = 40) -> str:
    """A word for a message: on one line, printable, and not longer than `most`."""
    plain = "".join(c if c.isprintable() else " " for c in word)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
