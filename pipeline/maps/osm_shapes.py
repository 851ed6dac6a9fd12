"""Shapes with a kind, in degrees, as the doors for OpenStreetMap data and GeoJSON find them → pieces of the map model.

A country's extract has far more shapes than the picture shows, so they come as a stream and are put into the world,
compared with the wished box and thinned in batches of many points; only what is seen is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import (
    ROAD_KINDS,
    Area,
    AreaKind,
    Label,
    LabelKind,
    Line,
    LineKind,
    MapCredit,
    MapModel,
    MapWish,
)  # fmt: skip
from pipeline.maps.coast import Sea, sea
from pipeline.maps.osm_clip import cut_line, cut_ring
from pipeline.maps.osm_names import label_of
from pipeline.mercator import Bounds, world

_BATCH_POINTS = 200_000
_MARGIN = 0.05  # of the wished box
_ROADS = frozenset(ROAD_KINDS)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Shape:
    """`parts` (n, 2) in degrees lng, lat: closed rings (first point again at the end) of an area, else a line, or the
    single point of a label. `tags`: what a label is weighed by."""

    parts: tuple[Floats, ...]
    area: AreaKind | None = None
    line: LineKind | None = None
    label: LabelKind | None = None
    name: str = ""
    ref: str = ""
    bridge: bool = False
    tunnel: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Found:
    """What has been kept so far; grows batch by batch. `coasts`: whole shores, uncut. `firsts`: the first point of
    each shape, seen or not. `dry`: points on land."""

    areas: list[Area] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    coasts: list[Floats] = field(default_factory=list)
    firsts: list[Floats] = field(default_factory=list)
    dry: list[Floats] = field(default_factory=list)

    @property
    def extent(self) -> Bounds | None:
        """Where the data lies, by the middle 98 % of its shapes: single ways reach far beyond an extract's edge."""
        if not self.firsts:
            return None
        points = np.concatenate(self.firsts)
        (west, north), (east, south) = np.quantile(points, [0.01, 0.99], axis=0)
        return Bounds(west=float(west), north=float(north), east=float(east), south=float(south))


def wide(wish: MapWish) -> Bounds:
    """The wished box and a little around it, so that wide lines and names at its edge are whole."""
    return wish.bounds.grown(_MARGIN * max(wish.bounds.width, wish.bounds.height))


def modelled(
    found: Found, said: Bounds | None, wish: MapWish, credit: MapCredit, lost: Counter[str], *, with_sea: bool = True
) -> MapModel:
    """The map model of what was found, with the sea beside its coasts; `said`: where the file says it has data."""
    bounds = said or found.extent
    if bounds is None:
        return MapModel(bounds=wish.bounds, credits=(credit,))
    box = wide(wish)
    dry = np.concatenate(found.dry) if found.dry else None
    water = sea(found.coasts, box, bounds, dry) if with_sea and bounds.overlaps(box) else Sea()
    if said and found.extent:
        # Complete ways reach beyond the box that the file names: the map need not end before they do.
        bounds = said.joined(found.extent)
    return MapModel(
        bounds=bounds,
        credits=(credit,),
        areas=(*water.areas, *found.areas),
        lines=tuple(found.lines),
        labels=tuple(found.labels),
        notes=(*water.notes, *(f"{what}: {count}." for what, count in sorted(lost.items()))),
    )


def placed(shapes: Iterable[Shape], box: Bounds, pixel: float) -> Found:
    """All shapes that the box shows, cut to it; detail finer than half a `pixel` (world units) is left out."""
    found = Found()
    for batch in _batches(shapes):
        _place(batch, box, pixel, found)
    found.labels = _once(found.labels)
    return found


def _batches(shapes: Iterable[Shape]) -> Iterator[list[Shape]]:
    batch: list[Shape] = []
    points = 0
    for shape in shapes:
        batch.append(shape)
        points += sum(map(len, shape.parts))
        if points > _BATCH_POINTS:
            yield batch
            batch, points = [], 0
    if batch:
        yield batch


