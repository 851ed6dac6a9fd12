"""Signing in once: what was typed, or what a browser brought, is tried at the network, and kept only when it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipeline.accounts import Account, MemoryVault, OurAccounts, alone, server_of
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import Door, Sends
from pipeline.nearest import unknown
from pipeline.networks import NETWORKS, NetworkFile, OAuth, load
from pipeline.oauth.grants import Tokens
from pipeline.publishers import PACE, Failure, Pace
from pipeline.publishing import network_of
from pipeline.secret import Secret
from pipeline.signing_in_finds import found
from pipeline.signing_in_site import Hands, Site
from pipeline.signing_in_web import AppOf, Way, tokens_by_browser

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
    """On the network's own page; gives the words for the account. ToolError with what went wrong.

    What an earlier sign-in has kept is not asked for again, but for what is found: another person has other Pages.
    """
    file, ours = known_network(wish.service), accounts or OurAccounts()
    if file.oauth is None:
        raise BriefError.at("login", f"{file.label} has no sign-in in a browser", f"make-promo login {file.id}")
    before = ours.kept(wish.service, wish.which)
    settings = {**_settled(file, before), **wish.settings}
    site = Site(
        file=file, server=_server(file, wish.server or (before.server if before else ""), hands), settings=settings,
        hands=hands, door=door or Door(), pace=pace,
    )  # fmt: skip
    way = replace(wish.way, redirect=wish.way.redirect or settings.get("redirect", ""))
    try:
        app, tokens = tokens_by_browser(site, _app(wish.app, before), way)
        told = found(site, settings, tokens.access)
    except Failure as failure:
        remedy = failure.remedy or "run login again"
        raise ToolError.at(file.id, f"the sign-in did not work: {failure.words}", remedy) from None
    plain = {"client_id": app.id, "redirect": way.redirect, **({file.oauth.id_as: app.id} if file.oauth.id_as else {})}
    account = Account(
        service=file.id, server=site.server, name=told.name, which=wish.which,
        settings={**told.settings, **{key: value for key, value in plain.items() if value}},
        vault=_vault(file.oauth, tokens, told.token, app.secret, pace),
    )  # fmt: skip
    return _kept(account, ours, site.door, pace).shown


def _settled(file: NetworkFile, before: Account | None) -> dict[str, str]:
    """The settings of an earlier sign-in, but for what is looked for anew."""
    found = {key for find in file.find for key in find.settings}
    return {key: value for key, value in before.settings.items() if key not in found} if before else {}


def _server(file: NetworkFile, given: str, hands: Hands) -> str:
    return server_of(given or file.server or hands.word("Server, such as example.social"))


def _app(given: AppOf, before: Account | None) -> AppOf:
    """What was given, else what an earlier sign-in has kept."""
    if not before or (given.id and given.id != before.settings.get("client_id")):
        return given
    return AppOf(id=before.settings.get("client_id", ""), secret=given.secret or before.vault.get("client_secret"))


def _vault(oauth: OAuth, tokens: Tokens, own: Secret | None, client_secret: Secret | None, pace: Pace) -> MemoryVault:
    """`own`: the token of a Page, which does not end; the person's is kept beside it."""
    vault = MemoryVault({oauth.keep: own or tokens.access})
    if own:
        vault.put("user", tokens.access)
    elif tokens.lasts_s:
        ends = pace.clock() + timedelta(seconds=tokens.lasts_s)
        vault.put("expires_at", Secret(str(int(ends.timestamp()))))
    for name, secret in (("refresh", tokens.refresh), ("client_secret", client_secret)):
        if secret:
            vault.put(name, secret)
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
