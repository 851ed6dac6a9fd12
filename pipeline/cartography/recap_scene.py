"""The picture of a recap: the night of a fleet as a time-lapse on one map.

The map is drawn once. Each frame is a copy of it with the quiet lines of the night so far, the bright trails, the
vehicles and their names. In the end the vehicles give way to the whole night: every line, with the number and name of
its vehicle beside it. A frame depends on its number alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import skia

from pipeline.cartography import recap_names, scale_bar
from pipeline.cartography.recap_marks import Signs, inks
from pipeline.cartography.recap_names import Plates
from pipeline.cartography.recap_rest import resting
from pipeline.cartography.recap_trails import Trails
from pipeline.cartography.recap_view import PARKED, WORKING, fitted, night
from pipeline.cartography.scale_bar import ScaleBar
from pipeline.fleet import Fleet
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import Sheet, stroke
from pipeline.overlays.palette import Palette
from pipeline.recap import Timelapse
from pipeline.styles import MapStyle
from pipeline.walking import Units

Ground = Callable[[MapView], Rgba]
CHANGE_S = 0.5  # from the vehicles to the whole night


class RecapScene:
    """One scene at one frame size. Not for several threads at once."""

    def __init__(
        self,
        fleet: Fleet,
        lapse: Timelapse,
        layout: Layout,
        palette: Palette,
        style: MapStyle,
        ground: Ground,
        *,
        fps: float,
        units: Units = "miles",
        credit: str = "",
        reduced: bool = False,
    ) -> None:
        """Frames after the time-lapse show the whole night. `reduced`: all frames do."""
        self.view, self.notes = fitted(fleet, layout)
        unit, area = layout.unit, layout.scene_map
        self._reduced, self._unit = reduced, unit
        self._night = night(fleet, lapse, self.view, fps)
        self._inks = inks(fleet, style)
        self._signs = Signs(self._inks, palette, unit, min(area.width, area.height))
        self._trails = Trails(self._night, self._inks, self.view.width, self.view.height, unit, fps)
        self._map = np.ascontiguousarray(ground(self.view))
        self._furniture(area, palette, style, units, credit)
        room = min(0.44 * area.width, 420 * unit)
        self._plates = Plates(self._inks, palette, style, unit, room, numbered=self._signs.numbered)
        gap = round(6 * unit)
        inside = Box(x=area.x + gap, y=area.y + gap, width=area.width - 2 * gap, height=area.height - 2 * gap)
        reach = self._signs.radius
        self.names = recap_names.placed(
            self._night, self._plates.sizes, inside, self._covered, unit=unit, reach=reach, fps=fps
        )
        # Signs without numbers would tell nothing about the lines.
        named = self._signs.numbered
        rest = resting(self._night, self._plates.sizes, inside, self._covered, unit=unit, reach=reach) if named else []
        self._rest = rest
        self._change = max(1, round(CHANGE_S * fps))
        self._sheet = Sheet(self.view.width, self.view.height)
        self._under = Sheet(self.view.width, self.view.height)
        self._under_is: float | None = None  # how strong the quiet lines of what lies below are

    def frame(self, number: int) -> Rgba:
        """Opaque RGBA (height, width, 4). The array is valid until the next frame is asked for."""
        last, canvas = self._night.frames - 1, self._sheet.canvas
        rest = 1.0 if self._reduced else min(1.0, max(0.0, (number - last) / self._change))
        self._lay_under(number, rest)
        self._sheet.pixels[:] = self._under.pixels
        if rest < 1:
            self._trails.paint_bright(canvas, min(number, last), rest)
            self._vehicles(canvas, min(number, last), max(0.0, 1 - 2 * rest))
        if rest > 0.5:
            self._whole(canvas, 2 * rest - 1)
        for plate in self._fixed:
            plate.paint(canvas)
        canvas.drawImage(self._north, *self._north_at)
        return self._sheet.pixels

    def same_as_before(self, number: int) -> bool:
        """Whether a frame shows what the one before it shows."""
        return number > 0 and (self._reduced or number > self._night.frames - 1 + self._change)

    def _lay_under(self, number: int, rest: float) -> None:
        """The map with the quiet lines; as the rest comes on, with all lines."""
        if rest >= 1:
            changed = self._under_is != 1.0
            if changed:
                self._trails.whole()
        else:
            changed = self._trails.quiet(min(number, self._night.frames - 1))
        if changed or self._under_is != rest:
            self._under.pixels[:] = self._map
            self._trails.paint_quiet(self._under.canvas, rest)
            self._under_is = rest

    def _vehicles(self, canvas: skia.Canvas, number: int, alpha: float) -> None:
        """The parked first; those that have a name last, so that nothing hides them."""
        now, names = self._night, self.names
        level = now.level[:, number] * alpha
        named = names.level[:, number] * alpha
        order = sorted(
            np.flatnonzero(level > 0).tolist(), key=lambda k: (now.look[k, number] != PARKED, named[k] > 0, -k)
        )
        for k in np.flatnonzero(named > 0).tolist():
            self._leader(canvas, k, now.places[k, number], names.corners[k, number], float(named[k]))
        for k in order:
            x, y = now.places[k, number].tolist()
            self._signs.paint(canvas, k, x, y, float(now.heading[k, number]), int(now.look[k, number]), float(level[k]))
        for k in np.flatnonzero(named > 0).tolist():
            x, y = names.corners[k, number].tolist()
            self._plates.paint(canvas, k, x, y, float(named[k]))

    def _leader(self, canvas: skia.Canvas, k: int, place: Floats, corner: Floats, alpha: float) -> None:
        """From the sign to the nearest spot of its plate."""
        near = np.clip(place, corner, corner + self._plates.sizes[k])
        if float(np.hypot(*(near - place))) > 1.2 * self._signs.radius:
            ink = self._inks[k]
            for colour, width in ((ink.casing, 8.0), (ink.colour, 4.0)):
                canvas.drawLine(*place.tolist(), *near.tolist(), stroke(colour, width * self._unit, alpha))

    def _whole(self, canvas: skia.Canvas, alpha: float) -> None:
        for k, place, corner in self._rest:
            if corner is not None:
                self._leader(canvas, k, place, corner, alpha)
            self._signs.disc(canvas, k, float(place[0]), float(place[1]), WORKING, alpha)
        for k, _, corner in self._rest:
            if corner is not None:
                self._plates.paint(canvas, k, float(corner[0]), float(corner[1]), alpha)

    def _furniture(self, area: Box, palette: Palette, style: MapStyle, units: Units, credit: str) -> None:
        """Scale bar, credit and north mark, where the moving map has them; and what they cover."""
        unit, view = self._unit, self.view
        gap = int(6 * unit)
        inside = Box(x=area.x + gap, y=area.y, width=area.width - 2 * gap, height=area.height - gap)
        bottom = float(inside.bottom)
        metres = metres_per_unit(view.y + bottom / view.scale) / view.scale
        bar = ScaleBar.of(metres, min(230 * unit, 0.4 * inside.width), units, palette.fonts.lang or "en")
        plate = scale_bar.scale_plate(bar, inside.x, bottom, unit, palette, style)
        thanks = scale_bar.credit_plate(credit, inside, unit, palette, style) if credit else None
        if thanks and thanks.x < inside.x + plate.image.width() + 12 * unit:
            plate = scale_bar.scale_plate(bar, inside.x, thanks.y - 8 * unit, unit, palette, style)
        self._fixed = [plate, *([thanks] if thanks else [])]
        self._north = scale_bar.north_plate(0.0, unit, palette, style)
        side = self._north.width()
        self._north_at = (round(inside.right - 44 * unit - side / 2), round(inside.y + 44 * unit - side / 2))
        self._covered = [
            Box(x=int(one.x), y=int(one.y), width=one.image.width(), height=one.image.height()) for one in self._fixed
        ]
        self._covered.append(Box(x=self._north_at[0], y=self._north_at[1], width=side, height=side))
