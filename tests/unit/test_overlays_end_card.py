"""The end card: the code scans, every part is in its box, credits are never smaller than they may be."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.colours import contrast
from pipeline.errors import BriefError
from pipeline.geometry import Box, Insets, Size
from pipeline.layout import lay_out
from pipeline.overlays import end_card
from pipeline.overlays.palette import Palette

PALETTE = Palette()
SHAPES = [
    (Size(1080, 1920), Insets(top=270, bottom=672, left=120, right=250)),
    (Size(1080, 1080), Insets(top=50, bottom=50, left=50, right=50)),
    (Size(1280, 720), Insets(top=36, bottom=86, left=64, right=64)),
]
LINK = "https://www.example.gov.uk/walks/fryent?utm_source=instagram&utm_medium=social"
CREDITS = ["© OpenStreetMap contributors", "Music: “Meadow”, J. Smith, CC BY 4.0", "Elevation: NASA SRTM"]


@pytest.mark.parametrize(("size", "safe"), SHAPES, ids=lambda value: str(value))
def test_every_part_lies_in_its_own_box(size: Size, safe: Insets) -> None:
    """Words, link, code and credits each stay inside the box the layout gave them."""
    layout = lay_out(size, safe)
    words = "Darganfod Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    link = "www.llanfairpwllgwyngyll.gov.uk/cerdded/llwybrau"
    parts = end_card.content(words, link, LINK, None, CREDITS, layout, PALETTE, fps=25, frames=75)
    assert len(parts) == 4
    homes = [layout.end_logo, layout.end_text, layout.end_link, layout.end_qr, layout.end_credits]
    first = Box(x=homes[0].x, y=homes[0].y, width=homes[1].width, height=homes[1].bottom - homes[0].y)
    for overlay, home in zip(parts, [first, *homes[2:]], strict=True):
        assert home.contains(Box(x=overlay.x, y=overlay.y, width=overlay.size[0], height=overlay.size[1]))


def test_code_has_whole_modules_and_a_quiet_zone() -> None:
    """Read back from the picture, the code is the one that was asked for, dark on white, four modules
    inside."""
    layout = lay_out(*SHAPES[0])
    (overlay,) = end_card.content("", "", LINK, None, [], layout, PALETTE, fps=25, frames=75)
    picture = overlay.rgba(40)
    modules = end_card.qr_modules(LINK)
    dark = (picture[:, :, :3].sum(axis=2) < 300) & (picture[:, :, 3] == 255)
    rows, columns = np.nonzero(dark)
    cell = (columns.max() - columns.min() + 1) // len(modules)
    centres = rows.min() + cell // 2 + cell * np.arange(len(modules))
    across = columns.min() + cell // 2 + cell * np.arange(len(modules))
    assert np.array_equal(dark[np.ix_(centres, across)], modules)
    quiet = min(rows.min(), columns.min(), picture.shape[0] - 1 - rows.max(), picture.shape[1] - 1 - columns.max())
    assert quiet >= 4 * cell
    assert picture.shape[0] >= 0.12 * 1080
    assert contrast(PALETTE.ink, "#ffffff") >= 7


def test_link_too_long_for_a_code_is_explained() -> None:
    """A link of thousands of letters gives a BriefError with a remedy."""
    layout = lay_out(*SHAPES[0])
    for length in (1500, 5000):
        with pytest.raises(BriefError) as caught:
            end_card.content("", "", "https://a.uk/" + "x" * length, None, [], layout, PALETTE, fps=25, frames=75)
        assert caught.value.problems[0].remedy == "use a shorter link"


@pytest.mark.parametrize(("size", "safe"), SHAPES, ids=lambda value: str(value))
def test_credits_keep_their_smallest_size(size: Size, safe: Insets) -> None:
    """Usual credits are set at 2.5 % of the shorter side or more in every shape."""
    layout = lay_out(size, safe)
    block = end_card.credit_block(CREDITS, layout.end_credits, PALETTE, layout.unit)
    assert block.size >= 0.025 * size.short - 0.01
    assert "OpenStreetMap" in "".join(block.lines)


def test_background_is_opaque_and_full() -> None:
    """The ground covers the whole frame, with or without a route."""
    picture = end_card.background(Size(360, 640), PALETTE)
    assert picture.shape == (640, 360, 4)
    assert picture[:, :, 3].min() == 255
