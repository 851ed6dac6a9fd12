"""The only door to ffmpeg: where it is, what it may read, how it is run, watched and stopped.

ffmpeg gets local files through an explicit protocol and demuxer, never a name that it could take for an address, an
option or a playlist. Work happens in a scratch folder whose file names are ours, so that no name of the user's
ever stands inside a filter string.
"""

from __future__ import annotations

import errno
import functools
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ToolError

_TAIL_LINES = 12
_DEMUXERS = {
    ".mp4": "mov", ".mov": "mov", ".m4v": "mov", ".m4a": "mov", ".qt": "mov",
    ".mkv": "matroska", ".webm": "matroska",
    ".wav": "wav", ".mp3": "mp3", ".ogg": "ogg", ".oga": "ogg", ".opus": "ogg", ".flac": "flac", ".aac": "aac",
    ".png": "png_pipe",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a run of ffmpeg left: the end of its talk and what it wrote on standard output."""

    stderr: str
    stdout: bytes


class Cancelled(Exception):
    """The run was stopped on purpose."""


@functools.cache
def executable() -> str:
    """The bundled ffmpeg. Raises ToolError when the machine will not have it."""
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise ToolError.at(
            "ffmpeg",
            f"no ffmpeg was found: {error}",
            "python -m pip install --force-reinstall imageio-ffmpeg",
        ) from error


@functools.cache
def version() -> str:
    """ffmpeg's own version, part of every fingerprint: another encoder may write other bytes.

    Read from the file's name where the package carries it there, because starting ffmpeg costs 50 ms.
    """
    named = re.search(r"-v(\d[\w.]*?)(?:\.exe)?$", Path(executable()).name)
    if named:
        return named.group(1)
    first = subprocess.run([executable(), "-version"], capture_output=True, text=True, check=False).stdout
    return first.split(" ")[2] if first.startswith("ffmpeg version") else "unknown"


@functools.cache
def refusal(*encoder: str) -> str:
    """Why this machine cannot encode with these arguments, found by doing it; "" when it can. That an encoder is built
    in says nothing: it may need a card and its driver."""
    test = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=0.2", *encoder, "-f", "null", "-"]
    try:
        done = subprocess.run(
            [executable(), "-hide_banner", "-nostdin", "-v", "error", *test],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    lines = [re.sub(r"^\[[^]]*\] ", "", line) for line in done.stderr.decode("utf-8", "replace").splitlines()]
    return "" if done.returncode == 0 else (lines or [f"code {done.returncode}"])[0][:200]


def demuxer(path: Path) -> str:
    """The one demuxer that may read this file, from its name. Raises ToolError for a kind we do not read."""
    try:
        return _DEMUXERS[path.suffix.lower()]
    except KeyError:
        raise ToolError.at(
            path.name,
            f"files ending in {path.suffix or 'nothing'} are not read",
            "convert it to MP4, WAV or PNG",
        ) from None


def source(path: Path, *options: str, kind: str | None = None) -> list[str]:
    """Arguments that open one local file and nothing else."""
    kind = kind or demuxer(path)
    # A list of parts may only name files of the kinds that were probed.
    inside = ["-format_whitelist", "concat,mov,matroska"] if kind == "concat" else []
    return ["-protocol_whitelist", "file", *inside, "-f", kind, *options, "-i", f"file:{path.resolve()}"]


def fed(width: int, height: int, fps: int) -> list[str]:
    """Arguments for the input that `Runner.run(feed=…)` hands over: opaque RGBA pictures of one size."""
    return [
        "-protocol_whitelist", "pipe", "-f", "rawvideo", "-pixel_format", "rgb0",
        "-video_size", f"{width}x{height}", "-framerate", str(fps), "-i", "pipe:0",
    ]  # fmt: skip


class Runner:
    """Starts ffmpeg and can stop everything it started. One for a whole production; safe to use from threads."""

    def __init__(self) -> None:
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """Kill what runs and start nothing more."""
        with self._lock:
            self._stopped = True
            children = list(self._children)
        for child in children:
            if child.args[0] == executable():  # type: ignore[index] # fed: nobody minds it but us
                child.kill()
            _end(child)

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path | None = None,
        on_time: Callable[[float], None] | None = None,
        loglevel: str = "error",
        feed: Iterable[memoryview] | None = None,
    ) -> Finished:
        """Run to the end. `on_time` hears the seconds written so far. `feed`: raw pictures for the input `fed(…)`,
        drawn while ffmpeg works. Raises ToolError with the end of what ffmpeg said, Cancelled after `stop()`."""
        progress = ["-nostats", "-progress", "pipe:1", "-stats_period", "0.5"] if on_time and not feed else []
        # The minder holds ffmpeg's standard input; a fed one ends by itself when its pictures cease.
        minder = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervise.py"))] if feed is None else []
        command = [*minder, executable(), "-hide_banner", "-nostdin", "-y", "-v", loglevel, *progress, *arguments]
        child = self._start(command, cwd)
        said: list[bytes] = []
        listener = threading.Thread(target=lambda: said.append(_all_of(child.stderr)), daemon=True)
        listener.start()
        try:
            if feed is not None:
                self._feed(child, feed)
            written = _follow(child, on_time if progress else None)
            code = child.wait()
        finally:
            _end(child)
            with self._lock:
                self._children.discard(child)
        listener.join()
        with self._lock:
            if self._stopped:
                raise Cancelled
        text = b"".join(said).decode("utf-8", "replace")
        if code != 0:
            raise ToolError.at("ffmpeg", _explained(text, code), "run again; finished parts are kept")
        return Finished(stderr=text, stdout=written)

    def _feed(self, child: subprocess.Popen[bytes], pictures: Iterable[memoryview]) -> None:
        """Hands pictures over until they cease or ffmpeg goes away (its exit code tells why). A failure in drawing
        ends ffmpeg too."""
        assert child.stdin is not None
        try:
            for picture in pictures:
                child.stdin.write(picture)
            child.stdin.close()
        except (BrokenPipeError, ConnectionError):
            _end(child)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno == errno.EINVAL:  # a broken pipe on Windows
                _end(child)
                return
            child.kill()
            _end(child)
            raise

    def _start(self, command: Sequence[str], cwd: Path | None) -> subprocess.Popen[bytes]:
        # A session of its own, so that Ctrl-C reaches us and we decide; low priority, so that the laptop stays usable.
        apart: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
        with self._lock:
            if self._stopped:
                raise Cancelled
            try:
                child = subprocess.Popen(
                    command,
                    cwd=cwd,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    **apart,
                )
            except OSError as error:
                raise ToolError.at(
                    "ffmpeg",
                    f"it could not be started: {error.strerror}",
                    f"application control may forbid it; ask your service desk to allow {Path(executable()).name}",
                ) from error  # fmt: skip
            self._children.add(child)
            return child


def _all_of(pipe: object) -> bytes:
    """The last 64 KiB of what comes out of a pipe; a damaged file can make ffmpeg talk without end."""
    kept = b""
    while chunk := pipe.read1(65536):  # type: ignore[attr-defined]
        kept = (kept + chunk)[-65536:]
    return kept


def _follow(child: subprocess.Popen[bytes], on_time: Callable[[float], None] | None) -> bytes:
    assert child.stdout is not None
    if on_time is None:
        return child.stdout.read()
    for line in child.stdout:
        key, _, value = line.partition(b"=")
        if key == b"out_time_us" and value.strip().lstrip(b"-").isdigit():
            on_time(max(0, int(value)) / 1_000_000)
    return b""


def _end(child: subprocess.Popen[bytes]) -> None:
    """Closing its input tells the minder to kill ffmpeg."""
    if child.stdin and not child.stdin.closed:
        try:
            child.stdin.close()
        except OSError:
            return


def _explained(text: str, code: int) -> str:
    tail = [line.strip() for line in text.strip().splitlines()][-_TAIL_LINES:]
    if any("No space left on device" in line for line in tail):
        return "the disk is full"
    # Addresses of filter instances and full paths mean nothing to a reader.
    plain = [re.sub(r" @ 0x[0-9a-f]+", "", re.sub(r"file:\S*[/\\]", "", line)) for line in tail]
    return f"it stopped with code {code}: " + (" / ".join(plain) or "without a word")
