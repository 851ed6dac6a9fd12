"""Real music and a real voice, mixed: measured in the finished sound by ffmpeg and by our own arithmetic."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import ffmpeg, sound
from pipeline.brief import Music
from pipeline.checks import loudness_checks
from pipeline.loudness import parsed
from pipeline.mix import Mix
from pipeline.sound_checks import licence_findings, sound_findings

RUNNER = ffmpeg.Runner()
MUSIC = ("music-brahms-hungarian-dance-5.ogg", "music-vibe-ace.ogg", "ambient-robin.ogg")
VOICE = "voice-ashiel-mystery.ogg"

pytestmark = pytest.mark.slow


def on_one_side(source: Path, target: Path, side: int, gain: str = "0dB") -> Path:
    """The sound on the left (0) or the right (1) only: so voice and music stay apart in the finished mix."""
    channels = "c0=c0|c1=0*c0" if side == 0 else "c0=0*c0|c1=c0"
    shape = f"aformat=channel_layouts=mono,volume={gain},pan=stereo|{channels}"
    RUNNER.run([*ffmpeg.source(source), "-af", shape, "-ar", "48000", "-c:a", "pcm_f32le", f"file:{target}"])
    return target


def decoded(path: Path) -> NDArray[np.float64]:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1).T.astype(np.float64)


def loud(path: Path) -> str:
    arguments = ["-i", f"file:{path}", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    return RUNNER.run(arguments, loglevel="info").stderr


@pytest.mark.parametrize(
    ("music", "gain"), [(MUSIC[0], "0dB"), (MUSIC[0], "-25dB"), (MUSIC[1], "-25dB"), (MUSIC[2], "0dB")]
)
def test_speech_stays_20_db_above_music(shared: Path, tmp_path: Path, music: str, gain: str) -> None:
    """In the finished sound, phrase by phrase, whatever the music and however quiet the voice was recorded; before and
    after the words the music is back."""
    folder = shared / "data" / "audio"
    voice = on_one_side(folder / VOICE, tmp_path / "voice.wav", 0, gain)
    bed = on_one_side(folder / music, tmp_path / "bed.wav", 1)
    target = tmp_path / "mix.aac"
    mix = Mix(length=Fraction(20), music=bed, music_fingerprint="m", voice=voice, voice_fingerprint="v")
    mixed = sound.mix_down(mix, target, RUNNER)
    step = 960
    samples = decoded(target)
    power = np.square(samples[: len(samples) // step * step]).reshape(-1, step, 2).mean(axis=1)
    level = 10 * np.log10(power[:, 0] + 1e-12)
    speaking = np.flatnonzero(level > np.percentile(level, 95) - 25)
    phrases = [run for run in np.split(speaking, np.flatnonzero(np.diff(speaking) > 15) + 1) if len(run) > 10]
    assert len(phrases) >= 2
    over = [
        10 * np.log10(power[run[0] : run[-1] + 1, 0].mean() / power[run[0] : run[-1] + 1, 1].mean()) for run in phrases
    ]
    assert min(over) >= 20
    assert mixed.speech_over_music_db is not None
    assert mixed.speech_over_music_db >= 20
    assert all(one.passed for one in sound_findings(mixed, where="voice.ogg"))
    under = power[phrases[-1][0] : phrases[-1][-1], 1].mean()
    after = power[int(16.2 * 50) : int(17.2 * 50), 1].mean()
    assert 10 * np.log10(after / under) > 6


@pytest.mark.parametrize(
    ("name", "length"), [*((name, length) for name in MUSIC for length in (6, 75)), (VOICE, 20), (VOICE, 75)]
)
def test_every_real_file_meets_the_figures(shared: Path, tmp_path: Path, name: str, length: int) -> None:
    """Cut or repeated: -14 LUFS within 1 and at most -1 dBTP, read by ffmpeg; our checks say the same as these
    figures, and the true peak is confirmed by upsampling the decoded samples ourselves."""
    target = tmp_path / "mix.aac"
    music = shared / "data" / "audio" / name
    sound.mix_down(Mix(length=Fraction(length), music=music, music_fingerprint="m"), target, RUNNER)
    said = loud(target)
    figures = re.search(r"I:\s+(-?[\d.]+) LUFS[\s\S]*Peak:\s+(-?[\d.]+) dBFS", said[said.rindex("Summary") :])
    assert figures
    whole, peak = float(figures[1]), float(figures[2])
    assert whole == pytest.approx(-14, abs=1)
    assert peak <= -1
    assert all(check.passed for check in loudness_checks(parsed(said, "mix.aac")))
    assert true_peak(decoded(target)) == pytest.approx(peak, abs=0.35)


def true_peak(samples: NDArray[np.float64]) -> float:
    """dBTP by eightfold band-limited interpolation around the largest samples."""
    most = 0.0
    for channel in samples.T:
        for at in np.argsort(np.abs(channel))[-40:]:
            part = channel[max(0, at - 512) : at + 512]
            spectrum = np.fft.rfft(part)
            fine = np.fft.irfft(np.concatenate([spectrum, np.zeros(7 * (len(spectrum) - 1))]), 8 * len(part)) * 8
            most = max(most, float(np.abs(fine[len(fine) // 4 : -len(fine) // 4]).max()))
    return 20 * float(np.log10(most))


def test_figures_just_beside_a_limit_are_judged_as_the_facts_say() -> None:
    """A1 and A3 at their edges."""
    from pipeline.loudness import Loudness

    def passed(lufs: float | None, peak: float | None) -> list[tuple[bool, str]]:
        found = loudness_checks(Loudness(integrated_lufs=lufs, true_peak_dbtp=peak, range_lu=1.0))
        return [(check.passed, check.level) for check in found]

    assert [ok for ok, _ in passed(-18, -1)] == [True, True]
    assert [ok for ok, _ in passed(-13, -1)] == [True, True]
    assert [ok for ok, _ in passed(-18.1, -0.9)] == [False, False]
    assert passed(-12.9, 0.1) == [(False, "warn"), (False, "block")]
    assert [ok for ok, _ in passed(None, None)] == [True, True]


def music(**values: object) -> Music:
    whole = {"file": "bed.ogg", "title": "Vibe Ace", "artist": "Kevin MacLeod", "licence": "CC BY 3.0", **values}
    return Music.model_validate({key: value for key, value in whole.items() if value}, context={"folder": Path()})


DAY = date(2026, 12, 5)


def test_music_needs_its_licence_on_the_day_and_for_the_network() -> None:
    """A5: title and licence, not expired on the day of posting, and for this network; each failure forbids to publish
    and says what to do."""

    def failed(**values: object) -> list[tuple[str, str]]:
        found = licence_findings(music(**values), platform="x", day=DAY, where="route.yml:3:1: music")
        assert all(one.remedy for one in found)
        return [(one.rule, one.level) for one in found if not one.passed]

    assert failed() == []
    assert failed(licence=None) == [("A5", "block")]
    assert failed(title=None) == [("A5", "block")]
    assert failed(until="2026-12-05") == []
    assert failed(until="2026-12-04") == [("A5.until", "block")]
    assert failed(channels=["x", "youtube"]) == []
    assert failed(channels=["youtube"]) == [("A5.channels", "block")]
    assert failed(artist=None) == [("A5.artist", "warn")]
