"""The coordinator over an engine that only pretends: whatever comes back in whatever order, every brief ends once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import nodes
from pipeline.conducting import MOST_LOST, Coordinator
from pipeline.engines import Result, Tell
from pipeline.errors import BriefError, MaterialError, PromoError, ToolError
from pipeline.jobs import Office, Outcome
from pipeline.nodes import Answer, Errand, Node

NOW = datetime(2027, 1, 7, 6, tzinfo=UTC)
SHOTS = 3
FRAMES = 50


def good(node: Node) -> Answer:
    """What a hand says when nothing goes wrong: three stretches and a sound, then one clip."""
    name = Path(node["brief"]).stem
    match node["kind"]:
        case "plan":
            stretches = [{"pieces": [f"{name}-{number}"], "frames": FRAMES} for number in range(SHOTS)]
            common = {"id": name, "mark": "m", "problems": [], "bytes": 1000}
            return {**common, "stretches": stretches, "sounds": [f"{name}-sound"]}
        case "finish":
            clip = {"platform": "x", "lang": "en", "fingerprint": "f", "made": True, "name": "x.en.mp4"}
            return {"renditions": [clip], "problems": [], "languages": ["en"], "draft": False}
        case _:
            return {"made": 1}


Does = Callable[[Node], Answer | Result | None]


class Pretended:
    """An engine without hands. `does` answers a node, None for the usual; results come back in an order of chance."""

    def __init__(self, does: Does = lambda node: None, *, slots: int = 4, seed: int = 0) -> None:
        self._does, self._slots, self._chance = does, slots, random.Random(seed)
        self._held: list[Node] = []
        self.tell: Tell = lambda token, frames: None
        self.seen: list[Node] = []
        self.cancelled: list[str] = []
        self.most = 0

    def slots(self) -> int:
        return self._slots

    def listen(self, tell: Tell) -> None:
        self.tell = tell

    def submit(self, node: Node) -> None:
        self.seen.append(node)
        self._held.append(node)
        self.most = max(self.most, len(self._held))

    def done(self) -> list[Result]:
        node = self._held.pop(self._chance.randrange(len(self._held)))
        if any(node["token"].startswith(prefix) for prefix in self.cancelled):
            self.tell(node["token"], 7)  # was on its way
            return [Result(token=node["token"], answer=nodes.CANCELLED)]
        said = self._does(node)
        if isinstance(said, Result):
            return [said]
        return [Result(token=node["token"], answer=good(node) if said is None else said)]

    def cancel(self, prefix: str) -> None:
        self.cancelled.append(prefix)

    def close(self) -> None:
        """Nothing goes on."""


class Heard:
    """A listener that adds up."""

    def __init__(self) -> None:
        self.frames: Counter[str] = Counter()
        self.ended: list[tuple[str, bool]] = []
        self.words: list[str] = []
        self.at_work: list[str] = []

    def expects(self, briefs: int) -> None:
        """Known already."""

    def begins(self, brief: str, frames: int) -> None:
        self.frames[brief] = 0
        self.at_work.append(brief)

    def advances(self, brief: str, frames: int) -> None:
        assert frames > 0
        assert brief in self.at_work
        self.frames[brief] += frames

    def says(self, brief: str, words: str) -> None:
        self.words.append(words)

    def ends(self, brief: str, *, failed: bool) -> None:
        self.ended.append((brief, failed))
        if brief in self.at_work:
            self.at_work.remove(brief)


class Conducted(NamedTuple):
    outcomes: dict[str, Outcome]
    heard: Heard
    noted: list[Path]


def office(folder: Path, noted: list[Path]) -> Office:
    def note(promo: Path, answer: Answer) -> tuple[tuple[()], dict[str, Any]]:
        noted.append(promo)
        return (), {"code": "7F3A-C2"}

    return Office(
        errand=lambda path: Errand(brief=path, wants={}, now=NOW),
        out=lambda path: folder / "out",
        noted=note,
        tidied=lambda: None,
        store=folder,
    )


def conducted(engine: Pretended, folder: Path, briefs: int = 5) -> Conducted:
    heard, noted = Heard(), []  # type: ignore[var-annotated]
    paths = [Path(f"b{number}.yml") for number in range(briefs)]
    found = list(Coordinator(paths, engine, office(folder, noted), heard).outcomes())
    assert len(found) == briefs
    assert len(heard.ended) == briefs
    assert sum(failed for _, failed in heard.ended) == sum(one.error is not None for one in found)
    return Conducted({one.path.stem: one for one in found}, heard, noted)


def only(name: str, kind: str, said: Callable[[Node], Answer | Result]) -> Does:
    return lambda node: said(node) if node["kind"] == kind and Path(node["brief"]).stem == name else None


def lost(node: Node) -> Result:
    return Result(token=node["token"], lost=1, said="signal 9")


def failing(error: PromoError) -> Callable[[Node], Answer]:
    return lambda node: nodes.failure(error)


def test_a_brief_is_planned_made_finished_and_proven(tmp_path: Path) -> None:
    """First the plan, then sounds and stretches, then the folder, then the proof with what the ledger told."""
    engine = Pretended()
    outcomes, heard, noted = conducted(engine, tmp_path, 1)
    assert [node["kind"] for node in engine.seen] == ["plan", "sound", "shot", "shot", "shot", "finish", "proof"]
    assert engine.seen[-1]["signed"] == {"code": "7F3A-C2"}
    assert heard.frames == {"b0": SHOTS * FRAMES}
    assert noted == [tmp_path / "out/b0"]
    (clip,) = outcomes["b0"].renditions
    assert clip.path == tmp_path / "out/b0/x.en.mp4"


def test_what_is_there_already_is_only_finished(tmp_path: Path) -> None:
    """A plan that lacks nothing goes straight to the folder."""
    engine = Pretended(
        lambda node: {**good(node), "stretches": [], "sounds": [], "bytes": 0} if node["kind"] == "plan" else None
    )
    conducted(engine, tmp_path, 1)
    assert [node["kind"] for node in engine.seen] == ["plan", "finish", "proof"]


@pytest.mark.parametrize("kind", ["plan", "sound", "shot", "finish", "proof"])
@pytest.mark.parametrize("error", [BriefError, MaterialError, ToolError])
def test_one_failing_brief_stops_no_other(tmp_path: Path, kind: str, error: type[PromoError]) -> None:
    """The failure keeps its kind, place and remedy; what else was asked for this brief is called back, and nobody
    hears of the frames that still come of it."""
    engine = Pretended(only("b2", kind, failing(error.at("b2.yml:3:1: route", "it is bad", "mend it"))))
    outcomes, _, _ = conducted(engine, tmp_path)
    assert [name for name, one in outcomes.items() if one.error] == ["b2"]
    failed = outcomes["b2"].error
    assert type(failed) is error
    assert str(failed) == "b2.yml:3:1: route: it is bad\n  hint: mend it"
    assert all("/000002/" in prefix for prefix in engine.cancelled)
    assert kind != "shot" or engine.cancelled


def test_of_two_with_one_id_the_second_is_refused(tmp_path: Path) -> None:
    """Whichever is planned first, the first named keeps its folder."""
    for seed in range(8):
        engine = Pretended(
            lambda node: {**good(node), "id": "same"} if node["kind"] == "plan" else None, seed=seed, slots=8
        )
        outcomes, _, _ = conducted(engine, tmp_path, 3)
        assert outcomes["b0"].error is None
        for name in ("b1", "b2"):
            assert "it has the same id as b0.yml: same" in str(outcomes[name].error)


def test_briefs_of_several_folders_may_have_one_id(tmp_path: Path) -> None:
    """They are made side by side, each in its folder, and nobody mistakes one for the other."""
    heard = Heard()
    briefs = [Path(folder) / "route.yml" for folder in "abc"]
    where = dict(zip(briefs, "abc", strict=True))
    desk = replace(office(tmp_path, []), out=lambda path: tmp_path / where[path])
    found = list(Coordinator(briefs, Pretended(slots=6, seed=3), desk, heard).outcomes())
    assert {one.folder for one in found} == {tmp_path / folder / "route" for folder in "abc"}
    assert sorted(heard.frames.values()) == [SHOTS * FRAMES] * 3


def test_a_lost_node_is_done_again(tmp_path: Path) -> None:
    """A process that ends costs its node: one time and another, and then the brief, with its last words."""
    tries: Counter[str] = Counter()

    def unlucky(node: Node) -> Answer | Result:
        tries[node["pieces"][0]] += 1
        return lost(node) if tries[node["pieces"][0]] < MOST_LOST else good(node)

    outcomes, heard, _ = conducted(Pretended(only("b1", "shot", unlucky)), tmp_path)
    assert not any(one.error for one in outcomes.values())
    assert set(tries.values()) == {MOST_LOST}
    assert heard.frames["b1"] == SHOTS * FRAMES
    for kind in ("plan", "shot", "finish"):
        engine = Pretended(only("b1", kind, lost))
        outcomes, _, _ = conducted(engine, tmp_path)
        assert [name for name, one in outcomes.items() if one.error] == ["b1"]
        assert f"ended {MOST_LOST} times: signal 9" in str(outcomes["b1"].error)


def test_a_fault_of_ours(tmp_path: Path) -> None:
    """Of several briefs it ends its own with a sentence; of one it is shown as it is."""

    def bug(node: Node) -> Result:
        return Result(token=node["token"], bug=ZeroDivisionError("division by zero"))

    outcomes, _, _ = conducted(Pretended(only("b3", "shot", bug)), tmp_path)
    assert [name for name, one in outcomes.items() if one.error] == ["b3"]
    assert "a fault of make-promo itself: division by zero" in str(outcomes["b3"].error)
    with pytest.raises(ZeroDivisionError):
        conducted(Pretended(only("b0", "shot", bug)), tmp_path, 1)


def test_damaged_footage_is_planned_around(tmp_path: Path) -> None:
    """A damaged stretch lets those in work end, and the brief is planned anew with what is trusted by now."""
    found: list[str] = []

    def damaged(node: Node) -> Answer:
        if found or not node["pieces"][0].endswith("-1"):
            return good(node)
        found.append(node["token"])
        return {"damaged": "a.mp4", "trusted": [["clip", "1/2"]]}

    engine = Pretended(only("b1", "shot", damaged), slots=2)
    outcomes, heard, _ = conducted(engine, tmp_path, 2)
    assert not any(one.error for one in outcomes.values())
    plans = [node for node in engine.seen if node["kind"] == "plan" and node["brief"] == "b1.yml"]
    assert [node["trusted"] for node in plans] == [[], [["clip", "1/2"]]]
    assert engine.seen[-1]["trusted"] == [["clip", "1/2"]]
    assert heard.words == ["a.mp4 does not decode cleanly; looking closer"]
    never = Pretended(only("b1", "shot", lambda node: {"damaged": "a.mp4", "trusted": []}))
    outcomes, _, _ = conducted(never, tmp_path, 2)
    assert "damaged in too many places" in str(outcomes["b1"].error)


def test_a_node_done_again_tells_no_frame_twice(tmp_path: Path) -> None:
    """What a lost node had told counts; the next attempt is heard only beyond it."""
    tries: Counter[str] = Counter()

    def half(node: Node) -> Answer | Result:
        tries[node["pieces"][0]] += 1
        engine.tell(node["token"], 30)
        return lost(node) if tries[node["pieces"][0]] == 1 else good(node)

    engine = Pretended(only("b0", "shot", half))
    _, heard, _ = conducted(engine, tmp_path, 1)
    assert heard.frames["b0"] == SHOTS * FRAMES


def test_the_window_is_kept(tmp_path: Path) -> None:
    """No more nodes are under way than the engine takes, and no brief is planned while there is other work."""
    for slots in (1, 3, 8):
        engine = Pretended(slots=slots, seed=slots)
        conducted(engine, tmp_path, 40)
        assert engine.most == slots
        begun: set[str] = set()
        ended: set[str] = set()
        for node in engine.seen:
            begun.add(node["brief"])
            if node["kind"] == "proof":
                ended.add(node["brief"])
            assert len(begun - ended) <= 2 * slots + 1


def test_briefs_for_which_there_is_no_room(tmp_path: Path) -> None:
    """A brief that the disk cannot hold fails with how much it needs, and the smaller ones are made."""
    much = Pretended(only("b1", "plan", lambda node: {**good(node), "bytes": 10**18}))
    outcomes, _, _ = conducted(much, tmp_path)
    assert [name for name, one in outcomes.items() if one.error] == ["b1"]
    assert "MB are needed" in str(outcomes["b1"].error)
    assert not [node for node in much.seen if node["brief"] == "b1.yml" and node["kind"] == "shot"]


def test_a_stranger_ends_the_run(tmp_path: Path) -> None:
    """A worker of another version that comes while we work is named, with what differs."""
    strange = {"stranger": ["ffmpeg 7.1 there, 7.0.2 here"], "worker": "pc-17"}
    with pytest.raises(ToolError, match=r"pc-17: it has another make-promo.*ffmpeg 7\.1 there, 7\.0\.2 here"):
        conducted(Pretended(only("b3", "shot", lambda node: strange)), tmp_path)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), slots=st.integers(1, 9), briefs=st.integers(0, 12))
def test_every_brief_ends_once(tmp_path_factory: pytest.TempPathFactory, seed: int, slots: int, briefs: int) -> None:
    """Whatever is lost, damaged, wrong or late: every brief has one outcome, and nothing is under way at the end."""
    chance = random.Random(seed)

    def anything(node: Node) -> Answer | Result | None:
        match chance.randrange(14):
            case 0:
                return lost(node)
            case 1:
                return nodes.failure(MaterialError.at("x", "bad"))
            case 2 if node["kind"] == "shot":
                return {"damaged": "a.mp4", "trusted": [["c", str(chance.random())]]}
            case 3:
                return nodes.CANCELLED
            case 4 if briefs > 1:
                return Result(token=node["token"], bug="Traceback\nValueError: x")
        return None

    engine = Pretended(anything, slots=slots, seed=seed)
    folder = tmp_path_factory.getbasetemp()
    outcomes, _, noted = conducted(engine, folder, briefs)
    assert not engine._held
    assert {one.folder for one in outcomes.values() if not one.error} <= set(noted)


MANY = """
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_conducting import Heard, Pretended, good, office
from pipeline.conducting import Coordinator
import pipeline.batch, pipeline.talk

