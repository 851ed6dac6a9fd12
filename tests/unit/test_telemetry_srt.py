"""DJI's .SRT in its dialects: small faithful samples, broken ones, and the real files."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import MaterialError
from pipeline.flight import Flight
from pipeline.telemetry import read_flight, read_srt
from pipeline.telemetry.dialects import parts

LINES = {
    "bracket fields": (
        '<font size="28">FrameCnt: {n}, DiffTime: 33ms\n2025-07-23 10:21:39.692\n[iso: 210] [color_md: dlog_m] '
        "[latitude: 51.118062] [longitude: 88.083302] [rel_alt: 20.000 abs_alt: 864.309] [ct: 5491] </font>",
        (88.083302, 51.118062, 20.0, 864.309),
    ),
    "longtitude, no height, micro and milliseconds": (
        '<font size="36">FrameCnt : {n}18, DiffTime : 40ms\n2025-07-23 10:21:39,692,000\n[iso : 110] '
        "[latitude : -35.080155] [longtitude : -60.286702] </font>",
        (-60.286702, -35.080155, None, None),
    ),
    "Mavic Air 2": (
        '<font size="36">SrtCnt : {n}, DiffTime : 16ms\n2025-07-23 10:21:39,692,000\n'
        "[iso : 100] [latitude: 41.420684] [longitude: 2.162162] [altitude: 27.300000] </font>",
        (2.162162, 41.420684, 27.3, None),
    ),
    "single quotes": (
        "<font size='36'>SrtCnt : {n}, DiffTime : 33ms\n2025-07-23 10:21:39,692\n[iso : 100] "
        "[latitude: 59.1111] [longitude: 18.2222] [rel_alt: 5.0 abs_alt: 105.0]</font>",
        (18.2222, 59.1111, 5.0, 105.0),
    ),
    "decimal commas": (
        "2025-07-23 10:21:39.692\n[latitude: 51,118062] [longitude: 88,083302] [rel_alt: 20,500 abs_alt: 864,309]",
        (88.083302, 51.118062, 20.5, 864.309),
    ),
    "swapped names, a latitude beyond 90": (
        "2025-07-23 10:21:39.692\n[latitude: 149.0251] [longitude: -20.2533] [rel_alt: 5.0 abs_alt: 105.0]",
        (149.0251, -20.2533, 5.0, 105.0),
    ),
    "oldest, HOME and Hb": (
        "HOME(149.0251,-20.2532) 2025.7.23 10:21:39\nGPS(149.0251,-20.2533,16) Hb:1.9 Hs:1.9\nISO:100 TV:60 EV: 0",
        (149.0251, -20.2533, 1.9, None),
    ),
    "Mavic Pro": (
        "HOME(-0.2531,51.5732) 2025.07.23 10:21:39\nGPS(-0.2530,51.5733,16) BAROMETER:12.5\nISO:100 Shutter:60",
        (-0.2530, 51.5733, 12.5, None),
    ),
    "Mavic Pro with decimal commas": (
        "HOME(-0,2531,51,5732) 2025.07.23 10:21:39\nGPS(-0,2530,51,5733,16) BAROMETER:12,5\nISO:100 Shutter:60",
        (-0.2530, 51.5733, 12.5, None),
    ),
    "Matrice, latitude first": (
        "2025.07.23 10:21:39\nGPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M",
        (-6.1120, 36.6146, 0.3, None),
    ),
    "Matrice with an altitude": (
        "2025.07.23 10:21:39\nGPS(36.6146,-6.1120,41.5M) BAROMETER:0.3M",
        (-6.1120, 36.6146, 0.3, 41.5),
    ),
    "Phantom 4 Pro": (
        "F/3.2, SS 160, ISO 100, EV 0, GPS (8.2090, 47.4692, 18), D 49.21m, H 45.60m, H.S 0.00m/s, V.S 0.00m/s ",
        (8.2090, 47.4692, 45.6, None),
    ),
    "Phantom 4 RTK": (
        "F/5.6, SS 400, ISO 100, EV 0, GPS (-58.851745, -34.237922, 15), HOME (-58.847509, -34.232707, -57.98m), "
        "D 698.70m, H 85.80m, H.S 0.00m/s, V.S 0.00m/s, F.PRY (2.7°, -7.0°, 110.1°), G.PRY (-24.4°, 0.0°, 110.4°)",
        (-58.851745, -34.237922, 85.8, None),
    ),
    "Mavic Mini, no speed": (
        "F/2.8, SS 30.15, ISO 260, EV -1.7, GPS (-121.7458, 48.0771, 17), D 221.21m, H 200.70m, H.S n/a, V.S n/a ",
        (-121.7458, 48.0771, 200.7, None),
    ),
    "compass letters": (
        "HOME(W: 82.550000, N: 27.950000) 2025-07-23 10:21:39\nGPS(W: 82.550100, N: 27.950200, 18.9m) ISO:100",
        (-82.5501, 27.9502, None, 18.9),
    ),
}


def srt(*bodies: str, step: float = 1.0, first: float = 0.0) -> str:
    """Cues of `step` seconds, one for each body."""

    def code(seconds: float) -> str:
        ms = round(seconds * 1000)
        return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"

    cues = enumerate(bodies)
    return "".join(
        f"{n + 1}\n{code(first + n * step)} --> {code(first + (n + 1) * step)}\n{body}\n\n" for n, body in cues
    )


def at(lng: float, lat: float, rest: str = "[rel_alt: 10.0 abs_alt: 60.0]") -> str:
    return f"[iso : 100] [latitude: {lat:.6f}] [longitude: {lng:.6f}] {rest}"


def read(folder: Path, text: str | bytes, duration: Fraction | None = None) -> Flight | None:
    path = folder / "DJI_0001.SRT"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_srt(path, duration=duration)


def flown(folder: Path, text: str | bytes, duration: Fraction | None = None) -> Flight:
    flight = read(folder, text, duration)
    assert flight is not None
    n = len(flight.time_s)
    assert {len(flight.lng), len(flight.lat), len(flight.height_m), len(flight.altitude_m)} == {n}
    assert (np.diff(flight.time_s) >= 0).all()
    return flight


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("dress", [lambda t: t.encode(), lambda t: b"\xef\xbb\xbf" + t.replace("\n", "\r\n").encode()])
def test_every_dialect_gives_the_same_columns(tmp_path: Path, name: str, dress) -> None:
    """Each dialect is read into longitude, latitude and heights, with and without BOM and CRLF."""
    line, (lng, lat, height, altitude) = LINES[name]
    flight = flown(tmp_path, dress(srt(*[line.replace("{n}", str(n)) for n in range(3)])))
    assert flight.time_s.tolist() == [0, 1, 2]
    for column, expected in [
        (flight.lng, lng),
        (flight.lat, lat),
        (flight.height_m, height),
        (flight.altitude_m, altitude),
    ]:
        np.testing.assert_allclose(column, np.full(3, np.nan if expected is None else expected))
    if "2025" in line:
        fraction = 692000 if "39.692" in line or "39,692" in line else 0
        assert flight.clock == datetime(2025, 7, 23, 10, 21, 39, fraction)
    assert flight.colour_profile == ("dlog_m" if "dlog_m" in line else None)


def test_utf16_is_read(tmp_path: Path) -> None:
    """A sidecar saved again by an editor as UTF-16 is still telemetry."""
    assert flown(tmp_path, srt(at(-0.25, 51.5)).encode("utf-16")).lat.tolist() == [51.5]


def test_the_order_is_decided_for_the_file_not_the_row(tmp_path: Path) -> None:
    """One longitude beyond 90 settles the order of rows that could be read both ways."""
    line = "HOME({0},20.2532) 2017.08.05 14:11:51\nGPS({0},20.2533,16) BAROMETER:1.9"
    flight = flown(tmp_path, srt(line.format("89.9999"), line.format("89.99995"), line.format("90.0001")))
    np.testing.assert_allclose(flight.lng, [89.9999, 89.99995, 90.0001])
    swapped = flown(tmp_path, srt(*[at(20.25, lat) for lat in (89.9999, 90.0001)]))
    np.testing.assert_allclose(swapped.lng, [89.9999, 90.0001])
    assert any("exchanged" in note for note in swapped.notes)


def test_one_wild_latitude_does_not_turn_the_file_round(tmp_path: Path) -> None:
    """A single garbled latitude of 149 is left out; the other rows keep their order."""
    flight = flown(tmp_path, srt(*[at(-0.25, 51.5)] * 5, at(-0.25, 149.0), *[at(-0.25, 51.5)] * 5))
    assert np.isnan(flight.lat[5])
    assert np.nanmedian(flight.lat) == 51.5


def test_gps_written_against_home_follows_home(tmp_path: Path) -> None:
    """Where GPS and HOME are in opposite orders, HOME (longitude first) decides and a note says so."""
    flight = flown(tmp_path, srt(*["HOME(8.20,47.46) 2017.08.05 14:11:51\nGPS(47.4692,8.2090,16) BAROMETER:1.9"] * 2))
    assert (flight.lng[0], flight.lat[0]) == (8.2090, 47.4692)
    assert any("opposite" in note for note in flight.notes)


@pytest.mark.parametrize(
    ("inside", "numbers"),
    [
        ("149.0251,-20.2533,16", [149.0251, -20.2533, 16]),
        ("149,0251, -20,2533, 16", [149.0251, -20.2533, 16]),
        ("149,0251;-20,2533;16", [149.0251, -20.2533, 16]),
        ("149,0251,-20,2533,16", [149.0251, -20.2533, 16]),
        ("149,-20,16", [149, -20, 16]),
        ("n/a, n/a, 0", []),
    ],
)
def test_numbers_in_brackets(inside: str, numbers: list[float]) -> None:
    """Points, decimal commas and every separator give the same numbers."""
    assert parts(inside)[0] == numbers


def test_zeros_are_no_fix(tmp_path: Path) -> None:
    """0, 0 means no fix, not a place off Africa; heights of those rows stay."""
    flight = flown(tmp_path, srt(at(0, 0), at(0, 0), at(-0.25, 51.5)))
    assert np.isnan(flight.lng[:2]).all()
    assert flight.height_m.tolist() == [10, 10, 10]
    assert any("0, 0" in note for note in flight.notes)
    assert not flown(tmp_path, srt(at(0, 0))).has_fix


def test_camera_fields_only(tmp_path: Path) -> None:
    """A file without GPS still gives its clock and its colour profile."""
    line = '<font size="36">FrameCnt : 1, DiffTime : 39ms\n2018-02-19 08:04:51,265,847\n[iso : 100] [color_md : D_LOG]'
    flight = flown(tmp_path, srt(line))
    assert not flight.has_fix
    assert flight.clock == datetime(2018, 2, 19, 8, 4, 51, 265847)
    assert flight.colour_profile == "d_log"


@pytest.mark.parametrize(
    "text", ["", "\n\n", srt("Hello from the H 5 m high tower,", "at latitude north."), "\0" * 500]
)
def test_what_is_no_telemetry_gives_none(tmp_path: Path, text: str) -> None:
    """Empty files and spoken subtitles are not a flight."""
    assert read(tmp_path, text) is None


@pytest.mark.parametrize("cut", range(60, 330, 7))
def test_a_cut_off_file_never_gives_half_a_number(tmp_path: Path, cut: int) -> None:
    """Wherever the file ends, a value is whole or missing."""
    flight = read(tmp_path, srt(at(-121.745812, 48.077134), at(-121.745812, 48.077134))[:cut])
    if flight is not None:
        for column, whole in [(flight.lng, -121.745812), (flight.lat, 48.077134), (flight.height_m, 10.0)]:
            assert set(column[np.isfinite(column)]) <= {whole}


def test_without_time_codes_difftime_places_the_rows(tmp_path: Path) -> None:
    """DiffTime adds up when it agrees with the clip."""
    body = "DiffTime : 40ms\n[latitude: 51.5] [longitude: -0.25]"
    text = "".join(f"{n}\n{body}\n\n" for n in range(1, 6))
    assert flown(tmp_path, text).time_s == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


def test_without_time_codes_the_clock_or_the_clip_places_the_rows(tmp_path: Path) -> None:
    """The clock places the rows if it fits the clip's length, else they are spread; a note says which."""
    text = "".join(f"{n}\n2017.08.05 14:11:{n:02d},393,525\n{at(-0.25, 51.5)}\n\n" for n in range(1, 11))
    clocked = flown(tmp_path, text, Fraction(10))
    assert clocked.time_s.tolist() == list(range(10))
    assert "clock" in clocked.notes[0]
    spread = flown(tmp_path, text, Fraction(100))
    assert spread.time_s == pytest.approx(np.arange(10) * 10)
    assert "evenly" in spread.notes[0]
    assert clocked.clock == datetime(2017, 8, 5, 14, 11, 1, 393525)


