"""Who gives map tiles over the network: a file for each, ours in configs/maps, the user's in `maps` by the settings.

A file of the user with the name of one of ours takes its place, so that an address that has moved is put right
without a release. What nobody is to be thanked for, what has no terms and what may not be shown in a video is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from pipeline import config, settings, yaml_file
from pipeline.errors import BriefError, Problem
from pipeline.map_model import MapCredit
from pipeline.nearest import listed, nearest, unknown
from pipeline.yaml_file import Document

MOST_TILES, LEAST_DAYS = 48, 7
LOCAL = "127.0.0.1"  # the one host that is spoken to without TLS, and only if the user's own file names it

Kind = Literal["vector", "raster", "pmtiles"]
SchemaName = Literal["shortbread", "openmaptiles", "protomaps", "zoomstack"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CreditFile(_Part):
    text: str = Field(min_length=3, max_length=500)  # may be HTML; `{year}` becomes the year of the tiles
    licence: str = Field(min_length=2, max_length=200)
    url: str = ""


class ProviderFile(_Part):
    label: str = Field(min_length=1, max_length=80)
    kind: Kind
    tiles_schema: SchemaName | None = Field(default=None, alias="schema")
    tilejson: str | None = None
    tiles: str | None = None  # an address with {z}, {x} and {y}, and {key} where the user's key belongs
    pmtiles: str | None = None
    xyz: str | None = None  # a name of the package xyzservices
    hosts: tuple[str, ...] = ()  # besides that of the address, for its tiles and redirects
    min_zoom: int = Field(default=0, ge=0, le=22)
    max_zoom: int = Field(ge=0, le=22)
    tile_size: Literal[256, 512] = 256  # pixels, of pictures
    max_tiles: int = Field(default=MOST_TILES, ge=1, le=MOST_TILES)
    min_cache_days: int = Field(default=LEAST_DAYS, ge=LEAST_DAYS, le=365)
    credit: CreditFile | None = None
    terms: str | None = None
    video_ok: bool
    checked: str
    key: str | None = Field(default=None, pattern=r"^[A-Za-z_]{1,40}$")  # the key's name in the address
    doubts: tuple[str, ...] = ()

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(r"[a-z0-9.-]{1,200}", host):
                raise ValueError("a host is written in small letters and without https://")
        return hosts

    @field_validator("tilejson", "tiles", "pmtiles")
    @classmethod
    def _address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not allowed_address(value, own=bool((info.context or {}).get("own"))):
            raise ValueError("an address begins with https:// and a host, without a user's name")
        return value

    @model_validator(mode="after")
    def _one_address(self) -> ProviderFile:
        given = [name for name in ("tilejson", "tiles", "pmtiles", "xyz") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("exactly one of tilejson, tiles, pmtiles and xyz is needed")
        if (self.kind == "pmtiles") != (given == ["pmtiles"]) or (given == ["xyz"] and self.kind != "raster"):
            raise ValueError(f"`kind: {self.kind}` and `{given[0]}:` do not go together")
        if self.tiles and not all(part in self.tiles for part in ("{z}", "{x}", "{y}")):
            raise ValueError("the address of tiles needs {z}, {x} and {y}")
        if self.key and self.tiles and f"{{{self.key}}}" not in self.tiles:
            raise ValueError(f"the address has no {{{self.key}}} for the key")
        return self


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider. `credit` as written: HTML and `{year}` are resolved where it is used. `own`: the user's file."""

    id: str
    label: str
    kind: Kind
    schema: SchemaName | None
    tilejson: str | None
    tiles: str | None
    pmtiles: str | None
    xyz: str | None
    hosts: tuple[str, ...]
    min_zoom: int
    max_zoom: int
    tile_size: int
    max_tiles: int
    min_cache_days: int
    credit: MapCredit
    terms: str
    checked: str
    key: str | None
    doubts: tuple[str, ...]
    own: bool


def allowed_address(address: str, *, own: bool) -> bool:
    """Over TLS; without it only on this machine, for an address of the user's own."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or not address.isprintable() or " " in address:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and own and host == LOCAL)


def provider_names() -> tuple[str, ...]:
    """The ids of all providers, ours and the user's, sorted."""
    return tuple(sorted({path.stem for folder in _folders() for path in folder.glob("*.yml")}))


