"""An incomplete generator is refused in one sentence, which names missing, misshapen and unknown tensors."""

from pathlib import Path

import pytest
import torch
from reference_generator import make_random_generator

from editgan_widgets import load_model
from editgan_widgets.models import checkpoints
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.misfit import misfit
from editgan_widgets.models.official.generators import official_generator

FILLED_IN = ("w_avg", "resample_filter", "noise_const", "kernel")  # and rosinality's noises.*


@pytest.fixture(scope="module")
def layouts():
    generator = make_random_generator().eval()
    return {"StyleGAN2-ADA": generator.state_dict(), "rosinality": checkpoints.to_rosinality(generator)["g_ema"]}


def refusal(state):
    with pytest.raises(CheckpointError) as refused:
        official_generator(Path("G.pt"), {"g_ema": state})
    message = str(refused.value)
    assert message.startswith("G.pt: ")
    assert "\n" not in message
    assert "give a complete one" in message
    assert len(message) < 500
    return message


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["StyleGAN2-ADA", "rosinality"])
def test_each_missing_tensor_is_named(layouts, layout):
    state = layouts[layout]
    for name in state:
        if not name.endswith(FILLED_IN) and not name.startswith("noises."):
            message = refusal({key: x for key, x in state.items() if key != name})
            assert f"is missing: {name}" in message, name


@pytest.mark.parametrize("layout", ["StyleGAN2-ADA", "rosinality"])
def test_many_missing_tensors_are_counted_and_the_first_three_named(layouts, layout):
    state = layouts[layout]
    gone = [name for name in state if ".b8." in name or name.startswith(("convs.0.", "convs.1."))]
    gone = [name for name in gone if not name.endswith(FILLED_IN)]
    message = refusal({name: x for name, x in state.items() if name not in gone})
    assert f"{len(gone)} of " in message
    assert f"and {len(gone) - 3} more" in message
    assert sum(name in message for name in gone) == 3


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["StyleGAN2-ADA", "rosinality"])
def test_a_tensor_of_another_shape_is_named_with_the_expected_shape(layouts, layout):
    state = layouts[layout]
    odd = [name for name, x in state.items() if x.ndim and not name.endswith(FILLED_IN)]
    odd = [
        name for name in odd if "bias" in name and "rgb" not in name
    ]  # another number of colour channels has its own error
    assert len(odd) > 10
    for name in odd:
        count = state[name].numel()
        message = refusal({**state, name: torch.zeros(count + 1)})
        assert f"1 has another shape than the others ask for: {name} is {count + 1} and {count} fits" in message


@pytest.mark.parametrize("layout", ["StyleGAN2-ADA", "rosinality"])
def test_a_convolution_of_wrong_width_is_named_and_not_its_neighbours(layouts, layout):
    state = layouts[layout]
    name = "synthesis.b8.conv1.weight" if layout == "StyleGAN2-ADA" else "convs.1.conv.weight"
    shape = list(state[name].shape)
    fits = "x".join(map(str, shape))
    shape[-4] += 3
    assert f": {name} is {'x'.join(map(str, shape))} and {fits} fits;" in refusal({**state, name: torch.zeros(shape)})


@pytest.mark.parametrize("layout", ["StyleGAN2-ADA", "rosinality"])
def test_unknown_tensors_are_named(layouts, layout):
    prefix = "synthesis.b8" if layout == "StyleGAN2-ADA" else "convs.1"
    alien = {f"{prefix}.attention.{i}": torch.zeros(2) for i in range(5)}
    message = refusal({**layouts[layout], **alien})
    assert f"5 are there that no StyleGAN2 generator has: {prefix}.attention.0" in message
    assert "and 2 more" in message


def test_the_error_of_a_missing_tensor_names_its_network(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    bundle = checkpoints.read_bundle(tmp_path / "tiny.safetensors")
    for module, network in (("generator", "StyleGAN2"), ("discriminator", "Discriminator"), ("interpreter", "Interp")):
        name = next(key for key in bundle.modules[module] if key.endswith(("weight", "weight1")))
        modules = {**bundle.modules, module: {k: x for k, x in bundle.modules[module].items() if k != name}}
        checkpoints.write_bundle(tmp_path / "less.safetensors", modules, bundle.metadata)
        with pytest.raises(CheckpointError, match=rf"of the {network}.*'s tensors, 1 of \d+ is missing: {name}; copy"):
            load_model(tmp_path / "less.safetensors")
    assert EditGAN.load(tmp_path / "tiny.safetensors").fingerprint == tiny_model.fingerprint


def test_fitting_tensors_give_no_message():
    assert misfit({"a": (2, 3), "b": ()}, {"a": [2, 3]}, "network", {"b"}) is None
    assert misfit({"a": (2,)}, {"a": (3,), "c": ()}, "network") == (
        "1 has another shape than the others ask for: a is 3 and 2 fits; 1 is there that no network has: c"
    )
