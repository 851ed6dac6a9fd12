"""Nodes are plain JSON, engines have addresses, and what is dear is done once by however many processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipeline import atlas, files, looks, nodes, remembered
from pipeline.engines.places import place_of
from pipeline.errors import BriefError, MaterialError, Problem, ToolError
from pipeline.files import Store
from pipeline.nodes import Errand, Rendition
from pipeline.prepare import Wants

NOW = datetime(2027, 1, 7, 6, tzinfo=UTC)
PROBLEM = Problem(level="block", where="/share/walks/route.yml:7:5: footage[1]", what="no", remedy="yes")


def test_a_node_is_plain_json() -> None:
    """A node survives the way through JSON unchanged, and so does what the command line wants of a brief."""
    wants = Wants(platforms=("x", "youtube"), languages=("cy",), draft=True, offline=True, now=NOW)
    errand = Errand(brief=Path("/share/route.yml"), wants=wants.told(), now=NOW)
    node = errand.node("shot", "5f0c/000017/3", mark="m", pieces=["a", "b"], trusted=[["clip", "1/3"]])
    assert json.loads(json.dumps(node)) == node
    assert Wants.of(json.loads(json.dumps(node))["wants"]) == wants


@pytest.mark.parametrize("kind", [BriefError, MaterialError, ToolError])
def test_a_failure_comes_back_as_it_was(kind: type[BriefError]) -> None:
    """An error keeps its kind and words; places in the brief are told by the name that the person gave it."""
    told = json.loads(json.dumps(nodes.failure(kind(PROBLEM))))
    error = nodes.error_of(told["error"], Path("/share/walks/route.yml"), Path("walks/route.yml"))
    assert type(error) is kind
    assert str(error) == "walks/route.yml:7:5: footage[1]: no\n  hint: yes"


def test_renditions_are_told_without_their_folder() -> None:
    """A worker may see the folder under another name than we do."""
    one = Rendition(brief="b", platform="x", lang="en", path=Path("/far/b/x.en.mp4"), fingerprint="f", made=True)
    (found,) = nodes.renditions_of([json.loads(json.dumps(one.told()))], "b", Path("here/b"))
    assert found == Rendition(
        brief="b", platform="x", lang="en", path=Path("here/b/x.en.mp4"), fingerprint="f", made=True
    )


def test_versions_that_differ_are_named() -> None:
    """The stamp names all that clips depend on; every difference is told, also a package that one lacks."""
    ours = nodes.stamp()
    assert {"make-promo", "code", "ffmpeg", "skia-python"} <= ours.keys()
    assert nodes.differences(ours, dict(ours)) == []
    theirs = {**ours, "ffmpeg": "6.1"}
    del theirs["av"]
    assert sorted(nodes.differences(ours, theirs)) == [
        f"av none there, {ours['av']} here",
        f"ffmpeg 6.1 there, {ours['ffmpeg']} here",
    ]


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("dask://10.0.0.7:8786", "encryption"),
        ("dask://farm.example.gov.uk:8786", "encryption"),
        ("dask://localhost.example.org:8786", "encryption"),
        ("dask://127.0.0.1.example.org:8786", "encryption"),
        ("dask://0.0.0.0:8786", "encryption"),
        ("dask://[::]:8786", "encryption"),
        ("dask://127.0.0.1", "not the address"),
        ("dask://127.0.0.1:0", "not the address"),
        ("dask://127.0.0.1:65536", "not the address"),
        ("dask://127.0.0.1:8786/x?y", "not the address"),
        ("dask://a b:8786", "not the address"),
        ("inproc://127.0.0.1:8786", "not the address"),
        ("tls://:8786", "not the address"),
    ],
)
def test_addresses_that_are_refused(address: str, word: str) -> None:
    """What is no address is refused, and so is every way off this computer that is not encrypted."""
    with pytest.raises(BriefError, match=word):
        place_of(address)


def test_addresses_that_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback goes without encryption, all else with it, and then certificates must be there."""
    pytest.importorskip("distributed")
    assert place_of("dask://127.0.0.1:8786").wire == "tcp://127.0.0.1:8786"
    assert place_of("dask://[::1]:8786").wire == "tcp://[::1]:8786"
    assert place_of("dask://localhost:8786").wire == "tcp://localhost:8786"
    far = place_of("tls://farm.example.gov.uk:8786")
    assert far.wire == "tls://farm.example.gov.uk:8786"
    for name in ("CA", "CERT", "KEY"):
        monkeypatch.delenv(f"MAKE_PROMO_TLS_{name}", raising=False)
    with pytest.raises(ToolError, match="MAKE_PROMO_TLS_CA is not set"):
        far.keys()
    for name in ("CA", "CERT", "KEY"):
        (tmp_path / name).touch()
        monkeypatch.setenv(f"MAKE_PROMO_TLS_{name}", str(tmp_path / name))
    assert far.keys().cert == tmp_path / "CERT"


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes of this test are forks")


