"""`editgan doctor`: checks the environment."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib import metadata
from typing import NamedTuple

import typer


class Finding(NamedTuple):
    """One line of `editgan doctor`: the checked item, its state and details."""

    name: str
    state: str  # "ok", "none" (optional and absent) or "FAIL" (needed)
    detail: str


def doctor() -> None:
    """Check the environment: versions, devices, EGL, Chromium, kernel, weights; exit code 1 if not ready."""
    findings = [_python(), *_packages(), *_devices(), _egl(), _chromium(), _kernelspec(), *_weights()]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        typer.echo(f"{finding.name:<{width}}  {finding.state:<4}  {finding.detail}")
    if failed := [finding.name for finding in findings if finding.state == "FAIL"]:
        typer.echo(f"editgan: not ready: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "FAIL", f"{version} at {sys.prefix}")


def _packages() -> list[Finding]:
    names = ("editgan-widgets", "torch", "numpy", "jupyterlab", "ipywidgets", "ipycanvas", "anywidget", "moderngl")
    return [_package(name) for name in names]


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "FAIL", "not installed; run `make install` or `pip install -e .`")


def _devices() -> list[Finding]:
    import torch

    cuda = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if cuda else "no CUDA device; the CPU is used"
    mps = torch.backends.mps.is_available()
    return [
        Finding("torch threads", "ok", f"{torch.get_num_threads()} of {os.cpu_count()} cores"),
        Finding("cuda", "ok" if cuda else "none", device),
        Finding("mps", "ok" if mps else "none", "Apple GPU" if mps else "no Apple GPU"),
    ]


def _egl() -> Finding:
    from editgan_widgets.domains.portraits.renderer import NoEGLError, egl_context

    try:
        context = egl_context()
    except NoEGLError as error:
        detail = f"{error.__cause__}; portraits are rendered in software, slower (Debian: libegl1 libgl1-mesa-dri)"
        return Finding("egl", "none", detail)
    detail = context.info["GL_RENDERER"]
    context.release()
    return Finding("egl", "ok", detail)


def _chromium() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for path in map(shutil.which, names) if path), None)
    return Finding("chromium", "ok" if found else "none", found or "none found; only the browser tests need one")


def _kernelspec() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return Finding("jupyter kernel", "ok", KernelSpecManager().get_kernel_spec("editgan").resource_dir)
    except NoSuchKernel:
        detail = "no kernel named editgan; `jupyter kernelspec install --sys-prefix --name editgan kernels/jupyter`"
        return Finding("jupyter kernel", "FAIL", detail)


def _weights() -> list[Finding]:
    from editgan_widgets import load_model
    from editgan_widgets.domains.portraits import load_factor_regressor, load_identity, load_segmenter
    from editgan_widgets.models.checkpoints import fingerprint
    from editgan_widgets.models.editgan import MODELS

    files = dict.fromkeys(MODELS.values())
    return [
        *(
            _weight(f"model {path.stem}", lambda path=path: load_model(path, device="cpu").fingerprint)
            for path in files
        ),
        _weight("segmenter", lambda: fingerprint(load_segmenter())),
        _weight("factor regressor", lambda: fingerprint(load_factor_regressor()), needed=False),
        _weight("identity", lambda: fingerprint(load_identity()), needed=False),
    ]


def _weight(name: str, fingerprint: Callable[[], str], needed: bool = True) -> Finding:
    """Check one weights file: a broken file is a failure, a missing one only if it is `needed`."""
    try:
        return Finding(name, "ok", f"fingerprint {fingerprint()}")
    except FileNotFoundError as error:
        return Finding(name, "FAIL" if needed else "none", str(error))
    except (ValueError, OSError) as error:
        return Finding(name, "FAIL", str(error))
