"""Roads, ways and rails over the ground: tunnels first, then what runs on the ground, then bridges over all of it.

Within a layer all outlines lie below all insides, from the least road to the greatest, so that junctions are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.ground_crowd import crowded
from pipeline.cartography.ground_scale import strength, width
from pipeline.cartography.ground_shapes import Runs
from pipeline.colours import mixed
from pipeline.map_model import LineKind, MapModel, RoadKind
from pipeline.map_styles import BAND_ROADS, LINE_ROADS, MapStyle
from pipeline.mercator import MapView
from pipeline.overlays.paint import stroke

_BANDS: tuple[RoadKind, ...] = BAND_ROADS[::-1]  # the least first
_SMALL: tuple[RoadKind, ...] = ("service", *LINE_ROADS)  # left out where they crowd
_OTHERS: tuple[LineKind, ...] = ("ferry", "boundary", "coast", "pier", "runway", "rail", "tram")
_DASHES: Mapping[RoadKind, tuple[float, float]] = {  # dash and gap, in widths of the line
    "track": (3.4, 1.5), "cycleway": (2.2, 1.5), "path": (1.7, 1.5), "steps": (0.3, 0.3),
}  # fmt: skip
_RAILS: tuple[LineKind, ...] = ("tram", "rail")
TUNNEL, GROUND, BRIDGE = range(3)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Lines:
    """The lines that can be seen, as one path for each layer and kind."""

    paths: Mapping[tuple[int, LineKind], skia.Path]
    view: MapView
    style: MapStyle
    canvas: skia.Canvas

    def draw(
        self, layer: int, kind: LineKind, colour: str, wide: float, *, butt: bool = False, dash: tuple[float, ...] = (),
        alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """One stroke, `wide` pixels; `dash` in pixels."""
        path = self.paths.get((layer, kind))
        if path is None or alpha <= 0:
            return
        paint = stroke(colour, wide, alpha)
        if butt or dash:
            paint.setStrokeCap(skia.Paint.kButt_Cap)
        if dash:
            paint.setPathEffect(skia.DashPathEffect.Make([*dash], 0))
        self.canvas.drawPath(path, paint)


def paint_lines(canvas: skia.Canvas, model: MapModel, view: MapView, style: MapStyle) -> None:
    """All lines but rivers and streams, which lie under the lakes of `paint_areas`."""
    lines = _Lines(paths=_paths(model, view), view=view, style=style, canvas=canvas)
    _plain(lines, "coast", style.waterline)
    _pier(lines)
    _runway(lines)
    _boundary(lines)
    _plain(lines, "ferry", style.ferry, dash=(4.0, 2.6))
    _tunnels(lines)
    _layer(lines, GROUND)
    _layer(lines, BRIDGE)


def _paths(model: MapModel, view: MapView) -> dict[tuple[int, LineKind], skia.Path]:
    kinds: tuple[LineKind, ...] = (*_BANDS, *LINE_ROADS, *_OTHERS)
    number = {kind: index for index, kind in enumerate(kinds) if width(kind, view) > 0}
    lines = [line for line in model.lines if line.kind in number]
    group = np.array([_level(line.bridge, line.tunnel) * len(kinds) + number[line.kind] for line in lines], np.intp)
    runs = Runs.of([line.points for line in lines], np.arange(len(lines)), view).seen(view, 40 * view.unit).thinned()
    of = group[runs.owner]
    if len(of):
        small = np.isin(of % len(kinds), [kinds.index(kind) for kind in _SMALL])
        runs = runs.only(~(small & crowded(runs, view)))
        of = group[runs.owner]
    return {
        (int(one) // len(kinds), kinds[int(one) % len(kinds)]): runs.only(of == one).path(closed=False)
        for one in np.unique(of)
    }


def _level(bridge: bool, tunnel: bool) -> int:
    return BRIDGE if bridge else TUNNEL if tunnel else GROUND


def _plain(lines: _Lines, kind: LineKind, colour: str, dash: tuple[float, ...] = ()) -> None:
    wide = width(kind, lines.view)
    for layer in (TUNNEL, GROUND, BRIDGE):
        lines.draw(layer, kind, colour, wide, dash=tuple(wide * part for part in dash))


def _pier(lines: _Lines) -> None:
    wide, unit = width("pier", lines.view), lines.view.unit
    lines.draw(
        GROUND, "pier", lines.style.building_edge, wide + 1.6 * unit, butt=True, alpha=strength(wide, lines.view)
    )
    lines.draw(GROUND, "pier", lines.style.areas["pier"], wide, butt=True)


def _runway(lines: _Lines) -> None:
    wide = width("runway", lines.view)
    tone = mixed(lines.style.areas["site"], lines.style.rail, 0.25)
    lines.draw(GROUND, "runway", tone, wide, butt=True, alpha=strength(wide, lines.view))


def _boundary(lines: _Lines) -> None:
    wide = width("boundary", lines.view)
    lines.draw(GROUND, "boundary", lines.style.boundary, wide * 2.6, alpha=0.16)
    lines.draw(GROUND, "boundary", lines.style.boundary, wide, dash=(wide * 4, wide * 2, wide, wide * 2), alpha=0.8)


def _edge(wide: float, view: MapView) -> float:
    """Pixels of outline at either side of a band."""
    return max(0.7 * view.unit, min(1.7 * view.unit, wide * 0.12))


def _tunnels(lines: _Lines) -> None:
    """Pale, with a broken outline."""
    view, style = lines.view, lines.style
    for kind in LINE_ROADS:
        wide = width(kind, view)
        lines.draw(TUNNEL, kind, style.roads[kind].fill, wide, dash=(wide, wide * 2), alpha=0.5 * strength(wide, view))
    for rail in _RAILS:
        wide = width(rail, view)
        lines.draw(TUNNEL, rail, style.rail, wide * 0.5, dash=(wide * 1.4, wide * 1.6), alpha=0.55)
    dash = (4.5 * view.unit, 3.5 * view.unit)
    for kind in _BANDS:
        wide = width(kind, view)
        alpha = strength(wide, view)
        lines.draw(TUNNEL, kind, style.roads[kind].casing, wide + 2 * _edge(wide, view), dash=dash, alpha=alpha)
    for kind in _BANDS:
        wide = width(kind, view)
        pale = mixed(style.roads[kind].fill, style.areas["land"], 0.55)
        lines.draw(TUNNEL, kind, pale, wide, alpha=strength(wide, view))


def _layer(lines: _Lines, layer: int) -> None:
    """What runs on the ground, or on bridges: outlines, insides, dashed ways, rails."""
    view, style = lines.view, lines.style
    bridge = layer == BRIDGE
    if bridge:
        _decks(lines)
    else:
        _dashed(lines, layer)
    for kind in _BANDS:
        wide = width(kind, view)
        casing = mixed(style.roads[kind].casing, style.text, 0.22) if bridge else style.roads[kind].casing
        extra = 0.5 * view.unit if bridge else 0.0
        lines.draw(
            layer, kind, casing, wide + 2 * (_edge(wide, view) + extra), butt=bridge, alpha=strength(wide, view)
        )  # fmt: skip
    for kind in _BANDS:
        wide = width(kind, view)
        lines.draw(layer, kind, style.roads[kind].fill, wide, alpha=strength(wide, view))
    if bridge:
        _dashed(lines, layer)
    _rails(lines, layer)


def _decks(lines: _Lines) -> None:
    """The bridges of ways and rails: a strip with an outline."""
    view, style = lines.view, lines.style
    edge = mixed(style.rail, style.text, 0.15)
    decks: tuple[tuple[LineKind, float], ...] = (*((kind, 1.0) for kind in LINE_ROADS), ("tram", 1.6), ("rail", 1.6))
    for kind, share in decks:
        wide = width(kind, view) * share + 2.6 * view.unit
        alpha = strength(width(kind, view), view)
        lines.draw(BRIDGE, kind, edge, wide + 2.2 * view.unit, butt=True, alpha=alpha)
    for kind, share in decks:
        wide = width(kind, view) * share + 2.6 * view.unit
        lines.draw(BRIDGE, kind, style.roads["street"].fill, wide, butt=True, alpha=strength(width(kind, view), view))


def _dashed(lines: _Lines, layer: int) -> None:
    view, style = lines.view, lines.style
    for kind in LINE_ROADS:
        wide = width(kind, view)
        alpha, road = strength(wide, view), style.roads[kind]
        lines.draw(layer, kind, road.casing, wide + 2.4 * view.unit, alpha=0.75 * alpha)
        dash = tuple(max(1.3 * view.unit, wide * part) for part in _DASHES[kind])
        lines.draw(layer, kind, road.fill, wide, dash=dash, alpha=alpha)


def _rails(lines: _Lines, layer: int) -> None:
    """A line with sleepers; from afar the line alone."""
    view, style = lines.view, lines.style
    wide = width("tram", view)
    lines.draw(layer, "tram", style.rail, wide * 0.6, alpha=0.8 * strength(wide, view))
    wide = width("rail", view)
    sleepers = wide > 4.8 * view.unit
    lines.draw(layer, "rail", style.rail, wide * (0.42 if sleepers else 0.62), butt=True)
    if sleepers:
        lines.draw(layer, "rail", style.rail, wide * 1.5, dash=(0.32 * wide, 1.5 * wide))
