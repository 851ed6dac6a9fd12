"""Loudness from ffmpeg's summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import loudness
from pipeline.errors import ToolError

SUMMARY = """[Parsed_ebur128_0 @ 0x55d0] Summary:

  Integrated loudness:
    I:         {i} LUFS
    Threshold: -31.8 LUFS

  Loudness range:
    LRA:         {lra} LU
    Threshold: -41.8 LUFS
    LRA low:   -21.8 LUFS
    LRA high:  -18.3 LUFS

  True peak:
    Peak:       {peak} dBFS
[out#0/null @ 0x55d1] video:0KiB audio:750KiB
"""


def test_reads_the_three_figures() -> None:
    """Integrated loudness, range and true peak are taken from the end of the talk."""
    text = "I: -9.0 LUFS in passing\n" + SUMMARY.format(i="-14.2", lra="3.5", peak="-1.6")
    found = loudness.parsed(text, "x.mp4")
    assert (found.integrated_lufs, found.range_lu, found.true_peak_dbtp) == (-14.2, 3.5, -1.6)


def test_silence_has_no_loudness() -> None:
    """Silence is None, not a number that a check could take for very quiet."""
    found = loudness.parsed(SUMMARY.format(i="-70.0", lra="0.0", peak="-inf"), "x.mp4")
    assert found.integrated_lufs is None
    assert found.true_peak_dbtp is None


def test_missing_figures_are_a_tool_error() -> None:
    """When ffmpeg prints no summary, the file is named and nothing is guessed."""
    with pytest.raises(ToolError, match=r"x\.mp4"):
        loudness.parsed("Conversion failed!", "x.mp4")


def test_decodes_only_the_sound_of_a_local_file(tmp_path: Path) -> None:
    """ffmpeg is told to open a local MP4 and nothing else, and to leave the picture alone."""
    asked: list[Sequence[str]] = []

    def run(arguments: Sequence[str]) -> SimpleNamespace:
        asked.append(arguments)
        return SimpleNamespace(stderr=SUMMARY.format(i="-14.0", lra="1.0", peak="-2.0"))

    loudness.measure(tmp_path / "-evil:name.mp4", run)
    told = list(asked[0])
    assert told[told.index("-protocol_whitelist") + 1] == "file"
    assert told[told.index("-f") + 1] == "mov"
    assert told.index("-vn") < told.index("-i")
    assert told[told.index("-i") + 1].startswith("file:")


@pytest.mark.slow
def test_measures_a_real_tone(tmp_path: Path) -> None:
    """A 1 kHz tone at −18 dBFS in both channels is −18 LUFS (the meter's own calibration, EBU Tech 3341)."""
    from pipeline.ffmpeg import Runner

    tone = tmp_path / "tone.mp4"
    runner = Runner()
    source = "sine=f=1000:r=48000:d=4,volume=8,volume=-18dB,pan=stereo|c0=c0|c1=c0"
    runner.run(["-f", "lavfi", "-i", source, "-c:a", "aac", "-b:a", "192k", str(tone)])
    found = loudness.measure(tone, runner.run)
    assert found.integrated_lufs == pytest.approx(-18.0, abs=0.3)
    assert found.true_peak_dbtp == pytest.approx(-18.0, abs=0.5)
