"""A brand and a map style as the colours and fonts that overlays get."""

from __future__ import annotations

from pipeline.fonts import resolve
from pipeline.overlays.palette import Palette
from pipeline.styles import Brand, MapStyle, branded


def palette(brand: Brand, style: MapStyle) -> Palette:
    """A brand and a map style as overlays get them."""
    colours, style = brand.colours, branded(style, brand)
    return Palette(
        ink=colours.ink,
        paper=colours.paper,
        accent=colours.accent,
        route=style.route,
        route_casing=style.casing,
        todo=style.todo,
        start=style.start,
        finish=style.finish,
        card_top=style.card_top,
        card_bottom=style.card_bottom,
        grid=style.card_grid,
        fonts=resolve(brand.fonts_folder),
    )
