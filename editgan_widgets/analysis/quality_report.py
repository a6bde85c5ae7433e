"""Quality of a model, measured by networks that it was not trained against: the figures of its card.

Samples of the generator are compared with rendered portraits in the features of an in-domain network: KID, FID,
precision and recall, density and coverage, copies. The factor regressor measures whether the balance of the data is
preserved, the segmenter judges the interpreter, and the identity network judges encoder and embedding. Every figure has
its n and its 95% interval. `editgan report` writes all of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm import tqdm

from editgan_widgets import images
from editgan_widgets.analysis import distribution, segmentation
from editgan_widgets.analysis.distribution import Copies, Estimate, Manifold
from editgan_widgets.confusion import confusion, part_iou
from editgan_widgets.domains.portraits import GROUP_LABELS, PORTRAIT_LABELS, FactorRegressor, Identity
from editgan_widgets.domains.portraits.parts import ids_within
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.embed import EmbedConfig, Embedding, embed
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.training.training_data import TrainingData


@dataclass(frozen=True)
class QualityConfig:
    """Settings of the measurement. Samples use seeds from `first_seed`, which no training labelled."""

    samples: int = 10_000  # generated pictures, and the same number of renders if the folder has them
    truncation_psi: float = 1.0  # of these samples: the whole distribution
    sweep: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # truncations that are compared …
    sweep_samples: int = 1000  # … and samples at each
    path_pairs: int = 1000  # pairs of codes for the path length
    path_step: float = 0.02  # length of a step, as a share of the line from one w to the other
    interpreter_samples: int = 200  # pictures that the interpreter and the segmenter label
    interpreter_psi: float = 0.7  # their truncation, that of the labelled pictures
    encoder_renders: int = 100  # held-out renders that are encoded and embedded
    embed_steps: int = 100  # of the optimisation after the encoder's pass
    embed_batch: int = 8  # pictures embedded at once: small, because gradients need memory
    sheet_psi: float = 0.8  # truncation of the sheet of seeds 0..63
    sheet_seeds: int = 64
    first_seed: int = 50_000_000
    batch: int = 32
    resamples: int = 500  # of each bootstrap over pictures


@dataclass(frozen=True)
class Judges:
    """The judges. The figures of a missing judge are left out."""

    features: Callable[[Tensor], Tensor]  # pictures [n, 3, H, W] in [-1, 1] -> [n, d], for distances between sets
    features_name: str  # name of the network of these features
    segmenter: nn.Module | None = None  # pictures -> logits over the model's labels
    regressor: FactorRegressor | None = None
    identity: Identity | None = None


@dataclass(frozen=True)
class SweepPoint:
    """Fidelity and variety at one truncation."""

    truncation_psi: float
    kid: Estimate
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True)
class FactorBalance:
    """Distribution of one factor over the renders and over the samples, both predicted by the regressor."""

    name: str
    r2: float  # of the regressor on held-out renders; nan where unknown
    render_mean: float
    render_std: float
    sample_mean: float
    sample_std: float
    overlap: float  # of the two histograms
    overlap_of_halves: float  # of two halves of the renders: the best possible value
    renders: np.ndarray = field(repr=False)
    samples: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class InterpreterQuality:
    """IoU of the interpreter's label maps with the segmenter's. Parts that no picture shows are left out."""

    miou: Estimate
    coarse_miou: Estimate
    coarse_parts: dict[str, Estimate]  # merged parts, see `coarse_groups`
    parts: dict[str, Estimate]
    training: dict  # the interpreter's training, from the model's metadata: samples, seconds, peak_mb …


@dataclass(frozen=True)
class Reconstruction:
    """Quality of the reconstructions of renders."""

    psnr: Estimate  # dB
    identity: Estimate | None  # cosine of render and reconstruction


@dataclass(frozen=True)
class EncoderQuality:
    """Reconstruction of held-out renders: by one pass of the encoder, and after optimisation from there."""

    first_pass: Reconstruction
    embedded: Reconstruction
    steps: int  # of the optimisation
    strip: np.ndarray = field(repr=False)  # [3 k, H, W, 3]: k renders, their first passes, their embeddings


@dataclass(frozen=True)
class QualityReport:
    """All figures and pictures of a model; `write` writes the card."""

    model: str
    features: str
    config: QualityConfig
    renders: int
    kid: Estimate
    fid: Estimate
    fid_of_halves: Estimate  # of two halves of the renders: the value for equal distributions at half the n
    manifold: Manifold
    manifold_of_halves: Manifold  # of two halves of the renders: the best possible values
    copies: Copies
    detail: tuple[Estimate, ...]  # energy of the samples in each octave, finest first, divided by that of the renders
    path_length: Estimate
    sweep: tuple[SweepPoint, ...]
    balance: tuple[FactorBalance, ...]
    interpreter: InterpreterQuality | None
    encoder: EncoderQuality | None
    sheet: np.ndarray = field(repr=False)  # [n, H, W, 3] uint8
    copy_pairs: np.ndarray = field(repr=False)  # [2 n, H, W, 3]: the samples nearest to a render, then those renders

    def write(self, folder: str | Path) -> Path:
        """Write report.md, report.json and the pictures; returns the path of report.md."""
        from editgan_widgets.analysis.report_pages import write_report

        return write_report(self, Path(folder))


def measure_quality(
    model: EditGAN,
    data_dir: str | Path,
    judges: Judges,
    config: QualityConfig | None = None,
    progress: bool = False,
    held_out_dir: str | Path | None = None,
) -> QualityReport:
    """Measure a model against the renders of a folder of `editgan render`.

    `progress` shows progress bars. `held_out_dir` is a folder of renders that no training saw, for the encoder. Without
    it the last renders of `data_dir` are used, as many as the trainings held out according to the model's metadata.

    Raises DataError for a folder that does not fit the model, ValueError for a judge that has other labels than the
    model.
    """
    config = config or QualityConfig()
    check_segmenter(model, judges)
    data = _renders(model, data_dir)
    unseen = (
        _unseen(model, data, config) if held_out_dir is None else _all(model, _renders(model, held_out_dir), config)
    )
    look = _Look(model, judges, config, progress)
    chosen = _spread(data.count, config.samples)
    real = look.at("renders", (data.batch(part, model.device).image for part in _parts(chosen, config.batch)), chosen)
    look = _standardised(look, real.features)
    real = replace(real, features=look.scale(real.features))
    z = _codes(model, config.samples, config.first_seed)
    fake = look.at("samples", _made(model, z, config.truncation_psi, config.batch), z)
    rng = np.random.default_rng(config.first_seed)
    mixed = rng.permutation(len(real.features))
    halves = real.features[mixed[::2]], real.features[mixed[1::2]]
    found = distribution.copies(real.features, fake.features)
    closest = np.argsort(found.distance)[:8]
    pairs = [
        images.to_uint8(torch.cat(list(_made(model, z[closest], config.truncation_psi, config.batch)))),
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


# Features of pictures


@dataclass(frozen=True)
class _Seen:
    """Outputs of the judges for one set of pictures."""

    features: np.ndarray  # [n, d]
    factors: dict[str, np.ndarray]  # [n] each
    octaves: np.ndarray  # [n, 3], energy of the three finest octaves


@dataclass(frozen=True)
class _Look:
    """Runs the judges on pictures."""

    model: EditGAN
    judges: Judges
    config: QualityConfig
    progress: bool
    mean: np.ndarray = field(default_factory=lambda: np.zeros(1, np.float32))  # of the renders' features, and their …
    std: np.ndarray = field(default_factory=lambda: np.ones(1, np.float32))  # … deviation: features are standardised

    def scale(self, features: np.ndarray) -> np.ndarray:
        """Standardise features."""
        return (features - self.mean) / self.std

    @torch.no_grad()
    def at(self, what: str, batches: Iterable[Tensor], counted: np.ndarray | Tensor, factors: bool = True) -> _Seen:
        """Features and, with `factors`, factors of all pictures; the length of `counted` is their number."""
        features: list[np.ndarray] = []
        octaves: list[np.ndarray] = []
        read: list[dict[str, np.ndarray]] = []
        with tqdm(total=len(counted), desc=what, unit="img", disable=not self.progress) as bar:
            for image in batches:
                found = self.judges.features(image)
                features.append(found.float().cpu().numpy())
                octaves.append(_octaves(image).cpu().numpy())
                if factors and (regressor := self.judges.regressor) is not None:
                    same = self.judges.features == regressor.features  # then they need not be computed twice
                    read.append(regressor.read_statistics(found) if same else regressor.read(image))
                bar.update(len(image))
        names = read[0] if read else ()
        factors_read = {name: np.concatenate([x[name] for x in read]) for name in names}
        return _Seen(self.scale(np.concatenate(features)), factors_read, np.concatenate(octaves))


def _standardised(look: _Look, features: np.ndarray) -> _Look:
    """Standardise by the renders; otherwise one strong channel would dominate every distance."""
    std = features.std(0)
    return replace(look, mean=features.mean(0), std=np.maximum(std, 0.01 * float(np.median(std)) + 1e-8))


def _octaves(image: Tensor, count: int = 3) -> Float[Tensor, "n _"]:
    """Mean absolute detail that each halving of the picture removes, finest octave first; blur lowers it."""
    energies = []
    for _ in range(count):
        small = F.avg_pool2d(image, 2)
        back = F.interpolate(small, size=(image.shape[2], image.shape[3]), mode="bilinear", align_corners=False)
        energies.append((image - back).abs().mean((1, 2, 3)))
        image = small
    return torch.stack(energies, dim=1)


def _spread(count: int, most: int) -> Int[np.ndarray, " n"]:
    """Up to `most` evenly spaced indices."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


