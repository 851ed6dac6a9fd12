"""Becks, lanes and paths as strokes on the ground that is filmed, so that the films show what the map promises."""

from __future__ import annotations

import skia

from pipeline.demo.walk import Loop
from pipeline.demo.ways import Way, becks, lanes_and_paths

Stroke = tuple[float, tuple[int, int, int, int]]  # metres wide, RGBA

_BECK: tuple[Stroke, ...] = ((8.0, (96, 112, 60, 120)), (4.6, (88, 104, 92, 255)), (3.0, (116, 142, 158, 255)))
_VERGE = (120, 128, 76, 130)
_LANES: dict[str, tuple[Stroke, ...]] = {
    "secondary": ((11.0, _VERGE), (6.5, (150, 146, 140, 255))),
    "tertiary": ((9.0, _VERGE), (5.5, (150, 146, 140, 255))),
    "unclassified": ((8.0, _VERGE), (4.5, (150, 146, 140, 255))),
    "residential": ((7.0, _VERGE), (4.2, (158, 152, 144, 255))),
    "track": ((5.0, (150, 140, 96, 120)), (2.8, (196, 180, 144, 255))),
    "bridleway": ((3.2, (170, 160, 106, 110)), (1.7, (208, 192, 154, 235))),
    "path": ((2.4, (170, 160, 106, 110)), (1.3, (214, 198, 158, 235))),
}


def draw_ways(canvas: skia.Canvas, loop: Loop) -> None:
    """All ways but the walk itself; the canvas draws in metres east and north."""
    for way in becks():
        _draw(canvas, way, _BECK)
    lanes = [(way, _LANES[way.tags["highway"]]) for way in lanes_and_paths(loop)[1:]]
    for way, strokes in lanes:
        _draw(canvas, way, strokes[:1])
    for way, strokes in reversed(lanes):  # lanes over the paths that end on them
        _draw(canvas, way, strokes[1:])


def _draw(canvas: skia.Canvas, way: Way, strokes: tuple[Stroke, ...]) -> None:
    line = skia.Path()
    line.addPoly([skia.Point(float(x), float(y)) for x, y in way.points], False)
    for width_m, ink in strokes:
        paint = skia.Paint(
            Color=skia.Color(*ink),
            StrokeWidth=width_m,
            Style=skia.Paint.kStroke_Style,
            StrokeJoin=skia.Paint.kRound_Join,
            StrokeCap=skia.Paint.kRound_Cap,
            AntiAlias=True,
        )
        canvas.drawPath(line, paint)
