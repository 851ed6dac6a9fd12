"""The review page as approvers meet it: in Chromium, by keyboard, and as a stranger tries to misuse it."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from browser import CUT_OFF, EVIL, Seen, launched
from playwright.sync_api import Browser, expect
from promo_folders import FINE, FORBIDS, NOW, WARNING, clip
from workbench import filmed

from pipeline.ledger import Ledger
from pipeline.review import Desk, Look, review
from pipeline.review.server import Server
from pipeline.review.serving import Unsatisfiable, opened, part_of

WIDTHS = (360, 768, 1440)
HERE_ONLY = [*CUT_OFF[:-1], f"{CUT_OFF[-1]}, EXCLUDE 127.0.0.1"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium that reaches this computer alone."""
    with launched(HERE_ONLY) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A portrait and a landscape film of four seconds."""
    folder = tmp_path_factory.mktemp("films")
    return {
        size: filmed(folder / f"{size}.mp4", "testsrc2", seconds=4, size=size).read_bytes()
        for size in ("270x480", "480x270")
    }


@pytest.fixture
def promo(tmp_path: Path, films: dict[str, bytes]) -> Path:
    """Two clips in two languages, with a warning."""
    folder = tmp_path / "promo" / "fryent"
    for lang in ("en", "cy"):
        clip(folder, lang=lang, data=films["270x480"], size=(270, 480), checks=[FINE, WARNING])
        clip(folder, "tiktok", lang, data=films["270x480"], size=(270, 480))
        clip(folder, "youtube", lang, data=films["480x270"], size=(480, 270), alt="Pwll." if lang == "cy" else "Pond.")
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(ledger=Ledger(tmp_path / "state" / "ledger.sqlite"), login="officer")


@contextmanager
def serving(promo: Path, desk: Desk) -> Iterator[Server]:
    """The server of `promo`, left running beside the test."""
    desk.record(promo, now=NOW)
    desk.open(promo, now=NOW)
    with Server(promo, desk, lambda: NOW) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


@contextmanager
def visited(browser: Browser, server: Server, *, width: int = 1024, **how: object) -> Iterator[Seen]:
    """The page in a window of its own; `asked` has what is asked of others than this server."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **how)  # type: ignore[arg-type]
    try:
        context.set_default_timeout(5_000)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.on(
            "request", lambda r: None if r.url.startswith((server.address, "data:")) else seen.asked.append(r.url)
        )
        seen.page.goto(server.address)
        yield seen
    finally:
        context.close()


@dataclass(frozen=True)
class Answer:
    status: int
    head: dict[str, str]
    body: bytes


def asked(server: Server, path: str, method: str = "GET", body: str | None = None, **head: str | None) -> Answer:
    """A request as any program can make it; `path` is put behind the token unless it begins with a slash."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    whole = path if path.startswith("/") else urlsplit(server.address).path + path
    usual: dict[str, str | None] = {"Host": f"127.0.0.1:{server.server_port}"}
    if method == "POST":
        usual |= {"Origin": server.origin, "Content-Type": "application/x-www-form-urlencoded"}
    given = usual | {name.replace("_", "-"): value for name, value in head.items()}
    connection.putrequest(method, whole, skip_host=True, skip_accept_encoding=True)
    for name, value in given.items():
        if value is not None:
            connection.putheader(name, value)
    if body is not None and "Content-Length" not in given:
        connection.putheader("Content-Length", str(len(body.encode())))
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    connection.close()
    return found


def until(condition: Callable[[], object], *, within: float = 10) -> None:
    """Waits without asking the page to evaluate text, which its policy forbids."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.05)


def decision(desk: Desk, promo: Path, **fields: object) -> str:
    look = desk.look(promo, now=NOW)
    usual = {"decision": "approve", "by": "A. Khan", "tick": ["T7"], "seen": look.bundle.fingerprint}
    return urlencode(usual | fields, doseq=True)


def standing(desk: Desk, promo: Path) -> str:
    return desk.look(promo, now=NOW).state.name


