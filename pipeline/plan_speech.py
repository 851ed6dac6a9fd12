"""What is said, in the plan: which subtitles are burnt in, over which shots, as layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.geometry import Box
from pipeline.pieces import Layer, Wording
from pipeline.renditions import Encoding
from pipeline.storyboard import Shot, Storyboard
from pipeline.subtitles import framed

Said = tuple[int, int, str]  # first frame, frame after the last, words


def burnt_in(encoding: Encoding, storyboard: Storyboard, wording: Wording) -> tuple[Said, ...]:
    """The subtitles in frames of the timeline: none where every platform of the encoding takes them as a file."""
    if all(platform.captions_sidecar for platform in encoding.platforms):
        return ()
    return framed(wording.speech, storyboard.fps, storyboard.frames)


def during(shot: Shot, said: Sequence[Said]) -> tuple[Said, ...]:
    """Those of which something is seen over a shot."""
    return tuple(one for one in said if one[0] < shot.end and shot.start < one[1])


def subtitles(shot: Shot, box: Box | None, said: Sequence[Said], language: Mapping[str, Any]) -> list[Layer]:
    """The layers over a shot; a subtitle over a cut goes on where it was. `box`: the band that the layout keeps."""
    return [
        Layer(
            kind="subtitle",
            box=box,
            values={"text": text, **language},
            total=end - start,
            **within(shot, start, end),
        )
        for start, end, text in said
        if box is not None
    ]


def within(shot: Shot, start: int, end: int) -> dict[str, int]:
    """Where a stretch of the timeline lies inside a shot."""
    first, last = max(start, shot.start), min(end, shot.end)
    return {"start": first - shot.start, "frames": last - first, "offset": first - start}
