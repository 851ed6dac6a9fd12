"""A dry run: the very code that posts, before a door that opens nowhere. What it would send is written to a folder.

No socket is opened and no secret is read: accounts are stand-ins that know only their name and server.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipeline.accounts import Account, Accounts, MemoryVault
from pipeline.errors import ToolError
from pipeline.files import sha256, write_text
from pipeline.http_door import Answer, FileBody, Request
from pipeline.networks import NETWORKS, load
from pipeline.post_outcomes import Outcome, told
from pipeline.post_reading import Candidate, candidates
from pipeline.posts import Post
from pipeline.publishers import Failure, Pace, costs_of
from pipeline.publishing import Orders, network_of
from pipeline.review.folder import refuse_empty
from pipeline.secret import HIDDEN, Secret


@dataclass(kw_only=True)
class Rehearsal:
    """A door that writes each request to `folder` and gives the network's stand-in answers."""

    service: str
    folder: Path
    count: int = field(default=0)

    def send(self, request: Request) -> Answer:
        self.count += 1
        name = re.sub(r"[^A-Za-z0-9.]+", "-", request.url.split("://")[-1].partition("/")[2]).strip("-")
        write_text(self.folder / f"{self.count:02}-{request.method}-{name}.json", _text(_shown(request)))
        module = import_module(f"pipeline.publishers.{NETWORKS[self.service][0]}")
        answer = module.rehearsal(request)
        return answer if isinstance(answer, Answer) else Answer(status=200, body=json.dumps(answer).encode())


def rehearse(folders: Sequence[Path], *, into: Path, accounts: Accounts, orders: Orders) -> list[Outcome]:
    """What `publish` would send for `folders`, as files below `into`; approval is not asked for."""
    found = []
    for folder in folders:
        refuse_empty(folder)
        day = (orders.at or orders.pace.clock()).astimezone().date()
        ours = candidates(folder, orders.only, day)
        found += [_one(one, into / one.promo / one.name, accounts, orders) for one in ours]
    return found


def _one(one: Candidate, into: Path, accounts: Accounts, orders: Orders) -> Outcome:
    if one.problems or one.post is None:
        words = "; ".join(problem.what for problem in one.problems)
        return told(one, "refused", words, one.problems[0].remedy if one.problems else "")
    _words(one.post, into)
    if one.service not in NETWORKS:
        return told(one, "by hand", "a person posts there", "make-promo pack")
    pace = Pace(sleep=lambda _: None, clock=orders.pace.clock)
    network = network_of(
        _stand_in(one.service, orders.which, accounts), Rehearsal(service=one.service, folder=into), pace
    )
    try:
        network.open()
        if faults := network.refusals(one.post):
            return told(one, "refused", "; ".join(faults), "put that right, and publish again")
        prepared = network.prepare(one.post, {}, lambda _: None)
        network.go(network.freeze(one.post, prepared, "rehearsal"))
    except Failure as failure:
        return told(one, "failed", failure.words, failure.remedy)
    words = f"what would be sent is in {into}"
    return told(one, "rehearsed", "; ".join(filter(None, (words, costs_of(network, one.post)))))


def _stand_in(service: str, which: str, accounts: Accounts) -> Account:
    """The account's name and server, with dots for what opens it."""
    try:
        known = accounts.of(service, which)
    except ToolError:
        known = None
    file = load(service)
    module = import_module(f"pipeline.publishers.{NETWORKS[service][0]}")
    vault = MemoryVault({word: Secret(HIDDEN) for word in ("token", "app_password", "access")})
    zeros = {one.key: "0" for one in file.settings if one.needed}
    usual: dict[str, str] = getattr(module, "STAND_IN", zeros)
    return Account(
        service=service,
        server=known.server if known else file.server or "https://your-server.example",
        name=(known.name if known else "") or "your-account",
        settings={**usual, **(known.settings if known else {})},
        vault=vault,
    )


def _words(post: Post, into: Path) -> None:
    write_text(into / "text.txt", post.text + "\n")
    write_text(into / "alt.txt", post.alt + "\n")
    if post.title:
        write_text(into / "title.txt", post.title + "\n")
    if post.tagged:
        write_text(into / "link.txt", post.tagged + "\n")


def _shown(request: Request) -> dict[str, Any]:
    url = f"{request.url}?{urlencode(request.params)}" if request.params else request.url
    shown: dict[str, Any] = {"method": request.method, "url": url, "headers": dict(request.headers)}
    if request.bearer:
        shown["headers"]["Authorization"] = f"{request.scheme} {HIDDEN}"
    if request.json is not None:
        shown["json"] = request.json
    if request.body is not None:
        shown["body"] = _file(request.body)
    if request.form:
        shown["form"] = {name: part if isinstance(part, str) else _file(part) for name, part in request.form.items()}
    return shown


def _file(body: bytes | FileBody) -> dict[str, Any]:
    if isinstance(body, FileBody):
        name, size, digest = body.path.name, body.size, sha256(body.path)
        whole = {"file": name, "type": body.mime, "bytes": size, "sha256": digest}
        return whole if size == body.path.stat().st_size else {**whole, "from": body.start}
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "text": body.decode("utf-8", "replace")}


def _text(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
