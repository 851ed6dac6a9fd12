"""The one door to the network: a few requests to the hosts of one provider, within limits, by threads that can be left.

At most four connections, ten seconds of silence, twenty for an answer, sixty for everything; at most so many bytes as
the asker can use, still packed as they came. An answer that is no answer (blocked, asked too often, a web page, another
host) is a sentence; nothing is asked twice but what failed by accident. Addresses hold keys, so no message, no log and
no error shows more of one than its host.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urljoin

from pipeline.errors import MaterialError
from pipeline.map_providers import LOCAL
from pipeline.maps import silence
from pipeline.nearest import shortened

_REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 3
_MOST_USELESS = 65_536  # bytes
_GRACE_S = 1.0  # for threads to notice that it is over

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds; `silence_s` to connect and between two parts of an answer."""

    connections: int = 4
    silence_s: float = 10.0
    answer_s: float = 20.0
    total_s: float = 60.0
    pause_s: float = 0.5  # before asking once more


LIMITS = Limits()


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """`headers` by their names in small letters; `body` as it was sent, perhaps in gzip."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooLongError(MaterialError):
    """The answer is longer than it may be."""


@dataclass(frozen=True, kw_only=True)
class _Over(Generic[Job, Result]):
    """What a thread says: a job's result, a failure, or neither: it has no more to do."""

    job: Job | None = None
    result: Result | None = None
    failure: BaseException | None = None
    ended: bool = False


