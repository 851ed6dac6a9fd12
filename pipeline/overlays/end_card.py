"""The last shot: a call to action, the link in words and as a QR code, the logo, the credits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from pipeline.colours import contrast, mixed, readable
from pipeline.errors import BriefError
from pipeline.geometry import Box, Size
from pipeline.layout import Layout
from pipeline.overlays.clip import Overlay, Rgba, still
from pipeline.overlays.logo import Artwork
from pipeline.overlays.paint import Sheet, even, fill, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import FlatView, RouteShape
from pipeline.overlays.scene import paint_card
from pipeline.overlays.text import Block, Style, fit, right_to_left

CALL, CALL_FLOOR = 116.0, 71.0  # design pixels
LINK, LINK_FLOOR = 50.0, 43.5
SMALL, SMALL_FLOOR = 29.0, 27.0
_LATIN = "\u200e"  # a mark without a width, as good as a letter that runs from left to right
QUIET = 4  # modules of white around the code (ISO/IEC 18004)


def background(size: Size, palette: Palette, shape: RouteShape | None = None) -> Rgba:
    """The whole frame, opaque. With a route, its line runs large and faint across the card as an ornament."""
    sheet = Sheet(size.width, size.height)
    paint_card(sheet.canvas, size, palette, (size.width * 0.7, size.height * 0.25))
    if shape is not None:
        _ornament(sheet.canvas, size, palette, shape)
    return sheet.straight()


def _ornament(canvas: skia.Canvas, size: Size, palette: Palette, shape: RouteShape) -> None:
    """The route wider than the frame is high or wide, so that it reads as a pattern and not as a map."""
    short = size.short
    points = shape.points
    view = FlatView.fitting(points, size.width * 0.10, size.height * 0.06, size.width * 1.12, size.height * 0.94)
    thin = shape.simplified(1.5 / view.scale)
    ink = "#ffffff" if palette.dark_card else palette.ink
    for line in thin.lines:
        path = polyline(view.pixels(line))
        canvas.drawPath(path, stroke(ink, short * 0.045, 0.035))
        canvas.drawPath(path, stroke(ink, short * 0.014, 0.07))


def content(
    text: str,
    link_text: str,
    qr_link: str | None,
    art: Artwork | None,
    credits_lines: Sequence[str],
    layout: Layout,
    palette: Palette,
    *,
    fps: int,
    frames: int,
    enter: bool = True,
    leave: bool = False,
) -> list[Overlay]:
    """The parts of the card as overlays, each in its own box; what is empty is left out.

    Raises BriefError when the link is too long for a code that a phone can read.
    """
    unit = layout.unit
    ink = palette.paper if palette.dark_card else palette.ink
    parts: list[tuple[Rgba, int, int]] = []
    if art is not None:
        parts.append(_logo(art, layout.end_logo, palette, unit))
    text_box = layout.end_text if art is not None else _joined(layout.end_logo, layout.end_text)
    if text.strip():
        parts.append(_call(text, text_box, palette, ink, unit))
    if link_text.strip():
        parts.append(_link(link_text, layout.end_link, palette, unit))
    if qr_link:
        parts.append(_code(qr_link, layout.end_qr, palette, unit))
    if any(line.strip() for line in credits_lines):
        parts.append(_credits(credits_lines, layout.end_credits, palette, ink, unit))
    return [still(picture, x=x, y=y, frames=frames, fps=fps, enter=enter, leave=leave) for picture, x, y in parts]


def _beginning(box: Box, width: int, palette: Palette) -> int:
    """The left edge of what is narrower than its box: it stands where lines begin."""
    return box.right - width if palette.leftwards else box.x


def _joined(upper: Box, lower: Box) -> Box:
    return Box(x=lower.x, y=upper.y, width=lower.width, height=lower.bottom - upper.y)


def _logo(art: Artwork, box: Box, palette: Palette, unit: float) -> tuple[Rgba, int, int]:
    """On a light plate, so that a logo made for paper is seen on a dark card."""
    pad = 16 * unit
    width, height = art.fitted(box.width - 2 * pad, box.height - 2 * pad)
    sheet = Sheet(min(even(width + 2 * pad), box.width // 2 * 2), min(even(height + 2 * pad), box.height // 2 * 2))
    if palette.dark_card:
        rect = skia.Rect.MakeWH(sheet.width, sheet.height)
        sheet.canvas.drawRoundRect(rect, 14 * unit, 14 * unit, fill(palette.paper))
    left = (sheet.width - width) / 2 if palette.dark_card else 0.0
    art.paint(sheet.canvas, left, (sheet.height - height) / 2, width, height)
    return sheet.straight(), _beginning(box, sheet.width, palette), box.y


def _call(text: str, box: Box, palette: Palette, ink: str, unit: float) -> tuple[Rgba, int, int]:
    """Large, at the bottom of its box: it belongs to the link below."""
    style = Style(fonts=palette.fonts, role="display", tracking=-0.012, leading=1.08)
    bar = 22 * unit
    block = fit(text, box.width, box.height - bar, CALL * unit, floor=CALL_FLOOR * unit, lines=4, style=style)
    height = min(even(block.height + bar), box.height // 2 * 2)
    sheet = Sheet(box.width // 2 * 2, height)
    mirrored = palette.leftwards or any(block.leftwards)
    wide = 96 * unit
    rect = skia.Rect.MakeXYWH(sheet.width - wide if mirrored else 0, 0, wide, 10 * unit)
    sheet.canvas.drawRoundRect(rect, 5 * unit, 5 * unit, fill(readable(palette.accent, palette.ground, 3.0)))
    block.paint(sheet.canvas, 0.0 if palette.leftwards else -0.03 * block.size, bar, ink, width=box.width)
    return sheet.straight(), box.x, (box.bottom - height) // 2 * 2


def _link(text: str, box: Box, palette: Palette, unit: float) -> tuple[Rgba, int, int]:
    """A coloured tag at the top of its box, one line if it can be."""
    pad_x, pad_y = 26 * unit, 7 * unit
    style = Style(fonts=palette.fonts, role="bold", leading=1.1, address=True)
    room = (box.width - 2 * pad_x, box.height - 2 * pad_y)
    block = fit(text, *room, LINK * unit, floor=LINK_FLOOR * unit, lines=2, style=style)
    width = min(even(block.width + 2 * pad_x), box.width // 2 * 2)
    height = min(even(block.height + 2 * pad_y), box.height // 2 * 2)
    sheet = Sheet(width, height)
    colour = palette.tag(palette.ground)
    sheet.canvas.drawRoundRect(skia.Rect.MakeWH(width, height), 14 * unit, 14 * unit, fill(colour))
    block.paint(sheet.canvas, pad_x, (height - block.height) / 2, palette.on(colour))
    return sheet.straight(), _beginning(box, width, palette), box.y


def _code(link: str, box: Box, palette: Palette, unit: float) -> tuple[Rgba, int, int]:
    """Dark on white, whole pixels to a module."""
    modules = qr_modules(link)
    side = min(box.width, box.height) // 2 * 2
    count = len(modules) + 2 * QUIET
    cell = side // count
    if cell < 3 * min(1.0, unit):  # the same size on a phone, whatever the number of pixels
        raise BriefError.at("end_card.link", "the link is too long for a QR code here", "use a shorter link")
    sheet = Sheet(side, side)
    rect = skia.Rect.MakeWH(side, side)
    sheet.canvas.drawRoundRect(rect, 2.4 * cell, 2.4 * cell, fill("#ffffff"))
    picture = sheet.straight()
    dark = palette.ink if contrast(palette.ink, "#ffffff") >= 7 else mixed(palette.ink, "#000000", 0.8)
    origin = (side - cell * len(modules)) // 2
    cells = np.kron(modules, np.ones((cell, cell), bool))
    part = picture[origin : origin + len(cells), origin : origin + len(cells)]
    part[cells] = (*(int(dark[i : i + 2], 16) for i in (1, 3, 5)), 255)
    return picture, box.x, box.y


def qr_modules(link: str) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """The code as a square of booleans, True is dark. Raises BriefError when the link does not fit."""
    import segno

    try:
        code = segno.make_qr(link, error="m", boost_error=True)
    except ValueError as error:
        raise BriefError.at("end_card.link", "the link is too long for a QR code", "use a shorter link") from error
    return np.array([[bool(cell) for cell in row] for row in code.matrix])


def _credits(lines: Sequence[str], box: Box, palette: Palette, ink: str, unit: float) -> tuple[Rgba, int, int]:
    block = credit_block(lines, box, palette, unit)
    height = min(even(block.height), box.height // 2 * 2)
    sheet = Sheet(box.width // 2 * 2, height)
    block.paint(sheet.canvas, 0, 0, ink, width=box.width, alpha=0.92)
    return sheet.straight(), box.x, (box.bottom - height) // 2 * 2


def credit_block(lines: Sequence[str], box: Box, palette: Palette, unit: float) -> Block:
    """The credits in as few lines as they need: joined by dots when there is no room for one line each."""
    style = Style(fonts=palette.fonts, role="semibold", leading=1.22)
    kept = [_guest(line.strip(), palette) for line in lines if line.strip()]
    most = max(1, int(box.height / (SMALL_FLOOR * 1.26 * unit)))
    joined = "\n".join(kept) if len(kept) <= most else " · ".join(kept)
    block = fit(joined, box.width, box.height, SMALL * unit, floor=SMALL_FLOOR * unit, lines=most, style=style)
    if block.size >= SMALL_FLOOR * unit * 0.999:
        return block
    return fit(
        " · ".join(kept),
        box.width,
        box.height,
        SMALL * unit,
        floor=SMALL_FLOOR * unit,
        lines=most,
        style=style,
    )


def _guest(line: str, palette: Palette) -> str:
    """A line of Latin letters among others that run from right to left keeps its signs at its own ends."""
    return f"{_LATIN}{line}{_LATIN}" if palette.leftwards and not right_to_left(line) else line
