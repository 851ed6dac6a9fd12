"""`make-promo new`: whatever lies in the folder, the draft is a brief that reads back, and nothing is written over."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiny_clips import CLOSED, encoded

from pipeline import draft_brief
from pipeline.brief import Brief
from pipeline.brief.reading import read_brief
from pipeline.draft_brief import Draft
from pipeline.drafting.places import in_united_kingdom, in_wales
from pipeline.drafting.writing import comment, remark, scalar, tells, title_from
from pipeline.errors import BriefError, MaterialError, ToolError
from pipeline.files import Store
from pipeline.prepare import Wants, gather

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEMBLEY, SNOWDON, PARIS = (-0.28, 51.56), (-4.08, 53.07), (2.35, 48.85)


def walk(
    path: Path,
    *,
    title: str = "Barn Hill circular",
    names: Sequence[str] = (),
    at: tuple[float, float] = WEMBLEY,
    points: int = 41,
    begins: int | None = None,
) -> Path:
    """A line of 55 m steps to the north with waypoints on it; `begins`: recorded, from that minute of an hour."""
    places = [(at[0], at[1] + step * 0.0005) for step in range(points)]
    step = max(1, (points - 1) // max(1, len(names)))
    marks = "".join(
        f'<wpt lat="{lat:.6f}" lon="{lng:.6f}"><name>{escape(name)}</name></wpt>'
        for name, (lng, lat) in zip(names, places[step // 2 :: step], strict=False)
    )
    rows = "".join(
        f'<trkpt lat="{lat:.6f}" lon="{lng:.6f}"><ele>{50 + k}</ele>'
        + (f"<time>2026-05-01T10:{begins + k // 2:02d}:{k % 2 * 30:02d}Z</time>" if begins is not None else "")
        + "</trkpt>"
        for k, (lng, lat) in enumerate(places)
    )
    path.write_text(
        f'<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">{marks}'
        f"<trk><name>{escape(title)}</name><trkseg>{rows}</trkseg></trk></gpx>",
        encoding="utf-8",
    )
    return path


def drafted(folder: Path) -> tuple[Draft, Brief, str]:
    store = Store(folder.parent / "store")
    draft = draft_brief.draft(folder, now=NOW, store=store)
    brief = read_brief(draft.path)
    gather(brief, Wants(now=NOW, offline=True), store, look=False)
    return draft, brief, draft.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoded(tmp_path_factory.mktemp("clip") / "clip.mp4", options=CLOSED)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and nobody's settings and maps."""
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("MAKE_PROMO_MAPS", str(tmp_path / "maps"))
    inside = tmp_path / "walk"
    inside.mkdir()
    return inside


def test_a_route_alone_gives_a_map_brief_with_its_facts(folder: Path) -> None:
    """Without clips the brief has no footage; title, summary, units and captions come from the route."""
    walk(folder / "r.gpx", names=["Barn Hill pond", "WPT 7", "Oak & ash: <b>shade</b>"])
    draft, brief, text = drafted(folder)
    assert draft.fresh
    assert brief.title.get("en") == "Barn Hill circular"
    assert brief.footage == ()
    assert brief.units == "miles"
    assert "2.2 km" in brief.summary.get("en")  # type: ignore[union-attr]
    assert [str(entry.at) for entry in brief.captions] == [
        "waypoint Barn Hill pond",
        "waypoint Oak & ash: <b>shade</b>",
    ]
    assert "# languages: [en]" in text
    assert "privacy" not in text


def test_clips_stand_in_the_order_in_which_they_were_taken(folder: Path, clip: Path) -> None:
    """The container's times decide the order, not the names, and every clip has its length and size beside it."""
    import av

    walk(folder / "r.gpx")
    for name, day in (("a.mp4", 3), ("b.mp4", 1), ("c.mp4", 2)):
        with av.open(str(clip)) as source, av.open(str(folder / name), "w", format="mp4") as out:
            out.metadata["creation_time"] = f"2026-05-0{day}T10:00:00.000000Z"
            stream = out.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
    _, brief, text = drafted(folder)
    assert [entry.name for entry in brief.footage] == ["b.mp4", "c.mp4", "a.mp4"]
    assert "  - b.mp4   # 0:02, 64 × 48, no position found" in text
    assert "in the order in which they were taken" in text


