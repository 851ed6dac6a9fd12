"""Posts that wait at a network for their time: which there are, and taking them back when they may no longer appear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pipeline.accounts import Accounts, alone
from pipeline.errors import ToolError
from pipeline.http_door import Door, Sends
from pipeline.ledger import Ledger
from pipeline.post_notes import ARMED, Name, Notes, Standing, other_version
from pipeline.post_once import taken_back
from pipeline.post_outcomes import Outcome
from pipeline.publishers import Failure
from pipeline.publishing import Orders, network_of

_REMEDY = "take it out in the network's own app before {0}"


def waiting(ledger: Ledger) -> list[tuple[Notes, Name, Standing]]:
    """The posts that networks hold for us, oldest first."""
    with ledger.reading() as book:
        events = book.events(kind=ARMED)
    found = []
    for event in events:
        notes = Notes(ledger=ledger, folder=Path(event.subject), who="", code=event.code)
        name = other_version(event)
        standing = notes.standing(name)
        if standing.waits and standing.armed and standing.armed.id == event.id:
            found.append((notes, name, standing))
    return found


def take_back(
    ledger: Ledger, *, accounts: Accounts, orders: Orders, door: Sends | None = None, folder: Path | None = None,
    channel: str = "",
) -> list[Outcome]:  # fmt: skip
    """Takes back what waits at networks: of one promo and channel, or all. Each Outcome is `taken back` or `failed`."""
    return list(_taken_back(ledger, accounts, orders, door or Door(), folder, channel))


def _taken_back(
    ledger: Ledger, accounts: Accounts, orders: Orders, door: Sends, folder: Path | None, channel: str
) -> Iterator[Outcome]:
    wanted = Notes(ledger=ledger, folder=folder, who="").subject if folder else ""
    for notes, name, standing in waiting(ledger):
        if (not wanted or notes.subject == wanted) and channel in ("", name.platform):
            told = Notes(ledger=ledger, folder=notes.folder, who=orders.who, code=notes.code)
            yield _one(told, name, standing, accounts, orders, door)


def _one(notes: Notes, name: Name, standing: Standing, accounts: Accounts, orders: Orders, door: Sends) -> Outcome:
    why = ""
    try:
        account = accounts.of(name.service, orders.which)
        if account is None:
            why = "nobody is signed in"
        else:
            network = network_of(account, door, orders.pace)
            if network.open() != name.account:
                why = "another account is signed in now"
            else:
                with alone(f"posting {name.service} {name.account}", patience_s=orders.patience_s):
                    gone = taken_back(network, notes, name, standing, orders.pace.clock())
                why = "" if gone else "the network does not let go of it, or has shown it"
    except Failure as failure:
        why = failure.words
    except ToolError as error:
        why = error.problems[0].what
    except TimeoutError:
        why = "another make-promo is posting to this account"
    promo, post = notes.folder.name, f"{name.platform}.{name.lang}"
    if not why:
        return Outcome(promo=promo, name=post, service=name.service, state="taken back")
    at = datetime.fromisoformat(str(standing.frozen["at"])).astimezone()
    return Outcome(
        promo=promo, name=post, service=name.service, state="failed", words=f"it could not be taken back: {why}",
        remedy=_REMEDY.format(f"{at.day} {at:%B %H:%M}"),
    )  # fmt: skip
