"""What is said: drafts, plans, checks and events, from outside."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import USUAL, Promo
from workbench import brief, events, picture_at, plan, promo, state

from pipeline import mp4

pytestmark = pytest.mark.slow


def test_a_draft_is_small_and_marked(rendered: Promo, project: Path, tmp_path: Path) -> None:
    """--draft gives a small clip of the same length with DRAFT across it, kept apart from the real pieces."""
    done = promo(brief(project, **USUAL), "--draft", "--json", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    told = events(done)
    assert {one["event"] for one in told} >= {"begin", "progress", "brief", "result"}
    assert told[-1]["event"] == "result"
    assert told[-1]["exit_code"] == 0
    (clip,) = told[-1]["briefs"][0]["clips"]
    small, whole = mp4.read(Path(clip["path"])).of_kind("vide")[0], mp4.read(rendered.clip).of_kind("vide")[0]
    assert (small.width, small.height) == (640, 360)
    assert small.samples == whole.samples
    progress = [one for one in told if one["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["frames"] == 300
    # On the end card nothing moves: what differs from the real clip there, in the middle, is the mark.
    draft, real = picture_at(Path(clip["path"]), 285), picture_at(rendered.clip, 285)[::2, ::2]
    differs = np.abs(draft.astype(int) - real.astype(int)).max(axis=2) > 60
    assert differs[120:240, 160:480].sum() > 300


def test_a_plan_writes_nothing(project: Path, tmp_path: Path) -> None:
    """--plan and check leave the project as it is, and make no folder of clips; the plan tiles the length."""
    path = brief(project, **USUAL)
    before = state(project)
    planned = plan(path, cache=tmp_path / "cache")
    assert promo(path, "--plan", cache=tmp_path / "cache").returncode == 0
    assert state(project) == before
    assert not (project / "promo").exists()
    assert planned["length_s"] == 10
    shots = planned["shots"]
    assert shots[0]["start_s"] == 0
    assert shots[-1]["end_s"] == 10
    assert all(one["end_s"] == two["start_s"] for one, two in pairwise(shots))
    assert not any(node["cached"] for node in planned["nodes"].values())


def test_check_writes_nothing_at_all(project: Path, tmp_path: Path) -> None:
    """check reports every problem at once and writes neither clips nor cache."""
    (project / "text.mp4").write_text("no film")
    bad = brief(project, "bad.yml", route="none.gpx", footage=["text.mp4", "testsrc2.mp4", "gone.mp4"])
    good = brief(project, "good.yml")
    before = state(tmp_path)
    done = promo("check", bad, good, "--json", cache=tmp_path / "cache")
    assert done.returncode == 3
    told = {Path(one["brief"]).name: one for one in events(done) if one["event"] == "check"}
    assert told["good.yml"]["ok"]
    words = json.dumps(told["bad.yml"]["problems"])
    assert all(name in words for name in ("none.gpx", "text.mp4", "gone.mp4"))
    assert events(done)[-1] == {"event": "result", "exit_code": 3}
    assert state(tmp_path) == before


def test_results_go_to_stdout_and_talk_to_stderr(rendered: Promo) -> None:
    """stdout carries the paths of the clips and nothing else."""
    assert rendered.done.stdout.splitlines() == [str(rendered.clip)]
    assert "frames to render" in rendered.done.stderr


def test_a_caption_without_room_is_told(project: Path, tmp_path: Path) -> None:
    """A caption that the edit has no room for is left out with a warning at its place in the brief."""
    captions = [{"at": "1 mi", "text": f"Caption number {number} of too many for six seconds"} for number in range(4)]
    planned = plan(brief(project, **USUAL | {"captions": captions}), cache=tmp_path / "cache")
    told = [one for one in planned["problems"] if "no room" in one["what"]]
    assert told
    assert all("captions[" in one["where"] and one["level"] == "warn" for one in told)
