"""Quality of a model, measured by networks that it was not trained against: the figures of its card.

Samples of the generator are compared with rendered portraits in the features of an in-domain network: KID, FID,
precision and recall, density and coverage, copies. The factor regressor measures whether the balance of the data is
preserved, the segmenter judges the interpreter, and the identity network judges encoder and embedding. Every figure has
its n and its 95% interval. `editgan report` writes all of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.analysis import distribution, sample_features
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.encoder_quality import encoder_quality
from editgan_widgets.analysis.interpreter_quality import interpreter_quality
from editgan_widgets.analysis.quality_figures import FactorBalance, Judges, QualityConfig, QualityReport, SweepPoint
from editgan_widgets.analysis.sample_features import Look, Seen, codes, index_batches, spread_indices, standardised
from editgan_widgets.domains.domain import FactorReader
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.training.training_data import TrainingData


def measure_quality(
    model: EditGAN,
    data_dir: str | Path,
    judges: Judges,
    config: QualityConfig | None = None,
    progress: bool = False,
    held_out_dir: str | Path | None = None,
) -> QualityReport:
    """Measure a model against the renders of a folder of `editgan render`.

    `progress` shows progress bars. `held_out_dir` is a folder of renders that no training used, for the encoder.
    Without it the last renders of `data_dir` are used, as many as the model's metadata say were held out.

    Raises DataError for a folder that does not fit the model, ValueError for a judge with other labels.
    """
    config = config or QualityConfig()
    check_segmenter(model, judges)
    data = _renders(model, data_dir)
    unseen = (
        _unseen(model, data, config) if held_out_dir is None else _all(model, _renders(model, held_out_dir), config)
    )
    look = Look(model, judges, config, progress)
    chosen = spread_indices(data.count, config.samples)
    real = look.at(
        "renders", (data.batch(part, model.device).image for part in index_batches(chosen, config.batch)), chosen
    )
    look = standardised(look, real.features)
    real = replace(real, features=look.scale(real.features))
    z = codes(model, config.samples, config.first_seed)
    fake = look.at("samples", sample_features.sampled(model, z, config.truncation_psi, config.batch), z)
    rng = np.random.default_rng(config.first_seed)
    mixed = rng.permutation(len(real.features))
    halves = real.features[mixed[::2]], real.features[mixed[1::2]]
    found = distribution.copies(real.features, fake.features)
    closest = np.argsort(found.distance)[:8]
    pairs = [
        images.to_uint8(
            torch.cat(list(sample_features.sampled(model, z[closest], config.truncation_psi, config.batch)))
        ),
        images.to_uint8(data.batch(chosen[found.index[closest]], model.device).image),
    ]
    return QualityReport(
        model=repr(model),
        features=judges.features_name,
        config=config,
        renders=len(real.features),
        kid=distribution.kernel_distance(real.features[mixed], fake.features),
        fid=distribution.frechet_distance(real.features, fake.features, rng),
        fid_of_halves=distribution.frechet_distance(*halves, rng),
        manifold=distribution.manifold(real.features, fake.features),
        manifold_of_halves=distribution.manifold(*halves),
        copies=found,
        detail=tuple(distribution.ratios(real.octaves, fake.octaves, rng, config.resamples)),
        path_length=_path_length(look, fake.features),
        sweep=tuple(_sweep(look, real.features[mixed], z[: config.sweep_samples])),
        balance=tuple(_balance(judges.regressor, real, fake, mixed)),
        interpreter=interpreter_quality(model, judges.segmenter, config, progress),
        encoder=encoder_quality(model, judges.identity, unseen, config, progress),
        sheet=_sheet(model, config),
        copy_pairs=np.concatenate(pairs),
    )


def _renders(model: EditGAN, folder: str | Path) -> TrainingData:
    return TrainingData(folder, model.resolution)


def check_segmenter(model: EditGAN, judges: Judges) -> None:
    """Raise ValueError if the segmenter has other parts than the model."""
    if judges.segmenter is None:
        return
    blank = torch.zeros(1, 3, model.resolution, model.resolution, device=model.device)
    with torch.no_grad():
        known = judges.segmenter(blank).shape[1]
    if known != len(model.labels):
        raise ValueError(
            f"the segmenter has {known} parts, the model {len(model.labels)} ({model.labels.name}); give a segmenter "
            "that `editgan train segmenter` trained on the same label set"
        )


def _sheet(model: EditGAN, config: QualityConfig) -> np.ndarray:
    """Pictures of seeds 0 …, as from `EditSession.from_seed`, not selected."""
    latents = [model.sample_w_plus(seed, config.sheet_psi) for seed in range(config.sheet_seeds)]
    with torch.no_grad():
        return np.concatenate([images.to_uint8(model.generator.synthesis(w_plus).image) for w_plus in latents])


# The measurements


def _sweep(look: Look, real: np.ndarray, z: Tensor) -> Iterator[SweepPoint]:
    """Figures at each truncation, with as many renders as samples, because precision and recall depend on n."""
    real = real[: len(z)]
    for psi in look.config.sweep:
        made = sample_features.sampled(look.model, z, psi, look.config.batch)
        fake = look.at(f"psi {psi:g}", made, z, factors=False).features
        near = distribution.manifold(real, fake)
        yield SweepPoint(psi, distribution.kernel_distance(real, fake), near.precision, near.recall)


@torch.no_grad()
def _path_length(look: Look, features: np.ndarray) -> Estimate:
    """Perceptual path length in W (Karras et al. 2019, section 4.1), relative to the distance of random samples.

    Squared speed of the features along straight lines between codes: 1 if they move straight and evenly, more if they
    jump. The features are those of the judge, not of a network trained on photos.
    """
    model, config = look.model, look.config
    spread = 2 * float(features.var(0, dtype=np.float64).sum())
    rng = torch.Generator().manual_seed(config.first_seed + 1)
    speeds = []
    for start in range(0, config.path_pairs, config.batch):
        count = min(config.batch, config.path_pairs - start)
        z = torch.randn(2 * count, model.generator.z_dim, generator=rng).to(model.device)
        at = torch.rand(count, 1, generator=rng).to(model.device) * (1 - config.path_step)
        first, second = model.generator.mapping(z).split(count)
        here, there = (
            look.judges.features(model.generator.synthesis(model.generator.w_plus(torch.lerp(first, second, t))).image)
            for t in (at, at + config.path_step)
        )
        moved = (there - here).double().cpu().numpy() / look.std
        speeds.append(np.square(moved).sum(1) / config.path_step**2)
    return Estimate.of_mean(np.concatenate(speeds) / max(spread, 1e-12))


def _balance(regressor: FactorReader | None, real: Seen, fake: Seen, mixed: np.ndarray) -> Iterator[FactorBalance]:
    for name, renders in real.factors.items():
        samples = fake.factors[name]
        yield FactorBalance(
            name,
            float("nan") if regressor is None else regressor.report.get(name, float("nan")),
            float(renders.mean()),
            float(renders.std()),
            float(samples.mean()),
            float(samples.std()),
            distribution.overlap(renders, samples),
            distribution.overlap(renders[mixed[::2]], renders[mixed[1::2]]),
            renders,
            samples,
        )


def _all(model: EditGAN, renders: TrainingData, config: QualityConfig) -> Float[Tensor, "n 3 h w"]:
    return renders.batch(spread_indices(renders.count, config.encoder_renders), model.device).image


def _unseen(model: EditGAN, renders: TrainingData, config: QualityConfig) -> Float[Tensor, "n 3 h w"]:
    """Return the folder's last renders, at most as many as every training in the model's metadata held out."""
    trainings = (model.metadata.get("encoder", {}), model.metadata.get("generator", {}).get("training", {}))
    held_out = [training["held_out"] for training in trainings if "held_out" in training]
    count = min(config.encoder_renders, renders.count, *held_out)
    return renders.batch(np.arange(renders.count - count, renders.count), model.device).image
