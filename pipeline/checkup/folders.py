"""Where make-promo keeps things: can it write there, is there room, does another program copy the folder away, and is
a path too long; the maps that are at hand, and the person's settings."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from pipeline import config
from pipeline.checkup.finding import Finding, Machine, reason
from pipeline.errors import PromoError

_GB = 1_000_000_000
LEAST_BYTES, GOOD_BYTES = 1 * _GB, 10 * _GB
WINDOWS_PATH, SHAREPOINT_PATH = 259, 400  # characters that a path may have
# The longest file that a brief usually leaves, with the name that it has while it is written.
TYPICAL = "promo/fryent-country-park-circular/.instagram-feed-4x5.en.post.0123abcd.part.txt"
_SYNCED = (
    (r"onedrive( - .+|-.+)?", "OneDrive"),
    (r"sharepoint( - .+)?|.+ - documents", "SharePoint"),
    (r"dropbox( \(.+\))?", "Dropbox"),
    (r"mobile documents|com~apple~clouddocs|icloud ?drive|iclouddrive", "iCloud"),
    (r"google ?drive|googledrive-.+|my drive", "Google Drive"),
    (r"box sync|box-box", "Box"),
    (r"nextcloud|owncloud", "Nextcloud"),
    (r"cloudstorage", "a cloud service"),
)
_VARIABLES = {
    "OneDrive": "OneDrive", "OneDriveCommercial": "OneDrive", "OneDriveConsumer": "OneDrive", "DROPBOX_HOME": "Dropbox",
}  # fmt: skip
_MOST_MAPS = 40
_LARGE = 200_000_000


def own_folders(machine: Machine) -> Iterator[Finding]:
    """The folders for what can be made again and for what is remembered; neither is made here."""
    for what, folder, variable in (
        ("cache folder", config.cache_dir(), "MAKE_PROMO_CACHE"),
        ("state folder", config.state_dir(), "MAKE_PROMO_STATE"),
    ):
        elsewhere = f"set {variable} to a folder on this computer's own disk, such as {_example(machine)}"
        yield _writable(what, folder, elsewhere, machine)
        if machine.windows and str(folder).startswith("\\\\"):
            yield Finding(
                level="warn",
                what=what,
                measured=f"it lies on a network drive: {folder}",
                remedy=f"this slows down every run: {elsewhere}",
            )
        service = synced(folder, machine)
        if service:
            yield Finding(
                level="warn",
                what=what,
                measured=f"it lies in a folder that {service} copies away: {folder}",
                remedy=f"copying slows down every run and can damage what is being written: {elsewhere}",
            )


def _example(machine: Machine) -> str:
    return r"C:\ProgramData\make-promo" if machine.windows else "/var/tmp/make-promo"


def _writable(what: str, folder: Path, elsewhere: str, machine: Machine) -> Finding:
    parent = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    try:
        if not parent.is_dir():
            raise NotADirectoryError(20, f"{parent.name} is a file")
        with tempfile.NamedTemporaryFile(prefix=".make-promo-", dir=parent) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
        free = machine.free(parent)
    except OSError as error:
        if error.errno == 28:
            return Finding(
                level="block", what=what, measured=f"the disk is full: {folder}",
                remedy=f"free 10 GB, or {elsewhere}",
            )  # fmt: skip
        return Finding(
            level="block", what=what, measured=f"{folder} cannot be written to: {reason(error)}", remedy=elsewhere
        )
    said = f"{folder}, {free / _GB:,.1f} GB free"
    if free < LEAST_BYTES:
        return Finding(level="block", what=what, measured=said, remedy=f"free 10 GB, or {elsewhere}")
    if free < GOOD_BYTES:
        remedy = f"a few 4K clips fill this: free 10 GB, or {elsewhere}"
        return Finding(level="warn", what=what, measured=said, remedy=remedy)
    return Finding(level="ok", what=what, measured=said)


def synced(folder: Path, machine: Machine) -> str:
    """The service that copies a folder to other computers, as its path and the environment tell; empty: none."""
    path = PureWindowsPath(folder) if machine.windows else folder
    for name, service in _VARIABLES.items():
        place = machine.environ.get(name, "").strip()
        if place and path.is_relative_to(place):  # Windows' paths are compared without letter case
            return service
    for part in path.parts:
        for pattern, service in _SYNCED:
            if re.fullmatch(pattern, part.casefold()):
                return service
    return ""


def this_folder(machine: Machine) -> Iterator[Finding]:
    """Where the command was given: briefs and clips usually lie there."""
    service = synced(machine.here, machine)
    longest = len(str(machine.here)) + 1 + len(TYPICAL)
    if machine.windows and longest > WINDOWS_PATH:
        yield Finding(
            level="warn",
            what="path length",
            measured=f"clips made here would have paths of {longest} characters; Windows allows {WINDOWS_PATH}",
            remedy="work in a folder with a short path, such as C:\\promo, or name one with --out",
        )
    elif service in ("OneDrive", "SharePoint") and longest > SHAREPOINT_PATH:
        yield Finding(
            level="warn",
            what="path length",
            measured=f"clips made here would have paths of {longest} characters; {service} allows {SHAREPOINT_PATH}",
            remedy="work in a folder with a shorter path",
        )
    else:
        yield Finding(level="ok", what="path length", measured=f"{longest} characters for clips made in this folder")
    if service:
        yield Finding(
            level="ok",
            what="this folder",
            measured=f"{service} copies it to other computers; clips may lie here, nothing half-made does",
        )


def map_files(_: Machine) -> Iterator[Finding]:
    """The files in the folder of maps, each opened as far as is quick."""
    from pipeline import maps

    folder = config.maps_dir()
    if not folder.is_dir():
        said = f"there is none ({folder}); maps beside a brief are found all the same"
        yield Finding(level="ok", what="folder of maps", measured=said)
        return
    try:
        found = sorted(path for path in folder.iterdir() if maps.sort_of(path) and path.is_file())
    except OSError as error:
        yield Finding(
            level="warn", what="folder of maps", measured=f"{folder} cannot be opened: {reason(error)}",
            remedy="check its rights, or set MAKE_PROMO_MAPS to another folder",
        )  # fmt: skip
        return
    bad = 0
    for path in found[:_MOST_MAPS]:
        try:
            with path.open("rb") as stream:
                stream.read(1)
            if path.stat().st_size < _LARGE and path.name.lower().endswith((".pmtiles", ".mbtiles", ".pbf")):
                maps.extent(path)
        except (PromoError, OSError) as error:
            bad += 1
            first = error.problems[0] if isinstance(error, PromoError) else None
            yield Finding(
                level="warn",
                what=f"map {path.name[:80]}",
                measured=first.what if first else reason(error),
                remedy=(first.remedy if first else "") or "get the file again",
            )
    yield Finding(
        level="ok", what="folder of maps", measured=f"{len(found) - bad} of {len(found)} files can be read in {folder}"
    )


def own_settings(_: Machine) -> Iterator[Finding]:
    from pipeline import settings

    path = settings.folder() / settings.FILE
    try:
        given = settings.read_settings()
    except PromoError as error:
        for problem in error.problems:
            remedy = problem.remedy or "correct the file, or delete it"
            yield Finding(level="warn", what="settings", measured=f"{problem.where}: {problem.what}", remedy=remedy)
        return
    said = str(path) if path.is_file() else f"none ({path})"
    online = f"; online maps: {', '.join(given.online)}" if given.online else "; nothing is fetched from the network"
    yield Finding(level="ok", what="settings", measured=said + online)
