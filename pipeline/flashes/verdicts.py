"""The report as checks for the sidecar, in words that somebody who has never heard of thresholds can act on."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Level
from pipeline.flashes.areas import Box
from pipeline.flashes.report import FlashReport, Stretch
from pipeline.sidecar import Check
from pipeline.timing import timecode

WORDING = "Checked against published thresholds (WCAG 2.2, ITU-R BT.1702). This is not a certificate."

_MOST = 3  # flashes in any one second
_CURE = (
    "take other seconds of that clip, or show it for longer between cuts; sun on water, railings, lamps and quick cuts "
    "between light and dark are the usual causes"
)
_STILLER = "take other seconds of that clip, or come closer, so that the stripes are fewer or leave the picture"


def verdicts(report: FlashReport) -> tuple[Check, ...]:
    """Every check of flashes and stripes, passed or not, with the ids of the rules."""
    general, red = report.general, report.red
    worst = max(general.flashes, red.flashes)
    broad = max(general.broad, red.broad)
    of_kind = {kind: [one for one in report.failing if one.kind == kind] for kind in ("general", "red")}
    return (
        _flashes("F3", "Flashes in any one second", general.flashes, of_kind["general"], "flashes"),
        _flashes(
            "F2", "Flashes to and from saturated red in any one second", red.flashes, of_kind["red"], "flashes red"
        ),
        _check(
            "F4",
            "Flashes too often: share of any third by third of the frame (web)",
            _percent(max(general.part_share, red.part_share)),
            "at most 25 % (2.8 % of the frame)",
            worst <= _MOST,
            _cure(report.failing, "flashes"),
        ),
        _check(
            "F5",
            "Flashes too often: share of the whole frame (broadcast)",
            _percent(max(general.share, red.share)),
            "at most 25 %",
            broad <= _MOST,
            _cure(report.failing, "flashes"),
        ),
        _check(
            "F9",
            "Lasting flicker, two or three flashes in every second",
            _seconds(report.flicker),
            "less than 5 s at a time",
            not report.flicker,
            _cure(report.flicker, "flickers"),
            "warn",
        ),
        _check(
            "F10",
            "Regular stripes over more than a quarter of the frame",
            _seconds(report.stripes),
            "less than 0.5 s at a time",
            not report.stripes,
            _stripes(report.stripes),
            "warn",
        ),
        _check("F12", "Flashes and stripes: what was done", WORDING, "no promise of more", True, "", "hint"),
    )


def _check(id: str, what: str, measured: str, limit: str, passed: bool, remedy: str, level: Level = "block") -> Check:
    return Check(
        id=id,
        what=what,
        measured=measured,
        limit=limit,
        passed=passed,
        level=level,
        remedy="" if passed else remedy,
    )


def _flashes(id: str, what: str, most: float, failing: Sequence[Stretch], does: str) -> Check:
    return _check(id, what, number(most), f"at most {_MOST}", most <= _MOST, _cure(failing, does))


def _cure(stretches: Sequence[Stretch], does: str) -> str:
    told = [_told(one, "flashes red" if one.kind == "red" else does) for one in stretches[:3]]
    more = f", and {len(stretches) - 3} times more" if len(stretches) > 3 else ""
    return f"{'; '.join(told)}{more}: {_CURE}"


def _told(one: Stretch, does: str) -> str:
    often = f"{number(one.flashes)} times in a second"
    if one.kind == "flicker":
        return f"{_from(one)} the picture {does} up to {often}"
    return f"{_from(one)} the picture {does} {often} over {_percent(one.share)} of the frame ({where(one.box)})"


def _stripes(stretches: Sequence[Stretch]) -> str:
    told = [
        f"{_from(one)} stripes cover {_percent(one.share)} of the frame ({where(one.box)})" for one in stretches[:3]
    ]
    return f"{'; '.join(told)}: {_STILLER}"


def _from(one: Stretch) -> str:
    return f"from {timecode(one.span.start)} to {timecode(one.span.end)}"


def _seconds(stretches: Sequence[Stretch]) -> str:
    if not stretches:
        return "none"
    longest = max(one.span.duration for one in stretches)
    return (
        f"{float(longest):.1f} s from {timecode(stretches[0].span.start)}"
        if len(stretches) == 1
        else (f"{len(stretches)} times, up to {float(longest):.1f} s")
    )


def number(flashes: float) -> str:
    """Flashes with their halves: 3, 3½."""
    whole, half = divmod(round(flashes * 2), 2)
    return f"{whole or ''}½" if half else str(whole)


def where(box: Box) -> str:
    """A coarse place in words: `everywhere`, `upper left`, `middle`."""
    if box.right - box.left > 0.67 and box.bottom - box.top > 0.67:
        return "everywhere"
    high = _third((box.top + box.bottom) / 2, "upper", "lower") if box.bottom - box.top <= 0.67 else ""
    side = _third((box.left + box.right) / 2, "left", "right") if box.right - box.left <= 0.67 else ""
    return " ".join(word for word in (high, side) if word) or "middle"


def _third(middle: float, first: str, last: str) -> str:
    return first if middle < 0.4 else last if middle > 0.6 else ""


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %" if 0 < share < 0.1 else f"{share * 100:.0f} %"
