"""Head geometry: the morphable mesh that ships, posed for a batch of factor records.

Linear blend of targets (MakeHuman's macro and local targets, face units), then a rigid turn of the head about the
neck, then a frame that holds the eyes at a fixed height and distance, as FFHQ's alignment does (Karras et al. 2019,
appendix A). Units are decimetres.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int
from scipy.sparse import csr_matrix

from .factors import LOCAL_AXES

EYE = np.array([0.308, 7.284, 1.245])  # left eye's centre at rest
MOUTH_Y = 6.61
NECK_PIVOT = np.array([0.0, 6.15, 0.25])
VIEW_WIDTH = 2.76  # dm across the picture: eyes 0.22 of its width apart
EYE_HEIGHT = 0.555  # of the picture, from below
TEETH_BACK = np.array([0.0, 0.0, 0.05])
CURTAIN_ROWS = 12  # rows of the hair surface that hang below the skull grid
ORIGINS = ("african", "asian", "caucasian")


@dataclass(frozen=True)
class HeadMesh:
    """What `geometry.npz` holds, with what can be worked out once."""

    rest: Float32[np.ndarray, "v 3"]
    triangles: Int[np.ndarray, "f 3"]
    kind: np.ndarray
    masks: np.ndarray
    target_index: dict[str, int]
    targets: Float32[np.ndarray, "t v3"]
    hair_rest: Float32[np.ndarray, "p r 3"]
    hair_targets: Float32[np.ndarray, "t pr3"]
    face_to_vertex: csr_matrix


@dataclass(frozen=True)
class PosedHead:
    """One head ready to draw: positions and normals in camera space, the hair surface, and where the frame stands."""

    vertices: Float32[np.ndarray, "v 3"]
    normals: Float32[np.ndarray, "v 3"]
    hair: Float32[np.ndarray, "p r 12"]  # position, normal, tangent, (azimuth, along, end)
    frame: tuple[float, float, float, float]  # scale x, scale y, centre x, centre y


@cache
def load_mesh() -> HeadMesh:
    """Read the geometry that ships with the package; a few ms, kept for the process."""
    with np.load(Path(__file__).parent / "geometry.npz") as data:
        triangles, rest = data["triangles"], data["rest"]
        count = len(triangles)
        incidence = csr_matrix(
            (np.ones(3 * count, np.float32), (triangles.T.ravel(), np.tile(np.arange(count), 3))), (len(rest), count)
        )
        num_targets = len(data["target_names"])
        return HeadMesh(
            rest=rest,
            triangles=triangles,
            kind=data["kind"],
            masks=data["masks"],
            target_index={str(name): i for i, name in enumerate(data["target_names"])},
            targets=data["targets"].astype(np.float32).reshape(num_targets, -1),
            hair_rest=data["hair_rest"],
            hair_targets=data["hair_targets"].astype(np.float32).reshape(num_targets, -1),
            face_to_vertex=incidence,
        )


def origin_shares(factors: dict[str, float]) -> np.ndarray:
    """Shares of (african, asian, caucasian) shape, a softmax of the factors' weights."""
    weight = np.exp(2.0 * np.array([factors[name] for name in ORIGINS]))
    return weight / weight.sum()


