"""The record of a Bluesky post, and the names that are chosen for it: plain values, no network.

Positions in the text are bytes of UTF-8. A record key is a TID: thirteen characters that sort by time. A blob is named
by the SHA-256 of its bytes (CID), so what a server has stored can be held against the file.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pipeline.posts import Post
from pipeline.publishers.answers import group

COLLECTION = "app.bsky.feed.post"
MOST_VTT = 20_000  # bytes
MOST_ALT = 1000  # graphemes: older servers refuse more

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'…]")
_TAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d_]\w*)")
_MOST_TAG = 64


def record(
    post: Post, blob: Mapping[str, Any], captions: Sequence[tuple[str, Mapping[str, Any]]], at: datetime
) -> dict[str, Any]:
    """The record as it is written. `blob`: the film; `captions`: (language, blob) of each."""
    embed: dict[str, Any] = {
        "$type": "app.bsky.embed.video",
        "video": dict(blob),
        "alt": post.alt,
        "aspectRatio": {"width": post.width, "height": post.height},
    }
    if captions:
        embed["captions"] = [{"lang": lang, "file": dict(file)} for lang, file in captions]
    written: dict[str, Any] = {
        "$type": COLLECTION,
        "text": post.text,
        "createdAt": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "langs": [post.lang],
        "embed": embed,
    }
    if found := facets(post.text, post.link, post.tagged):
        written["facets"] = found
    return written


def facets(text: str, link: str | None = None, tagged: str | None = None) -> list[dict[str, Any]]:
    """Links and hashtags. Behind our own `link` stands the `tagged` one, while the reader sees the plain words."""
    found = []
    for hit in _LINK.finditer(text):
        uri = tagged if tagged and link and hit[0] == link else hit[0]
        found.append((hit.start(), hit.end(), {"$type": "app.bsky.richtext.facet#link", "uri": uri}))
    for hit in _TAG.finditer(text):
        inside = any(start <= hit.start() < end for start, end, _ in found)
        if not inside and len(hit[1]) <= _MOST_TAG:
            found.append((hit.start(), hit.end(), {"$type": "app.bsky.richtext.facet#tag", "tag": hit[1]}))
    return [
        {"index": {"byteStart": _bytes(text[:start]), "byteEnd": _bytes(text[:end])}, "features": [feature]}
        for start, end, feature in sorted(found, key=lambda one: one[:2])
    ]


def _bytes(text: str) -> int:
    return len(text.encode())


def tid(at: datetime, clock: int | None = None) -> str:
    """A record key: microseconds since 1970 and ten bits of chance (`clock`)."""
    chance = secrets.randbelow(1024) if clock is None else clock
    micros = int(at.timestamp()) * 1_000_000 + at.microsecond
    number = (micros << 10) | chance
    return "".join(_SORTABLE[(number >> shift) & 31] for shift in range(60, -1, -5))


def raw_cid(digest: str) -> str:
    """The name of a blob by the SHA-256 of its bytes (CID version 1, raw)."""
    packed = bytes((1, 0x55, 0x12, 0x20)) + bytes.fromhex(digest)
    return "b" + base64.b32encode(packed).decode().lower().rstrip("=")


def cid_of(blob: Mapping[str, Any]) -> str:
    """The name of a blob as a server writes it; "" when there is none."""
    return str(group(blob, "ref").get("$link", ""))


def differences(written: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences on what the record that was read back lacks."""
    embed, back, faults = written["embed"], group(found, "embed"), []
    if cid_of(group(back, "video")) != cid_of(embed["video"]):
        faults.append("the post does not hold our clip")
    if back.get("alt") != embed["alt"]:
        faults.append("the post does not hold the alternative text")
    if len(back.get("captions") or ()) != len(embed.get("captions") or ()):
        faults.append("the post does not hold the subtitles")
    if found.get("text") != written["text"]:
        faults.append("the words of the post are not ours")
    return tuple(faults)


def same(written: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether two records are the same, key by key."""
    return json.dumps(written, sort_keys=True) == json.dumps(found, sort_keys=True)


def address(handle: str, key: str) -> str:
    """Where people see it."""
    return f"https://bsky.app/profile/{quote(handle, safe=':.')}/post/{key}"
