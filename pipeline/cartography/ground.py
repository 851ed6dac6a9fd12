"""The ground of a map: paper, finished pictures, areas by kind, water with a soft shore, buildings.

Land cover is painted from the largest piece to the smallest, so that the pitch lies on the park and the park on the
town. Pieces of one kind that follow each other are one path; it is filled where it winds, so that pieces which overlap
or touch (as those of neighbouring tiles do) show no seam.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.ground_pattern import patterned
from pipeline.cartography.ground_scale import between, strength, width
from pipeline.cartography.ground_shapes import Runs, Whole, on_picture
from pipeline.colours import mixed
from pipeline.geo import Floats
from pipeline.map_model import Area, AreaKind, LineKind, MapModel
from pipeline.map_styles import MapStyle
from pipeline.mercator import MapView
from pipeline.overlays.paint import Sheet, colour4, fill, stroke

COVER: tuple[AreaKind, ...] = (
    "residential", "farmland", "grass", "heath", "rock", "sand", "site", "wood", "park", "wetland", "glacier",
)  # fmt: skip
WATER: tuple[AreaKind, ...] = ("sea", "water")
LEAST = 0.6  # pixels: what is smaller both ways is not drawn
SHORE = 9.0  # design pixels that the darker water reaches from the shore
FADE = 70.0  # design pixels over which the map fades to paper where the data ends


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shapes:
    """Areas on the picture: their rings, each area's own stretch of them, and its size in square pixels."""

    areas: tuple[Area, ...]
    rings: Runs  # owner: the area
    first: Whole  # (areas + 1): the ring each area begins with
    size: Floats

    def paths(self, kinds: Sequence[AreaKind], *, largest_first: bool = False) -> Iterator[tuple[AreaKind, skia.Path]]:
        """The areas of `kinds` kind by kind, or by size; pieces that follow each other and can be are one path."""
        rank = {kind: number for number, kind in enumerate(kinds)}
        of = np.array([rank.get(area.kind, -1) for area in self.areas], np.intp)
        order = np.argsort(-self.size if largest_first else of, kind="stable")
        order = order[of[order] >= 0]
        cuts = np.flatnonzero(np.diff(of[order])) + 1
        for group in np.split(order, cuts) if len(order) else ():
            kind = kinds[of[group[0]]]
            for path in self._united(group):
                yield kind, path

    def _united(self, group: Whole) -> Iterator[skia.Path]:
        """Areas of one ring as one path, all turned the same way; each of several by itself, even-odd."""
        plain = np.diff(self.first)[group] == 1
        if plain.any():
            yield self.rings.only(self.first[group[plain]]).path(closed=True)
        for area in group[~plain]:
            path = self.rings.only(np.arange(self.first[area], self.first[area + 1])).path(closed=True)
            path.setFillType(skia.PathFillType.kEvenOdd)
            yield path


def paint_areas(canvas: skia.Canvas, model: MapModel, view: MapView, style: MapStyle) -> None:
    """Paper, pictures and areas, all opaque; streams lie under the lakes they run through."""
    canvas.drawColor(colour4(style.background))
    _paint_pictures(canvas, model, view)
    shapes = _shapes(model, view)
    patterns = {kind: paint for kind in COVER if (paint := patterned(kind, view, style)) is not None}
    for kind, path in (*shapes.paths(("land",)), *shapes.paths(COVER, largest_first=True)):
        _cover(canvas, path, style.areas[kind])
        if kind in patterns:
            canvas.drawPath(path, patterns[kind])
    _paint_streams(canvas, model, view, style)
    water = [*shapes.paths(WATER)]
    for kind, path in water:
        _cover(canvas, path, style.areas[kind])
    if water:
        _paint_shore(canvas, [path for _, path in water], model, view, style)
    for kind, path in shapes.paths(("pedestrian", "pier")):
        canvas.drawPath(path, fill(style.areas[kind]))
        if kind == "pier":
            canvas.drawPath(path, stroke(style.building_edge, 1.2 * view.unit, between(view, 2, 12)))
    _paint_buildings(canvas, shapes, view, style)


def _cover(canvas: skia.Canvas, path: skia.Path, colour: str) -> None:
    """Fills, and half a pixel beyond: the paper shows through no edge that two areas share."""
    canvas.drawPath(path, fill(colour))
    canvas.drawPath(path, stroke(colour, 1.0))


