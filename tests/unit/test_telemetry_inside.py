"""GoPro's and DJI's own tracks, made up byte by byte here, and the real clips."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.geo import flat
from pipeline.telemetry import djmd, gpmf, read_flight
from pipeline.telemetry.inside import flight_inside, tagged_place
from pipeline.telemetry.repair import Raw
from pipeline.telemetry.repair import flight as repaired


def klv(key: str, kind: str, size: int, repeat: int, data: bytes) -> bytes:
    head = struct.pack(">4scBH", key.encode(), kind.encode("latin-1"), size, repeat)
    return head + data + b"\0" * (-len(data) % 4)


def nested(key: str, *inside: bytes) -> bytes:
    data = b"".join(inside)
    return klv(key, "\0", 1, len(data), data)


def gps5(
    places: list[tuple[float, float]], *, fix: int = 3, dop: float = 1.5, utc: bytes = b"190103163334.094"
) -> bytes:
    rows = b"".join(struct.pack(">5l", round(lat * 1e7), round(lng * 1e7), 58500, 17, 12) for lng, lat in places)
    return nested(
        "DEVC",
        klv("DVNM", "c", 1, 6, b"Camera"),
        nested(
            "STRM",
            klv("GPSF", "L", 4, 1, struct.pack(">L", fix)),
            klv("GPSU", "U", 16, 1, utc),
            klv("GPSP", "S", 2, 1, struct.pack(">H", round(dop * 100))),
            klv("SCAL", "l", 4, 5, struct.pack(">5l", 10**7, 10**7, 1000, 1000, 100)),
            klv("GPS5", "l", 20, len(places), rows),
        ),
    )


def gps9(places: list[tuple[float, float, float, int]]) -> bytes:
    rows = b"".join(
        struct.pack(
            ">7l2H",
            round(lat * 1e7),
            round(lng * 1e7),
            58500,
            17,
            12,
            8401,
            43200500 + n * 100,
            round(dop * 100),
            fix,
        )
        for n, (lng, lat, dop, fix) in enumerate(places)
    )
    return nested(
        "DEVC",
        nested(
            "STRM",
            klv("TYPE", "c", 1, 9, b"lllllllSS"),
            klv("SCAL", "l", 4, 9, struct.pack(">9l", 10**7, 10**7, 1000, 1000, 100, 1, 1000, 100, 1)),
            klv("GPS9", "?", 32, len(places), rows),
        ),
    )


def test_gps5_is_spread_over_its_payloads() -> None:
    """Fixes are spaced evenly within a payload, scaled, and the GPS clock is that of the first frame."""
    raw = gpmf.raw(
        [
            (0.0, 1.0, gps5([(-8.7, 42.3), (-8.7001, 42.3)])),
            (1.0, 1.0, gps5([(-8.7002, 42.3)] * 4, utc=b"190103163335.094")),
        ],
        "GX01.MP4",
    )
    assert raw is not None
    flight = repaired(raw, None)
    assert flight.time_s.tolist() == [0, 0.5, 1, 1.25, 1.5, 1.75]
    np.testing.assert_allclose(flight.lng, [-8.7, -8.7001, *[-8.7002] * 4])
    np.testing.assert_allclose(flight.lat, 42.3)
    np.testing.assert_allclose(flight.altitude_m, 58.5)
    assert flight.clock == datetime(2019, 1, 3, 16, 33, 34, 94000, UTC)
    assert flight.source == "GX01.MP4 (GoPro, GPS5)"


@pytest.mark.parametrize("poor", [{"fix": 0}, {"dop": 99.99}])
def test_gps5_without_fix_or_precision_is_unknown(poor: dict[str, float]) -> None:
    """A payload without fix, or with a dilution of precision above ten, gives no positions and no clock."""
    bad, good = gps5([(-8.8, 42.4)] * 2, **poor), gps5([(-8.7, 42.3)] * 2, utc=b"190103163335.000")  # type: ignore[arg-type]
    raw = gpmf.raw([(0.0, 1.0, bad), (1.0, 1.0, good)], "GX01.MP4")
    assert raw is not None
    flight = repaired(raw, None)
    assert np.isnan(flight.lng).tolist() == [True, True, False, False]
    assert flight.clock == datetime(2019, 1, 3, 16, 33, 34, tzinfo=UTC)
    assert any("imprecise" in note for note in flight.notes)


def test_gps9_judges_every_fix_by_itself() -> None:
    """GPS9 carries fix, precision and date in each row, in a mixed layout."""
    raw = gpmf.raw([(0.0, 1.0, gps9([(-8.7, 42.3, 1.5, 3), (-8.7, 42.3, 20.0, 3), (-8.7, 42.3, 1.5, 0)]))], "GX01.MP4")
    assert raw is not None
    flight = repaired(raw, None)
    assert np.isnan(flight.lng).tolist() == [False, True, True]
    assert flight.lat[0] == pytest.approx(42.3)
    assert flight.clock == datetime(2023, 1, 1, 12, 0, 0, 500000, UTC)


def test_a_torn_payload_gives_what_is_whole() -> None:
    """Cut anywhere, a payload neither raises nor invents."""
    whole = gps5([(-8.7, 42.3)] * 3)
    for cut in range(0, len(whole), 3):
        assert all(np.isfinite(gpmf.table(s, "GPS5")).all() for s in gpmf.streams(whole[:cut]))
    deep = b""
    for _ in range(2000):
        deep = nested("DEVC", deep) if len(deep) < 60000 else deep
    assert gpmf.raw([(0.0, 1.0, deep)], "x") is None


@pytest.mark.parametrize(
    ("name", "lng", "lat", "fix"),
    [
        ("hero5", -117.3273542, 33.1265993, True),
        ("hero6", None, None, False),
        ("hero7", -8.7526, 42.3426, True),
    ],
)
def test_real_gpmf_payloads(shared: Path, name: str, lng: float | None, lat: float | None, fix: bool) -> None:
    """Real payloads of three cameras are read; the one recorded without a fix gives no position."""
    raw = gpmf.raw([(0.0, 1.0, (shared / f"data/telemetry/gpmf-{name}.raw").read_bytes())], name)
    assert raw is not None
    flight = repaired(raw, None)
    assert flight.has_fix is fix
    if fix:
        assert (flight.lng[0], flight.lat[0]) == (pytest.approx(lng, abs=2e-3), pytest.approx(lat, abs=2e-3))


def test_the_karma_flight_is_the_expected_track(shared: Path) -> None:
    """The clip's own telemetry agrees with the track decoded from it within a metre, at every moment."""
    flight = read_flight(shared / "data/footage/gopro-karma-flight.mp4", duration=Fraction(13013, 1000))
    assert flight is not None
    assert flight.clock is not None
    tree = ElementTree.parse(shared / "data/telemetry/gopro-karma-flight.gpx")
    points = tree.iter("{http://www.topografix.com/GPX/1/1}trkpt")
    rows = [
        (
            float(p.attrib["lon"]),
            float(p.attrib["lat"]),
            float(p[0].text or ""),
            datetime.fromisoformat(p[1].text or ""),
        )
        for p in points
    ]
    times = np.array([(row[3] - flight.clock).total_seconds() for row in rows])
    expected = np.array([row[:3] for row in rows])
    origin = (rows[0][0], rows[0][1])
    here = flat(np.interp(times, flight.time_s, flight.lng), np.interp(times, flight.time_s, flight.lat), origin)
    assert np.linalg.norm(here - flat(expected[:, 0], expected[:, 1], origin), axis=1).max() < 1
    np.testing.assert_allclose(np.interp(times, flight.time_s, flight.altitude_m), expected[:, 2], atol=0.2)
    assert len(flight.time_s) == 47
    assert 0.1 < flight.time_s[0] < 0.3  # its own clock set against the payloads, not against the first fix
    assert flight.time_s[-1] < 13.013
    assert flight.height_m[0] == pytest.approx(2.003)


