"""Where a cluster is: dask://HOST:PORT for this computer alone, tls://HOST:PORT for all others.

A scheduler does whatever it is told by whoever reaches it. So without encryption and certificates only the loopback
is taken. The certificates are named by `$MAKE_PROMO_TLS_CA`, `_CERT` and `_KEY` (PEM files).
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BriefError, ToolError

_ADDRESS = re.compile(r"(dask|tcp|tls)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253}):(\d{1,5})/?")
_KEYS = {"ca": "MAKE_PROMO_TLS_CA", "cert": "MAKE_PROMO_TLS_CERT", "key": "MAKE_PROMO_TLS_KEY"}


@dataclass(frozen=True, kw_only=True)
class Keys:
    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class Place:
    host: str
    port: int
    secure: bool

    def __str__(self) -> str:
        return f"{'tls' if self.secure else 'dask'}://{self.host}:{self.port}"

    @property
    def wire(self) -> str:
        """The address in Dask's spelling."""
        return f"{'tls' if self.secure else 'tcp'}://{self.host}:{self.port}"

    def keys(self) -> Keys:
        """The certificates. Raises ToolError when one is not named, or is not there."""
        for name in _KEYS.values():
            given = os.environ.get(name, "").strip()
            if not given or not Path(given).is_file():
                what = "tls:// needs certificates: " + (f"{given} is not a file" if given else f"{name} is not set")
                remedy = f"set {', '.join(_KEYS.values())} to PEM files that whoever runs the cluster gives you"
                raise ToolError.at(str(self), what, remedy)
        return Keys(**{key: Path(os.environ[name].strip()) for key, name in _KEYS.items()})


def place_of(address: str) -> Place:
    """BriefError for what is no address, or leads off this computer without encryption; ToolError without Dask."""
    found = _ADDRESS.fullmatch(address.strip())
    if not found or not 0 < int(found[3]) < 65_536:
        raise BriefError.at(address, "this is not the address of a cluster", "write dask://127.0.0.1:8786")
    scheme, host, port = found.groups()
    if scheme != "tls" and not _loopback(host):
        what = "without encryption anybody on the way could take over every computer of the cluster"
        raise BriefError.at(address, what, f"write tls://{host}:{port}, with certificates: {', '.join(_KEYS.values())}")
    if importlib.util.find_spec("distributed") is None:
        what = "Dask is not installed"
        raise ToolError.at(address, what, "python -m pip install 'make-promo[cluster]'")
    return Place(host=host, port=int(port), secure=scheme == "tls")


def reached(place: Place, *, within: float = 5) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((place.host.strip("[]"), place.port), within).close()
    except OSError:
        return False
    return True


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
