"""A PMTiles archive over the network, by ranges of bytes that are kept: each is asked for once.

All ranges belong to one state of the archive, known by its mark (ETag, else the day of its last change) and its length.
When that changes, between two runs or in the midst of one, everything of the old state is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.errors import MaterialError
from pipeline.maps.answers import MOST_BODY
from pipeline.maps.http import Answer, TooLongError
from pipeline.maps.kept_tiles import Entry, Kept
from pipeline.maps.pmtiles import FIRST_BYTES

FOLDER = "ranges"
FIRST = f"{FOLDER}/0-{FIRST_BYTES}"
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")

Ask = Callable[[dict[str, str], int], Answer]  # (headers, most bytes) → the answer at the archive's address


class ChangedError(Exception):
    """The archive is another one than at the beginning."""


@dataclass(kw_only=True)
class Ranges:
    """`read` is what `pmtiles.Archive` asks. `refused`: the sentence for an answer that is no part of a file."""

    where: str
    kept: Kept
    ask: Ask
    refused: Callable[[Answer], MaterialError]
    _first: Entry | None = field(default=None, init=False)

    def begin(self) -> None:
        """Makes sure that what is kept is still so; to be called before the first `read`. May raise ChangedError."""
        entry = self.kept.entry(FIRST)
        if entry is None:
            self.kept.forget_all(FOLDER)
        elif not entry.fresh(self.kept.now):
            answer = self._asked(0, FIRST_BYTES, marks_of(entry))
            if answer.status == 304:
                entry = self.kept.renewed(FIRST, entry, answer)
            else:
                self.kept.forget_all(FOLDER)
                entry = self._put(0, FIRST_BYTES, answer)
        self._first = entry

    def read(self, offset: int, length: int) -> bytes:
        if length <= 0:
            return b""
        if length > MOST_BODY:
            raise TooLongError.at(self.where, "a part of it is too long", "use another source")
        name = f"{FOLDER}/{offset}-{length}"
        entry = self.kept.entry(name)
        if entry is not None and self._same(entry):
            return entry.body
        headers: dict[str, str] = {}
        if self._first and self._first.etag and not self._first.etag.startswith("W/"):
            headers["If-Range"] = self._first.etag
        return self._put(offset, length, self._asked(offset, length, headers)).body

    def _asked(self, offset: int, length: int, headers: dict[str, str]) -> Answer:
        span = {"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "identity"}
        try:
            return self.ask({**span, **headers}, length)
        except TooLongError:  # the whole file: there are no parts, or no more of the file that we knew
            if "If-Range" in headers:
                raise ChangedError from None
            what = "it does not give parts of a file, and the whole is too much"
            raise MaterialError.at(self.where, what, "use another source") from None

    def _put(self, offset: int, length: int, answer: Answer) -> Entry:
        found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if answer.status != 206 or not found:
            if answer.status in (200, 412, 416) and self._first:
                raise ChangedError
            if answer.status in (200, 206):
                raise MaterialError.at(self.where, "it does not give parts of a file", "use another source")
            raise self.refused(answer)
        low, high, said = int(found[1]), int(found[2]), found[3]
        if low != offset or len(answer.body) != high - low + 1 or len(answer.body) > length:
            raise MaterialError.at(self.where, "it gave another part of its file than was asked for", "try again later")
        if "content-encoding" in answer.headers and answer.headers["content-encoding"].lower() != "identity":
            raise MaterialError.at(self.where, "it packed a part of a file, which then fits nowhere", "try again later")
        total = 0 if said == "*" else int(said)
        entry = Entry(
            body=answer.body,
            fetched=self.kept.now,
            until=self.kept.now,
            etag=answer.headers.get("etag", "")[:300],
            modified=answer.headers.get("last-modified", "")[:100],
            total=total,
        )
        if self._first is not None and not self._same(entry):
            raise ChangedError
        entry = self.kept.put(f"{FOLDER}/{offset}-{length}", answer.body, answer, total=total)
        self._first = self._first or entry
        return entry

    def _same(self, entry: Entry) -> bool:
        first = self._first
        return first is not None and (entry.etag, entry.modified, entry.total) == (
            first.etag,
            first.modified,
            first.total,
        )


def marks_of(entry: Entry) -> dict[str, str]:
    """The headers that ask whether something is still as it was."""
    if entry.etag:
        return {"If-None-Match": entry.etag}
    return {"If-Modified-Since": entry.modified} if entry.modified else {}