# In the browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(browser: Browser, promo: Path, desk: Desk, width: int, scheme: str) -> None:
    """No rule of axe-core is broken at any width, with comments, a change since approval and an error shown."""
    clip(promo, "x", data=b"no film", alt=EVIL, text=EVIL, subtitles=EVIL, checks=[FORBIDS])
    with serving(promo, desk) as server, visited(browser, server, width=width, color_scheme=scheme) as seen:
        seen.page.get_by_label("Comment", exact=True).fill("Look here")
        seen.page.get_by_role("button", name="Add the comment").click()
        expect(seen.page.get_by_role("status")).to_have_text("Your comment is written down.")
        assert seen.violations() == []
        seen.page.get_by_role("button", name="Approve").click()
        expect(seen.page.get_by_role("alert")).to_be_focused()
        assert seen.violations() == []
        seen.page.locator("summary").nth(1).click()
        seen.page.get_by_role("button", name="Comment on this moment").first.click()
        assert seen.violations() == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        if shots := os.environ.get("REVIEW_SHOTS"):  # to be looked at
            seen.page.screenshot(path=f"{shots}/{width}-{scheme}.png", full_page=True)
        assert seen.asked == []


def test_approving_by_keyboard(browser: Browser, promo: Path, desk: Desk) -> None:
    """Without a mouse: skip to the decision, tick, name, approve; what is missing is said first."""
    with serving(promo, desk) as server, visited(browser, server) as seen:
        keys = seen.page.keyboard
        keys.press("Tab")
        keys.press("Enter")
        expect(seen.page.locator("#decision")).to_be_focused()
        seen.page.get_by_role("button", name="Approve").focus()
        keys.press("Enter")
        expect(seen.page.get_by_role("alert")).to_be_focused()
        expect(seen.page.get_by_role("alert")).to_contain_text("officer made this promo")
        expect(seen.page.get_by_role("alert")).to_contain_text("tick T7")
        assert standing(desk, promo) == "in review"
        keys.press("Tab")
        keys.press("Enter")  # the first problem leads to where it is mended
        seen.page.get_by_label("T", exact=False).and_(seen.page.locator("#tick-1")).focus()
        keys.press("Space")
        seen.page.locator("#by").focus()
        keys.press("Control+a")
        keys.type("A. Khan")
        seen.page.get_by_role("button", name="Approve").focus()
        keys.press("Enter")
        expect(seen.page.get_by_role("status")).to_have_text("The approval is written down.")
        expect(seen.page.locator(".state")).to_contain_text("Approved: by A. Khan")
        assert seen.asked == []
        assert [word for word in seen.said if "422" not in word] == []
    approval = desk.look(promo, now=NOW).state.approvals[0]
    assert (approval.by, approval.recorded_by) == ("A. Khan", "officer")
    assert approval.ticks == (("T7", "instagram-reel.cy"), ("T7", "instagram-reel.en"))


def test_changes_wanted(browser: Browser, promo: Path, desk: Desk) -> None:
    """Reasons are tags, what was typed stays after a mistake, and the page then says what is wanted."""
    with serving(promo, desk) as server, visited(browser, server) as seen:
        seen.page.locator("#by").fill("B. Jones")
        seen.page.get_by_role("button", name="Changes wanted").click()
        expect(seen.page.get_by_role("alert")).to_contain_text("what should change is not said")
        expect(seen.page.locator("#by")).to_have_value("B. Jones")
        seen.page.get_by_label("Spelling").check()
        seen.page.get_by_label("Note").fill("It is Pont, not Pond.\nTwice.")
        seen.page.get_by_role("button", name="Changes wanted").click()
        expect(seen.page.locator(".state")).to_contain_text("Changes wanted: by B. Jones (spelling)")
    look = desk.look(promo, now=NOW)
    assert look.decisions[-1].note == "It is Pont, not Pond.\nTwice."


