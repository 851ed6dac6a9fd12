"""Maps over the network, against a tile server on this machine that can do everything wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from PIL import Image
from tile_samples import TOWN, bounds_of, town, write_pmtiles  # the town's maker lies beside unit tests
from tile_server import Reply, TileServer, marked, waited

from pipeline.errors import MaterialError
from pipeline.map_model import OSM_CREDIT, MapCredit, MapModel, MapWish
from pipeline.map_providers import Provider
from pipeline.maps import online
from pipeline.maps.asking import agent
from pipeline.maps.http import Limits
from pipeline.maps.kept_tiles import prune
from pipeline.mercator import Bounds
from pipeline.settings import Secret, Settings, key_variable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
QUICK = Limits(silence_s=0.4, answer_s=0.6, total_s=2.0, pause_s=0.01)
PATIENT = Limits(total_s=20.0, pause_s=0.01)
SETTINGS = Settings(contact="comms@example.gov.uk", online=("test",))
KEY = "s3cret-Key/+%"
TILES = town("Shortbread")
BODY = TILES[TOWN]
BOX = bounds_of(TILES)
WISH = MapWish(bounds=BOX, pixel=BOX.width / 1200)
WIDE = MapWish(bounds=BOX.grown(BOX.width), pixel=BOX.width / 1200)  # many tiles of zoom 14
PROVIDER = Provider(
    id="test",
    label="Test Maps",
    kind="vector",
    schema="shortbread",
    tilejson=None,
    tiles="http://127.0.0.1:1/{z}/{x}/{y}.mvt",
    pmtiles=None,
    xyz=None,
    hosts=(),
    min_zoom=0,
    max_zoom=14,
    tile_size=256,
    max_tiles=48,
    min_cache_days=7,
    credit=OSM_CREDIT,
    terms="https://example.org/terms",
    checked="2026-11-22",
    key=None,
    doubts=(),
    own=True,
)


@pytest.fixture(autouse=True)
def _straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine stands between a test and its server."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[TileServer]:
    with TileServer(the_town) as running:
        yield running


def the_town(path: str) -> Reply | None:
    """The town's tiles, as they are, with marks."""
    if path == "/about.json":
        return about("/{z}/{x}/{y}.mvt")
    body = TILES.get(place_of(path))
    return marked(body) if body else None


def place_of(path: str) -> tuple[int, int, int]:
    try:
        zoom, x, y = path.partition(".")[0].strip("/").split("/")[-3:]
        return int(zoom), int(x), int(y)
    except ValueError:
        return 0, 0, 0


def about(template: str, **more: object) -> Reply:
    words = {"tilejson": "3.0.0", "tiles": [template], "maxzoom": 14, "vector_layers": [{"id": "streets"}], **more}
    return marked(json.dumps(words).encode(), kind="application/json")


def provider(server: TileServer, **changed: object) -> Provider:
    tiles = None if {"tilejson", "pmtiles", "xyz"} & changed.keys() else f"{server.url}/{{z}}/{{x}}/{{y}}.mvt"
    return dataclasses.replace(PROVIDER, **{"tiles": tiles, **changed})  # type: ignore[arg-type]


def read(one: Provider, cache: Path, wish: MapWish = WISH, **given: object) -> MapModel:
    usual = {"settings": SETTINGS, "offline": False, "now": NOW, "limits": PATIENT}
    return online.read(one, wish, cache=cache, **{**usual, **given})  # type: ignore[arg-type]


def refused(one: Provider, cache: Path, wish: MapWish = WISH, **given: object) -> str:
    with pytest.raises(MaterialError) as caught:
        read(one, cache, wish, **given)
    assert "Test Maps" in str(caught.value)
    return str(caught.value)


def always(reply: Reply) -> Callable[[str], Reply]:
    return lambda _: reply


def names(model: MapModel) -> set[str]:
    return {line.name for line in model.lines if line.name}


