"""The second run: what is finished stays, what is missing or damaged is made again, and only that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import USUAL, Promo
from workbench import brief, pieces, plan, promo, state

pytestmark = pytest.mark.slow


def test_a_second_run_does_nothing(again: Promo) -> None:
    """When nothing has changed, no file is touched, nothing is encoded, and it says so."""
    assert promo(again.brief, cache=again.cache).returncode == 0  # the map page knows its folder, and that is new
    before, made = state(again.out), pieces(again.cache)
    done = promo(again.brief, cache=again.cache)
    assert done.returncode == 0
    assert "nothing has changed" in done.stderr
    assert done.stdout.splitlines() == [str(again.clip)]
    assert state(again.out) == before
    assert pieces(again.cache) == made


def test_after_one_caption_only_its_shots_are_rendered(again: Promo) -> None:
    """The plan says which pieces another caption needs, and only those are new in the cache."""
    old = pieces(again.cache)
    captions = [USUAL["captions"][0], USUAL["captions"][1] | {"text": "Changed"}]
    path = brief(again.brief.parent, **USUAL | {"captions": captions})
    planned = plan(path, cache=again.cache)
    missing = {name for name, node in planned["nodes"].items() if not node["cached"]}
    assert len(missing) == 1
    assert len(planned["nodes"]) >= 5
    before = again.clip.read_bytes()
    done = promo(path, cache=again.cache)
    assert done.returncode == 0
    new = pieces(again.cache)
    assert {Path(name).stem for name in new.keys() - old.keys()} == missing
    assert all(new[name] == one for name, one in old.items())
    assert again.clip.read_bytes() != before
    assert all(node["cached"] for node in plan(path, cache=again.cache)["nodes"].values())


def test_a_damaged_piece_is_made_again(again: Promo) -> None:
    """A flipped bit in the cache never reaches a clip: the piece is rendered again, to the same bytes."""
    good = again.clip.read_bytes()
    name = max(
        (name for name in pieces(again.cache) if name.endswith(".mp4")),
        key=lambda one: pieces(again.cache)[one][2],
    )
    piece = again.cache / name
    data = bytearray(piece.read_bytes())
    data[len(data) // 2] ^= 1
    piece.write_bytes(data)
    for path in again.out.glob("x.en.*"):
        path.unlink()
    planned = plan(again.brief, cache=again.cache)
    assert [node for node, one in planned["nodes"].items() if not one["cached"]] == [piece.stem]
    old = pieces(again.cache)
    assert promo(again.brief, cache=again.cache).returncode == 0
    assert again.clip.read_bytes() == good
    assert [one for one, status in pieces(again.cache).items() if old.get(one) != status] == [name]


@pytest.mark.parametrize("harm", ["clip damaged", "clip cut", "sidecar gone", "sidecar nonsense", "cover gone"])
def test_a_harmed_output_is_made_again(again: Promo, harm: str) -> None:
    """Whatever is gone or damaged in the folder of clips stands there again after a run; no shot is rendered for it."""
    good, old = again.clip.read_bytes(), pieces(again.cache)
    note, cover = again.out / "x.en.json", again.out / "x.en.jpg"
    match harm:
        case "clip damaged":
            again.clip.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
        case "clip cut":
            again.clip.write_bytes(good[:5000])
        case "sidecar gone":
            note.unlink()
        case "sidecar nonsense":
            note.write_text('{"platform": 3}')
        case "cover gone":
            cover.unlink()
    done = promo(again.brief, cache=again.cache)
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" not in done.stderr
    assert again.clip.read_bytes() == good
    assert json.loads(note.read_text("utf-8"))["bytes"] == len(good)
    assert cover.read_bytes().startswith(b"\xff\xd8")
    assert pieces(again.cache) == old
