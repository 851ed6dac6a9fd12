"""Which kinds of things have names on the map, at which scales, how important they are and how they are lettered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pipeline.cartography.lettering import Sign
from pipeline.fonts import Role
from pipeline.map_model import LabelKind, LineKind

Group = Literal["place", "street", "water_name", "park_name", "poi_name"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a kind is lettered: drawn while `finest` ≤ metres to a design pixel < `coarsest`."""

    rank: float
    size: float
    coarsest: float
    finest: float = 0.0
    group: Group = "place"
    role: Role = "semibold"
    tracking: float = 0.0
    capitals: bool = False
    sign: Sign = ""


POINTS: dict[LabelKind, Setting] = {
    "waypoint": Setting(rank=-1, size=36, coarsest=math.inf, role="bold", sign="dot"),
    "city": Setting(rank=0, size=48, coarsest=math.inf, finest=2.5, role="bold"),
    "town": Setting(rank=1, size=40, coarsest=400, finest=1.2, role="bold"),
    "village": Setting(rank=2, size=32, coarsest=60),
    "suburb": Setting(rank=2, size=30, coarsest=25, finest=0.4, tracking=0.07, capitals=True),
    "neighbourhood": Setting(rank=3, size=27, coarsest=9, finest=0.25, tracking=0.07, capitals=True),
    "water": Setting(rank=4, size=27, coarsest=50, group="water_name", tracking=0.02),
    "peak": Setting(rank=4.1, size=26, coarsest=45, group="poi_name", sign="peak"),
    "park": Setting(rank=4.2, size=26, coarsest=11, group="park_name"),
    "wood": Setting(rank=4.3, size=26, coarsest=30, group="park_name"),
    "station": Setting(rank=5.4, size=25, coarsest=8, group="poi_name", sign="station"),
    "landmark": Setting(rank=8, size=24, coarsest=5, group="poi_name", sign="dot"),
    "hamlet": Setting(rank=9, size=28, coarsest=20, sign="dot"),
}
LINES: dict[LineKind, Setting] = {
    "river": Setting(rank=4.5, size=27, coarsest=60, group="water_name", tracking=0.06),
    "motorway": Setting(rank=5, size=26, coarsest=60, group="street"),
    "trunk": Setting(rank=5.1, size=26, coarsest=45, group="street"),
    "primary": Setting(rank=5.2, size=26, coarsest=30, group="street"),
    "secondary": Setting(rank=5.3, size=26, coarsest=15, group="street"),
    "tertiary": Setting(rank=6, size=25, coarsest=10, group="street"),
    "street": Setting(rank=6.1, size=24, coarsest=6, group="street"),
    "pedestrian": Setting(rank=6.2, size=24, coarsest=4, group="street"),
    "stream": Setting(rank=6.3, size=24, coarsest=10, group="water_name", tracking=0.06),
    "cycleway": Setting(rank=7, size=23, coarsest=3, group="street"),
    "path": Setting(rank=7.1, size=23, coarsest=6, group="street"),
    "track": Setting(rank=7.2, size=23, coarsest=4, group="street"),
    "service": Setting(rank=7.3, size=23, coarsest=2.5, group="street"),
    "steps": Setting(rank=7.4, size=23, coarsest=1.5, group="street"),
}
NUMBERED: frozenset[LineKind] = frozenset(
    {"motorway", "trunk", "primary", "secondary"}
)  # lettered by number if nameless