def test_a_comment_is_pinned_by_a_click_on_the_picture(browser: Browser, promo: Path, desk: Desk) -> None:
    """The click's place and the film's moment become the comment's; the button leads back there."""
    with serving(promo, desk) as server, visited(browser, server) as seen:
        article = seen.page.get_by_role("article").last
        video = article.locator("video")
        video.evaluate("v => { v.muted = true; v.currentTime = 2.5 }")
        until(lambda: video.evaluate("v => !v.seeking && v.readyState >= 2"))
        article.get_by_role("button", name="Comment on this moment").click()
        box = article.locator(".screen").bounding_box()
        assert box is not None
        article.locator(".place").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
        expect(seen.page.get_by_label("Comment", exact=True)).to_be_focused()
        seen.page.keyboard.type("Here.")
        seen.page.get_by_role("button", name="Add the comment").click()
        expect(seen.page.get_by_role("status")).to_be_visible()
        article = seen.page.get_by_role("article").last
        pin = article.locator(".pin")
        expect(pin).to_be_hidden()
        article.get_by_role("button", name="Go to 0:02.5").click()
        expect(pin).to_be_visible()
        assert article.locator("video").evaluate("v => v.currentTime") == pytest.approx(2.5)
    (comment,) = desk.look(promo, now=NOW).comments
    assert (comment.rendition, comment.time_s) == ("youtube.en", 2.5)
    assert (comment.x, comment.y) == (pytest.approx(0.25, abs=0.02), pytest.approx(0.5, abs=0.02))


def test_a_comment_is_pinned_by_keyboard(browser: Browser, promo: Path, desk: Desk) -> None:
    """Arrow keys move the mark, Enter takes it, Escape leaves."""
    with serving(promo, desk) as server, visited(browser, server) as seen:
        start = seen.page.get_by_role("button", name="Comment on this moment").first
        start.focus()
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Escape")
        expect(start).to_be_focused()
        seen.page.keyboard.press("Enter")
        for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowUp"):
            seen.page.keyboard.press(key)
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.type("Up here.")
        seen.page.get_by_role("button", name="Add the comment").click()
        expect(seen.page.get_by_role("status")).to_be_visible()
    (comment,) = desk.look(promo, now=NOW).comments
    assert (comment.x, comment.y) == (pytest.approx(0.46), pytest.approx(0.4))


def test_without_scripts_everything_works(browser: Browser, promo: Path, desk: Desk) -> None:
    """The same forms, filled in by hand."""
    with serving(promo, desk) as server, visited(browser, server, java_script_enabled=False) as seen:
        seen.page.get_by_label("Time in the clip").fill("0:01.5")
        seen.page.get_by_label("Per cent from the left").fill("12.5")
        seen.page.get_by_label("Comment", exact=True).fill("By hand.")
        seen.page.get_by_role("button", name="Add the comment").click()
        seen.page.locator("#tick-1").check()
        seen.page.locator("#by").fill("A. Khan")
        seen.page.get_by_role("button", name="Approve").click()
        expect(seen.page.locator(".state")).to_contain_text("Approved")
    (comment,) = desk.look(promo, now=NOW).comments
    assert (comment.time_s, comment.x, comment.y) == (1.5, 0.125, 0.5)


def test_what_people_wrote_is_plain_text(browser: Browser, promo: Path, desk: Desk) -> None:
    """Names, comments, notes and words with HTML and script are shown letter by letter and do nothing."""
    clip(promo, "x", "en", data=b"film", alt=EVIL, text=EVIL, subtitles=EVIL)
    clip(promo, "x", "cy", data=b"film", alt=EVIL, text=EVIL, subtitles=EVIL)
    with serving(promo, desk) as server, visited(browser, server) as seen:
        seen.page.on("dialog", lambda dialog: seen.said.append("dialog"))
        seen.page.get_by_label("Comment", exact=True).fill(EVIL)
        seen.page.locator("#comment-by").fill(EVIL[:60])
        seen.page.get_by_role("button", name="Add the comment").click()
        seen.page.locator("#by").fill(EVIL[:60])
        seen.page.get_by_label("Note").fill(EVIL)
        seen.page.get_by_role("button", name="Changes wanted").click()
        plain = EVIL.replace("\u202e", "")
        expect(seen.page.locator("main")).to_contain_text(plain)
        assert seen.page.locator("main img").count() == 0
        assert seen.page.locator("script").count() == 1
        assert seen.page.get_by_text(plain, exact=True).count() >= 2
        assert [word for word in seen.said if "decode" not in word] == []
        assert seen.asked == []


