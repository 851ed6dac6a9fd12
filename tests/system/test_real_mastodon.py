"""The Mastodon family against a real server of it, snac: one that takes everything and says little about it.

That we cope with a lax server is shown here; what Mastodon itself refuses, the strict fake of test_publish.py refuses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from promo_folders import reworded
from system.crashes import Stage, posted_once_wherever_it_dies
from system.posting import Clock, published
from system.real_posts import ALT, LINK, Hasty, film_in, promo_in
from system.real_servers import Kept, Snac, snac_server
from system.sign_in_servers import Officer

from pipeline.accounts import Account, OurAccounts
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.publishers import Pace
from pipeline.publishers.mastodon import Mastodon
from pipeline.publishing import settle
from pipeline.signing_in import Wish, sign_in_by_browser
from pipeline.signing_in_web import Way

EVERY = int(os.environ.get("MAKE_PROMO_EVERY_CELL", "3"))  # of the crash matrix


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snac]:
    with snac_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="module")
def token(server: Snac) -> str:
    return server.token()


@pytest.fixture
def snac(server: Snac) -> Snac:
    server.proxy.calm()
    return server


@pytest.fixture
def account(snac: Snac, token: str) -> Account:
    return snac.account(token)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film_in(tmp_path_factory.mktemp("film"))


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    """Each test posts other words: the account is the same for all."""
    folder = promo_in(tmp_path / "promo" / "fryent", "mastodon", film)
    reworded(folder, "mastodon.en", text=f"{tmp_path.name} — 5 miles.\n\nMore: {LINK} #WalkBrent")
    return folder


def ours_of(snac: Snac, token: str, promo: Path) -> list[dict[str, Any]]:
    """The posts of this test, newest first."""
    return [one for one in snac.posts(token) if promo.parents[1].name in one["content"]]


def test_everything_of_the_clip_is_read_back(
    promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account, film: bytes
) -> None:
    """One film, byte by byte, with its alternative text; words with the link that can be counted; for all to see."""
    outcome = published(promo, ledger, account)
    assert outcome.state == "published", outcome
    (post,) = ours_of(snac, token, promo)
    (media,) = post["media_attachments"]
    assert snac.http.get(media["url"].replace(snac.proxy.url, snac.url)).content == film
    assert media["description"] == " ".join(ALT.split())  # of two lines, snac would keep the first
    assert "utm_source=mastodon" in post["content"]
    assert (post["visibility"], outcome.address) == ("public", post["url"])


def test_the_second_run_sends_nothing(promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account) -> None:
    """What is out is known without asking for more than who we are."""
    published(promo, ledger, account)
    snac.proxy.calm()
    assert published(promo, ledger, account).state == "already published"
    assert (snac.proxy.count("/api/v2/media"), snac.proxy.count("/statuses")) == (0, 0)
    assert len(ours_of(snac, token, promo)) == 1


def test_a_person_signs_in_and_publishes(
    promo: Path, ledger: Ledger, snac: Snac, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`login` registers the app, sends the browser to the server's own page, and the token that comes back posts."""
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    ours = OurAccounts(environ={"MAKE_PROMO_VAULT": str(tmp_path / "vault.json")})
    person = Officer(lambda address: httpx.get(snac.sent_to(address), trust_env=False))
    wish = Wish(service="mastodon", server=snac.proxy.url, way=Way(patience_s=20))
    sign_in_by_browser(wish, person, accounts=ours, door=Door(connect_s=2), pace=Pace(sleep=lambda _: None))
    account = ours.of("mastodon")
    assert account
    assert published(promo, ledger, account).state == "published"
    assert len(ours_of(snac, token, promo)) == 1


def test_a_token_that_was_taken_back_asks_for_a_sign_in(promo: Path, ledger: Ledger, snac: Snac, token: str) -> None:
    """Nothing is posted."""
    outcome = published(promo, ledger, snac.account("0" * 32))
    assert outcome.state == "failed", outcome
    assert "make-promo login" in outcome.remedy
    assert ours_of(snac, token, promo) == []


FAULTS: list[tuple[str, str, Any]] = [
    ("/api/v2/media", "cut-upload", 200_000),
    ("/api/v2/media", "cut-upload", 0),
    ("/api/v2/media", "cut-after", None),
    ("/api/v2/media", "stall", 3),
    ("/api/v2/media", "answer", (502, [("Content-Type", "text/html")], b"<h1>Bad Gateway</h1>")),
    ("POST /api/v1/statuses", "cut-after", None),
    ("POST /api/v1/statuses", "stall", 3),
]


