"""The sound of a timeline, mixed once: music, voice, or silence, at the loudness that clips are posted with.

Written as bare AAC frames. Joined without an edit list, a decoder shows the encoder's first 1024 samples as they
are; so the mix is encoded without its own first 1024, and every later sample stands exactly where it belongs.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import ffmpeg
from pipeline.errors import ToolError
from pipeline.loudness import METER, Loudness, parsed
from pipeline.mix import FADE_S, PEAK_DBTP, TARGET_LUFS, Mix

RATE = 48_000
_PACKET = 1024
_SILENT_LUFS = -65.0
_NEAR_LU = 0.4
_LIMITER_ROUNDS = 3


def probe(path: Path) -> None:
    """Raises OSError when the file cannot be read, ValueError with a reason when there is nothing to hear in it."""
    import av

    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    try:
        demuxer = ffmpeg.demuxer(path)
    except ToolError as error:
        raise ValueError(error.problems[0].what) from error
    try:
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as container:
            if not container.streams.audio:
                raise ValueError("it has no sound")
            next(container.decode(container.streams.audio[0]))
    except (av.FFmpegError, StopIteration) as error:
        raise ValueError("it is damaged, or not what its name says") from error


def mix_down(mix: Mix, target: Path, runner: ffmpeg.Runner) -> None:
    """Write `target` (.aac), exactly as many whole AAC frames as fit into the length."""
    packets = int(mix.length * RATE) // _PACKET
    inputs, graph = _graph(mix)
    level = _level(inputs, graph, runner) if inputs else "anull"
    trim = f"atrim=start_sample={_PACKET}:end_sample={packets * _PACKET},asetpts=PTS-STARTPTS"
    runner.run(
        [
            *inputs, "-filter_complex", f"{graph}[mix];[mix]{level},apad,{trim}[out]", "-map", "[out]",
            "-c:a", "aac", "-profile:a", "aac_low", "-b:a", "160k", "-ac", "2", "-ar", str(RATE),
            "-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "adts", f"file:{target}",
        ]
    )  # fmt: skip


def _graph(mix: Mix) -> tuple[list[str], str]:
    """Inputs and a graph that ends in one stereo stream of the right length."""
    length = float(mix.length)
    shape = f"aresample={RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"
    if mix.music is None and mix.voice is None:
        return [], f"anullsrc=r={RATE}:cl=stereo,atrim=duration={length:.6f}"
    inputs: list[str] = []
    parts: list[str] = []
    if mix.music is not None:
        inputs += ["-stream_loop", "-1", *ffmpeg.source(mix.music, "-t", f"{length + 1:.3f}")]
        fade = f"afade=t=in:d=0.3,afade=t=out:st={max(0.0, length - FADE_S):.3f}:d={FADE_S}"
        parts.append(f"[0:a:0]{shape},atrim=duration={length:.6f},{fade}")
    if mix.voice is not None:
        inputs += ffmpeg.source(mix.voice)
        index = 1 if mix.music is not None else 0
        parts.append(f"[{index}:a:0]{shape},apad,atrim=duration={length:.6f}")
    if len(parts) == 1:
        return inputs, parts[0]
    duck = "sidechaincompress=threshold=0.015:ratio=20:attack=40:release=700:makeup=1"
    return inputs, (
        f"{parts[1]},asplit[voice][key];{parts[0]},volume=-6dB[bed];[bed][key]{duck}[low];"
        "[low][voice]amix=inputs=2:normalize=0:duration=longest"
    )


def _level(inputs: list[str], graph: str, runner: ffmpeg.Runner) -> str:
    """Filters that bring the mix to the target: one gain over the whole length, so that nothing pumps, and a limiter
    where its peaks would be too high; what that takes away in loudness is given back. A silent mix is left alone."""

    def measured(filters: str) -> Loudness:
        arguments = [*inputs, "-filter_complex", f"{graph}[mix];[mix]{filters},{METER}[m]", "-map", "[m]"]
        return parsed(runner.run([*arguments, "-f", "null", "-"], loglevel="info").stderr, "sound")

    found = measured("anull")
    if found.integrated_lufs is None or found.integrated_lufs < _SILENT_LUFS:
        return "anull"
    gain = TARGET_LUFS - found.integrated_lufs
    if found.true_peak_dbtp is None or found.true_peak_dbtp + gain <= PEAK_DBTP:
        return f"volume={gain:.2f}dB"
    for _ in range(_LIMITER_ROUNDS):
        limited = measured(_limited(gain)).integrated_lufs
        if limited is None or TARGET_LUFS - limited < _NEAR_LU:
            break
        gain += TARGET_LUFS - limited
    return _limited(gain)


def _limited(gain: float) -> str:
    """Four times the rate shows the limiter the peaks between the samples."""
    most = 10 ** (PEAK_DBTP / 20)
    limiter = f"alimiter=limit={most:.4f}:attack=5:release=80:level=false:latency=true"
    return f"volume={gain:.2f}dB,aresample={4 * RATE},{limiter},aresample={RATE}"
