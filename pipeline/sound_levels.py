"""How loud tracks are over time, where somebody speaks, and how far music must step back for that. Numbers only.

Levels are in dB of full scale, taken every tenth of a second over 0.4 s, twice: as they are, and weighted as the ear
hears them (the curve of ITU-R BS.1770). Music counts with the larger of the two, speech with the smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # shape (n, 2)
Floats = NDArray[np.float64]

RATE = 48_000
STEP_S = 0.1
_WINDOW = int(0.4 * RATE)
_HOP = int(STEP_S * RATE)
_FLOOR_DB = -120.0

_FINE_S = 0.02  # of the search for speech
_BELOW_LOUD_DB = 32.0  # speech is what is at most so much quieter than its loud parts …
_OVER_NOISE_DB = 9.0  # … and so much louder than the room
_QUIET_DB = -60.0
_PAUSE_S = 0.35  # shorter pauses belong to the phrase
_PHRASE_S = 0.12

_MARGIN_DB = 1.5  # more than is asked for: mixing, limiting and encoding change a little
_BED_BELOW_DB = 8.0  # music before and after the words, under the loudness of speech
_DOWN_S, _EARLY_S, _STAY_S, _UP_S = 0.35, 0.06, 0.25, 0.9
ENVELOPE_HZ = 200


@dataclass(frozen=True, kw_only=True)
class Levels:
    """One value for each window; `time_s` is its middle."""

    time_s: Floats
    plain_db: Floats
    heard_db: Floats  # weighted

    def loud(self, start: float, end: float) -> float:
        """The loudest moment of any window that touches the span."""
        inside = (self.time_s > start - 0.2) & (self.time_s < end + 0.2)
        if not inside.any():
            return _FLOOR_DB
        return float(max(self.plain_db[inside].max(), self.heard_db[inside].max()))

    def usual(self, start: float, end: float) -> float:
        """The mean power of a span that is speech, by the measure that makes it quieter."""
        inside = (self.time_s > start) & (self.time_s < end)
        if not inside.any():
            inside = np.abs(self.time_s - (start + end) / 2) <= STEP_S
        return min(_mean_db(self.plain_db[inside]), _mean_db(self.heard_db[inside]))


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Somebody speaks, from `start` to `end` in seconds."""

    start: float
    end: float


def levels(samples: Samples) -> Levels:
    """Of a whole track; memory is used for a few windows at a time."""
    count = max(1, (len(samples) - _WINDOW) // _HOP + 1)
    window = np.hanning(_WINDOW).astype(np.float32)[:, None]
    power = float((window**2).sum())
    curve = _weighting(np.fft.rfftfreq(_WINDOW, 1 / RATE).astype(np.float64))[:, None]
    plain, heard = np.empty(count), np.empty(count)
    for k in range(count):
        part = np.zeros((_WINDOW, 2), np.float32)
        found = samples[k * _HOP : k * _HOP + _WINDOW]
        part[: len(found)] = found
        spectrum = np.abs(np.fft.rfft(part * window, axis=0)) ** 2
        spectrum[1:-1] *= 2
        plain[k] = spectrum.sum() / (_WINDOW * power * 2)
        heard[k] = (spectrum * curve).sum() / (_WINDOW * power * 2)
    middle = (np.arange(count) * _HOP + _WINDOW / 2) / RATE
    return Levels(time_s=middle, plain_db=_db(plain), heard_db=_db(heard))


def _weighting(hertz: Floats) -> Floats:
    """|H|² of the two filters of BS.1770 at 48 kHz."""
    z = np.exp(-2j * np.pi * hertz / RATE)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    low = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * low) ** 2, np.float64)


