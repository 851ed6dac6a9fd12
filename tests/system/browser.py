"""A real browser without a network, axe-core in it, and the pages that are looked at."""

from __future__ import annotations

import io
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.mercator import degrees
from pipeline.page import PageMap, wanted
from pipeline.route import Line, Route, Waypoint

EVIL = "</script><img src=x onerror=alert(1)> `${alert(2)}` \\\" ' & {{7*7}} {% raw %} \u202eover"
OSM = ("© OpenStreetMap contributors", "https://www.openstreetmap.org/copyright")
CUT_OFF = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]


@contextmanager
def launched(arguments: Sequence[str] = CUT_OFF) -> Iterator[Browser]:
    """Chromium of this machine, cut off from every network. Skips loudly without one."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        warnings.warn("no chromium on this machine: the page is NOT looked at in a browser", stacklevel=1)
        pytest.skip("install chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=arguments)
        yield chromium
        chromium.close()


@dataclass
class Seen:
    """An open page. `said`: by the console and by code that failed; `asked`: addresses that are not files of ours."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What axe-core finds against any of its rules, experimental ones and those of level AAA too."""
        self.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
        found = self.page.evaluate(
            """() => axe.run(document, {
                resultTypes: ["violations"],
                preload: false,  // else it asks for our style sheets once more, which the page's policy forbids
                rules: Object.fromEntries(axe.getRules().map((rule) => [rule.ruleId, {enabled: true}])),
            })"""
        )
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def settled(self) -> None:
        """Waits until the window has been drawn twice, so that Leaflet has answered a change of size."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@contextmanager
def opened(browser: Browser, path: Path, *, width: int = 1024, **how: Any) -> Iterator[Seen]:
    """The page as opened from disk, in a window of its own; `how` goes to the browser (scheme, motion, media)."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **how)
    try:
        context.set_default_timeout(5_000)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.on("request", lambda request: _noted(seen, request.url))
        seen.page.goto(path.as_uri())
        if how.get("java_script_enabled", True):
            seen.settled()
        yield seen
    finally:
        context.close()


def _noted(seen: Seen, url: str) -> None:
    if not url.startswith(("file:", "data:")):
        seen.asked.append(url)


def walk(names: tuple[str, ...] = ("Pond", "Barn Hill", "Café"), *, lng0: float = -0.27, turn: float = 0.0) -> Route:
    """Three kilometres of a wavy line with heights and evenly spread places."""
    t = np.linspace(0, 1, 200)
    lng, lat = lng0 + 0.04 * t * np.cos(turn) + 0.004 * np.sin(9 * t), 51.56 + 0.02 * t * np.sin(turn + 0.6)
    line = Line(lng=lng, lat=lat, ele_m=60 + 40 * np.sin(7 * t), along_m=3000 * t, epoch_s=np.full(200, np.nan))
    at = [round(199 * (k + 1) / (len(names) + 1)) for k in range(len(names))]
    places = tuple(
        Waypoint(name=name, lng=float(lng[k]), lat=float(lat[k]), along_m=float(line.along_m[k]), aside_m=0.0)
        for k, name in zip(at, names, strict=True)
    )
    return Route(
        name="Walk", kind="planned", lines=(line,), waypoints=places,
        distance_m=3000.0, ascent_m=90.0, descent_m=70.0, loop=False,
    )  # fmt: skip


def ground(routes: list[Route]) -> PageMap:
    """A drawn map as the page wishes it: a gradient with a grid."""
    box = wanted([(line.lng, line.lat) for route in routes for line in route.lines])
    size = 800, round(800 * box.height / box.width)
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for x in range(0, size[0], 50):
        draw.line([(x, 0), (x, size[1])], fill="#ffffff", width=3)
    stream = io.BytesIO()
    picture.save(stream, "WEBP")
    lng, lat = degrees(np.array([[box.west, box.north], [box.east, box.south]]))
    return PageMap(
        image=stream.getvalue(), west=float(lng[0]), south=float(lat[1]), east=float(lng[1]), north=float(lat[0]),
        credits=(OSM, ("Terrain: NASA SRTM", "")),
    )  # fmt: skip
