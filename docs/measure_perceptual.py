"""Choose the features of perceptual distances for models without a discriminator: rank shipped networks by a criterion.

python docs/measure_perceptual.py --out results/perceptual.md

Order: a distance should grow with a distortion's strength (blur, noise, colour shift, warp, a part moved); the share of
neighbouring strengths in the right order. Choice: of two pictures at the same mean squared error from a third, one
blurred, warped, noisy or with a part moved, the other of another colour, the first should be further; the share of such
pairs. Edits: the model portraits-64 without its discriminator, EditGAN's released settings; agreement with the painted
parts, and mean change and 1 - SSIM outside the region.
"""

import argparse
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import skimage
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage
from skimage.metrics import structural_similarity

from editgan_widgets import EditSession, images, load_model
from editgan_widgets.analysis.stylised import STYLES
from editgan_widgets.domains.portraits import load_identity, load_samples, load_segmenter
from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
from editgan_widgets.files import write_text
from editgan_widgets.latent import objective
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.models.discriminator import Discriminator
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import PerceptualDistance, _FeatureDistance

PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "hubble_deep_field.jpg")
TEXTURES = ("brick.png", "grass.png", "gravel.png", "ihc.png")
DRAWINGS = ("horse.png", "page.png", "phantom.png")
SIZE = 128  # px


class Maps(_FeatureDistance):
    """A distance by any network's maps, all of the same weight."""

    def __init__(self, maps):
        self.maps = maps

    def _features(self, image):
        return [x * (x.square().sum(1, keepdim=True) + 1e-8).rsqrt() for x in self.maps(image)]

    def _weighted(self, i, squared):
        return squared.sum(1).mean()


class Pixels(_FeatureDistance):
    """Squared error, for comparison."""

    def _features(self, image):
        return [image]

    def _weighted(self, i, squared):
        return squared.mean()


def candidates():
    own, small = load_model("portraits-128").discriminator, load_model("portraits-64").discriminator
    torch.manual_seed(0)
    untrained = Discriminator(own.config).eval().requires_grad_(False)
    segmenter, identity = load_segmenter(), load_identity()
    return {
        "discriminator of portraits-128, two finest blocks": PerceptualDistance(own),
        "discriminator of portraits-128, all blocks": PerceptualDistance(own, (0, 1, 2)),
        "discriminator of portraits-64, two finest blocks": PerceptualDistance(small),
        "segmenter's encoder (a judge of edits)": Maps(segmenter.levels),
        "identity's trunk (a judge of edits)": Maps(identity.trunk.activations),
        "discriminator, untrained": PerceptualDistance(untrained),
        "pixels": Pixels(),
    }


