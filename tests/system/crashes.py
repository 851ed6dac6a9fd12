"""Killing a run at each of its calls to a network, and running again: what must be left is one post.

Each run is a fork of the test, so that hundreds of them take seconds. A run dies `before` a call leaves, `during` it
(the server has it and does its work; nobody hears the answer), or `after` its answer was read.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from system.fake_networks import FakeServer

from pipeline import http_door
from pipeline.secret import Secret

WHENS = ("before", "during", "after")
_WAYS_ON = ("processing", "waiting")
_RUNS = 4  # after the killed one; a network may still be working


class DiskVault:
    """Stands for the keyring: what was put in outlives the process."""

    def __init__(self, path: Path, **given: str) -> None:
        self._path = path
        if given and not path.exists():
            path.write_text(json.dumps(given))

    def get(self, name: str) -> Secret | None:
        found = self._all().get(name)
        return Secret(found) if found else None

    def put(self, name: str, secret: Secret) -> None:
        self._write({**self._all(), name: secret.reveal()})

    def drop(self, name: str) -> None:
        self._write({key: value for key, value in self._all().items() if key != name})

    def _all(self) -> dict[str, str]:
        return dict(json.loads(self._path.read_text())) if self._path.exists() else {}

    def _write(self, values: dict[str, str]) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(values))
        os.replace(beside, self._path)


@dataclass(kw_only=True)
class Stage:
    """One try: the servers, what publishes (gives the states of the posts), and how many posts the network shows."""

    servers: Sequence[FakeServer]
    run: Callable[[], list[str]]
    posts: Callable[[], int]

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run's end: killed, or the states of its posts."""

    killed: bool
    states: tuple[str, ...] = ()


def forked(stage: Stage, at: int = 0, when: str = "") -> Ended:
    """One run in a process of its own, killed `when` its call number `at` is made."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(stage, writing, at, when)
    os.close(writing)
    if when == "during":
        _struck(stage.servers, at, pid)
    with os.fdopen(reading, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(pid, 0)
    for server in stage.servers:
        server.on_request = None
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return Ended(killed=True)
    found = json.loads(told)
    assert "error" not in found, found["error"]
    return Ended(killed=False, states=tuple(found["states"]))


def posted_once_wherever_it_dies(
    start: Callable[[Path], Stage], folder: Path, *, may_ask: bool = False, every: int = 1, first: int = 0,
    final: tuple[str, ...] = ("published", "already published"),
) -> int:  # fmt: skip
    """Tries every cell (or each `every`th, from `first`): killed, then run again until it says something final. Gives
    the number of killed runs. `start` makes a new stage in an empty folder.

    `final`: what a post may be in the end. `may_ask`: where the network cannot tell, a question to a person and no
    second post is as good.
    """
    calls = _calls(_staged(start, folder / "clean"))
    assert calls >= 2
    cells = [(at, when) for at in range(1, calls + 1) for when in WHENS]
    count = 0
    for at, when in cells[first % every :: every]:
        stage = _staged(start, folder / f"{at}-{when}")
        died = forked(stage, at, when)
        assert died.killed, f"{when} call {at}: it was not killed: {died}"
        count += 1
        for _ in range(_RUNS):
            end = forked(stage)
            if not set(end.states) & set(_WAYS_ON):
                break
        cell = f"killed {when} call {at}, then {end.states}, {stage.posts()} posts"
        if may_ask and "unsure" in end.states:
            assert stage.posts() <= 1, cell
        else:
            assert all(state in final for state in end.states), cell
            assert stage.posts() == 1, cell
        stage.stop()
    return count


def _calls(stage: Stage) -> int:
    """How many a run makes. It is no fork: what it imports is then not imported by each of them."""
    calls, send = 0, http_door.Door.send

    def counted(door: http_door.Door, request: http_door.Request) -> http_door.Answer:
        nonlocal calls
        calls += 1
        return send(door, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(http_door.Door, "send", counted)
        stage.run()
    stage.stop()
    return calls


def _staged(start: Callable[[Path], Stage], folder: Path) -> Stage:
    folder.mkdir(parents=True)
    return start(folder)


def _child(stage: Stage, writing: int, at: int, when: str) -> None:
    """Never returns."""
    told: dict[str, Any]
    calls, send = 0, http_door.Door.send

    def counted(door: http_door.Door, request: http_door.Request) -> http_door.Answer:
        nonlocal calls
        calls += 1
        if calls == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = send(door, request)
        if calls == at and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    try:
        http_door.Door.send = counted  # type: ignore[method-assign]
        told = {"states": stage.run()}
    except BaseException:
        told = {"error": traceback.format_exc()}
    with os.fdopen(writing, "w") as stream:
        stream.write(json.dumps(told))
    os._exit(0)


def _struck(servers: Sequence[FakeServer], at: int, pid: int) -> None:
    """The server that gets call number `at` kills the caller, then does its work."""
    calls = 0

    def strike(_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            os.kill(pid, signal.SIGKILL)

    for server in servers:
        server.on_request = strike
