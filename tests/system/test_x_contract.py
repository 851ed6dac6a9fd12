"""What is sent to X against the models that X generates from its own published description (package `xdk`, for tests
only), and the words of a post: what becomes of their link, what it costs, and when two posts say the same."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from xdk import schemas
from xdk.posts.client import PostsClient
from xdk.users.client import UsersClient

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Answer, Request
from pipeline.posts import Captions, Post, tagged
from pipeline.publishers import Pace, x_upload
from pipeline.publishers.x import X, rehearsal
from pipeline.publishers.x_words import arranged, costs, language, says
from pipeline.secret import Secret

LINK = "https://www.example.gov.uk/walks/fryent"
TEXT = f"Five gentle miles.\n\nMore: {LINK} #WalkBrent"
MODELS = {
    "initialize": schemas.InitializeMediaUploadRequest,
    "append": schemas.AppendMediaUploadRequest,
    "metadata": schemas.CreateMediaMetadataRequest,
    "subtitles": schemas.CreateMediaSubtitlesRequest,
    "tweets": schemas.CreatePostsRequest,
}


def faults(kind: Any, value: Any, where: str = "$") -> Iterator[str]:
    """What `value` has that its model does not know, and what it lacks. The models alone would let all pass."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (kind,) = (part for part in parts if part is not type(None))
        yield from faults(kind, value, where)
    elif origin is Literal:
        if value not in parts:
            yield f"{where}: {value!r} is not one of {parts}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{where}: a list is wanted"
            return
        for number, one in enumerate(value):
            yield from faults(parts[0], one, f"{where}[{number}]")
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _of_model(kind, value, where)
    elif type(value) is not kind:
        yield f"{where}: {kind.__name__} is wanted, and {value!r} is none"


