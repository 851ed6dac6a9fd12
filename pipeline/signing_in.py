"""Signing in once: what was typed is tried at the server, and kept only when the server knows it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.accounts import Account, MemoryVault, OurAccounts, server_of
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import Door, Sends
from pipeline.nearest import unknown
from pipeline.networks import NETWORKS
from pipeline.publishers import PACE, Failure, Pace
from pipeline.publishing import network_of
from pipeline.secret import Secret

ASKED = {  # network → the secret's name, and what to ask for
    "bluesky": ("app_password", "App password (Bluesky: Settings → Privacy and security → App passwords)"),
    "mastodon": ("token", "Access token (Mastodon: Preferences → Development; profile write:media write:statuses)"),
}


def sign_in(
    service: str, *, server: str, name: str, secret: Secret, video: str = "", accounts: OurAccounts | None = None,
    door: Sends | None = None, pace: Pace = PACE,
) -> str:  # fmt: skip
    """Tries the account and keeps it; gives the words for it. `name`: the handle (Bluesky); `video`: its video service.

    BriefError for a network that has no sign-in here, ToolError when the server does not know the account.
    """
    if service not in NETWORKS:
        raise BriefError.at(service, unknown(service, NETWORKS), f"known are {' and '.join(NETWORKS)}")
    if service == "bluesky" and not name:
        raise BriefError.at("login", "the handle is missing", "such as `--name walks.example.gov.uk`")
    if not server and service != "bluesky":
        raise BriefError.at("login", "the server is missing", "such as `--server example.social`")
    vault = MemoryVault({ASKED[service][0]: secret})
    account = Account(
        service=service, server=server_of(server or "https://bsky.social"), name=name.removeprefix("@"), vault=vault,
        settings={"video": video} if video else {},
    )  # fmt: skip
    try:
        identity = network_of(account, door or Door(), pace).open()
    except Failure as failure:
        raise ToolError.at(service, f"the sign-in did not work: {failure.words}", "check what you typed") from None
    kept = replace(account, name=account.name or identity.partition("@")[0])
    (accounts or OurAccounts()).keep(kept)
    return kept.shown
