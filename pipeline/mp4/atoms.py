"""The boxes of an MP4: a tree read from bytes, bounded against files that lie, and the texts among them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BOXES_MAX = 50_000
_DEPTH_MAX = 10
_CONTAINERS = {"moov", "trak", "mdia", "minf", "stbl", "edts", "udta", "meta", "ilst", "mvex", "dinf", "wave"}


@dataclass(frozen=True)
class Box:
    kind: str
    payload: bytes
    children: tuple[Box, ...]

    def all(self, path: str) -> tuple[Box, ...]:
        head, _, rest = path.partition("/")
        found = tuple(child for child in self.children if child.kind == head)
        return tuple(deep for child in found for deep in child.all(rest)) if rest else found

    def one(self, path: str) -> bytes:
        """The payload of the first box at `path`, empty when there is none."""
        found = self.all(path)
        return found[0].payload if found else b""


def top_level(stream: BinaryIO, size: int) -> Iterator[tuple[str, int, int]]:
    """(kind, start of payload, length of payload) of the outermost atoms."""
    place = 0
    for _ in range(_BOXES_MAX):
        if place + 8 > size:
            return
        stream.seek(place)
        head = stream.read(16)
        length, offset = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, offset = int.from_bytes(head[8:16], "big"), 16
        if length == 0:
            length = size - place
        if length < offset:
            return
        yield head[4:8].decode("latin-1"), place + offset, length - offset
        place += length


def boxes(raw: bytes) -> tuple[Box, ...]:
    """The tree of `raw`; a box that claims more than is there ends its level."""
    return _boxes(raw, 0, [0])


def _boxes(raw: bytes, depth: int, seen: list[int]) -> tuple[Box, ...]:
    found: list[Box] = []
    place = 0
    while place + 8 <= len(raw) and seen[0] < _BOXES_MAX:
        length, kind, offset = (
            int.from_bytes(raw[place : place + 4], "big"),
            raw[place + 4 : place + 8].decode("latin-1"),
            8,
        )
        if length == 1:
            length, offset = int.from_bytes(raw[place + 8 : place + 16], "big"), 16
        if length == 0:
            length = len(raw) - place
        if length < offset or place + length > len(raw):
            break
        seen[0] += 1
        payload = raw[place + offset : place + length]
        inner: tuple[Box, ...] = ()
        if kind in _CONTAINERS and depth < _DEPTH_MAX:
            # QuickTime's meta is a plain atom, ISO's begins with four bytes of version and flags.
            skip = 4 if kind == "meta" and payload[4:8] != b"hdlr" else 0
            inner = _boxes(payload[skip:], depth + 1, seen)
        found.append(Box(kind, payload, inner))
        place += length
    return tuple(found)


def times(raw: bytes) -> tuple[int, int, int]:
    """Creation time, timescale and duration of an mvhd or mdhd."""
    if not raw:
        return 0, 1, 0
    if raw[0] == 1:
        created, _, scale, duration = struct.unpack(">QQIQ", raw[4:32])
    else:
        created, _, scale, duration = struct.unpack(">IIII", raw[4:20])
    return int(created), int(scale), int(duration)


def texts(holder: Box) -> dict[str, str]:
    """Metadata texts: iTunes-style (`ilst`), QuickTime keys (`mdta`) and user data (`©xyz`, `loci`, …)."""
    found: dict[str, str] = {}
    for meta in (*holder.all("meta"), *holder.all("udta/meta")):
        names = _keys(meta.one("keys"))
        for item in [item for ilst in meta.all("ilst") for item in ilst.children]:
            number = int.from_bytes(item.kind.encode("latin-1"), "big")
            found[names.get(number, item.kind)] = _text(item.payload[16:])
    for child in [child for udta in holder.all("udta") for child in udta.children]:
        if child.kind not in ("meta", "\0\0\0\0"):
            found[child.kind] = _text(child.payload[4:] if child.kind.startswith("©") else child.payload)
    return found


def _keys(raw: bytes) -> dict[int, str]:
    names, place, number = {}, 8, 1
    while place + 8 <= len(raw):
        length = int.from_bytes(raw[place : place + 4], "big")
        if length < 8:
            break
        names[number] = raw[place + 8 : place + length].decode("utf-8", "replace")
        place, number = place + length, number + 1
    return names


def _text(raw: bytes) -> str:
    return raw[:512].decode("utf-8", "replace").strip("\0")
