"""The moving map of a piece: one route that a camera follows, several that draw themselves, or a fleet's night."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.atlas import Atlas
from pipeline.cartography import camera, drawn
from pipeline.cartography.approach import approach
from pipeline.cartography.flying import Flight
from pipeline.cartography.recap_scene import RecapScene
from pipeline.cartography.several import SeveralScene
from pipeline.cartography.several_inks import route_inks, rows
from pipeline.cartography.world_line import WorldLine
from pipeline.fleet import Fleet
from pipeline.fonts import Fonts
from pipeline.graph import Moving
from pipeline.map_model import MapModel
from pipeline.mercator import MapView
from pipeline.overlays.clip import Rgba
from pipeline.overlays.palette import Palette
from pipeline.pieces import Piece
from pipeline.recap import Timelapse, timelapse
from pipeline.recap_told import held
from pipeline.route import Route
from pipeline.styles import MapStyle
from pipeline.walking import Units

__all__ = ["Look", "Ways", "moving", "route_inks", "rows", "timelapse_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """What is drawn on the map where it is not one route: several, or the vehicles of a recap."""

    routes: tuple[Route, ...] = ()
    colours: tuple[str, ...] = ()  # "" where the style may choose
    fleet: Fleet | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    atlas: Atlas | None  # None: plain paper
    palette: Palette
    style: MapStyle
    units: Units
    camera: camera.Mode
    fonts: Fonts

    @property
    def credit(self) -> str:
        return " · ".join(credit.text for credit in self.atlas.credits) if self.atlas else ""

    def mapped(self, view: MapView) -> Rgba:
        """The map of a view with its names."""
        return self.atlas.ground(view) if self.atlas is not None else self.paper(view)

    def paper(self, view: MapView) -> Rgba:
        """The map of a view without names, or paper that claims nothing."""
        if self.atlas is not None:
            return self.atlas.sheet(view, "none").pixels
        return drawn(MapModel(bounds=view.bounds, credits=()), view, self.style, self.fonts, names="none").pixels


def moving(piece: Piece, look: Look, line: WorldLine, ways: Ways) -> Moving:
    """The pictures of a piece without footage, by frame number."""
    opening = piece.shot.role == "opening"
    if len(ways.routes) > 1:
        scene = _several(piece, look, ways, reduced=opening or look.camera == "still")
        return _Still(scene) if opening else scene
    if ways.fleet is not None:
        night = _night(piece, look, ways.fleet)
        return _Still(night) if opening else night
    return _flight(piece, look, line)


def timelapse_of(fleet: Fleet, frames: int, fps: int) -> Timelapse:
    """The night in all frames of a scene but the last, which are for the totals."""
    return timelapse(fleet, frames=frames - held(frames, fps), fps=Fraction(fps))


def _night(piece: Piece, look: Look, fleet: Fleet) -> RecapScene:
    return RecapScene(
        fleet,
        timelapse_of(fleet, piece.shot.frames, piece.fps),
        piece.layout,
        look.palette,
        look.style,
        look.mapped,
        fps=piece.fps,
        units=look.units,
        credit=look.credit,
        reduced=look.camera == "still" and piece.shot.role != "opening",
    )


@dataclass(frozen=True, eq=False)
class _Still:
    """One picture of a scene, for all frames."""

    scene: Moving

    def frame(self, number: int) -> Rgba:
        return self.scene.frame(0)

    def same_as_before(self, number: int) -> bool:
        return number > 0


def _flight(piece: Piece, look: Look, line: WorldLine) -> Flight:
    atlas, layout, shot = look.atlas, piece.layout, piece.shot
    assert atlas is not None
    inner = camera.room(layout)
    mode: camera.Mode = "flat" if shot.role == "opening" else look.camera
    lens = camera.lens_for(mode, piece.size, inner)
    if shot.role == "opening":
        poses = approach(line, shot.frames, piece.fps, piece.size, layout, inner)
    else:
        poses = camera.path(line, shot.along_m, piece.fps, piece.size, inner, mode)
    along = line.places(np.linspace(0, line.distance_m, 1500))
    return Flight(
        lambda view: atlas.sheet(view, "lines", route=view.pixels(along)),
        lambda view: atlas.names(view, route=view.pixels(along)),
        line,
        shot.along_m,
        poses,
        lens,
        layout,
        look.palette,
        look.style,
        fps=piece.fps,
        units=look.units,
        credit=look.credit,
        plain=lambda view: atlas.sheet(view, "none"),
        avoid=[layout.title if shot.role == "opening" else layout.facts],
        reduced=look.camera == "still",
    )


def _several(piece: Piece, look: Look, ways: Ways, *, reduced: bool) -> SeveralScene:
    lines = [WorldLine.of(route) for route in ways.routes]
    points = np.concatenate([line.places(np.linspace(0, line.distance_m, 600)) for line in lines])
    atlas = look.atlas
    return SeveralScene(
        lines,
        route_inks(piece.names, [colour or None for colour in ways.colours], look.style),
        piece.layout,
        look.palette,
        look.style,
        look.paper,
        None if atlas is None else lambda view: atlas.names(view, route=view.pixels(points)),
        fps=piece.fps,
        frames=piece.shot.frames,
        units=look.units,
        credit=look.credit,
        reduced=reduced,
    )
