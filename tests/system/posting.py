"""What tests of publishing share: a clock that sleeps by moving on, and the accounts of a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.accounts import Account


class Clock:
    """Sleeps by moving on. It begins `ahead` of now, or `at` a time."""

    def __init__(self, ahead: timedelta = timedelta(0), *, at: datetime | None = None) -> None:
        self.ahead = at - datetime.now(UTC) if at else ahead

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Given:
    """The accounts of a test, by network."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {one.service: one for one in accounts}

    def of(self, service: str, which: str = "") -> Account | None:
        return self.accounts.get(service)