def test_telemetry_tells_where_a_clip_lies(folder: Path, clip: Path) -> None:
    """A clip with positions beside it is told with its stretch of the route; one elsewhere says so."""
    walk(folder / "r.gpx")
    for name, shift in (("DJI_1", 0.0), ("DJI_2", 5.0)):
        shutil.copy(clip, folder / f"{name}.MP4")
        rows = "".join(
            f"{k + 1}\n00:00:0{k // 10},{k % 10}00 --> 00:00:0{k // 10},{k % 10}99\n"
            f"[latitude: {51.565 + shift + k * 1e-5:.6f}] [longitude: -0.2800]\n\n"
            for k in range(20)
        )
        (folder / f"{name}.SRT").write_text(rows)
    _, _, text = drafted(folder)
    assert "  - DJI_1.MP4   # 0:02, 64 × 48, 0.3 mi to 0.4 mi along the route, by its telemetry" in text
    assert "  - DJI_2.MP4   # 0:02, 64 × 48, its positions do not lie along this route" in text


def test_what_cannot_be_used_is_left_out_with_its_reason(folder: Path, clip: Path) -> None:
    """Broken clips, pictures of kinds that are not read and impossible names never stop a draft."""
    walk(folder / "r.gpx")
    (folder / "clips").mkdir()
    shutil.copy(clip, folder / "clips" / "good.mp4")
    (folder / "clips" / "empty.mp4").touch()
    (folder / "IMG_1.HEIC").write_bytes(b"no picture")
    shutil.copy(clip, folder / " spaced.mp4")
    draft, brief, text = drafted(folder)
    assert [entry.name for entry in brief.footage] == ["clips/good.mp4"]
    assert "clips/empty.mp4: the file is empty" in text
    assert "IMG_1.HEIC: photos in HEIC format are not read" in text
    assert "rename it" in text
    assert {problem.level for problem in draft.problems} == {"warn"}


def test_a_brief_that_is_there_is_never_written_over(folder: Path) -> None:
    """`route.yml` and `route.yaml` keep their name; the draft takes the next; an equal draft is written once."""
    walk(folder / "r.gpx")
    (folder / "route.yaml").write_text("title: mine")
    first, _, text = drafted(folder)
    assert (first.path.name, first.fresh, first.beside) == ("route-2.yml", True, folder / "route.yaml")
    again, _, _ = drafted(folder)
    assert (again.path.name, again.fresh) == ("route-2.yml", False)
    (folder / "route-2.yml").write_text(text.replace("title: ", "title: My "))
    third, _, _ = drafted(folder)
    assert third.path.name == "route-3.yml"
    assert (folder / "route.yaml").read_text() == "title: mine"
    assert not list(folder.glob(".*"))


def test_a_name_that_is_taken_at_the_last_moment_is_left_alone(folder: Path) -> None:
    """Whoever made `route.yml` while the draft was written keeps it."""
    (folder / "route.yml").write_text("title: hers")
    assert not draft_brief._placed(folder / "route.yml", "title: ours\n")
    assert (folder / "route.yml").read_text() == "title: hers"


def test_disks_without_hard_links_get_the_draft_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no second name can be given, the file is renamed."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "not supported")

    monkeypatch.setattr(os, "link", refused)
    assert draft_brief._placed(folder / "route.yml", "title: ours\n")
    assert not draft_brief._placed(folder / "route.yml", "title: theirs\n")
    assert (folder / "route.yml").read_text() == "title: ours\n"


