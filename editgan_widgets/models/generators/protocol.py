"""Generator: the interface that the package uses: z [batch, z_dim] -> w -> w_plus -> picture and features.

    w = generator.mapping(z, truncation_psi)        [batch, w_dim]
    w_plus = generator.w_plus(w)                    [batch, num_rows, w_dim]
    made = generator.synthesis(w_plus)              made.image [batch, 3, H, W], made.features: list of [batch, C, h, w]

Edits, embeddings, vectors and interpreters use only these names. Noise inputs, truncation and the meaning of single
rows are up to the generator. A new kind is one file with a subclass of `GeneratorModule`, and its line in
registry.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.fingerprints import fingerprint


@dataclass(frozen=True)
class Synthesis:
    """Result of `synthesis` for one batch."""

    image: Tensor  # [batch, 3, H, W], about [-1, 1], not clipped
    features: list[Tensor]  # [batch, C_l, h_l, w_l] each, coarse to fine; an interpreter reads them


@runtime_checkable
class GeneratorConfig(Protocol):
    """Sizes of a generator, stored in files beside its weights."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, including `kind`."""
        ...


@runtime_checkable
class MappingCall(Protocol):
    """Signature of `Generator.mapping`."""

    def __call__(self, z: Tensor, truncation_psi: float = 1.0) -> Tensor:
        """Map codes `[batch, z_dim]` to w `[batch, w_dim]`; psi pulls w towards its mean: 1 not at all, 0 fully."""
        ...


@runtime_checkable
class SynthesisCall(Protocol):
    """Signature of `Generator.synthesis`."""

    def __call__(self, w_plus: Tensor, *, dtype: torch.dtype = torch.float32) -> Synthesis:
        """Make pictures of latents `[batch, num_rows, w_dim]`, deterministically; `dtype` is that of activations.

        Raises ValueError for another number of rows or another width.
        """
        ...


@runtime_checkable
class Generator(Protocol):
    """A generator, which is also a torch module."""

    @property
    def kind(self) -> str:
        """Name of the kind in the registry and in files, for example "stylegan2"."""
        ...

    @property
    def config(self) -> GeneratorConfig:
        """Sizes of the generator, from which `from_config` builds another one."""
        ...

    @property
    def resolution(self) -> int:
        """Height and width of the pictures, px."""
        ...

    @property
    def z_dim(self) -> int:
        """Length of a normal code z."""
        ...

    @property
    def w_dim(self) -> int:
        """Length of one row of w_plus."""
        ...

    @property
    def num_rows(self) -> int:
        """Number of rows of w_plus."""
        ...

    @property
    def coarse_rows(self) -> int:
        """First rows of w_plus, which make shapes; later ones make colour and texture. May be all rows."""
        ...

    @property
    def feature_channels(self) -> list[int]:
        """Channels of each entry of `Synthesis.features`."""
        ...

    @property
    def mean_w(self) -> Tensor:
        """Mean of w, a tensor `[w_dim]`."""
        ...

    @property
    def mapping(self) -> MappingCall:
        """Callable that maps codes z to w; see MappingCall."""
        ...

    @property
    def synthesis(self) -> SynthesisCall:
        """Callable that generates pictures and features from latents; see SynthesisCall."""
        ...

    def w_plus(self, w: Float[Tensor, "batch w_dim"]) -> Float[Tensor, "batch num_rows w_dim"]:
        """Return w_plus with w in every row."""
        ...

    def fingerprint(self) -> str:
        """Hash of the weights, 16 hexadecimal digits."""
        ...

    def synthesis_weights(self) -> list[Tensor]:
        """Weights that fine-tuning around one picture may change (latent/pivotal.py)."""
        ...

    def noise_maps(self) -> list[Tensor]:
        """Stored noise inputs `[h, w]` that fine-tuning may change; empty if there are none."""
        ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """Iterate over all parameters, like nn.Module.parameters."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return all parameters and buffers by name, like nn.Module.state_dict."""
        ...


@runtime_checkable
class StyledGenerator(Protocol):
    """A generator whose layers read rows of w_plus through linear maps, which some analyses need."""

    @property
    def row_sizes(self) -> tuple[int, ...]:
        """Height of the first layer that reads each row of w_plus, px."""
        ...

    def style_weights(self, row: int) -> list[Tensor]:
        """Return the linear maps `[channels, w_dim]` of the layers that read a row, with all scaling applied."""
        ...

    def style_layers(self, row: int) -> list[nn.Module]:
        """Return the modules that compute styles `[batch, channels]` from a row `[batch, w_dim]`, in the same order."""
        ...


@runtime_checkable
class ExtendedGenerator(StyledGenerator, Protocol):
    """A styled generator whose synthesis takes wider latents, `[batch, num_rows, w_dim + style_width]`.

    The columns beyond w_dim are added to the styles of the layers that read the row, in the order of `style_layers`;
    unused ones at the end of a row have no effect. So latents reach all of S (Wu et al. 2021), not only the styles
    that rows of w_plus give.
    """

    @property
    def style_width(self) -> int:
        """Most styles that the layers of one row have together."""
        ...


class GeneratorModule(nn.Module):
    """Base class of generators: a torch module with methods that most kinds share.

    A subclass sets `kind`, `config`, the sizes, `mapping` and `synthesis`, and adds `from_config`.
    """

    kind: ClassVar[str]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Generator":
        """Build with fresh weights from what `config.to_dict` gave. Raises ValueError or TypeError for other values."""
        raise NotImplementedError(f"{cls.__name__} defines no from_config")

    @property
    def num_rows(self) -> int:
        """Number of rows of w_plus."""
        raise NotImplementedError(f"{type(self).__name__} defines no num_rows")

    @property
    def coarse_rows(self) -> int:
        """Number of coarse rows; by default all rows."""
        return self.num_rows

    def w_plus(self, w: Float[Tensor, "batch w_dim"]) -> Float[Tensor, "batch num_rows w_dim"]:
        """Return w_plus with w in every row."""
        return w[:, None].repeat(1, self.num_rows, 1)

    def fingerprint(self) -> str:
        """Hash of the weights, 16 hexadecimal digits."""
        return fingerprint(self)

    def synthesis_weights(self) -> list[Tensor]:
        """All parameters of the submodule `synthesis`, or of the whole generator if `synthesis` has none."""
        networks = dict(self.named_children())
        return list(networks.get("synthesis", self).parameters())

    def noise_maps(self) -> list[Tensor]:
        """No noise maps by default."""
        return []


Generator.register(GeneratorModule)  # type: ignore[attr-defined] # isinstance overlooks submodules such as `mapping` from Python 3.12 on
