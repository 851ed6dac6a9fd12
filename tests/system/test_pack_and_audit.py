"""Folders that are handed over, the table beside them, and the audit."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import audit, brake_book, safe_csv, waking
from pipeline.approvals.answer import Answer
from pipeline.errors import BriefError
from pipeline.files import write_text
from pipeline.ledger import Ledger
from pipeline.packing import Packed, pack, posted
from pipeline.post_turns import signed
from pipeline.review.desk import Desk
from pipeline.sidecar import PostWords, Sidecar

NOON = datetime(2027, 4, 14, 11, tzinfo=UTC)
TEXT = '=HYPERLINK("http://evil.example","Barn Hill")\n\n#WalkBrent https://example.gov.uk/walks'


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))


def promo(folder: Path, *platforms: str, approved: bool = True, text: str = TEXT) -> Path:
    folder.mkdir(parents=True)
    for name in platforms:
        clip = os.urandom(2000)
        words = "" if name == "instagram-story" else text
        stem = folder / f"{name}.en"
        stem.with_name(f"{name}.en.mp4").write_bytes(clip)
        stem.with_name(f"{name}.en.jpg").write_bytes(b"jpeg")
        stem.with_name(f"{name}.en.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nPond\n", "utf-8")
        stem.with_name(f"{name}.en.post.txt").write_text(words + "\n", "utf-8")
        post = PostWords(text=words, hashtags=("WalkBrent",), link="https://example.gov.uk/walks", alt="A pond.")
        check = {"id": "A1", "what": "x", "measured": "1", "limit": "1", "passed": True, "level": "block"}
        note = Sidecar(
            platform=name, lang="en", sha256=hashlib.sha256(clip).hexdigest(), bytes=len(clip), width=1080, height=1920,
            fps=30, duration_s=20, fingerprint="f", post=post, made_at=NOON, checks=(check,),
        )  # fmt: skip
        stem.with_name(f"{name}.en.json").write_text(note.to_json(), "utf-8")
    if approved:
        approve(folder)
    return folder


def approve(folder: Path) -> None:
    desk = Desk.ours()
    code = desk.record(folder, now=NOON - timedelta(hours=2), by="The Author")
    desk.answer(folder, Answer(decision="approve", by="A. Khan", note="=1+1"), now=NOON, code=code)


def reworded(folder: Path, stem: str, **post: str) -> None:
    path = folder / f"{stem}.json"
    values = json.loads(path.read_text("utf-8"))
    values["post"] |= post
    path.write_text(json.dumps(values), "utf-8")


def packed(*promos: Path, platforms: tuple[str, ...] = (), out: Path | None = None) -> Packed:
    return pack(promos, look=signed, now=NOON, platforms=platforms, out=out)


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_pack_has_all_that_a_person_needs(tmp_path: Path) -> None:
    """Each hand-off platform gets its folder with clip, cover, words, alt text, link, tags, subtitles and steps."""
    folder = promo(tmp_path / "out/walk", "tiktok", "linkedin", "instagram-story", "bluesky")
    found = packed(folder)
    assert found.errors == ()
    root = tmp_path / "out/hand-off"
    assert sorted(path.name for path in (root / "walk").iterdir()) == ["instagram-story.en", "linkedin.en", "tiktok.en"]
    inside = root / "walk/tiktok.en"
    assert sorted(path.name for path in inside.iterdir()) == [
        "alt.txt", "checklist.txt", "cover.jpg", "hashtags.txt", "link.txt", "subtitles.srt", "walk.tiktok.en.mp4",
        "words.txt",
    ]  # fmt: skip
    assert (inside / "walk.tiktok.en.mp4").read_bytes() == (folder / "tiktok.en.mp4").read_bytes()
    assert (inside / "words.txt").read_text("utf-8") == TEXT + "\n"
    assert (inside / "hashtags.txt").read_text("utf-8") == "#WalkBrent\n"
    steps = (inside / "checklist.txt").read_text("utf-8")
    assert f"{len(TEXT)} characters of 2200 that fit" in steps
    assert "paste alt.txt" in steps
    story = root / "walk/instagram-story.en"
    assert not (story / "words.txt").exists()
    assert "link sticker" in (story / "checklist.txt").read_text("utf-8")
    assert "Press publish yourself" in (root / "walk/linkedin.en/checklist.txt").read_text("utf-8")


def test_a_pack_has_the_title_and_the_link_that_is_counted(tmp_path: Path) -> None:
    """Where a platform has a title it lies beside the words; the link is the one by which visits are told apart."""
    folder = promo(tmp_path / "out/walk", "pinterest", "tiktok", approved=False)
    reworded(folder, "pinterest.en", title="Fryent Country Park")
    approve(folder)
    found = pack([folder], look=signed, now=NOON, platforms=("all",), when=datetime(2027, 5, 1, 9, 30))
    assert found.errors == ()
    inside = tmp_path / "out/hand-off/walk"
    assert (inside / "pinterest.en/title.txt").read_text("utf-8") == "Fryent Country Park\n"
    assert "Paste title.txt as the title." in (inside / "pinterest.en/checklist.txt").read_text("utf-8")
    assert not (inside / "tiktok.en/title.txt").exists()
    tags = "utm_source={0}&utm_medium=social&utm_campaign=walk&utm_content={0}.en"
    for name in ("pinterest", "tiktok"):
        link = (inside / f"{name}.en/link.txt").read_text("utf-8")
        assert link == f"https://example.gov.uk/walks?{tags.format(name)}\n"
    assert found.table is not None
    rows = table(found.table)
    assert [row["Title"] for row in rows] == ["Fryent Country Park", ""]
    assert rows[0]["Link"] == f"https://example.gov.uk/walks?{tags.format('pinterest')}"
    moment = datetime.fromisoformat(rows[0]["Scheduled at"])
    assert moment == datetime(2027, 5, 1, 9, 30).astimezone()


@pytest.mark.parametrize(
    ("platform", "step"),
    [
        ("tiktok", "link.txt is for a link field, or the profile's"),
        ("snapchat-spotlight", "send it to Spotlight, not to friends"),
        ("nextdoor", "Only about 90 characters show"),
        ("whatsapp", "high quality"),
        ("instagram-story", "Add a link sticker"),
        ("linkedin", "Press publish yourself"),
        ("youtube", "Open the tool your team posts with"),
    ],
)
def test_each_network_has_its_own_steps(tmp_path: Path, platform: str, step: str) -> None:
    """In plain English, numbered, from looking at the clip to writing down where it is."""
    folder = promo(tmp_path / "out/walk", platform, text="Five gentle miles. " * 6)
    packed(folder, platforms=(platform,))
    text = (tmp_path / f"out/hand-off/walk/{platform}.en/checklist.txt").read_text("utf-8")
    assert step in text
    steps = [line for line in text.splitlines() if line.startswith("[ ]")]
    assert [line.split()[2] for line in steps] == [f"{number}." for number in range(1, len(steps) + 1)]
    assert f"make-promo posted PROMO --to {platform}" in steps[-1]
    assert text.endswith("Address of the post:\nPosted by:\nOn:\n")


def test_a_pack_can_lie_in_any_shared_folder(tmp_path: Path) -> None:
    """Names that SharePoint or Windows refuse are not used; two promos that would share a folder are told apart."""
    folder = promo(tmp_path / "out/50% off: walk.", "tiktok")
    other = promo(tmp_path / "more/50# OFF- walk", "tiktok")
    found = packed(folder, other)
    (one,) = found.packs
    assert one.folder == tmp_path / "out/hand-off/50- off- walk/tiktok.en"
    assert (one.folder / "50- off- walk.tiktok.en.mp4").is_file()
    assert "has the same name" in str(found.errors[0])
    assert "-o" in str(found.errors[0])


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """Packing again touches no file; a changed promo changes its own pack alone."""
    folder = promo(tmp_path / "out/walk", "tiktok", "linkedin")
    first = packed(folder)
    before = everything(tmp_path / "out/hand-off")
    again = packed(folder)
    assert everything(tmp_path / "out/hand-off") == before
    assert ([one.made for one in first.packs], [one.made for one in again.packs]) == ([True, True], [False, False])
    (tmp_path / "out/hand-off/walk/tiktok.en/words.txt").write_text("scribbled over", "utf-8")
    (tmp_path / "out/hand-off/walk/tiktok.en/left over.txt").write_text("x", "utf-8")
    third = packed(folder)
    assert [(one.platform, one.made) for one in third.packs] == [("linkedin", False), ("tiktok", True)]
    assert everything(tmp_path / "out/hand-off").keys() == before.keys()
    assert (tmp_path / "out/hand-off/walk/tiktok.en/words.txt").read_text("utf-8") == TEXT + "\n"


def test_only_what_is_approved_and_whole_is_packed(tmp_path: Path) -> None:
    """Unapproved, changed or damaged promos are refused with a sentence, and do not stop a good one."""
    good = promo(tmp_path / "out/good", "tiktok")
    new = promo(tmp_path / "out/new", "tiktok", approved=False)
    changed = promo(tmp_path / "out/changed", "tiktok")
    (changed / "tiktok.en.mp4").write_bytes(b"another clip")
    none = promo(tmp_path / "out/none", "bluesky")
    found = packed(new, changed, none, tmp_path / "gone", good)
    assert [one.promo for one in found.packs] == ["good"]
    told = [str(error) for error in found.errors]
    assert len(told) == 4
    assert "only what is approved is handed over" in told[0]
    assert "only what is approved is handed over" in told[1]
    assert "it has no clip for" in told[2]
    assert "there is no such folder" in told[3]
    assert sorted(path.name for path in (tmp_path / "out/hand-off").iterdir()) == ["bulk.csv", "good"]


def test_a_disk_that_fails_leaves_no_half_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing stops in the middle there is no folder, or the old one, and nothing beside it."""
    folder = promo(tmp_path / "out/walk", "tiktok")
    real = write_text

    def full(path: Path, text: str) -> None:
        if path.name == "words.txt":
            raise OSError(28, "No space left on device", str(path))
        real(path, text)

    monkeypatch.setattr("pipeline.packing.write_text", full)
    found = packed(folder)
    assert found.packs == ()
    assert "No space left" in str(found.errors[0])
    assert list((tmp_path / "out/hand-off/walk").iterdir()) == []
    monkeypatch.setattr("pipeline.packing.write_text", real)
    packed(folder)
    before = everything(tmp_path / "out/hand-off")
    (tmp_path / "out/hand-off/walk/tiktok.en/alt.txt").write_text("old", "utf-8")
    monkeypatch.setattr("pipeline.packing.write_text", full)
    packed(folder)
    assert everything(tmp_path / "out/hand-off").keys() == before.keys()
    assert (tmp_path / "out/hand-off/walk/tiktok.en/alt.txt").read_text("utf-8") == "old"


