"""The ledger: append-only, chained, one writer at a time, whole after any death, never a secret."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import pipeline
from pipeline.errors import ToolError
from pipeline.ledger import Book, Ledger, Refused, Taken, place, schema

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOME = Path(pipeline.__file__).parents[1]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite")


def noted(book: Book, kind: str = "made", **more: object) -> int:
    return book.append(kind, at=NOW, who="a", subject="s", **more).id  # type: ignore[arg-type]


def process(ledger: Ledger, code: str) -> subprocess.Popen[str]:
    """Python code in a process of its own, with `ledger` and `NOW` at hand."""
    before = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from pipeline.ledger import Ledger, Taken\n"
        "ledger, NOW = Ledger(Path(sys.argv[1])), datetime(2026, 11, 22, tzinfo=UTC)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", before + code, str(ledger.path)],
        env={**os.environ, "PYTHONPATH": str(HOME)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def tampered(ledger: Ledger, *sentences: str) -> None:
    """As somebody with an SQLite editor: the guards are taken off first."""
    with sqlite3.connect(ledger.path) as connection:
        for trigger in ("event_stays", "event_remains"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for sentence in sentences:
            connection.execute(sentence)
    connection.close()


def test_what_is_written_is_read_again(ledger: Ledger) -> None:
    """An event comes back as it was written, with its time in UTC."""
    at = datetime(2026, 7, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    with ledger.writing() as book:
        wrote = book.append("made", at=at, who="Siân", subject="promo", code="7F3A-C2", payload={"n": 1, "l": ["é"]})
    with ledger.reading() as book:
        read = book.events(subject="promo", code="7F3A-C2", kind="made")
    assert read == [wrote]
    assert read[0].at.isoformat() == "2026-07-01T08:30:00+00:00"
    assert read[0].payload == {"n": 1, "l": ["é"]}


def test_no_ledger_is_an_empty_one(ledger: Ledger) -> None:
    """Reading makes no file."""
    with ledger.reading() as book:
        assert book.events() == []
        assert book.verify() is None
    assert not ledger.path.exists()


def test_a_block_that_fails_leaves_nothing(ledger: Ledger) -> None:
    """All of a block is kept, or nothing of it."""
    with ledger.writing() as book:
        noted(book)
    with pytest.raises(Taken), ledger.writing() as book:  # noqa: PT012 - the first of the two is what must go
        noted(book, once="x")
        noted(book, once="x")
    with ledger.reading() as book:
        assert len(book.events()) == 1
        assert book.verify() is None


def test_events_are_never_changed_or_removed(ledger: Ledger) -> None:
    """The file itself refuses to change or remove an event."""
    with ledger.writing() as book:
        noted(book)
    with sqlite3.connect(ledger.path) as connection:
        for sentence in ("UPDATE event SET who = 'b'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(sentence)
    connection.close()


@pytest.mark.parametrize(
    ("sentence", "broken"),
    [
        ("UPDATE event SET payload = '{}' WHERE id = 2", 2),
        ("UPDATE event SET at = '2020' WHERE id = 3", 3),
        ("UPDATE event SET once = 'x' WHERE id = 4", 4),
        ("DELETE FROM event WHERE id = 1", 1),
        ("DELETE FROM event WHERE id = 3", 3),
        ("DELETE FROM event WHERE id = 5", 5),
        ("UPDATE event SET id = 9 WHERE id = 5", 5),
    ],
)
def test_tampering_is_found(ledger: Ledger, sentence: str, broken: int) -> None:
    """`verify` gives the first event that is changed or missing, the last one included."""
    with ledger.writing() as book:
        for number in range(5):
            noted(book, payload={"n": number})
    tampered(ledger, sentence)
    with ledger.reading() as book:
        assert book.verify() == broken


@pytest.mark.parametrize(
    "payload",
    [
        {"token": "x"}, {"access_token": 1}, {"a": {"b": [{"password": ""}]}}, {"api_key": "x"}, {"key": "x"},
        {"authorization": "x"}, {"client_secret": "x"}, {"refresh_jwt": "x"}, {"session": "x"}, {"cookies": []},
        {"Token": "x"}, {"a b": 1}, {"a": object()}, {"a": b"x"}, {"a": float("nan")}, {"a": "x" * (1 << 21)},
    ],
)  # fmt: skip
def test_secrets_and_odd_values_are_refused(ledger: Ledger, payload: dict[str, object]) -> None:
    """Nothing under a secret's name, nothing that is not plain and nothing huge is written."""
    with pytest.raises(ValueError), ledger.writing() as book:  # noqa: PT011 - NaN is refused by json itself
        noted(book, payload=payload)
    with ledger.reading() as book:
        assert book.events() == []


