"""X as its documents describe it (docs.x.com, OpenAPI 2.167; X's answers as they stand in public reports), faults
included. It takes nothing that the documents do not name.

`spent` is what was read, post by post, for X charges for that. `doubles`: whether the same words are refused;
`hides`: so often the account's posts are not shown yet; `polls`: how often a film is still being made ready.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from system.fake_networks import FakeServer, Reply, Seen

TOKEN = "x-access-0001-abcdef"
CATEGORIES = {
    "tweet_video": ("video/mp4",), "subtitles": ("text/srt", "text/vtt"), "tweet_image": ("image/jpeg", "image/png"),
}  # fmt: skip
PREFIX = {"tweet_video": "7", "subtitles": "13", "tweet_image": "3"}
POST_FIELDS = {"attachments", "conversation_id", "created_at", "entities", "lang", "text", "id"}
MEDIA_FIELDS = {"alt_text", "type", "media_key", "duration_ms"}
LINK = re.compile(r"https?://[^\s]*[^\s.,;:!?)]")


def problem(status: int, detail: str, title: str = "", kind: str = "about:blank", **more: Any) -> Reply:
    titles = {400: "Invalid Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found"}
    told = {"title": title or titles.get(status, "Error"), "detail": detail, "type": kind, "status": status}
    return Reply(status, {**told, **more})


def invalid(message: str, **parameters: Any) -> Reply:
    error = {"message": message, "parameters": parameters}
    kind = "https://api.x.com/2/problems/invalid-request"
    return problem(400, "One or more parameters to your request was invalid.", kind=kind, errors=[error])


DOUBLE = problem(403, "You are not allowed to create a Tweet with duplicate content.")
CREDITS = problem(402, "credits depleted", "CreditsDepleted", "https://api.x.com/2/problems/credits-depleted")


class FakeX(FakeServer):
    """One account and its app."""

    me, name = "2244994945", "BrentWalks"

    def __init__(self, polls: int = 2) -> None:
        super().__init__()
        self.polls = polls
        self.access, self.refresh, self.used = {TOKEN}, {"x-refresh-0001"}, set[str]()
        self.media: dict[str, dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.spent: list[str] = []
        self.doubles, self.hides, self.fails = True, 0, 0
        self.most_part = 5_000_000
        self.fields, self.protected = "post.fields", False
        self.after_secs = 86_400
        self.limits = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "99"}
        self._number = int(time.time() * 1000 - 1288834974657) << 22

    def expire(self) -> None:
        self.access.clear()

    def films(self) -> list[dict[str, Any]]:
        return [one for one in self.media.values() if one["category"] == "tweet_video"]

    def roots(self) -> list[dict[str, Any]]:
        return [one for one in self.posts if one["root"] == one["id"]]

    def replies(self) -> list[dict[str, Any]]:
        return [one for one in self.posts if one["root"] != one["id"]]

    def answer(self, seen: Seen) -> Reply:
        reply = self._told(seen)
        reset = {"x-rate-limit-reset": str(int(time.time()) + 900)}
        reply.headers = {**self.limits, **reset, **reply.headers}  # on all answers
        return reply

    def _told(self, seen: Seen) -> Reply:
        if (seen.method, seen.path) == ("POST", "/2/oauth2/token"):
            return self._renewed(seen)
        if not str(seen.headers.get("Authorization", "")).startswith("Bearer ") or seen.bearer not in self.access:
            return problem(401, "Unauthorized")
        part = r"/2/media/upload/(\d+)/(append|finalize)"
        ways: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", r"/2/users/me", self._account),
            ("POST", r"/2/media/upload/initialize", self._begin),
            ("POST", part, self._part),
            ("GET", r"/2/media/upload", self._status),
            ("POST", r"/2/media/metadata", self._describe),
            ("POST", r"/2/media/subtitles", self._subtitle),
            ("POST", r"/2/tweets", self._post),
            ("GET", r"/2/tweets/(\d+)", self._one),
            ("GET", rf"/2/users/{self.me}/tweets", self._own),
        ]
        for method, path, work in ways:
            if seen.method == method and (found := re.fullmatch(path, seen.path)):
                return work(seen, *found.groups())
        return Reply(404)

    def _renewed(self, seen: Seen) -> Reply:
        """A refresh token works once; one that comes again closes the account."""
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        given = form.get("refresh_token", "")
        if form.get("grant_type") != "refresh_token" or form.get("client_id") != "our-app" or given not in self.refresh:
            self.refresh.clear()
            return Reply(
                400, {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
            )
        self.refresh = {f"x-refresh-{len(self.used) + 2:04}"}
        self.used.add(given)
        self.access = {f"x-access-{len(self.used) + 1:04}-abcdef"}
        told = {"access_token": next(iter(self.access)), "refresh_token": next(iter(self.refresh))}
        return Reply(200, {**told, "token_type": "bearer", "expires_in": 7200})

    def _account(self, seen: Seen) -> Reply:
        if set(seen.query) - {"user.fields"} or seen.query.get("user.fields", "protected") != "protected":
            return invalid("unknown parameter")
        told = {"id": self.me, "name": "Brent Walks", "username": self.name}
        return Reply(200, {"data": {**told, "protected": self.protected} if seen.query else told})

    def _next(self) -> str:
        self._number += 1 << 22
        return str(self._number)

    def _begin(self, seen: Seen) -> Reply:
        values = _json(seen)
        allowed = {"additional_owners", "media_category", "media_type", "shared", "total_bytes"}
        if values is None or set(values) - allowed:
            return invalid("unknown field")
        category, size = values.get("media_category"), values.get("total_bytes")
        if category not in CATEGORIES or values.get("media_type") not in CATEGORIES[category]:
            return invalid("media_type is not one of", media_type=values.get("media_type"))
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= 17_179_869_184:
            return invalid("total_bytes must be a number")
        number = self._next()
        called = f"{PREFIX[category]}_{number}"
        self.media[number] = {
            "category": category, "type": values["media_type"], "size": size, "parts": {}, "whole": b"", "asked": 0,
            "called": called, "alt": "", "subtitles": None, "state": "open",
        }  # fmt: skip
        told = {"id": number, "media_key": called, "expires_after_secs": self.after_secs}
        return Reply(200, {"data": told})

    def _part(self, seen: Seen, number: str, what: str) -> Reply:
        media = self.media.get(number)
        if media is None:
            return problem(404, "Could not find media", kind="https://api.x.com/2/problems/resource-not-found")
        if media["state"] != "open":
            return invalid("the upload is closed", media_id=number)
        return self._append(seen, media) if what == "append" else self._finish(seen, number, media)

    def _append(self, seen: Seen, media: dict[str, Any]) -> Reply:
        form = _form(seen)
        if set(form) != {"media", "segment_index"}:
            return invalid("media and segment_index are needed, and nothing else")
        index, (is_file, data) = form["segment_index"][1].decode(), form["media"]
        if not re.fullmatch(r"\d{1,3}", index) or not is_file or not data:
            return invalid("segment_index must be a number of at most 999")
        if len(data) > self.most_part:
            return problem(413, "Request Entity Too Large")
        media["parts"][int(index)] = data
        return Reply(200, {"data": {"expires_at": int(time.time()) + self.after_secs}})

    def _finish(self, seen: Seen, number: str, media: dict[str, Any]) -> Reply:
        parts = media["parts"]
        whole = b"".join(parts[index] for index in sorted(parts))
        if seen.body or sorted(parts) != list(range(len(parts))) or len(whole) != media["size"]:
            return invalid("segments do not add up to provided total file size", media_id=number)
        media |= {"whole": whole, "state": "working" if media["category"] == "tweet_video" else "ready"}
        told: dict[str, Any] = {"id": number, "media_key": media["called"], "size": len(whole)}
        if media["state"] == "working":
            told["processing_info"] = {"state": "pending", "check_after_secs": 1}
        return Reply(200, {"data": {**told, "expires_after_secs": self.after_secs}})

    def _status(self, seen: Seen) -> Reply:
        if set(seen.query) != {"command", "media_id"} or seen.query["command"] != "STATUS":
            return invalid("command must be STATUS")
        number = seen.query["media_id"]
        media = self.media.get(number)
        if media is None or media["state"] == "open":
            return problem(404, "Could not find media", kind="https://api.x.com/2/problems/resource-not-found")
        told: dict[str, Any] = {"id": number, "media_key": media["called"]}
        if media["category"] == "tweet_video":
            told["processing_info"] = self._progress(media)
        return Reply(200, {"data": told})

    def _progress(self, media: dict[str, Any]) -> dict[str, Any]:
        media["asked"] += 1
        if media["asked"] <= self.polls:
            return {"state": "in_progress", "check_after_secs": 3, "progress_percent": 50}
        if media["state"] == "working":
            media["state"] = "failed" if self.fails > 0 else "ready"
            self.fails -= 1
        if media["state"] == "failed":
            return {"state": "failed", "error": {"code": 3, "name": "InvalidMedia", "message": "unsupported codec"}}
        return {"state": "succeeded", "progress_percent": 100}

    def _describe(self, seen: Seen) -> Reply:
        values = _json(seen)
        if values is None or set(values) != {"id", "metadata"} or set(values["metadata"]) != {"alt_text"}:
            return invalid("unknown field")
        text = values["metadata"]["alt_text"]
        if set(text) != {"text"} or not 0 < len(text["text"]) <= 1000:
            return invalid("alt_text.text must have 1 to 1000 characters")
        if values["id"] not in self.media:
            return problem(404, "Could not find media")
        self.media[values["id"]]["alt"] = text["text"]
        return Reply(200, {"data": {"id": values["id"], "associated_metadata": values["metadata"]}})

    def _subtitle(self, seen: Seen) -> Reply:
        values = _json(seen)
        if values is None or set(values) != {"id", "media_category", "subtitles"}:
            return invalid("unknown field")
        track, film = values["subtitles"], self.media.get(values["id"])
        if values["media_category"] not in ("TweetVideo", "AmplifyVideo") or not isinstance(track, dict):
            return invalid("media_category is not one of")
        if set(track) != {"id", "language_code", "display_name"} or not re.fullmatch(
            "[A-Z]{2}", track["language_code"]
        ):
            return invalid("subtitles.language_code must be two letters")
        file = self.media.get(track["id"])
        if film is None or file is None or (file["category"], file["state"]) != ("subtitles", "ready"):
            return invalid("the subtitles are not there", media_id=track["id"])
        film["subtitles"] = {**track, "file": file["whole"], "type": file["type"]}
        return Reply(
            200, {"data": {"id": values["id"], "associated_subtitles": [track], "media_category": "TweetVideo"}}
        )

    def _post(self, seen: Seen) -> Reply:
        values = _json(seen)
        allowed = {"text", "media", "reply", "reply_settings", "made_with_ai", "paid_partnership"}
        if values is None or set(values) - allowed:
            return invalid(f"unknown field in {sorted(values or {})}")
        if wrong := self._wrong(values):
            return wrong
        if self.doubles and any(one["written"] == values["text"] for one in self.posts):
            return DOUBLE
        made = self.write(values)
        return Reply(201, {"data": {"id": made["id"], "text": made["text"], "edit_history_post_ids": [made["id"]]}})

    def _wrong(self, values: dict[str, Any]) -> Reply | None:
        text, media = values.get("text"), values.get("media", {})
        if not isinstance(text, str) or len(LINK.sub("x" * 23, text)) > 280:
            return problem(
                403, "Your Tweet text is too long. You are not allowed to create a Tweet with more than 280."
            )
        if set(media) - {"media_ids", "preview_media_id", "title", "description"}:
            return invalid("$.media: unknown field")
        films = [self.media.get(one) for one in media.get("media_ids", [])]
        if any(one is None or (one["category"], one["state"]) != ("tweet_video", "ready") for one in films):
            return invalid("Your media IDs are invalid.", **{"media.media_ids": media["media_ids"]})
        cover = self.media.get(media.get("preview_media_id", ""), {"category": "tweet_image", "state": "ready"})
        if (cover["category"], cover["state"]) != ("tweet_image", "ready") or (media and not films):
            return invalid("Your media IDs are invalid.", **{"media.preview_media_id": media["preview_media_id"]})
        if values.get("reply_settings", "following") not in ("following", "mentionedUsers", "subscribers", "verified"):
            return invalid("$.reply_settings: does not have a value in the enumeration")
        if any(values.get(name, True) is not True for name in ("made_with_ai", "paid_partnership")):
            return invalid("$.made_with_ai: boolean expected")
        if "reply" in values:
            to = values["reply"].get("in_reply_to_tweet_id")
            if set(values["reply"]) != {"in_reply_to_tweet_id"} or not any(one["id"] == to for one in self.posts):
                return problem(403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        return None

    def write(self, values: dict[str, Any]) -> dict[str, Any]:
        """A post as X keeps it: links made short, and one more for its film."""
        number, urls, text = self._next(), [], values["text"]
        for hit in LINK.findall(text):
            short = f"https://t.co/{len(self.posts)}a{len(urls)}b"
            urls.append({"start": 0, "end": 23, "url": short, "expanded_url": hit, "display_url": hit[8:30] + "…"})
            text = text.replace(hit, short, 1)
        keys = [self.media[one]["called"] for one in values.get("media", {}).get("media_ids", [])]
        text = html.escape(text, quote=False)
        for key in keys:
            short = f"https://t.co/{len(self.posts)}film"
            whole = f"https://x.com/{self.name}/status/{number}/video/1"
            urls.append({"start": 0, "end": 23, "url": short, "expanded_url": whole, "media_key": key})
            text = f"{text} {short}"
        made = {
            "id": number, "text": text, "written": values["text"], "values": values, "keys": keys, "urls": urls,
            "root": values.get("reply", {}).get("in_reply_to_tweet_id", number),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }  # fmt: skip
        self.posts.append(made)
        return made

    def _one(self, seen: Seen, number: str) -> Reply:
        if wrong := self._params(seen, set()):
            return wrong
        found = [one for one in self.posts if one["id"] == number]
        if not found:
            error = {
                "title": "Not Found Error",
                "resource_id": number,
                "detail": "Could not find tweet",
                "value": number,
            }
            return Reply(200, {"errors": [{**error, "type": "https://api.x.com/2/problems/resource-not-found"}]})
        self.spent.append(number)
        return Reply(200, {"data": self._shown(found[0]), "includes": {"media": self._hanging(found)}})

    def _own(self, seen: Seen) -> Reply:
        if wrong := self._params(seen, {"max_results", "since_id", "pagination_token"}):
            return wrong
        most = int(seen.query.get("max_results", 10))
        if not 5 <= most <= 100:
            return invalid("max_results must be 5 to 100")
        if self.hides > 0:
            self.hides -= 1
            return Reply(200, {"meta": {"result_count": 0}})
        newest = [one for one in reversed(self.posts) if int(one["id"]) > int(seen.query.get("since_id", 0))]
        start = int(seen.query.get("pagination_token", "p0").removeprefix("p"))
        rows = newest[start : start + most]
        self.spent += [one["id"] for one in rows]
        meta: dict[str, Any] = {"result_count": len(rows)}
        if len(newest) > start + most:
            meta["next_token"] = f"p{start + most}"
        if not rows:
            return Reply(200, {"meta": meta})
        shown = [self._shown(one) for one in rows]
        return Reply(200, {"data": shown, "includes": {"media": self._hanging(rows)}, "meta": meta})

    def _params(self, seen: Seen, more: set[str]) -> Reply | None:
        allowed = {self.fields, "expansions", "media.fields"} | more
        if unknown := set(seen.query) - allowed:
            return problem(400, f"The query parameter [{min(unknown)}] is not one of {sorted(allowed)}")
        fields = set(seen.query.get(self.fields, "id").split(","))
        films = set(seen.query.get("media.fields", "type").split(","))
        if fields - POST_FIELDS or films - MEDIA_FIELDS or seen.query.get("expansions") != "attachments.media_keys":
            return problem(400, "The fields are not among those of a post")
        return None

    def _shown(self, post: dict[str, Any]) -> dict[str, Any]:
        told = {"id": post["id"], "text": post["text"], "edit_history_post_ids": [post["id"]]}
        told |= {"conversation_id": post["root"], "created_at": post["at"]}
        told |= {"entities": {"urls": post["urls"]}} if post["urls"] else {}
        return told | ({"attachments": {"media_keys": post["keys"]}} if post["keys"] else {})

    def _hanging(self, posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The alternative text of films is not shown: the documents promise it for pictures."""
        return [{"media_key": key, "type": "video"} for one in posts for key in one["keys"]]


def _json(seen: Seen) -> dict[str, Any] | None:
    if seen.headers["Content-Type"] != "application/json":
        return None
    found = json.loads(seen.body)
    return found if isinstance(found, dict) else None


def _form(seen: Seen) -> dict[str, tuple[bool, bytes]]:
    """name → (whether it is a file, its bytes)."""
    found: dict[str, tuple[bool, bytes]] = {}
    kind, _, boundary = str(seen.headers["Content-Type"]).partition("; boundary=")
    if kind != "multipart/form-data" or not boundary:
        return found
    for part in seen.body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        if name := re.search(rb'; name="([^"]*)"', head):
            found[name[1].decode()] = (b"; filename=" in head, data.removesuffix(b"\r\n"))
    return found
