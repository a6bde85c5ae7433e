"""Discriminators of public checkpoints give the same scores as a textbook implementation with their tensors."""

import math
import re

import official_files
import pytest
import torch
from reference_discriminator import KERNEL, blurred, convolved, leaky, naive_d, picture, random_d, spread

from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.official.discriminator_files import read_discriminator
from editgan_widgets.models.official.tensor_files import read_tensors


def saved(tmp_path, content):
    torch.save(content, tmp_path / "file.pt")
    return read_discriminator(tmp_path / "file.pt", read_tensors(tmp_path / "file.pt"))


@torch.no_grad()
@pytest.mark.parametrize("channels", [(6, 4), (8, 8, 6, 3), (4, 9, 5, 7, 2)])
def test_rosinalitys_discriminator_gives_the_scores_of_its_tensors(tmp_path, channels):
    state = random_d(channels)
    found = saved(tmp_path, {"g_ema": {}, "d": state})
    size = 4 * 2 ** (len(channels) - 1)
    assert found.line == f"discriminator 'd' (rosinality) converted: {size} px, architecture resnet"
    score, outputs = naive_d(state, picture(size))
    assert found.network is not None
    assert (found.network(picture(size)) - score).abs().max() < 1e-4
    for ours, theirs in zip(found.network.features(picture(size)), outputs, strict=True):
        assert (ours - theirs).abs().max() < 1e-4
    again = DiscriminatorConfig.from_dict(found.network.config.to_dict())
    assert again == found.network.config


@torch.no_grad()
def test_the_files_blur_kernel_is_used(tmp_path):
    kernel = torch.rand(4, 4, generator=torch.Generator().manual_seed(1))
    state = random_d((6, 5, 4), kernel=kernel / kernel.sum())
    found = saved(tmp_path, {"d": state}).network
    assert found is not None
    assert (found(picture(16)) - naive_d(state, picture(16))[0]).abs().max() < 1e-4


@torch.no_grad()
@pytest.mark.parametrize(
    ("holder", "prefix"),
    [
        (lambda d: {"G": {}, "D": d, "G_ema": {}}, ""),
        (lambda d: ({"a": torch.zeros(1)}, d, {}), ""),
        (lambda d: {"state": {"d": d}}, "module."),
        (lambda d: d, "discriminator."),
        (lambda d: d, ""),
    ],
)
def test_a_discriminator_is_found_in_every_container(tmp_path, holder, prefix):
    state = random_d((6, 5, 4))
    found = saved(tmp_path, holder({prefix + name: value for name, value in state.items()})).network
    assert found is not None
    assert (found(picture(16)) - naive_d(state, picture(16))[0]).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda d: {}, "discriminator: the file has none"),
        (
            lambda d: {"blocks.0.weight": torch.ones(2)},
            "discriminator 'd' left out: its 1 tensors do not have the names",
        ),
        (
            lambda d: {**d, "from_rgbs.0.conv.0.weight": torch.ones(2, 3)},
            "left out: .*1 is there that no discriminator has: from_rgbs.0",
        ),
        (
            lambda d: {k: v for k, v in d.items() if k != "convs.1.skip.1.weight"},
            "left out: .*1 of 22 is missing: convs.1.skip.1.weight",
        ),
        (lambda d: {**d, "convs.1.conv2.0.kernel": torch.ones(3, 3)}, r"left out: its low-pass filter is \(3, 3\)"),
        (lambda d: {**d, "convs.0.0.weight": torch.ones(4, 1, 1, 1)}, "left out: it reads pictures of 1 channels"),
        (lambda d: {**d, "final_linear.1.weight": torch.ones(7, 6)}, "left out: it gives 7 scores"),
        (
            lambda d: {**d, "final_conv.1.bias": torch.full((6,), float("nan"))},
            "left out: final_conv.1.bias is not",
        ),
    ],
)
def test_an_unreadable_discriminator_is_left_out_and_reported(tmp_path, change, line):
    found = saved(tmp_path, {"d": change(random_d((6, 5, 4)))})
    assert found.network is None
    assert re.search(line, found.line), found.line