def test_the_clock_is_that_of_the_first_frame(tmp_path: Path) -> None:
    """A first cue at one second means a clock one second earlier; whole seconds are sharpened by their change."""
    late = srt(f"2017.08.05 14:11:51\n{at(1, 50)}", first=1.0)
    assert flown(tmp_path, late).clock == datetime(2017, 8, 5, 14, 11, 50)
    bodies = [f"2017.08.05 14:11:{51 + (n >= 3)}\n{at(1, 50)}" for n in range(10)]
    assert flown(tmp_path, srt(*bodies, step=0.1)).clock == datetime(2017, 8, 5, 14, 11, 51, 700000)
    assert flown(tmp_path, srt(f"1970-01-01 00:00:09\n{at(1, 50)}")).clock is None
    assert flown(tmp_path, srt(f"2017-13-41 14:11:51\n{at(1, 50)}")).clock is None


def test_a_glitch_is_left_out_and_a_journey_is_not(tmp_path: Path) -> None:
    """Fixes that teleport there and back become unknown; a lasting change of place stays, with a note."""
    line = [at(-0.25 + n * 1e-5, 51.5) for n in range(20)]
    glitch = flown(tmp_path, srt(*line[:10], at(-1.25, 51.5), at(3.0, 52.5), *line[12:]))
    assert np.flatnonzero(np.isnan(glitch.lng)).tolist() == [10, 11]
    assert any("150 m/s" in note for note in glitch.notes)
    moved = flown(tmp_path, srt(*line, *[at(-1.25, 51.5)] * 20))
    assert np.isfinite(moved.lng).all()
    assert any("jumps" in note for note in moved.notes)


