"""Time as an exact value: seconds are `Fraction`s, timelines count frames, spans are half-open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|secs|seconds?|m|min|mins|minutes?)?", re.IGNORECASE)


def seconds(text: str | int | float) -> Fraction:
    """`0:31`, `1:02:03.5`, `30s`, `30`, `1.5 min` → seconds. Raises ValueError with a sentence."""
    if isinstance(text, int | float):
        value = Fraction(str(text))
        if value < 0:
            raise ValueError(f"{text} is before zero")
        return value
    stripped = text.strip()
    if clock := _CLOCK.fullmatch(stripped):
        hours, minutes, rest = clock.groups()
        if Fraction(rest) >= 60:
            raise ValueError(f"{text!r} has {rest} seconds in a minute")
        return int(hours or 0) * 3600 + int(minutes) * 60 + Fraction(rest)
    if amount := _AMOUNT.fullmatch(stripped):
        number, unit = amount.groups()
        return Fraction(number) * (60 if (unit or "s").lower().startswith("m") else 1)
    raise ValueError(f"I cannot read {text!r} as a time; write 0:31, 31s or 1:02:03.5")


def timecode(value: Fraction) -> str:
    """Seconds as a person writes them: `0:31`, `0:31.5`, `1:02:03`."""
    tenths = round(value * 10)
    whole, tenth = divmod(tenths, 10)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    text = f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
    return f"{text}.{tenth}" if tenth else text


@dataclass(frozen=True, kw_only=True)
class Span:
    """A half-open stretch of time in seconds, `start <= t < end`."""

    start: Fraction
    end: Fraction

    @property
    def duration(self) -> Fraction:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """In order, those that touch as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(start=joined[-1].start, end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def frame_rate(rates: list[Fraction]) -> int:
    """The clip rate (24, 25 or 30) nearest to the footage: 50 → 25, 59.94 → 30, 23.976 → 24.

    `rates` are the mean rates of the clips in use; with none it is 30. Ties go to the commonest rate.
    """
    if not rates:
        return 30

    def distance(target: int, rate: Fraction) -> Fraction:
        return min(abs(rate / multiple - target) for multiple in (1, 2, 4, 8))

    votes = [min((24, 25, 30), key=lambda target: distance(target, rate)) for rate in rates]
    return max((30, 25, 24), key=votes.count)
