"""The text of one subtitle as plain words: what is markup in SubRip or WebVTT is taken out, all else is kept as it is.

Only tags that these formats know are markup. Anything else between angle brackets is text, and stays text.
"""

from __future__ import annotations

import html
import re

from pipeline.counting import cleaned

_TAGS = re.compile(r"</?(?:b|i|u|s|font|c|v|lang|ruby|rt|span)(?:[\s.][^<>]*)?/?>", re.IGNORECASE)
_TIMES = re.compile(r"<(?:\d+:)?\d{1,2}:\d{2}\.\d{3}>")  # karaoke marks of WebVTT
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")  # {\an8}, {\i1}: positions and styles from ASS
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_DASH = re.compile(r"^[-–—]\s*")


def plain(text: str) -> str:
    """Words and line breaks, nothing else. Entities become their letters last, so that they cannot make a tag."""
    text = text.replace("\\N", "\n")
    for markup in (_TIMES, _TAGS, _OVERRIDES):
        text = markup.sub("", text)
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return "\n".join(line for line in cleaned(text).split("\n") if line)


def paragraphs(text: str) -> tuple[str, ...]:
    """The stretches that may be broken anew: all lines together, but each speaker (a line that begins with a dash) in
    lines of his own."""
    found: list[str] = []
    lines = [line for line in text.split("\n") if line.strip()]
    speakers = sum(bool(_DASH.match(line)) for line in lines) > 1
    for line in lines:
        if found and not (speakers and _DASH.match(line)):
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
    return tuple(found)
