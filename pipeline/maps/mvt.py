"""Mapbox Vector Tiles, decoded: the bytes of one tile → layers of features, in tile units.

A tile is a protobuf of few kinds of message, so this reads it without a protobuf library. Features are walked one by
one; numbers (tags, geometry) are decoded for a whole layer at once. Every count is checked against the bytes that
would have to be there, so a small tile cannot claim many points.
"""

from __future__ import annotations

import struct
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.geo import Floats
from pipeline.maps.packed import PackedError, unzipped
from pipeline.maps.wire import BROKEN, Ints, TileError, fields, packed

Value = str | float | int | bool
Shape = Literal["point", "line", "polygon"]

MOST_ENTRIES = 150_000  # features, keys and values of a layer; dense tiles have some ten thousand
MOST_WITHIN = 64  # fields of a feature or a value; they have four, and one
MOST_LAYERS = 200
MOST_EXTENT = 1 << 20
_SHAPES: dict[int, Shape] = {1: "point", 2: "line", 3: "polygon"}
_MOVE, _LINE, _CLOSE = 1, 2, 7

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Feature:
    """`parts`: where its lines or rings, or all its points, stand in the layer's `points`, as half-open spans."""

    shape: Shape
    parts: tuple[_Span, ...]
    props: dict[str, Value]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """`points` (n, 2) in tile units: 0 … extent across the tile, y downwards, a little beyond in the buffer."""

    name: str
    extent: int
    points: Floats
    features: tuple[Feature, ...]


def decode(data: bytes, wanted: Container[str] | None = None) -> dict[str, Layer]:
    """The layers of a tile by name (all, or the `wanted`); gzipped or plain. Raises TileError."""
    try:
        data = unzipped(data)
        spans = [
            (low, high)
            for field, wire, low, high in fields(data, 0, len(data), MOST_LAYERS)
            if field == 3 and wire == 2
        ]
        layers: dict[str, Layer] = {}
        for start, end in spans:
            layer = _layer(data, start, end, wanted)
            if layer is not None:
                layers.setdefault(layer.name, layer)
    except PackedError as error:
        raise TileError(str(error)) from None
    except (IndexError, struct.error):
        raise TileError(BROKEN) from None
    return layers


def layer_names(data: bytes) -> tuple[str, ...]:
    """The names of the layers, and nothing else read. Raises TileError."""
    seen: list[str] = []

    class Noted:
        def __contains__(self, name: object) -> bool:
            seen.append(str(name))
            return False

    decode(data, Noted())
    return tuple(seen)


def _layer(data: bytes, start: int, end: int, wanted: Container[str] | None) -> Layer | None:
    name, extent = "", 4096
    features: list[_Span] = []
    keys: list[str] = []
    values: list[Value] = []
    for field, wire, low, high in fields(data, start, end, MOST_ENTRIES):
        if field == 2 and wire == 2:
            features.append((low, high))
        elif field == 3 and wire == 2:
            keys.append(data[low:high].decode("utf-8", "replace"))
        elif field == 4 and wire == 2:
            values.append(_value(data, low, high))
        elif field == 1 and wire == 2:
            name = data[low:high].decode("utf-8", "replace")
        elif field == 5 and wire == 0:
            extent = low
    if wanted is not None and name not in wanted:
        return None
    if not 0 < extent <= MOST_EXTENT:
        raise TileError(f"has a layer with an extent of {extent}")
    return _assembled(data, name, extent, features, keys, values)


def _assembled(data: bytes, name: str, extent: int, spans: list[_Span], keys: list[str], values: list[Value]) -> Layer:
    shapes: list[Shape] = []
    tags: list[bytes] = []
    geometry: list[bytes] = []
    for start, end in spans:
        shape, tag_bytes, geometry_bytes = _feature(data, start, end)
        if shape is not None:  # an unknown geometry is left out
            shapes.append(shape)
            tags.append(tag_bytes)
            geometry.append(geometry_bytes)
    tag_numbers, tag_ends = packed(tags)
    props = _properties(tag_numbers.tolist(), tag_ends, keys, values)
    points, parts = _shaped(shapes, *packed(geometry))
    features = tuple(Feature(*each) for each in zip(shapes, parts, props, strict=True))
    return Layer(name=name, extent=extent, points=points, features=features)


