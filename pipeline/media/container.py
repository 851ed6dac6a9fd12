"""What kind of file is this? Judged by its first bytes and its box table, before libav is let near it.

libav guesses a format from a file's contents, and some formats (playlists, `concat` scripts) make it open
other files. Here the demuxer is chosen by the magic numbers of the two families of video that cameras write,
and tables that claim more than a camera could ever write are refused while they are still a few bytes.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.errors import MaterialError

Demuxer = Literal["mov", "matroska"]
Matrix = tuple[float, float, float, float]

MAX_STREAMS = 64
MAX_SAMPLES = 20_000_000  # twelve hours at 240 frames a second, twice over
MAX_MOOV_BYTES = 512 << 20
MAX_BOXES = 100_000  # at one level; a fragmented recording has a few per second

_BLOCKS, _BLOCK_BYTES = 16, 64 << 10
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid", b"styp"}
_STILLS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"jxl "}
_OTHERS = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF or raw picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"RIFF", "an AVI or WAV file"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"[playlist]", "a playlist"),
    (b"<?xml", "an XML file"),
    (b"<", "a web page or XML file"),
    (b"version https://git-lfs", "a Git LFS pointer (the real file was not fetched)"),
)
_COPY_AGAIN = "copy it from the card again"


@dataclass(frozen=True, kw_only=True)
class Container:
    demuxer: Demuxer
    fragmented: bool = False
    turns: dict[int, int] = field(default_factory=dict)  # track id → degrees clockwise


def examined(path: Path, *, name: str) -> Container:
    """The family of the file and what its boxes say. Raises MaterialError for what is no video, or broken."""
    size = path.stat().st_size
    if size == 0:
        raise MaterialError.at(name, "the file is empty (0 bytes)", f"{_COPY_AGAIN}, or leave it out")
    with path.open("rb") as file:
        head = file.read(512)
        if head.startswith(b"\x1a\x45\xdf\xa3"):
            return Container(demuxer="matroska")
        if head[4:8] not in _BOXES:
            raise MaterialError.at(
                name,
                f"this is not a video file: it starts like {likeness(head)}",
                "give an MP4, MOV, MKV or WebM file",
            )
        if head[4:8] == b"ftyp" and head[8:12] in _STILLS:
            raise MaterialError.at(name, "this is a still picture (HEIF family), not a video", "leave it out")
        return _mov(file, size, name)


def likeness(head: bytes) -> str:
    """The beginning of a file in words that are safe to print whatever is in it."""
    for magic, words in _OTHERS:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(magic) or head.startswith(magic):
            return words
    if not head.strip(b"\0"):
        return "zeros (the copy or the card failed)"
    if len(head) > 188 and head[0] == 0x47 and head[188] == 0x47:
        return "an MPEG transport stream"
    if all(byte in b"\t\r\n\f" or byte >= 32 for byte in head):
        return "text"
    return "bytes " + head[:8].hex(" ")


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte of the contents and the claimed end of each box between two places of the file."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            return
        size, inside = int.from_bytes(header[:4], "big"), start + 8
        if size == 1 and len(header) == 16:
            size, inside = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:
            size = end - start
        if size < inside - start:
            return
        yield header[4:8], inside, start + size
        start += size


def _mov(file: BinaryIO, size: int, name: str) -> Container:
    moov, fragmented, cut = None, False, False
    for kind, inside, end in _boxes(file, 0, size):
        cut = cut or (end > size and kind in (b"mdat", b"moov"))
        if kind == b"moov" and moov is None:
            moov = (inside, end)
        fragmented = fragmented or kind == b"moof"
    if moov is None:
        why = "it was cut off while it was copied" if cut else "the recording was never closed"
        raise MaterialError.at(
            name,
            f"the table of contents of this video (its moov box) is missing: {why}",
            f"{_COPY_AGAIN}; if it is broken there too, let the drone repair it or leave it out",
        )
    if moov[1] > size or moov[1] - moov[0] > MAX_MOOV_BYTES:
        raise MaterialError.at(name, "the table of contents of this video (its moov box) is cut off", f"{_COPY_AGAIN}")
    return _moov(file, moov, fragmented, name)


def _moov(file: BinaryIO, moov: tuple[int, int], fragmented: bool, name: str) -> Container:
    whole: Matrix = (1.0, 0.0, 0.0, 1.0)
    tracks: list[tuple[int, Matrix]] = []
    for kind, inside, end in _boxes(file, *moov):
        if kind == b"cmov":
            raise MaterialError.at(name, "the table of contents of this video is compressed", "save it anew as MP4")
        if kind == b"mvhd":
            _, whole = _placed(file, inside, end, 12, 36)
        elif kind == b"mvex":
            fragmented = True
        elif kind == b"trak":
            tracks.append(_track(file, inside, min(end, moov[1]), name))
    if len(tracks) > MAX_STREAMS:
        raise MaterialError.at(
            name, f"this file has {len(tracks)} streams; a camera writes a few", "save it anew as MP4"
        )
    turns = {ident: _clockwise(_product(matrix, whole)) for ident, matrix in tracks}
    return Container(demuxer="mov", fragmented=fragmented, turns=turns)


def _track(file: BinaryIO, start: int, stop: int, name: str) -> tuple[int, Matrix]:
    ident, matrix = 0, (1.0, 0.0, 0.0, 1.0)
    pending = [(start, stop)]
    while pending:
        first, last = pending.pop()
        for kind, inside, end in _boxes(file, first, last):
            if kind == b"tkhd":
                ident, matrix = _placed(file, inside, end, 12, 40)
            elif kind == b"stsz":
                file.seek(inside + 8)
                if int.from_bytes(file.read(4), "big") > MAX_SAMPLES:
                    raise MaterialError.at(
                        name, "this file claims more pictures than a camera could record", _COPY_AGAIN
                    )
            elif kind in (b"mdia", b"minf", b"stbl"):
                pending.append((inside, min(end, last)))  # never past the parent: no box is read twice
    return ident, matrix


def _placed(file: BinaryIO, inside: int, end: int, ident_at: int, matrix_at: int) -> tuple[int, Matrix]:
    """Id and 2 × 2 part of the matrix of a `tkhd` or `mvhd` box (both grow by 12 bytes in version 1)."""
    file.seek(inside)
    body = file.read(min(end - inside, 128))
    newer = body[:1] == b"\1"
    ident_at, matrix_at = (ident_at + 8, matrix_at + 12) if newer else (ident_at, matrix_at)
    if len(body) < matrix_at + 36:
        return 0, (1.0, 0.0, 0.0, 1.0)
    a, b, _, c, d = struct.unpack_from(">5i", body, matrix_at)
    ident = int.from_bytes(body[ident_at : ident_at + 4], "big")
    return ident, (a / 65536, b / 65536, c / 65536, d / 65536)


def _product(one: Matrix, two: Matrix) -> Matrix:
    a, b, c, d = one
    e, f, g, h = two
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _clockwise(matrix: Matrix) -> int:
    """The quarter turn nearest to what the matrix does. The picture's y points down, so a positive angle is
    clockwise: (a, b) is where the picture's "right" ends up."""
    a, b, _, _ = matrix
    return 0 if a == b == 0 else round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360


def fingerprint(path: Path) -> str:
    """Of the size and sixteen blocks spread from first to last byte: 10 GB cost no more than 10 MB."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= _BLOCKS * _BLOCK_BYTES:
            digest.update(file.read())
        else:
            for block in range(_BLOCKS):
                file.seek((size - _BLOCK_BYTES) * block // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()
