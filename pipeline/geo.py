"""Places on the globe: distances in metres, a flat picture of a small area. Always `lng, lat`, in degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8


def distances_m(lng: Floats, lat: Floats) -> Floats:
    """Great-circle metres from each point to the next: n points → n - 1 lengths (haversine)."""
    phi, lam = np.radians(lat), np.radians(lng)
    h = np.sin(np.diff(phi) / 2) ** 2 + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0, 1))), np.float64)


def unwrapped(lng: Floats) -> Floats:
    """Longitudes without the jump at 180°, so that a line across it stays short (values may leave ±180)."""
    if len(lng) == 0:
        return lng
    steps = np.diff(lng)
    turns = np.cumsum(np.round(-steps / 360.0))
    return np.concatenate([lng[:1], lng[1:] + turns * 360.0])


def flat(lng: Floats, lat: Floats, origin: tuple[float, float]) -> Floats:
    """Local metres east and north of `origin` (lng, lat): shape (n, 2). Good to 0.1 % over 50 km."""
    lng0, lat0 = origin
    near = np.mod(np.asarray(lng) - lng0 + 180.0, 360.0) - 180.0
    east = np.radians(near) * EARTH_RADIUS_M * np.cos(np.radians(lat0))
    north = np.radians(np.asarray(lat) - lat0) * EARTH_RADIUS_M
    return np.stack([east, north], axis=-1)
