"""Maps over the network, only when allowed: the tiles of a wish from a provider, kept for a week and longer.

First what is kept; then, unless offline, what is missing or old, asked for once and by an honest name; and if that
fails, what is old, with a note. At most 48 tiles, whatever the wish.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.errors import MaterialError
from pipeline.fingerprints import fingerprint
from pipeline.map_model import MapModel, MapWish
from pipeline.map_providers import Provider
from pipeline.maps.answers import blocked
from pipeline.maps.asking import Asking, KeptOnly, Network, NotKeptError, agent, check_wait, needed_key
from pipeline.maps.http import LIMITS, Client, Limits
from pipeline.maps.kept_tiles import Entry, Kept, prune
from pipeline.maps.pmtiles import Archive, ReadRange
from pipeline.maps.ranges import FIRST, ChangedError
from pipeline.maps.services import credits_of, hosts_of, service_of
from pipeline.maps.tile_set import Place, TileSet
from pipeline.maps.tiling import chosen, model_from_tiles
from pipeline.settings import Settings

FOLDER = "tiles"  # in the cache
MOST_AGE = timedelta(days=180)  # of tiles that serve where there is no network
_PIXELS = 256  # of a tile that pictures are chosen by

_At = tuple[int, int, int]  # zoom, x, y from the north


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """`fetched`: when the oldest and the newest tile came."""

    tiles: TileSet
    wish: MapWish
    bodies: dict[_At, bytes]
    fetched: tuple[datetime, datetime]
    fresh: bool


def read(
    provider: Provider,
    wish: MapWish,
    *,
    cache: Path,
    settings: Settings,
    offline: bool,
    now: datetime,
    limits: Limits = LIMITS,
) -> MapModel:
    """The provider's map of a wish. `cache`: the cache folder; `now` with its zone. Raises MaterialError.

    Offline, no socket is opened: only kept tiles serve, old ones too.
    """
    found = _kept(provider, wish, cache, now, old=offline)
    notes: tuple[str, ...] = ()
    if found is None and offline:
        what = "its tiles of this place are not kept, and there is to be no network"
        raise MaterialError.at(provider.label, what, "run once without --offline, or put a map file beside the brief")
    if found is None:
        try:
            found = _asked(provider, wish, cache, settings, now, limits)
            if not settings.contact:
                notes = (f"No `contact:` is set, so the people of {provider.label} cannot write to whoever asks them.",)
        except MaterialError as error:
            found = _kept(provider, wish, cache, now, old=True)
            if found is None:
                raise
            notes = tuple(f"{problem.where}: {problem.what}." for problem in error.problems)
    return _model(provider, found, notes)


def kept(provider: Provider, wish: MapWish, cache: Path, *, now: datetime, old: bool = False) -> MapModel | None:
    """The map from what is kept alone; None unless all of it is there. `old`: also from tiles past their time."""
    with suppress(MaterialError):
        found = _kept(provider, wish, cache, now, old=old)
        return _model(provider, found, ()) if found else None
    return None


def mark(provider: Provider, wish: MapWish, cache: Path, *, now: datetime, old: bool = False) -> str | None:
    """A fingerprint of what `kept` would draw from, without looking into the tiles; None where it would give None."""
    found = _kept(provider, wish, cache, now, old=old)
    if found is None:
        return None
    sums = {"/".join(map(str, at)): hashlib.sha256(body).hexdigest() for at, body in found.bodies.items()}
    return fingerprint([provider.id, credits_of(provider, found.tiles.attribution, found.fetched[1].year), sums])


def _kept(provider: Provider, wish: MapWish, cache: Path, now: datetime, *, old: bool) -> _Found | None:
    home = _home(provider, cache, now)
    if not home.root.is_dir():
        return None
    try:
        return _gathered(provider, wish, home, KeptOnly(old=MOST_AGE if old else None))
    except (NotKeptError, MaterialError):
        return None


def _asked(provider: Provider, wish: MapWish, cache: Path, settings: Settings, now: datetime, limits: Limits) -> _Found:
    try:
        import httpx  # noqa: F401  # said here, where there is a sentence for it
    except ImportError:
        what = "maps over the network need the package httpx, which is not here"
        remedy = 'install it: python -m pip install "make-promo[online]"'
        raise MaterialError.at(provider.label, what, remedy) from None
    home = _home(provider, cache, now)
    key = needed_key(provider, settings)
    check_wait(provider.label, home)
    door = Client(
        where=provider.label,
        agent=agent(settings),
        hosts=hosts_of(provider),
        local=provider.own,
        limits=limits,
    )
    try:
        with door as client:
            return _gathered(provider, wish, home, Network(provider=provider, client=client, home=home, key=key))
    except ChangedError:
        raise MaterialError.at(provider.label, "it changes while it is read", "try again later") from None
    finally:
        prune(cache / FOLDER)


def _gathered(provider: Provider, wish: MapWish, home: Kept, asking: Asking) -> _Found:
    """The tiles of a wish, whichever way they come."""
    if provider.pmtiles:
        return _from_archive(provider, provider.pmtiles, wish, home, asking)
    service = service_of(provider, lambda address: asking.about(home, f"about-{_short(address)}", address).body)
    wish = replace(wish, pixel=wish.pixel * provider.tile_size / _PIXELS) if provider.kind == "raster" else wish
    tiles, places = _places(provider, service.tiles, wish)
    own = replace(home, root=home.root / _short(service.template))
    names = {_at(place): f"{place.zoom}/{place.x}/{place.row}" for place in places}
    wanted = {names[_at(place)]: service.address(place) for place in places}
    entries = asking.tiles(own, wanted)
    bodies = {at: entries[name].body for at, name in sorted(names.items())}
    if provider.kind == "raster" and blocked(bodies.values()):
        own.forget(tuple(wanted))
        what = "it sent one and the same picture for every place, which is a notice and no map"
        raise MaterialError.at(provider.label, what, "look at the provider's terms and your key")
    fresh = all(entry.fresh(home.now) for entry in entries.values())
    return _Found(tiles=tiles, wish=wish, bodies=bodies, fetched=_span(entries.values(), home.now), fresh=fresh)


def _from_archive(provider: Provider, address: str, wish: MapWish, home: Kept, asking: Asking) -> _Found:
    own = replace(home, root=home.root / _short(address))

    def work(read_range: ReadRange) -> tuple[TileSet, dict[_At, bytes]]:
        archive = Archive(provider.label, read_range)
        low, high = archive.tiles.min_zoom, min(archive.tiles.max_zoom, provider.max_zoom)
        tiles, places = _places(provider, replace(archive.tiles, max_zoom=max(low, high)), wish)
        return tiles, {_at(place): archive.tile(*_at(place)) or b"" for place in places}

    tiles, bodies = asking.archive(own, address, work)
    first = own.entry(FIRST)
    entries = [first] if first else []
    fresh = all(entry.fresh(home.now) for entry in entries)
    return _Found(tiles=tiles, wish=wish, bodies=bodies, fetched=_span(entries, home.now), fresh=fresh)


def _places(provider: Provider, tiles: TileSet, wish: MapWish) -> tuple[TileSet, tuple[Place, ...]]:
    """The tiles to ask for, not more than the provider allows, and the set of which they are `chosen`."""
    places = chosen(tiles, wish)
    while len(places) > provider.max_tiles:
        if places[0].zoom <= tiles.min_zoom:
            what = f"this map needs {len(places)} of its tiles, and {provider.max_tiles} are allowed"
            raise MaterialError.at(provider.label, what, "use a map file for so large an area")
        tiles = replace(tiles, max_zoom=places[0].zoom - 1)
        places = chosen(tiles, wish)
    return tiles, places


def _model(provider: Provider, found: _Found, notes: Iterable[str]) -> MapModel:
    thanks = credits_of(provider, found.tiles.attribution, found.fetched[1].year)
    plain = replace(found.tiles, attribution="")  # it is in `thanks`
    model = model_from_tiles(lambda *at: found.bodies.get(at), plain, found.wish, credit=thanks[0])
    if not found.fresh:
        day = f"{found.fetched[0]:%d.%m.%Y}"
        notes = (*notes, f"The map tiles of {provider.label} are of {day}: newer ones could not be asked for.")
    return replace(model, credits=thanks, notes=(*model.notes, *notes))


def _home(provider: Provider, cache: Path, now: datetime) -> Kept:
    return Kept(root=cache / FOLDER / provider.id, least=timedelta(days=provider.min_cache_days), now=now)


def _short(address: str) -> str:
    """Of an address without its key."""
    return fingerprint(address)[:16]


def _at(place: Place) -> _At:
    return place.zoom, place.x, place.row


def _span(entries: Iterable[Entry], now: datetime) -> tuple[datetime, datetime]:
    times = [entry.fetched for entry in entries] or [now]
    return min(times), max(times)