def _parts(chosen: np.ndarray, batch: int) -> list[np.ndarray]:
    return [chosen[i : i + batch] for i in range(0, len(chosen), batch)]


def _codes(model: EditGAN, count: int, seed: int) -> Float[Tensor, "n z_dim"]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(count, model.generator.z_dim, generator=rng)


@torch.no_grad()
def _made(model: EditGAN, z: Tensor, psi: float, batch: int) -> Iterator[Tensor]:
    """Pictures of codes, rounded to 8 bits like the renders."""
    for part in z.split(batch):
        yield _stored(model, model.generator.w_plus(model.generator.mapping(part.to(model.device), psi)))


def _stored(model: EditGAN, w_plus: Tensor) -> Tensor:
    return images.from_uint8(images.to_uint8(model.generator.synthesis(w_plus).image), model.device)


def _sheet(model: EditGAN, config: QualityConfig) -> np.ndarray:
    """Pictures of seeds 0 …, as of `EditSession.from_seed`, not selected."""
    latents = [model.sample_w_plus(seed, config.sheet_psi) for seed in range(config.sheet_seeds)]
    with torch.no_grad():
        return np.concatenate([images.to_uint8(model.generator.synthesis(w_plus).image) for w_plus in latents])


# The measurements


def _sweep(look: _Look, real: np.ndarray, z: Tensor) -> Iterator[SweepPoint]:
    """Figures at each truncation, with as many renders as samples, because precision and recall depend on n."""
    real = real[: len(z)]
    for psi in look.config.sweep:
        made = _made(look.model, z, psi, look.config.batch)
        fake = look.at(f"psi {psi:g}", made, z, factors=False).features
        near = distribution.manifold(real, fake)
        yield SweepPoint(psi, distribution.kernel_distance(real, fake), near.precision, near.recall)


