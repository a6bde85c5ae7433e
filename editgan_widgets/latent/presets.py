"""Presets of editing and embedding: ours, the paper's (EditGAN, section 3 and supplement) and the authors' release's.

The weights below are theirs, turned to pictures in [-1, 1] where theirs are in [0, 1]: a squared error there is a
quarter of one here.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.scalars import Flag, Whole


def default(refine: Flag = False) -> EditConfig:
    """EditConfig's own settings, whose reasons stand beside them.

    After applying a vector there is no prior, which would draw back to the picture before, and the best step is the one
    of the lowest objective: the vector alone agrees with its own segmentation by definition.
    """
    if not refine:
        return EditConfig()
    # Every step's objective is compared with the others', so each has its own perceptual distance and all pixels.
    return EditConfig(weights=LossWeights(prior=0.0, perceptual_every=1, pixels=None), best="objective")


def paper(refine: Flag = False) -> EditConfig:
    """The paper's settings.

    | | |
    |---|---|
    | loss | 15 (perceptual + L2 outside) + 1 CE inside + 10 identity; after applying a vector 5, 1 and 5 |
    | optimiser | Adam on all of w_plus, rate 0.02 in W's own unit throughout, 100 steps; after a vector 30 |
    | region | the edited parts before and after, and 5 px around |

    It differs from the paper in this: the perceptual distance is LPIPS only where VGG16 is on disk, and
    what is inside the region is taken from the picture before and not blackened; both terms outside are means over the
    outside, not the whole picture; the outside is held to the latent's own picture, not to a photo; the parts of Q_edit
    are those painted (latent/target.py), a large one counts where it changed; identity, after ArcFace there, is asked
    where `embedding` gives one; the paper does not say which range its L2 is taken in, [0, 1] is assumed; the best step
    is kept.
    """
    outside, segmentation, identity = (5.0, 1.0, 5.0) if refine else (15.0, 1.0, 10.0)
    weights = LossWeights(
        segmentation=segmentation,
        dice=0.0,
        rgb=outside / 4,
        perceptual=outside,
        perceptual_every=1,
        prior=0.0,
        balance_power=0.0,
        changed=1.0,
        pixels=None,
        identity=identity,
    )
    return EditConfig(steps=30 if refine else 100, buffer_px=5.0, whole_parts=True, weights=weights, **_PLAIN_ADAM)


def released(refine: Flag = False) -> EditConfig:
    """The settings of the authors' released tool.

    | | |
    |---|---|
    | loss | 15 (10 perceptual + 5 L2 outside) + 1 CE inside + 1 L2 to the encoder's latent, not after a vector |
    | means | of the terms outside over the whole picture, of CE over the region |
    | optimiser | Adam on all of w_plus, rate 0.02 in W's own unit throughout, 29 steps (it counts 30) |
    | region | the painted pixels and 3 px around, by squares; after a vector the parts before and after, and 3 px |
    | features | of the nearest pixel |

    It differs from the release in this: the perceptual distance is LPIPS only where VGG16 is on disk, and
    what is inside the region is taken from the picture before and not blackened; the encoder, which a model may lack,
    runs as it was trained, not on one picture's batch statistics; strokes that change no pixel are not of the region,
    and those of earlier edits do not stay in it; after a vector the 3 px are round; the best step is kept, which the
    release means to do, but it keeps the last.
    """
    weights = LossWeights(
        segmentation=1.0,
        dice=0.0,
        rgb=15.0 * 5.0 / 4,
        perceptual=15.0 * 10.0,
        perceptual_every=1,
        prior=0.0,
        balance_power=0.0,
        changed=1.0,
        pixels=None,
        identity=0.0,
        encoder=0.0 if refine else 1.0,
        picture_mean=True,
    )
    return EditConfig(
        steps=29, region="painted", buffer_px=3.0, whole_parts=True, nearest=True, weights=weights, **_PLAIN_ADAM
    )


_PLAIN_ADAM: dict = {"lr": 0.02, "warmup": 0, "decay": 1.0, "beta2": 0.999, "coordinates": "w", "prime": False}

PRESETS: dict[str, Callable[[bool], EditConfig]] = {"default": default, "paper": paper, "released": released}


# Embedding


def fast_embedding() -> EmbedConfig:
    """Our own settings with 30 steps after the encoder's pass."""
    return EmbedConfig(steps=30)


