"""LinkedIn: all is made ready, and a person presses publish, for its terms forbid a program to (API terms, 3.1(26)).

A lost answer is looked for among the owner's newest posts, where the account may read those. Where it may not, the same
post is offered once more within minutes: LinkedIn refuses it as a duplicate, and names the one that is there. Later
nobody knows, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import Answer, Request, Sends
from pipeline.posts import Post, with_tagged
from pipeline.publishers import Failure, Keep, Network, Pace, Proof, Shown, Sighting, asked, told
from pipeline.publishers import linkedin_words as words
from pipeline.publishers.answers import group, rows, same_words
from pipeline.publishers.bearer import Bearer
from pipeline.publishers.linkedin_answers import NAME, Api, code_of, problem
from pipeline.publishers.linkedin_upload import Uploads, takes_captions

MOST = 3000  # of the commentary as it is sent: escapes and the counted link are in it
REFUSES_SAME = timedelta(minutes=8)  # LinkedIn refuses the same post for about ten

_PAGE = 100
_SETTLE_S = (0.0, 3.0, 10.0)  # a post that was just made may not be shown yet
_APPEARS = timedelta(hours=1)
_OWNER = re.compile(r"urn:li:(organization|person):[\w-]{1,80}")
_POST = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_SHOWN: dict[str, Shown] = {"PUBLISHED": "published", "PUBLISH_REQUESTED": "processing", "PROCESSING": "processing"}

STAND_IN = {"owner": "urn:li:organization:0"}  # of a dry run that nobody is signed in for


class LinkedIn(Network):
    """One owner, a Page or a person: the setting `owner`. `version` and `captions_body` are settings too."""

    service = "linkedin"
    pressed = True

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._bearer = Bearer(account, door, pace)
        self._api = Api(self._bearer, account.settings.get("version", ""), pace)
        self._base = account.base("api", "https://api.linkedin.com") + "/rest"
        self._owner = account.settings.get("owner", "").strip()
        self._offered: set[str] = set()  # films whose post was offered once more
        self._refused: set[str] = set()  # … and then refused as a duplicate of nobody knows what

    def open(self) -> str:
        if not _OWNER.fullmatch(self._owner):
            remedy = "make-promo login linkedin, or set MAKE_PROMO_LINKEDIN_OWNER=urn:li:organization:NUMBER"
            raise Failure("sign-in", "it is not said for which Page or person to post", remedy)
        _ = self._bearer.token
        return self._owner

    def refusals(self, post: Post) -> tuple[str, ...]:
        found = []
        if not post.text.strip():
            found.append("LinkedIn takes no post without words")
        if (count := counted(_commentary(post), "utf16")) > MOST:
            found.append(f"the words have {count} characters as LinkedIn stores them; it takes {MOST}")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        uploads = Uploads(
            api=self._api, door=self._door, pace=self._pace, account=self._account, videos=f"{self._base}/videos",
            owner=self._owner,
        )  # fmt: skip
        return {"video": uploads.film(post, kept, keep)}

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        lacks = post.captions is not None and not takes_captions(self._account, post)
        return {
            "owner": self._owner,
            "video": prepared["video"],
            "title": post.title,
            "commentary": _commentary(post),
            "lacks": ["the subtitles were not sent (LinkedIn takes English ones only)"] if lacks else [],
            "frozen_at": self._pace.clock().isoformat(),
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        media = {"id": frozen["video"], **({"title": frozen["title"]} if frozen["title"] else {})}
        body = {
            "author": frozen["owner"],
            "commentary": frozen["commentary"],
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "content": {"media": media},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        answer = told(self._api, Request(method="POST", url=f"{self._base}/posts", json=body), NAME)
        if answer.status == 201:
            if remote := answer.headers.get("x-restli-id", ""):
                return remote
            raise Failure("unknown", "LinkedIn did not say which post it made")
        if answer.status == 422 and _is_duplicate(answer):
            return self._duplicate(frozen, answer)
        raise problem(answer, self._pace)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        video, may_read = str(frozen["video"]), True
        fresh = self._pace.clock() - since < REFUSES_SAME
        for pause in _SETTLE_S if fresh else (0.0,):
            self._pace.sleep(pause)
            remote = self._seen(frozen, since)
            if remote:
                return Sighting(found="there", remote=remote)
            may_read = remote is not None
            if not may_read:
                break
        age = self._pace.clock() - since
        if video in self._refused:
            return Sighting(found="unsure", why="LinkedIn refuses it as a duplicate and does not say of which post")
        if timedelta(0) <= age < REFUSES_SAME and video not in self._offered:
            self._offered.add(video)
            return Sighting(found="absent", same_only=True)
        if not may_read:
            return Sighting(found="unsure", why="this account may not read LinkedIn's posts, so look there")
        if age < REFUSES_SAME:
            return Sighting(found="unsure", why="it may still appear; run publish again in ten minutes")
        return Sighting(found="absent")

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        address = _address(remote)
        for pause in _SETTLE_S:
            self._pace.sleep(pause)
            answer = self._read(remote)
            if answer.status != 404:
                break
        lacks = tuple(frozen["lacks"])
        if answer.status == 403:
            return Proof(
                address=address, faults=("this account may not read posts back: open it once and look", *lacks)
            )
        if answer.status == 404:
            if self._pace.clock() - datetime.fromisoformat(frozen["frozen_at"]) < _APPEARS:
                return Proof(address=address, shown="processing")
            return Proof(address=address, shown="private only", faults=("the post is not there any more",))
        if answer.status != 200:
            raise problem(answer, self._pace)
        return _proof(answer, frozen, address, lacks)

    def _duplicate(self, frozen: Mapping[str, Any], answer: Answer) -> str:
        """The same post is there, says LinkedIn: ours, if it holds our film, or if we have sent it before and may not
        look. Failure otherwise: our call, at least, has made nothing."""
        video = str(frozen["video"])
        hit = _POST.search(str(answer.values().get("message") or ""))
        read = self._read(hit[0]) if hit else None
        if hit and read and read.status == 200:
            if _film_of(read.values()) == video:
                return hit[0]
        elif remote := self._seen(frozen, self._pace.clock() - REFUSES_SAME):
            return remote
        elif hit and video in self._offered:
            return hit[0]
        elif video in self._offered:
            self._refused.add(video)
            raise Failure("unknown", "LinkedIn refuses it as a duplicate")
        where = f": {_address(hit[0])}" if hit else ""
        remedy = "look at that post; if it is another clip, change the words, or wait ten minutes"
        raise Failure("fix", f"LinkedIn says that the same was posted a short while ago{where}", remedy)

    def _read(self, remote: str) -> Answer:
        url = f"{self._base}/posts/{quote(remote, safe='')}"
        return asked(self._api, Request(method="GET", url=url), self._pace, NAME)

    def _seen(self, frozen: Mapping[str, Any], since: datetime) -> str | None:
        """The newest post of the owner that holds our film; "" when none since then does, None when nobody can say."""
        params = {"author": str(frozen["owner"]), "q": "author", "count": str(_PAGE), "sortBy": "CREATED"}
        request = Request(method="GET", url=f"{self._base}/posts", params=params, headers={"X-RestLi-Method": "FINDER"})
        answer = asked(self._api, request, self._pace, NAME)
        if answer.status == 403:
            return None
        if answer.status != 200:
            raise problem(answer, self._pace)
        posts = rows(answer.values(), "elements")
        for post in posts:
            if _film_of(post) == frozen["video"]:
                return str(post.get("id") or "") or None
        whole = len(posts) < _PAGE or any(_made(post) < since for post in posts)
        return "" if whole else None


def _commentary(post: Post) -> str:
    return words.little(with_tagged(post.text, post))


def _address(remote: str) -> str:
    return f"https://www.linkedin.com/feed/update/{remote}"


def _is_duplicate(answer: Answer) -> bool:
    said = f"{code_of(answer)} {answer.values().get('message') or ''}"
    return "duplicate" in said.lower() or bool(_POST.search(said))


def _film_of(post: Mapping[str, Any]) -> str:
    return str(group(group(post, "content"), "media").get("id") or "")


def _made(post: Mapping[str, Any]) -> datetime:
    """When it was made; now or never, when LinkedIn does not say."""
    at = post.get("createdAt") or post.get("publishedAt")
    known = isinstance(at, int) and 0 < at < 1 << 43
    return datetime.fromtimestamp(at / 1000, UTC) if known and isinstance(at, int) else datetime.max.replace(tzinfo=UTC)


def _proof(answer: Answer, frozen: Mapping[str, Any], address: str, lacks: tuple[str, ...]) -> Proof:
    post, faults = answer.values(), list(lacks)
    state, public = str(post.get("lifecycleState") or ""), post.get("visibility") == "PUBLIC"
    if _film_of(post) != frozen["video"]:
        faults.append("the post does not hold our clip")
    if not same_words(words.read(str(post.get("commentary") or "")), words.read(frozen["commentary"])):
        faults.append("the words of the post are not those that were sent")
    shown = _SHOWN.get(state, "private only") if public else "private only"
    if state not in _SHOWN:
        why = answer.said(state.replace("_", " ").lower())[:40] or "it does not say why"
        faults.append(f"LinkedIn does not show it ({why})")
    return Proof(address=address, shown=shown, faults=tuple(faults))


def rehearsal(request: Request) -> dict[str, Any] | Answer:
    """Stand-in answers for a dry run."""
    place = "https://upload.example"
    if request.method == "PUT":
        return Answer(status=200, headers={"etag": "<part>"})
    if request.url.endswith("/posts"):
        return Answer(status=201, headers={"x-restli-id": "urn:li:share:<post>"})
    if request.params.get("action") == "initializeUpload":
        wanted = request.json["initializeUploadRequest"]
        part = {"uploadUrl": f"{place}/part", "firstByte": 0, "lastByte": wanted["fileSizeBytes"] - 1}
        return {"value": {
            "video": "urn:li:video:<video>", "uploadToken": "", "uploadInstructions": [part],
            **({"captionsUploadUrl": f"{place}/captions"} if wanted["uploadCaptions"] else {}),
            **({"thumbnailUploadUrl": f"{place}/thumbnail"} if wanted["uploadThumbnail"] else {}),
        }}  # fmt: skip
    return {"status": "AVAILABLE"}
