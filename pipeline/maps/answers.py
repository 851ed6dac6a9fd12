"""What the answers of a map server mean: tiles, nothing there, leave us alone, or something that is no map at all."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.errors import MaterialError
from pipeline.maps.http import Answer
from pipeline.maps.kept_tiles import retry_after
from pipeline.maps.packed import PackedError, unzipped

MOST_BODY = 8_000_000  # bytes of a tile or another answer, as sent
LEFT_ALONE = {418: timedelta(hours=1), 429: timedelta(minutes=15)}  # where the server does not say how long
_EMPTY = {204, 404}
_PAGES = ("text/", "application/json", "application/xml", "application/xhtml")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_LEAST_ALIKE = 3  # pictures
_AGAIN = "try again later, or use another source"


class RefusedError(MaterialError):
    """The server asks to be left alone for a while."""

    wait = timedelta(0)


def refusal(where: str, answer: Answer, now: datetime, key: str) -> MaterialError:
    """The sentence for an answer that is neither a tile nor nothing. `key`: where the user's key is set, if any."""
    status = answer.status
    wait = retry_after(answer, now) or LEFT_ALONE.get(status)
    if status == 401 or (status == 403 and key):
        what, remedy = f"it does not take the key that was sent ({status})", f"look at {key}" if key else _AGAIN
    elif status in (403, 418):
        what = f"it does not serve this program or this network ({status})"
        remedy = "set `contact:` in settings.yml, so that its operators can write to you, or use another source"
    elif status == 429:
        what, remedy = "it was asked too often (429)", "wait, or use another source"
    elif status in (404, 410):
        what = f"there is nothing at its address any more ({status})"
        remedy = "put its new address into a file of its name in the folder `maps` beside settings.yml"
    elif status >= 500:
        what, remedy = f"it is out of order ({status})", _AGAIN
    else:
        what, remedy = f"it gave an answer that makes no sense here ({status})", _AGAIN
    if wait:
        error = RefusedError.at(where, f"{what}; it is left alone until {_when(now + wait, now)}", remedy)
        error.wait = wait
        return error
    return MaterialError.at(where, what, remedy)


def left_alone(where: str, until: datetime, now: datetime) -> MaterialError:
    what = f"it asked to be left alone until {_when(until, now)}"
    return MaterialError.at(where, what, "wait, or use another source")


def tile_in(where: str, answer: Answer, *, pictures: bool) -> bytes | None:
    """The tile, still packed if it is packed in itself; b"" where there is none; None: see `refusal`."""
    if answer.status in _EMPTY:
        return b""
    if answer.status != 200:
        return None
    body = body_of(where, answer)
    if not body:
        return b""
    plain = _plain(where, body)
    sound = plain.startswith(_PICTURES) if pictures else plain[:1] == b"\x1a" or not plain
    said = answer.headers.get("content-type", "").lower().strip()
    if not sound or said.startswith(_PAGES):
        raise no_map(where, plain, said)
    return body


def body_of(where: str, answer: Answer, most: int = MOST_BODY) -> bytes:
    """The body without what was only packed for the way."""
    packing = answer.headers.get("content-encoding", "").lower().strip()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise MaterialError.at(where, "it sent an answer that is packed in an unknown way", _AGAIN)
    return _plain(where, answer.body, most) if packing.endswith("gzip") else answer.body


def no_map(where: str, plain: bytes, said: str) -> MaterialError:
    start = plain[:200].lstrip().lower()
    page = "html" in said or start.startswith((b"<!doctype", b"<html", b"<?xml", b"<"))
    what = "a web page" if page else "something else"
    remedy = "a sign-in page of your network may stand in between: open any web page first" if page else _AGAIN
    return MaterialError.at(where, f"it sent {what} instead of a map", remedy)


def blocked(found: Iterable[bytes]) -> bool:
    """Whether the pictures are one and the same picture with something on it: a notice, not a map.

    Tiles of one colour are left out: the sea looks like that everywhere.
    """
    different = Counter(data for data in found if data)
    drawn = [count for data, count in different.items() if not _one_colour(data)]
    return len(drawn) == 1 and drawn[0] >= _LEAST_ALIKE


def _one_colour(data: bytes) -> bool:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if max(image.size) > 1024:
                return False
            return all(low == high for low, high in image.convert("RGBA").getextrema())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _plain(where: str, data: bytes, most: int = 20_000_000) -> bytes:
    try:
        return unzipped(data, most)
    except PackedError as error:
        raise MaterialError.at(where, f"an answer of it {error}", _AGAIN) from None


def _when(moment: datetime, now: datetime) -> str:
    local = moment.astimezone()
    return local.strftime("%H:%M" if local.date() == now.astimezone().date() else "%d.%m. %H:%M")
