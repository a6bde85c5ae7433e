"""Convert files of the public releases to one bundle, and report how the conversion changed the pictures.

The report compares the bundle, read back from disk, with a reference forward pass of the tensors in the source files.
This finds errors of the conversion. The reference makes the same assumptions about the file, so these are listed too.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.conversion_arrays import Kinds, bundled, sorted_arrays, vector_of
from editgan_widgets.label_sets import numbered_labels
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.direction_files import Index
from editgan_widgets.models.checkpoints import built_generator, write_bundle
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.discriminator_files import read_discriminator
from editgan_widgets.models.official.encoder_files import encoder
from editgan_widgets.models.official.generators import OfficialGenerator, doubt_about_mean, official_generator
from editgan_widgets.models.official.interpreter_files import member_number, member_weights, stack_members
from editgan_widgets.models.official.reference import Weights, reference_logits, reference_picture, reference_w
from editgan_widgets.models.official.sources import ARRAY_KINDS, KINDS, Source, read_source
from editgan_widgets.models.official.tensor_files import existing

_POINTS = 512  # pixels at which logits are compared
_FEATURES_AT = 512  # px: maximum size of the features in the releases' interpreters


@dataclass(frozen=True)
class Difference:
    """Differences of the converted model from the source's tensors, over a few samples at truncation 0.7."""

    samples: int
    picture_max: float  # largest difference of a value, of a picture in [-1, 1]
    picture_mean: float
    changed: float  # share of 8-bit values that differ
    logits_max: float | None = None  # largest difference of the interpreter's logits; None without an interpreter
    labels_agree: float | None = None  # share of pixels with the same most likely label


@dataclass(frozen=True)
class Conversion:
    """Result of a conversion."""

    files: tuple[Path, ...]
    lines: tuple[str, ...]  # messages: the result of each source
    difference: Difference | None  # None if no source is a generator
    notes: tuple[str, ...] = ()  # on the generator: what was used, assumed, missing, left out and checked


def convert(
    sources: Sequence[str | Path],
    out: str | Path,
    labels: LabelSet | None = None,
    half: bool = False,
    samples: int = 2,
    kinds: Kinds = None,
    index: Index = None,
) -> Conversion:
    """Convert files of the public releases to safetensors; no code in them is executed.

    A generator (rosinality's .pt or StyleGAN2-ADA's .pkl), the members of its interpreter, its encoder, latents and
    label maps are written to one bundle at `out`; edit vectors and directions to files beside it, named after their
    sources, or to `out` itself if there is nothing but one edit vector. A bundle of this package may replace the
    generator.

    Args:
        sources: the files, in any order.
        out: the bundle to write.
        labels: label set of the interpreter's ids; None numbers the parts.
        half: store float16.
        samples: number of pictures that the report compares.
        kinds: "vector" or "latents", for arrays whose shape and names are ambiguous: for all of them, or by file name.
            None measures them against the model (latent/latents_or_vector.py); without a model they are refused.
        index: index of a direction in a file with several (latent/directions/direction_files.py).

    Raises CheckpointError for a file that cannot be used, or files that do not fit one another.
    """
    out = Path(out)
    found, base = _read_all([Path(source) for source in sources], out)
    official = (
        official_generator(found["generator"][0].path, found["generator"][0].content) if found["generator"] else None
    )
    model, members = _model(found, base, labels, official)
    outputs: dict[str, Callable[[Path], None]] = {}  # name -> function that writes the file
    if model is not None:
        outputs["model"] = lambda path: model.save(path, half=half)
    named = [source for kind in ARRAY_KINDS for source in found[kind]]
    of_a_release = bool(found["interpreter"] or found["encoder"])
    sorted_ = sorted_arrays(named, kinds, model or base, of_a_release)
    tensors, about = bundled(sorted_, model or base)
    if tensors:
        outputs["arrays"] = lambda path: write_bundle(path, tensors, about)
    for source in sorted_.vectors:
        vector = vector_of(source, model or base, labels, index)
        if vector.name in outputs:
            raise CheckpointError(f"{source.path}: two outputs would be named {vector.name!r}; rename one of the files")
        outputs[vector.name] = vector.save
    files = []
    for name, write in outputs.items():
        whole = name == "model" or len(outputs) == 1
        files.append(out if whole else out.with_name(f"{out.stem}.{name}.safetensors"))
        write(files[-1])
    networks = [source for kind in KINDS if kind not in ARRAY_KINDS for source in found[kind]]
    lines = [f"{source.path}: {source.kind}" for source in networks]
    for source in (*sorted_.vectors, *sorted_.latents, *sorted_.label_maps):
        reason = sorted_.reasons.get(source.path)
        lines.append(f"{source.path}: {source.kind}{f' ({reason})' if reason else ''}")
    if model is not None and found["generator"]:
        lines.append(model.metadata["discriminator"])
    if model is not None:
        lines.append(f"edits compare the outside by: {model.perceptual_distance().name}")
        if model.interpreter is None:
            lines.append("no interpreter: painted edits need one; pictures, photos, vectors and drags work without")
    if model is None or official is None:
        return Conversion(tuple(files), tuple(lines), None)
    difference = _compared(official, members, EditGAN.load(out), samples)
    return Conversion(tuple(files), tuple(lines), difference, tuple(model.metadata["conversion_notes"]))