def _feature(data: bytes, start: int, end: int) -> tuple[Shape | None, bytes, bytes]:
    shape: Shape | None = None
    tags = geometry = b""
    for field, wire, low, high in fields(data, start, end, MOST_WITHIN):
        if field == 4 and wire == 2:
            geometry += data[low:high]
        elif field == 2 and wire == 2:
            tags += data[low:high]
        elif field == 3 and wire == 0:
            shape = _SHAPES.get(low)
    return shape, tags, geometry


def _properties(numbers: list[int], ends: list[int], keys: list[str], values: list[Value]) -> list[dict[str, Value]]:
    found = []
    start = 0
    for end in ends:
        if (end - start) % 2:
            raise TileError(BROKEN)
        pairs = zip(numbers[start:end:2], numbers[start + 1 : end : 2], strict=True)
        found.append({keys[key]: values[value] for key, value in pairs})
        start = end
    return found


def _shaped(shapes: list[Shape], numbers: Ints, ends: list[int]) -> tuple[Floats, list[tuple[_Span, ...]]]:
    """Commands and zigzag steps → points of the whole layer, and per feature the spans of its parts."""
    parts: list[tuple[_Span, ...]] = []
    commands: list[int] = []
    firsts: list[int] = []  # of each feature's points
    view = numbers.data
    start = total = 0
    for shape, end in zip(shapes, ends, strict=True):
        firsts.append(total)
        begins: list[int] = []
        at = start
        while at < end:
            command, count = view[at] & 7, view[at] >> 3
            commands.append(at)
            at += 1
            if command == _CLOSE:
                continue
            if command not in (_MOVE, _LINE) or not 0 < 2 * count <= end - at:
                raise TileError("claims more points than it holds")
            if command == _MOVE:
                begins.extend(range(total, total + count))
            elif not begins:
                raise TileError(BROKEN)
            total += count
            at += 2 * count
        parts.append(_parts(shape, begins, total))
        start = end
    return _placed(numbers, commands, firsts, total), parts


def _parts(shape: Shape, begins: list[int], end: int) -> tuple[_Span, ...]:
    if not begins:
        return ()
    if shape == "point":
        return ((begins[0], end),)
    least = 2 if shape == "line" else 3
    ends = [*begins[1:], end]
    return tuple((low, high) for low, high in zip(begins, ends, strict=True) if high - low >= least)


def _placed(numbers: Ints, commands: list[int], firsts: list[int], total: int) -> Floats:
    """Steps, each from the point before it, to points; every feature begins at the tile's corner again."""
    steps = np.ones(len(numbers), bool)
    steps[commands] = False
    zigzag = numbers[steps]
    moved = np.cumsum(((zigzag >> 1) ^ -(zigzag & 1)).reshape(-1, 2), axis=0)
    before = np.concatenate([np.zeros((1, 2), np.int64), moved])[firsts]
    lengths = np.diff([*firsts, total])
    return np.asarray(moved - np.repeat(before, lengths, axis=0), np.float64)


def _value(data: bytes, start: int, end: int) -> Value:
    value: Value = ""
    for field, wire, low, high in fields(data, start, end, MOST_WITHIN):
        if field == 1 and wire == 2:
            value = data[low:high].decode("utf-8", "replace")
        elif field == 2 and wire == 5:
            value = float(struct.unpack("<f", data[low:high])[0])
        elif field == 3 and wire == 1:
            value = float(struct.unpack("<d", data[low:high])[0])
        elif field == 4 and wire == 0:
            value = low - (1 << 64) if low >> 63 else low
        elif field == 5 and wire == 0:
            value = low
        elif field == 6 and wire == 0:
            value = (low >> 1) ^ -(low & 1)
        elif field == 7 and wire == 0:
            value = bool(low)
    return value
