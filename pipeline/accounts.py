"""The accounts that we may post to, and where what opens them is kept: environment variables, else the system keyring.

A server sets `MAKE_PROMO_MASTODON_SERVER` and `MAKE_PROMO_MASTODON_TOKEN`; a person signs in once with
`make-promo login`. Names and servers lie in a small file beside the ledger, and nothing that opens anything does. There
is never a silent fallback to a file: no keyring means environment variables, or the file that `MAKE_PROMO_VAULT` names.

A network may have several accounts: `bluesky` is the usual one, `bluesky:parks` another.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pipeline import config
from pipeline.alone import alone
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import is_safe
from pipeline.networks import NETWORKS, NetworkFile, load
from pipeline.secret import Secret
from pipeline.vaults import EXTRA, VARIABLE, Closed, FileVault, KeyringVault, MemoryVault, Vault

__all__ = [
    "EXTRA", "FILE", "Account", "Accounts", "Closed", "KeyringVault", "MemoryVault", "OurAccounts", "Vault", "alone",
    "server_of",
]  # fmt: skip

FILE = "accounts.json"
OPENERS = ("token", "app_password", "refresh")  # any of them makes an account
NOT_PLAIN = (*OPENERS, "access", "client_secret", "user")  # the names under which a vault keeps what opens
KEPT = (*NOT_PLAIN, "expires_at")

_WHICH = re.compile(r"[a-z][a-z0-9]{0,29}")


@dataclass(frozen=True, kw_only=True)
class Account:
    """`name` is the handle or user name that people know it by, "" when only its token knows. `settings`: plain words
    of its network, such as the address of a video service. `which` of several; "" is the usual one."""

    service: str
    server: str
    name: str = ""
    which: str = ""
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
        return tuple(secret for name in NOT_PLAIN if (secret := self.vault.get(name)))

    @property
    def id(self) -> str:
        """Of the account on this computer, for locks and waits."""
        return " ".join([self.service, self.server.lower(), self.name.lower(), *([self.which] if self.which else [])])


class Accounts(Protocol):
    def of(self, service: str, which: str = "") -> Account | None: ...


@dataclass(frozen=True, kw_only=True)
class OurAccounts:
    """Those of this person on this computer: environment variables first, then what `login` has kept."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def of(self, service: str, which: str = "") -> Account | None:
        """The account of a network, None when there is none. ToolError when what is set does not make one."""
        return _of_environ(service, which, self.environ) or self.kept(service, which)

    def keep(self, account: Account) -> None:
        """Into the keyring and the list; one account under each name. What an earlier one had kept is gone."""
        before = self.kept(account.service, account.which)
        vault = self._vault(account.id)
        for name in KEPT:
            if secret := account.vault.get(name):
                vault.put(name, secret)
            else:
                vault.drop(name)
        row = {"server": account.server, "name": account.name, "settings": dict(account.settings)}
        _write({**_rows(), _key(account.service, account.which): row})
        if before and before.id != account.id:
            with suppress(Closed):
                _emptied(before.vault)

    def forget(self, service: str, which: str = "") -> Account | None:
        """Out of the keyring and the list; gives what it was, None when nothing was kept."""
        if account := self.kept(service, which):
            _emptied(account.vault)
            _write({key: row for key, row in _rows().items() if key != _key(service, which)})
        return account

    def ready(self, service: str) -> None:
        """Closed when nothing could be kept: known before anybody goes to a browser."""
        self._vault(service).get("anything")

    def names(self) -> list[tuple[str, str]]:
        """Every network and account of it that is kept, or of which environment variables speak."""
        kept = [key.partition(":") for key in _rows()]
        found = {*((service, which) for service, _, which in kept), *_named(self.environ)}
        return sorted(one for one in found if one[0] in NETWORKS)

    def is_given(self, service: str, which: str = "") -> bool:
        """Whether environment variables make the account, and not what was kept."""
        return _of_environ(service, which, self.environ) is not None

    def kept(self, service: str, which: str = "") -> Account | None:
        """What `login` has kept, whatever the environment says."""
        row = _rows().get(_key(service, which))
        if not isinstance(row, dict):
            return None
        server, name, settings = str(row.get("server", "")), str(row.get("name", "")), row.get("settings")
        given = {str(key): str(value) for key, value in settings.items()} if isinstance(settings, dict) else {}
        account = Account(
            service=service, server=server_of(server), name=name, which=which, settings=given, vault=MemoryVault()
        )
        return replace(account, vault=self._vault(account.id))

    def _vault(self, owner: str) -> Vault:
        file = self.environ.get(VARIABLE, "").strip()
        return FileVault(_path(file), owner) if file else KeyringVault(owner)


