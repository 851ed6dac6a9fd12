"""The accounts that we may post to, and where what opens them is kept: environment variables, else the system keyring.

A server sets `MAKE_PROMO_MASTODON_SERVER` and `MAKE_PROMO_MASTODON_TOKEN`; a person signs in once with
`make-promo login`. Names and servers lie in a small file beside the ledger, and nothing that opens anything does. There
is never a silent fallback to a file: no keyring means environment variables.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from pipeline import config
from pipeline.errors import ToolError
from pipeline.http_door import is_safe
from pipeline.secret import Secret

FILE = "accounts.json"
EXTRA = "python -m pip install make-promo[publish]"

_SERVICE = "make-promo"
_SECRETS = ("token", "app_password", "access", "refresh")  # the names under which a vault keeps


class Closed(ToolError):
    """What opens an account cannot be read: the keyring is locked, or there is none."""


class Vault(Protocol):
    """Keeps the secrets of one account. `put` returns when it is kept for good."""

    def get(self, name: str) -> Secret | None: ...
    def put(self, name: str, secret: Secret) -> None: ...
    def drop(self, name: str) -> None: ...


class MemoryVault:
    """For as long as the program runs: what environment variables gave, and what came of it."""

    def __init__(self, secrets: Mapping[str, Secret] | None = None) -> None:
        self._secrets = dict(secrets or {})

    def get(self, name: str) -> Secret | None:
        return self._secrets.get(name)

    def put(self, name: str, secret: Secret) -> None:
        self._secrets[name] = secret

    def drop(self, name: str) -> None:
        self._secrets.pop(name, None)


class KeyringVault:
    """The keyring of the system. One entry for each secret, for Windows takes only short ones."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def get(self, name: str) -> Secret | None:
        found = self._asked("get_password", name)
        return Secret(found) if isinstance(found, str) else None

    def put(self, name: str, secret: Secret) -> None:
        self._asked("set_password", name, secret.reveal())

    def drop(self, name: str) -> None:
        if self.get(name):
            self._asked("delete_password", name)

    def _asked(self, verb: str, name: str, *value: str) -> Any:
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError:
            raise Closed.at("accounts", "the package `keyring` is missing", EXTRA) from None
        try:
            return getattr(keyring, verb)(_SERVICE, f"{self._owner} {name}", *value)
        except KeyringError:  # whose words may hold what was to be kept
            remedy = (
                "unlock it (sign in to the desktop), or give the account in environment variables: see `login --help`"
            )
            raise Closed.at("accounts", "the system's keyring is locked or missing", remedy) from None


@dataclass(frozen=True, kw_only=True)
class Account:
    """`name` is the handle or user name that people know it by, "" when only its token knows. `settings`: plain words
    of its network, such as the address of a video service."""

    service: str
    server: str
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    vault: Vault = field(repr=False, compare=False)

    @property
    def shown(self) -> str:
        return f"{self.name or 'the account'} on {self.server.split('://')[-1]}"

    def base(self, name: str, usual: str) -> str:
        """An address of the network, such as its `upload`; the setting of that name overrules the usual one."""
        given = self.settings.get(name)
        return server_of(given) if given else usual

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that opens it, so that a door can keep it out of all it says."""
        return tuple(secret for name in _SECRETS if (secret := self.vault.get(name)))

    @property
    def id(self) -> str:
        """Of the account on this computer, for locks and waits."""
        return f"{self.service} {self.server.lower()} {self.name.lower()}"


@contextmanager
def alone(what: str, *, patience_s: float) -> Iterator[None]:
    """Only one process at a time does `what`; the system frees it when that process dies. TimeoutError when another
    does not end."""
    try:
        import filelock
    except ImportError:
        raise ToolError.at("accounts", "the package `filelock` is missing", EXTRA) from None
    folder = config.state_dir() / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(folder / f"{sha256(what.encode()).hexdigest()[:24]}.lock")
    try:
        lock.acquire(timeout=patience_s)
    except filelock.Timeout:
        raise TimeoutError(what) from None
    try:
        yield
    finally:
        lock.release()


class Accounts(Protocol):
    def of(self, service: str) -> Account | None: ...


@dataclass(frozen=True, kw_only=True)
class OurAccounts:
    """Those of this person on this computer: environment variables first, then what `login` has kept."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def of(self, service: str) -> Account | None:
        """The account of a network, None when there is none. ToolError when what is set does not make one."""
        return _of_environ(service, self.environ) or _kept(service)

    def keep(self, account: Account) -> None:
        """Into the keyring and the list; one account for each network."""
        vault = KeyringVault(account.id)
        for name in _SECRETS:
            if secret := account.vault.get(name):
                vault.put(name, secret)
        from pipeline.files import write_text

        rows = _rows()
        rows[account.service] = {"server": account.server, "name": account.name, "settings": dict(account.settings)}
        write_text(_file(), json.dumps(rows, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def server_of(text: str) -> str:
    """`example.social`, `https://example.social/` → `https://example.social`. ToolError for what is no safe address."""
    text = text.strip().rstrip("/")
    url = text if "://" in text else f"https://{text}"
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", url) or not is_safe(url):
        raise ToolError.at("accounts", "the server's address is not one of https", "write it as `example.social`")
    return url


def _of_environ(service: str, environ: Mapping[str, str]) -> Account | None:
    start = f"MAKE_PROMO_{service.upper()}_"
    given = {
        name.removeprefix(start).lower(): value.strip() for name, value in environ.items() if name.startswith(start)
    }
    secrets = {name: Secret(given[name]) for name in ("token", "app_password") if given.get(name)}
    if not secrets:
        return None
    plain = {name: value for name, value in given.items() if name not in _SECRETS and value}
    server = plain.pop("server", "https://bsky.social" if service == "bluesky" else "")
    if not server:
        raise ToolError.at("accounts", f"{start}SERVER is not set", f"set it, such as {start}SERVER=example.social")
    name = plain.pop("handle", "").removeprefix("@")
    if service == "bluesky" and not name:
        raise ToolError.at(
            "accounts", f"{start}HANDLE is not set", f"set it, such as {start}HANDLE=walks.example.gov.uk"
        )
    vault = MemoryVault(secrets)
    return Account(service=service, server=server_of(server), name=name, settings=plain, vault=vault)


def _kept(service: str) -> Account | None:
    row = _rows().get(service)
    if not isinstance(row, dict):
        return None
    server, name, settings = str(row.get("server", "")), str(row.get("name", "")), row.get("settings")
    account = Account(
        service=service, server=server_of(server), name=name, vault=MemoryVault(),
        settings={str(key): str(value) for key, value in settings.items()} if isinstance(settings, dict) else {},
    )  # fmt: skip
    return Account(**{**vars(account), "vault": KeyringVault(account.id)})


def _file() -> Path:
    return config.state_dir() / FILE


def _rows() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise ToolError.at(str(_file()), "the list of accounts cannot be read", "sign in again: login") from None
    return found if isinstance(found, dict) else {}
