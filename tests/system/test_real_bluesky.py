"""Bluesky against its own server: what we send is taken and read back, and a fault on the line never makes two posts.

The server is the official PDS. It does not show posts to people (that is another service), so that is not tested here.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from promo_folders import reworded
from system.crashes import DiskVault, Stage, posted_once_wherever_it_dies
from system.posting import Clock, published
from system.real_posts import ALT, LINK, TEXT, Hasty, film_in, promo_in
from system.real_servers import Kept, Person, RealPds, bluesky_servers, run_out
from system.video_double import VideoDouble

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Door
from pipeline.ledger import Ledger
from pipeline.publishers import Failure, Pace
from pipeline.publishers.bluesky import Bluesky
from pipeline.secret import Secret

EVERY = int(os.environ.get("MAKE_PROMO_EVERY_CELL", "3"))  # of the crash matrix
FACET = "app.bsky.richtext.facet#"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RealPds]]:
    """Two: one as a large host runs it, one with the narrowest limits."""
    narrow = {"rateLimitsEnabled": True, "blobUploadLimit": 400_000}
    with bluesky_servers(tmp_path_factory.mktemp("pds"), {"blobUploadLimit": 100 << 20}, narrow) as found:
        yield found


@pytest.fixture
def pds(servers: list[RealPds]) -> RealPds:
    servers[0].proxy.calm()
    return servers[0]


@pytest.fixture
def narrow(servers: list[RealPds]) -> RealPds:
    servers[1].proxy.calm()
    return servers[1]


@pytest.fixture
def person(pds: RealPds) -> Person:
    return pds.person()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return film_in(tmp_path_factory.mktemp("film"))


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    return promo_in(tmp_path / "promo" / "fryent", "bluesky", film)


def test_everything_of_the_clip_is_read_back(
    promo: Path, ledger: Ledger, pds: RealPds, person: Person, film: bytes
) -> None:
    """Film and subtitles byte by byte, alternative text, shape, language, and links that stand where they should."""
    outcome = published(promo, ledger, pds.account(person))
    assert outcome.state == "published", outcome
    ((key, record),) = pds.posts(person).items()
    assert outcome.address == f"https://bsky.app/profile/{person.handle}/post/{key}"
    embed = record["embed"]
    assert pds.blob(person, embed["video"]) == film
    (captions,) = embed["captions"]
    assert (captions["lang"], pds.blob(person, captions["file"])) == ("en", (promo / "bluesky.en.vtt").read_bytes())
    assert (embed["alt"], embed["aspectRatio"]) == (ALT, {"width": 64, "height": 48})
    assert (record["text"], record["langs"]) == (TEXT, ["en"])
    marked = {
        TEXT.encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one["features"][0]
        for one in record["facets"]
    }
    assert marked["#WalkBrent"] == {"$type": f"{FACET}tag", "tag": "WalkBrent"}
    assert marked[LINK]["uri"].startswith(f"{LINK}?utm_source=bluesky")


def test_the_second_run_sends_nothing(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """What is out is known without asking for more than who we are."""
    published(promo, ledger, pds.account(person))
    pds.proxy.calm()
    assert published(promo, ledger, pds.account(person)).state == "already published"
    assert pds.proxy.count("com.atproto.repo") == 0
    assert len(pds.posts(person)) == 1


def test_a_token_that_ran_out_is_renewed_once(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """The PDS says it with 400. The refresh token changes, is kept, and the next renewal works with the new one."""
    account = pds.account(person)
    assert published(promo, ledger, account).state == "published"
    used = []
    for alt in ("Another description.", "A third description."):
        access, refresh = account.vault.get("access"), account.vault.get("refresh")
        assert access
        assert refresh
        used.append(refresh.reveal())
        account.vault.put("access", Secret(run_out(access.reveal())))
        reworded(promo, "bluesky.en", alt=alt)
        assert published(promo, ledger, account, again=True).state == "published"
    assert (pds.proxy.count("refreshSession"), pds.proxy.count("createSession")) == (2, 1)
    assert len({*used, str(account.vault.get("refresh"))}) == 3
    assert len(pds.posts(person)) == 3


def test_a_session_that_was_ended_is_begun_anew(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """Logged out elsewhere: the app password opens it again."""
    account = pds.account(person)
    published(promo, ledger, account)
    ran_out(pds, account)
    reworded(promo, "bluesky.en", alt="Another description.")
    assert published(promo, ledger, account, again=True).state == "published"
    assert pds.proxy.count("createSession") == 2


def test_a_revoked_app_password_asks_for_a_sign_in(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """Nothing is posted, and the remedy says what to do."""
    account = pds.account(person)
    published(promo, ledger, account)
    pds.call("com.atproto.server.revokeAppPassword", token=person.access, name="make-promo")
    access = account.vault.get("access")
    assert access
    account.vault.put("access", Secret(run_out(access.reveal())))
    reworded(promo, "bluesky.en", alt="Another description.")
    outcome = published(promo, ledger, account, again=True)
    assert outcome.state == "failed"
    assert "make a new app password" in outcome.remedy
    assert len(pds.posts(person)) == 1


def test_a_wrong_password_posts_nothing(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """It is tried once: a second try only brings the limit nearer."""
    account = pds.account(person, vault=MemoryVault({"app_password": Secret("aaaa-bbbb-cccc-dddd")}))
    outcome = published(promo, ledger, account)
    assert (outcome.state, outcome.words) == (
        "failed",
        "Bluesky says: AuthenticationRequired: Invalid identifier or password",
    )
    assert (pds.proxy.count(""), pds.posts(person)) == (1, {})


@pytest.mark.parametrize("later", [False, True], ids=["before the sign-in", "after it"])
@pytest.mark.parametrize("how", ["taken down", "deactivated"])
def test_a_closed_account_is_said_to_be_closed(
    promo: Path, ledger: Ledger, pds: RealPds, person: Person, how: str, later: bool
) -> None:
    """Before the film is sent. Who signs in with an app password is only told that it is wrong, so the remedy names
    both."""
    account = pds.account(person)
    if later:
        published(promo, ledger, account)
        reworded(promo, "bluesky.en", alt="Another description.")
    if how == "taken down":
        pds.close(person)
    else:
        pds.call("com.atproto.server.deactivateAccount", token=person.access, deleteAfter="2040-01-01T00:00:00Z")
    pds.proxy.calm()
    outcome = published(promo, ledger, account, again=True)
    assert outcome.state == "failed", outcome
    gone = "Could not find user info" if later else "Invalid identifier or password"
    assert (how if how == "deactivated" else gone) in outcome.words, outcome
    assert "look into" in outcome.remedy, outcome
    assert pds.proxy.count("uploadBlob") == 0


def test_too_many_sign_ins_make_the_account_wait(promo: Path, ledger: Ledger, narrow: RealPds) -> None:
    """Until the moment that the server names, and without a call before it."""
    person = narrow.person()
    wrong = {"identifier": person.handle, "password": "x"}
    url = f"{narrow.url}/xrpc/com.atproto.server.createSession"

    def tried(_: int) -> httpx.Response:
        return httpx.post(url, json=wrong, trust_env=False, timeout=30)

    with ThreadPoolExecutor(8) as pool:  # the server takes its time over each wrong one
        replies = list(pool.map(tried, range(31)))
    (reply,) = [one for one in replies if one.status_code == 429]
    outcome = published(promo, ledger, narrow.account(person))
    assert outcome.state == "waiting", outcome
    assert outcome.until
    reset = int(reply.headers["ratelimit-reset"])
    assert abs(outcome.until.timestamp() - reset) < 5
    narrow.proxy.calm()
    assert published(promo, ledger, narrow.account(person)).state == "waiting"
    assert narrow.proxy.requests == []


def test_a_film_that_is_too_large_is_refused_in_words(promo: Path, ledger: Ledger, narrow: RealPds) -> None:
    """This PDS does not tell its limit beforehand, so its 413 is what tells."""
    person = narrow.person()
    outcome = published(promo, ledger, narrow.account(person))
    assert (outcome.state, outcome.words) == ("refused", "the clip is larger than this server takes")
    assert narrow.posts(person) == {}


FAULTS: list[tuple[str, str, Any]] = [
    ("createSession", "cut-after", None),
    ("uploadBlob", "cut-upload", 200_000),
    ("uploadBlob", "cut-upload", 0),
    ("uploadBlob", "cut-after", None),
    ("uploadBlob", "stall", 3),
    ("uploadBlob", "answer", (502, [("Content-Type", "text/html")], b"<h1>Bad Gateway</h1>")),
    ("putRecord", "cut-before", None),
    ("putRecord", "cut-after", None),
    ("putRecord", "stall", 3),
    ("putRecord", "answer", (503, [], b"<h1>Service Unavailable</h1>")),
    ("getRecord", "cut-after", None),
]


@pytest.mark.parametrize(("path", "how", "more"), FAULTS, ids=[f"{path} {how}" for path, how, _ in FAULTS])
def test_a_fault_on_the_line_makes_no_second_post(
    promo: Path, ledger: Ledger, pds: RealPds, person: Person, film: bytes, path: str, how: str, more: Any
) -> None:
    """It is published in the same run, whole and once."""
    pds.proxy.fault(path, how, more)
    outcome = published(promo, ledger, pds.account(person), door=Hasty(1.5))
    assert outcome.state == "published", outcome
    (record,) = pds.posts(person).values()
    assert pds.blob(person, record["embed"]["video"]) == film
    assert pds.proxy.count(path) >= 2 or (path, how) in (("putRecord", "cut-after"), ("putRecord", "stall"))


def test_the_answer_and_the_look_are_lost(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """The run cannot tell; the next one finds the post and sends nothing."""
    pds.proxy.fault("putRecord", "cut-after")
    pds.proxy.fault("getRecord", "cut-before", times=5)
    assert published(promo, ledger, pds.account(person)).state == "unsure"
    pds.proxy.calm()
    assert published(promo, ledger, pds.account(person)).state == "published"
    assert (pds.proxy.count("putRecord"), len(pds.posts(person))) == (0, 1)


def test_one_key_holds_one_record(promo: Path, ledger: Ledger, pds: RealPds, person: Person) -> None:
    """The same record twice is one; another is never written over it, and what stands there is never taken for it."""
    from pipeline.post_reading import candidates

    network = Bluesky(pds.account(person), Door(), Pace(sleep=lambda _: None))
    network.open()
    (candidate,) = candidates(promo)
    assert candidate.post
    frozen = network.freeze(candidate.post, network.prepare(candidate.post, {}, lambda _: None), "1")
    assert network.look(frozen, datetime.now().astimezone()).found == "absent"
    assert network.go(frozen) == network.go(frozen)
    assert network.look(frozen, datetime.now().astimezone()).found == "there"
    other = {**frozen, "record": json.dumps({**json.loads(frozen["record"]), "text": "Other words."})}
    with pytest.raises(Failure, match="under this key") as caught:
        network.go(other)
    assert caught.value.kind == "unknown"
    assert network.look(other, datetime.now().astimezone()).found == "unsure"
    assert [one["text"] for one in pds.posts(person).values()] == [TEXT]


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_video_service_may_store_the_film_for_us(
    promo: Path, ledger: Ledger, pds: RealPds, person: Person, film: bytes, wrapped: bool
) -> None:
    """The permit that our server made for it is taken by the PDS, and no other token ever comes to the service."""
    video = VideoDouble(pds.url, wrapped=wrapped)
    try:
        outcome = published(promo, ledger, pds.account(person, video=video.url))
        assert outcome.state == "published", outcome
        (record,) = pds.posts(person).values()
        assert pds.blob(person, record["embed"]["video"]) == film
        limits, upload = [claims(token) for token in video.tokens]
        host = video.url.removeprefix("http://").replace(":", "%3A")
        assert (limits["aud"], limits["lxm"]) == (f"did:web:{host}", "app.bsky.video.getUploadLimits")
        assert (upload["aud"], upload["lxm"]) == ("did:web:localhost", "com.atproto.repo.uploadBlob")
        assert {limits["iss"], upload["iss"]} == {person.did}
        assert timedelta(minutes=20) < timedelta(seconds=upload["exp"] - upload["iat"]) <= timedelta(minutes=31)
    finally:
        video.stop()


def test_a_film_that_the_pds_refuses_fails_the_job(promo: Path, ledger: Ledger, narrow: RealPds) -> None:
    """The service could not store it: nothing is posted, and the officer is told to render it smaller."""
    person = narrow.person()
    video = VideoDouble(narrow.url)
    try:
        outcome = published(promo, ledger, narrow.account(person, video=video.url))
        assert (outcome.state, narrow.posts(person)) == ("refused", {})
        assert "PayloadTooLarge" in outcome.words
        assert "50 MB" in outcome.remedy
    finally:
        video.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize("way", ["straight", "video"])
def test_killed_at_any_call_it_is_posted_once(tmp_path: Path, pds: RealPds, film: bytes, way: str) -> None:
    """Before, during or after any call to the real server; the runs after it leave one post, whole."""
    promo = promo_in(tmp_path / "promo" / "fryent", "bluesky", film)

    def start(folder: Path) -> Stage:
        person, clock = pds.person(), Clock()
        video = VideoDouble(pds.url) if way == "video" else None
        vault = DiskVault(folder / "vault.json", app_password=person.app_password)
        account = pds.account(person, vault=vault, video=video.url if video else "none")
        ledger = Ledger(folder / "ledger.sqlite")
        return Stage(
            servers=[Kept(pds.proxy), *([video] if video else [])],
            run=lambda: [published(promo, ledger, account, clock=clock).state],
            posts=lambda: len(pds.posts(person)),
        )

    cells = posted_once_wherever_it_dies(start, tmp_path / "cells", every=EVERY)
    assert cells >= 15 // EVERY


def ran_out(pds: RealPds, account: Account) -> None:
    """The session is ended at the server, and the access token's time is over."""
    access, refresh = account.vault.get("access"), account.vault.get("refresh")
    assert access
    assert refresh
    pds.call("com.atproto.server.deleteSession", token=refresh.reveal())
    account.vault.put("access", Secret(run_out(access.reveal())))


def claims(token: str) -> dict[str, Any]:
    """What a permit (JWT) says."""
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