def picture(seed: int, side: int = 256) -> bytes:
    image = Image.new("RGB", (side, side), (seed % 256, 90, 60))
    image.putpixel((3, 3), (0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


# What is asked, and by whom


def test_the_town_comes_over_the_network_with_its_credit(server: TileServer, tmp_path: Path) -> None:
    """A map from TileJSON and tiles is the town, credited as the provider's file says; every request says who asks."""
    model = read(provider(server, tilejson=f"{server.url}/about.json"), tmp_path)
    assert "High Street" in names(model)
    assert model.credits == (OSM_CREDIT,)
    assert model.notes == ()
    assert len(server.requests) == 3
    agents = {request.headers["user-agent"] for request in server.requests}
    assert agents == {agent(SETTINGS)}
    assert "make-promo/" in agents.copy().pop()
    assert "comms@example.gov.uk" in agents.pop()
    assert all("no-cache" not in request.headers.get("cache-control", "") for request in server.requests)


def test_a_service_that_thanks_more_people_is_quoted(server: TileServer, tmp_path: Path) -> None:
    """Words of the service that say more than the provider's file stand in the map, in plain text."""
    says = '<a href="https://x.org">&copy; OpenStreetMap contributors</a> · © ESA WorldCover'
    server.table = lambda path: about("/{z}/{x}/{y}.mvt", attribution=says) if "about" in path else the_town(path)
    model = read(provider(server, tilejson=f"{server.url}/about.json"), tmp_path)
    assert [credit.text for credit in model.credits] == ["© OpenStreetMap contributors · © ESA WorldCover"]
    assert model.credits[0].licence == OSM_CREDIT.licence


def test_a_credit_in_html_with_a_year_is_plain_text(server: TileServer, tmp_path: Path) -> None:
    """HTML in the provider's file becomes text, and `{year}` the year in which the tiles came."""
    html = MapCredit(text="<b>Contains OS data &copy; Crown copyright {year}</b>", licence="OGL", url="https://x.org")
    model = read(provider(server, credit=html), tmp_path)
    assert model.credits[0].text == "Contains OS data © Crown copyright 2026"


def test_not_more_than_48_tiles_and_four_connections(server: TileServer, tmp_path: Path) -> None:
    """A wish of a thousand tiles asks for 48 at most, over four connections that are used again and again."""
    server.table = lambda path: dataclasses.replace(the_town(path) or Reply(status=204), pause_s=0.02)
    read(provider(server), tmp_path, MapWish(bounds=BOX.grown(BOX.width * 8), pixel=BOX.width / 1200))
    assert 12 <= len(server.requests) <= 48
    assert server.most_at_once == server.connections == 4


def test_a_provider_may_allow_fewer_tiles(server: TileServer, tmp_path: Path) -> None:
    """`max_tiles` of the provider's file brings coarser tiles, not more."""
    read(provider(server, max_tiles=5), tmp_path, WIDE)
    assert 1 <= len(server.requests) <= 5
    low = provider(server, max_tiles=5, min_zoom=14)
    assert "5 are allowed" in refused(low, tmp_path / "other", WIDE)


def test_tiles_of_the_south_first_services_are_turned(server: TileServer, tmp_path: Path) -> None:
    """`scheme: tms` counts rows from the south."""
    server.table = lambda path: about("/{z}/{x}/{y}.mvt", scheme="tms") if "about" in path else Reply(status=204)
    read(provider(server, tilejson=f"{server.url}/about.json"), tmp_path)
    zoom, x, y = TOWN
    assert f"/{zoom}/{x}/{(1 << zoom) - 1 - y}.mvt" in server.asked()


# What is kept


def test_a_second_run_within_a_week_asks_nobody(server: TileServer, tmp_path: Path) -> None:
    """Also when the server says that nothing may be kept, tiles are kept a week; after that, marks are sent."""
    one = provider(server, tilejson=f"{server.url}/about.json")

    def hasty(path: str) -> Reply | None:
        reply = the_town(path)
        return dataclasses.replace(reply, headers={"Cache-Control": "no-store, max-age=0"}) if reply else None

    server.table = hasty
    first = read(one, tmp_path)
    assert len(server.requests) == 3
    again = read(one, tmp_path, now=NOW + 7 * DAY - timedelta(seconds=1))
    assert len(server.requests) == 3
    assert names(again) == names(first)
    read(one, tmp_path, now=NOW + 7 * DAY)
    assert [request.status for request in server.requests[3:]] == [304, 304, 304]
    read(one, tmp_path, now=NOW + 13 * DAY)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "public, max-age=1728000"},
        {"Date": "Sun, 22 Nov 2026 12:00:00 GMT", "Expires": "Sat, 12 Dec 2026 12:00:00 GMT"},
    ],
)
def test_a_longer_life_is_honoured(server: TileServer, tmp_path: Path, headers: dict[str, str]) -> None:
    """Tiles that may be kept for twenty days are asked for again after twenty days."""
    server.table = lambda path: dataclasses.replace(the_town(path) or Reply(), headers=headers)
    read(provider(server), tmp_path)
    read(provider(server), tmp_path, now=NOW + 19 * DAY)
    assert len(server.requests) == 2
    read(provider(server), tmp_path, now=NOW + 20 * DAY)
    assert len(server.requests) == 4


