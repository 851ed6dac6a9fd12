"""The small pictures that are looked at: a film decoded once, each frame averaged down to a fine grid.

A cell is a 144th of the longer side, 13 pixels of 1080×1920: small enough that areas are decided to a few per cent. The
fine picture has two by two pixels to a cell, each the mean of what it covers, so that noise, compression and patterns
too fine to matter average out; of the four, one stands for the cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.flashes.light import Pixels
from pipeline.media import opened

LONGER = 144  # cells on the longer side; a multiple of three, as every side is

_EXACTLY = "flags=area+accurate_rnd+full_chroma_int+bitexact"  # the mean of what a pixel covers, rounded to the nearest


def grid(width: int, height: int) -> tuple[int, int]:
    """(columns, rows) of cells for a picture of this size."""
    longer = max(width, height)
    most = min(LONGER, max(6, longer // 2))
    columns, rows = (max(2, round(most * side / longer / 3)) * 3 for side in (width, height))
    return columns, rows


def shrinking(width: int, height: int) -> str:
    """Arguments of ffmpeg's filter `scale` that make the fine picture of one of this size."""
    columns, rows = grid(width, height)
    return f"{2 * columns}:{2 * rows}:{_EXACTLY}"


def averaged(pixels: Pixels, columns: int, rows: int) -> Pixels:
    """The picture at this many pixels, each the mean of what it covers, or a copy of what it lies in."""
    for axis, count in ((0, rows), (1, columns)):
        pixels = _resized(pixels, axis, count)
    return pixels


def sampled(pixels: Pixels) -> Pixels:
    """One pixel of the fine picture for each cell. Not the mean, which would be half in, half out along every edge; and
    not always the same of the four, so that edges are met at steps of half a cell."""
    high, wide = pixels.shape[:2]
    cells = np.empty((high // 2, wide // 2, 3), np.uint8)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cells[row::2, column::2] = pixels[2 * row + column :: 4, 2 * column + row :: 4]
    return cells


def _resized(pixels: Pixels, axis: int, count: int) -> Pixels:
    size = pixels.shape[axis]
    places = np.arange(count) * size // count
    if size == count:
        return pixels
    if size < count:
        copied: Pixels = pixels.take(places, axis=axis)
        return copied
    shape = [1] * pixels.ndim
    shape[axis] = count
    sizes = np.diff(places, append=size).reshape(shape)
    mean: Pixels = ((np.add.reduceat(pixels, places, axis=axis, dtype=np.uint32) + sizes // 2) // sizes).astype(
        np.uint8
    )
    return mean


def first(path: Path, start: Fraction = Fraction(0)) -> Pixels:
    """The fine picture of the keyframe at `start` seconds, or the last before it. MaterialError as `small`."""
    with small(path, start) as (_, pictures):
        for pixels in pictures:
            return pixels
    raise MaterialError.at(path.name, "there is no picture in this file", "render again")


@contextmanager
def small(path: Path, start: Fraction = Fraction(0)) -> Iterator[tuple[Fraction, Iterator[Pixels]]]:
    """(frame rate, fine pictures) of the MP4 at `path`, from the keyframe at or before `start` seconds. MaterialError
    when it cannot be read or has no picture."""
    with opened(path, "mov", name=path.name) as file:
        if not file.streams.video:
            raise MaterialError.at(path.name, "there is no picture in this file", "render again")
        stream = file.streams.video[0]
        # What deblocking changes is far below a cell; leaving it out saves a quarter of the decoding.
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"skip_loop_filter": "all", "flags2": "+fast"}
        rate = stream.average_rate or stream.guessed_rate or Fraction(0)
        if not 1 <= rate <= 240:
            raise MaterialError.at(path.name, f"its frame rate is {rate}", "render again")
        if start:
            file.seek(int(start / stream.time_base), stream=stream)
        yield Fraction(rate), _decoded(file, stream)


def _decoded(file: Any, stream: Any) -> Iterator[Pixels]:
    scaler = None
    for frame in file.decode(stream):
        scaler = scaler or _scaler(stream, frame)
        scaler.push(frame)
        pixels: Pixels = scaler.pull().to_ndarray()
        yield pixels


def _scaler(stream: Any, frame: Any) -> Any:
    """Averages down to the fine picture and turns BT.709 into sRGB values, rounded to the nearest."""
    from av.filter import Graph

    graph = Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_buffer(template=stream, width=frame.width, height=frame.height, format=frame.format),
        graph.add("scale", f"{shrinking(frame.width, frame.height)}:in_color_matrix=bt709"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ).configure()
    return graph
