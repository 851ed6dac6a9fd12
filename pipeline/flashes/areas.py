"""How much of the picture, and how much of any part of it, a set of cells covers.

A part is a third of the width by a third of the height: the window of 341×256 in a view of 1024×768 by which WCAG
estimates ten degrees of the visual field. A quarter of a part is 2.8 % of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.flashes.light import Mask

QUARTER = 0.25  # more than this share of a part (web) or of the screen (broadcasting) counts

Sums = NDArray[np.int32]  # rows × columns of the positions of a part


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where in the frame, as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


EVERYWHERE = Box(left=0.0, top=0.0, right=1.0, bottom=1.0)


@dataclass(frozen=True)
class Parts:
    """All positions of the part in a grid of `rows` × `columns` cells, both multiples of three."""

    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows - self.rows // 3 + 1, self.columns - self.columns // 3 + 1

    @property
    def cells(self) -> int:
        return (self.rows // 3) * (self.columns // 3)

    def sums(self, cells: Mask | NDArray[np.int8]) -> Sums:
        """The sum of the cells' values within each position of the part."""
        high, wide = self.rows // 3, self.columns // 3
        table = np.zeros((self.rows + 1, self.columns + 1), np.int32)
        np.cumsum(np.cumsum(cells, axis=0, dtype=np.int32), axis=1, out=table[1:, 1:])
        columns = table[:, wide:] - table[:, :-wide]
        sums: Sums = columns[high:] - columns[:-high]
        return sums

    def cover(self, positions: Mask) -> Mask:
        """The cells that these positions of the part cover."""
        high, wide = self.rows // 3, self.columns // 3
        marks = np.zeros((self.rows + 1, self.columns + 1), np.int32)
        rows, columns = positions.shape
        marks[:rows, :columns] += positions
        marks[high : high + rows, :columns] -= positions
        marks[:rows, wide : wide + columns] -= positions
        marks[high : high + rows, wide : wide + columns] += positions
        covered: Mask = marks.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
        return covered


def box(cells: Mask) -> Box:
    """The smallest box around the cells."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    high, wide = cells.shape
    return Box(
        left=float(columns[0] / wide),
        top=float(rows[0] / high),
        right=float((columns[-1] + 1) / wide),
        bottom=float((rows[-1] + 1) / high),
    )


def around(one: Box, other: Box) -> Box:
    """The smallest box around both."""
    return Box(
        left=min(one.left, other.left),
        top=min(one.top, other.top),
        right=max(one.right, other.right),
        bottom=max(one.bottom, other.bottom),
    )
