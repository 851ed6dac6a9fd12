"""The sidecar: stable text, read back strictly."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline import sidecar
from pipeline.errors import ToolError
from pipeline.sidecar import Check, Credit, PostWords, Sidecar, credits_json

MADE = datetime(2026, 11, 22, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def sample(**changes: object) -> Sidecar:
    values: dict[str, object] = {
        "platform": "bluesky", "lang": "cy", "sha256": "ab" * 32, "bytes": 12, "width": 1080, "height": 1920,
        "fps": 25, "duration_s": 30.0, "fingerprint": "f1", "made_at": MADE, "tools": {"zed": "2", "av": "1"},
        "post": PostWords(text="Tro ym Mharc Gwledig Fryent â'i ŵyn", hashtags=("CerddedBrent",)),
        "credits": ("© OpenStreetMap contributors",),
        "checks": (Check(id="gop", what="GOP", measured="3 s", limit="2 s", passed=False, level="block"),),
    }  # fmt: skip
    return Sidecar.model_validate(values | changes)


def test_json_has_the_keys_of_the_contract_in_order() -> None:
    """Scripts find the promised keys, in the order of the contract."""
    found = json.loads(sample().to_json())
    assert list(found) == [
        "platform", "lang", "sha256", "bytes", "width", "height", "fps", "duration_s", "fingerprint",
        "post", "credits", "checks", "made_at", "tools",
    ]  # fmt: skip
    assert list(found["post"]) == ["text", "hashtags", "link", "alt"]
    assert found["made_at"] == "2026-11-22T09:30:00Z"
    assert list(found["tools"]) == ["av", "zed"]


def test_text_is_utf8_with_line_feeds() -> None:
    """Welsh letters stand as they are, lines end in LF, the file ends with one."""
    text = sample().to_json()
    assert "â'i ŵyn" in text
    assert "\r" not in text
    assert text.endswith("}\n")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Reading gives back the same value, and the same text again."""
    path = tmp_path / "bluesky.cy.json"
    path.write_text(sample().to_json(), "utf-8")
    again = sidecar.read(path)
    assert again == sample()
    assert again.to_json() == sample().to_json()


def test_naive_time_is_refused() -> None:
    """A moment without a zone is not a moment."""
    with pytest.raises(ValidationError, match="timezone"):
        sample(made_at=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not a sidecar"),
        ("[1]", "is not a sidecar"),
        ('{"platform": "x"}', "lang"),
        ("{", "is not a sidecar"),
    ],
)
def test_torn_or_foreign_file_is_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    """A file that is no sidecar is named, with a remedy, and without a traceback of the reader."""
    path = tmp_path / "x.en.json"
    path.write_text(text)
    with pytest.raises(ToolError, match=rf"x\.en\.json: .*{told}"):
        sidecar.read(path)


def test_unknown_key_is_refused(tmp_path: Path) -> None:
    """A key that nobody wrote is a sign of another file or version."""
    path = tmp_path / "x.en.json"
    path.write_text(json.dumps(json.loads(sample().to_json()) | {"extra": 1}))
    with pytest.raises(ToolError, match="extra"):
        sidecar.read(path)


def test_blocked_lists_only_failed_blocks() -> None:
    """Only a failed check of level block forbids publishing."""
    checks = [
        Check(id=f"{level}-{passed}", what="", measured="", limit="", passed=passed, level=level)
        for level in ("block", "warn")
        for passed in (True, False)
    ]
    assert [check.id for check in sample(checks=checks).blocked] == ["block-False"]


def test_credits_are_listed_once() -> None:
    """Equal credits of several sources are one line, in the order of first use."""
    osm, music = (
        Credit(text="© OpenStreetMap contributors", source="map"),
        Credit(text="Vibe Ace", source="music"),
    )
    found = json.loads(credits_json([osm, music, osm]))
    assert [credit["text"] for credit in found["credits"]] == ["© OpenStreetMap contributors", "Vibe Ace"]
