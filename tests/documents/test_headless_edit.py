import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editgan_widgets import EditVector

EXAMPLE = Path(__file__).parents[2] / "examples" / "headless_edit.py"


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("headless_edit", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_writes_before_after_mask_and_an_edit_vector(example, tiny_model, tmp_path, capsys):
    tiny_model.save(tmp_path / "tiny.safetensors")
    out = tmp_path / "out"
    example.main(["--model", str(tmp_path / "tiny.safetensors"), "--steps", "3", "--seed", "4", "--out", str(out)])
    before, after, mask = (np.asarray(Image.open(out / f"{name}.png")) for name in ("before", "after", "mask"))
    assert before.shape == after.shape == mask.shape == (32, 32, 3)
    assert (before != after).any()
    assert EditVector.load(out / "wider_smile.safetensors").recipe["fingerprint"] == tiny_model.fingerprint
    printed = capsys.readouterr().out
    assert "step   3/3" in printed
    assert "mean change inside the region" in printed
