"""Places said in words, and where they are on a route."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import anchors
from pipeline.anchors import Anchor
from pipeline.errors import BriefError
from pipeline.route import Line, Route, Waypoint


def _route(*names: str, distance_m: float = 5000.0) -> Route:
    ends = np.array([0.0, 0.1])
    line = Line(lng=ends, lat=ends, ele_m=ends, along_m=np.array([0.0, distance_m]), epoch_s=ends * np.nan)
    waypoints = tuple(
        Waypoint(name=name, lng=0.0, lat=0.0, along_m=1000.0 * (n + 1), aside_m=0.0) for n, name in enumerate(names)
    )
    return Route(
        name="r", kind="planned", lines=(line,), waypoints=waypoints,
        distance_m=distance_m, ascent_m=None, descent_m=None, loop=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("start", Anchor("start")),
        ("End", Anchor("end")),
        ("0:05", Anchor("time", Fraction(5))),
        ("3s", Anchor("time", Fraction(3))),
        ("1.2 mi", Anchor("distance", Fraction("1931.2128"))),
        ("1mile", Anchor("distance", Fraction("1609.344"))),
        ("2 km", Anchor("distance", Fraction(2000))),
        ("800 m", Anchor("distance", Fraction(800))),
        ("waypoint Barn  Hill", Anchor("waypoint", "Barn Hill")),
        ("waypoint 3 km", Anchor("waypoint", "3 km")),
    ],
)
def test_words_are_read(words: str, expected: Anchor) -> None:
    """Every form of the contract is read; `m` means metres here."""
    assert anchors.read(words) == expected


@pytest.mark.parametrize("words", ["12", "finish", "1,2 km", "-1 km", "5 furlongs", "waypoint", "1e9 km", ""])
def test_other_words_are_refused(words: str) -> None:
    """What could mean several things, or nothing, is refused in a sentence."""
    with pytest.raises(ValueError, match="I cannot read"):
        anchors.read(words)


def test_zero_needs_no_unit() -> None:
    """A trim of 0 is written as 0; other bare numbers are no distance."""
    assert anchors.metres("0") == 0
    with pytest.raises(ValueError, match="as a distance"):
        anchors.metres("5")


@given(st.integers(0, 999_999))
def test_metres_return(metres: int) -> None:
    """A distance in metres is kept exactly."""
    assert anchors.read(f"{metres} m").metres == metres


@pytest.mark.parametrize(
    ("words", "along_m"),
    [("start", 0.0), ("end", 5000.0), ("2 km", 2000.0), ("5.05 km", 5000.0), ("waypoint BARN hill", 2000.0)],
)
def test_places_are_found(words: str, along_m: float) -> None:
    """Anchors become metres; letter case does not matter; a rounded total is the end."""
    route = _route("Pond", "Barn Hill", "Barn Hill")
    assert anchors.resolve(anchors.read(words), route) == pytest.approx(along_m)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "waypoint Barn Hil",
            'r.yml:7:5: at: the route has no waypoint "Barn Hil"\n  hint: did you mean "Barn Hill"?',
        ),
        (
            "waypoint Zoo",
            'r.yml:7:5: at: the route has no waypoint "Zoo"\n  hint: it has "Pond" and "Barn Hill"',
        ),
        (
            "6 km",
            "r.yml:7:5: at: 3.7 miles (6.0 km) is beyond the end of the route, which is 3.1 miles "
            "(5.0 km) long\n  hint: write a smaller distance, or `end`",
        ),
        (
            "0:05",
            "r.yml:7:5: at: 0:05 is a time in the clip, not a place on the route\n"
            "  hint: write start, end, 0:05, 1.2 mi, 2 km or waypoint Barn Hill",
        ),
    ],
)
def test_what_is_not_on_the_route_is_told(words: str, message: str) -> None:
    """An unknown waypoint comes with the nearest, a distance too far with the length of the route."""
    with pytest.raises(BriefError) as caught:
        anchors.resolve(anchors.read(words), _route("Pond", "Barn Hill"), "r.yml:7:5: at")
    assert str(caught.value) == message
