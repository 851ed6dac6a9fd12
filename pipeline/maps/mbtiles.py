"""MBTiles: an SQLite database of map tiles, opened so that it can neither be changed nor do harm.

The file is read-only and taken as unchanging. `tiles` may be a view (de-duplicated archives keep pictures in a second
table), so a stranger's SQL runs when it is asked; an authorizer allows it to read tables and nothing else, values have
a greatest length, and a query that takes too many steps is stopped. Rows count from the south (TMS).
https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.errors import MaterialError
from pipeline.map_model import MapCredit, MapModel, MapWish
from pipeline.maps.tile_set import TileReader, TileSet, tile_set, year_of
from pipeline.maps.tiling import covered, model_from_tiles
from pipeline.mercator import Bounds

MOST_VALUE = 5_000_000  # bytes of a tile or a metadata value
MOST_WORDS = 1000  # rows of metadata
_STEPS, _MOST_CALLS = 100_000, 300  # of SQLite's machine between two calls; calls of one query: some seconds
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_FUNCTIONS = {"min", "max", "coalesce", "ifnull"}
_AGAIN = "get the file again from its source"


def read(path: Path, wish: MapWish, *, credit: MapCredit | None = None) -> MapModel:
    """What the archive has of the wish. `credit`: to be used where the archive names none. Raises MaterialError."""
    with opened(path) as (tiles, tile):
        return model_from_tiles(tile, tiles, wish, credit=credit)


def extent(path: Path) -> Bounds | None:
    """The stretch of the world that the archive says it covers; None when it does not say. Raises MaterialError."""
    with opened(path) as (tiles, _):
        return covered(tiles)


@contextmanager
def opened(path: Path) -> Iterator[tuple[TileSet, TileReader]]:
    """The archive's description and its tiles, as long as the block lasts."""
    with path.open("rb") as file:  # says in the system's words what is wrong with the file, if so
        if file.read(15) != b"SQLite format 3":
            raise MaterialError.at(path.name, "it is not an MBTiles archive (an SQLite database)", _AGAIN)
    try:
        with closing(_connected(path)) as base:
            query = _Query(base, path.name)
            yield _described(path, query), query.tile
    except sqlite3.Error as error:
        raise _broken(path.name, error) from None


class _Query:
    """Asks the database; each question has the same number of steps to be answered in."""

    def __init__(self, base: sqlite3.Connection, where: str) -> None:
        self._base, self._where, self._calls = base, where, 0
        base.set_progress_handler(self._called, _STEPS)

    def rows(self, sql: str, values: tuple[int, ...] = (), most: int = 1) -> list[tuple[object, ...]]:
        self._calls = 0
        try:
            return self._base.execute(sql, values).fetchmany(most)
        except sqlite3.Error as error:
            raise _broken(self._where, error) from None

    def tile(self, zoom: int, x: int, y: int) -> bytes | None:
        """The tile as it is stored, perhaps in gzip; None where the archive has none."""
        sql = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        found = self.rows(sql, (zoom, x, (1 << zoom) - 1 - y))
        return found[0][0] if found and isinstance(found[0][0], bytes) else None

    def _called(self) -> bool:
        self._calls += 1
        return self._calls > _MOST_CALLS


def _connected(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE)
    base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema = 0", "cell_size_check = 1", "query_only = 1", "cache_size = -8000"):
        base.execute(f"PRAGMA {pragma}")
    base.set_authorizer(_allowed)
    base.text_factory = lambda text: text.decode("utf-8", "replace")
    return base


def _allowed(action: int, first: str | None, second: str | None, _base: str | None, _by: str | None) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _described(path: Path, query: _Query) -> TileSet:
    rows = query.rows("SELECT name, value FROM metadata", most=MOST_WORDS)
    words: dict[str, object] = {str(name): value for name, value in rows}
    for key, sql in (
        ("minzoom", "SELECT min(zoom_level) FROM tiles"),
        ("maxzoom", "SELECT max(zoom_level) FROM tiles"),
    ):
        if key not in words:
            words[key] = query.rows(sql)[0][0]
    form = "" if words.get("format") else _sniffed(query)
    return tile_set(path.name, words, form=form, year=year_of(path))


def _sniffed(query: _Query) -> str:
    """The format of a tile where the metadata, against the specification, does not name it."""
    found = query.rows("SELECT tile_data FROM tiles LIMIT 1")
    data = found[0][0] if found and isinstance(found[0][0], bytes) else b""
    if data[:4] == b"\x89PNG":
        return "png"
    if data[:3] == b"\xff\xd8\xff":
        return "jpg"
    return "webp" if data[8:12] == b"WEBP" else "pbf"


def _broken(where: str, error: sqlite3.Error) -> MaterialError:
    if "interrupted" in str(error):
        what = "it takes too long to find anything in it"
        return MaterialError.at(where, what, "make the archive again, with an index on its tiles")
    if "too big" in str(error):
        return MaterialError.at(where, "a tile of it is too big", _AGAIN)
    if "no such" in str(error):
        return MaterialError.at(where, f"it is not an MBTiles archive: {error}", "use a database with tiles in it")
    return MaterialError.at(where, f"it is not a sound MBTiles archive: {error}", _AGAIN)
