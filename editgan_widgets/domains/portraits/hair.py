"""Hair: locks on the skull, one polyline each, which the hair factors bend, lengthen, curl and tie back.

All styles belong to one continuous family: a lock leaves its root along the skull's normal, follows a direction field
(down, away from the parting, forwards in a fringe, back when swept), is kept outside skull, ears and face, and is
blended with the path that it would take into a bun. Units are decimetres, in head space before the head is rotated.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float

from .skull_grid import GRID_POLAR, cross, norm, on_grid, radius, unit

POINTS = 12  # points along a lock
ROOTS, BUN = 600, 32
LOCKS = ROOTS + BUN
BUN_DIRECTION = np.array([0.0, 0.80, -0.60], np.float32)
_ALONG = np.linspace(0, 1, POINTS, dtype=np.float32)  # place of each point: 0 at the root, 1 at the tip
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


@dataclass(frozen=True)
class _Heads:
    """Heads of a batch and the roots of their locks. Values of a head are [b, 1], of a root [b, n]."""

    factors: dict[str, _Array]
    curl: _Array  # as shown, 0 to 1
    grid: _Array  # skull radius [b, azimuths, rows]
    centre: _Array  # of the skull, [b, 1, 3]
    scale: _Array  # size of the head, from its half width
    root: _Array  # [b, n, 3]
    outwards: _Array  # unit vectors from the centre to the roots, [b, n, 3]
    cushion: _Array  # distance of short hair from the scalp, dm
    grows: _Array  # 0 where there is no hair, 1 where it grows fully
    front: _Array  # 0 to 1, at the forehead
    top: _Array  # 0 to 1, on the crown
    fringed: _Array  # share of a lock in the fringe
    long: _Array  # 0 for short hair, 1 for long hair
    afro: _Array

    @property
    def volume(self) -> _Array:
        """Volume of the hair, 0 to 1."""
        return self.factors["hair_volume"]


def grow(
    skulls: Float[np.ndarray, "b p r 3"],
    centres: Float[np.ndarray, "b 3"],
    records: list[dict[str, float]],
    origins: Float[np.ndarray, "b 3"],
) -> tuple[Float[np.ndarray, "b n k 4"], Float[np.ndarray, "b n 4"]]:
    """Locks of every head: points with half width; and per lock length in dm, tint 0..1, root weight, bun 0 or 1."""
    heads = _heads(skulls.astype(np.float32), centres.astype(np.float32), records, origins)
    span = _span(heads, records)
    hold = (smoothstep(0.0, 0.45, heads.factors["hair_tied"]) * (1 - heads.fringed))[..., None, None]
    points = _curled(heads, _paths(heads, span), span)
    points = points + (_drawn_back(heads) - points) * hold
    widths = _widths(heads, span, hold)
    locks = np.concatenate([points, widths[..., None]], -1, dtype=np.float32)
    return np.concatenate([locks, _bun(heads)], 1), _facts(span, hold)


def _heads(skulls: _Array, centres: _Array, records: list[dict[str, float]], origins: _Array) -> _Heads:
    """Place the roots on the skulls, and compute what depends on their place and on the factors alone."""
    roots = _roots()
    f = {name: np.array([record[name] for record in records], np.float32)[:, None] for name in records[0]}
    length = _lengths(records)
    curl = np.array([hair_curl_shown(record, shares) for record, shares in zip(records, origins, strict=True)])[:, None]
    centre = centres[:, None]
    grid = norm(skulls - centre[:, :, None])
    scale = grid[:, 16:48:31, 12].mean(1)[:, None] / 0.75
    root = on_grid(skulls, roots["azimuth"], roots["polar"])  # on the surface, so that the painted hairline agrees
    below = np.broadcast_to(roots["direction"], (len(records), ROOTS, 3))
    below = centre + below * radius(grid, below)[..., None]
    root = np.where((roots["polar"] > GRID_POLAR[1])[None, :, None], below, root)
    outwards = unit(root - centre)
    front = smoothstep(0.15, 0.65, outwards[..., 2]) * smoothstep(-0.15, 0.3, outwards[..., 1])
    azimuth = roots["azimuth"][None]
    return _Heads(
        factors=f,
        curl=curl,
        grid=grid,
        centre=centre,
        scale=scale,
        root=root,
        outwards=outwards,
        cushion=scalp_lift(roots["polar"], roots["azimuth"], records),
        grows=_growth(f),
        front=front,
        top=smoothstep(0.2, 0.8, outwards[..., 1]),
        fringed=np.clip(f["fringe"] * 1.2, 0, 1) * front * smoothstep(0.95, 0.6, np.abs(azimuth)),
        long=smoothstep(0.16, 0.34, length),
        afro=smoothstep(0.45, 0.85, f["hair_volume"]) * smoothstep(0.6, 0.95, curl),
    )


def _lengths(records: list[dict[str, float]]) -> _Array:
    """Hair length as shown, [b, 1]."""
    return np.array([hair_length_shown(record) for record in records], np.float32)[:, None]


def _growth(f: dict[str, _Array]) -> _Array:
    """Share of hair that grows at each root, by hairline and baldness."""
    roots = _roots()
    r = roots["random"]
    polar, azimuth = np.degrees(roots["polar"])[None], roots["azimuth"][None]
    grows = smoothstep(0, 5, hairline(azimuth, f["hair_line"]) - polar)
    lost = np.where((polar < 72) & (np.abs(azimuth) < 2.6), 0.05 + 0.35 * r[0], 0.55 + 0.3 * r[0])
    return grows * (1 - smoothstep(lost, lost + 0.12, f["baldness"]))


def _span(heads: _Heads, records: list[dict[str, float]]) -> _Array:
    """Length of each lock, [b, n] in dm: short hair has a fixed length, longer hair ends at a height."""
    f, r, length, root, volume = heads.factors, _roots()["random"], _lengths(records), heads.root, heads.volume
    short_length = 0.13 + 1.5 * length + heads.top * (0.16 + 0.25 * volume)
    level = 7.25 - 2.5 * np.clip(length - 0.16, 0, 1) / 0.84
    level = level + f["hair_layers"] * (0.9 * heads.top * length + 0.35 * (r[1] - 0.5) * length)
    level_length = np.maximum((root[..., 1] - level) * 1.06 + 0.30 * heads.top, short_length)
    span = short_length + (level_length - short_length) * heads.long
    brow_level = 7.98 - 0.42 * np.clip(f["fringe"], 0, 1)
    fringe_length = np.maximum(1.1 * (root[..., 1] - brow_level) + 0.10, 0.15) * (0.92 + 0.16 * r[1])
    span = span + (np.minimum(span, fringe_length) - span) * heads.fringed
    span = span + (0.22 + 0.45 * volume - span) * heads.afro
    return span * (1 - 0.6 * f["baldness"]) * (0.9 + 0.2 * r[2]) * heads.grows


def _paths(heads: _Heads, span: _Array) -> _Array:
    """Points [b, n, POINTS, 3] of the locks along the direction field, outside skull, ears and face."""
    f, r, volume = heads.factors, _roots()["random"], heads.volume
    wind = _wind(heads)
    sideways, down, forwards, _ = wind
    lift = 0.10 + 1.4 * volume * (1 - heads.long) * heads.top + 0.5 * f["hair_mess"] * r[4]
    layer = 0.025 + 0.03 * r[2] + (0.01 + 0.08 * volume**1.5) * np.minimum(1, span / 0.4)
    layer = layer + 0.11 * heads.fringed * heads.front
    points = np.zeros((*span.shape, POINTS, 3), np.float32)
    points[:, :, 0] = p = heads.root + heads.outwards * (heads.cushion - 0.015)[..., None]
    heading = heads.outwards * lift[..., None] + 0.4 * np.stack([sideways * heads.top, down, forwards], -1)
    least = radius(heads.grid, heads.outwards)
    step = (span / (POINTS - 1))[..., None]
    for k in range(1, POINTS):
        heading = unit(heading * 0.5 + _along(heads, p, wind, least) * 0.5)
        p, least = _outside_skull(heads, p + heading * step, layer, k / (POINTS - 1))
        points[:, :, k] = p = _beside_face(heads, p)
    return points


def _wind(heads: _Heads) -> tuple[_Array, _Array, _Array, _Array]:
    """Components of the direction field at the roots: sideways, down, forwards, and a lock's own sideways one."""
    f, r, fringed = heads.factors, _roots()["random"], heads.fringed
    part = 0.42 * f["hair_part"] * heads.scale
    aside = np.tanh((heads.root[..., 0] - part) / 0.10)
    back = 0.12 + heads.front * (0.75 + 0.55 * f["hair_sweep"])
    forwards = fringed * 1.5 - (1 - fringed) * back
    forwards = forwards + f["hair_mess"] * 0.6 * (r[4] - 0.5)
    own = f["hair_mess"] * 0.6 * (r[3] - 0.5)
    return aside * (0.95 - 0.45 * fringed), -np.ones_like(aside), forwards, own


