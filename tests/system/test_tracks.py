"""The door for fleets: every kind of file that councils have, broken ones too."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import MaterialError
from pipeline.fleet import Fleet
from pipeline.tracks import read_tracks
from pipeline.tracks.tables import numbers
from pipeline.tracks.times import Readings, moments

LONDON = ZoneInfo("Europe/London")
HEAD = "id,name,time,lat,lng,status\n"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def table(tmp_path: Path, text: str | bytes, name: str = "night.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(count: int = 4, vehicle: str = "1,Gritsy Bitsy", separator: str = ",") -> str:
    """A vehicle that drives north, a fix every ten seconds."""
    lines = [f"{vehicle},2022-12-02T23:40:{10 * k:02d}Z,{53.5 + k / 1000:.4f},-1.1,moving" for k in range(count)]
    return "\n".join(line.replace(",", separator) for line in lines) + "\n"


def gpx(points: int = 4, name: str = "", times: bool = True, minute: int = 40) -> str:
    inside = "".join(
        f'<trkpt lat="{53.5 + k / 1000}" lon="-1.1"><ele>9</ele>'
        + (f"<time>2022-12-02T23:{minute}:{10 * k:02d}Z</time>" if times else "")
        + "</trkpt>"
        for k in range(points)
    )
    named = f"<name>{name}</name>" if name else ""
    return f"<trk>{named}<trkseg>{inside}</trkseg></trk>"


def document(*tracks: str) -> str:
    return f'<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{"".join(tracks)}</gpx>'


def refused(path: Path, zone: str | None = None) -> str:
    with pytest.raises(MaterialError) as failure:
        read_tracks(path, zone=zone)
    return str(failure.value)


def names(fleet: Fleet) -> list[str]:
    return [vehicle.name for vehicle in fleet.vehicles]


# Clock readings


def test_readings_with_a_zone_or_a_number_are_moments() -> None:
    """ISO with a zone, seconds, milliseconds and zones as words all mean the same moment."""
    same = (
        *("2022-12-02T23:40:15Z", "2022-12-03T00:40:15+01:00", "2022-12-02 23:40:15 +0000", "1670024415"),
        *("1670024415000", "1670024415.0", "2022-12-02 23:40:15 UTC", "02/12/2022 23:40:15 GMT", " 20221202T234015Z "),
    )
    seconds, local = Readings().read(same)
    assert seconds.tolist() == [1670024415.0] * len(same)
    assert not local.any()


def test_readings_without_a_zone_are_local() -> None:
    """Without a zone only the clock on the wall is known, also for British dates and hours with am and pm."""
    seconds, local = Readings().read(["2022-12-02 23:40:15", "02/12/2022 23:40:15", "2/12/2022 11:40:15 PM"])
    assert seconds.tolist() == [1670024415.0] * 3
    assert local.all()


def test_a_column_that_says_utc_is_utc() -> None:
    """`time_utc` needs no zone behind every reading."""
    seconds, local = Readings(utc=True).read(["2022-07-02 23:40:15"])
    assert seconds.tolist() == [at("2022-07-02T23:40:15Z")]
    assert not local.any()


def test_dates_with_the_month_first_are_known_by_a_day_beyond_twelve() -> None:
    """12/28/2022 can only be December, and then so is 12/02/2022 of the same file."""
    column = ["12/02/2022 10:00", "12/28/2022 10:00"]
    seconds, _ = Readings(sample=column).read(column)
    assert np.diff(seconds).tolist() == [26 * 86400]


@pytest.mark.parametrize(
    "text",
    ["", "2022-12-02", "1970-01-01T00:00:00Z", "0", "12", "soon", "9999-12-31T23:59:59-14:00", "٢٠٢٢-12-02T10:00"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    """Days without a clock, factory dates and words are no times."""
    assert np.isnan(Readings().read([text])[0]).all()


def test_the_repeated_hour_is_told_apart_by_order() -> None:
    """In October the clock shows one o'clock twice: the rows after the step back are an hour later than they look."""
    wall = ["00:59", "01:20", "01:40", "01:59", "01:01", "01:30", "01:59", "02:01"]
    seconds, local = Readings().read([f"2022-10-30 {clock}:00" for clock in wall])
    found, twice, _ = moments(seconds, local, LONDON)
    start = at("2022-10-30T00:00:00+01:00")
    assert ((found - start) / 60).tolist() == [59, 80, 100, 119, 121, 150, 179, 181]
    assert twice == 6


