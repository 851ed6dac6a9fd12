"""What is said while briefs are in work, of one and of many, and what is said at the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from pipeline import talk
from pipeline.batch import Order
from pipeline.conducting import Outcome
from pipeline.errors import BriefError, Problem, PromoError, ToolError
from pipeline.listening import Listener
from pipeline.nodes import Rendition
from pipeline.talk_progress import Bar, Events, Plain

CLIP = Rendition(brief="b", platform="x", lang="en", path=Path("out/b/x.en.mp4"), fingerprint="f", made=True)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_brief_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    """How many frames, then every five seconds the share and the time left."""
    clock = Clock()
    plain = Plain(clock)
    plain.expects(1)
    plain.begins("fryent", 100)
    plain.advances("fryent", 1)
    clock.now += 6
    plain.advances("fryent", 24)
    plain.ends("fryent", failed=False)
    lines = [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["fryent: 100 frames to render", "fryent: 25 %, about 18 s left"]


def test_many_briefs_are_told_by_their_number(capsys: pytest.CaptureFixture[str]) -> None:
    """Of three hundred briefs there is one line each five seconds: how many are done, which failed, what is in work."""
    clock = Clock()
    plain = Plain(clock)
    plain.expects(300)
    for number in range(60):
        plain.begins(f"b{number}", 100)
        plain.advances(f"b{number}", 100)
        plain.ends(f"b{number}", failed=number == 7)
        clock.now += 1
    for name in ("one", "two", "three", "four"):
        plain.begins(name, 100)
        plain.advances(name, 50)
    clock.now += 6
    plain.advances("one", 10)
    lines = [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert len(lines) <= 66 / 5 + 1
    assert lines[-1].startswith("60 of 300 briefs done, 1 failed, about ")
    assert lines[-1].endswith("; in work: one 60 %, two 50 %, three 50 %")


def test_events_keep_briefs_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Two briefs in work at once have their own counts."""
    events = Events()
    events.expects(2)
    events.begins("a", 10)
    events.begins("b", 20)
    events.advances("a", 4)
    events.advances("b", 5)
    events.advances("a", 6)
    events.ends("a", failed=False)
    events.advances("b", 15)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["brief"], one["done"], one["frames"]) for one in told if one["event"] == "progress"] == [
        ("a", 4, 10), ("b", 5, 20), ("a", 10, 10), ("b", 20, 20),
    ]  # fmt: skip


def test_bars_of_many_briefs_come_and_go() -> None:
    """On a terminal there is one bar over all and one for each brief in work, not one for each of hundreds."""
    with Progress(TextColumn("{task.fields[words]}"), console=Console(quiet=True)) as progress:
        bar = Bar(progress)
        bar.expects(200)
        for number in range(200):
            bar.begins(f"b{number}", 10)
            bar.advances(f"b{number}", 10)
            assert len(progress.tasks) == 2
            bar.ends(f"b{number}", failed=number % 2 == 0)
        (over,) = progress.tasks
        assert over.finished
        assert over.fields["words"] == "100 failed"


def _rendered(
    monkeypatch: pytest.MonkeyPatch,
    outcomes: Sequence[Outcome],
    briefs: int,
    gone: PromoError | None = None,
    **how: Any,
) -> int:
    def pretended(paths: Sequence[Path], order: Order, listener: Listener) -> Any:
        yield from outcomes
        if gone:
            raise gone

    monkeypatch.setattr(talk, "outcomes_of", pretended)
    return talk.render(
        [Path(f"b{n}.yml") for n in range(briefs)], Order(), **{"as_json": False, "verbose": False} | how
    )


def _outcomes(count: int) -> list[Outcome]:
    failed = BriefError.at("b1.yml:7:5: length", "this is not a length", "write 30s")
    return [
        Outcome(path=Path(f"b{n}.yml"), error=failed) if n == 1 else Outcome(path=Path(f"b{n}.yml"), renditions=(CLIP,))
        for n in range(count)
    ]


def test_the_table_repeats_every_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """After many briefs: how many are ready, and each failure once more with place, sentence and remedy."""
    assert _rendered(monkeypatch, _outcomes(100), 100) == 2
    table = capsys.readouterr().err.partition("\n\n")[2]
    assert table.splitlines() == [
        "failed  b1.yml",
        "        b1.yml:7:5: length: this is not a length",
        "          hint: write 30s",
        "99 briefs ready with 99 clips, 1 failed",
    ]


def test_the_table_of_a_few_names_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it fits, those that are ready are named too."""
    assert _rendered(monkeypatch, _outcomes(3), 3) == 2
    table = capsys.readouterr().err.partition("\n\n")[2].splitlines()
    assert table[:3] == ["ready   b0.yml  1 clip", "ready   b2.yml  1 clip", "failed  b1.yml"]


def test_the_same_words_of_several_clips_are_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with the names of the clips; other words have a sentence of their own."""
    short = [Problem(level="warn", where=f"{name}.en.mp4", what="too short to read", remedy="cut") for name in "abc"]
    dark = Problem(level="warn", where="b.en.mp4", what="too dark")
    found = Outcome(path=Path("walk.yml"), renditions=(CLIP,), problems=(short[0], dark, *short[1:]))
    _rendered(monkeypatch, [found], 1)
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "a.en.mp4, b.en.mp4, c.en.mp4: warning: too short to read", "  hint: cut", "b.en.mp4: warning: too dark",
    ]  # fmt: skip


@pytest.mark.parametrize("as_json", [False, True])
def test_a_cluster_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """What was done is told, how many were not reached, and why it ended: code 4."""
    gone = ToolError.at("dask://127.0.0.1:8786", "the scheduler of the cluster is gone", "start it and run again")
    assert _rendered(monkeypatch, _outcomes(3), 9, gone, as_json=as_json) == 4
    said = capsys.readouterr()
    if as_json:
        result = json.loads(said.out.splitlines()[-1])
        assert result["exit_code"] == 4
        assert len(result["briefs"]) == 3
        assert result["problems"][0]["what"] == "the scheduler of the cluster is gone"
    else:
        assert "2 briefs ready with 2 clips, 1 failed, 6 not reached" in said.err
        assert said.err.rstrip().endswith("is gone\n  hint: start it and run again")
