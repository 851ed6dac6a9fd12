"""Names beside places: as many as fit, none over another, over a pin or off the card, none with a missing letter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import skia

from pipeline.fonts import missing
from pipeline.geo import Floats
from pipeline.overlays.marks import Sprite
from pipeline.overlays.paint import Sheet
from pipeline.overlays.text import Block, Style, clean, fit

_SKIPPED = ("start", "finish", "end")


@dataclass(frozen=True, kw_only=True)
class Label:
    """A placed name: its block, top left corner, and the place it belongs to."""

    name: str
    block: Block
    x: float
    y: float
    at_x: float
    at_y: float
    along_m: float

    @property
    def rect(self) -> skia.Rect:
        return skia.Rect.MakeXYWH(self.x, self.y, self.block.width, self.block.height)

    def sprite(self, colour: str, halo: str, reach: float) -> Sprite:
        margin = int(reach) + 2
        sheet = Sheet(int(self.block.width) + 2 * margin + 1, int(self.block.height) + 2 * margin + 1)
        left, top = round(self.x) - margin, round(self.y) - margin
        self.block.paint(sheet.canvas, self.x - left, self.y - top, colour, align="centre", halo=(halo, reach))
        return Sprite(image=sheet.image(), x=left, y=top)


def placed(
    names: Sequence[tuple[str, float]],
    places: Floats,
    area: skia.Rect,
    *,
    size: float,
    style: Style,
    gap: float,
    taken: Sequence[skia.Rect] = (),
    route: Floats | None = None,
    most_covered: int = 0,
    most: int = 8,
) -> list[Label]:
    """Names (name, along_m) at `places` (n, 2) inside `area`, earlier ones first; those without room are
    left out.

    `taken` is kept free; of the points of `route` (k, 2) at most `most_covered` lie under a name.
    """
    done: list[Label] = []
    blocked = list(taken)
    for (name, along_m), (x, y) in zip(names, places.tolist(), strict=True):
        if len(done) >= most:
            break
        if missing(clean(name), style.fonts, style.role):
            continue
        block = fit(name, area.width() * 0.46, size * 2.6, size, floor=size, lines=2, style=style)
        if not block.lines or block.size < size * 0.99:
            continue
        choices = [
            Label(name=name, block=block, x=left, y=top, at_x=x, at_y=y, along_m=along_m)
            for left, top in _corners(x, y, block, gap)
        ]
        free = [
            label
            for label in choices
            if area.contains(label.rect)
            and not _hits(label.rect, blocked, gap)
            and _covered(label.rect, route) <= most_covered
        ]
        if not free:
            continue
        best = min(free, key=lambda label: _covered(label.rect, route) + 0.01 * choices.index(label))
        done.append(best)
        blocked.append(best.rect)
    return done


def _corners(x: float, y: float, block: Block, gap: float) -> list[tuple[float, float]]:
    """Top left corners to try: above, right, left, below, and the diagonals; then the same further off."""
    width, height = block.width, block.height
    out: list[tuple[float, float]] = []
    for far in (1.0, 2.6):
        reach = gap * far
        out += [
            (x - width / 2, y - height - reach),
            (x + reach * 1.3, y - height / 2),
            (x - width - reach * 1.3, y - height / 2),
            (x - width / 2, y + reach),
            (x + reach, y - height - reach * 0.4),
            (x - width - reach, y - height - reach * 0.4),
            (x + reach, y + reach * 0.4),
            (x - width - reach, y + reach * 0.4),
        ]
    return out


def _hits(rect: skia.Rect, others: Sequence[skia.Rect], gap: float) -> bool:
    wider = rect.makeOutset(gap * 0.4, gap * 0.1)
    return any(wider.intersects(other) for other in others)


def _covered(rect: skia.Rect, route: Floats | None) -> int:
    """How many points of the route lie under the rectangle."""
    if route is None:
        return 0
    inside = (
        (route[:, 0] >= rect.left())
        & (route[:, 0] <= rect.right())
        & (route[:, 1] >= rect.top())
        & (route[:, 1] <= rect.bottom())
    )
    return int(inside.sum())


def worth_naming(waypoints: Sequence[tuple[str, float]], most: int = 60) -> list[tuple[str, float]]:
    """Each name once, without the words that the pins say; first those that are far apart along the route, so
    that the names which find room are spread over all of it."""
    seen: dict[str, float] = {}
    for name, along_m in sorted(waypoints, key=lambda waypoint: waypoint[1]):
        if name.strip() and name.strip().lower() not in _SKIPPED:
            seen.setdefault(name.strip(), along_m)
    left = list(seen.items())[:: max(1, math.ceil(len(seen) / most))]
    chosen: list[tuple[str, float]] = []
    while left:
        apart = [min((abs(along_m - other) for _, other in chosen), default=-along_m) for _, along_m in left]
        chosen.append(left.pop(apart.index(max(apart))))
    return chosen