def pictures():
    """Name of the kind and picture [3, 128, 128] in [-1, 1]."""
    found = [("portrait", p.image) for p in load_samples()[:6]]
    found += [(f"portrait, {name}", style(p.image)) for p in load_samples()[6:8] for name, style in STYLES.items()]
    folder = Path(skimage.__file__).parent / "data"
    for kind, names in (("photo", PHOTOS), ("texture", TEXTURES), ("drawing", DRAWINGS)):
        for name in names:
            with Image.open(folder / name) as opened:
                picture = opened.convert("RGB")
            side = min(picture.size)
            left, top = (picture.width - side) // 2, (picture.height - side) // 2
            picture = picture.crop((left, top, left + side, top + side)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
            found.append((kind, np.asarray(picture)))
    return [(kind, images.from_uint8(pixels)) for kind, pixels in found]


def blurred(x, strength, rng):
    return torch.from_numpy(ndimage.gaussian_filter(x.numpy(), (0, 0, strength, strength)))


def noisy(x, strength, rng):
    return x + strength * torch.from_numpy(rng.standard_normal(x.shape)).float()


def recoloured(x, strength, rng):
    shift = rng.standard_normal(3)
    return x + strength * torch.from_numpy(shift / np.abs(shift).max()).float()[None, :, None, None]


def warped(x, strength, rng):
    field = ndimage.gaussian_filter(rng.standard_normal((2, SIZE, SIZE)), (0, 6, 6))
    field *= strength / np.sqrt((field**2).mean())
    steps = torch.from_numpy(np.stack([field[0], field[1]], -1)).float()[None] * (2 / SIZE)
    grid = F.affine_grid(torch.eye(2, 3)[None], (1, 1, SIZE, SIZE), align_corners=False)
    return F.grid_sample(x, grid + steps, padding_mode="border", align_corners=False)


def moved(x, strength, rng):
    size, result = int(strength), x.clone()
    (y0, x0), (y1, x1) = rng.integers(0, SIZE - size, (2, 2))
    result[..., y1 : y1 + size, x1 : x1 + size] = x[..., y0 : y0 + size, x0 : x0 + size]
    return result


DISTORTIONS = {
    "blur": (blurred, (0.5, 1.0, 2.0)),
    "noise": (noisy, (0.05, 0.1, 0.2)),
    "colour": (recoloured, (0.05, 0.1, 0.2)),
    "warp": (warped, (0.5, 1.5, 4.0)),
    "part": (moved, (8, 16, 32)),
}


@torch.no_grad()
def ranks(distance, kinds):
    """Shares of right orders by distortion, and of right choices by distortion."""
    orders, choices = {name: [] for name in DISTORTIONS}, {name: [] for name in DISTORTIONS if name != "colour"}
    for number, (_, picture) in enumerate(kinds):
        reference = distance.reference(picture)
        for name, (distort, strengths) in DISTORTIONS.items():
            changed = [distort(picture, s, np.random.default_rng([number, 1])) for s in strengths]
            values = [float(distance(x, reference)) for x in changed]
            orders[name] += [a < b for a, b in pairwise(values)]
            if name == "colour":
                continue
            error = float((changed[1] - picture).square().mean())
            other = recoloured(picture, 1.0, np.random.default_rng([number, 2])) - picture
            other = picture + other * (error / max(float(other.square().mean()), 1e-9)) ** 0.5
            choices[name].append(values[1] > float(distance(other, reference)))
    return {k: np.mean(v) for k, v in orders.items()}, {k: np.mean(v) for k, v in choices.items()}


def edits(distance, model, seeds):
    """Mean IoU, change outside and 1 - SSIM outside of scripted edits under EditGAN's released settings."""
    found, given = [], objective.perceptual_distance
    objective.perceptual_distance = lambda *_, **__: distance
    config = EditConfig.preset("released")
    if distance is None:
        config = replace(config, weights=replace(config.weights, perceptual=0.0))
    try:
        for seed in seeds:
            for edit in (SCRIPTED_EDITS[0], SCRIPTED_EDITS[4], SCRIPTED_EDITS[6]):
                session = EditSession.from_seed(model, seed, config=config)
                painted = edit.paint(session.label_map.copy(), model.labels)
                if painted is None:
                    continue
                session.set_label_map(painted)
                outside, before = ~session.region, session.image
                best = max(session.edit(), key=lambda step: step.score)
                _, similar = structural_similarity(before, best.image, channel_axis=2, full=True)
                found.append((best.iou, best.outside, 1 - similar[outside].mean()))
    finally:
        objective.perceptual_distance = given
    return np.mean(found, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4, help="portraits that are edited in three ways each")
    parser.add_argument("--out", type=Path, default=Path("results/perceptual.md"))
    options = parser.parse_args()
    kinds = pictures()
    whole = load_model("portraits-64")
    model = EditGAN(whole.generator, None, whole.interpreter, whole.labels, encoder=whole.encoder)
    head = ("features", *(f"order: {x}" for x in DISTORTIONS), *(f"choice: {x}" for x in DISTORTIONS if x != "colour"))
    lines = [f"{len(kinds)} pictures of {SIZE} px: {', '.join(sorted({kind for kind, _ in kinds}))}.", ""]
    head += ("order, mean", "choice, mean", "IoU", "change outside", "1 - SSIM outside")
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, distance in [*candidates().items(), ("none", None)]:
        cells = ["-"] * (len(head) - 4)
        if distance is not None:
            order, choice = ranks(distance, kinds)
            values = [*order.values(), *choice.values(), np.mean(list(order.values())), np.mean(list(choice.values()))]
            cells = [f"{value:.2f}" for value in values]
        iou, outside, unlike = edits(distance, model, range(options.seeds))
        cells += [f"{iou:.3f}", f"{outside:.4f}", f"{unlike:.4f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(options.out, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
