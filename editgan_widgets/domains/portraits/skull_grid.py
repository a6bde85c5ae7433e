"""The skull as a grid of radii over azimuth and polar angle, on which hair grows; and a few functions of vectors.

Units are decimetres; the polar angle is that from the crown, the azimuth is 0 at the face and rises towards +x.
"""

import numpy as np

GRID_POLAR = (0.02, np.radians(112))  # polar angle of the grid's first and last row
_Array = np.ndarray


def radius(grid: _Array, direction: _Array) -> _Array:
    """Skull radius [b, n] along unit directions [b, n, 3]; a cylinder below the grid."""
    azimuths, rows = grid.shape[1:]
    phi = np.arctan2(direction[..., 0], direction[..., 2])
    theta = np.arccos(np.clip(direction[..., 1], -1, 1))
    below = np.sin(GRID_POLAR[1]) / np.maximum(np.sin(np.maximum(theta, GRID_POLAR[1])), 0.45)
    u = (phi + np.pi) / (2 * np.pi) * azimuths
    v = np.clip((theta - GRID_POLAR[0]) / (GRID_POLAR[1] - GRID_POLAR[0]) * (rows - 1), 0, rows - 1.001)
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    u, v = u - i, v - j
    flat = grid.reshape(len(grid), -1)
    batch = np.arange(len(grid))[:, None]
    i0, i1 = (i % azimuths) * rows, ((i + 1) % azimuths) * rows
    near = flat[batch, i0 + j] * (1 - u) + flat[batch, i1 + j] * u
    far = flat[batch, i0 + j + 1] * (1 - u) + flat[batch, i1 + j + 1] * u
    return (near * (1 - v) + far * v) * np.where(theta > GRID_POLAR[1], below, 1.0)


def on_grid(skulls: _Array, azimuth: _Array, polar: _Array) -> _Array:
    """Points [b, n, 3] on the skull grids at given angles [n]."""
    azimuths, rows = skulls.shape[1:3]
    u = (azimuth + np.pi) / (2 * np.pi) * azimuths
    v = np.clip((polar - GRID_POLAR[0]) / (GRID_POLAR[1] - GRID_POLAR[0]) * (rows - 1), 0, rows - 1.001)
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    u, v = (u - i)[:, None], (v - j)[:, None]
    i, i1 = i % azimuths, (i + 1) % azimuths
    near = skulls[:, i, j] * (1 - u) + skulls[:, i1, j] * u
    far = skulls[:, i, j + 1] * (1 - u) + skulls[:, i1, j + 1] * u
    return near * (1 - v) + far * v


def unit(x: _Array) -> _Array:
    """Vectors of length 1, from vectors in the last axis; 0 stays 0."""
    return x / np.maximum(norm(x)[..., None], 1e-9)


def norm(x: _Array) -> _Array:
    """Length of the vectors in the last axis."""
    return np.sqrt(np.einsum("...c,...c->...", x, x))


def cross(a: _Array, b: _Array) -> _Array:
    """Cross product of the vectors in the last axis."""
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    u, v, w = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], -1)
