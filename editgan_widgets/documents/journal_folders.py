"""Where editors keep their journals, and which of them are removed when there are many."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from editgan_widgets.documents.journal_lock import last_use, unused

_STAMP = "%Y%m%d-%H%M%S"  # of a journal's name, local time
_FOLDERS = ("objects", "vectors")  # of a journal, beside its own files


def expanded(path: str | Path) -> Path:
    """An absolute path, with `~` and `~user` replaced by the home folder. Raises OSError where there is none."""
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path}: {error}") from error


def journals_folder() -> Path:
    """The variable EDITGAN_JOURNALS, or the user's folder for programs' state. Raises OSError without a home folder."""
    named = os.environ.get("EDITGAN_JOURNALS")
    if named:
        return expanded(named)
    return expanded(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "editgan-widgets" / "journals"


def new_folder(keep: int = 20) -> Path:
    """A name for a new journal in `journals_folder`; nothing is written.

    Of the old journals the newest `keep` stay, and all that a running process uses. Those that this process uses
    or used count as the newest, whatever the clock says.
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
    """Journals in `journals_folder`, the one written to last first.

    A journal is as new as the time in its name or its last write, the later one: a clock may have been set back.
    """
    found: list[tuple[float, Path]] = []
    with suppress(OSError):
        for folder in journals_folder().iterdir():
            with suppress(OSError):  # another process may remove it at this moment
                found.append((max((folder / "log.jsonl").stat().st_mtime, _stamped(folder.name)), folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def _stamped(name: str) -> float:
    """The time in a journal's name, seconds since 1970; 0 where there is none."""
    try:
        return time.mktime(time.strptime(name[:15], _STAMP))
    except (ValueError, OverflowError):
        return 0.0


def _remove(folder: Path) -> None:
    """Delete a journal's own files, and the folder where nothing else is in it."""
    # The log first: a folder without one is no journal, should the rest remain.
    for path in (folder / "log.jsonl", *(x for name in _FOLDERS for x in folder.glob(f"{name}/*")), *folder.glob("*")):
        if path.is_file():
            path.unlink(missing_ok=True)
    for path in (*(folder / name for name in _FOLDERS), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
