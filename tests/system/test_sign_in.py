"""Signing in against a certified OAuth server and the keyring of a real desktop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from system.crashes import DiskVault
from system.real_servers import snac_server
from system.sign_in_servers import (
    MASTODON,
    SHORT,
    YOUTUBE,
    Officer,
    X,
    agrees,
    at,
    needed,
    oidc_servers,
    refuses,
    sent_to,
)

from pipeline.accounts import Account, MemoryVault, OurAccounts
from pipeline.errors import ToolError
from pipeline.http_door import Answer, Door, Request
from pipeline.publishers import Failure, Pace
from pipeline.publishers.bearer import Bearer
from pipeline.publishers.mastodon import Mastodon
from pipeline.secret import Secret
from pipeline.signing_in import Wish, sign_in_by_browser
from pipeline.signing_in_web import AppOf, Way

HOME = Path(__file__).parents[2]
APP = AppOf(id="our-app", secret=Secret("the-secret-of-our-app"))
NATIVE = AppOf(id="our-app")
QUICK = Pace(sleep=lambda _: None, tries=2)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with oidc_servers(tmp_path_factory.mktemp("oidc"), YOUTUBE, X, SHORT, MASTODON) as found:
        yield dict(zip(("youtube", "x", "short", "mastodon"), found, strict=True))


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OurAccounts:
    """Accounts that are kept in a folder of the test."""
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    return OurAccounts(environ={"MAKE_PROMO_VAULT": str(tmp_path / "vault.json")})


def signed_in(
    service: str, urls: dict[str, str], ours: OurAccounts, person: Officer, *, app: AppOf = APP, redirect: str = "",
    **more: Any,
) -> str:  # fmt: skip
    way = Way(redirect=redirect, **{"patience_s": 20, **more})
    own = service == "mastodon"
    wish = Wish(
        service=service, server=urls[service] if own else "", app=AppOf() if own else app,
        settings={} if own else at(urls[service]), way=way,
    )  # fmt: skip
    return sign_in_by_browser(wish, person, accounts=ours, door=Door(connect_s=2), pace=QUICK)


def x_account(url: str, vault: Any, ours: OurAccounts) -> Account:
    """Someone who has signed in to X, with the secrets in `vault`."""
    signed_in("x", {"x": url}, ours, Officer(agrees), app=NATIVE, redirect=f"http://127.0.0.1:{free_port()}/")
    kept = ours.of("x")
    assert kept
    for name in ("refresh", "access", "expires_at"):
        secret = kept.vault.get(name)
        assert secret, name
        vault.put(name, secret)
    vault.drop("expires_at")  # nobody knows when it ends: only the server says so
    return Account(service="x", server=kept.server, name="walks", settings=kept.settings, vault=vault)


def me(account: Account) -> Answer:
    url = f"{account.base('api', '')}/2/users/me"
    return Bearer(account, Door(connect_s=2), QUICK).send(Request(method="GET", url=url))


def is_good(account: Account) -> bool:
    """Whether the server takes the short token."""
    token = account.vault.get("access")
    assert token
    url, header = f"{account.base('api', '')}/2/users/me", {"Authorization": f"Bearer {token.reveal()}"}
    return httpx.get(url, headers=header, trust_env=False).status_code == 200


def run_out(account: Account) -> None:
    """The short token is over; the one that renews it is as it was."""
    token = account.vault.get("access")
    assert token
    over = {"token": token.reveal()}
    assert httpx.post(f"{account.base('oauth', '')}/test/over", json=over, trust_env=False).status_code == 200
    assert not is_good(account)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_person_signs_in_on_any_free_port(urls: dict[str, str], ours: OurAccounts) -> None:
    """The code comes back to a port of this computer, is exchanged with PKCE, and the channel is found by itself."""
    person = Officer(agrees)
    assert signed_in("youtube", urls, ours, person) == "Walks of Brent on www.googleapis.com"
    query = parse_qs(urlsplit(person.opened[0]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["access_type"] == ["offline"]
    assert person.questions == []
    account = ours.of("youtube")
    assert account
    assert account.settings["channel"] == "UCwalks"
    assert account.settings["client_id"] == "our-app"
    assert {name for name in ("access", "refresh", "expires_at", "client_secret") if account.vault.get(name)} == {
        "access", "refresh", "expires_at", "client_secret"
    }  # fmt: skip


def test_each_server_of_mastodon_takes_the_app(urls: dict[str, str], ours: OurAccounts) -> None:
    """The app registers itself with the very address it listens at; the token is where a pasted one would be."""
    host = urls["mastodon"].removeprefix("http://")
    assert signed_in("mastodon", urls, ours, Officer(agrees)) == f"42 on {host}"
    account = ours.of("mastodon")
    assert account
    assert account.vault.get("token")


def test_snac_takes_the_app(tmp_path_factory: pytest.TempPathFactory, ours: OurAccounts) -> None:
    """A real server that speaks Mastodon's API: it knows no PKCE, and has a sign-in page of its own."""
    with snac_server(tmp_path_factory.mktemp("snac")) as snac:  # its log holds what it gives

        def signs_in(address: str) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
            form = {"login": snac.user, "passwd": snac.password, "redir": asked["redirect_uri"]}
            form |= {"cid": asked["client_id"], "state": asked["state"]}
            page = snac.http.get(f"{snac.url}/oauth/authorize?{urlsplit(address).query}")
            assert 'name="passwd"' in page.text
            reply = snac.http.post("/oauth/x-snac-login", data=form)
            httpx.get(reply.headers["location"], trust_env=False)

        wish = Wish(service="mastodon", server=snac.proxy.url, way=Way(patience_s=20))
        sign_in_by_browser(wish, Officer(signs_in), accounts=ours, door=Door(connect_s=2), pace=QUICK)
        account = ours.of("mastodon")
        assert account
        assert Mastodon(account, Door(), QUICK).open().endswith(f"@{account.server.removeprefix('http://')}")


