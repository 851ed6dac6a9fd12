"""The real networks, with accounts of your own: `pytest -m live tests/live -k bluesky -s`. Nothing else runs these.

The account comes from the environment, as a server gives it: MAKE_PROMO_BLUESKY_HANDLE and _APP_PASSWORD,
MAKE_PROMO_MASTODON_SERVER and _TOKEN, and so on (`make-promo login --help`). Take one that nobody follows, and delete
the post afterwards: what a network cannot hide is public. Hidden are Mastodon's (`direct`, for nobody) and YouTube's
(unlisted) unless a variable says otherwise (MAKE_PROMO_YOUTUBE_PRIVACY=public).
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.accounts import Account, OurAccounts
from pipeline.ledger import Ledger
from pipeline.networks import NETWORKS
from pipeline.post_outcomes import Outcome
from pipeline.publishing import Orders, publish

sys.path.append(str(Path(__file__).parents[1] / "system"))
from workbench import brief, filmed, promo, walk

pytestmark = pytest.mark.live

PLATFORMS = {"facebook": "facebook-reel", "instagram": "instagram-reel", "youtube": "youtube-short"}
HIDDEN = {"mastodon": {"visibility": "direct"}, "youtube": {"privacy": "unlisted"}}
OUT = ("published", "private only")
_PAUSE_S, _PATIENCE_S = 20, 1800


class _Hidden:
    """The account of the environment, whose posts as few people see as the network lets."""

    def __init__(self, account: Account) -> None:
        settings = {**HIDDEN.get(account.service, {}), **account.settings}
        self._account = replace(account, settings=settings)

    def of(self, service: str, which: str = "") -> Account | None:
        return self._account if service == self._account.service else None


def account_of(network: str) -> Account:
    """Of the environment alone: what a person has kept on this computer is not for tests."""
    accounts = OurAccounts(environ=os.environ)
    if not accounts.is_given(network):
        told = f"MAKE_PROMO_{network.upper()}_… is not set: {network} is NOT tested"
        warnings.warn(told, stacklevel=2)
        pytest.skip(told)
    account = accounts.of(network)
    assert account
    return account


def rendered(network: str, folder: Path) -> Path:
    """A promo of six seconds for the network, made by make-promo itself of a moving test picture and a route."""
    platform = PLATFORMS.get(network, network)
    filmed(folder / "clip.mp4", "testsrc2", seconds=4)
    walk(folder / "w.gpx")
    now = f"{datetime.now(UTC):%H:%M:%S}"  # several networks refuse the same words twice
    words = {"text": f"A test of make-promo, {now}. It will be deleted.", "alt": "A test picture with a clock."}
    path = brief(folder, footage=["clip.mp4"], platforms=[platform], post=words)
    done = promo(path, cache=folder / "cache")
    assert done.returncode == 0, done.stderr
    return folder / "promo" / "route"


@pytest.mark.parametrize("network", NETWORKS)
def test_a_clip_is_published_and_read_back(network: str, tmp_path: Path) -> None:
    """It goes out whole and with its description, once; the second run finds it out. Its address is printed."""
    accounts = _Hidden(account_of(network))
    ledger, folder = Ledger(tmp_path / "ledger.sqlite"), rendered(network, tmp_path)
    orders = Orders(approved_required=False, who="live test", only=(network,), press=(network,))
    until = time.monotonic() + _PATIENCE_S

    def once() -> Outcome:
        (outcome,) = publish([folder], ledger=ledger, accounts=accounts, orders=orders)
        return outcome

    outcome = once()
    while outcome.state == "processing" and time.monotonic() < until:
        time.sleep(_PAUSE_S)
        outcome = once()
    print(f"\n{network}: {outcome.state} {outcome.address} {outcome.words}")
    assert outcome.state in OUT, outcome
    assert outcome.address
    with ledger.reading() as book:
        event = [*book.events(kind="post.done"), *book.events(kind="post.seen")][-1]
    assert event.payload["faults"] == []
    assert once().state == "already published"
