"""Decoded vector tiles → areas, lines and labels in world units, by the rules of their schema.

Everything is moved and measured for a whole layer at once. A shape that lies in the buffers of two tiles comes twice:
an area is kept by the tile in whose square its middle lies, because that one has all that the other has of it; lines
are cut to the square and joined; labels are kept once for each name and place.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import Area, Label, Line, LineKind, MapWish
from pipeline.maps.joining import cut, joined
from pipeline.maps.line_names import Course, named
from pipeline.maps.mvt import Feature, Layer, Shape
from pipeline.maps.schemas import Schema
from pipeline.maps.tile_set import Place
from pipeline.mercator import Bounds

Layers = Mapping[str, Layer]
Parts = tuple[tuple[Area, ...], tuple[Line, ...], tuple[Label, ...], tuple[str, ...]]

MOST_SHAPES = 300_000  # of one map
SEAM_UNITS = 4.0  # of 4096 across a tile: as far as two tiles disagree about where a line crosses their edge
_SMALLEST_PIXELS = 0.7  # an area whose box is smaller is left out
_LABELS_APART = 0.12  # of a tile: the same name of the same kind nearer than that is the same place
_Pending = tuple[LineKind, Floats, Feature]


def vector_parts(
    tiles: Iterable[tuple[Place, Layers]], loaded: Container[Place], schema: Schema, wish: MapWish, bounds: Bounds
) -> Parts:
    """Areas, lines, labels within the bounds, and notes. `tiles` are decoded one after another; `loaded` are all."""
    areas: list[Area] = []
    lines: list[Line] = []
    labels: list[Label] = []
    notes: tuple[str, ...] = ()
    size = 1.0
    for place, layers in tiles:
        size = place.size
        for name, layer in layers.items():
            if name in schema.areas:
                areas += _areas(place, layer, schema, bounds, wish.pixel * _SMALLEST_PIXELS, loaded)
            if name in schema.labels:
                labels += _labels(place, layer, schema, wish, bounds)
        lines += _tile_lines(place, layers, schema, wish, bounds)
        if len(areas) + len(lines) > MOST_SHAPES:
            notes = (f"The map has more than {MOST_SHAPES} shapes; the rest is left out.",)
            break
    whole = joined(lines, size, SEAM_UNITS / 4096 * size)
    return tuple(areas), tuple(whole), tuple(_once(labels, size * _LABELS_APART)), notes


def _areas(
    place: Place, layer: Layer, schema: Schema, bounds: Bounds, least: float, loaded: Container[Place]
) -> Iterator[Area]:
    rule = schema.areas[layer.name]
    points = _world(place, layer)
    for feature, (west, north, east, south) in _seen(layer, points, "polygon", bounds):
        kind = rule(feature.props)
        if kind is None or max(east - west, south - north) < least:
            continue
        if _at_home((west + east) / 2, (north + south) / 2, place, loaded):
            yield Area(kind=kind, rings=tuple(points[first:last] for first, last in feature.parts))


def _at_home(x: float, y: float, place: Place, loaded: Container[Place]) -> bool:
    """Whether a shape with this middle is this tile's to draw: it is, unless the neighbour there was read as well."""
    column, row = int(np.floor(x / place.size)), int(np.floor(y / place.size))
    if (column, row) == (place.column, place.row):
        return True
    return Place(zoom=place.zoom, column=column, row=row) not in loaded


