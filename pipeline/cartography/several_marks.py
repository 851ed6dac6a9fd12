"""The signs of several routes at their starts, and their names beside them.

Signs of routes that begin at one place stand side by side around it. A name stands where it covers nothing that
matters; where that is farther off, a line leads to it. A name without any room is left out: the legend has it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import skia

from pipeline.cartography.ink import RouteInk
from pipeline.colours import readable
from pipeline.fonts import Fonts
from pipeline.geo import Floats
from pipeline.overlays.paint import Sheet, stroke
from pipeline.overlays.text import Block, Style, fit
from pipeline.styles import MapStyle

SYMBOL = 21.0  # radius in design pixels
LABEL, LEAST_LABEL = 46.0, 40.0
HALO = 6.0
_APART = (2.7, 3.5, 4.5)  # radii between the middles of two signs: more where a name finds no way out
_GAP = 12.0
_ROUNDS, _PUSH = 400, 0.12  # gently, so that they come no farther apart than they must
_DISTANCES = (1.0, 2.5, 5.0, 9.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # gaps between sign and name that are tried
_ANGLES = 24
_ORDERS = 4  # tried, those without room first
_LEADER = 34.0  # design pixels: a name that far off gets a line

_Leader = tuple[float, float, float, float]
_Spot = tuple[Block, skia.Rect, _Leader | None]


def spread(places: Floats, radius: float, apart: float = _APART[0]) -> Floats:
    """Places (n, 2) moved so that signs of that radius are `apart` radii from each other."""
    count, least = len(places), apart * radius
    turn = 2 * math.pi * np.arange(count) / max(1, count)
    # Those at one very place part in a direction of their own.
    out = places + 0.02 * radius * np.stack([np.sin(turn), -np.cos(turn)], axis=-1)
    for _ in range(_ROUNDS):
        step = out[:, None] - out[None]
        far = np.hypot(step[..., 0], step[..., 1]) + np.eye(count) * 1e9
        if far.min() >= least:
            break
        push = np.maximum(0.0, least * 1.01 - far) * _PUSH / np.maximum(far, 1e-9)
        out = out + (step * push[..., None]).sum(axis=1)
    close = np.hypot(*(out - places).T) < 0.05 * radius
    return np.where(close[:, None], places, out)


@dataclass(frozen=True, kw_only=True, eq=False)
class RouteName:
    """A name that stands at one place of the frame. `rect` holds all of its ink; `leader`: a line's two ends."""

    route: int
    block: Block
    rect: skia.Rect
    image: skia.Image
    leader: _Leader | None


def arranged(
    routes: Sequence[int],
    inks: Sequence[RouteInk],
    starts: Floats,
    lines: Sequence[Floats],
    area: skia.Rect,
    fonts: Fonts,
    style: MapStyle,
    unit: float,
    *,
    taken: Sequence[skia.Rect] = (),
) -> tuple[Floats, list[RouteName]]:
    """Where the signs stand (n, 2), at their `starts` or close by, and the names of the given routes: as `placed`."""
    best: tuple[Floats, list[RouteName]] | None = None
    for apart in _APART:
        signs = spread(starts, SYMBOL * unit, apart)
        names = placed(routes, inks, signs, lines, area, fonts, style, unit, taken=taken)
        if best is None or len(names) > len(best[1]):
            best = signs, names
        if len(best[1]) == len(routes):
            break
    assert best is not None
    return best


