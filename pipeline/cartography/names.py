"""The names on a map: the important first, none over another, none cut, calm enough for a phone.

Every name is tried at a few places, best first, on a coarse picture of what is taken already (`Room`); what finds no
room is left out. Names at points become small pictures that a camera can draw upright; names along lines lie in the
map.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import skia

from pipeline.cartography import lettering
from pipeline.cartography.lettering import Lettering, Letters, LineName
from pipeline.cartography.name_areas import extents
from pipeline.cartography.name_course import Course
from pipeline.cartography.name_kinds import LINES, NUMBERED, POINTS, Group, Setting
from pipeline.cartography.name_room import CORRIDOR, Room
from pipeline.cartography.name_sprites import SIGN_GAP_EM, Words, sign_reach
from pipeline.cartography.streets import Street, length, streets
from pipeline.fonts import Fonts
from pipeline.geo import Floats
from pipeline.map_model import Label, LabelKind, Line, LineKind, MapModel
from pipeline.mercator import MapView
from pipeline.overlays.text import Block
from pipeline.styles import MapStyle

# Lengths are design pixels. Phones show a picture 1080 wide at about 390: these are 1 to 2 centimetres there.
MARGIN = 14.0  # between names and the edge of the picture
FADED = 24.0  # the outermost of what a source knows, where the map is nearly paper
APART = 600.0  # between two that say the same
NEAR = 190.0  # "beside": so far to each side of a name …
MOST_BESIDE = {"place": 2, "street": 6, "water_name": 2, "park_name": 2, "poi_name": 2}  # … stand so many of its group
MOST_ALL = 9  # … and so many of any
MOST_POINTS, MOST_STREETS, MOST_STRETCHES = 700, 500, 12  # tried in one phone picture, the most important first
AREA_PLACE = 25.0  # metres to a design pixel: closer, a town is an area and its name stands in it; else beside a dot
LEAST_EXTENT = 70.0  # the size of a park, wood or lake that gets a name
WIDE_EM = 7.5  # a name wider than this is broken into lines


@dataclass(frozen=True, kw_only=True, eq=False)
class PointName:
    """A placed name. (x, y): its sign, or its middle where it has none; the picture's top left corner lies at
    (x + dx, y + dy). `box`: all that is inked, in the view; nothing else touches it. A lower `rank` is more important;
    a larger `weight` is so within a kind. All in pixels."""

    kind: LabelKind
    text: str
    rank: float
    weight: float
    x: float
    y: float
    image: skia.Image
    dx: float
    dy: float
    box: skia.Rect

    def paint(self, canvas: skia.Canvas) -> None:
        canvas.drawImage(self.image, round(self.x + self.dx), round(self.y + self.dy))


@dataclass(frozen=True, kw_only=True, eq=False)
class Names:
    """What was placed, most important first; painting it again costs little."""

    points: tuple[PointName, ...]
    lines: tuple[LineName, ...]

    def paint(self, canvas: skia.Canvas) -> None:
        self.paint_lines(canvas)
        for name in self.points:
            name.paint(canvas)

    def paint_lines(self, canvas: skia.Canvas) -> None:
        for name in self.lines:
            name.paint(canvas)


def place(
    model: MapModel,
    view: MapView,
    style: MapStyle,
    fonts: Fonts,
    *,
    avoid: Sequence[skia.Rect] = (),
    route: Floats | None = None,
    inside: skia.Rect | None = None,
) -> Names:
    """Names for a view, placed. `avoid`: rectangles that no name touches; `route`: (n, 2) points of the route, kept
    free; `inside`: where names lie wholly, by default the picture without a narrow margin. All in pixels."""
    margin = MARGIN * view.unit
    area = inside or skia.Rect.MakeLTRB(margin, margin, view.width - margin, view.height - margin)
    area = _known(model, view, area)
    if area.isEmpty():
        return Names(points=(), lines=())
    work = _Placing(view, style, fonts, Room(view, area, avoid, route))
    jobs: list[tuple[float, int, Label | Street]] = []
    jobs += [(POINTS[label.kind].rank, i, label) for i, label in enumerate(work.labels(model))]
    jobs += [(LINES[street.kind].rank, i, street) for i, street in enumerate(work.streets(model))]
    for _, _, job in sorted(jobs, key=lambda job: job[:2]):
        if isinstance(job, Label):
            work.at_point(job)
        else:
            work.along(job)
    return Names(points=tuple(work.points), lines=tuple(work.lines))


class _Placing:
    def __init__(self, view: MapView, style: MapStyle, fonts: Fonts, room: Room) -> None:
        self.view, self.style, self.fonts, self.room = view, style, fonts, room
        self.metres = view.metres_per_pixel * view.unit
        # A camera's master is many pictures large, and each of them is to have its names.
        self._phones = min(6.0, max(1.0, view.width * view.height / view.unit**2 / (1080 * 1920)))
        self.points: list[PointName] = []
        self.lines: list[LineName] = []
        self._middles: dict[Group, list[tuple[float, float]]] = defaultdict(list)
        self._said: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._looks: dict[Setting, Lettering] = {}

    def labels(self, model: MapModel) -> list[Label]:
        """Those in the view and at this scale worth a name, the most important first."""
        if not model.labels:
            return []
        kinds = {kind for kind, setting in POINTS.items() if setting.finest <= self.metres < setting.coarsest}
        area = self.room.area
        at = self.view.pixels(np.array([(label.x, label.y) for label in model.labels]))
        near = (at >= (area.left(), area.top())).all(axis=1) & (at <= (area.right(), area.bottom())).all(axis=1)
        seen = np.flatnonzero(near).tolist()
        found = [model.labels[i] for i in seen if model.labels[i].kind in kinds]
        found.sort(key=_importance)
        found = found[: int(3 * MOST_POINTS * self._phones)]
        wide = extents(model, self.view, found) / self.view.unit
        large = [label for label, extent in zip(found, wide.tolist(), strict=True) if not extent < LEAST_EXTENT]
        return large[: int(MOST_POINTS * self._phones)]

    def streets(self, model: MapModel) -> list[Street]:
        ranks = {kind: setting.rank for kind, setting in LINES.items() if self.metres < setting.coarsest}

        def named(line: Line) -> str:
            return lettering.spoken(line.name or (line.ref if line.kind in NUMBERED else ""))

        def least(kind: LineKind, name: str) -> float:
            return 0.4 * LINES[kind].size * self.view.unit * len(name)

        found = streets(model, self.view, self.room.area, ranks, named, least)
        return found[: int(MOST_STREETS * self._phones)]

    def _look(self, setting: Setting) -> Lettering:
        if setting not in self._looks:
            fonts = lettering.italic(self.fonts) if setting.group == "water_name" else self.fonts
            self._looks[setting] = Lettering(
                fonts=fonts,
                role=setting.role,
                size=setting.size * self.view.unit,
                colour=getattr(self.style, setting.group),
                halo=self.style.halo,
                tracking=setting.tracking,
                capitals=setting.capitals,
                sign=setting.sign,
            )
        return self._looks[setting]

    def _calm(self, group: Group, text: str, x: float, y: float) -> bool:
        """Whether few names stand near, and none that says the same."""
        unit = self.view.unit
        near, apart = NEAR * unit, APART * unit
        if any(math.hypot(x - a, y - b) < apart for a, b in self._said[text.casefold()]):
            return False
        beside = {
            other: sum(abs(x - a) < near and abs(y - b) < near for a, b in middles)
            for other, middles in self._middles.items()
        }
        return beside.get(group, 0) < MOST_BESIDE[group] and sum(beside.values()) < MOST_ALL

    def _keep(self, group: Group, text: str, x: float, y: float, boxes: Floats) -> None:
        self.room.take(boxes)
        self._middles[group].append((x, y))
        self._said[text.casefold()].append((x, y))

    def along(self, street: Street) -> None:
        """Letters a street at most once in each slot of its stretches."""
        setting = LINES[street.kind]
        look = self._look(setting)
        text = lettering.drawable(street.name, look)
        if not text:
            return
        word = lettering.letters(text, look) or lettering.broken(text, look, math.inf, math.inf)
        if word is None:
            return
        for stretch in street.stretches[:MOST_STRETCHES]:
            if length(stretch) < word.width + 0.6 * look.size:
                break
            course = Course.of(stretch, look.size)
            slots = max(1, int(course.length / (APART * self.view.unit)))
            for i in sorted(range(slots), key=lambda i: abs(2 * i + 1 - slots)):
                slot = (course.length * i / slots, course.length * (i + 1) / slots)
                self._in_slot(setting.group, course, slot, text, word, look)

    def _in_slot(
        self,
        group: Group,
        course: Course,
        slot: tuple[float, float],
        text: str,
        word: Letters | Block,
        look: Lettering,
    ) -> None:
        beside = CORRIDOR / 2 * self.view.unit + 2 * self.room.cell + lettering.HALF_EM * look.size + 1
        for span in course.spans(word.width, slot, look.size):
            way = course.at(np.linspace(*span, 12))
            x, y = way[6].tolist()
            walked = self.room.walked(way)
            if not self._calm(group, text, x, y) or (self.room.taken(way) and not walked):
                continue
            # A road that is walked is named beside the line.
            for aside in (beside, -beside) if walked else (0.0,):
                other = course.aside(aside) if aside else course
                middle = float(np.interp(sum(span) / 2, course.along, other.along))
                name = other.named(word, look, middle)
                if name and self.room.free(name.boxes):
                    self._keep(group, text, x, y, name.boxes)
                    self.lines.append(name)
                    return

    def at_point(self, label: Label) -> None:
        setting = POINTS[label.kind]
        x, y = self.view.pixels(np.array([label.x, label.y])).tolist()
        if label.kind in ("city", "town", "village") and self.metres >= AREA_PLACE:
            setting = replace(setting, sign="dot")
        walked = bool(setting.sign) and self.room.walked(np.array([[x, y]]))
        if walked:
            setting = replace(setting, sign="")  # the route's line is the sign; the name stands beside it
        look = self._look(setting)
        text = lettering.drawable(lettering.spoken(label.name), look)
        if not text or not self._calm(setting.group, text, x, y):
            return
        block = lettering.broken(text, look, WIDE_EM * look.size, self.room.area.width())
        if block is None:
            return
        words = Words(block=block, second=self._second(label, look), look=look)
        clear = None
        if walked:
            clear = CORRIDOR * self.view.unit / 2 + 2 * self.room.cell
        elif look.sign:
            clear = sign_reach(look) + SIGN_GAP_EM * look.size
        for left, top in words.corners(x, y, clear):
            box = words.box(left, top, (x, y))
            if not self.room.free(_corners(box)):
                continue
            if clear is None:
                x, y = box.centerX(), box.centerY()
            image, dx, dy = words.sprite(left, top, (x, y))
            self._keep(setting.group, text, box.centerX(), box.centerY(), _corners(box))
            name = PointName(
                kind=label.kind, text=text, rank=setting.rank, weight=-_importance(label)[1],
                x=x, y=y, image=image, dx=dx, dy=dy, box=box,
            )  # fmt: skip
            self.points.append(name)
            return

    def _second(self, label: Label, look: Lettering) -> Block | None:
        """The height of a peak."""
        if label.kind != "peak" or label.ele_m is None or not -500 < label.ele_m < 9000:
            return None
        small = replace(look, role="regular", size=0.86 * look.size)
        return lettering.broken(f"{label.ele_m:.0f}\u00a0m", small, math.inf, math.inf)


def _known(model: MapModel, view: MapView, area: skia.Rect) -> skia.Rect:
    """What of the area the source has data for, less what fades there: names on blank paper would float."""
    bounds, less = model.bounds, FADED * view.unit
    corners = view.pixels(np.array([(bounds.west, bounds.north), (bounds.east, bounds.south)]))
    (left, top), (right, bottom) = corners.clip(-1e6, 1e6).tolist()
    left, top = max(left + less, area.left()), max(top + less, area.top())
    right, bottom = min(right - less, area.right()), min(bottom - less, area.bottom())
    return skia.Rect.MakeLTRB(left, top, right, bottom) if left < right and top < bottom else skia.Rect.MakeEmpty()


def _importance(label: Label) -> tuple[float, float, str, float, float]:
    weight = label.weight if math.isfinite(label.weight) else 0.0
    return POINTS[label.kind].rank, -weight, label.name, label.x, label.y


def _corners(rect: skia.Rect) -> Floats:
    left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
    return np.array([[(left, top), (right, top), (right, bottom), (left, bottom)]])
