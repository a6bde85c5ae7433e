"""Files are written atomically, with the umask's mode, and unreadable ones are reported as such."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from editgan_widgets import images
from editgan_widgets.documents.animation import Animation
from editgan_widgets.documents.saved_picture import save_picture
from editgan_widgets.domains.portraits.measuring import MeasuringFileError, read_network
from editgan_widgets.domains.portraits.segmenter import Segmenter
from editgan_widgets.files import safe_name, whole_file, write_bytes, write_text
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.masks.mask_file import save_mask
from editgan_widgets.models.checkpoints import CheckpointError, load_generator, read_bundle
from editgan_widgets.models.editgan import load_model
from editgan_widgets.models.official.tensor_files import read_tensors

PICTURE = np.zeros((32, 32, 3), np.uint8)


@pytest.fixture
def umask_027() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def writers(session) -> dict[str, Callable[[Path], None]]:
    """The package's functions that write to a path, by file extension."""
    vector = EditVector("glow", session.w_plus[0] * 0 + 0.1, ("glow",), {})
    return {
        "bundle.safetensors": session.model.save,
        "vector.safetensors": vector.save,
        "judge.safetensors": Segmenter(widths=(4, 8)).save,
        "picture.png": lambda path: save_picture(session, path),
        "mask.png": lambda path: save_mask(session.label_map, session.model.labels, path),
        "sheet.png": lambda path: images.save(PICTURE, path),
        "photo.jpg": lambda path: images.save(PICTURE, path),
        "edit.gif": Animation(np.stack([PICTURE, PICTURE + 9]), 10, 0.1).save,
        "script.py": lambda path: write_text(path, "print('é')\n"),
    }


def test_every_new_file_has_the_mode_of_the_umask(session, tmp_path, umask_027):
    for name, write in writers(session).items():
        write(tmp_path / name)
        assert mode(tmp_path / name) == 0o640, name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(writers(session))


def test_an_existing_file_keeps_its_mode_and_a_link_stays_a_link(session, tmp_path, umask_027):
    (tmp_path / "elsewhere").mkdir()
    for name, write in writers(session).items():
        real, link = tmp_path / "elsewhere" / name, tmp_path / name
        real.write_bytes(b"old")
        real.chmod(0o664)
        link.symlink_to(real)
        write(link)
        assert link.is_symlink(), name
        assert mode(real) == 0o664, name
        assert real.read_bytes() != b"old", name


def test_a_link_to_a_file_that_does_not_exist_yet_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path):
    def interrupted(path: Path, error: BaseException) -> None:
        with whole_file(path) as unfinished:
            unfinished.write_bytes(b"half")
            raise error

    for name, error in (("old", OSError(28, "No space left on device")), ("new", KeyboardInterrupt())):
        (tmp_path / "old").write_bytes(b"whole")
        with pytest.raises(type(error)):
            interrupted(tmp_path / name, error)
        assert [path.name for path in tmp_path.iterdir()] == ["old"]
        assert (tmp_path / "old").read_bytes() == b"whole"


def test_every_writer_keeps_the_old_file_if_writing_fails(session, tmp_path, monkeypatch):
    """The disk is full when the new file is about to replace the old one."""

    def full(*_):
        raise OSError(28, "No space left on device")

    for name in writers(session):
        (tmp_path / name).write_bytes(b"whole")
    monkeypatch.setattr(os, "replace", full)
    for name, write in writers(session).items():
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / name)
        assert (tmp_path / name).read_bytes() == b"whole", name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(writers(session))


def test_a_device_file_is_written_to_and_not_replaced():
    write_bytes("/dev/null", b"nothing")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_missing_folder_and_a_folder_as_target_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere/file"):
        write_bytes(tmp_path / "nowhere" / "file", b"")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        write_bytes(tmp_path, b"")


@contextmanager
def another_user() -> Iterator[None]:
    """Read as a user other than root, for whom file modes apply."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked() -> Iterator[Path]:
    """A file without read permission in an accessible folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "locked.safetensors"
        path.write_bytes(b"anything")
        path.chmod(0)
        yield path


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (read_bundle, CheckpointError),
        (load_model, CheckpointError),
        (load_generator, CheckpointError),
        (read_tensors, CheckpointError),
        (EditVector.load, EditVectorError),
        (lambda path: read_network(path, "segmenter", lambda _: Segmenter(), "layers"), MeasuringFileError),
    ],
)
def test_a_file_without_read_permission_is_reported_as_such(locked, read, error):
    with (
        another_user(),
        pytest.raises(error, match=r"permission denied: .*locked\.safetensors \(mode 0000\).*chmod"),
    ):
        read(locked)
    locked.chmod(0o644)
    locked.parent.chmod(0o600)
    with another_user(), pytest.raises(error, match=r"permission denied: .*locked.safetensors; .*folders"):
        read(locked)
    locked.parent.chmod(0o700)


def test_a_file_and_a_folder_without_write_permission_are_refused_by_name(locked):
    with another_user(), pytest.raises(PermissionError, match=r"locked\.safetensors"):
        write_bytes(locked, b"new")
    with another_user(), pytest.raises(PermissionError, match=r"new\.png"):
        images.save(PICTURE, locked.parent / "new.png")


def test_a_safe_name_is_one_name_inside_a_folder_and_two_names_never_meet():
    names = ["", "/", "/etc/x", "..", ".", "a/../b", "a\\b", "C:\\x", "a\0b", " a", "a."]
    names += ["x" * 300, "x" * 301, "微" * 200]
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    for name in safe:
        assert name
        assert name.strip(".")
        assert not set(name) & set("/\\:\0")
        assert len(name.encode()) <= 255 - len(".safetensors")
    assert safe_name("open mouth 1.5") == "open mouth 1.5"
