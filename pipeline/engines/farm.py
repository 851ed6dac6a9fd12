"""Taking part in a cluster, and a small cluster on this machine: Dask's own programs, started as we need them.

They run under the minder (`supervise`): when the command ends, also by `kill -9`, they end too, and with them every
ffmpeg. Workers have one thread each and a nanny, which begins a killed one again.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from pipeline.engines.places import Place, reached
from pipeline.errors import ToolError

_HOME = Path(__file__).parents[2]
_USUAL_PORT = 8786
_DEATH_S = 60  # of a worker that finds no scheduler
_POLICY = {  # one policy of trying again, and it is the coordinator's
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
}


class Farm:
    """Programs of Dask that live as long as this object. Leave it with `close`, or be killed: nothing is left."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="make-promo-")))
        self._programs: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scheduler(self) -> Place:
        """A scheduler on the loopback; where it listens."""
        port = _free_port()
        quiet = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
        self._start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, *quiet)
        place = Place(host="127.0.0.1", port=port, secure=False)
        until = time.monotonic() + 30
        while not reached(place, within=1):
            self.check()
            if time.monotonic() > until:
                raise ToolError.at(str(place), "the scheduler did not start in time", "try again")
            time.sleep(0.1)
        return place

    def workers(self, place: Place, count: int, tag: str = "") -> None:
        """Worker processes for the scheduler at `place`; `tag`: what they have that others have not."""
        keys = place.keys() if place.secure else None
        self._start(
            "distributed.cli.dask_worker", place.wire, "--nworkers", count, "--nthreads", 1, "--no-dashboard",
            "--memory-limit", 0, "--death-timeout", _DEATH_S, "--local-directory", self._folder,
            "--preload", "pipeline.hand",
            *(("--host", "127.0.0.1") if not place.secure else ()),
            *(("--resources", f"{tag.upper()}=1") if tag else ()),
            *(("--tls-ca-file", keys.ca, "--tls-cert", keys.cert, "--tls-key", keys.key) if keys else ()),
        )  # fmt: skip

    def check(self) -> None:
        """Raises ToolError when one of the programs has ended."""
        for program in self._programs:
            if program.poll() is not None:
                said = self._log(program).read_text("utf-8", "replace").strip()
                last = (said.splitlines() or [""])[-1]
                what = f"Dask's program ended with code {program.returncode}" + (f": {last[-300:]}" if last else "")
                raise ToolError.at("cluster", what, "is the scheduler there, and of the same version?")

    def wait(self) -> None:
        """Until one of the programs ends (ToolError) or somebody presses Ctrl-C."""
        while True:
            self.check()
            time.sleep(0.3)

    def close(self) -> None:
        for program in self._programs:
            with suppress(OSError):
                assert program.stdin is not None
                program.stdin.close()
        for program in self._programs:
            program.wait()
        time.sleep(0.2 if self._programs else 0)  # workers see that their nanny is gone
        shutil.rmtree(self._folder, ignore_errors=True)
        self._open.close()

    def _log(self, program: subprocess.Popen[bytes]) -> Path:
        return self._folder / f"{self._programs.index(program)}.log"

    def _start(self, module: str, *words: object) -> None:
        minder = [sys.executable, "-I", "-S", str(Path(__file__).parents[1] / "supervise.py")]
        apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C reaches us, and we end them
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        found = os.pathsep.join(filter(None, [str(_HOME), os.environ.get("PYTHONPATH", "")]))
        with (self._folder / f"{len(self._programs)}.log").open("wb") as log:
            self._programs.append(
                subprocess.Popen(
                    [*minder, sys.executable, "-m", module, *map(str, words)],
                    stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, **_POLICY, "PYTHONPATH": found},
                    **apart,
                )
            )  # fmt: skip


def _free_port() -> int:
    for port in (_USUAL_PORT, 0):
        with suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return int(tried.getsockname()[1])
    raise ToolError.at("127.0.0.1", "no port is free", "close some programs")
