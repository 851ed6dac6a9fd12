"""Flight logs as CSV beside the clip."""

from __future__ import annotations

import shutil
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.telemetry import read_flight

LOG = "frame,timestamp,color_md,latitude,longitude,rel_alt,abs_alt\n" + "".join(
    f"{n},2022-10-07 17:52:{13 + n:02d}.500,default,37.38892,126.66295,146.0,94.465\n" for n in range(6)
)


def test_a_log_as_long_as_the_clip_is_its_flight(tmp_path: Path) -> None:
    """Positions, heights, clock and profile come from named columns; odd rows cost only themselves."""
    (tmp_path / "DJI_1.csv").write_text(LOG.replace("3,2022-10-07 17:52:16.500,default,37.38892", "3,,nan,1e999"))
    flight = read_flight(tmp_path / "DJI_1.MP4", duration=Fraction(5))
    assert flight is not None
    assert flight.time_s.tolist() == [0, 1, 2, 4, 5]
    assert (flight.lng[0], flight.lat[0], flight.height_m[0], flight.altitude_m[0]) == (
        126.66295,
        37.38892,
        146,
        94.465,
    )
    assert flight.clock == datetime(2022, 10, 7, 17, 52, 13, 500000)
    assert flight.colour_profile == "default"


def test_a_log_of_a_whole_flight_is_not_the_clips(tmp_path: Path) -> None:
    """A log that lasts longer than the clip does not say where the clip begins in it, so it is not used."""
    (tmp_path / "DJI_1.csv").write_text(LOG)
    assert read_flight(tmp_path / "DJI_1.MP4", duration=Fraction(2)) is None


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "latitude,longitude\n1,2\n", 'timestamp,latitude,longitude\n"\n', "\0\0"]
)
def test_other_tables_are_left_alone(tmp_path: Path, text: str) -> None:
    """A CSV without positions or times is somebody else's."""
    (tmp_path / "DJI_1.csv").write_text(text)
    assert read_flight(tmp_path / "DJI_1.MP4", duration=Fraction(2)) is None


@pytest.mark.parametrize(
    ("name", "duration", "rows", "first"),
    [
        ("dji-songdo-hover.csv", Fraction(5), 151, (126.66295, 37.38892)),
        ("dji-flightlog-geotag.csv", Fraction(91, 10), 92, (170.42456545, -44.69009395)),
    ],
)
def test_real_logs(
    shared: Path, tmp_path: Path, name: str, duration: Fraction, rows: int, first: tuple[float, float]
) -> None:
    """The real logs give one row a line and their first position."""
    shutil.copy(shared / "data/telemetry" / name, tmp_path / "DJI_1.CSV")
    flight = read_flight(tmp_path / "DJI_1.MP4", duration=duration)
    assert flight is not None
    assert len(flight.time_s) == rows
    assert (flight.lng[0], flight.lat[0]) == pytest.approx(first)
