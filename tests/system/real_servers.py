"""Real servers for the tests: Bluesky's own PDS with its directory of names, and snac, which speaks Mastodon's API.

`.ci/servers DIR` puts them into DIR, and `MAKE_PROMO_TEST_SERVERS=DIR` tells it here. Without it these tests are
skipped and say so; with `MAKE_PROMO_TEST_SERVERS_REQUIRED=1` that is a failure. Each server has a `FaultProxy` before
it, whose address is the only one that it gives of itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from system.fault_proxy import FaultProxy

from pipeline.accounts import Account, MemoryVault, Vault
from pipeline.secret import Secret

HOME, REQUIRED = "MAKE_PROMO_TEST_SERVERS", "MAKE_PROMO_TEST_SERVERS_REQUIRED"
JWT_SECRET, ADMIN = "the-tests-know-this-secret", "the-tests-know-this-password"  # as in servers/pds.cjs
_START_S = 60


def installed(*parts: str) -> Path:
    """What `.ci/servers` has put there; else the test is skipped, loudly, or fails where it must not be."""
    home = os.environ.get(HOME, "")
    path = Path(home, *parts)
    if home and path.exists():
        return path
    told = f"no real servers ({path if home else HOME + ' is not set'}): run `.ci/servers DIR` and set {HOME}=DIR"
    if os.environ.get(REQUIRED):
        pytest.fail(told)
    warnings.warn(f"{told}. Publishing is NOT tested against real servers", stacklevel=2)
    pytest.skip(told)


def node() -> str:
    """The Node that `.ci/servers` has installed, or that of the system."""
    own = Path(os.environ.get(HOME, ""), "node", "bin", "node")
    found = str(own) if own.exists() else shutil.which("node")
    return found or pytest.fail("there is no node")


class Kept:
    """A proxy as a stage of `crashes` knows it, but not stopped when the stage is over."""

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy

    @property
    def on_request(self) -> Any:
        return self._proxy.on_request

    @on_request.setter
    def on_request(self, hears: Any) -> None:
        self._proxy.on_request = hears

    def stop(self) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone with an account at the PDS. `access` and `refresh` are of the sign-in with the password itself."""

    did: str
    handle: str
    password: str
    app_password: str
    access: str
    refresh: str


