from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Box, Insets, Size

edges = st.builds(
    Insets, top=st.integers(0, 99), bottom=st.integers(0, 99), left=st.integers(0, 99), right=st.integers(0, 99)
)
boxes = st.builds(Box, x=st.integers(0, 9), y=st.integers(0, 9), width=st.integers(1, 9), height=st.integers(1, 9))


@given(edges, edges)
def test_joined_margins_satisfy_both(one: Insets, two: Insets) -> None:
    """The room inside joined margins lies in the room of each."""
    size = Size(1080, 1920)
    both = Box.inside(size, one.joined(two))
    assert Box.inside(size, one).contains(both)
    assert Box.inside(size, two).contains(both)
    assert one.joined(two) == two.joined(one)


@given(boxes, boxes)
def test_boxes_overlap_where_they_share_a_pixel(one: Box, two: Box) -> None:
    """Counted pixel by pixel; right and bottom edges are outside."""

    def pixels(box: Box) -> set[tuple[int, int]]:
        return {(x, y) for x in range(box.x, box.right) for y in range(box.y, box.bottom)}

    assert one.overlaps(two) == bool(pixels(one) & pixels(two))
    assert one.contains(two) == (pixels(two) <= pixels(one))


def test_sizes_know_their_shape() -> None:
    """The shorter side, and width over height."""
    assert Size(1080, 1920).short == 1080
    assert Size(1920, 1080).aspect == 16 / 9
