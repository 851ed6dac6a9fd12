"""Fixtures for all tests. The shared data set lies beside the checkout and is never part of it."""

from __future__ import annotations

import os
import warnings
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
    """No test reads or writes the cache, settings, maps or ledger of the person who runs it."""
    root = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("MAKE_PROMO_CACHE", str(root))
    monkeypatch.setenv("MAKE_PROMO_STATE", str(root.with_name("state")))
    monkeypatch.setenv("MAKE_PROMO_CONFIG", str(root.with_name("config")))
    monkeypatch.setenv("MAKE_PROMO_MAPS", str(root.with_name("maps")))
