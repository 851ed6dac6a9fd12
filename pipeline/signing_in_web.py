"""The code flow from end to end: an app, a browser, an answer on this computer or a pasted address, tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.accounts import Account, server_of
from pipeline.errors import BriefError, ToolError
from pipeline.http_door import LOOPBACK, Door, Request, Sends
from pipeline.networks import NetworkFile, OAuth, placed
from pipeline.oauth.grants import Client, Denied, Tokens, code_request, swap_request, tokens_of
from pipeline.oauth.loopback import waiting
from pipeline.oauth.opening import Opening, code_of, opening, query_of
from pipeline.publishers import Pace, asked
from pipeline.secret import Secret
from pipeline.signing_in_finds import Hands

WEBSITE = "make-promo"
_SPARE_PORT = 8765  # named in an address that nobody listens at, because it is pasted


@dataclass(frozen=True, kw_only=True)
class AppOf:
    """An app at the network, as far as it is known."""

    id: str = ""
    secret: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the browser comes back. `redirect`: an address that the app has; `pasted`: a person copies it."""

    redirect: str = ""
    pasted: bool = False
    browse: bool = True


def server_for(file: NetworkFile, given: str, hands: Hands) -> str:
    if not given and not file.server:
        given = hands.word("Server, such as example.social")
    return server_of(given or file.server)


def app_of(file: NetworkFile, given: AppOf, before: Account | None) -> AppOf:
    """What was given, else what an earlier sign-in kept."""
    if given.id or not before:
        return given
    return AppOf(id=before.settings.get("client_id", ""), secret=given.secret or before.vault.get("client_secret"))


def tokens_by_browser(
    file: NetworkFile, server: str, settings: Mapping[str, str], app: AppOf, way: Way, hands: Hands, door: Sends,
    pace: Pace, patience_s: float,
) -> tuple[AppOf, Tokens]:  # fmt: skip
    """The app that was used, and what it was given. ToolError or Failure when it was given nothing."""
    oauth = file.oauth
    assert oauth
    rule = oauth.redirect
    host, port, path = _loopback(way.redirect, file) if way.redirect else (rule.host, rule.port, rule.path)
    if not host or way.pasted or (rule.by_hand and not way.redirect):
        redirect = way.redirect or _for_pasting(file, f"http://{host}:{port or _SPARE_PORT}{path}")
        app = _app(file, server, settings, app, redirect, hands, door, pace)
        begun = opening(oauth, placed(oauth.authorize, server, settings, "authorize"), app.id, redirect)
        _show(file, begun, hands, browse=way.browse and not way.pasted)
        question = f"Then paste the whole address of the page it leads to ({redirect}…), even if that page is an error"
        query = query_of(hands.word(question, hidden=True), redirect, file.id)
    else:
        with waiting(host, port, path) as server_here:
            redirect = server_here.redirect
            app = _app(file, server, settings, app, redirect, hands, door, pace)
            begun = opening(oauth, placed(oauth.authorize, server, settings, "authorize"), app.id, redirect)
            _show(file, begun, hands, browse=way.browse)
            query = server_here.answer(file.id, patience_s)
    code = code_of(query, begun, file.id)
    return app, _tokens(file, oauth, server, settings, app, begun, code, door, pace)


def _loopback(redirect: str, file: NetworkFile) -> tuple[str, int, str]:
    """Host, port and path of an address on this computer; no host for one on the web."""
    try:
        parts = urlsplit(redirect)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme == "https" and parts.hostname and parts.hostname not in LOOPBACK and not parts.query:
        return "", 0, ""
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost") and port and not parts.query:
        return parts.hostname, port, parts.path or "/"
    raise BriefError.at("--redirect", "this is not an address to come back to", f"such as {_such(file)}")


def _such(file: NetworkFile) -> str:
    by_hand = file.oauth is not None and file.oauth.redirect.by_hand
    return "https://www.example.gov.uk/" if by_hand else "http://localhost:8765/"


