"""The colours and fonts of a look, as an overlay gets them: no brand, no file, no platform behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

from pipeline.colours import contrast, mixed, readable
from pipeline.fonts import Fonts, default
from pipeline.scripts import right_to_left

TEXT = 5.0  # contrast of words: encoding takes some of it, and 4.5 are to be left
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
        """Ink or paper, whichever reads better on `colour`, and darker or lighter where that is not enough."""
        best = max((self.ink, self.paper), key=lambda text: contrast(text, colour))
        return readable(best, colour, TEXT)

    @property
    def ground(self) -> str:
        """The middle tone of the cards."""
        return mixed(self.card_top, self.card_bottom, 0.5)

    def tag(self, ground: str) -> str:
        """The colour of a tag on `ground`: the accent, unless it would sink into it."""
        return self.accent if contrast(self.accent, ground) >= TAG else self.on(ground)

    @property
    def leftwards(self) -> bool:
        """Whether what is said is in a language that runs from right to left."""
        return right_to_left(self.fonts.lang)

    @property
    def dark_card(self) -> bool:
        """Whether light text belongs on the cards."""
        return contrast("#ffffff", self.ground) > contrast("#000000", self.ground)