def large(node):
    answer = good(node)
    if node["kind"] == "plan":
        name = answer["id"]
        answer["stretches"] = [
            {"pieces": [f"{name}-{k}-{j}".ljust(32, "x") for j in range(6)], "frames": 90} for k in range(20)
        ]
    if node["kind"] == "finish":
        answer["renditions"] = [dict(answer["renditions"][0], platform=f"p{k}") for k in range(10)]
    return answer

engine = Pretended(large, slots=24)
engine.seen = type("Nothing", (), {"append": lambda self, node: None})()
paths = [Path(f"b{number}.yml") for number in range(5000)]
highest = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
most = []
for count, one in enumerate(Coordinator(paths, engine, office(Path(sys.argv[2]), []), Heard()).outcomes(), 1):
    assert one.error is None and len(one.renditions) == 10
    if count in (1000, 5000):
        most.append(highest())
print(*most)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no count of memory of this kind")
def test_five_thousand_briefs_need_little_memory(tmp_path: Path) -> None:
    """The coordinator of 5000 briefs of 20 stretches each (120 000 nodes) stays below 150 MB, all it imports counted,
    and the last 4000 of them make it grow by less than 5 kB each."""
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(Path(__file__).parent), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    early, late = map(int, done.stdout.split())
    assert late < 150_000_000
    assert late - early < 4000 * 5000
