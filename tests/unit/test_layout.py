"""Boxes for every shape: inside the safe area, never over each other, of a size that can be read."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import Box, Insets, Size
from pipeline.layout import Layout, lay_out

PLATFORM_SHAPES = [
    (Size(1080, 1920), Insets(top=270, bottom=672, left=120, right=250)),
    (Size(720, 1280), Insets(top=180, bottom=448, left=80, right=167)),
    (Size(1080, 1350), Insets(top=60, bottom=60, left=60, right=60)),
    (Size(1080, 1440), Insets(top=60, bottom=60, left=60, right=60)),
    (Size(1000, 1500), Insets(top=60, bottom=60, left=60, right=60)),
    (Size(1080, 1080), Insets(top=50, bottom=50, left=50, right=50)),
    (Size(1920, 1080), Insets(top=54, bottom=130, left=96, right=96)),
    (Size(1280, 720), Insets(top=36, bottom=86, left=64, right=64)),
]


def boxes(layout: Layout) -> dict[str, Box]:
    values = {field.name: getattr(layout, field.name) for field in dataclasses.fields(layout)}
    return {name: value for name, value in values.items() if isinstance(value, Box)}


@st.composite
def frames(draw: st.DrawFn) -> tuple[Size, Insets]:
    width, height = (2 * draw(st.integers(160, 2200)) for _ in range(2))

    def margins(length: int) -> tuple[int, int]:
        first = draw(st.integers(0, int(length * 0.4)))
        return first, draw(st.integers(0, int(length * 0.4)))

    (left, right), (top, bottom) = margins(width), margins(height)
    return Size(width, height), Insets(top=top, bottom=bottom, left=left, right=right)


@settings(max_examples=300, deadline=None)
@given(frames())
def test_boxes_lie_in_the_safe_area_and_apart(frame: tuple[Size, Insets]) -> None:
    """For any size and any margins: all boxes inside the safe area, and none over another of the same
    scene."""
    size, safe = frame
    layout = lay_out(size, safe)
    area = Box.inside(size, safe)
    for name, box in boxes(layout).items():
        assert area.contains(box), name
        assert min(box.width, box.height) > 0, name
        assert not any(value % 2 for value in (box.x, box.y, box.width, box.height)), name
    for scene, together in layout.together().items():
        for number, one in enumerate(together):
            assert not any(one.overlaps(other) for other in together[number + 1 :]), scene


@pytest.mark.parametrize(("size", "safe"), PLATFORM_SHAPES, ids=lambda value: str(value))
def test_code_and_words_have_room_on_every_platform(size: Size, safe: Insets) -> None:
    """QR at least 12 % of the shorter side; captions three lines of 5.5 %; a title four lines at its
    floor."""
    layout = lay_out(size, safe)
    assert min(layout.end_qr.width, layout.end_qr.height) >= 0.12 * size.short
    assert layout.caption.height >= 3 * 0.07 * size.short
    assert layout.title.height >= 4 * 0.07 * size.short
    assert min(layout.inset.width, layout.inset.height) >= 0.25 * size.short
    assert layout.scene_map.height >= 0.3 * size.short


def test_shapes_are_laid_out_anew() -> None:
    """A tall picture has its inset at the top opposite the logo, a wide one at the bottom beside the
    caption."""
    tall, wide = (lay_out(*PLATFORM_SHAPES[number]) for number in (0, 6))
    assert tall.inset.y == tall.logo.y
    assert tall.inset.right == tall.safe.right
    assert wide.inset.bottom == wide.caption.bottom
    assert wide.inset.x > wide.caption.right
    assert (tall.title_from, wide.title_from) == ("top", "bottom")


@settings(max_examples=100, deadline=None)
@given(frames())
def test_a_mirrored_layout_is_the_same_seen_from_behind(frame: tuple[Size, Insets]) -> None:
    """Every box keeps its size and height, changes sides inside the safe area, and the safe area stays where the apps'
    buttons leave it; mirrored twice it is as it was."""
    one, two = lay_out(*frame), lay_out(*frame, mirrored=True)
    assert (one.mirrored, two.mirrored) == (False, True)
    assert one.safe == two.safe
    for name, box in boxes(one).items():
        other = boxes(two)[name]
        assert (other.y, other.width, other.height) == (box.y, box.width, box.height), name
        assert other.x - two.safe.x == one.safe.right - box.right, name
        assert not other.x % 2, name


def test_margins_that_leave_nothing_are_refused() -> None:
    """Margins that leave less than a fifth of the picture raise ValueError instead of giving empty boxes."""
    with pytest.raises(ValueError, match="too little"):
        lay_out(Size(1080, 1920), Insets(top=900, bottom=900))
