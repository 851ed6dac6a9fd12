"""A file at an address of the web, for networks that fetch what they publish.

The account's setting `files` is a base address, `files_folder` the folder that the web server shows there: a file is
copied into it under a name that nobody guesses, and taken away when the post is out. Before a network is told of an
address it is read from outside, without any sign-in: what a network cannot fetch it often calls by another name.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.accounts import Account
from pipeline.errors import ToolError
from pipeline.files import sha256, written
from pipeline.http_door import LOOPBACK, Answer, Door, Request, Sends, is_safe
from pipeline.publishers import Failure, Pace, asked

BASE, FOLDER = "files", "files_folder"  # the settings

_NAME = re.compile(r"[0-9a-f]{40}\.(mp4|jpg)")
_PART = 1024  # bytes that are compared at either end
_PAUSES_S = (2.0, 5.0, 10.0, 20.0, 0.0)  # a folder that is kept in step with a server takes a moment
_SENT_ON = re.compile(r"sends us on to (\S+?),")


@dataclass(frozen=True, kw_only=True)
class PublicFolder:
    """`base` ends with a slash. Without a `folder` a person puts the files there."""

    base: str
    folder: Path | None
    service: str
    door: Sends
    pace: Pace

    @classmethod
    def of(cls, account: Account, door: Sends, pace: Pace) -> PublicFolder | None:
        """None when the account has none. Failure `fix` when its address is not one of the open web."""
        given = account.settings.get(BASE, "").strip()
        if not given:
            return None
        folder = account.settings.get(FOLDER, "").strip()
        base = given if given.endswith("/") else f"{given}/"
        if not _is_open(base):
            words = f"the setting `{BASE}` is not an address that anybody on the web can open"
            raise Failure("fix", words, "such as https://www.example.gov.uk/promo-clips/")
        service = account.service
        return cls(base=base, folder=Path(folder) if folder else None, service=service, door=door, pace=pace)

    def offered(self, path: Path, digest: str, *, of: str) -> str:
        """The address at which anybody can fetch `path`, tried. `digest`: its SHA-256; `of`: its post's fingerprint.

        Failure with what was seen there instead.
        """
        name = self.name(path, digest, of=of)
        address = f"{self.base}{name}"
        if not isinstance(self.door, Door):  # a rehearsal puts nothing on the web
            return address
        if self.folder:
            self._put(path, digest, name)
        for pause in _PAUSES_S:
            seen = self._seen(address, path)
            if not seen:
                return address
            if seen != _NOTHING or not pause:
                break
            self.pace.sleep(pause)
        raise Failure("fix", f"{address} cannot be used: {seen}", self._remedy(path, name))

    def name(self, path: Path, digest: str, *, of: str) -> str:
        """The same for the same file of the same post; nobody guesses it who has not got the file."""
        return hashlib.sha256(f"{self.service} {of} {digest}".encode()).hexdigest()[:40] + path.suffix.lower()

    def withdrawn(self, names: Iterable[str]) -> None:
        """Takes away what was put there; whatever else lies in the folder stays."""
        for name in names:
            if self.folder and _NAME.fullmatch(name):
                with suppress(OSError):
                    (self.folder / name).unlink(missing_ok=True)

    def _put(self, path: Path, digest: str, name: str) -> None:
        assert self.folder
        if not self.folder.is_dir():
            words = f"the folder {self.folder} is not there"
            raise Failure("fix", words, f"connect the drive, or put the setting `{FOLDER}` right")
        target = self.folder / name
        with suppress(OSError):
            if target.stat().st_size == path.stat().st_size and sha256(target) == digest:
                return
        for torn in self.folder.glob(f".{target.stem}.*.part{target.suffix}"):  # of a run that was killed
            with suppress(OSError):
                torn.unlink()
        try:
            with written(target) as beside:
                shutil.copyfile(path, beside)
                if sha256(beside) != digest:
                    raise Failure("fix", f"{path.name} changed while it was copied", "publish again")
        except ToolError as error:
            raise Failure("fix", f"{self.folder}: {error.problems[0].what}", error.problems[0].remedy) from None

    def _seen(self, address: str, path: Path) -> str:
        """What is wrong at the address, in words; "" when anybody gets this file there."""
        size = path.stat().st_size
        count = min(_PART, size)
        for start in (0, size - count):
            try:
                answer = self._part(address, start, count)
            except Failure as failure:
                if onward := _SENT_ON.search(failure.words):
                    return f"whoever asks for it is sent on to {onward[1]}, which is perhaps a page to sign in"
                raise
            if seen := _judged(answer, path, start, count):
                return seen
        return ""

    def _part(self, address: str, start: int, count: int) -> Answer:
        headers = {"Range": f"bytes={start}-{start + count - 1}", "Accept-Encoding": "identity"}
        request = Request(method="GET", url=address, headers=headers)
        return asked(self.door, request, self.pace, urlsplit(address).hostname or "the web server")

    def _remedy(self, path: Path, name: str) -> str:
        if self.folder:
            return f"the web server must show {self.folder} there, to everybody and without a sign-in"
        return f"put {path.name} there under the name {name}, or set `{FOLDER}` to the folder that the web server shows"


_NOTHING = "there is nothing under that address"


def _judged(answer: Answer, path: Path, start: int, count: int) -> str:
    if answer.status in (401, 403, 407):
        return f"it wants a sign-in (error {answer.status})"
    if answer.status in (404, 410):
        return _NOTHING
    if answer.status not in (200, 206):
        return f"it answers with error {answer.status}"
    if answer.headers.get("content-type", "").lower().startswith("text/html"):
        return "a web page comes instead of the file, perhaps one to sign in"
    size = path.stat().st_size
    told = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("content-range", "").strip())
    if answer.status == 206 and not (told and int(told[1]) == start):
        return "it does not say which part of the file it gives"
    length = int(told[2]) if answer.status == 206 and told else len(answer.body)
    if length != size:
        return f"the file there has {length} bytes; ours has {size}"
    with path.open("rb") as stream:
        stream.seek(start)
        ours = stream.read(count)
    theirs = answer.body if answer.status == 206 else answer.body[start : start + count]
    return "" if theirs == ours else "there is another file of the same length"


def _is_open(base: str) -> bool:
    """An https address without anything secret or private in it. (This computer counts as open: tests are there.)"""
    try:
        parts = urlsplit(base)
        host = parts.hostname or ""
        if not is_safe(base) or parts.username or parts.query or parts.fragment or not base.isprintable():
            return False
    except ValueError:
        return False
    if host in LOOPBACK:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_global
    return "." in host and " " not in base
