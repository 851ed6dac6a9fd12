"""How wide each kind of line is drawn, and from which scale on: few things from afar, all of them nearby.

The scale is `fineness`: true metres that one design pixel covers (a frame of 1080 design pixels that shows 10 km has
9.3). Widths are design pixels. They suit a phone: the map is laid out as if it were 540 to 600 pixels wide.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.map_model import LineKind
from pipeline.mercator import MapView

STOPS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)  # metres per design pixel
WIDTHS: dict[LineKind, tuple[float, ...]] = {  # at the stops; 0: not drawn
    "motorway": (34, 23, 15, 10.4, 8.4, 6.8, 5.4, 4.2),
    "trunk": (32, 22, 14.5, 10, 7.8, 6.2, 4.8, 3.6),
    "primary": (30, 20, 13.6, 9.4, 7, 5.4, 4, 2.8),
    "secondary": (28, 18.5, 12.4, 8.4, 6, 4.2, 2.2, 0),
    "tertiary": (26, 17, 11.4, 7.4, 5, 3, 1.2, 0),
    "street": (24, 14.6, 9.4, 5.6, 3, 0.8, 0, 0),
    "service": (13, 8, 4.6, 2.4, 0, 0, 0, 0),
    "pedestrian": (22, 14, 9, 5.2, 2.2, 0, 0, 0),
    "track": (4.6, 4, 3.3, 2.8, 2.3, 1.5, 0, 0),
    "cycleway": (4.2, 3.6, 3, 2.5, 2, 0, 0, 0),
    "path": (3.8, 3.3, 2.8, 2.4, 2, 1.1, 0, 0),
    "steps": (9, 7, 5, 3.2, 1.6, 0, 0, 0),
    "rail": (6, 5.4, 4.6, 3.8, 3, 2.4, 1.9, 1.5),
    "tram": (4, 3.4, 2.8, 2.2, 1.4, 0, 0, 0),
    "river": (24, 16, 11, 8, 6, 4.6, 3.4, 2.4),
    "stream": (7, 5.6, 4.4, 3.4, 2.6, 1.8, 0.8, 0),
    "ferry": (3, 2.8, 2.4, 2.2, 2, 1.8, 1.6, 1.4),
    "boundary": (4, 4, 3.6, 3.2, 2.8, 2.6, 2.4, 2),
    "pier": (16, 11, 7.4, 4.6, 2.6, 1.4, 0, 0),
    "runway": (60, 46, 30, 18, 10, 5.6, 3.2, 0),
    "coast": (2.4, 2.4, 2.2, 2, 1.8, 1.6, 1.4, 1.2),
}
THINNEST = 0.4  # design pixels: what would be thinner is not drawn
FAINT = 1.6  # design pixels: a thinner line also pales, so that kinds come and go without a jump


def fineness(view: MapView) -> float:
    return view.metres_per_pixel * view.unit


def width(kind: LineKind, view: MapView) -> float:
    """Pixels of the picture; 0 where the kind is not drawn."""
    at = math.log2(fineness(view))
    found = float(np.interp(at, [math.log2(stop) for stop in STOPS], WIDTHS[kind]))
    return found * view.unit if found >= THINNEST else 0.0


def strength(width: float, view: MapView) -> float:
    """The opacity, 0 to 1, of a line of so many pixels."""
    return min(1.0, width / (FAINT * view.unit))


def between(view: MapView, near: float, far: float) -> float:
    """1 up to a fineness of `near`, 0 from `far` on, smooth in the octaves between."""
    share = (math.log2(far) - math.log2(fineness(view))) / (math.log2(far) - math.log2(near))
    return min(1.0, max(0.0, share))