def test_a_new_pack_that_gets_no_name_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new folder cannot take its place, the old one stands as it was."""
    folder = promo(tmp_path / "out/walk", "tiktok")
    packed(folder)
    old = tmp_path / "out/hand-off/walk/tiktok.en"
    (old / "alt.txt").write_text("old", "utf-8")

    def held(source: Path, target: Path) -> None:
        if source.name.endswith(".part"):
            raise PermissionError(13, "in use", str(target))
        os.replace(source, target)

    monkeypatch.setattr("pipeline.packing.renamed", held)
    assert "in use" in str(packed(folder).errors[0])
    assert (old / "alt.txt").read_text("utf-8") == "old"
    assert [path.name for path in old.parent.iterdir()] == ["tiktok.en"]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_the_table_has_a_line_for_each_and_no_formula(tmp_path: Path) -> None:
    """The bulk table of all platforms can be opened in a spreadsheet without computing anything."""
    folder = promo(tmp_path / "out/walk", "tiktok", "bluesky")
    found = pack([folder], look=signed, now=NOON, platforms=("all",), when=datetime(2027, 5, 1, 9, 30))
    assert found.table is not None
    rows = table(found.table)
    assert [(row["Platform"], row["Date"], row["Time"]) for row in rows] == [
        ("Bluesky", "2027-05-01", "09:30"), ("TikTok", "2027-05-01", "09:30"),
    ]  # fmt: skip
    assert rows[0]["Text"] == f"'{TEXT}"
    assert (found.table.parent / rows[0]["Folder"] / rows[0]["Video file"]).is_file()


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "＝1",
        "\x00=1",
        "\u202e=1",
        "\ufeff=1",
    ],
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    """Whatever a cell begins with, a spreadsheet shows it and does not compute it."""
    found = safe_csv.safe_cell(cell)
    assert found.startswith("'")
    (row,) = list(csv.reader(io.StringIO(safe_csv.csv_text(["a"], [[cell]]).removeprefix("\ufeff"))))[1:]
    assert row == [found]


def test_ordinary_cells_stay() -> None:
    """Words, quotes, commas and lines come back as they were."""
    for text in ("Barn Hill", 'A "pond", deep', "one\ntwo", "5 - 3", "£5", "નમસ્તે", "👨‍👩‍👧"):
        assert safe_csv.safe_cell(text) == text


def test_a_post_by_hand_is_written_down_once(tmp_path: Path) -> None:
    """Who posted by hand, and where, is in the ledger and counts for the channel's limits."""
    folder = promo(tmp_path / "out/walk", "tiktok")
    ledger = Ledger.ours()
    for _ in range(2):
        posted(ledger, folder, "tiktok", address="https://tiktok.example/1", by="B. Jones", who="b", now=NOON)
    with ledger.reading() as book:
        state = brake_book.standing(book)
        assert len(book.events(kind="posted")) == 1
    assert [(one.channel, one.at) for one in state.posted] == [("tiktok", NOON)]
    for wrong in ({"address": "javascript:alert(1)"}, {"by": " "}, {"platform": "tiktak"}):
        given = {"platform": "tiktok", "address": "https://a.example/", "by": "B", **wrong}
        with pytest.raises(BriefError):
            posted(ledger, folder, who="b", now=NOON, **given)


