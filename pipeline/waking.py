"""How the computer is told to wake `make-promo tick`: lines to copy for cron, systemd and the Windows Task Scheduler.

The alarm rings every ten minutes and decides nothing; what is due is in the schedule. Nothing here needs an
administrator or keeps a password.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

MINUTES = 10
NAME = "make-promo tick"
_KEPT = ("MAKE_PROMO_STATE", "MAKE_PROMO_CACHE", "MAKE_PROMO_CONFIG", "MAKE_PROMO_MAPS")


@dataclass(frozen=True, kw_only=True)
class Waker:
    """What is to be run, with whole paths. `environ`: the settings that point to folders."""

    program: str
    schedules: tuple[str, ...]
    log: str
    environ: tuple[tuple[str, str], ...] = ()

    @classmethod
    def here(cls, schedules: Sequence[Path], state: Path) -> Waker:
        """For this computer and the Python that runs us."""
        return cls(
            program=sys.executable,
            schedules=tuple(str(path.resolve()) for path in schedules),
            log=str(state / "tick.log"),
            environ=tuple((name, os.environ[name]) for name in _KEPT if os.environ.get(name)),
        )

    @property
    def command(self) -> tuple[str, ...]:
        return (self.program, "-m", "pipeline", "tick", *self.schedules)


def cron_line(waker: Waker) -> str:
    """For `crontab -e`. In a crontab % ends the command, so it is written with a backslash."""
    environ = [f"{name}={shlex.quote(value)}" for name, value in waker.environ]
    words = [*environ, *map(shlex.quote, waker.command), ">>", shlex.quote(waker.log), "2>&1"]
    return f"*/{MINUTES} * * * * " + " ".join(words).replace("%", "\\%")


def systemd_units(waker: Waker) -> dict[str, str]:
    """The two files for ~/.config/systemd/user, by their names."""
    environ = "".join(f"Environment={_systemd(f'{name}={value}', dollar='$')}\n" for name, value in waker.environ)
    service = (
        "[Unit]\nDescription=make-promo does what is due\n\n"
        f"[Service]\nType=oneshot\nNice=10\n{environ}ExecStart={' '.join(map(_systemd, waker.command))}\n"
    )
    timer = (
        "[Unit]\nDescription=Wakes make-promo every ten minutes\n\n"
        f"[Timer]\nOnCalendar=*:0/{MINUTES}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {"make-promo-tick.service": service, "make-promo-tick.timer": timer}


def _systemd(word: str, dollar: str = "$$") -> str:
    """A word of a unit file: in quotes, with its own signs for %, $ (in commands) and the backslash."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", dollar)):
        word = word.replace(sign, written)
    return f'"{word}"'


def _windows_command(waker: Waker) -> tuple[str, ...]:
    """With the Python that opens no window every ten minutes."""
    program = waker.program
    quiet = program[: -len("python.exe")] + "pythonw.exe" if program.lower().endswith("python.exe") else program
    return (quiet, *waker.command[1:])


def windows_arguments(words: Sequence[str]) -> str:
    """Words as Windows programs take them from one line."""
    import subprocess

    return subprocess.list2cmdline(words)


def schtasks_line(waker: Waker) -> str:
    """For a Command Prompt. Long commands are refused by /TR (261 characters); then the XML is the way."""
    inner = windows_arguments(_windows_command(waker)).replace('"', '\\"')
    return f'schtasks /Create /F /TN "{NAME}" /SC MINUTE /MO {MINUTES} /TR "{inner}"'


def task_xml(waker: Waker) -> str:
    """A task of this person's own: runs when logged on, also after a time that was missed. Save as UTF-16."""
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\n'
        f"  <RegistrationInfo><Description>{NAME}: does what is due</Description></RegistrationInfo>\n"
        "  <Triggers><TimeTrigger>"
        f"<Repetition><Interval>PT{MINUTES}M</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>"
        "<StartBoundary>2026-01-01T00:00:00</StartBoundary><Enabled>true</Enabled></TimeTrigger></Triggers>\n"
        '  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType>'
        "<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>\n"
        "  <Settings><MultipleInstancesPolicy>Parallel</MultipleInstancesPolicy>"
        "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>"
        "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>"
        "<StartWhenAvailable>true</StartWhenAvailable><ExecutionTimeLimit>PT0S</ExecutionTimeLimit></Settings>\n"
        f'  <Actions Context="Author"><Exec><Command>{escape(_windows_command(waker)[0])}</Command>'
        f"<Arguments>{escape(windows_arguments(waker.command[1:]))}</Arguments></Exec></Actions>\n"
        "</Task>\n"
    )


def help_text(waker: Waker) -> str:
    """All of them, each with where it goes."""
    units = systemd_units(waker)
    parts = [
        "Choose one. Each wakes make-promo every ten minutes; what is not due is not done.",
        f"Linux and macOS, cron: run `crontab -e` and add this line\n\n{cron_line(waker)}",
        "Linux, systemd: save two files in ~/.config/systemd/user, then run\n"
        "systemctl --user enable --now make-promo-tick.timer",
        *(f"--- {name}\n{text}" for name, text in units.items()),
    ]
    line = schtasks_line(waker)
    if len(windows_arguments(waker.command)) <= 261:
        parts.append(f"Windows, in a Command Prompt:\n\n{line}")
    parts.append(
        "Windows, as a file (also wakes after a time that was missed): save as make-promo-tick.xml in the encoding "
        f'UTF-16, then run\nschtasks /Create /F /TN "{NAME}" /XML make-promo-tick.xml\n\n{task_xml(waker)}'
    )
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