def at_once(work: Callable[[], object], count: int = 4) -> None:
    """`work` in several processes that begin together."""
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(count)

    def begun() -> None:
        barrier.wait()
        work()

    processes = [fork.Process(target=begun) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0


@pytest.fixture
def counted(tmp_path: Path) -> Callable[[], int]:
    """How often the dear thing was done, over all processes: each does `note`, a line in a file."""
    book = tmp_path / "book"
    book.touch()
    return lambda: len(book.read_text().splitlines())


def note(tmp_path: Path) -> None:
    with (tmp_path / "book").open("a") as book:
        book.write("done\n")
    time.sleep(0.3)


@needs_fork
@pytest.mark.parametrize("locks", [True, False])
def test_footage_is_looked_at_once(
    tmp_path: Path, counted: Callable[[], int], monkeypatch: pytest.MonkeyPatch, locks: bool
) -> None:
    """Four processes that want the same clip look once; where locks do not work each looks, and all know the same."""
    from tiny_clips import CLOSED, encoded

    from pipeline import media

    clip = media.probe(encoded(tmp_path / "a.mp4", options=CLOSED), name="a.mp4")
    real = looks.look

    def dear(*arguments: object) -> object:
        note(tmp_path)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(looks, "look", dear)
    if not locks:
        monkeypatch.setattr("filelock.FileLock.acquire", _refused)
    store = Store(tmp_path / "store")
    at_once(lambda: remembered.look(clip, store))
    assert counted() == (1 if locks else 4)
    assert remembered.look(clip, store).to_json() == real(clip).to_json()


def _refused(*_: object, **__: object) -> None:
    raise OSError(37, "No locks available")


@needs_fork
def test_a_map_is_drawn_once(tmp_path: Path, counted: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processes that want the same map draw one, and all have its pixels."""
    from pipeline.map_model import MapModel
    from pipeline.mercator import Bounds, MapView
    from pipeline.styles import read_brand, read_map_style

    class Drawn:
        pixels = np.full((20, 30, 4), 200, np.uint8)

    def dear(*_: object, **__: object) -> type[Drawn]:
        note(tmp_path)
        return Drawn

    monkeypatch.setattr(atlas, "drawn", dear)
    model = MapModel(bounds=Bounds(west=0, north=0, east=1, south=1), credits=())
    view = MapView(x=0.5, y=0.3, scale=1e6, width=30, height=20, unit=1.0)
    brand, style = read_brand("plain", tmp_path), read_map_style("daylight")

    def work() -> None:
        made = atlas.Atlas(lambda: model, "mark", (), style, brand, Store(tmp_path / "store"))
        assert made.ground(view)[..., :3].min() == 200

    at_once(work)
    assert counted() == 1


@needs_fork
def test_who_is_killed_holds_no_lock(tmp_path: Path) -> None:
    """A process that is killed in the middle of the dear thing keeps nobody from doing it."""
    store = Store(tmp_path)
    child = os.fork()
    if child == 0:
        with store.alone("node", "a"):
            (tmp_path / "inside").touch()
            time.sleep(60)
        os._exit(0)
    while not (tmp_path / "inside").exists():
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    began = time.monotonic()
    with store.alone("node", "a"):
        assert time.monotonic() - began < files._PATIENCE_S / 2


def test_damage_is_added_to_what_others_found(tmp_path: Path) -> None:
    """Two processes that find different damage in one clip both have it remembered."""
    from fractions import Fraction

    from tiny_clips import CLOSED, encoded

    from pipeline import media
    from pipeline.timing import Span

    clip = media.probe(encoded(tmp_path / "a.mp4", options=CLOSED), name="a.mp4")
    store = Store(tmp_path / "store")
    one, other = (Span(start=Fraction(at), end=Fraction(at + 1, 1)) for at in (0, 1))
    remembered.more_damage(clip, [other], store)
    assert remembered.more_damage(clip, [one], store).damaged == (one, other)
    assert remembered.with_damage(clip, store).damaged == (one, other)
