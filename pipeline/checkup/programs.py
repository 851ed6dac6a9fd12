"""Python and its packages, ffmpeg with the parts that are needed, a second of film, and a line of drawn text."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pipeline.checkup.finding import Finding, Machine, reason
from pipeline.errors import PromoError

OLDEST_PYTHON = (3, 11)
# module → distribution. Without one of them nothing works.
PACKAGES = {
    "av": "av", "numpy": "numpy", "PIL": "pillow", "skia": "skia-python", "contourpy": "contourpy",
    "moviepy": "moviepy", "imageio_ffmpeg": "imageio-ffmpeg", "gpxpy": "gpxpy", "pydantic": "pydantic",
    "ruamel.yaml": "ruamel.yaml", "regex": "regex", "rich": "rich", "folium": "folium", "segno": "segno",
    "httpx": "httpx", "platformdirs": "platformdirs", "font_source_sans_pro": "font-source-sans-pro",
    "font_roboto": "font-roboto",
}  # fmt: skip
EXTRAS = (  # extra, module, what it is for, whether its absence is worth a look
    ("osm", "osmium", "maps from OpenStreetMap extracts (.osm.pbf, .osm)", True),
    ("online", "xyzservices", "more providers of online maps", False),
    ("gtfs", "google.transit.gtfs_realtime_pb2", "vehicles' positions in GTFS-Realtime", False),
)
_ENCODERS = ("libx264", "aac")
_FILTERS = ("zscale", "loudnorm", "ebur128", "lut3d", "overlay", "alimiter", "sidechaincompress")
_NICE_FILTERS = ("ass",)  # libass: only burnt-in subtitles of others need it
_LIBRARIES = {
    "apt": "sudo apt install libegl1 libgl1 libexpat1 libfontconfig1",
    "dnf": "sudo dnf install mesa-libEGL mesa-libGL expat fontconfig",
}
# Windows' numbers for "somebody forbids this program"; Python gives them as OSError.winerror.
_FORBIDDEN = {
    5: "access denied (error 5)",
    225: "taken for a virus (error 225)",
    1260: "blocked by group policy (error 1260)",
    4551: "blocked by an application control policy (error 4551)",
}


def python(machine: Machine) -> Iterator[Finding]:
    said = ".".join(map(str, machine.python))
    if machine.python[:2] < OLDEST_PYTHON:
        yield Finding(level="block", what="Python", measured=said, remedy="install Python 3.11 or newer")
    else:
        yield Finding(level="ok", what="Python", measured=said)


def packages(machine: Machine) -> Iterator[Finding]:
    """Each is opened, not only looked for: a library of the system may be missing below it."""
    found = []
    for module, name in PACKAGES.items():
        try:
            importlib.import_module(module)
        except Exception as error:  # anything may happen in a broken package
            yield _unusable(module, name, error, machine)
            continue
        found.append(f"{name} {_version(name)}")
    if found:
        yield Finding(level="ok", what="packages", measured=", ".join(found))


def _unusable(module: str, name: str, error: Exception, machine: Machine) -> Finding:
    library = re.match(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file", str(error))
    if library:
        remedy = f"{_LIBRARIES['apt']}\nor on Fedora and Red Hat:\n{_LIBRARIES['dnf']}"
        what = f"{name} needs {library[1]} of the system, which is missing"
        return Finding(level="block", what=f"package {name}", measured=what, remedy=remedy)
    remedy = f"python -m pip install --force-reinstall {name}"
    if machine.windows and "DLL load failed" in str(error):
        remedy += "\nor let your service desk install the “Microsoft Visual C++ Redistributable”"
        if "policy" in str(error).lower() or "blocked" in str(error).lower():
            remedy = service_desk(f"the files of the Python package {name}", reason(error))
    said = "it is not installed" if isinstance(error, ModuleNotFoundError) and error.name == module else reason(error)
    return Finding(level="block", what=f"package {name}", measured=said, remedy=remedy)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(version unknown)"


def extras(_: Machine) -> Iterator[Finding]:
    for extra, module, purpose, worth in EXTRAS:
        try:
            importlib.import_module(module)
        except ImportError as error:
            remedy = f'python -m pip install "make-promo[{extra}]"' if worth else ""
            said = f"not installed; only for {purpose}"
            if not isinstance(error, ModuleNotFoundError):
                said = f"cannot be used: {reason(error)}"
            yield Finding(level="warn" if worth else "ok", what=f"extra [{extra}]", measured=said, remedy=remedy)
            continue
        yield Finding(level="ok", what=f"extra [{extra}]", measured=f"installed, for {purpose}")
    yield Finding(level="ok", what="browser", measured="none is needed to make clips")


def ffmpeg(machine: Machine) -> Iterator[Finding]:
    """Whether it starts, what it can, and whether it makes a second of film the way that clips are made."""
    from pipeline import ffmpeg as door

    try:
        program = door.executable()
        said = machine.run([program, "-hide_banner", "-version"])
    except PromoError as error:
        yield Finding(level="block", what="ffmpeg", measured=error.problems[0].what, remedy=error.problems[0].remedy)
        return
    except OSError as error:
        yield forbidden("ffmpeg", Path(program), error)
        return
    version = re.match(r"ffmpeg version (\S+)", said)
    if version is None:
        said = " ".join(said.split())[:200] or "nothing"
        remedy = "python -m pip install --force-reinstall imageio-ffmpeg"
        yield Finding(level="block", what="ffmpeg", measured=f"it starts, but answers: {said}", remedy=remedy)
        return
    yield Finding(level="ok", what="ffmpeg", measured=f"version {version[1]}, {Path(program).name}")
    yield from _parts(machine, program)
    yield _encoded(machine)


def _parts(machine: Machine, program: str) -> Iterator[Finding]:
    listed = {kind: _names(machine.run([program, "-hide_banner", f"-{kind}"])) for kind in ("encoders", "filters")}
    needed = [("encoders", name, "block") for name in _ENCODERS]
    needed += [("filters", name, "block") for name in _FILTERS] + [("filters", name, "warn") for name in _NICE_FILTERS]
    lacking = [(name, level) for kind, name, level in needed if name not in listed[kind]]
    remedy = "use the ffmpeg that comes with imageio-ffmpeg: unset IMAGEIO_FFMPEG_EXE, then run again"
    for name, level in lacking:
        yield Finding(
            level="block" if level == "block" else "warn",
            what=f"ffmpeg's {name}",
            measured="this build of ffmpeg was made without it",
            remedy=remedy,
        )
    if not lacking:
        yield Finding(level="ok", what="ffmpeg's parts", measured=", ".join(name for _, name, _ in needed))


def _names(table: str) -> set[str]:
    """The second word of each line of ffmpeg's tables."""
    return {words[1] for line in table.splitlines() if len(words := line.split()) > 1}


