"""Where things go: boxes for everything that must be read, laid out anew for each shape of picture.

Everything lies inside the safe area, and what is on screen together never overlaps. Three scenes share the
frame:

    footage      logo · inset · caption · credit       (opening: logo · title · credit)
    route        scene_map · facts     (photo: a card laid on the map)
    end card     end_logo · end_text · end_link · end_qr · end_credits

For languages that run from right to left all of it is mirrored inside the safe area. The safe area itself is not: the
buttons of the apps stay where they are. Nor is what a box shows of the world: a map is as it is, a route's profile goes
the way the map does, and a code is read by machines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.geometry import Box, Insets, Size
from pipeline.speech_room import band_px

Edge = Literal["top", "bottom"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Boxes in pixels; corners are even numbers where the safe area allows (4:2:0)."""

    size: Size
    safe: Box
    mirrored: bool  # for a language that runs from right to left: what is aligned is aligned to the right
    unit: float  # 1/1080 of the shorter side: sizes in design pixels are multiplied by it
    title: Box
    title_from: Edge  # the edge of the frame at which the title's shade begins
    logo: Box
    caption: Box
    inset: Box
    credit: Box
    scene_map: Box
    facts: Box
    photo: Box
    end_logo: Box
    end_text: Box
    end_link: Box
    end_qr: Box
    end_credits: Box
    subtitle: Box | None = None  # the band of what is said, below all others

    def together(self) -> dict[str, tuple[Box, ...]]:
        """Which boxes are on screen at the same time."""
        said = (self.subtitle,) if self.subtitle else ()
        return {
            "opening": (self.title, self.logo, self.credit, *said),
            "footage": (self.caption, self.inset, self.logo, self.credit, *said),
            "route": (self.scene_map, self.facts, *said),
            "end card": (self.end_logo, self.end_text, self.end_link, self.end_qr, self.end_credits, *said),
        }


def lay_out(size: Size, safe: Insets, *, mirrored: bool = False, subtitles: bool = False) -> Layout:
    """The boxes for a picture of `size` whose edges are covered by `safe`. `mirrored`: for languages that run from
    right to left. `subtitles`: a band for what is said is kept free at the bottom, and all else stands above it.

    Raises ValueError when less than a fifth of the picture's width or height is left.
    """
    area = Box.inside(size, safe)
    if area.width * 5 < size.width or area.height * 5 < size.height or area.width < 40 or area.height < 40:
        raise ValueError(f"margins {safe} leave too little of {size.width}x{size.height}")
    area = _even(area)
    unit = size.short / 1080
    wide = area.width >= 1.25 * area.height
    band = _band(area, size) if subtitles else None
    if band:
        area = _even(replace(area, height=band.y - _gap(area, unit) - area.y))
    parts = {**_bars(area, unit), **(_footage_wide if wide else _footage_tall)(area, unit, size)}
    parts |= (_route_wide if wide else _route_tall)(area, unit)
    parts |= (_end_wide if wide else _end_tall)(area, unit)
    tall = size.aspect < 0.7
    parts["title"] = _title(area, unit, tall=tall, wide=wide)
    boxes = {name: _even(box) for name, box in parts.items()}
    return Layout(
        size=size,
        safe=area,
        mirrored=mirrored,
        unit=unit,
        title_from="top" if tall else "bottom",
        subtitle=band,
        **{name: _reflected(box, area) if mirrored else box for name, box in boxes.items()},
    )


def _reflected(box: Box, area: Box) -> Box:
    """The box on the other side of the area."""
    return replace(box, x=area.x + area.right - box.right)


