"""Checkpoints of a generator's training: continue a run, or start from the weights of a smaller model."""

import math
from pathlib import Path

from torch import Tensor

from editgan_widgets.models.checkpoints import Bundle, CheckpointError
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.training.generator_config import TrainGeneratorConfig
from editgan_widgets.training.generator_state import GeneratorState


def resume(state: GeneratorState, bundle: Bundle, path: Path) -> None:
    """Continue from a checkpoint of the same run. Raises CheckpointError for one of another run."""
    _check_same_run(state.config, bundle, path)
    state.load(bundle.modules, bundle.metadata["state"])


def grow(state: GeneratorState, bundle: Bundle, path: Path) -> None:
    """Start from another model: copy its weights; new weights do not change the picture until they are trained.

    New weights are blocks of finer resolutions, additional channels, and numbers appended to the code. Raises
    CheckpointError for a model that the network cannot grow from.
    """
    weights = bundle.modules.get("generator")
    if weights is None:
        raise CheckpointError(
            f"{path} has no module 'generator' but {sorted(bundle.modules)}; give a training checkpoint"
        )
    network = state.config.network
    _check_mapping(network, bundle, path)
    own = state.generator.state_dict()
    _check_sizes(network, weights, own, path)
    for resolution in network.resolutions:
        if f"synthesis.b{resolution}.torgb.weight" not in weights:
            own[f"synthesis.b{resolution}.torgb.weight"].zero_()
    if network.mapping_skip and "mapping.skip.weight" not in weights:
        own["mapping.skip.weight"].zero_()
    widened = {name: _widened(value, own[name]) for name, value in weights.items()}
    for module in (state.generator, state.average):
        module.load_state_dict(own | widened)
    if state.discriminator is not None and "discriminator" in bundle.modules:
        mine = state.discriminator.state_dict()
        fits = {n: v for n, v in bundle.modules["discriminator"].items() if n in mine and mine[n].shape == v.shape}
        state.discriminator.load_state_dict(mine | fits)


def _check_same_run(config: TrainGeneratorConfig, bundle: Bundle, path: Path) -> None:
    theirs = StyleGAN2Config.from_dict(bundle.metadata["generator_config"])
    mine, adversarial = config.adversarial_weight > 0, "discriminator" in bundle.modules
    if theirs != config.network or adversarial != mine:
        raise CheckpointError(
            f"{path} is of a run with {theirs}{' and' if adversarial else ', no'} discriminator; this one has "
            f"{config.network}{' and' if mine else ', no'} discriminator. "
            f"Give another out_dir, with grow_from={path} to start from its weights"
        )
    frozen = bundle.metadata.get("training", {}).get("frozen_resolution", 0)
    if frozen != config.frozen_resolution:
        raise CheckpointError(
            f"{path} is of a run with frozen_resolution {frozen}, here {config.frozen_resolution}; use the "
            f"same, or give another out_dir, with grow_from={path}"
        )
    scores = bundle.metadata.get("discriminator_config", {}).get("patches", 1)
    if mine and scores != config.patches:
        raise CheckpointError(
            f"{path} is of a run whose discriminator scores {scores} patches a side, here {config.patches}; "
            f"use the same, or give another out_dir, with grow_from={path}"
        )


def _check_mapping(network: StyleGAN2Config, bundle: Bundle, path: Path) -> None:
    """Raise CheckpointError for a mapping whose weights mean something else in this network."""
    theirs = bundle.metadata.get("generator_config", {}).get("mapping_lr_multiplier")
    if theirs is None:
        return
    if theirs != network.mapping_lr_multiplier:  # it scales the weights, so another one would change w
        raise CheckpointError(
            f"{path} has mapping_lr_multiplier {theirs}, this network {network.mapping_lr_multiplier}; use the same"
        )
    known = StyleGAN2Config.from_dict(bundle.metadata["generator_config"])
    if not known.mapping_hinges:
        return
    kept = network.mapping_hinges[: len(known.mapping_hinges)] == known.mapping_hinges
    if not kept or network.z_dim != known.z_dim:
        raise CheckpointError(
            f"{path} has mapping_hinges {known.mapping_hinges} and z_dim {known.z_dim}, this network "
            f"{network.mapping_hinges} and {network.z_dim}; start with the same hinges and keep z_dim"
        )


def _check_sizes(network: StyleGAN2Config, weights: dict[str, Tensor], own: dict[str, Tensor], path: Path) -> None:
    foreign = [n for n, v in weights.items() if n not in own or not _fits_into(v, own[n])]
    if foreign:
        raise CheckpointError(
            f"{path} does not fit into {network}: {len(foreign)} tensors do not fit, the first is "
            f"{foreign[0]} {tuple(weights[foreign[0]].shape)}; grow to a network of at least its resolution, "
            "channels, w_dim, mapping_layers and z_dim"
        )


def _fits_into(small: Tensor, large: Tensor) -> bool:
    return small.dim() == large.dim() and all(a <= b for a, b in zip(small.shape, large.shape, strict=True))


def _widened(small: Tensor, large: Tensor) -> Tensor:
    """Copy a layer's weights into a wider layer; the old outputs get weight 0 for the new inputs."""
    wide = large.clone()
    if small.dim() > 1 and small.shape[1] < large.shape[1]:
        wide[: small.shape[0], small.shape[1] :] = 0
        small = small * math.sqrt(large.shape[1] / small.shape[1])  # layers scale by 1 / sqrt(inputs)
    wide[tuple(slice(n) for n in small.shape)] = small
    return wide
