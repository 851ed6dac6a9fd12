"""Looking at a file of OpenStreetMap data before it is read: is it one, is it whole, is it small enough?

The reader behind (osmium) is fast and written in C++; it is given nothing that was not looked at: no XML with a
document type (entities), no archive that unpacks to a thousand times its size, no file that ends in the middle.
"""

from __future__ import annotations

import bz2
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

from pipeline.errors import MaterialError

Format = Literal["pbf", "xml", "xml.gz", "xml.bz2"]

PBF_MOST = 130_000_000
_PBF_MOST_UNPACKED = 1_800_000_000
_PACKED_MOST = 25  # times: map data packs to a third, rarely to a tenth
_BLOCK_MOST = 33_554_432
_XML_MOST = 1_000_000_000
_PROLOGUE = 64 * 1024
_ENDINGS: tuple[tuple[str, Format], ...] = (
    (".osm.gz", "xml.gz"),
    (".osm.bz2", "xml.bz2"),
    (".pbf", "pbf"),
    (".osm", "xml"),
)

FETCH = "download the extract again"
CUT = "cut out the part you need: osmium extract -b WEST,SOUTH,EAST,NORTH big.osm.pbf -o part.osm.pbf"


@dataclass(frozen=True, kw_only=True)
class Extract:
    """A file that was looked at. `unpacked`: the bytes of its content."""

    path: Path
    format: Format
    unpacked: int

    @property
    def too_large(self) -> bool:
        """More than is read in reasonable time and memory."""
        if self.format == "pbf":
            return self.path.stat().st_size > PBF_MOST or self.unpacked > _PBF_MOST_UNPACKED
        return self.unpacked > _XML_MOST


def looked_at(path: Path) -> Extract:
    """The file, when it may be given to the reader. Raises MaterialError."""
    name = path.name.lower()
    form: Format = next((form for ending, form in _ENDINGS if name.endswith(ending)), "pbf")
    if not path.is_file():
        what = "this is a folder or a device, not a map file" if path.exists() else "there is no such file"
        raise MaterialError.at(path.name, what, "check the name; paths are relative to the brief")
    size = path.stat().st_size
    if size == 0:
        raise MaterialError.at(path.name, "the file is empty", FETCH)
    if form == "pbf":
        return Extract(path=path, format=form, unpacked=_pbf_unpacked(path, size))
    _check_prologue(path, form)
    return Extract(path=path, format=form, unpacked=size if form == "xml" else _xml_unpacked(path, form))


def _open(path: Path, form: Format) -> IO[bytes]:
    if form == "xml.gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return cast(IO[bytes], bz2.open(path, "rb")) if form == "xml.bz2" else path.open("rb")


def _check_prologue(path: Path, form: Format) -> None:
    """The file begins as OSM XML does: perhaps a declaration and comments, then <osm>, and no document type."""
    try:
        with _open(path, form) as file:
            start = file.read(_PROLOGUE)
    except (OSError, EOFError, ValueError) as error:
        raise MaterialError.at(path.name, f"the file cannot be unpacked ({error})", FETCH) from error
    if b"\0" in start:
        raise MaterialError.at(path.name, "this is not OSM XML in UTF-8", "save it as UTF-8, or use .osm.pbf")
    text = re.sub(rb"\A\xef\xbb\xbf", b"", start)
    plain = re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", text, flags=re.DOTALL).lstrip()
    if re.match(rb"<!(DOCTYPE|ENTITY)", plain, re.IGNORECASE):
        what = "the file has a document type (<!DOCTYPE>), which map data never has and which can do harm"
        raise MaterialError.at(path.name, what, "remove it, or download the extract again")
    if not re.match(rb"<osm[\s>/]", plain):
        raise MaterialError.at(path.name, "this is not OSM XML: it does not begin with <osm>", FETCH)


def _xml_unpacked(path: Path, form: Format) -> int:
    """The bytes of a packed XML, counted until there are too many."""
    total = 0
    try:
        with _open(path, form) as file:
            while total <= _XML_MOST and (chunk := file.read(1 << 20)):
                total += len(chunk)
    except (OSError, EOFError, ValueError) as error:
        raise MaterialError.at(path.name, "the file is damaged or cut off and cannot be unpacked", FETCH) from error
    return total


def _pbf_unpacked(path: Path, size: int) -> int:
    """The bytes of the content of a PBF, from the sizes that stand before each of its blocks."""
    with path.open("rb") as file:
        total = sum(_blocks(file, path.name, size))
    if total > _PACKED_MOST * size + _BLOCK_MOST:
        raise MaterialError.at(path.name, "it unpacks to far more than map data does; it may do harm", FETCH)
    return total


def _blocks(file: BinaryIO, name: str, size: int) -> Iterator[int]:
    """The unpacked bytes of each block, from its head."""
    first = True
    while head := file.read(4):
        length = int.from_bytes(head, "big")
        fields = dict(_fields(file.read(length))) if 0 < length <= 65_536 else {}
        kind, packed = fields.get(1), fields.get(3)
        known = isinstance(kind, bytes) and isinstance(packed, int) and packed <= _BLOCK_MOST
        if first and not (known and kind == b"OSMHeader"):
            raise MaterialError.at(name, "this is not an OSM extract (.osm.pbf)", FETCH)
        after = file.tell() + (packed if isinstance(packed, int) else 0)
        if not known or len(head) < 4 or after > size:
            raise MaterialError.at(name, "the file is damaged or cut off", FETCH)
        yield _unpacked(file, after)
        file.seek(after)
        first = False


def _unpacked(file: BinaryIO, end: int) -> int:
    """The bytes that the blob which begins here and ends at `end` unpacks to: its `raw_size`, which stands before or
    after the packed bytes; the most a reader takes when it does not say."""
    start = file.tell()
    field, value = next(_fields(file.read(min(16, end - start))), (0, b""))
    if field == 1:
        return end - start  # not packed
    if field != 2:
        file.seek(start)
        _, at = _varint(raw := file.read(16), 0)
        length, at = _varint(raw, at)
        file.seek(min(start + max(at, 0) + length, end))
        field, value = next(_fields(file.read(min(16, end - file.tell()))), (0, b""))
    return value if field == 2 and isinstance(value, int) else _BLOCK_MOST


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of the fields of a protobuf message, as far as they are whole: varints and byte strings."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        value, at = _varint(raw, at)
        if at < 0 or key & 7 not in {0, 2}:
            return
        if key & 7 == 0:
            yield key >> 3, value
        else:
            yield key >> 3, raw[at : at + value]
            at += value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends, -1: it does not."""
    value = 0
    for shift in range(0, 70, 7):
        if not 0 <= at < len(raw):
            return 0, -1
        value |= (raw[at] & 0x7F) << shift
        at += 1
        if raw[at - 1] < 0x80:
            return value, at
    return 0, -1
