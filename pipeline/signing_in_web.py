"""The code flow from end to end: an app, a browser, an answer on this computer or a pasted address, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.errors import BriefError
from pipeline.http_door import LOOPBACK, Request
from pipeline.networks import NetworkFile
from pipeline.oauth.grants import Client, Denied, Tokens, code_request, swap_request, tokens_of
from pipeline.oauth.loopback import PATIENCE_S, Waiting, waiting
from pipeline.oauth.opening import Opening, code_of, opening, query_of
from pipeline.secret import Secret
from pipeline.signing_in_site import Site

_UNHEARD_PORT = 8765  # of an address at which nobody listens, because it is pasted


@dataclass(frozen=True, kw_only=True)
class AppOf:
    """An app at the network, as far as it is known."""

    id: str = ""
    secret: Secret | None = None


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the browser is opened and comes back. `redirect`: an address that the app has; `pasted`: a person copies the
    address to which the browser was sent, because that runs on another computer."""

    redirect: str = ""
    pasted: bool = False
    browse: bool = True
    patience_s: float = PATIENCE_S


def tokens_by_browser(site: Site, app: AppOf, way: Way) -> tuple[AppOf, Tokens]:
    """The app that was used, and what it was given. ToolError or Failure when it was given nothing."""
    with _end(site.file, way) as (redirect, server):
        app = _registered(site, redirect) if site.oauth.register_at else _officers(site, app, redirect)
        begun = opening(site.oauth, site.place(site.oauth.authorize, "authorize"), app.id, redirect)
        site.guard(begun.verifier, app.secret)
        site.hands.tell(f"Sign in to {site.file.label} in your browser:\n  {begun.address}")
        if way.browse and not way.pasted:
            site.hands.browse(begun.address)
        query = server.answer(site.file.id, way.patience_s) if server else _pasted(site, redirect)
    code = code_of(query, begun, site.file.id)
    site.guard(code)
    return app, _tokens(site, app, begun, code)


@contextmanager
def _end(file: NetworkFile, way: Way) -> Iterator[tuple[str, Waiting | None]]:
    """The address to come back to, and the server that waits there; none where a person pastes it."""
    assert file.oauth
    rule = file.oauth.redirect
    if not way.redirect and rule.by_hand:
        what = f"{file.label} comes back only to a page of the web that its app has"
        remedy = f"make an app ({file.app.address if file.app else ''}), and name that page: --redirect https://…"
        raise BriefError.at("login", what, remedy)
    host, port, path = _parts(way.redirect) if way.redirect else (rule.host, rule.port, rule.path)
    if not host:
        yield way.redirect, None
    elif way.pasted:
        yield f"http://{host}:{port or _UNHEARD_PORT}{path}", None
    else:
        with waiting(host, port, path) as server:
            yield server.redirect, server


def _parts(redirect: str) -> tuple[str, int, str]:
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
    such = "such as http://localhost:8765/, or an https page of yours"
    raise BriefError.at("--redirect", "this is not an address to come back to", such)


def _pasted(site: Site, redirect: str) -> str:
    question = f"Then paste the address that the browser was sent to ({redirect}?…), even if the page is an error"
    return query_of(site.hands.word(question, hidden=True), redirect, site.file.id)


def _officers(site: Site, app: AppOf, redirect: str) -> AppOf:
    """The officer's own app, asked for as far as it is not known."""
    hands, file, needs_secret = site.hands, site.file, site.oauth.client != "public"
    if (not app.id or (needs_secret and not app.secret)) and file.app:
        steps = list(file.app.steps)
        if site.oauth.redirect.port or site.settings.get("redirect"):
            steps.append(f"the address to come back to is {redirect}")
        lines = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
        hands.tell(f"{file.label} wants an app of your own ({file.app.address}):\n{lines}")
    name = app.id or hands.word("The app's id (client id)").strip()
    secret = app.secret
    if needs_secret and not secret:
        secret = Secret(hands.word("The app's secret", hidden=True).strip())
    return AppOf(id=name, secret=secret)


def _registered(site: Site, redirect: str) -> AppOf:
    """A new app that may come back to `redirect`, where servers take apps by themselves."""
    given = {"client_name": "make-promo", "redirect_uris": redirect, "scopes": " ".join(site.oauth.scopes)}
    address = site.place(site.oauth.register_at or "", "oauth")
    answer = site.asked(Request(method="POST", url=address, json=given))
    name, secret = answer.values().get("client_id"), answer.values().get("client_secret")
    if answer.status >= 300 or not isinstance(name, str) or not isinstance(secret, str):
        what = f"the server does not take make-promo as an app: {answer.words or f'error {answer.status}'}"
        raise site.failed(what, f"give a token instead: make-promo login {site.file.id} --token")
    return AppOf(id=name, secret=Secret(secret))


def _tokens(site: Site, app: AppOf, begun: Opening, code: Secret) -> Tokens:
    client = Client(id=app.id, secret=app.secret, way=site.oauth.client)
    address = site.place(site.oauth.token, "oauth")
    tokens = _given(site, code_request(site.oauth, address, client, code, begun.verifier, begun.redirect), begun)
    if swap := site.oauth.long_lived:
        request = swap_request(swap, site.place(swap.address, "oauth"), client, tokens.access)
        tokens = _given(site, request, begun)
    return tokens


def _given(site: Site, request: Request, begun: Opening) -> Tokens:
    label = site.file.label
    try:
        tokens = tokens_of(site.asked(request), site.oauth.wrapped)
    except Denied as denied:
        if denied.app:
            what = f"{label} does not know the app's id or secret: {denied.words}"
            raise site.failed(what, "copy both from the app again: login --client-id ID") from None
        remedy = f"run login again; the app must have exactly {begun.redirect} as its address to come back to"
        raise site.failed(f"{label} gives no token: {denied.words}", remedy) from None
    site.guard(tokens.access, tokens.refresh)
    return tokens