def test_the_address_may_be_pasted(urls: dict[str, str], ours: OurAccounts) -> None:
    """Where the browser runs elsewhere, the address that it was sent to does as well; nothing listens here."""

    class Elsewhere(Officer):
        def word(self, question: str, *, hidden: bool = False) -> str:
            assert hidden
            assert self.opened == []
            return sent_to(self.told[-1].split()[-1])

    assert signed_in("youtube", urls, ours, Elsewhere(), pasted=True) == "Walks of Brent on www.googleapis.com"


def test_the_answer_of_another_sign_in_is_refused(urls: dict[str, str], ours: OurAccounts) -> None:
    """A code with another state is not exchanged, and nothing is kept."""

    def forged(address: str) -> None:
        back = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        agrees(f"{back}?code=stolen-code&state=not-ours")

    with pytest.raises(ToolError, match="belongs to another sign-in"):
        signed_in("youtube", urls, ours, Officer(forged))
    assert ours.of("youtube") is None


def test_a_person_may_say_no(urls: dict[str, str], ours: OurAccounts) -> None:
    """Then that is said, with the network's reason."""
    with pytest.raises(ToolError, match="not allowed: The person said no"):
        signed_in("youtube", urls, ours, Officer(refuses))
    assert ours.of("youtube") is None


def test_a_wrong_app_is_named_as_such(urls: dict[str, str], ours: OurAccounts) -> None:
    """With what to do, and without its secret."""
    wrong = AppOf(id="our-app", secret=Secret("not-the-secret-at-all"))
    with pytest.raises(ToolError) as caught:
        signed_in("youtube", urls, ours, Officer(agrees), app=wrong)
    assert "does not know the app's id or secret" in str(caught.value)
    assert "not-the-secret" not in str(caught.value)


def test_an_address_that_the_app_has_not_is_explained(urls: dict[str, str], ours: OurAccounts) -> None:
    """The network shows its error in the browser and never comes back: the sentence names the address."""
    redirect = f"http://localhost:{free_port()}/"
    shown: list[int] = []
    person = Officer(lambda address: shown.append(agrees(address).status_code))
    with pytest.raises(ToolError) as caught:
        signed_in("youtube", urls, ours, person, redirect=redirect, patience_s=1.0)
    assert shown == [400]
    assert f"the app must have exactly {redirect}" in str(caught.value)


def test_a_port_that_is_taken_is_said(urls: dict[str, str], ours: OurAccounts) -> None:
    """Before the browser is opened."""
    person = Officer(agrees)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ToolError, match=f"another program uses port {port}"):
            signed_in("youtube", urls, ours, person, redirect=f"http://127.0.0.1:{port}/")
    assert person.opened == []