def test_what_changed_since_the_approval_is_shown(browser: Browser, promo: Path, desk: Desk) -> None:
    """The old words struck out, the new ones marked; also in words for who does not see it."""
    desk.record(promo, now=NOW)
    with serving(promo, desk) as server:
        assert asked(server, "decide", "POST", decision(desk, promo)).status == 303
        for lang in ("en", "cy"):
            clip(promo, "tiktok", lang, data=(promo / "tiktok.en.mp4").read_bytes(), size=(270, 480), alt="A lake.")
        with visited(browser, server) as seen:
            expect(seen.page.locator(".state")).to_contain_text("Void")
            expect(seen.page.locator(".changes del").first).to_contain_text("[taken out:] pond")
            expect(seen.page.locator(".changes ins").first).to_contain_text("[put in:] lake.")


def test_done_ends_the_review(browser: Browser, promo: Path, desk: Desk) -> None:
    """`review` waits until Done is pressed and gives how the promo then stands."""
    found: list[Look] = []
    addresses: list[str] = []
    ready = threading.Event()

    def tell(address: str) -> None:
        addresses.append(address)
        ready.set()

    desk.record(promo, now=NOW)
    thread = threading.Thread(
        target=lambda: found.append(review(promo, desk=desk, clock=lambda: NOW, tell=tell)), daemon=True
    )
    thread.start()
    assert ready.wait(10)
    page = browser.new_page()
    page.goto(addresses[0])
    page.locator("#tick-1").check()
    page.locator("#by").fill("A. Khan")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading")).to_have_text("Done")
    thread.join(10)
    page.close()
    assert [look.state.name for look in found] == ["approved"]


def test_a_page_in_the_folder_can_do_nothing(browser: Browser, promo: Path, desk: Desk) -> None:
    """A proof that somebody put a script into sees the films and cannot decide, read the page, or reach the net."""
    (promo / "proof.html").write_text(
        """<!DOCTYPE html><title>p</title><video id="v" src="tiktok.en.mp4" preload="auto"></video><script>
        const body = new URLSearchParams({decision: "approve", by: "Evil", tick: "T7", seen: "SEEN"});
        const tries = [
          fetch("../decide", {method: "POST", body, mode: "no-cors"}), fetch("../"), fetch("https://example.org/"),
          new Promise((good, bad) => { const s = document.createElement("script"); s.src = "https://example.org/x.js";
            s.onload = good; s.onerror = bad; document.body.append(s); }),
        ];
        Promise.allSettled(tries).then((all) => { window.told = all.map((one) => one.status).join(); });
        const form = document.createElement("form"); form.method = "POST"; form.action = "../decide";
        body.forEach((value, name) => { const i = document.createElement("input"); i.name = name; i.value = value;
          form.append(i); });
        document.body.append(form); try { form.submit(); } catch (error) {}
        </script>""".replace("SEEN", desk.look(promo, now=NOW).bundle.fingerprint)
    )
    with serving(promo, desk) as server, visited(browser, server) as seen:
        with seen.page.context.expect_page() as opening:
            seen.page.get_by_role("link", name="The proof").click()
        proof = opening.value
        until(lambda: proof.evaluate("window.told"))
        assert proof.evaluate("window.told") == "rejected,rejected,rejected,rejected"
        until(lambda: proof.evaluate("document.getElementById('v').readyState >= 2"))
        assert proof.evaluate("window.opener") is None
        assert standing(desk, promo) == "in review"


# As a stranger