def test_coarse_steps_are_not_glitches(tmp_path: Path) -> None:
    """Four decimals at thirty cues a second jitter by eleven metres; nothing is left out."""
    flight = flown(tmp_path, srt(*[at(-0.25, 51.5 + 1e-4 * (n % 2)) for n in range(60)], step=1 / 30))
    assert np.isfinite(flight.lat).all()
    assert flight.notes == ()


def test_time_that_runs_backwards(tmp_path: Path) -> None:
    """Rows out of order, before zero or long after the clip are left out; the others stay."""
    text = srt(*[at(-0.25, 51.5)] * 6)
    text = text.replace("00:00:02,000 -->", "99:59:59,999 -->").replace("00:00:04,000 -->", "-00:00:04,000 -->")
    flight = flown(tmp_path, text)
    assert flight.time_s.tolist() == [0, 1, 3, 5]
    assert len(flight.notes) == 2
    short = flown(tmp_path, srt(*[at(-0.25, 51.5)] * 60), Fraction(10))
    assert short.time_s.max() <= 11
    assert any("end of the clip" in note for note in short.notes)


def test_hostile_numbers_are_unknown(tmp_path: Path) -> None:
    """NaN, infinities, exponents, huge values and ten million digits are no positions."""
    digits = "9" * 2_500_000  # four times in the row
    bad = [
        f"[latitude: {v}] [longitude: {v}] [rel_alt: {v} abs_alt: {v}]"
        for v in ("nan", "inf", "1e308", "999999", digits)
    ]
    flight = flown(tmp_path, srt(*bad, at(-0.25, 51.5)))
    assert np.isnan(flight.lat[:-1]).all()
    assert np.isnan(flight.height_m[:-1]).all()
    assert flight.lat[-1] == 51.5


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path) -> None:
    """Undecodable bytes between the fields are skipped."""
    assert flown(tmp_path, b"\xff\xc3\x28" + srt(at(-0.25, 51.5)).encode().replace(b"[iso", b"\xf0\x28[iso")).has_fix


