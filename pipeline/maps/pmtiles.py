"""PMTiles version 3: an archive of map tiles in one file, read by ranges of bytes.

A header of 127 bytes names four sections: a root directory, metadata, leaf directories, tiles. Tiles are numbered
along a Hilbert curve, zoom by zoom; a directory is a sorted list of runs of numbers. An `Archive` asks a callable for
ranges and knows no file, so the same one reads over HTTP: one request for header and root, one for the metadata, one
for each leaf directory and tile.
https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import MaterialError
from pipeline.map_model import MapCredit, MapModel, MapWish
from pipeline.maps.packed import PackedError, unzipped
from pipeline.maps.tile_set import DEEPEST, TileReader, TileSet, around, tile_set, year_of
from pipeline.maps.tiling import covered, model_from_tiles
from pipeline.maps.wire import Ints, TileError, packed
from pipeline.mercator import Bounds

ReadRange = Callable[[int, int], bytes]  # (offset, length) → those bytes; fewer at the end of the file

FIRST_BYTES = 16_384  # header and root directory always fit in here
MOST_DIRECTORY, MOST_METADATA, MOST_TILE = 8_000_000, 8_000_000, 5_000_000  # bytes as stored
MOST_LEVELS = 4  # of directories; writers make two
MOST_DIRECTORIES = 64  # kept in memory
_PACKINGS = {0: "unknown", 1: "none", 2: "gzip", 3: "brotli", 4: "zstd"}
_FORMS = {0: "", 1: "mvt", 2: "png", 3: "jpeg", 4: "webp", 5: "avif", 6: "mlt"}
_AGAIN = "get the file again from its source"


@dataclass(frozen=True, kw_only=True)
class Header:
    """Sections are (offset, length) in bytes."""

    root: tuple[int, int]
    metadata: tuple[int, int]
    leaves: tuple[int, int]
    tiles: tuple[int, int]
    inside: str  # how directories and metadata are packed
    form: str
    zooms: tuple[int, int]
    degrees: tuple[float, float, float, float]  # west, south, east, north


@dataclass(frozen=True, kw_only=True, eq=False)
class Directory:
    """Columns, one row for each run of tiles (`run` > 0) or leaf directory (`run` 0), in the order of `first`."""

    first: Ints
    run: Ints
    length: Ints
    offset: Ints


class Archive:
    """An opened archive. Raises MaterialError wherever it is not what it should be."""

    def __init__(self, where: str, read_range: ReadRange, *, year: int | None = None) -> None:
        self.where, self._read = where, read_range
        start = read_range(0, FIRST_BYTES)
        self.header = _header(where, start)
        self._directories: dict[tuple[int, int], Directory] = {}
        offset, length = self.header.root
        if offset + length <= len(start):
            self._directories[self.header.root] = self._directory(start[offset : offset + length])
        self.tiles: TileSet = self._described(year)

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """The tile as it is stored, perhaps in gzip; None where the archive has none."""
        number = tile_number(zoom, x, y)
        place = self.header.root
        for _ in range(MOST_LEVELS):
            directory = self._opened(place)
            row = int(np.searchsorted(directory.first, number, "right")) - 1
            if row < 0:
                return None
            offset, length = int(directory.offset[row]), int(directory.length[row])
            run = int(directory.run[row])
            if run and number >= int(directory.first[row]) + run:
                return None
            section = self.header.tiles if run else self.header.leaves
            if offset + length > section[1]:
                raise self._broken("a directory points beyond its end")
            place = section[0] + offset, length
            if run:
                return self._bytes(place, MOST_TILE)
        raise self._broken("its directories are nested too deeply")

    def _opened(self, place: tuple[int, int]) -> Directory:
        if place not in self._directories:
            if len(self._directories) >= MOST_DIRECTORIES:
                self._directories.pop(next(iter(self._directories)))
            self._directories[place] = self._directory(self._bytes(place, MOST_DIRECTORY))
        return self._directories[place]

    def _bytes(self, place: tuple[int, int], most: int) -> bytes:
        offset, length = place
        if length > most or offset >= 1 << 62:
            raise self._broken("a part of it is too long or too far away")
        found = self._read(offset, length)
        if len(found) != length:
            raise MaterialError.at(self.where, "it is cut off: a part of it lies beyond its end", _AGAIN)
        return found

    def _directory(self, data: bytes) -> Directory:
        try:
            return _entries(self._plain(data))
        except (PackedError, TileError, IndexError):
            raise self._broken("a directory cannot be read") from None

    def _plain(self, data: bytes) -> bytes:
        return unzipped(data) if self.header.inside == "gzip" else data

    def _described(self, year: int | None) -> TileSet:
        header = self.header
        try:
            words: Any = json.loads(self._plain(self._bytes(header.metadata, MOST_METADATA)) or b"{}")
        except (PackedError, ValueError, RecursionError):
            raise self._broken("its metadata cannot be read") from None
        words = words if isinstance(words, dict) else {}
        zooms = {"minzoom": header.zooms[0], "maxzoom": header.zooms[1]}
        bounds = around(*header.degrees)
        found = tile_set(self.where, {**words, **zooms, "bounds": None}, form=header.form, year=year)
        return TileSet(**{**vars(found), "bounds": bounds})

    def _broken(self, what: str) -> MaterialError:
        return MaterialError.at(self.where, f"it is not a sound PMTiles archive: {what}", _AGAIN)


def read(path: Path, wish: MapWish, *, credit: MapCredit | None = None) -> MapModel:
    """What the archive has of the wish. `credit`: to be used where the archive names none. Raises MaterialError."""
    with opened(path) as (tiles, tile):
        return model_from_tiles(tile, tiles, wish, credit=credit)


def extent(path: Path) -> Bounds | None:
    """The stretch of the world that the archive covers, from its header. Raises MaterialError."""
    with opened(path) as (tiles, _):
        return covered(tiles)


@contextmanager
def opened(path: Path) -> Iterator[tuple[TileSet, TileReader]]:
    """The archive's description and its tiles, as long as the block lasts."""
    with path.open("rb") as file:
        size = path.stat().st_size

        def read_range(offset: int, length: int) -> bytes:
            file.seek(min(offset, size))
            return file.read(length)

        archive = Archive(path.name, read_range, year=year_of(path))
        yield archive.tiles, archive.tile


