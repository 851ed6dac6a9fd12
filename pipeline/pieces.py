"""The parts of a render plan: layers on pieces, pieces in files, and what is said on them.

A piece is one shot for one frame size; a file is pieces joined with one sound. Plain data, named by fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from pipeline.fingerprints import fingerprint
from pipeline.geometry import Box, Size
from pipeline.layout import Layout
from pipeline.mix import Mix
from pipeline.renditions import Encoding
from pipeline.storyboard import Shot, Storyboard
from pipeline.subtitles import Cue
from pipeline.walking import Units

BUFFER_S = Fraction(1, 2)  # of the encoder's rate control


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """x264 settings. The preset and CRF were chosen by measurement: see bench/README.md."""

    preset: str = "superfast"
    crf: int = 20
    peak_bps: int
    gop: int
    hardware: str = ""  # "nvenc": a card of NVIDIA's encodes

    def arguments(self) -> list[str]:
        return self._nvenc() if self.hardware == "nvenc" else self._x264()

    def _x264(self) -> list[str]:
        # No B-frames: without them there is no edit list and no negative offset to be understood differently by
        # players. One thread: with several, x264's limit on the bit rate depends on which of them is ahead, and the
        # same input gives other bytes each time (measured: six runs, six files; the CPU time is the same).
        # 8x8 transforms make it High, also with a preset that would do without.
        peak = self.peak_bps // 1000
        buffer = int(peak * BUFFER_S)
        return [
            "-c:v", "libx264", "-preset", self.preset, "-crf", str(self.crf), "-profile:v", "high", "-bf", "0",
            "-maxrate", f"{peak}k", "-bufsize", f"{buffer}k", "-g", str(self.gop), "-keyint_min", "1",
            "-flags:v", "+cgop+bitexact",
            "-threads:v", "1", "-8x8dct", "1", "-pix_fmt", "yuv420p", "-color_primaries", "bt709",
            "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
        ]  # fmt: skip

    def _nvenc(self) -> list[str]:
        # The same promises: High, no B-frames, closed groups of pictures, a ceiling on the bit rate. Made by the card's
        # and ffmpeg's documents, on no card; what comes out is checked as every clip is.
        peak = self.peak_bps // 1000
        buffer = int(peak * BUFFER_S)
        return [
            "-c:v", "h264_nvenc", "-preset", "p4", "-tune", "hq", "-rc", "vbr", "-cq", str(self.crf + 3), "-b:v", "0",
            "-profile:v", "high", "-bf", "0", "-rc-lookahead", "0", "-maxrate", f"{peak}k", "-bufsize", f"{buffer}k",
            "-g", str(self.gop), "-forced-idr", "1", "-flags:v", "+cgop+bitexact", "-pix_fmt", "yuv420p",
            "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
        ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Layer:
    """An overlay on one piece. `start` and `frames` count in the piece; `offset` is what an earlier piece has shown
    of its `total`. `values` are plain data, enough to draw it."""

    kind: str
    box: Box
    start: int
    frames: int
    values: Mapping[str, Any]
    offset: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    fingerprint: str
    shot: Shot
    fps: int
    size: Size
    layout: Layout
    layers: tuple[Layer, ...]
    encoder: Encoder
    lut: str = ""  # fingerprint of the colour cube
    lang: str = ""  # of what is written on a moving map
    moving: bool = False  # what lies below the layers is drawn anew for each frame
    names: tuple[str, ...] = ()  # of the routes, where the moving picture says them


@dataclass(frozen=True, kw_only=True, eq=False)
class File:
    """One finished file: which pieces, which sound, for whom."""

    id: str  # "portrait.en"
    lang: str
    encoding: Encoding
    storyboard: Storyboard
    pieces: tuple[Piece, ...]
    mix: Mix | None  # None: a file without a sound track
    platforms: tuple[str, ...]

    @property
    def sound(self) -> str | None:
        return fingerprint({"kind": "sound", **self.mix.recipe()}) if self.mix else None

    @property
    def fingerprint(self) -> str:
        return fingerprint(
            {"kind": "join", "pieces": [piece.fingerprint for piece in self.pieces], "sound": self.sound}
        )


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Everything that is said on screen in one language."""

    lang: str
    title: str
    kicker: str  # the small line over the title
    captions: tuple[str, ...]
    facts: Mapping[str, str]  # distance, ascent, time: as people read them
    end_text: str
    end_link: str
    qr_link: str
    credits: tuple[str, ...]
    map_credit: str = ""  # stands on the picture wherever the map does
    hand: str = ""  # the fonts of the system that its letters need
    routes: tuple[str, ...] = ()  # names of several routes, and their lengths
    lengths: tuple[str, ...] = ()
    more: str = ""  # "and {count} more"
    called: str = ""  # the vehicles of a recap
    speech: tuple[Cue, ...] = ()  # what is said, with its times


@dataclass(frozen=True, kw_only=True)
class Guest:
    """An overlay of an installed package, by name. `version` stands for its code."""

    name: str
    version: str
    start: int
    frames: int
    place: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What all pieces of a production have in common; part of every fingerprint."""

    tools: str  # ffmpeg and our own drawing code
    look: str  # brand, map style, fonts
    route: str  # the shape of the route as drawn
    luts: Mapping[str, str]  # clip name → fingerprint of its colour cube
    inset: bool
    logo: bool
    draft: bool
    still: bool
    units: Units
    map: str = ""  # fingerprint of the map below the route; empty without one
    camera: str = "still"
    photos: tuple[str, ...] = ()  # fingerprints
    kind: Literal["route", "routes", "recap"] = "route"  # what the map scene tells
    colours: tuple[str, ...] = ()  # of several routes, "" where the style may choose
    fleet: str = ""  # fingerprint of a recap's tracks
    hardware: str = ""  # that encodes
