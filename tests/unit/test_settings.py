"""The settings file: few keys, all optional, each mistake at its place, and secrets that stay secret."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from pipeline.errors import BriefError
from pipeline.fingerprints import fingerprint
from pipeline.settings import FILE, Secret, Settings, folder, key_of, read_settings

KEY = "s3cret-Key"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config folder of the test's own."""
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(tmp_path))
    return tmp_path


def written(home: Path, text: str, **environ: str) -> Settings:
    (home / FILE).write_text(text, encoding="utf-8")
    return read_settings(environ)


def refused(home: Path, text: str, **environ: str) -> str:
    with pytest.raises(BriefError) as caught:
        written(home, text, **environ)
    return str(caught.value)


def test_without_a_file_nothing_is_online(home: Path) -> None:
    """No file and a file of comments mean the same: no contact, nobody online, no keys."""
    assert read_settings({}) == Settings()
    assert written(home, "# contact: comms@example.gov.uk\n\n---\n") == Settings()
    assert folder() == home


def test_a_whole_file(home: Path) -> None:
    """Contact, providers in their order and keys by provider."""
    found = written(
        home,
        f"contact: comms@example.gov.uk\nmaps:\n  online: [os-outdoor, openstreetmap]\n  keys: {{os-outdoor: {KEY}}}\n",
    )
    assert found.contact == "comms@example.gov.uk"
    assert found.online == ("os-outdoor", "openstreetmap")
    key = key_of(found, "os-outdoor")
    assert key is not None
    assert key.revealed() == KEY
    assert key_of(found, "openstreetmap") is None
    assert found.where("online").endswith("settings.yml:3:3: maps.online")


def test_the_environment_wins(home: Path) -> None:
    """Contact, providers and keys of the environment take the place of the file's; empty providers mean none."""
    environ = {
        "MAKE_PROMO_CONTACT": "https://example.gov.uk/contact",
        "MAKE_PROMO_MAPS_ONLINE": "openfreemap, versatiles",
        "MAKE_PROMO_KEY_OS_OUTDOOR": "other",
    }
    text = f"contact: a@b.uk\nmaps: {{online: openstreetmap, keys: {{os-outdoor: {KEY}}}}}\n"
    found = written(home, text, **environ)
    assert found.contact == "https://example.gov.uk/contact"
    assert found.online == ("openfreemap", "versatiles")
    assert key_of(found, "os-outdoor") == Secret("other")
    assert found.where("online") == "MAKE_PROMO_MAPS_ONLINE"
    assert written(home, text, MAKE_PROMO_MAPS_ONLINE="").online == ()
    assert written(home, text).online == ("openstreetmap",)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("contakt: a@b.uk", "settings.yml:1:1", 'I don\'t know "contakt" (did you mean "contact"?)'),
        ("maps: {onlin: [a]}", "settings.yml:1:8", 'did you mean "online"?'),
        ("maps: openstreetmap", "settings.yml:1:1", "a group of keys is expected"),
        ("maps: {online: {a: 1}}", "settings.yml:1:8", "a list of map providers"),
        ("maps: {online: [Open Street]}", "settings.yml:1:8", "a list of map providers"),
        ("contact: ring us", "settings.yml:1:1", "neither an e-mail address nor a web address"),
        ('contact: "a@b.uk\\r\\nX-Evil: 1"', "settings.yml:1:1", "neither an e-mail address nor a web address"),
        ("contact: a@b.uk)(", "settings.yml:1:1", "neither an e-mail address nor a web address"),
        ("- a", "settings.yml:1:1", "not keys with values"),
    ],
)
def test_mistakes_are_told_at_their_place(home: Path, text: str, place: str, words: str) -> None:
    """Unknown keys get the nearest; a contact that would not fit into a header is refused."""
    told = refused(home, text)
    assert place in told
    assert words in told


def test_all_mistakes_at_once(home: Path) -> None:
    """Every problem of the file and the environment is told, not only the first."""
    told = refused(home, "contakt: a\nmaps: {onlin: a}", MAKE_PROMO_CONTACT="nobody")
    assert told.count("hint:") == 3


@pytest.mark.parametrize(
    "text",
    [
        f"maps: {{keys: {KEY}}}",
        f"maps: {{keys: [{KEY}]}}",
        f"maps: {{keys: {{{KEY}: os-outdoor}}}}",
        f'maps: {{keys: {{os-outdoor: "{KEY} with a space"}}}}',
        f"maps: {{keys: {{os-outdoor: [{KEY}]}}}}",
        f"maps: {{keys: {{os-outdoor: {{{KEY}: 1}}}}}}",
    ],
)
def test_a_misplaced_key_is_not_repeated(home: Path, text: str) -> None:
    """Wherever a key is written by mistake, the message has its place and not its text."""
    told = refused(home, text)
    assert "settings.yml:1:" in told
    assert "s3cret" not in told


def test_a_secret_shows_itself_to_nobody(home: Path) -> None:
    """Not when printed, formatted, compared, fingerprinted or written away."""
    found = written(home, f"maps: {{keys: {{a: {KEY}}}}}")
    secret = found.keys["a"]
    shown = f"{secret} {secret!r} {found} {dataclasses.replace(found)} {[secret]}"
    assert "s3cret" not in shown
    assert fingerprint(Secret("one")) == fingerprint(Secret("two"))
    assert secret != KEY
    with pytest.raises(TypeError):
        pickle.dumps(secret)
