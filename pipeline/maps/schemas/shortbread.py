"""Shortbread 1.x: lean tiles of OpenStreetMap's data (vector.openstreetmap.org, VersaTiles, Geofabrik).

Values are OpenStreetMap's own. Names of streets and rivers stand in label layers of their own.
https://shortbread-tiles.org/schema/
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
    always,
    amount,
    told,
    yes,
)

_POI_KEYS = ("tourism", "historic", "man_made", "amenity", "leisure")
_STOPS = {"station", "halt", "bus_station", "ferry_terminal", "aerialway_station"}


def _water(props: Props) -> AreaKind | None:
    return "glacier" if told(props, "kind") == "glacier" else "water"


def _land(props: Props) -> AreaKind | None:
    return AREA_WORDS.get(told(props, "kind"))


def _site(props: Props) -> AreaKind | None:
    kind = told(props, "kind")
    return None if kind in {"parking", "bicycle_parking", "danger_area"} else AREA_WORDS.get(kind, "site")


def _square(props: Props) -> AreaKind | None:
    return "pedestrian" if told(props, "kind") == "pedestrian" and not yes(props, "tunnel") else None


def _street(props: Props) -> LineKind | None:
    kind, service = told(props, "kind"), told(props, "service")
    if service in SIDINGS | DRIVES or (kind in UNDERGROUND and yes(props, "tunnel")):
        return None
    return LINE_WORDS.get(kind.removesuffix("_link"))


def _boundary(props: Props) -> LineKind | None:
    seen = amount(props, "admin_level") <= 4 and not yes(props, "maritime") and not yes(props, "coastline")
    return "boundary" if seen else None


def _place(props: Props) -> LabelKind | None:
    kind = told(props, "kind")
    return None if kind in {"locality", "island"} else LABEL_WORDS.get(kind)


def _stop(props: Props) -> LabelKind | None:
    kind = told(props, "kind")
    return "station" if kind in _STOPS else "landmark" if kind == "aerodrome" else None


def _poi(props: Props) -> LabelKind | None:
    found = (LABEL_WORDS.get(told(props, key)) for key in _POI_KEYS)
    return next((kind for kind in found if kind in ("landmark", "park")), None)


SHORTBREAD = Schema(
    name="Shortbread",
    signs=frozenset({"streets", "street_labels", "water_polygons", "water_lines", "place_labels", "ocean"}),
    credit=OSM_CREDIT,
    areas={
        "ocean": always("sea"),
        "water_polygons": _water,
        "land": _land,
        "sites": _site,
        "street_polygons": _square,
        "streets_polygons": _square,
        "pier_polygons": always("pier"),
        "dam_polygons": always("pier"),
        "buildings": always("building"),
    },
    lines={
        "water_lines": lambda props: LINE_WORDS.get(told(props, "kind")),
        "streets": _street,
        "pier_lines": lambda _: "pier",
        "ferries": lambda _: "ferry",
        "boundaries": _boundary,
    },
    labels={
        "place_labels": _place,
        "water_polygons_labels": lambda _: "water",
        "public_transport": _stop,
        "pois": _poi,
    },
    names_of={"street_labels": "streets", "streets_labels": "streets", "water_lines_labels": "water_lines"},
    bridge=lambda props: yes(props, "bridge"),
    tunnel=lambda props: yes(props, "tunnel"),
    weight=lambda props: amount(props, "population") or amount(props, "way_area"),
)