def server_of(text: str) -> str:
    """`example.social`, `https://example.social/` → `https://example.social`. ToolError for what is no safe address."""
    text = text.strip().rstrip("/")
    url = text if "://" in text else f"https://{text}"
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", url) or not is_safe(url):
        raise ToolError.at("accounts", "the server's address is not one of https", "write it as `example.social`")
    return url


def named(text: str) -> tuple[str, str]:
    """`bluesky:parks` → its network and which account. BriefError for another spelling."""
    service, _, which = text.partition(":")
    if which and not _WHICH.fullmatch(which):
        raise BriefError.at(text, "an account's own name is of small letters and figures", "such as `bluesky:parks`")
    return service, which


def _of_environ(service: str, which: str, environ: Mapping[str, str]) -> Account | None:
    start = f"MAKE_PROMO_{service.upper()}_" + (f"_{which.upper()}_" if which else "")
    given = {
        name.removeprefix(start).lower(): value.strip()
        for name, value in environ.items()
        if name.startswith(start) and not name.startswith(f"{start}_")
    }
    file = load(service) if service in NETWORKS else None
    hidden = set(KEPT) - (file.setting_names if file else frozenset())
    secrets = {name: Secret(given[name]) for name in NOT_PLAIN if given.get(name) and name in hidden}
    if not secrets.keys() & set(OPENERS):
        return None
    plain = {name: value for name, value in given.items() if name not in hidden and value}
    server = plain.pop("server", "") or (file.server if file else "")
    if not server:
        raise _unset(f"{start}SERVER", f"{start}SERVER=example.social")
    name = plain.pop("handle", "").removeprefix("@")
    if file:
        _refuse_gaps(file, start, {**plain, **({"handle": name} if name else {})}, secrets, environ)
    account = Account(
        service=service, server=server_of(server), name=name, which=which, settings=plain, vault=MemoryVault(secrets)
    )
    if kept := environ.get(VARIABLE, "").strip():
        return replace(account, vault=FileVault(_path(kept), account.id, secrets))
    return account


def _refuse_gaps(
    file: NetworkFile, start: str, plain: Mapping[str, str], secrets: Mapping[str, Secret], environ: Mapping[str, str]
) -> None:
    if file.asks_name and not plain.get("handle"):
        raise _unset(f"{start}HANDLE", f"{start}HANDLE=walks.example.gov.uk")
    for one in file.settings:
        if one.needed and not plain.get(one.key):
            raise _unset(f"{start}{one.key.upper()}", one.ask)
    if "refresh" not in secrets:
        return
    if file.oauth is None or file.oauth.refresh is None:
        raise ToolError.at("accounts", f"{file.label} has no token that renews others", f"set {start}TOKEN instead")
    if not plain.get("client_id"):
        raise _unset(f"{start}CLIENT_ID", "the id of the app that the token was made with")
    if file.oauth.client != "public" and "client_secret" not in secrets:
        raise _unset(f"{start}CLIENT_SECRET", "the secret of the app that the token was made with")
    if file.oauth.refresh.single and not environ.get(VARIABLE, "").strip():
        what = f"{file.label}'s token in {start}REFRESH works once, and there is no place to keep the next one"
        raise ToolError.at("accounts", what, f"set {VARIABLE} to a file that only this user can read")


def _unset(variable: str, such: str) -> ToolError:
    return ToolError.at("accounts", f"{variable} is not set", f"set it: {such}")


def _named(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The accounts of which some variable speaks."""
    for variable in environ:
        if found := re.match(r"MAKE_PROMO_([A-Z]+)_(?:_([A-Z][A-Z0-9]*)_)?[A-Z]", variable):
            yield found[1].lower(), (found[2] or "").lower()


def _key(service: str, which: str) -> str:
    return f"{service}:{which}" if which else service


def _emptied(vault: Vault) -> None:
    for name in KEPT:
        vault.drop(name)


def _path(text: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(text)))


def _file() -> Path:
    return config.state_dir() / FILE


def _write(rows: Mapping[str, Any]) -> None:
    from pipeline.files import write_text

    write_text(_file(), json.dumps(rows, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def _rows() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise ToolError.at(str(_file()), "the list of accounts cannot be read", "sign in again: login") from None
    return found if isinstance(found, dict) else {}
