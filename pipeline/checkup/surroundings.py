"""What lies around the program: time zones and clock, memory and processors, the way to the network, the user's rights.

No connection is made, and no password in a proxy's address is shown.
"""

from __future__ import annotations

import os
import urllib.request
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.checkup.finding import Finding, Machine, reason

_GB = 1_000_000_000
LEAST_MEMORY, GOOD_MEMORY = 2 * _GB, 6 * _GB
_BUNDLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_NOT_READ = "REQUESTS_CA_BUNDLE"
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def time_zones(_: Machine) -> Iterator[Finding]:
    try:
        summer = datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/London")).utcoffset()
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        summer = None
    if summer == timedelta(hours=1):
        yield Finding(level="ok", what="time zones", measured="Europe/London is known")
    else:
        yield Finding(
            level="block",
            what="time zones",
            measured="this computer does not know Europe/London, so clocks of cameras cannot be read",
            remedy="python -m pip install tzdata",
        )


def clock(machine: Machine) -> Iterator[Finding]:
    """A clock that stands before our own files were written is wrong; no other is asked."""
    newest = max((path.stat().st_mtime for path in Path(__file__).parent.glob("*.py")), default=0.0)
    said = machine.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if machine.now.timestamp() < newest - 86_400 or machine.now.year > 2100:
        yield Finding(
            level="warn", what="clock", measured=f"it says {said}, which cannot be",
            remedy="set date and time: approvals and posts depend on them",
        )  # fmt: skip
    else:
        yield Finding(level="ok", what="clock", measured=said)


def strength(machine: Machine) -> Iterator[Finding]:
    memory = memory_bytes(machine)
    said = "unknown" if memory is None else f"{memory / _GB:.1f} GB"
    if memory is None or memory >= GOOD_MEMORY:
        yield Finding(level="ok", what="memory", measured=said)
    else:
        remedy = "close other programs, and render with --jobs 1"
        if memory < LEAST_MEMORY:
            remedy = "4K footage needs more: use a computer with 8 GB; small footage may work with --jobs 1"
        yield Finding(level="warn", what="memory", measured=said, remedy=remedy)
    if machine.cpus < 2:
        remedy = "rendering will be slow: try --draft first"
        yield Finding(level="warn", what="processors", measured="1", remedy=remedy)
    else:
        yield Finding(level="ok", what="processors", measured=str(machine.cpus))


def memory_bytes(machine: Machine) -> int | None:
    """All memory of the machine; None where it does not say."""
    if machine.windows:
        return _windows_memory()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _windows_memory() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page", "page_free", "own", "own_free", "ext")),
        )

    kernel = getattr(getattr(ctypes, "windll", None), "kernel32", None)
    status = Status()
    status.length = ctypes.sizeof(Status)
    if kernel is None or not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.total)


def proxy(machine: Machine) -> Iterator[Finding]:
    """What the environment says, else what the system does."""
    lowered = {name.casefold(): value.strip() for name, value in machine.environ.items()}
    given = {name: lowered[name] for name in _PROXIES if lowered.get(name)}
    if not given:
        given = {f"{kind}_proxy": address for kind, address in urllib.request.getproxies().items() if kind != "no"}
    if not given:
        yield Finding(level="ok", what="proxy", measured="none is set")
    for name, address in sorted(given.items()):
        shown, wrong = _proxy_words(address)
        if wrong:
            remedy = f"write {name.upper()}=http://proxy.example.gov.uk:8080, as your service desk tells you"
            yield Finding(level="warn", what="proxy", measured=f"{name.upper()} {wrong}", remedy=remedy)
        else:
            yield Finding(level="ok", what="proxy", measured=f"{name.upper()} is {shown}")


def _proxy_words(address: str) -> tuple[str, str]:
    """(the address without user and password, what is wrong with it)."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", "is not an address"
    if not host:
        return "", "is not an address"
    if parts.scheme.startswith("socks"):
        return "", "is a SOCKS proxy, which is not supported here"
    if parts.scheme not in ("http", "https"):
        return "", f"begins with {parts.scheme}://, which is no proxy"
    return f"{parts.scheme}://{host}" + (f":{port}" if port else ""), ""


def certificates(machine: Machine) -> Iterator[Finding]:
    """The bundles that the environment names, and the one that is used without them."""
    named = {name: machine.environ[name].strip() for name in _BUNDLES if machine.environ.get(name, "").strip()}
    for name, place in named.items():
        remedy = f"unset {name}, or let it name the file of certificates (.pem) that your service desk gives you"
        try:
            count = _certificates(Path(place))
        except (OSError, ValueError) as error:
            said = f"{name} cannot be used: {reason(error)}"
            yield Finding(level="warn", what="certificates", measured=said, remedy=remedy)
        else:
            yield Finding(level="ok", what="certificates", measured=f"{name} has {count}")
    other = machine.environ.get(_NOT_READ, "").strip()
    if other and not named:
        said = f"{_NOT_READ} is set, and make-promo does not read it"
        yield Finding(level="warn", what="certificates", measured=said, remedy=f"set SSL_CERT_FILE to {other} too")
    elif not named:
        import certifi

        count = _certificates(Path(certifi.where()))
        yield Finding(level="ok", what="certificates", measured=f"{count} come with Python's package certifi")


def _certificates(place: Path) -> int:
    """How many there are in a file, or files in a folder. Raises OSError or ValueError (ssl's errors are such)."""
    import ssl

    if place.is_dir():
        count = sum(1 for _ in place.iterdir())
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=str(place))
        count = context.cert_store_stats()["x509_ca"]
    if not count:
        raise ValueError("there is no certificate in it")
    return count


def rights(machine: Machine) -> Iterator[Finding]:
    if _all_powerful(machine):
        yield Finding(
            level="warn",
            what="rights",
            measured="this runs as the administrator of the computer (root)",
            remedy="it needs no such rights: run it as yourself, or others cannot change the files that it writes",
        )
    else:
        yield Finding(level="ok", what="rights", measured="those of an ordinary user, which are enough")


def _all_powerful(machine: Machine) -> bool:
    if machine.windows:
        import ctypes

        shell = getattr(getattr(ctypes, "windll", None), "shell32", None)
        return bool(shell is not None and shell.IsUserAnAdmin())
    return hasattr(os, "geteuid") and os.geteuid() == 0
