"""Contrast as it is in the finished clip: the letters' own pixels against the ring around them, frame by frame.

Rule T2: the fill's relative luminance is the middle of the letters' pixels; each pixel of the ring has its ratio to it,
and the lowest twentieth of the ring decides for a frame, as the lowest twentieth of the frames decides for the text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.legibility_masks import Mask, Written
from pipeline.media import opened

Light = NDArray[np.float32]
_PART = 5  # per cent that decides, of pixels and of frames


def ratios(film: Path, wanted: Mapping[int, Sequence[Written]]) -> dict[int, list[float]]:
    """{id(text): ratio for each of its frames}; `wanted`: the texts to look at in each frame of the film. Only these
    frames and what they need is decoded."""
    found: dict[int, list[float]] = {}
    for number, planes in _frames(film, sorted(wanted)):
        for text in wanted[number]:
            height, width = text.core.shape
            light = luminance(planes, text.x, text.y, width, height)
            high, wide = light.shape
            found.setdefault(id(text), []).append(ratio(light, text.core[:high, :wide], text.ring[:high, :wide]))
    return found


def decided(values: Sequence[float]) -> float:
    """What decides for a text: the 5th percentile of its frames; of few, the lowest."""
    return float(np.percentile(values, _PART, method="lower"))


def ratio(light: Light, core: Mask, ring: Mask) -> float:
    """The contrast of letters and ring in one frame, 1 to 21."""
    around = light[ring]
    if not core.any() or not len(around):
        return 1.0
    fill = np.median(light[core])
    high, low = np.maximum(around, fill), np.minimum(around, fill)
    return float(np.percentile((high + 0.05) / (low + 0.05), _PART))


def _frames(film: Path, numbers: Sequence[int]) -> Iterator[tuple[int, tuple[Any, Any, Any]]]:
    """(number, (Y, U, V)) of the frames asked for, in order. A film begins at 0, at a constant rate: both checked."""
    with opened(film, "mov", name=film.name) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        step = 1 / (stream.average_rate * stream.time_base)
        keys = sorted(round(entry.timestamp / step) for entry in stream.index_entries if entry.is_keyframe)
        decoding: Iterator[Any] = iter(())
        at = -1
        for number in numbers:
            if at < 0 or keys[max(0, bisect_right(keys, number) - 1)] > at:  # a keyframe lies between
                container.seek(round(number * step), stream=stream)
                decoding = container.decode(stream)
            for frame in decoding:
                at = round(frame.pts / step)
                if at >= number:
                    if at == number:
                        yield number, _planes(frame)
                    break


def _planes(frame: Any) -> tuple[Any, Any, Any]:
    """Views of the frame's three planes, without the padding of their rows."""
    found = []
    for plane, half in zip(frame.planes, (1, 2, 2), strict=True):
        rows = np.frombuffer(plane, np.uint8)[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
        found.append(rows[:, : -(-frame.width // half)])
    return found[0], found[1], found[2]


def luminance(planes: tuple[Any, Any, Any], x: int, y: int, width: int, height: int) -> Light:
    """WCAG relative luminance of a part of the frame (BT.709, limited range), cut at the frame's edge."""
    luma = planes[0][y : y + height, x : x + width].astype(np.float32)
    high, wide = luma.shape
    rows, columns = (np.arange(y, y + high) // 2), (np.arange(x, x + wide) // 2)
    blue, red = (plane[np.ix_(rows, columns)].astype(np.float32) - 128 for plane in planes[1:])
    base = (luma - 16) * np.float32(255 / 219)
    scale = np.float32(255 / 224)
    channels = (
        base + scale * np.float32(1.5748) * red,
        base - scale * (np.float32(0.187324) * blue + np.float32(0.468124) * red),
        base + scale * np.float32(1.8556) * blue,
    )
    table = _linear()
    total: Light = np.zeros_like(luma)
    for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True):
        total += np.float32(weight) * table[np.clip(np.rint(channel), 0, 255).astype(np.uint8)]
    return total


@cache
def _linear() -> Light:
    """sRGB values to light, as WCAG 2.2 defines it."""
    value = np.arange(256, dtype=np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