def _for_pasting(file: NetworkFile, redirect: str) -> str:
    if file.oauth and file.oauth.redirect.by_hand:
        what = f"{file.label} comes back only to a page of the web that its app has"
        raise BriefError.at("login", what, "name that page: --redirect https://www.example.gov.uk/")
    return redirect


def _show(file: NetworkFile, begun: Opening, hands: Hands, *, browse: bool) -> None:
    hands.tell(f"Sign in to {file.label} in your browser:\n  {begun.address}")
    if browse:
        hands.browse(begun.address)


def _app(
    file: NetworkFile, server: str, settings: Mapping[str, str], app: AppOf, redirect: str, hands: Hands, door: Sends,
    pace: Pace,
) -> AppOf:  # fmt: skip
    """An app that may come back to `redirect`: a new one where servers take them, else the officer's own."""
    oauth = file.oauth
    assert oauth
    if oauth.register_at:
        return _registered(file, oauth, placed(oauth.register_at, server, settings, "oauth"), redirect, door, pace)
    if not app.id or (not app.secret and oauth.client != "public"):
        if file.app:
            steps = "\n".join(f"  {number}. {step}" for number, step in enumerate(file.app.steps, 1))
            hands.tell(f"make-promo needs an app of yours at {file.label} ({file.app.address}):\n{steps}")
            hands.tell(f"  The address to come back to is {redirect}")
        secret = app.secret
        if not app.id:
            app = AppOf(id=hands.word("The app's id (client id)").strip())
        if not secret and oauth.client != "public":
            secret = Secret(hands.word("The app's secret", hidden=True).strip())
        app = AppOf(id=app.id, secret=secret)
    if app.secret and isinstance(door, Door):
        door.guard(app.secret)
    return app


def _registered(file: NetworkFile, oauth: OAuth, address: str, redirect: str, door: Sends, pace: Pace) -> AppOf:
    given = {"client_name": WEBSITE, "redirect_uris": redirect, "scopes": oauth.separator.join(oauth.scopes)}
    answer = asked(door, Request(method="POST", url=address, json=given), pace, file.label)
    told = answer.values()
    name, secret = told.get("client_id"), told.get("client_secret")
    if answer.status >= 300 or not isinstance(name, str) or not isinstance(secret, str):
        what = f"the server does not take make-promo as an app: {answer.words or f'error {answer.status}'}"
        raise ToolError.at(file.id, what, f"give it a token: make-promo login {file.id} --token")
    if isinstance(door, Door):
        door.guard(Secret(secret))
    return AppOf(id=name, secret=Secret(secret))


def _tokens(
    file: NetworkFile, oauth: OAuth, server: str, settings: Mapping[str, str], app: AppOf, begun: Opening,
    code: Secret, door: Sends, pace: Pace,
) -> Tokens:  # fmt: skip
    client = Client(id=app.id, secret=app.secret, way=oauth.client)
    if isinstance(door, Door):
        door.guard(code, begun.verifier, *([app.secret] if app.secret else []))
    address = placed(oauth.token, server, settings, "oauth")
    request = code_request(oauth, address, client, code, begun.verifier, begun.redirect)
    tokens = _granted(file, oauth, request, begun.redirect, door, pace)
    if swap := oauth.long_lived:
        request = swap_request(swap, placed(swap.address, server, settings, "oauth"), client, tokens.access)
        tokens = _granted(file, oauth, request, begun.redirect, door, pace)
    return tokens


def _granted(file: NetworkFile, oauth: OAuth, request: Request, redirect: str, door: Sends, pace: Pace) -> Tokens:
    try:
        tokens = tokens_of(asked(door, request, pace, file.label), oauth.wrapped)
    except Denied as denied:
        if denied.app:
            what = f"{file.label} does not know the app's id or secret: {denied.words}"
            raise ToolError.at(file.id, what, "copy both from the app again, and run login again") from None
        what = f"{file.label} gives no token: {denied.words}"
        remedy = f"run login again; the app must have exactly {redirect} as its address to come back to"
        raise ToolError.at(file.id, what, remedy) from None
    if isinstance(door, Door):
        door.guard(tokens.access, *([tokens.refresh] if tokens.refresh else []))
    return tokens
