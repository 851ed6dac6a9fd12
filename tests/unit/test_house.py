"""The house: which room may import which, and what no file of it may hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pipeline"
MOST_LINES = 300

# Bottom to top, as in ARCHITECTURE.md. A layer is rooms; a room is modules that belong together, named after
# the module through which others enter. `name.*` means a sub-package.
LAYERS: dict[str, dict[str, tuple[str, ...]]] = {
    "ground": {
        "values": (
            "errors",
            "timing",
            "geo",
            "geometry",
            "nearest",
            "fingerprints",
            "counting",
            "colours",
            "mercator",
            "pacing",
            "scripts",
            "secret",
            "safe_csv",
            "listening",
            "speech_room",
            "speech_text",
        ),
        "config": ("config", "yaml_file", "yaml_words"),
    },
    "nouns": {
        "route": ("route", "routes", "walking", "anchors"),
        "footage": ("footage", "flight"),
        "brief": ("brief.*",),
        "platforms": ("platforms.*",),
        "styles": ("styles", "map_styles", "colour_groups"),
        "map_model": ("map_model", "basemaps"),
        "settings": ("settings", "map_providers", "networks", "network_file"),
        "fleet": ("fleet",),
        "sidecar": ("sidecar",),
        "mix": ("mix",),
        "subtitles": ("subtitles",),
        "phrases": ("phrases",),
        "approvals": ("approvals.*",),
        "schedules": ("schedules", "schedule_values", "schedule_rules", "schedule_reading"),
    },
    "doors": {
        "gpx": ("gpx.*",),
        "media": ("media.*", "clips", "looks.*"),
        "telemetry": ("telemetry.*",),
        "ffmpeg": ("ffmpeg", "supervise", "sound", "sound_levels", "sound_tracks", "loudness"),
        "mp4": ("mp4.*",),
        "files": ("files",),
        "speech": ("speech",),
        "ledger": ("ledger.*",),
        "fonts": ("fonts",),
        "guests": ("guests",),
        "photos": ("photos",),
        "maps": ("maps.*",),
        "tracks": ("tracks.*",),
        "http": ("http_door",),
        "accounts": ("accounts", "alone", "vaults", "oauth.*"),
    },
    "decisions": {
        "sync": ("sync.*",),
        "storyboard": ("storyboard", "shots", "caption_times", "moments.*"),
        "plan": ("plan", "plan_speech", "pieces", "renditions", "layout", "picture"),
        "words": ("words", "wording", "wording_routes", "wording_recap", "post_rules", "post_table", "post_findings"),
        "spoken": ("speech_lines", "speech_finding", "speech_checks", "speech_set", "sound_checks", "sound_own"),
        "posts": ("posts", "rate_limits"),
        "due": ("due", "brakes"),
        "recap": ("recap", "recap_guard", "recap_moving", "recap_told"),
    },
    "stages": {
        "overlays": ("overlays.*",),
        "cartography": ("cartography.*",),
        "render": ("render", "graph", "draw", "palettes", "scenes", "layers", "atlas", "glances"),
        "checks": (
            "checks",
            "limits",
            "legibility",
            "legibility_masks",
            "legibility_pixels",
            "legibility_plan",
        ),
        "flashes": ("flashes.*",),
        "page": ("page.*",),
        "proof": ("proof.*",),
        "demo": ("demo.*",),
        "publishers": ("publishers.*",),
    },
    "conductors": {
        "prepare": (
            "prepare",
            "production",
            "remembered",
            "sources",
            "hints",
            "basemap",
            "basemap_tiles",
            "map_coverage",
            "elevation",
            "legible",
            "speech_material",
        ),
        "produce": (
            "batch",
            "conducting",
            "jobs",
            "nodes",
            "hand",
            "workshop",
            "finish",
            "examination",
            "beside",
            "signing",
            "engines.*",
        ),
        "review": ("review.*",),
        "publish": (
            "publishing",
            "post_notes",
            "post_once",
            "post_reading",
            "post_outcomes",
            "post_ahead",
            "rehearsing",
            "signing_in",
            "signing_in_finds",
            "signing_in_site",
            "signing_in_web",
        ),
        "schedule": (
            "ticking",
            "turns",
            "targets",
            "brake_book",
            "post_turns",
            "handing_over",
            "schedule_hands",
            "calendar_view",
            "packing",
            "pack_words",
            "pack_names",
            "audit",
            "waking",
        ),
        "draft": ("draft_brief", "drafting.*"),
        "doctor": ("doctor", "checkup.*"),
    },
    "face": {
        "cli": (
            "cli",
            "cli_guard",
            "cli_sign",
            "cli_login",
            "talk_login",
            "cli_schedule",
            "talk",
            "talk_progress",
            "talk_cluster",
            "cli_cluster",
            "talk_signoff",
            "talk_publish",
            "talk_schedule",
            "reading",
            "schema",
            "__main__",
        ),
    },
}

SIDE_BY_SIDE = {"doors", "decisions", "stages"}  # Their rooms do not import each other …

REASONS = {  # … except these, each for one reason: (from, to).
    ("storyboard", "sync"): "a storyboard is cut from clips that were placed on the route",
    ("plan", "storyboard"): "a plan is a storyboard fitted to encodings",
    ("words", "storyboard"): "what is told follows what is seen",
    ("words", "plan"): "the words on screen are values of the plan",
    ("render", "flashes"): "the small pictures that are looked at are written while encoding",
    ("render", "overlays"): "the studio draws what the plan asks for",
    ("render", "cartography"): "the studio lays the map below",
    ("checks", "overlays"): "what was written is looked for in the picture",
    ("proof", "overlays"): "the sheet is lettered and painted with the overlays' tools",
    ("cartography", "overlays"): "maps are lettered and painted with the overlays' tools",
    ("spoken", "storyboard"): "a clip's own sound is heard under its shots",
    ("words", "recap"): "a recap is told by its totals",
    ("accounts", "files"): "a new token is stored whole or not at all",
    ("accounts", "http"): "an account's door is opened with its keys",
    ("photos", "files"): "a photo is known by its bytes",
    ("maps", "files"): "tiles are kept whole or not at all",
}

PLAIN_OVERLAYS = {"brief", "platforms", "plan", "storyboard", "ffmpeg", "files", "config", "styles"}


def modules() -> dict[str, Path]:
    """Every module by its name under `pipeline`, packages by their own name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found.pop("")  # pipeline/__init__.py, the door for callers: it looks things up when asked
    return found


