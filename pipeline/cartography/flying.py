"""The moving map: frames of one scene, from a few pictures of the map drawn once and the camera's poses.

The map is resampled through each pose's matrix; the route lies on it as ink; names and signs stand upright on it, and
the scale bar, the credit and the north mark stay where they are. A frame depends on its number alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import skia

from pipeline import walking
from pipeline.cartography import ink as inks
from pipeline.cartography import masters, scale_bar, signs
from pipeline.cartography.backdrop import Backdrop, Master
from pipeline.cartography.laid import LaidNames
from pipeline.cartography.lens import Course, Lens, Pose, skia_matrix, to_ground
from pipeline.cartography.masters import Masters
from pipeline.cartography.names import Names
from pipeline.cartography.scale_bar import ScaleBar
from pipeline.cartography.sky import Sky
from pipeline.cartography.upright import UprightNames
from pipeline.cartography.world_line import WorldLine
from pipeline.geometry import Box
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays import marks
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.pacing import smoother
from pipeline.styles import MapStyle

PULSE_S = 1.6
MARKER = 17.0  # design pixels
_Names = UprightNames | LaidNames


class Flight:
    """One scene at one frame size. Not for several threads at once."""

    def __init__(
        self,
        master: Master,
        names: Callable[[MapView], Names] | None,
        line: WorldLine,
        along_m: Sequence[float],
        poses: Sequence[Pose],
        lens: Lens,
        layout: Layout,
        palette: Palette,
        style: MapStyle,
        *,
        fps: float,
        units: walking.Units = "miles",
        credit: str = "",
        plain: Master | None = None,
        room: Box | None = None,
        avoid: Sequence[Box] = (),
        reduced: bool = False,
    ) -> None:
        """`master` draws the map without names at points, `plain` without any: with it, names along lines are laid
        into each frame too, so that none is cut or upside down. `room`: where scale bar, credit and north mark may
        stand (the layout's scene_map); `avoid`: where other things cover the frame, so that names keep away.
        `reduced`: the whole route as walked, and no motion but the camera's."""
        course = Course(poses=tuple(poses), lens=lens, fps=fps, unit=layout.unit)
        self._line, self._course, self._poses, self._lens, self._unit = line, course, course.poses, lens, layout.unit
        self._along = np.asarray(along_m, np.float64)
        self._furthest = np.maximum.accumulate(self._along)
        if reduced:
            self._furthest = np.full(len(poses), line.distance_m)
        self._reduced, self._palette, self._style = reduced, palette, style
        self._masters = Masters.of(self._poses, lens, layout.unit)
        self._laid = names is not None and plain is not None
        self._backdrop = Backdrop(self._masters, course, plain if plain and self._laid else master, plain or master)
        self._ink = inks.RouteInk.of(palette)
        self._sky = Sky.of(style, lens)
        view = self._masters.overview or self._masters.close
        assert view is not None
        self._signs(view, walking.MILE_M if units == "miles" else 1000.0)
        self._plates(room or layout.scene_map, credit, units)
        self._names = self._upright(names, avoid)
        self._sheet = Sheet(lens.width, lens.height)

    def frame(self, number: int) -> Rgba:
        """Opaque RGBA (height, width, 4). The array is valid until the next frame is asked for."""
        pose, canvas = self._poses[number], self._sheet.canvas
        self._backdrop.paint(canvas, number, pose)
        canvas.save()
        canvas.concat(skia_matrix(self._lens.perspective(pose.tilt)))
        self._route(canvas, number, pose)
        canvas.restore()
        self._sky.paint(canvas, pose.tilt)
        for names in self._names:
            names.paint(canvas, number, pose)
        self._paint_signs(canvas, pose)
        self._marker(canvas, number, pose)
        self._paint_plates(canvas, number, pose)
        return self._sheet.pixels

    def same_as_before(self, number: int) -> bool:
        """Whether a frame shows what the one before it shows."""
        if number == 0 or self._poses[number] != self._poses[number - 1]:
            return False
        still = self._along[number] == self._along[number - 1] and self._furthest[number] == self._furthest[number - 1]
        levels = all(bool((names.levels[number] == names.levels[number - 1]).all()) for names in self._names)
        return still and levels and self._pulse(number) == self._pulse(number - 1)

    def _route(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        """The ink, of the part of the ground that can be seen."""
        lens, unit = self._lens, self._unit
        corners = lens.corners(pose.tilt, masters.FARTHEST, lens.height + 30 * unit)
        reach = inks.CASING * 2 * unit
        low, high = corners.min(axis=0) - reach, corners.max(axis=0) + reach
        fine = self._line.at_scale(pose.scale * (1.3 if pose.tilt else 1.0))
        pieces = [(to_ground(points, pose), along) for points, along in fine]
        inks.paint_route(
            canvas,
            inks.visible(pieces, (low[0], low[1], high[0], high[1])),
            self._ink,
            unit,
            walked_m=float(self._furthest[number]),
            metres_per_pixel=metres_per_unit(pose.y) / pose.scale,
            gaps_m=(*(sign.along_m for sign in (*self._discs, *self._pins)), float(self._along[number])),
        )

    def _signs(self, view: MapView, unit_m: float) -> None:
        self._discs = signs.discs(self._line, view, self._palette, unit_m)
        self._pins = signs.pins(self._line, self._unit, self._palette)

    def _paint_signs(self, canvas: skia.Canvas, pose: Pose) -> None:
        """Farther ones first; on a loop the finish gives way to the start."""
        apart = self._seen([(sign.x, sign.y) for sign in self._pins], pose)
        clear = float(np.hypot(*(apart[0] - apart[1]))) / (2.2 * signs.PIN * self._unit)
        for sign, (x, y), alpha in self._standing(self._discs, pose):
            sign.paint(canvas, x, y, alpha)
        for sign, (x, y), alpha in self._standing(self._pins, pose):
            gives_way = sign is self._pins[0]
            sign.paint(canvas, x, y, alpha * (min(1.0, max(0.0, 4 * clear - 3)) if gives_way else 1.0))

    def _standing(self, some: Sequence[signs.Sign], pose: Pose) -> list[tuple[signs.Sign, tuple[float, float], float]]:
        if not some:
            return []
        ground = to_ground(np.array([(sign.x, sign.y) for sign in some]), pose)
        depth, places = self._lens.depths(ground, pose.tilt), self._lens.seen(ground, pose.tilt)
        alpha = np.clip((2.6 - depth) / 0.9, 0, 1) * (depth > 0.05)
        order = sorted(range(len(some)), key=lambda k: (-depth[k], k))
        return [(some[k], (float(places[k][0]), float(places[k][1])), float(alpha[k])) for k in order if alpha[k] > 0]

    def _seen(
        self, places: Sequence[tuple[float, float]], pose: Pose
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return self._lens.seen(to_ground(np.array(places), pose), pose.tilt)

    def _pulse(self, number: int) -> float | None:
        """How far the marker's ring has spread; none while it stands."""
        nearby = self._along[max(0, number - 1) : number + 2]
        return None if self._reduced or np.ptp(nearby) == 0 else (number / self._course.fps / PULSE_S) % 1.0

    def _marker(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        if self._reduced:
            return
        place = self._line.places(self._along[number : number + 1])
        x, y = self._lens.seen(to_ground(place, pose), pose.tilt)[0].tolist()
        marks.marker(canvas, x, y, MARKER * self._unit, self._ink.colour, self._pulse(number))

    def _plates(self, room: Box, credit: str, units: walking.Units) -> None:
        unit, palette, style = self._unit, self._palette, self._style
        gap = 6 * unit
        inside = Box(x=room.x + int(gap), y=room.y, width=room.width - 2 * int(gap), height=room.height - int(gap))
        self._credit = scale_bar.credit_plate(credit, inside, unit, palette, style) if credit else None
        bottom, view = float(inside.bottom), self._masters.overview
        self._bar = None
        if view is not None:
            metres = metres_per_unit(view.y + bottom / view.scale) / view.scale
            bar = ScaleBar.of(metres, min(230 * unit, 0.4 * inside.width), units, palette.fonts.lang or "en")
            self._bar = scale_bar.scale_plate(bar, inside.x, bottom, unit, palette, style)
            if self._credit and self._credit.x < inside.x + self._bar.image.width() + 12 * unit:
                bottom = self._credit.y - 8 * unit
                self._bar = scale_bar.scale_plate(bar, inside.x, bottom, unit, palette, style)
        self._north_at = (inside.right - 44 * unit, inside.y + 44 * unit)

    def _paint_plates(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        share = float(self._masters.overview_share[number])
        if self._bar is not None and share > 0:
            paint = skia.Paint()
            paint.setAlphaf(max(0.0, 2 * share - 1))
            canvas.drawImage(self._bar.image, self._bar.x, self._bar.y, skia.SamplingOptions(), paint)
        if self._credit is not None:
            self._credit.paint(canvas)
        image = scale_bar.north_plate(pose.bearing, self._unit, self._palette, self._style)
        x, y = self._north_at
        canvas.drawImage(image, round(x - image.width() / 2), round(y - image.height() / 2))

    def _upright(self, names: Callable[[MapView], Names] | None, avoid: Sequence[Box]) -> list[_Names]:
        if names is None:
            return []
        plan = self._masters
        covered = [skia.Rect.MakeXYWH(box.x, box.y, box.width, box.height) for box in avoid]
        plates = [plate for plate in (self._credit, self._bar) if plate]
        reach = scale_bar.NORTH / 2 * self._unit
        covered.append(skia.Rect.MakeXYWH(*(at - reach for at in self._north_at), 2 * reach, 2 * reach))
        covered += [skia.Rect.MakeXYWH(p.x, p.y, p.image.width(), p.image.height()) for p in plates]
        still = np.array([pose == self._poses[-1] for pose in self._poses])
        # Names change over faster than the ground, lest the same name is seen twice.
        shown = np.where(still, 1.0, smoother((plan.overview_share - 0.35) / 0.3)) * bool(plan.overview)
        reach = round(1.2 * MARKER * self._unit)
        dot = Box(x=-reach, y=-reach, width=2 * reach, height=2 * reach)
        standing = [(np.array([sign.x, sign.y]), sign.box) for sign in (*self._discs, *self._pins)]
        standing.append((self._line.places(self._along), dot))
        out: list[_Names] = []
        for view, shares in ((plan.overview, shown), (plan.close, 1.0 - shown)):
            if view is None:
                continue
            placed = names(view)
            points = UprightNames(placed.points, view, self._course, shares=shares, avoid=covered, signs=standing)
            if self._laid:
                out.append(LaidNames(placed.lines, view, self._course, shares=shares, above=points))
            out.append(points)
        return sorted(out, key=lambda some: isinstance(some, UprightNames))