def phrases(samples: Samples) -> tuple[Phrase, ...]:
    """Where a voice track speaks."""
    step = int(_FINE_S * RATE)
    count = len(samples) // step
    if count == 0:
        return ()
    found = _db(
        np.array([np.mean(np.square(samples[k * step : (k + 1) * step], dtype=np.float64)) for k in range(count)])
    )
    loud, room = np.percentile(found, 97), np.percentile(found, 8)
    least = max(loud - _BELOW_LOUD_DB, _QUIET_DB, min(room + _OVER_NOISE_DB, loud - 12))
    speaking = np.flatnonzero(found > least)
    if not len(speaking):
        return ()
    breaks = np.flatnonzero(np.diff(speaking) * _FINE_S > _PAUSE_S)
    firsts, lasts = [speaking[0], *speaking[breaks + 1]], [*speaking[breaks], speaking[-1]]
    spans = [Phrase(start=float(a * _FINE_S), end=float((b + 1) * _FINE_S)) for a, b in zip(firsts, lasts, strict=True)]
    return tuple(span for span in spans if span.end - span.start >= _PHRASE_S)


def duck(
    voice: Levels, bed: Levels, spoken: Sequence[Phrase], length_s: float, below_db: float
) -> tuple[float, Floats]:
    """(gain of the bed in dB, envelope): with both, the bed is `below_db` and a little under every phrase, and comes
    back between them when there is time. The envelope has `ENVELOPE_HZ` values a second, in dB from 0 down."""
    time = np.arange(int(np.ceil(length_s * ENVELOPE_HZ)) + 1) / ENVELOPE_HZ
    envelope = np.zeros(len(time))
    if not spoken:
        return 0.0, envelope
    speech = [voice.usual(one.start, one.end) for one in spoken]
    gain = _mean_db(np.array(speech)) - _BED_BELOW_DB - usual(bed)
    for one, level in zip(spoken, speech, strict=True):
        depth = min(0.0, level - below_db - _MARGIN_DB - (bed.loud(one.start, one.end) + gain))
        start, end = one.start - _EARLY_S, one.end + _STAY_S
        falling = np.interp(time, [start - _DOWN_S, start, end, end + _UP_S], [0, depth, depth, 0])
        envelope = np.minimum(envelope, falling)
    return gain, envelope


def speech_over(voice: Levels, bed: Levels, spoken: Sequence[Phrase]) -> tuple[float, float] | None:
    """(dB, where in seconds) of the phrase over which the bed is loudest. None without phrases, or over silence."""
    found = [(voice.usual(one.start, one.end) - bed.loud(one.start, one.end), one.start) for one in spoken]
    if not found or max(bed.plain_db.max(), bed.heard_db.max()) < _QUIET_DB - 20:
        return None
    return min(found)


def faded(envelope: Floats, length_s: float, fade_s: float) -> Floats:
    """The envelope as factors, with a short way in and a long way out that ends in silence."""
    time = np.arange(len(envelope)) / ENVELOPE_HZ
    fade_s = min(fade_s, length_s / 3)
    out = np.clip((length_s - 0.05 - time) / fade_s, 0, 1)
    coming = np.clip(time / min(0.3, length_s / 6), 0, 1)
    return np.asarray(10 ** (envelope / 20) * np.sin(np.pi / 2 * out) ** 2 * np.sin(np.pi / 2 * coming), np.float64)


def at_samples(factors: Floats, start: int, count: int) -> Samples:
    """The factors for samples `start` … of a track, as a column."""
    place = np.arange(start, start + count) * (ENVELOPE_HZ / RATE)
    return np.asarray(np.interp(place, np.arange(len(factors)), factors)[:, None], np.float32)


def usual(levels: Levels) -> float:
    """The mean power of what is not silence, by the measure that makes it louder."""
    return max(_loud_mean(levels.plain_db), _loud_mean(levels.heard_db))


def _loud_mean(values: Floats) -> float:
    heard = values[values > max(values.max() - 25, _FLOOR_DB + 1)]
    return _mean_db(heard) if len(heard) else _FLOOR_DB


def _mean_db(values: Floats) -> float:
    return float(10 * np.log10(np.mean(10 ** (values / 10)))) if len(values) else _FLOOR_DB


def _db(power: Floats) -> Floats:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), np.float64)
