"""What servers of the Mastodon family say, read with care: each kind leaves out other things."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.publishers import answers

FOR_ALL = ("public", "unlisted")
VISIBILITIES = (*FOR_ALL, "private", "direct")


@dataclass(frozen=True, kw_only=True)
class Server:
    """The limits that a server tells; None where it tells none. `is_mastodon`: it honours idempotency keys; `holds`: it
    is known to hold a post until its time."""

    is_mastodon: bool = False
    holds: bool = False
    most_text: int | None = None
    url_weight: int = 23
    most_alt: int | None = None
    most_bytes: int | None = None
    most_pixels: int | None = None
    mimes: tuple[str, ...] = ()


def server_of_answer(values: Mapping[str, Any]) -> Server:
    """From the document at /api/v2/instance, or the older one."""
    settings = answers.group(values, "configuration")
    statuses, media = answers.group(settings, "statuses"), answers.group(settings, "media_attachments")
    mimes = media.get("supported_mime_types")
    # Others write "4.0.0 (compatible; …)", "0.17.0+git" or "4.0.0 (not true; …)".
    is_mastodon = bool(re.fullmatch(r"[4-9]\.\d+\.\d+([-+.\w]*)", str(values.get("version", "")).strip()))
    return Server(
        is_mastodon=is_mastodon,
        holds=is_mastodon or "gotosocial" in str(values.get("source_url", "")).lower(),
        most_text=answers.figure(statuses.get("max_characters")),
        url_weight=answers.figure(statuses.get("characters_reserved_per_url")) or 23,
        most_alt=answers.figure(media.get("description_limit")),
        most_bytes=answers.figure(media.get("video_size_limit")),
        most_pixels=answers.figure(media.get("video_matrix_limit")),
        mimes=tuple(map(str, mimes)) if isinstance(mimes, list) else (),
    )


def film_of(post: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The one film of a post; None without, or when something else hangs there too. snac calls films pictures."""
    media = post.get("media_attachments")
    if not isinstance(media, list) or len(media) != 1 or not isinstance(media[0], Mapping):
        return None
    kind, url = media[0].get("type"), str(media[0].get("url") or "")
    is_film = kind in ("video", "gifv") or url.partition("?")[0].lower().endswith(".mp4")
    return media[0] if is_film else None


def in_one_line(alt: object) -> str:
    """An alternative text as every server keeps it whole: snac takes the first line alone."""
    return " ".join(str(alt or "").split())


def same_words(post: Mapping[str, Any], text: str) -> bool:
    """Whether the post says `text`, spaces and marks of the page apart. Some servers give the words as they came, too;
    snac's page makes bold what has stars, and leaves `&` as it is."""
    shown = re.sub(r"<[^>]*>", "", str(post.get("content") or ""))
    return any(answers.same_words(text, told) for told in (html.unescape(shown), str(post.get("text"))))


def seen_by_more(post: Mapping[str, Any], wanted: str) -> bool:
    """Whether more people see the post than were to: a server may not know every kind of visibility."""
    found = post.get("visibility")
    return found in VISIBILITIES and wanted in VISIBILITIES and VISIBILITIES.index(found) < VISIBILITIES.index(wanted)


def media_of(post: Mapping[str, Any]) -> list[str]:
    """The server's names of what hangs in a post."""
    return [str(one.get("id")) for one in answers.rows(post, "media_attachments")]
