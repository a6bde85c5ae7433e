"""Hair: locks on the skull, one polyline each, which the hair factors bend, lengthen, curl and tie back.

All styles belong to one continuous family: a lock leaves its root along the skull's normal, follows a direction field
(down, away from the parting, forwards in a fringe, back when swept), is kept outside skull, ears and face, and is
blended with the path that it would take into a bun. Units are decimetres, in head space before the head is rotated.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

POINTS = 12  # points along a lock
ROOTS, BUN = 600, 32
LOCKS = ROOTS + BUN
BUN_DIRECTION = np.array([0.0, 0.80, -0.60], np.float32)
GRID_POLAR = (0.02, np.radians(112))  # polar angle of the skull grid's first and last row
_Array = np.ndarray


def smoothstep(low: float | _Array, high: float | _Array, x: float | _Array) -> _Array:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((np.asarray(x) - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def hair_length_shown(factors: dict[str, float]) -> float:
    """Hair length after the sex shift: 0 cropped, about 0.4 to the chin, 1 over the shoulders."""
    return float(np.clip(factors["hair_length"] * 1.25 - 0.15 - 0.75 * (factors["masculinity"] - 0.5), 0, 1))


def hair_curl_shown(factors: dict[str, float], origins: _Array) -> float:
    """Curl after the origin mix's shift (african up, asian down), 0 to 1."""
    african, asian, _ = origins
    return float(np.clip(factors["hair_curl"] * (1 - 0.55 * asian) + 0.45 * african, 0, 1))


def hairline(azimuth: _Array, recession: _Array) -> _Array:
    """Polar angle of the hairline in degrees from the crown; the same curve as in head.frag."""
    a = np.abs(azimuth)
    temple = smoothstep(0.1, 0.6, a) * (1 - smoothstep(0.9, 1.1, a))
    front = 60 - 5 * smoothstep(0.15, 0.65, a) - recession * 7 * (0.6 + 1.2 * temple)
    side = front + (100 - front) * smoothstep(0.92, 1.22, a)
    return side + (132 - side) * smoothstep(1.7, 2.3, a)


def scalp_lift(polar: _Array, azimuth: _Array, records: list[dict[str, float]]) -> _Array:
    """Distance of short hair from the scalp near the roots, [b, n] in dm; polar angle and azimuth in radians [n]."""
    line, volume, bald = (
        np.array([record[name] for record in records], np.float32)[:, None]
        for name in ("hair_line", "hair_volume", "baldness")
    )
    depth = smoothstep(0.0, 16.0, hairline(azimuth[None], line) - np.degrees(polar)[None])
    return (depth * (0.015 + 0.06 * volume) * (1 - smoothstep(0.0, 0.3, bald))).astype(np.float32)


@cache
def _roots() -> dict[str, _Array]:
    """Roots of the locks, evenly over the skull down to the nape and not on the face, and their random numbers."""
    count = 4 * ROOTS
    i = np.arange(count) + 0.5
    polar = np.arccos(1 - (1 - np.cos(np.radians(128))) * i / count)
    azimuth = (np.pi * (1 + 5**0.5) * i + np.pi) % (2 * np.pi) - np.pi
    lowest = hairline(azimuth, np.full(count, -1.5)) + 1
    keep = np.flatnonzero(np.degrees(polar) < lowest)
    keep = keep[np.linspace(0, len(keep) - 1, ROOTS).astype(int)]
    nearest_first = np.argsort(-np.sin(polar[keep]) * np.cos(azimuth[keep]) - 0.4 * np.cos(polar[keep]), kind="stable")
    keep = keep[nearest_first]  # locks hidden by earlier ones need not be shaded
    polar, azimuth = polar[keep], azimuth[keep]
    random = np.random.default_rng(5).random((5, ROOTS))
    direction = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], -1)
    tilt = np.random.default_rng(6).standard_normal((BUN, 3))
    table = {"polar": polar, "azimuth": azimuth, "direction": direction, "random": random, "tilt": tilt}
    return {name: values.astype(np.float32) for name, values in table.items()}


def _radius(grid: _Array, direction: _Array) -> _Array:
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


