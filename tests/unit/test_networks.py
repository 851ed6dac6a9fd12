"""The files of the networks: each says how one signs in, from where that is known, and where its publisher is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pipeline import config, network_file
from pipeline.errors import BriefError
from pipeline.networks import NETWORKS, load, placed

KNOWN = ("bluesky", "facebook", "instagram", "linkedin", "mastodon", "pinterest", "threads", "x", "youtube")
SMALL = """
label: Small
publisher: small.Small
server: https://small.example
paste: {keep: token, ask: The token}
tested: not at all, for it is not there
sources: [https://small.example/docs]
checked: 2026-11-22
"""


def test_every_network_has_its_file() -> None:
    """And the mapping that others read is made of them."""
    assert tuple(NETWORKS) == KNOWN
    assert dict(NETWORKS)["youtube"] == ("youtube", "YouTube")
    assert "tiktok" not in NETWORKS
    with pytest.raises(KeyError):
        NETWORKS["tiktok"]
    with pytest.raises(KeyError):
        NETWORKS["../maps/openstreetmap"]


@pytest.mark.parametrize("service", KNOWN)
def test_a_network_file_leads_to_its_publisher(service: str) -> None:
    """The class is there and calls itself by the network's id."""
    module, name = NETWORKS[service]
    path = Path(__file__).parents[2] / "pipeline" / "publishers" / f"{module}.py"
    classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
    (found,) = [node for node in classes if node.name == name]
    assert f"service = '{service}'" in ast.unparse(found)


@pytest.mark.parametrize("service", KNOWN)
def test_a_network_file_is_whole(service: str) -> None:
    """Plain sentences, dated sources, a way to sign in, and every setting either found or asked for."""
    file = load(service)
    assert file.id == service
    assert file.paste or file.oauth
    assert all(source.startswith("https://") for source in file.sources)
    assert re.match(r"[a-z].{30,}", file.tested)
    if file.app:
        assert len(file.app.steps) == 3
    for ask in file.settings:
        assert "  " not in ask.ask
    if file.oauth and file.oauth.refresh and file.oauth.refresh.grant == "refresh_token":
        assert file.oauth.refresh.address == file.oauth.token
    if file.oauth:
        assert len(set(file.oauth.scopes)) == len(file.oauth.scopes) > 0


def test_an_address_may_lie_on_another_host() -> None:
    """Its path stays; a path alone lies on the account's own server."""
    assert placed("https://a.example/x?y=1", "", {}, "oauth") == "https://a.example/x?y=1"
    assert (
        placed("https://a.example/x?y=1", "", {"oauth": "http://127.0.0.1:5/"}, "oauth") == "http://127.0.0.1:5/x?y=1"
    )
    assert placed("https://a.example/x", "", {"api": "http://127.0.0.1:5"}, "oauth") == "https://a.example/x"
    assert placed("/oauth/token", "https://own.example", {}, "oauth") == "https://own.example/oauth/token"
    assert placed("/oauth/token", "https://own.example", {"oauth": "https://b.example"}, "oauth") == (
        "https://b.example/oauth/token"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("lable: Small", '"lable"'),
        ("id: small", '"id"'),
        ("server: http://small.example", "begins with https"),
        ("server: https://user@small.example", "begins with https"),
        ("paste: {keep: cookie, ask: The token}", "paste.keep"),
        ("paste: {keep: token, ask: The token, hide: yes}", "keys here are keep and ask"),
        ("oauth: {authorize: /a, token: /t, scopes: [a], client: post}", "oauth.client"),
        ("oauth: {authorize: /a, token: /t, scopes: [a]}", "where does the officer make one?"),
        ("oauth: {authorize: /a, scopes: [a]}", '"token" is needed'),
        ("publisher: small", "publisher"),
        ("checked: yesterday", "checked"),
        ("settings: [{key: A B, ask: what}]", "settings[0].key"),
        ("find: [{address: 'https://a.example', settings: {BOARD: id}}]", "find[0].settings"),
    ],
)
def test_what_a_file_has_no_use_for_is_refused(tmp_path: Path, change: str, words: str) -> None:
    """With the place, and the words that are known there."""
    path = tmp_path / "small.yml"
    kept = [line for line in SMALL.splitlines() if not line.startswith(f"{change.partition(':')[0]}:")]
    path.write_text("\n".join([*kept, change]), "utf-8")
    with pytest.raises(BriefError) as caught:
        network_file.read(path)
    assert words in str(caught.value)
    assert "small.yml:" in str(caught.value)


def test_a_file_needs_a_way_to_sign_in_and_a_server(tmp_path: Path) -> None:
    """Both are said."""
    path = tmp_path / "small.yml"
    path.write_text(SMALL.replace("paste: {keep: token, ask: The token}", ""), "utf-8")
    with pytest.raises(BriefError, match="how is one signed in"):
        network_file.read(path)
    path.write_text(SMALL.replace("server: https://small.example", ""), "utf-8")
    with pytest.raises(BriefError, match="asks_server"):
        network_file.read(path)
    path.write_text(SMALL, "utf-8")
    assert network_file.read(path).label == "Small"


def test_a_network_that_there_is_not_is_told_with_the_nearest() -> None:
    """At the place that was asked about."""
    with pytest.raises(BriefError, match='I don\'t know "mastodn"'):
        load("mastodn")
    assert config.names("networks") == KNOWN


def test_the_page_on_networks_says_what_each_was_tested_against() -> None:
    """docs/networks.md has a line for every network, in the words of its file."""
    page = (Path(__file__).parents[2] / "docs" / "networks.md").read_text("utf-8")
    for service in NETWORKS:
        found = load(service)
        assert f"| {found.label} | {found.tested} |" in page, service
