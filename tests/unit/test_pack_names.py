"""Names for folders that are shared."""

from __future__ import annotations

import pytest

from pipeline.pack_names import MOST, portable


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fryent", "fryent"),
        ("Cŵn a mynydd", "Cŵn a mynydd"),
        ('a"b*c:d<e>f?g/h\\i|j', "a-b-c-d-e-f-g-h-i-j"),
        ("50% off #1", "50- off -1"),
        (" walk. ", "walk"),
        ("..", "promo"),
        ("~$walk", "walk"),
        ("my_vti_walk", "my-walk"),
        ("con", "promo-con"),
        ("LPT1.walk", "promo-LPT1.walk"),
        ("comedy", "comedy"),
        ("a\u0000b\u202ec\n", "a-b-c"),
        ("", "promo"),
    ],
)
def test_a_name_can_be_used_everywhere(name: str, wanted: str) -> None:
    """Signs, ends and names that SharePoint, OneDrive or Windows refuse are replaced; all others stay."""
    assert portable(name) == wanted
    assert portable(wanted) == wanted


def test_a_long_name_is_cut() -> None:
    """And does not end with a dot or a space then."""
    found = portable("w" * (MOST - 1) + ". and more")
    assert found == "w" * (MOST - 1)