def number(value: int) -> bytes:
    out = bytearray()
    value &= 2**64 - 1
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def proto(**fields: int | float | bytes) -> bytes:
    """`f2=1.5` → field 2 as a double; integers are varints, bytes are nested."""
    out = b""
    for name, value in fields.items():
        key = int(name[1:]) << 3
        if isinstance(value, bytes):
            out += number(key | 2) + number(len(value)) + value
        elif isinstance(value, float):
            out += number(key | 1) + struct.pack("<d", value)
        else:
            out += number(key) + number(value)
    return out


def height(metres: float) -> bytes:
    return number(1 << 3 | 5) + struct.pack("<f", metres * 1000)


def drone(place: bytes, first: bytes = b"", *, path: int = 3) -> bytes:
    group = proto(f3=proto(f1=15), f4=proto(f1=place, f2=-41500), f5=height(60.5))
    return first + proto(f3=proto(**{f"f{path}": group, "f1": proto(f1=7, f2=8319150981)}))


@pytest.mark.parametrize("path", [3, 4, 9])
def test_djmd_of_a_drone(path: int) -> None:
    """Radians become degrees, millimetres metres, at the known paths and at one nobody has seen."""
    samples = [drone(proto(f2=np.radians(51.5), f3=np.radians(-0.25)), path=path)] * 3
    raw = djmd.raw(samples, [0.0, 0.04, 0.08], "DJI_1.MP4")
    assert raw is not None
    np.testing.assert_allclose(raw.lng, -0.25)
    np.testing.assert_allclose(raw.lat, 51.5)
    np.testing.assert_allclose(raw.altitude_m, -41.5)
    np.testing.assert_allclose(raw.height_m, 60.5)