def test_nothing_without_the_token(promo: Path, desk: Desk) -> None:
    """No token, a wrong one, or a part of it: nothing is there, whatever is asked for."""
    with serving(promo, desk) as server:
        token = urlsplit(server.address).path.strip("/")
        assert len(token) >= 40
        for path in ("/", "/favicon.ico", f"/{token[:-1]}/", f"/{token}x/", f"/{token}", "/files/x.mp4"):
            assert asked(server, path).status == 404
        assert asked(server, "/x/decide", "POST", decision(desk, promo)).status == 404
        assert asked(server, "").status == 200
    assert standing(desk, promo) == "in review"


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", None, "127.0.0.1:1"])
def test_a_foreign_host_name_is_refused(promo: Path, desk: Desk, host: str | None) -> None:
    """A name that was made to lead to this computer (DNS rebinding) gets nothing, even with the token."""
    with serving(promo, desk) as server:
        assert asked(server, "", Host=host).status == 421
        assert asked(server, "decide", "POST", decision(desk, promo), Host=host).status == 421
    assert standing(desk, promo) == "in review"


@pytest.mark.parametrize(
    "head",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": None}, {"Sec_Fetch_Site": "cross-site"},
     {"Sec_Fetch_Site": "same-site"}],
)  # fmt: skip
def test_other_pages_cannot_decide(promo: Path, desk: Desk, head: dict[str, str | None]) -> None:
    """Only our own page sends a decision."""
    with serving(promo, desk) as server:
        assert asked(server, "decide", "POST", decision(desk, promo), **head).status == 403
        assert asked(server, "done", "POST", "", **head).status == 403
    assert standing(desk, promo) == "in review"


def test_only_forms_of_a_sensible_size(promo: Path, desk: Desk) -> None:
    """GET and POST, forms only, with a length that is said and small."""
    with serving(promo, desk) as server:
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
            assert asked(server, "", method).status == 405
        assert asked(server, "decide", "POST", "{}", Content_Type="application/json").status == 415
        assert asked(server, "decide", "POST", "", Transfer_Encoding="chunked").status == 411
        assert asked(server, "decide", "POST", Content_Length="99999999").status == 413
        assert asked(server, "decide", "POST", Content_Length="-1").status == 411
        assert asked(server, "decide", "POST", "&".join("a=1" for _ in range(600))).status == 400
        assert asked(server, "elsewhere", "POST", "").status == 404
        assert asked(server, "decide", "GET").status == 404
        huge = decision(desk, promo, decision="changes", note="x" * 50_000)
        assert asked(server, "decide", "POST", huge).status == 303
    assert len(desk.look(promo, now=NOW).decisions[-1].note) == 2000


def test_what_was_not_seen_is_not_approved(promo: Path, desk: Desk) -> None:
    """A decision about a version that changed since the page was opened is refused with what changed."""
    with serving(promo, desk) as server:
        form = decision(desk, promo)
        for lang in ("en", "cy"):
            clip(promo, "tiktok", lang, data=(promo / "tiktok.en.mp4").read_bytes(), alt="A lake.")
        answer = asked(server, "decide", "POST", form)
        assert answer.status == 422
        assert b"it has changed since then: tiktok.cy: the alternative text" in answer.body
        assert asked(server, "decide", "POST", decision(desk, promo, seen="")).status == 422
    assert not [one for one in desk.look(promo, now=NOW).decisions if one.kind == "approved"]


def test_a_file_that_is_being_written_is_told(promo: Path, desk: Desk) -> None:
    """A torn sidecar gives a sentence in place of the page, and the page again when it is whole."""
    with serving(promo, desk) as server:
        whole = (promo / "tiktok.en.json").read_text()
        (promo / "tiktok.en.json").write_text(whole[:100])
        answer = asked(server, "")
        assert (answer.status, b"is not a sidecar" in answer.body) == (409, True)
        (promo / "tiktok.en.json").write_text(whole)
        assert asked(server, "").status == 200


