"""What several routes look like: a colour, a pattern and a symbol each; and their rows in the legend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from pipeline.cartography import ink
from pipeline.cartography.ink import RouteInk, paint_symbol
from pipeline.colours import luminance, rgb
from pipeline.overlays.legend import Row
from pipeline.styles import MapStyle

# Neighbours in the list differ in lightness as well as in hue.
_DARK = ("#c2185b", "#1259c3", "#b34700", "#0b6b3a", "#6a2fb5", "#00707f", "#8a1c1c", "#5c4a00")
_LIGHT = ("#ffd23e", "#6fb6ff", "#ff8fbe", "#62e08e", "#ff9d4d", "#c9a6ff", "#4fe3e0", "#ff7b6b")
_ALIKE = 60.0  # distance of two colours in sRGB


def route_inks(names: Sequence[str], given: Sequence[str | None], style: MapStyle) -> tuple[RouteInk, ...]:
    """An ink for each name. `given`: the colours of the brief, None where it says nothing: those get the style's route
    colour, then others that the brief did not take."""
    free = [style.route, *(_DARK if luminance(style.casing) > 0.3 else _LIGHT)]
    taken = [colour for colour in given if colour]
    chosen: list[str] = []
    for colour in given:
        if not colour:
            fresh = [one for one in free if all(_apart(one, other) > _ALIKE for other in taken)]
            # With more routes than colours they come again; pattern and symbol still differ.
            colour = fresh[0] if fresh else min(free, key=taken.count)
            taken.append(colour)
        chosen.append(colour)
    return ink.inks(names, chosen, style.casing, style.todo)


def rows(inks: Sequence[RouteInk], figures: Sequence[str]) -> list[Row]:
    """The legend's rows: the sign and a piece of the line as they are on the map."""
    return [Row(name=one.name, figure=figure, swatch=_Swatch(one)) for one, figure in zip(inks, figures, strict=True)]


def _apart(one: str, other: str) -> float:
    return float(np.hypot.reduce(np.subtract(rgb(one), rgb(other))))


class _Swatch:
    """Paints a route's sign with its line, middle left at x, y, `width` long; `size` is the height of the sign."""

    def __init__(self, route: RouteInk) -> None:
        self._ink = route

    def __call__(self, canvas: skia.Canvas, x: float, y: float, width: float, size: float) -> None:
        unit = size / 42
        radius, thin = 15 * unit, 0.74 * unit  # fine enough that a short piece shows the pattern
        middle = x + radius * 1.7
        ends = np.array([[middle, y], [x + width - 10 * unit, y]])
        along = np.array([0.0, ends[1, 0] - ends[0, 0]])
        ink.paint_route(canvas, [(ends, along)], self._ink, thin, walked_m=1e9, metres_per_pixel=1.0)
        paint_symbol(canvas, middle, y, radius, self._ink)