def paint_edge_fade(canvas: skia.Canvas, model: MapModel, view: MapView, style: MapStyle) -> None:
    """Paper over what lies beyond the data, softly: complete ways reach a little farther than the box of a file, and
    there the map fades; nothing where the data fills the picture."""
    bounds, shown = model.bounds, view.bounds
    left, top = view.pixels(np.array([bounds.west, bounds.north]))
    right, bottom = view.pixels(np.array([bounds.east, bounds.south]))
    reach = max(FADE * view.unit, 0.14 * min(right - left, bottom - top))
    wide, high = float(view.width), float(view.height)
    for inside, edge, inner, across in (
        (bounds.west > shown.west, left - reach, left, True),
        (bounds.east < shown.east, right + reach, right, True),
        (bounds.north > shown.north, top - reach, top, False),
        (bounds.south < shown.south, bottom + reach, bottom, False),
    ):
        if inside:
            ends = (
                [skia.Point(edge, 0), skia.Point(inner, 0)] if across else [skia.Point(0, edge), skia.Point(0, inner)]
            )
            shares = np.linspace(0, 1, 9)
            tints = [colour4(style.background, float(1 - s * s * (3 - 2 * s))) for s in shares]
            paint = skia.Paint(Shader=skia.GradientShader.MakeLinear(ends, tints, shares.tolist()), Dither=True)
            canvas.drawRect(skia.Rect.MakeWH(wide, high), paint)


def _shapes(model: MapModel, view: MapView) -> _Shapes:
    """What of the areas can be seen."""
    houses = between(view, 8, 12) > 0
    areas = [area for area in model.areas if area.rings and (houses or area.kind != "building")]
    counts = np.array([len(area.rings) for area in areas], np.intp)
    runs = Runs.of([ring for area in areas for ring in area.rings], np.repeat(np.arange(len(areas)), counts), view)
    low, high = runs.boxes()
    runs = runs.only(on_picture(low, high, view) & (high - low > LEAST).any(axis=1)).thinned()
    twice = runs.doubled_areas()
    runs = runs.turned(twice < 0)
    kept, first = np.unique(runs.owner, return_index=True)
    size = np.maximum.reduceat(np.abs(twice), first) if len(first) else np.zeros(0)
    return _Shapes(
        areas=tuple(areas[index] for index in kept), rings=runs, first=np.append(first, len(runs.owner)), size=size
    )


def _paint_pictures(canvas: skia.Canvas, model: MapModel, view: MapView) -> None:
    for picture in model.pictures:
        (left, top), (right, bottom) = view.pixels(
            np.array([(picture.bounds.west, picture.bounds.north), (picture.bounds.east, picture.bounds.south)])
        )
        image = skia.Image.fromarray(np.ascontiguousarray(picture.rgba), skia.kRGBA_8888_ColorType, copy=True)
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        canvas.drawImageRect(image, skia.Rect.MakeLTRB(left, top, right, bottom), sampling)


def _paint_streams(canvas: skia.Canvas, model: MapModel, view: MapView, style: MapStyle) -> None:
    kinds: tuple[LineKind, ...] = ("stream", "river")
    for kind in kinds:
        lines = [line.points for line in model.lines if line.kind == kind and not line.tunnel]
        wide = width(kind, view)
        colour = mixed(style.waterline, style.areas["water"], 0.4 if kind == "river" else 0.0)
        if lines and wide:
            runs = Runs.of(lines, np.arange(len(lines)), view).seen(view, wide).thinned()
            canvas.drawPath(runs.path(closed=False), stroke(colour, wide, strength(wide, view)))


def _paint_shore(canvas: skia.Canvas, water: list[skia.Path], model: MapModel, view: MapView, style: MapStyle) -> None:
    """The shadow of the land on the water: blurred on a small sheet, then laid into the water alone. Where the data
    ends no land is known, and none throws a shadow."""
    step = max(2.0, SHORE * view.unit / 3)
    margin = 4
    sheet = Sheet(int(view.width / step) + 2 * margin + 1, int(view.height / step) + 2 * margin + 1)
    small = sheet.canvas
    small.translate(margin, margin)
    small.scale(1 / step, 1 / step)
    blur = SHORE * view.unit / step / 2
    small.saveLayer(paint=skia.Paint(ImageFilter=skia.ImageFilters.Blur(blur * step, blur * step)))
    (left, top), (right, bottom) = view.pixels(
        np.array([(model.bounds.west, model.bounds.north), (model.bounds.east, model.bounds.south)])
    )
    small.drawRect(skia.Rect.MakeLTRB(left, top, right, bottom), fill(style.waterline))
    for path in water:
        small.drawPath(path, skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kDstOut))
        seam = stroke(style.waterline, step)  # pieces that touch throw no shadow on each other
        seam.setBlendMode(skia.BlendMode.kDstOut)
        small.drawPath(path, seam)
    small.restore()
    place = skia.Matrix.Translate(-margin * step, -margin * step).preScale(step, step)
    linear = skia.SamplingOptions(skia.FilterMode.kLinear)
    shadow = sheet.image().makeShader(skia.TileMode.kClamp, skia.TileMode.kClamp, linear, place)
    for path in water:
        canvas.drawPath(path, skia.Paint(Shader=shadow, AntiAlias=True, Alphaf=0.8))


def _paint_buildings(canvas: skia.Canvas, shapes: _Shapes, view: MapView, style: MapStyle) -> None:
    presence, edge = between(view, 5, 12), between(view, 2.2, 4.5)
    for _, path in shapes.paths(("building",)):
        canvas.drawPath(path, fill(style.areas["building"], presence))
        if edge > 0:
            canvas.drawPath(path, stroke(style.building_edge, 1.3 * view.unit, edge))
