"""The inset over footage, with a map below the route: the whole route where that is short, else the neighbourhood of
the marker, which the map follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import skia

from pipeline.cartography import ink as inks
from pipeline.cartography.turning import hann
from pipeline.cartography.world_line import WorldLine
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays import marks
from pipeline.overlays.clip import Overlay, Rgba
from pipeline.overlays.inset_card import InsetCard
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette

Ground = Callable[[MapView, Floats], Rgba]  # of a view, and pixels of the route that names keep clear of

LONG_M = 2600.0  # a route that reaches farther than this is followed: as a whole it would say nothing of the place
WINDOW_M = 1500.0  # of the ground, across the card, at least
PULSE_S = 1.6
_FINE = 0.62  # letters and ways are finer than on the full frame: the card is seen as a picture, not read


def inset_map(
    line: WorldLine,
    box: Box,
    palette: Palette,
    ground: Ground,
    *,
    marker: Sequence[float],
    unit: float,
    fps: int,
    reduced: bool = False,
) -> Overlay:
    """The card fills `box`. `marker`: metres along, one per frame. `reduced`: the whole route, no pulse, no trail that
    grows."""
    drawing = _Drawing(line, box, palette, ground, np.asarray(marker, np.float64), unit, fps, reduced)
    card = drawing.card
    return Overlay(
        x=card.x,
        y=card.y,
        width=card.width,
        height=card.height,
        frames=len(marker),
        fps=fps,
        draw=drawing.at,
        changes=drawing.changes(),
    )


class _Drawing:
    def __init__(
        self,
        line: WorldLine,
        box: Box,
        palette: Palette,
        ground: Ground,
        marker: Floats,
        unit: float,
        fps: int,
        reduced: bool,
    ) -> None:
        self.card = InsetCard(box, palette, unit)
        self._line, self._marker, self._fps, self._reduced = line, marker, fps, reduced
        self._furthest = np.maximum.accumulate(marker)
        side = min(box.width, box.height)
        self._zoom = side / 340  # a smaller card has finer lines, but never thinner than a phone can show
        self._ink = inks.RouteInk.of(palette)
        self._pin = 15 * self._zoom
        self._work = Sheet(box.width, box.height)
        whole = self._whole(box, unit)
        reach_m = max(whole.bounds.width, whole.bounds.height) * metres_per_unit(whole.y)
        follows = not reduced and reach_m > LONG_M * 1.4
        self._places = line.places(marker)
        self._view, self._corners = self._window(box, unit) if follows else (whole, np.zeros((len(marker), 2)))
        way = line.places(np.linspace(0, line.distance_m, 1500))
        self._ground = skia.Image.fromarray(
            np.ascontiguousarray(ground(self._view, self._view.pixels(way))), skia.kRGBA_8888_ColorType, copy=True
        )
        self._pieces = [(self._view.pixels(points), along) for points, along in line.at_scale(self._view.scale)]
        ends = [self._view.pixels(end) for end in (line.lines[0][0], line.lines[-1][-1])]
        self._pins = marks.end_pins(ends[0], ends[1], self._pin, palette)
        self._metres = self._view.metres_per_pixel

    def _whole(self, box: Box, unit: float) -> MapView:
        edge = max(26 * self._zoom, self._pin * 1.5)
        rect = (edge, edge + self._pin * 1.2, box.width - edge, box.height - edge)
        return MapView.fitting(self._line.points, rect, box.width, box.height, unit * _FINE)

    def _window(self, box: Box, unit: float) -> tuple[MapView, Floats]:
        """A picture of all that the shot comes by, and the corner of the card in it at each frame."""
        places = self._places
        calm = hann(places, max(1, min(len(places) // 3, round(1.5 * self._fps))))
        metre = 1 / metres_per_unit(float(places[:, 1].mean()))
        span = float(np.ptp(places, axis=0).max())
        # A shot that travels far shows more at once, so that the map never races past.
        across = max(WINDOW_M * metre, span * 0.8, float(np.abs(places - calm).max()) * 3.2)
        scale = min(box.width, box.height) / across
        half = np.array([box.width, box.height]) / 2 / scale
        low, high = calm.min(axis=0) - half, calm.max(axis=0) + half
        width, height = (int(np.ceil(size)) + 2 for size in (high - low) * scale)
        view = MapView(
            x=float(low[0]), y=float(low[1]), scale=scale, width=width, height=height, unit=unit * _FINE * 1.15
        )
        return view, view.pixels(calm - half)

    def changes(self) -> list[int]:
        """Where the marker stands and nothing pulses, a frame is as the one before."""
        if not self._reduced:
            return list(range(len(self._marker)))
        return [0, *(np.flatnonzero(np.diff(self._marker)) + 1).tolist()]

    def at(self, frame: int) -> Rgba:
        """The picture at a frame; the same array every time, so it is valid until the next call."""
        work, canvas = self._work, self._work.canvas
        left, top = self._corners[frame].tolist()
        canvas.save()
        canvas.translate(-left, -top)
        canvas.drawImage(self._ground, 0, 0, skia.SamplingOptions(skia.FilterMode.kLinear), skia.Paint())
        walked = self._line.distance_m if self._reduced else float(self._furthest[frame])
        inks.paint_route(
            canvas,
            inks.visible(self._pieces, (left - 20, top - 20, left + work.width + 20, top + work.height + 20)),
            self._ink,
            0.54 * self._zoom,
            walked_m=walked,
            metres_per_pixel=self._metres,
            gaps_m=(0.0, self._line.distance_m, float(self._marker[frame])),
        )
        for sprite in self._pins:
            sprite.paint(canvas)
        pulse = None if self._reduced else (frame / self._fps / PULSE_S) % 1.0
        x, y = self._view.pixels(self._places[frame]).tolist()
        marks.marker(canvas, x, y, 11.5 * self._zoom, self._ink.colour, pulse)
        canvas.restore()
        return self.card.with_inside(work)
