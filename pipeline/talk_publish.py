"""What `publish` and `login` say: a line for each post on standard output, what is to be done on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from pipeline.accounts import OurAccounts
from pipeline.errors import BriefError
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.publishing import UNSENT, Orders, publish, settle
from pipeline.secret import Secret

PUBLISHING = 5  # the exit code when something did not go out as it should


def publish_promos(folders: Sequence[Path], orders: Orders, *, dry_run: Path | None, as_json: bool) -> int:
    """Publishes, or rehearses into `dry_run`; gives the exit code."""
    if not folders:
        raise BriefError.at("publish", "no promo is named", "name the folder with the finished clips: promo/route")
    accounts = OurAccounts()
    if dry_run:
        from pipeline.rehearsing import rehearse

        outcomes = rehearse(folders, into=dry_run, accounts=accounts, orders=orders)
    else:
        outcomes = publish(folders, ledger=Ledger.ours(), accounts=accounts, orders=orders)
    for outcome in outcomes:
        _say(outcome, as_json=as_json)
    return PUBLISHING if any(outcome.state in UNSENT for outcome in outcomes) else 0


def say_settled(code: str, *, out: bool, address: str) -> int:
    settle(Ledger.ours(), code, out=out, address=address)
    words = "noted: it is out" if out else "noted: it is not out; publish sends it again"
    click.echo(words, err=True)
    return 0


def log_in(service: str, *, server: str, name: str, video: str) -> int:
    """Asks for the secret without showing it, tries it, keeps it in the keyring."""
    from pipeline.signing_in import ASKED, sign_in

    if service in ASKED:
        if not server and service != "bluesky":
            server = click.prompt("Server, such as example.social", err=True)
        if not name and service == "bluesky":
            name = click.prompt("Handle, such as walks.example.gov.uk", err=True)
        secret = Secret(click.prompt(ASKED[service][1], hide_input=True, err=True))
    else:
        secret = Secret("")
    shown = sign_in(service, server=server, name=name, secret=secret, video=video)
    click.echo(f"signed in as {shown}; kept in this computer's keyring", err=True)
    return 0


def _say(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        told = {
            "event": "post", "promo": outcome.promo, "post": outcome.name, "network": outcome.service,
            "state": outcome.state, "address": outcome.address or None, "words": outcome.words,
            "until": outcome.until.isoformat() if outcome.until else None, "remedy": outcome.remedy,
        }  # fmt: skip
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    line = f"{outcome.state:22} {outcome.promo}/{outcome.name}"
    click.echo(f"{line}  {outcome.address}" if outcome.address else line)
    until = f" (until {_when(outcome.until)})" if outcome.until else ""
    if outcome.words or until:
        click.echo(f"  {outcome.words}{until}", err=True)
    if outcome.remedy:
        click.echo(f"  hint: {outcome.remedy}", err=True)


def _when(at: datetime) -> str:
    """On the clock of this computer."""
    here = at.astimezone()
    return f"{here.day} {here:%B %H:%M}"
