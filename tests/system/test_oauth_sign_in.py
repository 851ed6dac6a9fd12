"""Signing in to every network by its own flow, against a server that is strict and repeats all that it was sent."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

import keyring
import pytest
from click.testing import CliRunner
from keyring.backends.fail import Keyring as NoKeyring
from token_server import ACCESS, CLIENT, CLIENT_SECRET, CODE, LONG, PAGE, PLANTED, REFRESH, Came, TokenServer

from pipeline import signing_in, talk_login
from pipeline.accounts import Account, OurAccounts
from pipeline.cli_login import login
from pipeline.errors import BriefError, PromoError, ToolError
from pipeline.http_door import Door, Request
from pipeline.publishers import Failure, Pace
from pipeline.publishers.bearer import Bearer
from pipeline.secret import Secret
from pipeline.signing_in import Wish, sign_in, sign_in_by_browser
from pipeline.signing_in_web import AppOf, Way

QUICK = Pace(sleep=lambda _: None, tries=2)
WEB = "https://walks.example/back"
APP = AppOf(id=CLIENT, secret=Secret(CLIENT_SECRET))
PAGES = {
    "data": [
        {"id": "11", "name": "Walks", "access_token": PAGE, "tasks": ["CREATE_CONTENT", "ANALYZE"],
         "instagram_business_account": {"id": "77", "username": "walks"}},
        {"id": "12", "name": "Trails\x1b[31m", "access_token": "other", "tasks": ["CREATE_CONTENT"],
         "instagram_business_account": {"id": "78", "username": "trails"}},
        {"id": "13", "name": "Only to look at", "access_token": "none", "tasks": ["ANALYZE"]},
    ]
}  # fmt: skip


class Person:
    """Agrees in the browser, unless told otherwise, and answers in order."""

    def __init__(self, server: TokenServer, *words: str, comes_back: dict[str, str] | None = None) -> None:
        self.server, self.words, self.comes_back = server, list(words), comes_back
        self.said: list[str] = []
        self.options: list[str] = []
        self.state = self.address = ""

    def word(self, question: str, *, hidden: bool = False) -> str:
        self.said.append(question)
        if "paste" in question:
            return self.back(self.address)
        return self.words.pop(0)

    def choose(self, question: str, options: Sequence[str]) -> int:
        self.said.append(question)
        self.options = list(options)
        return 0

    def tell(self, words: str) -> None:
        self.said.append(words)
        if "in your browser" in words:
            self.address = words.split()[-1]

    def browse(self, address: str) -> None:
        back = self.back(address)
        if not back.startswith(WEB):
            threading.Thread(target=lambda: urlopen(back, timeout=5).read(), daemon=True).start()

    def back(self, address: str) -> str:
        """Where the network sends the browser."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.state = asked["state"]
        self.server.does.challenge = asked.get("code_challenge", "")
        self.server.does.redirect = asked["redirect_uri"]
        told = self.comes_back or {"code": CODE}
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], **told})}"


class Quiet:
    """A network that knows the account."""

    def __init__(self, account: Account, door: Any, pace: Pace) -> None:
        pass

    def open(self) -> str:
        return "the-account@network"


@pytest.fixture
def server() -> Iterator[TokenServer]:
    found = TokenServer()
    yield found
    found.stop()


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OurAccounts:
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(signing_in, "network_of", Quiet)
    return OurAccounts(environ={"MAKE_PROMO_VAULT": str(tmp_path / "vault.json")})


def wish(service: str, server: TokenServer, app: AppOf = APP, **more: Any) -> Wish:
    """`settings` beside the addresses, `redirect` and what else belongs to the way."""
    settings = {"authorize": server.url, "oauth": server.url, "api": server.url, **more.pop("settings", {})}
    redirect = more.pop("redirect", "") or f"http://localhost:{free_port()}/"
    way = Way(redirect=redirect, patience_s=5, **more)
    return Wish(
        service=service, server=server.url if service == "mastodon" else "", app=app, settings=settings, way=way
    )


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gives(server: TokenServer, path: str, values: Any, status: int = 200) -> None:
    """`path` answers with `values`, to who has a token."""

    def work(came: Came) -> tuple[int, Any]:
        return (status, values) if came.authorization.startswith("Bearer planted-") else server.refused(came)

    server.does.more[path] = work


def opened(server: TokenServer, service: str, ours: OurAccounts, *words: str, **more: Any) -> tuple[Account, Person]:
    person = Person(server, *words)
    sign_in_by_browser(wish(service, server, **more), person, accounts=ours, door=Door(connect_s=2), pace=QUICK)
    account = ours.of(service)
    assert account
    return account, person


