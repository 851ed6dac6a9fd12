from __future__ import annotations

import pytest

from pipeline.errors import BriefError, MaterialError, Problem, PromoError, ToolError, gravest


def test_a_failure_is_a_place_a_sentence_and_a_remedy() -> None:
    """What is printed begins with the place and ends with the hint; without a remedy there is no hint."""
    error = BriefError.at("route.yml:7:5: footage[1].use", "end 0:42 comes before start 0:55", "swap the two")
    assert str(error) == "route.yml:7:5: footage[1].use: end 0:42 comes before start 0:55\n  hint: swap the two"
    assert "hint" not in str(ToolError.at("disk", "it is full"))


def test_all_problems_are_carried() -> None:
    """One error may hold many problems, and says them all in order."""
    two = [Problem(level="block", where=f"clip{k}", what="it is empty") for k in (1, 2)]
    error = MaterialError(*two)
    assert error.problems == tuple(two)
    assert str(error).splitlines() == ["clip1: it is empty", "clip2: it is empty"]


@pytest.mark.parametrize(
    ("errors", "code"),
    [([], 0), ([BriefError], 2), ([BriefError, MaterialError], 3), ([ToolError, MaterialError], 4), ([PromoError], 4)],
)
def test_the_gravest_decides(errors: list[type[PromoError]], code: int) -> None:
    """A batch ends with the highest exit code of its failures."""
    assert gravest(kind.at("here", "something") for kind in errors) == code
