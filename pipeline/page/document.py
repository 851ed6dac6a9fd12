"""The page around its parts, with the policy that forbids it everything but its own files, and the files beside it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import files
from pipeline.colours import contrast, mixed, readable
from pipeline.config import assets
from pipeline.page import say as texts
from pipeline.page.ground import Sheet
from pipeline.page.nouns import Colours, LiveOption, TileOption

_LEAFLET = (
    "leaflet.js",
    "leaflet.css",
    *(f"images/{name}.png" for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")),
)
_DARK_PAPER, _DARK_CARD, _DARK_INK = "#14191e", "#20282f", "#eef1f3"


@dataclass(frozen=True, kw_only=True)
class Document:
    """`body`: the parts of `main` in order. `foot`: what stands in the footer."""

    title: str
    summary: str
    lang: str
    body: Sequence[str]
    foot: str = ""
    tiles: TileOption | None = None
    live: LiveOption | None = None

    def html(self) -> str:
        say, name = texts.phrases(self.lang), html.escape(texts.line(self.title))
        spoken = texts.spoken(self.lang)
        theirs = "" if spoken == self.lang else f' lang="{html.escape(self.lang)}"'  # what was written by the author
        summary = f'\n<p class="summary">{texts.shown(self.summary)}</p>' if self.summary.strip() else ""
        scripts = ["leaflet.js", "page.js", *(["live.js"] if self.live else []), "map.js"]
        loads = "\n".join(f'<script defer src="assets/{script}"></script>' for script in scripts)
        footer = f"<footer>\n{self.foot}\n</footer>\n" if self.foot else ""
        return f"""<!DOCTYPE html>
<html lang="{html.escape(spoken)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{self._policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/leaflet.css">
<link rel="stylesheet" href="assets/map.css">
{loads}
</head>
<body>
<a class="skip" href="#after-map">{say["skip"]}</a>
<header{theirs}>
<h1>{texts.shown(self.title)}</h1>{summary}
</header>
<main>
{chr(10).join(filter(None, self.body))}
</main>
{footer}</body>
</html>
"""

    def _policy(self) -> str:
        pictures = f" {self.tiles.source}" if self.tiles else ""
        asks = f"connect-src {self.live.source}; " if self.live else ""
        return (
            f"default-src 'none'; script-src 'self' file:; style-src 'self' file:; "
            f"img-src 'self' file: data:{pictures}; {asks}base-uri 'none'; form-action 'none'"
        )


def style(colours: Colours) -> str:
    """map.css below the page's colours by day and by night. The map itself stays as it is drawn."""
    fixed = {"route": colours.route, "casing": colours.casing, "sign": readable("#17212b", colours.casing, 4.5)}
    fixed |= {"ground": "#e4ebe6"}
    # A card is the paper, a little towards the ink, as far as the ink stays readable on it.
    card = mixed(colours.paper, colours.ink, 0.05)
    ink = readable(colours.ink, card, 4.5)
    accent = colours.route if contrast(colours.route, colours.paper) >= 3 else ink
    day = {"ink": ink, "paper": colours.paper, "card": card, "accent": accent}
    night_accent = readable(colours.route, _DARK_CARD, 3.0)
    night = {"ink": _DARK_INK, "paper": _DARK_PAPER, "card": _DARK_CARD, "accent": night_accent}
    first = " ".join(f"--{name}: {value};" for name, value in (fixed | day).items())
    second = " ".join(f"--{name}: {value};" for name, value in night.items())
    rules = f":root {{ {first} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {second} }} }}\n"
    return rules + _own("map.css")


def _own(name: str) -> str:
    return (assets() / "page" / name).read_text("utf-8")


def written(
    document: Document, script: str, colours: Colours, sheets: Sequence[Sheet], gpx: dict[str, str], folder: Path
) -> tuple[Path, ...]:
    """Writes the page and all it loads into `folder`; gives the paths written, the page first.

    Each file is whole or not there, and equal files are left alone. ToolError when the disk refuses.
    """
    beside = folder / "assets"
    page = {
        folder / "map.html": document.html(),
        beside / "map.js": script,
        beside / "page.js": _own("page.js"),
        beside / "map.css": style(colours),
        **{beside / name: text for name, text in gpx.items()},
    }
    if document.live:
        page[beside / "live.js"] = _own("live.js")
    for path, text in page.items():
        files.write_text(path, text)
    kept = [_kept(beside / sheet.name, sheet.image) for sheet in sheets]
    for old in beside.glob("map-*.*"):  # sheets of an earlier page
        if old not in kept and old.suffix in {".webp", ".jpg", ".png"}:
            old.unlink(missing_ok=True)
    return (*page, *kept, *_leaflet(beside))


def _leaflet(beside: Path) -> Iterator[Path]:
    from xstatic.pkg import leaflet

    for name in _LEAFLET:
        yield _kept(beside / name, (Path(leaflet.BASE_DIR) / name).read_bytes())


def _kept(target: Path, data: bytes) -> Path:
    if not target.exists() or target.read_bytes() != data:
        with files.written(target) as part:
            part.write_bytes(data)
    return target
