"""The sound of a timeline, mixed once: music, voice, clips' own sound, or silence, at the loudness that clips have.

Tracks are decoded apart, so that what lies below a voice can step back exactly as far as it must, and so that this can
be measured. Written as bare AAC frames. Joined without an edit list, a decoder shows the encoder's first 1024 samples
as they are; so the mix is encoded without its own first 1024, and every later sample stands exactly where it belongs.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline import ffmpeg
from pipeline.errors import ToolError
from pipeline.loudness import METER, Loudness, parsed
from pipeline.mix import FADE_S, MOST_DBTP, PEAK_DBTP, SPEECH_OVER_MUSIC_DB, TARGET_LUFS, Mix, Mixed
from pipeline.sound_levels import (
    ENVELOPE_HZ,
    RATE,
    Levels,
    Phrase,
    Samples,
    at_samples,
    duck,
    faded,
    levels,
    phrases,
    speech_over,
    usual,
)
from pipeline.sound_tracks import chunks, created, decoded, repeated

_PACKET = 1024
_SILENT_LUFS = -60.0  # a recording as quiet as this is noise; it is not made loud
_NEAR_LU = 0.4
_METER_STEP_DB = 0.1  # the meter tells tenths
_ROUNDS = 6
_OWN_BELOW_DB = 10.0  # a clip's own sound under music
_OWN_MOST_GAIN_DB = 24.0
_OWN_EDGE_S = 0.15
_LONGEST_VOICE = Fraction(3600)


def probe(path: Path) -> None:
    """Raises OSError when the file cannot be read, ValueError with a reason when there is nothing to hear in it."""
    import av

    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    try:
        demuxer = ffmpeg.demuxer(path)
    except ToolError as error:
        raise ValueError(error.problems[0].what) from error
    try:
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as container:
            if not container.streams.audio:
                raise ValueError("it has no sound")
            next(container.decode(container.streams.audio[0]))
    except (av.FFmpegError, StopIteration) as error:
        raise ValueError("it is damaged, or not what its name says") from error


def spoken(path: Path, runner: ffmpeg.Runner, scratch: Path) -> tuple[tuple[Phrase, ...], float]:
    """Where a voice-over speaks, and how long the file is, in seconds. `scratch` is a folder for the time of this."""
    with tempfile.TemporaryDirectory(prefix="voice-", dir=scratch) as folder:
        track = decoded(path, Path(folder) / "voice.raw", runner, length=_LONGEST_VOICE, voice=True)
        found, length = phrases(track), len(track) / RATE
        del track  # Windows removes no file that is still open
    return found, length


def mix_down(mix: Mix, target: Path, runner: ffmpeg.Runner) -> Mixed:
    """Write `target` (.aac), exactly as many whole AAC frames as fit into the length."""
    with tempfile.TemporaryDirectory(prefix=".mix-", suffix=".part", dir=target.parent) as folder:
        told = _Desk(mix, Path(folder), runner).mixed()
        inputs = ["-protocol_whitelist", "file", "-f", "f32le", "-ar", str(RATE), "-ac", "2"]
        inputs += ["-i", f"file:{Path(folder) / 'mix.raw'}"]
        _levelled(inputs, int(mix.length * RATE) // _PACKET, target, runner)
    return told


def _levelled(inputs: list[str], packets: int, target: Path, runner: ffmpeg.Runner) -> None:
    """Encode at the target loudness: one gain over the whole length, so that nothing pumps, and a limiter where the
    peaks would be too high. Encoding moves peaks by more than a decibel, and never twice alike; so what was written
    is measured, and written anew until it fits. A silent mix is left alone."""
    found = _measured([*inputs, "-map", "0:a:0", "-af", METER], runner)
    silent = found.integrated_lufs is None or found.integrated_lufs < _SILENT_LUFS
    gain = 0.0 if silent else TARGET_LUFS - (found.integrated_lufs or 0.0)
    peak = PEAK_DBTP
    for number in range(1, _ROUNDS + 1):
        loud = (found.true_peak_dbtp or -100.0) + gain > peak
        _encode(inputs, "anull" if silent else _levels(gain, peak, limited=loud), packets, target, runner)
        made = _measured([*ffmpeg.source(target, kind="aac"), "-map", "0:a:0", "-af", METER], runner)
        over = (made.true_peak_dbtp or -100.0) - MOST_DBTP + _METER_STEP_DB
        under = 0.0 if made.integrated_lufs is None else TARGET_LUFS - made.integrated_lufs
        if silent or (over <= 0 and (under < _NEAR_LU or not loud)):
            return
        if over > 0:
            peak -= over + 0.25 * number
        if loud and number < _ROUNDS - 1:
            gain += max(0.0, under)


def _encode(inputs: list[str], level: str, packets: int, target: Path, runner: ffmpeg.Runner) -> None:
    trim = f"apad,atrim=start_sample={_PACKET}:end_sample={packets * _PACKET},asetpts=PTS-STARTPTS"
    runner.run(
        [
            *inputs, "-af", f"{level},{trim}",
            "-c:a", "aac", "-profile:a", "aac_low", "-b:a", "160k", "-ac", "2", "-ar", str(RATE),
            "-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "adts", f"file:{target}",
        ]
    )  # fmt: skip


class _Desk:
    """The tracks of one mix, in a folder for the time of the work."""

    def __init__(self, mix: Mix, folder: Path, runner: ffmpeg.Runner) -> None:
        self._mix, self._folder, self._runner = mix, folder, runner
        self._count = int(mix.length * RATE)
        self._length_s = self._count / RATE

    def mixed(self) -> Mixed:
        """Write `mix.raw`: what lies below, stepped back under the voice, and the voice."""
        out = created(self._folder / "mix.raw", self._count)
        bed, repeats = self._bed()
        voice, whole = self._voice()
        talk = phrases(voice) if voice is not None else ()
        loudness = levels(voice) if voice is not None and talk else None
        over: tuple[float, float] | None = None
        if bed is not None:
            below = levels(bed)
            gain, envelope = 0.0, np.zeros(int(self._length_s * ENVELOPE_HZ) + 2)
            if loudness is not None:
                gain, envelope = duck(loudness, below, talk, self._length_s, SPEECH_OVER_MUSIC_DB)
            factors = faded(envelope, self._length_s, FADE_S)
            for first, count in chunks(self._count):
                part = at_samples(factors, first, count) * np.float32(10 ** (gain / 20))
                bed[first : first + count] *= part
            over = speech_over(loudness, levels(bed), talk) if loudness is not None else None
        for first, count in chunks(self._count):
            for track in (bed, voice):
                if track is not None:
                    part = track[first : first + count]
                    out[first : first + len(part)] += part
        cut = max((one.end for one in whole), default=0.0) - self._length_s
        db, at = over or (None, 0.0)
        return Mixed(speech_over_music_db=db, at_s=at, voice_cut_s=max(0.0, cut), repeats=repeats)

    def _voice(self) -> tuple[Samples | None, tuple[Phrase, ...]]:
        """The voice as far as the clip is long, and where all of it speaks."""
        if self._mix.voice is None:
            return None, ()
        path = self._folder / "voice.raw"
        found = decoded(self._mix.voice, path, self._runner, length=_LONGEST_VOICE, voice=True)
        track = created(self._folder / "talk.raw", self._count)
        count = min(len(found), self._count)
        track[:count] = found[:count]
        if len(found) > self._count:  # not dead in the middle of a word
            end = min(RATE // 20, self._count)
            track[-end:] *= np.linspace(1, 0, end, dtype=np.float32)[:, None]
        return track, phrases(found)

    def _bed(self) -> tuple[Samples | None, int]:
        """Music and the clips' own sound, as one track; how often the music begins anew."""
        mix = self._mix
        if mix.music is None and not mix.own:
            return None, 0
        bed = created(self._folder / "bed.raw", self._count)
        repeats = 0
        if mix.music is not None:
            found = decoded(mix.music, self._folder / "music.raw", self._runner, length=mix.length + 30)
            repeats = repeated(found, bed)
        if mix.own:
            self._add_own(bed)
        return bed, repeats

    def _add_own(self, bed: Samples) -> None:
        """Each stretch with soft edges; together under the music, where there is any."""
        track = created(self._folder / "own.raw", self._count)
        for number, one in enumerate(self._mix.own):
            path = self._folder / f"own{number}.raw"
            found = decoded(one.path, path, self._runner, start=one.start, length=one.length, voice=True)
            at = min(int(one.at * RATE), self._count)
            part = found[: self._count - at].copy()
            edge = min(int(_OWN_EDGE_S * RATE), len(part) // 2)
            rise = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
            part[:edge] *= rise
            part[len(part) - edge :] *= rise[::-1]
            track[at : at + len(part)] += part
        factor = np.float32(10 ** (_own_gain(levels(track), levels(bed), self._mix.music is not None) / 20))
        for first, count in chunks(self._count):
            bed[first : first + count] += track[first : first + count] * factor


def _own_gain(own: Levels, music: Levels, with_music: bool) -> float:
    return min(usual(music) - _OWN_BELOW_DB - usual(own), _OWN_MOST_GAIN_DB) if with_music else 0.0


def _measured(arguments: list[str], runner: ffmpeg.Runner) -> Loudness:
    return parsed(runner.run([*arguments, "-f", "null", "-"], loglevel="info").stderr, "sound")


def _levels(gain: float, peak: float, *, limited: bool) -> str:
    """Four times the rate shows the limiter the peaks between the samples."""
    if not limited:
        return f"volume={gain:.2f}dB"
    most = 10 ** (peak / 20)
    limiter = f"alimiter=limit={most:.4f}:attack=5:release=80:level=false:latency=true"
    return f"volume={gain:.2f}dB,aresample={4 * RATE},{limiter},aresample={RATE}"