def held(account: Account) -> dict[str, str]:
    names = ("token", "access", "refresh", "user", "client_secret")
    return {name: secret.reveal() for name in names if (secret := account.vault.get(name))}


@pytest.mark.parametrize(
    ("service", "where", "pkce"),
    [("youtube", "body", True), ("x", "basic", True), ("linkedin", "body", False), ("pinterest", "basic", False)],
)
def test_the_standard_flow(server: TokenServer, ours: OurAccounts, service: str, where: str, pkce: bool) -> None:
    """The app shows itself where the network wants it, with PKCE where the network knows it; all tokens are kept."""
    gives(server, "/youtube/v3/channels", {"items": [{"id": "UC1", "snippet": {"title": "Walks"}}]})
    gives(server, "/2/users/me", {"data": {"id": 42, "username": "walks"}})
    gives(server, "/rest/organizationAcls", {"elements": [{"organization": "urn:li:organization:5"}]})
    gives(server, "/v5/user_account", {"username": "walks"})
    gives(server, "/v5/boards", {"items": [{"id": "b1", "name": "Walks"}]})
    account, person = opened(server, service, ours, *(["trial"] if service == "pinterest" else []))
    (token,) = [came for came in server.came if came.words.get("grant_type")]
    assert token.client == (where, CLIENT, CLIENT_SECRET)
    assert ("code_verifier" in token.words) is pkce
    assert held(account) == {"access": ACCESS, "refresh": REFRESH, "client_secret": CLIENT_SECRET}
    assert account.vault.get("expires_at")
    wanted = {"youtube": ("channel", "UC1"), "x": ("user", "42"), "pinterest": ("board", "b1")}
    key, value = wanted.get(service, ("owner", "urn:li:organization:5"))
    assert account.settings[key] == value
    assert account.name == {"youtube": "Walks", "linkedin": "the-account"}.get(service, "walks")
    assert not [words for words in person.said if "secret" in words]


@pytest.mark.parametrize(("service", "key", "value"), [("facebook", "page", "11"), ("instagram", "user", "77")])
def test_a_page_is_chosen_and_its_own_token_kept(
    server: TokenServer, ours: OurAccounts, service: str, key: str, value: str
) -> None:
    """Of those the person may post for. The person's long token is kept beside it; the Page's does not end."""
    gives(server, "/v26.0/me/accounts", PAGES)
    account, person = opened(server, service, ours)
    assert held(account) == {"access": PAGE, "user": LONG, "client_secret": CLIENT_SECRET}
    assert account.vault.get("expires_at") is None
    assert account.settings[key] == value
    assert len(person.options) == 2
    assert not [option for option in person.options if "\x1b" in option or "look at" in option]
    if service == "facebook":
        assert account.settings["app"] == CLIENT
    again, person = opened(server, service, ours, settings={key: str(int(value) + 1)})
    assert again.settings[key] == str(int(value) + 1)
    assert person.options == []
    with pytest.raises(ToolError, match=f"with {key} 99"):
        opened(server, service, ours, settings={key: "99"})
    gives(server, "/v26.0/me/accounts", {"data": []})
    with pytest.raises(ToolError) as caught:
        opened(server, service, ours)
    assert "Page" in str(caught.value)


def test_threads_comes_back_to_a_page_of_the_web(server: TokenServer, ours: OurAccounts) -> None:
    """Its address is pasted, hidden; the short token, wrapped or not, is given for one of sixty days."""
    gives(server, "/v1.0/me", {"id": "9", "username": "walks"})
    server.does.wrapped, server.does.refresh = True, False
    account, person = opened(server, "threads", ours, "https://www.example.gov.uk/clips/", redirect=WEB)
    assert held(account) == {"access": LONG, "client_secret": CLIENT_SECRET}
    assert account.settings["files"] == "https://www.example.gov.uk/clips/"
    assert account.settings["redirect"] == WEB
    ends = account.vault.get("expires_at")
    assert ends
    assert int(ends.reveal()) - QUICK.clock().timestamp() > 59 * 86_400
    opened(server, "threads", ours, redirect=WEB)  # what was told once is not asked again
    with pytest.raises(BriefError, match="only to a page of the web"):
        sign_in_by_browser(Wish(service="threads", which="other", app=APP), person, accounts=ours, pace=QUICK)