def compare(source: Source, members: Sequence[Weights], model: EditGAN, samples: int = 2) -> Difference:
    """Compare a converted model with a reference forward pass of the generator's and the members' tensors."""
    return _compared(official_generator(source.path, source.content), members, model, samples)


@torch.no_grad()
def _compared(official: OfficialGenerator, members: Sequence[Weights], model: EditGAN, samples: int) -> Difference:
    weights, config = official.weights, official.config
    generator, size = model.generator, min(model.resolution, _FEATURES_AT)
    rng = torch.Generator().manual_seed(0)
    region = torch.zeros(size, size, dtype=torch.bool)
    region.view(-1)[torch.randperm(size * size, generator=rng)[:_POINTS]] = True
    points = (region.nonzero().flip(1) + 0.5) / size * 2 - 1  # x, y of the pixel centres
    pictures, labels = [], []
    for _ in range(samples):
        z = torch.randn(1, generator.z_dim, generator=rng)
        ours = generator.synthesis(generator.w_plus(generator.mapping(z, truncation_psi=0.7)))
        mean = weights["mapping.w_avg"]
        w = mean + 0.7 * (reference_w(weights, z, config.mapping_lr_multiplier, config.mapping_leak) - mean)
        picture, features = reference_picture(weights, generator.w_plus(w), config.leak, config.clamp)
        pictures.append((ours.image, picture))
        if model.interpreter is not None and members:
            logits = model.interpreter.at(ours.features, region)[0].T
            labels.append((logits, reference_logits(members, features, points)))
    a, b = (torch.cat(x) for x in zip(*pictures, strict=True))
    found = {"picture_max": float((a - b).abs().max()), "picture_mean": float((a - b).abs().mean())}
    changed = float(np.mean(images.to_uint8(a) != images.to_uint8(b)))
    if labels:
        p, q = (torch.cat(x) for x in zip(*labels, strict=True))
        found["logits_max"] = float((p - q).abs().max())
        found["labels_agree"] = float((p.argmax(1) == q.argmax(1)).float().mean())
    return Difference(samples, changed=changed, **found)


def _read_all(paths: list[Path], out: Path) -> tuple[dict[str, list[Source]], EditGAN | None]:
    """All sources by kind, and the bundle of this package, if one is among them."""
    if not paths:
        raise CheckpointError("nothing to convert: name the files of a release")
    if any(os.path.realpath(path) == os.path.realpath(out) for path in paths):
        raise CheckpointError(f"{out} is among the sources; write the bundle to another file")
    bundles = [path for path in paths if path.suffix == ".safetensors"]
    found: dict[str, list[Source]] = {kind: [] for kind in KINDS}
    for path in paths:
        if path not in bundles:
            source = read_source(path)
            found[source.kind].append(source)
    generators = [*bundles, *(source.path for source in found["generator"])]
    for kind, several in (("generator", generators), ("encoder", [source.path for source in found["encoder"]])):
        if len(several) > 1:
            names = ", ".join(map(str, several))
            raise CheckpointError(f"{len(several)} of the sources are each a whole {kind}: {names}; give one")
    return found, EditGAN.load(existing(bundles[0])) if bundles else None


def _model(
    found: dict[str, list[Source]], base: EditGAN | None, labels: LabelSet | None, official: OfficialGenerator | None
) -> tuple[EditGAN | None, list[Weights]]:
    """The model of the networks among the sources, and the tensors of the interpreter's members."""
    networks = [source for kind in ("generator", "interpreter", "encoder") for source in found[kind]]
    if not networks:
        return None, []
    discriminator = None
    metadata: dict[str, Any] = {"converted_from": [source.path.name for source in networks]}
    if official is not None:
        source = found["generator"][0]
        generator = built_generator(source.path, official)
        metadata["conversion_notes"] = _notes(source.path, official)
        found_discriminator = read_discriminator(source.path, source.content)
        discriminator, metadata["discriminator"] = found_discriminator.network, found_discriminator.line
    elif base is not None:
        generator, discriminator = base.generator, base.discriminator
    else:
        raise CheckpointError(
            f"{networks[0].path} belongs to a generator; name its generator too (.pt, .pkl or a bundle of this package)"
        )
    ordered = sorted(found["interpreter"], key=lambda source: member_number(source.path))
    members = [(source.path, member_weights(source.path, source.content)) for source in ordered]
    interpreter = stack_members(members, generator.feature_channels) if members else None
    if interpreter is None and base is not None:
        interpreter, labels = base.interpreter, labels or base.labels
    count = 2 if interpreter is None else interpreter.config.num_labels
    encoding = [encoder(source.path, source.content) for source in found["encoder"]]
    try:
        made = EditGAN(
            generator,
            discriminator,
            interpreter,
            labels or numbered_labels(count),
            metadata,
            encoding[0] if encoding else None if base is None else base.encoder,
        )
    except ValueError as error:
        raise CheckpointError(
            f"{', '.join(str(source.path) for source in networks)}: {error}; give files of one release, and the label "
            f"set of its interpreter ({count} labels)"
        ) from error
    return made, [weights for _, weights in members]


def _notes(path: Path, official: OfficialGenerator) -> list[str]:
    """Notes on the generator for the report."""
    notes = list(official.notes)
    if not official.mean_is_estimated:
        notes.append(doubt_about_mean(path, official))
    if any(note.startswith(("assumed", "missing", "doubtful")) for note in notes):
        notes.append(
            "not checked: the comparison of pictures shares the assumptions above; compare with a picture made by the "
            "source's own code"
        )
    return notes
