"""Many briefs on every engine: the same bytes, whoever is killed meanwhile, and nobody left behind."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scale_bench import alive, contents, different, drawing, farm, guest, nobody, walks, within
from workbench import begun, brief, filmed, interrupt, leftovers, pieces, processes, promo, state, wait_for, walk

from pipeline.nodes import Answer, Errand

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
]
OWN, ALIKE = 5, 55


@dataclass(frozen=True)
class Many:
    """Sixty briefs rendered in one process, at `place`: `out` is what came, `before` and `cache` are as with 55."""

    briefs: list[Path]
    own: list[Path]
    place: Path
    out: Path
    before: Path
    cache: Path

    def laid(self) -> Path:
        """The 55, where they were made: elsewhere every page and proof of theirs would be written anew."""
        shutil.rmtree(self.place, ignore_errors=True)
        return Path(shutil.copytree(self.before, self.place))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Many:
    home = tmp_path_factory.mktemp("many")
    own, alike = walks(home, OWN, ALIKE)
    out, cache = home / "out", home / "cache"
    for part in (alike, own):
        if part is own:
            shutil.copytree(cache, home / "cache-before")
            shutil.copytree(out, home / "out-before")
        done = promo(*part, "--draft", "--engine", "inline", "-o", out, cache=cache)
        assert done.returncode == 0, done.stderr
    made = out.rename(home / "out-made")
    return Many([*alike, *own], own, out, made, home / "out-before", home / "cache-before")


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> str:
    return guest(tmp_path_factory.mktemp("site") / "site")


@dataclass(frozen=True)
class Hands:
    """Two worker processes: those of the command, or those of a cluster that is there already."""

    near: bool
    words: list[str]
    cache: Path


@pytest.fixture(scope="module")
def cluster(many: Many, trap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    """A scheduler and two worker processes, as `make-promo farm up` starts them."""
    cache = Path(shutil.copytree(many.cache, tmp_path_factory.mktemp("cluster") / "cache"))
    with farm(cache, 2, PYTHONPATH=trap) as (address, _):
        yield Hands(False, ["--engine", address], cache)
    assert nobody(cache), alive(cache)


@pytest.fixture(scope="module", params=["local", "cluster"])
def engine(request: pytest.FixtureRequest) -> str:
    """Of the whole module, so that all tests of the cluster stand together and it lives for a short while."""
    return str(request.param)


@pytest.fixture
def hands(engine: str, many: Many, tmp_path: Path, request: pytest.FixtureRequest) -> Hands:
    if engine == "local":
        return Hands(True, ["--jobs", "2"], tmp_path / "cache")
    found: Hands = request.getfixturevalue("cluster")
    return found


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with footage for shots that take a second or two, and a brief of it rendered in one process."""
    folder = tmp_path_factory.mktemp("film")
    filmed(folder / "a.mp4", "testsrc2", seconds=6, size="1280x720")
    walk(folder / "w.gpx", names=["Pond"])
    done = promo(_film(folder), "--engine", "inline", "-o", folder / "out", cache=folder / "cache")
    assert done.returncode == 0, done.stderr
    return folder


def _film(folder: Path, name: str = "film.yml", words: str = "Here") -> Path:
    captions = [{"at": "1 mi", "text": words}]
    return brief(folder, name, title=words, footage=["a.mp4"], length="6s", captions=captions)


def _lost(folder: Path) -> Path:
    """A second brief, which costs nothing: its route is not there (code 3)."""
    return brief(folder, "lost.yml", route="nowhere.gpx")


def _clips(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.rglob("*.mp4")}


def test_sixty_briefs_have_equal_bytes(many: Many, hands: Hands, tmp_path: Path) -> None:
    """Sixty briefs in one command, on one and two local workers and on Dask with two worker processes: every file is
    that of one process alone. To be quick they are drafts, and 55 of the sixty are finished beforehand, so that each
    engine plans and examines sixty, and draws, encodes, joins and writes five. `bench/scale.py` makes all sixty."""
    for number, words in enumerate([["--jobs", "1"], ["--jobs", "2"]] if hands.near else [hands.words]):
        out = many.laid()
        cache = Path(shutil.copytree(many.cache, tmp_path / f"cache{number}")) if hands.near else hands.cache
        done = promo(*many.briefs, "--draft", *words, "-o", out, cache=cache)
        assert done.returncode == 0, done.stderr
        assert different(contents(out), contents(many.out)) == []
        assert "60 briefs ready with 60 clips, 0 failed" in done.stderr
        assert len(done.stdout.splitlines()) == 60
        assert leftovers(out, cache) == []