def load_provider(name: str, where: str = "map.source") -> Provider:
    """Raises BriefError: at `where` with the nearest name, or with all that is wrong with the provider's file."""
    for folder in _folders():
        path = folder / f"{name}.yml"
        if re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) and path.is_file():
            return provider_from(path, own=folder != config.configs() / "maps")
    known = provider_names()
    raise BriefError.at(where, unknown(name, known), f"map providers are {listed(known, 'and')}")


def allowed(given: settings.Settings) -> tuple[Provider, ...]:
    """The providers that the settings allow, in their order. Raises BriefError with all that is wrong with them."""
    known = provider_names()
    problems: list[Problem] = []
    for name in given.keys:
        near = nearest(name, known)
        if name not in known and not name.startswith("MAKE_PROMO") and near:  # a name like none may be a key itself
            what = f'a key is given for a provider that there is not (did you mean "{near[0]}"?)'
            problems.append(Problem(level="block", where=given.where("keys"), what=what))
    found: list[Provider] = []
    for name in given.online:
        try:
            found.append(load_provider(name, given.where("online")))
        except BriefError as error:
            problems += error.problems
    if problems:
        raise BriefError(*problems)
    return tuple(found)


def provider_from(path: Path, *, own: bool) -> Provider:
    """The provider in a file, named as the file is. Raises BriefError with all that is wrong."""
    document = yaml_file.read(path)
    tree = document.tree
    if not isinstance(tree.get("checked"), str):
        tree = {**tree, "checked": str(tree.get("checked", ""))}
    problems = list(document.problems)
    file: ProviderFile | None = None
    try:
        file = ProviderFile.model_validate(tree, context={"own": own})
    except ValidationError as error:
        problems += [_problem(document, dict(one)) for one in error.errors(include_url=False)]
    problems += _refusals(document)
    if problems or file is None or file.credit is None or file.terms is None:
        raise BriefError(*problems)
    credit = MapCredit(text=file.credit.text, licence=file.credit.licence, url=file.credit.url)
    words: dict[str, Any] = {name: getattr(file, name) for name in ProviderFile.model_fields}
    schema = words.pop("tiles_schema")
    words.pop("video_ok")
    return Provider(**{**words, "id": path.stem, "schema": schema, "credit": credit, "terms": file.terms, "own": own})


def _refusals(document: Document) -> list[Problem]:
    """Why a provider may not be used, even if its file is well written."""
    found: list[Problem] = []
    tree = document.tree
    if not tree.get("credit"):
        what = "it does not say whom to thank, and a map without its credit cannot be published"
        found.append(_block(document.where("credit"), what, "add `credit: {text: …, licence: …, url: …}`"))
    if not isinstance(tree.get("terms"), str) or not allowed_address(tree["terms"], own=False):
        what = "it does not name the provider's terms, and nobody can tell whether the map may be used"
        found.append(_block(document.where("terms"), what, "read them, and add their address: `terms: https://…`"))
    if tree.get("video_ok") is False:
        what = "its maps may not be shown in a published video"
        found.append(_block(document.where("video_ok"), what, "use another source; openstreetmap needs no key"))
    return found


def _problem(document: Document, error: dict[str, Any]) -> Problem:
    steps: tuple[str | int, ...] = tuple(error["loc"])
    where = document.where(*steps)
    if error["type"] == "extra_forbidden":
        model = CreditFile if steps[0] == "credit" and len(steps) > 1 else ProviderFile
        known = [field.alias or name for name, field in model.model_fields.items()]
        return _block(where, unknown(str(steps[-1]), known), f"keys here are {listed(known, 'and')}")
    if error["type"] == "missing":
        return _block(where, f'"{steps[-1]}" is needed and is not written', f"add `{steps[-1]}:` with its value")
    if error["type"] == "value_error":
        return _block(where, str(error["ctx"]["error"]))
    return _block(where, str(error["msg"])[:1].lower() + str(error["msg"])[1:])


def _folders() -> tuple[Path, ...]:
    """The user's own first."""
    return settings.folder() / "maps", config.configs() / "maps"


def _block(where: str, what: str, remedy: str = "") -> Problem:
    return Problem(level="block", where=where, what=what, remedy=remedy)
