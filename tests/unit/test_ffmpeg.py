from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline import ffmpeg
from pipeline.errors import ToolError

ENDLESS = ("-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-")


def children_of(pid: int) -> list[int]:
    """Living processes below `pid`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found += [int(entry.name), *children_of(int(entry.name))]
    return found


def gone(pids: list[int], patience_s: float = 10) -> bool:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if not any(Path(f"/proc/{pid}").exists() and "Z" not in state(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def state(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_files_are_opened_by_a_demuxer_of_their_own() -> None:
    """A name never makes ffmpeg guess: kind and protocol are fixed, also for names that look like options."""
    said = ffmpeg.source(Path("-i.mp4"), "-ss", "1")
    assert said[:4] == ["-protocol_whitelist", "file", "-f", "mov"]
    assert said[4:6] == ["-ss", "1"]
    assert said[-1].startswith("file:/")
    assert said[-1].endswith("-i.mp4")
    assert ffmpeg.demuxer(Path("BED.OGG")) == "ogg"


@pytest.mark.parametrize("name", ["list.m3u8", "clip.txt", "clip", "page.mpd"])
def test_other_kinds_are_refused(name: str) -> None:
    """Playlists and text are not read at all."""
    with pytest.raises(ToolError, match="not read"):
        ffmpeg.demuxer(Path(name))


def test_a_playlist_that_poses_as_a_clip_is_not_followed(tmp_path: Path) -> None:
    """The demuxer is fixed by the name, so a playlist inside fails instead of being opened."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    path = tmp_path / "clip.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n")
    with pytest.raises(ToolError) as failed:
        ffmpeg.Runner().run([*ffmpeg.source(path), "-f", "null", "-"])
    assert "secret" not in str(failed.value)


def test_the_end_of_what_it_said_is_told() -> None:
    """A failure carries ffmpeg's last lines, without addresses of filters and full paths."""
    with pytest.raises(ToolError) as failed:
        ffmpeg.Runner().run(["-f", "lavfi", "-i", "color=c=nosuchcolour", "-f", "null", "-"])
    assert "nosuchcolour" in str(failed.value)
    assert "0x" not in str(failed.value)
    assert failed.value.problems[0].remedy


def test_progress_is_heard() -> None:
    """`on_time` hears seconds that do not fall, up to the length."""
    heard: list[float] = []
    ffmpeg.Runner().run(["-f", "lavfi", "-i", "testsrc=s=32x32:d=2", "-f", "null", "-"], on_time=heard.append)
    assert heard
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(2, abs=0.1)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_stop_ends_what_runs_and_what_would_run() -> None:
    """After `stop` the run in work raises Cancelled, no process is left, and nothing new starts."""
    runner = ffmpeg.Runner()
    ended: list[BaseException] = []

    def work() -> None:
        try:
            runner.run(ENDLESS)
        except BaseException as error:
            ended.append(error)

    before = set(children_of(os.getpid()))
    thread = threading.Thread(target=work)
    thread.start()
    until = time.monotonic() + 10
    while len(set(children_of(os.getpid())) - before) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    mine = sorted(set(children_of(os.getpid())) - before)
    assert len(mine) == 2  # the minder and ffmpeg
    runner.stop()
    thread.join(10)
    assert isinstance(ended[0], ffmpeg.Cancelled)
    assert gone(mine)
    with pytest.raises(ffmpeg.Cancelled):
        runner.run(["-version"])


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_nothing_survives_a_killed_parent() -> None:
    """After `kill -9` of the process that started it, ffmpeg goes too."""
    code = f"from pipeline import ffmpeg; ffmpeg.Runner().run({ENDLESS!r})"
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    try:
        until = time.monotonic() + 20
        while len(children_of(parent.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        below = children_of(parent.pid)
        assert len(below) == 2
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    assert gone(below)


def test_much_talk_does_not_block() -> None:
    """A run that says megabytes on standard error ends, and only the end of its talk is kept."""
    said = (
        ffmpeg.Runner()
        .run(["-f", "lavfi", "-i", "testsrc=s=16x16:r=1000:d=4", "-vf", "showinfo", "-f", "null", "-"], loglevel="info")
        .stderr
    )
    assert 10_000 < len(said) <= 65_536