def test_a_killed_worker_costs_its_node(film: Path, hands: Hands, tmp_path: Path) -> None:
    """kill -9 of a worker process in the middle of a shot: its ffmpeg ends with it, the shot is done again, and the
    clips are those of an undisturbed run."""
    cache = hands.cache
    process = begun(_film(film), _lost(film), "-o", tmp_path / "out", *hands.words, cache=cache)
    wait_for(process, lambda: drawing(cache))
    victim = drawing(cache)[0]
    assert victim != process.pid
    os.kill(victim, signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 3, said
    assert _clips(tmp_path / "out/film") == _clips(film / "out/film")
    assert leftovers(tmp_path / "out") == []
    assert processes(str(cache / "store")) == []


def test_a_killed_command_leaves_nobody(film: Path, tmp_path: Path) -> None:
    """kill -9 of the command itself: its worker processes end, and every ffmpeg; the next run goes on."""
    cache = tmp_path / "cache"
    process = begun(_film(film), _lost(film), "-o", tmp_path / "out", "--jobs", "2", cache=cache)
    wait_for(process, lambda: drawing(cache))
    process.kill()
    process.communicate()
    assert nobody(cache), alive(cache)
    done = promo(_film(film), _lost(film), "-o", tmp_path / "out", cache=cache)
    assert done.returncode == 3, done.stderr
    assert _clips(tmp_path / "out/film") == _clips(film / "out/film")


def test_ctrl_c(film: Path, hands: Hands, tmp_path: Path) -> None:
    """Ctrl-C ends with 130; no ffmpeg goes on, here or on the cluster, and nothing half-written is left."""
    cache, besides = hands.cache, list(alive(hands.cache))
    path = _film(film, "cut.yml", "Cut off")
    torn = leftovers(cache)  # by those who were killed before
    process = begun(path, _lost(film), "-o", tmp_path / "out", *hands.words, cache=cache)
    wait_for(process, lambda: drawing(cache))
    interrupt(process)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert nobody(cache, besides=besides), alive(cache)
    assert not (tmp_path / "out").exists() or state(tmp_path / "out") == {}
    assert within(5, lambda: leftovers(cache) == torn), set(leftovers(cache)) - set(torn)


def test_a_poisoned_brief_fails_alone(many: Many, trap: str, hands: Hands, tmp_path: Path) -> None:
    """A brief that kills whoever draws it is given up after three processes, with a sentence; the others are made."""
    folder = many.own[0].parent
    overlays = [{"clip": "trap", "at": "1s", "for": "1s"}]
    poison = brief(folder, "poison.yml", kind="map", length="3s", overlays=overlays)
    fresh = brief(folder, "fresh.yml", title="After the trap", kind="map", length="3s")
    done = promo(poison, fresh, "--draft", "-o", tmp_path / "out", *hands.words, cache=hands.cache, PYTHONPATH=trap)
    assert done.returncode == 4, done.stderr
    assert "the process that worked on it ended 3 times" in done.stderr
    assert done.stderr.count(f"failed  {poison}") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["fresh"]


def test_another_version_is_refused(cluster: Hands, many: Many, tmp_path: Path) -> None:
    """Workers whose make-promo is not ours are refused before anything is done: code 4, and what differs."""
    import pipeline

    home = Path(pipeline.__file__).parents[1]
    other = tmp_path / "other"
    shutil.copytree(home / "pipeline", other / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("assets", "configs"):
        (other / name).symlink_to(home / name)
    about = other / "pipeline/__init__.py"
    about.write_text(about.read_text().replace('__version__ = "', '__version__ = "9.'))
    words = [many.own[0], *cluster.words, "-o", tmp_path / "out"]
    done = promo(*words, cache=cluster.cache, cwd=tmp_path, PYTHONPATH=str(other))
    assert done.returncode == 4, done.stderr
    assert "it has another make-promo than this computer: make-promo 0." in done.stderr
    assert "there, 9." in done.stderr
    assert not (tmp_path / "out").exists()


def test_workers_that_see_another_store_are_refused(cluster: Hands, many: Many, tmp_path: Path) -> None:
    """Where the workers do not see our store, nothing is begun, and the remedy names the variable."""
    done = promo(many.own[0], *cluster.words, "-o", tmp_path / "out", cache=tmp_path / "elsewhere")
    assert done.returncode == 4, done.stderr
    assert "MAKE_PROMO_CACHE" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_is_killed(film: Path, tmp_path: Path) -> None:
    """kill -9 of the scheduler: a sentence and code 4, no ffmpeg goes on, the farm ends; what is finished is kept, and
    the next run, without a cluster, ends with the same bytes."""
    cache = tmp_path / "cache"
    with farm(cache, 1) as (address, up):
        process = begun(_film(film), "-o", tmp_path / "out", "--engine", address, cache=cache)
        wait_for(process, lambda: list(cache.glob("store/??/*.mp4.sha256")) and drawing(cache))
        (scheduler,) = [
            number
            for number, words in alive(cache).items()
            if "dask_scheduler" in words and "supervise.py" not in words
        ]
        os.kill(scheduler, signal.SIGKILL)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 4, said
        assert "the scheduler of the cluster is gone" in said
        assert "Traceback" not in said
        assert up.wait(30) == 4
    assert nobody(cache), alive(cache)
    kept = state(cache / "store")
    done = promo(_film(film), "-o", tmp_path / "out", "--engine", "inline", cache=cache)
    assert done.returncode == 0, done.stderr
    assert _clips(tmp_path / "out/film") == _clips(film / "out/film")
    sealed = {name for name in kept if name.endswith(".mp4") and f"{name}.sha256" in kept}
    assert sealed
    assert {name: state(cache / "store")[name] for name in sealed} == {name: kept[name] for name in sealed}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_farm_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C ends a farm with code 0; after that, and after kill -9, no process of it is left."""
    with farm(tmp_path / "cache", 1) as (_, process):
        process.send_signal(how)
        process.wait(30)
        assert process.returncode == (0 if how == signal.SIGINT else -9)
    assert nobody(tmp_path / "cache"), alive(tmp_path / "cache")


def test_a_cluster_that_is_not_there(many: Many, tmp_path: Path) -> None:
    """No scheduler at the address: a sentence and code 4."""
    done = promo(many.own[0], "--engine", "dask://127.0.0.1:9", cache=tmp_path / "cache")
    assert done.returncode == 4
    assert "no scheduler answers there" in done.stderr


def test_a_slow_network_drive(many: Many, tmp_path: Path) -> None:
    """Where every rename takes a twentieth of a second, and some are refused at first, the clips are the same."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, time\nreal, count = os.replace, [0]\n"
        "def slow(*words, **more):\n"
        "    time.sleep(0.05)\n    count[0] += 1\n"
        "    if count[0] % 5 == 0:\n        raise PermissionError(13, 'in use')\n"
        "    return real(*words, **more)\nos.replace = slow\n"
    )
    cache = Path(shutil.copytree(many.cache, tmp_path / "cache"))
    done = promo(*many.own[:3], "--draft", "-o", tmp_path / "out", cache=cache, PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    names = {f"{path.stem}/" for path in many.own[:3]}
    wanted = {name: one for name, one in contents(many.out).items() if name.startswith(tuple(names))}
    assert different(contents(tmp_path / "out"), wanted) == []


def test_doing_a_node_twice_does_no_harm(many: Many, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every node of a brief done by one hand and done again by another: the second finds all made, and no file of the
    clips or the store is touched."""
    from pipeline.hand import Hand
    from pipeline.prepare import Wants

    monkeypatch.setenv("MAKE_PROMO_CACHE", str(tmp_path / "cache"))
    now = datetime(2027, 1, 7, tzinfo=UTC)
    path, folder = many.own[1], tmp_path / "out" / many.own[1].stem
    errand = Errand(brief=path, wants=Wants(draft=True, now=now).told(), now=now)

    def done(run: str) -> list[Answer]:
        hand = Hand()
        plan = hand.run(errand.node("plan", f"{run}/0/0", trusted=[]))
        more = {"mark": first["mark"], "trusted": [], "folder": str(folder), "signed": {}}
        parts = [("sound", [one]) for one in first["sounds"]] + [("shot", one["pieces"]) for one in first["stretches"]]
        answers = [hand.run(errand.node(kind, f"{run}/0/1", pieces=made, **more)) for kind, made in parts]
        answers += [hand.run(errand.node(kind, f"{run}/0/2", **more)) for kind in ("finish", "proof")]
        hand.close()
        return [plan, *answers]

    first: Answer = Hand().run(errand.node("plan", "0/0/0", trusted=[]))
    made = done("1")
    assert not any("error" in answer for answer in made)
    assert all(answer["made"] for answer in made[1:-2])
    before = state(tmp_path / "out"), pieces(tmp_path / "cache")
    again = done("2")
    assert again[0]["stretches"] == again[0]["sounds"] == []
    assert [answer["made"] for answer in again[1:-2] if "made" in answer].count(0) == len(first["stretches"])
    assert [one["made"] for one in again[-2]["renditions"]] == [False]
    assert (state(tmp_path / "out"), pieces(tmp_path / "cache")) == before
    assert (folder / "x.en.mp4").read_bytes() == (many.out / path.stem / "x.en.mp4").read_bytes()


def test_two_commands_at_once(many: Many, tmp_path: Path) -> None:
    """The same briefs in two commands at the same time, into one folder and one cache: both end well, and the clips
    are those of one."""
    cache = Path(shutil.copytree(many.cache, tmp_path / "cache"))
    briefs = many.own[:2]
    both = [begun(*briefs, "--draft", "-o", tmp_path / "out", cache=cache) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    for path in briefs:
        assert _clips(tmp_path / "out" / path.stem) == _clips(many.out / path.stem)
    assert leftovers(tmp_path / "out", cache) == []
