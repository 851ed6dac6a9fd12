"""How much of a frame subtitles may take: the BBC's figures for lines, by the shape of the picture."""

from __future__ import annotations

from pipeline.geometry import Size

_LINE_SHARE = 0.076  # of the shorter side: the height of a line's box; 7 to 8 % is asked for
_LINES, _LINES_TALL = 2, 3
_WIDE_SHARE, _SHARE = 0.68, 0.90  # of the frame's width that a line may fill: wide pictures, all others
_TALL, _WIDE = 0.7, 1.5  # width by height: below, three lines may stand; from here, lines are kept short


def lines_allowed(frame: Size) -> int:
    """How many may stand together."""
    return _LINES_TALL if frame.aspect < _TALL else _LINES


def line_px(frame: Size) -> int:
    """The height of a line, even."""
    return int(_LINE_SHARE * frame.short / 2) * 2


def band_px(frame: Size) -> int:
    """The height to keep free for subtitles, even."""
    return lines_allowed(frame) * line_px(frame)


def widest_allowed(frame: Size) -> float:
    """Pixels of the longest line, without the ends of its box."""
    return (_WIDE_SHARE if frame.aspect >= _WIDE else _SHARE) * frame.width
