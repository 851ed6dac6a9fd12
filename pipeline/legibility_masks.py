"""Where the letters of a layer lie in the frame, and the narrow ring around them that they are read against.

Nothing is guessed from colours: each text is left out of its overlay once, and what changes are its letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.overlays.watched import watched
from pipeline.pieces import Layer, Piece

Drawn = tuple[Any, int, int]  # an overlay and its top-left corner in the frame
Draw = Callable[[Layer, Piece], Sequence[Drawn]]
Mask = NDArray[np.bool_]
Rgba = NDArray[np.uint8]

# Pictures and drawings, marks of drafts, and other people's overlays, whose texts we cannot ask for. Logos are exempt.
_WORDLESS = ("guest", "logo", "photo", "inset", "draft", "route")
_CORE, _TOUCHED = 0.85, 3 / 255  # of the full change: certainly a letter; not quite untouched
_OPAQUE = 0.7  # facts T2: a box of this opacity makes contrast decidable once
_EVERY = 5  # frames between two looks
_BOLD = ("bold", "display")
_PRESENT = 0.01  # change of opacity that still counts as fully there


@dataclass(frozen=True, kw_only=True, eq=False)
class Written:
    """One text of a layer. `core` (certainly letters) and `ring` (one stroke around them) are masks of the same shape,
    whose corner lies at x, y in the frame. `frames` of the piece at which it stands there fully and is to be looked at;
    `size` and `line_px` in pixels of the frame."""

    words: str
    layer: Layer
    size: float
    line_px: float
    bold: bool
    x: int
    y: int
    core: Mask
    ring: Mask
    frames: tuple[int, ...]


def written(piece: Piece, draw: Draw) -> Iterator[Written]:
    """Every text of our own overlays on a piece."""
    for layer in piece.layers:
        if layer.kind not in _WORDLESS:
            yield from _of_layer(layer, piece, draw)


def _of_layer(layer: Layer, piece: Piece, draw: Draw) -> Iterator[Written]:
    draw(layer, piece)  # so that what the overlays remember of a text is not learnt while it is left out
    with watched() as seen:
        whole = draw(layer, piece)
    blocks = list(seen.blocks)
    for number, block in enumerate(blocks):
        if not block.lines:
            continue
        with watched(without=number):
            bare = draw(layer, piece)
        for (clip, x, y), (other, _x, _y) in zip(whole, bare, strict=True):
            found = _found(clip, other)
            if found is None:
                continue
            moment, change = found
            core, ring, (top, left) = _masks(change, clip.size)
            backed = _backed(other.rgba(moment), ring, top, left) or (piece.shot.take is None and not piece.moving)
            shown = _shown(clip, layer, moment, _looks(layer, piece, backed=backed), (top, left, *core.shape))
            # A text that is there only for a moment of the overlay's time is looked at when it is there.
            if not shown and 0 <= moment - layer.offset < layer.frames:
                shown = (moment - layer.offset,)
            yield Written(
                words=" ".join(block.lines),
                layer=layer,
                size=block.size,
                line_px=block.line_height,
                bold=block.style.role in _BOLD,
                x=x + left,
                y=y + top,
                core=core,
                ring=ring,
                frames=tuple(layer.start + frame for frame in shown),
            )


def _found(clip: Any, other: Any) -> tuple[int, NDArray[np.float32]] | None:
    """The frame of the overlay at which the text is seen best, and how far each pixel changes by it, 0 to 1."""
    if not hasattr(clip, "rgba") or clip.size != other.size:
        return None
    changes = list(clip.changes())
    moments = dict.fromkeys([clip.frames // 2, *changes[:: max(1, len(changes) // 12)]])
    best: tuple[int, NDArray[np.float32]] | None = None
    for moment in moments:
        change = _changed(clip.rgba(moment), other.rgba(moment))
        if change is not None and change.max() > 0.2:
            if moment == clip.frames // 2:
                return moment, change
            if best is None or change.sum() > best[1].sum():
                best = moment, change
    return best


def _changed(one: Rgba, other: Rgba) -> NDArray[np.float32] | None:
    """How far each pixel differs; worked out only where any does."""
    differs = (one != other).any(axis=2)
    if not differs.any():
        return None
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    change: NDArray[np.float32] = np.zeros(differs.shape, np.float32)
    change[part] = np.abs(_premultiplied(one[part]) - _premultiplied(other[part])).max(axis=2)
    return change


def _premultiplied(picture: Rgba) -> NDArray[np.float32]:
    values = picture.astype(np.float32) / np.float32(255)
    values[:, :, :3] *= values[:, :, 3:]
    return values


def _masks(change: NDArray[np.float32], size: tuple[int, int]) -> tuple[Mask, Mask, tuple[int, int]]:
    """Core and ring, cut to where they are, and (top, left) of the cut."""
    full = float(change.max())
    touched = change > _TOUCHED
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    letters = np.pad(change[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    reach = 1 + max(1, round(_stroke(letters / full)))
    top, left = max(0, int(rows[0]) - reach), max(0, int(columns[0]) - reach)
    bottom, right = min(size[1], int(rows[-1]) + reach + 1), min(size[0], int(columns[-1]) + reach + 1)
    cut = touched[top:bottom, left:right]
    core = change[top:bottom, left:right] >= _CORE * full
    # The pixel next to a letter is a mixture of both: the encoder halves the colours' resolution.
    return core, _grown(cut, reach) & ~_grown(cut, 1), (top, left)


def _stroke(coverage: NDArray[np.float32]) -> float:
    """The usual width of a stroke: twice the area of the letters by the length of their outline."""
    down, across = np.gradient(coverage)
    return float(2 * coverage.sum() / max(1e-6, float(np.hypot(down, across).sum())))


def _grown(mask: Mask, by: int) -> Mask:
    """The mask and everything within `by` pixels, in a square."""
    out = mask
    for axis in (0, 1):
        total = np.cumsum(np.pad(out.astype(np.int32), [(by + 1, by) if a == axis else (0, 0) for a in (0, 1)]), axis)
        count = mask.shape[axis]
        out = np.take(total, range(2 * by + 1, 2 * by + 1 + count), axis) > np.take(total, range(count), axis)
    return out


def _backed(bare: Rgba, ring: Mask, top: int, left: int) -> bool:
    """Whether nearly all of the ring lies on a plate of the overlay's own."""
    around = bare[top : top + ring.shape[0], left : left + ring.shape[1], 3][ring]
    return bool(len(around)) and float(np.percentile(around, 5)) >= _OPAQUE * 255


def _looks(layer: Layer, piece: Piece, *, backed: bool) -> list[int]:
    """Frames of the layer to look at: every fifth, the first and the last; on a plate the keyframes, which are quick to
    reach, and where there is none the middle."""
    if not backed:
        return sorted({*range(0, layer.frames, _EVERY), layer.frames - 1})
    gop = piece.encoder.gop
    keys = [at - layer.start for at in range(-(-layer.start // gop) * gop, layer.start + layer.frames, gop)]
    return keys if len(keys) > 1 else sorted({*keys, layer.frames // 2})


def _shown(
    clip: Any, layer: Layer, moment: int, looks: Sequence[int], cut: tuple[int, int, int, int]
) -> tuple[int, ...]:
    """Those frames at which the text stands as it does at `moment`: not while it comes or goes."""
    top, left, height, width = cut

    def opacity(frame: int) -> NDArray[np.float32]:
        part: NDArray[np.float32] = clip.rgba(frame)[top : top + height, left : left + width, 3].astype(np.float32)
        return part

    there = opacity(moment)
    most = max(1.0, float(there.sum()))
    return tuple(at for at in looks if float(np.abs(opacity(at + layer.offset) - there).sum()) <= _PRESENT * most)
