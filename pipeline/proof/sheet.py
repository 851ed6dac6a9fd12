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
from pipeline.phrases import language
from pipeline.proof import verdict
from pipeline.proof.nouns import ProofClip, ProofPromo
from pipeline.proof.stills import Picture

WIDTH = 1600
MOST_BYTES = 1_500_000
_FEW_PIXELS = 1_600_000
_EDGE, _GAP = 48, 20
_SMALL, _TEXT, _LARGE = 24, 28, 52  # nothing smaller is read in a chat window
_INK, _SOFT, _PAPER, _LINE = "#17212b", "#4a5762", "#ffffff", "#c5ccd2"
_COLOURS = {"passed": "#14622f", "to confirm": "#7a4a00", "blocking": "#a3142a", "advice": "#17212b"}
_TALLEST, _LOWEST = 300, 150  # of a row's pictures
_ROOM = 2600  # for all rows together, as long as the pictures do not become too low
_WORDS = 1090  # where the words of a row begin
_SIGNS: dict[str, list[list[tuple[float, float]]]] = {  # lines in a square of side 1
    "passed": [[(0.27, 0.53), (0.44, 0.7), (0.74, 0.33)]],
    "to confirm": [[(0.5, 0.22), (0.5, 0.56)], [(0.5, 0.77), (0.5, 0.78)]],
    "blocking": [[(0.28, 0.28), (0.72, 0.72)], [(0.72, 0.28), (0.28, 0.72)]],
    "advice": [[(0.5, 0.22), (0.5, 0.23)], [(0.5, 0.44), (0.5, 0.78)]],
}


