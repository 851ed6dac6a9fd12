"""What Facebook, Instagram and Threads share: the Graph, what its errors mean, and the store that takes the bytes.

An error says what it is by its subcode, else its code, else by whether it calls itself passing. A passing error of a
public call is no answer: the post may be out. The store is given our token, so an address that an answer names is used
only when it is one of Facebook's, or the one that the account's settings give.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.accounts import Account
from pipeline.http_door import FILE_ANSWER_S, Answer, Door, FileBody, Request, Sends
from pipeline.publishers import Failure, Kind, Pace, failed, patiently, sent, told
from pipeline.publishers.answers import group
from pipeline.publishers.bearer import Bearer
from pipeline.rate_limits import LONGEST, wait_until
from pipeline.secret import Secret, blackened

VERSION = "v26.0"
STORE = "https://rupload.facebook.com"

Meaning = tuple[Kind, str]  # what to do, and the remedy

_LOOK = "look into the account in its app: it says there what is wrong"
_REFILM = "render the clip again with the platform's own sizes"
_UNTOLD_WAIT = timedelta(hours=1)  # the Graph counts its calls by the hour
_LARGEST_CODE = 100_000
_RUN = re.compile(r"[A-Za-z0-9_\-|.=%]{40,}")  # no word is that long; tokens and signatures are
_FACEBOOKS = re.compile(r"https://(?:[a-z0-9-]+\.)+facebook\.com/[^\s\\]*")

_CODES: dict[int, Meaning] = {
    1: ("again", ""),
    2: ("again", ""),
    3: ("sign-in", ""),
    4: ("wait", ""),
    10: ("sign-in", ""),
    17: ("wait", ""),
    32: ("wait", ""),
    102: ("sign-in", ""),
    190: ("sign-in", ""),
    341: ("wait", ""),
    368: ("account", _LOOK),
    613: ("wait", ""),
    1363040: ("fix", _REFILM),
    1363047: ("again", ""),
    1363127: ("fix", _REFILM),
    1363128: ("fix", "make the clip as short, or as long, as the platform takes"),
    1363129: ("fix", _REFILM),
    1346003: ("account", _LOOK),
    1390008: ("wait", ""),
    1404078: ("account", "the Page must first pass Facebook's publishing authorisation, in its app"),
    1404102: ("account", _LOOK),
    1609008: ("fix", "take the Facebook link out of the words"),
    1609010: ("again", ""),
    2061006: ("fix", "put the link in the words right"),
    2069019: ("fix", "render the clip again"),
    6000: ("fix", "render the clip again"),
    9: ("wait", ""),
    4854002: ("account", "Facebook wants to know who you are: confirm your identity in its app"),
    **dict.fromkeys(range(200, 300), ("sign-in", "")),
    **dict.fromkeys(range(80000, 80015), ("wait", "")),  # too many calls for one Page or business
}


class Graph:
    """The Graph as one account sees it. `base` is the address with its version, `label` the network's name for people,
    `more` the meanings of subcodes and codes that only this network has."""

    def __init__(
        self, account: Account, door: Sends, pace: Pace, *, label: str, base: str,
        more: Mapping[int, Meaning] | None = None,
    ) -> None:  # fmt: skip
        self._account, self._bearer = account, Bearer(account, door, pace, stale=is_stale)
        self._pace, self._label, self._base, self._more = pace, label, base.rstrip("/"), more or {}

    @property
    def token(self) -> Secret:
        """What is valid now. Failure `sign-in` when there is none."""
        return self._bearer.token

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self.send(self.request("GET", path, params=params or {}))

    def post(
        self, path: str, values: Mapping[str, Any], *, public: bool = False,
        files: Mapping[str, FileBody] | None = None,
    ) -> Answer:  # fmt: skip
        """JSON; with `files` a form, whose values are then texts."""
        more = {"form": {**values, **files}} if files else {"json": dict(values)}
        return self.send(self.request("POST", path, **more), public=public)

    def delete(self, path: str) -> Answer:
        return self.send(self.request("DELETE", path))

    def request(self, method: str, path: str, **more: Any) -> Request:
        return Request(method=method, url=f"{self._base}/{path.lstrip('/')}", **more)

    def send(self, request: Request, *, public: bool = False) -> Answer:
        """The answer; one of 4xx too, unless it is passing (Failure `again`) or about too many calls (`wait`).

        `public`: one try, and what leaves open whether it was done is Failure `unknown`.
        """
        if not public:
            return patiently(lambda: self._once(request), self._pace)
        answer = told(self._bearer, request, self._label)
        if answer.status >= 400 and (trouble := self.problem(answer)).kind == "again":
            raise Failure("unknown", trouble.words)
        return answer

    def problem(self, answer: Answer) -> Failure:
        """What an answer that is an error means on this network."""
        return problem(answer, self._pace.clock(), self._label, more=self._more, secrets=self._account.secrets)

    def _once(self, request: Request) -> Answer:
        answer = sent(self._bearer, request)
        if answer.status == 429 or answer.status >= 500:
            raise self.problem(answer)
        if answer.status >= 400 and (trouble := self.problem(answer)).kind == "again":
            raise trouble
        return answer


def error_of(answer: Answer) -> Mapping[str, Any]:
    """The `error` of an answer; empty when there is none."""
    return group(answer.values(), "error")


def is_stale(answer: Answer) -> bool:
    """Whether the token has run out. The Graph says so with a 400 as well."""
    return answer.status == 401 or (answer.status >= 400 and _figure(error_of(answer).get("code")) == 190)


def problem(
    answer: Answer, now: datetime, label: str, *,
    more: Mapping[int, Meaning] | None = None, secrets: Iterable[Secret] = (),
) -> Failure:  # fmt: skip
    """What an error of the Graph means: by subcode, then code, then whether it is passing. `more` comes first.

    `label`: the network, as people call it. `secrets`: kept out of the words, as all that looks like a token is.
    """
    error = error_of(answer)
    if not error:
        return failed(answer, now, label)
    said = error.get("error_user_msg") or error.get("message") or answer.words or f"error {answer.status}"
    words = f"{label} says: {answer.said(blackened(str(said), secrets), also=_RUN)}"
    kind, remedy = _meaning(error, answer.status, more or {})
    if kind == "sign-in" and not remedy:
        remedy = f"make-promo login {label.lower()}"
    until = None
    if kind == "wait":
        until = _regained(answer, now) or wait_until(answer.headers, now) or now + _UNTOLD_WAIT
    return Failure(kind, words, remedy, until=until)


def _meaning(error: Mapping[str, Any], status: int, more: Mapping[int, Meaning]) -> Meaning:
    subcode, code = _figure(error.get("error_subcode")), _figure(error.get("code"))
    own = _CODES.get(subcode) if subcode > _LARGEST_CODE else None  # small subcodes belong to one code each
    if known := more.get(subcode) or own or more.get(code) or _CODES.get(code):
        return known
    if status == 429:
        return "wait", ""
    return ("again" if error.get("is_transient") is True or status >= 500 else "fix"), ""


def uploaded(
    door: Sends, pace: Pace, url: str, token: Secret, clip: FileBody, offset: int, *,
    base: str = STORE, label: str = "Facebook",
) -> None:  # fmt: skip
    """Sends the bytes of `clip` (the whole file) from `offset` on to the store at `url`, once.

    Failure `again` when it was cut: ask how far it came, and go on from there (`carried`); `restart` when the upload is
    lost. `base`: the store's address by the account's settings; no host that is not one of Facebook's gets anything.
    """
    refuse_strangers(url, base, label)
    headers = {"offset": str(offset), "file_size": str(clip.size)}
    body = replace(clip, start=clip.start + offset, count=clip.size - offset)
    request = Request(
        method="POST", url=url, headers=headers, body=body, bearer=token, scheme="OAuth", answer_s=FILE_ANSWER_S
    )
    answer = sent(door, request)
    if answer.status == 200 and answer.values().get("success") is True:
        return
    raise unstored(answer, pace.clock(), label)


def unstored(answer: Answer, now: datetime, label: str) -> Failure:
    """Why a store has not taken the bytes, or not all of them."""
    info = answer.values().get("debug_info")
    if isinstance(info, dict):
        said = answer.said(info.get("message") or info.get("type") or "no", also=_RUN)
        return Failure("again" if info.get("retriable") is True else "restart", f"{label} says: {said}")
    if answer.status == 200:
        return Failure("again", f"{label} did not say that it has the clip")
    return problem(answer, now, label)


def carried(offset: Callable[[], int], send: Callable[[int], None], pace: Pace) -> None:
    """Sends a file from where the store has it (`offset`) until it is there, for as long as it gets on."""
    reached = 0

    def once() -> None:
        nonlocal reached
        reached = offset()
        send(reached)

    while True:
        begun = reached
        try:
            return patiently(once, pace)
        except Failure as failure:
            if failure.kind != "again" or reached <= begun:
                raise


def refuse_strangers(url: str, base: str, label: str) -> None:
    """Failure `fix` when an address that an answer named is neither Facebook's nor the given one."""
    if _FACEBOOKS.fullmatch(url) or url.startswith(f"{base.rstrip('/')}/"):
        return
    remedy = "nothing was sent; try again later, and if it stays so tell whoever looks after make-promo"
    raise Failure("fix", f"{label} wants the clip sent to a server that is not its own", remedy)


