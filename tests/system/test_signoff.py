"""Sign-off from outside: rendered, approved by code, void at one letter, and valid when nothing changed."""

from __future__ import annotations

import getpass
import json
import signal
import sys
from pathlib import Path

import pytest
from workbench import begun, brief, promo, walk

from pipeline.ledger import Ledger

# Long enough that all of it can be read: a clip without warnings. Nothing moves, so it is made quickly.
WORDS = {
    "length": "14s",
    "motion": "reduced",
    "post": {"alt": "A pond between trees."},
    "publish": {"when": "2026-12-05 09:30"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A brief that is rendered once, and its code. Not to be changed, nor approved."""
    folder = tmp_path_factory.mktemp("made")
    walk(folder / "w.gpx")
    route = brief(folder, **WORDS)
    return route, render(route)


def render(route: Path) -> str:
    """Renders; gives the code of what came out, as the ledger has it."""
    done = promo(route, cache=route.parent / "cache")
    assert done.returncode == 0, done.stderr
    with Ledger(route.parent / "cache-state" / "ledger.sqlite").reading() as book:
        assert book.verify() is None
        return [event.code for event in book.events(kind="made")][-1]


def approve(route: Path, *arguments: str) -> tuple[int, str]:
    done = promo("approve", *arguments, cache=route.parent / "cache")
    return done.returncode, done.stdout + done.stderr


def test_bound_to_the_bytes(tmp_path: Path) -> None:
    """Approve; render again: still valid. Change one letter of the alt text, or the time: void, with what changed."""
    walk(tmp_path / "w.gpx")
    route = brief(tmp_path, **WORDS)
    code = render(route)
    assert approve(route, code, "--by", "A. Khan") == (0, f"{code} {route.parent}/promo/route: approved: by A. Khan\n")
    assert render(route) == code
    assert json.loads(approve(route, code, "--by", "A. Khan", "--json")[1])["state"] == "approved"
    brief(route.parent, **{**WORDS, "post": {"alt": "A pond between tree."}})
    other = render(route)
    assert other != code
    status, said = approve(route, code, "--by", "A. Khan")
    assert status == 2
    assert '"A pond between tree." was "A pond between trees."' in said
    assert f"its code is now {other}" in said
    brief(route.parent, **{**WORDS, "publish": {"when": "2026-12-05 10:30"}})
    render(route)
    assert '"2026-12-05 10:30" was "2026-12-05 09:30"' in approve(route, code, "--by", "A. Khan")[1]
    brief(route.parent, **WORDS)
    assert render(route) == code


def test_what_is_refused(made: tuple[Path, str]) -> None:
    """No code, no name, no such code, the author: each has its sentence and exit code 2."""
    route, code = made
    for arguments, told in (
        ([], "no code is named"),
        ([code], "who decides is not said"),
        (["0000-00", "--by", "A"], "no promo with this code"),
        ([code, "--by", getpass.getuser()], "the author does not approve"),
        ([code, "--by", "A. Khan", "--tick", "T7"], "there are no warnings"),
        (["--from", str(route.parent / "none.yml")], "no such file"),
    ):
        status, said = approve(route, *arguments)
        assert (status, told in said) == (2, True), said


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT")
def test_the_review_ends_with_ctrl_c(made: tuple[Path, str]) -> None:
    """The page's address is told, and Ctrl-C ends it with where the promo stands."""
    route, code = made
    page = begun("review", route.parent / "promo" / "route", "--no-browser", cache=route.parent / "cache")
    assert page.stderr is not None
    assert page.stderr.readline().startswith("http://127.0.0.1:")
    page.send_signal(signal.SIGINT)
    said, _ = page.communicate(timeout=30)
    assert page.returncode == 0
    assert said.startswith(f"{code} ")
    assert "in review" in said
