"""What becomes of the posts that schedules want, with a real ledger; posting is a stand-in that keeps count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.calendar_view import calendar
from pipeline.errors import ToolError
from pipeline.post_turns import Answer, SignOff
from pipeline.sidecar import PostWords, Sidecar
from pipeline.ticking import Hands, tick

NOON = datetime(2027, 4, 14, 11, tzinfo=UTC)  # a Wednesday, noon in London
MINUTE = timedelta(minutes=1)

Woken = Callable[..., list[str]]


def promo(folder: Path, channel: str) -> Path:
    """As much of a finished promo as a schedule looks at."""
    folder.mkdir()
    note = Sidecar(
        platform=channel, lang="en", sha256="0" * 64, bytes=1, width=1080, height=1920, fps=30, duration_s=20,
        fingerprint="f", post=PostWords(text="A walk"), made_at=NOON, checks=(),
    )  # fmt: skip
    (folder / f"{channel}.en.json").write_text(note.to_json(), "utf-8")
    return folder


@pytest.fixture
def woken() -> Woken:
    """A tick so many minutes after noon, of all that is approved; gives the channels that were posted to until then.

    X never takes a post.
    """
    out: list[str] = []

    def post(folder: Path, channel: str, now: datetime) -> Answer:
        if channel == "x":
            raise ToolError.at("x", "the token has ended", "sign in again")
        out.append(channel)
        return Answer(state="posted", says="")

    def looked(folder: Path, now: datetime) -> SignOff:
        return SignOff(approved=True, why="")

    def at(minutes: int, *paths: Path) -> list[str]:
        hands = Hands(render=lambda brief: None, post=post, look=looked, clock=lambda: NOON + minutes * MINUTE)
        tick(paths, hands)
        return out

    return at


def test_a_post_that_waits_keeps_the_limits_of_its_own_file(tmp_path: Path, woken: Woken) -> None:
    """Of two schedules each has its own distance between posts, also for a post that an earlier tick made wait."""
    paths = [tmp_path / "a.yml", tmp_path / "b.yml"]
    paths[0].write_text("schedule: [{promo: a, at: 2027-04-14 12:00}]\nlimits: {spacing: 10 min}\n", "utf-8")
    paths[1].write_text("schedule: [{promo: b, at: 2027-04-14 12:01}]\nlimits: {spacing: 2 h}\n", "utf-8")
    promo(tmp_path / "a", "bluesky")
    promo(tmp_path / "b", "mastodon")
    assert woken(-60, *paths) == []
    assert woken(1, *paths) == ["bluesky"]
    assert woken(30, *paths) == ["bluesky"]
    assert woken(125, *paths) == ["bluesky", "mastodon"]


def test_the_calendar_tells_how_a_held_post_is_released(tmp_path: Path, woken: Woken) -> None:
    """What is to be typed has the folder in quotes: councils' folders have spaces in their names."""
    folder = promo(tmp_path / "A walk", "bluesky")
    path = tmp_path / "schedule.yml"
    path.write_text('schedule: [{promo: "A walk", at: 2027-04-14 12:00}]\n', "utf-8")
    assert woken(-60, path) == woken(31, path) == []
    (row,) = calendar([path], NOON + 32 * MINUTE).rows
    assert f'make-promo release "{folder}" --to bluesky --by NAME' in str(row)


def test_the_calendar_shows_a_post_that_failed(tmp_path: Path, woken: Woken) -> None:
    """Nobody sees what a tick says that a computer woke: the calendar tells why a post is not out, and what helps."""
    promo(tmp_path / "walk", "x")
    path = tmp_path / "schedule.yml"
    path.write_text("schedule: [{promo: walk, at: 2027-04-14 12:00}]\n", "utf-8")
    assert woken(-60, path) == woken(1, path) == []
    (row,) = calendar([path], NOON + 2 * MINUTE).rows
    assert "failed: x: the token has ended; hint: sign in again; make-promo release" in str(row)
