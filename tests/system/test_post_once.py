"""The half of publishing that is the same for every network, with a network that can prove nothing: it looks, does not
see the post yet, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip
from tiny_clips import CLOSED, encoded

from pipeline import publishing
from pipeline.accounts import Account, MemoryVault
from pipeline.ledger import Ledger
from pipeline.post_outcomes import Outcome
from pipeline.posts import Post
from pipeline.publishers import Failure, Pace, Proof, Sighting
from pipeline.publishing import Orders, publish

ACCOUNT = Account(service="x", server="https://api.x.com", vault=MemoryVault())


@dataclass
class Blind:
    """`calls`: how each public call goes. `lost`: made, not answered; `deaf`: neither; `wait`: a limit."""

    ahead: tuple[timedelta, timedelta] | None = None
    pressed: bool = False
    visible: bool = False
    calls: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    count: int = 0

    def open(self) -> str:
        return "me"

    def refusals(self, post: Post) -> tuple[str, ...]:
        return ()

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        return {}

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        return {"attempt": attempt}

    def go(self, frozen: Mapping[str, Any]) -> str:
        self.count += 1
        how = self.calls.pop(0) if self.calls else "made"
        if how == "wait":
            raise Failure("wait", "too many", until=datetime.now(UTC) + timedelta(minutes=1))
        if how != "deaf":
            self.made.append(str(frozen["attempt"]))
        if how != "made":
            raise Failure("unknown", "the line was cut")
        return "1"

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        seen = self.visible and frozen["attempt"] in self.made
        return Sighting(found="there", remote="1") if seen else Sighting(found="absent", same_only=True)

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        return Proof(address="https://x.com/1")

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        return False


class Ours:
    def of(self, service: str, which: str = "") -> Account | None:
        return ACCOUNT


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Blind:
    made = Blind()
    monkeypatch.setattr(publishing, "network_of", lambda *_: made)
    return made


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Outcome]:
    film = encoded(tmp_path / "film.mp4", options=CLOSED, movflags="+faststart").read_bytes()
    clip(tmp_path / "fryent", "x", data=film, size=(64, 48))

    def published(ahead: timedelta = timedelta(0), **more: Any) -> Outcome:
        pace = Pace(sleep=lambda _: None, clock=lambda: datetime.now(UTC) + ahead)
        orders = Orders(approved_required=False, who="t", pace=pace, only=("x",), **more)
        (outcome,) = publish([tmp_path / "fryent"], ledger=Ledger(tmp_path / "l"), accounts=Ours(), orders=orders)
        return outcome

    return published


def test_a_limit_on_the_second_call_does_not_unmake_the_first(network: Blind, run: Callable[..., Outcome]) -> None:
    """The first call was made and its answer lost; that the second came too soon proves nothing."""
    network.calls = ["lost", "wait"]
    assert run().state == "unsure"
    network.visible = True
    assert run(timedelta(minutes=5)).state == "published"
    assert len(network.made) == 1


def test_that_nothing_is_out_is_said_only_when_it_is_so(network: Blind, run: Callable[..., Outcome]) -> None:
    """It is not seen; that is all that is known."""
    network.calls = ["lost", "lost"]
    outcome = run()
    assert outcome.state == "unsure"
    assert "nothing is out" not in outcome.words


def test_what_a_person_pressed_is_not_pressed_again_by_a_later_run(network: Blind, run: Callable[..., Outcome]) -> None:
    """A run that nobody watches asks for the press."""
    network.pressed, network.calls = True, ["deaf", "deaf"]
    run(press=("x",))
    count = network.count
    assert (run().state, network.count) == ("ready to press", count)
    assert (run(press=("x",)).state, len(network.made)) == ("published", 1)


def test_what_was_moved_to_later_is_not_sent_now(network: Blind, run: Callable[..., Outcome]) -> None:
    """Though an earlier run was cut off in its public call."""
    network.calls = ["deaf", "deaf"]
    run()
    count = network.count
    assert run(at=datetime.now(UTC) + timedelta(days=7)).state == "waiting"
    assert network.count == count


def test_what_it_costs_is_told_before_it_is_sent(
    network: Blind, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a network charges, the sentence comes first."""
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(Blind, "costs", lambda self, post: "$0.20 for the link", raising=False)
    run(tell=lambda words: told.append((words, network.count)))
    assert told == [("fryent/x.en: $0.20 for the link", 0)]
