"""Build an EditGAN from a generator checkpoint: sample a few pictures, label them, train the interpreter on them.

This is DatasetGAN's method (section 3.1) with a labelling function instead of an annotator: 16 pictures `[n, 3, H, W]`
in [-1, 1] get label maps `[n, H, W]`, and the interpreter learns to label any other picture.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets.labels import LabelSet
from editgan_widgets.models.checkpoints import CheckpointError, read_bundle, with_weights
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import Generator
from editgan_widgets.models.generators.registry import build_generator
from editgan_widgets.training.train_interpreter import (
    InterpreterProgress,
    InterpreterTrainingConfig,
    train_interpreter,
)


def build_model(
    checkpoint: str | Path,
    labeller: Callable[[Tensor], Tensor],
    labels: LabelSet,
    samples: int = 16,
    first_seed: int = 0,
    truncation_psi: float = 0.7,
    candidates: int | None = None,
    discriminator_from: str | Path | None = None,
    config: InterpreterTrainingConfig | None = None,
    metadata: dict | None = None,
    on_progress: Callable[[InterpreterProgress], None] | None = None,
) -> EditGAN:
    """Train an interpreter on `samples` labelled pictures of a checkpoint's generator and return the whole model.

    Args:
        checkpoint: file of `train_generator`.
        labeller: pictures `[n, 3, H, W]` in [-1, 1] -> logits `[n, num_labels, H, W]`.
        labels: label set of the labeller's ids.
        samples: number of pictures to label, with seeds from `first_seed` as in `EditGAN.sample_w_plus`.
        truncation_psi: truncation of the labelled pictures.
        candidates: number of seeds to choose the pictures from, so that together they show every part as often as
            possible, as an annotator would select samples. None labels the first ones.
        discriminator_from: another checkpoint whose discriminator is used, for the perceptual distance; needed if
            `checkpoint` is from paired training alone and has no discriminator.
        config: settings of the interpreter's training, None for the defaults.
        metadata: facts to store in the bundle, in addition to those about the labelled samples.
        on_progress: called at intervals during the interpreter's training.

    Raises CheckpointError for a file that is not a generator checkpoint, ValueError if the labels do not fit.
    """
    generator, discriminator, about = read_networks(checkpoint)
    facts = {"generator": about}
    if discriminator_from is not None:
        _, discriminator, facts["discriminator"] = read_networks(discriminator_from)
        if discriminator is None or discriminator.config.resolution != generator.resolution:
            raise CheckpointError(
                f"{discriminator_from} has no discriminator for {generator.resolution} px pictures; give a "
                "checkpoint of `editgan train generator` with adversarial_weight above 0, of the same resolution"
            )
    bare = EditGAN(generator, discriminator, None, labels)
    seeds = range(first_seed, first_seed + max(candidates or samples, samples))
    w_plus = torch.cat([bare.sample_w_plus(seed, truncation_psi) for seed in seeds])
    label_maps = _label(bare, labeller, w_plus)
    chosen = representative(label_maps, samples, len(labels))
    started = time.monotonic()
    interpreter = train_interpreter(
        generator,
        w_plus[chosen],
        label_maps[chosen],
        len(labels),
        config,
        torch.Generator().manual_seed(first_seed),
        on_progress,
    )
    facts["interpreter"] = {
        "seeds": [seeds[i] for i in chosen],
        "truncation_psi": truncation_psi,
        "seconds": round(time.monotonic() - started, 1),
        "peak_mb": peak_memory_mb(),
    }
    facts |= metadata or {}
    return EditGAN(generator, discriminator, interpreter, labels, facts)


def representative(
    label_maps: UInt8[Tensor, "n h w"], samples: int, num_labels: int, enough_pixels: int = 8
) -> list[int]:
    """Choose `samples` of n pictures so that each part is visible in as many as possible; returns ascending indices.

    Greedy: a part that is visible in k of the chosen pictures adds 1 / (k + 1)² to the value of the next.
    """
    shown = torch.stack([torch.bincount(x.flatten().long(), minlength=num_labels) for x in label_maps]) >= enough_pixels
    times = torch.zeros(num_labels)
    left = list(range(len(label_maps)))
    chosen = []
    for _ in range(samples):
        worth = (shown[left] / (times + 1).square()).sum(1)
        chosen.append(left.pop(int(worth.argmax())))
        times += shown[chosen[-1]]
    return sorted(chosen)


def peak_memory_mb() -> int | None:
    """Peak memory of this process, MB; None if the system does not report it."""
    try:  # on Linux, ru_maxrss includes the parent process at the fork; VmHWM does not
        status = Path("/proc/self/status").read_text()
        return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def read_networks(checkpoint: str | Path) -> tuple[Generator, Discriminator | None, dict]:
    """Read generator, discriminator (None if missing) and the training's metadata from a checkpoint."""
    bundle = read_bundle(checkpoint)
    try:
        config = bundle.metadata["generator_config"]
        generator = with_weights(lambda: build_generator(config), bundle.modules["generator"])
        discriminator = None
        if "discriminator" in bundle.modules:
            discriminator = Discriminator(DiscriminatorConfig.from_dict(bundle.metadata["discriminator_config"]))
            discriminator.load_state_dict(bundle.modules["discriminator"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{checkpoint} is a bundle, but not a generator checkpoint ({type(error).__name__}: {error}); "
            "`editgan train generator` writes one"
        ) from error
    about = {"training": bundle.metadata.get("training", {}), "state": bundle.metadata.get("state", {})}
    return generator, discriminator, about


def _label(model: EditGAN, labeller: Callable[[Tensor], Tensor], w_plus: Float[Tensor, "n num_ws w_dim"]) -> Tensor:
    """Label maps `[n, H, W]` uint8, computed one picture at a time to limit memory."""
    maps = []
    with torch.no_grad():
        for latent in w_plus.split(1):
            picture = model.generator.synthesis(latent).image
            maps.append(labeller(picture.clamp(-1, 1)).argmax(dim=1).to(torch.uint8))
    return torch.cat(maps)
