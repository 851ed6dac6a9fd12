"""Glances: what small pictures of the pieces tell is what the finished film tells, and a mix-up is noticed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flash_patterns as calibrated
import numpy as np
import pytest
from flash_patterns import BLOCKING, HIGH, WIDE, Frame, Pattern
from test_flashes import DOOR, PATTERNS, failed

from pipeline import ffmpeg, glances
from pipeline.files import Store
from pipeline.flashes import FlashReport, analyse, analyse_parts
from pipeline.flashes.pictures import shrinking
from pipeline.geometry import Size
from pipeline.graph import Scene, graph
from pipeline.pieces import Encoder
from pipeline.render import encode, glance

RUNNER = ffmpeg.Runner()


class Drawn:
    """A moving backdrop of ready pictures."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames

    def frame(self, number: int) -> Frame:
        rgb = self._frames[number]
        return np.ascontiguousarray(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))

    def same_as_before(self, number: int) -> bool:
        return False


def piece(name: str, frames: int, fps: int) -> Any:
    return SimpleNamespace(
        fingerprint=name,
        shot=SimpleNamespace(take=None, frames=frames),
        fps=fps,
        size=Size(width=WIDE, height=HIGH),
        encoder=Encoder(peak_bps=8_000_000, gop=2 * fps),
    )


def made(frames: Iterable[Frame], fps: int, store: Store, folder: Path, lengths: Sequence[int] = ()) -> Any:
    """The frames as pieces of these lengths (one of all without), encoded as shots are."""
    pictures = list(frames)
    pieces = []
    for number, length in enumerate(lengths or [len(pictures)]):
        shown = [pictures.pop(0) for _ in range(length)]
        (folder / f"{number}").mkdir(parents=True, exist_ok=True)
        pieces.append(piece(f"{folder.name}{number}", length, fps))
        scene = Scene(
            pieces=(pieces[-1],), folder=folder / f"{number}", backdrops=("",), overlays=((),), moving=Drawn(shown)
        )
        encode(scene, store, RUNNER)
    return SimpleNamespace(
        pieces=tuple(pieces), storyboard=SimpleNamespace(frames=sum(one.shot.frames for one in pieces))
    )


def joined(file: Any, store: Store, target: Path) -> Path:
    """The pieces one after the other, not encoded again."""
    listing = target.with_suffix(".txt")
    paths = [store.path(one.fingerprint, ".mp4") for one in file.pieces]
    listing.write_text("ffconcat version 1.0\n" + "".join(f"file 'file:{path}'\n" for path in paths))
    read = ffmpeg.source(listing, "-safe", "0", kind="concat")
    RUNNER.run([*read, "-c", "copy", "-use_editlist", "0", "-f", "mp4", f"file:{target}"])
    return target


@pytest.mark.parametrize("pattern", [one for one in PATTERNS if one.name in DOOR], ids=lambda pattern: pattern.name)
def test_a_glance_tells_what_the_film_tells(pattern: Pattern, tmp_path: Path) -> None:
    """Calibrated patterns on both sides of each threshold: the glance and the decoded film give one verdict."""
    store = Store(tmp_path / "store")
    file = made(pattern.frames(), pattern.fps, store, tmp_path / "piece")
    film = store.path("piece0", ".mp4")
    by_glance = glances.flash_report(file, film, store, RUNNER)
    whole = analyse(film)
    assert failed(by_glance) == failed(whole)
    assert failed(by_glance) & BLOCKING == pattern.fails
    assert (by_glance.frames, by_glance.fps) == (whole.frames, whole.fps)


def flashing() -> tuple[list[Frame], int]:
    """Five flashes a second, in the second half of three seconds: (pictures, frame rate)."""
    states = [*[calibrated.DARK] * 40, *calibrated.square(5, 25, 1.4, calibrated.DARK, calibrated.PALE)]
    return list(calibrated.flashing(states)), 25


