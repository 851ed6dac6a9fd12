"""What Instagram's own errors mean, by subcode and code; those of the whole Graph are in `meta`."""

from __future__ import annotations

import json
import re
from datetime import datetime

from pipeline.http_door import Answer
from pipeline.publishers import Failure
from pipeline.publishers.meta import Meaning, problem

NAME = "Instagram"

_RENDER = "render the clip again"
_COVER = "render again, or publish without the web address `files`: then Instagram takes a picture of the film"
_ADDRESS = "look whether the address in the words opens for everybody"

MEANINGS: dict[int, Meaning] = {
    -2: ("again", ""),
    -1: ("again", ""),
    9: ("wait", ""),
    24: ("sign-in", ""),
    25: ("account", "look into the account in Instagram's app: it says there what is wrong"),
    352: ("fix", _RENDER),
    9004: ("fix", _ADDRESS),
    9007: ("later", "run publish again later: it goes on from there"),
    36000: ("fix", _COVER),
    36001: ("fix", _COVER),
    36003: ("fix", _COVER),
    36004: ("fix", "shorten the words"),
    2207001: ("again", ""),
    2207003: ("again", ""),
    2207004: ("fix", _COVER),
    2207005: ("fix", _COVER),
    2207006: ("sign-in", ""),
    2207008: ("restart", ""),
    2207009: ("fix", _COVER),
    2207010: ("fix", "shorten the words"),
    2207020: ("restart", ""),
    2207023: ("fix", _RENDER),
    2207026: ("fix", _RENDER),
    2207027: ("later", "run publish again later: it goes on from there"),
    2207028: ("fix", _RENDER),
    2207032: ("again", ""),
    2207040: ("fix", "name fewer accounts in the words (with @): Instagram takes 20"),
    2207042: ("wait", ""),
    2207050: ("account", "look into the account in Instagram's app: it says there what is wrong"),
    2207051: ("account", "Instagram takes it for spam: look into the account in its app, and post less often"),
    2207052: ("fix", _ADDRESS),
    2207053: ("restart", ""),
    2207057: ("fix", "render again: the clip is shorter than the moment of its cover"),
    2207077: ("fix", _ADDRESS),
    2207081: ("fix", "this account may not make trial reels"),
    2207082: ("again", ""),
}

_NOT_FETCHED = 2207052
_CODE = re.compile(r"\b(2207\d{3})\b")


def broken(reason: str, now: datetime, *, again: bool) -> Failure:
    """What it means that a container has failed; the reason holds a subcode as a rule. It is dead either way.

    `again`: another one may be tried, which helps with what comes and goes.
    """
    found = _CODE.search(reason)
    if not found:
        words = f"Instagram could not prepare the clip: {reason or 'it gives no reason'}"
        failure = problem(_as_answer(words, 0), now, NAME, more={})
        return Failure("restart", failure.words.removeprefix(f"{NAME} says: "))
    failure = problem(_as_answer(reason, int(found[1])), now, NAME, more=MEANINGS)
    if failure.kind in ("again", "later") or (again and int(found[1]) == _NOT_FETCHED):
        failure.kind = "restart"
    failure.dropped = True
    return failure


def _as_answer(words: str, subcode: int) -> Answer:
    error = {"message": words, "error_subcode": subcode}
    return Answer(status=400, body=json.dumps({"error": error}).encode())
