"""Threads as its documents describe it: containers that fetch a film from the web, and nothing else.

Rules are those of the pages "posts", "publishing", "troubleshooting" and "accessibility" of the Threads API (v1.0).
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from system.fake_instagram import Container, FakeGraph, graph_error
from system.fake_networks import Reply


class FakeThreads(FakeGraph):
    """One account."""

    version, user = "v1.0", "24680000000000001"
    knows_me = True
    edges: ClassVar[dict[str, str]] = {
        "make": "threads", "publish": "threads_publish", "quota": "threads_publishing_limit", "lists": "threads",
    }  # fmt: skip
    takes: ClassVar[dict[str, tuple[type, ...]]] = {
        "media_type": (str,), "video_url": (str,), "text": (str,), "alt_text": (str,), "topic_tag": (str,),
        "reply_control": (str,),
    }  # fmt: skip
    state_fields: ClassVar[set[str]] = {"id", "status", "error_message"}

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"token": "threads-token-abcdef", **more})
        self.quota = 250
        self.asked_at: list[float] = []  # seconds after the container was made

    def checked(self, values: dict[str, Any]) -> Reply | None:
        words, tag = values.get("text", ""), values.get("topic_tag", "")
        if values.get("media_type") != "VIDEO" or "video_url" not in values:
            return graph_error(100, message="media_type must be VIDEO, with a video_url")
        letters = sum(len(c.encode()) if ord(c) > 0xFFFF else len(c) for c in words)
        if letters > 500:
            return graph_error(100, message="Param text must be at most 500 characters long.")
        if len(set(re.findall(r"https?://\S+", words))) > 5:
            return graph_error(100, message="THREADS_API__LINK_LIMIT_EXCEEDED")
        if tag and (len(tag) > 50 or re.search(r"[.&]", tag)):
            return graph_error(100, message="Param topic_tag is not valid")
        if self.fetched(values["video_url"]) is None and not self.failure:
            self.failure, self.fails_once = "FAILED_DOWNLOADING_VIDEO", True
        return None

    def of_state(self, one: Container, code: str, fields: set[str]) -> dict[str, Any]:
        self.asked_at.append((self.clock() - one.made).total_seconds())
        return {"status": code, **({"error_message": one.reason} if code == "ERROR" else {})}

    def posted(self, one: Container, number: str) -> dict[str, Any]:
        return {
            "id": number, "text": one.values["text"], "media_type": "VIDEO", "alt_text": one.values.get("alt_text"),
            "permalink": f"https://www.threads.com/@{self.name}/post/{number}",
            "topic_tag": one.values.get("topic_tag"),
        }  # fmt: skip
