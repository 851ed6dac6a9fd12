"""Lines from tiles made whole: cut to each tile's square, then joined where pieces of one thing meet.

Tiles carry a little of their neighbours (the buffer), so a street that crosses an edge comes twice for some metres.
Cut at the edge, both pieces end at the same place up to a tile unit or two, and can be joined into one line, along
which a name can run and a dash pattern goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import Line
from pipeline.mercator import Bounds

_Cell = tuple[int, int]
_MOST_IN_CELL = 8  # ends that are looked at; more than that at one place are no street's
_End = tuple[int, bool]  # which line, and whether it is its last point


def cut(points: Floats, square: Bounds) -> list[Floats]:
    """The pieces of a line (n, 2) that lie within a rectangle, in order; each has at least two points."""
    low, high = np.array([square.west, square.north]), np.array([square.east, square.south])
    if (points >= low).all() and (points <= high).all():
        return [points]
    starts, along = points[:-1], np.diff(points, axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (low - starts) / along, (high - starts) / along
    still = along == 0  # such a segment is either inside all the way, or never
    held = (starts >= low) & (starts <= high)
    enter = np.where(still, np.where(held, -np.inf, np.inf), np.minimum(one, other)).max(axis=1).clip(min=0.0)
    leave = np.where(still, np.where(held, np.inf, -np.inf), np.maximum(one, other)).min(axis=1).clip(max=1.0)
    inside = np.flatnonzero(enter < leave)
    if not len(inside):
        return []
    begins = starts[inside] + enter[inside, None] * along[inside]
    ends = starts[inside] + leave[inside, None] * along[inside]
    breaks = np.flatnonzero((np.diff(inside) > 1) | (enter[inside[1:]] > 0) | (leave[inside[:-1]] < 1)) + 1
    spans = zip([0, *breaks.tolist()], [*breaks.tolist(), len(inside)], strict=True)
    return [np.concatenate([begins[low : low + 1], ends[low:high]]) for low, high in spans]


def joined(lines: Sequence[Line], size: float, near: float) -> list[Line]:
    """Lines of the same kind, name, number and level joined end to end, where exactly two ends meet.

    `size`: of a tile; ends on an edge of the tiles meet when less than `near` lies between them, others when they
    are the same place (both in world units).
    """
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.kind, line.name, line.ref, line.bridge, line.tunnel), []).append(line)
    return [whole for group in groups.values() for whole in _group(group, size, near)]


def _group(lines: list[Line], size: float, near: float) -> Iterable[Line]:
    if len(lines) == 1:
        return lines
    nodes = _nodes(lines, size, near)
    meeting: dict[int, list[_End]] = {}
    for end, node in nodes.items():
        meeting.setdefault(node, []).append(end)
    other = {}  # end → the only end that meets it
    for ends in meeting.values():
        if len(ends) == 2 and ends[0][0] != ends[1][0]:
            other[ends[0]], other[ends[1]] = ends[1], ends[0]
    used: set[int] = set()
    whole = []
    for start in range(len(lines)):
        if start not in used:
            whole.append(_chain(lines, start, other, used))
    return whole


def _chain(lines: list[Line], start: int, other: dict[_End, _End], used: set[int]) -> Line:
    """The line through `start`, from one loose end to the other (a ring begins anywhere)."""
    first: _End = (start, False)
    while first in other:
        index, last = other[first]
        first = (index, not last)
        if index == start:
            break
    index, backwards = first
    pieces: list[Floats] = []
    while index not in used:
        used.add(index)
        points = lines[index].points[::-1] if backwards else lines[index].points
        pieces.append(points if not pieces else points[1:])
        following = other.get((index, not backwards))
        if following is None:
            break
        index, backwards = following
    if len(pieces) == 1:
        return lines[start]
    return replace(lines[start], points=np.concatenate(pieces))


def _nodes(lines: list[Line], size: float, near: float) -> dict[_End, int]:
    """Each end of each line → the number of the place where it lies."""
    ends = np.array([point for line in lines for point in (line.points[0], line.points[-1])])
    turns = ends / size
    edge = np.any(np.abs(turns - np.round(turns)) < 1e-6, axis=1)
    exact: dict[tuple[float, float], int] = {}
    cells: dict[_Cell, list[tuple[float, float, int]]] = {}
    found: dict[_End, int] = {}
    for number, (x, y) in enumerate(ends.tolist()):
        node = exact.get((x, y))
        if node is None:
            node = _close(cells, x, y, near) if edge[number] else None
            exact[(x, y)] = node = number if node is None else node
        if edge[number]:
            cell = cells.setdefault((int(x // near), int(y // near)), [])
            if len(cell) < _MOST_IN_CELL:
                cell.append((x, y, node))
        found[(number // 2, bool(number % 2))] = node
    return found


def _close(cells: dict[_Cell, list[tuple[float, float, int]]], x: float, y: float, near: float) -> int | None:
    column, row = int(x // near), int(y // near)
    around = (
        (abs(x - other_x) + abs(y - other_y), node)
        for across in (-1, 0, 1)
        for down in (-1, 0, 1)
        for other_x, other_y, node in cells.get((column + across, row + down), ())
    )
    best = min(around, default=None)
    return best[1] if best and best[0] < near else None
