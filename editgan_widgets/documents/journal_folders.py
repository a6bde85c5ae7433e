"""Folders of the editors' journals, and pruning of old ones."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from editgan_widgets.documents.journal_lock import last_use, unused

_STAMP = "%Y%m%d-%H%M%S"  # prefix of a journal's name, local time
_FOLDERS = ("objects", "vectors")  # subfolders of a journal


def expanded(path: str | Path) -> Path:
    """Absolute path with `~` and `~user` expanded. Raises OSError if there is no home folder."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path}: {error}") from error


def journals_folder() -> Path:
    """EDITGAN_JOURNALS, or a folder in the user's state directory. Raises OSError if there is no home folder."""
    named = os.environ.get("EDITGAN_JOURNALS")
    if named:
        return expanded(named)
    return expanded(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "editgan-widgets" / "journals"


def new_folder(keep: int = 20) -> Path:
    """Path of a new journal in `journals_folder`, which is not created; prunes old journals.

    The newest `keep` journals are kept, and all that a running process uses. Those that this process uses or has used
    count as the newest, regardless of the clock.
    """
    root = journals_folder()
    ranked = sorted(newest_folders(), key=lambda folder: last_use(folder), reverse=True)
    for old in ranked[keep:]:
        with suppress(OSError), unused(old) as free:
            if free:
                _remove(old)
    stamp = time.strftime(_STAMP)
    return root / f"{stamp}-{os.getpid()}-{secrets.token_hex(4)}"


def newest_folders() -> list[Path]:
    """Journals in `journals_folder`, the most recent first.

    The time of a journal is that in its name or its last write, whichever is later, because a clock may have been set
    back.
    """
    found: list[tuple[float, Path]] = []
    with suppress(OSError):
        for folder in journals_folder().iterdir():
            with suppress(OSError):  # another process may be removing it
                found.append((max((folder / "log.jsonl").stat().st_mtime, _stamped(folder.name)), folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def _stamped(name: str) -> float:
    """Time in a journal's name, seconds since 1970; 0 if there is none."""
    try:
        return time.mktime(time.strptime(name[:15], _STAMP))
    except (ValueError, OverflowError):
        return 0.0


def _remove(folder: Path) -> None:
    """Delete a journal's files, and the folder if it is then empty."""
    # The log first, so that the folder is no longer a journal if the rest remains.
    for path in (folder / "log.jsonl", *(x for name in _FOLDERS for x in folder.glob(f"{name}/*")), *folder.glob("*")):
        if path.is_file():
            path.unlink(missing_ok=True)
    for path in (*(folder / name for name in _FOLDERS), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
