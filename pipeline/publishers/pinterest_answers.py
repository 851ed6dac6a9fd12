"""What Pinterest's errors mean, and whether one of its posts (a pin) is ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pipeline.http_door import Answer
from pipeline.publishers import Failure, Pace, failed
from pipeline.publishers.answers import group

NAME = "Pinterest"
SIGN_IN = "sign in again: make-promo login pinterest"

_FIELDS = ("title", "description", "link", "alt_text")
_NEAR = timedelta(seconds=5)  # whole seconds and slow lines, when clocks are compared
_WORDS = {"title": "the title", "description": "the words", "link": "the link", "alt_text": "the alternative text"}


def problem(answer: Answer, pace: Pace) -> Failure:
    """What an error of Pinterest means."""
    said = f"{NAME} says: {answer.words or f'error {answer.status}'}"
    if answer.status == 401:
        return Failure("sign-in", said, SIGN_IN)
    if answer.status == 403:
        return Failure("sign-in", said, f"the account must be allowed to post on this board; then {SIGN_IN}")
    return failed(answer, pace.clock(), NAME)


def no_board(board: str) -> Failure:
    remedy = "make-promo login pinterest, and choose a board"
    return Failure("fix", f"Pinterest has no board {board[:40]} for this account", remedy)


def is_film(found: Mapping[str, Any]) -> bool:
    return group(found, "media").get("media_type") == "video" or found.get("creative_type") == "VIDEO"


def differences(found: Mapping[str, Any], frozen: Mapping[str, Any]) -> tuple[str, ...]:
    """What of our post is not in theirs, in words."""
    faults = [] if is_film(found) else ["the post does not hold our clip"]
    if str(found.get("board_id") or frozen["board"]) != frozen["board"]:
        faults.append("the post is on another board")
    for name in _FIELDS:
        if _said(found.get(name)) != _said(frozen[name]):
            faults.append(f"{_WORDS[name]} of the post is not what was sent")
    return tuple(faults)


def is_alike(found: Mapping[str, Any], frozen: Mapping[str, Any]) -> bool:
    """The same link, or the same title where there is no link."""
    name = "link" if frozen["link"] else "title"
    return bool(frozen[name]) and _said(found.get(name)) == _said(frozen[name])


def made_since(found: Mapping[str, Any], since: datetime, date: str, now: datetime) -> bool:
    """Whether a post was made since then. `date`: what Pinterest's own clock said, in its answer, at our `now`."""
    try:
        made = datetime.fromisoformat(str(found.get("created_at")).replace("Z", "+00:00"))
    except ValueError:
        return True
    try:
        ahead = parsedate_to_datetime(date) - now
    except (ValueError, TypeError, IndexError):
        ahead = timedelta(0)
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    return made >= since + ahead - _NEAR


def _said(value: Any) -> str:
    return " ".join(str(value or "").split())
