"""SRTM heights: `.hgt` files of one degree, plain or in a .zip, named after their south-west corner (N55W003).

1201 or 3601 rows from north to south of as many big-endian int16, -32768 where the radar saw nothing. Rows and columns
at the edges are those of the neighbouring files as well. The data are in the public domain; the credit is a courtesy.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MaterialError
from pipeline.map_model import Heights, MapCredit, MapModel, MapWish
from pipeline.maps.heights import cut, mended, merged, thinned
from pipeline.mercator import Bounds, degrees, world

CREDIT = MapCredit(
    text="Terrain: NASA SRTM", licence="public domain", url="https://www.earthdata.nasa.gov/data/instruments/srtm"
)
ENDINGS = (".hgt", ".hgt.zip")

Samples = NDArray[np.int16]

_SIZES = {samples * samples * 2: samples for samples in (1201, 3601)}
_VOID = -32768
_NAME = re.compile(r"(?<![A-Za-z0-9])([NS])(\d\d)([EW])(\d{3})(?!\d)", re.IGNORECASE)
_FURTHEST = 84  # degrees north or south; a map ends at 85
_GROWN = 0.1  # of the wish's larger side, at each side
_MOST_ZIPPED = 32_000_000  # bytes; an archive of one file of 26 MB is not larger
_MOST_LISTED = 65_000  # bytes of an archive's own list of its files
_MOST_CELLS = 64  # of a folder in one map
_SIZE_REMEDY = "a file of heights has 1201 × 1201 or 3601 × 3601 of them; download it again"
_NAME_REMEDY = "name it after its south-west corner, like N55W003.hgt"


def extent(path: Path) -> Bounds | None:
    """The square degree that the name of the file tells. Raises MaterialError."""
    corner = _corner(path, path.name)
    if corner is None:
        raise MaterialError.at(str(path), "the name of this file does not tell where its heights are", _NAME_REMEDY)
    return _cell(*corner)


def read(path: Path, wish: MapWish) -> MapModel:
    """The heights of one file about the wished bounds; empty when it lies elsewhere. Raises MaterialError."""
    cell = extent(path)
    assert cell is not None
    turns = wish.bounds.near(cell.middle[0])
    model = MapModel(bounds=cell.moved(turns), credits=(CREDIT,))
    wanted = wish.bounds.grown(_GROWN * max(wish.bounds.width, wish.bounds.height))
    if not model.bounds.overlaps(wanted):
        return model
    samples = _samples(path)
    heights = _wanted(samples, cell, turns, wanted, wish.pixel)
    if heights is None:
        return model
    unknown = float(np.isnan(heights.ele_m).mean())
    notes = (f"{path.name}: {max(1, round(unknown * 100))} % of the heights here are unknown",) if unknown else ()
    return MapModel(bounds=heights.bounds, credits=(CREDIT,), heights=heights, notes=notes)


def read_folder(folder: Path, wish: MapWish) -> MapModel:
    """The heights of all files of a folder about the wished bounds, as one grid. A file that cannot be read is left
    out with a note, unless none can: then its MaterialError is raised."""
    wanted = wish.bounds.grown(_GROWN * max(wish.bounds.width, wish.bounds.height))
    notes: list[str] = []
    failed: list[MaterialError] = []
    found: list[Heights] = []
    tried = 0
    for path in _files(folder):
        try:
            cell = extent(path)
            if cell is None or not cell.moved(wish.bounds.near(cell.middle[0])).overlaps(wanted):
                continue
            tried += 1
            if tried > _MOST_CELLS:
                notes.append(f"{folder.name}: only the first {_MOST_CELLS} files of heights were read")
                break
            model = read(path, wish)
        except MaterialError as error:
            failed.append(error)
            notes.extend(f"{path.name}: {problem.what}" for problem in error.problems)
            continue
        notes.extend(model.notes)
        found.extend([model.heights] if model.heights else [])
    if not found:
        if failed:
            raise failed[0]
        return MapModel(bounds=wish.bounds, credits=(CREDIT,), notes=tuple(notes))
    heights = merged(found)
    return MapModel(bounds=heights.bounds, credits=(CREDIT,), heights=heights, notes=tuple(notes))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.lower().endswith(ENDINGS))
    except OSError as error:
        what = f"this folder cannot be read: {error.strerror or error}"
        raise MaterialError.at(str(folder), what, "look whether it is there") from error


def _corner(path: Path, name: str) -> tuple[int, int] | None:
    """lng, lat of the south-west corner in whole degrees, None when the name has none."""
    found = _NAME.search(name)
    if found is None:
        return None
    lat = int(found[2]) * (1 if found[1] in "Nn" else -1)
    lng = int(found[4]) * (1 if found[3] in "Ee" else -1)
    if not (-180 <= lng < 180 and -_FURTHEST <= lat < _FURTHEST):
        raise MaterialError.at(str(path), f"{found[0]} is no place that a map can show", _NAME_REMEDY)
    return lng, lat


def _cell(lng: int, lat: int) -> Bounds:
    return Bounds.of(world(np.array([lng, lng + 1.0]), np.array([lat, lat + 1.0])))


def _wanted(samples: Samples, cell: Bounds, turns: int, wanted: Bounds, pixel: float) -> Heights | None:
    """The part that is wanted, in metres with narrow voids mended; None without a known height."""
    x = np.linspace(cell.west, cell.east, len(samples)) + turns
    edges = degrees(np.array([(cell.west, cell.north), (cell.west, cell.south)]))[1]
    lat = np.linspace(float(edges[0]), float(edges[1]), len(samples))
    y = world(np.zeros(len(lat)), lat)[:, 1]
    # `cut` only takes views, so that no more than the wanted part becomes floating.
    part = cut(Heights(x=x, y=y, ele_m=samples), wanted)  # type: ignore[arg-type]
    if part is None:
        return None
    metres = part.ele_m.astype(np.float32)
    metres[part.ele_m == _VOID] = np.nan
    if np.isnan(metres).all():
        return None
    thin = thinned(Heights(x=part.x, y=part.y, ele_m=metres), pixel)
    return Heights(x=thin.x, y=thin.y, ele_m=mended(thin.ele_m))


def _samples(path: Path) -> Samples:
    """All samples of the file, north to south. Raises MaterialError."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise MaterialError.at(str(path), "it is not a file", "look whether this is the right name")
    try:
        content = _unzipped(path) if path.suffix.lower() == ".zip" else _plain(path)
    except OSError as error:
        raise MaterialError.at(
            str(path), f"it cannot be read: {error.strerror or error}", "look whether it is there"
        ) from error
    across = _SIZES.get(len(content))
    if across is None:
        raise MaterialError.at(str(path), "it is cut off or not a file of heights", _SIZE_REMEDY)
    return np.frombuffer(content, ">i2").reshape(across, across)