def test_every_answer_is_guarded(promo: Path, desk: Desk) -> None:
    """No answer may be framed, sniffed, stored or made to load from elsewhere; no name of the server."""
    with serving(promo, desk) as server:
        for path in ("", "review.js", "files/tiktok.en.mp4", "nothing", "/"):
            head = asked(server, path).head
            assert head["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in head["content-security-policy"]
            assert head["cache-control"] == "no-store"
            assert head["server"] == "make-promo"
        assert "default-src 'none'" in asked(server, "").head["content-security-policy"]
        assert "sandbox" in asked(server, "files/tiktok.en.json").head["content-security-policy"]
        assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("header", "status", "span"),
    [
        (None, 200, (0, 10)), ("bytes=0-", 206, (0, 10)), ("bytes=2-4", 206, (2, 5)), ("bytes=8-99", 206, (8, 10)),
        ("bytes=-3", 206, (7, 10)), ("bytes=-99", 206, (0, 10)), ("bytes=10-", 416, None), ("bytes=-0", 416, None),
        ("bytes=4-2", 200, (0, 10)), ("bytes=0-1,3-4", 200, (0, 10)), ("items=0-1", 200, (0, 10)),
        ("bytes=-", 200, (0, 10)), ("bytes=a-b", 200, (0, 10)),
    ],
)  # fmt: skip
def test_parts_of_a_file(
    promo: Path, desk: Desk, header: str | None, status: int, span: tuple[int, int] | None
) -> None:
    """Players seek by asking for parts; the answer says which part it is."""
    content = b"0123456789"
    (promo / "part.jpg").write_bytes(content)
    with serving(promo, desk) as server:
        answer = asked(server, "files/part.jpg", **({"Range": header} if header else {}))
    assert answer.status == status
    assert answer.head["accept-ranges"] == "bytes"
    if span is None:
        assert answer.head["content-range"] == "bytes */10"
    else:
        assert answer.body == content[slice(*span)]
        if status == 206:
            assert answer.head["content-range"] == f"bytes {span[0]}-{span[1] - 1}/10"


def test_parts_of_an_empty_file() -> None:
    """There is no part of nothing."""
    assert part_of(None, 0) is None
    for header in ("bytes=0-", "bytes=-5"):
        with pytest.raises(Unsatisfiable):
            part_of(header, 0)


def test_only_files_of_the_folder(promo: Path, desk: Desk, tmp_path: Path) -> None:
    """Nothing above or beside the folder, nothing by links, nothing hidden, no folders, devices or unknown kinds."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    (promo.parent / "beside.txt").write_text("SECRET")
    (promo / ".hidden.txt").write_text("SECRET")
    (promo / "run.exe").write_text("SECRET")
    (promo / "folder.txt").mkdir()
    (promo / "good").mkdir()
    (promo / "good" / "inside.txt").write_text("inside")
    names = [
        "../beside.txt", "%2e%2e/beside.txt", "..%2fbeside.txt", "good/../../beside.txt", "..\\beside.txt", str(secret),
        "/" + str(secret), ".hidden.txt", "run.exe", "folder.txt", "good", "good/", "", "good//inside.txt", ".", "..",
        "tiktok.en.txt::$DATA", "C:secret.txt", "con.txt\x00", "%00", "nothing.txt", "a" * 5000 + ".txt",
    ]  # fmt: skip
    with suppress(OSError):
        (promo / "link.txt").symlink_to(secret)
        (promo / "out").symlink_to(tmp_path)
        os.mkfifo(promo / "pipe.txt") if hasattr(os, "mkfifo") else None
        names += ["link.txt", "out/secret.txt", "pipe.txt"]
    with serving(promo, desk) as server:
        assert asked(server, "files/good/inside.txt").body == b"inside"
        for name in names:
            assert opened(promo, name) is None, name
            if name.isprintable() and " " not in name:
                answer = asked(server, f"files/{name}")
                assert answer.status == 404, name
                assert b"SECRET" not in answer.body


def test_nothing_that_is_said_holds_the_token(promo: Path, desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """The token is in no output and not in the ledger."""
    with serving(promo, desk) as server:
        token = urlsplit(server.address).path.strip("/")
        asked(server, "")
        asked(server, "nothing")
        asked(server, "decide", "POST", decision(desk, promo))
    said = capfd.readouterr()
    assert token not in said.out + said.err
    with desk.ledger.reading() as book:
        assert token not in json.dumps([dict(event.payload) for event in book.events()])
