"""The demo's map of its own valley: a GeoJSON file with OpenStreetMap's tags, as an officer would put one there.

Everything comes from the landscape that is filmed (`cover`) and from tables of ways and places (`ways`). The file is
the same every time, to the byte.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pipeline.demo.cover import EAST, NORTH, SOUTH, WEST, Rings, lay_cover, simpler, turned
from pipeline.demo.ground import FAR_CELLS, FAR_M, MERES, NEAR_M, Ground, lng_lat
from pipeline.demo.planting import House, lay_fields
from pipeline.demo.walk import Loop
from pipeline.demo.ways import ON_FOOT, PLACES, Place, Way, becks, bridged, lanes_and_paths
from pipeline.geo import Floats

NAME = "skelby.geojson"
ATTRIBUTION, LICENCE = "Invented map of Skelby", "CC0 1.0"
_FINE, _PLAIN = 6, 5  # digits of a degree: a tenth of a metre where the films look closely, a metre beyond

# Woods by a point in them; the others have no name.
_WOODS = (
    ("Hagg Wood", 850, -320), ("Mickle Wood", -160, -180), ("Skelby Wood", -790, -900), ("Nab Wood", 200, -800),
    ("Kettle Wood", 510, 180), ("Birk Wood", 990, 690), ("Raven Wood", -880, 640), ("Ling Wood", -1330, 200),
    ("Stone Wood", -1080, -230), ("Nether Wood", 560, -1290), ("Cold Keld Wood", -60, 1340),
)  # fmt: skip
# Of the filmed houses, by their number in the landscape.
_CHURCH, _INN, _HALL = 9, 11, 5

Feature = dict[str, Any]


def chart(ground: Ground, loop: Loop) -> str:
    """The map as the text of a GeoJSON file."""
    fields = lay_fields(ground, loop)
    cover = lay_cover(ground, fields)
    water = becks()
    ways = [piece for way in lanes_and_paths(loop) for piece in bridged(way, water)]
    features = [
        *(_area(rings, natural="heath") for rings in cover.heath),
        *(_area(rings, natural="scree") for rings in cover.scree),
        *(_area(rings, natural="grassland") for rings in cover.pasture),
        *(_area(rings, landuse="meadow") for rings in cover.meadows),
        *(_area(rings, landuse="farmland") for rings in cover.crops),
        *(_area(rings, landuse="forest", **_name_of_wood(rings)) for rings in cover.woods),
        *(
            _area(rings, natural="water", water="lake", name=m.name)
            for rings, m in zip(cover.meres, MERES, strict=True)
        ),
        *_village(loop, fields.houses),
        *(_line(way) for way in [*water, *ways]),
        *_houses(fields.houses),
        *(feature for place in PLACES if place.houses for feature in _hamlet(place, ways)),
        *(_named(place, ground) for place in PLACES),
    ]
    (west, east), (south, north) = lng_lat(np.array([WEST, EAST]), np.array([SOUTH, NORTH]))
    root = {
        "type": "FeatureCollection",
        "name": "Skelby",
        "attribution": ATTRIBUTION,
        "licence": LICENCE,
        "bbox": [round(float(edge), _FINE) for edge in (west, south, east, north)],
    }
    head = json.dumps(root, ensure_ascii=False)[:-1]
    body = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    return f'{head}, "features": [\n{body}\n]}}\n'


def _feature(form: str, coordinates: Any, tags: dict[str, str]) -> Feature:
    return {"type": "Feature", "properties": tags, "geometry": {"type": form, "coordinates": coordinates}}


def _places(points: Floats) -> list[list[float]]:
    lng, lat = lng_lat(points[:, 0], points[:, 1])
    digits = _FINE if np.abs(points).max() < NEAR_M / 2 else _PLAIN
    return [[round(float(a), digits), round(float(b), digits)] for a, b in zip(lng, lat, strict=True)]


def _area(rings: Rings, **tags: str) -> Feature:
    """Outlines anticlockwise, holes clockwise, as RFC 7946 has them."""
    return _feature("Polygon", [_places(ring) for ring in turned(rings)], tags)


def _line(way: Way) -> Feature:
    return _feature("LineString", _places(simpler(way.points, 0.4)), way.tags)


def _name_of_wood(rings: Rings) -> dict[str, str]:
    return next(({"name": name} for name, x, y in _WOODS if _inside(rings[0], x, y)), {})


def _inside(ring: Floats, x: float, y: float) -> bool:
    (ax, ay), (bx, by) = ring[:-1].T, ring[1:].T
    across = (ay > y) != (by > y)
    level = np.where(by == ay, 1.0, by - ay)
    return bool(np.sum(across & (ax + (y - ay) / level * (bx - ax) > x)) % 2)


def _box(x: float, y: float, half_length: float, half_width: float, turn: float) -> Rings:
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)], np.float64) * (half_length, half_width)
    cos, sin = np.cos(turn), np.sin(turn)
    return (signs @ np.array([(cos, sin), (-sin, cos)]) + (x, y),)


def _houses(houses: list[House]) -> list[Feature]:
    """The filmed houses; one is the church, one the inn, one the hall."""
    tags = [{"building": "house"} for _ in houses]
    tags[_CHURCH] = {"building": "church", "historic": "church", "name": "St Aidan's"}
    tags[_INN] = {"building": "yes", "amenity": "pub", "name": "The Packhorse"}
    tags[_HALL] = {"building": "yes", "amenity": "community_centre", "name": "Skelby Hall"}
    return [_area(_box(*house), **own) for house, own in zip(houses, tags, strict=True)]


def _village(loop: Loop, houses: list[House]) -> list[Feature]:
    """The ground of the village, the green at which the walk begins, and the car park beside it."""
    spots = np.array([house[:2] for house in houses])
    middle = spots.mean(axis=0)
    bearing = np.linspace(0, 2 * np.pi, 25)
    ahead = np.stack([np.sin(bearing), np.cos(bearing)])
    reach = 42 + ((spots - middle) @ ahead).max(axis=0)
    around = middle + ahead.T * reach[:, None]
    x, y = float(loop.x[0]) + 10, float(loop.y[0]) - 6
    green = np.stack([x + 68 * ahead[0], y + (40 + 6 * np.sin(2 * bearing + 1)) * ahead[1]], axis=1)
    return [
        _area((around,), landuse="residential", name="Skelby"),
        _area((green,), leisure="park", name="Skelby Green"),
        _area(_box(x + 30, y - 76, 24, 13, -0.1), amenity="parking", name="Skelby Green car park"),
    ]


def _hamlet(place: Place, ways: list[Way]) -> list[Feature]:
    """Houses at both sides of the lane on which the hamlet lies, none on another way."""
    lanes = [way.points for way in ways if way.tags["highway"] not in ON_FOOT]
    lane = min(lanes, key=lambda points: float(np.hypot(*(points - (place.x, place.y)).T).min()))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(lane, axis=0).T))])
    here = float(along[np.hypot(*(lane - (place.x, place.y)).T).argmin()])
    kept_free = np.concatenate([way.points for way in ways])
    found = []
    for number in range(place.houses):
        at = here + (number - place.houses / 2) * 23.0
        (x, fx), (y, fy) = (np.interp([at, at + 4], along, lane[:, axis]) for axis in (0, 1))
        turn = float(np.arctan2(fy - y, fx - x))
        aside = (17.0 + number * 7 % 5) * (1 if number % 2 else -1)
        east, north = float(x - np.sin(turn) * aside), float(y + np.cos(turn) * aside)
        if np.hypot(*(kept_free - (east, north)).T).min() > 15:
            found.append(_area(_box(east, north, 7.0 + number * 5 % 4, 4.5, turn), building="house"))
    return found


def _named(place: Place, ground: Ground) -> Feature:
    tags = dict(place.tags) | {"name": place.name}
    if tags.get("natural") == "peak":
        tags["ele"] = str(round(_height(ground, place.x, place.y)))
    return _feature("Point", _places(np.array([(place.x, place.y)]))[0], tags)


def _height(ground: Ground, x: float, y: float) -> float:
    if max(abs(x), abs(y)) < NEAR_M / 2:
        return float(ground.height(np.array([x]), np.array([y]))[0])
    cell = FAR_M / FAR_CELLS
    return float(ground.far[int((FAR_M / 2 - y) / cell), int((x + FAR_M / 2) / cell)])
