"""The studio: what the plan asks to be drawn on a piece, drawn with the look and the route of one promo."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import guests, photos, recap, recap_told, scenes, walking
from pipeline.atlas import Atlas
from pipeline.cartography import camera
from pipeline.cartography.inset_map import inset_map
from pipeline.cartography.lens import to_ground
from pipeline.cartography.several_course import journey
from pipeline.cartography.world_line import WorldLine
from pipeline.geometry import Box, placed
from pipeline.graph import Moving
from pipeline.overlays import captions, draft, end_card, facts, logo, photo, route_map, scene, subtitle
from pipeline.overlays.clock import clock_panel
from pipeline.overlays.legend import legend
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import RouteShape
from pipeline.overlays.route_shape import of as shape_of
from pipeline.palettes import palette
from pipeline.pieces import Layer, Piece
from pipeline.route import Route
from pipeline.scenes import Ways
from pipeline.styles import Brand, MapStyle, branded
from pipeline.walking import Units

Drawn = tuple[Any, int, int]  # a MoviePy clip and its top-left corner in the frame


class Studio:
    """Draws for one promo. Not for several threads at once."""

    def __init__(
        self,
        route: Route,
        brand: Brand,
        style: MapStyle,
        units: Units,
        *,
        atlas: Atlas | None = None,
        camera_mode: camera.Mode = "still",
        photo_files: Mapping[str, Path] | None = None,
        ways: Ways | None = None,
    ) -> None:
        self._palette = palette(brand, style)
        self._style = branded(style, brand)
        self._atlas, self._route_, self._units, self._photos = atlas, route, units, photo_files or {}
        self._camera: camera.Mode = camera_mode
        self._ways = ways or Ways()
        self._shape: RouteShape = shape_of(route)
        self._artwork = logo.Artwork(brand.logo) if brand.logo else None
        self._unit_m = walking.MILE_M if units == "miles" else 1000.0

    def backdrop(self, piece: Piece) -> Any:
        """The still, opaque picture under a piece that has no footage, as RGBA."""
        if piece.shot.role != "route":
            # A fleet's ways would be a tangle, no ornament.
            shape = None if self._ways.fleet else self._shape
            return end_card.background(piece.size, self._palette, shape)
        return scene.background(piece.size, self._palette, self._shape, piece.layout)

    @cached_property
    def line(self) -> WorldLine:
        return WorldLine.of(self._route_)

    def moving(self, piece: Piece) -> Moving:
        """The map below a piece, frame by frame, with what moves on it."""
        look = scenes.Look(
            atlas=self._atlas,
            palette=self._written(piece),
            style=self._style,
            units=self._units,
            camera=self._camera,
            fonts=self._palette.fonts,
        )
        return scenes.moving(piece, look, self.line, self._ways)

    def overlays(self, layer: Layer, piece: Piece) -> list[Drawn]:
        """The clips of one layer, each with its place."""
        draw: Callable[[Layer, Piece], Any] = getattr(self, f"_{layer.kind}")
        drawn = draw(layer, piece)
        if layer.kind == "guest":
            return [(drawn, *placed(drawn.size, layer.box, layer.values["place"]))]
        return [(clip, clip.x, clip.y) for clip in (drawn if isinstance(drawn, list) else [drawn])]

    def _written(self, part: Layer | Piece) -> Palette:
        """The palette with the fonts of the language of a layer, or of a piece."""
        lang = part.lang if isinstance(part, Piece) else part.values.get("lang", "")
        return replace(self._palette, fonts=replace(self._palette.fonts, lang=lang)) if lang else self._palette

    def _title(self, layer: Layer, piece: Piece) -> Any:
        return captions.title(
            layer.values["title"],
            layer.box,
            self._written(layer),
            frame=piece.size,
            edge=layer.values["edge"],
            fps=piece.fps,
            frames=layer.total,
            kicker=layer.values["kicker"],
            over_map="over_map" in layer.values,
        )

    def _caption(self, layer: Layer, piece: Piece) -> Any:
        unit = piece.layout.unit
        return captions.caption(
            layer.values["text"], layer.box, self._written(layer), unit=unit, fps=piece.fps, frames=layer.total
        )

    def _inset(self, layer: Layer, piece: Piece) -> Any:
        atlas = self._atlas
        if atlas is not None:
            return inset_map(
                self.line,
                layer.box,
                self._palette,
                lambda view, way: atlas.ground(view, route=way),
                marker=layer.values["along_m"],
                unit=piece.layout.unit,
                fps=piece.fps,
                reduced=layer.values["still"],
            )
        return route_map.inset(
            self._shape,
            layer.box,
            self._palette,
            marker=layer.values["along_m"],
            unit=piece.layout.unit,
            fps=piece.fps,
            reduced=layer.values["still"],
        )

    def _clock(self, layer: Layer, piece: Piece) -> Any:
        values, fleet = layer.values, self._ways.fleet
        assert fleet is not None
        lapse = scenes.timelapse_of(fleet, layer.total, piece.fps)
        said = recap_told.readings(fleet, lapse, fps=piece.fps, units=values["units"], lang=values["lang"])
        totals = recap_told.figures(
            recap.totals(fleet),
            called=values["called"],
            units=values["units"],
            lang=values["lang"],
            only=fleet.vehicles[0].name,
        )
        return clock_panel(
            said,
            totals,
            layer.box,
            self._written(layer),
            frames=layer.total,
            counting=round(recap_told.COUNT_S * piece.fps),
            unit=piece.layout.unit,
            fps=piece.fps,
            reduced=values["still"],
        )

    def _legend(self, layer: Layer, piece: Piece) -> Any:
        values, layout = layer.values, piece.layout
        names = scenes.route_inks(values["names"], [colour or None for colour in values["colours"]], self._style)
        course = journey(
            [WorldLine.of(route) for route in self._ways.routes],
            layout,
            layer.total,
            piece.fps,
            reduced=values["still"],
        )
        return legend(
            scenes.rows(names, values["lengths"]),
            [(turn.first, turn.end) for turn in course.turns],
            layer.box,
            self._written(layer),
            frames=layer.total,
            unit=layout.unit,
            fps=piece.fps,
            reduced=values["still"],
            more=values["more"],
        )

    def _photo(self, layer: Layer, piece: Piece) -> Any:
        box = self._clear(layer.box, piece)
        return photo.photo(
            photos.pixels(self._photos[layer.values["photo"]], photo.longest(box)),
            box,
            self._palette,
            turn=layer.values["turn"],
            unit=piece.layout.unit,
            fps=piece.fps,
            frames=layer.total,
        )

    def _clear(self, box: Box, piece: Piece) -> Box:
        """The box at the side of the map where it hides less of the whole route."""
        area, inner = piece.layout.scene_map, camera.room(piece.layout)
        lens = camera.lens_for("flat", piece.size, inner)
        pose = camera.overview(self.line, inner, lens)
        x, y = lens.seen(to_ground(self.line.places(np.linspace(0, self.line.distance_m, 400)), pose), 0.0).T
        other = replace(box, x=(area.right - box.width) // 2 * 2)

        def hidden(at: Box) -> int:
            return int(((x > at.x) & (x < at.right) & (y > at.y) & (y < at.bottom)).sum())

        return min((box, other), key=hidden)

    def _credit(self, layer: Layer, piece: Piece) -> Any:
        return captions.credit(
            layer.values["text"],
            layer.box,
            self._palette,
            unit=piece.layout.unit,
            fps=piece.fps,
            frames=layer.total,
            right=layer.values.get("side") == "right",
        )

    def _logo(self, layer: Layer, piece: Piece) -> Any:
        assert self._artwork is not None
        return logo.logo(
            self._artwork,
            layer.box,
            self._palette,
            unit=piece.layout.unit,
            fps=piece.fps,
            frames=layer.total,
            backing=True,
            right=piece.layout.mirrored,
        )

    def _route(self, layer: Layer, piece: Piece) -> Any:
        return scene.route_drawing(
            self._shape,
            self._palette,
            piece.layout,
            progress=layer.values["along_m"],
            fps=piece.fps,
            unit_m=self._unit_m,
            reduced=layer.values["still"],
        )

    def _facts(self, layer: Layer, piece: Piece) -> Any:
        said = layer.values["facts"]
        items = [_fact(name, said[name]) for name in ("distance", "ascent", "time") if name in said]
        return facts.facts(
            items,
            self._shape,
            layer.box,
            self._written(layer),
            progress=layer.values["along_m"],
            unit=piece.layout.unit,
            fps=piece.fps,
            reduced=layer.values["still"],
            over_map="over_map" in layer.values,
        )

    def _end(self, layer: Layer, piece: Piece) -> Any:
        values = layer.values
        return end_card.content(
            values["text"],
            values["link"],
            values["qr"] or None,
            self._artwork,
            list(values["credits"]),
            piece.layout,
            self._written(layer),
            fps=piece.fps,
            frames=layer.total,
        )

    def _subtitle(self, layer: Layer, piece: Piece) -> Any:
        said, lang, palette = layer.values["text"], layer.values["lang"], self._written(layer)
        return subtitle.subtitle(
            said, layer.box, palette, frame=piece.size, lang=lang, fps=piece.fps, frames=layer.total
        )

    def _draft(self, layer: Layer, piece: Piece) -> Any:
        return draft.mark(piece.size, self._palette, fps=piece.fps, frames=layer.total)

    def _guest(self, layer: Layer, piece: Piece) -> Any:
        return guests.clip(layer.values["name"], piece.size)


def _fact(name: str, text: str) -> facts.Fact:
    """`140 ft (40 m) of ascent` → the first figure with its words large, the second as the quieter note."""
    found = re.fullmatch(r"(.*?) \((.*?)\)(.*)", text)
    main, note = (found[1] + found[3], found[2]) if found else (text, "")
    return facts.Fact(icon=name, text=main, note=note)  # type: ignore[arg-type]