def placed(
    routes: Sequence[int],
    inks: Sequence[RouteInk],
    signs: Floats,
    lines: Sequence[Floats],
    area: skia.Rect,
    fonts: Fonts,
    style: MapStyle,
    unit: float,
    *,
    taken: Sequence[skia.Rect] = (),
) -> list[RouteName]:
    """Names of the given routes inside `area`, clear of each other, of all `signs` (n, 2) and of `taken`, and where
    possible of the `lines` (k, 2 pixels each)."""
    reach = 1.35 * SYMBOL * unit
    boxes = [skia.Rect.MakeLTRB(x - reach, y - reach, x + reach, y + reach) for x, y in signs.tolist()]
    points = np.concatenate([_dense(line, 8 * unit) for line in lines]) if lines else np.zeros((0, 2))
    blocks = {
        k: [block for size in (LABEL, LEAST_LABEL) if (block := _set(inks[k].name, size * unit, area, fonts)).lines]
        for k in routes
    }
    # Those in the thick of it first: they have the least choice.
    order = sorted(routes, key=lambda k: (_crowd(signs, k), k))
    best: dict[int, _Spot] = {}
    for _ in range(_ORDERS):
        spots = _spots(order, blocks, signs, area, taken, boxes, points, unit)
        if len(spots) > len(best):
            best = spots
        without = [k for k in order if k not in spots]
        if not without:
            break
        order = [*without, *(k for k in order if k in spots)]
    return [_name(k, *best[k], inks[k], style, unit) for k in sorted(best)]


def _spots(
    order: Sequence[int],
    blocks: dict[int, list[Block]],
    signs: Floats,
    area: skia.Rect,
    blocked: Sequence[skia.Rect],
    boxes: Sequence[skia.Rect],
    points: Floats,
    unit: float,
) -> dict[int, _Spot]:
    """A place for each name in turn, as far as there is one."""
    out: dict[int, _Spot] = {}
    for k in order:
        taken = [*blocked, *(rect for _, rect, _ in out.values())]
        leaders = [leader for _, _, leader in out.values() if leader]
        for block in blocks[k]:
            found = _best(k, block, signs, area, taken, boxes, leaders, points, unit)
            if found:
                out[k] = (block, *found)
                break
    return out


def _set(name: str, size: float, area: skia.Rect, fonts: Fonts) -> Block:
    style = Style(fonts=fonts, role="bold", leading=1.02)
    for lines, share in ((1, 0.42), (2, 0.46), (3, 0.62)):
        block = fit(name, share * area.width(), 6 * size, size, floor=size, lines=lines, style=style)
        if block.size >= size * 0.999:
            return block
    return block


def _crowd(signs: Floats, k: int) -> float:
    """How far the next sign is."""
    far = np.hypot(*(signs - signs[k]).T)
    far[k] = np.inf
    return round(float(far.min()), 1) if len(signs) > 1 else 0.0


def _dense(line: Floats, step: float) -> Floats:
    """Points every few pixels along a line."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.arange(0.0, along[-1] + step, step)[:4000]
    return np.stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)], axis=-1)


def _best(
    k: int,
    block: Block,
    signs: Floats,
    area: skia.Rect,
    blocked: Sequence[skia.Rect],
    boxes: Sequence[skia.Rect],
    leaders: Sequence[_Leader],
    points: Floats,
    unit: float,
) -> tuple[skia.Rect, _Leader | None] | None:
    x, y = signs[k].tolist()
    best: tuple[float, skia.Rect, _Leader | None] | None = None
    for rect in _candidates(x, y, block, unit):
        room = rect.makeOutset(HALO * unit, 0)
        if not area.contains(room) or any(
            room.makeOutset(4 * unit, 3 * unit).intersects(other) for other in (*blocked, *boxes)
        ):
            continue
        leader = _leader(x, y, room, unit)
        if any(_crosses(other, room) or (leader and _meet(leader, other)) for other in leaders):
            continue
        if leader and (any(_crosses(leader, other) for other in blocked) or _strikes(leader, signs, k, unit)):
            continue
        cost = _covered(room, points) * 8 * unit + _far(x, y, room) * 0.6
        if best is None or cost < best[0] - 1e-6:
            best = cost, room, leader
    return best[1:] if best else None


def _candidates(x: float, y: float, block: Block, unit: float) -> Iterator[skia.Rect]:
    """Rectangles around the sign, near ones first, the right and the left side before the others."""
    turns = sorted(range(_ANGLES), key=lambda k: (min(k % 12, 12 - k % 12), k))
    for gap in _DISTANCES:
        reach = 1.3 * SYMBOL * unit + gap * _GAP * unit
        for k in turns:
            across, down = math.cos(2 * math.pi * k / _ANGLES), math.sin(2 * math.pi * k / _ANGLES)
            left = x + across * reach + (across - 1) / 2 * block.width
            top = y + down * reach + (down - 1) / 2 * block.height
            yield skia.Rect.MakeXYWH(round(left), round(top), math.ceil(block.width), math.ceil(block.height))


def _far(x: float, y: float, rect: skia.Rect) -> float:
    return math.hypot(max(rect.left() - x, x - rect.right(), 0.0), max(rect.top() - y, y - rect.bottom(), 0.0))


def _leader(x: float, y: float, rect: skia.Rect, unit: float) -> _Leader | None:
    """From the sign's edge to the nearest place of the name."""
    far = _far(x, y, rect)
    if far < (SYMBOL + _LEADER) * unit:
        return None
    to_x = min(max(x, rect.left()), rect.right())
    to_y = min(max(y, rect.top() + 0.2 * rect.height()), rect.bottom() - 0.2 * rect.height())
    way = math.hypot(to_x - x, to_y - y)
    begin, end = 1.2 * SYMBOL * unit / way, 1 - 3 * unit / way
    return x + (to_x - x) * begin, y + (to_y - y) * begin, x + (to_x - x) * end, y + (to_y - y) * end