MODULES = modules()


def imported(path: Path) -> set[str]:
    """Our modules that this one imports anywhere, also late, but not for types alone."""
    found: set[str] = set()
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("pipeline.")]
            found |= {name.removeprefix("pipeline.") for name in names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say the whole name of what is imported"
            base = (node.module or "").removeprefix("pipeline").removeprefix(".")
            if (node.module or "").split(".")[0] != "pipeline":
                continue
            names = [f"{base}.{alias.name}".removeprefix(".") for alias in node.names]
            found |= {name if name in MODULES else base for name in names}
    return found & MODULES.keys()


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _running(child)


def places() -> dict[str, tuple[int, str, str]]:
    """module → (height of its layer, layer, room)."""
    found = {}
    for height, (layer, rooms) in enumerate(LAYERS.items()):
        for room, names in rooms.items():
            for name in names:
                package = name.removesuffix(".*")
                inside = [one for one in MODULES if one == package or one.startswith(f"{package}.")]
                for module in inside if name.endswith(".*") else [name]:
                    assert module not in found, f"{module} stands in two rooms"
                    found[module] = (height, layer, room)
    return found


GRAPH = {name: imported(path) for name, path in MODULES.items()}


def arrows() -> list[tuple[str, str]]:
    """Every import between modules that have a room; those without one fail their own test."""
    known = places().keys()
    return [(name, other) for name in GRAPH.keys() & known for other in GRAPH[name] & known]


def test_every_module_has_one_room() -> None:
    """Every module stands in the table of layers, and the table names nothing that is not there."""
    where = places()
    assert sorted(MODULES.keys() - where.keys()) == [], (
        "give it a room in LAYERS, and in ARCHITECTURE.md if that is new"
    )
    assert sorted(where.keys() - MODULES.keys()) == [], "the table names a module that is gone"


def test_there_are_no_circles() -> None:
    """No module imports itself by way of others, late imports counted."""
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join([*way[way.index(name) :], name])
        if name in done:
            return
        for other in sorted(GRAPH[name] - {name}):
            visit(other, (*way, name))
        done.add(name)

    for name in GRAPH:
        visit(name, ())


def test_imports_point_down() -> None:
    """A module imports from its own layer or a lower one; doors and decisions stand side by side."""
    where = places()
    wrong = []
    for name, other in arrows():
        (height, layer, _), (below, under, _) = where[name], where[other]
        if below > height or {layer, under} == {"doors", "decisions"}:
            wrong.append(f"{name} ({layer}) imports {other} ({under})")
    assert not wrong, "\n".join(wrong)


def test_rooms_side_by_side_need_a_reason() -> None:
    """Rooms of one layer of doors, decisions or stages know each other only for a reason in the table."""
    where = places()
    found = {
        (where[name][2], where[other][2]): f"{name} imports {other}"
        for name, other in arrows()
        if where[name][1] == where[other][1] in SIDE_BY_SIDE and where[name][2] != where[other][2]
    }
    assert {pair: how for pair, how in found.items() if pair not in REASONS} == {}
    assert set(REASONS) <= set(found), "a reason without an import"


def test_overlays_know_no_plan() -> None:
    """An overlay gets a box, a look and values; it knows no brief, plan, platform, file or ffmpeg."""
    wrong = {name: GRAPH[name] & PLAIN_OVERLAYS for name in MODULES if name.startswith("overlays")}
    assert not {name: others for name, others in wrong.items() if others}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_short_and_says_what_it_is(name: str) -> None:
    """A module begins with its idea and has at most three hundred lines."""
    text = MODULES[name].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name} does not say what it is"
    lines = len(text.splitlines())
    assert lines <= MOST_LINES, f"{name} is too long: a noun is missing"


def texts() -> Iterator[tuple[Path, str]]:
    """Our own text files, without this one (it names what must not be)."""
    kept = ("pipeline", "configs", "assets", "tests", "bench", ".ci")
    loose = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in {".md", ".toml", ".txt"}]
    for path in [*loose, *(path for name in kept for path in sorted((ROOT / name).rglob("*")))]:
        if path.is_file() and path != Path(__file__).resolve() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            if b"\0" not in content:
                yield path, content.decode("utf-8")


NOT_HERE = {
    "a left-over": re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b"),
    "the address of a registry": re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|--(?:extra-)?index-url"),
    "a path of one machine": re.compile(r"(?<![\w.}/])/(work|root|home|Users)/\w|[A-Z]:\\Users"),
}


@pytest.mark.parametrize("what", NOT_HERE)
def test_files_hold_nothing_foreign(what: str) -> None:
    """No file holds a left-over, the address of a registry or a path of one machine."""
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for path, text in texts()
        for hit in NOT_HERE[what].finditer(text)
    ]
    assert not found, "\n".join(found)
