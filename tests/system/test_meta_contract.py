"""Meta's own field lists (its SDK of the same Graph version) against what we send, and what the Graph's errors mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import facebook_business
import pytest
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.adobjects.application import Application
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi, FacebookRequest, FacebookSession

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Answer, FileBody, Request, Unanswered
from pipeline.posts import Captions, Post
from pipeline.publishers import Failure, Pace
from pipeline.publishers.facebook import Facebook, rehearsal
from pipeline.publishers.facebook_captions import locale_of
from pipeline.publishers.facebook_status import standing_of
from pipeline.publishers.meta import VERSION, Graph, carried, problem, refuse_strangers, uploaded
from pipeline.secret import Secret

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGE, APP = "106001112223334", "9988776655"
PACE = Pace(sleep=lambda _: None, clock=lambda: NOW, polls=2)
PAGING = {"fields", "limit", "after"}  # of every edge that is read


@dataclass
class Recorder:
    """A door that answers as a dry run does, and keeps what was asked, and what the SDK does not know of it."""

    requests: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        self.faults += faults(request)
        return Answer(status=200, body=json.dumps(rehearsal(request)).encode())


@pytest.fixture
def post(tmp_path: Path) -> Post:
    (tmp_path / "clip.mp4").write_bytes(b"film")
    (tmp_path / "clip.jpg").write_bytes(b"picture")
    return Post(
        promo="fryent", platform="facebook-reel", service="facebook", lang="en", clip=tmp_path / "clip.mp4",
        sha256="0" * 64, bytes=4, width=1080, height=1920, duration=Fraction(20), text="Words.", alt="A pond.",
        title="Fryent", captions=Captions(lang="en", vtt=b"WEBVTT", srt=b"1\n"), cover=tmp_path / "clip.jpg",
        cover_sha256="2c6519cd41ec99de54f34b0bc7a8b5a6b4e9b2a2ad0f3e0b4d0c8e6a1f7f3a4b",
    )  # fmt: skip


def wide(post: Post) -> Post:
    """The same post as a video that is no reel."""
    import hashlib

    digest = hashlib.sha256(b"picture").hexdigest()
    return Post(**{**vars(post), "platform": "facebook-feed", "width": 1920, "height": 1080, "cover_sha256": digest})


def run(post: Post, at: datetime | None) -> Recorder:
    """All that is asked for one post, from opening the Page to taking the post back."""
    door, vault = Recorder(), MemoryVault({"token": Secret("EAAG" + "t" * 60)})
    settings = {"page": PAGE, "app": APP}
    account = Account(service="facebook", server="https://graph.facebook.com", settings=settings, vault=vault)
    network = Facebook(account, door, PACE)
    network.open()
    frozen = network.freeze(post, network.prepare(post, {}, lambda _: None), "attempt", at)
    remote = network.go(frozen)
    network.proof(frozen, remote)
    network.look(frozen, NOW)
    network._graph.delete(remote)
    return door


def sdk(request: Request) -> tuple[FacebookRequest, type[Any]] | None:
    """The SDK's own form of a request, unsent, and whose fields its answer has; None for what its lists leave out."""
    api = FacebookAdsApi(FacebookSession(access_token="none"))
    parts = urlsplit(request.url).path.strip("/").split("/")
    if parts[0] != VERSION or parts[-1].startswith("upload:"):
        return None
    what, *edge = parts[1:]
    node = (
        Application(what, api=api) if what == APP else Page(what, api=api) if what == PAGE else AdVideo(what, api=api)
    )
    names = {
        ("GET", ()): "api_get",
        ("DELETE", ()): "api_delete",
        ("POST", ("video_reels",)): "create_video_reel",
        ("POST", ("videos",)): "create_video",
        ("GET", ("videos",)): "get_videos",
        ("GET", ("captions",)): "get_captions",
        ("POST", ("captions",)): "create_cap_t_i_on",
        ("POST", ("uploads",)): "create_upload",
    }
    made = getattr(node, names[request.method, tuple(edge)])(pending=True)
    assert made._path == (what, "/".join(edge)), "another address than the SDK's"
    assert made._method == request.method
    return made, AdVideo if what != PAGE or edge else Page


