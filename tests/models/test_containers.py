"""The generator of a public checkpoint is found in any container, and renders the pictures of the file's tensors."""

import argparse
import collections
import dataclasses
import math
import pickle
import re
import shlex
import types

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from command_line import run
from reference_generator import TINY, make_random_generator, naive_mapping, naive_synthesis
from torch import nn

from editgan_widgets import load_model
from editgan_widgets.conversion import convert
from editgan_widgets.models import checkpoints
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.generators import official_generator
from editgan_widgets.models.official.sources import read_source
from editgan_widgets.models.official.tensor_files import read_tensors

Z = torch.randn(2, 8, generator=torch.Generator().manual_seed(5))


@pytest.fixture(scope="module")
def generator():
    return make_random_generator().eval()


@pytest.fixture(scope="module")
def other():
    """Another generator of the same sizes, which must not be chosen."""
    made = make_random_generator().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter) * parameter.abs().mean())
    return made


def ada(generator):
    return collections.OrderedDict((name, x.clone()) for name, x in generator.state_dict().items())


def ros(generator):
    return collections.OrderedDict(checkpoints.to_rosinality(generator)["g_ema"])


def mean(generator):
    return generator.mapping.w_avg.clone()


def prefixed(prefix, state):
    return collections.OrderedDict((f"{prefix}{name}", x) for name, x in state.items())


class StandIn(nn.Module):
    """A module of a class unknown to the reader, with the tensors of a state dict and plain attributes."""

    def __init__(self, state=(), facts=(), buffers=("noise_const", "resample_filter", "w_avg", "kernel")):
        super().__init__()
        children = {}
        for name, value in dict(state).items():
            first, _, rest = name.partition(".")
            if rest:
                children.setdefault(first, {})[rest] = value
            elif first in buffers or first.startswith("noise_"):
                self.register_buffer(first, value)
            else:
                setattr(self, first, nn.Parameter(value))
        facts = dict(facts)
        for name, part in children.items():
            below = {key[len(name) + 1 :]: x for key, x in facts.items() if key.startswith(f"{name}.")}
            self.add_module(name, StandIn(part, below))
        for key, value in facts.items():
            if "." not in key:
                setattr(self, key, value)


def save(content, path, container):
    if container == "pickle":
        path.write_bytes(pickle.dumps(content, protocol=4))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=container == "zip")
    return path


E4E_ENCODER = {
    "encoder.input_layer.0.weight": torch.ones(4, 3, 3, 3),
    "encoder.body.0.res_layer.0.weight": torch.ones(4),
}
JUDGE = {"b4.mbstd.x": torch.ones(1), "b4.out.weight": torch.ones(1, 4), "convs.0.0.weight": torch.ones(4, 3, 1, 1)}
ADAM = {
    "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(4)}},
    "param_groups": [{"lr": 0.002, "params": [0]}],
}