def target_weights(mesh: HeadMesh, factors: dict[str, float]) -> np.ndarray:
    """Strength of every target for one factor record."""
    weights = np.zeros(len(mesh.target_index), np.float32)
    old = np.clip((factors["age"] - 25) / 55, 0, 1)
    male = factors["masculinity"]
    heavy = factors["weight"]
    body = {"min": max(-heavy, 0.0), "average": 1 - abs(heavy), "max": max(heavy, 0.0)}
    for age, age_share in (("young", 1 - old), ("old", old)):
        for sex, sex_share in (("female", 1 - male), ("male", male)):
            for size, share in body.items():
                weights[mesh.target_index[f"body/{age}/{sex}/{size}"]] = age_share * sex_share * share
            for origin, share in zip(ORIGINS, origin_shares(factors), strict=True):
                weights[mesh.target_index[f"origin/{age}/{sex}/{origin}"]] = age_share * sex_share * share
    for axis in LOCAL_AXES:
        weights[mesh.target_index[axis + ("+" if factors[axis] > 0 else "-")]] = abs(factors[axis])
    closed, wink = factors["blink"], factors["wink"]
    expression = {
        **{name: factors[name] for name in ("smile", "upper_lip_raise", "jaw_open", "frown", "pucker", "eyes_wide")},
        "brow_raise": max(factors["brow_raise"], 0.0),
        "brow_lower": 0.7 * max(-factors["brow_raise"], 0.0),
        "blink_left": min(1.0, closed + max(wink, 0.0)),
        "blink_right": min(1.0, closed + max(-wink, 0.0)),
    }
    openness = 1 - max(expression["blink_left"], expression["blink_right"])
    expression["eyes_wide"] *= openness  # a closed eye is not wide at the same time
    for name, strength in expression.items():
        weights[mesh.target_index[f"expression/{name}"]] = strength
    return weights


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Turn about y, then x, then z, in degrees."""
    (sy, sp, sr), (cy, cp, cr) = np.sin(np.radians([yaw, pitch, roll])), np.cos(np.radians([yaw, pitch, roll]))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def _smoothstep(low: float, high: float, x: np.ndarray | float) -> np.ndarray:
    t = np.asarray(np.clip((x - low) / (high - low), 0, 1))
    return np.asarray(t * t * (3 - 2 * t))


def hair_length_shown(factors: dict[str, float]) -> float:
    """Hair length after the sex shift: 0 cropped, about 0.35 to the chin, 1 over the shoulders."""
    return float(np.clip(factors["hair_length"] * 1.25 - 0.15 - 0.45 * (factors["masculinity"] - 0.5), 0, 1))


def _hair_surface(skull: np.ndarray, factors: dict[str, float]) -> np.ndarray:
    """Push the skull grid out and let it hang; returns [azimuths, rows, 5]: position, along, end (dm)."""
    azimuths, rows, _ = skull.shape
    phi = np.linspace(-np.pi, np.pi, azimuths, endpoint=False)
    theta = np.degrees(np.linspace(0.02, np.radians(112), rows))
    centre = skull.mean((0, 1)) * [1, 0, 1] + [0, skull[:, rows // 2, 1].mean() - 0.1, 0]
    outward = skull - centre
    radius = np.linalg.norm(outward, axis=-1, keepdims=True)
    outward = outward / radius
    length, volume, curl = hair_length_shown(factors), factors["hair_volume"], factors["hair_curl"]
    long = _smoothstep(0.12, 0.30, length)
    front = np.cos(phi)  # 1 at the face, -1 behind

    thickness = 0.045 + (0.05 + 0.16 * volume**1.5) * (0.35 + 0.65 * min(1, length * 2.5 + 0.5 * curl))
    thickness += 0.26 * max(0.0, volume - 0.55) / 0.45 * _smoothstep(0.55, 0.9, curl)  # afro
    profile = np.ones((azimuths, rows)) * thickness
    part = factors["hair_part"] * 0.55
    groove = np.exp(-(((phi - part) / 0.22) ** 2))[:, None] * np.exp(-((theta / 45) ** 2))[None]
    profile *= 1 - 0.25 * groove * (1 - curl)

    # where hair of the front ends: the hairline, or lower where a fringe falls; sides and back go on
    recession, fringe = factors["hair_line"], factors["fringe"]
    a = np.abs(phi)
    line = 57 - 5 * _smoothstep(0.15, 0.65, a) - recession * 7 * (0.6 + 1.2 * _smoothstep(0.1, 0.6, a))
    skewed = np.clip(fringe * (1 + 0.35 * np.sign(part) * np.sin(phi) * min(1, abs(part) * 3)), 0, 1)
    fringe_end = line + skewed * (21 - 3 * a)
    cropped_side = 88 + 16 * _smoothstep(1.3, 1.7, a)
    front_to_side = _smoothstep(0.80, 1.12, a)
    end_short = fringe_end * (1 - front_to_side) + cropped_side * front_to_side
    curtain = _smoothstep(0.92, 1.12, a) * long  # 1 where the strand hangs below the skull grid

    near_end = _smoothstep(0, 26, end_short[:, None] - theta[None] + 3)
    lies_on = 0.55 + 0.45 * near_end if fringe > 0.05 else 0.25 + 0.75 * near_end
    profile *= np.where(a[:, None] < 0.95, lies_on, 1 - (1 - lies_on) * (1 - long))
    surface = skull + outward * profile[..., None]

    # hanging part: straight down from the widest row of each strand, with flare, taper and waves
    hang_row = int(np.searchsorted(theta, 84))
    anchor = surface[:, hang_row]
    eye_y = centre[1] - 0.05
    drop = (0.35 + 2.1 * length) * (0.80 + 0.20 * (front < 0.3))
    steps = np.linspace(0, 1, rows - hang_row + CURTAIN_ROWS)[1:]
    down = np.maximum(anchor[:, 1] - (eye_y - drop), 0.05)
    wide = 1 + (0.04 + 0.10 * volume) * np.sin(np.pi * np.clip(steps * 0.9, 0, 1)) - 0.10 * steps * (1 - length)
    ear_room = 0.15 * np.exp(-(((a - 1.32) / 0.42) ** 2))
    wave = 0.03 * curl * np.sin(steps[None] * drop[:, None] * 8 + 2.5 * np.sin(3 * phi)[:, None])
    flat = (anchor - centre) * [1, 0, 1]
    flat_unit = flat / np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-6)
    fallen = steps[None] * down[:, None]
    over_ear = _smoothstep(-0.1, 0.35, fallen) * (1 - 0.7 * _smoothstep(0.5, 1.2, fallen))
    swell = (ear_room[:, None] * over_ear + wave * _smoothstep(0, 0.4, fallen))[..., None]
    hanging = centre * [1, 0, 1] + flat[:, None] * wide[None, :, None] + flat_unit[:, None] * swell
    hanging = hanging - np.array([0, 0, 0.25]) * (steps[None, :, None] ** 1.5) * (front > 0)[:, None, None]
    hanging[..., 1] = anchor[:, 1, None] - down[:, None] * steps[None]
    skull_tail = np.concatenate([surface[:, hang_row + 1 :], np.repeat(surface[:, -1:], CURTAIN_ROWS, 1)], 1)
    tail = skull_tail + (hanging - skull_tail) * curtain[:, None, None]
    full = np.concatenate([surface[:, : hang_row + 1], tail], 1)

    along = np.concatenate([np.zeros((azimuths, 1)), np.cumsum(np.linalg.norm(np.diff(full, axis=1), axis=-1), 1)], 1)
    short_along = np.array([np.interp(e, theta, s[:rows]) for e, s in zip(end_short, along, strict=True)])
    end = short_along + (along[:, -1] - short_along) * (curtain > 0.35)
    bald = factors["baldness"]
    end = np.where(bald > 0.02, end * 0.0 if bald > 0.25 else end * (1 - bald * 2), end)
    ends = np.repeat(end[:, None], full.shape[1], 1)
    return np.concatenate([full, along[..., None], ends[..., None]], -1)


def pose(records: list[dict[str, float]]) -> list[PosedHead]:
    """Morph and pose heads for a batch of factor records; about 3 ms each in batches of 16."""
    mesh = load_mesh()
    weights = np.stack([target_weights(mesh, factors) for factors in records])
    batch = len(records)
    shapes = mesh.rest[None] + (weights @ mesh.targets).reshape(batch, -1, 3)
    skulls = mesh.hair_rest[None] + (weights @ mesh.hair_targets).reshape(batch, *mesh.hair_rest.shape)
    eye_l = (mesh.kind == 1) & (mesh.rest[:, 0] > 0)
    eye_r = (mesh.kind == 1) & (mesh.rest[:, 0] < 0)
    lip = (mesh.masks[:, 0] > 128) & (mesh.kind == 0)
    neutral = weights.copy()
    for name, i in mesh.target_index.items():
        if name.startswith("expression/"):
            neutral[:, i] = 0
    lip_heights = mesh.targets.reshape(len(mesh.targets), -1, 3)[:, lip, 1]
    mouth_y = (mesh.rest[lip, 1] + neutral @ lip_heights).mean(1)

    shapes[:, mesh.kind == 2] -= TEETH_BACK  # the teeth of old and heavy heads would come through the lips
    turned, hair_turned, frames = [], [], []
    for i, factors in enumerate(records):
        left, right = shapes[i][eye_l].mean(0), shapes[i][eye_r].mean(0)
        middle = (left + right) / 2
        size = 0.5 * (left - right)[0] / (2 * EYE[0]) + 0.5 * (middle[1] - mouth_y[i]) / (EYE[1] - MOUTH_Y)
        hair = _hair_surface(skulls[i], factors)
        turn = rotation(factors["yaw"], factors["pitch"], factors["roll"])
        pivot = NECK_PIVOT + np.array([0, middle[1] - EYE[1], middle[2] - EYE[2]])

        def head_turn(points: np.ndarray, follow: np.ndarray, turn=turn, pivot=pivot) -> np.ndarray:
            moved = (points - pivot) @ turn.T + pivot
            return points + (moved - points) * follow[..., None]

        follows = _smoothstep(5.62, 6.45, mesh.rest[:, 1] + 0.25 * np.clip(0.6 - mesh.rest[:, 2], -0.5, 1))
        turned.append(head_turn(shapes[i], follows))
        hair_follow = 0.35 + 0.65 * _smoothstep(5.6, 6.9, hair[..., 1] - middle[1] + EYE[1])
        hair[..., :3] = head_turn(hair[..., :3], hair_follow)
        hair_turned.append(hair)
        seen = head_turn(np.stack([left, right]), np.ones(2)).mean(0)
        crown = head_turn((middle - [0, 0, 0.75])[None], np.ones(1))[0]
        width = VIEW_WIDTH * size
        centre_x = 0.6 * seen[0] + 0.4 * crown[0]
        frames.append((2 / width, 2 / width, centre_x, seen[1] + (0.5 - EYE_HEIGHT) * width))

    vertices = np.stack(turned).astype(np.float32)
    normals = _normals(mesh, vertices)
    return [PosedHead(vertices[i], normals[i], _with_normals(hair_turned[i]), frames[i]) for i in range(batch)]


def _normals(mesh: HeadMesh, vertices: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[:, mesh.triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)  # [batch, f, 3]
    summed = mesh.face_to_vertex @ faces.transpose(1, 0, 2).reshape(len(mesh.triangles), -1)
    normals = summed.reshape(vertices.shape[1], len(vertices), 3).transpose(1, 0, 2)
    return (normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)).astype(np.float32)


def _with_normals(hair: np.ndarray) -> np.ndarray:
    """Close the hair surface (first azimuth again at the end) and add normals and tangents: [p + 1, r, 12]."""
    azimuths = len(hair)
    position = hair[..., :3]
    along_rows = np.gradient(position, axis=1)
    around = np.roll(position, -1, 0) - np.roll(position, 1, 0)
    normal = np.cross(along_rows, around)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    tangent = along_rows / np.maximum(np.linalg.norm(along_rows, axis=-1, keepdims=True), 1e-9)
    phi = np.linspace(-np.pi, np.pi, azimuths, endpoint=False)
    full = np.concatenate(
        [position, normal, tangent, np.broadcast_to(phi[:, None, None], (*hair.shape[:2], 1)), hair[..., 3:5]], -1
    )
    seam = full[:1].copy()
    seam[..., 9] = np.pi
    return np.concatenate([full, seam]).astype(np.float32)
