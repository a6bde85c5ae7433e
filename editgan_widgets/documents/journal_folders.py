"""Where editors keep their journals, and which of them are removed when there are many."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from editgan_widgets.documents.journal_lock import unused

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

    Of the old journals the newest `keep` stay, and all that a running process uses.
    """
    root = journals_folder()
    for old in newest_folders()[keep:]:
        with suppress(OSError), unused(old) as free:
            if free:
                _remove(old)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return root / f"{stamp}-{os.getpid()}-{secrets.token_hex(4)}"


def newest_folders() -> list[Path]:
    """Journals in `journals_folder`, the one written to last first."""
    found: list[tuple[int, Path]] = []
    with suppress(OSError):
        for folder in journals_folder().iterdir():
            with suppress(OSError):  # another process may remove it at this moment
                found.append(((folder / "log.jsonl").stat().st_mtime_ns, folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def _remove(folder: Path) -> None:
    """Delete a journal's own files, and the folder where nothing else is in it."""
    # The log first: a folder without one is no journal, should the rest remain.
    for path in (folder / "log.jsonl", *(x for name in _FOLDERS for x in folder.glob(f"{name}/*")), *folder.glob("*")):
        if path.is_file():
            path.unlink(missing_ok=True)
    for path in (*(folder / name for name in _FOLDERS), folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