def test_a_full_disk_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that cannot be written is a sentence, and no half file stands in the folder."""
    walk(folder / "r.gpx")
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.parent == folder:
            real(path, data[:10])
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ToolError) as caught:
        draft_brief.draft(folder, now=NOW, store=Store(folder.parent / "store"))
    assert "free some space" in caught.value.problems[0].remedy
    assert [path.name for path in folder.iterdir()] == ["r.gpx"]


def test_no_route_is_a_sentence_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    """No GPX is code 3 and names what could be exported; a broken one is told; a missing folder is code 2."""
    store = Store(tmp_path / "store")
    with pytest.raises(MaterialError, match="there is no GPX file"):
        draft_brief.draft(folder, now=NOW, store=store)
    (folder / "walk.kml").touch()
    with pytest.raises(MaterialError, match=r"open 'walk\.kml' in the app"):
        draft_brief.draft(folder, now=NOW, store=store)
    (folder / "bad.gpx").write_text("<gpx>")
    with pytest.raises(MaterialError, match=r"no GPX file here can be used \('bad\.gpx'"):
        draft_brief.draft(folder, now=NOW, store=store)
    walk(folder / "bad.gpx", begins=0, points=8)
    with pytest.raises(MaterialError, match="it needs only `title:` and `route:` besides"):
        draft_brief.draft(folder, now=NOW, store=store)
    with pytest.raises(BriefError, match="there is no such folder"):
        draft_brief.draft(tmp_path / "nowhere", now=NOW, store=store)
    with pytest.raises(BriefError, match="this is a file"):
        draft_brief.draft(folder / "bad.gpx", now=NOW, store=store)
    assert not list(folder.glob("*.yml"))


def test_the_map_that_will_be_used_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map file at hand is named with the reason, else the providers that the settings allow, else how to get one."""
    walk(folder / "r.gpx")
    assert "Map: none, because no map at hand covers the route." in drafted(folder)[2]
    monkeypatch.setenv("MAKE_PROMO_MAPS_ONLINE", "openstreetmap")
    assert "openstreetmap will be asked, as your settings allow" in drafted(folder)[2]
    line = [[-0.28, 51.55 + k * 0.001] for k in range(40)]
    path = {
        "type": "Feature",
        "properties": {"highway": "path"},
        "geometry": {"type": "LineString", "coordinates": line},
    }
    town = {"type": "FeatureCollection", "features": [path]}
    (folder / "town.geojson").write_text(json.dumps(town))
    assert "# town.geojson: it does not say whose data it is" in drafted(folder)[2]
    (folder / "town.geojson").write_text(json.dumps({"attribution": "© Brent Council", **town}))
    assert "Map: town.geojson is used (it lies beside the brief and covers the route)" in drafted(folder)[2]


def test_of_several_routes_the_longest_is_used_and_the_others_are_told(folder: Path) -> None:
    """Without clips that say otherwise the longest route wins."""
    walk(folder / "short.gpx", title="Short cut", points=21)
    walk(folder / "long.gpx", title="The whole way")
    _, brief, text = drafted(folder)
    assert brief.route is not None
    assert brief.route.name == "long.gpx"
    assert "#   short.gpx   Short cut, 1.1 km" in text
    assert "fleet" not in text


def test_the_route_that_clips_were_taken_on_beats_a_longer_one(folder: Path, clip: Path) -> None:
    """Telemetry decides which of several routes is meant."""
    walk(folder / "short.gpx", points=21)
    walk(folder / "elsewhere.gpx", at=PARIS)
    walk(folder / "huge.gpx", at=(-0.4, 50.0), points=8001)
    shutil.copy(clip, folder / "DJI_1.MP4")
    (folder / "DJI_1.SRT").write_text(
        "".join(
            f"{k + 1}\n00:00:0{k},000 --> 00:00:0{k + 1},000\n[latitude: 51.565{k}] [longitude: -0.2800]\n\n"
            for k in range(2)
        )
    )
    _, brief, _ = drafted(folder)
    assert brief.route is not None
    assert brief.route.name == "short.gpx"


def test_tracks_of_one_time_look_like_a_fleet(folder: Path) -> None:
    """Three recordings at the same time are told as a fleet; recordings of three days are not."""
    for number in range(3):
        walk(folder / f"gritter-{number}.gpx", begins=number, at=(-0.28 + number / 100, 51.56))
    _, _, text = drafted(folder)
    assert "3 tracks were recorded at the same time" in text
    assert "# privacy: {trim_start: 200 m, trim_end: 200 m}" in text


def test_a_brand_and_sounds_in_the_folder_are_used(folder: Path) -> None:
    """A brand file beside the clips is the brand; a song stays an example, for its licence is not known."""
    from pipeline import config

    walk(folder / "r.gpx")
    shutil.copy(config.configs() / "brands" / "plain.yml", folder / "ours.yml")
    (folder / "broken-brand.yml").write_text("colours: {ink: blue}")
    (folder / "song.mp3").touch()
    _, brief, text = drafted(folder)
    assert brief.brand == "ours.yml"
    assert brief.music is None
    assert "# music: {file: song.mp3," in text


