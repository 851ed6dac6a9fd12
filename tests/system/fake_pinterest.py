"""Pinterest as its API description has it (`publishing.md` 12): the interface, and a store that takes forms.

    github.com/pinterest/api-description v5/openapi.yaml (5.28): media/create, pins/create, boards/list_pins

The store wants every field that was given, in that order, then the file, and no token, as Amazon's does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

from system.fake_networks import FakeServer, Reply, Seen

BOARD = "549755885175"
_MOST = {"title": 100, "description": 800, "link": 2048, "alt_text": 500}


def error(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"code": code, "message": message})


class FormStore(FakeServer):
    """`got`: films by their media id."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.got: dict[str, bytes] = {}
        self.ended = False

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("Authorization"):
            self.leaks.append(seen.path)
            return Reply(400, {"Code": "InvalidArgument", "Message": "Only one auth mechanism allowed"})
        fields = _fields(seen)
        names = list(fields)
        media = str(fields.get("key", b"").decode()).rpartition("/")[2]
        if self.ended or media not in self.forms:
            return Reply(403, {"Code": "AccessDenied", "Message": "Invalid according to Policy: Policy expired."})
        wanted = self.forms[media]
        if names != [*wanted, "file"] or any(fields[name].decode() != wanted[name] for name in wanted):
            return Reply(403, {"Code": "AccessDenied", "Message": f"Extra or missing input fields: {names}"})
        self.got[media] = fields["file"]
        return Reply(204, None)


def _fields(seen: Seen) -> dict[str, bytes]:
    """The fields of a form in their order."""
    edge = b"--" + str(seen.headers["Content-Type"]).partition("boundary=")[2].encode()
    found = {}
    for part in seen.body.split(edge)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        found[head.partition(b'name="')[2].partition(b'"')[0].decode()] = data[:-2]
    return found


