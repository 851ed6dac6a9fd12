"""The first half of the code flow: the address that the browser opens, and the reading of the one that comes back.

The verifier (PKCE, RFC 7636) never leaves but to the token address; the state makes an answer ours (RFC 6749 10.12).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.errors import ToolError
from pipeline.nearest import shortened
from pipeline.networks import OAuth
from pipeline.secret import Secret

_MOST_WORDS = 200
_REFUSALS = {
    "access_denied": ("the sign-in was not allowed", "run it again, and allow it in the browser"),
    "invalid_scope": ("the app may not ask for what is needed", "give the app these permissions"),
    "unauthorized_client": ("the app may not sign people in this way", "look into the app's settings"),
    "temporarily_unavailable": ("the network is too busy", "try again in some minutes"),
    "server_error": ("the network made a mistake", "try again in some minutes"),
}


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One sign-in that has begun. `address` is for the browser, `redirect` where it is sent back to."""

    address: str = field(repr=False)
    redirect: str
    state: Secret
    verifier: Secret


def opening(oauth: OAuth, authorize: str, client_id: str, redirect: str) -> Opening:
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    given = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": oauth.separator.join(oauth.scopes),
        "state": state,
        **oauth.extra,
    }
    if oauth.pkce == "S256":
        digest = sha256(verifier.encode()).digest()
        given["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        given["code_challenge_method"] = "S256"
    address = f"{authorize}{'&' if '?' in authorize else '?'}{urlencode(given)}"
    return Opening(address=address, redirect=redirect, state=Secret(state), verifier=Secret(verifier))


def code_of(query: str, begun: Opening, label: str) -> Secret:
    """The code in what came back. ToolError when it is another's answer, or a refusal."""
    told = {name: values[0] for name, values in parse_qs(query, max_num_fields=50).items() if len(values) == 1}
    state = told.get("state", "")
    if not hmac.compare_digest(state.encode(), begun.state.reveal().encode()):
        what = "an answer came that belongs to another sign-in, and was not used"
        raise ToolError.at(label, what, "run login again, and use only the window that it opens")
    if error := told.get("error"):
        what, remedy = _REFUSALS.get(error, (f"{label} refuses the sign-in", "look into the app's settings"))
        said = shortened(told.get("error_description") or error, _MOST_WORDS)
        raise ToolError.at(label, f"{what}: {said}", remedy)
    if not told.get("code"):
        raise ToolError.at(label, "the answer holds neither a code nor a reason", "run login again")
    return Secret(told["code"])


def is_answer(query: str) -> bool:
    """Whether a query is one that a network sends back, ours or not."""
    try:
        return bool({"code", "error", "state"} & parse_qs(query, max_num_fields=50).keys())
    except ValueError:
        return False


def query_of(pasted: str, redirect: str, label: str) -> str:
    """The query of an address that a person pasted. ToolError when it is not the page we are sent back to."""
    try:
        query = urlsplit(pasted.strip()).query
        ours = _page(pasted.strip()) == _page(redirect)
    except ValueError:  # no address at all
        query, ours = "", False
    if not ours or not is_answer(query):
        what = "this is not the address that the browser was sent back to"
        raise ToolError.at(label, what, f"it begins with {redirect} and has a `code=` in it; run login again")
    return query


def _page(address: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/")
