"""Words over white cloud, black water and noise can be read in the finished clip: measured there by other means."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from workbench import brief, ffmpeg, filmed, promo, walk

SIZE = (1280, 720)
AT_S = 1.2  # the title stands there fully


def noise(path: Path) -> Path:
    picture = "nullsrc=s=480x270:r=30:d=3,geq=lum=random(1)*255:cb=128:cr=128"
    ffmpeg("-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g", 15,
           f"file:{path}")  # fmt: skip
    return path


def linear_at(film: Path, second: float) -> NDArray[np.float64]:
    """A frame in linear light (height, width, RGB), by ffmpeg's own conversion and WCAG's formula."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", str(second), "-i", str(film), "-frames:v", "1",
        "-vf", "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24", "-f", "rawvideo", "-",
    ]  # fmt: skip
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    value = np.frombuffer(raw, np.uint8).reshape(SIZE[1], SIZE[0], 3) / 255
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


def within(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """The mask and all around it, by shifting it."""
    out = mask.copy()
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            out |= np.roll(mask, (down, across), (0, 1))
    return out


def oracle(linear: NDArray[np.float64]) -> float:
    """The contrast of the white title: in rows that lie in the shade, what is nearly white is a letter."""
    light = linear @ np.array([0.2126, 0.7152, 0.0722])
    beside = light[:, -200:]  # no words there
    shaded = np.percentile(beside, 99, axis=1) < 0.25
    last = np.flatnonzero(shaded)
    letters = (linear.min(axis=2) > 0.6) & shaded[:, None]  # the tag above the title is yellow
    letters[:, -200:] = False
    assert letters.sum() > 2000, "the title is not where it should be"
    assert len(last) > 100
    ring = within(letters, 7) & ~within(letters, 3) & shaded[:, None]
    fill = np.median(light[letters])
    return float(np.percentile((fill + 0.05) / (light[ring] + 0.05), 5))


def checks(out: Path) -> list[dict[str, Any]]:
    return list(json.loads((out / "x.en.json").read_text(encoding="utf-8"))["checks"])


@pytest.mark.parametrize("ground", ["white", "black", "noise"])
def test_words_over_footage_have_their_contrast(ground: str, tmp_path: Path) -> None:
    """The sidecar's contrast is at least the limit, and no better than what is seen in the pixels."""
    walk(tmp_path / "w.gpx")
    film = tmp_path / f"{ground}.mp4"
    if ground == "noise":
        noise(film)
    else:
        filmed(film, f"color=c={ground}", seconds=3)
    path = brief(
        tmp_path, title="Meadow walk", footage=[film.name], length="8s", captions=[{"at": "0.7 mi", "text": "Pond"}]
    )
    done = promo(path, cache=tmp_path / "cache")
    out = tmp_path / "promo" / "route"
    told = [check for check in checks(out) if check["id"] == "T1"]
    assert [check["passed"] for check in told] == [True], done.stderr
    found = re.match(r"([\d.]+):1", told[0]["measured"])
    assert found is not None
    measured, other = float(found[1]), oracle(linear_at(out / "x.en.mp4", AT_S))
    assert other >= 4.5
    if "Meadow walk" in told[0]["what"]:
        assert measured == pytest.approx(other, rel=0.12)
    else:  # another text is the weakest: by its own limit, which may be the higher one
        assert ground != "white"
        assert measured / 4.5 <= other / 3


def test_a_brand_with_pale_ink_gets_a_stronger_shade(tmp_path: Path) -> None:
    """The usual shade would be too weak in a pale ink; it is made stronger, so that nothing is refused."""
    walk(tmp_path / "w.gpx")
    filmed(tmp_path / "white.mp4", "color=c=white", seconds=3)
    (tmp_path / "pale.yml").write_text(
        "name: Pale\ncolours: {ink: '#5a5a5a', paper: '#ffffff', accent: '#ffc83d', on_accent: '#222222',"
        " panel: '#333333', on_panel: '#ffffff'}\n",
        encoding="utf-8",
    )
    path = brief(tmp_path, title="Meadow walk", footage=["white.mp4"], length="8s", brand="pale.yml")
    done = promo(path, cache=tmp_path / "cache")
    out = tmp_path / "promo" / "route"
    assert [check["measured"] for check in checks(out) if check["id"] == "T1" and not check["passed"]] == [], (
        done.stderr
    )
    assert oracle(linear_at(out / "x.en.mp4", AT_S)) >= 4.5