def test_the_repeated_hour_without_a_step_back_joins_its_neighbours() -> None:
    """One pass through the hour belongs to the summer side when it follows closely, else to the winter side."""
    for wall, minutes in (
        (["00:59", "01:00", "01:30", "02:30"], [59, 60, 90, 210]),
        (["00:10", "01:30", "01:59", "02:00"], [10, 150, 179, 180]),
    ):
        seconds, local = Readings().read([f"2022-10-30 {clock}:00" for clock in wall])
        found, _, _ = moments(seconds, local, LONDON)
        assert ((found - at("2022-10-30T00:00:00+01:00")) / 60).tolist() == minutes


def test_the_newest_first_is_read_backwards() -> None:
    """A table with the newest row on top gets the same moments as one with the oldest on top."""
    wall = [f"2022-10-30 {clock}:00" for clock in ("00:50", "01:20", "01:50", "01:20", "01:50", "02:10")]
    forward, _, _ = moments(*Readings().read(wall), LONDON)
    backward, _, _ = moments(*Readings().read(wall[::-1]), LONDON)
    assert forward.tolist() == backward[::-1].tolist()


def test_the_skipped_hour_runs_on() -> None:
    """In March a clock that was not put forward shows an hour that does not exist; time runs on in it."""
    seconds, local = Readings().read([f"2023-03-26 {clock}:00" for clock in ("00:59", "01:30", "02:30", "03:00")])
    found, _, skipped = moments(seconds, local, LONDON)
    assert ((found - at("2023-03-26T00:00:00+00:00")) / 60).tolist() == [59, 90, 90, 120]
    assert skipped == 1


CHANGES = [
    ("Europe/London", "2022-10-30T01:00:00Z"),
    ("Europe/London", "2023-03-26T01:00:00Z"),
    ("Australia/Lord_Howe", "2023-04-01T15:00:00Z"),  # by half an hour
    ("America/St_Johns", "2022-11-06T04:30:00Z"),
]


@given(st.sampled_from(CHANGES), st.integers(-9000, 9000), st.lists(st.integers(1, 1400), min_size=1, max_size=30))
def test_local_times_return_to_their_moments(change: tuple[str, str], start: int, steps: list[int]) -> None:
    """Moments written as local clock readings come back exactly across a clock change, however uneven the fixes are,
    when there is one at least every 23 minutes and some on both sides."""
    zone, moment = change
    around = [1200] * 14
    true = at(moment) + start - 14 * 1200 + np.cumsum([0, *around, *steps, *around]) * 1.0
    clock = ZoneInfo(zone)
    written = [datetime.fromtimestamp(second, UTC).astimezone(clock).replace(tzinfo=None) for second in true]
    found, _, _ = moments(*Readings().read([time.isoformat() for time in written]), clock)
    assert found.tolist() == true.tolist()


# Tables


def test_a_plain_table_is_a_fleet(tmp_path: Path) -> None:
    """The documented columns give vehicles in the order of their names, with parts and statuses."""
    fleet = read_tracks(table(tmp_path, HEAD + rows(vehicle="2,Gritter 10") + rows(vehicle="1,Gritter 2")))
    assert names(fleet) == ["Gritter 2", "Gritter 10"]
    assert [vehicle.id for vehicle in fleet.vehicles] == ["1", "2"]
    (part,) = fleet.vehicles[0].parts
    assert part.epoch_s.tolist() == [at("2022-12-02T23:40:00Z") + 10 * k for k in range(4)]
    assert part.lat.tolist() == [53.5, 53.501, 53.502, 53.503]
    assert [fleet.statuses[code] for code in part.status] == ["moving"] * 4
    assert fleet.notes == ()