@pytest.mark.parametrize(("path", "how", "more"), FAULTS, ids=[f"{path} {how}" for path, how, _ in FAULTS])
def test_a_fault_on_the_line_makes_no_second_post(
    promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account, path: str, how: str, more: Any
) -> None:
    """It is published in the same run, once, and only one film hangs in it."""
    snac.proxy.fault(path, how, more)
    outcome = published(promo, ledger, account, door=Hasty(1.5))
    assert outcome.state == "published", outcome
    (post,) = ours_of(snac, token, promo)
    assert len(post["media_attachments"]) == 1


@pytest.mark.parametrize("how", ["cut-before", "answer"])
def test_what_snac_cannot_say_a_person_decides(
    promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account, how: str
) -> None:
    """It shows no film by its name and knows no keys: what never arrived cannot be told from what is late."""
    snac.proxy.fault("POST /api/v1/statuses", how, (503, [], b"<h1>Service Unavailable</h1>"))
    outcome = published(promo, ledger, account)
    assert outcome.state == "unsure", outcome
    assert published(promo, ledger, account).state == "unsure"
    assert ours_of(snac, token, promo) == []
    settle(ledger, outcome.code, out=False, who="A. Khan")
    assert published(promo, ledger, account).state == "published"
    assert len(ours_of(snac, token, promo)) == 1


def test_a_film_that_was_dropped_is_told(promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account) -> None:
    """snac posts without a film that it does not know, and says 200: reading back tells."""
    snac.proxy.fault("/api/v2/media", "answer", (200, [], b'{"id": "no-such-film", "type": "video"}'))
    outcome = published(promo, ledger, account)
    assert outcome.state == "published with faults", outcome
    assert "does not hold our clip" in outcome.words
    assert published(promo, ledger, account).state == "already published"
    assert len(ours_of(snac, token, promo)) == 1


def test_a_lost_post_is_known_by_its_words(
    promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account
) -> None:
    """Also where snac writes them into its page as they are, and a link in them looks like a sign (&copy)."""
    reworded(promo, "mastodon.en", text=f"{promo.parents[1].name} https://www.example.gov.uk/?a=1&copy=2 <b> & more")
    snac.proxy.fault("POST /api/v1/statuses", "cut-after")
    assert published(promo, ledger, account).state == "published"
    assert len(ours_of(snac, token, promo)) == 1


@pytest.mark.parametrize("visibility", ["unlisted", "private", "hidden"])
def test_the_account_says_who_may_see_its_posts(
    promo: Path, ledger: Ledger, snac: Snac, token: str, account: Account, visibility: str
) -> None:
    """As its setting has it. snac does not know `unlisted` and shows such a post to all: reading back tells. What no
    server knows is refused before a byte is sent."""
    outcome = published(promo, ledger, replace(account, settings={"visibility": visibility}))
    state, words, public = {
        "unlisted": ("published with faults", "more people", 1),
        "private": ("private only", "some people", 0),
        "hidden": ("refused", "public, unlisted, private, direct", 0),
    }[visibility]
    assert outcome.state == state, outcome
    assert words in outcome.words
    assert len(ours_of(snac, token, promo)) == public
    assert snac.proxy.count("/api/v2/media") == (visibility != "hidden")


def test_snac_is_never_asked_to_wait(snac: Snac, account: Account) -> None:
    """Whether it would hold a post cannot be told from its answers, so it is posted when the time has come."""
    network = Mastodon(account, Door(), Pace())
    network.open()
    assert network.ahead is None


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
def test_killed_at_any_call_it_is_posted_once(
    tmp_path: Path, snac: Snac, token: str, account: Account, film: bytes
) -> None:
    """Before, during or after any call to the real server; the runs after it leave one post, or a question and none
    too many."""

    def start(folder: Path) -> Stage:
        promo = promo_in(folder / "promo" / "fryent", "mastodon", film)
        words = f"{tmp_path.name} {folder.name} — 5 miles."
        reworded(promo, "mastodon.en", text=words)
        ledger, clock = Ledger(folder / "ledger.sqlite"), Clock()
        return Stage(
            servers=[Kept(snac.proxy)],
            run=lambda: [published(promo, ledger, account, clock=clock).state],
            posts=lambda: sum(f"{tmp_path.name} {folder.name} —" in one["content"] for one in snac.posts(token)),
        )

    cells = posted_once_wherever_it_dies(start, tmp_path / "cells", may_ask=True, every=EVERY)
    assert cells >= 15 // EVERY
