"""Shared by tests of editors: an editor that records its messages, and a session's script run in a new process."""

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.widgets import Editor


@contextmanager
def heard(editor: Editor) -> Iterator[Editor]:
    """Record an editor's messages to the browser as `editor.sent`, (content, buffers) each; close it at the end."""
    editor.sent = []
    editor.view.send = lambda content, buffers=None: editor.sent.append((content, buffers))
    yield editor
    editor.close()


def push_of(model: EditGAN, length: float) -> EditVector:
    """A vector named push, with the same value in every component."""
    delta = length * torch.ones(model.generator.config.num_ws, model.generator.config.w_dim)
    return EditVector("push", delta, (), {"fingerprint": model.fingerprint})


def run_script(text: str, model: EditGAN, folder: Path) -> str:
    """Run a session's script with this model in a new Python process; returns its output."""
    model.save(folder / "model.safetensors")
    (folder / "picture.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "picture.py", "model.safetensors"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def run_script_here(text: str, model: EditGAN, folder: Path, patch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Run a session's script with this model in this process, which takes seconds less; returns its output."""
    patch.chdir(folder)
    patch.setattr(sys, "argv", ["picture.py", *arguments])
    patch.setattr("editgan_widgets.load_model", lambda _: model)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(text, "picture.py", "exec"), {})
    return out.getvalue()


def browser(editor, buffers=(), **content):
    """Send the editor a message as its page does."""
    editor.view._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.002)
