"""A look at an MP4 without decoding: atoms, tracks and sample tables, read from the index alone.

Everything is bounded: the index is read once (64 MiB at most), counts are held against the bytes that are
there, nesting is limited. A file that is not an MP4, or whose index lies, is a `MaterialError`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.errors import MaterialError
from pipeline.mp4 import atoms, h264, sample_tables
from pipeline.mp4.atoms import Box
from pipeline.mp4.sample_tables import TABLE, Ints

_MOOV_MAX = 64 << 20
_PLAIN = {"ftyp", "moov", "mdat", "free", "wide", "moof", "mfra", "sidx", "styp"}
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, kw_only=True)
class Aac:
    object_type: int  # 2 is LC
    sample_rate: int
    channels: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One track as the index describes it. Times in seconds; the edit list is reported, never applied."""

    number: int
    kind: str  # handler: vide, soun, tmcd, text, meta, …
    codec: str  # sample entry: avc1, hvc1, mp4a, …
    width: int  # coded; 0 for sound
    height: int
    rotation: int | None  # degrees clockwise by the matrix; None when it flips or skews
    pixel_aspect: Fraction
    colour: tuple[int, int, int] | None  # colr nclx: primaries, transfer, matrix
    full_range: bool | None
    has_edit_list: bool
    samples: int
    bytes: int
    duration: Fraction  # sum of the sample durations
    first: Fraction  # earliest presentation time
    constant_rate: bool
    rate: Fraction | None  # samples a second, None without samples
    reordered: bool  # has B-frames (composition offsets)
    sync: Ints  # sample numbers from 0; all samples when the file has no table
    longest_gop: Fraction  # from one sync sample to the next, or to the end
    peak_bitrate: int  # most bits in any one second (video)
    sequence: h264.Sequence | None
    idr: bool | None  # every sync sample is an IDR picture; None when it is not H.264
    aac: Aac | None

    @property
    def bitrate(self) -> int:
        return int(self.bytes * 8 / self.duration) if self.duration else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Mp4:
    path: Path
    size: int
    brand: str
    whole: bool  # no atom reaches past the end of the file
    moov_first: bool
    fragmented: bool
    created: int  # seconds since 1904 as written, 0 when unset
    duration: Fraction  # the movie header's
    tracks: tuple[Track, ...]
    tags: dict[str, str] = field(default_factory=dict)  # metadata key → text, of the movie and of its tracks
    extras: tuple[str, ...] = ()  # top-level atoms that hold neither index nor media, such as uuid

    def of_kind(self, kind: str) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.kind == kind)


def read(path: Path) -> Mp4:
    """Opens `path` and reads its index: a few milliseconds. MaterialError when it is not a whole MP4."""
    try:
        with path.open("rb") as stream:
            return _read(path, stream)
    except (struct.error, ValueError, IndexError, ZeroDivisionError) as error:
        raise _broken(path, "its index is damaged") from error
    except OSError as error:
        raise MaterialError.at(path.name, f"cannot be read: {error.strerror or error}") from error


def _broken(path: Path, what: str) -> Exception:
    return MaterialError.at(path.name, f"is not a whole MP4: {what}", "copy the file again from the camera")


def _read(path: Path, stream: BinaryIO) -> Mp4:
    size = stream.seek(0, 2)
    top = list(atoms.top_level(stream, size))
    places = {kind: place for kind, place, _ in reversed(top)}
    if "moov" not in places:
        raise _broken(path, "it has no index (moov)")
    length = next(length for kind, _, length in top if kind == "moov")
    if length > _MOOV_MAX or places["moov"] + length > size:
        raise _broken(path, "its index is larger than the file or than any clip needs")
    stream.seek(places["moov"])
    moov = Box("moov", b"", atoms.boxes(stream.read(length)))
    header = atoms.times(moov.one("mvhd"))
    tags: dict[str, str] = {}
    for holder in (moov, *moov.all("trak")):
        tags.update(atoms.texts(holder))
    stream.seek(places.get("ftyp", 0))
    return Mp4(
        path=path,
        size=size,
        brand=stream.read(4).decode("latin-1") if "ftyp" in places else "",
        whole=all(place + length <= size for _, place, length in top),
        moov_first="mdat" in places and places["moov"] < places["mdat"],
        fragmented="moof" in places or bool(moov.all("mvex")),
        created=header[0],
        duration=Fraction(header[2], header[1] or 1),
        tracks=tuple(_track(trak, stream, size) for trak in moov.all("trak")[:64]),
        tags=tags,
        extras=tuple(kind for kind, _, _ in top if kind not in _PLAIN),
    )


