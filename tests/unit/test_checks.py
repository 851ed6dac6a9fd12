"""The checks of a finished file: a good file passes them all, and each fault is found by its own check."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tiny_clips import CLOSED, encoded

from pipeline import mp4
from pipeline.checks import Expected, check_rendition, failed, loudness_checks
from pipeline.errors import MaterialError
from pipeline.limits import Limits, rows
from pipeline.loudness import Loudness
from pipeline.platforms import load_platforms

EXPECTED = Expected(width=64, height=48, fps=30, frames=60)
# As renditions are written: without the second flag the muxer shifts the picture by the sound's priming.
PLAIN = {"movflags": "faststart+negative_cts_offsets", "use_editlist": "0"}
SHIFTED = PLAIN | {"movflags": "faststart"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoded(tmp_path_factory.mktemp("good") / "a.mp4", options=CLOSED, **PLAIN)


def wrong(path: Path, expected: Expected = EXPECTED, limits: tuple[Limits, ...] = ()) -> set[str]:
    return {check.id for check in failed(check_rendition(path, expected, limits))}


def test_good_file_passes_all(good: Path) -> None:
    """A file as the contract wants it fails nothing, and every check says what it measured."""
    checks = check_rendition(good, EXPECTED, [])
    assert failed(checks) == ()
    assert len(checks) >= 17
    assert all(check.measured and check.limit and not check.remedy for check in checks)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"width": 66}, "frame"),
        ({"fps": 25}, "frame-rate"),
        ({"frames": 61}, "frames"),
        ({"frames": 120}, "sound-length"),
        ({"sound": False}, "sound-track"),
    ],
)
def test_other_than_planned_is_found(good: Path, changed: dict[str, int], fault: str) -> None:
    """A frame more, another size or rate, a sound track too many: each is named."""
    assert fault in wrong(good, replace(EXPECTED, **changed))


@pytest.mark.parametrize(
    ("options", "muxer", "fault"),
    [
        ({}, {"movflags": "faststart", "use_editlist": "1"}, "no-edit-list"),
        ({}, {"use_editlist": "0"}, "moov-first"),
        ({}, {"movflags": "frag_keyframe+empty_moov"}, "one-piece"),
        ({"profile": "baseline"}, PLAIN, "codec"),
        ({"g": "90", "x264-params": "scenecut=0:keyint=90"}, PLAIN, "gop"),
        ({"bf": "2", "x264-params": "scenecut=0:open-gop=1"}, PLAIN, "gop"),
        ({"bf": "2"}, SHIFTED, "starts-at-zero"),
        ({}, SHIFTED, "frame-rate"),
    ],
)
def test_each_fault_has_its_check(tmp_path: Path, options: dict[str, str], muxer: dict[str, str], fault: str) -> None:
    """Each way to get the file wrong is found by the check of that name."""
    path = encoded(tmp_path / "a.mp4", options=CLOSED | options, frames=90, **muxer)
    assert fault in wrong(path, replace(EXPECTED, frames=90))


def test_real_camera_files_are_full_of_private_things(shared: Path) -> None:
    """Location, serial numbers, telemetry tracks and vendor boxes of camera originals are found."""
    footage = shared / "data" / "footage"
    assert {"no-metadata", "no-telemetry"} <= wrong(footage / "gopro-karma-flight.mp4")
    assert "no-metadata" in wrong(footage / "derived-DJI_0007-4k-hevc-main10-movtext.MP4")
    assert "no-metadata" in wrong(footage / "goldengate-aerial-1080p30.mp4")
    assert "upright" in wrong(footage / "derived-goldengate-rotated-90.mov")
    assert "no-telemetry" in wrong(footage / "DJI_20260315180109_0003_D_5s_fixture.MP4")


def test_position_inside_a_harmless_tag_is_found(good: Path, tmp_path: Path) -> None:
    """A comment may stay, a comment with coordinates may not."""
    import av

    for number, (comment, found) in enumerate((("A walk, 3+4 miles", False), ("+51.5647-000.2791/", True))):
        path = tmp_path / f"{number}.mp4"
        with av.open(str(good)) as source, av.open(str(path), "w", options=PLAIN) as out:
            out.metadata["comment"] = comment
            streams = {one.index: out.add_stream_from_template(one) for one in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
        assert mp4.read(path).tags["©cmt"] == comment
        assert ("no-metadata" in wrong(path)) is found


def test_truncated_file_is_not_whole(good: Path, tmp_path: Path) -> None:
    """A file cut off in the media is found, though its index is perfect."""
    path = tmp_path / "cut.mp4"
    path.write_bytes(good.read_bytes()[:-100])
    assert "whole" in wrong(path)


def test_no_mp4_is_an_error(tmp_path: Path) -> None:
    """What is no MP4 at all cannot be checked."""
    path = tmp_path / "a.mp4"
    path.write_text("#EXTM3U\nhttp://example.com/x.ts\n")
    with pytest.raises(MaterialError):
        check_rendition(path, EXPECTED, [])


TIGHT = {
    "size": {"size_max_bytes": 100},
    "size-advised": {"size_working_max_bytes": 100},
    "size-least": {"size_min_bytes": 75_000},
    "length": {"duration_min_s": Fraction(3)},
    "length-advised": {"duration_advised_max_s": Fraction(1)},
    "frames": {"frames_max": 59},
    "fps": {"fps_max": Fraction(25)},
    "bitrate": {"bitrate_max": 100},
    "bitrate-advised": {"bitrate_advised_max": 100},
    "frame": {"bounds": {"aspect_max": 1.0}},
    "sound": {"sound": False},
    "sample-rate": {"sample_rate_max": 44100},
    "channels": {"channels_max": 1},
}


@pytest.mark.parametrize("fault", TIGHT)
def test_each_limit_is_held(good: Path, fault: str) -> None:
    """Each limit refuses a file that breaks it, or warns when it is only advice; the remedy is said."""
    limits = Limits(platform="x", label="X", **TIGHT[fault])  # type: ignore[arg-type]
    found = failed(check_rendition(good, EXPECTED, [limits]))
    assert [check.id for check in found] == [f"x.{fault}"]
    assert found[0].level == ("warn" if "advised" in fault else "block")
    assert found[0].what.startswith("X: ")
    assert found[0].remedy


def test_length_on_the_limit_passes(good: Path) -> None:
    """A limit includes its own figure."""
    two = Fraction(2)
    assert not wrong(good, limits=(Limits(platform="x", duration_min_s=two, duration_max_s=two),))


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_every_platform_takes_its_own_frames(good: Path, fps: int) -> None:
    """The frames that a platform names, at 10 s and a rate that it takes, fit all that it publishes."""
    film = mp4.read(good)
    for platform in load_platforms().values():
        for frame in platform.frames:
            picture = replace(
                film.of_kind("vide")[0], width=frame.size.width, height=frame.size.height,
                rate=Fraction(fps), duration=Fraction(10), samples=fps * 10,
            )  # fmt: skip
            tracks = (picture, *(film.of_kind("soun") if platform.sound else ()))
            found = rows(replace(film, tracks=tracks, size=2_000_000), Limits.of(platform))
            bad = [row for row in found if not row.passed]
            if platform.takes_fps(fps):
                assert bad == [], platform.id
            else:
                assert [row.id for row in bad] == ["fps"], platform.id


def test_loudness_levels() -> None:
    """Silence is fine; outside −18 to −13 warns; a peak above 0 dBTP is refused, above −1 it warns."""

    def levels(level: float | None, peak: float | None) -> list[tuple[str, str]]:
        sound = Loudness(integrated_lufs=level, true_peak_dbtp=peak, range_lu=1.0)
        return [(check.id, check.level) for check in failed(loudness_checks(sound))]

    assert levels(None, None) == []
    assert levels(-14.0, -1.5) == []
    assert levels(-18.1, -1.0) == [("loudness", "warn")]
    assert levels(-14.0, -0.9) == [("true-peak", "warn")]
    assert levels(-14.0, 0.1) == [("true-peak", "block")]
