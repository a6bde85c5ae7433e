"""Writes files in the layouts of the public releases, with small random weights, for the tests."""

import collections
import pickle
import sys
import types
from pathlib import Path

import torch
from torch import Tensor


class EasyDict(dict):
    """Replaces the class of that name in StyleGAN2-ADA's pickles."""


def _reconstruct_persistent_obj(meta):
    raise AssertionError("a pickle's function was called")


class _Persistent:
    """Pickled like StyleGAN2-ADA's modules: a call of the function above, with source code and state."""

    def __init__(self, class_name: str, state: dict):
        self.class_name, self.state = class_name, state

    def __reduce__(self):
        source = "import os\nos.mkdir('exploded')\n"
        meta = EasyDict(type="class", version=6, module_src=source, class_name=self.class_name, state=self.state)
        return _reconstruct_persistent_obj, (meta,), None


def persistent(class_name: str, weights: dict[str, Tensor], **attributes) -> _Persistent:
    """A tree of modules with a flat state dict; `attributes` of modules are given by path: `{"": {…}}`."""
    parameters, buffers, children = collections.OrderedDict(), collections.OrderedDict(), {}
    for name, value in weights.items():
        first, _, rest = name.partition(".")
        if rest:
            children.setdefault(first, {})[rest] = value
        elif first in ("w_avg", "noise_const", "resample_filter"):
            buffers[first] = value
        else:
            parameters[first] = torch.nn.Parameter(value)
    own = attributes.get("facts", {})
    modules = collections.OrderedDict(
        (
            name,
            persistent(
                "Layer", part, facts={k[len(name) + 1 :]: v for k, v in own.items() if k.startswith(f"{name}.")}
            ),
        )
        for name, part in children.items()
    )
    facts = {k: v for k, v in own.items() if "." not in k}
    state = {"training": False, "_parameters": parameters, "_buffers": buffers, "_modules": modules, **facts}
    state |= {"_non_persistent_buffers_set": set(), "_backward_hooks": collections.OrderedDict()}
    return _Persistent(class_name, state)


def write_stylegan2_ada(path: Path, monkeypatch, content: dict, protocol: int = 3) -> Path:
    """Pickle a dict of `persistent` networks under the public names of its classes."""
    for name, thing in (
        ("torch_utils.persistence", _reconstruct_persistent_obj),
        ("dnnlib.util", EasyDict),
    ):
        module = types.ModuleType(name)
        setattr(module, thing.__name__, thing)
        monkeypatch.setitem(sys.modules, name.split(".")[0], types.ModuleType(name.split(".")[0]))
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(thing, "__module__", name)
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def member(channels: int, num_labels: int, hidden: tuple[int, int], seed: int, prefix: str = "module.") -> dict:
    """One MLP of an interpreter as its trainer saves it, with running statistics unlike the initial ones."""
    rng = torch.Generator().manual_seed(seed)
    state = collections.OrderedDict()
    for i, (inputs, outputs) in {0: (channels, hidden[0]), 3: hidden, 6: (hidden[1], num_labels)}.items():
        state[f"{prefix}layers.{i}.weight"] = torch.randn(outputs, inputs, generator=rng) / inputs**0.5
        state[f"{prefix}layers.{i}.bias"] = torch.randn(outputs, generator=rng) * 0.1
        if i < 6:
            norm = f"{prefix}layers.{i + 2}"
            state[f"{norm}.weight"] = 1 + 0.2 * torch.randn(outputs, generator=rng)
            state[f"{norm}.bias"] = 0.2 * torch.randn(outputs, generator=rng)
            state[f"{norm}.running_mean"] = 0.3 * torch.randn(outputs, generator=rng)
            state[f"{norm}.running_var"] = 0.5 + torch.rand(outputs, generator=rng)
            state[f"{norm}.num_batches_tracked"] = torch.tensor(7)
    return {"model_state_dict": state}


def encoder_file(resolution: int, num_ws: int, w_dim: int, width: int, blocks: tuple[int, ...], channels: int) -> dict:
    """An encoder's file: ResNet, pyramid, and heads of strided convolutions."""
    rng = torch.Generator().manual_seed(3)
    state = collections.OrderedDict()

    def conv(name: str, outputs: int, inputs: int, kernel: int, bias: bool) -> None:
        state[f"{name}.weight"] = (
            torch.randn(outputs, inputs, kernel, kernel, generator=rng) / (inputs * kernel**2) ** 0.5
        )
        if bias:
            state[f"{name}.bias"] = torch.randn(outputs, generator=rng) * 0.1

    def norm(name: str, count: int) -> None:
        state[f"{name}.weight"] = 1 + 0.2 * torch.randn(count, generator=rng)
        state[f"{name}.bias"] = 0.1 * torch.randn(count, generator=rng)
        state[f"{name}.running_mean"], state[f"{name}.running_var"] = torch.zeros(count), torch.ones(count)
        state[f"{name}.num_batches_tracked"] = torch.tensor(0)

    conv("FPN_module.conv1", width, 3, 7, False)
    norm("FPN_module.bn1", width)
    inputs = width
    for i, count in enumerate(blocks):
        for n in range(count):
            name, inner = f"FPN_module.layer{i + 1}.{n}", width * 2**i
            for k, (o, c, size) in {1: (inner, inputs, 1), 2: (inner, inner, 3), 3: (4 * inner, inner, 1)}.items():
                conv(f"{name}.conv{k}", o, c, size, False)
                norm(f"{name}.bn{k}", o)
            if n == 0:
                conv(f"{name}.shortcut.0", 4 * inner, inputs, 1, False)
                norm(f"{name}.shortcut.1", 4 * inner)
            inputs = 4 * inner
    conv("FPN_module.toplayer", channels, inputs, 1, True)
    for i in (1, 2, 3):
        conv(f"FPN_module.latlayer{i}", channels, inputs // 2**i, 1, True)
        conv(f"FPN_module.smooth{i}", channels, channels, 3, True)
    halvings = (resolution // 16).bit_length() - 1
    for k, (group, count) in enumerate({"course": 3, "medium": 4, "fine": num_ws - 7}.items()):
        for n in range(count):
            for i in range(halvings + k):
                conv(f"{group}_styles.{n}.convs.{2 * i}", channels, channels, 3, True)
            state[f"{group}_styles.{n}.linear.weight"] = torch.randn(w_dim, channels, generator=rng) / channels**0.5
            state[f"{group}_styles.{n}.linear.bias"] = torch.randn(w_dim, generator=rng)
    return {"model_state_dict": state}
