"""Names that every shared folder takes: SharePoint, OneDrive, Nextcloud, Windows, a stick from a drawer.

What they refuse (learn.microsoft.com, "Restrictions and limitations in OneDrive and SharePoint"): the signs " * : < > ?
/ \\ |, spaces at the ends, dots at the end, `~$` at the beginning, `_vti_`, names of devices, long paths. # and % are
left out as well: they break addresses.
"""

from __future__ import annotations

import re
import unicodedata

MOST = 60  # characters; three names and their endings stay far below the 400 of a path

_REFUSED = frozenset('"*:<>?/\\|#%')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|desktop|\.lock)", re.IGNORECASE)


def portable(name: str) -> str:
    """`name`, or the nearest that can be used everywhere; never empty."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(sign if sign.isprintable() and sign not in _REFUSED else "-" for sign in text)
    text = re.sub(r"_vti_", "-", text, flags=re.IGNORECASE).lstrip("~$").strip(" .")[:MOST].strip(" .-")
    if not text or _DEVICE.fullmatch(text.partition(".")[0]):
        return f"promo-{text}".rstrip("-")
    return text
