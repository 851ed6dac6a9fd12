"""Small projects made on the spot, the command line as people run it, and eyes and ears for what came out."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

import pipeline

HOME = Path(pipeline.__file__).parents[1]
Pictures = NDArray[np.uint8]


def ffmpeg(*arguments: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def filmed(
    path: Path, picture: str, *, seconds: float = 4, size: str = "480x270", rate: int = 30, gop: int = 15
) -> Path:
    """A short clip of a lavfi `picture`, with a camera's tags inside (place, maker) that must not come out."""
    source = f"{picture}{':' if '=' in picture else '='}s={size}:r={rate}:d={seconds}"
    ffmpeg(
        *("-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-g", gop, "-metadata", "location=+51.5601-000.2801/", "-metadata", "make=SECRETMAKER"),
        *("-movflags", "+use_metadata_tags", f"file:{path}"),
    )  # fmt: skip
    return path


def walk(path: Path, *, names: Sequence[str] = (), title: str = "A walk") -> Path:
    """A planned route of 2.4 km, with waypoints of these names."""
    from xml.sax.saxutils import escape

    places = [(51.56 + step * 0.0005, -0.28 + 0.003 * math.sin(step / 6)) for step in range(41)]
    marks = "".join(
        f'<wpt lat="{lat:.6f}" lon="{lng:.6f}"><name>{escape(name)}</name></wpt>'
        for name, (lat, lng) in zip(names, places[5::7], strict=False)
    )
    points = "".join(f'<rtept lat="{lat:.6f}" lon="{lng:.6f}"><ele>50</ele></rtept>' for lat, lng in places)
    path.write_text(
        '<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
        f"{marks}<rte><name>{escape(title)}</name>{points}</rte></gpx>",
        encoding="utf-8",
    )
    return path


def brief(folder: Path, name: str = "route.yml", **keys: Any) -> Path:
    """A brief in `folder` (JSON is YAML). Without anything said: a map promo of 6 s for X along `w.gpx`."""
    path = folder / name
    known = {"title": "Test walk", "route": "w.gpx", "length": "6s", "platforms": ["x"]}
    path.write_text(json.dumps(known | keys, ensure_ascii=False), encoding="utf-8")
    return path


def environment(cache: Path, **more: str) -> dict[str, str]:
    """All of make-promo's folders beside `cache`, also in fixtures of a session, which no test's own folders reach."""
    path = os.pathsep.join(filter(None, [more.pop("PYTHONPATH", ""), str(HOME)]))
    own = {f"MAKE_PROMO_{name.upper()}": f"{cache}-{name}" for name in ("state", "config", "maps")}
    own["MAKE_PROMO_CACHE"] = str(cache)
    return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", **own, **more}


def promo(*arguments: object, cache: Path, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """`make-promo` as a person runs it. Whatever happens, nobody may see a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        cwd=cwd,
        env=environment(cache, **more),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def begun(*arguments: object, cache: Path) -> subprocess.Popen[str]:
    """The same, left running."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        env=environment(cache), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def plan(*arguments: object, cache: Path) -> dict[str, Any]:
    done = promo(*arguments, "--plan", "--json", cache=cache)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below `folder` with inode, time of change and size: what must stay the same stays the same here."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            found[str(path.relative_to(folder))] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def pieces(cache: Path) -> dict[str, tuple[int, int, int]]:
    """The finished pieces in a cache."""
    return {name: one for name, one in state(cache).items() if name.endswith((".mp4", ".aac")) and "/." not in name}


def leftovers(*folders: Path) -> list[str]:
    """Half-written files and scratch folders."""
    torn = [str(path) for folder in folders for path in folder.rglob(".*.part*")]
    return torn + [str(path) for folder in folders for path in folder.rglob("work-*")]


def processes(words: str) -> list[int]:
    """Processes of this machine that have `words` in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if words.encode() in said and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def gone(words: str, *, within: float = 5) -> bool:
    """Whether all processes with `words` in their command line end in time."""
    until = time.monotonic() + within
    while processes(words):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def wait_for(process: subprocess.Popen[str], condition: Any, *, within: float = 60) -> None:
    until = time.monotonic() + within
    while not condition():
        assert process.poll() is None, f"it ended too early: {process.communicate()}"
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.02)


def interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def frames(path: Path) -> Iterator[tuple[int, Pictures]]:
    """(number, RGB picture) of every frame, decoded."""
    with av.open(str(path)) as film:
        for number, frame in enumerate(film.decode(video=0)):
            yield number, frame.to_ndarray(format="rgb24")


def picture_at(path: Path, number: int) -> Pictures:
    return next(picture for count, picture in frames(path) if count == number)


def heard(path: Path) -> tuple[NDArray[np.float32], int]:
    """The sound as decoded, mono, placed by its time stamps; and its rate."""
    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        out = np.zeros(int(stream.rate * 70), np.float32)
        end = 0
        for frame in film.decode(stream):
            at = round(float(Fraction(frame.pts) * frame.time_base) * stream.rate)
            part = frame.to_ndarray().mean(axis=0)
            out[at : at + len(part)] = part
            end = max(end, at + len(part))
    return out[:end], int(stream.rate)


def clicks(path: Path, at: Sequence[float], *, seconds: float) -> Path:
    """A WAV of quiet hiss with a loud click of 2 ms at each of the times."""
    rate = 48_000
    sound = np.random.default_rng(7).normal(0, 60, int(seconds * rate))
    for moment in at:
        first = int(moment * rate)
        sound[first : first + 96] = 20_000 * np.sin(np.arange(96) * 0.6)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(sound.astype("<i2").tobytes())
    return path
