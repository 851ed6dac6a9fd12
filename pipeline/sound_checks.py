"""The rules for sound that are not read from the finished file: facts/accessibility.md, A4 and A5. (A1, A3: `checks`.)

None of them forbids to render: who edits a draft may try a piece before it is paid for. They forbid to publish.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from pipeline.brief import Music
from pipeline.mix import SPEECH_OVER_MUSIC_DB, Mixed
from pipeline.speech_finding import Finding, finding
from pipeline.timing import timecode


def sound_findings(mixed: Mixed, *, where: str) -> tuple[Finding, ...]:
    """A4, and whether the voice-over comes to its end. `where`: the voice's file."""
    found = []
    over = mixed.speech_over_music_db
    if over is not None:
        at = timecode(Fraction(round(mixed.at_s * 10), 10))
        found.append(
            finding(
                "A4", "Speech over music", "warn", where, f"{over:.1f} dB at {at}",
                f"at least {SPEECH_OVER_MUSIC_DB:.0f} dB", over >= SPEECH_OVER_MUSIC_DB,
                "this is a fault of make-promo; take other music until it is cured",
            )
        )  # fmt: skip
    if mixed.voice_cut_s > 0:
        found.append(
            finding(
                "voice-whole", "The voice-over is heard to its end", "warn", where,
                f"{mixed.voice_cut_s:.1f} s are cut off", "to its end", False,
                "make the clip longer (`length`), or record a shorter text",
            )
        )  # fmt: skip
    return tuple(found)


def licence_findings(music: Music, *, platform: str, day: date, where: str) -> tuple[Finding, ...]:
    """A5: whose music it is and that it may be used there and then. `day`: when it is posted, today at the earliest."""
    record = [word for word, value in (("title", music.title), ("licence", music.licence)) if not value]
    expired = music.until is not None and music.until < day
    elsewhere = bool(music.channels) and platform not in music.channels
    return (
        finding(
            "A5", "The music's licence is on record", "block", where,
            f"no {' and no '.join(record)}" if record else "on record", "title and licence", not record,
            "write `title:` and `licence:` below `music:`; if there is no licence, use other music",
        ),
        finding(
            "A5.until", "The music's licence still runs", "block", where,
            f"until {music.until.isoformat()}" if music.until else "without end", f"on {day.isoformat()}",
            not expired, "renew the licence, or use other music",
        ),
        finding(
            "A5.channels", "The music's licence covers this network", "block", where,
            f"only {', '.join(music.channels)}" if music.channels else "no limits are written down", platform,
            not elsewhere, "use other music for this network, or have the licence extended",
        ),
        finding(
            "A5.artist", "The music's composer or performer is named", "warn", where, music.artist or "nobody",
            "a name", bool(music.artist), "write `artist:` below `music:`",
        ),
    )  # fmt: skip