def _along(heads: _Heads, p: _Array, wind: tuple[_Array, _Array, _Array, _Array], least: _Array) -> _Array:
    """Direction of the locks at points `p`: the field, without what would lead into the skull or away from it."""
    sideways, down, forwards, own = wind
    q = p - heads.centre
    height = norm(q)
    out = q / height[..., None]
    field = np.stack(
        [sideways * smoothstep(-0.1, 0.6, out[..., 1]) + own, down, forwards * smoothstep(-0.1, 0.5, out[..., 1])], -1
    )
    inward = np.minimum((field * out).sum(-1, keepdims=True), 0) * smoothstep(0.14, 0.02, height - least)[..., None]
    outward = np.maximum((field * out).sum(-1, keepdims=True), 0) * smoothstep(-0.25, 0.1, out[..., 1])[..., None]
    along = unit(field - out * (inward + outward))
    return along + (out * 1.4 - along) * heads.afro[..., None]


def _outside_skull(heads: _Heads, p: _Array, layer: _Array, s: float) -> tuple[_Array, _Array]:
    """Points moved to a distance from the skull that their layer allows, and the least distance; `s`: 0 root, 1 tip."""
    long, volume = heads.long, heads.volume
    loose = 0.02 + (0.05 + 0.26 * volume) * (1 - long) + 0.05 * volume + 0.03 * heads.factors["hair_mess"]
    q = p - heads.centre
    height = norm(q)
    out = q / height[..., None]
    a = np.abs(np.arctan2(out[..., 0], out[..., 2]))
    ear = 0.13 * np.exp(-(((a - 1.38) / 0.42) ** 2)) * smoothstep(0.15, -0.15, out[..., 1]) * long
    least = radius(heads.grid, out) + heads.cushion + layer * min(1.0, 2.5 * s) + ear
    most = (
        least
        + loose * (0.35 + 0.65 * smoothstep(0.0, 0.6, out[..., 1]))
        + 2.0 * heads.afro
        + 0.12 * long * smoothstep(0.0, -0.5, out[..., 1]) * (0.4 + volume)
    )
    return heads.centre + out * np.clip(height, least, most)[..., None], least


