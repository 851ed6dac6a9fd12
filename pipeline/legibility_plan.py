"""What can be known of the words on the picture before anything is drawn: time to read (T6), and the colours of the
route and its marks (T4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from pipeline.caption_times import reading_frames
from pipeline.colours import contrast
from pipeline.pieces import File, Layer
from pipeline.sidecar import Check
from pipeline.styles import MapStyle

_LINE = 3.0  # T4
_SIGNS = (
    ("the route", "route", "casing"),
    ("the way still to go", "todo", "casing"),
    ("the start", "start", "pin_ring"),
    ("the finish", "finish", "pin_ring"),
    ("the marker", "marker", "marker_ring"),
)
_TIMED = ("title", "caption", "facts", "end", "credit")  # subtitles keep the time of speech


def time_checks(file: File) -> tuple[Check, ...]:
    """T6: is each text up long enough to be read? Known from the plan alone."""
    fps = file.storyboard.fps
    found: list[Check] = []
    longest: dict[tuple[str, str], int] = {}
    for layer in (layer for piece in file.pieces for layer in piece.layers):
        for said in _said(layer):
            longest[said] = longest.get(said, 0) + layer.frames
    late = 0
    for (_, words), frames in longest.items():
        need = reading_frames(reading_words(words), fps)
        if frames + fps // 10 < need:  # a tenth of a second is no difference to a reader
            late += 1
            found.append(
                _time_check(f"Time to read “{shortened(words)}”", f"{_seconds(frames, fps)} s",
                            f"at least {_seconds(need, fps)} s", "use fewer words, or show them longer")
            )  # fmt: skip
    if longest and not late:
        found.append(_time_check("Time to read each text", f"enough for all {len(longest)}", "0.375 s a word + 1 s"))
    return tuple(found)


def _time_check(what: str, measured: str, limit: str, remedy: str = "") -> Check:
    return Check(id="T6", what=what, measured=measured, limit=limit, passed=not remedy, level="warn", remedy=remedy)


def _said(layer: Layer) -> Iterator[tuple[str, str]]:
    """What is to be read on a layer, in the parts in which it comes."""
    if layer.kind not in _TIMED:
        return
    values = layer.values
    if layer.kind == "title":
        yield "title", str(values["title"])  # the figure on its tag comes again with the facts
    elif layer.kind == "facts":
        yield "facts", " ".join(str(values["facts"][key]) for key in values["facts"])
    elif layer.kind == "end":
        yield "end", " ".join(filter(None, (values["text"], values["link"])))
    elif text := values.get("text"):
        yield layer.kind, str(text)


def reading_words(text: str) -> int:
    """Words as T6 counts them: a number takes as long as two, its short unit (h, min, ft, km) with it. A web address is
    one; signs alone are none; and figures in brackets say again what stands before them."""
    plain = re.sub(r"(?<=\d)\s(?:h|min|m|km|ft)\b", "", re.sub(r"\([^()]*\d[^()]*\)", "", text))
    words = [word for word in plain.split() if any(map(str.isalnum, word))]
    return len(words) + sum(word[0].isdigit() for word in words)


def line_checks(style: MapStyle) -> tuple[Check, ...]:
    """T4: the route and its marks against their outlines, in the colours of the look."""
    colours = style.flat()
    pairs = [(name, colours[one], colours[other]) for name, one, other in _SIGNS]
    what, lowest = min(((name, contrast(one, other)) for name, one, other in pairs), key=lambda pair: pair[1])
    fits = lowest >= _LINE
    return (
        Check(
            id="T4",
            what=f"Contrast of route and marks against their outlines (lowest: {what})",
            measured=f"{floored(lowest)}:1",
            limit=f"at least {_LINE:g}:1",
            passed=fits,
            level="warn",
            remedy="" if fits else "choose another map style, or other colours in the brand",
        ),
    )


def floored(ratio: float | None) -> str:
    """One decimal, never rounded up over a limit."""
    return f"{int((ratio or 0) * 10 + 1e-6) / 10:.1f}"


def shortened(words: str) -> str:
    return words if len(words) <= 40 else words[:39].rstrip() + "…"


def _seconds(frames: int, fps: int) -> str:
    return f"{float(Fraction(frames, fps)):.1f}"
