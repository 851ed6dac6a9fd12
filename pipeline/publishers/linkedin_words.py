"""LinkedIn's "little" text: signs that would be read as something else are written with a backslash, hashtags as a
template. What is left bare cuts a post off in the middle without a word.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import re

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_ADDRESS_OR_TAG = re.compile(r"\S*://\S*|(?<![\w/&#])[#＃](?P<tag>\w+)")
_TEMPLATE = re.compile(r"\{hashtag\|\\?[#＃]\|(?P<tag>(?:\\.|[^\\{}|])*)\}")
_MENTION = re.compile(r"@\[(?P<name>(?:\\.|[^\\\]])*)\]\([^)]*\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def little(text: str) -> str:
    """`text` as it is to be read, with its hashtags as hashtags. Numbers alone are no hashtags."""
    found, at = [], 0
    for hit in _ADDRESS_OR_TAG.finditer(text):
        tag = hit["tag"]
        if tag and not tag.isdigit():
            found += [_bare(text[at : hit.start()]), rf"{{hashtag|\#|{_bare(tag)}}}"]
            at = hit.end()
    return "".join([*found, _bare(text[at:])])


def read(commentary: str) -> str:
    """What people read of little text."""
    plain = _TEMPLATE.sub(lambda hit: f"#{hit['tag']}", commentary)
    plain = _MENTION.sub(lambda hit: hit["name"], plain)
    return _ESCAPED.sub(r"\1", plain)


def _bare(text: str) -> str:
    return _RESERVED.sub(lambda hit: "\\" + hit[0], text)
