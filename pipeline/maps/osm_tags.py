"""What OpenStreetMap's tags mean on a map for walkers: tags → the kind of an area, a line, a name.

Tables first, so that a new value is a new word in a row; the few functions below them hold what no table can say
(tunnels, pavements along a street, things that are planned or gone). Nobody here knows files or coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar, overload

from pipeline.map_model import AreaKind, LabelKind, LineKind


class Tags(Protocol):
    """A dict of strings, or osmium's list of tags, which is asked rather than unpacked: that takes a tenth."""

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, default: str, /) -> str | None: ...


K = TypeVar("K", bound=str)


def _rows(rows: Mapping[K, Mapping[str, str]]) -> dict[str, dict[str, K]]:
    """kind → key → "value value …" turned round: key → value → kind."""
    table: dict[str, dict[str, K]] = {}
    for kind, keys in rows.items():
        for key, values in keys.items():
            table.setdefault(key, {}).update(dict.fromkeys(values.split(), kind))
    return table


# The first key that knows its value decides: what is told apart best comes first.
AREAS: dict[str, dict[str, AreaKind]] = _rows(
    {
        "water": {
            "natural": "water",
            "water": "lake pond reservoir river canal basin lagoon oxbow stream lock moat harbour",
            "landuse": "reservoir basin",
            "waterway": "riverbank dock canal river",
            "amenity": "fountain",
        },
        "wetland": {"natural": "wetland mud", "landuse": "salt_pond"},
        "glacier": {"natural": "glacier"},
        "wood": {"natural": "wood", "landuse": "forest"},
        "sand": {"natural": "beach sand dune", "golf": "bunker"},
        "rock": {"natural": "bare_rock scree shingle rock blockfield", "landuse": "quarry"},
        "heath": {"natural": "heath scrub moor fell tundra"},
        "grass": {"natural": "grassland", "landuse": "grass meadow greenfield"},
        "park": {
            "leisure": "park garden playground pitch golf_course recreation_ground dog_park common track"
            " miniature_golf bowling_green sports_centre stadium",
            "landuse": "recreation_ground village_green allotments cemetery flowerbed",
            "amenity": "grave_yard",
            "tourism": "camp_site caravan_site picnic_site zoo theme_park",
        },
        "farmland": {"landuse": "farmland farmyard orchard vineyard plant_nursery greenhouse_horticulture farm"},
        "pedestrian": {
            "highway": "pedestrian footway path platform corridor",
            "area:highway": "pedestrian footway path living_street steps",
            "place": "square",
            "amenity": "marketplace",
            "railway": "platform",
            "public_transport": "platform",
        },
        "pier": {"man_made": "pier breakwater groyne jetty", "waterway": "dam"},
        "site": {
            "amenity": "school college university kindergarten hospital clinic prison fire_station police"
            " conference_centre exhibition_centre",
            "landuse": "industrial commercial retail railway military construction brownfield landfill depot port"
            " education institutional garages",
            "aeroway": "aerodrome apron heliport terminal",
            "power": "plant substation",
        },
        "residential": {"landuse": "residential"},
    }
)
_AREA_KEYS = [
    "natural",
    "water",
    "leisure",
    "waterway",
    "man_made",
    "tourism",
    "amenity",
    "golf",
    "landuse",
    "place",
    "area:highway",
    "highway",
    "railway",
    "public_transport",
    "aeroway",
    "power",
]
_MOSTLY_LINES = {"highway", "railway", "waterway", "public_transport"}  # a closed way of these is a loop, not an area
_ALWAYS_AREAS = {"riverbank", "dock", "platform"}  # … but for these

LINES: dict[str, dict[str, LineKind]] = _rows(
    {
        "motorway": {"highway": "motorway motorway_link"},
        "trunk": {"highway": "trunk trunk_link"},
        "primary": {"highway": "primary primary_link"},
        "secondary": {"highway": "secondary secondary_link"},
        "tertiary": {"highway": "tertiary tertiary_link"},
        "street": {"highway": "unclassified residential living_street road minor"},
        "service": {"highway": "service busway bus_guideway"},
        "pedestrian": {"highway": "pedestrian"},
        "track": {"highway": "track"},
        "cycleway": {"highway": "cycleway"},
        "path": {"highway": "path footway bridleway via_ferrata"},
        "steps": {"highway": "steps"},
        "rail": {"railway": "rail narrow_gauge light_rail subway monorail funicular preserved"},
        "tram": {"railway": "tram"},
        "river": {"waterway": "river canal tidal_channel"},
        "stream": {"waterway": "stream drain brook"},
        "ferry": {"route": "ferry"},
        "pier": {"man_made": "pier breakwater groyne jetty"},
        "runway": {"aeroway": "runway"},
        "coast": {"natural": "coastline"},
    }
)
_LINE_KEYS = ["highway", "railway", "waterway", "natural", "man_made", "aeroway", "route"]