def sheet(promo: ProofPromo, pictures: Mapping[str, Sequence[Picture]]) -> bytes:
    """The PNG. With many platforms the pictures become smaller; words never do."""
    from pipeline.overlays.paint import Sheet, fill

    groups = promo.platforms
    tall = max(_LOWEST, min(_TALLEST, _ROOM // max(1, len(groups)) - _GAP))
    head = _Head(promo)
    heights = [_height(group[0], len(group), sum(_open(group)), tall) for group in groups]
    canvas = Sheet(WIDTH, head.height + sum(heights) + _EDGE // 2)
    canvas.canvas.drawPaint(fill(_PAPER))
    head.paint(canvas.canvas)
    top = head.height
    for group, height in zip(groups, heights, strict=True):
        _row(canvas.canvas, group, pictures.get(group[0].sha256, ()), top, tall)
        top += height
    return _png(canvas.pixels)


def _open(clips: Sequence[ProofClip]) -> list[bool]:
    """Whether there is something of each kind beside what passed."""
    counts = verdict.tally(clips)
    return [bool(counts[name]) for name in counts if name != "passed"]


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
        told = f"{draft}Made {maker}{made} · {listed(map(language, promo.languages), 'and')}"
        self._about = _fitted(told, room, 70, _SMALL, fonts, "regular", 2)
        self._fonts = fonts
        title = max(self._title.height, self._code.height)
        self._bar = _EDGE + title + 10 + self._about.height + 18
        self.height = int(self._bar + self._sentence.height + 100 + _GAP)

    def paint(self, canvas: Any) -> None:
        import skia

        from pipeline.overlays.paint import fill, stroke

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
        for name, words in self._counts:
            x += _counted(canvas, name, words, x, y, _TEXT, self._fonts) + 52


def _row(canvas: Any, group: Sequence[ProofClip], found: Sequence[Picture], top: float, tall: float) -> None:
    from pipeline.overlays.paint import stroke

    canvas.drawLine(_EDGE, top, WIDTH - _EDGE, top, stroke(_LINE, 2))
    clip = group[0]
    x = float(_EDGE)
    width, height = _size(clip, tall)
    for one in _chosen(found, int((_WORDS - 24 - _EDGE + 12) // (width + 12))):
        _still(canvas, one, x, top + 12, width, height)
        x += width + 12
    fonts = default()
    words = [(name, text) for name, text in verdict.verdict(group) if name == "passed" or " 0 " not in text]
    told = f"{clip.width}×{clip.height} · {float(clip.length):g} s · {clip.bytes / 1e6:.1f} MB"
    y = top + 6
    block = _fitted(cleaned(clip.label), WIDTH - _EDGE - _WORDS, 46, 34, fonts, "bold", 1)
    block.paint(canvas, _WORDS, y, _INK)
    y += block.height
    for line in [told, *([listed([language(one.lang) for one in group], "and")] if len(group) > 1 else [])]:
        block = _fitted(line, WIDTH - _EDGE - _WORDS, 36, _SMALL, fonts, "regular", 1)
        block.paint(canvas, _WORDS, y, _SOFT)
        y += block.height + 2
    for name, text in words:
        _counted(canvas, name, text, _WORDS, y, _SMALL, fonts)
        y += 34


def _size(clip: ProofClip, tall: float) -> tuple[float, float]:
    """Of a row's pictures: as high as the row, but never so wide that three find no room."""
    width = min((tall - 12) * clip.width / clip.height, (_WORDS - _EDGE - 48) / 3)
    return width, width * clip.height / clip.width


def _height(clip: ProofClip, languages: int, failed: int, tall: float) -> int:
    """Of a row: its pictures, or its words when those need more."""
    words = 6 + 50 + 36 * (1 + (languages > 1)) + 34 * (1 + failed)
    return int(max(_size(clip, tall)[1] + 12, words)) + _GAP


def _chosen(found: Sequence[Picture], most: int) -> list[Picture]:
    """The opening, the route's map, the end card, and between them as many as there is room for."""
    shots = [one for one in found if one.role not in ("first", "last")] or list(found)
    if len(shots) <= most:
        return shots
    even = [round(k * (len(shots) - 1) / (most - 1)) for k in range(most)]
    route = next((k for k, one in enumerate(shots) if one.role == "route"), None)
    if most >= 4 and route is not None and route not in even:
        even[min(range(1, most - 1), key=lambda k: abs(even[k] - route))] = route
    return [shots[k] for k in sorted(even)]


def _still(canvas: Any, picture: Picture, x: float, y: float, width: float, height: float) -> None:
    import skia

    image = skia.Image.MakeFromEncoded(skia.Data.MakeWithCopy(picture.jpeg))
    box = skia.Rect.MakeXYWH(x, y, width, height)
    canvas.drawImageRect(image, box, skia.SamplingOptions(skia.CubicResampler.Mitchell()))


def _counted(canvas: Any, name: verdict.Result, words: str, x: float, y: float, size: float, fonts: Fonts) -> float:
    """A count with its sign, drawn and not written: no font is asked for it. Gives the width."""
    import skia

    from pipeline.overlays.paint import fill, stroke
    from pipeline.overlays.text import Style, measure

    colour, side = _COLOURS[name], size * 1.05
    top = y + size * 0.18
    box = skia.Rect.MakeXYWH(x, top, side, side)
    (canvas.drawOval if name == "passed" else canvas.drawRect)(box, fill(colour))
    path = skia.Path()
    for stroke_points in _SIGNS[name]:
        (x0, y0), *rest = ((x + side * px, top + side * py) for px, py in stroke_points)
        path.moveTo(x0, y0)
        for x1, y1 in rest:
            path.lineTo(x1, y1)
    canvas.drawPath(path, stroke(_PAPER, side * 0.13))
    text = words.split(" ", 1)[1]
    _fitted(text, 600, size * 1.6, size, fonts, "bold", 1).paint(canvas, x + side + 12, y, colour)
    return side + 12 + measure(text, size, Style(fonts=fonts, role="bold"))


def _fitted(text: str, width: float, height: float, size: float, fonts: Fonts, role: Any, lines: int) -> Any:
    from pipeline.overlays.text import Style, fit

    return fit(text, width, height, size, floor=22, lines=lines, style=Style(fonts=fonts, role=role))


def _png(pixels: Any) -> bytes:
    """All colours where there are few pictures, else the best 256, so that it can be mailed; fewer if it must be."""
    from PIL import Image

    whole = Image.fromarray(pixels[:, :, :3].copy())
    data = b""
    for count in (0, 256, 64) if whole.width * whole.height <= _FEW_PIXELS else (256, 64):
        stream = io.BytesIO()
        image = whole.quantize(count, method=Image.Quantize.FASTOCTREE) if count else whole
        image.save(stream, "PNG", compress_level=6)
        data = stream.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data