def test_a_time_needs_its_zone(ledger: Ledger) -> None:
    """A naive time is refused."""
    with pytest.raises(Refused), ledger.writing() as book:
        book.append("made", at=datetime(2026, 1, 1), who="a", subject="s")


def test_odd_names_can_be_written_and_found(ledger: Ledger) -> None:
    """Half characters and controls in names neither break the ledger nor hide the event."""
    with ledger.writing() as book:
        book.append("made", at=NOW, who="a\x00\u202eb", subject="/x/\udcff", payload={"folder": "/x/\udcff"})
    with ledger.reading() as book:
        assert book.events(subject="/x/\udcff")[0].who == "a  b"
        assert book.verify() is None


def test_once_is_once(ledger: Ledger) -> None:
    """What may happen once is refused the second time, and says which event it was."""
    with ledger.writing() as book:
        first = noted(book, "armed", once="post:1")
    with pytest.raises(Taken) as caught, ledger.writing() as book:
        noted(book, "armed", once="post:1")
    assert caught.value.event.id == first


def test_two_processes_write_at_once(ledger: Ledger) -> None:
    """Three processes that write at the same moment, into a ledger that is not there yet, lose nothing."""
    code = (
        "for n in range(60):\n with ledger.writing() as book:\n"
        "  book.append('made', at=NOW, who=sys.argv[0], subject='s', payload={'n': n, 'seen': len(book.events())})\n"
    )
    writers = [process(ledger, code) for _ in range(3)]
    for writer in writers:
        assert (writer.communicate(timeout=100)[1], writer.returncode) == ("", 0)
    with ledger.reading() as book:
        events = book.events()
        assert book.verify() is None
    assert len(events) == 180
    assert [event.payload["seen"] for event in events] == list(range(180)), "what was read did not hold"


def test_two_processes_never_arm_the_same(ledger: Ledger) -> None:
    """Of processes that race for the same names each name goes to one of them."""
    code = (
        "won = 0\nfor n in range(40):\n try:\n  with ledger.writing() as book:\n"
        "   book.append('armed', at=NOW, who='x', subject='s', once=f'post:{n}')\n  won += 1\n except Taken: pass\n"
        "print(won)\n"
    )
    racers = [process(ledger, code) for _ in range(3)]
    assert sum(int(racer.communicate(timeout=100)[0]) for racer in racers) == 40
    with ledger.reading() as book:
        assert len(book.events(kind="armed")) == 40


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_writer_leaves_a_whole_ledger(ledger: Ledger) -> None:
    """kill -9 at any moment of a write: what was said to be kept is there, the chain holds, the next one writes."""
    code = (
        "for n in range(100000):\n with ledger.writing() as book:\n"
        "  book.append('made', at=NOW, who='x', subject='s', payload={'text': 'x' * 5000})\n"
        "  event = book.append('made', at=NOW, who='y', subject='s', payload={'n': n})\n"
        " print(event.id, flush=True)\n"
    )
    for turn in range(6):
        writer = process(ledger, code)
        assert writer.stdout is not None
        for _ in range(3 + turn):
            writer.stdout.readline()
        time.sleep(0.003 * turn)
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.communicate()[0].split()]
        with ledger.writing() as book:
            assert book.verify() is None
            events = book.events()
            assert events[-1].id >= max(said, default=0)
            assert len([event for event in events if event.who == "x"]) == len([e for e in events if e.who == "y"])
            noted(book)