def test_empty_places_are_remembered(server: TileServer, tmp_path: Path) -> None:
    """404 and 204 are places with nothing there: a blank, and no second question."""
    server.table = lambda path: the_town(path) if str(TOWN[1]) in path else Reply(status=204)
    first = read(provider(server), tmp_path)
    assert first.lines
    server.table = always(Reply(status=500))
    assert names(read(provider(server), tmp_path, now=NOW + DAY)) == names(first)
    nothing = provider(server, id="nothing")
    server.table = always(Reply(status=404, kind="text/html", body=b"<html>"))
    assert read(nothing, tmp_path).empty
    asked = len(server.requests)
    assert read(nothing, tmp_path).empty
    assert len(server.requests) == asked


def test_offline_opens_no_socket(server: TileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, kept tiles serve, old ones with a note, and nothing else is tried."""
    one = provider(server)
    before = read(one, tmp_path)

    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "create_connection", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    assert names(read(one, tmp_path, offline=True)) == names(before)
    old = read(one, tmp_path, offline=True, now=NOW + 30 * DAY)
    assert names(old) == names(before)
    assert old.notes == ("The map tiles of Test Maps are of 22.11.2026: newer ones could not be asked for.",)
    assert "not kept" in refused(one, tmp_path / "empty", offline=True)
    assert "not kept" in refused(one, tmp_path, WIDE, offline=True)
    assert "not kept" in refused(one, tmp_path, offline=True, now=NOW + 200 * DAY)


def test_kept_answers_for_all_or_nothing(server: TileServer, tmp_path: Path) -> None:
    """`kept` and `mark` need every tile, fresh unless old ones are asked for; the mark follows the tiles' bytes."""
    one = provider(server)
    assert online.kept(one, WISH, tmp_path, now=NOW) is None
    assert online.mark(one, WISH, tmp_path, now=NOW) is None
    model = read(one, tmp_path)
    found = online.kept(one, WISH, tmp_path, now=NOW + DAY)
    assert found is not None
    assert names(found) == names(model)
    assert online.kept(one, WISH, tmp_path, now=NOW + 8 * DAY) is None
    assert online.kept(one, WISH, tmp_path, now=NOW + 8 * DAY, old=True) is not None
    assert online.kept(one, WIDE, tmp_path, now=NOW) is None
    first = online.mark(one, WISH, tmp_path, now=NOW)
    assert first == online.mark(one, WISH, tmp_path, now=NOW + 8 * DAY, old=True)
    server.table = lambda path: marked(BODY) if "/14/" in path else None
    read(one, tmp_path, now=NOW + 9 * DAY)
    assert online.mark(one, WISH, tmp_path, now=NOW + 9 * DAY) not in (None, first)


def test_a_damaged_entry_is_asked_for_again(server: TileServer, tmp_path: Path) -> None:
    """A kept tile whose bytes have changed is no tile."""
    read(provider(server), tmp_path)
    for path in tmp_path.rglob("*.kept"):
        path.write_bytes(path.read_bytes()[:-3])
    assert "High Street" in names(read(provider(server), tmp_path))
    assert len(server.requests) == 4


def test_the_cache_has_a_greatest_size(server: TileServer, tmp_path: Path) -> None:
    """The oldest answers go first."""
    read(provider(server), tmp_path)
    first, second = sorted(tmp_path.rglob("*.kept"))
    import os

    os.utime(first, (1, 1))
    prune(tmp_path, most=second.stat().st_size)
    assert list(tmp_path.rglob("*.kept")) == [second]


def test_when_the_server_is_gone_old_tiles_serve(server: TileServer, tmp_path: Path) -> None:
    """Tiles past their time are better than none; the notes say why and of when they are."""
    read(provider(server), tmp_path)
    server.table = always(Reply(status=503))
    model = read(provider(server), tmp_path, now=NOW + 10 * DAY)
    assert "High Street" in names(model)
    assert model.notes[0] == "Test Maps: it is out of order (503)."
    assert "22.11.2026" in model.notes[1]


# What servers say


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not take the key"),
        (403, "does not serve this program"),
        (418, "does not serve this program"),
        (429, "asked too often"),
        (410, "nothing at its address"),
        (400, "makes no sense"),
    ],
)
def test_a_no_is_a_no(server: TileServer, tmp_path: Path, status: int, words: str) -> None:
    """What the server refuses is a sentence with its number and a remedy, and is not tried again."""
    server.table = always(Reply(status=status, kind="text/plain"))
    told = refused(provider(server), tmp_path, limits=dataclasses.replace(PATIENT, connections=1))
    assert words in told
    assert str(status) in told
    assert "hint:" in told
    assert len(server.requests) == 1


