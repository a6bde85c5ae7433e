"""EditGAN: a generator, its discriminator, interpreter, encoder and label set, as one bundle (EditGAN, section 3.1).

All are in one file (models/checkpoints.py); `load_model("portraits")` loads the shipped one.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.domains.registry import palettes_for
from editgan_widgets.file_kinds import convert_line, misplaced
from editgan_widgets.files import why_unreadable
from editgan_widgets.labels import LabelSet
from editgan_widgets.models.checkpoints import CheckpointError, read_bundle, with_weights, write_bundle
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.encoder import Encoder, EncoderConfig
from editgan_widgets.models.generators.protocol import Generator
from editgan_widgets.models.generators.registry import build_generator
from editgan_widgets.models.interpreter import Interpreter, InterpreterConfig
from editgan_widgets.models.perceptual import Lpips, PerceptualDistance, perceptual_distance
from editgan_widgets.models.pyramid_encoder import PyramidEncoder, PyramidEncoderConfig
from editgan_widgets.models.seeds import SeedError, code_of_seed
from editgan_widgets.scalars import Flag, Real, Whole, flag, real, whole

_PRETRAINED = Path(__file__).resolve().parents[1] / "pretrained"
MODELS = {  # the first is the default
    "portraits": _PRETRAINED / "portraits-128.safetensors",
    "portraits-128": _PRETRAINED / "portraits-128.safetensors",
    "portraits-64": _PRETRAINED / "portraits-64.safetensors",
}

_STATISTICS_SAMPLES = 8192


@dataclass(frozen=True)
class WStatistics:
    """Mean and principal axes of W, from random codes: w ~ mean + axes.T @ (std * N(0, I)).

    W's covariance is axes.T @ diag(std²) @ axes.
    """

    mean: Tensor  # [w_dim]
    axes: Tensor  # [w_dim, w_dim], rows are orthonormal axes, falling std
    std: Tensor  # [w_dim], along the axes

    def to(self, device: torch.device) -> "WStatistics":
        """Return a copy on a device."""
        return WStatistics(**{name: value.to(device) for name, value in self.state_dict().items()})

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors by name, for a bundle."""
        return {"mean": self.mean, "axes": self.axes, "std": self.std}


