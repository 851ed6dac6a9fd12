"""What can be read and what cannot: letters found in overlays, contrast measured in real films, times and sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from pipeline.colours import contrast, opacity_for
from pipeline.geometry import Box, Size
from pipeline.legibility import seen, text_checks
from pipeline.legibility_masks import written
from pipeline.legibility_pixels import luminance
from pipeline.legibility_plan import line_checks, reading_words, time_checks
from pipeline.map_styles import read_map_style
from pipeline.overlays.captions import caption
from pipeline.overlays.clip import Overlay, still
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette
from pipeline.overlays.text import Style, fit
from pipeline.pieces import Layer

WIDE, HIGH, FPS, FRAMES = 640, 360, 30, 40
BOX = Box(x=40, y=180, width=400, height=140)
Draw = Callable[[Any, Any], Sequence[tuple[Any, int, int]]]


def thin(colour: str, *, size: float = 30, words: str = "Meadow and pond", backing: str = "") -> Overlay:
    """Words without a plate (or over a band of `backing`), that come and go."""
    style = Style(fonts=Palette().fonts, role="semibold")
    block = fit(words, 380, 120, size, floor=size, lines=2, style=style)
    sheet = Sheet(400, 140)
    if backing:
        sheet.canvas.clear(int("0xff" + backing[1:], 16))
    block.paint(sheet.canvas, 8, 20, colour)
    return still(sheet.straight(), x=BOX.x, y=BOX.y, frames=FRAMES, fps=FPS)


def plated() -> Overlay:
    return caption("Meadow and pond", BOX, Palette(), unit=0.5, fps=FPS, frames=FRAMES)


def layer(kind: str = "caption", **values: Any) -> Layer:
    return Layer(kind=kind, box=BOX, start=0, frames=FRAMES, total=FRAMES, values={"text": "Meadow and pond", **values})


def piece(*layers: Layer, frames: int = FRAMES) -> Any:
    return SimpleNamespace(
        fingerprint="ab" * 8,
        layers=layers,
        shot=SimpleNamespace(start=0, frames=frames, take=object()),
        moving=False,
        fps=FPS,
        size=Size(WIDE, HIGH),
        encoder=SimpleNamespace(gop=2 * FPS),
    )


def file(*pieces: Any) -> Any:
    return SimpleNamespace(pieces=pieces, storyboard=SimpleNamespace(fps=FPS))


def drawing(overlay: Callable[[], Overlay]) -> Draw:
    """Draws anew each time, as the studio does."""

    def draw(_layer: Any, _piece: Any) -> list[tuple[Any, int, int]]:
        clip = overlay()
        return [(clip, clip.x, clip.y)]

    return draw


def filmed(path: Path, overlay: Overlay, ground: Callable[[int], Any]) -> Path:
    """The overlay over a ground (a grey level or a picture of them, by frame), encoded as BT.709."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "superfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for number in range(FRAMES):
            picture = np.empty((HIGH, WIDE, 3), np.float64)
            picture[:] = np.asarray(ground(number), np.float64)[..., None]
            rgba = overlay.rgba(number).astype(np.float64)
            high, wide = rgba.shape[:2]
            part = picture[overlay.y : overlay.y + high, overlay.x : overlay.x + wide]
            alpha = rgba[:, :, 3:] / 255
            part[:] = rgba[:, :, :3] * alpha + part * (1 - alpha)
            frame = av.VideoFrame.from_ndarray(np.rint(picture).astype(np.uint8), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def noise(number: int) -> Any:
    return np.random.default_rng(number).integers(0, 256, (HIGH // 4, WIDE // 4)).repeat(4, 0).repeat(4, 1)


GROUNDS: dict[str, Callable[[int], Any]] = {"white": lambda _n: 255, "black": lambda _n: 0, "noise": noise}


@pytest.mark.parametrize("ground", GROUNDS)
def test_captions_on_their_plate_can_be_read_over_anything(ground: str, tmp_path: Path) -> None:
    """Our caption has its 4.5:1 over white, black and noise."""
    film = filmed(tmp_path / "a.mp4", plated(), GROUNDS[ground])
    (text,) = seen(film, file(piece(layer())), drawing(plated))
    assert text.words == "Meadow and pond"
    assert text.ratio is not None
    assert text.ratio >= 4.5


def test_thin_grey_words_without_a_plate_are_refused(tmp_path: Path) -> None:
    """Grey on white: named, with its time, its ratio and a remedy, and it blocks."""
    film = filmed(tmp_path / "a.mp4", thin("#b0b0b0"), GROUNDS["white"])
    found = [c for c in text_checks(film, file(piece(layer())), drawing(lambda: thin("#b0b0b0"))) if c.id == "T1"]
    assert [(c.passed, c.level) for c in found] == [(False, "block")]
    assert "Meadow and pond" in found[0].what
    assert found[0].remedy


@pytest.mark.parametrize("colour", ["#000000", "#404040", "#6a6a6a", "#8c8c8c", "#b0b0b0"])
def test_the_ratio_is_that_of_the_colours(colour: str, tmp_path: Path) -> None:
    """Over a plain ground the measurement finds what WCAG's formula says, within a tenth."""
    film = filmed(tmp_path / "a.mp4", thin(colour, size=54), GROUNDS["white"])
    (text,) = seen(film, file(piece(layer())), drawing(lambda: thin(colour, size=54)))
    assert text.ratio == pytest.approx(contrast(colour, "#ffffff"), rel=0.1)


def test_the_worst_frames_decide(tmp_path: Path) -> None:
    """White words are fine while the picture is dark; that it is white for a tenth of the time is enough to fail."""
    film = filmed(tmp_path / "a.mp4", thin("#ffffff", size=54), lambda number: 255 if number >= 28 else 10)
    (text,) = seen(film, file(piece(layer())), drawing(lambda: thin("#ffffff", size=54)))
    assert text.ratio is not None
    assert text.ratio < 1.5


def test_words_that_come_and_go_are_measured_while_they_stand() -> None:
    """Frames of the entrance and the exit are not looked at; on the open every fifth is."""
    (text,) = written(piece(layer()), drawing(lambda: thin("#ffffff")))
    assert min(text.frames) >= 8
    assert max(text.frames) < FRAMES - 5
    assert {b - a for a, b in zip(text.frames, text.frames[1:], strict=False)} == {5}
    (backed,) = written(piece(layer()), drawing(lambda: thin("#ffffff", backing="#000000")))
    assert len(backed.frames) == 1, "on a plate one look decides"


def test_letters_and_ring_are_apart() -> None:
    """The ring lies around the letters, touches none, and is about as wide as a stroke."""
    (text,) = written(piece(layer()), drawing(lambda: thin("#ffffff", size=54)))
    assert not (text.core & text.ring).any()
    assert 0.3 < text.ring.sum() / text.core.sum() < 4
    clip = thin("#ffffff", size=54)
    alpha = clip.rgba(FRAMES // 2)[:, :, 3]
    top, left = text.y - clip.y, text.x - clip.x
    part = alpha[top : top + text.core.shape[0], left : left + text.core.shape[1]]
    assert (part[text.core] > 200).all()
    assert (part[text.ring] == 0).all()


def test_what_was_measured_is_remembered(tmp_path: Path) -> None:
    """A piece is measured once; the second time neither film nor overlays are asked for."""
    kept: dict[str, Any] = {}
    memory: Any = SimpleNamespace(recall=lambda _k, n: kept.get(n), remember=lambda _k, n, v: kept.update({n: v}))
    film = filmed(tmp_path / "a.mp4", plated(), GROUNDS["white"])
    first = text_checks(film, file(piece(layer())), drawing(plated), memory)

    def nobody(_layer: Any, _piece: Any) -> Any:
        raise AssertionError("drawn again")

    assert text_checks(tmp_path / "gone.mp4", file(piece(layer())), nobody, memory) == first


def test_small_print_is_refused_and_credits_may_be_smaller(tmp_path: Path) -> None:
    """A line of 3 % of the shorter side is too small for what must be read, and enough for a credit."""

    def small() -> Overlay:
        return thin("#000000", size=9)

    film = filmed(tmp_path / "a.mp4", small(), GROUNDS["white"])
    size = {
        c.what.split(" (")[0]: c.passed for c in text_checks(film, file(piece(layer())), drawing(small)) if c.id == "T7"
    }
    assert size == {"Size of words that must be read": False}
    size = {
        c.what.split(" (")[0]: c.passed
        for c in text_checks(film, file(piece(layer("credit"))), drawing(small))
        if c.id == "T7"
    }
    assert size == {"Size of credits": True}


def test_luminance_is_that_of_the_colours() -> None:
    """Black, white and the pure colours come out of BT.709 planes as WCAG's luminance says."""
    for (y, u, v), light in {
        (16, 128, 128): 0.0,
        (235, 128, 128): 1.0,
        (63, 102, 240): 0.2126,
        (173, 42, 26): 0.7152,
    }.items():
        planes = (np.full((4, 4), y, np.uint8), np.full((2, 2), u, np.uint8), np.full((2, 2), v, np.uint8))
        assert luminance(planes, 1, 1, 9, 9) == pytest.approx(np.full((3, 3), light), abs=0.01)


@pytest.mark.parametrize(
    ("text", "words"),
    [("Meadow and pond", 3), ("5.1 miles (8.2 km)", 3), ("example.gov.uk/walks", 1), ("– 🌳", 0), ("30 to 35 min", 5)],
)
def test_numbers_take_as_long_as_two_words(text: str, words: int) -> None:
    """T6 counts figures twice, and what stands in brackets after them not again."""
    assert reading_words(text) == words


def test_time_to_read() -> None:
    """A caption over two pieces has the time of both; one that is too short is named."""
    long = layer(text="Meadow and pond")
    assert [c.passed for c in time_checks(file(piece(long), piece(long)))] == [True]
    (check,) = time_checks(file(piece(long)))
    assert (check.passed, check.level, check.measured, check.limit) == (False, "warn", "1.3 s", "at least 2.1 s")


def test_the_line_of_every_look_stands_out() -> None:
    """T4 holds for a style of ours, and is found out where a line has the colour of its outline."""
    style = read_map_style("daylight")
    assert all(check.passed for check in line_checks(style))
    from dataclasses import replace

    assert not all(check.passed for check in line_checks(replace(style, route=style.casing)))


@pytest.mark.parametrize("shade", ["#000000", "#080e12", "#242424", "#4a4a4a"])
def test_the_shade_is_as_strong_as_its_colour_needs(shade: str) -> None:
    """Over white footage the least opacity that gives white words their contrast."""
    from pipeline.colours import mixed

    opacity = opacity_for(shade, "#ffffff", 4.8)
    assert contrast("#ffffff", mixed("#ffffff", shade, opacity)) >= 4.8
    assert contrast("#ffffff", mixed("#ffffff", shade, opacity - 0.02)) < 4.8
