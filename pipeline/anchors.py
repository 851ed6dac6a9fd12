"""A place said in words: `start`, `end`, `0:05`, `1.2 mi`, `2 km`, `waypoint Barn Hill`.

`read` turns the words into an Anchor; `resolve` finds an Anchor on a route. In anchors `m` means metres;
minutes are written `1:30` or `90s`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from pipeline import timing
from pipeline.errors import BriefError
from pipeline.nearest import listed, nearest, shortened
from pipeline.route import Route, Waypoint

Kind = Literal["start", "end", "time", "distance", "waypoint"]

METRES = {"mi": Fraction("1609.344"), "km": Fraction(1000), "m": Fraction(1)}
_UNITS = {"mile": "mi", "miles": "mi", "metre": "m", "metres": "m", "meter": "m", "meters": "m"}
_DISTANCE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(mi|miles?|km|m|met(?:re|er)s?)", re.IGNORECASE)
_WAYPOINT = re.compile(r"waypoint\s+(.+)", re.IGNORECASE | re.DOTALL)
_ROUNDING_M = 80.0  # people write 3.1 mi for a route of 3.08: half a tenth of a mile

EXAMPLES = "start, end, 0:05, 1.2 mi, 2 km or waypoint Barn Hill"


@dataclass(frozen=True)
class Anchor:
    """`value` is None for start and end, seconds for time, metres for distance, the name for waypoint."""

    kind: Kind
    value: Fraction | str | None = None

    @property
    def seconds(self) -> Fraction | None:
        """Seconds in the finished clip, when that is what was written."""
        return self.value if self.kind == "time" and isinstance(self.value, Fraction) else None

    @property
    def metres(self) -> Fraction | None:
        """Metres along the route, when that is what was written."""
        return self.value if self.kind == "distance" and isinstance(self.value, Fraction) else None

    @property
    def waypoint(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def on_route(self) -> bool:
        """Whether it is a place on the route; the others are a time in the clip."""
        return self.kind != "time"

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return f"waypoint {self.value}"
        if self.value is None:
            return self.kind
        return timing.timecode(self.value) if self.kind == "time" else f"{float(self.value):g} m"


def read(text: str) -> Anchor:
    """Raises ValueError with a sentence when the words mean no place."""
    words = " ".join(text.split())
    if words.casefold() in ("start", "end"):
        return Anchor("start" if words.casefold() == "start" else "end")
    if found := _WAYPOINT.fullmatch(words):
        return Anchor("waypoint", found.group(1))
    if _DISTANCE.fullmatch(words):
        return Anchor("distance", metres(words))
    if not re.fullmatch(r"[\d.]+", words):  # a bare number could be anything
        try:
            return Anchor("time", timing.seconds(words))
        except ValueError:
            pass
    raise ValueError(f'I cannot read "{shortened(text)}" as a place or a time')


def metres(text: str) -> Fraction:
    """`200 m`, `0.2 mi`, `1 km`, `0` → metres. Raises ValueError with a sentence."""
    words = " ".join(text.split())
    if found := _DISTANCE.fullmatch(words):
        number, unit = found.groups()
        return Fraction(number) * METRES[_UNITS.get(unit.lower(), unit.lower())]
    if re.fullmatch(r"0+(\.0+)?", words):
        return Fraction(0)
    raise ValueError(f'I cannot read "{shortened(text)}" as a distance')


def resolve(anchor: Anchor, route: Route, where: str = "") -> float:
    """Metres along `route`. Raises BriefError: no such waypoint, beyond the end, or only a time."""
    if anchor.kind == "start":
        return 0.0
    if anchor.kind == "end":
        return route.distance_m
    if anchor.waypoint is not None:
        return _waypoint(anchor.waypoint, route, where).along_m
    if anchor.metres is None:
        raise BriefError.at(where, f"{anchor} is a time in the clip, not a place on the route", f"write {EXAMPLES}")
    along_m = float(anchor.metres)
    if along_m > route.distance_m + _ROUNDING_M:
        what = f"{_said(along_m)} is beyond the end of the route, which is {_said(route.distance_m)} long"
        raise BriefError.at(where, what, "write a smaller distance, or `end`")
    return min(along_m, route.distance_m)


def _waypoint(name: str, route: Route, where: str) -> Waypoint:
    """Letter case and spaces do not matter; of several with one name, the first along the route."""
    wanted = _folded(name)
    found = [waypoint for waypoint in route.waypoints if _folded(waypoint.name) == wanted]
    if found:
        return min(found, key=lambda waypoint: waypoint.along_m)
    what = f'the route has no waypoint "{shortened(name)}"'
    known = list(dict.fromkeys(waypoint.name for waypoint in route.waypoints))
    if not known:
        raise BriefError.at(where, what, "it has no waypoints at all: write a distance such as 1.2 mi")
    quoted = [f'"{shortened(near)}"' for near in nearest(name, known, 3)]
    remedy = f"did you mean {listed(quoted)}?" if quoted else f"it has {_some(known)}"
    raise BriefError.at(where, what, remedy)


def _some(names: list[str]) -> str:
    shown = [f'"{shortened(name)}"' for name in names[:5]]
    more = len(names) - len(shown)
    return listed([*shown, *([f"{more} more"] if more else [])], "and")


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _said(length_m: float) -> str:
    return f"{length_m / float(METRES['mi']):.1f} miles ({length_m / 1000:.1f} km)"
