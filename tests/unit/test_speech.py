"""Subtitles of a voice-over: read from untidy files, broken into good lines, held against the rules."""

from __future__ import annotations

import codecs
import string
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import speech
from pipeline.errors import MaterialError
from pipeline.geometry import Box, Size
from pipeline.speech_checks import presence, text_findings
from pipeline.speech_finding import Finding
from pipeline.speech_lines import Setter, Setting, parts_what_belongs_together, shares
from pipeline.speech_set import setting_findings
from pipeline.speech_text import plain
from pipeline.subtitles import Cue
from pipeline.timing import Span

SRT = "1\n00:00:01,000 --> 00:00:02,500\nMeadow and pond\n\n2\n00:00:03,000 --> 00:00:04,000\nGyda’r hwyr\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nMeadow and pond\n\n00:03.000 --> 00:04.000\nGyda’r hwyr\n"
BOTH = (
    Cue(start=Fraction(1), end=Fraction(5, 2), text="Meadow and pond"),
    Cue(start=Fraction(3), end=Fraction(4), text="Gyda’r hwyr"),
)


def texts(text: str) -> list[str]:
    return [cue.text for cue in speech.parse(text.encode(), "voice.srt")]


UNTIDY = {
    "srt": SRT.encode(),
    "vtt": VTT.encode(),
    "vtt called srt, byte order mark": codecs.BOM_UTF8 + VTT.encode(),
    "Windows line ends": SRT.replace("\n", "\r\n").encode(),
    "old Mac line ends": SRT.replace("\n", "\r").encode(),
    "UTF-16": SRT.encode("utf-16"),
    "UTF-16 without its mark": SRT.encode("utf-16-le"),
    "old Windows encoding": SRT.encode("cp1252"),
    "points for commas": SRT.replace(",", ".").encode(),
    "no numbers": SRT.replace("1\n00", "00").replace("2\n00", "00").encode(),
    "no empty lines": SRT.replace("\n\n", "\n").encode(),
    "wrong numbers": SRT.replace("2\n00", "17\n00").encode(),
    "settings": SRT.replace("02,500", "02,500  X1:40 Y1:10").encode(),
    "short times": SRT.replace("00:00:0", "0:0:").replace(",000", "").replace(",500", ",5").encode(),
    "no spaces": SRT.replace(" --> ", "-->").encode(),
    "another order": ("\n".join(reversed(SRT.split("\n\n")))).encode(),
    "a cue without words": (SRT + "\n3\n00:00:05,000 --> 00:00:06,000\n\n").encode(),
    "styles, regions, notes, names, voices": (
        b"WEBVTT - my file\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nNOTE\nnot shown\n\n"
        b"first\n00:01.000 --> 00:02.500 align:start position:10%\n<v Bob><c.red>Meadow</c> <00:01.900>and pond\n\n"
        b"00:00:03.000 --> 00:00:04.000\n<i>Gyda&rsquo;r</i>&lrm; hwyr\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(UNTIDY))
def test_untidy_files_are_read(kind: str) -> None:
    """Whatever is merely untidy is read: the same times, the same words."""
    found = speech.parse(UNTIDY[kind], "voice.srt")
    assert [(cue.start, cue.end) for cue in found] == [(cue.start, cue.end) for cue in BOTH]
    assert [cue.text.replace("\u200e", "") for cue in found] == [cue.text for cue in BOTH]


BROKEN = {
    "00:00:xx,000 --> 00:00:02,000": r"voice\.srt:6: I cannot read",
    "00:00:05,000 -- 00:00:02,000 -->": r"voice\.srt:6: I cannot read",
    "00:00:05,000 --> 00:00:02,000": r"voice\.srt:6: the subtitle ends before",
    "00:00:75,000 --> 00:01:02,000": r"voice\.srt:6: .*59",
    "99:00:05,000 --> 99:01:02,000": r"voice\.srt:6: .*later than a day",
}


@pytest.mark.parametrize("times", sorted(BROKEN))
def test_what_is_broken_is_told_with_its_line(times: str) -> None:
    """A subtitle whose times cannot be meant is not skipped; its line is named."""
    with pytest.raises(MaterialError, match=BROKEN[times]):
        speech.parse(SRT.replace("00:00:03,000 --> 00:00:04,000", times).encode(), "voice.srt")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no subtitles"),
        (b"Just words.\n", "no subtitles"),
        (b"WEBVTT\n", "no subtitles"),
        (b"[Script Info]\nTitle: x\n", "ASS"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "not a text file"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n" + b"word " * 200, "1 has|characters"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 5001, "more than 5000"),
    ],
)
def test_what_is_no_subtitle_file_is_refused(data: bytes, what: str) -> None:
    """Empty, foreign and endless files are refused with a reason and a remedy."""
    with pytest.raises(MaterialError, match=what) as caught:
        speech.parse(data, "voice.srt")
    assert caught.value.problems[0].remedy


def test_a_file_that_is_missing_or_huge(tmp_path: Path) -> None:
    """Neither is read into memory."""
    with pytest.raises(MaterialError, match="cannot be read"):
        speech.read(tmp_path / "voice.srt")
    with (tmp_path / "voice.srt").open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(MaterialError, match="too large"):
        speech.read(tmp_path / "voice.srt")


def test_a_number_can_be_the_text() -> None:
    """A year stays what is said; only the number above the times is not."""
    assert texts("1\n00:00:01,000 --> 00:00:02,000\nBuilt in\n1924\n\n2\n00:00:03,000 --> 00:00:04,000\n1948\n") == [
        "Built in\n1924",
        "1948",
    ]


def test_zero_length_and_overlaps_are_kept_for_the_checks() -> None:
    """What nobody could read is not dropped in silence: the rules speak of it."""
    found = speech.parse(SRT.replace("00:00:02,500", "00:00:01,000").encode(), "voice.srt")
    assert found[0].duration == 0
    assert not rule(text_findings(found, where="voice.srt"), "S4").passed


HOSTILE = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "&lt;b&gt;": "<b>",
    "&amp;lt;b&amp;gt;": "&lt;b&gt;",
    "{\\an8}{\\pos(1,2)}Up": "Up",
    "{curly} stays": "{curly} stays",
    "<font color='#f00'>Red</font>": "Red",
    "5 < 6 > 4": "5 < 6 > 4",
    "<b>AT&T</b> &nosuch;": "AT&T &nosuch;",
    "movie=/etc/passwd,drawtext='x':[in]": "movie=/etc/passwd,drawtext='x':[in]",
    "a --> b": "a --> b",
    "\u202eevil\u202c\x07": "evil",
    "two\\Nlines": "two\nlines",
}


