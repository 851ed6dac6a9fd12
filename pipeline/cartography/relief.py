"""The lie of the land on a map: light and shade over any ground, contour lines, and the terrain card of both on paper
tinted by height.

All colours come from the map style: lowlands from its grass, heights from its paper and its contours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from pipeline.cartography.contours import Contour, Number, contours, interval_m, numbers, path_of, shores
from pipeline.cartography.field import Field, Grid, field, sample_px
from pipeline.cartography.shade import light, spread_m, stretching
from pipeline.colours import luminance, mixed, readable, rgb
from pipeline.fonts import Fonts
from pipeline.geo import Floats
from pipeline.map_model import Heights
from pipeline.map_styles import MapStyle
from pipeline.mercator import MapView
from pipeline.overlays.paint import stroke

_FADES = (26.0, 60.0)  # design pixels between samples from which shade on a street map fades, and where it is gone
_FINE = 2.4  # pixels between samples from which half the picture's size shows all there is
_LINE, _INDEX, _SHORE = 1.5, 2.7, 2.2  # design pixels
_STEPS = 512
_LEAST_SPREAD = 120.0  # metres from the lowest to the highest paper: flat land is not to look like the Alps
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47


@dataclass(frozen=True, kw_only=True)
class ReliefColours:
    """Of a style. `ramp`: paper by height, from the lowest land (0) to the highest (1); `dim` and `lit`: what slopes
    away from and towards the light are mixed with, and how strongly."""

    ramp: tuple[tuple[float, str], ...]
    paper: str
    sea: str
    shore: str
    dim: tuple[str, float]
    lit: tuple[str, float]
    line: str
    index: str
    number: str
    halo: str


def relief_colours(style: MapStyle) -> ReliefColours:
    paper, areas, contour = style.background, style.areas, style.contour
    dark = luminance(paper) < 0.2
    ramp: tuple[tuple[float, str], ...]
    if dark:
        ramp = (
            (0.0, mixed(style.shade, areas["sea"], 0.12)),
            (0.3, mixed(paper, style.shade, 0.25)),
            (0.65, mixed(areas["grass"], style.grid, 0.45)),
            (1.0, mixed(style.grid, contour, 0.55)),
        )
    else:
        ramp = (
            (0.0, mixed(areas["grass"], areas["park"], 0.25)),
            (0.28, mixed(areas["grass"], areas["farmland"], 0.55)),
            (0.55, mixed(paper, areas["farmland"], 0.35)),
            (0.8, mixed(paper, contour, 0.17)),
            (1.0, mixed(mixed(paper, contour, 0.2), "#ffffff", 0.45)),
        )
    ground = ramp[len(ramp) // 2][1]
    number = contour
    for _, tint in ramp:
        number = readable(number, tint, 4.6)
    return ReliefColours(
        ramp=ramp,
        paper=paper,
        sea=areas["sea"],
        shore=style.waterline,
        dim=("#01060a", 0.72) if dark else (mixed(style.text, contour, 0.3), 0.42),
        lit=(mixed(style.grid, style.text, 0.5), 0.5) if dark else ("#ffffff", 0.62),
        line=mixed(ground, mixed(contour, style.text, 0.2), 0.5) if dark else mixed(ground, contour, 0.75),
        index=readable(contour, ground, 2.4 if dark else 2.0),
        number=number,
        halo=ground,
    )


def paint_shade(canvas: skia.Canvas, heights: Heights, view: MapView, style: MapStyle) -> None:
    """Light and shade, see-through, over whatever lies below; level ground stays as it is. Fades where the grid is too
    coarse for the scale to tell anything about a street."""
    apart = sample_px(heights, view) / view.unit
    strength = float(np.clip((_FADES[1] - apart) / (_FADES[1] - _FADES[0]), 0, 1))
    land = field(heights, view, _step(heights, view)) if strength > 0 else None
    if land is None:
        return
    colours = relief_colours(style)
    lit = light(land, stretching(heights)) * land.known * (1 - land.sea)
    rgba = np.empty((*lit.shape, 4), np.float32)
    (dim, most_dim), (bright, most_bright) = colours.dim, colours.lit
    rgba[..., 3] = np.where(lit < 0, -lit * (most_dim * 0.8), lit * (most_bright * 0.6)) * strength * 255
    below = lit < 0
    for channel, (low, high) in enumerate(zip(rgb(dim), rgb(bright), strict=True)):
        rgba[..., channel] = np.where(below, low, high) * rgba[..., 3] / 255
    _paint_grid(canvas, rgba, land)


def paint_contours(
    canvas: skia.Canvas,
    heights: Heights,
    view: MapView,
    style: MapStyle,
    fonts: Fonts,
    *,
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
) -> None:
    """Contour lines with numbers that stand clear of `avoid` and of the route (n, 2 pixels)."""
    colours = relief_colours(style)
    lines = contours(heights, view, interval_m(heights, view))
    labels = numbers(lines, view, fonts, avoid=avoid, route=route)
    canvas.save()
    for label in labels:
        canvas.clipPath(label.room(5 * view.unit), skia.ClipOp.kDifference, True)
    _paint_lines(canvas, lines, colours, view.unit)
    canvas.restore()
    for label in labels:
        _paint_number(canvas, label, colours, view.unit)


def paint_terrain(
    canvas: skia.Canvas,
    heights: Heights,
    view: MapView,
    style: MapStyle,
    fonts: Fonts,
    *,
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
) -> None:
    """The whole terrain card: paper tinted by height, sea, light and shade, contour lines and their numbers."""
    colours = relief_colours(style)
    canvas.clear(_opaque(colours.paper))
    land = field(heights, view, _step(heights, view))
    if land is None:
        return
    _paint_grid(canvas, _tinted(land, heights, colours), land)
    if land.sea.any():
        _paint_shore(canvas, land, colours, view.unit)
    paint_contours(canvas, heights, view, style, fonts, avoid=avoid, route=route)


def _opaque(colour: str) -> int:
    return int(skia.ColorSetRGB(*rgb(colour)))


def _step(heights: Heights, view: MapView) -> float:
    return 2.0 if sample_px(heights, view) >= _FINE else 1.0


def _tinted(land: Field, heights: Heights, colours: ReliefColours) -> Grid:
    """Opaque colours of all cells."""
    low, high = spread_m(heights)
    high = max(high, low + _LEAST_SPREAD)
    at = (land.ele_m - low) * ((_STEPS - 1) / (high - low))
    rgba: Grid = np.take(_table(colours.ramp), np.clip(at, 0, _STEPS - 1).astype(np.int16), axis=0)
    lit = light(land, stretching(heights)) * land.known
    _mix(rgba, np.clip(-lit * colours.dim[1], 0, 1), colours.dim[0])
    _mix(rgba, np.clip(lit * colours.lit[1], 0, 1), colours.lit[0])
    if land.sea.any():
        _mix(rgba, np.clip((land.sea - 0.5) * 4 + 0.5, 0, 1), colours.sea)
    if float(land.inside.min()) < 1:
        _mix(rgba, 1 - land.inside, colours.paper)
    return rgba


def _mix(rgba: Grid, share: Grid, colour: str) -> None:
    rgba += (np.array([*rgb(colour), 255], np.float32) - rgba) * share[..., None]


def _table(ramp: Sequence[tuple[float, str]]) -> Grid:
    shares = [share for share, _ in ramp]
    parts = np.array([rgb(colour) for _, colour in ramp], np.float32)
    at = np.linspace(0, 1, _STEPS)
    channels = [np.interp(at, shares, parts[:, channel]) for channel in range(3)]
    return np.column_stack([*channels, np.full(_STEPS, 255.0)]).astype(np.float32)


def _paint_grid(canvas: skia.Canvas, rgba: Grid, land: Field) -> None:
    """Premultiplied colours (rows, columns, 4; 0 to 255) where the cells are; dithered, so that soft shades show no
    steps."""
    rows, columns = rgba.shape[:2]
    noise = np.tile(_BAYER, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns, None]
    pixels: NDArray[np.uint8] = np.clip(rgba + 0.5 + noise, 0, 255).astype(np.uint8)
    np.minimum(pixels[..., :3], pixels[..., 3:], out=pixels[..., :3])
    image = skia.Image.fromarray(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    left, top = float(land.x[0]) - land.step / 2, float(land.y[0]) - land.step / 2
    whole = skia.Rect.MakeXYWH(left, top, columns * land.step, rows * land.step)
    canvas.drawImageRect(image, whole, skia.SamplingOptions(skia.CubicResampler.Mitchell()))


def _paint_lines(canvas: skia.Canvas, lines: Sequence[Contour], colours: ReliefColours, unit: float) -> None:
    canvas.drawPath(path_of([line for line in lines if not line.index]), stroke(colours.line, _LINE * unit))
    canvas.drawPath(path_of([line for line in lines if line.index]), stroke(colours.index, _INDEX * unit))


def _paint_number(canvas: skia.Canvas, label: Number, colours: ReliefColours, unit: float) -> None:
    canvas.save()
    canvas.translate(label.x, label.y)
    canvas.rotate(label.turned)
    halo = (colours.halo, 2.5 * unit)
    label.block.paint(canvas, -label.block.width / 2, -label.block.height / 2, colours.number, halo=halo)
    canvas.restore()


def _paint_shore(canvas: skia.Canvas, land: Field, colours: ReliefColours, unit: float) -> None:
    """A thin line where the sea ends."""
    canvas.drawPath(path_of(shores(land)), stroke(colours.shore, _SHORE * unit))
