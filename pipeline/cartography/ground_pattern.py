"""Quiet patterns that say what an area is without its colour: tree tops in woods, reeds in wetland, grains on sand.

A pattern is a small tile that repeats. It hangs on the ground and not on the picture, so that it stays where it is when
the map is drawn a little to the side.
"""

from __future__ import annotations

import skia

from pipeline.cartography.ground_scale import between
from pipeline.colours import luminance, mixed
from pipeline.map_model import AreaKind
from pipeline.map_styles import MapStyle
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet, fill, stroke

TILE = 176  # design pixels


def _scattered(count: int, keep: int) -> tuple[tuple[float, float], ...]:
    """Places in the tile, nowhere crowded, with gaps where every `keep`th is left out. The steps are those of the
    plastic number, which spread points over a square as the golden section does over a line; each place is moved a
    little, or rows are seen."""
    return tuple(
        (
            TILE * (step * 0.7548776662 % 1) + step * 37 % 13 - 6.0,
            TILE * (step * 0.5698402910 % 1) + step * 23 % 11 - 5.0,
        )
        for step in range(1, count + 1)
        if step * step % keep
    )


_TREES = _scattered(64, 5)
_REEDS = _scattered(34, 7)
_GRAINS = _scattered(90, 7)


def patterned(kind: AreaKind, view: MapView, style: MapStyle) -> skia.Paint | None:
    """What to paint over an area of the kind; None where it has no pattern, or not at this scale."""
    presence = between(view, 4, 10)
    if kind not in ("wood", "wetland", "sand") or presence == 0:
        return None
    side = max(8, round(TILE * view.unit))
    sheet = Sheet(side, side)
    sheet.canvas.scale(side / TILE, side / TILE)
    for x in (0, TILE, -TILE):
        for y in (0, TILE, -TILE):  # what lies across an edge comes in again at the other
            sheet.canvas.save()
            sheet.canvas.translate(x, y)
            _marks(sheet.canvas, kind, style, presence)
            sheet.canvas.restore()
    place = skia.Matrix.Translate(-((view.x * view.scale) % side), -((view.y * view.scale) % side))
    shader = sheet.image().makeShader(
        skia.TileMode.kRepeat, skia.TileMode.kRepeat, skia.SamplingOptions(skia.FilterMode.kLinear), place
    )
    return skia.Paint(Shader=shader, AntiAlias=True)


def _deeper(colour: str, share: float) -> str:
    """Darker on light ground, lighter on dark."""
    return mixed(colour, "#0c3018" if luminance(colour) > 0.2 else "#bfe8c8", share)


def _marks(canvas: skia.Canvas, kind: AreaKind, style: MapStyle, presence: float) -> None:
    ground = style.areas[kind]
    if kind == "wood":
        paint = fill(_deeper(ground, 0.085), presence)
        for number, (x, y) in enumerate(_TREES):
            size = 3.0 + number * 7 % 5 * 0.45
            canvas.drawCircle(x, y, size, paint)
            canvas.drawRect(skia.Rect.MakeXYWH(x - 0.7, y + size - 0.3, 1.4, 2.6), paint)
    elif kind == "wetland":
        for x, y in _REEDS:
            canvas.drawLine(x - 5, y, x + 5, y, stroke(mixed(ground, style.waterline, 0.7), 1.3, presence))
    else:
        for x, y in _GRAINS:
            canvas.drawCircle(x, y, 0.9, fill(_deeper(ground, 0.16), presence))
