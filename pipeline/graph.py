"""What ffmpeg is told for one shot: the stretch of footage or the still below, the layers above, for each frame size.

Only numbers and file names of ours stand in a filter; names of the user's are arguments behind `-i file:`.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import ffmpeg
from pipeline.flashes.pictures import shrinking
from pipeline.footage import Clip, Part
from pipeline.picture import begins_on_keyframe, fitted, lead, timed
from pipeline.pieces import Piece

_YUVA = "scale=out_color_matrix=bt709:out_range=tv"


@dataclass(frozen=True, kw_only=True)
class Laid:
    """A layer's file and its top-left corner; `spread` is the width that a strip is stretched to, 0 for all others."""

    file: str
    x: int
    y: int
    spread: int = 0

    def moved(self, x: int, y: int) -> Laid:
        return replace(self, x=self.x + x, y=self.y + y)


class Moving(Protocol):
    """A backdrop that moves: opaque RGBA (height, width, 4) by frame number; the array may be the same every time."""

    def frame(self, number: int) -> NDArray[np.uint8]: ...

    def same_as_before(self, number: int) -> bool:
        """Whether a frame shows what the one before it shows: then it need not be drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A shot with its overlays drawn, ready for ffmpeg. The folder holds only names of ours."""

    pieces: tuple[Piece, ...]
    folder: Path
    backdrops: tuple[str, ...]  # per piece, empty for footage
    overlays: tuple[tuple[Laid, ...], ...]  # per piece
    moving: Moving | None = None  # instead of a backdrop, where there is one piece alone

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def graph(scene: Scene, *, lut: str | None, keyframes_only: bool, glances: bool = False) -> tuple[list[str], str]:
    """(inputs, filter graph) of a shot. The graph ends in `[out0]`, `[out1]` …, one for each piece, and with
    `glances` also in `[glance0]` …, the same made small."""
    inputs: list[str] = []
    chains: list[str] = []
    if scene.pieces[0].shot.take is not None:
        inputs, chains = _source(scene, lut, keyframes_only)
    elif scene.moving is not None:
        (piece,) = scene.pieces
        inputs = ffmpeg.fed(piece.size.width, piece.size.height, piece.fps)
        chains = [f"[0:v:0]{_YUVA},format=yuv420p[base0]"]
    else:
        for number, piece in enumerate(scene.pieces):
            inputs += ffmpeg.source(scene.folder / scene.backdrops[number])
            chains.append(
                f"[{number}:v:0]{_YUVA}:sws_dither=ed,format=yuv420p,"
                f"loop=loop={piece.shot.frames - 1}:size=1:start=0[base{number}]"
            )
    first = inputs.count("-i")
    layer_inputs, layer_chains, labels = _layers(scene, first)
    for number, piece in enumerate(scene.pieces):
        below = f"base{number}"
        for index, laid in enumerate(scene.overlays[number]):
            above = f"over{number}x{index}"
            label = labels[laid.file].pop()
            layer_chains.append(f"[{below}][{label}]overlay={laid.x}:{laid.y}:format=yuv420:eof_action=repeat[{above}]")
            below = above
        tagged = "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
        ends = f"split[out{number}][full{number}]" if glances else f"null[out{number}]"
        layer_chains.append(f"[{below}]{tagged},setpts=N/({piece.fps}*TB),{ends}")
        if glances:
            small = shrinking(piece.size.width, piece.size.height)
            layer_chains.append(f"[full{number}]scale={small},format=yuv420p[glance{number}]")
    return [*inputs, *layer_inputs], ";".join([*chains, *layer_chains])


