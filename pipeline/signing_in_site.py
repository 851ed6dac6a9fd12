"""One sign-in under way: the network, the account's own addresses, the person who signs in, and the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import ToolError
from pipeline.http_door import Answer, Door, Request, Sends
from pipeline.networks import NetworkFile, OAuth, placed
from pipeline.oauth.grants import spellings
from pipeline.publishers import Pace, asked
from pipeline.secret import Secret


class Hands(Protocol):
    """The person who signs in."""

    def word(self, question: str, *, hidden: bool = False) -> str: ...
    def choose(self, question: str, options: Sequence[str]) -> int: ...
    def tell(self, words: str) -> None: ...
    def browse(self, address: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Site:
    """`server` is the account's; `settings` may name other hosts for `authorize`, `oauth` and `api`."""

    file: NetworkFile
    server: str
    settings: Mapping[str, str]
    hands: Hands
    door: Sends
    pace: Pace

    @property
    def oauth(self) -> OAuth:
        assert self.file.oauth
        return self.file.oauth

    def place(self, address: str, name: str) -> str:
        return placed(address, self.server, self.settings, name)

    def asked(self, request: Request) -> Answer:
        """Failure when there is no answer."""
        return asked(self.door, request, self.pace, self.file.label)

    def guard(self, *secrets: Secret | None) -> None:
        """Keeps them out of all that the door says."""
        if isinstance(self.door, Door):
            self.door.guard(*spellings(*secrets))

    def failed(self, what: str, remedy: str = "") -> ToolError:
        return ToolError.at(self.file.id, what, remedy)
