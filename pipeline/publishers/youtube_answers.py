"""What YouTube's answers mean: its errors by their `reason`, and the state of a video by two fields that disagree.

Quota is counted by the day of California: it is full again at midnight there, whatever the clock says here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.http_door import Answer
from pipeline.publishers import Failure, Kind
from pipeline.publishers.answers import group, rows, same_words
from pipeline.rate_limits import wait_until

NAME = "YouTube"
SIGN_IN = "sign in again: make-promo login youtube"

_HOME = ZoneInfo("America/Los_Angeles")
_ID = re.compile(r"[\w-]{4,64}", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]{1,60}")
_STUDIO = "look into the channel in YouTube Studio"
_FULL = ("quotaExceeded", "dailyLimitExceeded", "uploadLimitExceeded")
_TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded", "uploadRateLimitExceeded")
_SIGN_IN = ("authError", "authorizationRequired", "insufficientPermissions", "invalid_grant")
_ACCOUNT = {
    "youtubeSignupRequired": "this Google account has no channel: make one, or sign in with the channel's own account",
    "accessNotConfigured": "switch on “YouTube Data API v3” in the Google Cloud project, then try again",
    "forbidden": _STUDIO,
    "channelClosed": _STUDIO,
    "channelSuspended": _STUDIO,
    "authenticatedUserAccountClosed": _STUDIO,
    "authenticatedUserAccountSuspended": _STUDIO,
}
_FIX = {
    "invalidTitle": "change `title` in the brief: at most 100 characters, without < and >",
    "invalidDescription": "change the post's text in the brief: at most 5000 bytes, without < and >",
    "invalidTags": "take hashtags out of the brief",
    "invalidCategoryId": "change the account's setting `category`, such as 19 for travel",
    "invalidPublishAt": "publish again: the time that was asked for may be over",
    "mediaBodyRequired": "render again: the file is empty",
    "invalidImage": "render again: the cover is no picture that YouTube can read",
    "imageTooTall": "render again with a smaller cover",
    "imageTooWide": "render again with a smaller cover",
}
_FAILED: dict[str, tuple[Kind, str]] = {  # by failureReason and processingFailureReason
    "uploadAborted": ("restart", "the upload was broken off"),
    "uploadFailed": ("restart", "the upload did not arrive whole"),
    "conversion": ("fix", "it cannot turn the clip into its own form"),
    "invalidFile": ("fix", "it cannot read the file"),
    "emptyFile": ("fix", "the file is empty"),
    "tooSmall": ("fix", "the file is too small"),
    "codec": ("fix", "it does not know the clip's codec"),
    "transcodeFailed": ("fix", "it cannot turn the clip into its own form"),
    "streamingFailed": ("fix", "it cannot stream the clip"),
}
_REJECTED: dict[str, tuple[Kind, str]] = {
    "duplicate": ("fix", "delete the earlier copy in YouTube Studio, or leave this one out"),
    "length": ("fix", "clips over 15 minutes need a channel that is verified: youtube.com/verify"),
    "uploaderAccountSuspended": ("account", _STUDIO),
    "uploaderAccountClosed": ("account", _STUDIO),
}


class Busy(Failure):
    """We ask too often. Sat out for a little while; what is still too often then is a wait of the account."""


def problem(answer: Answer, now: datetime) -> Failure:
    """What an answer that is an error means."""
    reason = reason_of(answer)
    said = f"YouTube says: {answer.words or reason or f'error {answer.status}'}"
    if reason in _FULL:
        return Failure("wait", said, until=midnight_there(now))
    if reason in _TOO_FAST or answer.status == 429:
        return Busy("again", said, until=wait_until(answer.headers, now))
    if reason in _ACCOUNT:
        return Failure("account", said, _ACCOUNT[reason])
    if answer.status == 401 or reason in _SIGN_IN:
        return Failure("sign-in", said, SIGN_IN)
    if answer.status >= 500 or answer.status == 408:
        return Failure("again", said, until=wait_until(answer.headers, now))
    if reason == "videoNotFound":
        return Failure("restart", said, "publish again: the video is no longer there, and is uploaded anew")
    if answer.status == 403:
        return Failure("account", said, _STUDIO)
    return Failure("fix", said, _FIX.get(reason, ""))


def reason_of(answer: Answer) -> str:
    """The name of the error: `quotaExceeded`. "" when there is none."""
    values = answer.values()
    if found := word(values, "error"):  # as the server of tokens writes it
        return found
    return next(filter(None, (word(one, "reason") for one in rows(group(values, "error"), "errors"))), "")


def midnight_there(now: datetime) -> datetime:
    """The next midnight in California, also across changes of the clock."""
    tomorrow = now.astimezone(_HOME).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), _HOME).astimezone(UTC)


def is_ready(video: Mapping[str, Any]) -> bool:
    """Whether YouTube has done its work on a video; False while it goes on. Failure when nothing comes of it."""
    status, processing = group(video, "status"), group(video, "processingDetails")
    upload, state = word(status, "uploadStatus"), word(processing, "processingStatus")
    if upload == "rejected":
        reason = word(status, "rejectionReason")
        kind, remedy = _REJECTED.get(reason, ("fix", "YouTube Studio says why, and how to appeal"))
        raise Failure(kind, f"YouTube has rejected the video: {reason or 'it gives no reason'}", remedy)
    if upload == "deleted":
        raise Failure("restart", "the video was deleted", "publish again: it is uploaded anew")
    if upload == "failed" or state in ("failed", "terminated"):
        reason = word(status, "failureReason") or word(processing, "processingFailureReason") or state or upload
        kind, why = _FAILED.get(reason, ("restart", reason))
        remedy = "render again" if kind == "fix" else "publish again: it is uploaded anew"
        raise Failure(kind, f"YouTube could not work on the video: {why}", remedy, dropped=True)
    return state == "succeeded" or (not state and upload == "processed")


def differences(
    written: Mapping[str, Any], video: Mapping[str, Any], tracks: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Sentences on what a video that was read back lacks. `written`: what was frozen; `tracks`: its subtitles."""
    snippet, faults = group(video, "snippet"), []
    if not same_words(snippet.get("title"), written["title"]):
        faults.append("the title is not ours")
    if not same_words(snippet.get("description"), written["description"]):
        faults.append("the description is not ours")
    if lang := str(written["captions"]):
        ours = [group(one, "snippet").get("status") for one in tracks if same_language(one, lang)]
        if not ours:
            faults.append("the video does not hold the subtitles")
        elif ours[0] == "failed":
            faults.append("YouTube could not read the subtitles")
    return (*faults, *filter(None, [str(written["cover"])]))


def same_language(track: Mapping[str, Any], lang: str) -> bool:
    return str(group(track, "snippet").get("language", "")).lower() == lang.lower()


def id_of(values: Mapping[str, Any]) -> str:
    """The `id` of a resource, "" when it has none that can be one."""
    found = values.get("id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def word(values: Mapping[str, Any], name: str) -> str:
    """A word of YouTube's own, such as `processed`; "" for anything else, which is not repeated to people."""
    found = values.get(name)
    return found if isinstance(found, str) and _WORD.fullmatch(found) else ""
