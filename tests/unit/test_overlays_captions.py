"""Words over footage: readable over any picture, inside their boxes, faded in and out, true MoviePy clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.colours import contrast, readable
from pipeline.errors import BriefError
from pipeline.geometry import Box, Insets, Size
from pipeline.layout import lay_out
from pipeline.overlays import captions, draft, logo
from pipeline.overlays.clip import Overlay, presence
from pipeline.overlays.paint import Sheet
from pipeline.overlays.palette import Palette

FRAME = Size(540, 960)
LAYOUT = lay_out(FRAME, Insets(top=134, bottom=336, left=60, right=125))
PALETTE = Palette()


def over(overlay: Overlay, ground: int, frame: int) -> np.ndarray:
    """The overlay on a plain grey picture, as floats 0–255 (height, width, 3)."""
    picture = overlay.rgba(frame).astype(float)
    alpha = picture[:, :, 3:] / 255
    return picture[:, :, :3] * alpha + ground * (1 - alpha)


def box_of(overlay: Overlay) -> Box:
    return Box(x=overlay.x, y=overlay.y, width=overlay.size[0], height=overlay.size[1])


def the_title(**more: object) -> Overlay:
    """Shade and words as one picture of the frame's width, as they are laid over each other."""
    shade, words = captions.title(
        "Fryent Country Park circular",
        LAYOUT.title,
        PALETTE,
        frame=FRAME,
        edge=LAYOUT.title_from,
        fps=25,
        frames=75,
        kicker="Walk · 5.1 miles",
        sub="Meadow and woodland",
        **more,  # type: ignore[arg-type]
    )
    assert shade.spread == FRAME.width
    top = min(shade.y, words.y)
    bottom = max(one.y + one.size[1] for one in (shade, words))

    def draw(frame: int) -> np.ndarray:
        seen = np.zeros((bottom - top, FRAME.width, 4))
        strip = np.repeat(shade.rgba(frame)[:, :1], FRAME.width, axis=1)
        for picture, x, y in ((strip, 0, shade.y), (words.rgba(frame), words.x, words.y)):
            part = seen[y - top : y - top + picture.shape[0], x : x + picture.shape[1]]
            above, below = picture[:, :, 3:] / 255.0, part[:, :, 3:] / 255.0
            alpha = above + below * (1 - above)
            mixed = picture[:, :, :3] * above + part[:, :, :3] * below * (1 - above)
            part[:, :, :3] = np.divide(mixed, alpha, out=np.zeros_like(mixed), where=alpha > 0)
            part[:, :, 3:] = alpha * 255
        return np.rint(seen).astype(np.uint8)

    return Overlay(
        x=0,
        y=top,
        width=FRAME.width,
        height=bottom - top,
        frames=words.frames,
        fps=25,
        draw=draw,
        changes=words.changes(),
    )


def the_caption(text: str = "Barn Hill pond, gyda’r hwyr", frames: int = 75) -> Overlay:
    return captions.caption(text, LAYOUT.caption, PALETTE, unit=LAYOUT.unit, fps=25, frames=frames)


def test_title_reads_over_a_white_picture() -> None:
    """Around the title's letters the shaded picture is dark enough for 4.5:1, even where the footage is
    white."""
    overlay = the_title()
    letters = over(overlay, 0, 40).min(axis=2) > 250
    rows = np.nonzero(letters.any(axis=1))[0]
    beside = over(overlay, 255, 40)[rows[0] : rows[-1] + 1, 4]  # the shade alone, at the letters' heights
    ground = "#" + "".join(f"{round(value):02x}" for value in beside.max(axis=0))
    assert len(rows) > 60
    assert contrast("#ffffff", ground) >= 4.5