def test_a_mastodon_server_takes_the_app(server: TokenServer, ours: OurAccounts) -> None:
    """It is told the address we listen at; a server that takes none is told with the other way."""
    registered: list[str] = []

    def apps(came: Came) -> tuple[int, Any]:
        registered.append(came.body.decode())
        return 200, {"client_id": CLIENT, "client_secret": CLIENT_SECRET}

    server.does.more["/api/v1/apps"] = apps
    server.does.lasts_s, server.does.refresh = None, False
    account, _ = opened(server, "mastodon", ours)
    assert held(account) == {"token": ACCESS, "client_secret": CLIENT_SECRET}
    assert server.does.redirect in registered[0]
    server.does.more["/api/v1/apps"] = lambda came: (404, {"error": "Not found"})
    with pytest.raises(ToolError, match="does not take make-promo as an app") as caught:
        opened(server, "mastodon", ours)
    assert "--token" in str(caught.value)


def test_what_is_not_known_of_the_app_is_asked(server: TokenServer, ours: OurAccounts) -> None:
    """With the steps to make one and the address that it needs; the next sign-in asks for nothing."""
    gives(server, "/rest/organizationAcls", {}, status=403)
    redirect = f"http://localhost:{free_port()}/"
    words = (CLIENT, CLIENT_SECRET, "urn:li:organization:5")
    account, person = opened(server, "linkedin", ours, *words, app=AppOf(), redirect=redirect)
    told = "\n".join(person.said)
    assert "3. copy the client id" in told
    assert f"the address to come back to is {redirect}" in told
    assert account.settings["owner"] == "urn:li:organization:5"
    _, person = opened(server, "linkedin", ours, "urn:li:organization:5", app=AppOf(), redirect=redirect)
    assert not [words for words in person.said if "client id" in words]


def test_a_board_that_is_not_in_the_list_is_taken(server: TokenServer, ours: OurAccounts) -> None:
    """The list may be longer than its first page."""
    gives(server, "/v5/user_account", {"username": "walks"})
    gives(server, "/v5/boards", {"items": [{"id": "b1", "name": "Walks"}]})
    account, _ = opened(server, "pinterest", ours, settings={"board": "b999", "access": "standard"})
    assert account.settings["board"] == "b999"