def test_a_short_token_is_renewed_by_itself(urls: dict[str, str], ours: OurAccounts) -> None:
    """When it has run out after its three seconds, and each refresh token is used once."""
    account = x_account(urls["short"], MemoryVault(), ours)
    seen = [account.vault.get("refresh")]
    while is_good(account):
        time.sleep(0.1)
    assert me(account).status == 200
    seen.append(account.vault.get("refresh"))
    run_out(account)
    assert me(account).status == 200
    seen.append(account.vault.get("refresh"))
    assert len(set(seen)) == 3


def test_a_revoked_sign_in_asks_for_a_new_one(urls: dict[str, str], ours: OurAccounts) -> None:
    """The failure names the command."""
    account = x_account(urls["x"], MemoryVault(), ours)
    refresh = account.vault.get("refresh")
    assert refresh
    form = {"token": refresh.reveal(), "client_id": "our-app"}
    assert httpx.post(f"{urls['x']}/2/oauth2/revoke", data=form, trust_env=False).status_code == 200
    assert not is_good(account)
    with pytest.raises(Failure, match="X wants a new sign-in") as caught:
        me(account)
    assert (caught.value.kind, caught.value.remedy) == ("sign-in", "make-promo login x")


RUN = """
import json, os, signal, sys
from pathlib import Path
sys.path.append(sys.argv[4])
from pipeline.accounts import Account
from pipeline.http_door import Door, Request
from pipeline.publishers import Pace
from pipeline.publishers.bearer import Bearer
from pipeline.publishers.mastodon import Mastodon
from system.crashes import DiskVault
from system.real_servers import snac_server
path, settings, dies = sys.argv[1:4]
class Dying(DiskVault):
    def put(self, name, secret):
        super().put(name, secret)
        if name == dies:
            os.kill(os.getpid(), signal.SIGKILL)
vault = Dying(Path(path))
account = Account(service="x", server="https://api.x.com", name="walks", settings=json.loads(settings), vault=vault)
url = account.base("api", "") + "/2/users/me"
import httpx, keyring, filelock  # so that all who wait here go off at the same moment
print("ready", flush=True)
sys.stdin.readline()
print(Bearer(account, Door(), Pace(tries=2)).send(Request(method="GET", url=url)).status)
"""


