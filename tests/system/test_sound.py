from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import ffmpeg, sound
from pipeline.fingerprints import fingerprint
from pipeline.mix import Mix, Mixed, Own

Samples = NDArray[np.float64]


def made(path: Path, source: str, *options: str) -> Path:
    ffmpeg.Runner().run(["-f", "lavfi", "-i", source, *options, f"file:{path}"])
    return path


def heard(mix: Mix, tmp_path: Path) -> tuple[Path, Samples]:
    """The mix as a file and decoded: samples (n, 2)."""
    target = tmp_path / "mix.aac"
    sound.mix_down(mix, target, ffmpeg.Runner())
    with av.open(str(target)) as file:
        stream = file.streams.audio[0]
        assert (stream.rate, stream.codec_context.layout.nb_channels) == (48_000, 2)
        parts = [frame.to_ndarray() for frame in file.decode(audio=0)]
    return target, np.concatenate(parts, axis=1).T.astype(np.float64)


def loudness(path: Path) -> tuple[float, float]:
    """LUFS and dBTP, measured by ffmpeg's EBU R 128 meter."""
    said = (
        ffmpeg.Runner()
        .run(["-i", f"file:{path}", "-af", "ebur128=peak=true", "-f", "null", "-"], loglevel="info")
        .stderr
    )
    whole = re.search(r"I:\s+(-?[\d.]+) LUFS", said[said.rindex("Summary") :])
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said[said.rindex("Summary") :])
    assert whole
    assert peak
    return float(whole[1]), float(peak[1])


def level(samples: Samples, start: float, end: float) -> float:
    """RMS in dB."""
    part = samples[int(start * 48_000) : int(end * 48_000)]
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


