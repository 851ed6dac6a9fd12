"""Subtitle files: valid, ordered, readable by the readers that people use."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.subtitles import Cue, ordered, srt, vtt


def cue(start: str, end: str, text: str) -> Cue:
    return Cue(start=Fraction(start), end=Fraction(end), text=text)


CUES = (cue("0", "3", "Fryent Country Park"), cue("4.25", "7.5", "Meadow & pond\nbest view"))


def test_srt_exactly() -> None:
    """The SubRip file, byte by byte."""
    assert srt(CUES) == (
        "1\n00:00:00,000 --> 00:00:03,000\nFryent Country Park\n\n"
        "2\n00:00:04,250 --> 00:00:07,500\nMeadow & pond\nbest view\n"
    )


def test_vtt_exactly() -> None:
    """The WebVTT file, byte by byte, escaped, with its language."""
    assert vtt(CUES, "en") == (
        "WEBVTT\n\nNOTE language en\n\n"
        "1\n00:00:00.000 --> 00:00:03.000\nFryent Country Park\n\n"
        "2\n00:00:04.250 --> 00:00:07.500\nMeadow &amp; pond\nbest view\n"
    )


def test_text_cannot_leave_its_cue() -> None:
    """Arrows, tags, position codes, empty lines and counters in a text stay text."""
    evil = "a --> b\n\n2\n00:00:09,000 --> 00:00:10,000\n<script>{\\an8}&lt;"
    for text in (srt([cue("0", "2", evil)]), vtt([cue("0", "2", evil)])):
        assert len(re.findall(r"^\d\d:\d\d:\d\d[.,]\d{3} --> \d\d", text, re.MULTILINE)) == 1
        assert "<script" not in text
    assert "{" not in srt([cue("0", "2", evil)])
    assert vtt([cue("0", "2", "&lt;")]).endswith("&amp;lt;\n")


def test_overlapping_texts_share_a_cue() -> None:
    """What is on screen together is one cue; nothing overlaps, nothing is lost."""
    found = ordered([cue("0", "4", "Title"), cue("2", "6", "Caption")])
    assert found == (
        cue("0", "2", "Title"),
        cue("2", "4", "Title\nCaption"),
        cue("4", "6", "Caption"),
    )


def test_cues_end_with_the_clip() -> None:
    """A cue that lasts longer than the clip is cut, one that begins after it is left out."""
    found = ordered([cue("8", "12", "End"), cue("11", "13", "Gone"), cue("-1", "1", "Start")], Fraction(10))
    assert found == (cue("0", "1", "Start"), cue("8", "10", "End"))


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            Cue,
            start=st.fractions(0, 20, max_denominator=30),
            end=st.fractions(0, 20, max_denominator=30),
            text=st.text(alphabet="ab\n ", max_size=4),
        ),
        max_size=8,
    )
)
def test_any_cues_come_out_in_order(cues: list[Cue]) -> None:
    """Whatever goes in, cues come out with text, by time and without overlap."""
    found = ordered(cues)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(one.start < one.end and one.text.strip() for one in found)


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_ffmpeg_reads_the_same_cues(tmp_path: Path, kind: str) -> None:
    """ffmpeg's own reader finds the same times and texts."""
    path = tmp_path / f"a.{kind}"
    path.write_bytes({"srt": srt, "vtt": vtt}[kind](CUES).encode())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
        times = [
            (packet.pts * packet.time_base, (packet.pts + packet.duration) * packet.time_base) for packet in packets
        ]
        texts = [bytes(packet).decode() for packet in packets]
    assert times == [(one.start, one.end) for one in CUES]
    assert texts[0] == "Fryent Country Park"
    assert texts[1] == ("Meadow & pond\nbest view" if kind == "srt" else "Meadow &amp; pond\nbest view")


def test_no_cues_make_valid_files() -> None:
    """Without text there is an empty SubRip file and a WebVTT file with its head only."""
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"