def _band(area: Box, size: Size) -> Box:
    """At the bottom of the safe area, in the middle of the frame where there is room on both sides."""
    height = min(band_px(size), area.height // 3 // 2 * 2)
    middle = min(size.width // 2 - area.x, area.right - size.width // 2)
    half = middle if 2 * middle >= 0.9 * area.width else 0
    x, width = (size.width // 2 - half, 2 * half) if half else (area.x, area.width)
    return _even(Box(x=x, y=area.bottom - height, width=width, height=height))


def _even(box: Box) -> Box:
    """The largest box of even corners inside `box`."""
    x, y = box.x + box.x % 2, box.y + box.y % 2
    return Box(x=x, y=y, width=max(2, (box.right - x) // 2 * 2), height=max(2, (box.bottom - y) // 2 * 2))


def _least(design: float, unit: float, share: float, of: int) -> int:
    """A length of `design` pixels, but never more than `share` of the room there is."""
    return int(min(design * unit, share * of)) // 2 * 2


def _gap(area: Box, unit: float) -> int:
    return _least(24, unit, 0.03, min(area.width, area.height))


def _credit_height(area: Box, unit: float) -> int:
    """One line of credits where lines are long, room for two where they are short."""
    return _least(44 if area.width > 1200 * unit else 76, unit, 0.1, area.height)


def _logo_height(area: Box, unit: float) -> int:
    return _least(88, unit, 0.12, area.height)


def _bars(area: Box, unit: float) -> dict[str, Box]:
    """What keeps its place in every scene: the logo at the top left, the credit line at the bottom."""
    credit = _credit_height(area, unit)
    return {
        "logo": Box(
            x=area.x,
            y=area.y,
            width=_least(330, unit, 0.44, area.width),
            height=_logo_height(area, unit),
        ),
        "credit": Box(x=area.x, y=area.bottom - credit, width=area.width, height=credit),
    }


def _title(area: Box, unit: float, *, tall: bool, wide: bool) -> Box:
    """Below the logo on tall pictures (the sky is there), above the credit line on all others."""
    gap = _gap(area, unit)
    top = area.y + _logo_height(area, unit) + 2 * gap
    bottom = area.bottom - _credit_height(area, unit) - gap
    width = int(area.width * 0.72) if wide else area.width
    height = min(bottom - top, int(area.height * 0.62))
    return Box(x=area.x, y=top if tall else bottom - height, width=width, height=height)


def _footage_tall(area: Box, unit: float, size: Size) -> dict[str, Box]:
    """The inset at the top right, opposite the logo; the caption across the bottom; the middle stays free."""
    gap = _gap(area, unit)
    side = int(min(0.52 * area.width, 380 * unit, 0.42 * area.height))
    bottom = area.bottom - _credit_height(area, unit) - gap
    height = _least(300, unit, 0.34, area.height)
    return {
        "inset": Box(x=area.right - side // 2 * 2, y=area.y, width=side, height=side),
        "caption": Box(x=area.x, y=bottom - height, width=area.width, height=height),
    }


def _footage_wide(area: Box, unit: float, size: Size) -> dict[str, Box]:
    """The inset at the bottom right, the caption beside it (at most 68 % of the frame: BBC subtitle
    lines)."""
    gap = _gap(area, unit)
    bottom = area.bottom - _credit_height(area, unit) - gap
    side = int(min(0.3 * area.width, 400 * unit, 0.5 * area.height)) // 2 * 2
    height = _least(270, unit, 0.34, area.height)
    width = min(area.width - side - 2 * gap, int(0.68 * size.width))
    return {
        "inset": Box(x=area.right - side, y=bottom - side, width=side, height=side),
        "caption": Box(x=area.x, y=bottom - height, width=width, height=height),
    }


def _route_tall(area: Box, unit: float) -> dict[str, Box]:
    """The route from the very top, the facts below it: the scene stands alone, so that the route is large."""
    gap = _gap(area, unit)
    # Where lines are short the facts stand below each other, and the profile still needs its height.
    facts = _least(360 if area.width > 800 * unit else 400, unit, 0.41, area.height)
    return {
        "facts": Box(x=area.x, y=area.bottom - facts, width=area.width, height=facts),
        "scene_map": Box(x=area.x, y=area.y, width=area.width, height=area.height - facts - gap),
        "photo": Box(x=area.x, y=area.y, width=int(0.62 * area.width), height=int(0.42 * (area.height - facts - gap))),
    }


def _route_wide(area: Box, unit: float) -> dict[str, Box]:
    """A column of facts at the left, the route in all the rest."""
    gap = _gap(area, unit)
    column = max(int(0.34 * area.width), _least(330, unit, 0.44, area.width))
    height = min(area.height, int(620 * unit))
    left = area.x + column + 2 * gap
    return {
        "facts": Box(x=area.x, y=area.bottom - height, width=column, height=height),
        "scene_map": Box(x=left, y=area.y, width=area.right - left, height=area.height),
        "photo": Box(x=left, y=area.y, width=(area.right - left) // 2, height=int(0.46 * area.height)),
    }


def _end_tall(area: Box, unit: float) -> dict[str, Box]:
    """One column from the top: logo, words, link, code; the credits at the bottom."""
    gap = _gap(area, unit)
    logo = _least(110, unit, 0.12, area.height)
    credits_height = _least(130, unit, 0.14, area.height)
    code = int(min(320 * unit, 0.31 * area.height, area.width))
    link = _least(116, unit, 0.12, area.height)
    credits_top = area.bottom - credits_height
    code_top = credits_top - gap - code
    link_top = code_top - gap - link
    text_top = area.y + logo + gap
    return {
        "end_logo": Box(x=area.x, y=area.y, width=_least(520, unit, 0.7, area.width), height=logo),
        "end_text": Box(x=area.x, y=text_top, width=area.width, height=link_top - gap - text_top),
        "end_link": Box(x=area.x, y=link_top, width=area.width, height=link),
        "end_qr": Box(x=area.x, y=code_top, width=code, height=code),
        "end_credits": Box(x=area.x, y=credits_top, width=area.width, height=credits_height),
    }


def _end_wide(area: Box, unit: float) -> dict[str, Box]:
    """Words at the left, the code at the right in the middle of the height."""
    gap = _gap(area, unit)
    logo = _least(110, unit, 0.13, area.height)
    credits_height = _least(130, unit, 0.16, area.height)
    link = _least(116, unit, 0.12, area.height)
    code = int(min(0.55 * area.height, 0.3 * area.width))
    middle = (area.height - credits_height - gap - code) // 2
    column = area.width - code - 3 * gap
    credits_top = area.bottom - credits_height
    link_top = credits_top - 2 * gap - link
    text_top = area.y + logo + gap
    return {
        "end_logo": Box(x=area.x, y=area.y, width=int(0.5 * column), height=logo),
        "end_text": Box(x=area.x, y=text_top, width=column, height=link_top - gap - text_top),
        "end_link": Box(x=area.x, y=link_top, width=column, height=link),
        "end_qr": Box(x=area.right - code, y=area.y + middle, width=code, height=code),
        "end_credits": Box(x=area.x, y=credits_top, width=area.width, height=credits_height),
    }