DIALECTS = {
    "semicolons and decimal commas": (HEAD + rows()).replace(",", ";").replace("53.5", "53,5").replace("-1.1", "-1,1"),
    "tabs": (HEAD + rows()).replace(",", "\t"),
    "byte order mark": "\ufeff" + HEAD + rows(),
    "quoted": re.sub(r"[^,\n]+", r'"\g<0>"', HEAD + rows()),
    "old line ends": (HEAD + rows()).replace("\n", "\r"),
    "Excel's first line": "sep=,\n" + HEAD + rows(),
    "a title above": "Gritting report for Friday\n\n" + HEAD + rows(),
    "other words": HEAD.replace("lng", "Long").replace("lat", "Latitude").replace("id", "Vehicle ID") + rows(),
    "date and time apart": "name,date,time,lat,lng\n"
    + "".join(f"Gritsy Bitsy,02/12/2022,23:40:{10 * k:02d},{53.5 + k / 1000:.4f},-1.1\n" for k in range(4)),
    "row numbers as id": "id,name,time,lat,lng\n"
    + "".join(f"{900 + k},Gritsy Bitsy,2022-12-02T23:40:{5 * k:02d}Z,{53.5 + k / 2000:.4f},-1.1\n" for k in range(7)),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tables_of_all_kinds_tell_the_same(tmp_path: Path, dialect: str) -> None:
    """Separators, marks, quotes, headers and halves of a time may differ: the track is the same."""
    fleet = read_tracks(table(tmp_path, DIALECTS[dialect]), zone="Europe/London")
    assert names(fleet) == ["Gritsy Bitsy"]
    (part,) = fleet.vehicles[0].parts
    assert (part.epoch_s[0], part.epoch_s[-1]) == (at("2022-12-02T23:40:00Z"), at("2022-12-02T23:40:30Z"))
    assert (part.lat[-1], part.lng[0]) == (53.503, -1.1)


@pytest.mark.parametrize("codec", ["utf-16", "utf-8", "cp1252"])
def test_names_survive_every_encoding(tmp_path: Path, codec: str) -> None:
    """UTF-16 as Excel writes it, UTF-8 and windows-1252 all keep an accent."""
    path = table(tmp_path, (HEAD + rows(vehicle="1,Grît Brûlé")).encode(codec))
    assert names(read_tracks(path)) == ["Grît Brûlé"]


def test_names_stay_text(tmp_path: Path) -> None:
    """What a spreadsheet would run, what turns text round and what breaks lines is only a name."""
    formula = '"=HYPERLINK(""http://x"")\n\u202eevil\x00"'
    fleet = read_tracks(table(tmp_path, HEAD + rows(vehicle=f"1,{formula}")))
    assert names(fleet) == ['=HYPERLINK("http://x") evil']


def test_broken_rows_are_counted(tmp_path: Path) -> None:
    """Rows without place or time are left out and told, not fatal."""
    broken = (
        "1,A,2022-12-02T23:41:00Z,,,\n1,A,2022-12-02T23:41:10Z,0,0,\n1,A,never,53.5,-1.1,\n"
        "1,A\n1,A,2022-12-02T23:41:20Z,99,1_0,\n"
    )
    fleet = read_tracks(table(tmp_path, HEAD + rows() + broken))
    assert fleet.points == 4
    assert fleet.notes == (
        "4 of 9 rows had no place and were left out.",
        "1 of 9 rows had no time and were left out.",
    )


def test_local_times_are_british_unless_told(tmp_path: Path) -> None:
    """A local time in July is British summer time with a note; with a zone given it is that zone's, without one."""
    text = HEAD + rows().replace("Z", "").replace("-12-", "-07-")
    fleet = read_tracks(table(tmp_path, text))
    assert fleet.span_s[0] == at("2022-07-02T22:40:00Z")
    assert fleet.notes == ("4 times without a zone read as Europe/London time.",)
    assert fleet.zone is None
    there = read_tracks(table(tmp_path, text), zone="Asia/Seoul")
    assert there.span_s[0] == at("2022-07-02T14:40:00Z")
    assert (there.notes, there.zone) == ((), "Asia/Seoul")


def test_zones_may_be_mixed(tmp_path: Path) -> None:
    """Rows with and without a zone stand in one table."""
    text = (
        HEAD
        + rows(2).replace("-12-", "-07-")
        + "1,A,2022-07-03T00:40:20,53.502,-1.1,\n1,A,2022-07-03T02:40:30+03:00,53.503,-1.1,\n"
    )
    (vehicle,) = read_tracks(table(tmp_path, text), zone="Europe/London").vehicles
    assert np.diff(np.concatenate([part.epoch_s for part in vehicle.parts])).tolist() == [10, 10, 10]


@given(st.floats(-180, 180), st.sampled_from(["{:.6f}", "{:.6f} ", "{:+.6f}", "{:.6f}°"]), st.booleans())
def test_degrees_are_read_as_written(value: float, shape: str, comma: bool) -> None:
    """A decimal comma, blanks, a sign or a degree sign do not change a number."""
    text = shape.format(value)
    assert numbers([text.replace(".", ",") if comma else text])[0] == float(f"{value:.6f}")


def test_a_table_without_places_or_times_is_refused(tmp_path: Path) -> None:
    """What is missing is said with the columns that were found; grid references are named as such."""
    assert "no columns for latitude and longitude (its first line: a, b)" in refused(table(tmp_path, "a,b\n1,2\n"))
    assert "no column for the time" in refused(table(tmp_path, "id,lat,lng\n1,53.5,-1\n"))
    assert "eastings and northings" in refused(table(tmp_path, "id,time,easting,northing\n1,2,3,4\n"))
    assert "no position with a place and a time" in refused(table(tmp_path, HEAD))


def test_hostile_tables_are_refused(tmp_path: Path) -> None:
    """A line without end, an open quote and bytes of another kind each give a sentence."""
    assert "longer than 64 kB" in refused(table(tmp_path, HEAD + rows() + "x" * 10_000_000))
    assert "longer than 64 kB" in refused(table(tmp_path, "x" * 10_000_000))
    assert "not a table that can be read" in refused(table(tmp_path, HEAD + rows() + '"' + "1,2\n" * 50_000))
    assert "no columns for latitude" in refused(table(tmp_path, bytes(range(256)) * 40))
    assert "the file is empty" in refused(table(tmp_path, b"\0\n \r\n"))


def test_too_many_vehicles_are_refused(tmp_path: Path) -> None:
    """More than 500 vehicles cannot be told apart in a picture."""
    text = HEAD + "".join(rows(2, vehicle=f"{k},V{k}") for k in range(501))
    assert "501 vehicles; a picture can show 500" in refused(table(tmp_path, text))


def test_one_moment_is_no_time_lapse(tmp_path: Path) -> None:
    """One position for each vehicle is refused for what it is, and so are positions too far apart to join."""
    text = HEAD + "".join(rows(1, vehicle=f"{k},V{k}") for k in range(9))
    assert "one moment cannot be a time-lapse" in refused(table(tmp_path, text))
    apart = HEAD + "1,A,2022-12-02T20:00:00Z,53.5,-1,\n1,A,2022-12-02T21:00:00Z,53.6,-1,\n"
    assert "no vehicle has two positions within 5 minutes" in refused(table(tmp_path, apart))


# GPX


def test_a_folder_of_gpx_is_a_fleet(tmp_path: Path) -> None:
    """Each file is a vehicle, with the track's name or else the file's; packed files too, others are told of."""
    table(tmp_path, document(gpx(name="David Plowie")), "b.gpx")
    table(tmp_path, gzip.compress(document(gpx()).encode()), "Gritty_10.gpx.gz")
    table(tmp_path, document(gpx()), "Gritty_9.GPX")
    table(tmp_path, "read me", "notes.md")
    table(tmp_path, "junk", "._b.gpx")
    fleet = read_tracks(tmp_path)
    assert names(fleet) == ["David Plowie", "Gritty_9", "Gritty_10"]
    assert fleet.notes == ("1 of 4 files in the folder are no tracks and were not read.",)


def test_one_gpx_with_several_tracks_is_a_fleet(tmp_path: Path) -> None:
    """Tracks of one file are vehicles; those of the same name are one vehicle; without a name they are numbered."""
    path = table(tmp_path, document(gpx(name="A"), gpx(name="B"), gpx(name="A", minute=50), gpx()), "night.gpx")
    fleet = read_tracks(path)
    assert names(fleet) == ["A", "B", "night 4"]
    assert [len(vehicle.parts) for vehicle in fleet.vehicles] == [2, 1, 1]


def test_a_name_that_all_share_is_no_name(tmp_path: Path) -> None:
    """Where a device called every track the same, the files' names tell the vehicles apart."""
    for name in ("Gritty", "Plowie"):
        table(tmp_path, document(gpx(name="Track 1")), f"{name}.gpx")
    fleet = read_tracks(tmp_path)
    assert names(fleet) == ["Gritty", "Plowie"]
    assert fleet.notes == ("All tracks are called “Track 1”; they are named by their files or numbers.",)


def test_untimed_tracks_are_refused_by_name(tmp_path: Path) -> None:
    """The file without times is named, among others that have them; every such file is named at once."""
    table(tmp_path, document(gpx()), "a.gpx")
    table(tmp_path, document(gpx(times=False)), "b.gpx")
    table(tmp_path, document(gpx(times=False)), "c.gpx")
    said = refused(tmp_path)
    assert f"{tmp_path.name}/b.gpx: its track has no times" in said
    assert f"{tmp_path.name}/c.gpx" in said
    assert "a.gpx" not in said


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
HOSTILE = {
    "entities": (f'<?xml version="1.0"?>{BOMB}<gpx>{gpx()}</gpx>', "document type or entities"),
    "depth": ("<gpx>" + "<a>" * 5000, "nested too deeply"),
    "cut off": (document(gpx())[:200], "breaks off here"),
    "another kind": ("<kml></kml>", "this is a KML file"),
    "a page": ("<!doctype html><html>", "not well-formed XML"),
    "only a route": ('<gpx><rte><rtept lat="1" lon="2"/></rte></gpx>', "no recorded track"),
    "SIRI with entities": (f"{BOMB}<Siri><VehicleActivity/></Siri>", "document type or entities"),
    "SIRI without vehicles": ('<Siri xmlns="http://www.siri.org.uk/siri"></Siri>', "no vehicles in it"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_xml_is_refused(tmp_path: Path, kind: str) -> None:
    """Document types, depth, torn files and other languages give a sentence and a place."""
    text, sentence = HOSTILE[kind]
    assert sentence in refused(table(tmp_path, text, "night.gpx"))


# GeoJSON


def line(places: int = 4, **told: object) -> dict[str, object]:
    times = [f"2022-12-02T23:40:{10 * k:02d}Z" for k in range(places)]
    return {
        "type": "Feature",
        "properties": {"coordTimes": times, **told},
        "geometry": {"type": "LineString", "coordinates": [[-1.1, 53.5 + k / 1000, 9] for k in range(places)]},
    }


def point(k: int, **told: object) -> dict[str, object]:
    place = {"type": "Point", "coordinates": [-1.1, 53.5 + k / 1000]}
    return {"type": "Feature", "properties": {"time": 1670024400000 + k * 10_000, **told}, "geometry": place}


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_geojson_lines_and_points_are_fleets(tmp_path: Path) -> None:
    """A line with times and a row of points with properties tell the same track."""
    lines = read_tracks(table(tmp_path, collection(line(id=7, name="Gritty")), "a.geojson"))
    points = read_tracks(
        table(tmp_path, collection(*(point(k, id=7, name="Gritty", Latitude=0) for k in range(4))), "b.geojson")
    )
    for fleet in (lines, points):
        (vehicle,) = fleet.vehicles
        assert (vehicle.id, vehicle.name) == ("7", "Gritty")
        assert vehicle.parts[0].epoch_s.tolist() == [1670024400.0 + 10 * k for k in range(4)]
        assert vehicle.parts[0].lat.tolist() == pytest.approx([53.5, 53.501, 53.502, 53.503])


def test_geojson_in_its_other_shapes(tmp_path: Path) -> None:
    """Lines of several pieces, a single feature, times in another place, and plain lists of objects are read."""
    several = line(name="A")
    several["geometry"] = {"type": "MultiLineString", "coordinates": [several["geometry"]["coordinates"]]}  # type: ignore[index]
    several["properties"] = {"name": "A", "coordinateProperties": {"times": [several["properties"]["coordTimes"]]}}  # type: ignore[index]
    plain = [
        {"GritterName": "A", "Latitude": 53.5 + k / 1000, "Longitude": -1.1, "Time": 1670024400 + 10 * k}
        for k in range(4)
    ]
    for number, whole in enumerate((several, plain)):
        fleet = read_tracks(table(tmp_path, json.dumps(whole), f"{number}.json"))
        assert (names(fleet), fleet.points) == (["A"], 4)


def test_large_geojson_is_read_feature_by_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pieces in which it is read, a collection gives the same fleet as at once."""
    path = table(tmp_path, collection(*(line(5, name=f"V{k}") for k in range(9))).replace(", ", ",\n "), "a.geojson")
    whole = read_tracks(path)
    monkeypatch.setattr("pipeline.tracks.geojson._WHOLE_MAX", 60)
    monkeypatch.setattr("pipeline.tracks.geojson._PIECE", 7)
    pieces = read_tracks(path)
    assert names(pieces) == names(whole) == [f"V{k}" for k in range(9)]
    assert pieces.points == whole.points == 45
    path.write_text(path.read_text()[:-600])
    assert "not well-formed JSON" in refused(path)


def test_geojson_of_mixed_features_is_read(tmp_path: Path) -> None:
    """Points without coordinates or with other properties among good ones are counted, not fatal."""
    bad = {"type": "Feature", "properties": {"time": 1670024430000, "id": 7}, "geometry": {"type": "Point"}}
    bare = {
        "type": "Feature",
        "properties": {"time": 1670024440000, "lat": 53.504, "lon": -1.1, "id": 7},
        "geometry": {},
    }
    fleet = read_tracks(table(tmp_path, collection(bad, *(point(k, id=7) for k in range(4)), bare, {}), "a.geojson"))
    assert fleet.points == 5
    assert fleet.notes[0] == "1 of 6 rows had no place and were left out."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"features": [' + '{"a":' * 100_000, "nested too deeply"),
        ('{"features": [1, ', "not well-formed JSON"),
        ('{"features": 7}', "no points and no lines"),
        (
            collection({"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [1, 2]}}),
            "no times",
        ),
        (collection(line() | {"properties": {}}), "a line without times"),
        (collection(line() | {"properties": {"times": ["x"]}}), "more or fewer times"),
        (
            collection(*(point(k) | {"geometry": {"type": "Point", "coordinates": [[[]], {}]}} for k in range(3))),
            "no position",
        ),
        ('[{"lat": 1e999, "lng": ' + "9" * 5000 + ', "time": 1}]', "not well-formed JSON"),
    ],
)
def test_hostile_geojson_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """Depth, torn files, wrong shapes and missing times each give a sentence."""
    assert sentence in refused(table(tmp_path, text, "night.geojson"))


# GTFS-Realtime and SIRI-VM


def snapshot(k: int, *vehicles: str) -> bytes:
    realtime = pytest.importorskip("google.transit.gtfs_realtime_pb2")
    message = realtime.FeedMessage()
    message.header.gtfs_realtime_version, message.header.timestamp = "2.0", 1670024400 + 10 * k
    for number, vehicle in enumerate(vehicles):
        entity = message.entity.add()
        entity.id = f"{k}.{number}"
        entity.vehicle.vehicle.id = vehicle
        entity.vehicle.position.latitude, entity.vehicle.position.longitude = 53.5 + k / 1000, -1.1
    return bytes(message.SerializeToString())


def test_a_folder_of_gtfs_snapshots_is_a_fleet(tmp_path: Path) -> None:
    """Snapshots make tracks by the number of the vehicle, packed in one ZIP too; a number that several vehicles have
    at the same moment is left out."""
    messages = {f"{k}.pb": snapshot(k, "289", "7", "7") for k in range(4)}
    (tmp_path / "loose").mkdir()
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for name, raw in messages.items():
            table(tmp_path / "loose", raw, name)
            packed.writestr(f"night/{name}", raw)
        packed.writestr("__MACOSX/._0.pb", b"junk")
    for path in (tmp_path / "loose", tmp_path / "all.zip"):
        fleet = read_tracks(path)
        assert names(fleet) == ["289"]
        assert fleet.vehicles[0].parts[0].epoch_s.tolist() == [1670024400.0 + 10 * k for k in range(4)]
        assert fleet.notes == ("8 positions of vehicles that share their number left out.",)


def test_torn_or_foreign_gtfs_is_refused(tmp_path: Path) -> None:
    """Half a message and random bytes are no GTFS-Realtime."""
    assert "not a GTFS-Realtime message" in refused(table(tmp_path, snapshot(0, "289")[:-9], "a.pb"))
    assert "not a GTFS-Realtime message" in refused(table(tmp_path, b"\x0a\xff\xff\xff" + b"x" * 99, "a.pb"))
    assert "no vehicle positions" in refused(table(tmp_path, snapshot(0), "b.bin"))
    assert "one moment" in refused(table(tmp_path, snapshot(0, "289").replace(b"289", b"2\xff9"), "c.pb"))


def test_broken_packings_are_refused(tmp_path: Path) -> None:
    """Torn gzip, a torn ZIP, a ZIP in a ZIP and a ZIP of other things each give a sentence."""
    assert "damaged" in refused(table(tmp_path, gzip.compress((HEAD + rows(900)).encode())[:-20], "a.csv.gz"))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        packed.writestr("readme.md", "x")
    assert "no tracks in it" in refused(tmp_path / "b.zip")
    assert "ZIP file is damaged" in refused(table(tmp_path, (tmp_path / "b.zip").read_bytes()[:-30], "c.zip"))


def test_what_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb is stopped by what comes out of it, not by what its header says."""
    monkeypatch.setattr("pipeline.tracks.files._EACH_MAX", 1_000_000)
    path = table(tmp_path, gzip.compress(("lat,lng,time\n" + "\n" * 1_200_000).encode()), "a.csv.gz")
    assert "more than 500 MB" in refused(path)


def test_folders_without_tracks_and_missing_files_are_refused(tmp_path: Path) -> None:
    """An empty folder, a missing path and an unknown zone each give a sentence."""
    assert "no tracks in it" in refused(tmp_path)
    assert "no such file or folder" in refused(tmp_path / "nowhere")
    assert "I don't know the time zone 'Doncaster'" in refused(table(tmp_path, HEAD + rows()), "Doncaster")
    assert "I don't know the time zone" in refused(table(tmp_path, HEAD + rows()), "../../etc/passwd")


def packet(k: int, place: bool = True) -> str:
    where = f"<VehicleLocation><Longitude>-1.1</Longitude><Latitude>{53.5 + k / 1000}</Latitude></VehicleLocation>"
    return (
        '<Siri xmlns="http://www.siri.org.uk/siri"><ServiceDelivery><VehicleMonitoringDelivery><VehicleActivity>'
        f"<RecordedAtTime>2022-12-02T23:40:{10 * k:02d}+00:00</RecordedAtTime><MonitoredVehicleJourney>"
        f"<OperatorRef>DON</OperatorRef>{where if place else ''}<VehicleRef>12</VehicleRef></MonitoredVehicleJourney>"
        "<Extensions><DriverRef>410921</DriverRef></Extensions></VehicleActivity>"
        "</VehicleMonitoringDelivery></ServiceDelivery></Siri>"
    )


def test_a_folder_of_siri_packets_is_a_fleet(tmp_path: Path) -> None:
    """Packets make a track; one without a place is counted; the driver is not read."""
    for k in range(4):
        table(tmp_path, packet(k), f"{k}.xml")
    table(tmp_path, packet(4, place=False), "4.xml")
    fleet = read_tracks(tmp_path)
    assert [(vehicle.id, vehicle.name) for vehicle in fleet.vehicles] == [("DON 12", "12")]
    assert fleet.points == 4
    assert fleet.notes == ("1 of 5 rows had no place and were left out.",)
    assert "410921" not in repr(fleet)


# Real files


def test_real_walks_are_a_fleet(shared: Path) -> None:
    """Eight timed walks in one folder: eight names, all points, in the order of their names."""
    fleet = read_tracks(shared / "data/fleets/buda-hills-walks", zone="Europe/Budapest")
    assert len(fleet.vehicles) == 8
    assert names(fleet)[0] == "2013/09/22 - Kutya-hegyi zsomboly"
    assert fleet.points == 3422
    assert fleet.span_s[0] == at("2013-09-22T12:00:13Z")


def test_real_junction_is_a_fleet(shared: Path) -> None:
    """A table of other column names, thirty rows a second: every row of 144 vehicles, none calmed away."""
    fleet = read_tracks(shared / "data/fleets/songdo-junction-vehicles.csv", zone="Asia/Seoul")
    assert len(fleet.vehicles) == 144
    assert fleet.points == 19787
    assert fleet.span_s[0] == at("2022-10-07T17:52:13.500+09:00")


@pytest.mark.parametrize(
    "name",
    [
        "doncaster-buses-2022-01-08.csv",
        "uk-buses-2022-01-08-gtfsrt.zip",
        "uk-buses-siri-vm.xml",
        "siri-vm-missing-vj-ref.xml",
    ],
)
def test_real_snapshots_are_one_moment(shared: Path, name: str) -> None:
    """A snapshot of real buses is refused for what it is."""
    if name.endswith(".zip"):
        pytest.importorskip("google.transit.gtfs_realtime_pb2")
    assert "one moment cannot be a time-lapse" in refused(shared / "data/fleets" / name)


def test_real_planned_route_is_refused(shared: Path) -> None:
    """A real route without times is refused by its name."""
    assert refused(shared / "data/routes/allermuir-hill-race.gpx").startswith(
        "allermuir-hill-race.gpx: its track has no times"
    )
