"""Scale bar, credit and north mark of a scene that always has north up: three plates that stay where they are."""

from __future__ import annotations

import skia

from pipeline.cartography import scale_bar
from pipeline.cartography.scale_bar import ScaleBar
from pipeline.geometry import Box
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays.marks import Sprite
from pipeline.overlays.palette import Palette
from pipeline.styles import MapStyle
from pipeline.walking import Units


class Plates:
    def __init__(
        self, view: MapView, layout: Layout, palette: Palette, style: MapStyle, credit: str, units: Units
    ) -> None:
        """`view`: the overview, for which the scale bar is true."""
        room, unit = layout.scene_map, layout.unit
        gap = int(6 * unit)
        inside = Box(x=room.x + gap, y=room.y, width=room.width - 2 * gap, height=room.height - gap)
        self._credit = scale_bar.credit_plate(credit, inside, unit, palette, style) if credit else None
        bottom = float(inside.bottom)
        metres = metres_per_unit(view.y + bottom / view.scale) / view.scale
        bar = ScaleBar.of(metres, min(230 * unit, 0.4 * inside.width), units, palette.fonts.lang or "en")
        self._bar = scale_bar.scale_plate(bar, inside.x, bottom, unit, palette, style)
        if self._credit and self._credit.x < inside.x + self._bar.image.width() + 12 * unit:
            self._bar = scale_bar.scale_plate(bar, inside.x, self._credit.y - 8 * unit, unit, palette, style)
        image = scale_bar.north_plate(0.0, unit, palette, style)
        middle = (inside.right - 44 * unit, inside.y + 44 * unit)
        self._north = Sprite(
            image=image, x=round(middle[0] - image.width() / 2), y=round(middle[1] - image.height() / 2)
        )

    @property
    def rects(self) -> list[skia.Rect]:
        """What they cover."""
        plates = [plate for plate in (self._credit, self._bar, self._north) if plate]
        return [skia.Rect.MakeXYWH(p.x, p.y, p.image.width(), p.image.height()) for p in plates]

    def paint(self, canvas: skia.Canvas, bar: float) -> None:
        """`bar`: how strongly the scale bar is shown, which is true in the overview alone."""
        if bar > 0:
            paint = skia.Paint()
            paint.setAlphaf(bar)
            canvas.drawImage(self._bar.image, self._bar.x, self._bar.y, skia.SamplingOptions(), paint)
        for plate in (self._credit, self._north):
            if plate is not None:
                plate.paint(canvas)
