"""What `publish` says: a line for each post on standard output, what is to be done on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from pipeline.accounts import OurAccounts
from pipeline.errors import BriefError
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.post_reading import candidates
from pipeline.posts import with_tagged
from pipeline.publishing import UNSENT, Orders, publish, settle
from pipeline.review.folder import refuse_empty

PUBLISHING = 5  # the exit code when something did not go out as it should


def publish_promos(folders: Sequence[Path], orders: Orders, *, dry_run: Path | None, as_json: bool) -> int:
    """Publishes, or rehearses into `dry_run`; gives the exit code."""
    if not folders:
        raise BriefError.at("publish", "no promo is named", "name the folder with the finished clips: promo/route")
    accounts, outcomes = OurAccounts(), list[Outcome]()
    if dry_run:
        from pipeline.rehearsing import rehearse

        coming: Iterable[Outcome] = rehearse(folders, into=dry_run, accounts=accounts, orders=orders)
    elif orders.press:
        coming = _pressed(folders, orders, accounts)
    else:
        coming = publish(folders, ledger=Ledger.ours(), accounts=accounts, orders=orders)
    for outcome in coming:
        _say(outcome, as_json=as_json)
        outcomes.append(outcome)
    return PUBLISHING if any(outcome.state in UNSENT for outcome in outcomes) else 0


def at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _pressed(folders: Sequence[Path], orders: Orders, accounts: OurAccounts) -> Iterator[Outcome]:
    """First all is made ready; then a person is shown each post that waits to be pressed, and asked."""
    if not at_a_terminal():
        what = "a person presses publish, and there is nobody to ask: this is no terminal"
        raise BriefError.at("--press", what, "type it in a terminal")
    for folder in folders:
        refuse_empty(folder)
    for folder in folders:
        for outcome in publish([folder], ledger=Ledger.ours(), accounts=accounts, orders=replace(orders, press=())):
            names = {outcome.service, outcome.name, outcome.name.rpartition(".")[0]}
            if (
                outcome.state != "ready to press"
                or not names & set(orders.press)
                or not _yes(folder, outcome, orders.which, accounts)
            ):
                yield outcome
                continue
            this = replace(orders, only=(outcome.name,), press=(outcome.name,))
            yield from publish([folder], ledger=Ledger.ours(), accounts=accounts, orders=this)


def _yes(folder: Path, outcome: Outcome, which: str, accounts: OurAccounts) -> bool:
    (candidate,) = candidates(folder, (outcome.name,))
    account, post = accounts.of(outcome.service, which), candidate.post
    if account is None or post is None:
        return False
    owner = account.settings.get("owner") or account.settings.get("page") or ""
    told = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in with_tagged(post.text, post))
    click.echo(f"\n{outcome.promo}/{outcome.name}", err=True)
    click.echo(f"  account  {account.shown}{f', as {owner}' if owner else ''}\n  clip     {post.clip}", err=True)
    click.echo("  words    " + told.replace("\n", "\n           "), err=True)
    try:
        return click.confirm("Publish this now?", default=False, err=True)
    except click.Abort:
        raise KeyboardInterrupt from None


def say_settled(code: str, *, out: bool, address: str) -> int:
    settle(Ledger.ours(), code, out=out, address=address)
    words = "noted: it is out" if out else "noted: it is not out; publish sends it again"
    click.echo(words, err=True)
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
