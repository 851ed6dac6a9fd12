"""OpenMapTiles 3.x: OpenStreetMap's data in broad classes (OpenFreeMap, MapTiler's downloads, tilemaker, Planetiler).

`class` is broad, `subclass` is mostly OpenStreetMap's own value; `brunnel` says bridge or tunnel. Names of roads stand
in `transportation_name`. National parks would flood whole counties with green: only their names are used.
https://openmaptiles.org/schema/
"""

from __future__ import annotations

from pipeline.map_model import AreaKind, LabelKind, LineKind
from pipeline.maps.credits import OMT_CREDIT
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

_COVER: dict[str, AreaKind] = {
    "wood": "wood", "grass": "grass", "farmland": "farmland", "wetland": "wetland", "sand": "sand", "rock": "rock",
    "ice": "glacier",
}  # fmt: skip
_SUBURBS = {"suburb", "quarter", "neighbourhood", "residential"}
_SIGHTS = {"attraction", "museum", "castle", "art_gallery", "zoo", "stadium", "town_hall", "theatre", "monument",
           "aquarium", "theme_park", "lighthouse", "college", "hospital", "library", "harbor"}  # fmt: skip


def _water(props: Props) -> AreaKind | None:
    if told(props, "brunnel") == "tunnel":
        return None
    return "sea" if told(props, "class") == "ocean" else "water"


def _cover(props: Props) -> AreaKind | None:
    return AREA_WORDS.get(told(props, "subclass")) or _COVER.get(told(props, "class"))


def _use(props: Props) -> AreaKind | None:
    kind = told(props, "class")
    return "residential" if kind in _SUBURBS else AREA_WORDS.get(kind)


def _square(props: Props) -> AreaKind | None:
    kinds = {told(props, "class"), told(props, "subclass")}
    if "pier" in kinds:
        return "pier"
    return "pedestrian" if kinds & {"pedestrian", "platform"} else None


def _way(props: Props) -> LineKind | None:
    kind, fine = told(props, "class"), told(props, "subclass")
    if told(props, "service") in SIDINGS | DRIVES or kind.endswith("_construction"):
        return None
    if fine in UNDERGROUND and _brunnel(props) == "tunnel":
        return None
    if kind == "path":
        return None if fine in {"platform", "corridor"} else LINE_WORDS.get(fine, "path")
    if kind in {"rail", "transit"}:
        return LINE_WORDS.get(fine, "rail")
    return {"ferry": "ferry", "pier": "pier"}.get(kind) or LINE_WORDS.get(kind)  # type: ignore[return-value]


def _river(props: Props) -> LineKind | None:
    return LINE_WORDS.get(told(props, "class"))


def _boundary(props: Props) -> LineKind | None:
    return "boundary" if amount(props, "admin_level") <= 4 and not yes(props, "maritime") else None


def _runway(props: Props) -> LineKind | None:
    return "runway" if told(props, "class") == "runway" else None


def _place(props: Props) -> LabelKind | None:
    kind = told(props, "class")
    return None if kind == "island" else LABEL_WORDS.get(kind)


def _poi(props: Props) -> LabelKind | None:
    kind, fine = told(props, "class"), told(props, "subclass")
    if fine in {"station", "halt"} or kind == "ferry_terminal" or fine == "bus_station":
        return "station"
    if kind == "park" or fine == "park":
        return "park"
    return "landmark" if kind in _SIGHTS or fine in _SIGHTS else None


def _peak(props: Props) -> LabelKind | None:
    return "peak" if told(props, "class") in {"peak", "volcano"} else None


def _brunnel(props: Props) -> str:
    return told(props, "brunnel")


OPENMAPTILES = Schema(
    name="OpenMapTiles",
    signs=frozenset({"transportation", "transportation_name", "waterway", "water_name", "mountain_peak", "building"}),
    credit=OMT_CREDIT,
    areas={
        "water": _water,
        "landcover": _cover,
        "landuse": _use,
        "transportation": _square,
        "building": always("building"),
    },
    lines={
        "waterway": _river,
        "transportation": _way,
        "aeroway": _runway,
        "boundary": _boundary,
    },
    labels={
        "place": _place,
        "water_name": lambda _: "water",
        "mountain_peak": _peak,
        "park": lambda _: "park",
        "poi": _poi,
        "aerodrome_label": lambda _: "landmark",
    },
    names_of={"transportation_name": "transportation"},
    bridge=lambda props: _brunnel(props) == "bridge",
    tunnel=lambda props: _brunnel(props) == "tunnel",
    weight=lambda props: -amount(props, "rank"),
    ele=lambda props: amount(props, "ele") or None,
)
