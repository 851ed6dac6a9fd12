"""The words of a post on X: with their link, beside it or without it, and what that costs; and whether a post that was
read back says them.

X charges a post with a link more than ten times what it charges one without. A link can be taken out only where it
stands by itself, such as "More: https://…", for a sentence that has lost its link says something else.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.posts import Post, with_tagged

LINKS = ("text", "reply", "none")

# In tenths of a cent of a US dollar; seen on 22 November 2026.
_POST, _POST_WITH_LINK, _ALT = 15, 200, 5

# As X finds links: also addresses without https, when they end as addresses do.
_LINK = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'…]|"
    r"(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,24}\b(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]'…])?",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?<![\w&/#])#\w+")


@dataclass(frozen=True, kw_only=True)
class Words:
    """`text` of the post; `reply` to it with the link, "" when there is none."""

    text: str
    reply: str = ""


def arranged(post: Post, links: str) -> Words | None:
    """The words as the setting `links` wants them; None when the link cannot be taken out of them."""
    if links == "text" or not _LINK.search(post.text):
        return Words(text=with_tagged(post.text, post))
    kept, moved = [], []
    for line in post.text.split("\n"):
        if not _LINK.search(line):
            kept.append(line)
            continue
        addresses = _LINK.findall(line)
        tags = _TAG.findall(_LINK.sub(" ", line))
        label = _TAG.sub(" ", _LINK.sub(" ", line)).strip()
        if label and not label.endswith(":"):
            return None
        kept += [" ".join(tags)] if tags else []
        moved.append(" ".join(filter(None, (" ".join(label.split()), *addresses))))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    if not text:
        return None
    return Words(text=text, reply=with_tagged("\n".join(moved), post) if links == "reply" else "")


def costs(words: Words, *, alt: bool) -> str:
    """What X charges for the post, as a sentence."""
    linked = bool(_LINK.search(words.text))
    rows = [(_POST_WITH_LINK, "the post, because it has a link")] if linked else [(_POST, "the post")]
    rows += [(_POST_WITH_LINK, "the reply with the link")] if words.reply else []
    rows += [(_ALT, "its alternative text")] if alt else []
    listed = ", ".join(f"{_dollars(price)} {what}" for price, what in rows)
    whole = _dollars(sum(price for price, _ in rows))
    return f"X charges about {whole}: {listed}; and a cent or two for looking at the account and at the post"


def language(code: str) -> tuple[str, str] | None:
    """(two capitals, what its readers call it) for subtitles; None for a language that has no such code."""
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global

    short, _, rest = code.partition("-")
    if len(short) != 2:
        short = str(get_global("language_aliases").get(short, short)).partition("_")[0]
    if not re.fullmatch(r"[A-Za-z]{2}", short):
        return None
    try:
        locale = Locale.parse(f"{short}-{rest}" if rest else short, sep="-")
        shown = locale.get_display_name(locale) or code
    except (ValueError, UnknownLocaleError):
        shown = code
    return short.upper(), shown[:1].upper() + shown[1:]


def says(found: Mapping[str, Any], text: str) -> bool:
    """Whether a post that was read back says `text`. X shows links as its own short ones, and adds one for the film."""
    return _plain(expanded(found)) == _plain(text)


def expanded(found: Mapping[str, Any]) -> str:
    """The text of a post that was read back, with the links as they were written and without that of its film."""
    entities = found.get("entities")
    urls = entities.get("urls") if isinstance(entities, Mapping) else None
    text = html.unescape(str(found.get("text") or ""))
    for one in urls if isinstance(urls, list) else ():
        if not isinstance(one, Mapping) or not one.get("url"):
            continue
        whole = str(one.get("expanded_url") or "")
        film = bool(one.get("media_key")) or re.search(r"/status/\d+/(video|photo)/\d+$", whole)
        text = text.replace(str(one["url"]), "" if film else whole)
    return text


def _plain(text: str) -> str:
    """Without what X may write otherwise: spaces, the scheme of an address and its last stroke."""
    text = re.sub(r"https?://", "", unicodedata.normalize("NFC", text).casefold())
    return "".join(c for c in text if not c.isspace() and c != "/")


def _dollars(price: int) -> str:
    return f"${price / 1000:.3f}".removesuffix("0")
