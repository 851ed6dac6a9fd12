"""What an approval is bound to: every clip of a promo with all that is posted beside it, and the short code for that.

An approval covers all languages and platforms of a promo at once, so one version never goes without the other. Nothing
here is remembered: a Bundle is made from the files each time, and two bundles are equal when what is posted is equal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from pipeline.fingerprints import fingerprint

__all__ = ["Bundle", "Finding", "Part", "code_of", "read_code"]

_FEWEST_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Part:
    """One clip and what goes beside it. Files are named by their SHA-256; `slot` is when it is to be posted."""

    platform: str
    lang: str
    slot: str = ""
    clip: str
    cover: str = ""
    subtitles: str = ""  # the words of the .srt
    vtt: str = ""
    title: str = ""  # where the platform has a field for one
    text: str = ""
    alt: str = ""
    hashtags: tuple[str, ...] = ()
    link: str = ""

    @property
    def name(self) -> str:
        """`instagram-reel.en`, as its files are called."""
        return f"{self.platform}.{self.lang}"


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """A check that did not pass."""

    rule: str
    rendition: str
    what: str = field(compare=False)
    measured: str = field(default="", compare=False)
    limit: str = field(default="", compare=False)
    remedy: str = field(default="", compare=False)

    def __str__(self) -> str:
        found = f"{self.measured}, it should be {self.limit}" if self.limit else self.measured
        return f"{self.rendition}: {self.what}{': ' if found else ''}{found} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A promo as it lies in its folder. `faults`: sentences on why these files do not belong together as they are."""

    parts: tuple[Part, ...]
    checked: bool = True
    warnings: tuple[Finding, ...] = ()
    blocks: tuple[Finding, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of what is posted; that a check was added or a clip looked at again changes nothing."""
        return fingerprint([asdict(part) for part in self.parts])

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({part.lang for part in self.parts}))

    def payload(self) -> dict[str, Any]:
        """The parts as plain values; texts that several parts share are there once."""
        texts: dict[str, int] = {}
        rows = []
        for part in self.parts:
            row = asdict(part)
            for name in ("subtitles", "text", "alt"):
                row[name] = texts.setdefault(row[name], len(texts))
            rows.append({**row, "hashtags": list(part.hashtags)})
        return {"parts": rows, "texts": list(texts)}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """The bundle of which `payload` was written."""
        texts = payload["texts"]
        rows = [
            {**row, **{name: texts[row[name]] for name in ("subtitles", "text", "alt")}} for row in payload["parts"]
        ]
        return cls(parts=tuple(Part(**{**row, "hashtags": tuple(row["hashtags"])}) for row in rows))


def code_of(name: str, taken: Sequence[str] = ()) -> str:
    """A code that people can read to each other, from a fingerprint: `7F3A-C2`; longer while it is among `taken`."""
    for digits in range(_FEWEST_DIGITS, len(name) + 1, 2):
        code = f"{name[:4]}-{name[4:digits]}".upper()
        if code not in taken:
            return code
    return name.upper()


def read_code(words: str) -> str:
    """A code as a person types it: small letters, spaces, no hyphen, O for nought and I for one. "" when it is none."""
    digits = re.sub(r"[\s\-\u2010-\u2015]", "", words).upper().translate(str.maketrans("OIL", "011"))
    return f"{digits[:4]}-{digits[4:]}" if re.fullmatch(r"[0-9A-F]{6,32}", digits) else ""
