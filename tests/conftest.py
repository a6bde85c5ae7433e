"""A tiny model for the whole suite: 32 px, w_dim 16, four parts, an interpreter trained on its own samples."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# This module imports torch in functions only: pytest's main process reads it before it starts workers.
if TYPE_CHECKING:
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.models.editgan import EditGAN

# The same examples in each run; on a busy machine no example is too slow.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=60)
settings.load_profile("repeatable")


def pytest_collection() -> None:
    """Let Triton interpret its kernels where there is no CUDA device; it reads the variable when it is imported.

    In a run with workers, xdist's hook replaces this one in the main process.
    """
    import torch

    if not torch.cuda.is_available():
        os.environ.setdefault("TRITON_INTERPRET", "1")


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No annotation is checked, as in a user's script: wrong types must get the package's own errors."""
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def tiny_model() -> "EditGAN":
    from tiny_model import make_tiny_model

    return make_tiny_model()


@pytest.fixture(scope="session")
def portraits_128() -> "EditGAN":
    """The shipped model; its tests are marked `shipped`."""
    from editgan_widgets import load_model

    return load_model("portraits-128")


@pytest.fixture
def session(tiny_model: "EditGAN") -> "EditSession":
    from editgan_widgets.documents.session import EditSession

    return EditSession.from_seed(tiny_model, seed=3)


@pytest.fixture
def painted(session: "EditSession") -> "EditSession":
    """A session in which the spark has been made larger."""
    from tiny_model import grown

    session.set_label_map(grown(session.label_map, 3))
    return session


@pytest.fixture(autouse=True, scope="session")
def no_vgg16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """VGG16's weights on this machine, if there are any, do not change what is computed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EDITGAN_VGG16", raising=False)
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        yield


@pytest.fixture(autouse=True, scope="session")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Editors keep their journals in a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDITGAN_JOURNALS", str(tmp_path_factory.mktemp("journals")))
        yield
