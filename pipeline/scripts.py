"""Scripts: which letters belong together, which need a glyph, and by what names systems call the fonts of a script."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

# In place of "Noto Sans <script>", which is asked for first everywhere else. Urdu is read in the hanging hand.
_NAMED = {
    "ur": ("Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Urdu Typesetting"),
    "ARABIC": ("Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans Arabic UI", "Segoe UI", "Geeza Pro"),
    "GUJARATI": ("Noto Sans Gujarati", "Nirmala UI", "Gujarati Sangam MN"),
    "DEVANAGARI": ("Noto Sans Devanagari", "Nirmala UI", "Kohinoor Devanagari"),
    "TAMIL": ("Noto Sans Tamil", "Nirmala UI", "Tamil Sangam MN"),
    "HEBREW": ("Noto Sans Hebrew", "Segoe UI", "Arial Hebrew"),
    "CJK": ("Noto Sans CJK SC",),
    "EMOJI": ("Noto Color Emoji", "Segoe UI Emoji", "Apple Color Emoji"),
}
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Emoji}\u20E3")
_PACKAGES = {"EMOJI": "fonts-noto-color-emoji", "CJK": "fonts-noto-cjk"}
# Letters that join, hang from a line or stack: any space between them tears words apart.
_JOINED = regex.compile(r"[^\p{Latin}\p{Greek}\p{Cyrillic}\p{Common}\p{Inherited}]")
# What may turn or hide the order of a text beyond itself. The marks that only stand for a direction stay.
_TURNING = regex.compile("[\u202a-\u202e\u2066-\u2069\u206a-\u206f]")

_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"))
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("Arab", "Hebr", "Nkoo", "Syrc", "Thaa"))


def right_to_left(lang: str) -> bool:
    """Whether a language is written from right to left. A script in its code decides: `ur-Latn` is not."""
    language, *rest = lang.split("-")
    scripts = [part.title() for part in rest if len(part) == 4]
    return scripts[0] in _RIGHT_TO_LEFT_SCRIPTS if scripts else language.lower() in _RIGHT_TO_LEFT


def clusters(text: str) -> list[str]:
    """The letters of a text that need a glyph, each once and with its marks."""
    found = (part for part in regex.findall(r"\X", text) if any(needed(char) for char in part))
    return list(dict.fromkeys(found))


def needed(char: str) -> bool:
    """Spaces, line breaks and invisible marks (joiners, direction marks, variation selectors) need no glyph."""
    return not (char.isspace() or unicodedata.category(char) in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f")


def forms(letter: str) -> tuple[str, ...]:
    """A letter as written, as one sign, and as base and marks: fonts may have any of them."""
    return tuple(dict.fromkeys((letter, unicodedata.normalize("NFC", letter), unicodedata.normalize("NFD", letter))))


def joined(text: str) -> bool:
    """Whether any of it is of a script whose letters must not be spaced."""
    return not text.isascii() and _JOINED.search(text) is not None


def unturned(text: str) -> str:
    """A text without the signs that turn the order of what stands around them."""
    return text if text.isascii() else _TURNING.sub("", text)


@lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """`GUJARATI`, `ARABIC`, `EMOJI`: as Unicode names it; empty where its name does not tell."""
    if _EMOJI.search(letter):
        return "EMOJI"
    first = next((char for char in letter if needed(char)), "")
    return unicodedata.name(first, "").split(" ")[0] if first else ""


def named_fonts(letter: str, lang: str) -> tuple[str, ...]:
    """The fonts for a letter in a language, the best first, as systems call them."""
    kind = script(letter)
    if not kind:
        return ()
    special = _NAMED.get(lang.split("-")[0], ()) if kind == "ARABIC" else ()
    usual = _NAMED.get(kind, (f"Noto Sans {kind.title()}", f"Noto Serif {kind.title()}"))
    return (*special, *usual)


def package(letter: str) -> str:
    """The Debian package with the first of them."""
    return _PACKAGES.get(script(letter), "fonts-noto-core")