def process(vault: Path, account: Account, dies: str = "") -> subprocess.Popen[str]:
    """A process of its own that asks X who we are; it kills itself once it has stored what `dies` names."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(vault), json.dumps(dict(account.settings)), dies, str(HOME / "tests")],
        env={**os.environ, "PYTHONPATH": str(HOME)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(*runs: subprocess.Popen[str]) -> list[tuple[str, str]]:
    """What they said, once all of them were ready and then let go."""
    for run in runs:
        assert run.stdout
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin
        run.stdin.write("\n")
        run.stdin.flush()
    return [run.communicate(timeout=60) for run in runs]


def test_two_processes_renew_once(urls: dict[str, str], ours: OurAccounts, tmp_path: Path) -> None:
    """The server revokes everything when a refresh token comes twice; both go on, and so does a third."""
    path = tmp_path / "vault.keys.json"
    account = x_account(urls["x"], DiskVault(path), ours)
    run_out(account)
    assert ended(*(process(path, account) for _ in range(3))) == [("200\n", "")] * 3
    run_out(account)
    assert me(account).status == 200


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a signal of POSIX")
@pytest.mark.parametrize("dies", ["refresh", "access", "expires_at"])
def test_killed_while_it_stores_the_account_is_not_lost(
    urls: dict[str, str], ours: OurAccounts, tmp_path: Path, dies: str
) -> None:
    """The refresh token is stored first, and all before any is used: the next run goes on."""
    path = tmp_path / "vault.keys.json"
    account = x_account(urls["x"], DiskVault(path), ours)
    run_out(account)
    run = process(path, account, dies)
    ended(run)
    assert run.returncode == -signal.SIGKILL
    run_out(account)
    assert ended(process(path, account)) == [("200\n", "")]


def test_the_command_signs_in_lists_and_forgets(urls: dict[str, str], tmp_path: Path) -> None:
    """From the command line, with a browser that the system opens; nothing that opens the account is shown."""
    browser = tmp_path / "browser.py"
    browser.write_text(
        "import sys, httpx\nhttpx.Client(follow_redirects=True, trust_env=False).get(sys.argv[1])\n", "utf-8"
    )
    vault = tmp_path / "vault.json"
    env = {
        **os.environ, "MAKE_PROMO_STATE": str(tmp_path / "state"), "MAKE_PROMO_VAULT": str(vault),
        "MAKE_PROMO_YOUTUBE_CLIENT_ID": "our-app", "MAKE_PROMO_YOUTUBE_CLIENT_SECRET": "the-secret-of-our-app",
        "BROWSER": f"{sys.executable} {browser} %s &", "PYTHONPATH": str(HOME),
    }  # fmt: skip

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline", "login", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    places = [word for key, value in at(urls["youtube"]).items() for word in ("--set", f"{key}={value}")]
    done = run("youtube", "--as", "parks", *places)
    assert done.returncode == 0, done.stderr
    assert "signed in as Walks of Brent" in done.stderr
    listed = run("--list")
    assert listed.stdout.split()[0] == "youtube:parks"
    opens = {value for held in json.loads(vault.read_text()).values() for value in held.values() if len(value) > 12}
    assert len(opens) == 3
    assert run("--forget", "youtube:parks").returncode == 0
    assert run("--list").stdout == ""
    assert json.loads(vault.read_text()) == {}
    told = done.stdout + done.stderr + listed.stdout + listed.stderr
    kept = "".join(path.read_text("utf-8") for path in (tmp_path / "state").rglob("*.json"))
    assert not [value for value in opens if value in told or value in kept]
    assert run("--forget", "youtube:parks").returncode == 2


RING = """
import sys
from pipeline.accounts import KeyringVault
from pipeline.errors import PromoError
from pipeline.secret import Secret
vault, long = KeyringVault("bluesky https://bsky.social walks"), Secret("ab" * 4000)
try:
    vault.put("refresh", long)
    vault.put("token", Secret("a-short-one"))
    same = KeyringVault("bluesky https://bsky.social walks")
    assert same.get("refresh") == long and same.get("token") == Secret("a-short-one")
    vault.drop("refresh"); vault.drop("token")
    assert same.get("refresh") is None and same.get("token") is None
    import keyring
    print("kept by", type(keyring.get_keyring()).__module__)
except PromoError as error:
    print(error)
"""
UNLOCKED = 'printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 && exec "$0" -c "$1"'
LOCKED = """
printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
  org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
exec "$0" -c "$1"
"""


def ring(script: str, tmp_path: Path, *around: str) -> str:
    """What the keyring said to RING in a session of its own."""
    env = {
        **{name: value for name, value in os.environ.items() if name not in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY")},
        "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(HOME),
    }  # fmt: skip
    command = [*around, "sh", "-c", script, sys.executable, RING]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def desktop() -> None:
    """A D-Bus session and gnome-keyring are there; else the test is skipped, loudly, or fails where it must not be."""
    if not all(shutil.which(name) for name in ("dbus-run-session", "gnome-keyring-daemon", "dbus-send")):
        needed("no gnome-keyring (apt install dbus gnome-keyring): a real keyring is NOT tested")


def test_a_real_keyring_keeps_short_and_long_secrets(desktop: None, tmp_path: Path) -> None:
    """gnome-keyring, unlocked: what is put in comes back to another run, and is gone when dropped."""
    assert ring(UNLOCKED, tmp_path, "dbus-run-session", "--") == "kept by keyring.backends.SecretService\n"


def test_a_locked_keyring_is_a_sentence(desktop: None, tmp_path: Path) -> None:
    """It names the environment variables that do without."""
    said = ring(LOCKED, tmp_path, "dbus-run-session", "--")
    assert said.startswith("accounts: the system's keyring is locked")
    assert "MAKE_PROMO_BLUESKY_TOKEN" in said


def test_no_keyring_at_all_is_a_sentence(tmp_path: Path) -> None:
    """Without a desktop session nothing is kept in a file instead."""
    said = ring('exec "$0" -c "$1"', tmp_path)
    assert said.startswith("accounts: this computer has no keyring")
    assert "MAKE_PROMO_VAULT" in said
