"""The door to the networks: bodies from the disk, one host for one token, waits in every dialect, nothing let slip."""

from __future__ import annotations

import copy
import json
import pickle
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pipeline import accounts
from pipeline.accounts import Account, Closed, KeyringVault, MemoryVault, OurAccounts, alone, server_of
from pipeline.errors import ToolError
from pipeline.http_door import Answer, Door, FileBody, Request, Unanswered, is_safe
from pipeline.publishers import Failure, Pace, asked, failed, patiently, polled, told
from pipeline.rate_limits import LONGEST, wait_until
from pipeline.secret import Secret, blackened

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WORD = "hunter2-hunter2"


class Web(BaseHTTPRequestHandler):
    """Does what the path says."""

    came: ClassVar[list[tuple[str, str, str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.came.append((self.path, self.command, str(self.headers.get("Authorization")), body))
        if self.path == "/cut":
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(0.5)
        status, headers, data = 200, {}, b'{"ok": 1}'
        if self.path.startswith("/to/"):
            status, headers = 302, {"Location": self.path.removeprefix("/to/")}
        if self.path == "/echo":
            status = 400
            data = json.dumps({"error": "Bad", "message": f"I got {self.headers['Authorization']}\n{body!r}"}).encode()
        if self.path == "/page":
            status, data = 502, b"<html>Bad gateway <b>" + b"x" * 900
        if self.path == "/endless":
            data = b"x" * (5 << 20)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _nothing_came() -> None:
    Web.came.clear()


def test_a_body_comes_from_the_disk_as_it_is(web: str, tmp_path: Path) -> None:
    """All of it, or a part of it, with its exact length."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 4000)
    Door().send(Request(method="POST", url=f"{web}/a", body=FileBody(path=path, mime="video/mp4")))
    Door().send(Request(method="POST", url=f"{web}/b", body=FileBody(path=path, start=10, count=300)))
    assert Web.came[0][3] == path.read_bytes()
    assert Web.came[1][3] == path.read_bytes()[10:310]


def test_a_body_is_read_piece_by_piece(tmp_path: Path) -> None:
    """A film is never in memory as a whole."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * (1 << 20))
    assert [len(piece) for piece in FileBody(path=path).pieces()] == [1 << 18] * 4


def test_a_file_that_shrinks_is_noticed(tmp_path: Path) -> None:
    """It is not sent as if it were whole."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 100)
    pieces = FileBody(path=path, count=200).pieces()
    with pytest.raises(OSError, match="shorter"):
        list(pieces)


def test_a_form_has_its_words_and_its_file(web: str, tmp_path: Path) -> None:
    """Under the names that the network asks for."""
    path = tmp_path / "Süßer Film.mp4"
    path.write_bytes(b"film")
    form: dict[str, str | bytes | FileBody] = {
        "description": "Tŷ Mawr",
        "file": FileBody(path=path, mime="video/mp4", name="c.mp4"),
    }
    Door().send(Request(method="POST", url=f"{web}/form", form=form))
    sent = Web.came[0][3]
    assert "Tŷ Mawr".encode() in sent
    assert b'filename="c.mp4"' in sent
    assert sent.index(b"description") < sent.index(b'name="file"')


def test_a_form_takes_a_part_of_a_file(web: str, tmp_path: Path) -> None:
    """Exactly those bytes, announced with their length; and bytes go as a file too."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 1000)
    for start, count in ((0, 100), (100_000, 120_000), (255_000, None)):
        body = FileBody(path=path, start=start, count=count, name="part")
        Door().send(Request(method="POST", url=f"{web}/form", form={"segment_index": "7", "media": body}))
        head, _, rest = Web.came[-1][3].partition(b'name="media"; filename="part"')
        assert b'name="segment_index"\r\n\r\n7\r\n' in head
        sent = rest.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        assert sent == path.read_bytes()[start : start + count if count else None]
    Door().send(Request(method="POST", url=f"{web}/form", form={"media": b"1\n2"}))
    assert b'filename="media"\r\nContent-Type: application/octet-stream\r\n\r\n1\n2\r\n--' in Web.came[-1][3]


def test_a_part_that_is_gone_is_noticed(web: str, tmp_path: Path) -> None:
    """A file that shrank is not sent as if it were whole."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 100)
    with pytest.raises(OSError, match="shorter"):
        Door().send(Request(method="POST", url=f"{web}/cut", form={"media": FileBody(path=path, count=200)}))
    while not Web.came:  # the server is still listening for the rest
        time.sleep(0.01)
    assert len(Web.came[0][3]) < 500


def test_reading_follows_to_the_same_host(web: str) -> None:
    """With its token, for it is the same place."""
    answer = Door().send(Request(method="GET", url=f"{web}/to//fine", bearer=Secret(WORD)))
    assert answer.values() == {"ok": 1}
    assert [one[2] for one in Web.came] == [f"Bearer {WORD}"] * 2


@pytest.mark.parametrize(
    ("method", "onward"),
    [
        ("GET", "http://127.0.0.1:9/x"),
        ("GET", "http://localhost:1/"),
        ("GET", "https://["),
        ("GET", "//a:99999/"),
        ("POST", "/fine"),
    ],
)
def test_nothing_else_is_followed(web: str, method: str, onward: str) -> None:
    """Not to another host or port, and never what changes something: that the server has heard."""
    with pytest.raises(Unanswered) as caught:
        Door().send(Request(method=method, url=f"{web}/to/{onward}", bearer=Secret(WORD)))
    assert caught.value.heard is (method == "POST")
    assert len(Web.came) == 1


def test_circles_end(web: str) -> None:
    """A server that sends us to itself for ever is left."""
    with pytest.raises(Unanswered, match="circles"):
        Door().send(Request(method="GET", url=f"{web}/to//to//to//to//to//to//fine"))


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "ftp://example.org", "https:///x", "file:///etc/passwd", "https://[::1/x"]
)
def test_only_https_leaves_this_computer(url: str) -> None:
    """Plain http is for this computer alone; nothing is sent."""
    assert not is_safe(url)
    with pytest.raises(Unanswered) as caught:
        Door().send(Request(method="POST", url=url, bearer=Secret(WORD)))
    assert not caught.value.heard


@pytest.mark.parametrize(("path", "heard"), [("/cut", True), ("/slow", True), ("", False)])
def test_it_is_known_whether_the_server_heard(web: str, path: str, heard: bool) -> None:
    """A post may be out after a cut or a silence, and cannot be when nobody listened."""
    url = f"{web}{path}" if path else "http://127.0.0.1:9/"
    with pytest.raises(Unanswered) as caught:
        Door(connect_s=1).send(Request(method="POST", url=url, json={}, answer_s=0.2))
    assert caught.value.heard is heard
    assert "127.0.0.1" in caught.value.words


def test_an_endless_answer_is_left(web: str) -> None:
    """4 MiB are more than any network has to say."""
    with pytest.raises(Unanswered, match="does not end"):
        Door().send(Request(method="GET", url=f"{web}/endless"))


def test_errors_are_sentences_without_secrets(web: str) -> None:
    """On one line, not a web page, and with dots where the server repeats what it was sent."""
    door = Door()
    door.guard(Secret("app-pass-word"))
    request = Request(method="POST", url=f"{web}/echo", json={"password": "app-pass-word"}, bearer=Secret(WORD))
    words = door.send(request).words
    assert words.startswith("Bad: I got Bearer •••")
    assert WORD not in words
    assert "app-pass-word" not in words
    assert "\n" not in words
    assert door.send(Request(method="GET", url=f"{web}/page")).words == ""


def test_whatever_else_is_told_of_an_answer_is_without_secrets(web: str) -> None:
    """An answer of success, too, may repeat what was sent: then and later on, by all that went through the door."""
    door = Door()
    answer = door.send(Request(method="GET", url=f"{web}/fine", bearer=Secret(WORD)))
    door.guard(Secret("app-pass-word"))
    assert answer.said(f"{WORD}\nand app-pass-word") == "••• and •••"
    assert answer.said(f"{'so ' * 99}{WORD}") == "so " * 99 + "•••"
    assert len(answer.said("so " * 200)) == 300
    assert "app-pass-word" not in repr(answer)


@pytest.mark.parametrize("pad", range(220, 300, 4))
def test_no_half_of_a_secret_is_left_where_words_are_cut(web: str, pad: int) -> None:
    """What a server repeats is blackened before it is shortened."""
    door, secret = Door(), "zyxwvut-secret-98765"
    door.guard(Secret(secret))
    words = door.send(Request(method="POST", url=f"{web}/echo", body=b"." * pad + secret.encode())).words
    assert not any(secret[:length] in words for length in range(4, len(secret)))


def test_a_secret_shows_itself_to_nobody(web: str) -> None:
    """Not in a text, a format, an exception's story, nor by pickling."""
    secret = Secret(WORD)
    request = Request(method="POST", url=f"{web}/cut", bearer=secret, body=WORD.encode())
    account = Account(service="x", server="https://x", vault=MemoryVault({"token": secret}))
    shown = (
        f"{secret} {secret!r} {[secret]} {request!r} {account!r} {Door()!r} {Answer(status=200, body=WORD.encode())!r}"
    )
    assert WORD not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(Unanswered) as caught:
        Door().send(request)
    error: BaseException | None = caught.value
    assert error.__suppress_context__
    assert WORD not in repr(error)
    assert blackened(f"a {WORD} b", [secret]) == "a ••• b"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0.5"}, 1),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"ratelimit-reset": str(int((NOW + timedelta(seconds=288)).timestamp()))}, 288),
        ({"x-rate-limit-reset": str(int((NOW + timedelta(seconds=900)).timestamp()))}, 900),
        ({"x-ratelimit-reset": (NOW + timedelta(seconds=300)).isoformat().replace("+00:00", "Z")}, 300),
        ({"x-ratelimit-reset": "2026-11-22T12:05:00.123456Z"}, 300.123456),
        ({"ratelimit-reset": "45"}, 45),
        ({"retry-after": "10", "ratelimit-reset": "45"}, 10),
        ({"retry-after": "soon", "ratelimit-reset": "45"}, 45),
        ({"retry-after": str((NOW + timedelta(seconds=60)).timestamp() * 1000)}, 60),
        ({"retry-after": format_datetime(NOW - timedelta(days=3), usegmt=True)}, 1),
        ({"retry-after": "99999999"}, LONGEST.total_seconds()),
    ],
)
def test_every_dialect_of_waiting(headers: dict[str, str], seconds: float) -> None:
    """Seconds, dates, Unix moments and ISO moments; never in the past, never for ever."""
    assert wait_until(headers, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "soon"}, {"ratelimit-reset": "-5"}])
