"""What a page is made of, as values: colours, drawn maps, street tiles to ask for, routes, tracks, a live layer.

Addresses are checked here, once: each of them ends in the page's content policy, where a stray sign would open it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.colours import readable
from pipeline.errors import BriefError
from pipeline.geo import Floats
from pipeline.route import Route

Credit = tuple[str, str]  # text and address; an address may be ""

_HOST = r"(?:\{s\}\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?"
_TILES = re.compile(rf"https://({_HOST})/[^\s\"'<>\\;,]*")
_LIVE = re.compile(rf"https://({_HOST})/[^\s\"'<>\\]*")
_BESIDE = re.compile(r"(?!/|[A-Za-z][A-Za-z0-9+.-]*:)[^\s\"'<>\\]+")

# Told apart in lightness and hue, and 4.5 : 1 on white; what colour cannot tell the dashes and letters do.
PALETTE = ("#c8003a", "#0b5cad", "#17692f", "#7b3294", "#9a4a00", "#00696e", "#5b3a1e", "#1f2a44")
DASHES = ("", "14 10", "1 10", "20 9 1 9", "6 9", "26 9", "1 9 1 9 14 9")


@dataclass(frozen=True, kw_only=True)
class Colours:
    """As `#rrggbb`. `ink` is read on `paper`; `casing` is the rim that sets the route line off the ground."""

    route: str = "#d4003c"
    casing: str = "#ffffff"
    ink: str = "#17212b"
    paper: str = "#ffffff"

    def of(self, number: int) -> str:
        """The colour of line `number`: the route's own first, then the palette, each readable on the casing."""
        return self.route if number == 0 else readable(PALETTE[number % len(PALETTE)], self.casing, 3.0)


@dataclass(frozen=True, kw_only=True)
class PageMap:
    """A drawn map to lie under the route. `image`: WebP, JPEG or PNG, north up in Web Mercator, from edge to edge of
    its bounds in degrees, which may reach beyond 180. `credits` stand on the map and at the end of the page."""

    image: bytes
    west: float
    south: float
    east: float
    north: float
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TileOption:
    """Street tiles that a reader may ask for. `url` has {z}, {x}, {y} and perhaps {s}; `name` is the provider's.
    BriefError when the address could not stand in a content policy."""

    name: str
    url: str
    credit: Credit
    max_zoom: int = 19

    def __post_init__(self) -> None:
        if not _TILES.fullmatch(self.url) or not all(part in self.url for part in ("{z}", "{x}", "{y}")):
            raise BriefError.at("tiles", "this is no address of map tiles", "https://host/…/{z}/{x}/{y}.png")
        if not self.credit[0].strip():
            raise BriefError.at("tiles", "map tiles without a credit are not shown", "give the provider's credit")

    @property
    def host(self) -> str:
        """As people read it: without the subdomain that changes."""
        found = _TILES.fullmatch(self.url)
        return found[1].removeprefix("{s}.") if found else ""

    @property
    def source(self) -> str:
        """As the content policy wants it."""
        return f"https://{'*.' if '//{s}.' in self.url else ''}{self.host}"


@dataclass(frozen=True, kw_only=True)
class LiveOption:
    """The council's own GeoJSON of where its vehicles are now: an https address, or a file beside the page. Features
    are points with `id`, `name` and perhaps `status`. BriefError for any other address."""

    url: str
    every_s: int = 30

    def __post_init__(self) -> None:
        if not (_LIVE.fullmatch(self.url) and "{s}" not in self.url) and not _BESIDE.fullmatch(self.url):
            raise BriefError.at("live", "this is no address of live positions", "https://host/… or a file's name")
        if self.every_s < 5:
            raise BriefError.at("live", "positions are asked for every 5 seconds at most", "30 is usual")

    @property
    def source(self) -> str:
        found = _LIVE.fullmatch(self.url)
        return f"https://{found[1]}" if found else "'self'"


@dataclass(frozen=True, kw_only=True, eq=False)
class PageRoute:
    """One of several routes. `colour`: None for the next of the palette."""

    name: str
    route: Route
    summary: str = ""
    colour: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PageTrack:
    """Where one vehicle was, already trimmed and cut at gaps: unbroken lines (lng, lat), unwrapped together.
    `note`: a word to stand beside it, such as "spreading"."""

    name: str
    lines: tuple[tuple[Floats, Floats], ...]
    distance_m: float
    note: str = ""
    colour: str | None = None
