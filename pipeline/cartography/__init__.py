"""Maps drawn from the map model: ground, relief, ways and names, in the colours of a style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import skia

from pipeline.cartography import ground, names, relief, roads
from pipeline.cartography.names import Names
from pipeline.fonts import Fonts
from pipeline.geo import Floats
from pipeline.map_model import MapModel
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet
from pipeline.styles import MapStyle

__all__ = ["Names", "Which", "drawn", "names_of"]

Which = Literal["all", "lines", "none"]  # which names stand in the picture

_STREETS_M_PER_PX = 12.0  # closer than this, contours would only clutter streets


def drawn(
    model: MapModel,
    view: MapView,
    style: MapStyle,
    fonts: Fonts,
    *,
    names: Which = "all",
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
) -> Sheet:
    """The map of a view, opaque. `avoid` (pixels) is kept free of names, the corridor of `route` (n, 2 pixels) as far
    as can be. `lines`: only the names along streets and rivers, which lie in the map however it is turned."""
    sheet = Sheet(view.width, view.height)
    canvas = sheet.canvas
    streets = bool(model.areas or model.lines)
    if model.heights is not None and not streets and not model.pictures:
        relief.paint_terrain(canvas, model.heights, view, style, fonts)
    else:
        ground.paint_areas(canvas, model, view, style)
        if model.heights is not None:
            relief.paint_shade(canvas, model.heights, view, style)
            if view.metres_per_pixel * view.unit >= _STREETS_M_PER_PX:
                relief.paint_contours(canvas, model.heights, view, style, fonts)
        roads.paint_lines(canvas, model, view, style)
        ground.paint_edge_fade(canvas, model, view, style)
    if names != "none":
        placed = names_of(model, view, style, fonts, avoid=avoid, route=route)
        (placed.paint if names == "all" else placed.paint_lines)(canvas)
    return sheet


def names_of(
    model: MapModel,
    view: MapView,
    style: MapStyle,
    fonts: Fonts,
    *,
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
) -> Names:
    """The names of a view, placed without touching each other."""
    return names.place(model, view, style, fonts, avoid=avoid, route=route)