def test_whoever_asks_to_be_left_alone_is(server: TileServer, tmp_path: Path) -> None:
    """Retry-After is remembered for the provider: no request before its time, also in another run."""
    one = provider(server)
    server.table = always(Reply(status=429, headers={"Retry-After": "7200"}))
    assert "left alone until" in refused(one, tmp_path)
    asked = len(server.requests)
    server.table = the_town
    assert "left alone until" in refused(one, tmp_path, now=NOW + timedelta(hours=1, minutes=59))
    assert len(server.requests) == asked
    assert "High Street" in names(read(one, tmp_path, now=NOW + timedelta(hours=2, seconds=1)))


def test_a_date_to_come_back_at_is_understood(server: TileServer, tmp_path: Path) -> None:
    """Retry-After may be a date, also with an answer of the 500s, which then is not tried again."""
    server.table = always(Reply(status=503, headers={"Retry-After": "Mon, 23 Nov 2026 12:00:00 GMT"}))
    assert "left alone until" in refused(provider(server), tmp_path, limits=dataclasses.replace(PATIENT, connections=1))
    assert len(server.requests) == 1
    assert "left alone until" in refused(provider(server), tmp_path, now=NOW + timedelta(hours=23))


@pytest.mark.parametrize("first", [Reply(status=502), Reply(how="reset"), Reply(body=BODY, how="cut")])
def test_accidents_are_given_a_second_chance(server: TileServer, tmp_path: Path, first: Reply) -> None:
    """A 502, a broken connection and a body that is cut off are asked for once more, and only once."""
    seen: dict[str, int] = {}

    def at_first(path: str) -> Reply | None:
        seen[path] = seen.get(path, 0) + 1
        return first if seen[path] == 1 else the_town(path)

    server.table = at_first
    assert "High Street" in names(read(provider(server), tmp_path))
    server.table = always(first)
    before = len(server.requests)
    told = refused(provider(server, id="other"), tmp_path, limits=dataclasses.replace(PATIENT, connections=1))
    assert "out of order (502)" in told or "cannot be reached" in told
    assert len(server.requests) - before == 2


@pytest.mark.parametrize("how", ["silent", "drip", "slow_head"])
def test_a_slow_server_is_left_in_time(server: TileServer, tmp_path: Path, how: str) -> None:
    """A server that says nothing, a byte now and then, or never ends its head, is left within the limits,
    and nobody goes on waiting for it."""
    server.table = always(Reply(body=BODY * 50, how=how))
    begun = time.monotonic()
    told = refused(provider(server), tmp_path, limits=QUICK)
    assert time.monotonic() - begun < QUICK.total_s + 1.0
    assert "did not answer within" in told or "took longer than" in told
    assert waited(lambda: not any(thread.name == "map-tiles" for thread in threading.enumerate()), most_s=3)


def test_a_dead_server_is_a_sentence(tmp_path: Path) -> None:
    """Nobody listening is told at once."""
    assert "cannot be reached" in refused(PROVIDER, tmp_path, limits=QUICK)