def faults(request: Request) -> list[str]:
    """What the SDK does not know of a request's parameters and fields."""
    found = sdk(request)
    if found is None:
        return []
    made, target = found
    sent: Mapping[str, Any] = request.json or request.form or {}
    told, checker = {**request.params, **sent}, made._param_checker
    bad = []
    for name, value in told.items():
        given = str(value.path) if isinstance(value, FileBody) else value
        if name in PAGING and request.method == "GET":
            continue
        if not checker.is_valid_key(name):
            bad.append(f"unknown parameter {name}")
        elif (
            not checker.is_valid_pair(name, given) and checker.get_type(name) != "Object"
        ):  # that is what it calls texts
            bad.append(f"{name} may not be {given!r}")
    known = {value for key, value in vars(target.Field).items() if not key.startswith("_")}
    if "captions" not in request.url:  # of these the SDK has no fields
        asked = set(filter(None, str(request.params.get("fields", "")).split(",")))
        bad += [f"unknown field {name}" for name in sorted(asked - known)]
    return bad


@pytest.mark.parametrize("at", [None, NOW + timedelta(days=2)])
@pytest.mark.parametrize("kind", ["reel", "video"])
def test_the_sdk_knows_all_that_we_send(post: Post, kind: str, at: datetime | None) -> None:
    """Every parameter, value, field and address of every request is one of Meta's lists."""
    door = run(post if kind == "reel" else wide(post), at)
    assert door.faults == []
    edges = {urlsplit(one.url).path.rpartition("/")[2] for one in door.requests if sdk(one)}
    assert edges >= {"captions"} | ({"video_reels"} if kind == "reel" else {"videos", "uploads"})


def test_the_version_is_the_sdks() -> None:
    """Lists of another version would prove nothing."""
    assert FacebookAdsApi.API_VERSION == VERSION
    assert Path(facebook_business.__file__).is_file()


def test_what_is_misspelt_is_found(post: Post) -> None:
    """A wrong name, a wrong word, a wrong kind of value and a wrong field each fail."""
    (finish,) = [one for one in run(post, None).requests if one.json and one.json.get("upload_phase") == "finish"]

    def after(**changed: Any) -> list[str]:
        return faults(Request(method="POST", url=finish.url, json={**finish.json, **changed}))

    assert after() == []
    assert after(state="PUBLISHED") == ["unknown parameter state"]
    assert after(upload_phase="finsh") == ["upload_phase may not be 'finsh'"]
    assert after(video_state="published") == ["video_state may not be 'published'"]
    assert after(is_ai_generated="perhaps") == ["is_ai_generated may not be 'perhaps'"]
    node = Request(method="GET", url=f"https://graph.facebook.com/{VERSION}/123", params={"fields": "id,permalink"})
    assert faults(node) == ["unknown field permalink"]


def error(code: Any, *, status: int = 400, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
    body = {"error": {"message": "(#1) Words", "type": "OAuthException", "code": code, **more}}
    return Answer(status=status, headers=headers or {}, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        *[(error(190, error_subcode=sub), "sign-in") for sub in (458, 460, 463, 467)],
        *[(error(code), "sign-in") for code in (10, 102, 190, 200, 230, 299)],
        *[(error(code), "wait") for code in (4, 9, 17, 32, 341, 613, 80001, 80002)],
        *[(error(code), "again") for code in (1, 2, "2", 1363047, 1609010)],
        *[(error(code), "account") for code in (368, 1346003, 1404102, 1404078, 4854002)],
        *[(error(code), "fix") for code in (100, 6000, 1363040, 1363127, 1363128, 1363129, 1609008, 2061006, 2069019)],
        (error(1390008), "wait"),
        (error(100, error_subcode=1363040), "fix"),
        (error(100, error_subcode=1390008), "wait"),  # the subcode comes first
        (error(2, error_subcode=1404078), "account"),
        (error(100, error_subcode=33), "fix"),
        (error(100, error_subcode=4), "fix"),  # 4 is a code, and no subcode
        (error(987654, is_transient=True), "again"),
        (error(987654), "fix"),
        (error(987654, status=503), "again"),
        (error(190, status=500), "sign-in"),
        (error(True), "fix"),
        (error(None), "fix"),
        (Answer(status=500, body=b"<html>"), "again"),
        (Answer(status=400, body=b"[]"), "fix"),
        (Answer(status=429), "wait"),
    ],
)
def test_an_error_says_what_to_do(answer: Answer, kind: str) -> None:
    """By subcode, then code, then whether it calls itself passing; a wait has an end, and a sign-in says how."""
    failure = problem(answer, NOW, "Facebook")
    assert failure.kind == kind
    assert failure.words.startswith("Facebook says: ")
    assert (failure.until is not None) == (kind == "wait")
    assert kind != "sign-in" or "make-promo login" in failure.remedy


