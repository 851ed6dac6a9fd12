"""The proof as a manager meets it: Chromium without a network, axe-core with all its rules, the keyboard, paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import launched, opened
from playwright.sync_api import Browser, Page, expect
from proof_samples import check, promo
from test_proof import hostile
from workbench import state

from pipeline.brief.reading import read_brief
from pipeline.files import Store
from pipeline.prepare import Wants, gather
from pipeline.production import plan_production
from pipeline.proof import ProofChange, ProofPromo, promo_from, write_proof
from pipeline.wording import credits

WIDTHS = (360, 768, 1440)
CHANGES = (
    ProofChange(
        where="x.en", what="the post text changed", words=(("same", "Up the "), ("out", "hill"), ("in", "dale"))
    ),
    ProofChange(where="youtube.en", what="the clip is another"),
)


def failing(folder: Path) -> ProofPromo:
    usual = promo(folder, changes=CHANGES)
    wrong = (check("T1", passed=False), check("S5", passed=False, level="warn"), check("F3"))
    return replace(
        usual,
        clips=tuple(replace(one, checks=(*one.checks, *wrong), flashes=(0.0, 1.5, 3.5) * 4) for one in usual.clips),
    )


PROMOS: dict[str, Callable[[Path], ProofPromo]] = {
    "usual": promo,
    "failing": failing,
    "languages": lambda folder: promo(folder, ("instagram-reel", "youtube"), ("en", "cy", "ur"), changes=()),
    "hostile": hostile,
    "bare": lambda folder: replace(promo(folder, ("x",)), code=None, made_by="", facts=(), credits=(), draft=True),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def proof_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes a proof once and gives the path of its page."""
    made: dict[str, Path] = {}

    def path(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("proof")
            write_proof(PROMOS[name](folder), folder, Store(folder / "store"))
            made[name] = folder / "proof.html"
        return made[name]

    return path


Proofs = Callable[[str], Path]


def until(page: Page, condition: str) -> None:
    """Waits for a condition; the page's policy forbids Playwright to wait for it by itself."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


@pytest.mark.parametrize("name", PROMOS)
def test_proof_is_well_in_every_window(browser: Browser, proof_of: Proofs, name: str) -> None:
    """From disk and without a network: nothing said, nothing asked for, nothing found by axe-core, at three widths."""
    with opened(browser, proof_of(name), width=WIDTHS[-1]) as seen:
        for width in WIDTHS[::-1]:
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.settled()
            assert seen.violations() == [], f"{name} at {width}"
            wide = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} scrolls sideways at {width}"
        assert seen.said == []
        assert seen.asked == []


@pytest.mark.parametrize(
    "how",
    [{"color_scheme": "dark"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}, {"contrast": "more"}],
    ids=lambda how: next(iter(how)),
)
def test_proof_is_well_as_the_reader_likes_it(browser: Browser, proof_of: Proofs, how: dict[str, Any]) -> None:
    """In the dark, in forced colours and without motion axe-core finds nothing either, with everything opened."""
    with opened(browser, proof_of("failing"), **how) as seen:
        seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert seen.violations() == []
        assert seen.said == []


def test_hostile_words_do_nothing(browser: Browser, proof_of: Proofs) -> None:
    """They are there as text, also in captions, and no element was made of them."""
    with opened(browser, proof_of("hostile")) as seen:
        page = seen.page
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("script").count() == 1
        assert "<img src=x onerror=alert(1)>" in str(page.locator("h1").text_content())
        clip = page.locator(".version").first
        clip.locator(".play").press("Enter")
        expect(clip.locator(".caption")).to_contain_text("<img src=x onerror=alert(1)>")
        assert seen.said == []


def test_clips_play_muted_with_their_captions(browser: Browser, proof_of: Proofs) -> None:
    """What comes into view plays without sound; captions are on where the network takes a file of them."""
    with opened(browser, proof_of("usual"), width=1440) as seen:
        page = seen.page
        page.locator("video").nth(1).scroll_into_view_if_needed()
        until(page, "[...document.querySelectorAll('video')].some((one) => one.currentTime > 0)")
        assert page.evaluate("[...document.querySelectorAll('video')].every((one) => one.muted && !one.controls)")
        assert page.evaluate("[...document.querySelectorAll('video')].filter((one) => !one.paused).length") == 1
        with_file = page.locator(".version", has=page.locator("[data-captions=on]")).first
        with_file.scroll_into_view_if_needed()
        with_file.locator(".seek").fill("8")
        expect(with_file.locator(".caption")).to_have_text("Barn Hill pond")
        with_file.locator(".captions").press("Enter")
        expect(with_file.locator(".caption")).to_be_hidden()
        burnt = page.locator(".version", has=page.locator("[data-captions=off]")).first
        assert burnt.locator(".captions").get_attribute("aria-pressed") == "false"
        assert seen.said == []


def test_caption_stands_in_the_safe_box(browser: Browser, proof_of: Proofs) -> None:
    """The words lie above what the network's interface covers."""
    with opened(browser, proof_of("usual"), width=1440, reduced_motion="reduce") as seen:
        page = seen.page
        page.check("#show-safe")
        clip = page.locator(".version").first
        clip.locator(".captions").press("Enter")
        clip.locator(".play").press("Enter")
        words = clip.locator(".caption")
        expect(words).to_be_visible()
        inner, box = words.bounding_box(), clip.locator(".safe rect").last.bounding_box()
        assert inner
        assert box
        assert inner["y"] >= box["y"]
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
        assert inner["x"] >= box["x"] - 1
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1


def test_nothing_moves_by_itself_with_reduced_motion(browser: Browser, proof_of: Proofs) -> None:
    """Posters stand until Play is pressed; then that clip alone plays."""
    with opened(browser, proof_of("usual"), reduced_motion="reduce") as seen:
        page = seen.page
        page.locator("video").first.scroll_into_view_if_needed()
        page.wait_for_timeout(600)
        assert page.evaluate("[...document.querySelectorAll('video')].every((one) => one.paused && !one.readyState)")
        page.locator(".play").nth(0).press("Enter")
        until(page, "document.querySelector('video').currentTime > 0")
        expect(page.locator(".play .word").nth(0)).to_have_text("Pause")
        page.locator(".play").nth(1).press("Enter")
        expect(page.locator(".play .word").nth(0)).to_have_text("Play")


def test_all_clips_are_stopped_by_one_button(browser: Browser, proof_of: Proofs) -> None:
    """WCAG 2.2.2: what starts by itself can be stopped, and stays stopped when the page is scrolled."""
    with opened(browser, proof_of("usual"), width=1440) as seen:
        page = seen.page
        page.locator("#still").press("Enter")
        expect(page.locator("#still")).to_have_text("Play clips as they come into view")
        for clip in page.locator("video").all():
            clip.scroll_into_view_if_needed()
        page.wait_for_timeout(400)
        assert page.evaluate("[...document.querySelectorAll('video')].every((one) => one.paused)")


def test_interface_and_safe_box_are_switched(browser: Browser, proof_of: Proofs) -> None:
    """The drawing is there at first, the safe box when it is asked for."""
    with opened(browser, proof_of("usual")) as seen:
        page = seen.page
        interface, safe = page.locator(".interface").first, page.locator("svg.safe").first
        expect(interface).to_be_visible()
        expect(safe).to_be_hidden()
        page.get_by_label("Show the safe box").press("Space")
        page.get_by_label("Draw each network's buttons").press("Space")
        expect(interface).to_be_hidden()
        expect(safe).to_be_visible()


FOCUS = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), look = getComputedStyle(one);
    return {
        tag: one.tagName, name: one.className, id: one.id, width: box.width, height: box.height,
        ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight,
    };
}"""


def walked(page: Page, most: int = 300) -> list[dict[str, Any]]:
    """Every element that has the focus while Tab is pressed, until it leaves the page."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUS)
        if here["tag"] == "BODY":
            return found
        found.append(here)
    raise AssertionError("the focus does not leave the page")


