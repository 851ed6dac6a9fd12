"""What the analysis of a film found, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from pipeline.flashes.areas import Box
from pipeline.timing import Span

Kind = Literal["general", "red", "flicker", "stripes"]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Seconds in which something is over a threshold. `share`: of the frame, at its worst, and `box` around all of it;
    `flashes`: the most in any one second of it (none for stripes)."""

    kind: Kind
    span: Span
    flashes: float
    share: float
    box: Box


@dataclass(frozen=True, kw_only=True)
class Worst:
    """The worst of one kind of flash. A flash is two opposing changes, so that counts come in halves.

    `flashes`: in any one second, over more than a quarter of a part of the frame; `broad`: over more than a quarter of
    the frame. `part_share`, `share`: how much of any part, and of the frame, flashes more than three times in a second.
    """

    flashes: float = 0.0
    broad: float = 0.0
    part_share: float = 0.0
    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """A second of the film for the graph: the most flashes in any one second that ends within it."""

    general: float
    red: float


@dataclass(frozen=True, kw_only=True)
class FlashReport:
    """Everything that was measured. `failing`: flashes too often; `flicker` and `stripes` are for a person to judge."""

    frames: int
    fps: Fraction
    general: Worst
    red: Worst
    failing: tuple[Stretch, ...] = ()
    flicker: tuple[Stretch, ...] = ()
    stripes: tuple[Stretch, ...] = ()
    graph: tuple[Tally, ...] = ()

    @property
    def passes(self) -> bool:
        """No flashing beyond the thresholds that block."""
        return not self.failing

    def values(self) -> dict[str, Any]:
        """The report as JSON values, to be kept; `of` reads them."""
        return dict(_adapter().dump_python(self, mode="json"))

    @staticmethod
    def of(values: object) -> FlashReport:
        """The report that these JSON values tell. ValueError when they tell none."""
        return _adapter().validate_python(values)


@cache
def _adapter() -> TypeAdapter[FlashReport]:
    return TypeAdapter(FlashReport)
