"""X: the film in parts, what belongs to it, and one post, paid for by the call.

X gives a post no key of ours. After a lost answer the account's own newest posts are read, once, and the film in them
tells which is ours. The same words are refused twice within a while, which keeps a post that is sent again from
appearing twice; a refusal like that is looked into, and what cannot be read is left to a person. Where the account's
setting `links` wants the link in a reply, the reply belongs to the post: it is looked for before it is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Network, Pace, Proof, Shown, Sighting
from pipeline.publishers.x_answers import SIGN_IN, Api, data_of, is_about_media, is_double
from pipeline.publishers.x_look import Posts, Reading, address
from pipeline.publishers.x_upload import MOST_SEGMENTS, SEGMENT, File, Uploads
from pipeline.publishers.x_words import LINKS, Words, arranged, costs, language

_MOST_TEXT = 280  # as X counts; more is for accounts that pay for it
_MOST_COVER = 5_000_000  # bytes
_REPLIES = ("following", "mentionedUsers", "subscribers", "verified")
_FLAGS = ("made_with_ai", "paid_partnership")
_SURE = timedelta(hours=1)  # after which a post that is not shown was not made
_JUST_NOW = timedelta(minutes=1)
_PASSING = ("wait", "again", "unknown")
_SETTLE_S = (3.0, 7.0)  # what was made just now may not be shown yet


class X(Network):
    """One account. Its settings: `links` (text, reply, none), `made_with_ai` and `paid_partnership` (yes, no), and
    `reply_settings`, as X names them."""

    service = "x"

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._settings, self._pace = account.settings, pace
        self._api = Api(account, door, pace)
        self._uploads = Uploads(api=self._api, pace=pace)
        self._me, self._name, self._protected = "", account.name, False
        self._doubtful: set[str] = set()  # films whose post may be out although it was not seen
        self._refused: set[str] = set()  # films whose words X calls a double
        self._made: set[str] = set()  # posts that were made just now, so that nobody has replied yet

    def open(self) -> str:
        answer = self._api.get("/2/users/me", {"user.fields": "protected"})
        if answer.status != 200:
            raise self._api.problem(answer)
        me = data_of(answer)
        self._me, self._name = str(me.get("id") or ""), str(me.get("username") or self._name)
        self._protected = me.get("protected") is True
        if not self._me:
            raise Failure("sign-in", "X did not say which account this is", SIGN_IN)
        return self._me

    def costs(self, post: Post) -> str:
        """What X charges for the post, as a sentence; "" when it cannot be posted as the settings want it."""
        words = arranged(post, self._links)
        return costs(words, alt=bool(post.alt)) if words else ""

    def refusals(self, post: Post) -> tuple[str, ...]:
        found = [*self._wrong_settings()]
        words = arranged(post, self._links)
        if words is None:
            found.append("the link stands inside a sentence, so it cannot be taken out of the words: give it a line of "
                         "its own at their end, or set `links` of the account to `text`")  # fmt: skip
        for text in (words.text, words.reply) if words else ():
            if (count := counted(text, "x_weighted")) > _MOST_TEXT:
                found.append(f"the words have {count} characters as X counts; it takes {_MOST_TEXT}")
        if post.bytes > MOST_SEGMENTS * SEGMENT:
            found.append(f"the clip has {post.bytes} bytes; {MOST_SEGMENTS * SEGMENT} can be sent to X")
        if post.cover and not 0 < _size(post.cover) <= _MOST_COVER:
            found.append(f"the cover must have between 1 and {_MOST_COVER} bytes")
        if post.captions and not language(post.captions.lang):
            found.append(f"X takes subtitles only in languages with a code of two letters, not in {post.captions.lang}")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        known = self._uploads.film(post, kept, keep)
        if post.alt and not known.get("described"):
            told = {"id": known["media"], "metadata": {"alt_text": {"text": post.alt}}}
            self._given("/2/media/metadata", told)
            known["described"] = 1
            keep(known)
        if post.captions and not known.get("subtitled"):
            self._subtitle(post, str(known["media"]))
            known["subtitled"] = 1
            keep(known)
        if post.cover and not known.get("cover"):
            body = FileBody(path=post.cover, count=_size(post.cover))
            cover = File(body=body, category="tweet_image", mime="image/jpeg")
            known["cover"] = self._beside(cover, "cover")
            keep(known)
        return known

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        words = arranged(post, self._links) or Words(text=post.text)
        media = {"media_ids": [prepared["media"]]}
        if prepared.get("cover"):
            media["preview_media_id"] = prepared["cover"]
        body = {"text": words.text, "media": media, **self._flags()}
        return {
            "account": self._me, "name": self._name, "media": prepared["media"], "called": prepared["called"],
            "ends": str(prepared.get("ends") or ""), "text": words.text, "reply": words.reply, "alt": post.alt,
            "post": json.dumps(body, ensure_ascii=False),
        }  # fmt: skip

    def go(self, frozen: Mapping[str, Any]) -> str:
        media = str(frozen["media"])
        answer = self._api.public("/2/tweets", json.loads(frozen["post"]))
        if 200 <= answer.status < 300:
            if remote := str(data_of(answer).get("id") or ""):
                self._made.add(remote)
                return remote
            raise Failure("unknown", "X did not say which post it made")
        if is_double(answer):
            self._refused.add(media)
        if media in self._doubtful:  # it was sent before: that X refuses it now proves nothing of that
            raise Failure("unknown", f"X says: {self._api.words(answer)}")
        if is_double(answer):
            raise Failure("fix", f"X says: {self._api.words(answer)}", "change the words: the same are out already")
        failure = self._api.problem(answer)
        if is_about_media(answer):
            raise Failure("restart", failure.words, "publish again: the clip is sent anew")
        raise failure

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        media, now = str(frozen["media"]), self._pace.clock()
        self._doubtful.add(media)
        for pause in _SETTLE_S if now - since < _JUST_NOW else (0.0,):
            self._pace.sleep(pause)
            try:
                posts = self._posts(frozen).newest(since)
            except Failure as failure:
                if failure.kind in ("wait", "again"):
                    raise
                return Sighting(found="unsure", why=f"X does not show us the account's posts: {failure.words}")
            if ours := posts.with_film(frozen):
                return Sighting(found="there", remote=ours)
        if twin := posts.with_words(str(frozen["text"])):
            return Sighting(found="unsure", why=f"a post with the same words and another film is there: {twin}")
        if not posts.whole:
            return Sighting(found="unsure", why="the account has posted so much since that it may be among all that")
        if media in self._refused:
            return Sighting(found="unsure", why="X says that these words are out already, but shows no such post")
        if now - since >= _SURE or self._uploads.is_over(frozen):
            return Sighting(found="absent")
        return Sighting(found="absent", same_only=True)  # X refuses the same words if they are out after all

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        there = address(str(frozen["name"]), remote)
        faults: list[str] = []
        try:
            found = self._found(frozen, remote)
            if not found.rows:
                gone = "the post was not there when it was read back"
                return Proof(address=there, shown="private only", faults=(gone,))
            faults += found.faults(frozen)
        except Failure as failure:
            if failure.kind in _PASSING:
                return Proof(address=there, shown="processing")  # a later run reads it back
            faults.append(f"it could not be read back: {failure.words}")
        try:
            if frozen["reply"] and (missing := self._reply(frozen, remote)):
                faults.append(missing)
        except Failure as failure:
            if failure.kind in _PASSING:
                return Proof(address=there, shown="processing")  # a later run looks for the reply and sends it
            faults.append(f"nobody can say whether the reply with the link is there: {failure.words}")
        shown: Shown = "private only" if self._protected else "published"
        return Proof(address=there, shown=shown, faults=tuple(faults))

    def _found(self, frozen: Mapping[str, Any], remote: str) -> Posts:
        for pause in (0.0, *_SETTLE_S):
            self._pace.sleep(pause)
            if (found := self._posts(frozen).one(remote)).rows:
                break
        return found

    def _reply(self, frozen: Mapping[str, Any], remote: str) -> str:
        """Sends the link as a reply, unless it is there; gives the fault when X does not take it."""
        posts, text = self._posts(frozen), str(frozen["reply"])
        if remote not in self._made and posts.after(remote).with_reply(remote, text):
            return ""
        self._made.discard(remote)
        try:
            answer = self._api.public("/2/tweets", {"text": text, "reply": {"in_reply_to_tweet_id": remote}})
        except Failure as failure:
            self._pace.sleep(_SETTLE_S[0])
            if failure.kind == "unknown" and posts.after(remote).with_reply(remote, text):
                return ""
            raise
        if 200 <= answer.status < 300 or is_double(answer):
            return ""
        problem = self._api.problem(answer)
        if problem.kind in _PASSING:
            raise problem
        return f"the reply with the link is missing ({problem.words}): reply to the post with {text}"

    def _subtitle(self, post: Post, media: str) -> None:
        assert post.captions
        srt = post.captions.srt
        file = File(body=srt or post.captions.vtt, category="subtitles", mime="text/srt" if srt else "text/vtt")
        number = self._beside(file, "subtitles")
        code, shown = language(post.captions.lang) or ("", "")
        track = {"id": number, "language_code": code, "display_name": shown}
        self._given("/2/media/subtitles", {"id": media, "media_category": "TweetVideo", "subtitles": track})

    def _beside(self, file: File, what: str) -> str:
        """The number of a small file at X."""
        try:
            return str(self._uploads.stored(file, {})["media"])
        except Failure as failure:
            if failure.kind != "restart":
                raise
            raise Failure("fix", f"the {what}: {failure.words}", "render again") from None

    def _given(self, path: str, values: Mapping[str, Any]) -> None:
        answer = self._api.post(path, values)
        if answer.status == 404:
            raise Failure("restart", f"X no longer knows the upload: {self._api.words(answer)}")
        if not 200 <= answer.status < 300:
            raise self._api.problem(answer)

    def _posts(self, frozen: Mapping[str, Any]) -> Reading:
        return Reading(api=self._api, account=str(frozen["account"]), name=str(frozen["name"]))

    @property
    def _links(self) -> str:
        return self._settings.get("links") or "text"

    def _flags(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: True for name in _FLAGS if self._settings.get(name) == "yes"}
        if self._settings.get("reply_settings"):
            found["reply_settings"] = self._settings["reply_settings"]
        return found

    def _wrong_settings(self) -> list[str]:
        known = {"links": LINKS, "reply_settings": _REPLIES, **dict.fromkeys(_FLAGS, ("yes", "no"))}
        return [
            f'the account\'s setting `{name}` is "{given}"; it can be {", ".join(values)}'
            for name, values in known.items()
            if (given := self._settings.get(name)) and given not in values
        ]


def _size(path: Path) -> int:
    """In bytes; 0 for what cannot be read."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the end of the address."""
    answers: dict[str, dict[str, Any]] = {
        "me": {"id": "<account>", "username": "<name>"},
        "initialize": {"id": "<media>", "media_key": "<film>"},
        "tweets": {"id": "<post>"},
    }
    return {"data": answers.get(request.url.rpartition("/")[2], {})}
