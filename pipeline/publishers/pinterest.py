"""Pinterest: a film with its cover, title and link on one board.

It knows no name of ours for a post, so a lost answer is looked for among the posts of the board: by title, link and
words. What is not there within ten minutes is not there. As long as an app is on trial, Pinterest shows its posts to
their owner alone, and does not say so: the setting `access` (trial or standard) does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import Answer, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Network, Pace, Proof, Shown, Sighting, asked, told
from pipeline.publishers.answers import rows
from pipeline.publishers.bearer import Bearer
from pipeline.publishers.pinterest_answers import NAME, differences, is_alike, made_since, no_board, problem
from pipeline.publishers.pinterest_upload import Uploads

MOST = {"title": 100, "description": 800, "link": 2048, "alt_text": 500}
APPEARS = timedelta(minutes=10)  # how late a post that was made may come to be seen

_PAGES, _PAGE = 10, 250
_SETTLE_S = (0.0, 3.0, 10.0)
_GONE_AFTER = timedelta(hours=1)
_JPEG = b"\xff\xd8\xff"
_TRIAL = (
    "an app on trial makes posts that only their owner sees: look at it signed out, then note what is so in the "
    "account's setting `access` (trial or standard)"
)


class Pinterest(Network):
    """One account and one board: the setting `board` is the board's number."""

    service = "pinterest"

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._api = Bearer(account, door, pace)
        self._base = account.base("api", "https://api.pinterest.com") + "/v5"
        self._board = account.settings.get("board", "").strip()
        self._me, self._open_to_all = "", True

    def open(self) -> str:
        if not self._board:
            remedy = "make-promo login pinterest, or set MAKE_PROMO_PINTEREST_BOARD to the board's number"
            raise Failure("sign-in", "it is not said on which board to post", remedy)
        answer = self._get("/user_account")
        values = answer.values()
        if answer.status != 200:
            raise problem(answer, self._pace)
        self._me = str(values.get("id") or values.get("username") or "")
        if not self._me:
            raise Failure("sign-in", "Pinterest did not say which account this is", "make-promo login pinterest")
        board = self._get(self._board_path)
        if board.status == 404:
            raise no_board(self._board)
        if board.status != 200:
            raise problem(board, self._pace)
        self._open_to_all = board.values().get("privacy", "PUBLIC") == "PUBLIC"
        return self._me

    def refusals(self, post: Post) -> tuple[str, ...]:
        found = [
            f"the {name.replace('_', ' ')} has {count} characters; Pinterest takes {MOST[name]}"
            for name, text in _texts(post).items()
            if (count := counted(text, "utf16")) > MOST[name]
        ]
        if post.cover is None or not _cover(post.cover).startswith(_JPEG):
            found.append("Pinterest takes no clip without a cover (a JPEG)")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        uploads = Uploads(
            api=self._api, door=self._door, pace=self._pace, account=self._account, media=f"{self._base}/media"
        )
        return {"media": uploads.film(post, kept, keep)}

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        return {
            "board": self._board,
            "media": prepared["media"],
            **_texts(post),
            "cover": str(post.cover.absolute()) if post.cover else "",
            "cover_sha256": post.cover_sha256,
            "frozen_at": self._pace.clock().isoformat(),
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        source = {
            "source_type": "video_id",
            "media_id": frozen["media"],
            "cover_image_content_type": "image/jpeg",
            "cover_image_data": base64.b64encode(_the_cover(frozen)).decode(),
        }
        texts = {name: frozen[name] for name in MOST if frozen[name]}
        body = {"board_id": frozen["board"], **texts, "media_source": source}
        answer = told(self._api, Request(method="POST", url=f"{self._base}/pins", json=body), NAME)
        if answer.status in (200, 201):
            if remote := str(answer.values().get("id") or ""):
                return remote
            raise Failure("unknown", "Pinterest did not say which post it made")
        if answer.status == 404:
            raise no_board(str(frozen["board"]))
        raise problem(answer, self._pace)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        fresh = self._pace.clock() - since < APPEARS
        for pause in _SETTLE_S if fresh else (0.0,):
            self._pace.sleep(pause)
            sighting = self._seen(frozen, since)
            if sighting.found != "absent":
                return sighting
        if fresh:
            return Sighting(found="unsure", why="it may still appear; run publish again in ten minutes")
        return Sighting(found="absent")

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        address = f"https://www.pinterest.com/pin/{remote}/"
        for pause in _SETTLE_S:
            self._pace.sleep(pause)
            answer = self._get(f"/pins/{quote(remote, safe='')}")
            if answer.status != 404:
                break
        if answer.status == 404:
            if self._pace.clock() - datetime.fromisoformat(frozen["frozen_at"]) < _GONE_AFTER:
                return Proof(address=address, shown="processing")
            return Proof(address=address, shown="private only", faults=("the post is not there any more",))
        if answer.status != 200:
            raise problem(answer, self._pace)
        access = self._account.settings.get("access", "").strip().lower()
        shown: Shown = "published" if self._open_to_all and access != "trial" else "private only"
        unknown = (_TRIAL,) if access not in ("trial", "standard") else ()
        return Proof(address=address, shown=shown, faults=(*differences(answer.values(), frozen), *unknown))

    def _seen(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        """Among all posts of the board that were made since then; in which order they come is not promised."""
        params, alike = {"page_size": str(_PAGE)}, False
        for _ in range(_PAGES):
            answer = self._get(f"{self._board_path}/pins", params)
            if answer.status == 403:
                return Sighting(found="unsure", why="this account may not read its board, so look there")
            if answer.status != 200:
                raise problem(answer, self._pace)
            now, date = self._pace.clock(), answer.headers.get("date", "")
            for row in rows(answer.values(), "items"):
                if row.get("id") and made_since(row, since, date, now):
                    if not differences(row, frozen):
                        return Sighting(found="there", remote=str(row["id"]))
                    alike = alike or is_alike(row, frozen)
            bookmark = answer.values().get("bookmark")
            if not bookmark:
                why = "a post much like it is on the board, but not quite the same"
                return Sighting(found="unsure", why=why) if alike else Sighting(found="absent")
            params = {**params, "bookmark": str(bookmark)}
        return Sighting(found="unsure", why="the board is too full to be looked through")

    @property
    def _board_path(self) -> str:
        return f"/boards/{quote(self._board, safe='')}"

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return asked(self._api, Request(method="GET", url=self._base + path, params=params or {}), self._pace, NAME)


def _texts(post: Post) -> dict[str, str]:
    """`description`: all words; the link that can be counted has a field of its own."""
    return {
        "title": post.title, "description": post.text, "link": post.tagged or post.link or "", "alt_text": post.alt,
    }  # fmt: skip


def _cover(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _the_cover(frozen: Mapping[str, Any]) -> bytes:
    """The very picture that was approved."""
    found = _cover(Path(str(frozen["cover"])))
    if sha256(found).hexdigest() != frozen["cover_sha256"]:
        raise Failure("fix", "the cover is missing or has changed", "render again, and publish again")
    return found


def rehearsal(request: Request) -> dict[str, Any] | Answer:
    """Stand-in answers for a dry run."""
    if request.form:
        return Answer(status=204)
    end = request.url.rpartition("/v5/")[2]
    if end == "media":
        fields = {"<field>": "<value>"}
        return {"media_id": "<media>", "upload_url": "https://upload.example/", "upload_parameters": fields}
    if end.startswith("media/"):
        return {"status": "succeeded"}
    return {"id": "<account>", "privacy": "PUBLIC"} if request.method == "GET" else {"id": "<post>"}