def _track(trak: Box, stream: BinaryIO, size: int) -> Track:
    handler = trak.one("mdia/hdlr")[8:12].decode("latin-1")
    scale = atoms.times(trak.one("mdia/mdhd"))[1] or 1
    head = trak.one("tkhd")
    shift = 12 if head[:1] == b"\1" else 0  # version 1 has 64-bit times
    entry, codec = _entry(trak.one(TABLE + "stsd"))
    video = handler == "vide" and len(entry) >= 78
    inner = Box("", b"", atoms.boxes(entry[78 if video else _sound_offset(entry) :]))
    counts, steps = sample_tables.columns(trak.one(TABLE + "stts"), 8, 2)
    fixed, number = struct.unpack(">II", (trak.one(TABLE + "stsz") + bytes(12))[4:12])
    total = int((counts * steps).sum())
    sizes = sample_tables.words(trak.one(TABLE + "stsz"), 12, number) if not fixed else np.zeros(0, np.int64)
    if not fixed and len(sizes) < number:
        raise ValueError("fewer sample sizes than samples")
    gops = (
        sample_tables.Frames.of(trak, counts, steps, sizes, scale)
        if video and not fixed
        else sample_tables.Frames.none()
    )
    config = inner.one("avcC")
    sets = _sequence(config)
    colr = inner.one("colr")
    tagged = colr[:4] in (b"nclx", b"nclc")
    hspacing, vspacing = struct.unpack(">II", inner.one("pasp")[:8]) if len(inner.one("pasp")) >= 8 else (1, 1)
    return Track(
        number=int.from_bytes((head[20:24] if shift else head[12:16]), "big"),
        kind=handler,
        codec=codec,
        width=struct.unpack(">H", entry[24:26])[0] if video else 0,
        height=struct.unpack(">H", entry[26:28])[0] if video else 0,
        rotation=_rotation(head[40 + shift : 76 + shift]),
        pixel_aspect=Fraction(hspacing or 1, vspacing or 1),
        colour=struct.unpack(">HHH", colr[4:10]) if tagged and len(colr) >= 10 else None,
        full_range=bool(colr[10] & 0x80) if colr[:4] == b"nclx" and len(colr) > 10 else None,
        has_edit_list=bool(trak.all("edts/elst")),
        samples=number,
        bytes=fixed * number if fixed else int(sizes.sum()),
        duration=Fraction(total, scale),
        first=gops.first,
        constant_rate=gops.constant,
        rate=Fraction(number * scale, total) if total and number else None,
        reordered=bool(trak.all(TABLE + "ctts")),
        sync=gops.sync,
        longest_gop=gops.longest,
        peak_bitrate=gops.peak,
        sequence=sets,
        idr=_all_idr(trak, stream, size, sizes, gops.sync, config) if sets and len(sizes) else None,
        aac=_aac(inner.one("esds") or inner.one("wave/esds")) if codec == "mp4a" else None,
    )


def _entry(stsd: bytes) -> tuple[bytes, str]:
    """The first sample entry without its header, and its four letters."""
    length = int.from_bytes(stsd[8:12], "big")
    return stsd[16 : 8 + length], stsd[12:16].decode("latin-1")


def _sound_offset(entry: bytes) -> int:
    """Where the boxes of a sound entry begin: QuickTime versions 1 and 2 are longer."""
    return {1: 44, 2: 64}.get(int.from_bytes(entry[8:10], "big"), 28)


def _rotation(matrix: bytes) -> int | None:
    if len(matrix) < 36:
        return 0
    a, b, _, c, d, *_ = struct.unpack(">9i", matrix)
    turns = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}
    return turns.get((round(a / 65536), round(b / 65536), round(c / 65536), round(d / 65536)))


def _sequence(config: bytes) -> h264.Sequence | None:
    if len(config) < 8 or not config[5] & 0x1F:
        return None
    return h264.sequence(config[8 : 8 + int.from_bytes(config[6:8], "big")])


def _aac(esds: bytes) -> Aac | None:
    """The AudioSpecificConfig inside an esds: the bytes after the decoder-specific tag (5)."""
    place = 4
    while place + 2 <= len(esds):
        tag, place = esds[place], place + 1
        length = 0
        for _ in range(4):
            byte, place = esds[place], place + 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 5:
            bits = int.from_bytes((esds[place : place + length] + bytes(8))[:8], "big")
            kind, index, channels = bits >> 59, bits >> 55 & 15, bits >> 51 & 15
            if kind == 31 or index >= len(_RATES):
                return None
            return Aac(object_type=kind, sample_rate=_RATES[index], channels=channels)
        place += {3: 3, 4: 13}.get(tag, length)
    return None


def _all_idr(trak: Box, stream: BinaryIO, size: int, sizes: Ints, sync: Ints, config: bytes) -> bool:
    places = sample_tables.places(trak, sizes)[sync]
    length_size = (config[4] & 3) + 1
    for place, length in zip(places.tolist(), sizes[sync].tolist(), strict=True):
        if place + length > size:
            return False
        stream.seek(place)
        if h264.first_slice(stream.read(min(length, 4096)), length_size) != 5:
            return False
    return True
