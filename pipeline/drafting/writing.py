"""YAML put in writing: scalars by the YAML library, comments that cannot break out of their line, names as words."""

from __future__ import annotations

import io
import re
import textwrap
import unicodedata

from ruamel.yaml import YAML

from pipeline.counting import shortened
from pipeline.gpx.sieve import clean_name

WIDTH = 110
_TURNS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}  # marks that turn the direction of text
_NAMELESS = re.compile(
    r"(new |my |current |active |unnamed |untitled )*(track|route|path|activity|log|track log|tracks?|gpx|export|walk)?"
    r"( ?\d+)?",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"(wpt|rpt|rtept|trkpt|waypoint|way point|point|pt|poi|mark|marker|user)?[\s_#-]*[\d\s.,:_-]*", re.IGNORECASE
)


def scalar(text: str) -> str:
    """The text as a YAML scalar on one line, quoted where it must be; good in a block and inside { } and [ ]."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = 1_000_000
    yaml.allow_unicode = not any(_invisible(sign) for sign in text)  # else everything foreign is spelt \uXXXX
    if not text[:1].isalnum():
        # The library leaves `?x` bare, and cannot read it in a group.
        yaml.default_style = '"'  # type: ignore[assignment]
    out = io.StringIO()
    yaml.dump([text], out)
    written = out.getvalue().strip()
    return written[1:-1]


def remark(text: str, most: int = 300) -> str:
    """Words of others for a comment: one line, no control characters, nothing that turns the direction of text."""
    return shortened(clean_name(text).replace("\ufeff", ""), most)


def comment(text: str, indent: str = "") -> list[str]:
    """Lines of a comment, wrapped. `text` is ours, and what it quotes went through `remark`."""
    lead = f"{indent}# "
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=lead, break_long_words=False)


def title_from(*names: str) -> str:
    """The first of the names that says something, as words: `brent-capital-ring_09.gpx` → `Brent capital ring 09`."""
    for name in names:
        words = _words(name)
        if words and not _NAMELESS.fullmatch(words) and any(sign.isalpha() for sign in words):
            return shortened(words[:1].upper() + words[1:], 80)
    return "Our walk"


def tells(name: str) -> bool:
    """Whether a waypoint's name says something: `Barn Hill pond` does, `WPT 012` does not."""
    return any(sign.isalnum() for sign in name) and not _COUNTER.fullmatch(name.strip())


def _words(name: str) -> str:
    plain = clean_name(unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()))
    plain = re.sub(r"(\.gpx)?(\.gz)?$", "", plain, flags=re.IGNORECASE)
    if " " not in plain.strip():
        plain = re.sub(r"[-_+.]+", " ", plain)
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    plain = plain.replace("_", " ")
    return " ".join(plain.split()).strip(" -–·,;:/\\")


def _invisible(sign: str) -> bool:
    """Signs that would mislead whoever reads the file; joiners are part of words and emoji."""
    turning = unicodedata.bidirectional(sign) in _TURNS or sign in "\u200e\u200f\u061c\ufeff\u00ad\u2028\u2029"
    return turning or unicodedata.category(sign) in ("Cc", "Co", "Cn")