def test_a_busy_ledger_is_waited_for_and_then_told(ledger: Ledger) -> None:
    """A writer that never ends is told in a sentence, not as a traceback of SQLite."""
    with ledger.writing() as book:
        noted(book)
        with pytest.raises(ToolError, match="another make-promo"), Ledger(ledger.path, patience_s=0.1).writing():
            pass


def test_readers_do_not_wait(ledger: Ledger) -> None:
    """While one writes, others read what was there before."""
    with ledger.writing() as book:
        noted(book)
    with ledger.writing() as book, Ledger(ledger.path, patience_s=0.1).reading() as other:
        noted(book)
        assert len(other.events()) == 1


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_told(ledger: Ledger, content: bytes) -> None:
    """A file that is no database is left alone and told with a remedy."""
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(content)
    with pytest.raises(ToolError, match=r"damaged|cannot be used"), ledger.writing():
        pass
    assert ledger.path.read_bytes() == content


def test_a_foreign_or_newer_file_is_refused(ledger: Ledger) -> None:
    """Another program's database and a newer make-promo's ledger are not written to."""
    ledger.path.parent.mkdir()
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(ToolError, match="not a ledger"), ledger.writing():
        pass
    ledger.path.unlink()
    with ledger.writing() as book:
        noted(book)
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ToolError, match="newer make-promo"), ledger.reading():
        pass


def test_an_older_ledger_is_brought_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration runs once, in order, and keeps what is there."""
    with ledger.writing() as book:
        noted(book)
    more = (*schema._MIGRATIONS, ("CREATE TABLE lease (name TEXT PRIMARY KEY)",))
    monkeypatch.setattr(schema, "_MIGRATIONS", more)
    for _ in range(2):
        with ledger.writing() as book:
            noted(book)
    with ledger.reading() as book:
        assert len(book.events()) == 3
        assert book.verify() is None


def test_the_ledger_is_private(ledger: Ledger) -> None:
    """Nobody else on the computer reads the ledger."""
    with ledger.writing() as book:
        noted(book)
    if os.name == "posix":
        assert ledger.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["OneDrive - Brent Council", "Dropbox", "Google Drive", "CloudStorage"])
def test_synchronised_folders_are_refused(tmp_path: Path, name: str) -> None:
    """A folder that is synchronised gets no ledger, and the sentence says what to do."""
    ledger = Ledger(tmp_path / name / "state" / "ledger.sqlite")
    with pytest.raises(ToolError, match=r"(?s)synchronised.*MAKE_PROMO_STATE"), ledger.writing():
        pass
    assert not (tmp_path / name).exists()


def test_the_synchronised_folder_of_windows_is_known_by_its_variable(tmp_path: Path) -> None:
    """Also a renamed OneDrive folder is found."""
    assert place.shared_by(tmp_path / "files" / "x", {"OneDriveCommercial": str(tmp_path / "files")})
    assert place.shared_by(tmp_path / "other", {"OneDriveCommercial": str(tmp_path / "files")}) == ""


MOUNTS = """22 27 0:21 / /proc rw - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:40 / /mnt/team\\040drive rw shared:3 - cifs //server/team rw
41 40 0:41 / /mnt/team\\040drive/disk rw - ext4 /dev/sdb rw
42 27 0:42 / /media/stick rw - fuseblk /dev/sdc rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/srv/a", "ext4"), ("/mnt/team drive/x", "cifs"), ("/mnt/team drive/disk/x", "ext4"),
     ("/media/stick", "fuseblk"), ("/mnt/team drives", "ext4")],
)  # fmt: skip
def test_the_file_system_of_a_folder(path: str, kind: str) -> None:
    """The innermost mount counts."""
    assert place.mounted_as(path, MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "network"),
    [("nfs4", True), ("cifs", True), ("smb3", True), ("fuse.sshfs", True), ("9p", True),
     ("ext4", False), ("btrfs", False), ("fuseblk", False), ("overlay", False), ("tmpfs", False)],
)  # fmt: skip
def test_network_drives_are_known_by_their_kind(kind: str, network: bool) -> None:
    """Network file systems are told from local ones."""
    assert bool(place._NETWORK.fullmatch(kind)) is network
