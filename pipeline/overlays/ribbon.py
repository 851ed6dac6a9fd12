"""The route as a ribbon in space: its own heights as a lit wall over a ground grid, seen in perspective.

It needs the GPX alone and claims no terrain: only the route's heights are shown, and the grid is plainly a
grid. The walked part is kept as pictures of short pieces, put down from far to near, so that a frame draws
one piece anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import skia

from pipeline.colours import mixed, rgb
from pipeline.geo import Floats
from pipeline.overlays.camera import DISTANCE, PITCH, best_camera
from pipeline.overlays.paint import Sheet, colour4, fill, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import RouteShape, stretch

RELIEF = 0.34  # the tallest wall, in radii
MOST_EXAGGERATION = 16.0
FOOT = 0.10  # what stands below the lowest point, in radii
PIECES = 28
_LIGHT = math.radians(-60)
_SS = 2  # supersampling of the wall: triangles have no smooth edges of their own


class Ribbon:
    """`rect`: where the route must lie, in pixels of the frame."""

    def __init__(self, shape: RouteShape, rect: skia.Rect, palette: Palette, unit: float) -> None:
        self._palette, self._unit = palette, unit
        points = shape.points
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        self._radius_m = max(float(np.hypot(*(points - middle).T).max()), 1.0)
        self._middle = middle
        ele = np.concatenate(shape.ele_m)
        low, span = float(ele.min()), max(float(np.ptp(ele)), 1.0)
        self._low, self._span = low, span
        self._up = min(RELIEF / span, MOST_EXAGGERATION / self._radius_m)
        self._lines = [self._resampled(shape, number) for number in range(len(shape.lines))]
        self.camera = best_camera(np.concatenate([self._both(line) for _, line in self._lines]), rect)
        self._pieces = self._cut()
        self._groups: dict[tuple[int, ...], _Picture] = {}

    def place(self, along_m: Floats) -> Floats:
        """Pixels of the top edge at distances along the route: (k,) → (k, 2)."""
        along = np.concatenate([a for a, _ in self._lines])
        tops = np.concatenate([line for _, line in self._lines])
        at = np.stack([np.interp(along_m, along, tops[:, axis]) for axis in range(3)], axis=-1)
        return self.camera.pixels(at)

    def clutter(self, count: int) -> Floats:
        """Pixels of the wall, which names should not cover."""
        tops = np.concatenate([line for _, line in self._lines])
        some = tops[np.linspace(0, len(tops) - 1, count).astype(int)]
        return np.concatenate([self.camera.pixels(some * (1, 1, share)) for share in (1.0, 0.5, 0.0)])

    @property
    def north(self) -> float:
        """The direction of north on the picture, clockwise from up, in radians."""
        here, there = self.camera.pixels(np.array([[0.0, 0.0, 0.0], [0.0, 0.4, 0.0]]))
        return math.atan2(there[0] - here[0], here[1] - there[1])

    def _resampled(self, shape: RouteShape, number: int) -> tuple[Floats, Floats]:
        """Along and east, north, up in radii, evenly spaced, heights calmed a little."""
        along, ele = shape.along_m[number], shape.ele_m[number]
        length = float(along[-1] - along[0])
        count = int(np.clip(640 * length / max(shape.distance_m, 1.0), 2, 640))
        even = np.linspace(along[0], along[-1], count)
        flat = np.stack([np.interp(even, along, shape.lines[number][:, axis]) for axis in (0, 1)], axis=-1)
        up = np.interp(even, along, ele)
        if count > 12:
            up = np.convolve(np.pad(up, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
        plan = (flat - self._middle) / self._radius_m
        return even, np.concatenate([plan, ((up - self._low) * self._up + FOOT)[:, None]], axis=1)

    @staticmethod
    def _both(line: Floats) -> Floats:
        """Top and foot of the wall."""
        return np.concatenate([line, line * (1, 1, 0)])

    # What is drawn once

    def paint_ground(self, canvas: skia.Canvas, width: int, height: int) -> None:
        """The grid that fades into the distance, the wall's shadow, and the wall to come as glass."""
        self._paint_grid(canvas, width, height)
        unit, dark = self._unit, self._palette.dark_card
        glass = "#ffffff" if dark else self._palette.ink
        for _, line in self._lines:
            foot = self.camera.pixels(line * (1, 1, 0))
            reach = line[:, 2:3] * np.array([[0.55, -0.30, 0.0]])
            cast = self.camera.pixels(line * (1, 1, 0) + reach)
            shadow = skia.Paint(
                Color=colour4("#000000", 0.34 if dark else 0.16),
                AntiAlias=True,
                MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 9 * unit),
            )
            outline = skia.Path()
            outline.addPoly([skia.Point(*p) for p in np.concatenate([foot, cast[::-1]]).tolist()], True)
            canvas.drawPath(outline, shadow)
        for _, line in self._lines:
            top, foot = self.camera.pixels(line), self.camera.pixels(line * (1, 1, 0))
            outline = skia.Path()
            outline.addPoly([skia.Point(*p) for p in np.concatenate([top, foot[::-1]]).tolist()], True)
            canvas.drawPath(outline, fill(glass, 0.10))
            canvas.drawPath(polyline(foot), stroke(glass, 1.5 * unit, 0.28))
            canvas.drawPath(polyline(top), stroke(glass, 3.5 * unit, 0.62))

    def _paint_grid(self, canvas: skia.Canvas, width: int, height: int) -> None:
        """Lines over the whole ground that can be seen, weaker with the distance from the route."""
        bounds = skia.Rect.MakeWH(width, height)
        canvas.saveLayer(bounds)
        reach, step = 5.0, 0.25
        paint = stroke(self._palette.grid, 1.6 * self._unit, 0.42 if self._palette.dark_card else 0.9)
        for at in np.arange(-reach, reach + step / 2, step):
            for ends in ([[at, -reach, 0.0], [at, reach, 0.0]], [[-reach, at, 0.0], [reach, at, 0.0]]):
                line = np.linspace(np.array(ends[0]), np.array(ends[1]), 120)
                seen = line[self.camera.away(line) * math.cos(PITCH) + DISTANCE > 0.5]
                if len(seen) > 1:
                    canvas.drawPath(polyline(self.camera.pixels(seen)), paint)
        centre = self.camera.pixels(np.zeros(3))
        fade = skia.GradientShader.MakeRadial(
            skia.Point(float(centre[0]), float(centre[1])),
            0.62 * max(width, height),
            [colour4("#000000", 1.0), colour4("#000000", 0.45), colour4("#000000", 0.0)],
            [0.0, 0.45, 1.0],
        )
        canvas.drawPaint(skia.Paint(Shader=fade, BlendMode=skia.BlendMode.kDstIn))
        canvas.restore()

    # What grows

    def _cut(self) -> list[_Piece]:
        """Short pieces of wall, the farthest first."""
        total = sum(len(line) for _, line in self._lines)
        pieces: list[_Piece] = []
        for along, line in self._lines:
            count = max(1, round(PIECES * len(line) / total))
            edges = np.unique(np.linspace(0, len(line) - 1, count + 1).astype(int))
            for first, last in pairwise(edges.tolist()):
                part = slice(first, last + 1)
                lead = line[max(0, first - 1) : first]
                pieces.append(_Piece(along=along[part], line=line[part], lead=lead))
        return sorted(pieces, key=lambda piece: -float(self.camera.away(piece.line).mean()))

    def paint_walked(self, canvas: skia.Canvas, along_m: float) -> None:
        """The wall from the start to a distance."""
        whole = tuple(number for number, piece in enumerate(self._pieces) if along_m >= piece.along[-1])
        started = [number for number, piece in enumerate(self._pieces) if piece.along[0] < along_m < piece.along[-1]]
        active = started[0] if started else len(self._pieces)
        behind, before = tuple(n for n in whole if n < active), tuple(n for n in whole if n > active)
        if behind:
            self._together(behind).paint(canvas)
        if started:
            self._paint_active(canvas, active, along_m)
        if before:
            self._together(before).paint(canvas)

    def _paint_active(self, canvas: skia.Canvas, number: int, along_m: float) -> None:
        piece = self._pieces[number]
        cut = stretch(piece.along, piece.line, float(piece.along[0]), along_m)
        if cut is not None:
            self._wall(np.concatenate([piece.lead, cut])).paint(canvas)

    def _together(self, numbers: tuple[int, ...]) -> _Picture:
        """Finished pieces as one picture; remembered until another piece is finished."""
        if numbers not in self._groups:
            pictures = [self._finished(number) for number in numbers]
            left, top = min(p.x for p in pictures), min(p.y for p in pictures)
            right = max(p.x + p.image.width() for p in pictures)
            bottom = max(p.y + p.image.height() for p in pictures)
            sheet = Sheet(int(right - left), int(bottom - top))
            sheet.canvas.translate(-left, -top)
            for picture in pictures:
                picture.paint(sheet.canvas)
            while len(self._groups) > 3:
                del self._groups[next(iter(self._groups))]
            self._groups[numbers] = _Picture(image=sheet.image(), x=left, y=top)
        return self._groups[numbers]

    def _finished(self, number: int) -> _Picture:
        piece = self._pieces[number]
        if piece.picture is None:
            piece.picture = self._wall(np.concatenate([piece.lead, piece.line]))
        return piece.picture

    def _wall(self, line: Floats) -> _Picture:
        """A stretch of wall with its bright upper edge, as a picture."""
        top, foot = self.camera.pixels(line), self.camera.pixels(line * (1, 1, 0))
        margin = 8 * self._unit
        corners = np.concatenate([top, foot])
        left, up = np.floor(corners.min(axis=0) - margin)
        right, down = np.ceil(corners.max(axis=0) + margin)
        sheet = Sheet(int(right - left) * _SS, int(down - up) * _SS)
        sheet.canvas.scale(_SS, _SS)
        sheet.canvas.translate(-left, -up)
        colours, feet = self._colours(line)
        strip = np.stack([top, foot], axis=1).reshape(-1, 2)
        shades = np.stack([colours, feet], axis=1).reshape(-1, 3)
        mesh = skia.Vertices(
            skia.Vertices.kTriangleStrip_VertexMode,
            [skia.Point(*point) for point in strip.tolist()],
            colors=[int(skia.ColorSetRGB(*shade)) for shade in shades.astype(int).tolist()],
        )
        sheet.canvas.drawVertices(mesh, skia.Paint(AntiAlias=True), skia.BlendMode.kDst)
        for width, white in ((6.5, 0.28), (2.2, 0.85)):
            edge = stroke("#ffffff", width * self._unit)
            edge.setStrokeCap(skia.Paint.kButt_Cap)  # a round one would cover the end of the piece before
            lit = colours + (255 - colours) * white
            edge.setShader(_along(top, lit))
            sheet.canvas.drawPath(polyline(top), edge)
        small = Sheet(sheet.width // _SS, sheet.height // _SS)
        whole = skia.Rect.MakeWH(small.width, small.height)
        small.canvas.drawImageRect(sheet.image(), whole, skia.SamplingOptions(skia.FilterMode.kLinear), skia.Paint())
        return _Picture(image=small.image(), x=float(left), y=float(up))

    def _colours(self, line: Floats) -> tuple[Floats, Floats]:
        """Colours of the upper edge and the foot (n, 3): by height, and by how the light falls."""
        palette = self._palette
        low = mixed(palette.start, palette.grid, 0.45)
        ramp = np.array([rgb(low), rgb(palette.accent), rgb(palette.route)], float)
        height = (line[:, 2] - FOOT) / max(self._span * self._up, 1e-9) * min(1.0, self._span / 60.0)
        base = np.stack([np.interp(height, [0.0, 0.5, 1.0], ramp[:, channel]) for channel in range(3)], axis=-1)
        way = np.gradient(line[:, :2], axis=0) if len(line) > 1 else np.zeros((len(line), 2))
        heading = np.arctan2(way[:, 1], way[:, 0])
        light = 0.86 + 0.14 * np.cos(2 * (heading - _LIGHT))
        lit = np.clip(base * light[:, None], 0, 255)
        shade = palette.card_bottom if palette.dark_card else palette.ink
        dark = np.array(rgb(mixed(shade, "#000000", 0.15)), float)
        return lit, lit * 0.34 + dark * 0.66


@dataclass(kw_only=True, eq=False)
class _Piece:
    """`lead`: the point before the first, drawn too, so that no seam shows between two pieces."""

    along: Floats
    line: Floats
    lead: Floats
    picture: _Picture | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Picture:
    image: skia.Image
    x: float
    y: float

    def paint(self, canvas: skia.Canvas) -> None:
        canvas.drawImage(self.image, self.x, self.y)


def _along(points: Floats, colours: Floats) -> skia.Shader:
    """A gradient from the first to the last point of a short, fairly straight stretch."""
    ends = [skia.Point(*points[0].tolist()), skia.Point(*(points[-1] + (0.01, 0.0)).tolist())]
    pick = np.unique(np.linspace(0, len(points) - 1, 5).astype(int))
    return skia.GradientShader.MakeLinear(
        ends, [int(skia.ColorSetRGB(*colour)) for colour in colours[pick].astype(int).tolist()]
    )