def test_files_over_64_mb_are_refused(tmp_path: Path) -> None:
    """A sidecar of more than 64 MB is refused with a sentence that names it."""
    path = tmp_path / "huge.SRT"
    with path.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(MaterialError, match=r"huge\.SRT: .*64 MB"):
        read_srt(path)
    with pytest.raises(MaterialError, match="cannot read"):
        read_srt(tmp_path / "missing.SRT")


@pytest.mark.parametrize("name", ["DJI_0042.SRT", "dji_0042.srt", "DJI_0042.Srt", "DJI_0042.MP4.srt", "DJI_0042_D.SRT"])
def test_the_sidecar_is_found_by_name(tmp_path: Path, name: str) -> None:
    """Case, a kept `.MP4` and DJI's `_D` do not hide a sidecar; another clip's sidecar is not taken."""
    (tmp_path / "DJI_0042.MP4").write_bytes(b"")
    (tmp_path / "DJI_0043.SRT").write_text(srt(at(1, 2)))
    (tmp_path / "._DJI_0042.SRT").write_text(srt(at(1, 2)))
    assert read_flight(tmp_path / "DJI_0042.MP4", duration=Fraction(3)) is None
    (tmp_path / name).write_text(srt(at(-0.25, 51.5)))
    flight = read_flight(tmp_path / "DJI_0042.MP4", duration=Fraction(3))
    assert flight is not None
    assert flight.lat[0] == 51.5
    assert flight.source == f"{name} (DJI, bracket fields)"