class RealPds:
    """One PDS. Its people reach it by the proxy; what the tests themselves ask goes straight to it."""

    _numbers = itertools.count(1)

    def __init__(self, proxy: FaultProxy, url: str) -> None:
        self.proxy, self.url = proxy, url
        self._http = httpx.Client(base_url=f"{url}/xrpc/", timeout=30, trust_env=False)

    def call(self, method: str, *, token: str = "", auth: Any = None, **values: Any) -> dict[str, Any]:
        """A procedure of the PDS with `values`; its answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = self._http.post(method, json=values or None, headers=headers, auth=auth)
        assert reply.status_code == 200, (method, reply.text)
        return dict(reply.json()) if reply.content else {}

    def ask(self, method: str, **params: str) -> httpx.Response:
        return self._http.get(method, params=params)

    def person(self) -> Person:
        """A new account with an app password."""
        handle, password = f"walks{next(self._numbers)}.test", "the password itself"
        told = self.call(
            "com.atproto.server.createAccount", handle=handle, email=f"{handle}@example.org", password=password
        )
        app = self.call("com.atproto.server.createAppPassword", token=told["accessJwt"], name="make-promo")
        return Person(
            did=told["did"], handle=handle, password=password, app_password=app["password"],
            access=told["accessJwt"], refresh=told["refreshJwt"],
        )  # fmt: skip

    def account(self, person: Person, *, vault: Vault | None = None, video: str = "none") -> Account:
        """As make-promo knows the person."""
        vault = vault or MemoryVault({"app_password": Secret(person.app_password)})
        return Account(
            service="bluesky", server=self.proxy.url, name=person.handle, settings={"video": video}, vault=vault
        )

    def posts(self, person: Person) -> dict[str, dict[str, Any]]:
        """All posts of a person, by their keys."""
        told = self.ask("com.atproto.repo.listRecords", repo=person.did, collection="app.bsky.feed.post").json()
        return {one["uri"].rpartition("/")[2]: one["value"] for one in told["records"]}

    def blob(self, person: Person, of: dict[str, Any]) -> bytes:
        """The bytes that the PDS gives for a blob of a record."""
        return self.ask("com.atproto.sync.getBlob", did=person.did, cid=of["ref"]["$link"]).content

    def close(self, person: Person) -> None:
        """Takes the account down, as a moderator does."""
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": person.did}
        self.call(
            "com.atproto.admin.updateSubjectStatus", auth=("admin", ADMIN), subject=subject,
            takedown={"applied": True, "ref": "test"},
        )  # fmt: skip


def run_out(token: str) -> str:
    """The same token, signed as the PDS signs, whose time was over an hour ago."""
    head, body, _ = token.split(".")
    values = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    values |= {"iat": int(time.time()) - 10_000, "exp": int(time.time()) - 3600}
    signed = f"{head}.{_base64(json.dumps(values).encode())}"
    return f"{signed}.{_base64(hmac.digest(JWT_SECRET.encode(), signed.encode(), hashlib.sha256))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@contextmanager
def bluesky_servers(folder: Path, *settings: dict[str, Any]) -> Iterator[list[RealPds]]:
    """A PDS for each of the `settings` (in the PDS's own words), in one process of Node."""
    script = installed("pds.cjs")
    proxies = [FaultProxy() for _ in settings]
    told = json.dumps([{**one, "url": proxy.url} for one, proxy in zip(settings, proxies, strict=True)])
    env = {**os.environ, "LOG_ENABLED": "false", "TMPDIR": str(folder), "NODE_NO_WARNINGS": "1"}
    with (folder / "pds.log").open("wb") as log:
        run = subprocess.Popen(
            [node(), str(script), told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env
        )
    assert run.stdin
    assert run.stdout
    try:
        line = run.stdout.readline()
        assert line, (folder / "pds.log").read_text("utf-8")
        found = []
        for proxy, url in zip(proxies, json.loads(line)["urls"], strict=True):
            proxy.target = url
            found.append(RealPds(proxy, url))
        yield found
    finally:
        run.stdin.close()
        run.wait(_START_S)
        run.stdout.close()
        for proxy in proxies:
            proxy.stop()


class Snac:
    """snac with one person, `walks`."""

    user = "walks"

    def __init__(self, proxy: FaultProxy, url: str, password: str) -> None:
        self.proxy, self.url, self.password = proxy, url, password
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False, headers={"Connection": "close"})

    def token(self) -> str:
        """A new token by way of OAuth's code, without our own sign-in."""
        away = "http://127.0.0.1:1/back"
        app = self.http.post("/api/v1/apps", json={"client_name": "t", "redirect_uris": away, "scopes": "write"}).json()
        told = {"client_id": app["client_id"], "redirect_uri": away, "response_type": "code", "scope": "write"}
        code = parse_qs(urlsplit(self.sent_to(f"{self.url}/oauth/authorize?{urlencode(told)}")).query)["code"][0]
        secrets = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": away}
        return str(self.http.post("/oauth/token", json={**grant, **secrets}).json()["access_token"])

    def sent_to(self, address: str) -> str:
        """Where a browser is sent whose person signs in on snac's page at `address`."""
        page = self.http.get(address.replace(self.proxy.url, self.url)).text
        assert 'name="passwd"' in page, page
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        form = {**hidden, "login": self.user, "passwd": self.password}
        return str(self.http.post("/oauth/x-snac-login", data=form).headers["location"])

    def account(self, token: str) -> Account:
        return Account(
            service="mastodon", server=self.proxy.url, name=self.user, vault=MemoryVault({"token": Secret(token)})
        )

    def posts(self, token: str) -> list[dict[str, Any]]:
        """All of the person's posts, newest first."""
        headers = {"Authorization": f"Bearer {token}"}
        me = self.http.get("/api/v1/accounts/verify_credentials", headers=headers).json()["id"]
        return list(self.http.get(f"/api/v1/accounts/{me}/statuses", headers=headers, params={"limit": "200"}).json())


@contextmanager
def snac_server(folder: Path) -> Iterator[Snac]:
    """A snac of its own in `folder`."""
    program, proxy = installed("snac", "usr", "bin", "snac"), FaultProxy()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = folder / "snac"
    host = proxy.url.removeprefix("http://")
    _said(f"127.0.0.1\n{port}\n{host}\n\n\n", program, "init", base)
    settings = json.loads((base / "server.json").read_text("utf-8"))
    (base / "server.json").write_text(json.dumps({**settings, "protocol": "http"}), encoding="utf-8")
    said = _said("\n\n", program, "adduser", base, Snac.user)
    password = re.search(r"password is (\S+)", said)
    assert password, said
    with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []  # it outlives no test
    with (folder / "snac.log").open("wb") as log:
        run = subprocess.Popen([*with_us, str(program), "httpd", str(base)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    proxy.target = url
    try:
        _listening(port)
        yield Snac(proxy, url, password[1])
    finally:
        run.terminate()
        run.wait(_START_S)
        proxy.stop()


def _said(answers: str, *command: Any) -> str:
    done = subprocess.run([*map(str, command)], input=answers, capture_output=True, text=True, timeout=_START_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _listening(port: int) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("snac does not listen")