def naive_ada(weights, image, sizes, architecture, clamp, group, added):
    """Score of a discriminator in StyleGAN2-ADA's layout, of any of the three architectures."""

    def layer(name, x, padding=0, stride=1, gain=1.0):
        x = leaky(convolved(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding)) * gain
        return x if clamp is None else x.clamp(-clamp * gain, clamp * gain)

    x = None
    for size in sizes:
        if architecture == "skip" or x is None:
            read = layer(f"b{size}.fromrgb", image)
            x = read if x is None else x + read
            image = blurred(image, KERNEL, 1)[:, :, ::2, ::2]
        gain = math.sqrt(0.5) if architecture == "resnet" else 1.0
        y = layer(f"b{size}.conv0", x, padding=1)
        y = layer(f"b{size}.conv1", blurred(y, KERNEL, 2), stride=2, gain=gain)
        if architecture == "resnet":
            y = y + gain * convolved(blurred(x, KERNEL, 1)[:, :, ::2, ::2], weights[f"b{size}.skip.weight"])
        x = y
    if architecture == "skip":
        x = x + layer("b4.fromrgb", image)
    if added:
        split = x.view(len(x), added, -1, 4, 4)
        x = torch.cat([x, *(spread(split[:, i], group)[:, -1:] for i in range(added))], 1)
    x = layer("b4.conv", x, padding=1).flatten(1)
    x = leaky(x @ weights["b4.fc.weight"].T / math.sqrt(x.shape[1]) + weights["b4.fc.bias"])
    return x @ weights["b4.out.weight"].T / math.sqrt(x.shape[1]) + weights["b4.out.bias"]


def ada_file(tmp_path, monkeypatch, config, change=lambda weights: weights, **facts):
    torch.manual_seed(3)
    judge = Discriminator(config)
    with torch.no_grad():
        for name, value in judge.named_parameters():
            value.copy_(torch.randn(value.shape) * (0.3 if name.endswith("bias") else 1))
    weights = change(judge.state_dict())
    of_layers = {}
    for name in weights:
        module = name.rpartition(".")[0]
        if name.endswith("weight") and ".fc" not in name and ".out" not in name:
            of_layers[f"{module}.activation"] = "linear" if module.endswith("skip") else "lrelu"
            of_layers[f"{module}.conv_clamp"] = None if module.endswith("skip") else config.clamp
    network = official_files.persistent("Discriminator", weights, facts={"c_dim": 0, **of_layers, **facts})
    path = official_files.write_stylegan2_ada(tmp_path / "ada.pkl", monkeypatch, {"D": network})
    return weights, read_discriminator(path, read_tensors(path))


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("architecture", ["resnet", "skip", "orig"])
@pytest.mark.parametrize(("clamp", "group", "added"), [(None, 4, 1), (0.8, 4, 0), (None, 2, 3)])
def test_every_architecture_of_stylegan2_ada_gives_the_scores_of_its_tensors(
    tmp_path, monkeypatch, architecture, clamp, group, added
):
    config = DiscriminatorConfig(
        16, channels=(6, 5, 4), architecture=architecture, clamp=clamp, mbstd_group=group, mbstd_channels=added
    )
    weights, found = ada_file(tmp_path, monkeypatch, config)
    assert found.line == f"discriminator 'D' (StyleGAN2-ADA) converted: 16 px, architecture {architecture}"
    assert found.network is not None
    if group == 4:  # other group sizes are stored in a module without tensors
        expected = naive_ada(weights, picture(16), (16, 8), architecture, clamp, group, added)
        assert (found.network(picture(16)) - expected).abs().max() < 1e-4
        assert clamp is None or found.network.features(picture(16))[0].abs().max() > 0.3


@pytest.mark.parametrize(
    ("facts", "change", "line"),
    [
        ({"c_dim": 7}, lambda w: {**w, "mapping.embed.weight": torch.ones(1)}, r"it is conditional \(c_dim 7\)"),
        ({"b8.conv0.activation": "relu"}, lambda w: w, "its activation is 'relu', only 'lrelu' is supported"),
        ({"b8.conv0.conv_clamp": 3}, lambda w: w, "differs between layers"),
        ({"b8.conv0.conv_clamp": [3]}, lambda w: w, "unhashable"),
        ({"b8.architecture": "dense"}, lambda w: w, r"its architecture \['dense'\] is none of"),
        ({}, lambda w: {**w, "b8.attention.weight": torch.ones(1)}, "attention"),
        (
            {},
            lambda w: {k: v for k, v in w.items() if "b16" not in k} | {"b64.conv0.weight": w["b8.conv0.weight"]},
            "64",
        ),
    ],
)
def test_an_unsupported_discriminator_is_omitted_and_noted(tmp_path, monkeypatch, facts, change, line):
    _, found = ada_file(tmp_path, monkeypatch, DiscriminatorConfig(16, channels=(6, 5, 4)), change, **facts)
    assert found.network is None
    assert found.line.startswith("discriminator 'D' (StyleGAN2-ADA) left out: ")
    assert line.replace("\\", "") in found.line
