"""Small map files made up for tests: a town of a few streets with a river and a park, as GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LNG, LAT = -0.28, 51.57  # the middle of the walk of the system tests' workbench


def feature(kind: str, coordinates: Any, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def town(path: Path, *, lng: float = LNG, lat: float = LAT, reach: float = 0.03, **top: Any) -> Path:
    """Streets every 0.004°, a river, a park and a place, `reach` degrees to each side. `top`: more keys at the top
    level; an attribution is there unless it is taken away with None."""
    streets = []
    steps = [round(-reach + 0.004 * k, 6) for k in range(int(2 * reach / 0.004) + 1)]
    for k, step in enumerate(steps):
        across = [[lng - reach, lat + step], [lng + reach, lat + step]]
        along = [[lng + step, lat - reach], [lng + step, lat + reach]]
        streets.append(feature("LineString", across, highway="residential", name=f"East Street {k}"))
        streets.append(feature("LineString", along, highway="residential", name=f"North Street {k}"))
    river = [[lng - reach, lat - 0.001], [lng, lat + 0.001], [lng + reach, lat]]
    corner = [lng + 0.005, lat + 0.005]
    park = [corner, [corner[0] + 0.004, corner[1]], [corner[0] + 0.004, corner[1] + 0.004], corner]
    features = [
        *streets,
        feature("LineString", river, waterway="river", name="River Test"),
        feature("Polygon", [park], leisure="park", name="Test Park"),
        feature("Point", [lng, lat], place="town", name="Testham"),
    ]
    told = {"attribution": "© Testham Council", "licence": "OGL v3", **top}
    content = {"type": "FeatureCollection", "features": features, **{k: v for k, v in told.items() if v is not None}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
