"""What Facebook says of a video: how much of it has arrived, what is wrong with it, and who can see it.

Nothing is believed that was not said: a video that is neither published, scheduled nor a draft is still worked on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.publishers import Failure, Pace
from pipeline.publishers.answers import figure, group, rows
from pipeline.publishers.meta import Graph, error_of

HOME = "https://www.facebook.com"
FIELDS = "status,permalink_url,published,scheduled_publish_time,description"

Shown = Literal["published", "processing", "scheduled", "draft in the app"]

_MISSING = (100, 803)  # also said to who may not see it
_ARRIVED = ("upload_complete", "processing", "ready")
_ADDRESS = re.compile(r"https://(?:[a-z0-9-]+\.)*facebook\.com/[^\s\\]*")
_NAMED = re.compile(r"[\w<>.-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A video as it was read. `bytes`: how many have arrived, `up`: all; `taken`: the call that publishes it has done
    its work; `working`: it is being prepared; `lost`: its upload has run out; `trouble`: why it cannot be shown."""

    bytes: int = 0
    up: bool = False
    taken: bool = False
    working: bool = False
    lost: bool = False
    trouble: str = ""
    shown: Shown = "processing"
    address: str = ""
    words: str | None = None


def read(graph: Graph, video: str) -> Standing | None:
    """None when there is no such video, or we may not see it. Failure for any other error."""
    answer = graph.get(video, {"fields": FIELDS})
    if answer.status == 200:
        standing = standing_of(answer.values())
        return replace(standing, trouble=answer.said(standing.trouble))
    if answer.status == 404 or error_of(answer).get("code") in _MISSING:
        return None
    raise graph.problem(answer)


def watched(graph: Graph, video: str, pace: Pace, pauses: Iterable[float]) -> Standing | None:
    """Reads until the video is shown, or never will be; at the end, as it is."""
    standing = None
    for pause in pauses:
        pace.sleep(pause)
        standing = read(graph, video)
        if standing is None or standing.trouble or standing.shown != "processing":
            break
    return standing


def standing_of(values: Mapping[str, Any]) -> Standing:
    """From a video with `FIELDS`."""
    status = group(values, "status")
    state = str(status.get("video_status") or "")
    uploading, processing, publishing = (
        group(status, f"{name}_phase") for name in ("uploading", "processing", "publishing")
    )
    words = values.get("description")
    return Standing(
        bytes=_bytes(uploading),
        up=uploading["status"] == "complete" if uploading.get("status") else state in _ARRIVED,
        taken=publishing.get("status") in ("complete", "in_progress")
        or publishing.get("publish_status") in ("published", "scheduled"),
        working=processing.get("status") in ("complete", "in_progress"),
        lost=state == "expired",
        trouble=_trouble(state, uploading, processing, publishing),
        shown=_shown(values, state, publishing),
        address=_address(values.get("permalink_url")),
        words=words if isinstance(words, str) else None,
    )


def named(values: Mapping[str, Any], field: str, what: str) -> str:
    """The name that Facebook gave to `what`, fit to be asked for. Failure `again` without."""
    found = str(values.get(field) or "")
    if not _NAMED.fullmatch(found) or found.strip(".") == "":
        raise Failure("again", f"Facebook gave {what} no name")
    return found


def _shown(values: Mapping[str, Any], state: str, publishing: Mapping[str, Any]) -> Shown:
    told, done = publishing.get("publish_status"), publishing.get("status") == "complete"
    if told == "scheduled":
        return "scheduled"
    if publishing:
        return ("draft in the app" if told == "draft" else "published") if done else "processing"
    if state != "ready":
        return "processing"
    if values.get("published") is False:  # videos of the older edge tell it by their own fields
        return "scheduled" if values.get("scheduled_publish_time") else "draft in the app"
    return "published" if values.get("published") is True else "processing"


def _trouble(state: str, *phases: Mapping[str, Any]) -> str:
    for phase in phases:
        if phase.get("status") == "error":
            told = [group(phase, "error"), *rows(phase, "errors")]
            words = next((str(one["message"]) for one in told if one.get("message")), "")
            return "".join(c if c.isprintable() else " " for c in words)[:300] or "it does not say why"
    return "it does not say why" if state == "error" else ""


def _address(given: Any) -> str:
    """Facebook gives paths; "" when it leads elsewhere."""
    if not isinstance(given, str) or not given.isprintable():
        return ""
    url = f"{HOME}{given}" if re.fullmatch(r"/[^/\\].*", given) else given
    return url if _ADDRESS.fullmatch(url) else ""


def _bytes(phase: Mapping[str, Any]) -> int:
    """Its documents spell it with one r, its answers with two."""
    return figure(phase.get("bytes_transferred", phase.get("bytes_transfered"))) or 0