def test_the_audit_tells_who_did_what(tmp_path: Path) -> None:
    """Made, approved and posted stand in the table with their people, and the chain is whole."""
    folder = promo(tmp_path / "out/walk", "tiktok")
    posted(Ledger.ours(), folder, "tiktok", address="https://tiktok.example/1", by="B. Jones", who="b", now=NOON)
    found = audit.audit()
    path = tmp_path / "audit.csv"
    audit.save(found, path)
    rows = table(path)
    assert [(row["What"], row["Who"], row["Promo"]) for row in rows] == [
        ("made", "The Author", "walk"), ("approved", "A. Khan", "walk"), ("posted", "B. Jones", "walk"),
    ]  # fmt: skip
    assert rows[1]["When"] == "2027-04-14 12:00:00"  # as the clock in London shows
    assert rows[1]["Note"] == "'=1+1"
    assert rows[2]["Address"] == "https://tiktok.example/1"
    assert found.verdict == "3 events, all as they were written."
    assert audit.audit(since=date(2027, 4, 15)).rows == ()
    assert len(audit.audit(since=date(2027, 4, 14)).rows) == 3
    assert len(audit.lines(found)) == 3


@pytest.mark.parametrize(
    "sentence",
    [
        "UPDATE event SET who = 'somebody else' WHERE id = 2",
        "UPDATE event SET payload = replace(payload, 'A. Khan', 'B. Khan') WHERE id = 2",
        "DELETE FROM event WHERE id = 2",
    ],
)
def test_the_audit_notices_what_was_altered(tmp_path: Path, sentence: str) -> None:
    """A changed or missing event is named, and the rows are still told."""
    folder = promo(tmp_path / "out/walk", "tiktok")
    posted(Ledger.ours(), folder, "tiktok", address="https://tiktok.example/1", by="B. Jones", who="b", now=NOON)
    with sqlite3.connect(Ledger.ours().path) as connection:
        connection.execute("DROP TRIGGER event_stays")
        connection.execute("DROP TRIGGER event_remains")
        connection.execute(sentence)
    connection.close()
    found = audit.audit()
    assert found.broken == 2
    assert "event 2 is not as it was written" in found.verdict
    assert found.rows