@pytest.mark.parametrize("total", [0.3])
def test_everything_together_has_an_end(server: TileServer, tmp_path: Path, total: float) -> None:
    """The time for a whole map ends it; what has come is kept for the next run."""
    server.table = lambda path: dataclasses.replace(the_town(path) or Reply(status=204), pause_s=0.1)
    limits = Limits(silence_s=5, answer_s=5, total_s=total, connections=1)
    assert "took longer than 0.3 s" in refused(provider(server), tmp_path, WIDE, limits=limits)
    assert list(tmp_path.rglob("*.kept"))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=b"<!DOCTYPE html><html>Sign in</html>", kind="text/html"), "a web page instead of a map"),
        (Reply(body=b"<html>Sign in</html>", kind="application/x-protobuf"), "a web page instead of a map"),
        (Reply(body=b'{"error": "no"}', kind="application/json"), "something else instead of a map"),
        (Reply(body=BODY, kind="text/html; charset=utf-8"), "a web page instead of a map"),
        (Reply(body=picture(1), kind="image/png"), "something else instead of a map"),
        (Reply(body=b"\x1a" + bytes(8_100_000)), "longer than 8 MB"),
        (Reply(body=bytes(100_000), how="endless"), "longer than 8 MB"),
        (Reply(body=bytes(25_000_000), zipped=True), "unpacks to more than"),
        (Reply(body=BODY, headers={"Content-Encoding": "br"}), "packed in an unknown way"),
        (Reply(body=b"\x1f\x8b broken", headers={"Content-Encoding": "gzip"}), "is damaged"),
    ],
)
def test_what_is_no_map_is_told_and_not_kept(server: TileServer, tmp_path: Path, reply: Reply, words: str) -> None:
    """Web pages, pictures, bombs and endless answers are sentences, and nothing of them is kept."""
    server.table = always(reply)
    assert words in refused(provider(server), tmp_path)
    assert not list(tmp_path.rglob("*.kept"))


def test_tiles_packed_for_the_way_are_unpacked(server: TileServer, tmp_path: Path) -> None:
    """Content-Encoding: gzip around tiles that are gzip themselves."""
    server.table = lambda path: dataclasses.replace(the_town(path) or Reply(), zipped=True)
    assert "High Street" in names(read(provider(server), tmp_path))


# Where we go


def test_redirects_stay_with_the_provider(server: TileServer, tmp_path: Path) -> None:
    """A redirect to the same host is followed; one to elsewhere is told, and nobody there is asked."""
    server.table = lambda path: (
        the_town(path) if path.startswith("/new") else Reply(status=302, headers={"Location": f"/new{path}"})
    )
    assert "High Street" in names(read(provider(server), tmp_path))
    with TileServer(the_town) as elsewhere:
        target = f"http://localhost:{elsewhere.port}/14/1/1.mvt"
        server.table = always(Reply(status=307, headers={"Location": target}))
        told = refused(provider(server, id="sent"), tmp_path)
        assert 'another host ("localhost")' in told
        server.table = always(Reply(status=301, headers={"Location": "https://user@evil.example/x"}))
        assert "evil.example" in refused(provider(server, id="sent"), tmp_path)
        assert elsewhere.requests == []
    server.table = lambda path: Reply(status=302, headers={"Location": path})
    assert "round in circles" in refused(provider(server, id="sent"), tmp_path)


def test_without_encryption_only_on_this_machine(server: TileServer, tmp_path: Path) -> None:
    """A provider that is not the user's own is never asked over http."""
    assert "without encryption" in refused(provider(server, own=False), tmp_path)
    assert server.requests == []
    encrypted = provider(server, tiles=f"https://127.0.0.1:{server.port}/{{z}}/{{x}}/{{y}}.mvt")
    assert "cannot be reached" in refused(encrypted, tmp_path)  # what answers is not TLS
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (about("https://evil.example/{z}/{x}/{y}.mvt"), "another host"),
        (about("http://127.0.0.1:1/tiles"), "names no address of tiles"),
        (Reply(body=b'{"tiles": []}', kind="application/json"), "cannot be read"),
        (Reply(body=b"[" * 100_000, kind="application/json"), "something else instead of a map"),
        (Reply(body=b'{"a":' * 100_000, kind="application/json"), "cannot be read"),
        (Reply(body=b'{"tiles": [{}], "minzoom": 1e999}', kind="application/json"), "names no address of tiles"),
        (Reply(body=b"<html>", kind="text/html"), "a web page"),
        (Reply(status=404), "nothing at its address any more"),
        (Reply(body=b"{" + b" " * 2_100_000), "longer than 2 MB"),
    ],
)
def test_a_description_that_will_not_do(server: TileServer, tmp_path: Path, reply: Reply, words: str) -> None:
    """A TileJSON that is broken, huge, gone or points elsewhere is a sentence."""
    server.table = always(reply)
    assert words in refused(provider(server, tilejson=f"{server.url}/about.json"), tmp_path)
    assert set(server.asked()) == {"/about.json"}


# Pictures and keys


