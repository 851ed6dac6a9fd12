"""How a network is described in configs/networks: the values of its file, and what is wrong with another one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline import yaml_file
from pipeline.errors import BriefError, Problem
from pipeline.nearest import listed, unknown
from pipeline.yaml_file import Document


def _https(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.username or not text.isprintable() or " " in text:
        raise ValueError("an address begins with https:// and a host, without a user's name")
    return text


def _own_or_https(text: str) -> str:
    """`/path` on the account's own server, or an address."""
    return text if re.fullmatch(r"/[!-~]*", text) else _https(text)


Address = Annotated[str, AfterValidator(_https)]
Place = Annotated[str, AfterValidator(_own_or_https)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,30}$")]
Client = Literal["body", "basic", "public"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paste(Part):
    """A word that the person brings, an app password or a token, and how it is asked for."""

    keep: Literal["app_password", "token"]  # its name in the vault
    ask: str = Field(min_length=3, max_length=200)


class Swap(Part):
    """A token given for another one. `field`: under which name ours is sent."""

    grant: str = Field(pattern=r"^[a-z_]{3,60}$")
    address: Place
    field: str = Field(pattern=r"^[a-z_]{3,60}$")
    method: Literal["GET", "POST"] = "POST"
    client: Literal["both", "secret", "none"] = "both"  # what of the app goes with it
    ahead_days: int = Field(default=0, ge=0, le=60)  # renewed when fewer are left: what has ended cannot be
    single: bool = False  # what was given for the new one is worth nothing afterwards


class Redirect(Part):
    """Where the browser is sent back to. `port: 0` takes any free one; `by_hand`: only a page on the web is taken."""

    host: Literal["127.0.0.1", "localhost"] = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    path: str = Field(default="/", pattern=r"^/[a-z]*$")
    by_hand: bool = False


class OAuth(Part):
    """The code flow (RFC 6749, 7636, 8252). `client`: where the app's secret goes; `public`: it may have none."""

    authorize: Place
    token: Place
    scopes: tuple[str, ...]
    separator: Literal[" ", ","] = " "
    pkce: Literal["S256", "none"] = "S256"
    client: Client = "body"
    extra: dict[str, str] = Field(default_factory=dict)  # with the address that the browser opens
    register_at: Place | None = None  # the server takes apps by itself
    wrapped: str = ""  # the answer's tokens may lie in a list of this name
    keep: Literal["access", "token"] = "access"  # the token's name in the vault
    id_as: Key | None = None  # the setting that holds the app's id as well, for calls that want it
    redirect: Redirect = Redirect()
    long_lived: Swap | None = None
    refresh: Swap | None = None


class Ask(Part):
    """A setting that an account needs, and how a person is asked for it."""

    key: Key
    ask: str = Field(min_length=3, max_length=300)
    needed: bool = True


class Find(Part):
    """How settings are found by asking the network: rows, of which one is chosen."""

    address: Place
    params: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    rows: str = ""  # where the list lies, as `a.b`; "": the answer itself is the one row
    settings: dict[Key, str] = Field(default_factory=dict)  # setting → where it lies in a row
    shown: str = ""  # what a person knows it by
    name: str = ""  # becomes the account's name
    token: str = ""  # where the row's own token lies: it takes the place of the person's
    has: dict[str, str] = Field(default_factory=dict)  # a row counts when this list holds that word
    question: str = "Which one?"
    none: str = ""  # what to say when there is none; "": then it is asked for


class App(Part):
    """Where the officer makes an app, and how."""

    address: Address
    steps: tuple[str, ...] = Field(min_length=1, max_length=6)


class Shape(Part):
    """What a file says. `server`: of all its accounts, "" where each account has its own."""

    label: str = Field(min_length=1, max_length=40)
    publisher: str = Field(pattern=r"^[a-z_]+\.[A-Za-z]+$")
    server: Address = ""
    asks_server: bool = False
    asks_name: str = ""
    paste: Paste | None = None
    oauth: OAuth | None = None
    find: tuple[Find, ...] = ()
    settings: tuple[Ask, ...] = ()
    app: App | None = None
    tested: str = Field(min_length=10, max_length=300)
    sources: tuple[Address, ...] = Field(min_length=1)
    checked: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    doubts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.paste and not self.oauth:
            raise ValueError("one of paste and oauth is needed: how is one signed in?")
        if self.oauth and not self.app and not self.oauth.register_at:
            raise ValueError("app is needed: where does the officer make one?")
        if not self.server and not self.asks_server:
            raise ValueError("one of server and asks_server is needed")
        return self

    @property
    def setting_names(self) -> frozenset[str]:
        """The settings of an account, asked for or found, but for addresses of the network."""
        found = [key for find in self.find for key in find.settings]
        return frozenset([*(ask.key for ask in self.settings), *found])


class NetworkFile(Shape):
    """One network. `id`: the name of its file."""

    id: str


def read(path: Path) -> NetworkFile:
    """Raises BriefError with all that is wrong."""
    document = yaml_file.read(path)
    tree = document.tree
    if "checked" in tree:
        tree = {**tree, "checked": str(tree["checked"])}
    problems, shape = list(document.problems), None
    try:
        shape = Shape.model_validate(tree)
    except ValidationError as error:
        problems += [_problem(document, dict(one)) for one in error.errors(include_url=False)]
    if problems or shape is None:
        raise BriefError(*problems)
    return NetworkFile.model_construct(id=path.stem, **dict(shape))  # it was checked as a Shape


def _problem(document: Document, error: dict[str, Any]) -> Problem:
    steps = tuple(error["loc"])
    where = document.where(*steps)
    if error["type"] == "extra_forbidden":
        known = _keys(steps[:-1])
        return Problem(
            level="block",
            where=where,
            what=unknown(str(steps[-1]), known),
            remedy=f"keys here are {listed(known, 'and')}",
        )
    if error["type"] == "missing":
        return Problem(
            level="block", where=where, what=f'"{steps[-1]}" is needed and is not written', remedy=f"add `{steps[-1]}:`"
        )
    said = str(error["ctx"]["error"]) if error["type"] == "value_error" else str(error["msg"])
    return Problem(level="block", where=where, what=said[:1].lower() + said[1:])


def _keys(steps: tuple[str | int, ...]) -> list[str]:
    parts: dict[str, type[Part]] = {
        "paste": Paste, "long_lived": Swap, "refresh": Swap, "redirect": Redirect, "oauth": OAuth, "settings": Ask,
        "find": Find, "app": App,
    }  # fmt: skip
    named = [str(step) for step in steps if step in parts]
    return list((parts[named[-1]] if named else Shape).model_fields)
