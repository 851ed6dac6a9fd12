"""From the brief's entries to clips: folders, strangers in them, and takes that a recorder split."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import pytest

from pipeline import clips
from pipeline.errors import MaterialError

FULL = 3_700_000_000  # bytes at which a recorder begins a new file

Piece = Callable[..., Path]


@pytest.fixture(scope="session")
def takes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One second of film as bytes, by its creation time."""
    folder = tmp_path_factory.mktemp("second")
    made = {}
    for name, options in {
        "": (),
        "2026-05-01T10:00:00Z": (),
        "2026-05-01T10:00:01Z": (),
        "2026-05-01T11:00:00Z": (),
        "small": ("-vf", "scale=96:54"),
    }.items():
        clock = ("-metadata", f"creation_time={name}") if name.startswith("2") else ()
        source = (
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=160x90:r=30:d=1",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        )
        path = folder / "a.mp4"
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-y",
            *source,
            "-c:v",
            "libx264",
            "-g",
            "15",
            *options,
        ]
        subprocess.run([*command, *clock, str(path)], check=True, timeout=60)
        made[name] = path.read_bytes()
    return made


@pytest.fixture
def piece(tmp_path: Path, takes: dict[str, bytes]) -> Piece:
    """Writes a one-second file: `piece("DJI_0001.MP4", created="2026…", full=True)`.

    A full one is as large as recorders make them, by a sparse `free` box at its end: no disk is used.
    """

    def write(name: str, created: str = "", full: bool = False) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(takes[created])
        if full:
            rest = FULL - path.stat().st_size
            with path.open("r+b") as file:
                file.seek(0, 2)
                file.write(rest.to_bytes(4, "big") + b"free")
                file.truncate(FULL)
        return path

    return write


def gathered(*paths: Path, alone: tuple[int, ...] = ()) -> list[tuple[int, list[str]]]:
    found = clips.gather([(path.name, path) for path in paths], alone=alone)
    return [(index, [part.path.name for part in clip.parts]) for index, clip in found]


def test_folder_is_sorted_and_strangers_are_passed_over(piece: Piece, tmp_path: Path) -> None:
    """A folder gives its videos by name; hidden files, proxies, sidecars and subfolders are not footage."""
    for name in ("b.mp4", "A.MOV", "._b.mp4", ".hidden.mp4", "b.LRF", "b.LRV", "old/c.mp4"):
        piece(f"flight/{name}")
    for name in ("b.SRT", "b.THM", "notes.txt"):
        (tmp_path / "flight" / name).write_text("x")
    found = clips.gather([("flight/", tmp_path / "flight")])
    assert [clip.name for _, clip in found] == ["flight/A.MOV", "flight/b.mp4"]


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without a video is a mistake that is told."""
    with pytest.raises(MaterialError, match="no video in this folder"):
        clips.gather([("flight", tmp_path)])


def test_all_problems_at_once(piece: Piece, tmp_path: Path) -> None:
    """Every broken file of every entry is named in one error, in order."""
    piece("flight/good.mp4")
    (tmp_path / "flight/bad.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("hello")
    entries = [(name, tmp_path / name) for name in ("flight", "missing.mp4", "text.mp4")]
    with pytest.raises(MaterialError) as caught:
        clips.gather(entries)
    assert [problem.where for problem in caught.value.problems] == [
        "flight/bad.mp4",
        "missing.mp4",
        "text.mp4",
    ]
    assert caught.value.exit_code == 3


def test_missing_file_gets_the_nearest_name(piece: Piece, tmp_path: Path) -> None:
    """A misspelt file is answered with the one that is there."""
    piece("DJI_0042.MP4")
    with pytest.raises(MaterialError) as caught:
        clips.gather([("DJI_0024.MP4", tmp_path / "DJI_0024.MP4")])
    assert caught.value.problems[0].remedy == "did you mean DJI_0042.MP4?"


def test_split_by_clock(piece: Piece) -> None:
    """Numbers that follow each other and a clock without a gap make one take of one-second parts."""
    one = piece("DJI_0001.MP4", "2026-05-01T10:00:00Z")
    two = piece("DJI_0002.MP4", "2026-05-01T10:00:01Z")
    ((index, clip),) = clips.gather([("DJI_0001.MP4", one), ("DJI_0002.MP4", two)])
    assert index == 0
    assert clip.name == "DJI_0001.MP4"
    assert [(part.path, part.start, part.duration) for part in clip.parts] == [(one, 0, 1), (two, 1, 1)]
    assert clip.duration == 2
    assert clip.fps == 30
    assert clip.keyframes_s == (0.0, 0.5, 1.0, 1.5)
    assert clip.notes == ("goes on in DJI_0002.MP4",)


def test_separate_takes_stay_apart(piece: Piece) -> None:
    """Numbers that follow each other are not enough: an hour lies between these."""
    one = piece("DJI_0001.MP4", "2026-05-01T10:00:00Z")
    two = piece("DJI_0002.MP4", "2026-05-01T11:00:00Z")
    assert gathered(one, two) == [(0, ["DJI_0001.MP4"]), (1, ["DJI_0002.MP4"])]


def test_split_by_size(piece: Piece) -> None:
    """A file that fills its recorder's limit goes on in the next number, without any clock."""
    one = piece("DJI_20250723102139_0001_D.MP4", full=True)
    two = piece("DJI_20250723102839_0002_D.MP4")
    assert gathered(one, two) == [(0, [one.name, two.name])]


