"""What there is to find in a text that will be posted: long sentences, hashtags, emoji, links, look-alike letters.

Every function takes the text and answers with the pieces in question, as they are written. Nothing is judged here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from pipeline.counting import graphemes, is_emoji

_ADDRESS = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'…]"
    r"|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:uk|com|org|net|eu|io|info|wales|cymru|scot|london)\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'…])?",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?<![\w/&#])[#＃](\w+)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[)\"'”’]*\s+|(?<=[।。！？؟۔])|\n+")
_NOT_SPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_ACRONYM = re.compile(r"(?<![\w#@./-])[A-Z]{2,6}(?![\w@/-]|\.\w)")
# Known to everybody, or never written out; days, compass points and Roman numerals stand for themselves.
_KNOWN = (
    "UK GB EU USA BBC ITV NHS OK TV DVD CD PC QR PDF GPS GPX OS ID IT FM AM PM BST GMT UTC AD BC CE "
    "BSL AED CCTV DIY FAQ HQ MP PO RAF UN VAT VIP WC WW NE NW SE SW SSE NNE RSPB RNLI RSPCA"
)
_ROMAN = re.compile(r"(?=[IVX])X{0,3}(IX|IV|V?I{0,3})")
_LOOK_ALIKE = re.compile(
    r"MATHEMATICAL |(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN|PARENTHESIZED LATIN|LATIN LETTER SMALL CAPITAL"
    r"|MODIFIER LETTER (?:SMALL|CAPITAL) [A-Z]+$|(?:SCRIPT|BLACK-LETTER|DOUBLE-STRUCK|ITALIC) (?:SMALL|CAPITAL) "
    r"|REGIONAL INDICATOR|TAG LATIN"
)
_STACKED = 3  # marks on one Latin letter that no language writes
_EAST = ("ja", "zh", "ko")
_TOGETHER_MOST = 6  # words of a hashtag
_WORD_LEAST = 3  # letters
_COMMON = (
    "walk walks walking park parks the country green visit love our your council route routes river wood woods hill "
    "hills trail trails path paths lake canal town city summer winter spring autumn garden gardens nature outdoors "
    "outdoor get out enjoy explore discover local great open space spaces health healthy happy cycle cycling run "
    "running family free heritage circular weekend wild life wildlife"
)


def addresses(text: str) -> list[str]:
    """Web addresses, with or without https://."""
    return [found[0] for found in _ADDRESS.finditer(text)]


def without_addresses(text: str) -> str:
    return _ADDRESS.sub("", text)


def hashtags(text: str) -> list[str]:
    """Without the sign; numbers alone are no hashtags."""
    return [found[1] for found in _TAG.finditer(without_addresses(text)) if not found[1].isdigit()]


def long_sentences(text: str, most: int) -> list[str]:
    """Sentences of more than `most` words. Hashtags and addresses are no words; scripts without spaces have none."""
    plain = _TAG.sub("", without_addresses(text))
    if any(unicodedata.name(sign, "").startswith(_NOT_SPACED) for sign in plain):
        return []
    sentences = [" ".join(part.split()) for part in _SENTENCE_END.split(plain)]
    return [sentence for sentence in sentences if len(re.findall(r"\w[\w'’.,-]*", sentence)) > most]


def early_hashtags(text: str) -> list[str]:
    """Those that are followed by words."""
    plain = without_addresses(text)
    last = max(
        (found.end() for found in re.finditer(r"\w+", _TAG.sub(lambda one: " " * len(one[0]), plain))), default=0
    )
    return [found[1] for found in _TAG.finditer(plain) if not found[1].isdigit() and found.start() < last]


def uncapitalised(tag: str) -> bool:
    """Whether a hashtag certainly lacks its capitals: it has cased letters, and none is a capital."""
    return tag.lower() == tag and tag.upper() != tag


def run_together(tag: str, known: Iterable[str]) -> str:
    """The tag with a capital for each word, where a known text writes those words apart, one after the other:
    `Walkbrent` with `Walk Brent` in the title. Empty where none does."""
    letters = _one_run(tag)
    for text in known if letters else ():
        words = re.findall(r"[^\W\d_]+", without_addresses(_TAG.sub("", text)))
        for first in range(len(words)):
            joined = ""
            parts: list[str] = []
            for word in words[first : first + _TOGETHER_MOST]:
                joined, parts = joined + word.lower(), [*parts, word[:1].upper() + word[1:]]
                if joined == letters and len(parts) > 1:
                    return "".join(parts) + tag[len(letters) :]
    return ""


