"""Names that come in a layer of their own, given to the lines that they name.

Shortbread and OpenMapTiles draw streets in one layer and letter them in another, with the same course but other
cuts: streets of one kind are often a single line through half the tile, under many names. So both are laid on a
raster of cells, each stretch of a street takes the name that runs along it, and the line is cut where its name
changes. A drawn line then carries its name, and nothing is drawn twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import LineKind
from pipeline.mercator import Bounds

CELLS = 256  # across a tile; at zoom 14 one is some 6 to 10 m
MOST_SAMPLES = 600_000  # of a tile's lines, and of pairs of them; beyond that nothing is named
_ALONG = 0.6  # the part of a segment that must run along a name
_SHORTEST = 3.0  # cells: a shorter stretch takes the name beside it

Ints = NDArray[np.int64]
Stretch = tuple[int, int, str, str]  # first point, last point, name, number


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """A line within the tile, in world units; a name for lines of its kind, or a line without one."""

    kind: LineKind
    points: Floats
    name: str = ""
    ref: str = ""


def named(lines: Sequence[Course], names: Sequence[Course], tile: Bounds) -> list[list[Stretch]]:
    """For each line of a tile its stretches: first point, last point, name, number. Lines that no name runs along
    are one stretch without any."""
    plain: list[list[Stretch]] = [[(0, len(line.points) - 1, "", "")] for line in lines]
    if not lines or not names:
        return plain
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(line.kind for line in [*lines, *names]))}
    keys, labels = _laid_out(names, kinds, tile)
    samples, segments = _samples(lines, kinds, tile, 1.0)
    first, last = np.searchsorted(keys, samples, "left"), np.searchsorted(keys, samples, "right")
    if not len(samples) or not len(keys) or int((last - first).sum()) > MOST_SAMPLES:
        return plain
    counts = last - first
    at = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    chosen = _chosen(np.repeat(segments, counts), labels[at], np.bincount(segments), lines)
    stretches, start = [], 0
    for line in lines:
        end = start + len(line.points) - 1
        stretches.append(_stretches(line, chosen[start:end], names, _SHORTEST / CELLS * tile.width))
        start = end
    return stretches


def _laid_out(names: Sequence[Course], kinds: dict[LineKind, int], tile: Bounds) -> tuple[Ints, Ints]:
    """(cell key, number of the name) for all cells on and beside each name, in the order of the keys."""
    keys, segments = _samples(names, kinds, tile, 0.5)
    owners = np.repeat(np.arange(len(names)), [len(name.points) - 1 for name in names])
    pairs = np.unique(np.stack([keys, owners[segments]], axis=1), axis=0) if len(keys) else np.zeros((0, 2), np.int64)
    around = np.array([across * 1024 + down for across in (-1, 0, 1) for down in (-1, 0, 1)])
    wide = np.stack([(pairs[:, :1] + around).ravel(), np.repeat(pairs[:, 1], 9)], axis=1)
    wide = np.unique(wide, axis=0)
    return wide[:, 0], wide[:, 1]


def _samples(lines: Sequence[Course], kinds: dict[LineKind, int], tile: Bounds, spacing: float) -> tuple[Ints, Ints]:
    """Places along all lines: the key of the cell and kind, and the number of the segment (all lines' in a row)."""
    lengths = np.array([len(line.points) for line in lines])
    points = (np.concatenate([line.points for line in lines]) - (tile.west, tile.north)) * (CELLS / tile.width)
    within = np.ones(len(points) - 1, bool)
    within[np.cumsum(lengths)[:-1] - 1] = False  # from one line's end to the next one's beginning is no segment
    starts, steps = points[:-1][within], np.diff(points, axis=0)[within]
    kind = np.repeat([kinds[line.kind] for line in lines], lengths - 1)
    counts = np.maximum(1, np.ceil(np.hypot(*steps.T) / spacing)).astype(np.int64)
    if counts.sum() > MOST_SAMPLES:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    segments = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(segments)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (nth + 0.5) / counts[segments]
    cells = np.floor(starts[segments] + share[:, None] * steps[segments]).astype(np.int64) + 2
    return (kind[segments] * 1024 + cells[:, 0]) * 1024 + cells[:, 1], segments


def _chosen(segments: Ints, labels: Ints, lengths: Ints, lines: Sequence[Course]) -> list[int]:
    """For each segment the number of its name, -1 for none: of those that run along it, the one that runs along
    most of the line."""
    total = sum(len(line.points) - 1 for line in lines)
    owners = np.repeat(np.arange(len(lines)), [len(line.points) - 1 for line in lines])
    most = int(labels.max(initial=0)) + 1
    of_line, in_line = np.unique(owners[segments] * most + labels, return_counts=True)
    pairs, count = np.unique(segments * most + labels, return_counts=True)
    segment, label = pairs // most, pairs % most
    along = count >= _ALONG * lengths[segment]
    segment, label = segment[along], label[along]
    weight = in_line[np.searchsorted(of_line, owners[segment] * most + label)]
    order = np.lexsort((-label, weight))
    chosen = np.full(total, -1, np.int64)
    chosen[segment[order]] = label[order]  # the heaviest comes last and stays
    found: list[int] = chosen.tolist()
    return found


def _stretches(line: Course, chosen: list[int], names: Sequence[Course], shortest: float) -> list[Stretch]:
    """Segments of one name in a row as one stretch; stretches too short to be meant join the one before or after."""
    words = {label: ("", "") if label < 0 else (names[label].name, names[label].ref) for label in set(chosen)}
    if len(set(words.values())) == 1:
        return [(0, len(chosen), *words[chosen[0]])]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.points, axis=0).T))]).tolist()
    kept: list[Stretch] = []
    for at, label in enumerate(chosen):
        if kept and kept[-1][2:] == words[label]:
            kept[-1] = (kept[-1][0], at + 1, *words[label])
        else:
            kept.append((at, at + 1, *words[label]))
    return _merged(kept, along, shortest)


def _merged(stretches: list[Stretch], along: list[float], shortest: float) -> list[Stretch]:
    kept: list[Stretch] = []
    for first, last, *word in stretches:
        name, ref = word
        if kept and (along[last] - along[first] < shortest or kept[-1][2:] == (name, ref)):
            kept[-1] = (kept[-1][0], last, kept[-1][2], kept[-1][3])
        elif kept and along[kept[-1][1]] - along[kept[-1][0]] < shortest:
            kept[-1] = (kept[-1][0], last, name, ref)
        else:
            kept.append((first, last, name, ref))
    return kept
