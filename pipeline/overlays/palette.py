"""The colours and fonts of a look, as an overlay gets them: no brand, no file, no platform behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

from pipeline.fonts import Fonts, default

TAG = 1.9  # contrast at which a tag still stands out from its ground
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours as `#rrggbb`. `ink` and `paper` are the dark and the light of all text and plates."""

    ink: str = "#13232c"
    paper: str = "#fbfaf6"
    accent: str = "#ffc83d"
    route: str = "#e4003a"
    route_casing: str = "#ffffff"
    todo: str = "#8d9aa0"
    start: str = "#0b7a43"
    finish: str = "#16181a"
    card_top: str = "#155850"
    card_bottom: str = "#0a1f2c"
    grid: str = "#9fd8cb"
    fonts: Fonts = field(default_factory=default)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "fonts" and not _HEX.fullmatch(value):
                raise ValueError(f"{item.name}: {value!r} is no colour; write it as #1a2b3c")

    def on(self, colour: str) -> str:
        """Ink or paper, whichever reads better on `colour`."""
        return max((self.ink, self.paper), key=lambda text: contrast(text, colour))

    @property
    def ground(self) -> str:
        """The middle tone of the cards."""
        return mixed(self.card_top, self.card_bottom, 0.5)

    def tag(self, ground: str) -> str:
        """The colour of a tag on `ground`: the accent, unless it would sink into it."""
        return self.accent if contrast(self.accent, ground) >= TAG else self.on(ground)

    @property
    def dark_card(self) -> bool:
        """Whether light text belongs on the cards."""
        return contrast("#ffffff", self.ground) > contrast("#000000", self.ground)


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(one: str, other: str, share: float) -> str:
    """`share` of the way from one colour to the other, in sRGB."""
    channels = (round(a + (b - a) * share) for a, b in zip(rgb(one), rgb(other), strict=True))
    return "#" + "".join(f"{min(255, max(0, channel)):02x}" for channel in channels)


def luminance(colour: str) -> float:
    """WCAG relative luminance, 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, ground: str, ratio: float) -> str:
    """`colour`, moved towards white or black until it has `ratio` against `ground` (or as near as it
    gets)."""
    pole = "#ffffff" if contrast("#ffffff", ground) >= contrast("#000000", ground) else "#000000"
    for step in range(21):
        candidate = mixed(colour, pole, step / 20)
        if contrast(candidate, ground) >= ratio:
            return candidate
    return pole