def test_flashes_across_a_cut_count(tmp_path: Path) -> None:
    """Pieces are looked at as one film: where it is cut changes nothing, not even amid the flashes."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    one = made(pictures, fps, store, tmp_path / "one")
    many = made(pictures, fps, store, tmp_path / "many", [30, 20, 11, len(pictures) - 61])
    reports = [analyse_parts([glance(part, store, RUNNER) for part in file.pieces]) for file in (one, many)]
    assert reports[0] == reports[1]
    assert "F3" in failed(reports[0])


def test_a_report_is_kept(tmp_path: Path) -> None:
    """The second time nothing is looked at: neither the film nor its glances need to be there."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    file = made(pictures, fps, store, tmp_path / "piece")
    assert glances.kept_report(file, store) is None
    assert glances.per_second(file, store) == ()
    found = glances.flash_report(file, store.path("piece0", ".mp4"), store, RUNNER)
    for path in store.root.glob("*/piece0.*"):
        path.unlink()
    assert glances.flash_report(file, tmp_path / "nowhere.mp4", store, RUNNER) == found
    assert glances.kept_report(file, store) == found
    graph = glances.per_second(file, store)
    assert len(graph) == 3
    assert graph[0] == 0
    assert graph[2] == 5


@pytest.mark.parametrize("kept", [{}, [], "x", {"frames": "many"}, None])
def test_a_torn_report_is_made_again(kept: object, tmp_path: Path) -> None:
    """What is kept may be torn or of another version; then the glances are looked at."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    file = made(pictures, fps, store, tmp_path / "piece")
    film = store.path("piece0", ".mp4")
    found = glances.flash_report(file, film, store, RUNNER)
    (path,) = (store.root / "flashes").rglob("*.json")
    store.remember("flashes", path.stem, kept)
    assert glances.flash_report(file, film, store, RUNNER) == found


def test_a_lost_glance_is_made_from_the_piece(tmp_path: Path) -> None:
    """A cache from before there were glances, or one that was pruned: the piece is decoded, with the same verdict."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    file = made(pictures, fps, store, tmp_path / "piece", [50, len(pictures) - 50])
    film = joined(file, store, tmp_path / "film.mp4")
    verdict = failed(glances.flash_report(file, film, store, RUNNER))
    shutil.rmtree(store.root / "flashes")
    store.path("piece0", ".glance").unlink()
    again = Store(store.root)
    assert failed(glances.flash_report(file, film, again, RUNNER)) == verdict
    assert again.has("piece0", ".glance")


@pytest.mark.parametrize("mixed", [0, 1, 2])
def test_a_mix_up_does_not_pass(mixed: int, tmp_path: Path) -> None:
    """Glances of another film are noticed, whichever piece they stand for; then the film itself is looked at."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    file = made(pictures, fps, store, tmp_path / "piece", [30, 20, len(pictures) - 50])
    film = joined(file, store, tmp_path / "film.mp4")
    calm = [np.full((HIGH, WIDE, 3), 120, np.uint8)] * file.pieces[mixed].shot.frames
    made(calm, fps, store, tmp_path / "calm")
    shutil.copyfile(store.path("calm0", ".glance"), store.path(f"piece{mixed}", ".glance"))
    assert glances.flash_report(file, film, store, RUNNER) == analyse(film)


def test_a_glance_that_cannot_be_read_is_no_obstacle(tmp_path: Path) -> None:
    """Torn bytes under a good name: the film itself is looked at."""
    store = Store(tmp_path / "store")
    pictures, fps = flashing()
    file = made(pictures, fps, store, tmp_path / "piece")
    film = store.path("piece0", ".mp4")
    store.path("piece0", ".glance").write_bytes(b"\0" * 5000)
    assert glances.flash_report(file, film, store, RUNNER) == analyse(film)


def test_reports_survive_being_kept() -> None:
    """A report as JSON values and back is the same report, exact fractions included."""
    found = FlashReport(frames=31, fps=Fraction(30000, 1001), general=analysed().general, red=analysed().red)
    assert FlashReport.of(found.values()) == found
    assert FlashReport.of(analysed().values()) == analysed()


def analysed() -> FlashReport:
    from pipeline.flashes import analyse_frames

    pictures, fps = flashing()
    return analyse_frames(pictures, fps)


def test_drafts_have_no_glances(tmp_path: Path) -> None:
    """Nothing is made small where nothing will be looked at, and the picture is the same with and without."""
    scene = Scene(pieces=(piece("a", 3, 25),), folder=tmp_path, backdrops=("",), overlays=((),), moving=Drawn([]))
    without = graph(scene, lut=None, keyframes_only=True)[1]
    assert "glance" not in without
    assert shrinking(WIDE, HIGH) in graph(scene, lut=None, keyframes_only=False, glances=True)[1]
