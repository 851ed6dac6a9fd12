"""The pages as people meet them: Chromium without a network, axe-core with all its rules, the keyboard, paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import EVIL, OSM, Seen, ground, launched, opened, walk
from playwright.sync_api import Browser, Route, expect

from pipeline.page import (
    Colours,
    LiveOption,
    PageRoute,
    PageTrack,
    TileOption,
    write_page,
    write_recap_page,
    write_routes_page,
)

WIDTHS = (360, 768, 1440)
STREETS = TileOption(name="Streets", url="https://tiles.example/{z}/{x}/{y}.png", credit=("Street people", OSM[1]))
LIVE = LiveOption(url="https://data.example/now.geojson")


def tracks(count: int = 5) -> list[PageTrack]:
    t = np.linspace(0, 6, 3000)
    return [
        PageTrack(
            name=f"Gritty {k}",
            lines=((-1.5 + 0.01 * np.cos(t + k), 53.8 + 0.008 * np.sin(t * (1 + k % 3))),),
            distance_m=30_000.0 + k,
            note="A-roads",
        )
        for k in range(count)
    ]


def hostile(folder: Path) -> None:
    places = (EVIL, "بِرَك الماء", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2, "", "x" * 300)
    route = walk(names=places)
    write_page(route, folder, title=EVIL, summary=EVIL * 3, credits=[EVIL], ground=[ground([route])])


def routes(folder: Path) -> None:
    several = [PageRoute(name=f"Walk {k}", route=walk(turn=k), summary="Over the hill.") for k in range(4)]
    write_routes_page(several, folder, title="Four walks", ground=[ground([one.route for one in several])])


PAGES: dict[str, Callable[[Path], Any]] = {
    "usual": lambda folder: write_page(
        walk(), folder, title="A walk", summary="Up and down.", ground=[ground([walk()])]
    ),
    "bare": lambda folder: write_page(walk(names=()), folder, title="A walk"),
    "crowded": lambda folder: write_page(walk(names=tuple(f"Stop {k}" for k in range(60))), folder, title="Stops"),
    "Welsh": lambda folder: write_page(walk(), folder, title="Taith", lang="cy", tiles=STREETS),
    "dark brand": lambda folder: write_page(
        walk(),
        folder,
        title="A walk",
        colours=Colours(route="#ffd400", casing="#101010", ink="#ffffff", paper="#101010"),
    ),
    "hostile": hostile,
    "routes": routes,
    "recap": lambda folder: write_recap_page(tracks(), folder, title="One night", summary="Cold."),
    "large recap": lambda folder: write_recap_page(tracks(60), folder, title="One night"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes a page once and gives its path."""
    made: dict[str, Path] = {}

    def path(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("page")
            PAGES[name](folder)
            made[name] = folder / "map.html"
        return made[name]

    return path


def assert_well(seen: Seen, name: str) -> None:
    assert seen.violations() == [], name
    wide = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} scrolls sideways"


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_in_every_window(browser: Browser, page_of: Callable[[str], Path], name: str) -> None:
    """From disk and without a network: nothing said, nothing asked for, nothing found by axe-core, at three widths."""
    with opened(browser, page_of(name), width=WIDTHS[-1]) as seen:
        for width in WIDTHS[::-1]:
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.settled()
            assert_well(seen, f"{name} at {width}")
        assert seen.said == []
        assert seen.asked == []


@pytest.mark.parametrize(
    "how",
    [{"color_scheme": "dark"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}, {"contrast": "more"}],
    ids=lambda how: next(iter(how)),
)
@pytest.mark.parametrize("name", ["usual", "routes", "recap"])
def test_page_is_well_as_the_reader_likes_it(
    browser: Browser, page_of: Callable[[str], Path], name: str, how: dict[str, Any]
) -> None:
    """In the dark, in forced colours and without motion axe-core finds nothing either."""
    with opened(browser, page_of(name), **how) as seen:
        assert_well(seen, f"{name} with {how}")
        assert seen.said == []


FOCUS = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), look = getComputedStyle(one);
    return {
        tag: one.tagName, name: one.className, id: one.id, width: box.width, height: box.height,
        ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight,
    };
}"""


def walked(seen: Seen, key: str = "Tab", most: int = 200) -> list[dict[str, Any]]:
    """Every element that has the focus while the key is pressed, until it leaves the page."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        seen.page.keyboard.press(key)
        here = seen.page.evaluate(FOCUS)
        if here["tag"] == "BODY":
            return found
        found.append(here)
    raise AssertionError("the focus does not leave the page")