def hold(account: Account, door: Sends, name: str, url: str) -> Secret:
    """Keeps an address that is a permission: in the vault, out of the ledger and of all that is said."""
    secret = Secret(url)
    account.vault.put(name, secret)
    guard(door, url)
    return secret


def held(account: Account, door: Sends, name: str) -> Secret | None:
    """What `hold` has kept; None when that was another process, of which nothing outlives it."""
    if found := account.vault.get(name):
        guard(door, found.reveal())
    return found


def guard(door: Sends, url: str) -> None:
    """Keeps an address that is a permission out of all that is said: as a whole, and each part of its query."""
    if isinstance(door, Door):
        query = url.partition("?")[2]
        door.guard(*(Secret(one) for one in (url, query, *query.split("&")) if one))


def _regained(answer: Answer, now: datetime) -> datetime | None:
    """When the Graph lets us in again, by the longest of the minutes in its headers; None when it does not say."""
    held: list[Any] = []
    for name in ("x-business-use-case-usage", "x-app-usage"):
        try:
            held.append(json.loads(answer.headers.get(name, "{}")))
        except (ValueError, RecursionError):
            continue
    minutes = 0
    while held:
        one = held.pop()
        if isinstance(one, dict):
            minutes = max(minutes, _figure(one.get("estimated_time_to_regain_access")))
        inner = one.values() if isinstance(one, dict) else one
        held += [each for each in inner if isinstance(each, list | dict)] if isinstance(one, dict | list) else []
    return now + min(timedelta(minutes=minutes), LONGEST) if minutes > 0 else None


def _figure(value: Any) -> int:
    """Codes come as figures, now and then as texts; 0 for anything else."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,12}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
