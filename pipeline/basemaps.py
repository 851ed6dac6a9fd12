"""A chosen map, as a value: what it is, why it was chosen, whom to thank, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import Problem
from pipeline.map_model import MapCredit, MapModel

Kind = Literal["map", "terrain"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Basemap:
    """A chosen source. `model` reads it when first asked; what it gives is kept for the life of this value."""

    kind: Kind
    name: str
    why: str
    fingerprint: str
    credits: tuple[MapCredit, ...]
    model: Callable[[], MapModel]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`basemap` is None for the cards that need no map; `why` says why."""

    basemap: Basemap | None
    why: str
    problems: tuple[Problem, ...] = ()
    heights: Basemap | None = None  # of the land, whatever map is drawn
