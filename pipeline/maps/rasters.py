"""Tiles that are pictures: maps as they are, or heights packed into red, green and blue.

Tiles are joined into one picture or one grid, so that no seam shows where it is scaled, and cut to the wish.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MaterialError
from pipeline.map_model import Heights, MapWish, Picture
from pipeline.maps.heights import Metres, thinned
from pipeline.maps.packed import PackedError, unzipped
from pipeline.maps.tile_set import Place, TileSet
from pipeline.mercator import Bounds

MOST_SIDE = 1024  # pixels of a tile; usual are 256 and 512
_MARGIN = 2  # pixels around what is wished for

_Rgba = NDArray[np.uint8]


def terrarium(rgb: NDArray[np.uint8]) -> Metres:
    """Metres above the sea from a terrarium picture (rows, columns, 3 or 4); NaN where it is black or see-through."""
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    return _known(red * 256 + green + blue / 256 - 32768, rgb)


def mapbox(rgb: NDArray[np.uint8]) -> Metres:
    """Metres above the sea from a Mapbox terrain-RGB picture (rows, columns, 3 or 4)."""
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    return _known((red * 65536 + green * 256 + blue) * 0.1 - 10000, rgb)


def picture_of(found: Mapping[Place, bytes], tiles: TileSet, wish: MapWish) -> tuple[Picture | None, tuple[str, ...]]:
    """One picture of all tiles around the wish, see-through where there is none; and notes."""
    pieces, notes = _opened(found, tiles)
    side, columns, rows = _grid(pieces)
    west, east, north, south = _cut(pieces, wish, side)
    if east <= west or south <= north:
        return None, notes
    whole = np.zeros((south - north, east - west, 4), np.uint8)
    for place, rgba in pieces.items():
        _paste(whole, rgba, (place.row - rows.start) * side - north, (place.column - columns.start) * side - west)
    pixel = _size(pieces) / side
    left, top = columns.start * side + west, rows.start * side + north
    bounds = Bounds(
        west=left * pixel, north=top * pixel, east=(left + east - west) * pixel, south=(top + south - north) * pixel
    )
    return Picture(rgba=whole, bounds=bounds), notes


def heights_of(found: Mapping[Place, bytes], tiles: TileSet, wish: MapWish) -> tuple[Heights | None, tuple[str, ...]]:
    """One grid of metres around the wish, not much finer than it asks for, NaN where there is no tile; and notes."""
    decoded: Callable[[NDArray[np.uint8]], Metres] = mapbox if tiles.encoding == "mapbox" else terrarium
    pieces, notes = _opened(found, tiles)
    side, columns, rows = _grid(pieces)
    west, east, north, south = _cut(pieces, wish, side)
    if east - west < 2 or south - north < 2:
        return None, notes
    whole = np.full((south - north, east - west), np.nan, np.float32)
    for place, rgba in pieces.items():
        _paste(
            whole, decoded(rgba), (place.row - rows.start) * side - north, (place.column - columns.start) * side - west
        )
    pixel = _size(pieces) / side
    x = np.arange(columns.start * side + west + 0.5, columns.start * side + east, dtype=np.float64) * pixel
    y = np.arange(rows.start * side + north + 0.5, rows.start * side + south, dtype=np.float64) * pixel
    return thinned(Heights(x=x, y=y, ele_m=whole), wish.pixel), notes


def _opened(found: Mapping[Place, bytes], tiles: TileSet) -> tuple[dict[Place, _Rgba], tuple[str, ...]]:
    """Every tile as pixels, all of one size (that of the first). Raises MaterialError when none can be read."""
    pieces: dict[Place, _Rgba] = {}
    side = 0
    for place, data in found.items():
        rgba = _pixels(data, side, smooth=tiles.kind == "raster")
        if rgba is not None:
            pieces[place] = rgba
            side = side or len(rgba)
    if not pieces:
        what = "none of its tiles here is a picture that can be read"
        raise MaterialError.at(tiles.where, what, "get the file again from its source")
    broken = len(found) - len(pieces)
    return pieces, (f"{broken} of {len(found)} map tiles cannot be read and are left blank.",) if broken else ()


def _pixels(data: bytes, side: int, *, smooth: bool) -> _Rgba | None:
    """A square picture as RGBA, brought to `side` pixels if that is not 0; None when it cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(unzipped(data)), formats=("PNG", "JPEG", "WEBP")) as image:
                if image.width != image.height or not 0 < image.width <= MOST_SIDE:
                    return None
                plain = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, PackedError, Image.DecompressionBombError):
        return None
    if side and plain.width != side:
        plain = plain.resize((side, side), Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST)
    return np.asarray(plain)


def _grid(pieces: Mapping[Place, _Rgba]) -> tuple[int, range, range]:
    """Pixels of a tile's side; the columns and rows from the first to the last tile."""
    side = len(next(iter(pieces.values())))
    return side, _range(place.column for place in pieces), _range(place.row for place in pieces)


def _range(numbers: Iterable[int]) -> range:
    held = list(numbers)
    return range(min(held), max(held) + 1)


def _size(pieces: Mapping[Place, _Rgba]) -> float:
    return next(iter(pieces)).size


def _cut(pieces: Mapping[Place, _Rgba], wish: MapWish, side: int) -> tuple[int, int, int, int]:
    """The part of all tiles that is wished for, in pixels from their north-west corner: west, east, north, south."""
    _, columns, rows = _grid(pieces)
    pixel = _size(pieces) / side
    bounds = wish.bounds

    def span(low: float, high: float, held: range) -> tuple[int, int]:
        first, last = low / pixel - held.start * side, high / pixel - held.start * side
        most = len(held) * side
        return int(np.clip(np.floor(first) - _MARGIN, 0, most)), int(np.clip(np.ceil(last) + _MARGIN, 0, most))

    return *span(bounds.west, bounds.east, columns), *span(bounds.north, bounds.south, rows)


def _paste(whole: NDArray[Any], piece: NDArray[Any], top: int, left: int) -> None:
    """Put a piece at a place that may lie partly or wholly outside."""
    low, high = max(0, top), min(len(whole), top + len(piece))
    near, far = max(0, left), min(whole.shape[1], left + piece.shape[1])
    if low < high and near < far:
        whole[low:high, near:far] = piece[low - top : high - top, near - left : far - left]


def _known(metres: NDArray[np.floating[Any]], rgb: NDArray[np.uint8]) -> Metres:
    unknown = ~rgb[..., :3].any(axis=-1)
    if rgb.shape[-1] == 4:
        unknown |= rgb[..., 3] == 0
    return np.where(unknown, np.nan, metres).astype(np.float32)