LAYOUTS = {  # (generator, the other one) -> content of the file
    "ada bare state dict": lambda g, o: ada(g),
    "ada bare module": lambda g, o: StandIn(ada(g)),
    "rosinality bare state dict": lambda g, o: {**ros(g), "latent_avg": mean(g)},
    "rosinality bare module": lambda g, o: with_mean(StandIn(ros(g)), mean(g)),
    "ada in parts": lambda g, o: {
        "mapping": g.mapping.state_dict(),
        "synthesis": g.synthesis.state_dict(),
    },
    "G": lambda g, o: {"G": ada(g), "D": JUDGE},
    "G module": lambda g, o: {"G": StandIn(ada(g)), "D": StandIn(JUDGE)},
    "G_ema": lambda g, o: {"G": ada(o), "D": JUDGE, "G_ema": ada(g)},
    "G_ema before G": lambda g, o: {"G_ema": StandIn(ada(g)), "G": StandIn(ada(o))},
    "g_ema": lambda g, o: {"g": ros(o), "d": JUDGE, "g_ema": ros(g), "g_optim": ADAM, "latent_avg": mean(g)},
    "g_ema with args": lambda g, o: {
        "g_ema": ros(g),
        "latent_avg": mean(g),
        "args": argparse.Namespace(size=32, arch="stylegan2"),
        "ada_aug_p": 0.1,
    },
    "generator": lambda g, o: {"generator": ada(g), "step": 7},
    "g_ema module": lambda g, o: {"g_ema": StandIn(ros(g)), "latent_avg": mean(g)},
    **{
        f"{key} of {kind}": lambda g, o, key=key, kind=kind: (
            {key: ada(g)} if kind == "ada" else {key: ros(g), "latent_avg": mean(g)}
        )
        for key in ("state_dict", "model", "params", "params_ema", "net", "ema", "weights", "netG", "model_state_dict")
        for kind in ("ada", "rosinality")
    },
    "params and params_ema": lambda g, o: {"params": ada(o), "params_ema": ada(g)},
    "model and ema": lambda g, o: {"model": ros(o), "model_ema": ros(g), "latent_avg": mean(g)},
    "tuple": lambda g, o: (ada(o), JUDGE, ada(g)),
    "tuple of modules": lambda g, o: (StandIn(ada(o)), StandIn(JUDGE), StandIn(ada(g))),
    "list": lambda g, o: [{"lr": 1}, ros(g) | {"latent_avg": mean(g)}],
    **{
        f"prefix {prefix}": lambda g, o, prefix=prefix: {
            "state_dict": {**prefixed(prefix, ada(g)), **E4E_ENCODER},
            "epoch": 3,
        }
        for prefix in (
            "module.",
            "generator.",
            "decoder.",
            "_orig_mod.",
            "module._orig_mod.",
            "_orig_mod.module.generator.",
            "model.module.decoder.",
            "G.module.",
        )
    },
    "module. within": lambda g, o: {
        name.replace("mapping.", "mapping.module.").replace("synthesis.", "synthesis._orig_mod."): x
        for name, x in ada(g).items()
    },
    "DataParallel": lambda g, o: {"G_ema": StandIn(prefixed("module.", ada(g)))},
    "e4e": lambda g, o: {
        "state_dict": {**E4E_ENCODER, **prefixed("decoder.", ros(g))},
        "latent_avg": mean(g).repeat(8, 1),
        "opts": {"stylegan_size": 32, "encoder_type": "Encoder4Editing"},
        "discriminator_state_dict": {"mlp.0.weight": torch.ones(4, 4)},
    },
    "pSp": lambda g, o: {
        "state_dict": prefixed("module.", {**E4E_ENCODER, **prefixed("decoder.", ros(g))}),
        "latent_avg": mean(g)[None],
        "opts": argparse.Namespace(output_size=32),
    },
    "pSp module": lambda g, o: with_mean(StandIn({**E4E_ENCODER, **prefixed("decoder.", ros(g))}), mean(g)),
    "PTI": lambda g, o: StandIn(ada(g), {"z_dim": 8, "c_dim": 0, "mapping.fc0.bias_gain": 0.01}),
    "parameters": lambda g, o: {"g_ema": {k: nn.Parameter(x) for k, x in ros(g).items()}, "latent_avg": mean(g)},
    "half": lambda g, o: {"G_ema": {k: x.double() for k, x in ada(g).items()}},
    "numpy": lambda g, o: {"G_ema": {k: x.numpy() for k, x in ada(g).items()}},
    "default dict": lambda g, o: collections.defaultdict(dict, G_ema=ada(g)),
    "namespace": lambda g, o: types.SimpleNamespace(G_ema=ada(g), step=3),
    "trainable and frozen": lambda g, o: {
        **prefixed("generator_frozen.generator.", ros(o)),
        **prefixed("generator_trainable.generator.", ros(g)),
        "latent_avg": mean(g),
    },
    "the same twice": lambda g, o: {"generator": ada(g), "copy": ada(g)},
}


def with_mean(module, latent_avg):
    module.latent_avg = latent_avg
    return module


PICKLED_WHOLE = [name for name in LAYOUTS if "module" in name or name in ("PTI", "DataParallel", "tuple", "namespace")]


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "container"),
    [
        *((name, "zip") for name in LAYOUTS),
        *((name, "legacy") for name in PICKLED_WHOLE),
        *((name, "pickle") for name in ("PTI", "numpy", "g_ema with args")),
    ],
)
def test_the_generator_is_found_in_any_container(generator, other, tmp_path, name, container, monkeypatch):
    path = save(LAYOUTS[name](generator, other), tmp_path / "file.pt", container)
    monkeypatch.setattr(StandIn, "__setstate__", boom, raising=False)
    source = read_source(path)
    assert source.kind == "generator"
    loaded = checkpoints.built_generator(path, official_generator(path, source.content))
    assert (loaded(Z, 0.7) - generator(Z, 0.7)).abs().max() < 1e-4
    picture, _ = naive_synthesis(generator, generator.w_plus(naive_mapping(generator.state_dict(), Z)))
    assert (loaded(Z) - picture).abs().max() < 1e-4


