"""The look of a map: a colour for every kind of area and road, for names, the route and its signs.

A style is a file in configs/styles/. What carries meaning is checked for contrast when it is read: the route and its
signs against every ground they may lie on, names against their halo and their own grounds.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from pipeline import config, yaml_file
from pipeline.colour_groups import (
    SIGN_CONTRAST,
    TEXT_CONTRAST,
    Pair,
    check_contrast,
    group_at,
    read_colours,
    refuse_unknown,
)
from pipeline.errors import BriefError, Problem
from pipeline.map_model import AREA_KINDS, ROAD_KINDS, AreaKind, RoadKind
from pipeline.yaml_file import Document

# Roads drawn as bands, which are ground to what lies on them; the others are thin dashed lines.
BAND_ROADS: tuple[RoadKind, ...] = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "street", "service", "pedestrian",
)  # fmt: skip
LINE_ROADS: tuple[RoadKind, ...] = ("track", "cycleway", "path", "steps")


@dataclass(frozen=True, kw_only=True)
class RoadColours:
    """Bands: their inside and their outline. Dashed roads: the dashes and the quiet strip beneath them."""

    fill: str
    casing: str


@dataclass(frozen=True, kw_only=True)
class MapStyle:
    """The colours of a map and of the cards without one; both grids and `shade` are decoration.

    `areas` and `roads` have every kind. They are plain dicts, so that a style can be fingerprinted, copied and
    compared; nobody writes to them.
    """

    name: str
    background: str  # the paper, where nobody knows what is there
    shade: str
    grid: str
    route: str
    casing: str
    todo: str
    start: str
    start_glyph: str
    finish: str
    finish_glyph: str
    pin_ring: str
    marker: str
    marker_ring: str
    mark: str
    mark_text: str
    text: str
    halo: str
    panel: str
    panel_text: str
    card_top: str
    card_bottom: str
    card_grid: str
    card_text: str
    place: str  # names of towns and their parts
    street: str
    water_name: str
    park_name: str
    poi_name: str  # stations, landmarks, peaks
    building_edge: str
    waterline: str  # streams, and the darker water along a shore
    rail: str
    ferry: str
    boundary: str
    contour: str
    areas: Mapping[AreaKind, str] = field(hash=False)
    roads: Mapping[RoadKind, RoadColours] = field(hash=False)

    def flat(self) -> dict[str, str]:
        """Every colour by the name it has in pairs: `route`, `areas.water`, `roads.street.fill`."""
        found = {key: getattr(self, key) for key in _PLAIN}
        found |= {f"areas.{kind}": colour for kind, colour in self.areas.items()}
        for kind, road in self.roads.items():
            found |= {f"roads.{kind}.fill": road.fill, f"roads.{kind}.casing": road.casing}
        return found


_GROUPS = ("areas", "roads")
_PLAIN = [one.name for one in dataclasses.fields(MapStyle) if one.name not in {"name", *_GROUPS}]
_ROAD = [one.name for one in dataclasses.fields(RoadColours)]
_SIGNS = ("route", "todo", "start", "finish", "marker", "mark")
GROUNDS = (
    "background",
    "shade",
    *(f"areas.{kind}" for kind in AREA_KINDS),
    *(f"roads.{kind}.fill" for kind in BAND_ROADS),
)
_OWN_GROUNDS = {
    "place": ("halo", "background", "areas.land", "areas.residential"),
    "street": ("halo", "background", "areas.land", "areas.residential", "roads.street.fill", "roads.primary.fill"),
    "water_name": ("halo", "areas.water", "areas.sea"),
    "park_name": ("halo", "areas.park", "areas.wood", "areas.grass"),
    "poi_name": ("halo", "background", "areas.land", "areas.residential"),
}

STYLE_PAIRS: tuple[Pair, ...] = (
    ("text", "background", TEXT_CONTRAST),
    ("text", "shade", TEXT_CONTRAST),
    ("text", "halo", TEXT_CONTRAST),
    *((name, ground, TEXT_CONTRAST) for name, grounds in _OWN_GROUNDS.items() for ground in grounds),
    ("panel_text", "panel", TEXT_CONTRAST),
    ("card_text", "card_top", TEXT_CONTRAST),
    ("card_text", "card_bottom", TEXT_CONTRAST),
    ("mark_text", "mark", TEXT_CONTRAST),
    ("start_glyph", "start", SIGN_CONTRAST),
    ("finish_glyph", "finish", SIGN_CONTRAST),
    ("marker", "marker_ring", SIGN_CONTRAST),
    ("start", "pin_ring", SIGN_CONTRAST),
    ("finish", "pin_ring", SIGN_CONTRAST),
    ("route", "casing", SIGN_CONTRAST),
    ("todo", "casing", SIGN_CONTRAST),
    *((sign, ground, SIGN_CONTRAST) for ground, sign in product(GROUNDS, _SIGNS)),
    ("route", "panel", SIGN_CONTRAST),
)

# What a high-contrast style owes on top: whoever cannot see pale tints still sees ways, rails and shores.
HIGH_CONTRAST_PAIRS: tuple[Pair, ...] = (
    *((f"roads.{kind}.casing", "areas.land", SIGN_CONTRAST) for kind in BAND_ROADS),
    *((f"roads.{kind}.casing", f"roads.{kind}.fill", SIGN_CONTRAST) for kind in BAND_ROADS),
    *((f"roads.{kind}.fill", ground, SIGN_CONTRAST)
      for kind, ground in product(LINE_ROADS, ("areas.land", "areas.park", "areas.wood", "areas.farmland"))),
    *((f"roads.{kind}.fill", f"roads.{kind}.casing", SIGN_CONTRAST) for kind in LINE_ROADS),
    *(("route", f"roads.{kind}.fill", SIGN_CONTRAST) for kind in LINE_ROADS),
    *((line, "areas.land", SIGN_CONTRAST)
      for line in ("rail", "boundary", "waterline", "building_edge", "contour")),
    ("ferry", "areas.sea", SIGN_CONTRAST),
    ("ferry", "areas.water", SIGN_CONTRAST),
    ("waterline", "areas.water", SIGN_CONTRAST),
    ("waterline", "areas.sea", SIGN_CONTRAST),
)  # fmt: skip


@functools.cache
def read_map_style(name: str, where: str = "map.style") -> MapStyle:
    """Raises BriefError with the nearest name, or with all that is wrong with the file."""
    return style_from(config.named("styles", name, where))


def style_from(path: Path) -> MapStyle:
    """The style in a file, named as the file is. Raises BriefError with all that is wrong."""
    document = yaml_file.read(path, numbers=False)
    problems = [*document.problems]
    refuse_unknown(document, document.tree, (), (*_PLAIN, *_GROUPS), problems)
    plain = read_colours(document, document.tree, (), _PLAIN, problems)
    areas = _areas(document, problems)
    roads = _roads(document, problems)
    colours = {**plain, **{f"areas.{kind}": colour for kind, colour in areas.items()}}
    colours |= {f"roads.{kind}.{key}": colour for kind, road in roads.items() for key, colour in road.items()}
    check_contrast(document, colours, (), STYLE_PAIRS, problems)
    if problems:
        raise BriefError(*problems)
    return MapStyle(
        name=path.stem,
        areas={kind: areas[kind] for kind in AREA_KINDS},
        roads={kind: RoadColours(**roads[kind]) for kind in ROAD_KINDS},
        **plain,
    )


def _areas(document: Document, problems: list[Problem]) -> dict[str, str]:
    group = group_at(document, ("areas",), AREA_KINDS, problems)
    if group is None:
        return {}
    refuse_unknown(document, group, ("areas",), AREA_KINDS, problems)
    return read_colours(document, group, ("areas",), AREA_KINDS, problems)


def _roads(document: Document, problems: list[Problem]) -> dict[str, dict[str, str]]:
    group = group_at(document, ("roads",), ROAD_KINDS, problems)
    if group is None:
        return {}
    refuse_unknown(document, group, ("roads",), ROAD_KINDS, problems)
    roads: dict[str, dict[str, str]] = {}
    for kind in ROAD_KINDS:
        at = ("roads", kind)
        road = group_at(document, at, _ROAD, problems)
        if road is not None:
            refuse_unknown(document, road, at, _ROAD, problems)
            roads[kind] = read_colours(document, road, at, _ROAD, problems)
    return roads