def _on_grid(skulls: _Array, azimuth: _Array, polar: _Array) -> _Array:
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


def _unit(x: _Array) -> _Array:
    return x / np.maximum(_length(x)[..., None], 1e-9)


def _length(x: _Array) -> _Array:
    return np.sqrt(np.einsum("...c,...c->...", x, x))


def _cross(a: _Array, b: _Array) -> _Array:
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    u, v, w = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], -1)


def grow(
    skulls: Float[np.ndarray, "b p r 3"],
    centres: Float[np.ndarray, "b 3"],
    records: list[dict[str, float]],
    origins: Float[np.ndarray, "b 3"],
) -> tuple[Float[np.ndarray, "b n k 4"], Float[np.ndarray, "b n 4"]]:
    """Locks of every head: points with half width; and per lock length in dm, tint 0..1, root weight, bun 0 or 1."""
    roots = _roots()
    r = roots["random"]
    f = {name: np.array([record[name] for record in records], np.float32)[:, None] for name in records[0]}
    length = np.array([hair_length_shown(record) for record in records], np.float32)[:, None]
    curl = np.array([hair_curl_shown(record, shares) for record, shares in zip(records, origins, strict=True)])[:, None]
    volume, fringe, tied = f["hair_volume"], f["fringe"], f["hair_tied"]
    skulls, centres = skulls.astype(np.float32), centres.astype(np.float32)
    centre = centres[:, None]  # [b, 1, 3]
    grid = _length(skulls - centre[:, :, None])
    scale = grid[:, 16:48:31, 12].mean(1)[:, None] / 0.75  # size of the head, from its half width
    batch = len(records)
    root = _on_grid(skulls, roots["azimuth"], roots["polar"])  # on the surface, so that the painted hairline agrees
    below = np.broadcast_to(roots["direction"], (batch, ROOTS, 3))
    below = centre + below * _radius(grid, below)[..., None]
    root = np.where((roots["polar"] > GRID_POLAR[1])[None, :, None], below, root)
    root_dir = _unit(root - centre)
    polar, azimuth = np.degrees(roots["polar"])[None], roots["azimuth"][None]
    grows = smoothstep(0, 5, hairline(azimuth, f["hair_line"]) - polar)
    lost = np.where((polar < 72) & (np.abs(azimuth) < 2.6), 0.05 + 0.35 * r[0], 0.55 + 0.3 * r[0])
    grows = grows * (1 - smoothstep(lost, lost + 0.12, f["baldness"]))
    front = smoothstep(0.15, 0.65, root_dir[..., 2]) * smoothstep(-0.15, 0.3, root_dir[..., 1])
    top = smoothstep(0.2, 0.8, root_dir[..., 1])
    fringed = np.clip(fringe * 1.2, 0, 1) * front * smoothstep(0.95, 0.6, np.abs(azimuth))
    afro = smoothstep(0.45, 0.85, volume) * smoothstep(0.6, 0.95, curl)

    # length: short hair has a fixed length, longer hair ends at a height
    long = smoothstep(0.16, 0.34, length)
    short_length = 0.13 + 1.5 * length + top * (0.16 + 0.25 * volume)
    level = 7.25 - 2.5 * np.clip(length - 0.16, 0, 1) / 0.84
    level = level + f["hair_layers"] * (0.9 * top * length + 0.35 * (r[1] - 0.5) * length)
    level_length = np.maximum((root[..., 1] - level) * 1.06 + 0.30 * top, short_length)
    span = short_length + (level_length - short_length) * long
    brow_level = 7.98 - 0.42 * np.clip(fringe, 0, 1)
    fringe_length = np.maximum(1.1 * (root[..., 1] - brow_level) + 0.10, 0.15) * (0.92 + 0.16 * r[1])
    span = span + (np.minimum(span, fringe_length) - span) * fringed
    span = span + (0.22 + 0.45 * volume - span) * afro
    span = span * (1 - 0.6 * f["baldness"]) * (0.9 + 0.2 * r[2]) * grows
    step = (span / (POINTS - 1))[..., None]

    # direction field
    part = 0.42 * f["hair_part"] * scale
    aside = np.tanh((root[..., 0] - part) / 0.10)
    back = 0.12 + front * (0.75 + 0.55 * f["hair_sweep"])
    forwards = fringed * 1.5 - (1 - fringed) * back
    sideways = aside * (0.95 - 0.45 * fringed)
    wild_x = f["hair_mess"] * 0.6 * (r[3] - 0.5)
    forwards = forwards + f["hair_mess"] * 0.6 * (r[4] - 0.5)
    down = -np.ones_like(aside)
    lift = 0.10 + 1.4 * volume * (1 - long) * top + 0.5 * f["hair_mess"] * r[4]
    layer = 0.025 + 0.03 * r[2] + (0.01 + 0.08 * volume**1.5) * np.minimum(1, span / 0.4)
    layer = layer + 0.11 * fringed * front
    points = np.zeros((batch, ROOTS, POINTS, 3), np.float32)
    points[:, :, 0] = p = root + root_dir * (scalp_lift(roots["polar"], roots["azimuth"], records) - 0.015)[..., None]
    heading = root_dir * lift[..., None] + 0.4 * np.stack([sideways * top, down, forwards], -1)
    oval_x, oval_y = 0.63 * scale, 0.98 * scale
    covers = 1 - fringed * 0.95
    loose = 0.02 + (0.05 + 0.26 * volume) * (1 - long) + 0.05 * volume + 0.03 * f["hair_mess"]
    cushion = scalp_lift(roots["polar"], roots["azimuth"], records)
    least = _radius(grid, root_dir)
    for k in range(1, POINTS):
        s = k / (POINTS - 1)
        q = p - centre
        height = _length(q)
        out = q / height[..., None]
        field = np.stack(
            [
                sideways * smoothstep(-0.1, 0.6, out[..., 1]) + wild_x,
                down,
                forwards * smoothstep(-0.1, 0.5, out[..., 1]),
            ],
            -1,
        )
        inward = np.minimum((field * out).sum(-1, keepdims=True), 0) * smoothstep(0.14, 0.02, height - least)[..., None]
        outward = np.maximum((field * out).sum(-1, keepdims=True), 0) * smoothstep(-0.25, 0.1, out[..., 1])[..., None]
        along = _unit(field - out * (inward + outward))
        along = along + (out * 1.4 - along) * afro[..., None]
        heading = _unit(heading * 0.5 + along * 0.5)
        p = p + heading * step
        q = p - centre
        height = _length(q)
        out = q / height[..., None]
        a = np.abs(np.arctan2(out[..., 0], out[..., 2]))
        ear = 0.13 * np.exp(-(((a - 1.38) / 0.42) ** 2)) * smoothstep(0.15, -0.15, out[..., 1]) * long
        least = _radius(grid, out) + cushion + layer * min(1.0, 2.5 * s) + ear
        most = (
            least
            + loose * (0.35 + 0.65 * smoothstep(0.0, 0.6, out[..., 1]))
            + 2.0 * afro
            + 0.12 * long * smoothstep(0.0, -0.5, out[..., 1]) * (0.4 + volume)
        )
        p = centre + out * np.clip(height, least, most)[..., None]
        x, y = p[..., 0] / oval_x, (p[..., 1] - centre[..., 1] + 0.40 * scale) / oval_y
        inside = np.sqrt(x * x + y * y)
        push = (
            (1 / np.maximum(inside, 0.25) - 1)
            * (inside < 1)
            * covers
            * smoothstep(0.25, 0.5, p[..., 2] - centre[..., 2])
        )
        push = push * long * smoothstep(0.55, 0.2, p[..., 1] - centre[..., 1])
        p = p + np.stack([p[..., 0] * push, y * oval_y * push * 0.6, -0.12 * np.minimum(push, 1)], -1)
        points[:, :, k] = p

    # waves and curls
    tangent = np.gradient(points, axis=2)
    out = _unit(points - centre[:, :, None])
    across = _unit(_cross(tangent, out))
    s = np.linspace(0, 1, POINTS, dtype=np.float32)
    arc = s * span[..., None]
    wavelength = np.maximum(0.95 - 0.70 * curl, 4.6 * span / (POINTS - 1))
    phase = 2 * np.pi * (0.8 * np.sin(3 * azimuth + 1.3) + 0.5 * r[3] * (0.3 + curl) + 0.2 * f["hair_mess"] * r[4])
    swing = 2 * np.pi * arc / wavelength[..., None] + phase[..., None]
    size = np.minimum(0.115 * curl**1.3 * (1 + 0.3 * volume), 0.28 * span) + 0.012 * f["hair_mess"]
    size = size[..., None] * smoothstep(0.0, 0.35, arc)
    points = points + across * (size * np.sin(swing))[..., None]
    points = points + out * (np.abs(size * 0.8) * (0.5 + 0.5 * np.cos(swing)))[..., None]

    # tied back: along the skull to the bun
    bun_dir = np.broadcast_to(BUN_DIRECTION, root_dir.shape)
    cosine = np.clip((root_dir * bun_dir).sum(-1), -0.999, 0.999)
    angle = np.arccos(cosine)[..., None]
    t = s * 0.97
    slerp = root_dir[:, :, None] * (np.sin((1 - t) * angle) / np.sin(angle))[..., None]
    slerp = slerp + bun_dir[:, :, None] * (np.sin(t * angle) / np.sin(angle))[..., None]
    slerp = _unit(slerp)
    drawn = _radius(grid, slerp.reshape(batch, -1, 3)).reshape(slerp.shape[:3])
    drawn = drawn + (0.02 + 0.03 * r[2] + 0.05 * volume)[..., None] * (0.6 + 0.4 * s) + cushion[..., None]
    drawn = centre[:, :, None] + slerp * drawn[..., None]
    hold = (smoothstep(0.0, 0.45, tied) * (1 - fringed))[..., None, None]
    points = points + (drawn - points) * hold

    curly = 1 + 0.7 * afro + 0.25 * curl
    width = (
        (0.054 + 0.031 * smoothstep(0.2, 0.9, span))
        * curly
        * (1 + 0.35 * fringed)
        * scale
        * np.sqrt(grows)
        * (0.8 + 0.4 * r[0])
    )
    profile = np.interp(s, [0, 0.15, 0.6, 1], [0.7, 1, 0.9, 0.15])
    width = np.minimum(width, 0.02 + 0.16 * span)
    width = width[..., None] * (profile + (np.interp(s, [0, 0.8, 1], [1, 0.8, 0.6]) - profile) * hold[..., 0])
    locks = np.concatenate([points, width[..., None]], -1, dtype=np.float32)

    # the bun: arcs around a ball
    there = smoothstep(0.15, 0.5, tied) * smoothstep(0.02, 0.3, 1 - f["baldness"])
    ball = 0.30 * (0.75 + 0.5 * volume) * there
    axis = _unit(BUN_DIRECTION + 0.8 * roots["tilt"])
    u = _unit(np.cross(axis, [1.0, 0.3, 0.2]))
    w = np.cross(axis, u)
    turn = s[None] * 3.4 + roots["tilt"][:, :1] * 3
    arcs = u[:, None] * np.cos(turn)[..., None] + w[:, None] * np.sin(turn)[..., None]
    arcs = _unit(arcs + axis[:, None] * roots["tilt"][:, 1, None, None] * 0.35)
    seat = _radius(grid, bun_dir[:, :1])[..., None] + 0.7 * ball[..., None] - 0.25 * (1 - there[..., None])
    seat = centre + BUN_DIRECTION * seat
    knot = seat[:, :, None] + arcs[None] * ball[..., None, None]
    knot_width = np.broadcast_to((0.075 * there)[..., None, None], (*knot.shape[:3], 1))
    locks = np.concatenate([locks, np.concatenate([knot, knot_width], -1)], 1)

    facts = np.zeros((batch, LOCKS, 4), np.float32)
    facts[:, :ROOTS, 0], facts[:, ROOTS:, 0] = np.maximum(span, 0.02), 1.0
    facts[:, :ROOTS, 1], facts[:, ROOTS:, 1] = r[3], np.linspace(0, 1, BUN) * 7 % 1
    facts[:, :ROOTS, 2], facts[:, ROOTS:, 2] = hold[..., 0, 0], 1.0
    facts[:, ROOTS:, 3] = 1.0
    return locks, facts