def test_a_network_has_meanings_of_its_own() -> None:
    """They come before the common ones, by subcode and by code."""
    more: dict[int, Any] = {2207057: ("fix", "another moment"), 24: ("restart", "")}
    assert problem(error(1, error_subcode=2207057), NOW, "Instagram", more=more).kind == "fix"
    assert problem(error(24), NOW, "Instagram", more=more).kind == "restart"
    assert problem(error(1), NOW, "Instagram", more=more).kind == "again"
    assert problem(error(190), NOW, "Instagram", more=more).remedy == "make-promo login instagram"


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"x-business-use-case-usage": '{"1": [{"type": "pages", "estimated_time_to_regain_access": 7}]}'}, 7),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": 7}, {"x": {}}], "2": []}'}, 7),
        ({"x-app-usage": '{"call_count": 100, "estimated_time_to_regain_access": 11}'}, 11),
        ({"x-app-usage": '{"call_count": 100}', "retry-after": "180"}, 3),
        ({"x-app-usage": '{"call_count": 100}'}, 60),
        ({"x-app-usage": '{"estimated_time_to_regain_access": 1e99}'}, 60),
        ({"x-app-usage": '{"estimated_time_to_regain_access": 99999999999}'}, 2 * 24 * 60),
        ({"x-business-use-case-usage": "[" * 100_000}, 60),
        ({"x-business-use-case-usage": '"no"', "x-app-usage": "null"}, 60),
    ],
)
def test_waits_are_read_from_the_headers(headers: Mapping[str, str], minutes: int) -> None:
    """In minutes, the longest of all; else Retry-After, else an hour; never for longer than two days."""
    until = problem(error(4, headers=headers), NOW, "Facebook").until
    assert until == NOW + timedelta(minutes=minutes)


def test_its_words_for_people_are_told_without_tokens() -> None:
    """`error_user_msg` before `message`, on one line, without what we sent and without what looks like a token."""
    answer = error(100, error_user_msg=f"Your\nclip my-token-12 EAAG{'x' * 60} is bad")
    words = problem(answer, NOW, "Facebook", secrets=(Secret("my-token-12"),)).words
    assert words == "Facebook says: Your clip ••• ••• is bad"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x",
        "https://facebook.com.example.org/x",
        "https://rupload.facebook.com@example.org/x",
        "https://rupload.facebook.com:444/x",
        "https://evil-facebook.com/x",
        "http://rupload.facebook.com/x",
        "https://example.org\\@rupload.facebook.com/x",
        "https://example.org#.facebook.com/x",
        "http://127.0.0.1:80801/x",
        "//rupload.facebook.com/x",
        "",
        "https://[::1",
    ],
)
def test_bytes_and_tokens_go_to_metas_hosts_alone(url: str, tmp_path: Path) -> None:
    """Nothing is sent to an address that is neither Facebook's nor the given one."""
    door = Recorder()
    (tmp_path / "clip").write_bytes(b"film")
    with pytest.raises(Failure, match="not its own"):
        uploaded(door, PACE, url, Secret("token"), FileBody(path=tmp_path / "clip"), 0, base="http://127.0.0.1:8080")
    assert door.requests == []


