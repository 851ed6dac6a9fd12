"""The hands of a tick: rendering and publishing as the schedule asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.errors import Problem, PromoError
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.post_turns import Answer
from pipeline.publishing import Orders, publish
from pipeline.review.folder import sidecars

_OUT = ("published", "published with faults", "private only", "already published")
_PATIENT = ("scheduled", "waiting", "processing", "busy")
_ASKS = ("unsure", "by hand", "ready to press")
_SHORT_S = 30.0  # another run for the account: the next tick comes soon enough


class PostFailed(PromoError):
    exit_code = 5


def rendered(brief: Path, now: Callable[[], datetime]) -> None:
    """Makes the clips of one brief where they usually lie. Raises what went wrong."""
    from pipeline.batch import Order, outcomes_of
    from pipeline.listening import Silent

    for outcome in outcomes_of([brief], Order(now=now()), Silent()):
        if outcome.error:
            raise outcome.error


def posted(folder: Path, channel: str, orders: Orders | None = None, at: datetime | None = None) -> Answer:
    """Publishes the promo on one platform in all its languages, or hands it to a network for a time.

    PostFailed when one of them was refused or failed.
    """
    from pipeline.accounts import OurAccounts

    names = tuple(path.stem for path in sidecars(folder) if path.name.startswith(f"{channel}."))
    given = replace(orders or Orders(), only=names, at=at, patience_s=_SHORT_S)
    return answer(channel, publish([folder], ledger=Ledger.ours(), accounts=OurAccounts(), orders=given))


def recalled(folder: Path, channel: str, orders: Orders | None = None) -> str:
    """Takes back what waits at networks for this promo and platform; "" or why something of it stays there."""
    from pipeline.accounts import OurAccounts
    from pipeline.post_ahead import take_back

    given = replace(orders or Orders(), patience_s=_SHORT_S)
    outcomes = take_back(Ledger.ours(), accounts=OurAccounts(), orders=given, folder=folder, channel=channel)
    return "; ".join(f"{one.words} ({one.remedy})" for one in outcomes if one.state == "failed")


def answer(channel: str, outcomes: Sequence[Outcome]) -> Answer:
    """What publishing said of the languages of one platform, as one answer: the worst of them."""
    bad = [one for one in outcomes if one.state not in (*_OUT, *_PATIENT, *_ASKS)]
    if bad or not outcomes:
        raise (
            PostFailed(*(_problem(one) for one in bad))
            if bad
            else PostFailed.at(channel, "there is nothing to publish", "render first")
        )
    says = "; ".join(dict.fromkeys(one.address or one.words or one.state for one in outcomes))
    if any(one.state in _ASKS for one in outcomes):
        return Answer(state="asked", says="; ".join(f"{one.words} ({one.remedy})" for one in outcomes))
    if all(one.state == "scheduled" for one in outcomes):
        return Answer(state="scheduled", says=says)
    if any(one.state in _PATIENT for one in outcomes):
        return Answer(state="waiting", says=says)
    return Answer(state="posted", says=says, new=any(one.state != "already published" for one in outcomes))


def _problem(one: Outcome) -> Problem:
    what = f"{one.state}: {one.words}" if one.words else one.state
    return Problem(level="block", where=f"{one.promo}/{one.name}", what=what, remedy=one.remedy)