def _beside_face(heads: _Heads, p: _Array) -> _Array:
    """Points of long locks moved out of the oval of the face, except those of the fringe."""
    scale, centre = heads.scale, heads.centre
    oval_x, oval_y = 0.63 * scale, 0.98 * scale
    covers = 1 - heads.fringed * 0.95
    x, y = p[..., 0] / oval_x, (p[..., 1] - centre[..., 1] + 0.40 * scale) / oval_y
    inside = np.sqrt(x * x + y * y)
    push = (
        (1 / np.maximum(inside, 0.25) - 1) * (inside < 1) * covers * smoothstep(0.25, 0.5, p[..., 2] - centre[..., 2])
    )
    push = push * heads.long * smoothstep(0.55, 0.2, p[..., 1] - centre[..., 1])
    return p + np.stack([p[..., 0] * push, y * oval_y * push * 0.6, -0.12 * np.minimum(push, 1)], -1)


def _curled(heads: _Heads, points: _Array, span: _Array) -> _Array:
    """Points of the locks with their waves and curls."""
    f, r, curl = heads.factors, _roots()["random"], heads.curl
    azimuth = _roots()["azimuth"][None]
    tangent = np.gradient(points, axis=2)
    out = unit(points - heads.centre[:, :, None])
    across = unit(cross(tangent, out))
    arc = _ALONG * span[..., None]
    wavelength = np.maximum(0.95 - 0.70 * curl, 4.6 * span / (POINTS - 1))
    phase = 2 * np.pi * (0.8 * np.sin(3 * azimuth + 1.3) + 0.5 * r[3] * (0.3 + curl) + 0.2 * f["hair_mess"] * r[4])
    swing = 2 * np.pi * arc / wavelength[..., None] + phase[..., None]
    size = np.minimum(0.115 * curl**1.3 * (1 + 0.3 * heads.volume), 0.28 * span) + 0.012 * f["hair_mess"]
    size = size[..., None] * smoothstep(0.0, 0.35, arc)
    points = points + across * (size * np.sin(swing))[..., None]
    return points + out * (np.abs(size * 0.8) * (0.5 + 0.5 * np.cos(swing)))[..., None]