@torch.no_grad()
def _path_length(look: _Look, features: np.ndarray) -> Estimate:
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


def _balance(regressor: FactorRegressor | None, real: _Seen, fake: _Seen, mixed: np.ndarray) -> Iterator[FactorBalance]:
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


def interpreter_quality(
    model: EditGAN, segmenter: nn.Module | None, config: QualityConfig, progress: bool = False
) -> InterpreterQuality | None:
    """IoU of the interpreter with the segmenter, taken as truth; intervals by bootstrap over pictures.

    None without an interpreter or a segmenter.
    """
    if model.interpreter is None or segmenter is None:
        return None
    counts = []
    seeds = range(config.first_seed, config.first_seed + config.interpreter_samples)
    for seed in tqdm(seeds, desc="interpreter", unit="img", disable=not progress):
        with torch.no_grad():
            made = model.generator.synthesis(model.sample_w_plus(seed, config.interpreter_psi))
            found = segmentation.most_likely(model.interpreter(made.features))
            truth = segmentation.most_likely(segmenter(made.image.clamp(-1, 1)))
        counts.append(confusion(found, truth, len(model.labels)))
    stack = np.stack(counts)
    parts, miou = _iou_estimates(stack, config)
    names, coarse = coarse_groups(model.labels)
    together = np.eye(len(names), dtype=np.int64)[coarse]  # [num_labels, num_coarse]
    groups, coarse_miou = _iou_estimates(np.einsum("nab,ac,bd->ncd", stack, together, together), config)
    return InterpreterQuality(
        miou,
        coarse_miou,
        {names[i]: estimate for i, estimate in groups.items()},
        {model.labels[i].name: estimate for i, estimate in parts.items()},
        dict(model.metadata.get("interpreter", {})),
    )


