"""A worker process of this machine: nodes come in as lines of JSON, answers go out the same way.

    {"node": {…}}  {"stop": "token prefix"}                                   →
    {"frames": 12, "token": …}  {"answer": {…}, "token": …}  {"bug": …, "token": …}    ←

Its standard input is held open by the command. When that ends, also by `kill -9`, this process stops its ffmpeg and
ends too; and when this process is killed, the minder of each ffmpeg (`supervise`) ends that.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import Any, BinaryIO

_PATIENCE_S = 5.0


def main() -> int:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whoever prints does not speak for us
    lock = threading.Lock()

    def say(**words: Any) -> None:
        with lock:
            answers.write(json.dumps(words).encode() + b"\n")
            answers.flush()

    from pipeline.hand import Hand

    hand = Hand(lambda token, frames: say(token=token, frames=frames))
    nodes: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, hand, nodes), daemon=True).start()
    while (node := nodes.get()) is not None:
        try:
            say(token=node["token"], answer=hand.run(node))
        except BrokenPipeError:
            break
        except Exception:
            say(token=node["token"], bug=traceback.format_exc())
    hand.close()
    os._exit(0)  # the thread that listens holds a lock, which would end this interpreter with an error


def _listen(words: BinaryIO, hand: Any, nodes: SimpleQueue[dict[str, Any] | None]) -> None:
    while line := words.readline():
        said = json.loads(line)
        if "stop" in said:
            hand.stop(said["stop"])
        else:
            nodes.put(said["node"])
    hand.stop("")
    nodes.put(None)
    late = threading.Timer(_PATIENCE_S, os._exit, [1])  # what cannot be stopped (drawing) is left
    late.daemon = True
    late.start()


if __name__ == "__main__":
    main()