def test_a_server_that_says_nothing_says_nothing(headers: dict[str, str]) -> None:
    """No moment is made up here."""
    assert wait_until(headers, NOW) is None


def test_a_wrong_clock_here_changes_nothing() -> None:
    """The moment is read against the server's own date."""
    late = NOW + timedelta(hours=3)
    headers = {"date": format_datetime(NOW, usegmt=True), "ratelimit-reset": str(int(NOW.timestamp()) + 60)}
    assert wait_until(headers, late) == late + timedelta(seconds=60)


class Script:
    """A door that gives what it was told to, in order."""

    def __init__(self, *said: Answer | Unanswered) -> None:
        self.said = list(said)

    def send(self, request: Request) -> Answer:
        now = self.said.pop(0)
        if isinstance(now, Unanswered):
            raise now
        return now


def test_accidents_are_sat_out_with_longer_pauses() -> None:
    """1, 2, 4 seconds or so apart; the fourth answer counts."""
    slept: list[float] = []
    pace = Pace(sleep=slept.append, clock=lambda: NOW)
    door = Script(Unanswered("cut", heard=True), Answer(status=503), Answer(status=500), Answer(status=200))
    assert asked(door, Request(method="GET", url="https://x"), pace, "X").status == 200
    assert all(0.8 * due <= pause <= 1.2 * due for pause, due in zip(slept, (1, 2, 4), strict=True))


