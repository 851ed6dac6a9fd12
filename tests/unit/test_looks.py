"""Looking at pictures: what is measured, what it costs, and how damage is found."""

from __future__ import annotations

import random
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from pipeline import looks, media
from pipeline.footage import Clip, Look
from pipeline.geo import Floats
from pipeline.looks.pictures import moved, sharpness
from pipeline.timing import Span


def made(folder: Path, source: str, *options: str) -> Clip:
    path = folder / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", source, *options]
    coder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30")
    subprocess.run([*command, *coder, str(path)], check=True, timeout=60)
    return media.probe(path, name=path.name)


def noise(height: int, width: int, coarse: int) -> Floats:
    """A cloudy picture, the same in each run."""
    rough = np.random.default_rng(7).random((height // coarse + 2, width // coarse + 2)) * 255
    smooth = np.kron(rough, np.ones((coarse, coarse)))
    for _ in range(2):
        for axis in (0, 1):
            smooth = (smooth + np.roll(smooth, 1, axis) + np.roll(smooth, -1, axis)) / 3
    return smooth[:height, :width]


@pytest.mark.parametrize("shift", [(0, 0), (3, 0), (0, -4), (12, 5), (-40, 7)])
def test_motion_is_measured_in_pixels(shift: tuple[int, int]) -> None:
    """A picture whose contents move right and down is measured so, to a tenth of a pixel."""
    world = noise(200, 300, 6)
    across, down = shift
    first = world[50:140, 60:220]
    second = world[50 - down : 140 - down, 60 - across : 220 - across]
    measured = moved(first, second)
    assert measured[0] == pytest.approx(across, abs=0.1)
    assert measured[1] == pytest.approx(down, abs=0.1)
    assert measured[2] < 0.05


def test_unlike_pictures_leave_a_rest() -> None:
    """What no move explains is told; plain grey moves nowhere."""
    rng = np.random.default_rng(1)
    one, two = rng.random((90, 160)) * 255, rng.random((90, 160)) * 255
    assert moved(one, two)[2] > 0.5
    assert moved(np.full((90, 160), 90.0), np.full((90, 160), 90.0)) == (0.0, 0.0, 0.0)


def test_sharpness_falls_with_blur() -> None:
    """A softened picture is less sharp, a paler one is not."""
    sharp = np.kron(np.random.default_rng(2).random((45, 80)) * 255, np.ones((2, 2)))
    soft = (sharp + np.roll(sharp, 1, 0) + np.roll(sharp, 1, 1) + np.roll(sharp, (1, 1), (0, 1))) / 4
    assert sharpness(soft) < 0.5 * sharpness(sharp)
    assert sharpness(sharp * 0.5 + 60) == pytest.approx(sharpness(sharp), rel=0.1)


def test_pan_over_a_film(tmp_path: Path) -> None:
    """A window that slides right by 3/16 of its width a second moves the contents left at that speed."""
    source = "cellauto=s=1280x180:rule=30:r=30:seed=3:full=1:ratio=0.4,trim=end_frame=1,loop=180:1:0,"
    clip = made(tmp_path, f"{source}gblur=2,crop=320:180:x='60*t':y=0", "-t", "6")
    seen = looks.look(clip)
    assert len(seen.time_s) >= 1
    assert seen.shift_x == pytest.approx(-0.1875, abs=0.02)
    assert seen.shift_y == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("colour", "column"), [("black", "dark"), ("white", "bright")])
def test_exposure(tmp_path: Path, colour: str, column: str) -> None:
    """A black or white picture is wholly clipped, in limited range too."""
    seen = looks.look(made(tmp_path, f"color=c={colour}:s=160x90:r=30:d=2"))
    assert getattr(seen, column) == pytest.approx(1)
    assert seen.brightness == pytest.approx(float(colour == "white"), abs=0.01)
    assert seen.colour == pytest.approx(float(colour == "white"), abs=0.02)


def test_json_brings_it_back(shared: Path) -> None:
    """A remembered look is the look that was taken; a torn or older one is refused."""
    path = shared / "data/footage/gopro-karma-flight.mp4"
    seen = looks.look(media.probe(path, name=path.name))
    text = seen.to_json()
    again = Look.from_json(text)
    assert again.to_json() == text
    assert again.motion == pytest.approx(seen.motion, abs=1e-5)
    for torn in (text[:-9], text.replace('"version": 1', '"version": 0'), "[]", '{"version": 1}'):
        with pytest.raises(ValueError, match=r"."):
            Look.from_json(torn)


def test_json_keeps_what_is_unknown_and_damaged() -> None:
    """Unknown values and exact spans survive."""
    column, nothing = np.array([0.5]), np.array([np.nan])
    hole = Span(start=Fraction(1, 3), end=Fraction(2, 3))
    seen = Look(
        time_s=column,
        shift_x=nothing,
        shift_y=nothing,
        residual=nothing,
        sharpness=column,
        brightness=column,
        dark=column,
        bright=column,
        colour=np.full((1, 3), 0.5),
        damaged=(hole,),
    )
    again = Look.from_json(seen.to_json())
    assert np.isnan(again.motion).all()
    assert again.damaged == (hole,)


def test_samples_stay_inside_the_spans(shared: Path) -> None:
    """Only keyframes of the spans asked for are looked at, or the one just before."""
    path = shared / "data/footage/goldengate-aerial-1080p30.mp4"
    clip = media.probe(path, name=path.name)
    seen = looks.look(clip, [Span(start=Fraction(4), end=Fraction(7))])
    assert seen.time_s.tolist() == [4, 5, 6]
    seen = looks.look(clip, [Span(start=Fraction(19, 2), end=Fraction(39, 4))])
    assert seen.time_s.tolist() == [9]


def test_two_looks_are_equal(shared: Path) -> None:
    """The same clip gives the same numbers."""
    path = shared / "data/footage/goldengate-aerial-1080p30.mp4"
    clip = media.probe(path, name=path.name)
    assert looks.look(clip, samples=2).to_json() == looks.look(clip, samples=2).to_json()


def spoilt(clip: Clip, share: float, count: int, filling: str) -> tuple[Clip, float]:
    """The clip with bytes overwritten at a share of its file, and when the first one hit is due."""
    with av.open(str(clip.path)) as file:
        stream = file.streams.video[0]
        index = [(entry.pos, float(entry.timestamp * stream.time_base)) for entry in stream.index_entries]
    raw = bytearray(clip.path.read_bytes())
    at = int(len(raw) * share)
    raw[at : at + count] = {"zeros": bytes(count), "noise": random.Random(1).randbytes(count)}[filling]
    path = clip.path.with_name(f"spoilt-{filling}.mp4")
    path.write_bytes(raw)
    return media.probe(path, name=path.name), max(due for pos, due in index if pos <= at)


@pytest.mark.parametrize("filling", ["zeros", "noise"])
@pytest.mark.parametrize(("share", "count"), [(0.5, 3000), (0.3, 30000)])
def test_damage_in_the_middle_is_found(tmp_path: Path, filling: str, share: float, count: int) -> None:
    """Overwritten pictures are found to the picture, up to the next keyframe; the rest is sound."""
    clip, hit = spoilt(made(tmp_path, "testsrc2=s=320x180:r=30:d=4"), share, count, filling)
    (hole,) = looks.damage(clip, Span(start=Fraction(0), end=clip.duration))
    assert hit - 2 / 30 <= hole.start <= hit + 1e-3
    assert hole.end == int(hit) + 1
    assert looks.damage(clip, Span(start=hole.end, end=clip.duration)) == ()
    asked = Span(start=hole.end - Fraction(1, 10), end=clip.duration)
    assert looks.damage(clip, asked) == (Span(start=asked.start, end=hole.end),)


def test_a_look_marks_what_does_not_decode(tmp_path: Path) -> None:
    """A keyframe that does not decode marks its group of pictures as damaged; the look goes on."""
    clip = made(tmp_path, "testsrc2=s=320x180:r=30:d=4")
    with av.open(str(clip.path)) as file:
        entry = next(e for e in file.streams.video[0].index_entries if e.is_keyframe and e.timestamp > 0)
        place, size = entry.pos, entry.size
    raw = bytearray(clip.path.read_bytes())
    raw[place + 40 : place + size] = bytes(size - 40)
    clip.path.write_bytes(raw)
    spoiled = media.probe(clip.path, name="clip.mp4")
    seen = looks.look(spoiled, [Span(start=Fraction(1), end=Fraction(2))])
    assert len(seen.time_s) == 0
    assert seen.damaged == (Span(start=Fraction(1), end=Fraction(2)),)


def test_sound_footage_is_not_called_damaged(shared: Path) -> None:
    """Real recordings decode without a complaint under the strict reading."""
    path = shared / "data/footage/gopro-karma-flight.mp4"
    clip = media.probe(path, name=path.name)
    assert looks.damage(clip, Span(start=Fraction(0), end=Fraction(3))) == ()
