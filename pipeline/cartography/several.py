"""Several routes on one map, as "five walks this autumn": they draw themselves one after the other, each with its own
colour, pattern, symbol and name, and in the end all of them are shown.

What stands still is drawn once and copied: of most frames only the route that is being drawn is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import skia

from pipeline.cartography import ink as inks_
from pipeline.cartography import several_course, several_marks
from pipeline.cartography.ink import RouteInk, paint_symbol
from pipeline.cartography.laid import LaidNames
from pipeline.cartography.lens import Course, Pose, to_ground
from pipeline.cartography.names import Names
from pipeline.cartography.several_course import CALM_S, Journey, Stop
from pipeline.cartography.several_ground import Ground, Grounds, view_of
from pipeline.cartography.several_marks import RouteName
from pipeline.cartography.several_plates import Plates
from pipeline.cartography.turning import hann
from pipeline.cartography.upright import UprightNames
from pipeline.cartography.world_line import Stretch, WorldLine
from pipeline.geo import Floats
from pipeline.geometry import Box
from pipeline.layout import Layout
from pipeline.mercator import MapView, metres_per_unit
from pipeline.overlays import marks
from pipeline.overlays.clip import Rgba
from pipeline.overlays.paint import Sheet, polyline, stroke
from pipeline.overlays.palette import Palette
from pipeline.overlays.route_shape import stretch
from pipeline.pacing import smoother
from pipeline.styles import MapStyle
from pipeline.walking import Units

STRONG, CALM = 1.0, 0.78  # line widths, while a route is drawn and afterwards
TO_COME = (11.0, 4.5)  # casing and line, design pixels
MARKER, PULSE_S, POP_S, FADE_S = 17.0, 1.6, 0.3, 0.35
_Shown = UprightNames | LaidNames


class SeveralScene:
    """One scene at one frame size. Not for several threads at once. `plan`: turns, poses and stops; `names`: the
    routes' names at each stop."""

    def __init__(
        self,
        lines: Sequence[WorldLine],
        inks: Sequence[RouteInk],
        layout: Layout,
        palette: Palette,
        style: MapStyle,
        ground: Ground,
        names: Callable[[MapView], Names] | None = None,
        *,
        fps: float,
        frames: int,
        units: Units = "miles",
        credit: str = "",
        reduced: bool = False,
    ) -> None:
        """`ground` draws the map of a view, opaque RGBA, without any names where `names` places them."""
        self.plan: Journey = several_course.journey(lines, layout, frames, fps, reduced=reduced)
        self._lines, self._inks, self._layout = several_course.beside(lines), tuple(inks), layout
        self._palette, self._style, self._unit, self._fps = palette, style, layout.unit, fps
        self._reduced = reduced
        self._grounds = Grounds(self.plan, ground, layout.unit)
        self._plates = Plates(self._grounds.overview, layout, palette, style, credit, units)
        stops = self.plan.stops  # the first and the last are the same place
        arranged = {key: self._arranged(*key) for key in dict.fromkeys((stop.pose, stop.routes) for stop in stops)}
        self._signs = [arranged[stop.pose, stop.routes][0] for stop in stops]
        self.names = [arranged[stop.pose, stop.routes][1] for stop in stops]
        self._map_names = self._settled(names) if names else []
        self._sheet = Sheet(layout.size.width, layout.size.height)
        self._still = Sheet(layout.size.width, layout.size.height)
        self._known: object = None

    def frame(self, number: int) -> Rgba:
        """Opaque RGBA (height, width, 4). The array is valid until the next frame is asked for."""
        pose = self.plan.poses[number]
        looks = [self._look(k, number) for k in range(len(self._lines))]
        changing = [k for k, look in enumerate(looks) if 0.0 < look < 2.0]
        known = (pose, tuple(2.0 if look >= 2 else 0.0 for look in looks), tuple(changing), self._levels(number))
        if known != self._known:
            self._paint_still(number, pose, looks)
            self._known = known
        np.copyto(self._sheet.pixels, self._still.pixels)
        canvas = self._sheet.canvas
        for k in changing:
            self._paint_route(canvas, k, looks[k], pose)
        self._paint_signs(canvas, number, pose)
        self._plates.paint(canvas, self._bar(number))
        return self._sheet.pixels

    def same_as_before(self, number: int) -> bool:
        """Whether a frame shows what the one before it shows."""
        return number > 0 and self._state(number) == self._state(number - 1)

    def _state(self, number: int) -> tuple[object, ...]:
        count = range(len(self._lines))
        return (
            self.plan.poses[number],
            tuple((self._look(k, number), self._pop(k, number)) for k in count),
            self._levels(number),
            tuple(self._name_level(stop, k, number) for stop in self.plan.stops for k in stop.routes),
            self._bar(number),
        )

    def _look(self, k: int, number: int) -> float:
        """0: to come; up to 1: as much of it is drawn; up to 2: it settles."""
        turn = self.plan.turns[k]
        if self._reduced:
            return 2.0
        if number < turn.end:
            return turn.share(number) if number >= turn.first else 0.0
        return min(2.0, 1.0 + (number + 1 - turn.end) / max(1.0, CALM_S * self._fps))

    def _levels(self, number: int) -> tuple[bytes, ...]:
        return tuple(some.levels[number].tobytes() for some in self._map_names)

    def _paint_still(self, number: int, pose: Pose, looks: Sequence[float]) -> None:
        """Map, names of the map, and the routes that do not change."""
        canvas = self._still.canvas
        self._grounds.paint(canvas, number, pose)
        for some in self._map_names:
            some.paint(canvas, number, pose)
        for k in sorted(range(len(looks)), key=lambda k: (looks[k] >= 2, k)):
            if looks[k] in (0.0, 2.0):
                self._paint_route(canvas, k, looks[k], pose)

    def _paint_route(self, canvas: skia.Canvas, k: int, look: float, pose: Pose) -> None:
        lens, unit, line, ink = self.plan.lens, self._unit, self._lines[k], self._inks[k]
        reach = 2 * inks_.CASING * unit
        bounds = (-reach, -reach, lens.width + reach, lens.height + reach)
        shift = np.array([lens.x, lens.y])
        pieces = [(to_ground(points, pose) + shift, along) for points, along in line.at_scale(pose.scale)]
        seen = inks_.visible(pieces, bounds)
        if not seen:
            return
        if look == 0.0:
            for colour, width, alpha in ((ink.casing, TO_COME[0], 0.8), (ink.colour, TO_COME[1], 0.9)):
                for points, _ in seen:
                    canvas.drawPath(polyline(points), stroke(colour, width * unit, alpha))
            return
        settled = float(smoother(np.array(look - 1.0)))
        walked = line.distance_m * min(1.0, look)
        if look < 1.0:
            self._paint_route(canvas, k, 0.0, pose)
        inks_.paint_route(
            canvas,
            [piece for points, along in seen if (piece := _walked(points, along, walked))],
            ink,
            unit * (STRONG + (CALM - STRONG) * settled),
            walked_m=walked,
            metres_per_pixel=metres_per_unit(pose.y) / pose.scale,
            gaps_m=(0.0, *(() if look >= 1 else (walked,))),
        )

    def _paint_signs(self, canvas: skia.Canvas, number: int, pose: Pose) -> None:
        unit = self._unit
        places = self._places(number, pose)
        order = sorted(range(len(places)), key=lambda k: (self.plan.turns[k].first, k))
        for stop, names in zip(self.plan.stops, self.names, strict=True):
            for name in names:
                level = self._name_level(stop, name.route, number)
                if level > 0:
                    several_marks.paint_name(canvas, name, self._inks[name.route], self._style, unit, level)
        for k in order:
            x, y = places[k].tolist()
            paint_symbol(canvas, x, y, several_marks.SYMBOL * unit * self._pop(k, number), self._inks[k])
        for k in order:
            look = self._look(k, number)
            if 0.0 < look < 1.0:
                at = self._lines[k].places(np.array([look * self._lines[k].distance_m]))
                x, y = self._seen(at, pose)[0].tolist()
                pulse = (number / self._fps / PULSE_S) % 1.0
                marks.marker(canvas, x, y, MARKER * unit, self._inks[k].colour, pulse)

    def _pop(self, k: int, number: int) -> float:
        """The size of a route's symbol: small until its turn, then it pops up."""
        if self._reduced:
            return 1.0
        since = (number + 1 - self.plan.turns[k].first) / (POP_S * self._fps)
        if since <= 0:
            return 0.62
        up = float(smoother(np.array(min(1.0, since))))
        over = float(np.sin(np.pi * min(1.0, max(0.0, since - 0.35) / 1.3)))
        return 0.62 + 0.38 * up + 0.16 * over

    def _name_level(self, stop: Stop, k: int, number: int) -> float:
        """Names are there only while the camera rests: they come with their route, and go before it leaves."""
        if not stop.first <= number < stop.end:
            return 0.0
        if self._reduced:
            return 1.0
        ramp = max(1.0, FADE_S * self._fps)
        begun = stop.first if stop is self.plan.stops[-1] and self.plan.moving else self.plan.turns[k].first
        level = (number + 1 - begun) / ramp
        if stop.end < len(self.plan.poses):
            level = min(level, (stop.end - number) / ramp)
        return float(smoother(np.array(level)))

    def _bar(self, number: int) -> float:
        zoom = np.log(self.plan.poses[number].scale / self.plan.whole.scale)
        return float(max(0.0, 1.0 - zoom / 0.02))

    def _seen(self, places: Floats, pose: Pose) -> Floats:
        return self.plan.lens.seen(to_ground(places, pose), 0.0)

    def _starts(self) -> Floats:
        return np.array([line.lines[0][0] for line in self._lines])

    def _places(self, number: int, pose: Pose) -> Floats:
        """Where the symbols stand: at their starts, moved apart as the last and the next stop want it."""
        stops = self.plan.stops
        now = next((k for k, stop in enumerate(stops) if stop.first <= number < stop.end), None)
        if now is not None:
            return self._signs[now]
        before = max(k for k, stop in enumerate(stops) if stop.end <= number)
        share = (number - stops[before].end + 1) / (stops[before + 1].first - stops[before].end + 1)
        shares = (1 - float(smoother(np.array(share))), float(smoother(np.array(share))))
        starts = self._starts()
        moved = [
            (self._signs[k] - self._seen(starts, stops[k].pose)) * part
            for k, part in zip((before, before + 1), shares, strict=True)
        ]
        return np.asarray(self._seen(starts, pose) + moved[0] + moved[1])

    def _arranged(self, pose: Pose, routes: tuple[int, ...]) -> tuple[Floats, list[RouteName]]:
        room, size, starts = self._layout.scene_map, self._layout.size, self._seen(self._starts(), pose)
        area = skia.Rect.MakeLTRB(room.x, room.y, room.right, room.bottom)
        inside = [k for k in routes if 0 <= starts[k][0] <= size.width and 0 <= starts[k][1] <= size.height]
        lines = [self._seen(part, pose) for line in self._lines for part, _ in line.at_scale(pose.scale)]
        return several_marks.arranged(
            inside, self._inks, starts, lines, area, self._palette.fonts, self._style, self._unit,
            taken=self._plates.rects,
        )  # fmt: skip

    def _settled(self, names: Callable[[MapView], Names]) -> list[_Shown]:
        """The map's own names, of the overview and of each place visited; they keep away from the routes' names."""
        plan, unit = self.plan, self._unit
        course = Course(poses=plan.poses, lens=plan.lens, fps=self._fps, unit=unit)
        box = self._layout.facts
        covered = [skia.Rect.MakeXYWH(box.x, box.y, box.width, box.height), *self._plates.rects]
        stops = plan.stops[1:] if plan.moving else plan.stops
        reach = round(1.6 * several_marks.SYMBOL * unit)
        dot = Box(x=-reach, y=-reach, width=2 * reach, height=2 * reach)
        signs = [(start, dot) for start in self._starts()]
        out: list[_Shown] = []
        for stop in stops:
            view = view_of(stop.pose, plan.lens, unit)
            placed = names(view)
            resting = np.array([pose == stop.pose for pose in plan.poses], np.float64)
            shares = hann(resting, round(FADE_S * self._fps)) * resting if plan.moving else resting
            mine = self.names[plan.stops.index(stop)]
            avoid = [*covered, *(name.rect for name in mine)]
            points = UprightNames(placed.points, view, course,
                                  shares=shares, avoid=avoid, signs=signs)  # fmt: skip
            along = LaidNames(placed.lines, view, course, shares=shares, above=points)
            out += [along, points]
        return sorted(out, key=lambda some: isinstance(some, UprightNames))


def _walked(points: Floats, along: Floats, walked_m: float) -> Stretch | None:
    part = stretch(along, np.column_stack([points, along]), float(along[0]), walked_m)
    return None if part is None else (part[:, :2], part[:, 2])
