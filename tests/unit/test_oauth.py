"""The code flow by its parts: the address that is opened, the answer that comes back, the requests for tokens."""

from __future__ import annotations

import base64
import hashlib
import http.client
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.errors import ToolError
from pipeline.http_door import Answer
from pipeline.networks import load
from pipeline.oauth.grants import Client, Denied, code_request, swap_request, tokens_of
from pipeline.oauth.loopback import waiting
from pipeline.oauth.opening import code_of, is_answer, opening, query_of
from pipeline.secret import Secret

BACK = "http://127.0.0.1:8765/"
X = load("x").oauth
assert X


def get(port: int, path: str, host: str = "", method: str = "GET") -> tuple[int, dict[str, str], str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    reply = line.getresponse()
    return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode()


def test_the_address_asks_for_what_is_needed_and_no_more() -> None:
    """Its challenge is the S256 of a verifier (RFC 7636) that it does not hold."""
    begun = opening(X, "https://x.com/i/oauth2/authorize", "the-app", BACK)
    told = {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()}
    digest = hashlib.sha256(begun.verifier.reveal().encode()).digest()
    assert told == {
        "response_type": "code", "client_id": "the-app", "redirect_uri": BACK, "scope": " ".join(X.scopes),
        "state": begun.state.reveal(), "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }  # fmt: skip
    assert 43 <= len(begun.verifier.reveal()) <= 128
    assert begun.verifier.reveal() not in begun.address
    again = opening(X, "https://x.com/i/oauth2/authorize", "the-app", BACK)
    assert (again.state, again.verifier) != (begun.state, begun.verifier)


def test_without_pkce_nothing_of_it_is_sent() -> None:
    """Some networks refuse what they do not know."""
    linkedin = load("linkedin").oauth
    assert linkedin
    begun = opening(linkedin, linkedin.authorize, "the-app", BACK)
    assert "code_challenge" not in begun.address
    request = code_request(linkedin, linkedin.token, Client(id="a"), Secret("c"), begun.verifier, BACK)
    assert b"verifier" not in bytes(request.body or b"")  # type: ignore[arg-type]


def test_only_our_own_answer_gives_a_code() -> None:
    """Not one with another state, none, or two of them; and a refusal is told in its words, on one line."""
    begun = opening(X, "https://x.com/", "the-app", BACK)
    state = begun.state.reveal()
    assert code_of(f"code=abc&state={state}", begun, "x") == Secret("abc")
    for query in ("code=abc", "code=abc&state=", "code=abc&state=é", f"code=abc&state={state}&state={state}"):
        with pytest.raises(ToolError, match="belongs to another sign-in"):
            code_of(query, begun, "x")
    with pytest.raises(ToolError, match="neither a code nor a reason"):
        code_of(f"state={state}", begun, "x")
    with pytest.raises(ToolError) as caught:
        code_of(f"state={state}&error=access_denied&error_description=No%0A%1b[31mway{'x' * 900}", begun, "x")
    assert "not allowed: No  [31mway" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_pasted_address_must_be_the_one_we_wait_for() -> None:
    """Spaces around it and a mark behind it do no harm."""
    assert query_of(f" {BACK}?code=a&state=b#_=_ \n", BACK, "x") == "code=a&state=b"
    assert query_of("https://a.example/x/?code=a&state=b", "https://a.example/x", "x") == "code=a&state=b"
    for text in (
        "",
        "code",
        "https://evil.example/?code=a&state=b",
        f"{BACK}",
        "http://127.0.0.1:8766/?code=a&state=b",
        "https://[?code=a&state=b",
        "http://127.0.0.1:99999999/?code=a&state=b",
    ):
        with pytest.raises(ToolError, match="not the address"):
            query_of(text, BACK, "x")
    assert not is_answer("&".join(f"a{number}=1" for number in range(99)))


def test_one_answer_is_waited_for() -> None:
    """Other paths, other hosts and other methods get nothing; the first answer counts; the page loads nothing."""
    with waiting("127.0.0.1", 0, "/") as server:
        assert server.redirect == f"http://127.0.0.1:{server.port}/"
        assert get(server.port, "/favicon.ico")[0] == 404
        assert get(server.port, "/elsewhere?code=a&state=b")[0] == 404
        assert get(server.port, "/")[0] == 404
        assert get(server.port, "/?code=a&state=b", host="evil.example")[0] == 404
        assert get(server.port, "/?code=a&state=b", method="POST")[0] == 501
        status, headers, page = get(server.port, "/?code=first&state=b", host=f"localhost:{server.port}")
        assert get(server.port, "/?code=second&state=b")[0] == 404
        assert status == 200
        assert "You can close this window" in page
        assert "<script" not in page
        assert "first" not in page
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert server.answer("x", 5) == "code=first&state=b"
        with pytest.raises(ToolError, match="nobody finished the sign-in"):
            server.answer("x", 0.05)
    with pytest.raises(ConnectionRefusedError):
        get(server.port, "/")


def test_a_browser_that_holds_a_line_open_keeps_nobody_waiting() -> None:
    """Browsers open lines ahead of time and say nothing on them."""
    with waiting("localhost", 0, "/") as server:
        idle = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(3)]
        for line in idle:
            line.connect()
        came = threading.Thread(target=lambda: (time.sleep(0.1), get(server.port, "/?code=a&state=b")))
        came.start()
        assert server.answer("x", 5) == "code=a&state=b"
        came.join()
        for line in idle:
            line.close()


def test_a_port_serves_one_at_a_time() -> None:
    """Also when only `localhost` by its other address is taken."""
    with (
        waiting("localhost", 0, "/") as first,
        pytest.raises(ToolError, match=f"another program uses port {first.port}"),
        waiting("localhost", first.port, "/"),
    ):
        pass


@pytest.mark.parametrize(
    ("way", "secret"), [("body", "s/e c"), ("basic", "s/e c"), ("public", "s/e c"), ("public", "")]
)
def test_the_app_shows_itself_as_the_network_wants(way: str, secret: str) -> None:
    """In the body; or in a header, encoded as RFC 6749 2.3.1 has it; an app without a secret by its name alone."""
    client = Client(id="the app", secret=Secret(secret) if secret else None, way=way)  # type: ignore[arg-type]
    request = code_request(X, X.token, client, Secret("c"), Secret("v"), BACK)
    body = parse_qs(bytes(request.body or b"").decode())  # type: ignore[arg-type]
    assert body["code_verifier"] == ["v"]
    if way == "body" or not secret:
        assert body["client_id"] == ["the app"]
        assert body.get("client_secret", [""]) == [secret]
        assert request.bearer is None
    else:
        assert request.bearer
        assert request.scheme == "Basic"
        assert base64.b64decode(request.bearer.reveal()).decode() == "the%20app:s%2Fe%20c"
        assert "client_id" not in body
    assert "s/e c" not in repr(request)


def test_tokens_of_meta_are_swapped_by_its_own_names() -> None:
    """Threads wants only the secret for a longer token, and nothing of the app for a renewed one."""
    threads = load("threads").oauth
    assert threads
    assert threads.long_lived
    assert threads.refresh
    client = Client(id="the-app", secret=Secret("word"))
    longer = swap_request(threads.long_lived, threads.long_lived.address, client, Secret("short"))
    assert (longer.method, longer.body) == ("GET", None)
    assert longer.params == {"grant_type": "th_exchange_token", "access_token": "short", "client_secret": "word"}
    newer = swap_request(threads.refresh, threads.refresh.address, client, Secret("long"))
    assert newer.params == {"grant_type": "th_refresh_token", "access_token": "long"}


def test_an_answer_gives_its_tokens_or_its_reason() -> None:
    """Also when it is wrapped, odd or empty."""
    found = tokens_of(Answer(status=200, body=b'{"data":[{"access_token":"a","user_id":7}]}'), "data")
    assert (found.access, found.refresh, found.lasts_s) == (Secret("a"), None, None)
    found = tokens_of(Answer(status=200, body=b'{"access_token":"a","refresh_token":"r","expires_in":"60"}'), "data")
    assert (found.refresh, found.lasts_s) == (Secret("r"), 60)
    for lasts in (b'"soon"', b"-5", b"null", b"1e400", b"[1]"):
        body = b'{"access_token":"a","expires_in":' + lasts + b"}"
        assert tokens_of(Answer(status=200, body=body)).lasts_s is None
    for status, body in ((200, b"{}"), (200, b"<html>"), (200, b'{"access_token":5}'), (400, b'{"access_token":"a"}')):
        with pytest.raises(Denied):
            tokens_of(Answer(status=status, body=body))
    with pytest.raises(Denied) as caught:
        tokens_of(Answer(status=401, body=b'{"error":"invalid_client"}', words="invalid_client"))
    assert caught.value.app
