"""Words over footage: the opening title, captions on a plate, the small credit line.

Every word lies on a plate or a shade dark enough that its contrast is at least 4.5:1 over any picture,
white included.
"""

from __future__ import annotations

import skia

from pipeline.colours import mixed, opacity_for, readable
from pipeline.geometry import Box, Size
from pipeline.layout import Edge
from pipeline.overlays.clip import Overlay, still
from pipeline.overlays.paint import Sheet, colour4, even, fill, shaded, smooth_stops, vertical
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Block, Style, fit

SHADE = 0.60  # opacity of the dark behind words: white on it has 5:1 even over white; more where a brand's ink is pale
SHADE_CONTRAST = 4.8  # of white words over white footage: what the encoder takes is less than the rest to 4.5
PLATE = 0.88
HEADLINE, HEADLINE_FLOOR = 112.0, 71.0  # design pixels; the floor's line height is 7 % of the shorter side
CAPTION, CAPTION_FLOOR = 60.0, 44.0
BODY = 44.0
SMALL = 27.0


def title(
    text: str,
    box: Box,
    palette: Palette,
    *,
    frame: Size,
    edge: Edge,
    fps: int,
    frames: int,
    kicker: str = "",
    sub: str = "",
    over_map: bool = False,
    enter: bool = True,
    leave: bool = True,
) -> list[Overlay]:
    """The opening title in `box`: its shade, which reaches to the frame's `edge` (see `Layout.title_from`), and over it
    the words. `kicker` is the short line on a coloured tag above the title, `sub` the quieter line below. `over_map`:
    a nearly solid shade in the colour of the cards, because a grey one looks like fog on a light map.
    """
    unit = frame.short / 1080
    words = _TitleWords(text, kicker, sub, box, palette, unit)
    feather = 300 * unit
    strong = 0.95 if over_map else max(SHADE, opacity_for(_shade(palette), "#ffffff", SHADE_CONTRAST))
    deep = min(1.0, strong + (0.02 if over_map else 0.05))
    if edge == "top":
        top, bottom = 0, min(frame.height, even(box.y + words.height + feather))
        levels = [(0.0, deep), ((box.y + words.height) / bottom, strong), (1.0, 0.0)]
        y = float(box.y)
    else:
        y = box.bottom - words.height
        top, bottom = max(0, int(y - feather) // 2 * 2), frame.height // 2 * 2
        levels = [(0.0, 0.0), ((y - top) / (bottom - top), strong), (1.0, deep)]
    colour = readable(palette.card_top, "#ffffff", 4.6) if over_map else _shade(palette)
    ramp = shaded(vertical(0, bottom - top, smooth_stops(colour, levels)))
    ramp.setDither(False)  # equal pixels along each row: the shade is drawn as a strip and spread
    strip = Sheet(2, bottom - top)
    strip.canvas.drawRect(skia.Rect.MakeWH(2, bottom - top), ramp)
    # The shade stays as it is while the words come and go: a picture that changes at the first frame and the last is
    # restless, and each of its states would wait in memory as a frame of the full width.
    shade = still(
        strip.straight(), x=0, y=top, frames=frames, fps=fps, enter=False, leave=False, spread=frame.width // 2 * 2
    )
    rise = even(36 * unit)
    left, upper = max(0, box.x - rise) // 2 * 2, int(y) // 2 * 2
    sheet = Sheet(min(even(box.right + rise - left), (frame.width - left) // 2 * 2), even(words.height + rise))
    words.paint(sheet.canvas, box.x - left, y - upper, 1.0)
    letters = still(sheet.straight(), x=left, y=upper, frames=frames, fps=fps, rise=rise, enter=enter, leave=leave)
    return [shade, letters]


def _shade(palette: Palette) -> str:
    return mixed(palette.ink, "#000000", 0.6)


class _TitleWords:
    """Tag, headline and quieter line, stacked; laid out once, painted at any place and opacity."""

    def __init__(self, text: str, kicker: str, sub: str, box: Box, palette: Palette, unit: float) -> None:
        self._palette, self._unit, self._box = palette, unit, box
        body = Style(fonts=palette.fonts, role="semibold", leading=1.22)
        tag = Style(fonts=palette.fonts, role="bold", tracking=0.03)
        head = Style(fonts=palette.fonts, role="display", tracking=-0.012, leading=1.1)
        self._pad = 18 * unit
        self._tag = fit(kicker, box.width - 2 * self._pad, 84 * unit, BODY * unit, floor=34 * unit, lines=1, style=tag)
        self._sub = fit(sub, box.width, box.height * 0.3, 48 * unit, floor=BODY * unit, lines=3, style=body)
        room = box.height - self._above() - self._below()
        self._head = fit(text, box.width, room, HEADLINE * unit, floor=HEADLINE_FLOOR * unit, lines=4, style=head)
        self.height = self._above() + self._head.height + self._below()

    def _above(self) -> float:
        return self._tag.height + 22 * self._unit if self._tag.lines else 0.0

    def _below(self) -> float:
        return self._sub.height + 14 * self._unit if self._sub.lines else 0.0

    def paint(self, canvas: skia.Canvas, x: float, y: float, alpha: float) -> None:
        palette, width = self._palette, self._box.width
        if self._tag.lines:
            ground = palette.tag(_shade(palette))
            wide = self._tag.width + 2 * self._pad
            left = x + width - wide if palette.leftwards or self._tag.leftwards[0] else x
            rect = skia.Rect.MakeXYWH(left, y, wide, self._tag.height)
            canvas.drawRoundRect(rect, 8 * self._unit, 8 * self._unit, fill(ground, alpha))
            self._tag.paint(canvas, left + self._pad, y, palette.on(ground), alpha=alpha)
        y += self._above()
        # The side bearing of large letters would set the headline in from the lines around it.
        bearing = 0.0 if palette.leftwards else 0.035 * self._head.size
        self._head.paint(canvas, x - bearing, y, "#ffffff", width=width, alpha=alpha)
        y += self._head.height + 14 * self._unit
        self._sub.paint(canvas, x, y, "#ffffff", width=width, alpha=alpha)


def caption(
    text: str,
    box: Box,
    palette: Palette,
    *,
    unit: float,
    fps: int,
    frames: int,
    enter: bool = True,
    leave: bool = True,
) -> Overlay:
    """One to three lines on a dark plate at the bottom of `box`, as wide as the words need, on the side at which they
    begin."""
    bar, pad_x, pad_y, rise = 12 * unit, 28 * unit, 16 * unit, even(20 * unit)
    style = Style(fonts=palette.fonts, role="bold", leading=1.17)
    room = box.width - bar - 2 * pad_x
    block = fit(
        text,
        room,
        box.height - 2 * pad_y - rise,
        CAPTION * unit,
        floor=CAPTION_FLOOR * unit,
        lines=3,
        style=style,
    )
    width = min(even(block.width + bar + 2 * pad_x), box.width // 2 * 2)
    tall = even(block.height + 2 * pad_y)
    sheet = Sheet(width, tall + rise)
    rect = skia.Rect.MakeWH(width, tall)
    mirrored = palette.leftwards or any(block.leftwards)
    canvas = sheet.canvas
    accent = readable(palette.accent, palette.ink, 3.0)
    canvas.save()
    canvas.clipRRect(skia.RRect.MakeRectXY(rect, 14 * unit, 14 * unit), skia.ClipOp.kIntersect, True)
    canvas.drawRect(rect, fill(palette.ink, PLATE))
    canvas.drawRect(skia.Rect.MakeXYWH(width - bar if mirrored else 0, 0, bar, tall), fill(accent))
    canvas.restore()
    text_x = pad_x if mirrored else bar + pad_x
    block.paint(canvas, text_x, (tall - block.height) / 2, palette.paper, width=width - bar - 2 * pad_x)
    return still(
        sheet.straight(),
        x=box.right - width if mirrored else box.x,
        y=box.bottom - tall - rise,
        frames=frames,
        fps=fps,
        rise=rise,
        enter=enter,
        leave=leave,
    )


def credit(
    text: str,
    box: Box,
    palette: Palette,
    *,
    unit: float,
    fps: int,
    frames: int,
    right: bool = False,
    enter: bool = False,
    leave: bool = False,
) -> Overlay:
    """The line that says whose map or data is seen, small, on its own plate, at the bottom of `box`."""
    pad_x, pad_y = 14 * unit, 3 * unit
    style = Style(fonts=palette.fonts, role="semibold", leading=1.16)
    block = _small_print(text, box.width - 2 * pad_x, box.height - 2 * pad_y, unit, style)
    width = min(even(block.width + 2 * pad_x), box.width // 2 * 2)
    height = min(even(block.height + 2 * pad_y), box.height // 2 * 2)
    sheet = Sheet(width, height)
    rect = skia.Rect.MakeWH(width, height)
    sheet.canvas.drawRoundRect(rect, 8 * unit, 8 * unit, skia.Paint(Color=colour4(palette.ink, 0.74), AntiAlias=True))
    block.paint(sheet.canvas, pad_x, (height - block.height) / 2, palette.paper, width=width - 2 * pad_x)
    return still(
        sheet.straight(),
        x=box.right - width if right else box.x,
        y=box.bottom - height,
        frames=frames,
        fps=fps,
        enter=enter,
        leave=leave,
    )


def _small_print(text: str, width: float, height: float, unit: float, style: Style) -> Block:
    return fit(text, width, height, 28 * unit, floor=SMALL * unit, lines=2, style=style)
