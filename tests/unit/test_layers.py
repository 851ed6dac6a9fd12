from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import layers
from pipeline.geometry import Box
from pipeline.pieces import Layer

Rgba = NDArray[np.uint8]


class Drawn:
    """Our own kind of clip: it says when it changes."""

    size = (8, 4)

    def __init__(self, changes: list[int]) -> None:
        self._changes = changes
        self.asked: list[int] = []

    def changes(self) -> list[int]:
        return self._changes

    def rgba(self, frame: int) -> Rgba:
        self.asked.append(frame)
        return np.full((4, 8, 4), (frame, 2 * frame, 255 - frame, 200), np.uint8)


class Foreign:
    """As MoviePy has them: pictures by the second, a mask beside."""

    size = (8, 4)
    duration: float | None = 1.0

    def __init__(self, mask: bool = True) -> None:
        self.mask = Mask() if mask else None

    def get_frame(self, t: float) -> Rgba:
        return np.full((4, 8, 3), 10 * int(t * 5), np.uint8)


class Mask:
    def get_frame(self, t: float) -> NDArray[np.float64]:
        return np.full((4, 8), 0.5)


def layer(start: int, frames: int, offset: int = 0) -> Layer:
    return Layer(kind="x", box=Box(x=0, y=0, width=8, height=4), start=start, frames=frames, offset=offset, values={})


def written(path: Path, clip: Any, one: Layer, until: int, fps: int = 30) -> dict[int, tuple[int, ...]]:
    """Frame number → the RGBA of the picture written there."""
    layers.write(clip, path, layer=one, fps=fps, until=until)
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        found = {}
        for frame in file.decode(video=0):
            number = round(frame.pts * stream.time_base * fps)
            a, r, g, b = (int(v) for v in frame.to_ndarray()[1, 2])
            found[number] = (r, g, b, a)
        return found


def test_only_changes_are_written(tmp_path: Path) -> None:
    """Pictures stand where the clip says that it changes, shifted to the layer's place; around it there is nothing."""
    clip = Drawn([0, 3, 10, 50])
    found = written(tmp_path / "a.mov", clip, layer(5, 20), until=60)
    assert sorted(found) == [0, 5, 8, 15, 25]
    assert found[0][3] == found[25][3] == 0
    assert found[8] == (3, 6, 252, 200)
    assert clip.asked == [0, 3, 10]


def test_a_layer_goes_on_where_an_earlier_piece_stopped(tmp_path: Path) -> None:
    """With an offset the first picture is the one of that moment, although nothing changes right there."""
    found = written(tmp_path / "a.mov", Drawn([0, 3, 10]), layer(0, 20, offset=7), until=20)
    assert found == {0: (7, 14, 248, 200), 3: (10, 20, 245, 200)}


def test_any_moviepy_clip_will_do(tmp_path: Path) -> None:
    """A foreign clip is asked frame by frame; equal pictures are written once; its mask becomes alpha."""
    found = written(tmp_path / "a.mov", Foreign(), layer(0, 25), until=25, fps=25)
    assert sorted(found) == [0, 5, 10, 15, 20]
    assert found[5] == (10, 10, 10, 128)
    assert written(tmp_path / "b.mov", Foreign(mask=False), layer(0, 3), until=3)[0][3] == 255


def test_a_short_foreign_clip_holds_its_last_picture(tmp_path: Path) -> None:
    """A layer longer than the clip keeps showing the end."""
    assert written(tmp_path / "a.mov", Foreign(), layer(0, 60), until=60)[24] == (40, 40, 40, 128)


def test_frames_are_counted_from_the_table(tmp_path: Path) -> None:
    """The container says how many pictures it holds; a file in which ffmpeg wrote none holds none."""
    layers.write(Drawn([0, 1, 2]), tmp_path / "a.mov", layer=layer(0, 3), fps=30, until=3)
    assert layers.frame_count(tmp_path / "a.mov") == 3
    with av.open(str(tmp_path / "empty.mp4"), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=48000)
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        silence.sample_rate = 48000
        out.mux([*stream.encode(silence), *stream.encode(None)])
    assert layers.frame_count(tmp_path / "empty.mp4") == 0


@pytest.mark.parametrize("pixel", [(1, 2, 3, 4), (255, 0, 128, 0)])
def test_every_channel_keeps_its_place(tmp_path: Path, pixel: tuple[int, ...]) -> None:
    """Red, green, blue and alpha come back bit for bit (straight alpha)."""
    clip = Drawn([0])
    clip.rgba = lambda frame: np.full((4, 8, 4), pixel, np.uint8)  # type: ignore[method-assign]
    assert written(tmp_path / "a.mov", clip, layer(0, 1), until=1)[0] == pixel
