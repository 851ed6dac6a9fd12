"""The becks, lanes and paths of the invented valley, and the places along them: tables of anchors in metres.

A way winds smoothly through its anchors. A path whose end comes near the walk ends on it, and whatever crosses a beck
does so on a bridge. Houses stand only where the films show them; hamlets lie beyond the square that is filmed closely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.demo.walk import Loop
from pipeline.geo import Floats

STEP_M = 13.0  # between two points of a winding way
ON_THE_WALK_M = 60.0  # an end this near to the walk is on it
BRIDGE_M = 9.0  # of way at each side of a beck

ON_FOOT = ("track", "bridleway", "path")

Anchors = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """`points` (n, 2) metres east and north; `tags` as OpenStreetMap writes them."""

    tags: dict[str, str]
    points: Floats


@dataclass(frozen=True, kw_only=True)
class Place:
    """A name at a point. `houses`: how many stand along the lane there."""

    name: str
    x: float
    y: float
    tags: tuple[tuple[str, str], ...]
    houses: int = 0


# Name, how far it swings aside (m), anchors. A beck that meets a mere begins or ends inside it.
BECKS: tuple[tuple[str, float, Anchors], ...] = (
    ("Skelby Beck", 7, ((-560, 95), (-600, -70), (-645, -260), (-610, -460), (-559, -624), (-580, -770),
                        (-520, -930), (-380, -1090), (-150, -1240), (60, -1480), (180, -1800), (330, -2150),
                        (560, -2600), (900, -3150), (1350, -3700), (1500, -4200), (1270, -4700), (1170, -5300),
                        (1330, -5800), (1250, -6144))),
    ("Kettle Beck", 6, ((325, 380), (290, 240), (330, 60), (400, -110), (490, -250))),
    ("Lang Beck", 5, ((268, -630), (250, -760), (160, -960), (125, -1200), (60, -1480))),
    ("Raven Gill", 9, ((-2150, 2060), (-1500, 1620), (-900, 1270), (-520, 1010), (-440, 800), (-415, 640),
                       (-430, 470))),
    ("Keld Gill", 9, ((2000, 2500), (1650, 2000), (1400, 1500), (950, 1230), (620, 900), (460, 660), (430, 500))),
    ("Hagg Beck", 8, ((2900, -900), (2200, -520), (1600, -600), (1180, -500), (900, -520), (640, -470), (440, -430))),
    ("Stone Beck", 9, ((-3000, -420), (-2400, -720), (-1750, -960), (-1250, -1240), (-760, -1350), (-380, -1400),
                       (-120, -1400), (60, -1480))),
    ("Nether Gill", 9, ((2700, -2900), (2200, -2350), (1700, -2330), (1100, -2480), (560, -2600))),
    ("Long Gill", 9, ((3300, -4350), (2700, -4650), (2050, -4560), (1500, -4780), (1240, -4780))),
    ("West Gill", 9, ((-1700, -3700), (-900, -3950), (-100, -3780), (600, -3960), (1380, -3740))),
    ("Far Gill", 9, ((-3700, 2400), (-4100, 1700), (-4300, 800), (-4700, -200), (-4800, -1300), (-4500, -2400),
                     (-4600, -3600), (-5100, -4700), (-5200, -6144))),
    ("East Gill", 9, ((3900, 3100), (4300, 2200), (4250, 1100), (4500, 100), (4400, -1000), (4700, -2100),
                      (4600, -3300), (5000, -4500), (4900, -6144))),
    ("Ling Sike", 7, ((-2350, 760), (-1850, 690), (-1420, 560), (-1060, 480), (-820, 380), (-560, 330))),
    ("Cold Beck", 9, ((300, 2300), (-250, 2620), (-800, 3050), (-1250, 3600), (-1440, 4352))),
)  # fmt: skip

# Kind, name, how far it swings aside (m), anchors.
WAYS: tuple[tuple[str, str, float, Anchors], ...] = (
    ("secondary", "Dale Road", 3, ((1060, -6144), (1020, -5800), (800, -5250), (880, -4700), (1130, -4200),
                                   (980, -3700), (640, -3080), (360, -2600), (160, -2200), (30, -1850), (-80, -1600),
                                   (-160, -1400), (-190, -1220), (-240, -1040), (-330, -930), (-405, -868),
                                   (-500, -825), (-590, -755), (-710, -650), (-890, -595), (-1200, -650),
                                   (-1600, -800), (-2150, -1000), (-2900, -1150), (-4200, -1400), (-5504, -1650))),
    ("tertiary", "Keld Lane", 5, ((160, -2200), (560, -2130), (1100, -1900), (1600, -1380), (1840, -700), (1910, -100),
                                  (1830, 380), (1640, 1100), (1290, 1690), (860, 2300), (740, 3000), (300, 3500),
                                  (100, 4352))),
    ("unclassified", "Raven Lane", 5, ((-2150, -1000), (-2060, -300), (-1960, 500), (-1820, 1140), (-1560, 2000),
                                       (-1400, 2800), (-1300, 3500), (-1180, 4352))),
    ("residential", "Church Lane", 0, ((-405, -868), (-400, -800), (-386, -746), (-380, -698), (-367, -664),
                                       (-345, -630), (-335, -600))),
    ("residential", "Beck Lane", 0, ((-394, -772), (-438, -761), (-495, -778), (-540, -797))),
    ("residential", "Green Lane", 0, ((-400, -800), (-347, -802), (-290, -846), (-190, -896), (-80, -915),
                                      (20, -920))),
    ("track", "Nab Lane", 4, ((20, -920), (150, -1030), (330, -1090), (620, -1060), (950, -960), (1350, -960),
                              (1700, -1190))),
    ("track", "Keld Rake", 5, ((1290, 1690), (1120, 1350), (880, 1080), (640, 800), (545, 680))),
    ("track", "Hagg Lane", 4, ((1830, 380), (1400, 240), (1150, 130), (945, 40))),
    ("track", "Ling Lane", 5, ((-1960, 500), (-1560, 640), (-1200, 620), (-960, 460), (-780, 330))),
    ("track", "Mickle Lane", 4, ((-335, -600), (-300, -480), (-250, -350))),
    ("path", "Mickle Path", 6, ((-250, -350), (-170, -180), (-60, 60), (30, 300), (95, 560), (105, 735))),
    ("path", "Nab Path", 5, ((198, -795), (130, -600), (60, -380), (-170, -180))),
    ("path", "Raven Path", 9, ((-240, 760), (-270, 1000), (-340, 1350), (-560, 1800), (-1060, 2200), (-1560, 2000))),
    ("bridleway", "Stone Rake", 9, ((-850, -130), (-1260, -190), (-1640, -330), (-2060, -300))),
    ("path", "Hagg Path", 7, ((880, -160), (1250, -150), (1580, -230), (1890, -330))),
    ("path", "Swallow Path", 5, ((-715, 480), (-640, 560), (-490, 610), (-350, 560), (-290, 380), (-340, 180),
                                 (-450, 60), (-600, 0), (-850, -60))),
    ("bridleway", "Fell Gate", 9, ((1910, -100), (2300, 120), (2700, 60), (3300, 300), (4200, 420), (5504, 700))),
    ("path", "Keld Edge", 9, ((860, 2300), (300, 2080), (-200, 2050), (-700, 1900))),
    ("bridleway", "Stone Lane", 7, ((-2150, -1000), (-2350, -1500), (-2300, -2100), (-2700, -2900), (-2800, -4200),
                                    (-2560, -5200), (-2700, -6144))),
    ("path", "Nether Path", 7, ((160, -2200), (-300, -2050), (-900, -1900), (-1500, -1750), (-2310, -1800))),
    ("tertiary", "Birk Lane", 5, ((880, -4700), (300, -4800), (-500, -5050), (-1400, -4900), (-2700, -4700),
                                  (-4200, -4900), (-5504, -4600))),
    ("path", "Gill Path", 7, ((-1500, -1750), (-1480, -2500), (-1150, -3300), (-900, -3950), (-500, -5050))),
    ("track", "Long Rake", 7, ((880, -4700), (1500, -4980), (2300, -4850), (3100, -5200), (5504, -4700))),
    ("track", "", 5, ((1700, -1190), (2200, -1500), (2700, -1450), (3300, -1900), (4200, -2000), (5504, -1800))),
)  # fmt: skip

_HAMLET = (("place", "hamlet"),)
_PEAK = (("natural", "peak"),)
_VIEW = (("tourism", "viewpoint"),)
PLACES: tuple[Place, ...] = (
    Place(name="Skelby", x=-215, y=-690, tags=(("place", "village"), ("population", "140"))),
    Place(name="Nether Skelby", x=120, y=-2140, tags=_HAMLET, houses=9),
    Place(name="Stonerigg", x=-2170, y=-990, tags=_HAMLET, houses=7),
    Place(name="Keldhead", x=1290, y=1690, tags=_HAMLET, houses=6),
    Place(name="High Birk", x=1820, y=420, tags=_HAMLET, houses=5),
    Place(name="Ravengill", x=-1830, y=1100, tags=_HAMLET, houses=4),
    Place(name="Dale Head", x=800, y=-5250, tags=_HAMLET, houses=5),
    Place(name="Birk Gate", x=-1400, y=-4900, tags=_HAMLET, houses=4),
    Place(name="Raven Edge", x=-250, y=830, tags=_PEAK),
    Place(name="Skelby Fell", x=-2016, y=2592, tags=_PEAK),
    Place(name="Three Meres View", x=-560, y=1790, tags=_VIEW),
)


def becks() -> list[Way]:
    return [
        Way(tags={"waterway": "stream", "name": name}, points=winding(anchors, swing)) for name, swing, anchors in BECKS
    ]


def lanes_and_paths(loop: Loop) -> list[Way]:
    """All ways for wheels and feet in whole pieces, the walk first."""
    walk = np.stack([loop.x, loop.y], axis=1)
    found = [Way(tags={"highway": "path", "name": "Three Meres Way", "foot": "designated"}, points=walk)]
    for kind, name, swing, anchors in WAYS:
        points = winding(anchors, swing)
        for end in (0, -1) if kind in ON_FOOT else ():
            away = np.hypot(*(walk - points[end]).T)
            if away.min() < ON_THE_WALK_M:
                points[end] = walk[away.argmin()]
                points = _reaching(points, end)
        found.append(Way(tags={"highway": kind} | ({"name": name} if name else {}), points=points))
    return found


def _reaching(points: Floats, end: int) -> Floats:
    """Without the points right before an end that was moved: they may lie beyond it."""
    far = np.hypot(*(points - points[end]).T) > STEP_M
    far[[0, -1]] = True
    return np.asarray(points[far], np.float64)


def winding(anchors: Anchors, swing_m: float) -> Floats:
    """A smooth line through the anchors (Catmull and Rom's), swinging aside between them as water and feet do."""
    a = np.array(anchors, np.float64)
    a = np.concatenate([[2 * a[0] - a[1]], a, [2 * a[-1] - a[-2]]])
    pieces = []
    for k in range(1, len(a) - 2):
        before, here, there, after = a[k - 1 : k + 3]
        far = float(np.hypot(*(there - here)))
        t = np.linspace(0, 1, max(2, round(far / STEP_M) + 1))[:-1, None]
        line = here + 0.5 * t * (
            there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
        )
        aside = np.array([here[1] - there[1], there[0] - here[0]]) / far
        way = np.sin(np.pi * t) * np.sin(far / 47 * t * np.pi + k * 2.4) * swing_m
        pieces.append(line + aside * way)
    return np.concatenate([*pieces, a[-2:-1]])


def bridged(way: Way, over: list[Way]) -> list[Way]:
    """The way in pieces, those across a beck tagged as bridges."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way.points, axis=0).T))])
    cuts = [span for beck in over for span in _crossings(way.points, along, beck.points)]
    pieces, last = [], 0.0
    for at in sorted(cuts):
        start, end = max(last, at - BRIDGE_M), min(along[-1], at + BRIDGE_M)
        if start >= end:
            continue
        pieces += [_piece(way, along, last, start)] if start > last else []
        pieces.append(replace(_piece(way, along, start, end), tags=way.tags | {"bridge": "yes", "layer": "1"}))
        last = end
    return [*pieces, _piece(way, along, last, float(along[-1]))] if last < along[-1] else pieces


def _piece(way: Way, along: Floats, start: float, end: float) -> Way:
    inside = along[(along > start + 0.5) & (along < end - 0.5)]
    where = np.concatenate([[start], inside, [end]])
    points = [np.interp(where, along, way.points[:, axis]) for axis in (0, 1)]
    return replace(way, points=np.stack(points, axis=1))


def _crossings(points: Floats, along: Floats, beck: Floats) -> list[float]:
    """Metres along `points` at which it crosses the beck."""
    low, high = beck.min(axis=0), beck.max(axis=0)
    if (points.min(axis=0) > high).any() or (points.max(axis=0) < low).any():
        return []
    p, r = points[:-1, None], np.diff(points, axis=0)[:, None]
    q, s = beck[None, :-1], np.diff(beck, axis=0)[None]
    turned = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    turned = np.where(np.abs(turned) < 1e-9, np.inf, turned)
    gap = q - p
    t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / turned
    u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / turned
    segments, others = np.nonzero((t >= 0) & (t < 1) & (u >= 0) & (u < 1))
    return [float(along[i] + t[i, j] * (along[i + 1] - along[i])) for i, j in zip(segments, others, strict=True)]