def test_what_does_not_open_is_not_kept(
    server: TokenServer, ours: OurAccounts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tokens are there, and the network does not know the account."""

    class Closed(Quiet):
        def open(self) -> str:
            raise Failure("account", "this channel is suspended")

    monkeypatch.setattr(signing_in, "network_of", Closed)
    gives(server, "/youtube/v3/channels", {"items": [{"id": "UC1", "snippet": {"title": "Walks"}}]})
    with pytest.raises(ToolError, match="this channel is suspended"):
        opened(server, "youtube", ours)
    assert ours.of("youtube") is None
    assert not (tmp_path / "vault.json").exists()


@pytest.mark.parametrize(
    "redirect",
    ["ftp://a.example/", "http://a.example/", "http://localhost/", "https://127.0.0.1:5/", "http://localhost:99999/",
     "http://localhost:8765/?x=1", "nonsense", "https://walks.example/?x=1"],
)  # fmt: skip
def test_an_address_to_come_back_to_is_checked(server: TokenServer, ours: OurAccounts, redirect: str) -> None:
    """This computer with a port, or a page of the web."""
    with pytest.raises(BriefError, match="not an address to come back to"):
        opened(server, "x", ours, redirect=redirect)


def test_words_are_only_for_networks_that_have_them() -> None:
    """A token that is pasted is not taken where the browser is the way."""
    with pytest.raises(BriefError, match="signed in to in a browser"):
        sign_in("youtube", server="", name="", secret=Secret("x"))
    with pytest.raises(BriefError, match="has no sign-in in a browser"):
        sign_in_by_browser(Wish(service="bluesky"), Person(None))  # type: ignore[arg-type]
    with pytest.raises(BriefError, match='did you mean "youtube"'):
        sign_in("youtub", server="", name="", secret=Secret("x"))


def test_the_list_shows_names_and_nothing_that_opens(
    server: TokenServer, ours: OurAccounts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each account; an end that nothing renews is told; variables are told apart."""
    monkeypatch.setenv("MAKE_PROMO_VAULT", ours.environ["MAKE_PROMO_VAULT"])
    gives(server, "/rest/organizationAcls", {"elements": [{"organization": "urn:li:organization:5"}]})
    server.does.refresh, server.does.lasts_s = False, 5_184_000
    opened(server, "linkedin", ours)
    monkeypatch.setenv("MAKE_PROMO_MASTODON_TOKEN", PAGE)
    monkeypatch.setenv("MAKE_PROMO_MASTODON_SERVER", "a.example")
    monkeypatch.setenv("MAKE_PROMO_X_REFRESH", REFRESH)
    assert talk_login.list_accounts() == 4
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("linkedin")
    assert ", until " in lines[0]
    assert lines[1].split() == ["mastodon", "the", "account", "on", "a.example", "environment", "variables"]
    assert "MAKE_PROMO_X_CLIENT_ID is not set" in err
    assert not [word for word in PLANTED if word in out + err]


def failing(server: TokenServer, error: str) -> None:
    server.does.more["/token"] = lambda came: server.refused(came, error)


def storming(server: TokenServer) -> None:
    server.does.more["/token"] = lambda came: (500, {"error": str(came.words)})


def forbidding(server: TokenServer) -> None:
    gives(server, "/youtube/v3/channels", {"error": {"message": f"no {ACCESS}"}}, 403)


def signs_in_and_asks(server: TokenServer, asked: Wish, person: Person, ours: OurAccounts, folder: Path) -> None:
    """All goes well, until the network wants another token, and gives none."""
    shown = sign_in_by_browser(asked, person, accounts=ours, door=Door(connect_s=2), pace=QUICK)
    account = ours.of("youtube")
    assert account
    assert REFRESH in (folder / "vault.json").read_text("utf-8")
    person.tell(shown + repr(account) + repr(account.vault) + repr(ours))
    server.does.more["/me"] = lambda came: (401, {"error": f"no {came.authorization}"})
    Bearer(account, Door(), QUICK).send(Request(method="GET", url=f"{server.url}/me"))


@pytest.mark.parametrize("echo", range(6))
@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda server: failing(server, "invalid_grant"), "gives no token"),
        (lambda server: failing(server, "invalid_client"), "does not know the app's id or secret"),
        (storming, "did not work"),
        (forbidding, "says: no •••"),
        (None, "wants a new sign-in"),
    ],
    ids=["grant", "app", "storm", "find", "renewal"],
)
def test_no_secret_is_told_anywhere(
    server: TokenServer, ours: OurAccounts, echo: int, break_it: Any, words: str, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Not code, verifier, client secret or any token: in no output, log, exception, list or file but the vault; not
    even when the server repeats them all."""
    caplog.set_level(logging.DEBUG)
    gives(server, "/youtube/v3/channels", {"items": [{"id": "UC1", "snippet": {"title": "Walks"}}]})
    person, asked, server.echo = Person(server), wish("youtube", server), echo
    if break_it:
        break_it(server)
    with pytest.raises((PromoError, Failure), match=words) as caught:
        signs_in_and_asks(server, asked, person, ours, tmp_path)
    out, err = capsys.readouterr()
    said = "".join([*traceback.format_exception(caught.value), repr(caught.value), caplog.text, out, err, repr(asked)])
    said += "".join(person.said)
    (verifier,) = {came.words["code_verifier"] for came in server.came if "code_verifier" in came.words}
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "vault.json"}
    for secret in (*PLANTED, "planted-client-secret", verifier):
        assert secret not in said
        assert not [path for path, data in files.items() if secret.encode() in data]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "no network is named"),
        (["tube"], 2, 'did you mean "youtube"'),
        (["x:Parks"], 2, "small letters"),
        (["x", "--as", "../x"], 2, "small letters"),
        (["x", "--set", "page"], 2, "written as key=value"),
        (["x", "--redirect", "http://localhost:1/?x=1"], 2, "not an address to come back to"),
        (["youtube", "--no-browser"], 2, "nobody answers: The app's id"),
        (["threads"], 2, "only to a page of the web"),
        (["youtube", "--token"], 2, "signed in to in a browser"),
        (["mastodon", "--token", "--server", "http://a.example"], 2, "nobody answers: Access token"),
        (["--forget", "x"], 2, "nobody has signed in there"),
        (["--list"], 0, "nobody has signed in"),
    ],
)
def test_the_command_line_is_answered_in_sentences(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a remedy, and without a terminal too."""
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path))
    monkeypatch.setenv("MAKE_PROMO_VAULT", str(tmp_path / "vault.json"))
    done = CliRunner().invoke(login, words, input="")
    assert (done.exit_code, done.stdout.strip()) == (code, "")
    assert said in done.stderr
    assert "hint" in done.stderr or code == 0


def test_without_a_keyring_nobody_is_sent_to_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is said before the first question."""
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path))
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        done = CliRunner().invoke(login, ["youtube"], input="id\nsecret\n")
    finally:
        keyring.set_keyring(before)
    assert done.exit_code == 4
    assert done.stderr.startswith("accounts: this computer has no keyring")
    assert "MAKE_PROMO_YOUTUBE_TOKEN" in done.stderr
