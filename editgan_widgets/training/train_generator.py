"""Train StyleGAN2 on a folder of pictures, adversarially, on pairs, or both.

Adversarial training follows Karras et al. 2020: non-saturating logistic loss, lazy R1 and path-length regularisation,
style mixing, an exponential moving average of the generator, adaptive augmentation. Each rendered picture comes with
the normal code `z` that determines it, which allows paired training: `synthesis(mapping(z_i))` is compared with picture
i, as in neural rendering. This makes training on a CPU possible. `adversarial_weight=0` needs no discriminator;
`paired_weight=0` is a plain GAN.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from editgan_widgets import images as pictures
from editgan_widgets.files import write_text
from editgan_widgets.models.checkpoints import read_bundle, write_bundle
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.training.generator_checkpoints import grow, resume
from editgan_widgets.training.generator_config import TrainGeneratorConfig as TrainGeneratorConfig
from editgan_widgets.training.generator_state import GeneratorState
from editgan_widgets.training.runs import stop_flag
from editgan_widgets.training.training_data import TrainingData


@dataclass(frozen=True)
class TrainingResult:
    """Result of a run."""

    checkpoint: Path
    images: int  # shown since the start, over all resumed parts
    minutes: float  # likewise
    finished: bool  # False: interrupted; the same call continues
    metrics: dict[str, float]  # last line of metrics.jsonl


def train_generator(
    data_dir: str | Path,
    out_dir: str | Path,
    config: TrainGeneratorConfig,
    *,
    device: torch.device | str = "cpu",
    grow_from: str | Path | None = None,
    features: Callable[[Tensor], list[Tensor]] | None = None,
    progress: bool = True,
    on_metrics: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train until the number of images or minutes is reached; the same call continues an interrupted run.

    Writes to `out_dir`: `checkpoint.safetensors` (bundle with `generator` = averaged weights, `generator_live`,
    `discriminator` and the optimisers' states), `metrics.jsonl`, `samples/*.png`, `config.json`.

    `grow_from` starts from the checkpoint of a smaller or equally large model: its weights are copied, and new blocks,
    channels and numbers of the code do not change the picture until they are trained. `features` returns the
    activations `[batch, C, h, w]` that `feature_weight` compares; do not use this network as a judge. Ctrl-C and
    SIGTERM save and end the run. `on_metrics` gets each line of metrics.

    Raises DataError for a folder that does not fit, CheckpointError for a checkpoint that does not, ValueError for a
    device that this machine does not have.
    """
    target = resolve_device(device)
    data = open_data(data_dir, config)
    out = Path(out_dir)
    (out / "samples").mkdir(parents=True, exist_ok=True)
    if (features is None) != (config.feature_weight <= 0):
        raise ValueError(f"feature_weight is {config.feature_weight} and features {features}: give both or neither")
    state = GeneratorState(config, target, features)
    checkpoint = out / "checkpoint.safetensors"
    if checkpoint.exists():
        resume(state, read_bundle(checkpoint), checkpoint)
    elif grow_from is not None:
        grow(state, read_bundle(grow_from), Path(grow_from))
    write_text(out / "config.json", json.dumps(config.to_dict(), indent=1))

    started, seconds_before = time.monotonic(), state.seconds
    saved = sampled = logged = started
    losses: dict[str, list[float]] = {}
    steps, images_logged = 0, state.images
    line: dict[str, float] = {}
    bar = tqdm(
        total=config.total_images,
        initial=state.images,
        unit="img",
        disable=not progress,
        smoothing=0.05,
        mininterval=1.0,
    )

    with stop_flag() as stop, (out / "metrics.jsonl").open("a") as log, bar:
        while True:
            state.seconds = seconds_before + time.monotonic() - started
            done = state.progress >= 1
            now = time.monotonic()
            if (done or stop.is_set() or state.images - images_logged >= config.log_images) and steps:
                line = {"images": state.images, "minutes": round(state.seconds / 60, 2), "lr": state.rate}
                line |= {name: float(np.mean(values)) for name, values in losses.items()}
                line["images_per_second"] = steps * config.batch / (now - logged)
                if done or now - sampled > config.sample_minutes * 60:
                    line["validation_l1"] = _validate(state, data, out / "samples" / f"{state.images:08d}.png")
                    sampled = time.monotonic()
                log.write(json.dumps({k: round(v, 6) for k, v in line.items()}) + "\n")
                log.flush()
                if on_metrics:
                    on_metrics(line)
                bar.set_postfix({k: f"{v:.3f}" for k, v in line.items() if k in ("paired", "d_loss", "validation_l1")})
                losses, steps, images_logged, logged = {}, 0, state.images, time.monotonic()
            if done or stop.is_set() or now - saved > config.checkpoint_minutes * 60:
                write_bundle(checkpoint, state.modules(), state.metadata())
                saved = time.monotonic()
            if done or stop.is_set():
                return TrainingResult(checkpoint, state.images, state.seconds / 60, done, line)
            for name, value in state.step(data).items():
                losses.setdefault(name, []).append(value)
            steps += 1
            bar.update(config.batch)


