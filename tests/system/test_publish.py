"""Publishing from outside, against servers that behave as the networks do: exactly once, and never more than is so."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from promo_folders import clip, reworded
from system.crashes import Stage, forked, posted_once_wherever_it_dies
from system.fake_networks import FakeMastodon, FakePds, FakeVideo, blob_name
from system.posting import Clock, Given, all_published, assert_unsaid, rehearsed

import pipeline
from pipeline.accounts import Account, MemoryVault, OurAccounts
from pipeline.approvals.answer import Answer
from pipeline.brake_book import freeze, thaw
from pipeline.errors import ToolError
from pipeline.ledger import Ledger
from pipeline.post_ahead import take_back
from pipeline.post_outcomes import Outcome
from pipeline.publishers import Pace
from pipeline.publishing import Orders, publish, settle
from pipeline.review.desk import Desk
from pipeline.secret import Secret
from pipeline.signing_in import sign_in

HOME = Path(pipeline.__file__).parents[1]
PASSWORD, TOKEN = "abcd-efgh-ijkl-mnop", "masto-token-123456"
TEXT = "Five gentle miles.\n\nMore: https://www.example.gov.uk/walks/fryent #WalkBrent"
KINDS = ("mastodon", "gotosocial", "hollo", "snac")


@pytest.fixture
def promo(tmp_path: Path, film: bytes) -> Path:
    folder = tmp_path / "promo" / "fryent"
    for platform in ("bluesky", "mastodon"):
        clip(folder, platform, data=film, size=(64, 48), text=TEXT)
        reworded(folder, f"{platform}.en", link="https://www.example.gov.uk/walks/fryent")
    return folder


@pytest.fixture
def pds() -> Iterator[FakePds]:
    server = FakePds()
    yield server
    server.stop()


@pytest.fixture
def masto(request: pytest.FixtureRequest) -> Iterator[FakeMastodon]:
    server = FakeMastodon(getattr(request, "param", "mastodon"))
    yield server
    server.stop()


def bluesky(pds: FakePds, video: str = "none") -> Account:
    vault = MemoryVault({"app_password": Secret(PASSWORD)})
    return Account(service="bluesky", server=pds.url, name="walks.test", settings={"video": video}, vault=vault)


def mastodon(server: FakeMastodon, token: str = TOKEN) -> Account:
    return Account(service="mastodon", server=server.url, name="walks", vault=MemoryVault({"token": Secret(token)}))


def published(
    folder: Path, ledger: Ledger, *accounts: Account, clock: Clock | None = None, **more: Any
) -> list[Outcome]:
    only = tuple(one.service for one in accounts)
    return all_published(folder, ledger, *accounts, clock=clock, only=only, **more)


def states(outcomes: list[Outcome]) -> list[str]:
    return [one.state for one in outcomes]


def test_bluesky_gets_all_that_belongs_to_the_clip(promo: Path, ledger: Ledger, pds: FakePds, film: bytes) -> None:
    """The record holds the film, the alternative text, the shape, the subtitles, and a link that can be counted."""
    (outcome,) = published(promo, ledger, bluesky(pds))
    assert outcome.state == "published", outcome
    ((key, record),) = pds.records.items()
    assert outcome.address == f"https://bsky.app/profile/walks.test/post/{key}"
    embed = record["embed"]
    assert embed["video"]["ref"]["$link"] == blob_name(film)
    assert embed["alt"] == "A pond between trees."
    assert embed["aspectRatio"] == {"width": 64, "height": 48}
    assert [one["lang"] for one in embed["captions"]] == ["en"]
    assert record["langs"] == ["en"]
    found = {
        record["text"].encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one["features"][0]
        for one in record["facets"]
    }
    assert found["#WalkBrent"]["tag"] == "WalkBrent"
    assert "utm_source=bluesky" in found["https://www.example.gov.uk/walks/fryent"]["uri"]


def test_bluesky_by_way_of_the_video_service(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """The service's own film is posted, and the account's token never comes to the service."""
    video = FakeVideo(pds)
    try:
        (outcome,) = published(promo, ledger, bluesky(pds, video.url))
        assert outcome.state == "published", outcome
        (record,) = pds.records.values()
        assert pds.blobs[record["embed"]["video"]["ref"]["$link"]][0].startswith(b"encoded")
        assert video.leaks == []
    finally:
        video.stop()


def test_a_long_job_is_gone_on_with(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """While the service works the post is `processing`; the next run uploads nothing again."""
    video = FakeVideo(pds, polls=25)
    try:
        assert states(published(promo, ledger, bluesky(pds, video.url))) == ["processing"]
        assert pds.records == {}
        assert states(published(promo, ledger, bluesky(pds, video.url))) == ["published"]
        assert video.count("uploadVideo") == 1
    finally:
        video.stop()


@pytest.mark.parametrize(("failure", "state"), [("encoding_failure", "refused"), ("generic_failure", "failed")])
def test_a_job_that_fails_is_told_and_begun_anew(
    promo: Path, ledger: Ledger, pds: FakePds, failure: str, state: str
) -> None:
    """Nothing is posted, the reason is told, and the failed job is not asked for ever after."""
    video = FakeVideo(pds)
    video.failure = failure
    try:
        (outcome,) = published(promo, ledger, bluesky(pds, video.url))
        assert (outcome.state, pds.records) == (state, {})
        assert "no good" in outcome.words
        video.jobs.clear()
        video.failure = ""
        assert states(published(promo, ledger, bluesky(pds, video.url))) == ["published"]
    finally:
        video.stop()


@pytest.mark.parametrize("masto", KINDS, indirect=True)
def test_every_kind_of_mastodon_gets_the_post(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """The post holds one film with its description, in its language, with the link that can be counted."""
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert outcome.state == "published", outcome
    (post,) = masto.posts
    assert post["media_attachments"][0]["description"] == "A pond between trees."
    assert post["language"] == "en"
    assert "utm_source=mastodon" in post["content"]
    assert outcome.address == post["url"]


def test_a_second_run_sends_nothing(promo: Path, ledger: Ledger, pds: FakePds, masto: FakeMastodon) -> None:
    """What is out is known: the second run tells its address and posts nothing, wherever the folder now lies."""
    first = published(promo, ledger, bluesky(pds), mastodon(masto))
    moved = promo.rename(promo.with_name("moved"))
    second = published(moved, ledger, bluesky(pds), mastodon(masto))
    assert states(second) == ["already published", "already published"]
    assert [one.address for one in second] == [one.address for one in first]
    assert (len(pds.records), len(masto.posts)) == (1, 1)


LOST = ["500-after", "cut-after", "slow"]


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_of_bluesky_is_looked_up(promo: Path, ledger: Ledger, pds: FakePds, how: str) -> None:
    """The record was made and its answer was not: it is found under our key, and there is one."""
    pds.fault("putRecord", how, 0.1 if how == "slow" else None)
    assert states(published(promo, ledger, bluesky(pds))) == ["published"]
    assert len(pds.records) == 1
    assert pds.count("putRecord") == 1


@pytest.mark.parametrize("how", LOST)
@pytest.mark.parametrize("masto", KINDS, indirect=True)
def test_a_lost_answer_of_mastodon_is_looked_up(promo: Path, ledger: Ledger, masto: FakeMastodon, how: str) -> None:
    """The post was made and its answer was not: it is found among our own, and there is one."""
    masto.fault("POST /api/v1/statuses", how, 0.1 if how == "slow" else None)
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]
    assert len(masto.posts) == 1


def test_a_post_is_known_by_its_film(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """Also when the server shows other words than were sent."""
    masto.rewrites = True
    masto.fault("POST /api/v1/statuses", "cut-after")
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]
    assert (len(masto.posts), masto.count("/api/v1/statuses", "POST")) == (1, 1)


def test_a_post_that_is_not_shown_yet_is_asked_for_with_its_key(
    promo: Path, ledger: Ledger, masto: FakeMastodon
) -> None:
    """A slow server has the post and shows it nowhere: the same key gives the same post."""
    masto.hides, masto.single_use = 9, False
    masto.fault("POST /api/v1/statuses", "cut-after")
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]
    assert (len(masto.posts), masto.count("/api/v1/statuses", "POST")) == (1, 2)


@pytest.mark.parametrize("how", ["500", "cut-before"])
def test_what_never_arrived_is_sent_again(
    promo: Path, ledger: Ledger, pds: FakePds, masto: FakeMastodon, how: str
) -> None:
    """The public call failed before anything was done: looking proves it, and the post goes out once."""
    pds.fault("putRecord", how)
    masto.fault("POST /api/v1/statuses", how)
    assert states(published(promo, ledger, bluesky(pds), mastodon(masto))) == ["published", "published"]
    assert (len(pds.records), len(masto.posts)) == (1, 1)


@pytest.mark.parametrize("masto", ["snac"], indirect=True)
def test_where_nobody_knows_a_person_decides(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """snac shows no film by its name: a post that cannot be seen may still come, so nothing is sent until a person has
    looked."""
    masto.fault("POST /api/v1/statuses", "cut-before")
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert outcome.state == "unsure"
    assert "--is-out" in outcome.remedy
    assert states(published(promo, ledger, mastodon(masto))) == ["unsure"]
    assert masto.posts == []
    settle(ledger, outcome.code, out=False, who="A. Khan")
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]
    assert len(masto.posts) == 1


@pytest.mark.parametrize("masto", ["snac"], indirect=True)
def test_a_person_may_say_that_it_is_out(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """Then it is published, with the address that the person gave."""
    masto.fault("POST /api/v1/statuses", "cut-before")
    (outcome,) = published(promo, ledger, mastodon(masto))
    settle(ledger, outcome.code, out=True, address="https://walks.example/1", who="A. Khan")
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert (outcome.state, outcome.address) == ("already published", "https://walks.example/1")


@pytest.mark.parametrize("how", ["429-seconds", "429-date", "429-epoch", "429-iso", "429"])
@pytest.mark.parametrize("path", ["uploadBlob", "putRecord", "createSession"])
def test_a_limit_makes_the_account_wait(promo: Path, ledger: Ledger, pds: FakePds, how: str, path: str) -> None:
    """In every way of saying it: the account is left alone until then, without a call, and then goes on."""
    pds.fault(path, how, 900)
    clock = Clock()
    (outcome,) = published(promo, ledger, bluesky(pds), clock=clock)
    assert outcome.state == "waiting"
    assert outcome.until is not None
    assert timedelta(minutes=14) < outcome.until - clock() <= timedelta(minutes=16)
    calls = len(pds.requests)
    assert states(published(promo, ledger, bluesky(pds), clock=clock)) == ["waiting"]
    assert len(pds.requests) == calls
    clock.sleep(1000)
    assert states(published(promo, ledger, bluesky(pds), clock=clock)) == ["published"]
    assert len(pds.records) == 1


def test_a_full_quota_makes_the_account_wait(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """The video service that takes no more today is asked again tomorrow."""
    video = FakeVideo(pds)
    video.can_upload = False
    try:
        (outcome,) = published(promo, ledger, bluesky(pds, video.url))
        assert outcome.state == "waiting"
        assert "daily limit" in outcome.words
    finally:
        video.stop()


def test_a_storm_of_errors_while_preparing_is_sat_out(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """Four failures of the upload are tried again; only one film is posted."""
    for how in ("500", "cut-before", "500-after", "cut-after"):
        masto.fault("/api/v2/media", how)
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]
    assert len(masto.posts) == 1


def test_an_expired_token_is_renewed_once(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """Bluesky says so with 400; the used refresh token is never shown again, and the new one is kept."""
    account = bluesky(pds)
    assert states(published(promo, ledger, account)) == ["published"]
    pds.expire()
    reworded(promo, "bluesky.en", alt="Another description.")
    assert states(published(promo, ledger, account, again=True)) == ["published"]
    assert (pds.count("refreshSession"), pds.count("createSession")) == (1, 1)
    kept = account.vault.get("refresh")
    assert kept is not None
    assert kept.reveal() in pds.refresh


def test_a_revoked_session_signs_in_again(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """The app password is still there; without one the account is told to sign in, and nothing is posted."""
    account = bluesky(pds)
    published(promo, ledger, account)
    pds.expire()
    pds.refresh.clear()
    reworded(promo, "bluesky.en", alt="Another description.")
    assert states(published(promo, ledger, account, again=True)) == ["published"]
    pds.expire()
    pds.refresh.clear()
    pds.password = "revoked"
    reworded(promo, "bluesky.en", alt="A third description.")
    (outcome,) = published(promo, ledger, account, again=True)
    assert outcome.state == "failed"
    assert "login" in outcome.remedy
    assert len(pds.records) == 2


def test_a_film_that_was_dropped_is_told(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """A 200 is no proof: the post without its film is not called published, and is not sent again."""
    masto.drops_film = True
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert outcome.state == "published with faults"
    assert "does not hold our clip" in outcome.words
    assert states(published(promo, ledger, mastodon(masto))) == ["already published"]


def test_a_private_post_is_called_private(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """What only some can see is not called published."""
    masto.visibility = "private"
    assert states(published(promo, ledger, mastodon(masto))) == ["private only"]


def test_processing_that_fails_posts_nothing(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """The server's words are told."""
    masto.film_fails = True
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert (outcome.state, masto.posts) == ("refused", [])
    assert "Error processing thumbnail" in outcome.words


