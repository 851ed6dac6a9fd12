"""A cluster beyond this computer: encrypted, with certificates on both sides, and closed to whoever has none."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from scale_bench import alive, nobody
from workbench import brief, environment, promo, walk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
]


def keys(folder: Path) -> dict[str, str]:
    """A certificate that signs itself, for the loopback; as the environment names it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "farm")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    cert = str(folder / "cert.pem")
    return {"MAKE_PROMO_TLS_CA": cert, "MAKE_PROMO_TLS_CERT": cert, "MAKE_PROMO_TLS_KEY": str(folder / "key.pem")}


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, dict[str, str], Path]]:
    """Somebody's scheduler with TLS, as Dask's own program starts it: address, certificates, cache."""
    ours, cache, port = keys(tmp_path / "keys"), tmp_path / "cache", free_port()
    files = [ours[f"MAKE_PROMO_TLS_{name}"] for name in ("CA", "CERT", "KEY")]
    named = [word for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), files, strict=True) for word in pair]
    process = _started(
        "distributed.cli.dask_scheduler", "--host", f"tls://127.0.0.1:{port}", "--no-dashboard",
        "--dashboard-address", "127.0.0.1:0", *named, cache=cache,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"tls://127.0.0.1:{port}", ours, cache
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _started(module: str, *words: object, cache: Path, **more: str) -> subprocess.Popen[Any]:
    command = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.Popen(command, env=environment(cache, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_a_cluster_with_tls(scheduler: tuple[str, dict[str, str], Path], tmp_path: Path) -> None:
    """`make-promo worker tls://…` joins, a brief is rendered there, and its clip is that of one process; who has no
    certificates, or others, is not let in; when the worker is ended, nothing of it is left."""
    address, ours, cache = scheduler
    walk(tmp_path / "w.gpx")
    path = brief(tmp_path, kind="map", length="3s")
    assert promo(path, "--draft", "--engine", "inline", "-o", tmp_path / "one", cache=tmp_path / "c").returncode == 0
    besides = list(alive(cache))
    worker = _started("pipeline", "worker", address, "--jobs", "1", "--nvenc", "1", cache=cache, **ours)
    try:
        done = promo(path, "--draft", "--engine", address, "-o", tmp_path / "two", cache=cache, **ours)
        assert done.returncode == 0, done.stderr
        one, two = (tmp_path / name / "route/x.en.mp4" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
        bare = promo(path, "--engine", address, "-o", tmp_path / "no", cache=cache)
        assert bare.returncode == 4
        assert "MAKE_PROMO_TLS_CA is not set" in bare.stderr
        others = promo(path, "--engine", address, "-o", tmp_path / "no", cache=cache, **keys(tmp_path / "others"))
        assert others.returncode == 4, others.stderr
        assert "no scheduler answers there" in others.stderr
        assert not (tmp_path / "no").exists()
    finally:
        worker.send_signal(signal.SIGINT)
        said, _ = worker.communicate(timeout=30)
    assert worker.returncode == 0, said
    assert nobody(cache, besides=besides), alive(cache)
    if not os.path.exists("/dev/nvidia0"):
        assert b"NVENC does not work here" in said
    shutil.rmtree(cache)