def _labels(place: Place, layer: Layer, schema: Schema, wish: MapWish, bounds: Bounds) -> Iterator[Label]:
    rule = schema.labels[layer.name]
    points = _world(place, layer)
    shapes: tuple[Shape, ...] = ("point",) if layer.name in schema.lines else ("point", "line")
    for shape in shapes:
        for feature, _ in _seen(layer, points, shape, bounds):
            kind = rule(feature.props)
            name = schema.named(feature.props, wish.languages) if kind else ""
            if kind and name:
                first, last = max(feature.parts, key=lambda part: part[1] - part[0])
                x, y = points[(first + last) // 2].tolist()
                ele = schema.ele(feature.props) if kind == "peak" else None
                weight = schema.weight(feature.props) + 0.0  # no -0.0
                yield Label(kind=kind, name=name, x=x, y=y, weight=weight, ele_m=ele)


def _once(labels: list[Label], apart: float) -> list[Label]:
    """Of labels with the same kind and name that are near each other, the weightiest."""
    kept: dict[tuple[str, str], list[Label]] = {}
    for label in sorted(labels, key=lambda label: -label.weight):
        same = kept.setdefault((label.kind, label.name), [])
        if len(same) < 50 and all(max(abs(label.x - one.x), abs(label.y - one.y)) > apart for one in same):
            same.append(label)
    return [label for same in kept.values() for label in same]


def _tile_lines(place: Place, layers: Layers, schema: Schema, wish: MapWish, bounds: Bounds) -> Iterator[Line]:
    for name, layer in layers.items():
        if name not in schema.lines:
            continue
        shapes = list(_ways(place, layer, schema, name, bounds))
        namers = [layers[one] for one, other in schema.names_of.items() if other == name and one in layers]
        names = [course for namer in namers for course in _names(place, namer, schema, name, wish, bounds)]
        courses = [Course(kind=kind, points=points) for kind, points, _ in shapes]
        for (kind, points, feature), stretches in zip(shapes, named(courses, names, place.bounds), strict=True):
            own, number = schema.named(feature.props, wish.languages), schema.ref(feature.props)
            bridge, tunnel = schema.bridge(feature.props), schema.tunnel(feature.props)
            for first, last, word, ref in stretches:
                yield Line(
                    kind=kind,
                    points=points[first : last + 1],
                    name=own or word,
                    ref=number or ref,
                    bridge=bridge,
                    tunnel=tunnel,
                )


def _names(
    place: Place, layer: Layer, schema: Schema, named_layer: str, wish: MapWish, bounds: Bounds
) -> Iterator[Course]:
    for kind, points, feature in _ways(place, layer, schema, named_layer, bounds):
        name, ref = schema.named(feature.props, wish.languages), schema.ref(feature.props)
        if name or ref:
            yield Course(kind=kind, points=points, name=name, ref=ref)


def _ways(place: Place, layer: Layer, schema: Schema, rule_of: str, bounds: Bounds) -> Iterator[_Pending]:
    """The lines of a layer that mean something, cut to the tile's square."""
    rule = schema.lines[rule_of]
    points = _world(place, layer)
    square = place.bounds
    for feature, (west, north, east, south) in _seen(layer, points, "line", bounds):
        kind = rule(feature.props)
        if kind is None:
            continue
        whole = square.west <= west and east <= square.east and square.north <= north and south <= square.south
        for first, last in feature.parts:
            for piece in [points[first:last]] if whole else cut(points[first:last], square):
                yield kind, piece, feature


def _seen(
    layer: Layer, points: Floats, shape: Shape, bounds: Bounds
) -> Iterator[tuple[Feature, tuple[float, float, float, float]]]:
    """Features of one shape that reach into the bounds, each with its box (west, north, east, south)."""
    features = [feature for feature in layer.features if feature.shape == shape and feature.parts]
    if not features:
        return
    # Between one feature's first point and its last there are no others, so a layer's boxes are two reductions.
    edges = np.array([(feature.parts[0][0], feature.parts[-1][1]) for feature in features]).ravel()
    padded = np.concatenate([points, points[-1:]])
    least = np.minimum.reduceat(padded, edges, axis=0)[::2]
    most = np.maximum.reduceat(padded, edges, axis=0)[::2]
    inside = (least <= (bounds.east, bounds.south)).all(axis=1) & (most >= (bounds.west, bounds.north)).all(axis=1)
    boxes = np.concatenate([least, most], axis=1)
    for index in np.flatnonzero(inside).tolist():
        west, north, east, south = boxes[index].tolist()
        yield features[index], (west, north, east, south)


def _world(place: Place, layer: Layer) -> Floats:
    return (place.column, place.row) * np.full(2, place.size) + layer.points * (place.size / layer.extent)
