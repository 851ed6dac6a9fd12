"""Fixtures for all tests. The shared data set lies beside the checkout and is never part of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MAKE_PROMO_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real footage, routes and telemetry; tests that need it skip loudly without it."""
    if not (SHARED / "data").is_dir():
        warnings.warn(f"no data set at {SHARED}: tests on real files are NOT run", stacklevel=1)
        pytest.skip(f"the shared data set is not at {SHARED}; set MAKE_PROMO_SHARED")
    return SHARED


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the cache, settings, maps or ledger of the person who runs it, nor the accounts, settings
    and ledger of another test; what was worked is shared, for time."""
    root = tmp_path_factory.getbasetemp()
    own = root / "own" / str(next(_TESTS))
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(root / "cache"))
    monkeypatch.setenv("MAKE_PROMO_STATE", str(own / "state"))
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(own / "config"))
    monkeypatch.setenv("MAKE_PROMO_MAPS", str(own / "maps"))


_TESTS = count()


_SECRETS: set[str] = set()  # every value that was made a Secret in the test that runs
_SHORTEST = 10  # shorter ones are ordinary words
_LARGEST = 4 << 20


def pytest_configure(config: pytest.Config) -> None:
    """From now on it is known what must not be said: `pytest_runtest_makereport` and `_nothing_secret` look for it."""
    from pipeline.secret import Secret

    made = Secret.__init__

    def noted(self: Secret, value: str) -> None:
        made(self, value)
        if len(value) >= _SHORTEST:
            _SECRETS.add(value)

    Secret.__init__ = noted  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """No output and no log of any test holds a secret."""
    report = yield
    said = "\n".join(text for _, text in report.sections)
    if report.passed and any(value in said for value in _SECRETS):
        report.outcome, report.longrepr = "failed", "a secret is in what this test printed or logged"
    return report


@pytest.fixture(autouse=True)
def _nothing_secret(request: pytest.FixtureRequest) -> Iterator[None]:
    """No file that a test leaves holds a secret; what stands for a keyring is called a vault."""
    _SECRETS.clear()
    yield
    folder = request.node.funcargs.get("tmp_path")
    if not _SECRETS or folder is None:
        return
    values = [value.encode() for value in _SECRETS]
    for path in folder.rglob("*"):
        if "vault" in path.name or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        data = path.read_bytes()
        assert not any(value in data for value in values), f"a secret is in {path.name}"