@pytest.mark.parametrize("name", ["usual", "Welsh", "routes", "recap"])
def test_keyboard_walks_the_page(browser: Browser, page_of: Callable[[str], Path], name: str) -> None:
    """Tab goes through everything once and out again; what has the focus shows it and is large enough to touch."""
    with opened(browser, page_of(name)) as seen:
        there = walked(seen)
        for one in there:
            assert one["ring"], one
            assert one["inside"], one
            assert min(one["width"], one["height"]) >= 24 or one["tag"] == "A", one
        assert there[0]["name"] == "skip"
        seen.page.keyboard.press("Shift+Tab")
        for one in there[:0:-1]:
            here = seen.page.evaluate(FOCUS)
            assert here["tag"] == one["tag"], (here, one)
            assert here["name"].removesuffix(" leaflet-disabled") == one["name"].removesuffix(" leaflet-disabled")
            seen.page.keyboard.press("Shift+Tab")
        assert seen.page.evaluate(FOCUS)["name"] == "skip"


def test_keyboard_meets_things_in_the_order_of_use(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """Skip link, street map button, map and its signs and zoom, slider, download, places."""
    with opened(browser, page_of("Welsh")) as seen:
        names = [one["id"] or (one["name"].split() or [one["tag"]])[0] for one in walked(seen)]
        order = ["skip", "tiles", "map_0", "leaflet-marker-icon", "leaflet-control-zoom-in", "along", "download"]
        places = [names.index(name) for name in order]
        assert places == sorted(places), names


def test_skip_link_leads_past_the_map(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """After the skip link, the next stop is the slider."""
    with opened(browser, page_of("usual")) as seen:
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.id") == "along"


def test_slider_shows_the_place(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """The arrow keys move the ring on the map and the line in the drawing, and say where that is."""
    with opened(browser, page_of("usual")) as seen:
        page = seen.page
        slider = page.get_by_label("Place along the route")
        assert page.locator(".ring").count() == 0
        slider.focus()
        assert slider.get_attribute("aria-valuetext") == "Start, 200 ft"
        for _ in range(120):
            page.keyboard.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") == "0.9 miles, 150 ft"
        assert page.locator("#along-said").text_content() == "0.9 miles, 150 ft"
        middle = page.locator(".ring").bounding_box()
        assert page.locator("#along-here").get_attribute("x1") == "50%"
        page.keyboard.press("End")
        assert str(slider.get_attribute("aria-valuetext")).startswith("Finish, ")
        ring = page.locator(".ring").bounding_box()
        sign = page.locator('.pin[title="Finish"]').bounding_box()
        assert middle
        assert ring
        assert sign
        assert ring["x"] > middle["x"] + 50
        assert abs(sign["x"] + sign["width"] / 2 - ring["x"] - ring["width"] / 2) < 2
        drawing = page.locator("svg.profile").first.bounding_box()
        assert drawing
        page.mouse.move(drawing["x"] + drawing["width"] / 4, drawing["y"] + 50)
        assert slider.input_value() == "60"


def test_places_are_shown_on_the_map(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """A place in the list leads to its sign, whose bubble has its name as text; Escape closes it."""
    with opened(browser, page_of("hostile"), reduced_motion="reduce") as seen:
        page = seen.page
        link = page.locator("[data-place='0']")
        link.focus()
        page.keyboard.press("Enter")
        shown = page.locator(".leaflet-popup-content")
        assert "<img src=x onerror=alert(1)>" in str(shown.text_content())
        assert shown.locator("img").count() == 0
        page.keyboard.press("Escape")
        expect(page.locator(".leaflet-popup")).to_have_count(0)
        assert seen.said == []


def test_nothing_moves_by_itself_with_reduced_motion(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """With reduced motion a pan by keyboard and a zoom are there at once."""
    with opened(browser, page_of("usual"), reduced_motion="reduce") as seen:
        page = seen.page
        page.locator(".leaflet-control-zoom-in").click()
        page.locator("#map_0").focus()
        page.keyboard.press("ArrowRight")
        before = page.locator(".pin").first.bounding_box()
        page.wait_for_timeout(400)
        assert page.locator(".pin").first.bounding_box() == before
        assert not page.evaluate("map_0._zoomAnimated")


@pytest.mark.parametrize("width", WIDTHS)
def test_reader_is_not_lost_on_empty_paper(browser: Browser, page_of: Callable[[str], Path], width: int) -> None:
    """As far out and aside as the page lets one go, the drawn map fills the window."""
    with opened(browser, page_of("usual"), width=width, reduced_motion="reduce") as seen:
        assert seen.page.evaluate(
            """() => {
                const drawn = L.latLngBounds(map_0.options.maxBounds).pad(0.01);
                const filled = [drawn.contains(map_0.getBounds())];
                map_0.setZoom(0, {animate: false});
                filled.push(drawn.contains(map_0.getBounds()));
                map_0.panBy([5000, 5000], {animate: false});
                map_0.panInsideBounds(map_0.options.maxBounds, {animate: false});
                filled.push(drawn.contains(map_0.getBounds()));
                return filled;
            }"""
        ) == [True, True, True]


def test_one_of_several_is_shown_alone(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """A pressed name leaves its line and makes the others faint; pressed again, all are back."""
    with opened(browser, page_of("routes")) as seen:
        lines = seen.page.locator(".leaflet-overlay-pane path")
        button = seen.page.get_by_role("button", name="Walk 1")
        button.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        shown = [one.get_attribute("stroke-opacity") for one in lines.all()]
        assert sorted(shown, key=str) == ["0.12"] * 6 + ["1"] * 2
        button.press("Enter")
        assert {one.get_attribute("stroke-opacity") for one in lines.all()} == {"1"}


def test_street_tiles_load_when_asked_for(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """No picture is loaded before the button is pressed, then only from the named host, with its credit."""
    with opened(browser, page_of("Welsh")) as seen:
        page = seen.page
        page.route("https://tiles.example/**", lambda route: route.abort())
        assert seen.asked == []
        button = page.locator("#tiles")
        button.press("Enter")
        expect(page.locator(".leaflet-tile").first).to_be_attached()
        assert seen.asked
        assert all(url.startswith("https://tiles.example/") for url in seen.asked)
        assert "Street people" in str(page.locator(".leaflet-control-attribution").text_content())
        assert button.text_content() == "Dangos y map lluniedig eto"
        button.press("Enter")
        assert "Street people" not in str(page.locator(".leaflet-control-attribution").text_content())


def positions(*names: str) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"id": k, "name": name, "status": "spreading"},
            "geometry": {"type": "Point", "coordinates": [-1.5 + k / 1000, 53.8]},
        }
        for k, name in enumerate(names)
    ]
    broken = [None, {}, {"geometry": {"type": "Point", "coordinates": ["x", 1]}, "properties": {"id": 9}}]
    return {"type": "FeatureCollection", "features": features + broken}


def test_live_positions_are_told_and_can_be_stopped(browser: Browser, tmp_path: Path) -> None:
    """Vehicles appear on the map and in the list, names as text; who presses stop is left in peace."""
    write_recap_page(tracks(2), tmp_path, title="Now", live=LIVE)
    answers = [positions("Gritty", EVIL), positions("Gritty")]
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        body = answers[min(len(asked), len(answers)) - 1]
        route.fulfill(body=json.dumps(body), headers={"Access-Control-Allow-Origin": "*"})

    context = browser.new_context()
    context.set_default_timeout(5_000)
    page = context.new_page()
    page.clock.install()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("https://data.example/**", answer)
    page.goto((tmp_path / "map.html").as_uri())
    page.locator("#live-list li").nth(1).wait_for()
    assert re.match(r"2 vehicles on the map, as of \d", str(page.locator("#live-said").text_content()))
    assert page.locator("#live-list img").count() == 0
    assert page.locator(".vehicle").count() == 2
    assert page.get_by_title("Gritty, spreading").count() == 1
    page.clock.run_for(31_000)
    expect(page.locator("#live-list li")).to_have_count(1)
    assert page.locator(".vehicle").count() == 1
    page.get_by_role("button", name="Stop updating").press("Enter")
    page.clock.run_for(120_000)
    assert len(asked) == 2
    page.clock.resume()  # axe-core waits for timers
    assert Seen(page).violations() == []
    assert said == []
    context.close()


def test_lost_positions_are_told(browser: Browser, tmp_path: Path) -> None:
    """An address that does not answer gives a sentence, not an empty page."""
    write_recap_page(tracks(2), tmp_path, title="Now", live=LIVE)
    with opened(browser, tmp_path / "map.html") as seen:
        seen.page.get_by_text("The positions cannot be reached just now.").wait_for()
        assert set(seen.asked) == {LIVE.url}


def test_paper_holds_the_whole_walk_on_one_page(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """Printed, a walk is one A4 page, and its map shows the whole route even if the window showed a part."""
    with opened(browser, page_of("usual"), width=1440, reduced_motion="reduce") as seen:
        page = seen.page
        page.evaluate("map_0.setZoom(map_0.getZoom() + 1.5, {animate: false})")
        before = page.evaluate("map_0.getZoom()")
        page.evaluate(
            """() => {
                const lines = Object.values(map_0._layers).filter((one) => one.getLatLngs);
                window.wholeRoute = L.featureGroup(lines).getBounds();
            }"""
        )
        page.evaluate("addEventListener('beforeprint', () => { window.onPaper = map_0.getBounds(); })")
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) == 1
        assert page.evaluate("window.onPaper.contains(wholeRoute)")
        assert page.evaluate("map_0.getZoom()") == before


def test_page_without_scripts_still_tells_all(browser: Browser, page_of: Callable[[str], Path]) -> None:
    """Without JavaScript the facts, heights, places and the download are there, and a sentence instead of the map."""
    with opened(browser, page_of("usual"), java_script_enabled=False) as seen:
        text = str(seen.page.locator("body").inner_text())
        for part in ("The map needs JavaScript", "1.9 miles", "Barn Hill", "Download the route", "above sea level"):
            assert part in text
        assert not seen.page.locator("#along").is_visible()
