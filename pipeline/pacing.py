"""When a moving map rests, comes close and pulls back, and how far along the route it is at each frame.

The edit and the camera keep the same time, so both ask here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.geo import Floats

HOLD_S, DOWN_S, BACK_S, REST_S = 0.6, 1.6, 1.7, 1.1  # overview, easing down, pulling back, overview


@dataclass(frozen=True, kw_only=True)
class Times:
    """Frames at which the camera leaves the overview, is close, leaves again, and is back."""

    leave: int
    close: int
    back: int
    rest: int

    @classmethod
    def of(cls, frames: int, fps: float) -> Times:
        """Shorter scenes keep the shares, and always a second of rest."""
        moving = HOLD_S + DOWN_S + BACK_S
        pace = min(1.0, max(0.1, (frames / fps - REST_S) * 0.5 / moving))
        rest = max(1, frames - 1 - round(REST_S * fps))
        leave, close = round(HOLD_S * pace * fps), round((HOLD_S + DOWN_S) * pace * fps)
        return cls(leave=leave, close=close, back=max(close, rest - round(BACK_S * pace * fps)), rest=rest)

    def nearness(self, frames: int) -> Floats:
        """0 in the overview, 1 when the marker is followed, eased between."""
        at = np.arange(frames, dtype=np.float64)
        down = (at - self.leave) / max(1, self.close - self.leave)
        back = (self.rest - at) / max(1, self.rest - self.back)
        return smoother(np.minimum(down, back))


def smoother(share: Floats) -> Floats:
    """0 → 0, 1 → 1, at rest at both ends (also in its acceleration); clamped."""
    x = np.clip(share, 0.0, 1.0)
    return np.asarray(x * x * x * (x * (6 * x - 15) + 10))


def travelled(distance_m: float, frames: int, fps: float) -> Floats:
    """Metres along at each frame: off while the camera is still coming down, there as it pulls back, at an even pace
    between."""
    times = Times.of(frames, fps)
    first = times.leave + 0.2 * (times.close - times.leave)
    last = max(first + 1, times.back + 0.5 * (times.rest - times.back))
    share = np.clip((np.arange(frames) - first) / (last - first), 0, 1)
    ramp = min(0.5, 0.7 * fps / (last - first))  # of the way, to get going and to stop
    speed = 1 / (1 - ramp)
    slow = np.minimum(share, 1 - share)
    begun = np.where(slow < ramp, slow**2 / (2 * ramp), slow - ramp / 2) * speed
    return np.asarray(distance_m * np.where(share < 0.5, begun, 1 - begun))
