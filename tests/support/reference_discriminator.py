"""A slow discriminator in rosinality's layout, written from the paper's definitions."""

import math

import torch
import torch.nn.functional as F

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])


KERNEL = torch.outer(TAPS, TAPS) / 64


def random_d(channels, seed=0, prefix="", kernel=KERNEL):
    """A discriminator in rosinality's layout; `channels` at 4, 8, … px."""
    rng = torch.Generator().manual_seed(seed)
    state = {}

    def layer(weight, bias, *shape):
        state[prefix + weight] = torch.randn(*shape, generator=rng)
        if bias:
            state[prefix + bias] = 0.3 * torch.randn(shape[0], generator=rng)

    layer("convs.0.0.weight", "convs.0.1.bias", channels[-1], 3, 1, 1)
    for k, (inner, outer) in enumerate(zip(channels[:0:-1], channels[-2::-1], strict=True), 1):
        layer(f"convs.{k}.conv1.0.weight", f"convs.{k}.conv1.1.bias", inner, inner, 3, 3)
        state[f"{prefix}convs.{k}.conv2.0.kernel"] = kernel.clone()
        layer(f"convs.{k}.conv2.1.weight", f"convs.{k}.conv2.2.bias", outer, inner, 3, 3)
        state[f"{prefix}convs.{k}.skip.0.kernel"] = kernel.clone()
        layer(f"convs.{k}.skip.1.weight", None, outer, inner, 1, 1)
    layer("final_conv.0.weight", "final_conv.1.bias", channels[0], channels[0] + 1, 3, 3)
    layer("final_linear.0.weight", "final_linear.0.bias", channels[0], channels[0] * 16)
    layer("final_linear.1.weight", "final_linear.1.bias", 1, channels[0])
    return state


def convolved(x, weight, bias=None, stride=1, padding=0):
    """Equalised learning rate: weights of unit variance, divided by the root of the fan-in."""
    return F.conv2d(x, weight / math.sqrt(weight[0].numel()), bias, stride, padding)


def blurred(x, kernel, padding):
    """Convolution of each channel with the kernel."""
    return torch.cat([F.conv2d(F.pad(c, [padding] * 4), kernel.flip(0, 1)[None, None]) for c in x.split(1, 1)], 1)


def leaky(x):
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def spread(x, group=4):
    """The minibatch standard deviation as one more channel."""
    size = min(group, len(x))
    parts = x.view(size, len(x) // size, -1)
    std = (parts.var(0, unbiased=False) + 1e-8).sqrt().mean(1)
    return torch.cat([x, torch.stack([torch.full(x.shape[2:], std[i % len(std)]) for i in range(len(x))])[:, None]], 1)


def naive_d(state, image):
    """Score and the residual blocks' outputs of a discriminator in rosinality's layout."""
    x = leaky(convolved(image, state["convs.0.0.weight"], state["convs.0.1.bias"]))
    outputs = []
    for k in range(1, 1 + sum(name.endswith("skip.1.weight") for name in state)):
        block = {name.removeprefix(f"convs.{k}."): value for name, value in state.items() if f"convs.{k}." in name}
        y = leaky(convolved(x, block["conv1.0.weight"], block["conv1.1.bias"], padding=1))
        y = blurred(y, block["conv2.0.kernel"], 2)
        y = leaky(convolved(y, block["conv2.1.weight"], block["conv2.2.bias"], stride=2))
        x = (y + convolved(blurred(x, block["skip.0.kernel"], 1), block["skip.1.weight"], stride=2)) / math.sqrt(2)
        outputs.append(x)
    x = leaky(convolved(spread(x), state["final_conv.0.weight"], state["final_conv.1.bias"], padding=1)).flatten(1)
    for i in (0, 1):
        weight, bias = state[f"final_linear.{i}.weight"], state[f"final_linear.{i}.bias"]
        x = x @ weight.T / math.sqrt(weight.shape[1]) + bias
        x = leaky(x) if i == 0 else x
    return x, outputs


def picture(size, batch=8):
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(5))
