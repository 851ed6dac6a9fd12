"""What `login` asks and says: questions and addresses on standard error, the list of accounts on standard output."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from pipeline.accounts import Account, OurAccounts, named
from pipeline.errors import BriefError, PromoError
from pipeline.networks import NETWORKS, NetworkFile
from pipeline.secret import Secret
from pipeline.signing_in import Wish, known_network, sign_in, sign_in_by_browser
from pipeline.signing_in_web import AppOf, Way
from pipeline.vaults import VARIABLE


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The words of the command line."""

    network: str
    which: str = ""
    server: str = ""
    name: str = ""
    video: str = ""
    token: bool = False
    client_id: str = ""
    redirect: str = ""
    paste: bool = False
    browse: bool = True
    given: Sequence[str] = ()


class Terminal:
    """The person at the terminal. What is hidden is not shown while it is typed."""

    def word(self, question: str, *, hidden: bool = False) -> str:
        with _heard(question):
            return str(click.prompt(question, hide_input=hidden, err=True))

    def choose(self, question: str, options: Sequence[str]) -> int:
        for number, option in enumerate(options, 1):
            click.echo(f"  {number}. {option}", err=True)
        with _heard(question):
            return int(click.prompt(question, type=click.IntRange(1, len(options)), err=True)) - 1

    def tell(self, words: str) -> None:
        click.echo(words, err=True)

    def browse(self, address: str) -> None:
        with suppress(webbrowser.Error):
            webbrowser.open(address)


@contextmanager
def _heard(question: str) -> Iterator[None]:
    """A question that nobody answers (no terminal) is a sentence; Ctrl-C stays what it is."""
    try:
        yield
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise BriefError.at("login", f"nobody answers: {question}", "run it in a terminal") from None


def log_in(asked: Asked) -> int:
    """Asks for what is missing, tries the account, keeps it."""
    service, which = named(asked.network)
    if not service:
        raise BriefError.at("login", "no network is named", f"known are {', '.join(NETWORKS)}")
    file, which = known_network(service), asked.which or which
    named(f"{service}:{which}")
    OurAccounts().ready(service)
    if file.oauth and not asked.token:
        shown = sign_in_by_browser(_wish(asked, file, which), Terminal())
    else:
        shown = _by_word(asked, file, which)
    click.echo(f"signed in as {shown}; kept in {_place()}", err=True)
    if OurAccounts().is_given(service, which):
        click.echo("  note: environment variables give another account for it, and are used first", err=True)
    return 0


def _wish(asked: Asked, file: NetworkFile, which: str) -> Wish:
    secret = _environ(file.id, which, "CLIENT_SECRET")
    app = AppOf(id=asked.client_id or _environ(file.id, which, "CLIENT_ID"), secret=Secret(secret) if secret else None)
    way = Way(redirect=asked.redirect, pasted=asked.paste, browse=asked.browse)
    return Wish(service=file.id, which=which, server=asked.server, app=app, settings=_settings(asked), way=way)


def _by_word(asked: Asked, file: NetworkFile, which: str) -> str:
    if not file.paste:
        raise BriefError.at("login", f"{file.label} is signed in to in a browser", f"make-promo login {file.id}")
    hands, server, name = Terminal(), asked.server, asked.name
    if not server and not file.server:
        server = hands.word("Server, such as example.social")
    if not name and file.asks_name:
        name = hands.word(file.asks_name)
    secret = Secret(hands.word(file.paste.ask, hidden=True).strip())
    return sign_in(
        file.id, server=server, name=name, secret=secret, video=asked.video, which=which, settings=_settings(asked)
    )


def list_accounts() -> int:
    """A line for each account: its name, what it is at the network, where its secrets lie, until when they are good."""
    accounts, worst, some = OurAccounts(), 0, False
    for service, which in accounts.names():
        key = f"{service}:{which}" if which else service
        try:
            account = accounts.of(service, which)
            if account is None:
                continue
            some, given = True, accounts.is_given(service, which)
            place = "environment variables" if given else _place()
            click.echo(f"{key:20} {account.shown:40} {place}{_until(account)}")
        except PromoError as error:
            click.echo(f"{key}: {error.problems[0].what}\n  hint: {error.problems[0].remedy}", err=True)
            worst, some = max(worst, error.exit_code), True
    if not some:
        click.echo("nobody has signed in (make-promo login NETWORK)", err=True)
    return worst


def forget(network: str, which: str = "") -> int:
    """BriefError when there is nothing to forget."""
    service, inside = named(network)
    which = which or inside
    known_network(service)
    account = OurAccounts().forget(service, which)
    if account is None:
        raise BriefError.at(network, "nobody has signed in there on this computer", "make-promo login --list")
    click.echo(f"forgotten: {account.shown}", err=True)
    if OurAccounts().is_given(service, which):
        click.echo("  note: environment variables still give an account for it", err=True)
    click.echo("  to take the permission away as well, look into the account's settings at the network", err=True)
    return 0


def _until(account: Account) -> str:
    ends = account.vault.get("expires_at")
    if not ends or not ends.reveal().isdecimal() or account.vault.get("refresh"):
        return ""
    here = datetime.fromtimestamp(int(ends.reveal()), UTC).astimezone()
    return f", until {here.day} {here:%B %Y}"


def _settings(asked: Asked) -> dict[str, str]:
    found = {"video": asked.video} if asked.video else {}
    for one in asked.given:
        key, sign, value = one.partition("=")
        if not sign or not key.isidentifier() or not value.strip():
            raise BriefError.at("--set", "a setting is written as key=value", "such as --set page=123456")
        found[key.lower()] = value.strip()
    return found


def _environ(service: str, which: str, name: str) -> str:
    """For this very account, else for the network: one app may serve several accounts."""
    start = f"MAKE_PROMO_{service.upper()}_"
    own = os.environ.get(f"{start}_{which.upper()}_{name}", "") if which else ""
    return (own or os.environ.get(f"{start}{name}", "")).strip()


def _place() -> str:
    return os.environ.get(VARIABLE, "").strip() or "this computer's keyring"
