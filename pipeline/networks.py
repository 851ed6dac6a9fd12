"""The networks that make-promo can post to: a file for each in configs/networks, with how one signs in.

`NETWORKS` names the file of `publishers/` and the class that does it. The files are read when they are first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from pipeline import config

Client = Literal["body", "basic", "public"]


@dataclass(frozen=True, kw_only=True)
class Swap:
    """A token given for another one. `field`: under which name ours is sent; `single`: ours ends with it;
    `ahead_days`: it is renewed when fewer are left, for what has ended cannot be."""

    grant: str
    address: str
    field: str
    method: Literal["GET", "POST"]
    client: Literal["both", "secret", "none"]
    ahead_days: int
    single: bool


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """Where the browser is sent back to. `port` 0: any free one; `by_hand`: only a page on the web is taken."""

    host: str
    port: int
    path: str
    by_hand: bool


@dataclass(frozen=True, kw_only=True)
class OAuth:
    """The code flow of a network. `keep`: the name of its token in the vault; `id_as`: of the setting that holds the
    app's id as well; `wrapped`: of the list in which tokens may lie."""

    authorize: str
    token: str
    scopes: tuple[str, ...]
    separator: str
    pkce: Literal["S256", "none"]
    client: Client
    extra: Mapping[str, str]
    register_at: str | None
    wrapped: str
    keep: str
    id_as: str | None
    redirect: Redirect
    long_lived: Swap | None
    refresh: Swap | None


@dataclass(frozen=True, kw_only=True)
class Paste:
    """A word that the person brings, the name it is kept under, and how it is asked for."""

    keep: str
    ask: str


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A setting that an account needs, and how a person is asked for it."""

    key: str
    ask: str
    needed: bool


@dataclass(frozen=True, kw_only=True)
class Find:
    """How settings are found by asking the network: rows, of which one is chosen. Paths as `a.b`."""

    address: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    rows: str
    settings: Mapping[str, str]
    shown: str
    name: str
    token: str
    has: Mapping[str, str]
    question: str
    none: str


@dataclass(frozen=True, kw_only=True)
class App:
    """Where the officer makes an app, and how."""

    address: str
    steps: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkFile:
    """One network. `server`: of all its accounts, "" where each account has its own."""

    id: str
    label: str
    module: str
    name: str
    server: str
    asks_server: bool
    asks_name: str
    paste: Paste | None
    oauth: OAuth | None
    find: tuple[Find, ...] = ()
    settings: tuple[Ask, ...] = ()
    app: App | None = None
    tested: str
    sources: tuple[str, ...]
    checked: str
    doubts: tuple[str, ...] = field(default=())

    @property
    def setting_names(self) -> frozenset[str]:
        """The settings of an account, asked for or found, but for addresses of the network."""
        found = [key for find in self.find for key in find.settings]
        return frozenset([*(ask.key for ask in self.settings), *found])


def load(service: str, where: str = "network") -> NetworkFile:
    """Raises BriefError: at `where` with the nearest name, or with all that is wrong with the network's file."""
    return _loaded(service, where)


@functools.cache
def _loaded(service: str, where: str) -> NetworkFile:
    from pipeline import network_file

    shape = network_file.read(config.named("networks", service, where))
    module, _, name = shape.publisher.partition(".")
    values = shape.model_dump(exclude={"publisher"})
    oauth = values.pop("oauth")
    return NetworkFile(**{
        **values, "id": service, "module": module, "name": name, "server": shape.server or "",
        "oauth": _oauth(oauth) if oauth else None,
        "paste": Paste(**values["paste"]) if values["paste"] else None,
        "app": App(**values["app"]) if values["app"] else None,
        "find": tuple(Find(**one) for one in values["find"]),
        "settings": tuple(Ask(**one) for one in values["settings"]),
    })  # fmt: skip


def _oauth(values: dict[str, Any]) -> OAuth:
    swaps = {name: Swap(**values[name]) if values[name] else None for name in ("long_lived", "refresh")}
    return OAuth(**{**values, **swaps, "redirect": Redirect(**values["redirect"])})


def placed(address: str, server: str, settings: Mapping[str, str], name: str) -> str:
    """An address of a network's file for one account: `/path` lies on its own server, and the setting `name`, a scheme
    and host, takes the place of the host that is written."""
    base = settings.get(name, "").rstrip("/")
    if address.startswith("/"):
        return f"{base or server}{address}"
    parts = urlsplit(address)
    return address.replace(f"{parts.scheme}://{parts.netloc}", base, 1) if base else address


class _Networks(Mapping[str, tuple[str, str]]):
    """id → (module of `publishers/`, class)."""

    def __getitem__(self, service: str) -> tuple[str, str]:
        if service not in self:
            raise KeyError(service)
        found = load(service)
        return found.module, found.name

    def __contains__(self, service: object) -> bool:
        return service in config.names("networks")

    def __iter__(self) -> Iterator[str]:
        return iter(config.names("networks"))

    def __len__(self) -> int:
        return len(config.names("networks"))


NETWORKS: Mapping[str, tuple[str, str]] = _Networks()