def keyed(server: TileServer, **more: object) -> Provider:
    tiles = f"{server.url}/{{z}}/{{x}}/{{y}}.png?key={{key}}"
    return provider(server, kind="raster", schema=None, tiles=tiles, key="key", max_zoom=18, **more)


def test_pictures_come_with_the_users_key(server: TileServer, tmp_path: Path) -> None:
    """The key goes into the address, and nothing of it into what is kept."""
    server.table = lambda path: Reply(body=picture(sum(place_of(path))), kind="image/png")
    given = dataclasses.replace(SETTINGS, keys=MappingProxyType({"test": Secret(KEY)}))
    model = read(keyed(server), tmp_path, settings=given)
    assert model.pictures
    assert model.pictures[0].bounds.overlaps(BOX)
    assert all("key=s3cret-Key%2F%2B%25" in path for path in server.asked())
    stored = b"".join(path.read_bytes() + str(path).encode() for path in tmp_path.rglob("*") if path.is_file())
    assert b"s3cret" not in stored
    other = dataclasses.replace(SETTINGS, keys=MappingProxyType({key_variable("test"): Secret("another")}))
    asked = len(server.requests)
    assert read(keyed(server), tmp_path, settings=other).pictures
    assert len(server.requests) == asked  # the same tiles, whoever paid


