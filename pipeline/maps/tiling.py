"""From a wish to the tiles that fill it, and from tiles to a map model: the same for archives and services.

The zoom is the one at which a tile is 424 to 848 pixels wide on the picture; pictures of map, whose letters must not
become too small, are taken at their own size up to twice that. Fewer and coarser tiles are taken where that would be
more than 48; beyond the deepest zoom the deepest is taken. Columns of tiles go on beyond the antimeridian: column -1
is asked for as the last one and stays where the wish is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import MaterialError
from pipeline.map_model import MapCredit, MapModel, MapWish
from pipeline.maps.credits import credit_of
from pipeline.maps.mvt import decode, layer_names
from pipeline.maps.packed import PackedError, unzipped
from pipeline.maps.rasters import heights_of, picture_of
from pipeline.maps.schemas import Schema, recognised, unknown
from pipeline.maps.tile_set import Place, TileReader, TileSet
from pipeline.maps.vectors import Layers, vector_parts
from pipeline.maps.wire import TileError
from pipeline.mercator import Bounds

MOST_TILES = 48
MOST_BYTES = 60_000_000  # of all vector tiles of a map, unpacked; 48 dense ones have some 35 million
TILE_PIXELS = {"vector": 600.0, "terrain": 600.0, "raster": 362.0}  # times or divided by √2: the range of sizes
_GROWN = 0.02  # of the wish, at each side: lines and labels at the edge are whole


def model_from_tiles(tile: TileReader, tiles: TileSet, wish: MapWish, *, credit: MapCredit | None = None) -> MapModel:
    """The map of a wish, from whatever gives tiles. `credit`: to be used where the metadata names none.

    Tiles that are missing are blank; tiles that cannot be read are blank and noted. Raises MaterialError when nothing
    says whom to thank, when no tile can be read, when the schema is unknown, or when too many tiles would be needed.
    """
    if tiles.kind != "vector":
        thanks = credit_of(tiles, None, credit)  # before anything is fetched
    places = chosen(tiles, wish)
    found = {place: data for place in places if (data := tile(place.zoom, place.x, place.row))}
    if tiles.kind == "vector":
        return _vector_model(found, tiles, wish, credit)
    empty = MapModel(bounds=_reach(found, tiles, wish), credits=(thanks,))
    if not found:
        return empty
    if tiles.kind == "terrain":
        heights, notes = heights_of(found, tiles, wish)
        return replace(empty, heights=heights, notes=notes)
    picture, notes = picture_of(found, tiles, wish)
    return replace(empty, pictures=(picture,) if picture else (), notes=notes)


def chosen(tiles: TileSet, wish: MapWish) -> tuple[Place, ...]:
    """The tiles that the wish needs, at most 48, from the north-west. Raises MaterialError when even the coarsest
    tiles are too many."""
    fitting = math.log2(1.0 / (max(wish.pixel, 1e-12) * TILE_PIXELS[tiles.kind]))
    zoom = min(max(round(fitting), tiles.min_zoom), tiles.max_zoom)
    for deep in range(zoom, tiles.min_zoom - 1, -1):
        places = _places(tiles, wish, deep)
        if places is not None:
            return places
    raise MaterialError.at(
        tiles.where,
        f"its coarsest tiles (zoom {tiles.min_zoom}) are too fine for this map: more than {MOST_TILES} would be needed",
        "use an archive with lower zooms, or a map of a smaller area",
    )


def covered(tiles: TileSet) -> Bounds | None:
    """Where the archive has data. Pictures and heights fill their tiles, so there the tiles count, not the box that
    the maker cut along."""
    if tiles.bounds is None or tiles.kind == "vector":
        return tiles.bounds
    count = 1 << tiles.max_zoom
    edge = 1e-3  # a box that ends at a tile's edge, rounded to degrees, does not reach into the next
    return Bounds(
        west=math.floor(tiles.bounds.west * count + edge) / count,
        north=max(0.0, math.floor(tiles.bounds.north * count + edge) / count),
        east=math.ceil(tiles.bounds.east * count - edge) / count,
        south=min(1.0, math.ceil(tiles.bounds.south * count - edge) / count),
    )


def _places(tiles: TileSet, wish: MapWish, zoom: int) -> tuple[Place, ...] | None:
    """The tiles of one zoom; None when they are too many."""
    count = 1 << zoom
    west, east = math.floor(wish.bounds.west * count), math.ceil(wish.bounds.east * count)
    north, south = max(0, math.floor(wish.bounds.north * count)), min(count, math.ceil(wish.bounds.south * count))
    reach = covered(tiles)
    if reach:
        north = max(north, math.floor(reach.north * count))
        south = min(south, math.ceil(reach.south * count))
    if (east - west) > 64 * MOST_TILES or (south - north) > 64 * MOST_TILES:
        return None
    columns = [column for column in range(west, max(east, west + 1)) if _reached(column, count, reach)]
    rows = range(north, south)
    if len(columns) * len(rows) > MOST_TILES:
        return None
    return tuple(Place(zoom=zoom, column=column, row=row) for row in rows for column in columns)


def _reached(column: int, count: int, reach: Bounds | None) -> bool:
    if reach is None:
        return True
    x = column % count
    return any(reach.west < (x + 1) / count + turn and x / count + turn < reach.east for turn in (-1, 0, 1))


def _vector_model(found: dict[Place, bytes], tiles: TileSet, wish: MapWish, credit: MapCredit | None) -> MapModel:
    schema = _schema(found, tiles)
    if schema is None:  # nothing was found, and the metadata names no layers: nothing to thank for either
        return MapModel(bounds=_reach(found, tiles, wish), credits=(credit,) if credit else ())
    thanks = credit_of(tiles, schema.credit, credit)
    broken: list[str] = []
    span = max(wish.bounds.width, wish.bounds.height)
    grown = wish.bounds.grown(span * _GROWN)
    areas, lines, labels, notes = vector_parts(_decoded(found, schema, broken), found, schema, wish, grown)
    if broken and len(broken) == len(found):
        raise _unreadable(tiles, broken[0])
    if broken:
        notes += (f"{len(broken)} of {len(found)} map tiles cannot be read and are left blank.",)
    return MapModel(
        bounds=_reach(found, tiles, wish),
        credits=(thanks,),
        areas=areas,
        lines=lines,
        labels=labels,
        notes=notes,
    )


def _decoded(found: dict[Place, bytes], schema: Schema, broken: list[str]) -> Iterator[tuple[Place, Layers]]:
    """Tile after tile, decoded; what is wrong with the others is added to `broken`."""
    room = MOST_BYTES
    for place, data in found.items():
        try:
            plain = unzipped(data)
            room -= len(plain)
            if room < 0:
                raise TileError("is too much together with the others")
            layers = decode(plain, schema.wanted)
        except (TileError, PackedError) as error:
            broken.append(str(error))
        else:
            yield place, layers


def _schema(found: dict[Place, bytes], tiles: TileSet) -> Schema | None:
    """By the layers that the metadata names, else by those in the tiles. Raises MaterialError when it is unknown."""
    schema = recognised(tiles.layers)
    if schema:
        return schema
    seen, broken = list(tiles.layers), ""
    for data in found.values():
        try:
            seen += layer_names(data)
        except TileError as error:
            broken = broken or str(error)
    if broken and not seen:
        raise _unreadable(tiles, broken)
    schema = recognised(tuple(dict.fromkeys(seen)))
    if schema is None and (seen or found):
        raise unknown(tiles.where, tuple(dict.fromkeys(seen)))
    return schema


def _unreadable(tiles: TileSet, why: str) -> MaterialError:
    what = f"none of its tiles here can be read: the first one {why}"
    return MaterialError.at(tiles.where, what, "get the file again from its source")


def _reach(found: dict[Place, bytes], tiles: TileSet, wish: MapWish) -> Bounds:
    """The rectangle of the tiles that are there, as far as the archive says that it has data."""
    if not found:
        return wish.bounds
    boxes = [place.bounds for place in found]
    whole = Bounds(
        west=min(box.west for box in boxes),
        north=min(box.north for box in boxes),
        east=max(box.east for box in boxes),
        south=max(box.south for box in boxes),
    )
    known = covered(tiles)
    if known is None:
        return whole
    if known.width >= 1:
        known = Bounds(west=whole.west, north=known.north, east=whole.east, south=known.south)
    known = known.moved(round(whole.middle[0] - known.middle[0]))
    if not known.overlaps(whole):
        return whole
    return Bounds(
        west=max(whole.west, known.west),
        north=max(whole.north, known.north),
        east=min(whole.east, known.east),
        south=min(whole.south, known.south),
    )