class EditGAN:
    """The networks and labels that an edit needs. `discriminator` and `interpreter` may be None while unfinished.

    `encoder` is None if none was trained: a model edits its own samples without one. `statistics` are those of the
    generator's W; None leaves them to be computed when they are first asked for.

    Attributes:
        generator, discriminator, interpreter, encoder: the networks, in eval mode and without parameter gradients.
        labels: the LabelSet that the interpreter's ids mean.
        metadata: JSON-ready facts about the training.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator | None,
        interpreter: Interpreter | None,
        labels: LabelSet,
        metadata: dict | None = None,
        encoder: Encoder | PyramidEncoder | None = None,
        statistics: WStatistics | None = None,
    ):
        if interpreter is not None:
            reads, gives = list(interpreter.config.feature_channels), list(generator.feature_channels)
            if reads != gives:
                raise ValueError(f"the interpreter reads features of {reads} channels, the generator gives {gives}")
            known = interpreter.config.num_labels
            if known != len(labels):
                raise ValueError(f"the interpreter knows {known} labels, {labels} has {len(labels)}")
        if encoder is not None:
            reads = (encoder.config.resolution, encoder.config.num_ws, encoder.config.w_dim)
            makes = (generator.resolution, generator.num_rows, generator.w_dim)
            if reads != makes:
                raise ValueError(f"the encoder's resolution, num_ws and w_dim are {reads}, the generator's {makes}")
        self.generator, self.discriminator, self.interpreter = generator, discriminator, interpreter
        self.encoder = encoder
        self.labels, self.metadata = labels, dict(metadata or {})
        if palettes := palettes_for(self, labels):
            self.labels = labels.with_palettes(palettes)
        self._fingerprint: str | None = None
        if statistics is not None and len(statistics.std) != generator.w_dim:
            raise ValueError(f"statistics are of a W {len(statistics.std)} wide, the generator's is {generator.w_dim}")
        self._statistics = statistics
        for module in self._modules().values():
            module.eval().requires_grad_(False)

    def __repr__(self) -> str:
        return f"EditGAN({self.resolution} px, {self.labels}, fingerprint {self.fingerprint}, on {self.device})"

    @property
    def resolution(self) -> int:
        """Height and width of the pictures, px."""
        return self.generator.resolution

    @property
    def fingerprint(self) -> str:
        """Short hash of the generator's weights: latents and edit vectors belong to one generator."""
        if self._fingerprint is None:
            self._fingerprint = self.generator.fingerprint()
        return self._fingerprint

    @property
    def base_fingerprint(self) -> str:
        """Fingerprint of the model whose W this one has: the model that it was tuned from, or itself."""
        return self.metadata.get("tuned_from") or self.fingerprint

    @property
    def device(self) -> torch.device:
        """Device of the networks."""
        return next(self.generator.parameters()).device

    def to(self, device: torch.device | str) -> "EditGAN":
        """Move all networks; returns self. Raises ValueError for a device that this machine does not have."""
        target = resolve_device(device)
        for module in self._modules().values():
            module.to(target)
        if self._statistics is not None:
            self._statistics = self._statistics.to(target)
        return self

    def w_statistics(self) -> WStatistics:
        """Statistics of W on the model's device: those of the file, or else computed once from fixed random codes."""
        if self._statistics is None:
            rng = torch.Generator().manual_seed(0)
            z = torch.randn(_STATISTICS_SAMPLES, self.generator.z_dim, generator=rng)
            with torch.no_grad():
                w = self.generator.mapping(z.to(self.device)).float().cpu().double()
            mean = w.mean(0)
            variance, axes = torch.linalg.eigh(torch.cov(w.T))
            std = variance.clamp_min(0).sqrt().flip(0)
            self._statistics = WStatistics(*(x.float().to(self.device) for x in (mean, axes.T.flip(0), std)))
        return self._statistics

    def sample_w_plus(
        self, seed: Whole, truncation_psi: Real = 0.7, source: str = "torch"
    ) -> Float[Tensor, "1 num_ws w_dim"]:
        """Latent of the portrait with this seed; the same on every device.

        `source` is the random generator that draws the code z: "torch", or "numpy", which makes the pictures that
        `generate.py --seeds` of NVIDIA's StyleGAN2, StyleGAN2-ADA and StyleGAN3 makes of the same seeds (its
        `--trunc` is `truncation_psi`, and its default is 1). Raises SeedError for another source, or a seed that it
        does not take.
        """
        psi = real(truncation_psi, "truncation_psi")
        z = code_of_seed(whole(seed, "seed", SeedError), self.generator.z_dim, source).to(self.device)
        with torch.no_grad():
            return self.generator.w_plus(self.generator.mapping(z, truncation_psi=psi))

    def trained_interpreter(self) -> Interpreter:
        """Return the interpreter. Raises ValueError for a model that has none."""
        if self.interpreter is None:
            raise ValueError("this model has no interpreter yet; train one with `editgan train interpreter`")
        return self.interpreter

    def perceptual_distance(self) -> PerceptualDistance | Lpips:
        """Return the perceptual distance of edits: LPIPS, the discriminator's features or a stand-in's (see `name`).

        See models/perceptual.py. Raises CheckpointError if EDITGAN_VGG16 names a file that cannot be used.
        """
        return perceptual_distance(self.discriminator, device=self.device)

    def encode(self, image: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Return latents of pictures in [-1, 1] of the model's resolution, in one pass of the encoder, on its device.

        Raises ValueError if the model has no encoder, or for pictures of another size.
        """
        if self.encoder is None:
            raise ValueError("this model has no encoder yet; train one (editgan train encoder)")
        with torch.no_grad():
            return self.encoder(image.to(self.device))

    def save(self, path: str | Path, half: Flag = False) -> None:
        """Write one safetensors file; `half` stores float16 (half the size; loads as float32).

        The statistics of W are stored too, in float32 always.
        """
        metadata = {
            **self.metadata,
            "labels": self.labels.to_dict(),
            **{f"{name}_config": getattr(self, name).config.to_dict() for name in self._modules()},
        }
        modules = {name: module.state_dict() for name, module in self._modules().items()}
        modules["w_statistics"] = self.w_statistics().state_dict()
        write_bundle(path, modules, metadata, half=flag(half, "half"), never_half=("w_statistics",))

    @classmethod
    def load(cls, path: str | Path) -> "EditGAN":
        """Read what `save` wrote, onto the CPU. Raises CheckpointError for a broken or foreign file."""
        bundle = read_bundle(path)
        if "latents" in bundle.modules:
            raise CheckpointError(f"{path} is not a model{misplaced(path)}")
        try:
            about = dict(bundle.metadata)
            stored = bundle.modules.pop("w_statistics", None)  # older files have none
            statistics = None if stored is None else WStatistics(**stored)
            configs = {name: about.pop(f"{name}_config") for name in bundle.modules}
            labels = LabelSet.from_dict(about.pop("labels"))
            generator = with_weights(lambda: build_generator(configs["generator"]), bundle.modules["generator"])
            discriminator = interpreter = encoder = None
            if "discriminator" in bundle.modules:
                judges = DiscriminatorConfig.from_dict(configs["discriminator"])
                discriminator = with_weights(lambda: Discriminator(judges), bundle.modules["discriminator"])
            if "interpreter" in bundle.modules:
                reads = InterpreterConfig.from_dict(configs["interpreter"])
                interpreter = with_weights(lambda: Interpreter(reads), bundle.modules["interpreter"])
            if "encoder" in bundle.modules:
                encoder = _make_encoder(configs["encoder"], bundle.modules["encoder"])
            return cls(generator, discriminator, interpreter, labels, about, encoder, statistics)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            said = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
            raise CheckpointError(
                f"{path} is a bundle, but not of a whole EditGAN model: {said}; copy or download it again, or save one "
                "with EditGAN.save"
            ) from error

    def _modules(self) -> dict[str, nn.Module]:
        names = ("generator", "discriminator", "interpreter", "encoder")
        modules = {name: getattr(self, name) for name in names}
        return {name: cast(nn.Module, module) for name, module in modules.items() if module is not None}


def _make_encoder(config: dict, weights: dict[str, Tensor]) -> Encoder | PyramidEncoder:
    if config.get("kind") == "pyramid":
        released = PyramidEncoderConfig.from_dict(config)
        return with_weights(lambda: PyramidEncoder(released), weights)
    own = EncoderConfig.from_dict(config)
    return with_weights(lambda: Encoder(own), weights)


def _in_folder(path: Path) -> str:
    """Hint which file of a folder to load."""
    files = sorted(x for x in path.iterdir() if x.is_file())
    if bundles := [str(x) for x in files if x.suffix == ".safetensors"]:
        return f"give a file in it: {', '.join(bundles[:3])}"
    if public := [x for x in files if x.suffix in (".pkl", ".pt", ".pth", ".ckpt")]:
        return f"it holds files of a public release: {convert_line(public[0])}"
    return "give the path of a file that EditGAN.save or `editgan convert` wrote"


def load_model(name_or_path: str | os.PathLike[str], device: torch.device | str | None = None) -> EditGAN:
    """Load a model by name ("portraits") or from a file that `EditGAN.save` wrote.

    Args:
        name_or_path: a name of `MODELS`, or a path.
        device: None means "cuda" if available, else "cpu".

    Raises FileNotFoundError for a name or path that does not exist, CheckpointError for a broken file, and ValueError
    for what is neither name nor path, or a device that this machine does not have.
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ValueError(
            f"a model is loaded by name ({', '.join(map(repr, MODELS))}) or from a file's path; got {name_or_path!r}"
        )
    target = resolve_device(device)
    path = MODELS.get(str(name_or_path), Path(name_or_path))
    if reason := why_unreadable(path):
        raise CheckpointError(reason)
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder, not a model; {_in_folder(path)}")
    if not path.is_file():
        if str(name_or_path) in MODELS:
            raise FileNotFoundError(
                f"model {str(name_or_path)!r} is not installed: {path.name} is missing from the package; "
                "reinstall editgan-widgets, or train it with `editgan train`"
            )
        raise FileNotFoundError(
            f"{str(name_or_path)!r} is neither a model's name nor a file; names: {', '.join(MODELS)}. "
            "A path must lead to a file written by EditGAN.save"
        )
    return EditGAN.load(path).to(target)