@pytest.mark.parametrize("text", sorted(HOSTILE))
def test_only_markup_of_the_formats_is_taken_out(text: str) -> None:
    """Tags and codes that SubRip, WebVTT and ASS know go; all else is text, as it was written."""
    assert plain(text) == HOSTILE[text]


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="012:,.->\n <&{\\}aW", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No file makes the reader fall over: cues in order, or a MaterialError."""
    try:
        found = speech.parse(data, "voice.srt")
    except MaterialError:
        return
    assert all(cue.text.strip() and 0 <= cue.start <= cue.end for cue in found)
    assert list(found) == sorted(found, key=lambda cue: (cue.start, cue.end))


# Lines


def setter(room: float, lines: int = 2, lang: str = "en") -> Setter:
    return Setter(width=len, room=room, lines=lines, lang=lang)


@pytest.mark.parametrize(
    ("text", "lang", "lines"),
    [
        ("Turn left at the gate and follow the path.", "en", ("Turn left at the gate", "and follow the path.")),
        ("It is open, and on a clear day you see far", "en", ("It is open,", "and on a clear day you see far")),
        ("Follow the narrow path for 12 miles", "en", ("Follow the narrow path", "for 12 miles")),
        ("O ben y bryn gallwch weld ymhell, meddan nhw", "cy", ("O ben y bryn gallwch weld ymhell,", "meddan nhw")),
        ("- Where are we?\n- Near the pond.", "en", ("- Where are we?", "- Near the pond.")),
    ],
)
def test_lines_break_where_a_reader_pauses(text: str, lang: str, lines: tuple[str, ...]) -> None:
    """After punctuation, before a conjunction, not between a figure and its unit; each speaker has lines of his own."""
    assert setter(33, 2, lang).pages(text) == (lines,)


def test_an_article_stays_with_its_noun() -> None:
    """An even break after `the` or `y` gives way to an uneven one."""
    assert setter(26).pages("We go over to the old barn on the hill")[0][0] != "We go over to the"
    assert parts_what_belongs_together("the", "barn", "en")
    assert parts_what_belongs_together("y", "bryn", "cy")
    assert parts_what_belongs_together("2", "miles", "en")
    assert not parts_what_belongs_together("barn,", "the", "en")


WORDS = st.lists(st.text(string.ascii_letters + ",.", min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(WORDS, st.integers(6, 40), st.integers(1, 3))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, room: int, lines: int) -> None:
    """In any room: every sign in its order, no line wider than the room, never more lines together than may be."""
    pages = setter(room, lines).pages(text)
    shown = "".join("".join(page) for page in pages)
    assert shown.replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= room for page in pages for line in page)
    assert all(1 <= len(page) <= lines for page in pages)


def test_pages_share_the_time_by_their_length() -> None:
    """The longer page stays longer; the first begins at once."""
    assert shares((("aaaa",), ("aaaaaaaa", "aaaa")), 100) == (0, 25)


# Rules


def cue(start: float, end: float, text: str) -> Cue:
    return Cue(start=Fraction(str(start)), end=Fraction(str(end)), text=text, line=3)


def rule(found: tuple[Finding, ...], name: str) -> Finding:
    return next(one for one in found if one.rule == name)


AROUND = [  # rule, what just passes, what just fails, level of the failure
    ("S3", [cue(0, 2, "one two three four five six")], [cue(0, 1.99, "one two three four five six")], "warn"),
    ("S4", [cue(0, 1.2, "one two three four")], [cue(0, 1.19, "one two three four")], "block"),
    ("S5", [cue(0, 1, "a" * 17)], [cue(0, 1, "a" * 18)], "warn"),
    ("S5", [cue(0, 1, "a" * 17)], [cue(0, 1, "a" * 21)], "block"),
    ("S6", [cue(0, 0.834, "a")], [cue(0, 0.82, "a")], "warn"),
    ("S6.long", [cue(0, 7, "a")], [cue(0, 7.01, "a")], "warn"),
    ("S7", [cue(0, 2, "a"), cue(2, 4, "b"), cue(5, 7, "c")], [cue(0, 2, "a"), cue(2.5, 4, "b")], "hint"),
    ("S7", [cue(0, 2, "a")], [cue(0, 2, "a"), cue(1.5, 4, "b")], "hint"),
    ("S16", [cue(0, 2, "♫")], [cue(0, 2, "🎵 la")], "hint"),
    ("S17", [cue(0, 9, "The BBC and the NHS")], [cue(0, 9, "DO NOT CROSS THE RAILWAY")], "hint"),
]


@pytest.mark.parametrize(("name", "good", "bad", "level"), AROUND)
def test_rules_of_times_and_words(name: str, good: list[Cue], bad: list[Cue], level: str) -> None:
    """Just inside a limit passes, just outside fails, with the level, the value, the place and a remedy."""
    assert rule(text_findings(good, where="voice.srt"), name).passed
    found = rule(text_findings(bad, where="voice.srt"), name)
    assert (found.passed, found.level, found.where) == (False, level, "voice.srt:3")
    assert found.remedy
    assert found.measured
    assert (found.check().id, found.check().passed) == (name, False)
    assert found.problem().level == ("warn" if level == "block" else level)


def test_words_mean_nothing_without_spaces() -> None:
    """A script without spaces is held against characters a second alone."""
    found = text_findings([cue(0, 2, "从山顶可以看到整个温布利")], where="voice.srt")
    assert all(one.passed for one in found)


def test_the_worst_is_told_and_the_others_counted() -> None:
    """Three are too fast: the fastest is named."""
    cues = [cue(k, k + 1, "a" * (22 + k)) for k in range(3)]
    assert rule(text_findings(cues, where="voice.srt"), "S5").measured == "24 characters a second at 0:02, and 2 more"


HEARD = [Span(start=Fraction(1), end=Fraction(4)), Span(start=Fraction(10), end=Fraction(14))]


def test_speech_without_subtitles_is_refused() -> None:
    """S1 and S2 forbid to publish; both are named with what cures them."""
    nothing = presence(None, where="voice.wav", checked_by="", lang="cy")
    assert [(one.rule, one.level, one.passed) for one in nothing] == [("S1", "block", False)]
    unread = presence(BOTH, where="voice.srt", checked_by="", lang="en")
    assert [(one.rule, one.passed) for one in unread] == [("S1", True), ("S2", False)]
    assert all(one.passed for one in presence(BOTH, where="voice.srt", checked_by="A. Jones", lang="en"))


def test_what_is_heard_is_held_against_what_is_written() -> None:
    """A phrase without a subtitle is told with its time; so is a file whose times are off."""
    found = presence([cue(1, 4, "a")], where="v", checked_by="A", lang="en", heard=HEARD)
    assert not rule(found, "S1.whole").passed
    assert "0:10 to 0:14" in rule(found, "S1.whole").measured
    on_time = presence([cue(1.4, 4, "a"), cue(10, 14, "b")], where="v", checked_by="A", lang="en", heard=HEARD)
    assert rule(on_time, "S1.whole").passed
    assert rule(on_time, "S8").passed
    late = presence([cue(3, 5, "a"), cue(12, 15, "b")], where="v", checked_by="A", lang="en", heard=HEARD)
    assert "2.0 s late" in rule(late, "S8").measured
    assert not rule(late, "S8").passed


def stands(pages: tuple[tuple[str, ...], ...], box: Box, widest: float = 400, line: int = 82) -> Setting:
    return Setting(pages=pages, size=60, line_px=line, widest_px=widest, box=box)


def test_rules_of_lines_on_a_frame() -> None:
    """S10 to S14 from the lines as they stand: what fits passes, what does not is told."""
    frame = Size(1080, 1920)
    good = stands((("From the top", "of the hill"),), Box(x=200, y=1000, width=500, height=164))
    bad = stands(
        (("We walk to the", "barn"), ("and on",)), Box(x=0, y=1700, width=1080, height=164), widest=1000, line=74
    )

    def found(one: Setting) -> dict[str, bool]:
        told = setting_findings([(BOTH[0], one)], where="v", frame=frame, lines=3, room_px=972, lang="en")
        return {finding.rule: finding.passed for finding in told}

    assert set(found(good)) == {"S10", "S11", "S12", "S13", "S14"}
    assert all(found(good).values())
    assert not any(found(bad).values())
