"""Protomaps basemap, version 4: OpenStreetMap's data by `kind`, and OpenStreetMap's own value in `kind_detail`.

Roads and rivers carry their names. Land is a polygon of its own (`earth`), and water lies upon it. From zoom 15
buildings are single, below they are merged. https://docs.protomaps.com/basemaps/layers
"""

from __future__ import annotations

from pipeline.map_model import OSM_CREDIT, AreaKind, LabelKind, LineKind
from pipeline.maps.schemas.table import (
    AREA_WORDS,
    DRIVES,
    LABEL_WORDS,
    LINE_WORDS,
    SIDINGS,
    UNDERGROUND,
    Props,
    Schema,
    amount,
    told,
    yes,
)

_COVER: dict[str, AreaKind] = {
    "grassland": "grass", "barren": "rock", "urban_area": "residential", "farmland": "farmland",
    "glacier": "glacier", "forest": "wood", "scrub": "heath",
}  # fmt: skip
_ROADS: dict[str, LineKind] = {
    "highway": "motorway", "major_road": "primary", "medium_road": "secondary", "minor_road": "street", "path": "path",
    "rail": "rail", "ferry": "ferry",
}  # fmt: skip
_TOO_LARGE = {"national_park", "protected_area", "nature_reserve", "military", "naval_base", "airfield", "aerodrome"}


def _kind(props: Props) -> str:
    return told(props, "kind")


def _detail(props: Props) -> str:
    return told(props, "kind_detail")


def _water(props: Props) -> AreaKind | None:
    return "sea" if _kind(props) in {"ocean", "sea"} else "water"


def _use(props: Props) -> AreaKind | None:
    kind = _kind(props)
    return None if kind in _TOO_LARGE else AREA_WORDS.get(kind)


def _road(props: Props) -> LineKind | None:
    kind, detail = _kind(props), _detail(props).removesuffix("_link")
    if told(props, "service") in SIDINGS | DRIVES or detail in DRIVES:
        return None
    if detail in UNDERGROUND and yes(props, "is_tunnel"):
        return None
    if kind == "aeroway":
        return "runway" if detail == "runway" else None
    if detail in {"sidewalk", "crossing", "corridor"}:
        return None
    if detail == "pier":
        return "pier"
    return LINE_WORDS.get(detail) or _ROADS.get(kind)


def _boundary(props: Props) -> LineKind | None:
    return "boundary" if _kind(props) in {"country", "region"} else None


def _place(props: Props) -> LabelKind | None:
    kind = _kind(props)
    if kind == "locality":
        found = LABEL_WORDS.get(_detail(props))
        return found if found in ("city", "town", "village", "hamlet") else None
    return LABEL_WORDS.get(kind) if kind in {"neighbourhood", "macrohood", "suburb"} else None


def _poi(props: Props) -> LabelKind | None:
    kind = _kind(props)
    if kind in {"peak", "volcano"}:
        return "peak"
    if kind in {"park", "garden", "national_park", "nature_reserve", "protected_area", "cemetery", "golf_course"}:
        return "park"
    if kind in {"forest", "wood"}:
        return "wood"
    found = LABEL_WORDS.get(kind)
    return found if found in ("landmark", "station") else None


PROTOMAPS = Schema(
    name="Protomaps",
    signs=frozenset({"earth", "places", "pois"}),
    credit=OSM_CREDIT,
    areas={
        "earth": lambda props: "land" if _kind(props) in {"earth", ""} else None,
        "landcover": lambda props: _COVER.get(_kind(props)),
        "landuse": _use,
        "water": _water,
        "buildings": lambda props: "building" if _kind(props) in {"building", ""} else None,
    },
    lines={
        "water": lambda props: LINE_WORDS.get(_kind(props)),
        "roads": _road,
        "transit": _road,
        "boundaries": _boundary,
    },
    labels={
        "water": lambda _: "water",
        "places": _place,
        "pois": _poi,
    },
    bridge=lambda props: yes(props, "is_bridge"),
    tunnel=lambda props: yes(props, "is_tunnel"),
    weight=lambda props: amount(props, "population") or -amount(props, "min_zoom"),
    ele=lambda props: amount(props, "elevation") or None,
)
