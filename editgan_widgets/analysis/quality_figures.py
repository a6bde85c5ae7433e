"""Contents of a quality report: settings, judges, and the figures of each measurement."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor, nn

from editgan_widgets.analysis.distribution import Copies, Estimate, Manifold
from editgan_widgets.domains.domain import FactorReader


@dataclass(frozen=True)
class QualityConfig:
    """Settings of the measurement. Samples use seeds from `first_seed`, which were not labelled for training."""

    samples: int = 10_000  # generated pictures, and the same number of renders if the folder has them
    truncation_psi: float = 1.0  # truncation of these samples; 1 is the whole distribution
    sweep: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # truncations that are compared …
    sweep_samples: int = 1000  # … and samples at each
    path_pairs: int = 1000  # pairs of codes for the path length
    path_step: float = 0.02  # length of a step, as a share of the line from one w to the other
    interpreter_samples: int = 200  # pictures that the interpreter and the segmenter label
    interpreter_psi: float = 0.7  # their truncation, as for the labelled pictures
    encoder_renders: int = 100  # held-out renders that are encoded and embedded
    embed_steps: int = 100  # steps of optimisation after the encoder's pass
    embed_batch: int = 8  # pictures embedded at once: small, because gradients need memory
    sheet_psi: float = 0.8  # truncation of the sheet of seeds 0..63
    sheet_seeds: int = 64
    first_seed: int = 50_000_000
    batch: int = 32
    resamples: int = 500  # resamples of each bootstrap over pictures


@dataclass(frozen=True)
class Judges:
    """The judges. The figures of a missing judge are left out."""

    features: Callable[[Tensor], Tensor]  # pictures [n, 3, H, W] in [-1, 1] -> [n, d], for distances between sets
    features_name: str  # name of the network of these features
    segmenter: nn.Module | None = None  # pictures -> logits over the model's labels
    regressor: FactorReader | None = None
    identity: nn.Module | None = None  # pictures -> unit vectors [n, k]


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
    r2: float  # R² of the regressor on held-out renders; nan if unknown
    render_mean: float
    render_std: float
    sample_mean: float
    sample_std: float
    overlap: float  # overlap of the two histograms, 0 to 1
    overlap_of_halves: float  # overlap of two halves of the renders: the best possible value
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
    steps: int  # steps of optimisation
    strip: np.ndarray = field(repr=False)  # [3 k, H, W, 3]: k renders, their first passes, their embeddings


@dataclass(frozen=True)
class QualityReport:
    """All figures and pictures of a model; `report_pages.write_report` writes the card."""

    model: str
    features: str
    config: QualityConfig
    renders: int
    kid: Estimate
    fid: Estimate
    fid_of_halves: Estimate  # FID of two halves of the renders: the value for equal distributions at half the n
    manifold: Manifold
    manifold_of_halves: Manifold  # precision and recall of two halves of the renders: the best possible values
    copies: Copies
    detail: tuple[Estimate, ...]  # energy of the samples in each octave, finest first, divided by that of the renders
    path_length: Estimate
    sweep: tuple[SweepPoint, ...]
    balance: tuple[FactorBalance, ...]
    interpreter: InterpreterQuality | None
    encoder: EncoderQuality | None
    sheet: np.ndarray = field(repr=False)  # [n, H, W, 3] uint8
    copy_pairs: np.ndarray = field(repr=False)  # [2 n, H, W, 3]: the samples nearest to a render, then those renders
