"""proof.png: the proof at a glance, for mail and for chat, where pages cannot be opened.

The verdict, then a row for each platform: how it opens, its middle, its end card, and what was found out about it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.counting import cleaned
from pipeline.fonts import Fonts, default
from pipeline.nearest import listed
from pipeline.proof import verdict
from pipeline.proof.nouns import ProofClip, ProofPromo
from pipeline.proof.stills import Picture

WIDTH = 1600
MOST_BYTES = 1_500_000
_EDGE, _GAP = 48, 20
_SMALL, _TEXT, _LARGE = 24, 28, 52  # nothing smaller is read in a chat window
_INK, _SOFT, _PAPER, _LINE = "#17212b", "#4a5762", "#ffffff", "#c5ccd2"
_COLOURS = {"passed": "#14622f", "to confirm": "#7a4a00", "blocking": "#a3142a", "advice": "#17212b"}
_TALLEST, _LOWEST = 300, 150  # of a row's pictures
_ROOM = 2600  # for all rows together, as long as the pictures do not become too low
_ROLES = (("opening", "first"), ("along", "route", ""), ("end", "last"))


def sheet(promo: ProofPromo, pictures: Mapping[str, Sequence[Picture]]) -> bytes:
    """The PNG. With many platforms the pictures become smaller; words never do."""
    from pipeline.overlays.paint import Sheet, fill

    groups = promo.platforms
    tall = max(_LOWEST, min(_TALLEST, _ROOM // max(1, len(groups)) - _GAP))
    head = _Head(promo)
    canvas = Sheet(WIDTH, head.height + len(groups) * (tall + _GAP) + _EDGE)
    canvas.canvas.drawPaint(fill(_PAPER))
    head.paint(canvas.canvas)
    for number, group in enumerate(groups):
        _row(canvas.canvas, group, pictures, head.height + number * (tall + _GAP), tall)
    return _png(canvas.pixels)


class _Head:
    """The words at the top, fitted first so that the sheet knows its height."""

    def __init__(self, promo: ProofPromo) -> None:
        fonts = default()
        room = WIDTH - 2 * _EDGE
        said = cleaned(promo.title).replace("\n", " ")
        self._title = _fitted(said, room - 420, 130, _LARGE, fonts, "display", 2)
        self._code = _fitted(promo.code or "", 380, 70, _LARGE, fonts, "display", 1)
        self._sentence = _fitted(verdict.sentence(promo.clips), room - 40, 90, 32, fonts, "bold", 2)
        self._counts = verdict.verdict(promo.clips)
        maker = f"by {cleaned(promo.made_by)}, " if promo.made_by.strip() else ""
        draft = "Draft, not for posting. " if promo.draft else ""
        made = promo.made_at.strftime("%d %B %Y, %H:%M %Z").lstrip("0")
        told = f"{draft}Made {maker}{made} · {listed(promo.languages, 'and')}"
        self._about = _fitted(told, room, 70, _SMALL, fonts, "regular", 2)
        self._fonts = fonts
        title = max(self._title.height, self._code.height)
        self._bar = _EDGE + title + 10 + self._about.height + 18
        self.height = int(self._bar + self._sentence.height + 100 + _GAP)

    def paint(self, canvas: Any) -> None:
        import skia

        from pipeline.overlays.paint import fill, stroke
        from pipeline.overlays.text import Style, measure

        self._title.paint(canvas, _EDGE, _EDGE - 10, _INK)
        self._code.paint(canvas, WIDTH - _EDGE - 380, _EDGE - 10, _INK, width=380, align="right")
        top = _EDGE + max(self._title.height, self._code.height)
        self._about.paint(canvas, _EDGE, top, _SOFT)
        blocked = any(name == "blocking" and not words.startswith("✕ 0") for name, words in self._counts)
        colour = _COLOURS["blocking" if blocked else "passed"]
        bar = skia.Rect.MakeXYWH(_EDGE, self._bar, WIDTH - 2 * _EDGE, self._sentence.height + 78)
        canvas.drawRect(skia.Rect.MakeXYWH(_EDGE, self._bar, 14, bar.height()), fill(colour))
        canvas.drawRect(bar, stroke(colour, 3))
        self._sentence.paint(canvas, _EDGE + 34, self._bar + 10, _INK)
        x, y = _EDGE + 34.0, self._bar + self._sentence.height + 18
        style = Style(fonts=self._fonts, role="bold")
        for name, words in self._counts:
            block = _fitted(words, 500, 44, _TEXT, self._fonts, "bold", 1)
            block.paint(canvas, x, y, _COLOURS[name])
            x += measure(words, _TEXT, style) + 48


def _row(
    canvas: Any, group: Sequence[ProofClip], pictures: Mapping[str, Sequence[Picture]], top: float, tall: float
) -> None:
    from pipeline.overlays.paint import stroke

    canvas.drawLine(_EDGE, top, WIDTH - _EDGE, top, stroke(_LINE, 2))
    clip = group[0]
    x = float(_EDGE)
    for one in _three(pictures.get(clip.sha256, ())):
        x += _still(canvas, one, x, top + 12, tall - 12, most=340) + 14
    fonts = default()
    left = max(x + 14, 780.0)
    room = WIDTH - _EDGE - left
    counts = [(name, words) for name, words in verdict.verdict(group) if name == "passed" or " 0 " not in words]
    lines = [
        (cleaned(clip.label), 34, "bold", _INK),
        (
            f"{clip.width}×{clip.height} · {float(clip.length):g} s · {clip.bytes / 1e6:.1f} MB"
            + (f" · {listed([one.lang for one in group], 'and')}" if len(group) > 1 else ""),
            _SMALL,
            "regular",
            _SOFT,
        ),
        *((words, _SMALL, "bold", _COLOURS[name]) for name, words in counts),
    ]
    y = top + 8
    for words, size, role, colour in lines:
        block = _fitted(words, room, size * 1.5, size, fonts, role, 1)
        if y + block.height > top + tall:
            break
        block.paint(canvas, left, y, colour)
        y += block.height + 2


def _three(found: Sequence[Picture]) -> list[Picture]:
    """The opening, a picture of the middle and the end card."""
    chosen = []
    for roles in _ROLES:
        of_kind = next((some for role in roles if (some := [one for one in found if one.role == role])), None)
        if of_kind:
            chosen.append(of_kind[len(of_kind) // 2])
    return chosen


def _still(canvas: Any, picture: Picture, x: float, y: float, tall: float, most: float) -> float:
    """Paints a picture as high as the row, and at most so wide; gives its width."""
    import skia

    width = picture.width * tall / picture.height
    height = tall
    if width > most / 1.5 and width > height:
        width, height = most / 1.5, picture.height * (most / 1.5) / picture.width
    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture.jpeg))
    box = skia.Rect.MakeXYWH(x, y, width, height)
    canvas.drawImageRect(image, box, skia.SamplingOptions(skia.CubicResampler.Mitchell()))
    return width


def _fitted(text: str, width: float, height: float, size: float, fonts: Fonts, role: Any, lines: int) -> Any:
    from pipeline.overlays.text import Style, fit

    return fit(text, width, height, size, floor=22, lines=lines, style=Style(fonts=fonts, role=role))


def _png(pixels: Any) -> bytes:
    """All colours while that is small enough to be mailed, else the best 256, else a smaller picture."""
    from PIL import Image

    whole = Image.fromarray(pixels[:, :, :3].copy())
    data = b""
    for image in (whole, whole.quantize(256, method=Image.Quantize.FASTOCTREE), whole.quantize(64)):
        stream = io.BytesIO()
        image.save(stream, "PNG", compress_level=6)
        data = stream.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data
