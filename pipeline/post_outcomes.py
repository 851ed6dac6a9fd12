"""What became of a post, in the words that people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.post_reading import Candidate
from pipeline.publishers import Failure, Proof

State = Literal[
    "published", "already published", "private only", "published with faults", "processing", "waiting", "refused",
    "failed", "unsure", "not approved", "earlier version is out", "busy", "no account", "by hand", "rehearsed",
    "scheduled", "draft in the app", "ready to press", "taken back",
]  # fmt: skip

_SHOWN: dict[str, tuple[str, str]] = {
    "published": ("", ""),
    "processing": ("it is sent, and the network still works on it", "run publish again later to see it through"),
    "scheduled": ("the network shows it by itself when its time comes", ""),
    "private only": ("only some people can see it", "look into it in its app"),
    "draft in the app": ("a draft waits in the app", "open the app and publish it there"),
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one post. `words` say why; `until`: when it goes on; `code` names it for `--is-out`."""

    promo: str
    name: str
    service: str
    state: State
    words: str = ""
    remedy: str = ""
    address: str = ""
    until: datetime | None = None
    code: str = ""


def shown(candidate: Candidate, proof: Proof) -> Outcome:
    """What a post that was read back means."""
    if proof.faults and proof.shown != "published":
        words = f"{_SHOWN[proof.shown][0]}; {'; '.join(proof.faults)}"
        return told(candidate, proof.shown, words, "look at it in its app; it is not sent again", address=proof.address)
    if proof.faults:
        remedy = "look at the post and put it right in its app; it is not sent again"
        return told(candidate, "published with faults", "; ".join(proof.faults), remedy, address=proof.address)
    words, remedy = _SHOWN[proof.shown]
    return told(candidate, proof.shown, words, remedy, address=proof.address)


def failed(candidate: Candidate, failure: Failure) -> Outcome:
    """What a failure means for a post of which nothing more is known."""
    if failure.kind == "wait" and failure.until:
        return told(candidate, "waiting", failure.words, failure.remedy, until=failure.until)
    if failure.kind == "unknown":
        remedy = "run publish again: it looks for the post before it sends anything"
        return told(candidate, "unsure", f"its answer was lost: {failure.words}", remedy, until=failure.until)
    states: dict[str, State] = {"later": "processing", "fix": "refused"}
    return told(candidate, states.get(failure.kind, "failed"), failure.words, failure.remedy)


def told(
    candidate: Candidate, state: State, words: str = "", remedy: str = "", *, address: str = "",
    until: datetime | None = None, code: str = "",
) -> Outcome:  # fmt: skip
    return Outcome(
        promo=candidate.promo, name=candidate.name, service=candidate.service, state=state, words=words,
        remedy=remedy, address=address, until=until, code=code,
    )  # fmt: skip
