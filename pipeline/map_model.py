"""The map model: what every source of map data is turned into, and all that drawing a map knows.

Areas, lines and names by kind, in world units (see `mercator`), perhaps with heights or finished pictures below them.
The kinds are few on purpose: a source decides what a thing is, a style decides how it looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.mercator import Bounds

AreaKind = Literal[
    "land", "sea", "water", "wetland", "glacier", "wood", "park", "grass", "farmland", "heath", "sand", "rock",
    "residential", "site", "pedestrian", "pier", "building",
]  # fmt: skip
RoadKind = Literal[
    "motorway", "trunk", "primary", "secondary", "tertiary", "street", "service", "pedestrian", "track", "cycleway",
    "path", "steps",
]  # fmt: skip
LineKind = Literal[
    "motorway", "trunk", "primary", "secondary", "tertiary", "street", "service", "pedestrian", "track", "cycleway",
    "path", "steps", "rail", "tram", "river", "stream", "ferry", "boundary", "pier", "runway", "coast",
]  # fmt: skip
LabelKind = Literal[
    "city", "town", "village", "hamlet", "suburb", "neighbourhood", "park", "wood", "water", "peak", "station",
    "landmark", "waypoint",
]  # fmt: skip

AREA_KINDS: tuple[AreaKind, ...] = get_args(AreaKind)
ROAD_KINDS: tuple[RoadKind, ...] = get_args(RoadKind)
LINE_KINDS: tuple[LineKind, ...] = get_args(LineKind)
LABEL_KINDS: tuple[LabelKind, ...] = get_args(LabelKind)


@dataclass(frozen=True, kw_only=True, eq=False)
class Area:
    """Filled by the even-odd rule; rings (n, 2) need no closing point. `site`: schools, hospitals, industry.
    `pedestrian`: squares and pavements; `park`: parks, gardens, pitches and other green for people."""

    kind: AreaKind
    rings: tuple[Floats, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """`points` (n, 2), n ≥ 2. `name` as it is to be lettered; `ref` the road's number."""

    kind: LineKind
    points: Floats
    name: str = ""
    ref: str = ""
    bridge: bool = False
    tunnel: bool = False


@dataclass(frozen=True, kw_only=True)
class Label:
    """A name at a point; `waypoint`: one of the route's own, before all others. `weight` orders labels of one kind:
    more inhabitants, a larger area, a higher peak first."""

    kind: LabelKind
    name: str
    x: float
    y: float
    weight: float = 0.0
    ele_m: float | None = None  # of peaks


@dataclass(frozen=True, kw_only=True, eq=False)
class Heights:
    """A grid of metres above the sea: `ele_m` (rows, columns) float32, NaN where nobody knows; sample places in world
    units, `x` rising (columns), `y` rising southwards (rows)."""

    x: Floats
    y: Floats
    ele_m: NDArray[np.float32]

    @property
    def bounds(self) -> Bounds:
        return Bounds(west=float(self.x[0]), north=float(self.y[0]), east=float(self.x[-1]), south=float(self.y[-1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A finished piece of map: straight RGBA uint8 (rows, columns, 4) over `bounds`."""

    rgba: NDArray[np.uint8]
    bounds: Bounds


@dataclass(frozen=True, kw_only=True)
class MapCredit:
    """The thanks that travel with map data. `text` stands in the picture; never empty."""

    text: str
    licence: str
    url: str = ""


OSM_CREDIT = MapCredit(
    text="© OpenStreetMap contributors", licence="ODbL 1.0", url="https://www.openstreetmap.org/copyright"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class MapModel:
    """What a source has of a stretch of the world. `bounds`: where it has data at all; beyond is unknown, not empty.
    `notes`: what was left out or repaired, in sentences."""

    bounds: Bounds
    credits: tuple[MapCredit, ...]
    areas: tuple[Area, ...] = ()
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()
    heights: Heights | None = None
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def empty(self) -> bool:
        return not (self.areas or self.lines or self.labels or self.heights or self.pictures)


@dataclass(frozen=True, kw_only=True)
class MapWish:
    """What is asked of a source: the stretch of the world, how fine (world units that one pixel of the largest picture
    covers; finer detail is wasted), and the languages of names, best first."""

    bounds: Bounds
    pixel: float
    languages: tuple[str, ...] = ("en",)