def test_too_many_clips_are_thinned_evenly(folder: Path, clip: Path) -> None:
    """Forty clips are written as footage, first and last among them; the others wait in comments."""
    walk(folder / "r.gpx")
    for number in range(50):
        os.link(clip, folder / f"clip{number:02d}.mp4")
    _, brief, text = drafted(folder)
    names = [entry.name for entry in brief.footage]
    assert len(names) == 40
    assert (names[0], names[-1]) == ("clip00.mp4", "clip49.mp4")
    assert text.count("  # - clip") == 10


def test_at_most_five_captions_spread_along_the_route(folder: Path) -> None:
    """Of twenty waypoints five are shown, far from each other; of two with one name each keeps its own place."""
    walk(folder / "r.gpx", names=[f"Stile {'abcdefghijklmnopqrst'[k]}" for k in range(20)])
    _, brief, _ = drafted(folder)
    assert len(brief.captions) == 5
    for other in folder.glob("*.yml"):
        other.unlink()
    walk(folder / "r.gpx", names=["Bridge", "Bridge"])
    _, brief, _ = drafted(folder)
    first, second = (entry.at for entry in brief.captions)
    assert first.waypoint == "Bridge"
    assert second.metres is not None
    assert second.metres > 1000


def test_a_route_in_wales_suggests_both_languages_and_abroad_kilometres(folder: Path) -> None:
    """In Wales the Welsh line stands ready; outside the United Kingdom the units are kilometres."""
    walk(folder / "r.gpx", at=SNOWDON)
    _, brief, text = drafted(folder)
    assert "# languages: [cy, en]" in text
    assert brief.languages == ("en",)
    for other in folder.glob("*.yml"):
        other.unlink()
    walk(folder / "r.gpx", at=PARIS)
    _, brief, text = drafted(folder)
    assert brief.units == "km"
    assert "cy, en" not in text


def test_places_are_told_apart() -> None:
    """Towns on both sides of each border lie where they belong."""
    wales = {"Cardiff": (-3.18, 51.48), "Wrexham": (-2.99, 53.05), "Hay": (-3.13, 52.07), "Holyhead": (-4.63, 53.31),
             "Monmouth": (-2.71, 51.81), "Welshpool": (-3.15, 52.66), "Tenby": (-4.7, 51.67)}  # fmt: skip
    england = {"Chester": (-2.89, 53.19), "Oswestry": (-3.05, 52.86), "Hereford": (-2.72, 52.06),
               "Ludlow": (-2.72, 52.37), "Bristol": (-2.59, 51.45), "Whitchurch": (-2.68, 52.97)}  # fmt: skip
    others = {"Belfast": (-5.93, 54.6), "Derry": (-7.32, 54.99), "Lerwick": (-1.15, 60.15), "Dover": (1.31, 51.13),
              "Campbeltown": (-5.6, 55.42), "Penzance": (-5.54, 50.12), "Lowestoft": (1.75, 52.48)}  # fmt: skip
    abroad = {"Dublin": (-6.26, 53.35), "Letterkenny": (-7.73, 54.95), "Calais": (1.85, 50.95), "Dieppe": (1.08, 49.92),
              "Paris": PARIS, "Dundalk": (-6.4, 54.0), "Cork": (-8.47, 51.9), "Cherbourg": (-1.62, 49.64)}  # fmt: skip
    assert [name for name, place in wales.items() if not in_wales(place)] == []
    assert [name for name, place in (england | others | abroad).items() if in_wales(place)] == []
    assert [name for name, place in (wales | england | others).items() if not in_united_kingdom(place)] == []
    assert [name for name, place in abroad.items() if in_united_kingdom(place)] == []


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("Track", "brent-capital-ring_09.gpx"), "Brent capital ring 09"),
        (("Track 3", "20240501.gpx", "Fryent Country Park"), "Fryent Country Park"),
        (("new route", "route.gpx.gz", "12"), "Our walk"),
        (("  \u202eevil\u0000  name.gpx",), "Evil name"),
        (("St. John's Wood – 3.5 miles",), "St. John's Wood – 3.5 miles"),
        (("EveningStroll",), "Evening Stroll"),
    ],
)
def test_titles_are_words(names: tuple[str, ...], title: str) -> None:
    """The first name that says something becomes the title, without file endings and underscores."""
    assert title_from(*names) == title