def boom(self, state):
    raise AssertionError("a class of the file was built")


def test_the_averaged_one_of_several_generators_is_read_and_named_in_the_report(generator, other, tmp_path):
    for content, words in (
        ({"G": ada(other), "G_ema": ada(generator)}, r"found at 'G_ema'.*others at 'G'.*averaged one \(ema\)"),
        ((ada(other), JUDGE, ada(generator)), r"found at '\[2\]'.*others at '\[0\]'.*last of the tuple"),
        ({"params": ada(other), "params_ema": ada(generator)}, r"found at 'params_ema'"),
    ):
        found = official_generator(tmp_path / "x", content)
        assert torch.equal(found.weights["synthesis.b4.const"], generator.synthesis.b4.const)
        assert any(re.search(words, note) for note in found.notes), found.notes
    notes = official_generator(tmp_path / "x", {"G": ada(generator)}).notes
    assert any("nothing marks its weights as averaged" in note for note in notes)


def test_several_unmarked_generators_are_refused(generator, other, tmp_path):
    with pytest.raises(CheckpointError, match=r"holds 2 generators, at 'one', at 'two', and none is marked.*save the"):
        official_generator(tmp_path / "x", {"one": ada(generator), "two": ada(other)})


@pytest.mark.slow
def test_a_missing_mean_of_w_is_estimated_and_mentioned_in_the_report(generator, tmp_path):
    codes = torch.randn(50_000, 8, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        true = generator.mapping(codes).mean(0)
    for content in ({"g_ema": ros(generator)}, {k: x for k, x in ada(generator).items() if k != "mapping.w_avg"}):
        found = official_generator(tmp_path / "x", content)
        assert (found.weights["mapping.w_avg"] - true).norm() < 0.05 * true.norm()
        assert any("no mean of W" in note and "estimated from 10,000 mapped samples" in note for note in found.notes)
        again = official_generator(tmp_path / "x", content)
        assert torch.equal(again.weights["mapping.w_avg"], found.weights["mapping.w_avg"])


@pytest.mark.parametrize("shape", [(16,), (1, 16), (8, 16), (1, 8, 16), (1, 1, 16)])
def test_a_mean_of_w_of_any_shape_is_read(generator, tmp_path, shape):
    stored = mean(generator).expand(shape).clone()
    found = official_generator(tmp_path / "x", {"g_ema": ros(generator), "latent_avg": stored})
    assert torch.equal(found.weights["mapping.w_avg"], mean(generator))
    assert any("equal rows" in note for note in found.notes) == (8 in shape)


def test_means_of_w_that_differ_by_row_or_have_a_wrong_size_are_replaced_by_an_estimate(generator, tmp_path):
    for stored, words in (
        (torch.randn(8, 16), "8 rows that differ.*estimated"),
        (torch.randn(5), r"shape \(5,\).*estimated"),
    ):
        found = official_generator(tmp_path / "x", {"g_ema": ros(generator), "latent_avg": stored})
        assert any(re.search(words, note) for note in found.notes), found.notes
    zeros = official_generator(tmp_path / "x", {"g_ema": ros(generator), "latent_avg": torch.zeros(16)})
    assert any("all zeros" in note for note in zeros.notes)


def test_missing_noise_is_replaced_by_zeros_and_reported(generator, tmp_path):
    def without(state, *names):
        return {name: x for name, x in state.items() if not any(part in name for part in names)}

    for content, words in (
        (
            without(ros(generator), "noises.noise_2", "noises.noise_5"),
            r"missing: noises\.noise_2, noises\.noise_5; zero",
        ),
        (without(ros(generator), "noises."), "missing: all noise buffers; zeros"),
        (without(ada(generator), "b8.conv0.noise_const"), r"missing: synthesis\.b8\.conv0\.noise_const; zeros"),
    ):
        found = official_generator(tmp_path / "x", {"g_ema": content})
        assert any(re.search(words, note) for note in found.notes), found.notes
        assert checkpoints.built_generator(tmp_path, found)(Z).isfinite().all()
    silent = official_generator(tmp_path / "x", {"g_ema": without(ada(generator), "noise_const", "noise_strength")})
    with torch.no_grad():
        made = checkpoints.built_generator(tmp_path, silent)(Z)
        assert (made - generator(Z, noise_mode="none")).abs().max() < 1e-4


@pytest.mark.slow
def test_the_report_lists_assumptions_omissions_and_checks(generator, tmp_path):
    content = {
        "g": ros(generator),
        "args": argparse.Namespace(x=1),
        "extra": {"a": torch.ones(1)},
        "latent_avg": 5 + mean(generator),
    }
    torch.save(content, tmp_path / "g.pt")
    notes = convert([tmp_path / "g.pt"], tmp_path / "g.safetensors", samples=1).notes
    for words in (
        "assumed, as the file does not say: leaky ReLU of slope 0.2",
        "mapping_lr_multiplier 0.01",
        "not read as part of the generator: extra (1 tensors)",
        "skipped, not built and not run: argparse.Namespace",
        "doubtful: the file's mean of W is",
        "not checked: the comparison of pictures shares the assumptions",
    ):
        assert any(words in note for note in notes), (words, notes)
    torch.save({"g_ema": ros(generator)}, tmp_path / "g.pt")
    notes = convert([tmp_path / "g.pt"], tmp_path / "g.safetensors", samples=1).notes
    assert not any("doubtful" in note for note in notes)
    assert list(EditGAN.load(tmp_path / "g.safetensors").metadata["conversion_notes"]) == list(notes)


# Settings of a file, compared with StyleGAN2 by definition: zero insertion, filter and convolution in sequence. ----


def textbook(weights, w, slope=0.2, clamp=None, kernels=None):
    """Synthesis of one w `[1, w_dim]` as in Karras et al. 2020; `kernels` are the file's low-pass kernels."""
    bound = math.inf if clamp is None else clamp

    def upsampled(x, kernel, extra):
        n, grown = len(kernel), torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
        grown[:, :, ::2, ::2] = x
        before, after = extra + (n + 1) // 2, extra + (n - 2) // 2
        grown = F.pad(grown, (before, after, before, after))
        return torch.cat([F.conv2d(c[:, None], 4 * kernel.flip(0, 1)[None, None]) for c in grown.unbind(1)], 1)

    def layer(name, x, up):
        style = w @ weights[f"{name}.affine.weight"].T / 4 + weights[f"{name}.affine.bias"]
        weight = weights[f"{name}.weight"] * style[0][:, None, None]
        weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if up:  # both layouts store these kernels flipped
            x = F.conv2d(upsampled(x, kernels[f"{name}.resample_filter"], 1), weight.flip(2, 3))
        else:
            x = F.conv2d(x, weight, padding=1)
        noise = weights[f"{name}.noise_const"] * weights[f"{name}.noise_strength"]
        x = x + noise + weights[f"{name}.bias"][:, None, None]
        return (torch.where(x > 0, x, slope * x) * 2**0.5).clamp(-bound, bound)

    x, image = weights["synthesis.b4.const"][None], 0
    for r in (4, 8, 16, 32):
        if r > 4:
            x = layer(f"synthesis.b{r}.conv0", x, True)
            image = upsampled(image, kernels[f"synthesis.b{r}.resample_filter"], 0)
        x = layer(f"synthesis.b{r}.conv1", x, False)
        style = w @ weights[f"synthesis.b{r}.torgb.affine.weight"].T / 4 + weights[f"synthesis.b{r}.torgb.affine.bias"]
        color = weights[f"synthesis.b{r}.torgb.weight"][:, :, 0, 0] * style / style.shape[1] ** 0.5
        rgb = torch.einsum("bihw,oi->bohw", x, color) + weights[f"synthesis.b{r}.torgb.bias"][:, None, None]
        image = image + rgb.clamp(-bound, bound)
    return image


def network(generator, **facts):
    """A pickled StyleGAN2-ADA module, with attributes for all layers of a kind."""
    own = {}
    for r in (4, 8, 16, 32):
        for name in ("conv0", "conv1"):
            own |= {f"synthesis.b{r}.{name}.{key}": x for key, x in facts.items() if r > 4 or name == "conv1"}
        if "conv_clamp" in facts:
            own[f"synthesis.b{r}.torgb.conv_clamp"] = facts["conv_clamp"]
    return own


@pytest.mark.slow
@pytest.mark.parametrize(
    ("facts", "slope", "clamp"),
    [
        ({"activation": "lrelu"}, 0.2, None),
        ({"activation": "relu"}, 0.0, None),
        ({"conv_clamp": 0.8}, 0.2, 0.8),
        ({"conv_clamp": 256}, 0.2, 256),
        ({"conv_clamp": None, "use_noise": True}, 0.2, None),
        ({"activation": "relu", "conv_clamp": 0.5, "act_gain": 2**0.5}, 0.0, 0.5),
    ],
)
def test_activation_and_clamp_of_the_file_are_used(generator, tmp_path, facts, slope, clamp):
    save({"G_ema": StandIn(ada(generator), network(generator, **facts))}, tmp_path / "g.pkl", "zip")
    loaded = checkpoints.load_generator(tmp_path / "g.pkl").requires_grad_(False)
    w = torch.randn(1, 16, generator=torch.Generator().manual_seed(1)).requires_grad_()
    weights = generator.state_dict()
    expected = textbook(weights, w, slope, clamp, weights)
    image = loaded.synthesis(loaded.w_plus(w)).image
    assert (image - expected).abs().max() < 1e-4
    (found,), (right,) = (torch.autograd.grad(x.square().sum(), w) for x in (image, expected))
    assert (found - right).abs().max() < 1e-3 * right.abs().max()  # values at the clamp may fall on either side
    found = convert([tmp_path / "g.pkl"], tmp_path / "g.safetensors", samples=1)
    assert found.difference.picture_max < 1e-4
    assert any("synthesis network is a ReLU" in note for note in found.notes) == (slope == 0)
    again = EditGAN.load(tmp_path / "g.safetensors").generator
    with torch.no_grad():
        assert (again.synthesis(again.w_plus(w)).image - expected).abs().max() < 1e-4


def test_layers_without_noise_and_the_mappings_activation_are_used(generator, tmp_path):
    facts = {**network(generator, use_noise=False), "mapping.fc0.activation": "relu", "mapping.fc1.activation": "relu"}
    save({"G_ema": StandIn(ada(generator), facts)}, tmp_path / "g.pkl", "zip")
    loaded = checkpoints.load_generator(tmp_path / "g.pkl")
    x = Z / (Z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    with torch.no_grad():
        for i in range(2):
            layer = generator.mapping.get_submodule(f"fc{i}")
            x = (x @ (layer.weight * 0.01 / layer.weight.shape[1] ** 0.5).T + layer.bias * 0.01).relu() * 2**0.5
        expected = generator.synthesis(generator.w_plus(x), noise_mode="none").image
        assert (loaded(Z) - expected).abs().max() < 1e-4


KERNELS = {
    "1": [1.0],
    "1 1": [1.0, 1.0],
    "1 2 1": [1.0, 2.0, 1.0],
    "1 3 3 1": [1.0, 3.0, 3.0, 1.0],
    "of 4, not symmetric": [1.0, 2.0, 3.0, 5.0],
    "1 4 6 4 1": [1.0, 4.0, 6.0, 4.0, 1.0],
    "of 6": [1.0, 5.0, 10.0, 10.0, 5.0, 1.0],
    "of 12": [float(n) for n in (1, 2, 4, 7, 9, 10, 10, 9, 7, 4, 2, 1)],
}


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("layout", ["ada", "ada separable", "rosinality"])
@pytest.mark.parametrize("name", KERNELS)
def test_low_pass_kernels_of_the_file_are_used(generator, tmp_path, name, layout):
    taps = torch.tensor(KERNELS[name]) / sum(KERNELS[name])
    kernel = torch.outer(taps, taps)
    weights = ada(generator)
    filters = [key for key in weights if key.endswith("resample_filter")]
    if layout == "rosinality":
        content = {"g_ema": {k: kernel * 4 if k.endswith("kernel") else x for k, x in ros(generator).items()}}
    else:
        stored = taps if layout == "ada separable" else kernel
        content = {"G_ema": {**weights, **dict.fromkeys(filters, stored)}}
    torch.save(content, tmp_path / "g.pt")
    notes = official_generator(tmp_path / "g.pt", read_tensors(tmp_path / "g.pt")).notes
    assert any("low-pass filters are not [1, 3, 3, 1]" in note for note in notes) == (name != "1 3 3 1")
    loaded = checkpoints.load_generator(tmp_path / "g.pt")
    w = torch.randn(1, 16, generator=torch.Generator().manual_seed(1))
    expected = textbook(weights, w, kernels=dict.fromkeys(filters, kernel))
    difference = (loaded.synthesis(loaded.w_plus(w)).image - expected).abs().max()
    assert difference < 1e-5 * expected.abs().max().clamp_min(10)


@torch.no_grad()
def test_sizes_are_inferred_from_the_tensors(tmp_path):
    config = dataclasses.replace(
        TINY, resolution=16, z_dim=12, w_dim=20, mapping_layers=5, channels=(7, 5, 3), channel_max=7, channel_base=99
    )
    made = make_random_generator(config).eval()
    for content in ({"G_ema": ada(made)}, {"g_ema": ros(made), "latent_avg": mean(made)}):
        torch.save(content, tmp_path / "g.pt")
        z = torch.randn(2, 12)
        assert (checkpoints.load_generator(tmp_path / "g.pt")(z, 0.7) - made(z, 0.7)).abs().max() < 1e-4


def styled(generator, change):
    state = ada(generator)
    change(state)
    return state


def only_last_torgb(state):
    for name in [key for key in state if "torgb" in key and "b32" not in key]:
        del state[name]


def stylegan3(kernel):
    return {
        "synthesis.input.freqs": torch.ones(4, 2),
        "synthesis.L0_36_4.weight": torch.ones(4, 4, kernel, kernel),
    }


REFUSED = {  # content of the file, text of the error
    "conditional": (lambda g: {**ada(g), "mapping.embed.weight": torch.ones(16, 10)}, r"conditional \(c_dim 10"),
    "conditional module": (lambda g: StandIn(ada(g), {"c_dim": 3}), r"conditional \(c_dim 3\)"),
    "resnet": (lambda g: {**ada(g), "synthesis.b8.skip.weight": torch.ones(16, 16, 1, 1)}, "architecture 'resnet'"),
    "orig": (lambda g: styled(g, only_last_torgb), "architecture 'orig'"),
    "orig module": (lambda g: StandIn(ada(g), {"synthesis.b8.architecture": "orig"}), "architecture 'orig'"),
    "grayscale": (
        lambda g: {k: x[:1] if "torgb.bias" in k or k.endswith("torgb.weight") else x for k, x in ada(g).items()},
        "grayscale",
    ),
    "grayscale rosinality": (
        lambda g: {k: x[:, :1] if k.startswith("to_rgb") and x.ndim > 3 else x for k, x in ros(g).items()},
        "grayscale",
    ),
    "not square": (lambda g: {**ros(g), "input.input": torch.ones(1, 16, 4, 8)}, "not square .*4 x 8"),
    "not square ada": (lambda g: {**ada(g), "synthesis.b4.const": torch.ones(16, 6, 4)}, "not square"),
    "SWAGAN": (lambda g: {**ros(g), "iwt.ll": torch.ones(2, 2)}, "SWAGAN"),
    "SWAGAN nested": (lambda g: {"g_ema": {**ros(g), "to_rgbs.0.iwt.ll": torch.ones(2, 2)}}, "SWAGAN"),
    "SWAGAN by its args": (lambda g: {"g_ema": ros(g), "args": argparse.Namespace(arch="swagan")}, "'swagan'"),
    "StyleGAN3-t": (
        lambda g: {"G_ema": stylegan3(3)},
        "StyleGAN3-t.*not supported yet",
    ),
    "StyleGAN3-r": (
        lambda g: StandIn(stylegan3(1)),
        "StyleGAN3-r.*not supported yet",
    ),
    "StyleGAN-XL": (
        lambda g: {"G_ema": {**stylegan3(3), "mapping.embed_proj.weight": torch.ones(2)}},
        "StyleGAN-XL",
    ),
    "StyleGAN1": (
        lambda g: {"g_mapping.dense0.weight": torch.ones(4, 4), "g_synthesis.blocks.4x4.const": torch.ones(1, 4, 4, 4)},
        "StyleGAN1",
    ),
    "StyleGAN1 rosinality": (lambda g: {"generator": {"progression.0.conv1.weight": torch.ones(4)}}, "StyleGAN1"),
    "EG3D": (lambda g: {"G_ema": prefixed("backbone.", ada(g)) | {"superresolution.x": torch.ones(1)}}, "EG3D"),
    "DCGAN": (lambda g: {f"main.{3 * i}.weight": torch.ones(4, 4, 4, 4) for i in range(5)}, "DCGAN"),
    "BigGAN": (lambda g: {"shared.weight": torch.ones(4, 4), "blocks.0.0.bn1.gain.weight": torch.ones(4, 4)}, "BigGAN"),
    "BigGAN with spectral norm": (
        lambda g: {"blocks.0.0.conv_sc.weight_orig": torch.ones(4, 4), "blocks.0.0.conv_sc.weight_u": torch.ones(1, 4)},
        "BigGAN",
    ),
    "diffusers": (lambda g: {"down_blocks.0.resnets.0.conv1.weight": torch.ones(4)}, "diffusion"),
    "latent diffusion": (lambda g: {"state_dict": {"model.diffusion_model.x.weight": torch.ones(4)}}, "diffusion"),
    "BasicSR": (lambda g: {"params_ema": {"style_mlp.1.weight": torch.ones(4, 4)}}, "BasicSR"),
    "only a discriminator": (lambda g: {"d": {"final_linear.0.weight": torch.ones(4, 4)}}, "discriminator without"),
    "only an encoder": (lambda g: {"state_dict": E4E_ENCODER}, "encoder of pSp or e4e"),
    "other activation": (lambda g: StandIn(ada(g), network(g, activation="swish")), "activation 'swish'"),
    "clamps differ": (
        lambda g: StandIn(ada(g), {**network(g, conv_clamp=1), "synthesis.b8.conv0.conv_clamp": 2}),
        "different conv_clamp",
    ),
    "other gain": (lambda g: StandIn(ada(g), network(g, act_gain=1.0)), "act_gain 1"),
    "wide mapping": (lambda g: {**ada(g), "mapping.fc0.weight": torch.ones(32, 8)}, "mapping's layers"),
    "unknown tensor": (
        lambda g: {"G_ema": {**ada(g), "synthesis.b8.attention.weight": torch.ones(4)}},
        "no StyleGAN2 generator has",
    ),
    "mapping of another multiplier": (
        lambda g: {k: x * 0.001 if k.startswith("mapping.fc") else x for k, x in ada(g).items()},
        "another mapping_lr_multiplier",
    ),
    "numbers": (lambda g: {"epoch": 3, "loss": [0.1]}, r"holds \['epoch', 'loss'\] and no 'g_ema'"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_other_networks_are_refused_in_one_sentence_with_their_kind(generator, tmp_path, name):
    content, words = REFUSED[name]
    torch.save(content(generator), tmp_path / "file.pt")
    for read in (checkpoints.load_generator, lambda path: convert([path], tmp_path / "out.safetensors")):
        with pytest.raises(CheckpointError, match=f"(?i){words}") as refusal:
            read(tmp_path / "file.pt")
        message = str(refusal.value)
        assert message.startswith(str(tmp_path / "file.pt"))
        assert "give " in message
        assert "\n" not in message
        assert len(message) < 500
    assert not (tmp_path / "out.safetensors").exists()


FILES = {  # name -> first bytes, what the error says
    "empty.pt": (b"", "is empty.*download it again"),
    "page.pt": (b"<!DOCTYPE html>\n<html><title>Google Drive - Quota exceeded", "web page.*download"),
    "page.ckpt": (b"\n\n<html lang=en><head>", "web page"),
    "pointer.pkl": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git-lfs pointer.*git lfs pull"),
    "denied.pth": (b'{"error": {"code": 403, "message": "Forbidden"}}', "JSON text"),
    "text.pt": (b"Not Found: the file has been moved\n", "is text"),
    "weights.tar.gz": (b"\x1f\x8b\x08\0\0\0\0\0\0\3" * 9, "gzip archive; unpack"),
    "weights.h5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
    "picture.pt": (b"\x89PNG\r\n\x1a\n" + bytes(99), "PNG picture"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_reader_names_the_kind_of_a_wrong_file(tmp_path, name):
    data, words = FILES[name]
    (tmp_path / name).write_bytes(data)
    for read in (load_model, checkpoints.load_generator, lambda path: convert([path], tmp_path / "o.safetensors")):
        with pytest.raises(CheckpointError, match=rf"(?s)^{re.escape(str(tmp_path / name))}.*{words}"):
            read(tmp_path / name)


@pytest.mark.slow
def test_load_model_of_a_public_file_prints_the_command_that_converts_it(generator, tmp_path):
    content = {"g_ema": ros(generator), "latent_avg": mean(generator)}
    for name in ("a.pt", "a.pth", "a.ckpt", "my file.pkl"):
        torch.save(content, tmp_path / name, _use_new_zipfile_serialization=name != "a.pth")
        with pytest.raises(CheckpointError, match="convert it first") as refusal:
            load_model(tmp_path / name)
        line = re.search(r"editgan (convert .*\.safetensors'?)", str(refusal.value))[1]
        words = shlex.split(line)
        assert words[1] == str(tmp_path / name)
        done = run(*words[:3], tmp_path / words[3])
        assert done.exit_code == 0, done.output
        assert load_model(tmp_path / words[3]).resolution == 32
    np.savez(tmp_path / "w.npz", w=np.zeros((1, 8, 16)))
    np.save(tmp_path / "w.npy", np.zeros((1, 8, 16)))
    for name in ("w.npz", "w.npy"):
        with pytest.raises(CheckpointError, match=r"not a model.*load_latents"):
            load_model(tmp_path / name)


def test_load_model_of_a_folder_lists_its_files(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder, not a model; give the path of a file"):
        load_model(tmp_path)
    (tmp_path / "g.pkl").write_bytes(b"\x80\x02.")
    with pytest.raises(CheckpointError, match=r"is a folder.*editgan convert .*g\.pkl"):
        load_model(tmp_path)
    (tmp_path / "m.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"is a folder.*give a file in it: .*m\.safetensors"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "name", ["G_before_ema", "generator_no_ema", "non_ema", "without_ema", "G_noEMA", "unsmoothed"]
)
def test_a_name_that_denies_averaging_does_not_count_as_averaged(generator, other, tmp_path, name):
    found = official_generator(tmp_path / "x", {name: ada(other), "my_ema": ada(generator)})
    assert torch.equal(found.weights["synthesis.b4.const"], generator.synthesis.b4.const)
    alone = official_generator(tmp_path / "x", {name: ada(generator)})
    assert any("nothing marks its weights as averaged" in note for note in alone.notes)


def test_the_last_of_an_unnamed_tuple_is_not_reported_as_averaged(generator, other, tmp_path):
    notes = official_generator(tmp_path / "x", (ada(generator), ada(other))).notes
    assert any("last of the tuple" in note for note in notes)
    assert any("nothing marks its weights as averaged" in note for note in notes)


def test_a_mean_of_w_given_as_a_list_or_column_is_read(generator, tmp_path):
    for stored in (mean(generator).tolist(), mean(generator)[:, None]):
        found = official_generator(tmp_path / "x", {"g_ema": ros(generator), "latent_avg": stored})
        assert torch.allclose(found.weights["mapping.w_avg"], mean(generator))
        assert not found.mean_is_estimated


def test_a_zero_mean_of_w_that_samples_contradict_is_replaced_by_an_estimate(generator, tmp_path):
    weights = ros(generator)
    weights["style.1.bias"] = weights["style.1.bias"] + 100
    found = official_generator(tmp_path / "x", {"g_ema": weights, "latent_avg": torch.zeros(16)})
    assert found.mean_is_estimated
    assert found.weights["mapping.w_avg"].any()
    assert any(re.search("all zeros, which mapped samples contradict.*estimated", note) for note in found.notes)


def test_a_mapping_with_a_much_smaller_multiplier_is_refused_or_flagged(generator, tmp_path):
    large = {name: x * 100 if name.startswith("mapping.fc") else x for name, x in ada(generator).items()}
    with pytest.raises(CheckpointError, match="another mapping_lr_multiplier"):
        official_generator(tmp_path / "x", large)
    large = {name: x * 100 if name.startswith("style.") else x for name, x in ros(generator).items()}
    assert any("another mapping_lr" in note for note in official_generator(tmp_path / "x", {"g_ema": large}).notes)