def test_after_five_tries_it_is_told() -> None:
    """And what a server asks for beyond a minute is a wait of the account."""
    pace = Pace(sleep=lambda _: None, clock=lambda: NOW)
    with pytest.raises(Failure) as caught:
        asked(Script(*[Answer(status=500)] * 5), Request(method="GET", url="https://x"), pace, "X")
    assert caught.value.kind == "again"
    busy = Answer(status=503, headers={"retry-after": "600"})
    with pytest.raises(Failure) as caught:
        asked(Script(busy), Request(method="GET", url="https://x"), pace, "X")
    assert (caught.value.kind, caught.value.until) == ("wait", NOW + timedelta(seconds=600))


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Unanswered("cut", heard=True), "unknown"), (Unanswered("no route", heard=False), "again"),
        (Answer(status=500), "unknown"), (Answer(status=504), "unknown"), (Answer(status=302), "unknown"),
    ],
)  # fmt: skip
def test_the_public_call_is_never_repeated_blindly(said: Answer | Unanswered, kind: str) -> None:
    """One call is made; whatever may have come through is unknown."""
    door = Script(said)
    with pytest.raises(Failure) as caught:
        told(door, Request(method="POST", url="https://x"), "X")
    assert (caught.value.kind, door.said) == (kind, [])


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "fix"), (401, "sign-in"), (403, "account"), (422, "fix"), (429, "wait")]
)
def test_what_a_status_means(status: int, kind: str) -> None:
    """A refusal without a time is waited out for a quarter of an hour."""
    failure = failed(Answer(status=status), NOW, "X")
    assert failure.kind == kind
    assert (failure.until is not None) == (kind == "wait")