def _of_model(kind: type[BaseModel], value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: an object is wanted"
        return
    fields = kind.model_fields
    yield from (f"{where}.{name}: unknown" for name in value.keys() - fields.keys())
    for name, field in fields.items():
        if name in value:
            yield from faults(field.annotation, value[name], f"{where}.{name}")
        elif field.is_required():
            yield f"{where}.{name}: missing"


class Recorded:
    """A door that keeps what goes through it, and shows the post when it is read back."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        told: Mapping[str, Any] = rehearsal(request)
        if request.method == "GET" and "/2/tweets/" in request.url:
            told = {"data": {"id": "1", "text": "…"}}
        return Answer(status=200, body=json.dumps(told).encode())


@pytest.fixture
def post(tmp_path: Path) -> Post:
    clip, cover = tmp_path / "x.en.mp4", tmp_path / "x.en.jpg"
    clip.write_bytes(b"film" * 100)
    cover.write_bytes(b"picture")
    more = tagged(LINK, source="x", campaign="fryent", content="x.en")
    return Post(
        promo="fryent", platform="x", service="x", lang="en", clip=clip, sha256="0" * 64, bytes=400, width=1280,
        height=720, duration=Fraction(30), text=TEXT, alt="A pond.", link=LINK, tagged=more, cover=cover,
        cover_sha256="1", captions=Captions(lang="en", vtt=b"WEBVTT", srt=b"1"),
    )  # fmt: skip


@pytest.fixture
def sent(post: Post, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """All that one post with everything it can have asks of X."""
    monkeypatch.setattr(x_upload, "SEGMENT", 150)
    door = Recorded()
    settings = {"links": "reply", "made_with_ai": "yes", "paid_partnership": "yes", "reply_settings": "following"}
    vault = MemoryVault({"access": Secret("x-access-123456")})
    account = Account(service="x", server="https://api.x.com", name="walks", settings=settings, vault=vault)
    network = X(account, door, Pace(sleep=lambda _: None))
    network.open()
    assert network.refusals(post) == ()
    frozen = network.freeze(post, network.prepare(post, {}, lambda _: None), "1")
    network.proof(frozen, network.go(frozen))
    return door.requests


def body_of(request: Request) -> dict[str, Any]:
    """As JSON has it; of a form, the file is a word and the number a number."""
    if request.form:
        given = {name: part if isinstance(part, str) else "bytes" for name, part in request.form.items()}
        return {**given, "segment_index": int(given["segment_index"])}
    found: dict[str, Any] = json.loads(json.dumps(request.json))
    return found


def with_bodies(requests: list[Request]) -> list[tuple[str, dict[str, Any]]]:
    given = [one for one in requests if one.method == "POST" and (one.form or one.json is not None)]
    return [(one.url.rpartition("/")[2], body_of(one)) for one in given]


def test_every_body_is_as_X_describes_it(sent: list[Request]) -> None:
    """Each name, each type and each word of a list, down to the last one; none of the five kinds is missing."""
    bodies = with_bodies(sent)
    assert {name for name, _ in bodies} == set(MODELS)
    assert [fault for name, body in bodies for fault in faults(MODELS[name], body, name)] == []
    tweets = [body for name, body in bodies if name == "tweets"]
    assert [sorted(body) for body in tweets] == [
        ["made_with_ai", "media", "paid_partnership", "reply_settings", "text"],
        ["reply", "text"],
    ]


def _misspelt(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with one name or one value spoilt, at every place."""
    for name, value in body.items():
        rest = {other: body[other] for other in body if other != name}
        yield {**rest, f"{name}s": value}
        yield {**rest, name: 0.5}
        if isinstance(value, dict):
            yield from ({**rest, name: spoilt} for spoilt in _misspelt(value))
        if isinstance(value, list):
            yield {**rest, name: [*value, 7]}


def test_a_misspelt_name_would_be_noticed(sent: list[Request]) -> None:
    """Every name and every value of every body, spoilt one by one: each time a fault is found."""
    count = 0
    for name, body in with_bodies(sent):
        for spoilt in _misspelt(body):
            count += 1
            assert list(faults(MODELS[name], spoilt, name)), spoilt
    assert count > 60


def test_what_is_read_is_asked_for_as_X_describes_it(sent: list[Request]) -> None:
    """The addresses, the names of parameters, and the fields that may be asked for."""
    (one,) = (request for request in sent if "/2/tweets/" in request.url)
    for client, verb in ((PostsClient, PostsClient.get_by_id), (UsersClient, UsersClient.get_posts)):
        source = inspect.getsource(verb)
        assert all(f'arams["{name}"]' in source for name in one.params), client
        for name, given in one.params.items():
            known = inspect.signature(verb).parameters[name.replace(".", "_")].annotation
            assert set(given.split(",")) <= set(re.findall(r"['\"]([\w.]+)['\"]", str(known))), (client, name)
    assert all(name in inspect.signature(UsersClient.get_posts).parameters for name in ("since_id", "pagination_token"))
    assert "/2/users/{id}/tweets" in inspect.getsource(UsersClient.get_posts)
    assert "/2/tweets/{id}" in inspect.getsource(PostsClient.get_by_id)


@pytest.mark.parametrize(
    ("text", "links", "left", "moved"),
    [
        (TEXT, "text", "Five gentle miles.\n\nMore: {} #WalkBrent", ""),
        (TEXT, "reply", "Five gentle miles.\n\n#WalkBrent", "More: {}"),
        (TEXT, "none", "Five gentle miles.\n\n#WalkBrent", ""),
        (f"Miles.\n{LINK}\nThanks.", "reply", "Miles.\nThanks.", "{}"),
        (f"Miles.\n\nRhagor: {LINK}", "reply", "Miles.", "Rhagor: {}"),
        ("Miles.\n\nexample.gov.uk/walks", "reply", "Miles.", "example.gov.uk/walks"),
        ("No link at all: 2.5 miles e.g. today.", "reply", "No link at all: 2.5 miles e.g. today.", ""),
    ],
)
def test_the_link_goes_where_it_is_wanted(post: Post, text: str, links: str, left: str, moved: str) -> None:
    """Everything else stays as it was approved."""
    words = arranged(replace(post, text=text), links)
    assert words is not None
    assert (words.text, words.reply) == (left.format(post.tagged), moved.format(post.tagged))


@pytest.mark.parametrize(
    "text", [f"Miles.\nSee {LINK} for more.", f"See {LINK} for more.", f"Start at {LINK}", LINK, f"{LINK} is the page"]
)
def test_a_link_in_a_sentence_stays(post: Post, text: str) -> None:
    """A sentence that has lost its link says something else, and an empty post nothing."""
    assert arranged(replace(post, text=text), "reply") is None
    assert arranged(replace(post, text=text), "text") is not None


@pytest.mark.parametrize(
    ("text", "links", "alt", "told"),
    [
        ("Miles.", "text", False, "about $0.015: $0.015 the post;"),
        (TEXT, "text", True, "about $0.205: $0.20 the post, because it has a link, $0.005 its alternative text;"),
        ("Miles at example.gov.uk", "text", False, "about $0.20:"),
        (TEXT, "reply", False, "about $0.215: $0.015 the post, $0.20 the reply with the link;"),
    ],
)
def test_what_a_post_costs(post: Post, text: str, links: str, alt: bool, told: str) -> None:
    """By X's price list, link by link."""
    words = arranged(replace(post, text=text), links)
    assert words is not None
    assert told in costs(words, alt=alt)


@pytest.mark.parametrize(
    ("code", "found"),
    [("en", ("EN", "English")), ("cy", ("CY", "Cymraeg")), ("gla", ("GD", "Gàidhlig")), ("xx", ("XX", "Xx")),
     ("en-GB", ("EN", "English (United Kingdom)")), ("sco", None), ("zh-Hant", ("ZH", "中文 (繁體)"))],
)  # fmt: skip
def test_languages_have_two_capitals(code: str, found: tuple[str, str] | None) -> None:
    """And the name that their readers know; a language without such a code has none."""
    assert language(code) == found


def _read(text: str, *urls: tuple[str, str]) -> dict[str, Any]:
    return {"text": text, "entities": {"urls": [{"url": short, "expanded_url": whole} for short, whole in urls]}}


@pytest.mark.parametrize(
    ("text", "found", "same"),
    [
        ("Rain & sun", _read("Rain &amp; sun"), True),
        (f"More: {LINK}?a=1&copy=2", _read("More: https://t.co/1", ("https://t.co/1", f"{LINK}?a=1&copy=2")), True),
        ("At example.uk", _read("At https://t.co/1", ("https://t.co/1", "http://example.uk/")), True),
        ("Tŷ Mawr", _read("Ty\u0302 Mawr\n"), True),
        ("A", _read("A https://t.co/f", ("https://t.co/f", "https://x.com/w/status/12/video/1")), True),
        ("A", _read("A https://t.co/f", ("https://t.co/f", "https://x.com/w/status/12")), False),
        ("A", _read("B"), False),
        ("A", {}, False),
        ("A", {"text": "A", "entities": {"urls": [None, {"url": ""}, {"url": "https://t.co/2"}]}}, True),
    ],
)
def test_two_posts_that_say_the_same(text: str, found: dict[str, Any], same: bool) -> None:
    """X writes links, signs and spaces in its own way, and adds a link for the film."""
    assert says(found, text) is same
