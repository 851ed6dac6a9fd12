"""Map providers: every file of ours can be used as it stands, and none is used without credit, terms and permission."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pytest

from pipeline import config
from pipeline.errors import BriefError, MaterialError
from pipeline.map_providers import (
    LEAST_DAYS,
    MOST_TILES,
    Provider,
    allowed,
    load_provider,
    provider_from,
    provider_names,
)
from pipeline.maps.schemas import recognised
from pipeline.maps.services import credits_of, hosts_of, service_of
from pipeline.settings import Secret, Settings

OURS = config.names("maps")
GOOD = """
label: Ours
kind: raster
tiles: "https://tiles.example.org/{z}/{x}/{y}.png"
max_zoom: 16
credit: {text: "© Ours", licence: CC0}
terms: https://example.org/terms
video_ok: true
checked: 2026-11-22
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config folder of the test's own, with room for providers."""
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(tmp_path))
    (tmp_path / "maps").mkdir()
    return tmp_path / "maps"


def told(home: Path, text: str, name: str = "mine") -> str:
    (home / f"{name}.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BriefError) as caught:
        load_provider(name)
    return str(caught.value)


@pytest.mark.parametrize("name", OURS)
def test_every_file_of_ours_can_be_used(name: str) -> None:
    """It says whom to thank and under which terms, asks no more than is decent, and was checked on a day."""
    one = load_provider(name)
    assert not one.own
    assert 1 <= one.max_tiles <= MOST_TILES
    assert one.min_cache_days >= LEAST_DAYS
    assert one.terms.startswith("https://")
    assert datetime.date.fromisoformat(one.checked) <= datetime.date.today() + datetime.timedelta(days=400)
    if one.xyz:
        pytest.importorskip("xyzservices", reason="the extra [online] is not installed")
    (credit,) = credits_of(one, "", 2026)
    assert not re.search(r"[<>{}&]", credit.text)
    assert hosts_of(one)
    if one.kind == "vector":
        assert "OpenStreetMap contributors" in credit.text


@pytest.mark.parametrize("name", [name for name in OURS if name.startswith(("os-", "thunder"))])
def test_named_pictures_get_their_address_from_the_package(name: str) -> None:
    """The address of xyzservices has a place for the key, and nothing else that is open."""
    pytest.importorskip("xyzservices", reason="the extra [online] is not installed")
    one = load_provider(name)
    service = service_of(one, lambda _: b"")
    assert set(re.findall(r"\{(\w+)\}", service.template)) == {"z", "x", "y", one.key}
    assert service.tiles.max_zoom == one.max_zoom
    assert service.tiles.min_zoom == one.min_zoom
    assert hosts_of(one) == {urlsplit(service.template).hostname}
    assert "insert" not in service.template


def test_the_schema_of_a_file_is_one_that_is_read() -> None:
    """Without a description of the service, the provider's schema says how its tiles are read."""
    for name in ("shortbread", "openmaptiles", "protomaps", "zoomstack"):
        one = made(kind="vector", schema=name)
        schema = recognised(service_of(one, lambda _: b"").tiles.layers)
        assert schema is not None
        assert schema.name.lower().replace(" ", "").endswith(name)


def made(**changed: object) -> Provider:
    import dataclasses

    return dataclasses.replace(
        load_provider("openstreetmap"), tilejson=None, tiles="https://x.org/{z}/{x}/{y}", **changed
    )  # type: ignore[arg-type]


def test_the_users_file_takes_the_place_of_ours(home: Path) -> None:
    """By its name; another name is one provider more."""
    (home / "openstreetmap.yml").write_text(GOOD, encoding="utf-8")
    (home / "mine.yml").write_text(GOOD, encoding="utf-8")
    assert load_provider("openstreetmap").label == "Ours"
    assert load_provider("openstreetmap").own
    assert set(provider_names()) == {*OURS, "mine"}
    assert load_provider("versatiles").label == "VersaTiles"


def test_an_unknown_name_gets_the_nearest() -> None:
    """Also when it tries to be a path."""
    with pytest.raises(BriefError, match='did you mean "openstreetmap"'):
        load_provider("openstretmap")
    with pytest.raises(BriefError, match="I don't know"):
        load_provider("../styles/night")


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        ('credit: {text: "© Ours", licence: CC0}', "", "does not say whom to thank"),
        ("terms: https://example.org/terms", "", "does not name the provider's terms"),
        ("terms: https://example.org/terms", "terms: ask", "does not name the provider's terms"),
        ("video_ok: true", "video_ok: false", "may not be shown in a published video"),
        ("video_ok: true", "", '"video_ok" is needed'),
        ("max_zoom: 16", "max_zoom: 16\nmax_tiles: 200", "less than or equal to 48"),
        ("max_zoom: 16", "max_zoom: 16\nmin_cache_days: 1", "greater than or equal to 7"),
        ("max_zoom: 16", "max_zom: 16", 'did you mean "max_zoom"'),
        ("licence: CC0", "license: CC0", 'did you mean "licence"'),
        ("https://tiles.example.org", "http://tiles.example.org", "begins with https://"),
        ("https://tiles.example.org", "http://127.0.0.2", "begins with https://"),
        ("https://tiles.example.org", "https://me:pw@tiles.example.org", "without a user's name"),
        ("https://tiles.example.org", "file:///etc", "begins with https://"),
        ("{z}/{x}/{y}", "{z}/{x}", "needs {z}, {x} and {y}"),
        ("kind: raster", "kind: pmtiles", "do not go together"),
        ("max_zoom: 16", "max_zoom: 16\nkey: key", "has no {key} for the key"),
        ("max_zoom: 16", "max_zoom: 16\nxyz: A.B", "exactly one of"),
        ("max_zoom: 16", "max_zoom: 16\nhosts: [https://a.org]", "without https://"),
    ],
)
def test_what_may_not_be_is_told_at_its_place(home: Path, line: str, instead: str, words: str) -> None:
    """No credit, no terms, no permission, too many tiles, too short a memory, an unsafe address: each a sentence."""
    assert line in GOOD
    said = told(home, GOOD.replace(line, instead))
    assert words in said
    assert "mine.yml:" in said