class FakePinterest(FakeServer):
    """`polls`: how often a film is still worked on."""

    def __init__(self, *, polls: int = 1) -> None:
        super().__init__()
        self.store = FormStore()
        self.polls = polls
        self.tokens, self.refresh, self.used = {"pina_000001"}, {"pinr_000001"}, set[str]()
        self.media: dict[str, dict[str, Any]] = {}
        self.pins: list[dict[str, Any]] = []
        self.privacy, self.fails, self.page = "PUBLIC", False, 250
        self.hides = 0  # so often posts are not shown yet
        self.may_list = True
        self.drops: tuple[str, ...] = ()  # what of a post gets lost
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        handler: Any = self._http.RequestHandlerClass
        handler.date_time_string = lambda *_: format_datetime(self.clock(), usegmt=True)

    def stop(self) -> None:
        super().stop()
        self.store.stop()

    def answer(self, seen: Seen) -> Reply:
        if seen.path == "/v5/oauth/token":
            return self._renewed(seen)
        if seen.bearer not in self.tokens:
            return error(401, 2, f"Authentication failed: {seen.bearer}")
        kind, _, rest = seen.path.removeprefix("/v5/").partition("/")
        if (seen.method, seen.path) == ("GET", "/v5/user_account"):
            return Reply(200, {"id": "704461", "username": "council", "account_type": "BUSINESS"})
        if kind == "boards" and seen.method == "GET":
            return self._board(rest, seen.query)
        if kind == "media":
            return self._film(rest) if seen.method == "GET" else self._register(seen.values())
        if kind == "pins" and seen.method == "POST":
            return self._create(seen.values())
        if kind == "pins":
            found = [pin for pin in self.pins if pin["id"] == rest]
            if self.hides > 0 or not found:
                self.hides -= 1
                return error(404, 50, "Pin not found.")
            return Reply(200, found[0])
        return error(404, 0, "Not found")

    def _renewed(self, seen: Seen) -> Reply:
        """A refresh token works once; the used one takes all with it."""
        basic = str(seen.headers.get("Authorization", "")).removeprefix("Basic ")
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        token = form.get("refresh_token", "")
        if base64.b64decode(basic) != b"app:app-word-000001" or form.get("grant_type") != "refresh_token":
            return error(400, 283, "Your request could not be completed.")
        if token in self.used:
            self.tokens, self.refresh = set(), set()
        if token not in self.refresh:
            return error(401, 2, "Authentication failed.")
        self.used.add(token)
        number = len(self.requests)
        self.tokens, self.refresh = {f"pina_{number:06}"}, {f"pinr_{number:06}"}
        return Reply(200, {
            "access_token": f"pina_{number:06}", "refresh_token": f"pinr_{number:06}", "expires_in": 2_592_000,
            "token_type": "bearer", "scope": "pins:write",
        })  # fmt: skip

    def _board(self, rest: str, query: dict[str, str]) -> Reply:
        board, _, more = rest.partition("/")
        if board != BOARD:
            return error(404, 40, "Board not found.")
        if not more:
            return Reply(200, {"id": BOARD, "name": "Walks", "privacy": self.privacy})
        if more != "pins" or set(query) - {"page_size", "bookmark"}:
            return error(400, 1, "unknown parameter")
        if not self.may_list:
            return error(403, 7, "Not authorized to access the board")
        if self.hides > 0:
            self.hides -= 1
            return Reply(200, {"items": [], "bookmark": None})
        start, size = int(query.get("bookmark", 0)), min(int(query.get("page_size", 25)), self.page)
        newest = list(reversed(self.pins))
        after = str(start + size) if start + size < len(newest) else None
        return Reply(200, {"items": newest[start : start + size], "bookmark": after})

    def _register(self, values: dict[str, Any]) -> Reply:
        if values != {"media_type": "video"}:
            return error(400, 1, f"unknown field or value: {values}")
        media = str(812345 + len(self.media))
        form = {
            "x-amz-date": "20261122T120000Z", "x-amz-signature": f"signature{media}aaaaaaaaaaaaaaaaaaaa",
            "x-amz-security-token": f"security-word-{media}-bbbbbbbbbbbbbbbb", "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "key": f"uploads/e3/19/{media}", "policy": f"policy{media}cccccccccccccccccccc",
            "x-amz-credential": "ASIA/20261122/us-east-1/s3/aws4_request", "Content-Type": "multipart/form-data",
        }  # fmt: skip
        self.store.forms[media] = form
        self.media[media] = {"asked": 0}
        told = {"media_id": media, "media_type": "video", "upload_url": f"{self.store.url}/", "upload_parameters": form}
        return Reply(201, told)

    def _film(self, media: str) -> Reply:
        film = self.media.get(media)
        if film is None:
            return error(404, 0, "Media not found")
        return Reply(200, {"media_id": media, "media_type": "video", "status": self._state(media, film)})

    def _state(self, media: str, film: dict[str, Any], *, asks: bool = True) -> str:
        if media not in self.store.got:
            return "registered"
        film["asked"] += asks
        if film["asked"] <= self.polls:
            return "processing"
        return "failed" if self.fails else "succeeded"

    def _create(self, values: dict[str, Any]) -> Reply:
        if said := self._fault(values):
            return said
        self.add(values)
        return Reply(201, self.pins[-1])

    def add(self, values: dict[str, Any]) -> None:
        """Also what others post there."""
        texts = {name: None if name in self.drops else values.get(name) for name in _MOST}
        kind = "image" if "film" in self.drops else "video"
        self.pins.append({
            **texts, "id": str(8130000 + len(self.pins)), "board_id": values["board_id"], "is_owner": True,
            "created_at": self.clock().replace(tzinfo=None).isoformat(timespec="seconds"), "is_standard": True,
            "creative_type": kind.upper(), "media": {"media_type": kind}, "source": values.get("media_source"),
        })  # fmt: skip

    def _fault(self, values: dict[str, Any]) -> Reply | None:
        source = values.get("media_source", {})
        if set(values) - {"board_id", "title", "description", "link", "alt_text", "media_source"}:
            return error(400, 1, "unknown field")
        if values.get("board_id") != BOARD:
            return error(404, 40, "Board not found.")
        if set(source) != {"source_type", "media_id", "cover_image_content_type", "cover_image_data"}:
            return error(400, 1, "Invalid media_source")
        try:
            cover = base64.b64decode(source["cover_image_data"], validate=True)
        except ValueError:
            cover = b""
        if source["source_type"] != "video_id" or not cover.startswith(b"\xff\xd8\xff"):
            return error(400, 235, "A cover image is required")
        if any(not isinstance(values[name], str) or not values[name] for name in _MOST if name in values):
            return error(400, 1, "an empty field")
        if any(len(values.get(name, "")) > most for name, most in _MOST.items()):
            return error(400, 1, "a field is too long")
        film = self.media.get(source["media_id"])
        if film is None or self._state(source["media_id"], film, asks=False) != "succeeded":
            return error(400, 235, "The media is not ready")
        return None
