"""Sampled portraits: pictures of many seeds to choose from, and their parts for other portraits."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.masks.part_operations import LabelMap, Operation, copy_from
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, whole

Sample = tuple[Whole, Real] | tuple[Whole, Real, str]
"""Seed and truncation_psi of a portrait, and the source of the seed if it is not "torch" (models/seeds.py)."""


def latent_of(model: EditGAN, sample: Sample) -> Float[Tensor, "1 num_ws w_dim"]:
    """Latent of a sampled portrait."""
    return model.sample_w_plus(sample[0], sample[1], sample[2] if len(sample) == 3 else "torch")


def sample_pictures(
    model: EditGAN, samples: Iterable[Sample], largest: Whole | None = None
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Yield portraits one by one, so that a caller can stop in between.

    Args:
        model: the model.
        samples: seed and truncation_psi of each, and the source of its seed if that is not "torch".
        largest: px; larger pictures are reduced. None keeps the model's size.
    """
    most = None if largest is None else whole(largest, "largest", least=1)
    for sample in samples:
        with torch.no_grad():
            pixels = images.to_uint8(model.generator.synthesis(latent_of(model, sample)).image)[0]
        if most is not None and len(pixels) > most:
            pixels = np.asarray(Image.fromarray(pixels).resize((most, most), Image.Resampling.LANCZOS))
        yield pixels


def sample_label_map(model: EditGAN, sample: Sample) -> UInt8[np.ndarray, "h w"]:
    """Label map of a portrait, predicted by the model's interpreter."""
    with torch.no_grad():
        synthesis = model.generator.synthesis(latent_of(model, sample))
        return predicted_label_map(model, synthesis.features).cpu().numpy()


def take_from(model: EditGAN, sample: Sample, part: str | Whole) -> Operation:
    """Operation that gives a part its shape in another portrait, centred at its old place (part_operations.copy_from).

    The operation generates that portrait when it is called. It raises ValueError if the portrait does not show the
    part.
    """

    def taken(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        other, label = sample_label_map(model, sample), labels[part]
        if not (other == label.id).any():
            raise ValueError(f"the portrait of seed {sample[0]} shows no {label.name}; take it from another one")
        return copy_from(other, label.id)(label_map, labels)

    return taken
