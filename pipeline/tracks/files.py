"""From a path to open streams: one file, a folder of them, gzip and ZIP; each bounded, whatever its packing says."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from pipeline.errors import MaterialError

Kind = Literal["gpx", "siri", "json", "gtfs", "table"]

EXPORT = "export the tracks as GPX files, or as a table (CSV) with the columns id, name, time, lat, lng, status"
_EACH_MAX, _ALL_MAX, _FILES_MAX = 500_000_000, 1_000_000_000, 5000
_SUFFIXES = {".gpx", ".csv", ".tsv", ".txt", ".json", ".geojson", ".xml", ".pb", ".bin", ".zip"}
_PEEK = 4096
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_TEXT_CODEC = re.compile(r"iso8859-\d+|cp\d+|koi8-\w|mac-\w+|gb\w+|big5|shift_jis|euc_\w+|ascii|utf-8")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _windows(error: UnicodeError) -> tuple[str, int]:
    """What is not the UTF-8 it should be is read as windows-1252, byte by byte: only names can suffer."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("pipeline.tracks", _windows)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One readable file. Its stream is good until the next paper is taken."""

    name: str  # for sentences
    stem: str  # without folder and suffixes: a vehicle's name when there is no other
    kind: Kind
    head: bytes
    stream: BinaryIO

    def text(self) -> io.TextIOWrapper:
        """The stream as text, by its byte order mark or XML declaration, else UTF-8. Never fails on a byte."""
        codec = next((codec for mark, codec in _MARKS if self.head.startswith(mark)), "utf-8")
        if self.head[:2] in (b"<\0", b"\0<"):
            codec = "utf-16-le" if self.head[0] else "utf-16-be"
        elif codec == "utf-8" and (declared := _DECLARED.match(self.head.lstrip())):
            try:
                found = codecs.lookup(declared[1].decode("ascii", "replace")).name
            except LookupError:
                found = codec
            codec = found if _TEXT_CODEC.fullmatch(found) else codec
        errors = "pipeline.tracks" if codec.startswith("utf-8") else "replace"
        return io.TextIOWrapper(self.stream, codec, errors=errors, newline="")


class _Bounded(io.RawIOBase):
    """Reads at most so many bytes, and turns what readers of packed files throw into sentences."""

    def __init__(self, inner: BinaryIO, name: str, budget: list[int]) -> None:
        self.inner, self.name, self.budget, self.left = inner, name, budget, _EACH_MAX

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self.inner.read(len(buffer))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError) as error:
            what = f"the file is damaged or cannot be read ({_reason(error)})"
            raise MaterialError.at(self.name, what, "copy or download the file again") from None
        self.left -= len(data)
        self.budget[0] -= len(data)
        if self.left < 0 or self.budget[0] < 0:
            size = "500 MB" if self.left < 0 else "1 GB together"
            raise MaterialError.at(self.name, f"this is more than {size}", "export one night, and one fleet, only")
        buffer[: len(data)] = data
        return len(data)


def papers(path: Path, notes: list[str]) -> Iterator[Paper]:
    """Every file to be read, in the order of their names. Raises MaterialError when there is nothing to read."""
    budget = [_ALL_MAX]
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            yield from _folder(path, notes, budget)
        else:
            yield from _file(path, path.name, budget)
    except FileNotFoundError:
        raise MaterialError.at(
            str(path), "there is no such file or folder", "check the name; paths are relative to the brief"
        ) from None
    except (OSError, ValueError) as error:
        raise MaterialError.at(path.name, f"it cannot be read ({_reason(error)})", "check its permissions") from None


def _folder(path: Path, notes: list[str], budget: list[int]) -> Iterator[Paper]:
    inside = sorted(one for one in path.iterdir() if not one.name.startswith((".", "~")) and one.is_file())
    known = [one for one in inside if one.name.lower().removesuffix(".gz").endswith(tuple(_SUFFIXES))]
    if not known:
        raise MaterialError.at(path.name, "the folder has no tracks in it", EXPORT)
    if len(known) > _FILES_MAX:
        raise MaterialError.at(path.name, f"the folder has more than {_FILES_MAX:,} files", "keep those of one night")
    if len(inside) > len(known):
        notes.append(
            f"{len(inside) - len(known)} of {len(inside)} files in the folder are no tracks and were not read."
        )
    for one in known:
        yield from _file(one, f"{path.name}/{one.name}", budget)


def _file(path: Path, name: str, budget: list[int]) -> Iterator[Paper]:
    if not stat.S_ISREG(path.stat().st_mode):
        raise MaterialError.at(name, "this is a device, not a file", EXPORT)
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(b"PK\x03\x04"):
            yield from _zipped(raw, name, budget)
        else:
            inner: BinaryIO = gzip.GzipFile(fileobj=raw) if magic.startswith(b"\x1f\x8b") else raw  # type: ignore[assignment]
            yield _paper(inner, name, budget)


def _zipped(raw: BinaryIO, name: str, budget: list[int]) -> Iterator[Paper]:
    try:
        with zipfile.ZipFile(raw) as packed:
            inside = [one for one in packed.infolist() if _wanted(one)]
            if not inside or len(inside) > _FILES_MAX:
                what = f"has more than {_FILES_MAX:,} files" if inside else "has no tracks in it"
                raise MaterialError.at(name, f"the ZIP file {what}", EXPORT)
            for one in sorted(inside, key=lambda one: one.filename):
                with packed.open(one) as stream:
                    yield _paper(stream, f"{name}/{PurePosixPath(one.filename).name}", budget)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error) as error:
        what = f"the ZIP file is damaged, locked or packed in an unusual way ({_reason(error)})"
        raise MaterialError.at(name, what, "unpack it and name the folder") from None


def _wanted(one: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(one.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not one.is_dir() and not hidden and path.suffix.lower() in _SUFFIXES - {".zip"}


def _paper(inner: BinaryIO, name: str, budget: list[int]) -> Paper:
    stream = io.BufferedReader(_Bounded(inner, name, budget), 1 << 16)
    head = stream.peek(_PEEK)[:_PEEK]
    if not head.strip(b"\0 \t\r\n"):
        raise MaterialError.at(name, "the file is empty", EXPORT)
    suffixes = [part.lower() for part in PurePosixPath(name).suffixes]
    stem = PurePosixPath(name).name
    for suffix in reversed(suffixes):
        if suffix in _SUFFIXES | {".gz"}:
            stem = stem[: -len(suffix)]
    return Paper(name=name, stem=stem, kind=_kind(head, suffixes, name), head=head, stream=stream)


def _kind(head: bytes, suffixes: list[str], name: str) -> Kind:
    """By the first bytes; the name decides only where they cannot."""
    if head[8:12] == b".FIT":
        raise MaterialError.at(name, "this is a FIT file", EXPORT)
    if head.startswith(b"PK\x03\x04"):
        raise MaterialError.at(name, "this is a ZIP file within another", "unpack it")
    if {".pb", ".bin"} & set(suffixes):
        return "gtfs"
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        return "siri" if re.search(rb"<(?:\w+:)?Siri[\s>]", start) else "gpx"
    return "json" if start[:1] in (b"{", b"[") else "table"


def _reason(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