@pytest.mark.parametrize("ground", [0, 255])
def test_caption_plate_reads_over_black_and_white(ground: int) -> None:
    """The plate is at least 70 % opaque and its words have 4.5:1 over black and over white."""
    overlay = the_caption()
    plate = overlay.rgba(40)[overlay.size[1] // 8, overlay.size[0] // 2]
    assert plate[3] >= 0.7 * 255
    seen = over(overlay, ground, 40)[overlay.size[1] // 8, overlay.size[0] // 2].astype(int)
    assert contrast(PALETTE.paper, "#" + "".join(f"{value:02x}" for value in seen)) >= 4.5


@pytest.mark.parametrize(
    "text",
    ["Pond", "Golygfa o Lanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch gyda’r hwyr", "go\ngo"],
)
def test_captions_and_credits_stay_in_their_boxes(text: str) -> None:
    """Short, Welsh and broken texts: the overlay lies inside its box and its ink inside the overlay."""
    parts = [
        (the_caption(text), LAYOUT.caption),
        (captions.credit(text, LAYOUT.credit, PALETTE, unit=LAYOUT.unit, fps=25, frames=50), LAYOUT.credit),
    ]
    for overlay, box in parts:
        assert box.contains(box_of(overlay))
        bright = overlay.rgba(25)[:, :, :3].min(axis=2) > 200
        rows, columns = np.nonzero(bright & (overlay.rgba(25)[:, :, 3] > 200))
        assert rows.min() >= 2
        assert rows.max() <= overlay.size[1] - 3
        assert columns.max() <= overlay.size[0] - 3


def test_still_overlays_change_only_while_they_fade() -> None:
    """`changes` names exactly the frames at which the picture differs from the one before: a dozen of 75."""
    for overlay in (the_caption(), the_title()):
        pictures = [overlay.rgba(frame).copy() for frame in range(overlay.frames)]
        differs = [0] + [i for i in range(1, 75) if not np.array_equal(pictures[i], pictures[i - 1])]
        assert set(differs) <= set(overlay.changes())
        assert len(overlay.changes()) <= 16
        assert overlay.rgba(0)[:, :, 3].max() < overlay.rgba(40)[:, :, 3].max()


def test_presence_without_entrance_or_exit_is_full() -> None:
    """An overlay that continues over a cut neither fades in nor out; a one-frame overlay is fully there."""
    assert {presence(i, 50, 25, enter=False, leave=False) for i in range(50)} == {1.0}
    assert presence(0, 1, 25) == 1.0


def test_overlay_is_a_moviepy_clip() -> None:
    """get_frame and mask.get_frame agree with rgba at that time; position and size are even."""
    overlay = the_caption()
    assert overlay.duration == pytest.approx(3.0)
    picture = overlay.rgba(30)
    assert np.array_equal(overlay.get_frame(30 / 25), picture[:, :, :3])
    assert np.allclose(overlay.mask.get_frame(30 / 25), picture[:, :, 3] / 255)
    assert not any(value % 2 for value in (overlay.x, overlay.y, *overlay.size))
    assert overlay.mask.is_mask
    assert overlay.pos(0) == (overlay.x, overlay.y)


def test_overlay_composites_in_moviepy() -> None:
    """MoviePy itself can put the clip over another at its own place."""
    from moviepy import ColorClip, CompositeVideoClip

    overlay = the_caption()
    ground = ColorClip((540, 960), color=(255, 255, 255), duration=3)
    frame = CompositeVideoClip([ground, overlay]).get_frame(1.2)
    centre = frame[overlay.y + overlay.size[1] // 8, overlay.x + overlay.size[0] // 2]
    assert centre.max() < 100
    assert frame[5, 5].min() == 255


def test_logo_keeps_its_proportions_in_its_box(tmp_path: Path) -> None:
    """SVG and PNG are scaled without distortion; a plate behind the logo stays inside the box too."""
    svg = tmp_path / "logo.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50">'
        '<rect width="200" height="50" fill="#ff0000"/></svg>'
    )
    art = logo.Artwork(svg)
    for backing in (False, True):
        overlay = logo.logo(art, LAYOUT.logo, PALETTE, unit=LAYOUT.unit, fps=25, frames=10, backing=backing)
        assert LAYOUT.logo.contains(box_of(overlay))
        picture = overlay.rgba(5)
        red = (picture[:, :, 0] > 200) & (picture[:, :, 1] < 60) & (picture[:, :, 3] > 200)
        rows, columns = np.nonzero(red)
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(4.0, rel=0.12)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b'<!DOCTYPE s [<!ENTITY a "a">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x0f\xff\xff\x00\x0f\xff\xff\x08\x06\x00\x00\x00",
    ],
)
def test_bad_logos_are_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Empty, text, entity-bearing and giant files give a BriefError that names the file and a remedy."""
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    with pytest.raises(BriefError) as caught:
        logo.Artwork(path)
    assert caught.value.problems[0].where == "logo.png"
    assert caught.value.problems[0].remedy
    with pytest.raises(BriefError):
        logo.Artwork(tmp_path / "missing.png")


@pytest.mark.parametrize("size", ['width="100%" height="100%"', "", 'width="40" height="10"'])
def test_svg_may_give_its_size_as_a_view_box(tmp_path: Path, size: str) -> None:
    """Drawing programs often write a viewBox alone or a width of 100 %: its proportions count."""
    path = tmp_path / "logo.svg"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 400 100">'
        '<rect width="400" height="100" fill="#ff0000"/></svg>'
    )
    art = logo.Artwork(path)
    assert art.fitted(200, 200) == (200, 50)
    sheet = Sheet(200, 50)
    art.paint(sheet.canvas, 0, 0, 200, 50)
    assert (sheet.pixels[:, :, 3] > 200).mean() > 0.95


def test_logo_of_too_many_pixels_is_refused_unopened(tmp_path: Path) -> None:
    """A small file that unpacks to a picture wider than 12 000 pixels is refused by its size alone."""
    from PIL import Image

    path = tmp_path / "wide.png"
    Image.new("1", (13_000, 2)).save(path)
    with pytest.raises(BriefError, match="larger than 12000 pixels"):
        logo.Artwork(path)


def test_draft_mark_is_inside_every_frame_and_never_changes() -> None:
    """The mark lies inside the frame, is see-through and needs one picture."""
    for size in (Size(540, 960), Size(1280, 720), Size(360, 360)):
        overlay = draft.mark(size, PALETTE, fps=25, frames=250)
        assert Box(x=0, y=0, width=size.width, height=size.height).contains(box_of(overlay))
        assert list(overlay.changes()) == [0]
        alpha = overlay.rgba(0)[:, :, 3]
        assert 0 < alpha.max() < 255
        assert not (alpha[0].any())
        assert not (alpha[-1].any())
        assert not (alpha[:, 0].any())
        assert not (alpha[:, -1].any())


def test_colours_are_moved_until_they_read() -> None:
    """`readable` keeps a good colour and darkens or lightens a poor one to the ratio asked for."""
    assert readable("#e4003a", "#fbfaf6", 3.0) == "#e4003a"
    for poor, ground in (("#ffee00", "#ffffff"), ("#101820", "#13232c")):
        assert contrast(readable(poor, ground, 3.0), ground) >= 3.0
    with pytest.raises(ValueError, match="no colour"):
        Palette(route="red")
