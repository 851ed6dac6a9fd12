"""The networks that make-promo can post to: a file for each in configs/networks, with how one signs in.

`NETWORKS` names the file of `publishers/` and the class that does it. The files are read when they are first asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pipeline import config, network_file
from pipeline.network_file import Client, Find, NetworkFile, OAuth, Swap

__all__ = ["NETWORKS", "Client", "Find", "NetworkFile", "OAuth", "Swap", "load", "placed"]


@functools.cache
def load(service: str) -> NetworkFile:
    """Raises BriefError with the nearest name, or with all that is wrong with the network's file."""
    return network_file.read(config.named("networks", service, "network"))


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
        module, _, name = load(service).publisher.partition(".")
        return module, name

    def __contains__(self, service: object) -> bool:
        return service in config.names("networks")

    def __iter__(self) -> Iterator[str]:
        return iter(config.names("networks"))

    def __len__(self) -> int:
        return len(config.names("networks"))


NETWORKS: Mapping[str, tuple[str, str]] = _Networks()
