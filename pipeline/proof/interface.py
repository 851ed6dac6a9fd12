"""A network's interface as a grey drawing over the picture: our own, made from the margins that it covers.

No network's marks are copied. What matters is where bars, buttons and words lie, and that is what the margins say.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.proof.nouns import ProofClip

_TALL = 0.62  # width by height below which a clip fills a phone …
_NAME = 0.15  # … where the margin below has room for a name, as a share of the shorter side


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A rounded bar of the drawing, in pixels of the clip; a disc when its radius is half its side."""

    x: float
    y: float
    width: float
    height: float

    @property
    def radius(self) -> float:
        return min(self.width, self.height) / 2


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """`safe`: x, y, width, height of the box in which everything that must be read lies."""

    marks: tuple[Mark, ...]
    safe: tuple[float, float, float, float]


def drawing(clip: ProofClip) -> Drawing:
    safe = clip.safe
    inner = (safe.left, safe.top, clip.width - safe.left - safe.right, clip.height - safe.top - safe.bottom)
    fills = clip.width / clip.height < _TALL and safe.bottom >= _NAME * clip.short
    marks = _full_screen(clip) if fills else _player(clip)
    return Drawing(marks=tuple(marks), safe=inner)


def _full_screen(clip: ProofClip) -> list[Mark]:
    """Tabs above, a column of buttons at the right, and the name with the first words below."""
    unit, safe = clip.short / 1080, clip.safe
    edge = 56 * unit
    tabs = safe.top * 0.58
    found = [
        Mark(x=edge, y=tabs - 24 * unit, width=48 * unit, height=48 * unit),
        Mark(x=clip.width / 2 - 190 * unit, y=tabs - 18 * unit, width=170 * unit, height=36 * unit),
        Mark(x=clip.width / 2 + 20 * unit, y=tabs - 18 * unit, width=170 * unit, height=36 * unit),
        Mark(x=clip.width - edge - 48 * unit, y=tabs - 24 * unit, width=48 * unit, height=48 * unit),
    ]
    floor = clip.height - min(90 * unit, safe.bottom * 0.3)
    if safe.right >= 100 * unit:
        side = min(84 * unit, safe.right * 0.6)
        middle = clip.width - max(safe.right / 2, side / 2 + 20 * unit)
        for step in range(5):
            top = floor - side - step * 158 * unit
            found.append(Mark(x=middle - side / 2, y=top, width=side, height=side))
            if step:
                found.append(Mark(x=middle - side * 0.3, y=top + side + 16 * unit, width=side * 0.6, height=20 * unit))
    words = clip.width - safe.right - edge - 24 * unit
    row_gap = 54 * unit
    top = max(clip.height - safe.bottom + 24 * unit, floor - 112 * unit - 2 * row_gap)
    found += [
        Mark(x=edge, y=top, width=80 * unit, height=80 * unit),
        Mark(x=edge + 104 * unit, y=top + 22 * unit, width=300 * unit, height=34 * unit),
    ]
    for row, share in enumerate((0.92, 0.74)):
        y = top + 112 * unit + row * row_gap
        if y + 30 * unit < clip.height - 20 * unit:
            found.append(Mark(x=edge, y=y, width=words * share, height=30 * unit))
    found.append(Mark(x=0, y=clip.height - 12 * unit, width=clip.width, height=8 * unit))
    return found


def _player(clip: ProofClip) -> list[Mark]:
    """What lies over a clip in a feed: the bar of progress, the time and the button for the sound."""
    unit, safe = clip.short / 1080, clip.safe
    edge = max(30 * unit, safe.left * 0.5)
    line = clip.height - max(26 * unit, safe.bottom * 0.3)
    dot = min(44 * unit, safe.bottom * 0.42)
    row = clip.height - safe.bottom * 0.62 - dot / 2
    return [
        Mark(x=edge, y=line, width=clip.width - 2 * edge, height=10 * unit),
        Mark(x=edge, y=row - 8 * unit, width=dot, height=dot),
        Mark(x=edge + dot * 1.4, y=row, width=110 * unit, height=dot * 0.6),
        Mark(x=clip.width - edge - dot, y=row - 8 * unit, width=dot, height=dot),
    ]
