"""Roughly where in the world a route is: enough to choose miles or kilometres, and to speak of Welsh.

The outlines are drawn by hand to a few kilometres. They only lead to a suggestion that a person reads.
"""

from __future__ import annotations

Place = tuple[float, float]  # lng, lat

_WALES: tuple[Place, ...] = (
    (-3.32, 53.37), (-3.05, 53.25), (-2.93, 53.18), (-2.99, 53.12), (-2.87, 53.07), (-2.88, 52.99), (-2.73, 52.98),
    (-2.74, 52.92), (-3.0, 52.95), (-3.12, 52.91), (-3.15, 52.86), (-3.1, 52.78), (-3.0, 52.77), (-2.98, 52.71),
    (-3.1, 52.62), (-3.06, 52.52), (-3.2, 52.45), (-3.03, 52.34), (-2.97, 52.27), (-3.07, 52.2), (-3.12, 52.08),
    (-3.05, 51.97), (-2.95, 51.9), (-2.84, 51.92), (-2.66, 51.83), (-2.68, 51.72), (-2.66, 51.61), (-3.0, 51.5),
    (-3.12, 51.4), (-3.6, 51.35), (-4.4, 51.45), (-5.3, 51.6), (-5.8, 51.75), (-5.4, 52.05), (-4.6, 52.3),
    (-5.0, 52.75), (-4.9, 53.45), (-4.1, 53.5),
)  # fmt: skip
_NORTHERN_IRELAND: tuple[Place, ...] = (
    (-6.93, 55.3), (-7.3, 55.08), (-7.5, 54.75), (-7.9, 54.6), (-8.18, 54.46), (-7.75, 54.2), (-7.3, 54.12),
    (-7.0, 54.42), (-6.65, 54.06), (-6.2, 54.09), (-5.8, 53.95), (-5.3, 54.3), (-5.3, 54.75), (-5.6, 55.0),
    (-6.0, 55.4),
)  # fmt: skip


def in_wales(place: Place) -> bool:
    return _inside(place, _WALES)


def in_united_kingdom(place: Place) -> bool:
    """Britain, Northern Ireland and the islands, without the Republic of Ireland and the coast of France."""
    lng, lat = place
    if not (49.85 <= lat <= 61.0 and -8.7 <= lng <= 1.8):
        return False
    france = (lat < 50.5 and lng > -0.5) or (lat < 51.1 and lng > 1.42)
    ireland = lng < -5.4 and 51.3 < lat < 55.5 and not (lat > 55.25 and lng > -6.0)
    return not france and (not ireland or _inside(place, _NORTHERN_IRELAND))


def _inside(place: Place, ring: tuple[Place, ...]) -> bool:
    """Whether a ray from the place to the east leaves the ring an odd number of times."""
    lng, lat = place
    crossings = 0
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > lat) != (y2 > lat) and lng < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1
