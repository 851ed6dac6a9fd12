"""Threads that log nothing: what speaks to the network knows addresses with keys in them, and logs them whole."""

from __future__ import annotations

import logging
import threading

_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


class _Silent(threading.local):
    on = False


SILENT = _Silent()


class _Hushed(logging.Filter):
    """httpx logs whole addresses, and ours hold keys: threads that are silent log nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not SILENT.on


_HUSHED = _Hushed()


def begin() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_HUSHED)  # only once, however often it is called
