"""The walk of the demo: a loop on invented ground, its places, and the two files that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from pipeline.demo.ground import Ground, lng_lat
from pipeline.geo import Floats

STEP_M = 12.0  # between two points of the GPX

PLACES = (  # share of the way round, name
    (0.0, "Skelby Green"),
    (0.115, "Packhorse Bridge"),
    (0.245, "Swallow Mere"),
    (0.465, "Raven Edge"),
    (0.555, "Kettle Mere"),
    (0.70, "Hagg Wood"),
    (0.80, "Lang Mere"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Loop:
    """The path on the ground, metres east and north, closed; `along_m` grows by equal steps."""

    x: Floats
    y: Floats
    along_m: Floats

    @property
    def length_m(self) -> float:
        return float(self.along_m[-1])

    def at(self, along_m: Floats) -> tuple[Floats, Floats]:
        """The places at these distances; beyond the end the loop goes round again."""
        where = np.mod(along_m, self.length_m)
        return np.interp(where, self.along_m, self.x), np.interp(where, self.along_m, self.y)


def make_loop() -> Loop:
    """Clockwise from the south, about five and a half kilometres."""
    turn = np.linspace(0, 2 * np.pi, 4001)
    bearing = np.pi + turn
    radius = 1.0 + 0.055 * np.sin(3 * turn + 0.8) + 0.035 * np.sin(5 * turn + 2.1) + 0.016 * np.sin(11 * turn)
    x, y = 880 * radius * np.sin(bearing), 800 * radius * np.cos(bearing)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    along = np.linspace(0, way[-1], round(way[-1] / STEP_M) + 1)
    return Loop(x=np.interp(along, way, x), y=np.interp(along, way, y), along_m=along)


def gpx(loop: Loop, ground: Ground) -> str:
    """The planned track as GPX 1.1: heights, named places on the line, no times."""
    lng, lat = lng_lat(loop.x, loop.y)
    lng[-1], lat[-1] = lng[0], lat[0]
    height = ground.height(loop.x, loop.y)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="make-promo demo" xmlns="http://www.topografix.com/GPX/1/1">',
        "  <metadata><name>Three Meres circular</name><desc>Invented ground.</desc></metadata>",
    ]
    for share, name in PLACES:
        i = round(share * (len(lng) - 1))
        lines.append(
            f'  <wpt lat="{lat[i]:.6f}" lon="{lng[i]:.6f}"><ele>{height[i]:.1f}</ele><name>{escape(name)}</name></wpt>'
        )
    lines.append("  <trk><name>Three Meres circular</name><trkseg>")
    lines += [
        f'    <trkpt lat="{b:.6f}" lon="{a:.6f}"><ele>{h:.1f}</ele></trkpt>'
        for a, b, h in zip(lng, lat, height, strict=True)
    ]
    return "\n".join([*lines, "  </trkseg></trk>", "</gpx>", ""])


BRIEF = """\
# The demo of make-promo. Everything here is invented and made by the program itself: the valley, the walk and
# the flights over it. Change a line and run `make-promo route.yml` again: only what changed is made again.

title: Three Meres circular
summary: An easy three and a half miles round Skelby, past three meres and over Raven Edge.
route: route.gpx                       # a planned track with heights and named places

footage:                               # each clip has its DJI telemetry (.SRT) beside it
  - footage/DJI_0001.MP4               # up and away from Skelby Green
  - footage/DJI_0002.MP4               # the shore of Swallow Mere
  - footage/DJI_0003.MP4               # along Raven Edge
  - footage/DJI_0004.MP4               # Hagg Wood and Lang Mere

# skelby.geojson beside this file is a map of the invented valley; a map that lies beside the brief is found by itself.
# For a real walk, put an extract of OpenStreetMap there instead (.osm.pbf, .pmtiles or .geojson).
map: {source: auto, style: daylight, camera: tilt, inset: true, scene: true}

length: 32s

captions:                              # anchors: start, end, a time, a distance, or a waypoint of the GPX
  - {at: start, text: Three lakes and one easy afternoon}
  - {at: waypoint Swallow Mere, text: Swallow Mere. Look for sand martins in June}
  - {at: waypoint Raven Edge, text: Raven Edge has the best view of the valley}
  - {at: 2.4 mi, text: The last mile follows Hagg Wood to Lang Mere}

end_card:
  text: Find the route and plan your visit
  link: "https://www.example.gov.uk/walks/three-meres"

units: miles
brand: plain

platforms: [instagram-reel, instagram-feed-4x5, instagram-feed-1x1, youtube-short, youtube, x, bluesky]

post:
  text: Three lakes, one ridge and a gentle walk home. The Three Meres circular starts at Skelby Green.
  hashtags: [ThreeMeres, WalkSkelby]
  alt: Aerial views of a green valley with three lakes, and a map on which the walking route draws itself.
"""
