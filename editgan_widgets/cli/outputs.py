"""Checks of the files that a command will write, made before its long work."""

import io
import os
import tempfile
from pathlib import Path


def check_writable(path: Path, option: str) -> None:
    """Make the folder of a file that will be written. Raises ValueError if this user cannot write the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied")
        if path.is_file() or not path.exists():
            with tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent):
                pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ValueError(f"{option} cannot be written: {path}: {reason}; give a file in a writable folder") from error


def check_picture(path: Path, option: str) -> None:
    """Like check_writable, for a picture: its extension must name a format that Pillow writes, in colour."""
    from PIL import Image

    picture, written = Image.new("RGB", (16, 16)), Image.registered_extensions().get(path.suffix.lower())
    try:
        picture.save(io.BytesIO(), written or "")
    except Exception as error:  # KeyError for a format that is only read; the formats raise errors of many types
        raise ValueError(
            f"{option} must end in a picture format that can be written, such as .png; got {path}"
        ) from error
    check_writable(path, option)
