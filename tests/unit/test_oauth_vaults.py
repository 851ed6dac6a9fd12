"""Where secrets lie: a keyring that takes only short entries, a file for one user, environment variables, several
accounts of one network."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

from pipeline import config
from pipeline.accounts import FILE, Account, Closed, KeyringVault, MemoryVault, OurAccounts, named
from pipeline.errors import BriefError, ToolError
from pipeline.secret import Secret
from pipeline.vaults import FileVault

LONG = "".join(f"{number:05}" for number in range(2000))  # 10 000 characters, no two pieces alike
OWNER = "bluesky https://bsky.social walks"


class Windows(KeyringBackend):
    """As the Credential Manager: 2560 bytes for an entry, two for each character."""

    priority = 1  # type: ignore[assignment]
    kept: ClassVar[dict[str, str]] = {}
    fails_at: ClassVar[int] = 0  # the number of writes after which nothing works
    writes: ClassVar[int] = 0

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        Windows.writes += 1
        if self.fails_at and self.writes >= self.fails_at:
            raise KeyringLocked(f"cannot keep {password}")
        if len(password.encode("utf-16-le")) > 2560:
            raise PasswordSetError(f"(1783, 'CredWrite', 'The stub received bad data.') {password}")
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        if username not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[username]


@pytest.fixture
def ring() -> Iterator[type[Windows]]:
    before = keyring.get_keyring()
    Windows.kept.clear()
    Windows.fails_at = Windows.writes = 0
    keyring.set_keyring(Windows())
    yield Windows
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.mark.parametrize("value", [LONG, "🥾" * 3000, "x" * 1200, "x" * 1201, "é" * 1300, "make-promo pieces 3 of it"])
def test_long_secrets_are_kept_in_pieces(ring: type[Windows], value: str) -> None:
    """Whatever they are made of; and nothing of them stays when they are dropped."""
    vault = KeyringVault(OWNER)
    vault.put("refresh", Secret(value))
    assert KeyringVault(OWNER).get("refresh") == Secret(value)
    assert vault.get("access") is None
    vault.drop("refresh")
    assert vault.get("refresh") is None
    assert ring.kept == {}
    vault.drop("refresh")


def test_a_new_secret_takes_the_place_of_all_pieces(ring: type[Windows]) -> None:
    """Long or short, over long or short."""
    vault = KeyringVault(OWNER)
    for value in (LONG, LONG[::-1], "short", LONG, LONG):
        vault.put("refresh", Secret(value))
        assert vault.get("refresh") == Secret(value)
        assert len(ring.kept) == (1 if value == "short" else 10)
    vault.put("refresh", Secret("short"))
    assert list(ring.kept.values()) == ["short"]


def test_a_secret_is_whole_or_not_there(ring: type[Windows]) -> None:
    """A piece that is missing, or of another secret, makes none of it."""
    vault = KeyringVault(OWNER)
    vault.put("refresh", Secret(LONG))
    pieces = [name for name in ring.kept if not name.endswith("refresh")]
    assert len(pieces) > 5
    held = dict(ring.kept)
    for piece in pieces:
        ring.kept.update(held)
        del ring.kept[piece]
        assert vault.get("refresh") is None
        ring.kept[piece] = "another"
        assert vault.get("refresh") is None
    ring.kept.update(held)
    assert vault.get("refresh") == Secret(LONG)


def test_a_write_that_dies_leaves_the_old_secret(ring: type[Windows]) -> None:
    """At whatever piece it dies; and what the keyring complains about is not repeated."""
    vault = KeyringVault(OWNER)
    vault.put("refresh", Secret(LONG))
    for at in range(1, 11):
        Windows.writes, Windows.fails_at = 0, at
        with pytest.raises(Closed) as caught:
            vault.put("refresh", Secret(LONG[::-1]))
        assert LONG[-9:] not in str(caught.value)
        assert caught.value.__cause__ is None
        Windows.fails_at = 0
        assert vault.get("refresh") == Secret(LONG)


def test_a_file_of_secrets_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It is written so, refused when others may read it, and holds each account by itself."""
    path = tmp_path / "vault.json"
    one, two = FileVault(path, "a"), FileVault(path, "b")
    assert one.get("token") is None
    one.put("token", Secret("first"))
    two.put("token", Secret("second"))
    assert (one.get("token"), two.get("token")) == (Secret("first"), Secret("second"))
    one.drop("token")
    one.drop("token")
    assert (one.get("token"), two.get("token")) == (None, Secret("second"))
    assert [entry.name for entry in tmp_path.iterdir() if "vault" in entry.name] == ["vault.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o640)
        with pytest.raises(Closed, match="others may read this file"):
            two.get("token")
        path.chmod(0o600)
    path.write_text("{", "utf-8")
    with pytest.raises(Closed, match="cannot be read"):
        two.get("token")
    with pytest.raises(Closed, match="cannot be written"):
        FileVault(tmp_path / "no" / "folder", "a").put("token", Secret("first"))


def test_many_may_write_the_file_at_once(tmp_path: Path) -> None:
    """None loses what another kept."""
    path = tmp_path / "vault.json"
    work = [
        threading.Thread(target=FileVault(path, f"account {number}").put, args=("token", Secret(f"t{number}")))
        for number in range(12)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    found = [FileVault(path, f"account {number}").get("token") for number in range(12)]
    assert found == [Secret(f"t{number}") for number in range(12)]


def test_what_the_environment_says_holds_until_it_is_renewed(tmp_path: Path) -> None:
    """A renewed token outlives the process; when the variables change, they hold again."""
    path, given = tmp_path / "vault.json", {"refresh": Secret("from the environment")}
    assert FileVault(path, "x", given).get("refresh") == Secret("from the environment")
    FileVault(path, "x", given).put("refresh", Secret("the next one"))
    FileVault(path, "x", given).put("access", Secret("short"))
    assert FileVault(path, "x", given).get("refresh") == Secret("the next one")
    changed = FileVault(path, "x", {"refresh": Secret("a new sign-in")})
    assert (changed.get("refresh"), changed.get("access")) == (Secret("a new sign-in"), None)
    changed.put("access", Secret("newer"))
    assert "the next one" not in path.read_text("utf-8")
    assert "from the environment" not in path.read_text("utf-8")


YOUTUBE = {"MAKE_PROMO_YOUTUBE_REFRESH": "t", "MAKE_PROMO_YOUTUBE_CLIENT_ID": "a"}
FACEBOOK = {"MAKE_PROMO_FACEBOOK_TOKEN": "page-token", "MAKE_PROMO_FACEBOOK_PAGE": "123"}
X = {"MAKE_PROMO_X_REFRESH": "refresh", "MAKE_PROMO_X_CLIENT_ID": "app"}


def test_servers_set_variables(tmp_path: Path) -> None:
    """Secrets lie in the vault, all other words are settings, and the network's file says where it is."""
    found = OurAccounts(environ={**FACEBOOK, "MAKE_PROMO_FACEBOOK_CLIENT_SECRET": "word"}).of("facebook")
    assert found
    assert (found.server, found.settings) == ("https://graph.facebook.com", {"page": "123"})
    assert (found.vault.get("token"), found.vault.get("client_secret")) == (Secret("page-token"), Secret("word"))
    assert set(found.secrets) == {Secret("page-token"), Secret("word")}
    pins = {"TOKEN": "pin-token", "BOARD": "7", "ACCESS": "trial"}
    pinned = OurAccounts(environ={f"MAKE_PROMO_PINTEREST_{name}": word for name, word in pins.items()}).of("pinterest")
    assert pinned
    assert (pinned.settings, pinned.vault.get("access")) == ({"board": "7", "access": "trial"}, None)
    thread = {
        "MAKE_PROMO_THREADS_TOKEN": "t" * 9,
        "MAKE_PROMO_THREADS_USER": "9",
        "MAKE_PROMO_THREADS_FILES": "https://a",
    }
    found = OurAccounts(environ=thread).of("threads")
    assert found
    assert found.settings == {"user": "9", "files": "https://a"}
    renewed = OurAccounts(environ={**X, "MAKE_PROMO_VAULT": str(tmp_path / "v")}).of("x")
    assert renewed
    assert renewed.settings == {"client_id": "app"}
    renewed.vault.put("refresh", Secret("next"))
    again = OurAccounts(environ={**X, "MAKE_PROMO_VAULT": str(tmp_path / "v")}).of("x")
    assert again
    assert again.vault.get("refresh") == Secret("next")
    assert OurAccounts(environ={"MAKE_PROMO_X_CLIENT_ID": "app", "MAKE_PROMO_X_CLIENT_SECRET": "w"}).of("x") is None


@pytest.mark.parametrize(
    ("service", "environ", "words"),
    [
        ("linkedin", {"MAKE_PROMO_LINKEDIN_TOKEN": "t"}, "MAKE_PROMO_LINKEDIN_OWNER is not set"),
        ("bluesky", {"MAKE_PROMO_BLUESKY_APP_PASSWORD": "t"}, "MAKE_PROMO_BLUESKY_HANDLE is not set"),
        ("mastodon", {"MAKE_PROMO_MASTODON_TOKEN": "t"}, "MAKE_PROMO_MASTODON_SERVER is not set"),
        ("x", {"MAKE_PROMO_X_REFRESH": "t"}, "MAKE_PROMO_X_CLIENT_ID is not set"),
        ("x", X, "works once"),
        ("youtube", YOUTUBE, "_CLIENT_SECRET is not set"),
        ("facebook", {**FACEBOOK, "MAKE_PROMO_FACEBOOK_REFRESH": "t"}, "has no token that renews others"),
        ("mastodon", {"MAKE_PROMO_MASTODON_TOKEN": "t", "MAKE_PROMO_MASTODON_SERVER": "http://a.example"}, "https"),
    ],
)  # fmt: skip
def test_a_gap_in_the_variables_is_named(service: str, environ: dict[str, str], words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ToolError, match=words):
        OurAccounts(environ=environ).of(service)


def kept(service: str, which: str = "", name: str = "walks", token: str = "secret-token") -> Account:
    vault = MemoryVault({"token": Secret(token), "refresh": Secret(LONG), "expires_at": Secret("123")})
    return Account(service=service, server="https://a.example", name=name, which=which, vault=vault)


def test_one_network_may_have_several_accounts(ring: type[Windows], state: Path) -> None:
    """Each with its own secrets; forgetting one leaves the other."""
    ours = OurAccounts(environ={})
    ours.keep(kept("mastodon", token="usual-token"))
    ours.keep(kept("mastodon", "parks", token="parks-token"))
    usual, parks = ours.of("mastodon"), ours.of("mastodon", "parks")
    assert usual
    assert parks
    assert (usual.vault.get("token"), parks.vault.get("token")) == (Secret("usual-token"), Secret("parks-token"))
    assert usual.id != parks.id
    assert ours.names() == [("mastodon", ""), ("mastodon", "parks")]
    assert ours.of("mastodon", "arts") is None
    assert "token" not in (state / FILE).read_text("utf-8")
    assert ours.forget("mastodon", "parks")
    assert ours.forget("mastodon", "parks") is None
    assert ours.of("mastodon", "parks") is None
    assert usual.vault.get("token") == Secret("usual-token")
    assert ours.forget("mastodon")
    assert ring.kept == {}
    assert json.loads((state / FILE).read_text("utf-8")) == {}


def test_a_new_sign_in_leaves_nothing_of_the_old(ring: type[Windows]) -> None:
    """Also when the account has another name now."""
    ours = OurAccounts(environ={})
    ours.keep(kept("mastodon", name="walks"))
    fresh = Account(
        service="mastodon", server="https://a.example", name="trails", vault=MemoryVault({"token": Secret("new")})
    )
    ours.keep(fresh)
    assert list(ring.kept.values()) == ["new"]
    account = ours.of("mastodon")
    assert account
    assert account.vault.get("refresh") is None


def test_variables_know_several_accounts() -> None:
    """Two lines between the network and the account's own name; neither sees the other's words."""
    environ = {
        "MAKE_PROMO_BLUESKY_HANDLE": "a.test", "MAKE_PROMO_BLUESKY_APP_PASSWORD": "one",
        "MAKE_PROMO_BLUESKY__PARKS_HANDLE": "b.test", "MAKE_PROMO_BLUESKY__PARKS_APP_PASSWORD": "two",
        "MAKE_PROMO_CONTACT": "x", "MAKE_PROMO_MAPS_ONLINE": "y",
    }  # fmt: skip
    ours = OurAccounts(environ=environ)
    usual, parks = ours.of("bluesky"), ours.of("bluesky", "parks")
    assert usual
    assert parks
    assert (usual.name, usual.settings) == ("a.test", {})
    assert (parks.name, parks.settings) == ("b.test", {})
    assert parks.vault.get("app_password") == Secret("two")
    assert ours.names() == [("bluesky", ""), ("bluesky", "parks")]
    assert ours.is_given("bluesky", "parks")
    assert not ours.is_given("bluesky", "arts")


def test_the_name_of_an_account_is_plain() -> None:
    """So that it can stand in a variable and in a file."""
    assert named("bluesky") == ("bluesky", "")
    assert named("bluesky:parks2") == ("bluesky", "parks2")
    for text in ("bluesky:Parks", "bluesky:a b", "bluesky:../x", "bluesky:a:b", "bluesky:a_b"):
        with pytest.raises(BriefError, match="small letters"):
            named(text)


def test_the_vault_file_takes_the_place_of_the_keyring(tmp_path: Path, ring: type[Windows]) -> None:
    """Only where somebody has asked for it."""
    path = tmp_path / "vault.secrets.json"
    OurAccounts(environ={"MAKE_PROMO_VAULT": str(path)}).keep(kept("mastodon"))
    assert ring.kept == {}
    found = OurAccounts(environ={"MAKE_PROMO_VAULT": str(path)}).of("mastodon")
    assert found
    assert found.vault.get("refresh") == Secret(LONG)
    assert not [place for place in (config.state_dir(), tmp_path) for name in os.listdir(place) if name.startswith(".")]