def perhaps_together(tag: str, known: Iterable[str]) -> str:
    """The tag with a capital for each word, where it can be made of common words and words of the known texts. A guess:
    `Footpath` is one word although `foot` and `path` are."""
    letters = _one_run(tag)
    plain = " ".join(without_addresses(_TAG.sub("", text)) for text in known).lower()
    words = set(re.findall(r"[^\W\d_]+", plain))
    if not letters or letters in words:
        return ""
    parts = _segmented(letters, {word for word in words | set(_COMMON.split()) if len(word) >= _WORD_LEAST})
    return "".join(part.capitalize() for part in parts) + tag[len(letters) :] if len(parts) > 1 else ""


def _one_run(tag: str) -> str:
    """The letters of a tag that has no capitals after its first letter, small; else empty. Figures at its end go."""
    letters = re.sub(r"\d+$", "", tag)
    return letters.lower() if letters[1:].lower() == letters[1:] else ""


def _segmented(letters: str, words: set[str]) -> list[str]:
    """The fewest words that make up the letters; empty if there are none."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(end):
            before, word = best[start], letters[start:end]
            shorter = before is not None and (best[end] is None or len(before) + 1 < len(best[end] or []))
            if before is not None and shorter and word in words:
                best[end] = [*before, word]
    return best[-1] or []


def emoji(text: str) -> list[str]:
    return [cluster for cluster in graphemes(text) if is_emoji(cluster)]


def emoji_inside(text: str) -> list[str]:
    """Emoji that stand before or among the words of a sentence, and not at its end."""
    found = []
    for line in _TAG.sub("", without_addresses(text)).split("\n"):
        signs = graphemes(line)
        for at, sign in enumerate(signs):
            if not is_emoji(sign):
                continue
            before = "".join(one for one in signs[:at] if not is_emoji(one)).rstrip("\"'”’) \u00a0")
            after = "".join(one for one in signs[at + 1 :] if not is_emoji(one))
            if re.search(r"\w", after) and not before.endswith((".", "!", "?", "…", "।", "。", "؟", "۔")):
                found.append(sign)
    return found


def bare_links(text: str) -> list[str]:
    """Addresses without words that say where they go: alone on a line that nothing leads to, or behind “here”."""
    found = []
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines):
        for link in addresses(line):
            before = line[: line.find(link)].strip()
            lead = before or next((one for one in reversed(lines[:number]) if one), "")
            words = re.findall(r"[^\W\d_]+", without_addresses(lead).lower())
            told = bool(words) and (bool(before) or lead.endswith((":", "：")))
            if not told or words[-2:] == ["click", "here"] or words in (["here"], ["link"]):
                found.append(link)
    return found


def look_alikes(text: str, lang: str) -> list[str]:
    """Signs that only look like letters: screen readers spell them out or leave them out. Words that mix Latin with
    Cyrillic or Greek letters are given whole."""
    found = []
    for cluster in graphemes(text):
        if is_emoji(cluster):
            continue
        name = unicodedata.name(cluster[0], "")
        wide = "\uff21" <= cluster[0] <= "\uff5a" and not lang.startswith(_EAST)
        marks = sum(unicodedata.category(sign) == "Mn" for sign in unicodedata.normalize("NFC", cluster))
        if _LOOK_ALIKE.match(name) or wide or (name.startswith("LATIN") and marks >= _STACKED):
            found.append(cluster)
    for word in re.findall(r"[^\W\d_]+", text):
        scripts = {unicodedata.name(sign, "?").split()[0] for sign in word} & {"LATIN", "CYRILLIC", "GREEK"}
        if len(scripts) > 1:
            found.append(word)
    return list(dict.fromkeys(found))


def acronyms(text: str) -> list[str]:
    """Two to six capitals in a row that the text does not explain: `ROW (right of way)` or `right of way (ROW)`."""
    plain = _TAG.sub("", without_addresses(text))
    if plain.upper() == plain:
        return []
    found, known = [], _KNOWN.split()
    for one in dict.fromkeys(hit[0] for hit in _ACRONYM.finditer(plain)):
        explained = re.search(rf"\({one}\)|\b{one} \([^)]*\w{{2,}}[^)]*\)", plain)
        if one not in known and not _ROMAN.fullmatch(one) and not explained:
            found.append(one)
    return found


def untidy_campaign(links: Sequence[str]) -> list[str]:
    """Campaign tags (utm_…) with capitals, spaces or other signs than hyphen and underscore."""
    found = []
    for link in links:
        try:
            query = urlsplit(link).query
        except ValueError:
            continue
        for key, value in parse_qsl(query, keep_blank_values=True):
            tidy = re.fullmatch(r"[a-z0-9_-]+", unquote_plus(value)) and re.fullmatch(r"[a-z0-9_]+", key)
            if key.lower().startswith("utm_") and not tidy:
                found.append(f"{key}={value}")
    return found


def dense_paragraphs(text: str, most: int) -> list[str]:
    """Paragraphs of more than `most` signs."""
    return [line for line in text.split("\n") if len(line) > most]
