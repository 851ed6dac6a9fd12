"""Where a provider's tiles are asked for: from its TileJSON, the address in its file, or the names of xyzservices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from pipeline.errors import MaterialError
from pipeline.map_model import MapCredit
from pipeline.map_providers import Provider, allowed_address
from pipeline.maps.credits import credit_of, plain
from pipeline.maps.schemas import SCHEMAS
from pipeline.maps.tile_set import Place, TileSet, tile_set
from pipeline.settings import Secret

_RECORD = "put it right in a file of its name in the folder `maps` beside settings.yml"
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, kw_only=True)
class Service:
    """`template` has {z}, {x}, {y} and perhaps the key's place; it never holds the key."""

    tiles: TileSet
    template: str
    from_south: bool = False  # rows, as TMS counts them

    def address(self, place: Place) -> str:
        row = (1 << place.zoom) - 1 - place.row if self.from_south else place.row
        found = self.template
        for name, number in (("z", place.zoom), ("x", place.x), ("y", row)):
            found = found.replace(f"{{{name}}}", str(number))
        return found


def with_key(address: str, provider: Provider, key: Secret | None) -> str:
    if provider.key and key:
        return address.replace(f"{{{provider.key}}}", quote(key.revealed(), safe=""))
    return address


def service_of(provider: Provider, tilejson: Callable[[str], bytes]) -> Service:
    """`tilejson` gives the bytes at an address. Raises MaterialError."""
    if provider.tilejson:
        return _described(provider, provider.tilejson, tilejson(provider.tilejson))
    if provider.xyz:
        return _named(provider, provider.xyz)
    return Service(tiles=_tiles(provider, {}), template=provider.tiles or "")


def hosts_of(provider: Provider) -> frozenset[str]:
    """The hosts that may be asked: those of the addresses in the provider's file, and those that it lists."""
    known = [provider.tilejson, provider.tiles, provider.pmtiles]
    if provider.xyz:
        known.append(_named(provider, provider.xyz).template)
    return frozenset({*provider.hosts, *(urlsplit(address).hostname or "" for address in known if address)} - {""})


def credits_of(provider: Provider, own: str, year: int) -> tuple[MapCredit, ...]:
    """Whom to thank: the credit of the provider's file; the service's own words where they say that and more; both
    where they say something else."""
    said = replace(provider.credit, text=plain(provider.credit.text).replace("{year}", str(year)))
    if not said.text:
        raise MaterialError.at(provider.label, "its file does not say whom to thank", _RECORD)
    if not plain(own):
        return (said,)
    nothing = TileSet(where=provider.label, kind="raster", min_zoom=0, max_zoom=0, attribution=own)
    theirs = credit_of(nothing, None)
    ours, others = _words(said.text), _words(theirs.text)
    if others <= ours:
        return (said,)
    return (replace(said, text=theirs.text),) if ours <= others else (said, replace(theirs, licence=said.licence))


def _described(provider: Provider, address: str, data: bytes) -> Service:
    try:
        words: Any = json.loads(data)
        template = words["tiles"][0]
        template = urljoin(address, template) if isinstance(template, str) else ""
        parts = urlsplit(template)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise MaterialError.at(provider.label, "its description (TileJSON) cannot be read", _RECORD) from None
    if not all(part in template for part in ("{z}", "{x}", "{y}")) or len(template) > 2000:
        raise MaterialError.at(provider.label, "its description (TileJSON) names no address of tiles", _RECORD)
    if not allowed_address(template, own=provider.own) or parts.hostname not in hosts_of(provider):
        what = "its description (TileJSON) sends us to another host, and we do not go there"
        raise MaterialError.at(
            provider.label, what, "if that is right, add the host to `hosts:` in the provider's file"
        )
    return Service(tiles=_tiles(provider, words), template=template, from_south=words.get("scheme") == "tms")


def _named(provider: Provider, name: str) -> Service:
    try:
        import xyzservices
        from xyzservices import providers
    except ImportError:
        what = "its address comes from the package xyzservices, which is not here"
        raise MaterialError.at(provider.label, what, 'install it: python -m pip install "make-promo[online]"') from None
    found: Any = providers
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, xyzservices.TileProvider):
        raise MaterialError.at(provider.label, f'xyzservices knows no "{name[:60]}"', _RECORD)
    template = str(found.get("url", "")).replace("{r}", "")
    for word in set(re.findall(r"\{(\w+)\}", template)) - {"z", "x", "y", provider.key}:
        template = template.replace(f"{{{word}}}", "a" if word == "s" else str(found.get(word, "")))
    if not allowed_address(template, own=False) or not all(part in template for part in ("{z}", "{x}", "{y}")):
        raise MaterialError.at(provider.label, "xyzservices has no address for it that can be used", _RECORD)
    if provider.key and f"{{{provider.key}}}" not in template:
        raise MaterialError.at(provider.label, f"its address has no place for `{provider.key}`", _RECORD)
    return Service(tiles=_tiles(provider, {}), template=template)


def _tiles(provider: Provider, words: dict[str, Any]) -> TileSet:
    form = "png" if provider.kind == "raster" else "pbf"
    found = tile_set(provider.label, {**words, "json": None}, form=form)
    schema = next((one for one in SCHEMAS if one.name.lower().endswith(provider.schema or "?")), None)
    layers = found.layers or (tuple(sorted(schema.wanted)) if schema else ())
    low = max(found.min_zoom, provider.min_zoom) if words else provider.min_zoom
    high = min(found.max_zoom, provider.max_zoom) if words.get("maxzoom") is not None else provider.max_zoom
    if high < low:
        raise MaterialError.at(provider.label, f"it has no zooms between {low} and {high}", _RECORD)
    return replace(found, min_zoom=low, max_zoom=high, layers=layers)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(text))