REAL = {  # rows, first (lng, lat), last fix (lng, lat), clock
    "telemetry/dji-air-3.SRT": (2, (18.2222, 59.1111), (18.2223, 59.1112), "2024-01-01 12:00:00"),
    "telemetry/dji-broken-incomplete.SRT": (
        20,
        (-58.4563, -34.7383),
        (-58.4563, -34.7383),
        "2017-07-03 10:15:02",
    ),
    "telemetry/dji-matrice-300.srt": (381, (-6.1120, 36.6146), (-6.1120, 36.6146), "2022-06-21 16:06:17"),
    "telemetry/dji-mavic-2-no-timecodes.SRT": (
        468,
        (149.0251, -20.2533),
        (149.0251, -20.2532),
        "2017-08-05 14:11:51.393525",
    ),
    "telemetry/dji-mavic-2-pro.SRT": (
        8952,
        (-60.286702, -35.080155),
        (-60.314572, -35.077976),
        "2019-09-27 10:28:08.438904",
    ),
    "telemetry/dji-mavic-air-2.srt": (
        25,
        (2.162162, 41.420684),
        (2.162162, 41.420686),
        "2022-05-01 15:01:58.531716",
    ),
    "telemetry/dji-mavic-mini.SRT": (117, (-121.7458, 48.0771), (-121.7476, 48.0775), None),
    "telemetry/dji-mavic-pro.SRT": (468, (149.0251, -20.2533), (149.0251, -20.2532), "2017-08-05 14:11:50"),
    "telemetry/dji-mini-3-stockholm.SRT": (5, (18.203059, 59.302335), (18.203056, 59.302338), None),
    "telemetry/dji-mini-4-pro-short.SRT": (2, (18.0, 59.0), (18.0001, 59.0001), None),
    "telemetry/dji-phantom-4-pro.SRT": (5, (8.2090, 47.4692), (8.2090, 47.4692), None),
    "telemetry/dji-phantom-4-rtk.SRT": (55, (-58.851745, -34.237922), (-58.849196, -34.232349), None),
    "telemetry/dji-phantom-old-format.SRT": (
        468,
        (149.0251, -20.2533),
        (149.0251, -20.2532),
        "2017-08-05 14:11:50",
    ),
    "footage/DJI_20250723102139_0001_D.SRT": (
        93,
        (88.083302, 51.118062),
        (88.083304, 51.118062),
        "2025-07-23 10:21:39.692",
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_sidecars(shared: Path, name: str) -> None:
    """Every real file gives its first and last position, its number of rows and its clock."""
    rows, first, last, clock = REAL[name]
    flight = read_srt(shared / "data" / name)
    assert flight is not None
    assert len(flight.time_s) == rows
    fixes = np.flatnonzero(np.isfinite(flight.lng))
    assert (flight.lng[fixes[0]], flight.lat[fixes[0]]) == pytest.approx(first, abs=1e-9)
    assert (flight.lng[fixes[-1]], flight.lat[fixes[-1]]) == pytest.approx(last, abs=1e-9)
    assert flight.clock == (datetime.fromisoformat(clock) if clock else None)
    assert len(fixes) >= rows - 1


def test_real_sidecars_without_positions(shared: Path) -> None:
    """The empty file is nothing; the one without GPS is a flight without a fix."""
    assert read_srt(shared / "data/telemetry/dji-broken-empty.SRT") is None
    flight = read_srt(shared / "data/telemetry/dji-mavic-air-nogps.SRT")
    assert flight is not None
    assert not flight.has_fix
