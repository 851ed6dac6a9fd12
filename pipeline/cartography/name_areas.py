"""How large on the picture the parks, woods and lakes are that names stand for: a flower bed needs none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import AreaKind, Label, LabelKind, MapModel
from pipeline.mercator import MapView

OF: dict[LabelKind, frozenset[AreaKind]] = {
    "water": frozenset({"water", "wetland"}),
    "park": frozenset({"park", "grass"}),
    "wood": frozenset({"wood"}),
}


def extents(model: MapModel, view: MapView, labels: Sequence[Label]) -> Floats:
    """For each label the width of the largest area of its kind around it, as a square of the same box, in pixels; NaN
    where the source has names without areas, and for what is no area."""
    out = np.full(len(labels), np.nan)
    for kind, areas in OF.items():
        wanted = [i for i, label in enumerate(labels) if label.kind == kind]
        rings = [area.rings[0] for area in model.areas if area.kind in areas and area.rings and len(area.rings[0])]
        if not wanted or not rings:
            continue
        sizes = np.array([len(ring) for ring in rings])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        points = np.concatenate(rings)
        low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
        with np.errstate(invalid="ignore"):  # a ring may lead nowhere; then nothing lies in it
            wide = np.sqrt((high - low).prod(axis=1)) * view.scale
        for i in wanted:
            at = (labels[i].x, labels[i].y)
            around = (low <= at).all(axis=1) & (high >= at).all(axis=1)
            if around.any():
                out[i] = wide[around].max()
    return out