def test_an_empty_ledger_is_an_empty_table(tmp_path: Path) -> None:
    """Before anything was made there is nothing to tell, and nothing is written."""
    found = audit.audit()
    assert (found.rows, found.broken) == ((), None)
    assert not Ledger.ours().path.exists()


WAKER = waking.Waker(
    program="/opt/it's here/python", schedules=("/srv/50% off/$HOME/a \"b\".yml",), log="/var/log/t.log",
    environ=(("MAKE_PROMO_STATE", "/srv/my state"),),
)  # fmt: skip


def test_the_cron_line_reaches_the_program_word_by_word() -> None:
    """What cron hands to the shell gives back the very words, whatever signs the paths have."""
    import shlex

    line = waking.cron_line(WAKER)
    assert "\n" not in line
    schedule, command = line[:13], line[13:]
    assert schedule == "*/10 * * * * "
    for at, sign in enumerate(command):
        assert sign != "%" or command[at - 1] == "\\"
    words = shlex.split(command.replace("\\%", "%"))
    assert words[1 : 1 + len(WAKER.command)] == list(WAKER.command)


def test_the_windows_task_is_a_task() -> None:
    """The XML can be read, runs as the person without rights, and catches up; quotes and & are written safely."""
    waker = waking.Waker(program=r"C:\Program Files\Py & Co\python.exe", schedules=(r"C:\My walks\a.yml",), log="x")
    text = waking.task_xml(waker)
    root = ET.fromstring(text.split("\n", 1)[1])
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    found = {element.tag.removeprefix(space): element.text for element in root.iter()}
    assert found["Command"] == r"C:\Program Files\Py & Co\pythonw.exe"
    assert found["Arguments"] == r'-m pipeline tick "C:\My walks\a.yml"'
    assert (found["StartWhenAvailable"], found["RunLevel"]) == ("true", "LeastPrivilege")
    assert r'/TR "\"C:\Program Files\Py & Co\pythonw.exe\" -m' in waking.schtasks_line(waker)
