"""Signing in once: what was typed, or what a browser brought, is tried at the network, and kept only when it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipeline.accounts import Account, MemoryVault, OurAccounts, alone, server_of
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import Door, Sends
from pipeline.nearest import unknown
from pipeline.networks import NETWORKS, NetworkFile, load
from pipeline.oauth.grants import Tokens
from pipeline.oauth.loopback import PATIENCE_S
from pipeline.publishers import PACE, Failure, Pace
from pipeline.publishing import network_of
from pipeline.secret import Secret
from pipeline.signing_in_finds import Hands, found
from pipeline.signing_in_web import AppOf, Way, app_of, server_for, tokens_by_browser

_LOCK_S = 90.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which account is to be signed in, and what is known of it already."""

    service: str
    which: str = ""
    server: str = ""
    app: AppOf = field(default_factory=AppOf)
    settings: Mapping[str, str] = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    patience_s: float = PATIENCE_S


def known_network(service: str) -> NetworkFile:
    """BriefError for one that there is not."""
    if service not in NETWORKS:
        raise BriefError.at(service, unknown(service, NETWORKS), f"known are {', '.join(NETWORKS)}")
    return load(service)


def sign_in(
    service: str, *, server: str, name: str, secret: Secret, video: str = "", which: str = "",
    settings: Mapping[str, str] | None = None, accounts: OurAccounts | None = None, door: Sends | None = None,
    pace: Pace = PACE,
) -> str:  # fmt: skip
    """With a word that the person brings; gives the words for the account. `name`: the handle (Bluesky); `video`: its
    video service. BriefError for a network that has no such sign-in, ToolError when the server does not know it."""
    file = known_network(service)
    if not file.paste:
        raise BriefError.at("login", f"{file.label} is signed in to in a browser", f"make-promo login {service}")
    if file.asks_name and not name:
        raise BriefError.at("login", "the handle is missing", "such as `--name walks.example.gov.uk`")
    if not server and not file.server:
        raise BriefError.at("login", "the server is missing", "such as `--server example.social`")
    account = Account(
        service=service, server=server_of(server or file.server), name=name.removeprefix("@"), which=which,
        settings={**({"video": video} if video else {}), **(settings or {})},
        vault=MemoryVault({file.paste.keep: secret}),
    )  # fmt: skip
    return _kept(account, accounts or OurAccounts(), door or Door(), pace).shown


def sign_in_by_browser(
    wish: Wish, hands: Hands, *, accounts: OurAccounts | None = None, door: Sends | None = None, pace: Pace = PACE
) -> str:
    """By the network's own page; gives the words for the account. ToolError with what went wrong."""
    file, ours, door = known_network(wish.service), accounts or OurAccounts(), door or Door()
    if file.oauth is None:
        raise BriefError.at("login", f"{file.label} has no sign-in in a browser", "give what it asks for")
    before = ours.kept(wish.service, wish.which)
    settings = {**(before.settings if before else {}), **wish.settings}
    try:
        server = server_for(file, wish.server or (before.server if before else ""), hands)
        app = app_of(file, wish.app, before)
        app, tokens = tokens_by_browser(file, server, settings, app, wish.way, hands, door, pace, wish.patience_s)
        usual = {key: value for key, value in settings.items() if key in wish.settings or not _is_found(file, key)}
        told = found(file, server, usual, tokens.access, hands, door, pace)
    except Failure as failure:
        raise ToolError.at(file.id, f"the sign-in did not work: {failure.words}", failure.remedy or _AGAIN) from None
    vault = _vault(file, tokens, told.token, app.secret, pace)
    plain = {**told.settings, **({"client_id": app.id} if app.id else {})}
    account = Account(
        service=wish.service, server=server, name=told.name, which=wish.which, settings=plain, vault=vault
    )
    return _kept(account, ours, door, pace).shown


_AGAIN = "check what you typed, then run login again"


def _is_found(file: NetworkFile, key: str) -> bool:
    """Settings that are looked for anew at each sign-in: another person may have another Page."""
    return any(key in find.settings for find in file.find)


def _vault(
    file: NetworkFile, tokens: Tokens, own: Secret | None, client_secret: Secret | None, pace: Pace
) -> MemoryVault:
    """The Page's own token does not end; the person's is kept beside it."""
    assert file.oauth
    vault = MemoryVault({file.oauth.keep: own or tokens.access})
    if own:
        vault.put("user", tokens.access)
    elif tokens.lasts_s:
        ends = pace.clock() + timedelta(seconds=tokens.lasts_s)
        vault.put("expires_at", Secret(str(int(ends.timestamp()))))
    if tokens.refresh:
        vault.put("refresh", tokens.refresh)
    if client_secret:
        vault.put("client_secret", client_secret)
    return vault


def _kept(account: Account, accounts: OurAccounts, door: Sends, pace: Pace) -> Account:
    """Tried, then kept."""
    try:
        identity = network_of(account, door, pace).open()
    except Failure as failure:
        words = f"the sign-in did not work: {failure.words}"
        raise ToolError.at(account.service, words, "check what you typed, or what the app may do") from None
    kept = replace(account, name=account.name or identity.partition("@")[0])
    try:
        with alone(f"session {kept.id}", patience_s=_LOCK_S):
            accounts.keep(kept)
    except TimeoutError:
        raise ToolError.at("login", "another make-promo is signing in", "wait for it to end") from None
    return kept
