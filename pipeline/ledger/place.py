"""Where the ledger may lie: on this computer's own disk.

SQLite's shared memory does not work over a network drive, and a folder that is synchronised copies files half written
(sqlite.org/wal.html, "Disadvantages"): both lose events without a word.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import ToolError

_SYNCED = re.compile(
    r"onedrive|dropbox|google ?drive|googledrive|icloud|mobile documents|cloudstorage|nextcloud|owncloud|sharepoint|"
    r"box sync|syncthing|pcloud",
    re.IGNORECASE,
)
_SYNC_VARIABLES = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afs|9p|drvfs|davfs\d?|ncpfs|ceph|glusterfs|lustre|"
    r"fuse\.(sshfs|rclone|s3fs|gvfsd-fuse|davfs\d?|glusterfs|ceph|smbnetfs|curlftpfs|google-drive-ocamlfuse|onedriver)"
)
_WINDOWS_REMOTE = 4  # DRIVE_REMOTE of GetDriveTypeW


def refuse_shared(folder: Path) -> None:
    """ToolError when `folder` is on a network drive or is synchronised, as far as that can be known."""
    if why := shared_by(folder):
        what = f"the ledger must be on this computer's own disk, but this folder {why}"
        remedy = "name a folder of this computer in the environment variable MAKE_PROMO_STATE"
        raise ToolError.at(str(folder), what, remedy)


def shared_by(folder: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Why `folder` is not this computer's alone: "is synchronised (OneDrive)"; "" when nothing speaks against it."""
    real = Path(os.path.realpath(folder))
    for name in _SYNC_VARIABLES:
        root = environ.get(name, "").strip()
        if root and real.is_relative_to(os.path.realpath(root)):
            return "is synchronised (OneDrive)"
    if synced := next((part for part in real.parts if _SYNCED.search(part)), None):
        return f'is synchronised ("{synced}")'
    return _network(real)


def _network(real: Path) -> str:
    text = str(real)
    if sys.platform == "win32":
        import ctypes

        remote = text.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(real.anchor) == _WINDOWS_REMOTE
        return "is on a network drive" if remote else ""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:  # not Linux
        return ""
    kind = mounted_as(text, mounts)
    return f"is on a network drive ({kind})" if _NETWORK.fullmatch(kind) else ""


def mounted_as(path: str, mounts: str) -> str:
    """The kind of file system at `path`, from the text of /proc/self/mountinfo; "" when it is not told."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        if len(left.split()) < 5 or not right:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda hit: chr(int(hit[1], 8)), left.split()[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # of two at one place the later lies on top
            best, kind = len(point), right.split()[0]
    return kind


def made_private(path: Path) -> None:
    """The folder and the file, for nobody else to read; an existing file keeps what it has."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
