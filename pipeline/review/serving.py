"""Which files of a promo's folder the page may have, and which part of one a player asks for."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".gpx": "application/gpx+xml",
    ".woff2": "font/woff2",
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")  # no folder above, no drive, no stream, nothing hidden
_DEEPEST = 4
# Nothing is followed, and nothing waited for: a named pipe would never open.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class Unsatisfiable(ValueError):
    """The part that is asked for lies behind the end."""


def opened(folder: Path, name: str) -> tuple[BinaryIO, int, str] | None:
    """(stream, size, type) of the file `name` below `folder`; None when there is none that may be shown.

    Only plain files with plain names: no links, no folders, nothing that leads out.
    """
    parts = name.split("/")
    kind = TYPES.get(Path(parts[-1]).suffix.lower())
    if kind is None or len(parts) > _DEEPEST or not all(_NAME.fullmatch(part) for part in parts):
        return None
    path = folder.joinpath(*parts)
    try:
        if any(step.is_symlink() for step in [path, *path.parents][: len(parts)]):
            return None
        if not path.resolve(strict=True).is_relative_to(folder.resolve(strict=True)):
            return None  # a junction (Windows) is no symbolic link, but it leads out all the same
        handle = os.open(path, _FLAGS)
    except OSError:
        return None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        return None
    return os.fdopen(handle, "rb"), status.st_size, kind


def part_of(header: str | None, size: int) -> tuple[int, int] | None:
    """(first, behind last) of what a Range header asks for; None for the whole, as for what is not understood.

    Several ranges at once may be answered with the whole (RFC 9110, 14.2). Unsatisfiable when nothing is there.
    """
    asked = _RANGE.fullmatch((header or "").strip())
    if not asked or asked[0] == "bytes=-":
        return None
    first, last = asked.groups()
    if not first:
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(size, int(last) + 1) if last else size