@pytest.mark.parametrize("data", [b"", b"garbage that is called a film" * 100])
def test_garbage_is_refused_before_a_byte_is_sent(tmp_path: Path, ledger: Ledger, pds: FakePds, data: bytes) -> None:
    """The servers would take it; no request is made."""
    clip(tmp_path / "fryent", "bluesky", data=data, size=(64, 48), text=TEXT)
    (outcome,) = published(tmp_path / "fryent", ledger, bluesky(pds))
    assert (outcome.state, pds.requests) == ("refused", [])


def test_a_clip_that_is_not_the_checked_one_is_refused(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """Its bytes must be those of the sidecar."""
    with (promo / "bluesky.en.mp4").open("ab") as stream:
        stream.write(b"\0" * 8)
    (outcome,) = published(promo, ledger, bluesky(pds))
    assert (outcome.state, pds.requests) == ("refused", [])


def test_limits_of_the_server_are_kept(promo: Path, ledger: Ledger, pds: FakePds, masto: FakeMastodon) -> None:
    """What this very server does not take is refused before the film is sent."""
    pds.blob_limit, masto.most_text = 1000, 30
    outcomes = published(promo, ledger, bluesky(pds), mastodon(masto))
    assert states(outcomes) == ["refused", "refused"]
    assert (pds.count("uploadBlob"), masto.count("/api/v2/media")) == (0, 0)


def test_nothing_goes_unapproved(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """Without an approval no server is asked anything."""
    orders = Orders(who="tester")
    outcomes = publish([promo], ledger=ledger, accounts=Given(bluesky(pds)), orders=orders)
    assert states(outcomes) == ["not approved", "not approved"]
    assert pds.requests == []


def test_a_freeze_holds_what_a_person_publishes(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """The brakes hold for posts by hand as for those of a schedule; after the thaw they go."""
    now = datetime.now(UTC)
    freeze(ledger, by="A. Khan", reason="flood", who="tester", now=now)
    assert states(published(promo, ledger, bluesky(pds))) == ["waiting"]
    assert pds.requests == []
    thaw(ledger, by="A. Khan", review=False, who="tester", now=now)
    assert states(published(promo, ledger, bluesky(pds))) == ["published"]


def test_another_version_is_not_posted_over(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """A changed text is another post: it waits for a person's word."""
    published(promo, ledger, bluesky(pds))
    reworded(promo, "bluesky.en", text="Other words.")
    (outcome,) = published(promo, ledger, bluesky(pds))
    assert outcome.state == "earlier version is out"
    assert len(pds.records) == 1
    assert states(published(promo, ledger, bluesky(pds), again=True)) == ["published"]
    assert len(pds.records) == 2


def test_a_redirect_gets_no_token(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """A server that sends us to another host: that host hears nothing."""
    other = FakeMastodon()
    try:
        masto.fault("verify_credentials", "redirect", f"{other.url}/api/v1/accounts/verify_credentials", times=9)
        (outcome,) = published(promo, ledger, mastodon(masto))
        assert (outcome.state, other.requests) == ("failed", [])
    finally:
        other.stop()


def test_a_dry_run_opens_no_socket(promo: Path, tmp_path: Path, pds: FakePds) -> None:
    """The requests lie in the folder as they would be sent, without anything that opens the account."""
    into = tmp_path / "dry"
    outcomes = rehearsed(promo, into, bluesky(pds))
    assert states(outcomes) == ["rehearsed", "rehearsed"]
    written = "".join(path.read_text("utf-8") for path in into.rglob("*") if path.is_file())
    assert PASSWORD not in written
    (put,) = (into / "fryent" / "bluesky.en").glob("*putRecord.json")
    assert json.loads(put.read_text("utf-8"))["json"]["record"]["text"] == TEXT
    (sent,) = (into / "fryent" / "mastodon.en").glob("*api-v1-statuses.json")
    assert json.loads(sent.read_text("utf-8"))["json"]["visibility"] == "public"


def test_no_secret_is_said_anywhere(
    promo: Path, tmp_path: Path, ledger: Ledger, pds: FakePds, masto: FakeMastodon, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in logs, outcomes, the ledger or any file, also when servers repeat what they were sent."""
    caplog.set_level(logging.DEBUG)
    account = bluesky(pds)
    outcomes = published(promo, ledger, account, mastodon(masto))
    pds.expire()
    pds.fault("refreshSession", "answer", (400, {"error": "Odd", "message": f"no {PASSWORD} refresh-jwt-0001"}))
    reworded(promo, "bluesky.en", alt="Another description.")
    outcomes += published(promo, ledger, account, again=True)
    masto.token = "changed"
    reworded(promo, "mastodon.en", alt="Another description.")
    outcomes += published(promo, ledger, mastodon(masto), again=True)
    assert states(outcomes)[2:] == ["failed", "failed"]
    said = caplog.text + repr(outcomes) + repr(account)
    assert_unsaid(said, tmp_path, PASSWORD, TOKEN, "access-jwt-", "refresh-jwt-", "service-jwt-")


def test_a_change_after_a_crash_finds_the_earlier_version(promo: Path, ledger: Ledger, pds: FakePds) -> None:
    """The answer was lost and looking failed too; the words are changed, and still there is one post."""
    pds.fault("putRecord", "cut-after")
    pds.fault("getRecord", "500", times=5)
    assert states(published(promo, ledger, bluesky(pds))) == ["unsure"]
    reworded(promo, "bluesky.en", text="Other words.")
    assert states(published(promo, ledger, bluesky(pds))) == ["earlier version is out"]
    assert len(pds.records) == 1


@pytest.mark.parametrize(("hours", "state"), [(0.5, "refused"), (2, "unsure")])
def test_a_film_that_is_gone_proves_nothing(
    promo: Path, ledger: Ledger, masto: FakeMastodon, hours: float, state: str
) -> None:
    """Neither the film nor a post is there: within the hour the key is asked, later a person."""
    clock = Clock()
    masto.fault("POST /api/v1/statuses", "cut-before")
    masto.fault("GET /api/v1/accounts/42/statuses", "500", times=5)
    assert states(published(promo, ledger, mastodon(masto), clock=clock)) == ["unsure"]
    masto.media.clear()
    clock.sleep(hours * 3600)
    assert states(published(promo, ledger, mastodon(masto), clock=clock)) == [state]
    assert masto.posts == []


def test_signed_in_once_it_can_publish(
    promo: Path, ledger: Ledger, pds: FakePds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password is kept nowhere; a right one opens the account in later runs, with few sign-ins."""
    import keyring

    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setattr(keyring, "set_password", lambda service, name, word: kept.update({(service, name): word}))
    ours = OurAccounts(environ={})
    given = {"server": pds.url, "name": "@walks.test", "video": "none", "accounts": ours}
    with pytest.raises(ToolError, match="Invalid identifier"):
        sign_in("bluesky", secret=Secret("wrong-password"), **given)
    assert kept == {}
    sign_in("bluesky", secret=Secret(PASSWORD), **given)
    for alt in ("A first description.", "A second description."):
        reworded(promo, "bluesky.en", alt=alt)
        orders = Orders(approved_required=False, again=True, only=("bluesky",), who="tester")
        assert states(publish([promo], ledger=ledger, accounts=OurAccounts(environ={}), orders=orders)) == ["published"]
    assert pds.count("createSession") == 2


def test_what_is_approved_goes_out_and_nothing_else(
    promo: Path, ledger: Ledger, pds: FakePds, masto: FakeMastodon
) -> None:
    """An approval is of every byte: another cover or subtitle is not approved."""
    clock = Clock()
    desk = Desk(ledger=ledger, login="maker")
    for stem in ("bluesky.en", "mastodon.en"):
        (promo / f"{stem}.post.txt").write_text(TEXT + "\n", encoding="utf-8")
    code = desk.record(promo, now=clock(), by="M. Aker")
    desk.answer(promo, Answer(decision="approve", by="A. Khan"), now=clock(), code=code)
    cover = (promo / "mastodon.en.jpg").read_bytes()
    (promo / "mastodon.en.jpg").write_bytes(b"another")
    given, orders = Given(bluesky(pds), mastodon(masto)), Orders(who="tester")
    assert states(publish([promo], ledger=ledger, accounts=given, orders=orders)) == ["not approved"] * 2
    (promo / "mastodon.en.jpg").write_bytes(cover)
    assert states(publish([promo], ledger=ledger, accounts=given, orders=orders)) == ["published"] * 2
    with ledger.reading() as book:
        assert book.verify() is None
        assert {event.code for event in book.events(kind="post.done")} == {code}


RUN = """
import os, signal, sys
from pathlib import Path
from pipeline import http_door
from pipeline.accounts import Account, MemoryVault
from pipeline.ledger import Ledger
from pipeline.publishers import Pace
from pipeline.publishing import Orders, publish
from pipeline.secret import Secret
state, folder, service, server, video, at, when = sys.argv[1:]
count, send = 0, http_door.Door.send
def killed(self, request):
    global count
    count += 1
    if count == int(at) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = send(self, request)
    if count == int(at) and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
http_door.Door.send = killed
given = {"app_password": Secret("abcd-efgh-ijkl-mnop"), "token": Secret("masto-token-123456")}
name = "walks.test" if service == "bluesky" else "walks"
account = Account(service=service, server=server, name=name, settings={"video": video}, vault=MemoryVault(given))
class Given:
    def of(self, wanted, which=""): return account if wanted == service else None
orders = Orders(approved_required=False, who="t", only=(service,), pace=Pace(poll_s=0.01), patience_s=60)
for one in publish([Path(folder)], ledger=Ledger(Path(state)), accounts=Given(), orders=orders):
    print(one.state)
print("calls", count)
"""


def process(ledger: Ledger, promo: Path, account: Account, at: int = 0, when: str = "") -> subprocess.Popen[str]:
    """One run in a process of its own, which kills itself `when` ("before", "after") its call number `at`."""
    words = (ledger.path, promo, account.service, account.server, account.settings.get("video", "none"), at, when)
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(HOME)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def outcome_of(run: subprocess.Popen[str]) -> str:
    out, err = run.communicate(timeout=60)
    assert not err, err
    return out


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize("network", ["bluesky", "video", *KINDS])
def test_killed_at_any_call_it_is_posted_once(promo: Path, tmp_path: Path, network: str) -> None:
    """Killed before, during or after any call of a post, and run again: one post, and the second run says so."""

    def start(folder: Path) -> Stage:
        server: Any = FakeMastodon(network) if network in KINDS else FakePds()
        video = FakeVideo(server, polls=1) if network == "video" else None
        ledger = Ledger(folder / "ledger.sqlite")
        account = mastodon(server) if network in KINDS else bluesky(server, video.url if video else "none")
        return Stage(
            servers=[server, video] if video else [server],
            run=lambda: states(published(promo, ledger, account)),
            posts=lambda: len(server.posts if network in KINDS else server.records),
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", may_ask=network == "snac") >= 15


LATER = timedelta(hours=3)


@pytest.mark.parametrize("masto", ["mastodon", "gotosocial"], indirect=True)
def test_a_server_that_holds_posts_gets_it_early(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """It waits at the server, is said to be scheduled and no more, and is published when it was read back."""
    clock = Clock()
    at = clock() + LATER
    for _ in range(2):
        assert states(published(promo, ledger, mastodon(masto), clock=clock, at=at)) == ["scheduled"]
        assert (len(masto.held), len(masto.posts), masto.count("/api/v1/statuses", "POST")) == (1, 0, 1)
    clock.ahead = LATER
    masto.show_held()
    (outcome,) = published(promo, ledger, mastodon(masto), clock=clock)
    assert (outcome.state, outcome.address) == ("published", masto.posts[0]["url"])
    assert states(published(promo, ledger, mastodon(masto), clock=clock)) == ["already published"]


@pytest.mark.parametrize("masto", ["hollo", "snac"], indirect=True)
def test_a_server_that_does_not_hold_posts_gets_nothing_early(
    promo: Path, ledger: Ledger, masto: FakeMastodon, pds: FakePds
) -> None:
    """Some post at once whatever time is asked for: nothing is sent to them, nor to Bluesky, before its time."""
    at = datetime.now(UTC) + LATER
    assert states(published(promo, ledger, mastodon(masto), bluesky(pds), at=at)) == ["waiting", "waiting"]
    assert masto.count("", "POST") == 0
    assert pds.records == {}


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_of_a_held_post_is_looked_up(promo: Path, ledger: Ledger, masto: FakeMastodon, how: str) -> None:
    """It is found among those that wait."""
    masto.fault("POST /api/v1/statuses", how, 0.1 if how == "slow" else None)
    assert states(published(promo, ledger, mastodon(masto), at=datetime.now(UTC) + LATER)) == ["scheduled"]
    assert (len(masto.held), len(masto.posts)) == (1, 0)


def test_a_held_post_is_taken_back_and_may_be_sent_again(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """Nothing waits at the server afterwards; at its time it goes out from here, once."""
    clock = Clock()
    published(promo, ledger, mastodon(masto), clock=clock, at=clock() + LATER)
    orders = Orders(who="tester", pace=Pace(sleep=clock.sleep, clock=clock))
    (gone,) = take_back(ledger, accounts=Given(mastodon(masto)), orders=orders)
    assert (gone.state, masto.held, masto.posts) == ("taken back", {}, [])
    assert take_back(ledger, accounts=Given(mastodon(masto)), orders=orders) == []
    assert states(published(promo, ledger, mastodon(masto), clock=clock)) == ["published"]
    assert len(masto.posts) == 1


def test_what_cannot_be_taken_back_is_said(promo: Path, ledger: Ledger, masto: FakeMastodon) -> None:
    """Nobody is signed in, or the server does not answer: the officer is told what to do, and by when."""
    published(promo, ledger, mastodon(masto), at=datetime.now(UTC) + LATER)
    masto.fault("DELETE", "500", times=9)
    clock = Clock()
    orders = Orders(who="tester", pace=Pace(sleep=clock.sleep, clock=clock))
    for accounts in (Given(), Given(mastodon(masto))):
        (kept,) = take_back(ledger, accounts=accounts, orders=orders)
        assert (kept.state, len(masto.held)) == ("failed", 1)
        assert "could not be taken back" in kept.words
        assert "before" in kept.remedy


def test_another_version_or_time_takes_the_place_of_the_held_one(
    promo: Path, ledger: Ledger, masto: FakeMastodon
) -> None:
    """There is one post waiting, the newest, at the newest time."""
    at = datetime.now(UTC) + LATER
    published(promo, ledger, mastodon(masto), at=at)
    published(promo, ledger, mastodon(masto), at=at + LATER)
    (held,) = masto.held.values()
    assert abs(datetime.fromisoformat(held["scheduled_at"]) - at - LATER) < timedelta(seconds=2)
    reworded(promo, "mastodon.en", alt="Another pond.")
    assert states(published(promo, ledger, mastodon(masto), at=at)) == ["scheduled"]
    (held,) = masto.held.values()
    assert held["media_attachments"][0]["description"] == "Another pond."
    assert masto.posts == []


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
def test_killed_at_any_call_it_waits_once(promo: Path, tmp_path: Path) -> None:
    """As for posts: one waits at the server, whenever the run died."""

    def start(folder: Path) -> Stage:
        server, ledger = FakeMastodon(), Ledger(folder / "ledger.sqlite")
        at = datetime.now(UTC) + LATER
        return Stage(
            servers=[server],
            run=lambda: states(published(promo, ledger, mastodon(server), at=at)),
            posts=lambda: len(server.posts) + len(server.held),
        )

    assert posted_once_wherever_it_dies(start, tmp_path / "cells", final=("scheduled",)) >= 15


def test_a_further_account_has_its_own_posts(
    promo: Path, ledger: Ledger, masto: FakeMastodon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--as parks` the post goes to that account, though the first has it already; without it there is none."""
    other = FakeMastodon("mastodon", token="parks-token-123456")
    monkeypatch.setenv("MAKE_PROMO_MASTODON_SERVER", masto.url)
    monkeypatch.setenv("MAKE_PROMO_MASTODON_TOKEN", TOKEN)
    monkeypatch.setenv("MAKE_PROMO_MASTODON__PARKS_SERVER", other.url)
    monkeypatch.setenv("MAKE_PROMO_MASTODON__PARKS_TOKEN", other.token)
    told = {}
    try:
        for which in ("", "parks", "parks", "museum"):
            orders = Orders(approved_required=False, who="t", only=("mastodon",), which=which, pace=Pace(poll_s=0.01))
            (one,) = publish([promo], ledger=ledger, accounts=OurAccounts(), orders=orders)
            told.setdefault(which, []).append(one.state)
    finally:
        other.stop()
    assert told == {"": ["published"], "parks": ["published", "already published"], "museum": ["no account"]}
    assert (len(masto.posts), len(other.posts)) == (1, 1)
    assert one.remedy == "make-promo login mastodon --as museum"


def rewritten(folder: Path, stem: str, **values: Any) -> None:
    path = folder / f"{stem}.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def test_nothing_is_posted_after_the_end_of_the_musics_licence(
    promo: Path, ledger: Ledger, masto: FakeMastodon
) -> None:
    """The last day counts, also for a post that the network would hold until a day after it."""
    today = datetime.now(UTC).astimezone().date()
    rewritten(promo, "mastodon.en", until=(today - timedelta(days=1)).isoformat())
    (outcome,) = published(promo, ledger, mastodon(masto))
    assert (outcome.state, masto.requests) == ("refused", [])
    assert "licence of its music" in outcome.words
    rewritten(promo, "mastodon.en", until=today.isoformat())
    late = datetime.now(UTC) + timedelta(days=2)
    assert states(published(promo, ledger, mastodon(masto), at=late)) == ["refused"]
    assert states(published(promo, ledger, mastodon(masto))) == ["published"]


def test_languages_of_a_pair_go_out_together_or_not_at_all(
    promo: Path, ledger: Ledger, masto: FakeMastodon, film: bytes
) -> None:
    """What forbids the Welsh version holds the English one too."""
    clip(promo, "mastodon", "cy", data=film, size=(64, 48), text=TEXT, alt="")
    for lang in ("en", "cy"):
        rewritten(promo, f"mastodon.{lang}", pair=["en", "cy"])
    first, second = published(promo, ledger, mastodon(masto))
    assert (first.state, second.state, masto.requests) == ("refused", "refused", [])
    assert "together with mastodon.cy" in second.words
    reworded(promo, "mastodon.cy", alt="Pwll rhwng y coed.")
    assert states(published(promo, ledger, mastodon(masto))) == ["published", "published"]


@pytest.mark.parametrize("network", ["bluesky", "snac"])
def test_two_processes_post_once(promo: Path, ledger: Ledger, network: str) -> None:
    """Two at the same moment, with a slow server: one posts, the other finds it posted."""
    server: Any = FakePds() if network == "bluesky" else FakeMastodon("snac")
    account = bluesky(server) if isinstance(server, FakePds) else mastodon(server)
    server.fault("putRecord", "slow", 1)
    server.fault("POST /api/v1/statuses", "slow", 1)
    try:
        runs = [process(ledger, promo, account) for _ in range(2)]
        said = sorted(outcome_of(run).split("\n")[0] for run in runs)
        assert said == ["already published", "published"]
        assert len(server.records if isinstance(server, FakePds) else server.posts) == 1
    finally:
        server.stop()


@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3), timedelta(days=100)])
def test_a_wrong_clock_changes_nothing(promo: Path, ledger: Ledger, network: str, ahead: timedelta) -> None:
    """Hours or months out, with an expired token, a limit and a lost answer: there is one post."""
    server: Any = FakePds() if network == "bluesky" else FakeMastodon("mastodon")
    account = bluesky(server) if network == "bluesky" else mastodon(server)
    clock = Clock()
    clock.ahead = ahead
    try:
        if network == "bluesky":
            server.fault("uploadBlob", "expired")
        server.fault("putRecord" if network == "bluesky" else "POST /api/v1/statuses", "cut-after")
        server.fault("uploadBlob" if network == "bluesky" else "/api/v2/media", "429-date", 20)
        first = published(promo, ledger, account, clock=clock)
        if states(first) == ["waiting"]:
            assert first[0].until is not None
            assert timedelta(0) < first[0].until - clock() < timedelta(minutes=2)  # by the server's clock, not by ours
            clock.sleep(120)
            first = published(promo, ledger, account, clock=clock)
        assert states(first) == ["published"]
        assert len(server.records if network == "bluesky" else server.posts) == 1
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are of POSIX")
@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_a_disk_that_fills_at_any_moment_makes_no_second_post(promo: Path, tmp_path: Path, network: str) -> None:
    """The ledger can grow no further, wherever it stands: nothing is sent that cannot be written down; with room again
    the next run finds or makes the one post."""
    cells = [_filled(promo, tmp_path / str(limit), network, limit) for limit in range(0, _MOST_LEDGER, 24_576)]
    stopped = [posts for posts, told in cells if told.startswith("error")]
    assert 0 in stopped
    assert cells[-1] == (1, "published"), "the last of these disks should have room enough"


_MOST_LEDGER = 180_000  # bytes: more than the ledger of one post takes while it is written


def _filled(promo: Path, folder: Path, network: str, limit: int) -> tuple[int, str]:
    """How many posts there were when no file could grow beyond `limit` bytes, and what the run said."""
    folder.mkdir()
    server: Any = FakePds() if network == "bluesky" else FakeMastodon("gotosocial")
    account = bluesky(server) if network == "bluesky" else mastodon(server)
    ledger = Ledger(folder / "ledger.sqlite")

    def posts() -> int:
        return len(server.records if network == "bluesky" else server.posts)

    def run(most: int | None) -> list[str]:
        import resource

        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        try:
            return states(published(promo, ledger, account))
        except ToolError as error:
            return [f"error {error}"]

    try:
        first = forked(Stage(servers=[server], run=lambda: run(limit), posts=posts))
        count = posts()
        end = forked(Stage(servers=[server], run=lambda: run(None), posts=posts))
        assert (end.states[0] in ("published", "already published"), posts()) == (True, 1), (limit, first, count, end)
        return count, first.states[0]
    finally:
        server.stop()


def test_a_locked_ledger_sends_nothing(promo: Path, tmp_path: Path, pds: FakePds) -> None:
    """Another program holds the ledger and does not let go: a sentence, and no request at all."""
    ledger = Ledger(tmp_path / "state" / "ledger.sqlite", patience_s=0.2)
    with ledger.writing():
        pass
    holder = sqlite3.connect(ledger.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(ToolError, match="ledger"):
            published(promo, ledger, bluesky(pds))
    finally:
        holder.close()
    assert pds.requests == []
    assert states(published(promo, ledger, bluesky(pds))) == ["published"]
