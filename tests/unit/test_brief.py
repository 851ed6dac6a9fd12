"""What an author writes, and what is said about it when it cannot be meant."""

from __future__ import annotations

import pickle
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import config, schema
from pipeline.anchors import Anchor
from pipeline.brief import Brief, Use
from pipeline.brief import values as brief_values
from pipeline.brief.reading import read_brief
from pipeline.errors import BriefError, Problem

_LEAST = "title: T\nroute: r.gpx\n"

_WHOLE = """\
title: {en: Fryent Country Park circular, cy: Cylchdaith Parc Gwledig Fryent}
summary: Five gentle miles of meadow and woodland, ten minutes from Wembley.
route: fryent.gpx
kind: promo
footage:
  - DJI_0042.MP4
  - file: ../clips/DJI_0043.MP4
    use: 0:12-0:31
    at: 2.1 mi
    lut: dlog.cube
length: 30s
captions:
  - {at: start, text: Meadow, pond and the best view in Brent}
  - {at: 1.2 mi, text: Barn Hill pond, for: 4s}
end_card: {text: Find the route, link: "https://www.example.gov.uk/walks/fryent"}
map: {source: brent.osm.pbf, style: night, inset: false, scene: true}
privacy: {trim_start: 200 m, trim_end: 0.25 mi}
units: km
brand: brent
music: {file: bed.ogg, title: Bed, licence: CC0, until: 2027-03-31}
voice: {file: voice.wav, subtitles: voice.srt, checked_by: A. Reader}
languages: [en, cy]
platforms: [instagram-reel, landscape]
overlays: [{clip: badge, at: 3s, for: 4s, place: top-right}]
motion: reduced
post: {text: Come and see, hashtags: [WalkBrent], link: "https://example.org/a?b=c", alt: A pond}
publish: {when: "2026-12-05 09:30", to: [bluesky, mastodon]}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _brief(text: str, name: str = "route.yml") -> Brief:
    Path(name).write_text(text, encoding="utf-8")
    return read_brief(Path(name))


def _said(text: str) -> list[str]:
    with pytest.raises(BriefError) as caught:
        _brief(text)
    return str(caught.value).splitlines()


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        _brief(text)
    except BriefError as error:
        return error.problems
    return ()


def test_every_key_is_read(tmp_path: Path) -> None:
    """All keys of the contract come out as values that need no further reading."""
    brief = _brief(_WHOLE)
    assert brief.title.get("cy") == "Cylchdaith Parc Gwledig Fryent"
    assert brief.route == tmp_path / "fryent.gpx"
    assert [(entry.name, entry.path) for entry in brief.footage] == [
        ("DJI_0042.MP4", tmp_path / "DJI_0042.MP4"),
        ("../clips/DJI_0043.MP4", tmp_path / "../clips/DJI_0043.MP4"),
    ]
    assert brief.footage[1].use == Use(start=Fraction(12), end=Fraction(31))
    assert brief.footage[1].at == Anchor("distance", Fraction("3379.6224"))
    assert brief.footage[1].lut == tmp_path / "dlog.cube"
    assert brief.length == 30
    assert brief.captions[0].text.get("en") == "Meadow, pond and the best view in Brent"
    assert (brief.captions[0].at, brief.captions[1].seconds) == (Anchor("start"), 4)
    assert brief.end_card.link == "https://www.example.gov.uk/walks/fryent"
    assert (brief.map.source.kind, brief.map.source.path) == ("file", tmp_path / "brent.osm.pbf")
    assert (brief.map.style, brief.map.inset, brief.map.scene) == ("night", False, True)
    assert (brief.privacy.trim_start_m, brief.privacy.trim_end_m) == (200, pytest.approx(402.336))
    assert (brief.units, brief.brand, brief.motion) == ("km", "brent", "reduced")
    assert brief.music is not None
    assert brief.music.until == date(2027, 3, 31)
    assert brief.voice is not None
    assert brief.voice.subtitles is not None
    assert brief.voice.subtitles.get("cy") == tmp_path / "voice.srt"
    assert (brief.languages, brief.platforms) == (("en", "cy"), ("instagram-reel", "landscape"))
    assert (brief.overlays[0].clip, brief.overlays[0].at.seconds, brief.overlays[0].seconds) == (
        "badge",
        3,
        4,
    )
    assert brief.overlays[0].place == "top-right"
    assert (brief.post.hashtags, brief.post.link) == (("WalkBrent",), "https://example.org/a?b=c")
    assert brief.publish is not None
    assert (brief.publish.when, brief.publish.to) == ("2026-12-05 09:30", ("bluesky", "mastodon"))


def test_what_is_not_written_has_its_default() -> None:
    """Title and route are enough; a key without a value counts as not written."""
    brief = _brief(_LEAST + "length:\nmap:\n  style: night\n  source:\nfootage:\n")
    assert (brief.kind, brief.units, brief.brand, brief.motion) == ("promo", "miles", "plain", "full")
    assert (brief.footage, brief.length, brief.captions, brief.languages) == ((), None, (), ("en",))
    assert (brief.map.source.kind, brief.map.style, brief.map.inset) == ("auto", "night", True)
    assert (brief.privacy.trim_start_m, brief.music, brief.publish) == (None, None, None)
    assert list(brief.platforms) == config.defaults()["platforms"]


def test_one_value_stands_for_a_list_of_one() -> None:
    """`platforms: all` needs no brackets."""
    brief = _brief(_LEAST + "platforms: all\nfootage: clips\ncaptions: {at: end, text: Bye}\n")
    assert (brief.platforms, brief.footage[0].name, len(brief.captions)) == (("all",), "clips", 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fryent Park (2).yml", "fryent-park-2"),
        ("Gŵyr.yaml", "gwyr"),
        ("walk.v2.yml", "walk-v2"),
        ("步道.yml", "brief-" + brief_values.slug("步道")[-8:]),
    ],
)
def test_the_id_is_the_file_name(name: str, expected: str) -> None:
    """Small letters, digits and hyphens; `id:` overrides."""
    assert _brief(_LEAST, name).id == expected
    assert _brief(_LEAST + "id: my-own\n", name).id == "my-own"


def test_places_are_kept_for_later_stages() -> None:
    """A stage that finds a problem in what the brief names can say where it is written."""
    brief = _brief(_WHOLE)
    assert brief.where("footage", 1, "use") == "route.yml:8:5: footage[1].use"
    assert brief.where("footage", 0, "use") == "route.yml:6:5: footage[0].use"
    assert brief.where("captions", 1, "at") == "route.yml:14:6: captions[1].at"
    assert _brief(_LEAST + "footage: a.mp4\n").where("footage", 0) == "route.yml:3:1: footage"


def test_a_brief_travels_to_another_process() -> None:
    """It can be pickled, with its places."""
    brief = _brief(_WHOLE)
    again = pickle.loads(pickle.dumps(brief))
    assert again == brief
    assert again.where("kind") == "route.yml:4:1: kind"


def test_text_falls_back_in_the_authors_order() -> None:
    """A language finds itself, then a relative, then what the author wrote first."""
    text = brief_values.text({"en-GB": "Hello", "cy": "Helo"})
    assert [text.get(code) for code in ("cy", "en", "en-US", "fr")] == ["Helo", "Hello", "Hello", "Hello"]
    assert (text.has("en"), text.has("fr"), brief_values.text("x").has("fr")) == (True, False, True)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("0:12-0:31", (12, 31)),
        ("0:12 - 0:31", (12, 31)),
        ("0:12–0:31.5", (12, Fraction(63, 2))),
        ("12s to 31s", (12, 31)),
        ("0:12-", (12, None)),
    ],
)
def test_parts_of_a_file(use: str, expected: tuple[int, int | None]) -> None:
    """A part is written with a hyphen, a dash or `to`; without an end it goes to the end of the file."""
    found = _brief(_LEAST + f"footage: [{{file: a.mp4, use: {use}}}]\n").footage[0].use
    assert found is not None
    assert (found.start, found.end) == expected


@pytest.mark.parametrize("length", ["30s", "0:30", "30", "0.5 min", "'30'"])
def test_lengths(length: str) -> None:
    """Each way to write thirty seconds is thirty seconds."""
    assert _brief(_LEAST + f"length: {length}\n").length == 30


def test_all_problems_are_told_at_once() -> None:
    """A brief with many mistakes gives them all, in the order of the file, each with place and remedy."""
    platforms = ", ".join(config.names("platforms")[:-1]) + f" and {config.names('platforms')[-1]}"
    assert _said(
        "titel: x\nkind: promo\nkind: map\nfootage:\n  - DJI.MP4\n  - file: http://x.org/a.mp4\n"
        "    use: 0:55-0:42\n    lenght: 3\n    at: 0:05\n  -\nlength: 2s\ncaptions:\n"
        "  - {at: 5 mlies, text: ''}\n  - {text: x}\n"
        "end_card: nice\nmap: {style: nigt, inset: yes}\nlanguages: []\nplatforms: [instagram]\n"
        "overlays: [{clip: ../b.py, at: 3s, place: center}]\npost: {hashtags: ['#a b'], link: www.x.org/a}\n"
    ) == [
        'route.yml:1:1: route: "route" is needed and is not written',
        "  hint: add a line such as `route: fryent.gpx`",
        'route.yml:1:1: I don\'t know "titel" (did you mean "title"?)',
        "  hint: keys here are title, summary, route, routes, tracks, id, kind, footage, length, captions, end_card, "
        "map, privacy, units, brand, music, voice, languages, platforms, overlays, motion, post and publish",
        'route.yml:3:1: "kind" is written twice, first in line 2',
        "  hint: keep one of them",
        'route.yml:6:5: footage[1].file: "http://x.org/a.mp4" must be a file, not an address or a device',
        "  hint: copy it to this computer and name the file",
        "route.yml:7:5: footage[1].use: end 0:42 comes before start 0:55",
        "  hint: swap the two, or leave `use` out to use the best moments",
        'route.yml:8:5: footage[1]: I don\'t know "lenght"',
        "  hint: keys here are file, use, at, lut and sound",
        'route.yml:9:5: footage[1].at: "0:05" is a time, and footage goes to a place on the route',
        "  hint: write 1.2 mi, 2 km, waypoint Barn Hill, start or end; which seconds to use goes into `use:`",
        "route.yml:10:4: footage[2]: this entry is empty",
        "  hint: write a value after the dash, or delete the line",
        "route.yml:11:1: length: 0:02 is not possible as length of a clip",
        "  hint: write 6s to 600s; 6 to 60 suits every platform",
        'route.yml:13:6: captions[0].at: I cannot read "5 mlies" as a place or a time',
        "  hint: write start, end, 0:05, 1.2 mi, 2 km or waypoint Barn Hill",
        "route.yml:13:19: captions[0].text: the text is empty",
        "  hint: write the text after the colon, or delete the key",
        'route.yml:14:5: captions[1].at: "at" is needed and is not written',
        "  hint: add `at:` with its value",
        "route.yml:15:1: end_card: a group of keys is expected here",
        "  hint: keys here are text and link",
        'route.yml:16:7: map.style: I don\'t know "nigt" (did you mean "night"?)',
        "  hint: known are contrast, daylight and night",
        'route.yml:16:20: map.inset: "yes" is neither true nor false',
        "  hint: write true or false",
        "route.yml:17:1: languages: at least one is needed here",
        "  hint: write one, or delete the key to take the default",
        'route.yml:18:13: platforms[0]: I don\'t know "instagram" (did you mean "instagram-reel"?)',
        f"  hint: known are all, portrait, landscape, square, {platforms}",
        'route.yml:19:13: overlays[0].clip: "../b.py" is not the name of an overlay',
        "  hint: write the name that an installed package gives it; code is never loaded from a file",
        'route.yml:19:36: overlays[0].place: I don\'t know "center" (did you mean "centre"?)',
        "  hint: known are top-left, top, top-right, left, centre, right, bottom-left, bottom and bottom-right",
        'route.yml:20:19: post.hashtags[0]: "a b" cannot be a hashtag',
        "  hint: use letters and digits without spaces, such as WalkBrent",
        'route.yml:20:28: post.link: "www.x.org/a" is not a web address',
        "  hint: write https://www.x.org/a",
    ]


def test_a_file_that_is_no_brief_is_not_told_line_by_line() -> None:
    """After a hundred problems the rest is a number."""
    said = [line for line in _said(_LEAST + "".join(f"k{n}: x\n" for n in range(150))) if line.startswith("route")]
    assert (len(said), said[-1]) == (101, "route.yml: there are 50 more problems")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("lenght: 30s", 'route.yml:3:1: I don\'t know "lenght" (did you mean "length"?)'),
        ("kind: recapp", 'route.yml:3:1: kind: I don\'t know "recapp"'),
        ("kind: recap", "route.yml:2:1: route: a recap has `tracks`, not this"),
        ("tracks: gritters", "route.yml:3:1: tracks: only a recap has tracks"),
        ("routes: [a.gpx]", "route.yml:3:1: routes: there is a `route` already"),
        ("length: 11 min", "route.yml:3:1: length: 11:00 is not possible as length of a clip"),
        (
            "length: long",
            "route.yml:3:1: length: I cannot read 'long' as a time; write 0:31, 31s or 1:02:03.5",
        ),
        ("privacy: {trim_start: 5}", 'route.yml:3:11: privacy.trim_start: I cannot read "5" as a distance'),
        ("units: mile", 'route.yml:3:1: units: I don\'t know "mile" (did you mean "miles"?)'),
        ("brand: bret", 'route.yml:3:1: brand: I don\'t know "bret" (did you mean "brent"?)'),
        ("id: Hello World", 'route.yml:3:1: id: "Hello World" cannot be an id'),
        ("summary: [a]", "route.yml:3:1: summary: a text is expected here, not a list or a group"),
        ("summary: {english: x}", 'route.yml:3:1: summary: "english" is not a language code'),
        ('summary: "a\\0b"', "route.yml:3:1: summary: there is a character that cannot be shown (U+0000)"),
        ("summary: {cy: x}", "route.yml:3:1: summary: there is no text for en, and languages asks for it"),
        ("music: {title: x}", 'route.yml:3:1: music.file: "file" is needed and is not written'),
        ("publish: {when: soon}", 'route.yml:3:11: publish.when: "soon" is not a day and time'),
        ("post: {hashtags: [2026]}", 'route.yml:3:19: post.hashtags[0]: "2026" cannot be a hashtag'),
        (
            "end_card: {link: 'javascript:alert(1)'}",
            'route.yml:3:12: end_card.link: "javascript:alert(1)" is not',
        ),
        (
            "length: 30s\ncaptions: {at: 0:30, text: Late}",
            "route.yml:4:12: captions.at: 0:30 is not before the end of a clip of 0:30",
        ),
        (
            "footage: [{file: a, use: 0:10-0:10}]",
            "route.yml:3:21: footage[0].use: start and end are both 0:10",
        ),
        (
            "footage: [{file: a, use: 0:10}]",
            'route.yml:3:21: footage[0].use: I cannot read "0:10" as a part of',
        ),
    ],
)
def test_each_mistake_has_its_sentence(lines: str, message: str) -> None:
    """One mistake, one problem, at its place."""
    said = _said(_LEAST + lines + "\n")
    assert said[0].startswith(message)
    assert len([line for line in said if not line.startswith("  hint")]) == 1


@pytest.mark.parametrize(
    "name",
    ["concat:a.mp4|b.mp4", "https://x.org/a.mp4", "file:///etc/passwd", "/dev/video0", "/proc/self/mem",
     "pipe:0", "-", "NUL", "clips/con.mp4", "com1", "\\\\.\\PhysicalDrive0", "a\\nb.mp4"],
)  # fmt: skip
def test_footage_must_be_a_file(name: str) -> None:
    """Addresses, devices and protocols of ffmpeg are no footage."""
    quoted = f'"{name}"' if "\\n" in name else f"'{name}'"
    (line, *_) = _said(_LEAST + f"footage: [{quoted}]\n")
    assert line.startswith("route.yml:3:11: footage[0].file: ")


@pytest.mark.parametrize("name", ["C:/clips/a.mp4", "a: b.mp4", "../a.mp4", "/mnt/a.mp4", "DJI 0042 (1).MP4", "a.b.c"])
def test_ordinary_names_are_files(name: str) -> None:
    """Disks, spaces, colons and folders above are all right; whether the file exists is not asked here."""
    assert _brief(_LEAST + f"footage: ['{name}']\n").footage[0].name == name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(Brief.model_fields)),
    st.sampled_from(
        [
            "[]",
            "{}",
            "[[a]]",
            "{a: b}",
            "true",
            "1",
            "-1",
            "''",
            "1e999",
            "x" * 2000,
            "[{}]",
            "[true]",
            "'\\'",
        ]
    ),
)
def test_no_value_ends_in_a_traceback(key: str, value: str) -> None:
    """Whatever stands behind a key, the answer is a brief or a sentence."""
    lines = {"title": "T", "route": "r.gpx", key: value}
    text = "".join(f"{name}: {text}\n" for name, text in lines.items())
    assert all(problem.where.startswith("route.yml:") and problem.what for problem in _problems(text))


def test_the_schema_is_that_of_the_models() -> None:
    """configs/brief.schema.json is what `python -m pipeline.schema` writes."""
    assert schema.path().read_text(encoding="utf-8") == schema.text()


def test_the_schema_asks_only_for_title_and_route() -> None:
    """Editors complete every key, with its default and a sentence, and require a title and a way."""
    made = schema.schema()
    assert made["required"] == ["title"]
    assert [one["required"] for one in made["oneOf"]] == [["route"], ["routes"], ["tracks"]]
    assert list(made["properties"]) == list(Brief.model_fields)
    assert made["properties"]["units"]["default"] == "miles"
    assert made["properties"]["motion"]["description"].startswith("full | reduced")
    assert "required" not in made["$defs"]["MapChoice"]
    assert set(made["$defs"]["CaptionEntry"]["properties"]) == {"at", "text", "for"}