def test_plain_http_is_for_this_machine_and_the_users_own_file(home: Path) -> None:
    """A test server may be named by the user; a file of ours never is without encryption."""
    text = GOOD.replace("https://tiles.example.org", "http://127.0.0.1:8000")
    (home / "mine.yml").write_text(text, encoding="utf-8")
    assert load_provider("mine").tiles == "http://127.0.0.1:8000/{z}/{x}/{y}.png"
    with pytest.raises(BriefError, match="https://"):
        provider_from(home / "mine.yml", own=False)


def test_only_what_the_settings_allow_is_allowed() -> None:
    """In the settings' order; names that are not known are told with the nearest, keys without their names."""
    assert allowed(Settings()) == ()
    assert [one.id for one in allowed(Settings(online=("versatiles", "openstreetmap")))] == [
        "versatiles",
        "openstreetmap",
    ]
    wrong = Settings(
        online=("openstretmap",), keys=MappingProxyType({"os-outdor": Secret("k"), "zzzzkeyzzzz": Secret("k")})
    )
    with pytest.raises(BriefError) as caught:
        allowed(wrong)
    assert 'did you mean "openstreetmap"' in str(caught.value)
    assert 'did you mean "os-outdoor"' in str(caught.value)
    assert "zzzzkey" not in str(caught.value)


def test_credits_of_the_service_add_and_never_take_away() -> None:
    """Fewer words of the service change nothing; more replace ours; others stand beside it."""
    one = load_provider("openfreemap")
    ours = one.credit.text
    assert [credit.text for credit in credits_of(one, "", 2026)] == [ours]
    assert [credit.text for credit in credits_of(one, "<a>© OpenStreetMap</a>", 2026)] == [ours]
    theirs = "<a>OpenFreeMap</a> <a>&copy; OpenMapTiles</a> Data from <a>OpenStreetMap</a>"
    assert [credit.text for credit in credits_of(one, theirs, 2026)] == [ours]
    more = f"{ours} © ESA"
    assert [credit.text for credit in credits_of(one, more, 2026)] == [more]
    both = [credit.text for credit in credits_of(one, "© Natural Earth", 2026)]
    assert both == [ours, "© Natural Earth"]


def test_a_credit_that_is_only_markup_is_none() -> None:
    """HTML without words thanks nobody."""
    import dataclasses

    one = load_provider("openstreetmap")
    with pytest.raises(MaterialError, match="whom to thank"):
        credits_of(dataclasses.replace(one, credit=dataclasses.replace(one.credit, text="<b></b>")), "", 2026)


def test_an_unknown_name_of_the_package_is_told() -> None:
    """xyzservices changes; a name that went is a sentence."""
    pytest.importorskip("xyzservices", reason="the extra [online] is not installed")
    for name in ("Nobody.Here", "OrdnanceSurvey", "OrdnanceSurvey.Outdoor.url"):
        with pytest.raises(MaterialError, match="knows no"):
            service_of(made(kind="raster", xyz=name), lambda _: b"")