def test_polling_ends() -> None:
    """What takes too long is gone on with another time."""
    pace = Pace(sleep=lambda _: None, polls=3)
    with pytest.raises(Failure) as caught:
        polled(lambda: None, pace, "still working")
    assert caught.value.kind == "later"
    assert patiently(lambda: 7, pace) == 7


def test_environment_variables_come_first() -> None:
    """A server's account needs no keyring; what is missing is named."""
    given = {"MAKE_PROMO_MASTODON_SERVER": "walks.example/", "MAKE_PROMO_MASTODON_TOKEN": WORD}
    account = OurAccounts(environ=given).of("mastodon")
    assert account is not None
    assert (account.server, account.vault.get("token")) == ("https://walks.example", Secret(WORD))
    assert WORD not in repr(OurAccounts(environ=given))
    with pytest.raises(ToolError, match="MAKE_PROMO_MASTODON_SERVER"):
        OurAccounts(environ={"MAKE_PROMO_MASTODON_TOKEN": WORD}).of("mastodon")
    assert OurAccounts(environ={}).of("mastodon") is None


@pytest.mark.parametrize("text", ["http://walks.example", "walks.example/path", "", "user:pw@walks.example", "a b"])
def test_a_server_is_an_address_of_https(text: str) -> None:
    """Nothing else is signed in to."""
    with pytest.raises(ToolError):
        server_of(text)


def test_the_keyring_keeps_what_opens_and_the_list_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed in once, the account is there again; its file holds no secret."""
    import keyring
    from keyring.backend import KeyringBackend

    class Ring(KeyringBackend):
        priority = 1  # type: ignore[assignment]
        kept: ClassVar[dict[tuple[str, str], str]] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    try:
        vault = MemoryVault({"app_password": Secret(WORD), "refresh": Secret("r" * 300)})
        ours = OurAccounts(environ={})
        ours.keep(Account(service="bluesky", server="https://bsky.social", name="walks.test", vault=vault))
        account = ours.of("bluesky")
        assert account is not None
        assert account.vault.get("app_password") == Secret(WORD)
        assert account.vault.get("refresh") == Secret("r" * 300)
        assert account.vault.get("token") is None
        assert WORD not in accounts.config.state_dir().joinpath(accounts.FILE).read_text("utf-8")
    finally:
        keyring.set_keyring(before)


def test_no_keyring_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do, and without what was to be kept."""
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(Closed) as caught:
            KeyringVault("x").put("token", Secret(WORD))
    finally:
        keyring.set_keyring(before)
    assert "environment variables" in str(caught.value)
    assert WORD not in str(caught.value)


def test_one_process_at_a_time_has_an_account() -> None:
    """A second one is told so, after the patience that it has."""
    with alone("posting x", patience_s=1), pytest.raises(TimeoutError), alone("posting x", patience_s=0.05):
        pass
    with alone("posting x", patience_s=0.05), alone("posting y", patience_s=0.05):
        pass


@pytest.fixture(scope="module")
def unknown_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of https whose certificate nobody has signed but itself; gives its address."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    shown = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(shown + key.private_bytes(serialization.Encoding.PEM, *private))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for_gets_nothing(unknown_certificate: str) -> None:
    """The connection ends before a word of ours is said, and the sentence tells why."""
    with pytest.raises(Unanswered, match="certificate that this computer does not trust") as caught:
        Door().send(Request(method="POST", url=f"{unknown_certificate}/echo", bearer=Secret(WORD), body=b"film"))
    assert not caught.value.heard