@pytest.mark.parametrize("width", [360, 1440])
def test_keyboard_walks_the_proof(browser: Browser, proof_of: Proofs, width: int) -> None:
    """Tab goes through everything once and out again; what has the focus shows it and is large enough to touch."""
    with opened(browser, proof_of("failing"), width=width, reduced_motion="reduce") as seen:
        there = walked(seen.page)
        for one in there:
            assert one["ring"], one
            assert one["inside"], one
            assert min(one["width"], one["height"]) >= 24, one
        names = [one["id"] or one["name"] or one["tag"] for one in there]
        assert names[:4] == ["skip", "show-interface", "show-safe", "still"]
        assert names.count("play") == 5
        assert names[names.index("play") + 1 :][:3] == ["sound", "captions", "seek"]


def test_skip_link_leads_to_the_clips(browser: Browser, proof_of: Proofs) -> None:
    """It is the first stop, and the next one after it is the first switch."""
    with opened(browser, proof_of("usual")) as seen:
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "clips"


def test_proof_can_be_read_without_scripts(browser: Browser, proof_of: Proofs) -> None:
    """The browser's own controls stand in, and no dead button is shown."""
    with opened(browser, proof_of("usual"), java_script_enabled=False) as seen:
        expect(seen.page.locator(".controls").first).to_be_hidden()
        expect(seen.page.locator("#still")).to_be_hidden()
        assert seen.page.locator("video[controls]").count() == 5


