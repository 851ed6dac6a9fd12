"""Publishing without a network: what a person may settle, what is said of each post, and how the audit tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import audit, post_notes, publishing
from pipeline.accounts import Account, Closed, MemoryVault
from pipeline.errors import BriefError
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.post_notes import Name, Notes
from pipeline.post_once import Posting
from pipeline.post_outcomes import Outcome, told
from pipeline.post_reading import Candidate
from pipeline.publishing import Orders, settle

NOW = datetime(2026, 12, 5, 9, 30, tzinfo=UTC)
NAME = Name(service="bluesky", account="did:plc:walks", platform="bluesky", lang="en", content="0" * 32)
POSTS = [Candidate(promo="walk", name=f"bluesky.{lang}", service="bluesky") for lang in ("en", "cy")]


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(ledger=Ledger(tmp_path / "ledger.sqlite"), folder=tmp_path / "walk", who="tester")


def armed(notes: Notes, attempt: int = 1) -> str:
    """The number of the attempt, as `publish` says it."""
    assert notes.arm(NAME, attempt, {"at": ""}, NOW)
    event = notes.standing(NAME).armed
    assert event
    return str(event.id)


def test_a_person_settles_only_what_waits_for_an_answer(notes: Notes) -> None:
    """Of an attempt that is closed, or a post that is out, nobody is told that it will be sent again."""
    first = armed(notes)
    settle(notes.ledger, first, out=False, who="A. Khan")
    with pytest.raises(BriefError, match="no post waits"):
        settle(notes.ledger, first, out=True, who="A. Khan")
    second = armed(notes, 2)
    settle(notes.ledger, f" {second} ", out=True, address="https://walks.example/1", who="A. Khan")
    for number in (first, second, "", "99"):
        with pytest.raises(BriefError, match="no post waits"):
            settle(notes.ledger, number, out=False, who="A. Khan")
    assert notes.standing(NAME).done


class One:
    """The one account of a test."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings

    def of(self, service: str, which: str = "") -> Account | None:
        return Account(
            service=service, server="https://api.linkedin.com", settings=self.settings, vault=MemoryVault()
        )  # fmt: skip


def test_an_address_that_is_not_safe_is_said_of_its_posts(notes: Notes) -> None:
    """And the posts of other networks go on."""
    given = (POSTS, notes, One({"api": "http://elsewhere.example"}), Orders(who="tester"), Door())
    found = list(publishing._account("linkedin", *given))
    assert [(one.state, "https" in one.words) for one in found] == [("no account", True)] * 2


def test_a_keyring_that_closes_half_way_says_nothing_of_what_is_out(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each post has one outcome."""

    class Open:
        def open(self) -> str:
            return "walks"

    def publish(self: Posting, one: Candidate) -> Outcome:
        if one.name == "bluesky.cy":
            raise Closed.at("accounts", "the keyring is locked", "unlock it")
        return told(one, "published")

    monkeypatch.setattr(publishing, "network_of", lambda *_: Open())
    monkeypatch.setattr(Posting, "publish", publish)
    found = list(publishing._account("bluesky", POSTS, notes, One({}), Orders(who="tester"), Door()))
    assert [(one.name, one.state) for one in found] == [("bluesky.en", "published"), ("bluesky.cy", "no account")]


def test_the_audit_calls_a_post_what_it_is(notes: Notes) -> None:
    """In words for everything that publishing writes down; what only some can see is not called published."""
    armed(notes)
    notes.prepare(NAME, 1, {}, NOW)
    notes.seen(NAME, {"shown": "scheduled"}, NOW)
    notes.done(NAME, {"shown": "private only", "remote": "1", "address": "", "faults": []}, NOW)
    notes.seen(NAME, {"shown": "published"}, NOW)
    notes.failed(NAME, 1, "nothing is there", NOW, dropped=False)
    notes.unsure(NAME, 1, "nobody knows", NOW)
    notes.wait("bluesky", NOW, "too many", NOW)
    found = [row[2] for row in audit.audit(notes.ledger).rows]
    assert found[2:5] == ["read back: scheduled", "private only", "read back: published"]
    kinds = [value for value in vars(post_notes).values() if isinstance(value, str) and value.startswith("post.")]
    assert len(found) == 8
    assert len(kinds) == 7
    assert not set(found) & set(kinds)
