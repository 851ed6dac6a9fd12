"""The rules for subtitles that only show when the lines stand on a frame: facts/accessibility.md, S10–S14."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.geometry import Size
from pipeline.speech_finding import Finding, finding, others, place
from pipeline.speech_lines import Setting, parts_what_belongs_together
from pipeline.subtitles import Cue
from pipeline.timing import timecode


def setting_findings(
    shown: Sequence[tuple[Cue, Setting]], *, where: str, frame: Size, lines: int, room_px: float, lang: str
) -> tuple[Finding, ...]:
    """S10 to S14, from the lines as they stand on one frame. `lines` and `room_px`: how many may stand together, and
    how wide one may be."""
    name = f"{frame.width}×{frame.height}"
    split = [(cue, len(one.pages)) for cue, one in shown if len(one.pages) > 1]
    widest = max(((one.widest_px, cue) for cue, one in shown), key=lambda pair: pair[0], default=(0.0, None))
    height = min((one.line_px for _, one in shown), default=0) / frame.short
    torn = [(cue, pair) for cue, one in shown for pair in _breaks(one) if parts_what_belongs_together(*pair, lang)]
    out = [cue for cue, one in shown if not _central(one, frame)]
    return (
        finding(
            "S10", f"Lines together ({name})", "warn", place(where, split[0][0] if split else None),
            f"shown in {split[0][1]} parts at {timecode(split[0][0].start)}{others(split)}" if split
            else str(max((len(page) for _, one in shown for page in one.pages), default=0)),
            f"at most {lines}", not split, "say it in fewer words, or make two subtitles of it",
        ),
        finding(
            "S11", f"Longest line ({name})", "warn", place(where, widest[1]), f"{widest[0]:.0f} px",
            f"at most {room_px:.0f} px", widest[0] <= room_px + 0.5, "use shorter words",
        ),
        finding(
            "S12", f"Line breaks ({name})", "hint", place(where, torn[0][0] if torn else None),
            f"“{' / '.join(torn[0][1])}” at {timecode(torn[0][0].start)}{others(torn)}" if torn else "good",
            "good", not torn, "write it a little shorter or longer, so that it breaks elsewhere",
        ),
        finding(
            "S13", f"Height of a line ({name})", "warn", where, f"{height * 100:.1f} % of the shorter side",
            "at least 7 %", height >= 0.07 or not shown, "this is a fault of make-promo",
        ),
        finding(
            "S14", f"Place in the frame ({name})", "warn", place(where, out[0] if out else None),
            f"outside at {timecode(out[0].start)}{others(out)}" if out else "inside", "inside the subtitle area",
            not out, "this is a fault of make-promo",
        ),
    )  # fmt: skip


def _breaks(setting: Setting) -> list[tuple[str, str]]:
    return [(one.split()[-1], other.split()[0]) for page in setting.pages for one, other in pairwise(page)]


def _central(setting: Setting, frame: Size) -> bool:
    """Whether the box lies in the part of the frame that the BBC keeps for subtitles."""
    across, down = (0.75, 0.90) if frame.aspect >= 1.5 else (0.90, 0.75) if frame.aspect < 0.7 else (0.90, 0.90)
    left, top, box = (1 - across) / 2 * frame.width, (1 - down) / 2 * frame.height, setting.box
    slack = 2  # boxes have even corners
    return (
        box.x >= left - slack
        and box.right <= frame.width - left + slack
        and box.y >= top - slack
        and box.bottom <= frame.height - top + slack
    )