def coarse_groups(labels: LabelSet) -> tuple[list[str], Int[np.ndarray, " num_labels"]]:
    """Names of the coarse parts, and the index of each label's coarse part: GROUP_LABELS for portraits.

    Labels of other domains are merged by their first edit group.
    """
    if {label.name for label in labels} <= {label.name for label in PORTRAIT_LABELS}:
        return [label.name for label in GROUP_LABELS], ids_within(GROUP_LABELS, of=labels).astype(np.int64)
    of_label = [label.groups[0] if label.groups else label.name for label in labels]
    names = list(dict.fromkeys(of_label))
    return names, np.array([names.index(name) for name in of_label])


def _iou_estimates(
    counts: Int[np.ndarray, "n num_labels num_labels"], config: QualityConfig
) -> tuple[dict[int, Estimate], Estimate]:
    """IoU of each visible part, by id, and their mean; the intervals are by bootstrap over pictures."""
    n = len(counts)
    rng = np.random.default_rng(config.first_seed)
    weights = rng.multinomial(n, np.full(n, 1 / n), config.resamples)
    drawn = (weights @ counts.reshape(n, -1)).reshape(-1, *counts.shape[1:])
    iou = part_iou(counts.sum(0))
    shown = np.flatnonzero(~np.isnan(iou))
    again = np.stack([part_iou(x)[shown] for x in drawn])
    again = np.where(np.isnan(again), iou[shown], again)  # a draw without the part says nothing of it
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    parts = {int(i): Estimate(float(iou[i]), float(a), float(b), n) for i, a, b in zip(shown, low, high, strict=True)}
    means = np.quantile(again.mean(1), [0.025, 0.975])
    return parts, Estimate(float(iou[shown].mean()), float(means[0]), float(means[1]), n)


def _all(model: EditGAN, renders: TrainingData, config: QualityConfig) -> Float[Tensor, "n 3 h w"]:
    return renders.batch(_spread(renders.count, config.encoder_renders), model.device).image


def _unseen(model: EditGAN, renders: TrainingData, config: QualityConfig) -> Float[Tensor, "n 3 h w"]:
    """Return the folder's last renders, at most as many as every training in the model's metadata held out."""
    trainings = (model.metadata.get("encoder", {}), model.metadata.get("generator", {}).get("training", {}))
    held_out = [training["held_out"] for training in trainings if "held_out" in training]
    count = min(config.encoder_renders, renders.count, *held_out)
    return renders.batch(np.arange(renders.count - count, renders.count), model.device).image


def encoder_quality(
    model: EditGAN,
    identity: Identity | None,
    renders: Float[Tensor, "n 3 h w"],
    config: QualityConfig,
    progress: bool = False,
) -> EncoderQuality | None:
    """Encode and embed renders in [-1, 1] that no training saw; None if the model has no encoder."""
    if model.encoder is None or not len(renders):
        return None
    found: list[Embedding] = []
    with tqdm(total=len(renders), desc="embedding", unit="img", disable=not progress) as bar:
        for part in renders.split(config.embed_batch):
            found.append(embed(model, part, EmbedConfig(steps=config.embed_steps)))
            if found[-1].steps < config.embed_steps:
                raise KeyboardInterrupt  # `embed` then returns its best so far
            bar.update(len(part))

    def reconstruction(psnr: list[np.ndarray], pixels: list[np.ndarray]) -> Reconstruction:
        cosine = None
        if identity is not None:
            with torch.no_grad():
                pairs = zip(renders.split(config.embed_batch), pixels, strict=True)
                parts = [identity.similarity(part, images.from_uint8(made, model.device)).cpu() for part, made in pairs]
            cosine = Estimate.of_mean(torch.cat(parts).numpy())
        return Reconstruction(Estimate.of_mean(np.concatenate(psnr)), cosine)

    first, after = [x.first.image for x in found], [x.image for x in found]
    shown = (images.to_uint8(renders[:_STRIP]), np.concatenate(first)[:_STRIP], np.concatenate(after)[:_STRIP])
    return EncoderQuality(
        reconstruction([x.first.psnr for x in found], first),
        reconstruction([x.psnr for x in found], after),
        config.embed_steps,
        np.concatenate(shown),
    )


_STRIP = 8  # renders in the strip