def test_without_its_key_nothing_is_asked(server: TileServer, tmp_path: Path) -> None:
    """The sentence says where a key is set."""
    told = refused(keyed(server), tmp_path)
    assert "MAKE_PROMO_KEY_TEST" in told
    assert server.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403, body=b"bad key"),
        Reply(status=500),
        Reply(how="reset"),
        Reply(how="silent"),
        Reply(body=b"<html>", kind="text/html"),
        Reply(status=302, headers={"Location": "https://evil.example/?key=s3cret-Key%2F%2B%25"}),
        Reply(status=302, headers={"Location": "http://[broken/?key=s3cret-Key"}),
        Reply(body=picture(1), kind="image/png"),
    ],
)
def test_a_key_is_never_shown(
    server: TileServer, tmp_path: Path, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the sentence, not in the traceback, not in any log at its most talkative."""
    caplog.set_level(logging.DEBUG)
    server.table = always(reply)
    given = dataclasses.replace(SETTINGS, keys=MappingProxyType({"test": Secret(KEY)}))
    try:
        read(keyed(server), tmp_path, settings=given, limits=QUICK)
    except MaterialError as error:
        said = "".join(traceback.format_exception(error)) + str(error) + repr(error)
    else:
        pytest.fail("it was taken for a map")
    assert "s3cret" in "".join(server.asked())
    assert "s3cret" not in said + caplog.text + repr(given) + repr(keyed(server))


def test_one_picture_for_every_place_is_a_notice(server: TileServer, tmp_path: Path) -> None:
    """The same picture everywhere says "blocked" and is not kept; a sea of one colour is a map."""
    raster = provider(server, kind="raster", schema=None, max_zoom=18)
    server.table = always(Reply(body=picture(7), kind="image/png"))
    assert "a notice and no map" in refused(raster, tmp_path)
    assert not list(tmp_path.rglob("*.kept"))
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (170, 200, 220)).save(out, "PNG")
    server.table = always(Reply(body=out.getvalue(), kind="image/png"))
    assert read(raster, tmp_path).pictures


def test_large_pictures_are_fewer(server: TileServer, tmp_path: Path) -> None:
    """Tiles of 512 pixels are asked for a zoom lower than those of 256."""
    zooms: dict[int, set[int]] = {}
    for side in (256, 512):
        server.table = lambda path, side=side: Reply(body=picture(sum(place_of(path)), side), kind="image/png")  # type: ignore[misc]
        server.requests.clear()
        read(provider(server, id=f"p{side}", kind="raster", schema=None, max_zoom=18, tile_size=side), tmp_path)
        zooms[side] = {place_of(path)[0] for path in server.asked()}
    assert min(zooms[256]) == min(zooms[512]) + 1


# PMTiles by ranges


def archive(tmp_path: Path, words: dict[str, str] | None = None, leaf: int = 1) -> bytes:
    said = {"attribution": "© OpenStreetMap contributors"} if words is None else words
    return write_pmtiles(tmp_path / "made.pmtiles", TILES, said, leaf=leaf).read_bytes()


def ranged(server: TileServer, **more: object) -> Provider:
    return provider(server, kind="pmtiles", pmtiles=f"{server.url}/town.pmtiles", **more)


def test_an_archive_is_read_by_ranges_once(server: TileServer, tmp_path: Path) -> None:
    """Only the needed parts are asked for, each once; a second run asks nobody, and after a week one question is
    enough."""
    server.table = always(marked(archive(tmp_path) + bytes(300_000), ranges=True))
    one = ranged(server)
    first = read(one, tmp_path / "cache")
    assert "High Street" in names(first)
    ranges = [request.headers["range"] for request in server.requests]
    assert len(ranges) == len(set(ranges)) == 6  # header and root, metadata, two directories, two tiles
    assert all(request.status == 206 for request in server.requests)
    assert names(read(one, tmp_path / "cache", now=NOW + 6 * DAY)) == names(first)
    assert online.kept(one, WISH, tmp_path / "cache", now=NOW) is not None
    assert names(read(one, tmp_path / "cache", offline=True, now=NOW + 9 * DAY)) == names(first)
    assert len(server.requests) == 6
    read(one, tmp_path / "cache", now=NOW + 8 * DAY)
    assert [request.status for request in server.requests[6:]] == [304]
    assert online.kept(one, WISH, tmp_path / "cache", now=NOW + 14 * DAY) is not None


def test_an_archive_that_changes_in_the_midst_is_read_again(server: TileServer, tmp_path: Path) -> None:
    """Parts of two states are never mixed: the new one is read from its beginning."""
    old = marked(archive(tmp_path), ranges=True)
    new = marked(archive(tmp_path, {"attribution": "© OpenStreetMap contributors", "name": "the new one"}), ranges=True)
    server.table = lambda _: old if len(server.requests) < 3 else new
    assert "High Street" in names(read(ranged(server), tmp_path / "cache"))
    statuses = [request.status for request in server.requests]
    assert statuses[3] == 200  # If-Range did not fit
    assert statuses[4:] == [206] * 6
    states = [marked(bytes([number]) + archive(tmp_path)[1:], ranges=True) for number in b"PPPP"]
    assert len({state.etag for state in states}) == 1
    many = [dataclasses.replace(states[0], etag=f'"{number}"') for number in range(40)]
    server.requests.clear()
    server.table = lambda _: many[len(server.requests)]
    assert "changes while it is read" in refused(ranged(server, id="restless"), tmp_path / "cache")


def test_a_new_archive_after_a_week_takes_the_place_of_the_old(server: TileServer, tmp_path: Path) -> None:
    """When the mark has changed, nothing of the old archive is used."""
    server.table = always(marked(archive(tmp_path), ranges=True))
    read(ranged(server), tmp_path / "cache")
    server.table = always(marked(archive(tmp_path, leaf=0), ranges=True))
    assert "High Street" in names(read(ranged(server), tmp_path / "cache", now=NOW + 8 * DAY))
    assert [request.status for request in server.requests[6:]] == [206] * 4


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=bytes(100)), "does not give parts of a file"),
        (Reply(body=bytes(100_000), how="endless"), "does not give parts of a file"),
        (Reply(status=404), "nothing at its address"),
        (Reply(body=bytes(20_000), ranges=True), "not a PMTiles archive"),
        (Reply(status=206, body=b"abc", headers={"Content-Range": "bytes 5-7/10"}), "another part"),
        (Reply(status=206, body=b"abc", headers={"Content-Range": "nonsense"}), "does not give parts"),
        (Reply(status=206, body=b"abc", headers={"Content-Range": "bytes 0-2/3"}, zipped=True), "part"),
    ],
)
def test_an_archive_that_cannot_be_read_by_ranges(server: TileServer, tmp_path: Path, reply: Reply, words: str) -> None:
    """A server without ranges is not asked for a hundred gigabytes."""
    server.table = always(reply)
    assert words in refused(ranged(server), tmp_path)


def test_a_wish_beyond_180_degrees_asks_for_the_other_side(server: TileServer, tmp_path: Path) -> None:
    """Tiles across the antimeridian have numbers that exist."""
    bounds = Bounds(west=0.9999, north=0.5, east=1.0001, south=0.5001)
    read(provider(server), tmp_path, MapWish(bounds=bounds, pixel=bounds.width / 1200))
    columns = {place_of(path)[1] for path in server.asked()}
    zoom = place_of(server.asked()[0])[0]
    assert all(0 <= column < 1 << zoom for column in columns)
    assert {0, (1 << zoom) - 1} <= columns
