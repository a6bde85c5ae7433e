"""PyramidStrips: `pyramid_linear` over a whole picture in strips of rows that fit in the CPU's cache.

The coarse levels are projected as a whole. The two finest levels below the picture's size, which are most of the work,
are projected in a window of rows that moves down with the strips, so that no large array is written and read back.
Intermediate results reuse their memory, because allocating new memory costs more than the arithmetic.

Shapes: levels `[batch, C_l, H_l, W_l]`, weights one `[out, C_l]` per level, bias `[out]`; strips
`[batch, rows, W, out]`. Rows of a level are `[batch, rows, W_l, C]` throughout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from editgan_kernels.pyramid_linear import by_size, check_levels, taps_1d

Size = tuple[int, int]


class PyramidStrips:
    """`pyramid_linear` in strips of rows: no full-size array is built, and the next layer reads strips from the cache.

    Levels of `size` divided by powers of two are added on grids of cell corners (`_on_corners`), others are upsampled
    separately. Has no gradients.

    Args:
        levels: `[batch, C_l, H_l, W_l]` each.
        size: size of the result (H, W).
    """

    def __init__(self, levels: Sequence[Tensor], size: Size):
        self.levels, self.size = list(levels), (int(size[0]), int(size[1]))
        self._memory = _Memory(levels[0])

    def __call__(self, weights: Sequence[Tensor], bias: Tensor | None, rows: int) -> Iterator[Tensor]:
        """Yield the strips, top to bottom, `[batch, <= rows, W, out]` each; multiples of four rows are faster.

        All strips share memory: a strip is valid until the next one is requested, in this call or another.
        """
        check_levels(self.levels, weights)
        height, width = self.size
        projected = {
            size: _Projected([self.levels[i] for i in members], [weights[i] for i in members], self._memory)
            for size, members in by_size(self.levels).items()
        }
        finest = projected.pop(self.size, None)
        if projected:  # a weighted mean of it has the same bias
            next(iter(projected.values())).bias, bias = bias, None
        nested = rows % 4 == 0 and _nested(projected, self.size)
        coarser = (_Nested if nested else _Upsampled)(projected, self.size, rows, self._memory)
        whole = self._memory("strip", len(self.levels[0]), rows, width, len(weights[0]))
        for top in range(0, height, rows):
            strip = whole[:, : height - top]
            coarser.write(strip, top)
            if finest is not None:
                finest.add(strip, top)
            yield strip if bias is None else strip.add_(bias)


class _Memory:
    """Reused arrays, by purpose and shape."""

    def __init__(self, like: Tensor):
        self._like, self._arrays = like, dict[tuple, Tensor]()

    def __call__(self, use: str, *shape: int) -> Tensor:
        if (use, shape) not in self._arrays:
            self._arrays[use, shape] = self._like.new_empty(shape)
        return self._arrays[use, shape]


class _Projected:
    """Maps of one size and their weights; rows of the projected sum are computed on request."""

    def __init__(self, levels: Sequence[Tensor], weights: Sequence[Tensor], memory: _Memory):
        self.memory = memory
        self.maps = [level.permute(0, 2, 3, 1) for level in levels]
        self.factors = [weight.T for weight in weights]
        self.bias: Tensor | None = None

    def unwritten(self, rows: int) -> Tensor:
        """Uninitialised memory for a number of rows."""
        batch, _, width, _ = self.maps[0].shape
        return self.memory("projected", batch, rows, width, self.factors[0].shape[1])

    def whole(self) -> Tensor:
        """Compute all rows as one strip."""
        rows = self.unwritten(self.maps[0].shape[1])
        self.write(rows, 0)
        return rows

    def write(self, rows: Tensor, first: int) -> None:
        """Compute the rows starting at `first`."""
        for out, read in _pictures(rows, self.maps[0], first):
            if self.bias is None:
                torch.mm(read, self.factors[0], out=out)
            else:
                torch.addmm(self.bias, read, self.factors[0], out=out)
        self._add(rows, first, 1)

    def add(self, rows: Tensor, first: int) -> None:
        """Add the rows starting at `first`, without the bias."""
        self._add(rows, first, 0)

    def _add(self, rows: Tensor, first: int, member: int) -> None:
        for level, factor in zip(self.maps[member:], self.factors[member:], strict=True):
            for out, read in _pictures(rows, level, first):
                out.addmm_(read, factor)


def _pictures(rows: Tensor, level: Tensor, first: int) -> Iterable[tuple[Tensor, Tensor]]:
    """For each picture: the rows to write, `[n * W_l, out]`, and their input, `[n * W_l, C_l]`."""
    read = level[:, first : first + rows.shape[1]]
    return ((out.flatten(0, 1), picture.flatten(0, 1)) for out, picture in zip(rows, read, strict=True))


class _Window:
    """A strip's rows of a projected level, plus one above and one below; the picture's border rows are repeated."""

    def __init__(self, level: _Projected, rows: int):
        self.level, self.count, self.height = level, rows, level.maps[0].shape[1]
        self.rows = level.unwritten(rows + 2)

    def move(self, top: int, n: int) -> Tensor:
        """Return rows top - 1 to top + n; `top` rises by `rows` from move to move, only the last n may be smaller."""
        first, end = top + 1, min(top + n + 1, self.height)
        if top == 0:
            first = 0
        else:
            for above in (0, 1):
                self.rows[:, above].copy_(self.rows[:, self.count + above])
        if first < end:
            self.level.write(self.rows[:, first - top + 1 : end - top + 1], first)
        if top == 0:
            self.rows[:, 0].copy_(self.rows[:, 1])
        if top + n == self.height:
            self.rows[:, n + 1].copy_(self.rows[:, n])
        return self.rows[:, : n + 2]


class _Nested:
    """Levels of a picture's size divided by powers of two: bilinear upsampling is linear between centres of cells.

    These centres lie half-way between the corners of the cells, so a sum of levels is linear between the corners of a
    grid twice as fine, and its values there determine it. A strip is interpolated from the corners of a grid of half
    the picture's size, and the level of that size is added from its cells' centres.
    """

    def __init__(self, levels: Mapping[Size, _Projected], size: Size, rows: int, memory: _Memory):
        self.memory = memory
        half, quarter = (size[0] // 2, size[1] // 2), (size[0] // 4, size[1] // 4)
        self.halves = _Window(levels[half], rows // 2) if half in levels else None
        self.quarters = _Window(levels[quarter], rows // 4) if quarter in levels else None
        coarse = {size: level.whole() for size, level in levels.items() if size not in (half, quarter)}
        self.corners = _on_corners(coarse, quarter, memory)
        if self.corners is None and self.quarters is not None:
            self.corners = _no_corners(self.quarters.rows, quarter)

    def write(self, strip: Tensor, top: int) -> None:
        """Write the strip of pixels whose first row is `top`, a multiple of four."""
        if self.corners is None:
            strip.zero_()
        else:
            n, first = strip.shape[1] // 4, top // 4
            level = None if self.quarters is None else self.quarters.move(first, n)
            corners = _finer(self.corners[:, first : first + n + 1], level, self.memory)
            _between_corners(strip, corners, self.memory)
        if self.halves is not None:
            _add_between_centres(strip, self.halves.move(top // 2, strip.shape[1] // 2), self.memory)


class _Upsampled:
    """Levels of any sizes, each upsampled separately."""

    def __init__(self, levels: Mapping[Size, _Projected], size: Size, rows: int, memory: _Memory):
        self.levels, self.size = [level.whole() for level in levels.values()], size

    def write(self, strip: Tensor, top: int) -> None:
        """Write the strip of pixels whose first row is `top`."""
        at = torch.arange(top, top + strip.shape[1], device=strip.device)
        across = torch.arange(self.size[1], device=strip.device)
        strip.zero_()
        for level in self.levels:
            low, high, t = taps_1d(at, level.shape[1], self.size[0], level.dtype)
            between = torch.lerp(level.index_select(1, low), level.index_select(1, high), t[:, None, None])
            low, high, t = taps_1d(across, level.shape[2], self.size[1], level.dtype)
            strip.add_(torch.lerp(between.index_select(2, low), between.index_select(2, high), t[:, None]))


def _nested(sizes: Iterable[Size], size: Size) -> bool:
    """True if there are levels and each one's size is `size` divided by 2, 4, 8 …"""
    powers = [(size[0] // h, size[1] // w, size[0] % h, size[1] % w) for h, w in sizes]
    return bool(powers) and all(a == b and not c and not d and a >= 2 and not a & (a - 1) for a, b, c, d in powers)


def _on_corners(levels: Mapping[Size, Tensor], size: Size, memory: _Memory) -> Tensor | None:
    """Sum of bilinearly upsampled levels, all coarser than `size`, at the corners of a grid of `size` cells.

    One addition on each grid replaces one per level at full size. Returns `[batch, H + 1, W + 1, C]`.
    """
    if not levels:
        return None
    (h, w), total = min(levels), None
    while h < size[0]:
        level = levels.get((h, w))
        if total is None:
            assert level is not None
            total = _no_corners(level, (h, w))
        level = None if level is None else torch.cat([level[:, :1], level, level[:, -1:]], dim=1)
        total = _finer(total, level, memory)
        h, w = 2 * h, 2 * w
    return total


def _no_corners(like: Tensor, size: Size) -> Tensor:
    return torch.zeros_like(like[:, :1, :1]).expand(-1, size[0] + 1, size[1] + 1, -1)


def _finer(corners: Tensor, level: Tensor | None, memory: _Memory) -> Tensor:
    """Refine values at the corners of h x w cells, `[batch, h + 1, w + 1, C]`, to `[batch, 2 h + 1, 2 w + 1, C]`.

    `level` is added: its values at the cells' centres, `[batch, h + 2, w, C]`, with one row more above and below.
    """
    batch, h, w, channels = corners.shape[0], corners.shape[1] - 1, corners.shape[2] - 1, corners.shape[3]
    rows = _with_middles(corners, memory("rows of corners", batch, 2 * h + 1, w + 1, channels), 1)
    finer = memory("corners", batch, 2 * h + 1, 2 * w + 1, channels)
    if level is None:
        return _with_middles(rows, finer, 2)
    centres = memory("rows of centres", batch, 2 * h + 1, w + 2, channels)
    centres[:, 1::2, 1:-1].copy_(level[:, 1:-1])
    torch.lerp(level[:, :-1], level[:, 1:], 0.5, out=centres[:, ::2, 1:-1])
    _repeat_ends(centres)
    middles = memory("middles", batch, 2 * h + 1, w + 1, channels)
    torch.add(rows, torch.lerp(centres[:, :, :-1], centres[:, :, 1:], 0.5, out=middles), out=finer[:, :, ::2])
    torch.add(
        torch.lerp(rows[:, :, :-1], rows[:, :, 1:], 0.5, out=middles[:, :, 1:]),
        centres[:, :, 1:-1],
        out=finer[:, :, 1::2],
    )
    return finer


def _with_middles(x: Tensor, out: Tensor, dim: int) -> Tensor:
    """Write n + 1 values along `dim` and the n midpoints between them: 2 n + 1."""
    n, before = x.shape[dim] - 1, [slice(None)] * dim
    out[(*before, slice(None, None, 2))].copy_(x)
    torch.lerp(x.narrow(dim, 0, n), x.narrow(dim, 1, n), 0.5, out=out[(*before, slice(1, None, 2))])
    return out


def _between_corners(strip: Tensor, corners: Tensor, memory: _Memory) -> None:
    """Write pixels, 2 x 2 per cell, from the values at the cells' corners, `[batch, n + 1, w + 1, C]`."""
    pixels = _by_cell(strip)
    rows = memory("rows of pixels", *pixels.shape[:3], *corners.shape[2:])
    for i, t in enumerate((0.25, 0.75)):
        torch.lerp(corners[:, :-1], corners[:, 1:], t, out=rows[:, :, i])
    for i, t in enumerate((0.25, 0.75)):
        torch.lerp(rows[..., :-1, :], rows[..., 1:, :], t, out=pixels[..., i, :])


def _add_between_centres(strip: Tensor, level: Tensor, memory: _Memory) -> None:
    """Add a level's values at the cells' centres, `[batch, n + 2, w, C]`, to the pixels, 2 x 2 per cell."""
    pixels, n, w = _by_cell(strip), level.shape[1] - 2, level.shape[2]
    rows = memory("rows of pixels", *pixels.shape[:3], w + 2, level.shape[3])
    added = memory("every other pixel", *pixels.shape[:4], level.shape[3])
    for i in (0, 1):
        torch.lerp(level[:, 2 * i : 2 * i + n], level[:, 1:-1], 0.75, out=rows[:, :, i, 1:-1])
    _repeat_ends(rows)
    for i in (0, 1):
        torch.lerp(rows[..., 2 * i : 2 * i + w, :], rows[..., 1:-1, :], 0.75, out=added)
        pixels[..., i, :].add_(added)


def _repeat_ends(rows: Tensor) -> None:
    """In rows `[..., w + 2, C]`, copy the first and last of the w inner values to the ends."""
    rows[..., 0, :].copy_(rows[..., 1, :])
    rows[..., -1, :].copy_(rows[..., -2, :])


def _by_cell(strip: Tensor) -> Tensor:
    """A strip as `[batch, n, 2, w, 2, C]`."""
    return strip.unflatten(2, (-1, 2)).unflatten(1, (-1, 2))