def _encoded(machine: Machine) -> Finding:
    from pipeline import ffmpeg as door

    with tempfile.TemporaryDirectory(prefix="make-promo-") as folder:
        film = Path(folder) / "second.mp4"
        arguments = [
            "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-f", "lavfi", "-i", "anullsrc=r=48000",
            "-t", "1", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "second.mp4",
        ]  # fmt: skip
        try:
            door.Runner().run(arguments, cwd=Path(folder))
        except PromoError as error:
            cause = error.__cause__
            number = re.search(r"WinError (\d+)", error.problems[0].what)
            if isinstance(cause, OSError) and not number:
                return forbidden("a second of film", Path(door.executable()), cause)
            if number and int(number[1]) in _FORBIDDEN:
                why = _FORBIDDEN[int(number[1])]
                return Finding(
                    level="block", what="a second of film", measured=why, remedy=service_desk(door.executable(), why)
                )
            return Finding(
                level="block",
                what="a second of film",
                measured=error.problems[0].what[:300],
                remedy="run make-promo doctor again; if it stays so, send this line to whoever looks after make-promo",
            )
        size = film.stat().st_size
    return Finding(level="ok", what="a second of film", measured=f"made ({size:,} bytes)")


def forbidden(what: str, program: Path, error: OSError) -> Finding:
    """A program that the system would not start."""
    number = getattr(error, "winerror", None)
    why = _FORBIDDEN.get(number, "") if number else ""
    if not why and isinstance(error, PermissionError):
        why = f"not permitted: {reason(error)}"
    if why:
        return Finding(
            level="block", what=what, measured=f"the system will not start it: {why}",
            remedy=service_desk(str(program), why),
        )  # fmt: skip
    number_said = f" (Windows error {number})" if number else ""
    return Finding(
        level="block",
        what=what,
        measured=f"it could not be started: {reason(error)}{number_said}",
        remedy="python -m pip install --force-reinstall imageio-ffmpeg",
    )


def service_desk(program: str, why: str) -> str:
    """What to do, and a paragraph to send."""
    return (
        "only your IT department can allow it. Send your service desk this:\n"
        f"“I use make-promo to make short films of walking routes. It needs ffmpeg, a well-known free video program,"
        f" which came with the Python package imageio-ffmpeg and is started by make-promo on my computer only. It does"
        f" not use the network. My computer says: {why}. Please allow this file by its path or checksum, or install"
        f" make-promo with it where programs may run: {program}”"
    )


def drawing(_: Machine) -> Iterator[Finding]:
    """A word drawn as the overlays do it."""
    import numpy as np
    import skia

    from pipeline import fonts

    surface = skia.Surface(240, 60)
    with surface as canvas:
        canvas.clear(skia.ColorWHITE)
        font = skia.Font(fonts.typeface(fonts.default().bold), 40)
        canvas.drawString("Walk", 10, 45, font, skia.Paint(Color=skia.ColorBLACK, AntiAlias=True))
    dark = int((np.asarray(surface.makeImageSnapshot().toarray())[:, :, 0] < 128).sum())
    if dark < 200:
        remedy = "python -m pip install --force-reinstall skia-python font-source-sans-pro"
        yield Finding(level="block", what="drawing of text", measured="nothing was drawn", remedy=remedy)
    else:
        yield Finding(level="ok", what="drawing of text", measured="a word was drawn")