def _drawn_back(heads: _Heads) -> _Array:
    """Points [b, n, POINTS, 3] of the locks if they are tied: along the skull to the bun."""
    r, s = _roots()["random"], _ALONG
    bun_dir = np.broadcast_to(BUN_DIRECTION, heads.outwards.shape)
    cosine = np.clip((heads.outwards * bun_dir).sum(-1), -0.999, 0.999)
    angle = np.arccos(cosine)[..., None]
    t = s * 0.97
    slerp = heads.outwards[:, :, None] * (np.sin((1 - t) * angle) / np.sin(angle))[..., None]
    slerp = slerp + bun_dir[:, :, None] * (np.sin(t * angle) / np.sin(angle))[..., None]
    slerp = unit(slerp)
    drawn = radius(heads.grid, slerp.reshape(len(slerp), -1, 3)).reshape(slerp.shape[:3])
    drawn = drawn + (0.02 + 0.03 * r[2] + 0.05 * heads.volume)[..., None] * (0.6 + 0.4 * s) + heads.cushion[..., None]
    return heads.centre[:, :, None] + slerp * drawn[..., None]


def _widths(heads: _Heads, span: _Array, hold: _Array) -> _Array:
    """Half widths [b, n, POINTS] of the locks, dm."""
    curly = 1 + 0.7 * heads.afro + 0.25 * heads.curl
    width = (
        (0.054 + 0.031 * smoothstep(0.2, 0.9, span))
        * curly
        * (1 + 0.35 * heads.fringed)
        * heads.scale
        * np.sqrt(heads.grows)
        * (0.8 + 0.4 * _roots()["random"][0])
    )
    profile = np.interp(_ALONG, [0, 0.15, 0.6, 1], [0.7, 1, 0.9, 0.15])
    width = np.minimum(width, 0.02 + 0.16 * span)
    return width[..., None] * (profile + (np.interp(_ALONG, [0, 0.8, 1], [1, 0.8, 0.6]) - profile) * hold[..., 0])


def _bun(heads: _Heads) -> _Array:
    """Points and half widths [b, BUN, POINTS, 4] of the bun: arcs around a ball, of size 0 where hair is not tied."""
    tilt = _roots()["tilt"]
    there = smoothstep(0.15, 0.5, heads.factors["hair_tied"]) * smoothstep(0.02, 0.3, 1 - heads.factors["baldness"])
    ball = 0.30 * (0.75 + 0.5 * heads.volume) * there
    axis = unit(BUN_DIRECTION + 0.8 * tilt)
    u = unit(np.cross(axis, [1.0, 0.3, 0.2]))
    w = np.cross(axis, u)
    turn = _ALONG[None] * 3.4 + tilt[:, :1] * 3
    arcs = u[:, None] * np.cos(turn)[..., None] + w[:, None] * np.sin(turn)[..., None]
    arcs = unit(arcs + axis[:, None] * tilt[:, 1, None, None] * 0.35)
    bun_dir = np.broadcast_to(BUN_DIRECTION, heads.outwards.shape)
    seat = radius(heads.grid, bun_dir[:, :1])[..., None] + 0.7 * ball[..., None] - 0.25 * (1 - there[..., None])
    seat = heads.centre + BUN_DIRECTION * seat
    knot = seat[:, :, None] + arcs[None] * ball[..., None, None]
    knot_width = np.broadcast_to((0.075 * there)[..., None, None], (*knot.shape[:3], 1))
    return np.concatenate([knot, knot_width], -1)


def _facts(span: _Array, hold: _Array) -> _Array:
    """Length, tint, root weight and bun of each lock, as `grow` returns them."""
    facts = np.zeros((len(span), LOCKS, 4), np.float32)
    facts[:, :ROOTS, 0], facts[:, ROOTS:, 0] = np.maximum(span, 0.02), 1.0
    facts[:, :ROOTS, 1], facts[:, ROOTS:, 1] = _roots()["random"][3], np.linspace(0, 1, BUN) * 7 % 1
    facts[:, :ROOTS, 2], facts[:, ROOTS:, 2] = hold[..., 0, 0], 1.0
    facts[:, ROOTS:, 3] = 1.0
    return facts