@dataclass(kw_only=True)
class Client:
    """Asks the hosts of one provider. `where`: its name, for messages. `local`: http:// to this machine is allowed."""

    where: str
    agent: str
    hosts: frozenset[str]
    local: bool = False
    limits: Limits = LIMITS
    _sockets: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        import httpx

        silence.begin()
        self._until = time.monotonic() + self.limits.total_s
        most = self.limits.connections
        try:
            self._client = httpx.Client(
                headers={"User-Agent": self.agent},
                limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
                timeout=self.limits.silence_s,
                follow_redirects=False,
            )
        except (ValueError, OSError, ImportError):  # the system's proxy or certificates, as told by the environment
            raise MaterialError.at(
                self.where,
                "the network cannot be used: its proxy or certificates are set wrongly",
                "look at HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
            ) from None
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._cut()
        end = time.monotonic() + _GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        # What a thread still waits for is shut but not closed: its number could be another file's in a moment.
        if not any(thread.is_alive() for thread in self._threads):
            self._client.close()

    def each(self, jobs: Sequence[Job], work: Callable[[Job], Result]) -> dict[Job, Result]:
        """Every job done, four at a time. The first failure ends all of it, and so does the time for everything."""
        waiting = deque(jobs)
        said: queue.SimpleQueue[_Over[Job, Result]] = queue.SimpleQueue()

        def run() -> None:
            silence.SILENT.on = True
            while not self._stop.is_set():
                try:
                    job = waiting.popleft()
                except IndexError:
                    break
                try:
                    said.put(_Over(job=job, result=work(job)))
                except BaseException as error:  # told in the thread that asked
                    said.put(_Over(failure=error))
                    return
            said.put(_Over(ended=True))

        # Daemons: a name server that never answers must not keep the program from ending.
        most = min(self.limits.connections, len(jobs))
        running = [threading.Thread(target=run, name="map-tiles", daemon=True) for _ in range(most)]
        self._threads += running
        for thread in running:
            thread.start()
        return self._collected(said, len(running))

    def _collected(self, said: queue.SimpleQueue[_Over[Job, Result]], running: int) -> dict[Job, Result]:
        found: dict[Job, Result] = {}
        while running:
            try:
                over = said.get(timeout=max(0.0, self._until - time.monotonic()))
            except queue.Empty:
                self._cut()
                raise self._late() from None
            if over.failure is not None:
                self._cut()
                raise over.failure from None
            if over.ended:
                running -= 1
            else:
                found[over.job] = over.result  # type: ignore[index, assignment]
        return found

    def get(self, address: str, *, most: int, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer at an address, to be asked from within `each`. Raises MaterialError."""
        for _ in range(MOST_REDIRECTS + 1):
            self._check(address)
            answer = self._once_more(address, dict(headers or {}), most)
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not target:
                return answer
            with suppress(ValueError):
                target = urljoin(address, target)
            address = target
        raise MaterialError.at(self.where, "it sends us round in circles", "try again later, or use another source")

    def _check(self, address: str) -> None:
        """By the same reading of the address that is asked."""
        import httpx

        try:
            url = httpx.URL(address)
            host, scheme = url.raw_host.decode("ascii"), "" if url.userinfo else url.scheme
        except (httpx.InvalidURL, ValueError, TypeError):
            host, scheme = "", ""
        secure = scheme == "https" or (scheme == "http" and self.local and host == LOCAL)
        if host not in self.hosts or not secure:
            how = f'another host ("{shortened(host)}")' if host not in self.hosts else "an address without encryption"
            remedy = "if the provider has moved there, add it to `hosts:` in the provider's file"
            raise MaterialError.at(self.where, f"it sends us to {how}, and we do not go there", remedy)

    def _once_more(self, address: str, headers: dict[str, str], most: int) -> Answer:
        """Accidents (an answer of the 500s, a connection that breaks) are given one second chance."""
        import httpx

        for again in (False, True):
            try:
                answer = self._once(address, headers, most)
                if answer.status < 500 or again or "retry-after" in answer.headers:
                    return answer
            except httpx.TimeoutException:
                raise self._silent() from None
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                if again or _certificate(error):
                    raise self._unreached(error) from None
            if self._stop.wait(min(self.limits.pause_s, max(0.0, self._until - time.monotonic()))):
                break
        raise self._late()

    def _once(self, address: str, headers: dict[str, str], most: int) -> Answer:
        left = self._until - time.monotonic()
        if left <= 0 or self._stop.is_set():
            raise self._late()
        until = time.monotonic() + min(self.limits.answer_s, left)
        request = self._client.build_request(
            "GET",
            address,
            headers={"Accept-Encoding": "gzip", **headers},
            timeout=min(self.limits.silence_s, left),
            extensions={"trace": self._traced},
        )
        response = self._client.send(request, stream=True)
        try:
            # Also what is of no use is read to its end, if that is near: only then the connection serves again.
            useful = response.status_code in (200, 206)
            body = bytearray()
            for part in response.iter_raw():
                body += part
                if useful and len(body) > most:
                    what = f"an answer of it is longer than {max(1, most // 1_000_000)} MB"
                    raise TooLongError.at(self.where, what, "use another source")
                if len(body) > _MOST_USELESS and not useful:
                    break
                if time.monotonic() > until:
                    raise self._silent()
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status_code, headers=names, body=bytes(body) if useful else b"")
        finally:
            response.close()

    def _traced(self, event: str, info: dict[str, Any]) -> None:
        """Remembers every socket as it is opened, so that a thread that waits for it can be woken."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            found = info["return_value"].get_extra_info("socket")
            if isinstance(found, socket.socket):
                self._sockets.append(found)

    def _cut(self) -> None:
        self._stop.set()
        for one in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # not the one of TLS, which is another thread's

    def _late(self) -> MaterialError:
        what = f"it took longer than {self.limits.total_s:g} s to get the map"
        return MaterialError.at(self.where, what, "run again: what has come is kept")

    def _silent(self) -> MaterialError:
        what = f"it did not answer within {self.limits.silence_s:g} s"
        return MaterialError.at(self.where, what, "look at the network, or try again later")

    def _unreached(self, error: Exception) -> MaterialError:
        if _certificate(error):
            what = "its certificate is not trusted here, so it may be somebody else"
            remedy = "if your network inspects traffic, name its certificates in SSL_CERT_FILE"
            return MaterialError.at(self.where, what, remedy)
        return MaterialError.at(self.where, "it cannot be reached", "look at the network, or try again later")


def _certificate(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