def open_data(folder: str | Path, config: TrainGeneratorConfig) -> TrainingData:
    """Open the pictures of a folder as a training of this configuration reads them. Raises DataError."""
    return TrainingData(
        folder,
        config.network.resolution,
        config.network.z_dim if config.paired_weight > 0 else None,
        config.part_weights,
        config.held_out,
        config.batch,
        config.seed,
    )


@torch.no_grad()
def _validate(state: GeneratorState, data: TrainingData, path: Path, columns: int = 8) -> float:
    """Write a sheet of held-out pictures, their reconstructions and samples; return the held-out mean L1."""
    c, g = state.config, state.average
    rng = torch.Generator().manual_seed(c.seed)
    z = torch.randn(2 * columns, c.network.z_dim, generator=rng).to(state.device)
    rows, error = [], math.nan
    if data.held_out:
        indices = np.arange(data.count, data.count + data.held_out)
        real = data.batch(indices, state.device)
        rows.append(real.image[:columns])
        if real.latents is not None:
            parts = [g.synthesis(g.w_plus(g.mapping(part))).image for part in real.latents.split(c.batch)]
            fake = torch.cat(parts)
            error = float((fake - real.image).abs().mean())
            rows.append(fake[:columns])
    rows.append(g(z))
    rows.append(g(z[:columns], truncation_psi=0.7))
    sheet = torch.cat([F.pad(row, (0, 0, 0, 0, 0, 0, 0, -len(row) % columns), value=1.0) for row in rows])
    pictures.save(pictures.grid(pictures.to_uint8(sheet), columns), path)
    return error


def config_from_options(network: Mapping[str, Any], options: Mapping[str, Any]) -> TrainGeneratorConfig:
    """Build a configuration from plain values; None means the default."""
    given = {k: v for k, v in options.items() if v is not None}
    return TrainGeneratorConfig(network=StyleGAN2Config(**{k: v for k, v in network.items() if v is not None}), **given)


def part_weights_of(text: str) -> dict[int, float]:
    """Weights by label id of a text such as 5=4,6=2.5. Raises ValueError for another text."""
    try:
        return {int(part.split("=")[0]): float(part.split("=")[1]) for part in text.split(",") if part}
    except (ValueError, IndexError):
        raise ValueError(f"part weights are label id = weight, such as 5=4,6=2.5; got {text!r}") from None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _thresholds(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _segmenter_levels(path: str | None, device: str) -> Callable[[Tensor], list[Tensor]] | None:
    from editgan_widgets.domains.portraits.segmenter import read_segmenter

    if path is None:
        return None
    segmenter = read_segmenter(path).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return segmenter.levels


def main(arguments: list[str] | None = None) -> None:
    """Run a training from the command line; every configuration field is an option of the same name."""
    parser = argparse.ArgumentParser(description="Train a StyleGAN2 generator on a folder of pictures.")
    parser.add_argument("--data", required=True, help="folder with images.npy, label_maps.npy, latents.npy")
    parser.add_argument(
        "--out", required=True, help="folder for checkpoint, metrics and samples; resumes if it has a checkpoint"
    )
    parser.add_argument("--grow-from", help="checkpoint of a smaller or equally large model to start from")
    parser.add_argument("--features", help="portrait segmenter's weights, for --feature-weight")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    groups = {}
    for owner in (StyleGAN2Config, TrainGeneratorConfig):
        group = parser.add_argument_group(owner.__name__)
        groups[owner] = [f.name for f in fields(owner) if f.name != "network"]
        for f in fields(owner):
            option = f"--{f.name.replace('_', '-')}"
            if f.name == "part_weights":
                group.add_argument(option, type=part_weights_of, help="label id = weight, such as 5=4,6=4")
            elif f.name == "channels":
                group.add_argument(option, type=_numbers, help="one per size 4, 8, … px, such as 128,128,64,32,16")
            elif f.name == "mapping_hinges":
                group.add_argument(
                    option, type=_thresholds, help="such as =-1,0,1, with the equals sign; default: none"
                )
            elif isinstance(f.default, bool):
                group.add_argument(option, action=argparse.BooleanOptionalAction, help=f"default: {f.default}")
            elif f.name in groups[owner]:
                kind = float if f.default is None else type(f.default)
                group.add_argument(option, type=kind, help=f"default: {f.default}")
    values = vars(parser.parse_args(arguments))
    config = config_from_options(
        {name: values[name] for name in groups[StyleGAN2Config]},
        {name: values[name] for name in groups[TrainGeneratorConfig]},
    )
    train_generator(
        values["data"],
        values["out"],
        config,
        device=values["device"],
        grow_from=values["grow_from"],
        features=_segmenter_levels(values["features"], values["device"]),
    )


if __name__ == "__main__":
    main()
