"""What we send to YouTube, and what we read of its answers, held against Google's own description of the interface.

The description (discovery document) comes with the package google-api-python-client, which is needed for this alone.
"""

from __future__ import annotations

import copy
import email
import functools
import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Answer, FileBody, Request
from pipeline.networks import load
from pipeline.posts import Captions, Post
from pipeline.publishers import Pace
from pipeline.publishers import youtube_answers as answers
from pipeline.publishers.youtube import YouTube, rehearsal
from pipeline.publishers.youtube_words import mark
from pipeline.secret import Secret

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = NOW + timedelta(days=3)


@functools.cache
def document() -> dict[str, Any]:
    """The newest description that the package has."""
    spec = importlib.util.find_spec("googleapiclient")
    assert spec
    assert spec.origin, "install the package google-api-python-client (extra `test`)"
    path = Path(spec.origin).parent / "discovery_cache" / "documents" / "youtube.v3.json"
    return dict(json.loads(path.read_text("utf-8")))


@dataclass
class Recorder:
    """A door that keeps each request and gives the dry run's answers, or those of the test."""

    given: list[tuple[str, Answer]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    replies: list[tuple[Request, Answer]] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        name = f"{request.method} {urlsplit(request.url).path}"
        one = next((one for one in self.given if one[0] in name), None)
        if one:
            self.given.remove(one)
            return one[1]
        told = rehearsal(request)
        answer = told if isinstance(told, Answer) else Answer(status=200, body=json.dumps(told).encode())
        self.replies.append((request, answer))
        return answer


@pytest.fixture
def post(tmp_path: Path) -> Post:
    film, cover = tmp_path / "youtube.en.mp4", tmp_path / "youtube.en.jpg"
    film.write_bytes(b"a film")
    cover.write_bytes(b"\xff\xd8\xff\xe0")
    return Post(
        promo="fryent", platform="youtube", service="youtube", lang="en-GB", clip=film, bytes=6, width=64, height=48,
        sha256=hashlib.sha256(b"a film").hexdigest(), duration=Fraction(2), text="Five miles.", alt="A pond.",
        title="Fryent", hashtags=("WalkBrent",), cover=cover, cover_sha256="c" * 64,
        captions=Captions(lang="en-GB", vtt=b"WEBVTT\n", srt=b"1\n"),
    )  # fmt: skip


def sent(post: Post) -> Recorder:
    """Every kind of request that the publisher can make: the usual way, and those that cure something."""
    track = {"id": "track-1", "snippet": {"language": "en-gb", "trackKind": "standard"}}
    whole = {"id": "your-old-video", "snippet": {"tags": [mark(post)]}, "status": {"uploadStatus": "processed"}}
    door = Recorder()
    vault = MemoryVault({"access": Secret("a-token")})
    account = Account(service="youtube", server="https://www.googleapis.com", vault=vault)
    there = YouTube(account, door, Pace(sleep=lambda _: None, clock=lambda: NOW))
    there.open()
    frozen = there.freeze(post, there.prepare(post, {}, lambda _: None), "1", AT)
    there.look(frozen, NOW)
    there.proof(frozen, there.go(frozen))
    due = {"id": "your-video", "status": {"privacyStatus": "private", "publishAt": "2026-11-25T12:00:00Z"}}
    door.given.append(("GET /youtube/v3/videos", _listed(due)))
    there.withdraw(frozen, "your-video")
    door.given += [
        ("playlistItems", _listed({"contentDetails": {"videoId": "your-old-video"}})),
        ("GET /youtube/v3/videos", _listed(whole)),
        ("captions", Answer(status=409, body=b"{}")),
        ("GET /youtube/v3/captions", _listed(track)),
    ]
    there.go(there.freeze(post, there.prepare(post, {}, lambda _: None), "2"))
    assert not door.given, "a request that the test waits for was not made"
    return door


def _listed(item: Mapping[str, Any]) -> Answer:
    return Answer(status=200, body=json.dumps({"items": [item]}).encode())


# --- the contract


def method_of(request: Request) -> tuple[str, dict[str, Any]]:
    """The method of the interface that a request calls: its name and description."""
    return method_at(request.method, urlsplit(request.url).path)


def method_at(verb: str, path: str) -> tuple[str, dict[str, Any]]:
    path = path.removeprefix("/upload").lstrip("/")
    for resource in document()["resources"].values():
        for method in resource.get("methods", {}).values():
            if (method["path"], method["httpMethod"]) == (path, verb):
                return str(method["id"]), method
    raise AssertionError(f"YouTube has no {verb} {path}")


def wrong_answer(verb: str, path: str, values: Any) -> list[str]:
    """What Google's description says against an answer."""
    name, method = method_at(verb, path)
    return _value(method["response"]["$ref"], values, name, "")


def is_part_of_a_film(request: Request) -> bool:
    """Those go to an address that an answer gave, and hold bytes alone."""
    return request.method == "PUT" and "upload_id" in request.url


def wrong(request: Request) -> list[str]:
    """What Google's description says against a request."""
    name, method = method_of(request)
    found = [*_query(request, method)]
    resource, file = _body(request)
    if "request" in method:
        found += _value(method["request"]["$ref"], resource, "", name)
        parts = request.params.get("part", "").split(",")
        found += [f"{key}: not named in part" for key in resource if key not in parts and key != "id"]
    elif resource:
        found.append("a body that is not wanted")
    if file is not None:
        found += _file(file, method)
    if not {*load("youtube").oauth.scopes} & {*method["scopes"]}:  # type: ignore[union-attr]
        found.append(f"{name}: no scope that we ask for allows it")
    return found


def _query(request: Request, method: Mapping[str, Any]) -> Iterator[str]:
    known = {**document()["parameters"], **method["parameters"]}
    given = {**{key: one[0] for key, one in parse_qs(urlsplit(request.url).query).items()}, **request.params}
    for key, text in given.items():
        rule = known.get(key)
        if rule is None:
            yield f"{key}: unknown parameter"
            continue
        kind = rule["type"]
        if kind == "boolean" and text not in ("true", "false"):
            yield f"{key}: not true or false"
        if kind == "integer" and not int(rule.get("minimum", 0)) <= int(text) <= int(rule.get("maximum", 10**9)):
            yield f"{key}: {text} is out of bounds"
        for one in text.split(",") if rule.get("repeated") else [text]:
            if "enum" in rule and one not in rule["enum"]:
                yield f"{key}: {one} is not one of its values"
            if key == "part" and one not in _parts(method):
                yield f"part: {one} is no part of it"
    yield from (
        f"{key}: missing" for key, rule in method["parameters"].items() if rule.get("required") and key not in given
    )
    if "/upload/" in request.url and given.get("uploadType") not in ("resumable", "multipart", "media"):
        yield "uploadType: missing"


def _parts(method: Mapping[str, Any]) -> set[str]:
    """The parts that a resource has: those of its list's items where it answers with one."""
    schema = document()["schemas"][method["response"]["$ref"]]["properties"]
    items = schema.get("items", {}).get("items", {}).get("$ref")
    return set(document()["schemas"][items]["properties"] if items else schema)


def _body(request: Request) -> tuple[dict[str, Any], tuple[str, int] | None]:
    """The resource of a request, and its file's type and size."""
    if request.json is not None:
        mime = request.headers.get("X-Upload-Content-Type")
        return request.json, (mime, int(request.headers["X-Upload-Content-Length"])) if mime else None
    if isinstance(request.body, FileBody):
        return {}, (request.body.mime, request.body.size)
    if isinstance(request.body, bytes):
        mail = email.message_from_bytes(
            f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode() + request.body
        )
        first, second = mail.get_payload()
        content = second.get_payload(decode=True)  # type: ignore[union-attr]
        return json.loads(first.get_payload()), (second.get_content_type(), len(content))  # type: ignore
    return {}, None


def _file(file: tuple[str, int], method: Mapping[str, Any]) -> Iterator[str]:
    rule, (mime, size) = method.get("mediaUpload"), file
    if rule is None:
        yield "a file that is not wanted"
        return
    if not any(mime == one or one == "*/*" or mime.startswith(one.removesuffix("*")) for one in rule["accept"]):
        yield f"{mime}: not accepted"
    if size > int(rule["maxSize"]):
        yield "the file is too large"


def _value(schema: Any, value: Any, path: str, method: str) -> list[str]:
    """Unknown fields, wrong types and values, and what this method demands and is not there."""
    rule = document()["schemas"][schema] if isinstance(schema, str) else schema
    if "$ref" in rule:
        return _value(rule["$ref"], value, path, method)
    kind = rule["type"]
    if kind == "object" and isinstance(value, dict):
        return _object(rule, value, path, method)
    if kind == "array" and isinstance(value, list):
        return [
            one for number, item in enumerate(value) for one in _value(rule["items"], item, f"{path}[{number}]", method)
        ]
    plain = {"string": str, "boolean": bool, "integer": int, "number": float}.get(kind)
    if plain is None or not isinstance(value, plain):
        return [f"{path}: {value!r} is no {kind}"]
    if "enum" in rule and value not in rule["enum"]:
        return [f"{path}: {value!r} is not one of its values"]
    if rule.get("format") in ("date-time", "google-datetime"):
        return [] if str(value).endswith("Z") and datetime.fromisoformat(value) else [f"{path}: {value!r} is no time"]
    return []


def _object(rule: Mapping[str, Any], value: Mapping[str, Any], path: str, method: str) -> list[str]:
    known, found = rule.get("properties", {}), []
    for key, inner in value.items():
        if key in known:
            found += _value(known[key], inner, f"{path}.{key}", method)
        elif "additionalProperties" not in rule:
            found.append(f"{path}.{key}: unknown field")
    for key, one in known.items():
        if f"youtube.{method.removeprefix('youtube.')}" in one.get("annotations", {}).get("required", ()):
            found += [] if key in value else [f"{path}.{key}: missing"]
    return found


# --- the tests

CALLED = {
    "youtube.channels.list", "youtube.playlistItems.list", "youtube.videos.list", "youtube.videos.insert",
    "youtube.videos.update", "youtube.captions.insert", "youtube.captions.list", "youtube.captions.update",
    "youtube.thumbnails.set",
}  # fmt: skip


def test_every_request_keeps_to_the_interface(post: Post) -> None:
    """Fields, types, values, parameters, parts, kinds of file and scopes, of every request that we can make."""
    door = sent(post)
    asked = [one for one in door.requests if not is_part_of_a_film(one)]
    assert [f"{_shown(one)}: {said}" for one in asked for said in wrong(one)] == []
    assert {method_of(one)[0] for one in asked} == CALLED
    assert len(door.requests) - len(asked) == 1


def _shown(request: Request) -> str:
    return f"{request.method} {urlsplit(request.url).path}"


def _json(change: Callable[[dict[str, Any]], object]) -> Callable[[Request], Request]:
    def changed(request: Request) -> Request:
        values = copy.deepcopy(request.json)
        change(values)
        return replace(request, json=values)

    return changed


def _without(request: Request, name: str) -> Request:
    return replace(request, params={key: value for key, value in request.params.items() if key != name})


SPOILT: list[tuple[str, Callable[[Request], Request], str]] = [
    ("youtube.videos.insert", _json(lambda one: one["snippet"].update(catgoryId="19")), "catgoryId: unknown field"),
    ("youtube.videos.insert", _json(lambda one: one["status"].update(madeForChildren=False)), "unknown field"),
    ("youtube.videos.insert", _json(lambda one: one["status"].update(privacyStatus="hidden")), "not one of its values"),
    ("youtube.videos.insert", _json(lambda one: one["status"].update(license="cc-by")), "not one of its values"),
    ("youtube.videos.insert", _json(lambda one: one["status"].update(embeddable="true")), "no boolean"),
    ("youtube.videos.insert", _json(lambda one: one["snippet"].update(tags="walk")), "no array"),
    ("youtube.videos.insert", _json(lambda one: one["snippet"].update(tags=[1])), "no string"),
    ("youtube.videos.insert", _json(lambda one: one.update(recordingDetails={})), "not named in part"),
    ("youtube.videos.update", _json(lambda one: one["status"].update(publishAt="tomorrow")), ""),
    ("youtube.videos.update", _json(lambda one: one.pop("id")), ".id: missing"),
    ("youtube.videos.list", lambda one: _without(one, "part"), "part: missing"),
    ("youtube.videos.list", lambda one: replace(one, params={**one.params, "part": "state"}), "no part of it"),
    ("youtube.thumbnails.set", lambda one: _without(one, "videoId"), "videoId: missing"),
    ("youtube.thumbnails.set", lambda one: replace(one, params={**one.params, "vidoId": "1"}), "unknown parameter"),
    ("youtube.thumbnails.set", lambda one: replace(one, body=replace(one.body, mime="text/html")), "not accepted"),
    ("youtube.channels.list", lambda one: replace(one, params={**one.params, "mine": "yes"}), "not true or false"),
    ("youtube.playlistItems.list", lambda one: replace(one, params={**one.params, "maxResults": "51"}), "bounds"),
    ("youtube.captions.insert", lambda one: replace(one, body=one.body.replace(b'"name"', b'"nm"')), ".name: missing"),
    ("youtube.captions.insert", lambda one: replace(one, body=one.body.replace(b'"isDraft"', b'"draft"')), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "said"), SPOILT)
def test_a_spoilt_request_is_found(post: Post, name: str, spoil: Callable[[Request], Request], said: str) -> None:
    """The check is no formality: a misspelt field, a wrong type or value, a missing parameter each fail it."""
    (request, *_) = [one for one in sent(post).requests if not is_part_of_a_film(one) and method_of(one)[0] == name]
    assert wrong(request) == []
    try:
        found = wrong(spoil(request))
    except ValueError:
        found = ["no time"]
    assert found
    assert said in "; ".join(found)


def test_what_is_read_is_there(post: Post) -> None:
    """The answers of a dry run have the fields that YouTube's have, so what we read of them is no invention."""
    for request, answer in sent(post).replies:
        if is_part_of_a_film(request) or not answer.body:
            continue
        assert wrong_answer(request.method, urlsplit(request.url).path, answer.values()) == []


def test_every_end_of_a_video_is_known() -> None:
    """All states, and all reasons for failing and rejecting, are those that YouTube lists."""
    status = document()["schemas"]["VideoStatus"]["properties"]
    processing = document()["schemas"]["VideoProcessingDetails"]["properties"]
    assert {*status["uploadStatus"]["enum"]} == {"uploaded", "processed", "failed", "rejected", "deleted"}
    assert {*processing["processingStatus"]["enum"]} == {"processing", "succeeded", "failed", "terminated"}
    reasons = {*status["failureReason"]["enum"], *processing["processingFailureReason"]["enum"]}
    assert reasons - {*answers._FAILED} == {"other"}
    assert {*answers._REJECTED} <= {*status["rejectionReason"]["enum"]}