def paper_embedding() -> EmbedConfig:
    """The paper's settings: Adam with Lookahead on w_plus, rate 0.001 throughout, 500 steps of 10 perceptual + 1 L2.

    It differs from the paper in this: the perceptual distance is LPIPS only where VGG16 is on disk; the
    paper does not say which range its L2 is taken in, [0, 1] is assumed, nor Lookahead's settings, of which its own
    paper's are taken (5 steps, half-way); the best step by PSNR is kept.
    """
    return EmbedConfig(steps=500, lr=0.001, warmup=0, decay_share=0.0, lookahead=5, **_PLAIN_EMBEDDING)


def released_embedding() -> EmbedConfig:
    """The released app's settings: 99 steps (it counts 100) of 10 perceptual + 1 MSE + 1 to the encoder's latent.

    Adam's rate is 0.1, rises over the first 5 % and falls to 0 along a cosine over the last 25 %. It differs from the
    release in this: the perceptual distance is LPIPS only where VGG16 is on disk; the encoder, which a
    model may lack, runs as it was trained, not on one picture's batch statistics and values; the best step by PSNR is
    kept, which the release means to do, but it keeps the last.
    """
    return EmbedConfig(steps=99, lr=0.1, warmup=5, decay_share=0.25, encoder=1.0, **_PLAIN_EMBEDDING)


_PLAIN_EMBEDDING: dict = {
    "error": "squared",
    "error_weight": 0.25,  # a squared error in [0, 1] is a quarter of one in [-1, 1]
    "perceptual": 10.0,
    "perceptual_every": 1,
    "prior": 0.0,
    "beta2": 0.999,
    "coordinates": "w",
    "together": 0,
}

EMBED_PRESETS: dict[str, Callable[[], EmbedConfig]] = {
    "default": EmbedConfig,
    "fast": fast_embedding,
    "paper": paper_embedding,
    "released": released_embedding,
}


def described(config: EditConfig, refine: Flag = False) -> dict[str, Any] | None:
    """Say a config in JSON values: the preset it is nearest to and what it has otherwise, its number of steps apart.

    None where it holds what JSON cannot, as an embedding.
    """
    own = _fields(config)
    changes = {}
    for name, preset in PRESETS.items():
        base = _fields(preset(bool(refine)))
        changes[name] = {key: value for key, value in own.items() if key != "steps" and value != base[key]}
    nearest = min(changes, key=lambda name: len(changes[name]))
    plain = (bool, int, float, str, list, type(None))
    if not all(isinstance(value, plain) for value in changes[nearest].values()):
        return None
    return {"preset": nearest, "changed": changes[nearest], "refine": refine}


def config_of(description: Mapping[str, Any], steps: Whole) -> EditConfig:
    """The config that `described` described. Raises ValueError for settings that there are not, or out of range."""
    config = EditConfig.preset(str(description["preset"]), bool(description["refine"]))
    nested: dict[str, dict[str, Any]] = {"weights": {}, "units": {}}
    plain: dict[str, Any] = {"steps": steps}
    for key, value in description["changed"].items():
        outer, _, inner = key.partition(".")
        (nested[outer] if inner and outer in nested else plain)[inner or outer] = (
            tuple(value) if isinstance(value, list) else value
        )
    try:
        return replace(
            config,
            weights=replace(config.weights, **nested["weights"]),
            units=replace(config.units, **nested["units"]),
            **plain,
        )
    except TypeError as error:
        raise ValueError(f"{description['changed']!r} names a setting that there is not ({error})") from error


def _fields(config: EditConfig) -> dict[str, Any]:
    """Settings by name, those of weights and units as `weights.rgb`."""
    found: dict[str, Any] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name in ("weights", "units"):
            found |= {f"{field.name}.{name}": inner for name, inner in vars(value).items()}
        else:
            found[field.name] = list(value) if isinstance(value, tuple) else value
    return found