@pytest.mark.parametrize("name", ["usual", "failing"])
def test_proof_prints_on_two_sheets(browser: Browser, proof_of: Proofs, name: str, tmp_path: Path) -> None:
    """A usual promo of five platforms takes two pages of A4, all stills and checks included."""
    with opened(browser, proof_of(name), width=1440) as seen:
        seen.page.evaluate("for (const one of document.images) one.loading = 'eager'")
        until(seen.page, "[...document.images].every((one) => one.complete)")
        data = seen.page.pdf(path=tmp_path / "proof.pdf", prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type /Page\b", data)) <= 2
        seen.page.emulate_media(media="print")
        assert not seen.page.locator("video").first.is_visible()
        assert seen.page.locator(".screen img").first.is_visible()
        assert not seen.page.locator(".controls").first.is_visible()


def test_proof_of_a_rendered_promo(browser: Browser, again: Any) -> None:
    """The loader finds clips, shots, captions and origins of what was rendered; a second run changes nothing."""
    store, wants = Store(again.cache), Wants(offline=True)
    material = gather(read_brief(again.brief), wants, store)
    production = plan_production(material, wants)

    def made() -> ProofPromo:
        return promo_from(
            again.out,
            brief=material.brief,
            route=material.route,
            files=production.files,
            wordings=production.wordings,
            credits=credits(material.brief, material.map_credits),
            code="7F3A-C2",
        )

    found = made()
    assert [one.name for one in found.clips] == ["x.en"]
    board = production.files[0].storyboard
    assert [shot.role for shot in found.clips[0].shots] == [shot.role for shot in board.shots]
    assert {"One", "Two"} <= {cue.text for cue in found.clips[0].cues}
    origins = {fact.what: fact.origin for fact in found.facts}
    assert origins["Caption 1"] == "typed in the brief"
    assert origins["Distance"].startswith("computed from the ")
    write_proof(found, again.out, store)
    before = state(again.out)
    write_proof(made(), again.out, store)
    assert state(again.out) == before
    with opened(browser, again.out / "proof.html", reduced_motion="reduce") as seen:
        assert seen.violations() == []
        assert seen.said == []
        seen.page.locator(".play").press("Enter")
        until(seen.page, "document.querySelector('video').currentTime > 0")