LABELS: dict[str, dict[str, LabelKind]] = _rows(
    {
        "city": {"place": "city"},
        "town": {"place": "town"},
        "village": {"place": "village"},
        "hamlet": {"place": "hamlet isolated_dwelling farm"},
        "suburb": {"place": "suburb borough"},
        "neighbourhood": {"place": "neighbourhood quarter"},
        "peak": {"natural": "peak volcano"},
        "station": {
            "railway": "station halt",
            "amenity": "bus_station ferry_terminal",
            "aerialway": "station",
        },
        "water": {"natural": "bay strait"},
        "landmark": {
            "tourism": "attraction museum gallery viewpoint zoo theme_park aquarium alpine_hut wilderness_hut",
            "historic": "castle monument ruins fort abbey archaeological_site battlefield manor city_gate"
            " stone_circle church palace",
            "man_made": "lighthouse windmill observatory",
            "amenity": "townhall theatre arts_centre library marketplace university hospital college",
            "leisure": "stadium sports_centre marina",
            "natural": "beach cape arch cave_entrance waterfall",
            "waterway": "waterfall",
            "place": "island islet square",
            "building": "cathedral castle",
            "aeroway": "aerodrome",
        },
        "park": {"leisure": "nature_reserve", "boundary": "national_park"},
    }
)
_LABEL_KEYS = [
    "place",
    "natural",
    "railway",
    "amenity",
    "aerialway",
    "tourism",
    "historic",
    "man_made",
    "leisure",
    "waterway",
    "building",
    "aeroway",
    "boundary",
]
_NAMED_AREAS: dict[str, LabelKind] = {"park": "park", "wood": "wood", "water": "water"}
_GREEN_WITHOUT_A_NAME = {"pitch", "playground", "track", "flowerbed"}  # "Court 3" is nobody's landmark

WAY_KEYS: tuple[str, ...] = (*_LINE_KEYS, "boundary")
KEYS: tuple[str, ...] = tuple(dict.fromkeys(["building", *_AREA_KEYS, *_LINE_KEYS, *_LABEL_KEYS]))
NODE_KEYS: tuple[str, ...] = tuple(_LABEL_KEYS)

_NO = {"no", "none", "false", "0"}
_PAVEMENTS = {"sidewalk", "crossing", "traffic_island", "access_aisle", "link"}
_DRIVES = {"driveway", "parking_aisle", "drive-through", "emergency_access"}
_SIDINGS = {"yard", "siding", "spur", "crossover"}
_UNDER = {"yes", "culvert", "covered", "flooded", "avalanche_protector"}
_UNSEEN_RAILS = {"subway", "light_rail", "tram"}


def area_kind(tags: Tags, *, relation: bool = False) -> AreaKind | None:
    """What a closed shape is filled as, None: as nothing. `relation`: it was drawn as a multipolygon, so that even a
    street or a river is meant as an area."""
    if _unseen(tags) or tags.get("natural") == "coastline":
        return None
    if tags.get("building", "no") not in _NO:
        return "building"
    meant = relation or tags.get("area") == "yes"
    for key in _AREA_KEYS:
        value = tags.get(key)
        kind = AREAS[key].get(value) if value else None
        if kind and (meant or key not in _MOSTLY_LINES or value in _ALWAYS_AREAS):
            return kind
    return None


def line_kind(tags: Tags, *, closed: bool = False) -> LineKind | None:
    """What a way is drawn as, None: as nothing. Closed ways that are areas are no lines."""
    if tags.get("area") == "yes" or tags.get("indoor", "no") not in _NO:
        return None
    for key in _LINE_KEYS:
        value = tags.get(key)
        kind = LINES[key].get(value) if value else None
        if kind is None or (closed and key in {"man_made", "aeroway"}):
            continue
        return None if _minor(tags, kind) else kind
    level = tags.get("admin_level") if tags.get("boundary") == "administrative" else None
    return "boundary" if level in {"2", "3", "4"} and tags.get("maritime") != "yes" else None


def label_kind(tags: Tags, area: AreaKind | None = None) -> LabelKind | None:
    """As what a thing's name is set; `area`: how it is filled, when it is an area."""
    if tags.get("railway") == "station" and tags.get("station") == "miniature":
        return None
    for key in _LABEL_KEYS:
        value = tags.get(key)
        kind = LABELS[key].get(value) if value and key in LABELS else None
        if kind:
            return kind
    if area == "park" and (tags.get("leisure") or tags.get("landuse")) in _GREEN_WITHOUT_A_NAME:
        return None
    return _NAMED_AREAS.get(area) if area else None


def bridge(tags: Tags) -> bool:
    return tags.get("bridge", "no") not in _NO


def tunnel(tags: Tags) -> bool:
    """Under the ground; a passage through a building is none."""
    return tags.get("tunnel") in _UNDER or tags.get("location") == "underground" or _deep(tags)


def _unseen(tags: Tags) -> bool:
    """Below the ground or inside a house."""
    return tunnel(tags) or tags.get("indoor", "no") not in _NO


def _deep(tags: Tags) -> bool:
    return (tags.get("layer") or "").startswith("-") and tags.get("covered") == "yes"


def _minor(tags: Tags, kind: LineKind) -> bool:
    """Drawn it would only be clutter: pavements beside the street they belong to, drives, sidings, the underground."""
    if kind in {"path", "cycleway"}:
        return bool({tags.get("footway"), tags.get("path"), tags.get("cycleway")} & _PAVEMENTS)
    if kind == "service":
        return tags.get("service") in _DRIVES or tags.get("access") in {"private", "no"}
    if kind in {"rail", "tram"}:
        return tags.get("service") in _SIDINGS or (tags.get("railway") in _UNSEEN_RAILS and tunnel(tags))
    return kind == "coast" and tunnel(tags)
