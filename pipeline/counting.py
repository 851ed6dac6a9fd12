"""Lengths of texts as the networks count them, and shortening to a limit without breaking a word or an emoji.

The methods are those of the platform files: utf16, chars (unpublished, counted as utf16), graphemes,
utf8_bytes, chars_emoji_as_bytes (Threads), x_weighted (X) and mastodon.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_URL = r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'…]"
_BARE_URL = r"(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'…])?"
_X_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_ENDS = (". ", "! ", "? ", ".\n", "!\n", "?\n", "\n\n")


@cache
def _pattern(source: str) -> Any:
    import regex  # not needed before a text is counted

    return regex.compile(source, regex.IGNORECASE)


def graphemes(text: str) -> list[str]:
    """What a reader sees as single characters (extended grapheme clusters)."""
    return [str(cluster) for cluster in _pattern(r"\X").findall(text)]


def is_emoji(cluster: str) -> bool:
    """A grapheme that is drawn as a picture: emoji by default, or by a variation selector, flag or keycap."""
    drawn = r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|\u20E3"
    return bool(_pattern(drawn).search(cluster))


def counted(text: str, method: str = "chars", *, url_weight: int = 23) -> int:
    """The length of `text` by one of the methods. ValueError for an unknown method."""
    try:
        count = _METHODS[method]
    except KeyError:
        raise ValueError(f"I don't know the counting method {method!r}") from None
    return count(text, url_weight)


def _utf16(text: str, _: int = 0) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _utf8(text: str, _: int = 0) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _graphemes(text: str, _: int = 0) -> int:
    return len(graphemes(text))


def _emoji_as_bytes(text: str, _: int = 0) -> int:
    return sum(_utf8(cluster) if is_emoji(cluster) else len(cluster) for cluster in graphemes(text))


def _x_weighted(text: str, url_weight: int) -> int:
    text = unicodedata.normalize("NFC", text)
    total = 0

    def weigh(found: Any) -> str:
        # Addresses without a scheme become links only for endings that X knows: the larger figure is safe.
        nonlocal total
        bare = not found[0].lower().startswith("http")
        total += max(url_weight, len(found[0])) if bare else url_weight
        return ""

    rest = _pattern(f"{_URL}|{_BARE_URL}").sub(weigh, text)
    for cluster in graphemes(rest):
        total += 2 if is_emoji(cluster) else sum(_x_weight(ord(sign)) for sign in cluster)
    return total


def _x_weight(code: int) -> int:
    return 1 if any(low <= code <= high for low, high in _X_LIGHT) else 2


def _mastodon(text: str, url_weight: int) -> int:
    text = _pattern(_URL).sub("x" * url_weight, text)
    return len(graphemes(_pattern(r"(?<![\w/])(@[\w.-]+)@[\w.-]+\w").sub(r"\1", text)))


_METHODS: dict[str, Callable[[str, int], int]] = {
    "utf16": _utf16,
    "chars": _utf16,
    "graphemes": _graphemes,
    "utf8_bytes": _utf8,
    "chars_emoji_as_bytes": _emoji_as_bytes,
    "x_weighted": _x_weighted,
    "mastodon": _mastodon,
}


def shortened(text: str, limit: int, method: str = "chars", *, url_weight: int = 23) -> str:
    """`text` if it fits, else its beginning: whole sentences when they fill two thirds of the room, else
    words and an ellipsis; one very long word is cut between graphemes. Empty when not even `…` fits."""

    def fits(candidate: str) -> bool:
        return counted(candidate, method, url_weight=url_weight) <= limit

    if fits(text):
        return text
    signs = graphemes(text)
    low, high = 0, len(signs)
    while low < high:  # the longest beginning that fits, ellipsis included
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits("".join(signs[:middle]) + "…") else (low, middle - 1)
    head = "".join(signs[:low])
    sentence = max((head.rfind(end) + len(end.rstrip()) for end in _ENDS if end in head), default=0)
    if sentence >= len(head) * 2 / 3:
        return head[:sentence].rstrip()
    if low < len(signs) and not signs[low].isspace() and (space := _last_space(head)) > 0:
        head = head[:space]
    head = head.rstrip(" \n\t,;:.–-·")
    return f"{head}…" if head or fits("…") else ""


def _last_space(text: str) -> int:
    return max(text.rfind(" "), text.rfind("\n"))


def cleaned(text: str) -> str:
    """Text from outside, fit to be posted: composed (NFC), no control or direction-override signs, no
    look-alike mathematical letters (screen readers spell them out), spaces tidied, line breaks kept."""
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(sign)
        if "\U0001d400" <= sign <= "\U0001d7ff":
            sign = unicodedata.normalize("NFKC", sign)
        elif sign == "\t" or kind == "Zs":
            sign = "\u00a0" if sign in "\u00a0\u202f" else " "
        elif sign in _OVERRIDES or (kind in ("Cc", "Cs", "Co", "Cn") and sign != "\n"):
            continue
        kept.append(sign)
    lines = (" ".join(filter(None, line.split(" "))) for line in "".join(kept).split("\n"))
    return "\n".join(lines).strip()