def _place(batch: list[Shape], box: Bounds, pixel: float, found: Found) -> None:
    """A batch into world units next to the box, then each shape that the box shows into the model."""
    per_shape = np.array([len(shape.parts) for shape in batch])
    sizes = np.array([len(part) for shape in batch for part in shape.parts])
    points = np.concatenate([part for shape in batch for part in shape.parts])
    points = world(points[:, 0], points[:, 1])
    heads = np.concatenate([[0], per_shape.cumsum()[:-1]])  # the first part of each shape
    _unwrap(points, sizes)
    low, high = _extremes(points, sizes)
    turns: Floats = np.round(box.middle[0] - (low[heads, 0] + high[heads, 0]) / 2)
    part_turns = np.repeat(turns, per_shape)
    points[:, 0] += np.repeat(part_turns, sizes)
    low[:, 0] += part_turns
    high[:, 0] += part_turns
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    found.firsts.append(points[starts[heads]])
    low, high = np.minimum.reduceat(low, heads), np.maximum.reduceat(high, heads)
    corner, opposite = np.array([box.west, box.north]), np.array([box.east, box.south])
    seen: NDArray[np.bool_] = np.logical_and.reduce((low < opposite) & (high > corner), axis=1)
    whole: NDArray[np.bool_] = np.logical_and.reduce((low >= corner) & (high <= opposite), axis=1)
    tiny: NDArray[np.bool_] = np.logical_and.reduce((high - low) < pixel, axis=1)
    thin, sizes = _thinned(points, sizes, pixel / 2)
    ends = sizes.cumsum()
    shores = np.array([shape.line == "coast" for shape in batch])
    for index in np.flatnonzero(seen | shores).tolist():
        shape, head = batch[index], int(heads[index])
        spans = range(head, head + int(per_shape[index]))
        parts = [thin[ends[part] - sizes[part] : ends[part]].copy() for part in spans]
        if shape.line == "coast":
            found.coasts += parts
        if seen[index] and not (tiny[index] and shape.area and not shape.label):
            _keep(shape, parts, box if not whole[index] else None, found)


def _unwrap(points: Floats, sizes: NDArray[np.int_]) -> None:
    """Parts that jump from 180° E to 180° W go on beyond the edge of the world instead (in place)."""
    jumps = np.round(-np.diff(points[:, 0], prepend=points[:1, 0]))
    jumps[np.concatenate([[0], sizes.cumsum()[:-1]])] = 0  # from one part to the next there is no line
    if jumps.any():
        turns = jumps.cumsum()
        firsts = np.concatenate([[0], sizes.cumsum()[:-1]])
        points[:, 0] += turns - np.repeat(turns[firsts], sizes)


def _extremes(points: Floats, sizes: NDArray[np.int_]) -> tuple[Floats, Floats]:
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    return np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)


def _thinned(points: Floats, sizes: NDArray[np.int_], fine: float) -> tuple[Floats, NDArray[np.int_]]:
    """Without points that fall into the same cell of a grid as the one before; ends stay."""
    if fine <= 0:
        return points, sizes
    cells = np.floor(points / fine)
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    kept = np.ones(len(points), bool)
    kept[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    kept[starts] = True
    kept[starts + sizes - 1] = True
    return points[kept], np.add.reduceat(kept.astype(np.int_), starts)


def _keep(shape: Shape, parts: list[Floats], box: Bounds | None, found: Found) -> None:
    """A shape the box shows, into the model; `box`: where it must be cut, None when it lies inside."""
    if shape.line:
        _keep_line(shape, shape.line, parts, box, found)
    rings = [part[:-1] for part in parts if len(part) > 3] if shape.area or (shape.label and not shape.line) else []
    cut = [ring for ring in (cut_ring(ring, box) for ring in rings) if len(ring) > 2] if box is not None else rings
    if shape.area and cut:
        found.areas.append(Area(kind=shape.area, rings=tuple(cut)))
        if shape.area == "building":
            found.dry.append(cut[0][:1])
    if shape.label and shape.name:
        label = label_of(shape.label, shape.name, shape.tags, parts, cut)
        if label is not None:
            found.labels.append(label)


def _keep_line(shape: Shape, kind: LineKind, parts: list[Floats], box: Bounds | None, found: Found) -> None:
    pieces = parts if box is None else [piece for part in parts for piece in cut_line(part, box)]
    facts = {"name": shape.name, "ref": shape.ref}
    for piece in pieces:
        if len(piece) < 2:
            continue
        found.lines.append(Line(kind=kind, points=piece, bridge=shape.bridge, tunnel=shape.tunnel, **facts))
        if kind in _ROADS and not shape.bridge and not shape.tunnel:
            found.dry.append(piece[len(piece) // 2][None])


def _once(labels: list[Label]) -> list[Label]:
    """A thing that is in the data twice (a station as point and as building) is named once, where it weighs most."""
    near = 1.5e-5  # world units, some 400 m in middle latitudes
    kept: dict[tuple[str, str], list[Label]] = {}
    for label in sorted(labels, key=lambda one: -one.weight):
        others = kept.setdefault((label.kind, label.name), [])
        if all(abs(label.x - other.x) > near or abs(label.y - other.y) > near for other in others):
            others.append(label)
    left = {id(label) for others in kept.values() for label in others}
    return [label for label in labels if id(label) in left]
