"""Our drawn maps below the route: which stretch of the world to draw, what they are called, when each is shown."""

from __future__ import annotations

import html
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import MaterialError
from pipeline.geo import Floats
from pipeline.mercator import Bounds, world
from pipeline.page.nouns import Credit, PageMap
from pipeline.page.say import line

_TILE_PX = 256  # Leaflet's world at zoom 0
_PADDING_PX = 40
# The map's box in CSS pixels as map.css makes it: the widest desktop, a tablet, a small phone.
_BOXES = ((1016, 544), (728, 544), (320, 420))
_SUFFIX = {"WEBP": "webp", "JPEG": "jpg", "PNG": "png"}

Lines = Iterable[tuple[Floats, Floats]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A drawn map as a file of the page. `corners`: [[south, west], [north, east]]. Shown from `from_zoom` on;
    beyond `deepest` it would only be blurred."""

    name: str
    image: bytes
    corners: list[list[float]]
    credits: tuple[Credit, ...]
    from_zoom: float
    deepest: float


def bounds_of(lines: Lines) -> tuple[float, float, float, float]:
    """South, west, north, east of all lines (lng, lat), rounded as the map writes them."""
    columns = list(lines)
    lng, lat = (np.concatenate([pair[k] for pair in columns]) for k in (0, 1))
    return tuple(round(float(value), 6) for value in (lat.min(), lng.min(), lat.max(), lng.max()))  # type: ignore[return-value]


def wanted(lines: Lines, *, spare: float = 1.25) -> Bounds:
    """The stretch of the world that fills the map's box in every window, with `spare` times as much to look round:
    what a map drawn for the page has to cover so that nobody sees its edge when the page opens."""
    south, west, north, east = bounds_of(lines)
    points = world(np.array([west, east]), np.array([north, south]))
    box = Bounds.of(points)
    x, y = box.middle
    # As Leaflet fits it: never closer than its deepest zoom, and to a quarter of a zoom.
    half_x = half_y = 0.0
    for width, height in _BOXES:
        room = (width - 2 * _PADDING_PX) / max(box.width, 1e-9), (height - 2 * _PADDING_PX) / max(box.height, 1e-9)
        zoom = math.floor(min(math.log2(min(room) / _TILE_PX), 19.0) * 4) / 4
        scale = _TILE_PX * 2**zoom
        half_x, half_y = max(half_x, width / 2 / scale), max(half_y, height / 2 / scale)
    half_x, half_y = half_x * spare, half_y * spare
    return Bounds(west=x - half_x, north=max(0.0, y - half_y), east=x + half_x, south=min(1.0, y + half_y))


def sheets(maps: Sequence[PageMap], near_lng: float) -> list[Sheet]:
    """The maps as files, the widest first, moved next to `near_lng`. MaterialError for what is no picture."""
    found = []
    wide = sorted(maps, key=lambda one: one.west - one.east)
    for number, one in enumerate(wide, 1):
        width, suffix = _opened(one.image)
        if not (one.west < one.east and one.south < one.north):
            raise MaterialError.at("map.html", "the drawn map has no extent", "give its bounds in degrees")
        turn = 360 * round((near_lng - (one.west + one.east) / 2) / 360)
        native = math.log2(width * 360 / (one.east - one.west) / _TILE_PX)
        found.append(
            Sheet(
                name=f"map-{number}.{suffix}",
                image=one.image,
                corners=[[one.south, one.west + turn], [one.north, one.east + turn]],
                credits=one.credits,
                from_zoom=0.0 if number == 1 else round(native - 1.5, 2),
                deepest=round(native + 1.5, 2),
            )
        )
    return found


def _opened(image: bytes) -> tuple[int, str]:
    """Width in pixels and the suffix of the file."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(image), formats=list(_SUFFIX)) as picture:
            return picture.width, _SUFFIX[str(picture.format)]
    except (OSError, Image.DecompressionBombError) as error:
        raise MaterialError.at("map.html", "the drawn map is no WebP, JPEG or PNG picture", str(error)) from error


def credit_html(credits: Iterable[Credit]) -> str:
    """Credits as links; an address that is none stays out."""
    return " · ".join(_linked(text, url) for text, url in credits)


def _linked(text: str, url: str) -> str:
    shown = html.escape(line(text))
    if not url.startswith(("https://", "http://")):
        return f"<span>{shown}</span>"
    return f'<a href="{html.escape(url)}" rel="noopener noreferrer">{shown}</a>'
