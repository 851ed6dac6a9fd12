"""Promos to posts: every clip of the folders to the network it is for, once; what became of each is an Outcome.

One account after the other, and only one process at a time for each of them. Nothing is sent that is not approved, that
breaks a rule, or that the ledger knows to be out. A network that wants to be left alone is left alone until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path

from pipeline.accounts import Account, Accounts, Closed, alone
from pipeline.approvals.states import Rules
from pipeline.brake_book import stops
from pipeline.brakes import Verdict
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import Door, Sends
from pipeline.ledger import Event, Ledger
from pipeline.networks import NETWORKS
from pipeline.post_notes import ARMED, Notes, still_open
from pipeline.post_once import Posting, settled
from pipeline.post_outcomes import Outcome, told
from pipeline.post_reading import Candidate, candidates, differs_from
from pipeline.publishers import PACE, Failure, Network, Pace
from pipeline.review.desk import Desk, login
from pipeline.review.folder import refuse_empty
from pipeline.review.notes import Look

UNSENT = ("refused", "failed", "unsure", "private only", "published with faults", "no account", "busy", "not approved")

_PATIENCE_S = 600.0  # another run for the same account may take that long


@dataclass(frozen=True, kw_only=True)
class Orders:
    """How to publish. `only`: platforms, networks or names such as `bluesky.en`; `again`: also what replaces a version
    that is out; `at`: when they are to appear, for networks that hold posts; `which`: a further account of the
    networks; `press`: as `only`, posts on which a person presses publish now; `tell` hears what a post costs, before
    it is sent."""

    only: tuple[str, ...] = ()
    approved_required: bool = True
    again: bool = False
    at: datetime | None = None
    which: str = ""
    press: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    who: str = ""
    patience_s: float = _PATIENCE_S
    pace: Pace = PACE
    tell: Callable[[str], None] = lambda _: None


def publish(
    folders: Sequence[Path], *, ledger: Ledger, accounts: Accounts, orders: Orders | None = None,
    door: Sends | None = None,
) -> list[Outcome]:  # fmt: skip
    """Publishes the promos in `folders`. ToolError when the ledger cannot be written: then nothing is sent."""
    orders = orders or Orders()
    orders = replace(orders, who=orders.who or login())
    for folder in folders:
        refuse_empty(folder)
    with ledger.writing():
        pass  # what cannot be written down is not begun
    found: list[Outcome] = []
    for folder in folders:
        found += _promo(folder, ledger, accounts, orders, door or Door())
    return found


def network_of(account: Account, door: Sends, pace: Pace) -> Network:
    """The network of an account, ready to be opened."""
    if isinstance(door, Door):
        door.guard(*account.secrets)
    module, name = NETWORKS[account.service]
    made: Network = getattr(import_module(f"pipeline.publishers.{module}"), name)(account, door, pace)
    return made


def settle(ledger: Ledger, code: str, *, out: bool, address: str = "", pace: Pace = PACE, who: str = "") -> None:
    """A person says whether the post that `code` names is out. BriefError when no post waits for that."""
    notes, event = _asked(ledger, code, who or login())
    settled(notes, event, out=out, address=address, at=pace.clock())


def _promo(folder: Path, ledger: Ledger, accounts: Accounts, orders: Orders, door: Sends) -> Iterator[Outcome]:
    code, ready = "", []
    look = None
    if orders.approved_required:
        look = Desk(ledger=ledger, rules=orders.rules, login=orders.who).look(folder, now=orders.pace.clock())
        code = look.code
    day = (orders.at or orders.pace.clock()).astimezone().date()
    for one in candidates(folder, orders.only, day):
        part = next((part for part in look.bundle.parts if part.name == one.name), None) if look else None
        if one.problems:
            words = "; ".join(problem.what for problem in one.problems)
            yield told(one, "refused", words, one.problems[0].remedy)
        elif one.service not in NETWORKS:
            yield told(one, "by hand", "a person posts there", "make-promo pack")
        elif look and look.state.name != "approved":
            yield told(one, "not approved", str(look.state), f"make-promo review {folder}")
        elif look and (part is None or one.post is None or differs_from(one.post, part)):
            yield told(one, "not approved", "the files changed just now", "publish again")
        elif stop := _stop(ledger, folder, one, look, orders):
            yield told(one, "waiting", stop.why, "make-promo release, or make-promo thaw", until=stop.until)
        else:
            ready.append(one)
    notes = Notes(ledger=ledger, folder=folder, who=orders.who, code=code)
    for service in dict.fromkeys(one.service for one in ready):
        ours = [one for one in ready if one.service == service]
        yield from _account(service, ours, notes, accounts, orders, door)


def _stop(ledger: Ledger, folder: Path, one: Candidate, look: Look | None, orders: Orders) -> Verdict | None:
    """The brake that holds this post, whoever asks for it."""
    given = [(approval.by, approval.at) for approval in look.state.approvals] if look else []
    with ledger.reading() as book:
        return stops(book, folder, one.name.split(".")[0], given, orders.pace.clock())


def _account(
    service: str, ours: Sequence[Candidate], notes: Notes, accounts: Accounts, orders: Orders, door: Sends
) -> Iterator[Outcome]:
    left = list(ours)  # those of which nothing is said yet: a keyring may close between two posts
    try:
        account = accounts.of(service, orders.which)
        network = network_of(account, door, orders.pace) if account else None
    except ToolError as error:  # also for an address that was set: other networks go on
        for one in ours:
            yield told(one, "no account", error.problems[0].what, error.problems[0].remedy)
        return
    if account is None or network is None:
        for one in ours:
            yield told(one, "no account", "nobody has signed in", _login(service, orders.which))
        return
    try:
        if stop := notes.waiting(account.id, orders.pace.clock()):
            yield from (told(one, "waiting", stop[1], until=stop[0]) for one in ours)
            return
        name = network.open()
        with alone(f"posting {service} {name}", patience_s=orders.patience_s):
            posting = Posting(
                network=network,
                account=name,
                notes=notes,
                pace=orders.pace,
                again=orders.again,
                at=orders.at,
                tell=orders.tell,
            )
            for outcome in _posts(posting, account.id, ours, orders.press):
                left.pop(0)
                yield outcome
    except Failure as failure:
        if failure.kind == "wait" and failure.until:
            notes.wait(account.id, failure.until, failure.words, orders.pace.clock())
            yield from (told(one, "waiting", failure.words, until=failure.until) for one in left)
        else:
            yield from (told(one, "failed", failure.words, failure.remedy) for one in left)
    except Closed as error:
        for one in left:
            yield told(one, "no account", error.problems[0].what, error.problems[0].remedy)
    except TimeoutError:
        for one in left:
            yield told(one, "busy", "another make-promo is posting to this account", "wait for it to end")


def _login(service: str, which: str) -> str:
    return f"make-promo login {service}{f' --as {which}' if which else ''}"


def _posts(posting: Posting, account: str, ours: Sequence[Candidate], press: Sequence[str]) -> Iterator[Outcome]:
    """One after the other, until the account is to be left alone."""
    notes, clock = posting.notes, posting.pace.clock
    for one in ours:
        if stop := notes.waiting(account, clock()):
            yield told(one, "waiting", stop[1], until=stop[0])
            continue
        pressed = bool({one.service, one.name, one.name.rpartition(".")[0]} & set(press))
        outcome = replace(posting, pressed=pressed).publish(one)
        if outcome.state == "waiting" and outcome.until:
            notes.wait(account, outcome.until, outcome.words, clock())
        yield outcome


def _asked(ledger: Ledger, code: str, who: str) -> tuple[Notes, Event]:
    with ledger.reading() as book:
        armed = [one for one in book.events(kind=ARMED) if str(one.id) == code.strip()]
        event = next((one for one in armed if still_open(book, one)), None)
    if event is None:
        raise BriefError.at(
            code or "the number", "no post waits for an answer under this number", "see what publish said"
        )
    return Notes(ledger=ledger, folder=Path(event.subject), who=who, code=event.code), event
