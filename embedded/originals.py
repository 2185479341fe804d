"""Whether a folder of data is the one that was last run, or a copy of it: a backup that was put back.

A copy holds the same bytes, so no content can tell. What no tool that copies can set is a file's number on
its disk and the moment of its last change: a slip in the folder names an empty file beside it, with both. The
pair is made anew at every run, so that a tool which leaves alone what looks unchanged brings back a slip
whose file is gone. A folder that was only moved or renamed is still the one.

A snapshot of the whole disk puts back the numbers as well; what to do then is in docs/operations.md.
"""

import os
from pathlib import Path
from uuid import uuid4

SLIP = "chairside-original"


def is_original(folder: Path) -> bool:
    """Data without a slip is no original either: it is from before there were slips, or from elsewhere."""
    try:
        name, told = (folder / SLIP).read_text().split(maxsplit=1)
        return told == _told_of(folder / name)
    except (OSError, ValueError):
        return False


def declare(folder: Path) -> None:
    """From now on this folder is the one. Killed at any moment, it is what it was before, or this."""
    named = folder / f"{SLIP}-{uuid4().hex}"
    with named.open("xb") as file:
        os.fsync(file.fileno())
    slip, making = folder / SLIP, folder / f"{SLIP}.making"
    with making.open("w") as file:
        file.write(f"{named.name} {_told_of(named)}")
        file.flush()
        os.fsync(file.fileno())
    making.replace(slip)
    _write_out(folder)
    for earlier in folder.glob(f"{SLIP}-*"):
        if earlier != named:
            earlier.unlink()


def _told_of(path: Path) -> str:
    found = path.stat()
    return f"{found.st_ino} {found.st_ctime_ns}"


def _write_out(folder: Path) -> None:
    """The names of the folder's files survive a power cut only then."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
