"""When may we ask again? One reader for all the ways in which servers say it.

`Retry-After` (seconds or a date), and the moment of reset as Bluesky (`ratelimit-reset`, Unix seconds), Mastodon
(`X-RateLimit-Reset`, ISO 8601), X (`x-rate-limit-reset`, Unix seconds) and the IETF draft (seconds from now) write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=2)  # a longer wait is a mistake of the server, or of a clock
SHORTEST = timedelta(seconds=1)

_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_MOMENT = 10**8  # smaller figures are seconds from now, larger ones count from 1970
_FIGURE = re.compile(r"\d{1,15}(\.\d{0,9})?")


def wait_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the server wants to be asked again; None when it does not say. `headers` by their names in small letters.

    Moments are read against the server's own `Date`, so that a wrong clock here changes nothing.
    """
    here = _moment(headers.get("date", "")) or now
    for name in ("retry-after", *_RESETS):  # Retry-After comes first: it is about this very request
        if (wait := _wait(headers.get(name, ""), here)) is not None:
            return now + min(max(wait, SHORTEST), LONGEST)
    return None


def _wait(text: str, here: datetime) -> timedelta | None:
    text = text.strip().strip('"')
    if _FIGURE.fullmatch(text):
        figure = float(text)
        if figure < _MOMENT:
            return timedelta(seconds=figure)
        seconds = figure / 1000 if figure > 10**11 else figure
        return timedelta(seconds=seconds - here.timestamp())
    moment = _moment(text)
    return moment - here if moment else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