def tile_number(zoom: int, x: int, y: int) -> int:
    """The place of a tile among all tiles: zoom by zoom, each along a Hilbert curve."""
    number = ((1 << 2 * zoom) - 1) // 3
    for level in reversed(range(zoom)):
        side = 1 << level
        right, down = int(bool(x & side)), int(bool(y & side))
        number += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y & (side - 1), x & (side - 1)
        else:
            x, y = x & (side - 1), y & (side - 1)
    return number


def _header(where: str, start: bytes) -> Header:
    if start[:7] != b"PMTiles" or len(start) < 127:
        raise MaterialError.at(where, "it is not a PMTiles archive", _AGAIN)
    if start[7] != 3:
        what = f"it is PMTiles of version {start[7]}, and only version 3 is read"
        raise MaterialError.at(where, what, f"run `pmtiles convert {where} new.pmtiles`")
    numbers = struct.unpack_from("<11Q", start, 8)
    inside, packing, form, low, high, *corners = struct.unpack_from("<5B4i", start, 97)
    for said, what in ((inside, "its directories"), (packing, "its tiles")):
        name = _PACKINGS.get(said, "unknown")
        if name in ("brotli", "zstd"):
            what = f"{what} are packed with {name}, and only gzip is read"
            raise MaterialError.at(where, what, "make the archive again with gzip compression")
    if not low <= high <= DEEPEST:
        raise MaterialError.at(where, f"it is not a sound PMTiles archive: zooms {low} to {high}", _AGAIN)
    west, south, east, north = (corner / 1e7 for corner in corners)
    return Header(
        root=(numbers[0], numbers[1]),
        metadata=(numbers[2], numbers[3]),
        leaves=(numbers[4], numbers[5]),
        tiles=(numbers[6], numbers[7]),
        inside=_PACKINGS.get(inside, "unknown"),
        form=_FORMS.get(form, f"number {form}"),
        zooms=(low, high),
        degrees=(west, south, east, north),
    )


def _entries(data: bytes) -> Directory:
    numbers, _ = packed([data], longest=9)
    count = int(numbers[0])
    if len(numbers) != 1 + 4 * count or count == 0:
        raise TileError("is damaged")
    steps, run, length, stored = numbers[1:].reshape(4, count)
    offset = stored - 1
    follows = np.flatnonzero(stored == 0)  # such a tile stands right behind the one before it
    for row in follows.tolist():
        offset[row] = offset[row - 1] + length[row - 1] if row else 0
    first = np.cumsum(steps)
    if min(int(column.min()) for column in (first, run, length, offset)) < 0 or np.any(np.diff(first) < 0):
        raise TileError("is damaged")
    return Directory(first=first, run=run, length=length, offset=offset)