def test_names_of_waypoints_that_say_nothing_are_passed_over() -> None:
    """Counters and coordinates are no captions."""
    assert [
        name for name in ("WPT001", "RPT002", "12", "Waypoint 3", "51.5, -0.28", "…", "Stile 3", "Llyn") if tells(name)
    ] == [
        "Stile 3",
        "Llyn",
    ]


SIGNS = st.one_of(
    st.sampled_from("\"'\\#:&*!|>%@`{}[],-?~=\t \u202e\u2066\u200f\u2028\u0085\ufeff\u0301é🌳🏴ع"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0/"),
)
HOSTILE = st.one_of(
    st.text(SIGNS, min_size=1, max_size=40),
    st.sampled_from(
        ["a: b", "x # y", "- z", "true", "null", "~", "1.50", "title: evil", "\nplatforms: [none]", "{at: end}", "*a",
         "&b c", "!!python/object", "---", "...", "%YAML 1.1", "e\u0301tang", "x" * 300,
         "<script>", "a\u2028title: b", "0:05"]
    ),
)  # fmt: skip


@settings(deadline=None)
@example(text="?0")
@given(text=HOSTILE)
def test_scalars_come_back_and_comments_stay_comments(text: str) -> None:
    """Any text without line breaks comes back from a list and from a group; words in a comment never leave it."""
    from pipeline import yaml_file

    line = " ".join(unicodedata.normalize("NFC", text).split()) or "x"
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.yml"
        told = "\n".join(comment(f"said: {remark(text)}"))
        page.write_text(f"a: {scalar(line)}   # {remark(text)}\n{told}\nb: [{{c: {scalar(line)}, d: e}}]\n", "utf-8")
        tree = yaml_file.read(page, numbers=False).tree
    assert tree == {"a": line, "b": [{"c": line, "d": "e"}]}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=HOSTILE, waypoints=st.lists(HOSTILE, max_size=4), files=st.lists(HOSTILE, max_size=4), route=HOSTILE)
def test_whatever_things_are_called_the_draft_reads_back(
    clip: Path, title: str, waypoints: list[str], files: list[str], route: str
) -> None:
    """Names of routes, waypoints, files and folders are the worst that a disk allows: the brief is read, its footage
    is found, and no sign in it turns the direction of the text or breaks a line."""

    def shown(text: str) -> str:  # what XML can hold
        return "".join(sign if sign.isprintable() or sign == "\u202e" else " " for sign in text)

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "walk"
        folder.mkdir()
        for name in files:
            path = folder / (name.encode()[:200].decode(errors="ignore").replace("/", "") + ".mp4")
            if not path.exists():
                os.link(clip, path)
        walk(folder / "short.gpx", points=21)
        stem = route.encode()[:200].decode(errors="ignore").replace("/", "")
        walk(folder / f"{stem}.gpx", title=shown(title), names=[shown(name) for name in waypoints])
        _, brief, text = drafted(folder)
        assert 0 < len(brief.title.get("en")) <= 80
        assert all(entry.path.is_file() for entry in brief.footage)
        assert brief.platforms == ("instagram-reel", "youtube-short", "youtube", "x", "bluesky")
        assert len(brief.captions) >= 1
        assert not set(text) & set("\u202e\u2066\u200f\u2028\u0085\ufeff\0\t\r")


def test_the_draft_of_a_split_take_names_all_its_files(folder: Path, clip: Path) -> None:
    """Chapters of one take follow each other in the brief, and are one clip when it is read."""
    walk(folder / "r.gpx")
    for name in ("GX010042.MP4", "GX020042.MP4", "GX010043.MP4"):
        shutil.copy(clip, folder / name)
    draft, brief, text = drafted(folder)
    assert [entry.name for entry in brief.footage] == ["GX010042.MP4", "GX020042.MP4", "GX010043.MP4"]
    assert "GX020042.MP4   # goes on from the file before" in text
    assert draft.clips == 2
    found = gather(brief, Wants(now=NOW, offline=True), Store(folder.parent / "store"), look=False)
    assert [take.clip.duration for take in found.takes] == [Fraction(4), Fraction(2)]
