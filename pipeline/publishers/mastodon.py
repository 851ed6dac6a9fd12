"""Mastodon and its family (GoToSocial, Hollo, snac, …): JSON only, for some of them take nothing else.

A lost answer is cured twice over. The same `Idempotency-Key` gives the same post within the hour, but only on Mastodon
itself; so the account's own newest posts are looked through first, for our film, and for our words with a film.
Servers of this family take garbage and drop films without a word: a post counts when it was read back with its film.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import FILE_ANSWER_S, Answer, FileBody, Request, Sends
from pipeline.posts import Post, with_tagged
from pipeline.publishers import Failure, Keep, Pace, Proof, Sighting, asked, failed, polled, told
from pipeline.publishers import mastodon_answers as says
from pipeline.publishers.answers import moment

KEY_HOLDS = timedelta(minutes=55)
_CLOCKS = timedelta(minutes=10)  # by which ours and the server's may differ
_PAGES, _PAGE = 5, 40
_AHEAD = (timedelta(minutes=6), timedelta(days=300))  # it wants five minutes
_TARDY = timedelta(minutes=10)  # a busy server shows a post that late
_SETTLE_S = (0.0, 2.0, 5.0)  # a slow server may still be writing the post that we look for


class Mastodon:
    """One account, known by its token. Its setting `visibility` says who is to see the posts."""

    service = "mastodon"
    pressed = False

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._me = ""
        self._visibility = account.settings.get("visibility", "public")
        self._known: says.Server | None = None

    def open(self) -> str:
        if not self._account.vault.get("token"):
            raise Failure("sign-in", "there is no token for the account", "make-promo login mastodon")
        answer = self._get("/api/v1/accounts/verify_credentials")
        if answer.status == 422:  # snac's word for a token that it does not know
            raise Failure("sign-in", f"{self._where} does not know the token", "make-promo login mastodon")
        self._me = str(self._good(answer).get("id") or "")
        if not self._me:
            raise Failure("sign-in", f"{self._where} did not say which account this is", "make-promo login mastodon")
        return f"{self._me}@{self._where}"

    def refusals(self, post: Post) -> tuple[str, ...]:
        server, found = self._server, []
        count = counted(with_tagged(post.text, post), "mastodon", url_weight=server.url_weight)
        if server.most_text is not None and count > server.most_text:
            found.append(f"the words have {count} characters; {self._where} takes {server.most_text}")
        if server.most_alt is not None and counted(post.alt, "graphemes") > server.most_alt:
            found.append(f"the alternative text is longer than {self._where} takes ({server.most_alt})")
        if server.most_bytes is not None and post.bytes >= server.most_bytes:
            found.append(f"the clip has {post.bytes} bytes; {self._where} takes less than {server.most_bytes}")
        if server.most_pixels is not None and post.width * post.height > server.most_pixels:
            found.append(f"the picture has more pixels than {self._where} takes")
        if server.mimes and "video/mp4" not in server.mimes:
            found.append(f"{self._where} takes no MP4")
        if self._visibility not in says.VISIBILITIES:
            found.append(f"`visibility` of the account is one of {', '.join(says.VISIBILITIES)}")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        media = str(kept.get("media") or "")
        if not media:
            answer = self._uploaded(post)
            media = str(answer.values().get("id") or "")
            if not media:
                raise Failure("again", f"{self._where} gave the clip no name")
            keep({"media": media})
            if answer.status == 200:
                return {"media": media}
        polled(lambda: self._ready(media), self._pace, f"{self._where} is still preparing the clip")
        return {"media": media}

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        return {
            "account": self._me,
            "media": prepared["media"],
            "alt": says.in_one_line(post.alt),
            "text": with_tagged(post.text, post),
            "language": post.lang,
            "visibility": self._visibility,
            "idempotency": sha256(f"{attempt} {prepared['media']}".encode()).hexdigest(),
            "made": self._pace.clock().isoformat(),
            "scheduled_at": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else "",
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        body: dict[str, Any] = {
            "status": frozen["text"],
            "media_ids": [frozen["media"]],
            "visibility": frozen["visibility"],
            "language": frozen["language"],
            "sensitive": False,
        }
        if frozen["scheduled_at"]:
            body["scheduled_at"] = frozen["scheduled_at"]
        headers = {"Idempotency-Key": str(frozen["idempotency"])}
        answer = told(self._door, self._signed("POST", "/api/v1/statuses", json=body, headers=headers), self._where)
        if answer.status in (200, 201, 202):
            if frozen["scheduled_at"] and not answer.values().get("scheduled_at"):
                raise Failure("unknown", f"{self._where} did not say that it holds the post until its time")
            if remote := str(answer.values().get("id") or ""):
                return remote
            raise Failure("unknown", f"{self._where} did not say which post it made")
        words = answer.words.lower()
        if answer.status == 422 and "processing" in words:
            raise Failure("later", f"{self._where} is still preparing the clip", "run publish again later")
        if answer.status in (400, 404, 409, 422):
            # A film that is in a post already is refused like this too: perhaps that post is ours.
            if remote := self._held(frozen) or self._seen(frozen, self._pace.clock() - KEY_HOLDS):
                return remote
            raise Failure("fix", f"{self._where} says: {answer.words or answer.status}", dropped="media" in words)
        raise failed(answer, self._pace.clock(), self._where)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        fresh = self._pace.clock() - since < timedelta(minutes=1)
        for pause in _SETTLE_S if fresh else (0.0,):
            self._pace.sleep(pause)
            if remote := self._held(frozen) or self._seen(frozen, since):
                return Sighting(found="there", remote=remote)
        if self._get(f"/api/v1/media/{frozen['media']}").status == 200:
            return Sighting(found="absent")  # no post has taken the film
        if self._server.is_mastodon and timedelta(0) <= self._pace.clock() - since < KEY_HOLDS:
            return Sighting(found="absent", same_only=True)  # the key gives the same post if there is one after all
        return Sighting(
            found="unsure",
            why=f"it is not among the account's newest posts, but {self._where} cannot say that it was never there",
        )

    @property
    def ahead(self) -> tuple[timedelta, timedelta] | None:
        """Only where the server is known to wait: some of the family post at once, whatever time is asked for."""
        return _AHEAD if self._server.holds else None

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        path = f"/api/v1/scheduled_statuses/{remote}"
        answer = asked(self._door, self._signed("DELETE", path), self._pace, self._where)
        if answer.status not in (200, 204, 404):
            raise failed(answer, self._pace.clock(), self._where)
        return self._get(path).status == 404 and not self._seen(frozen, _made(frozen))

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        if not frozen["scheduled_at"]:
            return self._proof(frozen, remote)
        answer = self._get(f"/api/v1/scheduled_statuses/{remote}")
        if answer.status == 200:
            wrong = answer.values().get("scheduled_at") and not _same_moment(answer.values(), frozen)
            faults = ("it waits at the server for another time than was asked for",) if wrong else ()
            return Proof(address="", shown="scheduled", faults=faults)
        if answer.status != 404:
            raise failed(answer, self._pace.clock(), self._where)
        if shown := self._seen(frozen, _made(frozen)):
            return self._proof(frozen, shown)
        if self._pace.clock() < datetime.fromisoformat(frozen["scheduled_at"]) + _TARDY:
            return Proof(address="", shown="scheduled")
        faults = ("it does not wait at the server any longer, and is not among the posts",)
        return Proof(address="", shown="private only", faults=faults)

    def _proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        answer = self._get(f"/api/v1/statuses/{remote}")
        post = answer.values()
        address = str(post.get("url") or post.get("uri") or "")
        if answer.status != 200:
            return Proof(
                address=address, shown="private only", faults=("the post was not there when it was read back",)
            )
        film, faults = says.film_of(post), []
        if film is None:
            faults.append("the post does not hold our clip")
        elif says.in_one_line(film.get("description")) != frozen["alt"]:
            faults.append("the clip in the post does not hold the alternative text")
        if says.seen_by_more(post, frozen["visibility"]):
            faults.append(f"the server shows it to more people than “{frozen['visibility']}” says")
        return Proof(
            address=address,
            shown="published" if post.get("visibility") in says.FOR_ALL else "private only",
            faults=tuple(faults),
        )

    def _uploaded(self, post: Post) -> Answer:
        form: dict[str, str | FileBody] = {"description": says.in_one_line(post.alt)}
        form["file"] = FileBody(path=post.clip, mime="video/mp4", name="clip.mp4")
        if post.cover:
            form["thumbnail"] = FileBody(path=post.cover, mime="image/jpeg", name="cover.jpg")
        request = self._signed("POST", "/api/v2/media", form=form, answer_s=FILE_ANSWER_S)
        answer = asked(self._door, request, self._pace, self._where)
        if answer.status not in (200, 202):
            raise failed(answer, self._pace.clock(), self._where)
        return answer

    def _ready(self, media: str) -> bool | None:
        """None while the server works. 404 tells nothing: some servers never show a film by its name."""
        answer = self._get(f"/api/v1/media/{media}")
        if answer.status in (200, 404):
            return True
        if answer.status in (202, 206):
            return None
        failure = failed(answer, self._pace.clock(), self._where)
        failure.dropped = answer.status == 422
        raise failure

    def _seen(self, frozen: Mapping[str, Any], since: datetime) -> str:
        """The post among our own since then that holds our film; "" when there is none."""
        for post in self._newest(frozen["account"], since - _CLOCKS):
            if str(frozen["media"]) in says.media_of(post):
                return str(post["id"])
            film = says.film_of(post)
            ours = film and says.in_one_line(film.get("description")) == frozen["alt"]
            if ours and says.same_words(post, str(frozen["text"])):
                return str(post["id"])
        return ""

    def _held(self, frozen: Mapping[str, Any]) -> str:
        """The post among those that the server holds that has our film; "" when there is none."""
        if not frozen["scheduled_at"]:
            return ""
        answer = self._get("/api/v1/scheduled_statuses", {"limit": str(_PAGE)})
        if answer.status != 200:
            raise failed(answer, self._pace.clock(), self._where)
        for post in answer.rows():
            if post.get("id") and str(frozen["media"]) in says.media_of(post):
                return str(post["id"])
        return ""

    def _newest(self, account: str, since: datetime) -> Iterator[dict[str, Any]]:
        params = {"limit": str(_PAGE), "exclude_reblogs": "true"}
        for _ in range(_PAGES):
            answer = self._get(f"/api/v1/accounts/{account}/statuses", params)
            if answer.status != 200:
                raise failed(answer, self._pace.clock(), self._where)
            posts = [post for post in answer.rows() if post.get("id")]
            yield from (post for post in posts if (moment(post.get("created_at")) or since) >= since)
            oldest = moment(posts[-1].get("created_at")) if posts else None
            if len(posts) < _PAGE or (oldest and oldest < since):
                return
            params = {**params, "max_id": str(posts[-1]["id"])}

    @property
    def _where(self) -> str:
        return self._account.server.split("://")[-1]

    @property
    def _server(self) -> says.Server:
        """What the server says of itself, asked once."""
        if self._known is None:
            answer = self._get("/api/v2/instance")
            self._known = says.server_of_answer(
                (answer if answer.status == 200 else self._get("/api/v1/instance")).values()
            )
        return self._known

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return asked(self._door, self._signed("GET", path, params=params or {}), self._pace, self._where)

    def _good(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise failed(answer, self._pace.clock(), self._where)
        return answer.values()

    def _signed(self, method: str, path: str, **more: Any) -> Request:
        token = self._account.vault.get("token")
        return Request(method=method, url=f"{self._account.server}{path}", bearer=token, **more)


def _made(frozen: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(frozen["made"]))


def _same_moment(values: Mapping[str, Any], frozen: Mapping[str, Any]) -> bool:
    held, wanted = moment(values.get("scheduled_at")), moment(frozen["scheduled_at"])
    return held is not None and wanted is not None and abs(held - wanted) < timedelta(minutes=1)


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the end of the address."""
    answers: dict[str, dict[str, Any]] = {
        "verify_credentials": {"id": "<account>"},
        "media": {"id": "<media>"},
        "statuses": {"id": "<post>"},
    }
    return answers.get(request.url.rpartition("/")[2], {})
