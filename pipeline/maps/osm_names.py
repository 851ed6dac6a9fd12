"""What names on a map say and how much they count: names, inhabitants and heights as people wrote them."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from pipeline.geo import Floats
from pipeline.map_model import Label, LabelKind
from pipeline.maps.osm_tags import Tags
from pipeline.mercator import metres_per_unit

_PLACES = {"city", "town", "village", "hamlet", "suburb", "neighbourhood"}
_DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def weights(tags: Tags) -> dict[str, str]:
    """The tags that `weight` asks for, of a list of tags that does not last."""
    return {key: value for key in ("population", "ele", "wikidata", "wikipedia") if (value := tags.get(key))}


def weight(tags: Tags, kind: LabelKind, area_m2: float = 0.0) -> float:
    """The order among names of one kind: inhabitants, metres of a peak, else the size; well-known things first."""
    if kind in _PLACES:
        return number(tags.get("population") or "") or 0.0
    if kind == "peak":
        return number(tags.get("ele") or "") or 0.0
    known = 1e6 if tags.get("wikidata") or tags.get("wikipedia") else 0.0
    return area_m2 + (known if kind in {"landmark", "station"} else 0.0)


def number(text: str) -> float | None:
    """The first number of "1,234 m", "8 300", "2965,3" or "1042.5"; None when there is none or it cannot be true."""
    found = re.match(r"\s*(-?\d+(?:[ ,']\d{3}(?!\d))*)(?:[.,](\d+))?", text[:40])
    value = float(re.sub(r"[ ,']", "", found.group(1)) + "." + (found.group(2) or "0")) if found else None
    return value if value is not None and abs(value) < 1e11 else None


def name(tags: Tags, languages: tuple[str, ...]) -> str:
    """`name:<language>` of the first wanted language that has one, else `name`: whoever makes a Welsh clip reads
    Caerdydd, whoever makes an English one reads Munich, and both read what stands on the sign where nobody translated
    it. One line, without control characters, of a length that can be lettered."""
    wanted = (tags.get(f"name:{language.split('-')[0].lower()}") for language in languages)
    return tidy(next(filter(None, wanted), None) or tags.get("name") or "")


def tidy(text: str) -> str:
    """One line that can be lettered: no control or direction marks, no more than 80 letters."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text[:400])
    kept = "".join(c for c in kept if unicodedata.category(c) not in {"Cs", "Co", "Cn"} and c not in _DIRECTIONS)
    kept = " ".join(kept.split())
    return kept if len(kept) <= 80 else kept[:79].rstrip() + "…"


def label_of(kind: LabelKind, text: str, tags: Tags, parts: list[Floats], rings: list[Floats]) -> Label | None:
    """The name of a thing at a point (`parts` is one of one point) or of an area: `parts` whole and closed, which
    weigh it, `rings` what is seen of it, where it stands. None: nothing of it is seen."""
    if len(parts) == 1 and len(parts[0]) == 1:
        (x, y), area_m2 = parts[0][0], 0.0
    elif rings:
        (x, y), area_m2 = _midst(rings), _area_m2(parts)
    else:
        return None
    ele_m = number(tags.get("ele") or "") if kind == "peak" else None
    return Label(kind=kind, name=text, x=float(x), y=float(y), weight=weight(tags, kind, area_m2), ele_m=ele_m)


def _area_m2(parts: list[Floats]) -> float:
    """Of closed rings, holes running the other way."""
    turned = (ring - ring[0] for ring in parts)
    area = sum(float(np.dot(ring[:-1, 0], ring[1:, 1]) - np.dot(ring[1:, 0], ring[:-1, 1])) for ring in turned)
    return abs(area) / 2 * metres_per_unit(float(parts[0][:, 1].mean())) ** 2


def _midst(rings: list[Floats]) -> tuple[float, float]:
    """A point well inside rings (even-odd): the middle of the widest stretch that any of some level cuts finds."""
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    points = np.concatenate(rings)
    north, south = float(points[:, 1].min()), float(points[:, 1].max())
    best = (-1.0, float(points[0, 0]), float(points[0, 1]))
    # The middle first: among equally wide places it looks best. Odd shares keep off corners at round places.
    for share in (0.5003, 0.4297, 0.5711, 0.3493, 0.6507, 0.2689, 0.7313, 0.1879, 0.8123):
        y = north + (south - north) * share
        across = (points[:, 1] > y) != (ends[:, 1] > y)
        one, two = points[across], ends[across]
        x = np.sort(one[:, 0] + (y - one[:, 1]) / (two[:, 1] - one[:, 1]) * (two[:, 0] - one[:, 0]))
        if len(x) < 2:
            continue
        wide = x[1::2] - x[: len(x) // 2 * 2 : 2]
        widest = int(wide.argmax())
        if wide[widest] > best[0] * 1.1:
            best = (float(wide[widest]), float(x[2 * widest] + wide[widest] / 2), y)
    return best[1], best[2]