@pytest.mark.parametrize("url", ["https://rupload.facebook.com/video-upload/v26.0/1", "http://127.0.0.1:8080/x"])
def test_the_rest_of_a_film_is_sent_from_where_it_was_cut(url: str, tmp_path: Path) -> None:
    """With the whole size, the offset, and the token by the word OAuth."""
    door = Recorder()
    (tmp_path / "clip").write_bytes(b"film and more")
    door.send = lambda request: (door.requests.append(request), Answer(status=200, body=b'{"success": true}'))[1]  # type: ignore[method-assign]
    uploaded(door, PACE, url, Secret("token"), FileBody(path=tmp_path / "clip"), 5, base="http://127.0.0.1:8080")
    (request,) = door.requests
    assert request.headers == {"offset": "5", "file_size": "13"}
    assert (request.scheme, request.bearer) == ("OAuth", Secret("token"))
    assert isinstance(request.body, FileBody)
    assert b"".join(request.body.pieces()) == b"and more"
    refuse_strangers(url, "http://127.0.0.1:8080/", "Facebook")


def test_an_upload_goes_on_while_it_gets_on() -> None:
    """Twenty cuts are no reason to stop while each time more has arrived; five without anything are."""
    arrived, starts = [0], []

    def send(start: int) -> None:
        starts.append(start)
        if start < 20:
            arrived[0] += 1
            raise Failure("again", "cut")

    carried(lambda: arrived[0], send, PACE)
    assert starts == list(range(21))
    count = []

    def fail(start: int) -> None:
        count.append(start)
        raise Failure("again", "cut")

    with pytest.raises(Failure):
        carried(lambda: 7, fail, PACE)
    assert len(count) == 10


def graph(*answers: Answer | Unanswered) -> tuple[Graph, list[Request]]:
    left, requests = list(answers), []

    class Given:
        def send(self, request: Request) -> Answer:
            requests.append(request)
            answer = left.pop(0)
            if isinstance(answer, Unanswered):
                raise answer
            return answer

    vault = MemoryVault({"token": Secret("token-1234")})
    account = Account(service="facebook", server="https://graph.facebook.com", vault=vault)
    return Graph(account, Given(), PACE, label="Facebook", base="https://graph.facebook.com/v26.0/"), requests


OK = Answer(status=200, body=b'{"id": "1"}')


def test_a_call_that_may_be_repeated_is() -> None:
    """Passing errors, 5xx and lost answers are sat out; what is wrong for good is given to the caller."""
    asked, requests = graph(
        error(2), Answer(status=502), Unanswered("cut", heard=True), error(4711, is_transient=True), OK
    )
    assert asked.post("/1/x", {"a": 1}).status == 200
    assert len(requests) == 5
    assert requests[0].url == "https://graph.facebook.com/v26.0/1/x"
    assert requests[0].bearer == Secret("token-1234")
    asked, requests = graph(error(100))
    assert asked.get("1").status == 400
    asked, requests = graph(*[error(2)] * 5)
    with pytest.raises(Failure) as raised:
        asked.get("1")
    assert (raised.value.kind, len(requests)) == ("again", 5)


@pytest.mark.parametrize("lost", [error(1), error(2), Answer(status=500), Unanswered("cut", heard=True)])
def test_a_public_call_is_made_once(lost: Answer | Unanswered) -> None:
    """Whatever leaves open whether it was done is `unknown`, the passing codes too."""
    asked, requests = graph(lost, OK)
    with pytest.raises(Failure) as raised:
        asked.post("1/x", {}, public=True)
    assert (raised.value.kind, len(requests)) == ("unknown", 1)


@pytest.mark.parametrize("sure", [error(100), error(4), error(190, status=401)])
def test_a_refused_public_call_is_an_answer(sure: Answer) -> None:
    """The caller knows that nothing is out."""
    asked, _ = graph(sure)
    assert asked.post("1/x", {}, public=True).status == sure.status


