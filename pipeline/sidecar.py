"""What lies beside a rendition: the JSON from which it can be checked, posted and believed.

The file is plain and stable: the same values give the same bytes (keys in the order of the fields, two
spaces, UTF-8, LF), so two runs can be compared with `diff`. Posting reads nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import Level, ToolError

_BYTES_MAX = 4 << 20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(_Frozen):
    """One thing that was looked at in the finished file. `level`: how grave it is when it did not pass."""

    id: str
    what: str
    measured: str
    limit: str
    passed: bool
    level: Level
    remedy: str = ""


class PostWords(_Frozen):
    """`text` is complete and counted: all that is pasted, link and hashtags included where they belong."""

    text: str
    hashtags: tuple[str, ...] = ()  # without the sign: WalkBrent
    link: str | None = None
    alt: str = ""
    title: str = ""  # where the platform has a field for one; written only then


class Sidecar(_Frozen):
    """`fps` is a whole number, or exact text for odd rates ("30000/1001"); `made_at` is written in UTC."""

    platform: str
    lang: str
    sha256: Sha256
    bytes: int = Field(ge=0)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    fps: int | str
    duration_s: float = Field(ge=0)
    fingerprint: str
    pair: tuple[str, ...] = ()  # the languages that are signed off and posted together; empty for one alone
    slot: str = ""  # when it is to be posted, as the brief says; written only when it is set
    post: PostWords
    credits: tuple[str, ...] = ()
    until: date | None = None  # the last day on which it may be posted: the music's licence ends
    checks: tuple[Check, ...] = ()
    made_at: AwareDatetime
    tools: dict[str, str] = Field(default_factory=dict)  # name → version

    @property
    def blocked(self) -> tuple[Check, ...]:
        """What forbids publishing."""
        return tuple(check for check in self.checks if check.level == "block" and not check.passed)

    def to_json(self) -> str:
        """Stable text, ending in a line feed."""
        values = self.model_dump(mode="json")
        values["made_at"] = self.made_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        values["tools"] = dict(sorted(self.tools.items()))
        for key in ("pair", "slot", "until"):
            if not values[key]:
                del values[key]
        if not self.post.title:
            del values["post"]["title"]
        return json_text(values)


def read(path: Path) -> Sidecar:
    """The sidecar at `path`. ToolError with a sentence when it is missing, torn or not one of ours."""
    try:
        raw = path.read_bytes()
        if len(raw) > _BYTES_MAX:
            raise ValueError("it is far too large")
        return Sidecar.model_validate_json(raw)
    except OSError as error:
        raise ToolError.at(path.name, f"cannot be read: {error.strerror or error}", "render again") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ToolError.at(path.name, f"is not a sidecar: {place}: {first['msg'].lower()}", "render again") from error
    except ValueError as error:
        raise ToolError.at(path.name, f"is not a sidecar: {error}", "render again") from error


class Credit(_Frozen):
    """An attribution that travels with its source, as `credits.json` lists it."""

    text: str  # the words to show
    source: str = ""  # what it is for: map, music, elevation, footage
    licence: str = ""
    link: str | None = None


def credits_json(credits: Sequence[Credit]) -> str:
    """The text of `credits.json`: in order, without repeats."""
    return json_text({"credits": [credit.model_dump(mode="json") for credit in dict.fromkeys(credits)]})


def json_text(values: object) -> str:
    """JSON as every file beside a clip is written: UTF-8 as it is, two spaces, LF at the end."""
    return json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
