from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import ToolError
from pipeline.files import Store, linked, sha256, write_text, written

NAME = "ab" + "0" * 30


def put(store: Store, data: bytes, name: str = NAME) -> None:
    with store.put(name, ".mp4") as target:
        target.write_bytes(data)


def everything(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A writer that fails leaves the old file as it was and nothing beside it."""
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"old")

    def fail() -> None:
        with written(target) as beside:
            beside.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_bytes() == b"old"
    assert everything(tmp_path) == {"clip.mp4"}
    with written(target) as beside:
        beside.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert everything(tmp_path) == {"clip.mp4"}


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    """An error of the disk becomes a sentence with a remedy."""
    with pytest.raises(ToolError, match="free some space"), written(tmp_path / "clip.mp4"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_equal_text_is_left_alone(tmp_path: Path) -> None:
    """Writing the same words again does not touch the file; other words do."""
    path = tmp_path / "note.txt"
    write_text(path, "a\nb\n")
    os.utime(path, (1, 1))
    write_text(path, "a\nb\n")
    assert path.stat().st_mtime == 1
    assert path.read_bytes() == b"a\nb\n"
    write_text(path, "c\n")
    assert path.stat().st_mtime > 1


def test_links_replace_what_was_there(tmp_path: Path) -> None:
    """A link takes the place of an older file; where the disk cannot link, it is a copy."""
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    linked(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"1"
    assert (tmp_path / "one").samefile(tmp_path / "two")


def test_a_copy_where_links_are_not_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network drives know no hard links."""
    (tmp_path / "one").write_bytes(b"1")
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "no links")))
    linked(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"1"
    assert not (tmp_path / "one").samefile(tmp_path / "two")


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "no seal", "seal of nothing"])
def test_damage_in_the_store_is_noticed(tmp_path: Path, harm: str) -> None:
    """A piece whose bytes are not those that were put in counts as missing, and can be put in anew."""
    put(Store(tmp_path), b"x" * 1000)
    assert Store(tmp_path).has(NAME, ".mp4")
    path = Store(tmp_path).path(NAME, ".mp4")
    seal = path.with_name(path.name + ".sha256")
    if harm == "cut":
        path.write_bytes(b"x" * 999)
    elif harm == "flipped":
        path.write_bytes(b"x" * 500 + b"y" + b"x" * 499)
    elif harm == "gone":
        path.unlink()
    else:
        seal.unlink() if harm == "no seal" else seal.write_bytes(b"\xff\xfe")
    assert not Store(tmp_path).has(NAME, ".mp4")
    put(Store(tmp_path), b"x" * 1000)
    assert Store(tmp_path).has(NAME, ".mp4")


def test_a_failed_piece_leaves_nothing(tmp_path: Path) -> None:
    """When making a piece fails, the store holds neither piece nor seal."""

    def fail() -> None:
        with Store(tmp_path).put(NAME, ".mp4") as target:
            target.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not everything(tmp_path)


def test_two_writers_of_one_piece(tmp_path: Path) -> None:
    """Two runs may make the same piece at once: both end well, and it is whole."""
    barrier = threading.Barrier(2)
    failed: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(20):
                barrier.wait(5)
                put(Store(tmp_path), b"z" * 5000)
        except BaseException as error:
            failed.append(error)

    both = [threading.Thread(target=write) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert not failed
    assert Store(tmp_path).has(NAME, ".mp4")
    assert everything(tmp_path) == {f"{NAME}.mp4", f"{NAME}.mp4.sha256"}


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    """Pruning keeps the pieces used last, seals go with their pieces, and torn leftovers of a day ago are swept."""
    store = Store(tmp_path)
    names = [f"{k:02d}" + "0" * 30 for k in range(4)]
    for age, name in enumerate(names):
        put(store, b"x" * 100, name)
        path = store.path(name, ".mp4")
        os.utime(path.with_name(path.name + ".sha256"), (1000 + age, 1000 + age))
    assert Store(tmp_path).has(names[0], ".mp4")  # used now
    torn, fresh = (tmp_path / "00" / f".x.{kind}.part.mp4" for kind in ("old", "new"))
    torn.write_bytes(b"")
    fresh.write_bytes(b"")
    os.utime(torn, (time.time() - 90_000,) * 2)
    store.prune(keep_bytes=250)
    left = Store(tmp_path)
    assert [left.has(name, ".mp4") for name in names] == [True, False, False, True]
    assert not torn.exists()
    assert fresh.exists()
    assert len([name for name in everything(tmp_path) if name.endswith(".sha256")]) == 2


def test_findings_are_remembered(tmp_path: Path) -> None:
    """What was found is there again; a torn note counts as none."""
    store = Store(tmp_path)
    store.remember("look", "abc", {"a": [1, 2]})
    assert store.recall("look", "abc") == {"a": [1, 2]}
    assert store.recall("look", "other") is None
    (tmp_path / "look" / "ab" / "abc.json").write_text('{"a": [1,')
    assert store.recall("look", "abc") is None


def test_checksums(tmp_path: Path) -> None:
    """The well-known SHA-256 of three letters."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")