def _source(scene: Scene, lut: str | None, keyframes_only: bool) -> tuple[list[str], list[str]]:
    """The footage, read once, and one chain for each frame size that ends in `[base…]`."""
    shot, fps = scene.pieces[0].shot, scene.pieces[0].fps
    assert shot.take is not None
    clip = shot.take.clip
    inputs = _footage(clip, shot.source_start, Fraction(shot.frames, fps), scene.folder, keyframes_only)
    rate = timed(clip, fps, shot.source_start, keyframes_only=keyframes_only)
    # A draft shows few pictures of the source many times: they are made small before they are repeated.
    first, then = ("null", f",{rate}") if keyframes_only else (rate, "")
    steps = [fitted(clip, piece.size, f"fit{number}", lut=lut) for number, piece in enumerate(scene.pieces)]
    alone = [f"[src{number}]" for number, (common, _) in enumerate(steps) if not common]
    together = [f"[src{number}]" for number, (common, _) in enumerate(steps) if common]
    ends = [*alone, *(["[common]"] if together else [])]
    chains = [f"[0:{clip.stream}]{first},split={len(ends)}{''.join(ends)}"]
    if together:
        (common,) = {common for common, _ in steps if common}
        chains.append(f"[common]{common},split={len(together)}{''.join(together)}")
    chains += [f"[src{number}]{own or 'null'}{then}[base{number}]" for number, (_, own) in enumerate(steps)]
    return inputs, chains


def _layers(scene: Scene, first: int) -> tuple[list[str], list[str], dict[str, list[str]]]:
    """The layers' inputs, counted from `first`, their conversion, and the labels under which each can be used. A layer
    that several frame sizes show is read and converted once."""
    inputs: list[str] = []
    chains: list[str] = []
    labels: dict[str, list[str]] = {}
    spreads = {laid.file: laid.spread for overlays in scene.overlays for laid in overlays}
    uses = Counter(laid.file for overlays in scene.overlays for laid in overlays)
    for number, (file, count) in enumerate(uses.items(), start=first):
        labels[file] = [f"layer{number}x{use}" for use in range(count)]
        ends = "".join(f"[{label}]" for label in labels[file])
        inputs += ["-threads", "1", *ffmpeg.source(scene.folder / file)]
        wide = f",scale={spreads[file]}:ih:flags=neighbor" if spreads[file] else ""
        chains.append(f"[{number}:v:0]{_YUVA},format=yuva420p{wide},split={count}{ends}")
    return inputs, chains, labels


def _footage(clip: Clip, start: Fraction, length: Fraction, folder: Path, keyframes_only: bool) -> list[str]:
    """Arguments that read one stretch of a clip, from a little before (see `picture.lead`)."""
    early = start if keyframes_only else start - lead(clip, start)
    # One thread: the encoders keep the other cores busy, and several decode the same for a tenth more CPU time and
    # half as much memory again (measured on 4K HEVC, 10 bit).
    decoder = ["-threads", "1", *(["-skip_frame", "nokey", "-noaccurate_seek"] if keyframes_only else [])]
    if not keyframes_only and begins_on_keyframe(clip, start):
        # Asked for half a frame later, the reader goes to just this keyframe, and what it finds there is the start.
        early = start + Fraction(1, 2) / clip.fps
        decoder.append("-noaccurate_seek")
    # More than is shown: what was read early, and the frame beyond the end that rate conversion may need.
    spare = ["-t", f"{float(length + 2):.6f}"]
    inside = [part for part in clip.parts if part.start + part.duration > early and part.start < start + length]
    seek = float(early - inside[0].start)
    skip = ["-ss", f"{seek:.6f}"] if seek > 0 else []
    if len(inside) == 1:
        return ffmpeg.source(inside[0].path, *decoder, *skip, *spare, kind=clip.demuxer)
    (folder / "parts.txt").write_text(_concat(inside), encoding="utf-8")
    return ffmpeg.source(folder / "parts.txt", "-safe", "0", *decoder, *skip, *spare, kind="concat")


def _concat(parts: Sequence[Part]) -> str:
    quoted = ["file:" + str(part.path.resolve()).replace("'", "'\\''") for part in parts]
    return "ffconcat version 1.0\n" + "".join(
        f"file '{name}'\nduration {float(part.duration):.6f}\n" for name, part in zip(quoted, parts, strict=True)
    )