def _crosses(leader: _Leader, rect: skia.Rect) -> bool:
    """Whether a line touches a rectangle."""
    at = np.linspace(0.0, 1.0, 60)
    x, y = leader[0] + (leader[2] - leader[0]) * at, leader[1] + (leader[3] - leader[1]) * at
    return bool(((x > rect.left()) & (x < rect.right()) & (y > rect.top()) & (y < rect.bottom())).any())


def _meet(one: _Leader, other: _Leader) -> bool:
    """Whether two lines cross."""

    def side(line: _Leader, x: float, y: float) -> bool:
        return (line[2] - line[0]) * (y - line[1]) > (line[3] - line[1]) * (x - line[0])

    return side(one, *other[:2]) != side(one, *other[2:]) and side(other, *one[:2]) != side(other, *one[2:])


def _strikes(leader: _Leader, signs: Floats, k: int, unit: float) -> bool:
    """Whether a line touches the sign of another route."""
    start, way = np.array(leader[:2]), np.array(leader[2:]) - np.array(leader[:2])
    share = np.clip((signs - start) @ way / max(float(way @ way), 1e-9), 0, 1)
    far = np.hypot(*(signs - start - share[:, None] * way).T)
    far[k] = np.inf
    return bool(far.min() < 1.3 * SYMBOL * unit)


def _covered(rect: skia.Rect, points: Floats) -> int:
    x, y = points.T
    return int(((x > rect.left()) & (x < rect.right()) & (y > rect.top()) & (y < rect.bottom())).sum())


def _name(
    k: int,
    block: Block,
    rect: skia.Rect,
    leader: _Leader | None,
    ink: RouteInk,
    style: MapStyle,
    unit: float,
) -> RouteName:
    """Its picture is the rectangle; the halo stays inside to both sides and reaches over above and below."""
    margin = math.ceil(HALO * unit)
    sheet = Sheet(math.ceil(rect.width()) + 2 * margin, math.ceil(rect.height()) + 2 * margin)
    colour = readable(ink.colour, style.halo, 4.5)
    width = sheet.width - 4 * margin
    block.paint(sheet.canvas, 2 * margin, margin, colour, width=width, align="centre", halo=(style.halo, HALO * unit))
    return RouteName(route=k, block=block, rect=rect, image=sheet.image(), leader=leader)


def paint_name(canvas: skia.Canvas, name: RouteName, ink: RouteInk, style: MapStyle, unit: float, alpha: float) -> None:
    if name.leader:
        canvas.drawLine(*name.leader, stroke(style.halo, 9 * unit, alpha))
        canvas.drawLine(*name.leader, stroke(readable(ink.colour, style.halo, 4.5), 3.5 * unit, alpha))
    paint = skia.Paint()
    paint.setAlphaf(alpha)
    margin = math.ceil(HALO * unit)
    canvas.drawImage(
        name.image, round(name.rect.left()) - margin, round(name.rect.top()) - margin, skia.SamplingOptions(), paint
    )
