"""An overlay: a small RGBA clip with its place in the frame, authored as a MoviePy clip.

It works as any clip with a mask does in MoviePy, and it also says what a renderer wants to know: straight
RGBA by frame number, and at which frames the picture changes, so that a still title costs a dozen pictures
and not a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from moviepy import VideoClip
from numpy.typing import NDArray

Rgba = NDArray[np.uint8]

ENTER_S = 0.28
LEAVE_S = 0.22


class Overlay(VideoClip):  # type: ignore[misc] # MoviePy has no types
    """`x, y`: top-left corner in the frame. `frames`: how many at `fps`. `draw(frame)` gives straight RGBA
    uint8 of shape (height, width, 4). The array belongs to the overlay: it is valid until the next frame
    is asked for, and must not be written to. `spread`: each
    row is one colour, drawn only a few pixels wide, and is to be shown `spread` pixels wide."""

    def __init__(
        self,
        *,
        x: int,
        y: int,
        width: int,
        height: int,
        frames: int,
        fps: int,
        draw: Callable[[int], Rgba],
        changes: Sequence[int],
        spread: int = 0,
    ) -> None:
        if frames < 1:
            raise ValueError("an overlay needs at least one frame")
        if width % 2 or height % 2 or x % 2 or y % 2:
            raise ValueError(f"overlay corners must be even (4:2:0), not {x},{y} {width}x{height}")
        self.x, self.y, self.frames, self.spread = x, y, frames, spread
        self._draw, self._changes = draw, tuple(changes)
        self._last: tuple[int, Rgba] | None = None
        # MoviePy would draw a frame to learn the size when it is given the function here.
        super().__init__(duration=frames / fps)
        self.size, self.fps = (width, height), fps
        self.frame_function = self._rgb
        self.mask = VideoClip(is_mask=True, duration=frames / fps)
        self.mask.size, self.mask.fps = self.size, fps
        self.mask.frame_function = self._alpha
        self.pos = lambda _t: (x, y)

    def rgba(self, frame: int) -> Rgba:
        """The picture at `frame` (0 … frames - 1; beyond the ends: the first or last)."""
        frame = min(max(frame, 0), self.frames - 1)
        if self._last is None or self._last[0] != frame:
            self._last = (frame, self._draw(frame))
        return self._last[1]

    def changes(self) -> Sequence[int]:
        """The frames at which the picture differs from the one before; always begins with 0."""
        return self._changes

    def _at(self, t: float) -> Rgba:
        return self.rgba(int(t * self.fps + 1e-6))

    def _rgb(self, t: float) -> Any:
        return self._at(t)[:, :, :3]

    def _alpha(self, t: float) -> Any:
        return self._at(t)[:, :, 3] / 255.0


def eased(share: float) -> float:
    """Fast at first, calm at the end: 0 → 0, 1 → 1 (cubic)."""
    return 1.0 - (1.0 - min(1.0, max(0.0, share))) ** 3


def presence(frame: int, frames: int, fps: int, *, enter: bool = True, leave: bool = True) -> float:
    """How present an overlay is at `frame`: rises from above 0 to 1 at the start, falls towards 0 at the
    end."""
    rise, fall = _ramps(frames, fps)
    level = 1.0
    if enter and frame < rise:
        level = (frame + 1) / (rise + 1)
    if leave and frame >= frames - fall:
        level = min(level, (frames - frame) / (fall + 1))
    return level


def ramp_frames(frames: int, fps: int, *, enter: bool = True, leave: bool = True) -> list[int]:
    """The frames at which `presence` differs from the frame before, and 0."""
    levels = [presence(frame, frames, fps, enter=enter, leave=leave) for frame in range(frames)]
    return [0, *(i for i in range(1, frames) if levels[i] != levels[i - 1])]


def _ramps(frames: int, fps: int) -> tuple[int, int]:
    """Frames of the entrance and the exit; a very short overlay keeps a third of its time still."""
    return min(round(ENTER_S * fps), frames // 3), min(round(LEAVE_S * fps), frames // 3)


def still(
    picture: Rgba,
    *,
    x: int,
    y: int,
    frames: int,
    fps: int,
    rise: int = 0,
    enter: bool = True,
    leave: bool = True,
    spread: int = 0,
) -> Overlay:
    """One picture that fades in (coming up from `rise` pixels below) and out."""
    height, width = picture.shape[:2]

    def draw(frame: int) -> Rgba:
        level = presence(frame, frames, fps, enter=enter, leave=leave)
        if level >= 1.0:
            return picture
        entering = frame < frames // 2
        moved = shifted_down(picture, round(rise * (1.0 - eased(level)))) if entering else picture
        return faded(moved, eased(level))

    changes = ramp_frames(frames, fps, enter=enter, leave=leave)
    return Overlay(
        x=x, y=y, width=width, height=height, frames=frames, fps=fps, draw=draw, changes=changes, spread=spread
    )


def faded(picture: Rgba, level: float) -> Rgba:
    """The picture with its opacity multiplied by `level`."""
    out = picture.copy()
    out[:, :, 3] = (picture[:, :, 3] * np.float32(level) + np.float32(0.5)).astype(np.uint8)
    return out


def shifted_down(picture: Rgba, by: int) -> Rgba:
    """The picture moved down by `by` pixels inside its own frame; what comes in is transparent."""
    if by <= 0:
        return picture
    out = np.zeros_like(picture)
    out[by:] = picture[:-by]
    return out