@pytest.mark.parametrize(
    "samples",
    [
        [drone(proto(f1=1, f2=1.2, f3=2.1))],
        [drone(proto(f2=1.2, f3=2.1), proto(f1=proto(f1=proto(f1=b"dvtm_Mavic4.proto"))))],
        [drone(proto(f2=1.2, f3=2.1)), drone(proto(f2=1.2, f3=4.1))],
    ],
)
def test_djmd_in_degrees(samples: list[bytes]) -> None:
    """Degrees are recognised by the unit field, the model, or a value that no radian reaches."""
    raw = djmd.raw(samples, [0.0] * len(samples), "DJI_1.MP4")
    assert raw is not None
    assert (raw.lng[0], raw.lat[0]) == (2.1, 1.2)


def test_djmd_without_place_or_sense() -> None:
    """Messages without a place, torn ones and noise give None and do not raise."""
    whole = drone(proto(f2=0.9, f3=-0.004))
    assert djmd.raw([drone(b"")] * 3, [0.0] * 3, "x") is None
    assert djmd.raw([], [], "x") is None
    rng = np.random.default_rng(1)
    for cut in range(len(whole)):
        djmd.raw([whole[:cut], rng.bytes(200)], [0.0, 1.0], "x")
    assert djmd.raw([whole, whole[:9]], [0.0, 1.0], "x") is not None


def test_the_real_djmd_track(shared: Path) -> None:
    """The Osmo Action clip: 125 samples in five seconds, on the kart track, with a GPS clock."""
    flight = read_flight(shared / "data/footage/DJI_20260315180109_0003_D_5s_fixture.MP4", duration=Fraction(5))
    assert flight is not None
    assert len(flight.time_s) == 125
    assert (flight.lng[0], flight.lat[0]) == pytest.approx((6.6743936, 50.890765))
    assert (flight.lng[-1], flight.lat[-1]) == pytest.approx((6.6745551, 50.8903126))
    assert flight.altitude_m[0] == pytest.approx(122.745)
    assert flight.time_s[-1] == pytest.approx(4.96, abs=0.01)
    assert flight.clock is not None
    assert abs((flight.clock - datetime(2026, 3, 15, 23, 58, 14, 500000)).total_seconds()) < 0.6


def test_the_subtitle_track_is_read_when_no_sidecar_is_there(shared: Path) -> None:
    """The sidecar is preferred; the mov_text track inside tells the same place."""
    video = shared / "data/footage/derived-DJI_0007-4k-hevc-main10-movtext.MP4"
    beside, inside = (
        read_flight(video, duration=Fraction(4004, 1000)),
        flight_inside(video, duration=Fraction(4)),
    )
    assert beside is not None
    assert inside is not None
    assert (len(beside.time_s), beside.colour_profile) == (120, "dlog_m")
    assert inside.time_s.tolist() == [0, 1, 2, 3]
    assert (inside.lng[0], inside.lat[0], inside.height_m[0]) == (-122.4796, 37.8062, 62)
    np.testing.assert_allclose(np.interp(inside.time_s, beside.time_s, beside.lat), inside.lat, atol=1e-4)
    assert tagged_place(video) == (-122.4796, 37.8062)


def test_the_place_in_the_header_settles_the_order() -> None:
    """Exchanged fields, both below 90, are put right by the place in the header, if that is near."""
    column = np.full(3, np.nan)
    raw = Raw(
        source="x",
        time_s=np.arange(3.0),
        lng=np.full(3, 51.5),
        lat=np.full(3, -0.25),
        height_m=column,
        altitude_m=column,
        order_known=False,
    )

    def place(raw: Raw, near: tuple[float, float] | None) -> tuple[float, float]:
        flight = repaired(raw, None, near)
        return flight.lng[0], flight.lat[0]

    assert place(raw, (-0.2, 51.6)) == (-0.25, 51.5)
    assert place(raw, (-3.2, 51.6)) == (51.5, -0.25)
    assert place(raw, None) == (51.5, -0.25)
    assert place(replace(raw, order_known=True), (-0.2, 51.6)) == (51.5, -0.25)
    close = replace(raw, lng=np.full(3, 10.2), lat=np.full(3, 10.0))
    assert place(close, (10.1, 10.1)) == (10.2, 10.0)


@pytest.mark.parametrize(
    "name", ["broken-karma-truncated.mp4", "broken-zero-bytes.mp4", "goldengate-aerial-1080p30.mp4"]
)
def test_clips_without_telemetry_give_none(shared: Path, name: str) -> None:
    """Broken files and clips without a telemetry track are no error here."""
    assert read_flight(shared / "data/footage" / name, duration=Fraction(5)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile clip.mp4\n",
        b"\0\0\0\x18ftypmp42" + b"\xff" * 4000,
        b"\0\0\0\x08moov" * 50,
    ],
)
def test_what_poses_as_a_clip_gives_none(tmp_path: Path, content: bytes) -> None:
    """Playlists and noise named .MP4 give None; nothing they point at is opened."""
    (tmp_path / "clip.MP4").write_bytes(content)
    assert read_flight(tmp_path / "clip.MP4", duration=Fraction(5)) is None
    assert read_flight(tmp_path / "missing.MP4", duration=Fraction(5)) is None