def test_size_does_not_outvote_the_clock(piece: Piece) -> None:
    """A full file and an hour's pause are two takes."""
    one = piece("DJI_0001.MP4", "2026-05-01T10:00:00Z", full=True)
    two = piece("DJI_0002.MP4", "2026-05-01T11:00:00Z")
    assert len(gathered(one, two)) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("DJI_0001.MP4", "DJI_0003.MP4"),  # a number is missing
        ("DJI_0002.MP4", "DJI_0001.MP4"),  # backwards
        ("DJI_20250723102139_0001_W.MP4", "DJI_20250723102139_0002_T.MP4"),  # wide and thermal lens
        ("walk_1.mp4", "walk_2.mp4"),  # no recorder's name
    ],
)
def test_other_names_are_never_joined(piece: Piece, first: str, second: str) -> None:
    """A full first file does not join names that are not neighbours of one take."""
    assert len(gathered(piece(first, full=True), piece(second))) == 2


def test_unlike_pictures_are_never_joined(piece: Piece) -> None:
    """Parts of a take have one size of picture."""
    assert len(gathered(piece("DJI_0001.MP4", full=True), piece("DJI_0002.MP4", "small"))) == 2


def test_gopro_chapters(piece: Piece, tmp_path: Path) -> None:
    """GoPro counts chapters before takes: in a folder the chapters of a take come together."""
    for name in ("GH010123.MP4", "GH010124.MP4", "GH020123.MP4", "GOPR0009.MP4", "GP010009.MP4"):
        piece(f"gopro/{name}")
    assert gathered(tmp_path / "gopro") == [
        (0, ["GH010123.MP4", "GH020123.MP4"]),
        (0, ["GH010124.MP4"]),
        (0, ["GOPR0009.MP4", "GP010009.MP4"]),
    ]


def test_entries_with_wishes_of_their_own_stay_alone(piece: Piece) -> None:
    """A file for which the brief says `use:` or `at:` is not swallowed by its neighbour."""
    one, two = piece("GH010123.MP4"), piece("GH020123.MP4")
    assert len(gathered(one, two, alone=(1,))) == 2
    assert len(gathered(one, two)) == 1


def test_a_joined_take_has_its_own_fingerprint(piece: Piece) -> None:
    """The fingerprint of a take changes with each of its files."""
    one, two = piece("GH010123.MP4"), piece("GH020123.MP4")
    entries = [("a", one), ("b", two)]
    ((_, before),) = clips.gather(entries)
    two.write_bytes(two.read_bytes() + b"\0\0\0\x08free")
    ((_, after),) = clips.gather(entries)
    assert before.fingerprint != after.fingerprint
    assert before.duration == after.duration == Fraction(2)


def test_real_folder(shared: Path) -> None:
    """A card full of mixed clips: the broken ones are named, all at once."""
    with pytest.raises(MaterialError) as caught:
        clips.gather([("footage", shared / "data/footage")])
    assert {problem.where for problem in caught.value.problems} == {
        "footage/broken-karma-truncated.mp4",
        "footage/broken-zero-bytes.mp4",
    }
