"""Where the secrets of an account lie: in the system's keyring; in memory, when environment variables gave them; or in
a file that only its owner can read, when `MAKE_PROMO_VAULT` names one.

Windows' keyring takes 2560 bytes for an entry, so longer secrets are written in pieces. Their heading is written last
and names the pieces by their sum: a reader gets the whole secret or none, and a writer that dies leaves the old one.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

from pipeline.alone import alone
from pipeline.errors import ToolError
from pipeline.files import renamed
from pipeline.secret import Secret

EXTRA = "python -m pip install make-promo[publish]"
VARIABLE = "MAKE_PROMO_VAULT"
MOST_PIECE = 1200  # characters of one entry, if they are plain; Windows counts two bytes for each

_SERVICE = "make-promo"
_PIECES = "make-promo pieces "
_MOST_PIECES = 100
_SEAL = "given"  # by which the file knows that what it keeps came of the same variables


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
    """The keyring of the system. One entry for each secret, or for each piece of a long one."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def get(self, name: str) -> Secret | None:
        found = self._read(name)
        if found is None or not found.startswith(_PIECES):
            return Secret(found) if found else None
        names = _piece_names(name, found)
        pieces = [self._read(one) for one in names]
        whole = "".join(piece for piece in pieces if piece)
        return Secret(whole) if None not in pieces and names and found == _heading(whole, len(names)) else None

    def put(self, name: str, secret: Secret) -> None:
        value, before = secret.reveal(), self._read(name)
        entry, fresh = value, []
        if len(value.encode("utf-16-le")) > 2 * MOST_PIECE or value.startswith(_PIECES):
            step = MOST_PIECE if max(value) <= "\uffff" else MOST_PIECE // 2  # beyond, a character counts twice
            pieces = [value[at : at + step] for at in range(0, len(value), step)]
            entry = _heading(value, len(pieces))
            fresh = _piece_names(name, entry)
            for one, piece in zip(fresh, pieces, strict=True):
                self._asked("set_password", one, piece)
        self._asked("set_password", name, entry)
        self._remove(one for one in _piece_names(name, before or "") if one not in fresh)

    def drop(self, name: str) -> None:
        found = self._read(name)
        if found is not None:
            self._asked("delete_password", name)
            self._remove(_piece_names(name, found))

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            if self._read(name) is not None:
                self._asked("delete_password", name)

    def _read(self, name: str) -> str | None:
        found = self._asked("get_password", name)
        return found if isinstance(found, str) else None

    def _asked(self, verb: str, name: str, *value: str) -> Any:
        try:
            import keyring
            from keyring.errors import NoKeyringError
        except ImportError:
            raise Closed.at("accounts", "the package `keyring` is missing", EXTRA) from None
        try:
            return getattr(keyring, verb)(_SERVICE, f"{self._owner} {name}", *value)
        except NoKeyringError:
            raise Closed.at("accounts", "this computer has no keyring", f"use {self._instead}") from None
        except Exception:  # each system has its own kinds, and their words may hold what was to be kept
            remedy = f"unlock it (sign in to the desktop), or use {self._instead}"
            raise Closed.at("accounts", "the system's keyring is locked or does not work", remedy) from None

    @property
    def _instead(self) -> str:
        service = self._owner.split(" ")[0].upper()
        return f"environment variables, such as MAKE_PROMO_{service}_TOKEN, or {VARIABLE}=FILE: see `login --help`"


def _heading(value: str, count: int) -> str:
    return f"{_PIECES}{count} {sha256(value.encode()).hexdigest()[:32]}"


def _piece_names(name: str, entry: str) -> list[str]:
    """Of the entry of a long secret; empty for any other. Other pieces have other names, so none is written over."""
    count, _, digest = entry.removeprefix(_PIECES).partition(" ")
    if not entry.startswith(_PIECES) or not count.isdecimal() or int(count) > _MOST_PIECES:
        return []
    return [f"{name} {digest} {number}" for number in range(1, int(count) + 1)]


class FileVault:
    """A file of the owner's choice, for servers. It is never written where others can read."""

    def __init__(self, path: Path, owner: str, given: Mapping[str, Secret] | None = None) -> None:
        """`given`: what environment variables say; it holds until something newer is kept, and again once changed."""
        self._path, self._owner, self._given = path, owner, dict(given or {})
        words = "\0".join(f"{name}={self._given[name].reveal()}" for name in sorted(self._given))
        self._seal = sha256(words.encode()).hexdigest()[:32] if self._given else ""

    def get(self, name: str) -> Secret | None:
        found = self._mine(self._all()).get(name)
        return Secret(found) if isinstance(found, str) and found else self._given.get(name)

    def put(self, name: str, secret: Secret) -> None:
        self._change(name, secret.reveal())

    def drop(self, name: str) -> None:
        if name in self._mine(self._all()):
            self._change(name, None)

    def _mine(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        found = kept.get(self._owner)
        return dict(found) if isinstance(found, dict) and found.get(_SEAL) == self._seal else {_SEAL: self._seal}

    def _change(self, name: str, value: str | None) -> None:
        with alone(f"vault {self._path}", patience_s=30):
            kept = self._all()
            mine = {key: one for key, one in {**self._mine(kept), name: value}.items() if one is not None}
            kept[self._owner] = mine
            self._write({owner: entries for owner, entries in kept.items() if set(entries) - {_SEAL}})

    def _all(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise Closed.at(str(self._path), "others may read this file", f"chmod 600 {self._path}")
                found = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise Closed.at(str(self._path), "the file of secrets cannot be read", "sign in again: login") from None
        return found if isinstance(found, dict) else {}

    def _write(self, values: Mapping[str, Any]) -> None:
        beside = self._path.with_name(f".{self._path.name}.{token_hex(4)}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(values, file)
                file.flush()
                os.fsync(file.fileno())
            renamed(beside, self._path)
        except OSError as error:
            what = f"the file of secrets cannot be written: {error.strerror}"
            raise Closed.at(str(self._path), what, "check the folder") from None
        finally:
            beside.unlink(missing_ok=True)
