"""Clothing near the face: a shirt collar around the neck, and glasses. Units are decimetres."""

import numpy as np
from jaxtyping import Float

from .hair import smoothstep

COLLAR_AZIMUTHS, COLLAR_ROWS = 48, 6
RING, TUBE, TEMPLE = 32, 6, 6
COLLAR_POINTS = COLLAR_AZIMUTHS * COLLAR_ROWS
GLASSES_POINTS = 2 * (RING * TUBE + TEMPLE * TUBE) + TEMPLE * TUBE


def collar(rings: Float[np.ndarray, "p h 3"], factors: dict[str, float]) -> Float[np.ndarray, "a r 7"]:
    """A folded shirt collar: position, normal, and coordinate across it; inside the neck if there is no collar."""
    amount = factors["collar"]
    azimuths = len(rings)
    opening = 0.10 + 0.25 * max(factors["neckline"], 0.0)
    phi = np.linspace(opening, 2 * np.pi - opening, COLLAR_AZIMUTHS)
    at = (phi + np.pi) / (2 * np.pi) * azimuths % azimuths
    i, part = np.floor(at).astype(int), (at % 1)[:, None, None]
    neck = rings[i] * (1 - part) + rings[(i + 1) % azimuths] * part  # [a, h, 3], low to high
    low, high = neck[:, 1], neck[:, 3]
    out = (low - low.mean(0)) * [1, 0, 1]
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    to_front = np.exp(-(((np.minimum(phi, 2 * np.pi - phi) - opening) / 0.45) ** 2))[:, None]
    rise = smoothstep(0.0, 0.5, amount) * (1.0 - 0.35 * max(factors["neckline"], 0.0))
    stand = low + (high - low) * (0.30 + 0.42 * rise - 0.10 * rise * to_front)
    shown = (amount > 0.02) * 1.0
    up = np.array([0.0, 1.0, 0.0])
    tip = 0.24 + (0.26 + 0.10 * amount) * to_front
    rows = np.stack(
        [
            low + out * 0.02,
            stand + out * (0.045 * shown - 0.05 * (1 - rise)),
            stand + out * (0.075 * shown - 0.05 * (1 - rise)) + up * 0.012,
            stand + out * (0.11 * shown - 0.05 * (1 - rise)) - up * 0.02,
            stand + out * (0.16 + 0.05 * to_front) * rise - up * tip * 0.6 * rise,
            stand + out * (0.22 + 0.10 * to_front) * rise - up * tip * rise,
        ],
        1,
    )
    across = np.gradient(rows, axis=1)
    around = np.gradient(rows, axis=0)
    normal = np.cross(around, across)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    edge = np.broadcast_to(np.linspace(0, 1, COLLAR_ROWS)[None, :, None], (*rows.shape[:2], 1))
    return np.concatenate([rows, normal, edge], -1).astype(np.float32)


def glasses(
    eyes: Float[np.ndarray, "2 3"], bridge: np.ndarray, ears: Float[np.ndarray, "2 3"], factors: dict[str, float]
) -> Float[np.ndarray, "n 7"]:
    """Two rims, a bridge and two temples as tubes: position, normal, 1; of thickness 0 if there are no glasses."""
    amount = factors["glasses"]
    thick = 0.025 * smoothstep(0.0, 0.3, amount) + 0.014 * smoothstep(0.3, 1.0, amount)
    square = 0.5 + 0.5 * factors["glasses_shape"]
    size = 1 + 0.13 * factors["glasses_size"]
    half = (eyes[0] - eyes[1])[0] / 2
    wide, high = half * 0.82 * size, half * (0.76 - 0.20 * square) * size
    power = 2 / (2.0 + 2.2 * square)
    turn = np.linspace(0, 2 * np.pi, RING)
    c, s = np.cos(turn), np.sin(turn)
    rim = np.stack([np.sign(c) * np.abs(c) ** power * wide, np.sign(s) * np.abs(s) ** power * high], 1)
    middle = eyes.mean(0)
    front = bridge[2] + 0.055
    paths = []
    for side, eye, ear in ((1, eyes[0], ears[0]), (-1, eyes[1], ears[1])):
        x = eye[0] + side * 0.02 + rim[:, 0]
        z = front - 0.32 * np.maximum(np.abs(x - middle[0]) - 0.15, 0) ** 1.5
        paths.append(np.stack([x, eye[1] - 0.03 + rim[:, 1], z], 1))
        start = np.array([eye[0] + side * (0.02 + wide), eye[1] + 0.35 * high, z[0 if side > 0 else RING // 2]])
        end = np.array([ear[0] + side * 0.02, ear[1] + 0.02, ear[2]])
        t = np.linspace(0, 1, TEMPLE)[:, None]
        paths.append(start + (end - start) * t + [side, 0, 0] * (0.06 * np.sin(np.pi * t) + 0.02))
    t = np.linspace(0, 1, TEMPLE)[:, None]
    inner = [eyes[k] + [side * (0.02 - wide), 0.06, 0] for k, side in ((0, 1), (1, -1))]
    span = inner[0] + (inner[1] - inner[0]) * t + [0, 0.05, 0] * np.sin(np.pi * t)
    span[:, 2] = front - 0.32 * 0.05
    paths.append(span)
    return np.concatenate([_tube(path, thick) for path in paths]).astype(np.float32)


def _tube(path: np.ndarray, radius: float | np.ndarray) -> np.ndarray:
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    helper = np.where(np.abs(tangent[:, 2:]) < 0.8, [[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]])
    a = np.cross(tangent, helper)
    a /= np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-9)
    b = np.cross(tangent, a)
    turn = np.linspace(0, 2 * np.pi, TUBE, endpoint=False)
    normal = a[:, None] * np.cos(turn)[None, :, None] + b[:, None] * np.sin(turn)[None, :, None]
    rows = np.concatenate([path[:, None] + normal * radius, normal, np.ones((len(path), TUBE, 1))], -1)
    return rows.reshape(-1, 7)


def triangles() -> np.ndarray:
    """Vertex ids of the collar's triangles, then of the glasses', in the order of the functions above."""
    faces = []

    def quads(start: int, rows: int, columns: int, closed: bool) -> int:
        grid = start + np.arange(rows * columns).reshape(rows, columns)
        if closed:
            grid = np.concatenate([grid, grid[:, :1]], 1)
        a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
        faces.append(np.stack([a, b, c, a, c, d], -1).reshape(-1))
        return start + rows * columns

    at = quads(0, COLLAR_AZIMUTHS, COLLAR_ROWS, False)
    for length in (RING, TEMPLE, RING, TEMPLE, TEMPLE):
        at = quads(at, length, TUBE, True)
    return np.concatenate(faces).astype(np.int32)
