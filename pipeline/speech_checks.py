"""The rules for subtitles that can be known from the file and the sound: facts/accessibility.md, S1–S8, S16, S17.

One finding a rule: the worst subtitle, its time, and how many others there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from pipeline.errors import Level
from pipeline.speech_finding import Finding, finding, others, place
from pipeline.subtitles import Cue
from pipeline.timing import Span, timecode

_SLOWER = "show it for longer, or say the same in fewer words"
_FAST_WPM, _LEAST_S_PER_WORD = 180, Fraction(3, 10)
_FAST_CPS, _MOST_CPS = 17, 20
_SHORT_S, _LONG_S, _GAP_S, _LATE_S = Fraction(5, 6), Fraction(7), Fraction(1), Fraction(3, 2)
_UNTOLD_S = Fraction(2)  # sound without a subtitle, longer than a breath or a noise
_LONG_WORDS = 14  # letters a word: a script without spaces, for which words mean nothing (facts T11)


def presence(
    cues: Sequence[Cue] | None, *, where: str, checked_by: str, lang: str, heard: Sequence[Span] | None = None
) -> tuple[Finding, ...]:
    """S1 and S2: subtitles are there, somebody has checked them, and nothing long is heard without one. `heard`: where
    the voice speaks, if that was measured."""
    found = [
        finding(
            "S1", f"Subtitles of what is said ({lang})", "block", where, "there" if cues else "none", "there",
            bool(cues), "write `subtitles: NAME.srt` below `voice:`, a file for each language",
        ),
        finding(
            "S2", "A person has checked the subtitles", "block", where, checked_by or "nobody is named", "a name",
            bool(checked_by), "read them against the sound, then write `checked_by: NAME` below `voice:`",
        ),
    ]  # fmt: skip
    if not cues:
        return (found[0],)
    if heard is not None:
        found += [_untold(cues, heard, where), _in_time(cues, heard, where)]
    return tuple(found)


def _untold(cues: Sequence[Cue], heard: Sequence[Span], where: str) -> Finding:
    spans = [Span(start=cue.start - _LATE_S, end=cue.end + _LATE_S) for cue in cues]
    bare = [span for span in _outside(heard, spans) if span.duration >= _UNTOLD_S]
    told = ", ".join(f"{timecode(one.start)} to {timecode(one.end)}" for one in bare[:3])
    return finding(
        "S1.whole", "Heard without a subtitle", "warn", where, f"from {told}" if bare else "nothing", "nothing",
        not bare, "add subtitles there; for music or nature say what is heard, such as [birdsong]",
    )  # fmt: skip


def _outside(spans: Iterable[Span], covered: Sequence[Span]) -> list[Span]:
    """What of `spans` lies in none of `covered`."""
    left = list(spans)
    for cover in covered:
        cut = []
        for span in left:
            before = Span(start=span.start, end=min(span.end, cover.start))
            after = Span(start=max(span.start, cover.end), end=span.end)
            cut += [part for part in (before, after) if part.duration > 0]
        left = cut
    return left


def _in_time(cues: Sequence[Cue], heard: Sequence[Span], where: str) -> Finding:
    """Each phrase against the subtitle that comes up nearest to it."""
    late = [(min((cue.start - span.start for cue in cues), key=abs), span) for span in heard[:1]]
    late += [
        (min((cue.start - span.start for cue in cues), key=abs), span)
        for before, span in pairwise(heard)
        if span.start - before.end >= 1
    ]
    worst = max(late, key=lambda pair: abs(pair[0]), default=(Fraction(0), Span(start=Fraction(0), end=Fraction(0))))
    off = worst[0]
    told = f"{abs(float(off)):.1f} s {'late' if off > 0 else 'early'} at {timecode(worst[1].start)}"
    return finding(
        "S8", "Subtitles come with the words", "warn", where, told, "within 1.5 s", abs(off) <= _LATE_S,
        "move the subtitles, or check that this is the right sound file",
    )  # fmt: skip


def text_findings(cues: Sequence[Cue], *, where: str) -> tuple[Finding, ...]:
    """S3 to S7, S16 and S17, from times and words alone. Cues as their file has them."""
    spaced = [cue for cue in cues if len(cue.text) <= _LONG_WORDS * _words(cue)]
    pace = _Rule(where, cues)
    return (
        _Rule(where, spaced).most(
            "S3", "Reading speed in words", "warn", lambda cue: _per(60 * _words(cue), cue), _FAST_WPM, "words a minute"
        ),
        _Rule(where, spaced).least(
            "S4", "Time for each word", "block", lambda cue: float(cue.duration / _words(cue)), _LEAST_S_PER_WORD, "s"
        ),
        pace.most(
            "S5", "Reading speed in letters", "warn", lambda cue: _per(_signs(cue), cue), _FAST_CPS,
            "characters a second", grave_above=_MOST_CPS,
        ),
        pace.least("S6", "Shortest subtitle", "warn", lambda cue: float(cue.duration), _SHORT_S, "s"),
        pace.most(
            "S6.long", "Longest subtitle", "warn", lambda cue: float(cue.duration), _LONG_S, "s", "split it in two"
        ),
        _gaps(cues, where),
        _written(
            "S16", "Music is marked with ♫", cues, where, lambda text: bool(re.search("[🎵🎶🎼]", text)),
            "write ♫ instead",
        ),
        _written(
            "S17", "No long run of capitals", cues, where, _shouts, "write it in small letters, as in a sentence"
        ),
    )  # fmt: skip


def _gaps(cues: Sequence[Cue], where: str) -> Finding:
    gaps = [(after.start - before.end, after) for before, after in pairwise(cues)]
    wrong = [(gap, cue) for gap, cue in gaps if 0 != gap < _GAP_S]
    worst = min(wrong, key=lambda pair: pair[0], default=None)
    told = f"{float(worst[0]):.2f} s at {timecode(worst[1].start)}{others(wrong)}" if worst else "as it should be"
    return finding(
        "S7", "Gap between two subtitles", "hint", place(where, worst[1] if worst else None), told, "none, or 1 s",
        not wrong, "let the first stay until the second comes up, or leave a whole second free",
    )  # fmt: skip


def _written(
    rule: str, what: str, cues: Sequence[Cue], where: str, wrong: Callable[[str], bool], remedy: str
) -> Finding:
    found = [cue for cue in cues if wrong(cue.text)]
    told = f"not at {timecode(found[0].start)}{others(found)}" if found else "yes"
    return finding(rule, what, "hint", place(where, found[0] if found else None), told, "yes", not found, remedy)


def _shouts(text: str) -> bool:
    """Three words or more in capitals, twelve letters at least; an abbreviation is none of that."""
    return any(
        sum(map(str.isalpha, run)) >= 12
        for run in re.findall(r"(?:\b[^\W\d_a-z]{2,}\b\W*){3,}", text)
        if run.upper() == run and run.lower() != run
    )


class _Rule:
    """A figure of every cue against a limit; the worst is told."""

    def __init__(self, where: str, cues: Sequence[Cue]) -> None:
        self._where, self._cues = where, cues

    def most(
        self, rule: str, what: str, level: Level, value: Callable[[Cue], float], limit: float | Fraction, unit: str,
        remedy: str = _SLOWER, grave_above: float | None = None,
    ) -> Finding:  # fmt: skip
        wrong = sorted((cue for cue in self._cues if value(cue) > limit), key=value, reverse=True)
        worst = max(self._cues, key=value, default=None)
        grave: Level = "block" if grave_above and worst and value(worst) > grave_above else level
        told = f"at most {_number(limit)} {unit}"
        return self._told(rule, what, grave, worst, value, told, unit, wrong, remedy)

    def least(
        self, rule: str, what: str, level: Level, value: Callable[[Cue], float], limit: Fraction, unit: str
    ) -> Finding:  # fmt: skip
        wrong = sorted((cue for cue in self._cues if value(cue) < limit - Fraction(1, 2000)), key=value)
        worst = min(self._cues, key=value, default=None)
        return self._told(rule, what, level, worst, value, f"at least {_number(limit)} {unit}", unit, wrong, _SLOWER)

    def _told(
        self, rule: str, what: str, level: Level, worst: Cue | None, value: Callable[[Cue], float], limit: str,
        unit: str, wrong: Sequence[Cue], remedy: str,
    ) -> Finding:  # fmt: skip
        told = f"{_number(value(worst))} {unit} at {timecode(worst.start)}{others(wrong)}" if worst else "none"
        return finding(rule, what, level, place(self._where, worst), told, limit, not wrong, remedy)


def _words(cue: Cue) -> int:
    return max(1, len(cue.text.split()))


def _signs(cue: Cue) -> int:
    return len(" ".join(cue.text.split()))


def _per(count: float, cue: Cue) -> float:
    return float(count / max(cue.duration, Fraction(1, 1000)))


def _number(value: float | Fraction) -> str:
    return f"{float(value):.{1 if value >= 10 else 2}f}".rstrip("0").rstrip(".")
