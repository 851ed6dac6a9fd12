"""A film's way into Pinterest: registered first, then sent as a form to a store that knows nothing of the account.

The form's fields are the permission; they are kept with the account's secrets. The store takes the film as a whole, and
taking it twice does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipeline.accounts import Account
from pipeline.errors import ToolError
from pipeline.http_door import FILE_ANSWER_S, Door, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, asked, failed, polled
from pipeline.publishers.pinterest_answers import NAME, problem
from pipeline.secret import Secret

_NOTICES = timedelta(hours=1)
_LONG = 20  # characters; shorter fields of the form open nothing
_GONE = (400, 401, 403, 404, 410)  # how a store says that the form has ended or is not for this film


@dataclass(frozen=True, kw_only=True)
class Form:
    """Where the film goes, and the fields that go with it, in their order."""

    media: str
    url: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """`api` signs, `door` does not. `media`: the address of the interface."""

    api: Sends
    door: Sends
    pace: Pace
    account: Account
    media: str

    def film(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> str:
        """Pinterest's name of the film, ready to be posted. Failure `later` while it is still worked on."""
        media = str(kept.get("media") or "")
        state = self._state(media) if media else "GONE"
        if state == "GONE" or (state == "registered" and not self._just_sent(kept)):
            media = self._sent(post, media if state == "registered" else "", keep)
            keep({"media": media, "sent_at": self.pace.clock().isoformat()})
        self.account.vault.drop(_name(post))
        polled(lambda: self._ready(media), self.pace, f"{NAME} is still preparing the clip")
        return media

    def _just_sent(self, kept: Mapping[str, Any]) -> bool:
        """Pinterest may take its time to notice what the store has; not for ever."""
        at = kept.get("sent_at")
        return bool(at) and self.pace.clock() - datetime.fromisoformat(str(at)) < _NOTICES

    def _sent(self, post: Post, media: str, keep: Keep) -> str:
        if (form := self._recalled(post)) and form.media == media:
            try:
                return self._stored(post, form)
            except Failure as failure:
                if failure.kind != "restart":
                    raise
        form = self._begun(post)
        keep({"media": form.media})
        return self._stored(post, form)

    def _begun(self, post: Post) -> Form:
        request = Request(method="POST", url=self.media, json={"media_type": "video"})
        answer = asked(self.api, request, self.pace, NAME)
        values = answer.values()
        if answer.status not in (200, 201):
            raise problem(answer, self.pace)
        media, url, fields = (values.get(name) for name in ("media_id", "upload_url", "upload_parameters"))
        if not media or not isinstance(url, str) or not isinstance(fields, Mapping):
            raise Failure("restart", f"{NAME} did not say where the clip is to go", "publish again")
        form = Form(media=str(media), url=url, fields={str(name): str(value) for name, value in fields.items()})
        self._guarded(form)
        with suppress(ToolError):  # a keyring may be too small for so much: then a cut upload begins anew
            kept = {"media": form.media, "url": form.url, "fields": dict(form.fields)}
            self.account.vault.put(_name(post), Secret(json.dumps(kept)))
        return form

    def _recalled(self, post: Post) -> Form | None:
        secret = self.account.vault.get(_name(post))
        if secret is None:
            return None
        try:
            form = Form(**json.loads(secret.reveal()))
        except (ValueError, TypeError):
            return None
        self._guarded(form)
        return form

    def _guarded(self, form: Form) -> None:
        if isinstance(self.door, Door):
            self.door.guard(Secret(form.url), *(Secret(one) for one in form.fields.values() if len(one) >= _LONG))

    def _stored(self, post: Post, form: Form) -> str:
        film = FileBody(path=post.clip, mime="video/mp4", name="clip.mp4")
        fields = {name: value for name, value in form.fields.items() if name != "file"}
        request = Request(method="POST", url=form.url, form={**fields, "file": film}, answer_s=FILE_ANSWER_S)
        answer = asked(self.door, request, self.pace, NAME)
        if 200 <= answer.status < 300:
            return form.media
        if answer.status in _GONE:
            raise Failure("restart", f"{NAME}'s store does not take the clip", "publish again: it begins anew")
        raise failed(answer, self.pace.clock(), f"{NAME}'s store")

    def _ready(self, media: str) -> bool | None:
        state = self._state(media)
        if state == "GONE":
            raise Failure("restart", f"{NAME} no longer knows the upload", "publish again: it begins anew")
        if state == "failed":
            raise Failure("fix", f"{NAME} could not prepare the clip", "render it again", dropped=True)
        return True if state == "succeeded" else None

    def _state(self, media: str) -> str:
        """As Pinterest calls it, or `GONE`."""
        request = Request(method="GET", url=f"{self.media}/{quote(media, safe='')}")
        answer = asked(self.api, request, self.pace, NAME)
        if answer.status == 404:
            return "GONE"
        if answer.status != 200:
            raise problem(answer, self.pace)
        return str(answer.values().get("status") or "")


def _name(post: Post) -> str:
    return f"upload {post.fingerprint[:16]}"