def status(state: str = "processing", **phases: Any) -> dict[str, Any]:
    return {"status": {"video_status": state, **{f"{name}_phase": value for name, value in phases.items()}}}


@pytest.mark.parametrize(
    ("values", "shown", "taken"),
    [
        (status("upload_complete"), "processing", False),
        (status(publishing={"status": "not_started"}), "processing", False),
        (status(publishing={"status": "not_started", "publish_status": "draft"}), "processing", False),
        (status("ready", publishing={"status": "complete", "publish_status": "draft"}), "draft in the app", True),
        (status(publishing={"status": "not_started", "publish_status": "scheduled"}), "scheduled", True),
        (status(publishing={"status": "not_started", "publish_status": "published"}), "processing", True),
        (status("ready", publishing={"status": "complete", "publish_status": "published"}), "published", True),
        (status("ready", publishing={"status": "complete"}), "published", True),
        ({**status("ready"), "published": True}, "published", False),
        ({**status("ready"), "published": False}, "draft in the app", False),
        ({**status("ready"), "published": False, "scheduled_publish_time": 1}, "scheduled", False),
        (status("ready"), "processing", False),
        ({}, "processing", False),
        ({"status": "ready"}, "processing", False),
    ],
)
def test_no_more_is_said_than_was_read(values: dict[str, Any], shown: str, taken: bool) -> None:
    """Published is what Facebook calls published; what it leaves out is still being worked on."""
    found = standing_of(values)
    assert (found.shown, found.taken) == (shown, taken)


def test_bytes_are_read_in_both_spellings() -> None:
    """The documents write one r, the answers two; nonsense is none."""
    for name, value, count in (("transfered", 7, 7), ("transferred", 8, 8), ("transferred", "x", 0), ("x", 1, 0)):
        found = standing_of(status("uploading", uploading={"status": "in_progress", f"bytes_{name}": value}))
        assert (found.bytes, found.up) == (count, False)
    assert standing_of(status("uploading", uploading={"status": "complete"})).up
    assert standing_of(status("upload_complete")).up


@pytest.mark.parametrize(
    ("values", "trouble"),
    [
        (status(processing={"status": "error", "error": {"message": "bad"}}), "bad"),
        (status(uploading={"status": "error", "errors": [{"code": 1, "message": "odd\x1b"}]}), "odd "),
        (status(publishing={"status": "error"}), "it does not say why"),
        (status("error"), "it does not say why"),
        (status("ready"), ""),
    ],
)
def test_what_is_wrong_with_a_video_is_told(values: dict[str, Any], trouble: str) -> None:
    """In any phase, in both of the ways that it is written."""
    assert standing_of(values).trouble == trouble


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("/reel/1/", "https://www.facebook.com/reel/1/"),
        ("https://www.facebook.com/x/videos/1/", "https://www.facebook.com/x/videos/1/"),
        ("https://example.org/reel/1/", ""),
        ("//example.org/reel", ""),
        ("javascript:alert(1)", ""),
        ("https://[bad", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_addresses_are_facebooks(given: Any, address: str) -> None:
    """A path becomes an address; another's address is not told."""
    assert standing_of({"permalink_url": given}).address == address


@pytest.mark.parametrize(
    ("lang", "locale"),
    [
        ("en", "en_GB"), ("en-US", "en_US"), ("cy", "cy_GB"), ("ga", "ga_IE"), ("pl", "pl_PL"), ("gu", "gu_IN"),
        ("ar", "ar_AR"), ("bn", "bn_IN"), ("ur", "ur_PK"), ("so", "so_SO"), ("pt", "pt_BR"), ("pt-PT", "pt_PT"),
        ("zh", "zh_CN"), ("zh-Hant", "zh_TW"), ("zh-Hans-TW", "zh_TW"), ("no", "nb_NO"), ("qqq", "qqq"),
    ],
)  # fmt: skip
def test_a_language_has_a_locale(lang: str, locale: str) -> None:
    """The likely country of a language, save where Facebook has its own."""
    assert locale_of(lang) == locale
