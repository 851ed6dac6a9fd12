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

from pipeline.subtitles import Cue, framed, merged, ordered, spoken, srt, vtt


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


SAID = (cue("1", "3", "Start at the\ngate."), cue("3", "5.5", "Turn left."), cue("8", "9", "Enjoy."))


def test_speech_keeps_its_times_and_words() -> None:
    """On-screen text that comes and goes meanwhile changes nothing of what is said, nor when."""
    found = merged(SAID, [cue("0", "4.5", "Fryent"), cue("2", "8.2", "Pond"), cue("9.5", "12", "End")])
    for one in SAID:
        assert any((one.start, one.end) == (other.start, other.end) and one.text in other.text for other in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_what_is_read_is_told_between_what_is_said() -> None:
    """While nobody speaks, if a second is free; else in brackets below the words, once; never twice."""
    found = merged(SAID, [cue("1.2", "3.4", "Barn Hill\n2 miles"), cue("5", "8", "Pond")])
    assert found == (
        cue("1", "3", "Start at the\ngate.\n[Barn Hill, 2 miles]"),
        SAID[1],
        cue("5.5", "8", "Pond"),
        SAID[2],
    )


def test_words_that_are_said_and_shown_are_told_once() -> None:
    """A caption with the same words as the voice adds nothing."""
    assert merged(SAID, [cue("3", "5", "TURN LEFT")]) == SAID


def test_without_speech_the_text_on_screen_is_all() -> None:
    """As before there was a voice."""
    seen = [cue("0", "4", "Title"), cue("2", "6", "Caption")]
    assert merged([], seen) == ordered(seen)
    assert merged([cue("11", "12", "too late")], seen, Fraction(10)) == ordered(seen)


def test_people_who_speak_at_once() -> None:
    """A subtitle that reaches into the next ends there; one that would be gone at once is shown together with it."""
    assert spoken([cue("0", "3", "One"), cue("2.5", "5", "Two")]) == (cue("0", "2.5", "One"), cue("2.5", "5", "Two"))
    assert spoken([cue("0", "3", "One"), cue("0.2", "2", "Two")]) == (cue("0", "3", "One\nTwo"),)
    assert spoken([cue("4", "4", "Nobody sees this")]) == ()


def test_subtitles_in_frames() -> None:
    """Each begins at the frame nearest to its time, those that follow each other meet, none leaves the clip."""
    cues = [cue("0.99", "2.01", "a"), cue("2.01", "3", "b"), cue("9.5", "99", "c"), cue("11", "12", "d")]
    assert framed(cues, 25, 250) == ((25, 50, "a"), (50, 75, "b"), (238, 250, "c"))


CUE = st.builds(
    Cue,
    start=st.fractions(0, 20, max_denominator=30),
    end=st.fractions(0, 20, max_denominator=30),
    text=st.text(alphabet="ab<&{\n ", max_size=5),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(CUE, max_size=6), st.lists(CUE, max_size=6))
def test_any_tracks_become_one(speech: list[Cue], seen: list[Cue]) -> None:
    """Whatever goes in: in order, no overlap, every subtitle of speech at its time, and ffmpeg's and another reader's
    times are ours."""
    import pysubs2

    found = merged(speech, seen, Fraction(20))
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    kept = {(one.start, one.text) for one in spoken(speech, Fraction(20))}
    assert kept <= {(one.start, text) for one in found for text in (one.text, one.text.rpartition("\n[")[0])}
    written = ordered(found)  # equal neighbours are one
    for kind, text in (("srt", srt(found)), ("vtt", vtt(found))):
        read = pysubs2.SSAFile.from_string(text, kind)
        assert [(one.start, one.end) for one in read] == [
            (round(one.start * 1000), round(one.end * 1000)) for one in written
        ]


def test_another_reader_finds_the_same_words() -> None:
    """A subtitle library reads back what was written, hostile signs included, from both files."""
    import pysubs2

    cues = [cue("0", "2", "Meadow & <b>pond</b>\nseen {\\an8}"), cue("2", "3.04", "Gyda’r hwyr ♫ مسار")]
    read = pysubs2.SSAFile.from_string(srt(cues), "srt")
    assert [one.plaintext for one in read] == ["Meadow & ‹b›pond‹/b›\nseen (\\an8)", "Gyda’r hwyr ♫ مسار"]
    import html

    texts = [html.unescape(one.plaintext) for one in pysubs2.SSAFile.from_string(vtt(cues), "vtt")]
    assert texts[1] == cues[1].text
    assert "<b>pond</b>" in texts[0]


def test_our_own_reader_reads_our_files() -> None:
    """What is written is read back by the reader for voice-overs, times and words."""
    from pipeline.speech import parse

    assert parse(srt(SAID).encode(), "a.srt") == SAID
    assert parse(vtt(SAID, "en").encode(), "a.vtt") == SAID
