"""pyramid_linear: one linear layer over a pyramid of feature maps, as if all were upsampled and concatenated.

The layer and bilinear upsampling are both linear, therefore

    W · concat_l(up(f_l)) + b  =  Σ_l up(W_l · f_l) + b        (exactly; only the order of float sums differs)

so each level is projected at its own size, and no `[batch, Σ C_l, H, W]` cube is built. Levels of the same size are
added before they are upsampled. For a region of n pixels, `pyramid_linear_at` chooses for each level size the cheaper
of two exact orders: project the positions that the pixels read, then sample (small levels), or sample, then project
(large levels). Upsampling is bilinear with `align_corners=False`, always directly to the target size (a cascade of
doublings gives other values); a sampler may read the nearest position instead.

Shapes: levels `[batch, C_l, H_l, W_l]`, weights one `[out, C_l]` per level, bias `[out]`; result `[batch, out, H, W]`
or `[batch, n, out]`. All forms are differentiable in levels, weights and bias, on any device and in any float type.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from editgan_kernels.weighted_rows import WeightedRows

# Up to this many positions, a dense [n, positions] matrix product is faster than a gather (measured on one CPU thread).
_DENSE_POSITIONS = 64


def pyramid_linear_reference(
    levels: Sequence[Tensor], weights: Sequence[Tensor], bias: Tensor | None, size: tuple[int, int]
) -> Tensor:
    """Compute the naive form, which builds the whole cube: the reference of the other forms, for tests and benchmarks.

    Returns `[batch, out, *size]`.
    """
    cube = torch.cat([_upsample(level, size) for level in levels], dim=1)
    return F.conv2d(cube, torch.cat(list(weights), dim=1)[:, :, None, None], bias)


def pyramid_linear(
    levels: Sequence[Tensor], weights: Sequence[Tensor], bias: Tensor | None, size: tuple[int, int]
) -> Tensor:
    """Project every level at its own size, then upsample to `size` (H, W) and add.

    Returns `[batch, out, H, W]`. Raises ValueError if levels and weights do not match.
    """
    check_levels(levels, weights)
    total = None
    for (h, w), members in by_size(levels).items():
        stacked = torch.cat([levels[i] for i in members], dim=1) if len(members) > 1 else levels[members[0]]
        weight = torch.cat([weights[i] for i in members], dim=1)
        last = (h, w) == tuple(size)
        projected = F.conv2d(stacked, weight[:, :, None, None], bias if last else None)
        if last:
            bias = None
        upsampled = _upsample(projected, size)
        total = upsampled if total is None else total + upsampled
    assert total is not None
    return total if bias is None else total + bias[:, None, None]


def pyramid_linear_at(
    levels: Sequence[Tensor], weights: Sequence[Tensor], bias: Tensor | None, sampler: "PixelSampler"
) -> Tensor:
    """Evaluate the layer at a sampler's pixels only: `pyramid_linear(...)[:, :, ys, xs]`, at the cost of those pixels.

    Returns `[batch, n, out]` in the weights' dtype; levels of a shorter dtype are read as such and widened.
    """
    check_levels(levels, weights)
    dtype, batch = weights[0].dtype, len(levels[0])
    columns: list[Tensor] = []  # [batch, n, k] each, multiplied by …
    factors: list[Tensor] = []  # … [batch, k, out]
    bags: dict[tuple[int, int], Tensor] = {}  # projected positions [batch, m, out] of the levels that are gathered
    for size, members in by_size(levels).items():
        weight = torch.cat([weights[i] for i in members], dim=1)
        touched = sampler.touched(size)
        if len(touched) >= len(sampler):
            columns += [sampler.sample(levels[i], dtype) for i in members]
            factors.append(weight.T.expand(batch, -1, -1))
            continue
        read = [_positions(levels[i], touched).to(dtype) for i in members]
        rows = F.linear(torch.cat(read, dim=2) if len(read) > 1 else read[0], weight)  # [batch, m, out]
        if len(touched) <= _DENSE_POSITIONS:
            columns.append(sampler.matrix(size, dtype).expand(batch, -1, -1))
            factors.append(rows)
        else:
            bags[size] = rows
    total = None
    if columns:
        x = torch.cat(columns, dim=2) if len(columns) > 1 else columns[0]
        factor = torch.cat(factors, dim=1) if len(factors) > 1 else factors[0]
        total = torch.bmm(x, factor) if bias is None else torch.baddbmm(bias, x, factor)
    if bags:
        gathered = sampler.gather(bags)
        if total is not None:
            return total.add_(gathered)
        return gathered if bias is None else gathered.add_(bias)
    assert total is not None
    return total


class PixelSampler:
    """Sampling of feature maps at fixed pixels of the full-size picture, bilinearly or of the nearest position.

    The taps (indices and weights) are computed once for each level size and cached: make one sampler for a region and
    use it in every step.

    Args:
        ys, xs: integer pixel coordinates `[n]` in a picture of `size` (H, W).
        size: picture size (H, W).
        nearest: read one position, as `F.interpolate(mode="nearest")` does, instead of four.
    """

    def __init__(self, ys: Tensor, xs: Tensor, size: tuple[int, int], nearest: bool = False):
        if ys.shape != xs.shape or ys.ndim != 1:
            raise ValueError(f"ys and xs must have the same shape [n]; got {tuple(ys.shape)} and {tuple(xs.shape)}")
        self.ys, self.xs, self.size = ys.long(), xs.long(), (int(size[0]), int(size[1]))
        self.nearest = nearest
        self._taps: dict[tuple[int, int, torch.dtype], tuple[Tensor, Tensor]] = {}
        self._touched: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}
        self._matrices: dict[tuple[int, int, torch.dtype], Tensor] = {}
        self._sums: dict[tuple[tuple[tuple[int, int], ...], torch.dtype], WeightedRows] = {}
        self._samples: dict[tuple[int, int, torch.dtype], WeightedRows] = {}

    @classmethod
    def from_region(cls, region: Tensor, nearest: bool = False) -> "PixelSampler":
        """Sample at the true pixels of a bool region `[H, W]`, in row-major order."""
        ys, xs = torch.nonzero(region, as_tuple=True)
        return cls(ys, xs, (region.shape[0], region.shape[1]), nearest)

    def __len__(self) -> int:
        return int(self.ys.shape[0])

    def taps(self, level_size: tuple[int, int], dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
        """Return the flat indices `[n, k]` into a level of that size and their weights `[n, k]`; k is 4, or 1."""
        key = (*level_size, dtype)
        if key not in self._taps:
            if tuple(level_size) == self.size:
                index = (self.ys * self.size[1] + self.xs)[:, None]
                self._taps[key] = index, torch.ones_like(index, dtype=dtype)
            elif self.nearest:
                y, x = (at * a // b for at, a, b in zip((self.ys, self.xs), level_size, self.size, strict=True))
                index = (y * level_size[1] + x)[:, None]
                self._taps[key] = index, torch.ones_like(index, dtype=dtype)
            else:
                self._taps[key] = bilinear_taps(self.ys, self.xs, level_size, self.size, dtype)
        return self._taps[key]

    def touched(self, level_size: tuple[int, int]) -> Tensor:
        """Return the flat indices `[m]`, in ascending order, of a level's positions that the pixels read."""
        return self._touched_taps(level_size)[0]

    def sample(self, level: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Sample a level `[batch, C, H_l, W_l]` at the pixels; returns `[batch, n, C]` in `dtype` or the level's."""
        size, dtype = (level.shape[2], level.shape[3]), dtype or level.dtype
        index, weight = self.taps(size, dtype)
        if index.shape[1] == 1:
            return _positions(level, index[:, 0]).to(dtype)
        key = (*size, dtype)
        if key not in self._samples:
            self._samples[key] = WeightedRows(index, weight, size[0] * size[1])
        return self._samples[key](_rows(level).to(dtype))

    def gather(self, rows: Mapping[tuple[int, int], Tensor]) -> Tensor:
        """Sum of levels at the pixels; each level is given as rows `[batch, m, C]` of its touched positions, by size.

        Returns `[batch, n, C]`; all levels are read in one pass.
        """
        sizes, dtype = tuple(rows), next(iter(rows.values())).dtype
        if (sizes, dtype) not in self._sums:
            indices, weights, before = [], [], 0
            for size in sizes:
                indices.append(self._touched_taps(size)[1] + before)
                weights.append(self.taps(size, dtype)[1])
                before += len(self.touched(size))
            self._sums[sizes, dtype] = WeightedRows(torch.cat(indices, dim=1), torch.cat(weights, dim=1), before)
        return self._sums[sizes, dtype](torch.cat(list(rows.values()), dim=1))

    def matrix(self, level_size: tuple[int, int], dtype: torch.dtype) -> Tensor:
        """Return the weights `[n, m]` of a level's m touched positions, most of them 0."""
        key = (*level_size, dtype)
        if key not in self._matrices:
            index, weight = self._touched_taps(level_size)[1], self.taps(level_size, dtype)[1]
            matrix = weight.new_zeros(len(self), len(self.touched(level_size)))
            self._matrices[key] = matrix.scatter_add_(1, index, weight)
        return self._matrices[key]

    def _touched_taps(self, level_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        if level_size not in self._touched:
            index = self.taps(level_size)[0]
            used = torch.zeros(level_size[0] * level_size[1], dtype=torch.bool, device=index.device)
            used[index.flatten()] = True
            self._touched[level_size] = used.nonzero()[:, 0], (used.cumsum(0) - 1)[index]
        return self._touched[level_size]


def _rows(level: Tensor) -> Tensor:
    """A level as `[batch, H_l * W_l, C]`; a view if its memory is in channels_last order."""
    return level.permute(0, 2, 3, 1).flatten(1, 2)


def _positions(level: Tensor, index: Tensor) -> Tensor:
    """Values `[batch, m, C]` of a level at flat positions `[m]`."""
    return _rows(level).index_select(1, index)


def bilinear_taps(
    ys: Tensor, xs: Tensor, level_size: tuple[int, int], size: tuple[int, int], dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Compute the positions of a level of `level_size` for the pixels (ys, xs) `[n]` of a picture of `size`.

    Returns flat indices `[n, 4]` into the level's H_l * W_l positions and the bilinear weights `[n, 4]`.
    """
    y0, y1, ty = taps_1d(ys, level_size[0], size[0], dtype)
    x0, x1, tx = taps_1d(xs, level_size[1], size[1], dtype)
    width = level_size[1]
    index = torch.stack([y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1], dim=1)
    weight = torch.stack([(1 - ty) * (1 - tx), (1 - ty) * tx, ty * (1 - tx), ty * tx], dim=1)
    return index, weight


def taps_1d(at: Tensor, source: int, target: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Along one axis: the two source positions for the targets `at`, and the weight of the second one, 0-1."""
    # align_corners=False: centres (at + 1/2) · source / target - 1/2, clamped to the picture.
    position = ((at.to(torch.float64) + 0.5) * (source / target) - 0.5).clamp(min=0)
    low = position.long().clamp(max=source - 1)
    return low, (low + 1).clamp(max=source - 1), (position - low).to(dtype)


def _upsample(level: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(level.shape[2:]) == tuple(size):
        return level
    return F.interpolate(level, size=tuple(size), mode="bilinear", align_corners=False)


def by_size(levels: Sequence[Tensor]) -> dict[tuple[int, int], list[int]]:
    """Indices of the levels of each size (H, W)."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, level in enumerate(levels):
        groups.setdefault((level.shape[2], level.shape[3]), []).append(i)
    return groups


def check_levels(levels: Sequence[Tensor], weights: Sequence[Tensor]) -> None:
    """Raise ValueError if levels and weights do not match."""
    channels = [level.shape[1] for level in levels]
    fits = [weight.shape[1] for weight in weights]
    if not levels or channels != fits:
        raise ValueError(f"levels have {channels} channels, the weights {fits}; pass one [out, C_l] weight per level")