def _plain(path: Path) -> bytes:
    _check_size(path, path.stat().st_size)
    with path.open("rb") as file:
        return file.read(max(_SIZES) + 1)


def _check_size(path: Path, size: int) -> None:
    if size not in _SIZES:
        raise MaterialError.at(str(path), f"{size:,} bytes of heights cannot be right", _SIZE_REMEDY)


def _unzipped(path: Path) -> bytes:
    """The one .hgt file of the archive; its size is checked before, and its reading ends there whatever it says."""
    try:
        _check_archive(path)
        with zipfile.ZipFile(path) as archive:
            member = _member(path, archive)
            with archive.open(member) as file:
                return file.read(member.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise MaterialError.at(str(path), f"this archive is broken: {error}", "download it again") from error


def _check_archive(path: Path) -> None:
    """Refuses what is too large to be one file of heights, before zipfile reads its list of contents."""
    size = path.stat().st_size
    if size > _MOST_ZIPPED:
        raise MaterialError.at(str(path), "this archive is too large for one file of heights", _SIZE_REMEDY)
    with path.open("rb") as file:
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("its list of contents is missing")
    listed: int = struct.unpack_from("<I", tail, at + 12)[0]
    if listed > _MOST_LISTED:
        raise MaterialError.at(str(path), "this archive has too many files in it", "zip the one .hgt file alone")


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = [
        one
        for one in archive.infolist()
        if one.filename.lower().endswith(".hgt") and not one.filename.startswith("__MACOSX")
    ]
    if len(found) != 1:
        what = (
            f"there are {len(found)} .hgt files in this archive" if found else "there is no .hgt file in this archive"
        )
        raise MaterialError.at(str(path), what, "zip the one .hgt file alone")
    if found[0].flag_bits & 1:
        raise MaterialError.at(str(path), "this archive has a password", "unpack it")
    _check_size(path, found[0].file_size)
    inside, outside = _corner(path, found[0].filename.rsplit("/", 1)[-1]), _corner(path, path.name)
    if inside is not None and inside != outside:
        raise MaterialError.at(str(path), f"the file inside is {found[0].filename}", "give the archive its name")
    return found[0]
