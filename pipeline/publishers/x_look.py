"""Reading the account's own posts on X: to find one whose answer was lost, and to see what became of one.

A post is known by its film: the number of the upload, or the name that X gave it then. Words alone prove nothing, for
an earlier version may have said the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipeline.publishers.answers import group, moment, rows
from pipeline.publishers.x_answers import Api
from pipeline.publishers.x_words import expanded, says

_CLOCKS = timedelta(minutes=10)  # by which ours and X's may differ
_PAGE, _PAGES = 20, 5  # each post that is read costs something
_SHOWN = {"expansions": "attachments.media_keys", "media.fields": "alt_text,type"}
_FIELDS = "attachments,conversation_id,created_at,entities"
_NAMES = ("post.fields", "tweet.fields")  # how X calls them now, and did before


@dataclass(frozen=True, kw_only=True)
class Posts:
    """Posts as they were read, newest first. `films`: what hangs in them, by its name; `whole`: none is missing that
    is as new as was asked for."""

    rows: tuple[Mapping[str, Any], ...]
    films: Mapping[str, Mapping[str, Any]]
    name: str  # of the account
    since: datetime | None = None
    whole: bool = True

    def with_film(self, frozen: Mapping[str, Any]) -> str:
        """The number of the post that holds our film; "" when there is none."""
        return next((str(row["id"]) for row in self.rows if self._ours(row, frozen)), "")

    def with_words(self, text: str) -> str:
        """The address of a post with a film that says `text` and is new; "" when there is none."""
        for row in self.rows:
            made = moment(row.get("created_at"))
            if _hanging(row) and says(row, text) and made and self.since and made >= self.since - _CLOCKS:
                return address(self.name, str(row["id"]))
        return ""

    def with_reply(self, remote: str, text: str) -> bool:
        """Whether a reply to the post `remote` says `text`, or has its link."""
        link = text.split()[-1]
        return any(
            str(row.get("conversation_id")) == remote and (says(row, text) or link in expanded(row))
            for row in self.rows
        )

    def faults(self, frozen: Mapping[str, Any]) -> Iterator[str]:
        """What the first of the posts should have and has not. X shows the alternative text of pictures; of films it
        says nothing, and then it is believed that it took it."""
        row = self.rows[0]
        if not self._ours(row, frozen):
            yield "the post does not hold our clip"
        if not says(row, str(frozen["text"])):
            yield "the words of the post are not ours"
        for name in _hanging(row):
            alt = self.films.get(name, {}).get("alt_text")
            if isinstance(alt, str) and alt and alt.split() != str(frozen["alt"]).split():
                yield "the clip in the post has another alternative text"

    def _ours(self, row: Mapping[str, Any], frozen: Mapping[str, Any]) -> bool:
        names = _hanging(row)
        return any(name == frozen["called"] or name.rpartition("_")[2] == frozen["media"] for name in names if name)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The posts of one account: its number, and the name in addresses."""

    api: Api
    account: str
    name: str

    def newest(self, since: datetime) -> Posts:
        """Those made since then, and some before."""
        found: list[Mapping[str, Any]] = []
        films: dict[str, Mapping[str, Any]] = {}
        more: dict[str, str] = {}
        for _ in range(_PAGES):
            page, next_page = self._page(more)
            found += page.rows
            films |= page.films
            oldest = moment(page.rows[-1].get("created_at")) if page.rows else None
            if not next_page or (oldest and oldest < since - _CLOCKS):
                return Posts(rows=tuple(found), films=films, name=self.name, since=since)
            more = {"pagination_token": next_page}
        return Posts(rows=tuple(found), films=films, name=self.name, since=since, whole=False)

    def after(self, remote: str) -> Posts:
        """Those made after the post `remote`."""
        return self._page({"since_id": remote})[0]

    def one(self, remote: str) -> Posts:
        """The post `remote` alone, or none."""
        return self._read(f"/2/tweets/{quote(remote, safe='')}", {})[0]

    def _page(self, more: Mapping[str, str]) -> tuple[Posts, str]:
        path = f"/2/users/{quote(self.account, safe='')}/tweets"
        return self._read(path, {"max_results": str(_PAGE), **more})

    def _read(self, path: str, params: Mapping[str, str]) -> tuple[Posts, str]:
        """The posts, and the word for the next page."""
        for name in _NAMES:
            answer = self.api.get(path, {**params, **_SHOWN, name: _FIELDS})
            if answer.status != 400:
                break
        values = answer.values()
        found = values.get("data")
        if answer.status not in (200, 404):
            raise self.api.problem(answer)
        several = found if isinstance(found, list) else [found]
        return Posts(
            rows=tuple(row for row in several if isinstance(row, Mapping) and row.get("id")),
            films={str(one.get("media_key")): one for one in rows(group(values, "includes"), "media")},
            name=self.name,
        ), str(group(values, "meta").get("next_token") or "")


def address(name: str, remote: str) -> str:
    """Where people see the post. X finds it whatever the name, so one that is not known is no harm."""
    return f"https://x.com/{quote(name or 'i', safe='')}/status/{quote(remote, safe='')}"


def _hanging(row: Mapping[str, Any]) -> list[str]:
    """The names of what hangs in a post."""
    names = group(row, "attachments").get("media_keys")
    return [str(name) for name in names] if isinstance(names, list) else []
