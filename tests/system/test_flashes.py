"""Flashes and stripes: calibrated patterns on both sides of each threshold, real footage, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import flash_patterns as calibrated
import numpy as np
import pytest
from flash_patterns import BLOCKING, DARK, HIGH, PALE, WIDE, Frame, Pattern

from pipeline import ffmpeg
from pipeline.errors import MaterialError
from pipeline.flashes import WORDING, FlashReport, analyse, analyse_frames, pictures, stripes, verdicts
from pipeline.flashes.areas import Parts
from pipeline.flashes.light import light
from pipeline.pieces import Encoder

PATTERNS = calibrated.patterns()
DOOR = (
    "3.0 Hz at 24 from 7", "4.0 Hz at 24 from 7", "7.5 Hz at 25 from 0", "15.0 Hz at 30 from 0", "3.0 Hz at 30 from 7",
    "0.3 and 0.09 more at 30", "0.3 and 0.11 more at 30", "0.6 and 0.09 more at 25", "0.6 and 0.11 more at 25",
    "the darker at 0.79", "the darker at 0.81", "one of four is too weak", "quick fades", "quick fades, too weak",
    "0.24 of a part at 11, 33", "0.27 of a part at 11, 33", "0.20 of the frame in one piece",
    "squares of 36 change places", "left twice, then right twice", "red and grey, 4 Hz at 25",
    "red and grey, 3 Hz at 25",
    "red of 0.82 and 0.22 u′v′", "red and 0.19 u′v′", "noise in the dark",
)  # fmt: skip


def failed(report: FlashReport) -> frozenset[str]:
    return frozenset(check.id for check in verdicts(report) if not check.passed)


def film(path: Path, frames: Iterable[Frame], fps: int) -> Path:
    """The frames as our own encoder writes them."""
    pictures = [np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)]) for frame in frames]
    high, wide = pictures[0].shape[:2]
    encoder = Encoder(peak_bps=8_000_000, gop=2 * fps).arguments()
    tagged = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-an", *encoder, "-f", "mp4", f"file:{path}"]
    feed = (memoryview(np.ascontiguousarray(one)).cast("B") for one in pictures)
    ffmpeg.Runner().run([*ffmpeg.fed(wide, high, fps), *tagged], feed=feed)
    return path


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_calibrated_patterns(pattern: Pattern) -> None:
    """A pattern just above a threshold fails by exactly its rules, one just below passes."""
    report = analyse_frames(pattern.frames(), pattern.fps)
    assert failed(report) & BLOCKING == pattern.fails, (report.general, report.red)
    assert report.passes == (not pattern.fails)


@pytest.mark.parametrize("pattern", [one for one in PATTERNS if one.name in DOOR], ids=lambda pattern: pattern.name)
def test_calibrated_patterns_as_files(pattern: Pattern, tmp_path: Path) -> None:
    """Verdicts are the same for the file that our encoder writes, with its losses and halved colour."""
    path = film(tmp_path / "pattern.mp4", pattern.frames(), pattern.fps)
    report = analyse(path)
    assert failed(report) & BLOCKING == pattern.fails, (report.general, report.red)
    assert report.fps == pattern.fps


def test_every_pattern_for_the_door_exists() -> None:
    """No file pattern is left out because its name has changed."""
    assert {one.name for one in PATTERNS} >= set(DOOR)


@pytest.mark.parametrize(
    "name",
    [
        "goldengate-aerial-portrait-720x1280.mp4",
        "gopro-karma-flight.mp4",
        "london-euston-road-portrait-hevc.mp4",
        "DJI_20250723102139_0001_D.MP4",
        "DJI_20260315180109_0003_D_5s_fixture.MP4",
    ],
)
def test_real_footage_passes(name: str, shared: Path) -> None:
    """Water, leaves against the sky, bridge cables, a kart at full speed: none of them flashes, none is striped."""
    report = analyse(shared / "data" / "footage" / name)
    assert failed(report) == frozenset()
    assert report.general.flashes <= 1.5


def test_fine_checks_are_exempt() -> None:
    """Squares below a tenth of a degree (3.6 of 1080 pixels) that change places are balanced; larger ones flash."""
    rows, columns = np.mgrid[:1920, :1080]
    for side, fails in ((3, False), (9, True)):
        light_ones = (((rows // side + columns // side) % 2) * 255).astype(np.uint8)[..., None].repeat(3, 2)
        fine = [pictures.averaged(one, 162, 288) for one in (light_ones, 255 - light_ones)]
        assert ("F3" in failed(analyse_frames(fine * 10, 25))) == fails, side


def test_a_report_tells_when_and_where() -> None:
    """A stretch of flashing has its seconds, its count, its share of the frame and a box around it."""
    states = [*[DARK] * 50, *calibrated.pulses([0, 6, 12, 18], 25, DARK, PALE, 3), *[DARK] * 50]
    area = calibrated.rectangle(60, 90, 10, 20)
    report = analyse_frames(calibrated.flashing(states, area, DARK), 25)
    (found,) = report.failing
    assert found.kind == "general"
    assert found.span.start == 2
    assert found.span.end == 2 + Fraction(22, 25)  # with the picture of the last turn
    assert found.flashes == 4
    assert found.share == pytest.approx(60 * 90 / (WIDE * HIGH), abs=0.01)
    edges = (found.box.left * WIDE, found.box.top * HIGH, found.box.right * WIDE, found.box.bottom * HIGH)
    assert edges == pytest.approx((10, 20, 70, 110), abs=2)
    assert [second.general for second in report.graph] == [0, 0, 4, 3.5, 0]  # seconds that end in it
    assert all(second.red == 0 for second in report.graph)


def test_stretches_apart_stay_apart() -> None:
    """Two bursts with calm between them are two stretches; red and general ones are told apart."""
    burst = calibrated.square(5, 25, 1, DARK, PALE)
    red = calibrated.square(5, 25, 1, calibrated.grey(0.17), calibrated.RED)
    report = analyse_frames(calibrated.flashing([*burst, *[DARK] * 60, *red]), 25)
    assert [one.kind for one in report.failing] == ["general", "red"]
    assert report.failing[0].span.end < report.failing[1].span.start


@pytest.mark.parametrize(
    ("hertz", "seconds", "lasting"), [(2, 6, True), (3, 5.6, True), (2, 4, False), (1.4, 7, False)]
)
def test_lasting_flicker_warns(hertz: float, seconds: float, lasting: bool) -> None:
    """Two to three flashes in every second for five seconds pass, with a warning."""
    states = calibrated.square(hertz, 25, seconds, DARK, PALE)
    report = analyse_frames(calibrated.flashing([*states, *[DARK] * 30]), 25)
    assert report.passes
    assert failed(report) == (frozenset({"F9"}) if lasting else frozenset())


def bars(pairs: float, *, share: float = 1.0, top: int = 255, low: int = 0, turn: float = 0.0) -> Frame:
    """`pairs` of stripes over the whole, of which a part of the width is shown on grey."""
    rows, columns = np.mgrid[:HIGH, :WIDE]
    phase = (columns * np.cos(turn) + rows * np.sin(turn)) * pairs / (WIDE * share)
    frame = np.where(phase % 1 < 0.5, top, low)
    frame[:, round(WIDE * share) :] = 90
    return frame.astype(np.uint8)[..., None].repeat(3, 2)


@pytest.mark.parametrize(
    ("name", "frame", "striped"),
    [
        ("four pairs", bars(4), False),
        ("five pairs", bars(5), False),
        ("six pairs", bars(6), True),
        ("six pairs across", bars(6).transpose(1, 0, 2), True),
        ("twenty pairs", bars(20), True),
        ("aslant", bars(12, turn=0.6), True),
        ("diagonal", bars(9, turn=-0.8), True),
        ("on 0.2 of the frame", bars(6, share=0.2), False),
        ("on 0.3 of the frame", bars(6, share=0.3), True),
        ("45 cd/m²", bars(8, top=130), False),
        ("55 cd/m²", bars(8, top=143), True),
        ("faint", bars(8, top=200, low=160), False),
        ("noise", np.random.default_rng(5).integers(0, 256, (HIGH, WIDE, 3)).astype(np.uint8), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_stripes_of_one_picture(name: str, frame: Frame, striped: bool) -> None:
    """More than five clear pairs of stripes over more than a quarter of the frame count, in any direction."""
    assert stripes.enough(stripes.striped(frame)) == striped, name


@pytest.mark.parametrize(("frames", "warns"), [(14, False), (15, True), (40, True)])
@pytest.mark.parametrize("before", [30, 37])
def test_stripes_warn_after_half_a_second(frames: int, warns: bool, before: int) -> None:
    """Stripes for half a second warn and never block; their seconds are told to the frame."""
    plain = bars(2)
    report = analyse_frames([*[plain] * before, *[bars(8)] * frames, *[plain] * 30], 30)
    assert failed(report) == (frozenset({"F10"}) if warns else frozenset())
    if warns:
        (found,) = report.stripes
        assert (found.span.start, found.span.end) == (Fraction(before, 30), Fraction(before + frames, 30))
        assert found.share > 0.9


def test_verdicts_are_words_for_an_officer() -> None:
    """A failing film says when, how often, how much and where, and what to do; a passing one says nothing."""
    states = [*[DARK] * 310, *calibrated.square(5, 25, 1, DARK, PALE)]
    area = calibrated.rectangle(100, 100, 0, 0)
    checks = {one.id: one for one in verdicts(analyse_frames(calibrated.flashing(states, area), 25))}
    assert list(checks) == ["F3", "F2", "F4", "F5", "F9", "F10", "F12"]
    first = checks["F3"]
    assert (first.measured, first.limit, first.level, first.passed) == ("5", "at most 3", "block", False)
    assert first.remedy.startswith(
        "from 0:12.4 to 0:13.4 the picture flashes 5 times in a second over 28 % of the frame"
    )
    assert "take other seconds" in first.remedy
    assert checks["F2"].passed
    assert checks["F2"].remedy == ""
    assert checks["F5"].measured == "28 %"
    assert {one.level for one in checks.values() if one.id in ("F9", "F10")} == {"warn"}


def test_nobody_promises_harmlessness() -> None:
    """Words never say that a film has passed a certified analyser or can do no harm (rule F12)."""
    reports = [analyse_frames(one.frames(), one.fps) for one in PATTERNS[:6]]
    words = " ".join(
        f"{check.what} {check.measured} {check.limit} {check.remedy}" for one in reports for check in verdicts(one)
    )
    assert not any(promise in f"{words} {WORDING}".lower() for promise in ("safe", "harding", "harmless", "guarantee"))
    assert "checked against published thresholds" in WORDING.lower()
    assert all(verdicts(report)[-1].measured == WORDING for report in reports)


def test_files_that_are_no_films(tmp_path: Path) -> None:
    """A file that cannot be read, or without pictures, is one sentence."""
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(b"\0\0\0\x18ftypisom" + b"\0" * 200)
    with pytest.raises(MaterialError, match=r"torn\.mp4"):
        analyse(torn)
    with pytest.raises(MaterialError, match="no pictures"):
        analyse_frames([], 25)


def test_light_follows_the_definitions() -> None:
    """White is 1, sRGB red 0.2126 of it; only strong red is saturated, and black has the colour of white."""
    row: Sequence[Sequence[int]] = [(255, 255, 255), (255, 0, 0), (0, 0, 0), (255, 140, 130), (20, 0, 0)]
    seen = light(np.array([row], np.uint8))
    assert seen.luminance[0, :3] == pytest.approx([1, 0.2126, 0], abs=1e-4)
    assert seen.saturated()[0].tolist() == [False, True, False, False, False]
    u, v = seen.chromaticity()
    assert (u[0, 1], v[0, 1]) == pytest.approx((0.4507, 0.5229), abs=0.003)
    assert (u[0, 2], v[0, 2]) == pytest.approx((u[0, 0], v[0, 0]), abs=1e-4)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (1080, 1350), (1080, 1080), (64, 48), (8, 8), (3, 400)])
def test_grids_divide_by_three(size: tuple[int, int]) -> None:
    """Every grid has whole thirds and at most 144 cells a side; positions of a part cover all of it."""
    columns, rows = pictures.grid(*size)
    assert columns % 3 == rows % 3 == 0
    assert 6 <= max(columns, rows) <= 144
    parts = Parts(rows, columns)
    assert parts.cover(np.ones(parts.shape, np.bool_)).all()
    assert int(parts.sums(np.ones((rows, columns), np.bool_)).min()) == parts.cells
