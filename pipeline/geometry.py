"""Sizes and boxes on the picture, in pixels; x to the right, y down; right and bottom edges are outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    width: int
    height: int

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True, kw_only=True)
class Insets:
    """Margins kept free at the edges, in pixels."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def joined(self, other: Insets) -> Insets:
        """The margins that satisfy both."""
        return Insets(
            top=max(self.top, other.top),
            bottom=max(self.bottom, other.bottom),
            left=max(self.left, other.left),
            right=max(self.right, other.right),
        )


@dataclass(frozen=True, kw_only=True)
class Box:
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @classmethod
    def inside(cls, size: Size, insets: Insets) -> Box:
        return cls(
            x=insets.left,
            y=insets.top,
            width=size.width - insets.left - insets.right,
            height=size.height - insets.top - insets.bottom,
        )

    def contains(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def overlaps(self, other: Box) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


def placed(size: tuple[int, int], box: Box, place: str) -> tuple[int, int]:
    """The corner of a picture of `size` at one of nine places in `box`, even as 4:2:0 wants it."""
    across = 0.0 if "left" in place else 1.0 if "right" in place else 0.5
    down = 0.0 if "top" in place else 1.0 if "bottom" in place else 0.5
    x = box.x + max(0, box.width - size[0]) * across
    y = box.y + max(0, box.height - size[1]) * down
    return int(x) // 2 * 2, int(y) // 2 * 2