@pytest.mark.parametrize(
    ("name", "data"), [("a.wav", b""), ("a.mp3", b"ID3 nothing"), ("a.txt", b"x"), ("a.wav", b"RIFFxxxxWAVE")]
)
def test_what_is_no_sound_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    """Empty, damaged and foreign files are refused with a reason."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=r"\w"):
        sound.probe(tmp_path / name)


def test_a_missing_file_is_an_error_of_the_disk(tmp_path: Path) -> None:
    """So that the caller can say which file is not there."""
    with pytest.raises(OSError, match="No such file"):
        sound.probe(tmp_path / "bed.ogg")


def test_the_recipe_names_what_is_heard() -> None:
    """Other music, another length: another sound. The path alone changes nothing."""
    mix = Mix(length=Fraction(10), music=Path("a.ogg"), music_fingerprint="1")
    names = [
        mix,
        replace(mix, music_fingerprint="2"),
        replace(mix, length=Fraction(11)),
        replace(mix, music=None, music_fingerprint=""),
    ]
    assert len({fingerprint(one.recipe()) for one in names}) == 4
    assert replace(mix, music=Path("b.ogg")).recipe() == mix.recipe()


LENGTHS = [Fraction(6), Fraction(173, 24), Fraction(301, 30)]


@pytest.mark.slow
@pytest.mark.parametrize("length", LENGTHS)
def test_silence_is_exact(tmp_path: Path, length: Fraction) -> None:
    """Without music or voice there is a silent track of as many whole packets as fit into the length."""
    path, samples = heard(Mix(length=length), tmp_path)
    with av.open(str(path)) as file:
        count = sum(1 for packet in file.demux(audio=0) if packet.size)
    assert count == int(length * 48_000) // 1024
    assert np.abs(samples).max() < 1e-4


MUSIC = {
    "mono 22 kHz, short": ("aevalsrc='0.2*sin(330*2*PI*t)*(1+sin(2*PI*2*t))/2':s=22050:d=2.3", ("-ac", "1")),
    "quiet": ("anoisesrc=c=pink:r=44100:a=0.01:d=30", ()),
    "loud": ("anoisesrc=c=pink:r=48000:a=1:d=30", ("-ac", "2")),
    "six channels at 96 kHz": ("anoisesrc=c=pink:r=96000:a=0.2:d=30", ("-ac", "6")),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(MUSIC))
def test_music_has_the_level_of_the_networks(tmp_path: Path, kind: str) -> None:
    """Whatever the bed's rate, channels, level and length: -14 LUFS within 1, at most -1 dBTP, exact length, no hole
    where it begins anew, faded out at the end."""
    source, options = MUSIC[kind]
    bed = made(tmp_path / "bed.wav", source, *options)
    path, samples = heard(Mix(length=Fraction(12), music=bed, music_fingerprint="x"), tmp_path)
    assert len(samples) == 12 * 48_000 // 1024 * 1024
    whole, peak = loudness(path)
    assert whole == pytest.approx(-14, abs=1)
    assert peak <= -1
    windows = [level(samples, k / 2, k / 2 + 0.5) for k in range(1, 20)]
    assert max(windows) - min(windows) < 6
    assert level(samples, 11.8, 11.95) < level(samples, 9, 10) - 12


@pytest.mark.slow
def test_silent_music_stays_silent(tmp_path: Path) -> None:
    """A bed without a sound is not blown up to noise."""
    bed = made(tmp_path / "bed.wav", "anullsrc=r=44100:cl=mono", "-t", "3")
    _, samples = heard(Mix(length=Fraction(6), music=bed, music_fingerprint="x"), tmp_path)
    assert np.abs(samples).max() < 1e-3


@pytest.mark.slow
def test_music_makes_way_for_the_voice(tmp_path: Path) -> None:
    """Under the voice the bed is 10 dB lower than alone, and comes back; both together have the usual level."""
    bed = made(tmp_path / "bed.wav", "sine=f=2000:r=48000:d=20")
    voice = made(tmp_path / "voice.wav", "aevalsrc='if(between(t,4,8),0.4*sin(300*2*PI*t),0)':s=48000:d=9")
    mix = Mix(length=Fraction(14), music=bed, music_fingerprint="x", voice=voice, voice_fingerprint="y")
    path, samples = heard(mix, tmp_path)

    def bed_level(start: float, end: float) -> float:
        part = samples[int(start * 48_000) : int(end * 48_000), 0]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / len(part)
        near = int(2000 * len(part) / 48_000)
        return float(20 * np.log10(spectrum[near - 20 : near + 20].max()))

    assert bed_level(1.5, 3.5) - bed_level(5.5, 7.5) > 10
    assert abs(bed_level(1.5, 3.5) - bed_level(10.5, 12)) < 3
    whole, peak = loudness(path)
    assert whole == pytest.approx(-14, abs=1)
    assert peak <= -1


@pytest.mark.slow
def test_a_voice_stands_where_it_was_recorded(tmp_path: Path) -> None:
    """A click at 2.000 s of the voice is heard at 2.000 s when the frames are decoded from the first, without an edit
    list, as the joined file plays them."""
    click = "aevalsrc='if(between(t,2,2.01),0.9,0.0)':s=48000:d=5"
    voice = made(tmp_path / "voice.wav", click)
    _, samples = heard(Mix(length=Fraction(5), voice=voice, voice_fingerprint="y"), tmp_path)
    first = int(np.flatnonzero(np.abs(samples[:, 0]) > np.abs(samples).max() / 2)[0])
    assert abs(first - 2 * 48_000) < 48_000 // 200


ODD = {
    "8 kHz": ("anoisesrc=c=pink:r=8000:a=0.2:d=9", ()),
    "11.025 kHz": ("anoisesrc=c=pink:r=11025:a=0.2:d=9", ()),
    "16 bit, 16 kHz": ("anoisesrc=c=pink:r=16000:a=0.2:d=9", ("-c:a", "pcm_s16le")),
    "float": ("anoisesrc=c=pink:r=44100:a=0.2:d=9", ("-c:a", "pcm_f32le")),
    "5.1": ("anoisesrc=c=pink:r=48000:a=0.2:d=9,pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0", ("-ac", "6")),
    "direct current": ("aevalsrc='0.6+0.1*sin(440*2*PI*t)':s=48000:d=9", ()),
    "beyond full scale": ("anoisesrc=c=pink:r=48000:a=1:d=9,volume=12dB", ("-c:a", "pcm_f32le")),
    "a tenth of a second": ("sine=f=500:r=44100:d=0.1", ()),
    "a few samples": ("sine=f=500:r=44100:d=0.002", ()),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(ODD))
def test_odd_files_have_the_level_of_the_networks(tmp_path: Path, kind: str) -> None:
    """Any rate, number of channels, kind of samples and length: -14 LUFS within 1, at most -1 dBTP, no direct
    current."""
    source, options = ODD[kind]
    bed = made(tmp_path / "bed.wav", source, *options)
    path, samples = heard(Mix(length=Fraction(8), music=bed, music_fingerprint="x"), tmp_path)
    whole, peak = loudness(path)
    assert whole == pytest.approx(-14, abs=1)
    assert peak <= -1
    assert abs(samples[48_000:-144_000].mean()) < 0.003


@pytest.mark.slow
def test_a_hiss_is_not_made_loud(tmp_path: Path) -> None:
    """What is as quiet as noise stays as quiet."""
    bed = made(tmp_path / "bed.wav", "anoisesrc=c=pink:r=48000:a=0.0008:d=9", "-c:a", "pcm_f32le")
    _, samples = heard(Mix(length=Fraction(6), music=bed, music_fingerprint="x"), tmp_path)
    assert np.abs(samples).max() < 0.01


def told(mix: Mix, tmp_path: Path) -> Mixed:
    return sound.mix_down(mix, tmp_path / "told.aac", ffmpeg.Runner())


@pytest.mark.slow
def test_a_short_piece_begins_anew_without_a_hole(tmp_path: Path) -> None:
    """A piece of 3 s that fades out is heard without a pause over 12 s; how often it begins anew is told."""
    bed = made(tmp_path / "bed.wav", "anoisesrc=c=pink:r=48000:a=0.3:d=3:seed=5,afade=t=out:st=2:d=1")
    mix = Mix(length=Fraction(12), music=bed, music_fingerprint="x")
    _, samples = heard(mix, tmp_path)
    windows = [level(samples, k / 5, k / 5 + 0.2) for k in range(3, 46)]
    assert max(windows) - min(windows) < 9
    assert told(mix, tmp_path).repeats >= 3


@pytest.mark.slow
def test_the_ending_does_not_stop_dead(tmp_path: Path) -> None:
    """A steady tone goes out over two seconds, each half second quieter than the one before, to nothing."""
    bed = made(tmp_path / "bed.wav", "sine=f=300:r=48000:d=20")
    _, samples = heard(Mix(length=Fraction(10), music=bed, music_fingerprint="x"), tmp_path)
    steps = [level(samples, 7.4 + k / 2, 7.9 + k / 2) for k in range(5)]
    assert all(after < before - 0.3 for before, after in pairwise(steps))
    assert np.abs(samples[-1024:]).max() < 0.01


@pytest.mark.slow
def test_a_voice_that_is_too_long_is_told(tmp_path: Path) -> None:
    """Speech beyond the end of the clip is cut, softly, and the seconds are told; silence beyond it is no loss."""
    speech = "aevalsrc='if(lt(t,{}),0.4*sin(300*2*PI*t),0)':s=48000:d=9"
    long = made(tmp_path / "long.wav", speech.format("8"))
    mix = Mix(length=Fraction(6), voice=long, voice_fingerprint="x")
    assert told(mix, tmp_path).voice_cut_s == pytest.approx(2, abs=0.1)
    _, samples = heard(mix, tmp_path)
    assert np.abs(samples[-480:]).max() < np.abs(samples[-9600:-4800]).max() / 3
    short = made(tmp_path / "short.wav", speech.format("5"))
    assert told(replace(mix, voice=short), tmp_path).voice_cut_s == 0


@pytest.mark.slow
def test_clips_own_sound_is_heard_at_its_place(tmp_path: Path) -> None:
    """A stretch of a clip's sound begins and ends where its shot does, and lies below music."""
    clip = made(tmp_path / "clip.wav", "sine=f=2000:r=48000:d=20")
    own = Own(path=clip, fingerprint="c", at=Fraction(3), start=Fraction(5), length=Fraction(2))
    _, alone = heard(Mix(length=Fraction(8), own=(own,)), tmp_path)
    assert level(alone, 3.3, 4.7) > level(alone, 1, 2.8) + 40
    assert level(alone, 3.3, 4.7) > level(alone, 5.2, 7) + 40
    bed = made(tmp_path / "bed.wav", "sine=f=300:r=48000:d=20")
    _, both = heard(Mix(length=Fraction(8), music=bed, music_fingerprint="x", own=(own,)), tmp_path)
    part = both[int(3.3 * 48_000) : int(4.7 * 48_000), 0]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    tone, ground = (20 * np.log10(spectrum[int(f * len(part) / 48_000) - 9 :][:18].max()) for f in (2000, 300))
    assert 5 < ground - tone < 20


def test_other_own_sound_is_another_recipe() -> None:
    """What is heard of the clips is part of the fingerprint."""
    own = Own(path=Path("a.mp4"), fingerprint="c", at=Fraction(3), start=Fraction(5), length=Fraction(2))
    mixes = [
        Mix(length=Fraction(9)),
        Mix(length=Fraction(9), own=(own,)),
        Mix(length=Fraction(9), own=(replace(own, start=Fraction(6)),)),
    ]
    assert len({fingerprint(mix.recipe()) for mix in mixes}) == 3
