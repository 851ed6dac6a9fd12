"""Time zones as offsets: which exist, how people write them, which one is likely at a place.

No zone database knows the zone of a point without a map of borders; the sun and a handful of lands that
depart from it are enough for what this is used for: choosing among offsets that fit equally well.
"""

from __future__ import annotations

from datetime import datetime

# Minutes east of UTC: every whole and half hour, and the three-quarter zones that exist.
OFFSETS = (*range(-720, 841, 30), 345, 525, 765, 825)
BROKEN_HOURS_IN_USE = {-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825}

# Lands whose clocks are far from the sun's: west, east, south, north in degrees, standard minutes.
ODD_LANDS = (
    (80.0, 88.2, 27.5, 30.5, 345),  # Nepal
    (68.0, 97.0, 5.5, 36.0, 330),  # India, Sri Lanka
    (44.0, 61.0, 25.0, 39.8, 210),  # Iran
    (61.0, 73.0, 29.4, 38.5, 270),  # Afghanistan
    (97.0, 99.5, 10.0, 28.0, 390),  # Myanmar, the east of it
    (129.0, 141.0, -38.5, -10.5, 570),  # central Australia
    (-59.5, -52.5, 46.5, 51.7, -210),  # Newfoundland
    (-6.2, 7.5, 36.0, 49.9, 60),  # Spain, France
    (2.5, 7.5, 49.9, 53.6, 60),  # Belgium, the Netherlands
)


def in_use(offset_min: int) -> bool:
    """Some land keeps this offset."""
    return offset_min % 60 == 0 or offset_min in BROKEN_HOURS_IN_USE


def likely_min(lng: float, lat: float, day: datetime) -> int:
    """The offset that place and season suggest, summer time included; a guess."""
    lng = (lng + 180.0) % 360.0 - 180.0
    lands = (zone for west, east, south, north, zone in ODD_LANDS if west <= lng <= east and south <= lat <= north)
    standard = next(lands, 60 * round(lng / 15.0))
    warm_north = 4 <= day.month <= 10
    asia = 44 <= lng < 129  # hardly a land there changes its clocks
    summer = (lat > 30 and warm_north and not asia) or (lat < -30 and not warm_north)
    return standard + 60 * summer


def zone_name(offset_min: int) -> str:
    """`UTC`, `UTC+1`, `UTC−3:30`."""
    if offset_min == 0:
        return "UTC"
    hours, minutes = divmod(abs(offset_min), 60)
    return f"UTC{'+' if offset_min > 0 else '−'}{hours}" + (f":{minutes:02d}" if minutes else "")
