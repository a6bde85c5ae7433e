"""Head geometry: the shipped morphable mesh, posed for a batch of factor records.

A linear blend of targets (MakeHuman's macro and local targets, face units), then a rigid rotation of the head about
the neck, then a frame that keeps the eyes at a fixed height and distance, like FFHQ's alignment (Karras et al. 2019,
appendix A). Units are decimetres.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int
from scipy.sparse import csr_matrix

from . import hair, wear
from .factors import LOCAL_AXES
from .hair import smoothstep

EYE = np.array([0.308, 7.284, 1.245])  # left eye's centre at rest
MOUTH_Y = 6.61
SKULL_CENTRE = np.array([0.0, 7.45, 0.45])
NECK_PIVOT = np.array([0.0, 6.15, 0.25])
VIEW_WIDTH = 2.70  # dm across the picture: eyes 0.23 of its width apart
EYE_HEIGHT = 0.550  # share of the picture's height, from below
CAMERA = 10.0  # dm from the eyes
LOWER_TEETH_DOWN = np.array([0.0, 0.05, 0.10])
TEETH_BEHIND = np.array([0.0, -0.014, -0.105])  # from the upper lip's edge to the upper teeth's, mouth closed
ORIGINS = ("african", "asian", "caucasian")

# Landmarks: name and position on the head at rest; of a pair, the one on the person's left.
_MIDDLE = {
    "forehead": (0.0, 7.85, 1.47),
    "glabella": (0.0, 7.466, 1.524),
    "nose root": (0.0, 7.323, 1.506),
    "nose tip": (0.0, 6.909, 1.681),
    "nose base": (0.0, 6.793, 1.565),
    "upper lip top": (0.0, 6.696, 1.597),
    "upper lip bottom": (0.0, 6.608, 1.553),
    "lower lip top": (0.0, 6.601, 1.54),
    "lower lip bottom": (0.0, 6.488, 1.556),
    "chin": (0.0, 6.177, 1.403),
}
_PAIRED = {
    "brow inner": (0.12, 7.43, 1.49),
    "brow middle": (0.33, 7.50, 1.45),
    "brow outer": (0.53, 7.43, 1.25),
    "eye inner corner": (0.168, 7.267, 1.392),
    "eye top": (0.311, 7.332, 1.411),
    "eye outer corner": (0.444, 7.283, 1.354),
    "eye bottom": (0.311, 7.240, 1.405),
    "eye centre": (0.308, 7.284, 1.392),
    "nose wing": (0.185, 6.85, 1.45),
    "mouth corner": (0.245, 6.610, 1.412),
    "cheek": (0.50, 6.95, 1.20),
    "jaw corner": (0.55, 6.55, 0.75),
    "ear top": (0.80, 7.34, 0.52),
    "ear bottom": (0.72, 6.84, 0.62),
}
LANDMARKS: tuple[str, ...] = (*_MIDDLE, *(f"{side} {name}" for side in ("left", "right") for name in _PAIRED))


@dataclass(frozen=True)
class HeadMesh:
    """Contents of `geometry.npz`, and arrays that are derived from it once."""

    rest: Float32[np.ndarray, "v 3"]
    triangles: Int[np.ndarray, "f 3"]
    kind: np.ndarray
    masks: np.ndarray
    target_index: dict[str, int]
    targets: Float32[np.ndarray, "t v3"]
    hair_rest: Float32[np.ndarray, "p r 3"]
    hair_targets: Float32[np.ndarray, "t pr3"]
    neck_rest: Float32[np.ndarray, "p h 3"]
    neck_targets: Float32[np.ndarray, "t ph3"]
    landmarks: Int[np.ndarray, " n"]
    scalp: Float32[np.ndarray, "v 3"]  # away from the skull's centre where hair can grow, else 0
    whiskers: Float32[np.ndarray, "v 3"]  # direction away from the jaw where a beard grows, else 0
    scalp_place: Float32[np.ndarray, "v 2"]  # polar angle and azimuth in radians about the skull's centre
    face_to_vertex: csr_matrix


@dataclass(frozen=True)
class PosedHead:
    """One head ready to draw: all geometry in camera space, and the frame."""

    vertices: Float32[np.ndarray, "v 6"]  # position, normal
    locks: Float32[np.ndarray, "n k 4"]  # hair: position, half width
    lock_facts: Float32[np.ndarray, "n 4"]  # length in dm, tint, tied, bun
    skull_centre: tuple[float, float, float]
    lids: tuple[float, float, float, float]  # see `_lid_edges`
    wear: Float32[np.ndarray, "w 7"]  # collar and glasses: position, normal, place on it
    frame: tuple[float, float, float, float]  # scale x, scale y, centre x, centre y
    lens: tuple[float, float]  # depth of the eyes, distance of the camera from them
    landmarks: Float32[np.ndarray, "m 2"]  # x to the right, y down, in shares of the picture


@cache
def load_mesh() -> HeadMesh:
    """Read the shipped geometry; cached for the process."""
    with np.load(Path(__file__).parent / "geometry.npz") as data:
        triangles, rest = data["triangles"], data["rest"]
        count = len(triangles)
        incidence = csr_matrix(
            (np.ones(3 * count, np.float32), (triangles.T.ravel(), np.tile(np.arange(count), 3))), (len(rest), count)
        )
        num_targets = len(data["target_names"])
        from_centre = rest - SKULL_CENTRE.astype(np.float32)
        flat = np.hypot(from_centre[:, 0], from_centre[:, 2])
        place = np.stack([np.arctan2(flat, from_centre[:, 1]), np.arctan2(from_centre[:, 0], from_centre[:, 2])], 1)
        grows = (data["kind"] == 0) & (data["masks"][:, 2] < 60) & (rest[:, 1] > 6.6) & (place[:, 0] < np.radians(125))
        scalp = from_centre / np.linalg.norm(from_centre, axis=1, keepdims=True) * grows[:, None]
        return HeadMesh(
            rest=rest,
            triangles=triangles,
            kind=data["kind"],
            masks=data["masks"],
            target_index={str(name): i for i, name in enumerate(data["target_names"])},
            targets=data["targets"].astype(np.float32).reshape(num_targets, -1),
            hair_rest=data["hair_rest"],
            hair_targets=data["hair_targets"].astype(np.float32).reshape(num_targets, -1),
            neck_rest=data["neck_rest"],
            neck_targets=data["neck_targets"].astype(np.float32).reshape(num_targets, -1),
            landmarks=_landmark_vertices(rest, data["kind"]),
            scalp=scalp,
            whiskers=_whiskers(rest, data["kind"], data["masks"]),
            scalp_place=place,
            face_to_vertex=incidence,
        )


def _whiskers(rest: np.ndarray, kind: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Directions [v, 3] away from the jaw; their length is the beard's density there (about as in head.frag)."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    top = 6.92 - 0.30 * smoothstep(0.62, 0.26, x) + 0.35 * smoothstep(0.95, 0.70, z)
    dense = smoothstep(0.0, 0.16, top - y) * smoothstep(6.02, 6.20, y - 0.12 * smoothstep(1.0, 0.4, z))
    dense *= smoothstep(0.50, 0.75, z) * smoothstep(0.95, 1.25, np.hypot(x / 0.32, (y - 6.60) / 0.165))
    dense *= (kind == 0) * (masks[:, 0] < 60) * (masks[:, 3] < 60)
    out = rest - np.array([0.0, 6.75, 0.6])
    return (out / np.linalg.norm(out, axis=1, keepdims=True) * dense[:, None]).astype(np.float32)


def _landmark_vertices(rest: np.ndarray, kind: np.ndarray) -> np.ndarray:
    points = [*_MIDDLE.values(), *_PAIRED.values(), *((-x, y, z) for x, y, z in _PAIRED.values())]
    solid = np.flatnonzero(kind <= 1)
    return np.array([solid[np.argmin(((rest[solid] - p) ** 2).sum(1))] for p in points])


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
    closed, wink, side, lift = factors["blink"], factors["wink"], factors["smile_side"], factors["brow_side"]
    smile, raised = factors["smile"], max(factors["brow_raise"], 0.0)
    left, right = min(1.0, closed + max(wink, 0.0)), min(1.0, closed + max(-wink, 0.0))
    # a smile opens the lips and shows the upper teeth
    shown = float(smoothstep(0.30, 0.72, smile)) * (1 - factors["pucker"]) * (1 - factors["frown"])
    openness = 1 - max(left, right)  # a closed eye cannot be wide open
    expression = {
        **{name: factors[name] for name in ("frown", "pucker")},
        "upper_lip_raise": float(np.clip(factors["upper_lip_raise"] + 0.75 * shown, 0, 0.9)),
        "jaw_open": min(1.0, factors["jaw_open"] + 0.09 * shown),
        "smile_left": smile * (1 - max(-side, 0.0)),
        "smile_right": smile * (1 - max(side, 0.0)),
        "squint": factors["squint"] * openness,
        "eyes_wide": factors["eyes_wide"] * openness,
        "brow_inner": raised * (1 - 0.5 * abs(lift)),
        "brow_left": float(np.clip(raised + lift * 0.8, 0, 1)),
        "brow_right": float(np.clip(raised - lift * 0.8, 0, 1)),
        "brow_lower": 0.55 * max(-factors["brow_raise"], 0.0),
        "blink_left": left,
        "blink_right": right,
        "tongue_out": factors["tongue"] * float(smoothstep(0.25, 0.55, factors["jaw_open"])),
    }
    for name, strength in expression.items():
        weights[mesh.target_index[f"expression/{name}"]] = strength
    return weights


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation matrix about y, then x, then z; angles in degrees."""
    (sy, sp, sr), (cy, cp, cr) = np.sin(np.radians([yaw, pitch, roll])), np.cos(np.radians([yaw, pitch, roll]))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def pose(records: list[dict[str, float]]) -> list[PosedHead]:
    """Morph and pose heads for a batch of factor records."""
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

    behind = _behind_the_lips(mesh, neutral)
    raised, opened = (weights[:, mesh.target_index[f"expression/{name}"]] for name in ("upper_lip_raise", "jaw_open"))
    behind[:, 2] -= 0.07 * (1 - smoothstep(0.0, 0.4, raised + 2 * opened))  # closed lips do not quite meet
    for kind in (2, 3):
        shapes[:, mesh.kind == kind] += behind[:, None]
    below = (mesh.kind == 2) & (mesh.rest[:, 1] < 6.597)
    shapes[:, below] -= LOWER_TEETH_DOWN
    shapes[:, below, 0] *= 0.86
    shapes += mesh.whiskers[None] * np.array([_beard(factors) for factors in records], np.float32)[:, None, None]
    polar, azimuth = mesh.scalp_place.T
    lids = _lid_edges(mesh, shapes)
    shapes += mesh.scalp[None] * hair.scalp_lift(polar, azimuth, records).astype(np.float32)[..., None]
    skull_centres = SKULL_CENTRE + (skulls.mean((1, 2)) - mesh.hair_rest.mean((0, 1)))
    origins = np.stack([origin_shares(factors) for factors in records])
    locks, lock_facts = hair.grow(skulls, skull_centres, records, origins)
    necks = mesh.neck_rest[None] + (weights @ mesh.neck_targets).reshape(batch, *mesh.neck_rest.shape)
    mark = dict(zip(LANDMARKS, mesh.landmarks, strict=True))
    ears = [mark["left ear top"], mark["right ear top"]]
    head_follows = smoothstep(5.62, 6.45, mesh.rest[:, 1] + 0.25 * np.clip(0.6 - mesh.rest[:, 2], -0.5, 1))
    turned, wears, frames, lenses, centres = [], [], [], [], []
    for i, factors in enumerate(records):
        shape = shapes[i]
        eyes = np.stack([shape[eye_l].mean(0), shape[eye_r].mean(0)])
        middle = eyes.mean(0)
        size = 0.5 * (eyes[0] - eyes[1])[0] / (2 * EYE[0]) + 0.5 * (middle[1] - mouth_y[i]) / (EYE[1] - MOUTH_Y)
        turn = rotation(factors["yaw"], factors["pitch"], factors["roll"])
        pivot = NECK_PIVOT + np.array([0, middle[1] - EYE[1], middle[2] - EYE[2]])

        def head_turn(points: np.ndarray, follow: np.ndarray | float = 1.0, turn=turn, pivot=pivot) -> np.ndarray:
            moved = (points - pivot) @ turn.T + pivot
            return points + (moved - points) * np.asarray(follow)[..., None]

        turned.append(head_turn(shape, head_follows))
        strands = locks[i, ..., :3]
        fall = 0.35 + 0.65 * smoothstep(5.6, 6.9, strands[..., 1] - middle[1] + EYE[1])
        locks[i, ..., :3] = head_turn(strands, fall)
        centres.append(tuple(head_turn(skull_centres[i]).tolist()))
        collar = wear.collar(necks[i], factors).reshape(-1, 7)
        specs = wear.glasses(eyes, shape[mark["nose root"]], shape[ears], factors)
        specs[:, :3], specs[:, 3:6] = head_turn(specs[:, :3]), specs[:, 3:6] @ turn.T
        wears.append(np.concatenate([collar, specs]).astype(np.float32))
        seen = head_turn(middle)
        crown = head_turn(middle - [0, 0, 0.75])
        width = VIEW_WIDTH * size
        centre_x, centre_y = 0.6 * seen[0] + 0.4 * crown[0], seen[1] + (0.5 - EYE_HEIGHT) * width
        frames.append((float(2 / width), float(2 / width), float(centre_x), float(centre_y)))
        lenses.append((float(seen[2]), float(CAMERA * size)))

    vertices = np.stack(turned).astype(np.float32)
    posed = np.concatenate([vertices, _normals(mesh, vertices)], -1)
    locks, lock_facts = locks.astype(np.float32), lock_facts.astype(np.float32)
    return [
        PosedHead(
            posed[i],
            locks[i],
            lock_facts[i],
            centres[i],
            lids[i],
            wears[i],
            frames[i],
            lenses[i],
            project(vertices[i, mesh.landmarks], frames[i], lenses[i]),
        )
        for i in range(batch)
    ]


def _behind_the_lips(mesh: HeadMesh, weights: Float32[np.ndarray, "b t"]) -> Float32[np.ndarray, "b 3"]:
    """Displacement of teeth and tongue that places the upper teeth just behind the upper lip in a neutral face.

    With the targets alone they would stick through the lips of some heads and lie deep inside others.
    """
    teeth = np.flatnonzero(
        (mesh.kind == 2) & (np.abs(mesh.rest[:, 1] - 6.60) < 0.004) & (np.abs(mesh.rest[:, 0]) < 0.1)
    )
    teeth = teeth[mesh.rest[teeth, 2] > 1.45]
    lip = mesh.landmarks[LANDMARKS.index("upper lip bottom")]
    moved = mesh.targets.reshape(len(mesh.targets), -1, 3)
    edge = mesh.rest[teeth].mean(0) + weights @ moved[:, teeth].mean(1)
    behind = mesh.rest[lip] + weights @ moved[:, lip] + TEETH_BEHIND - edge
    behind[:, 0] = 0
    return behind.astype(np.float32)


def _beard(factors: dict[str, float]) -> float:
    """Thickness of a full beard, dm."""
    man = float(np.clip((factors["masculinity"] - 0.5) / 0.25, 0, 1))
    return 0.055 * float(smoothstep(0.3, 1.0, factors["beard"] - 1 + man))


def _lid_edges(mesh: HeadMesh, shapes: np.ndarray) -> list[tuple[float, float, float, float]]:
    """Heights of the lid edges on an eyeball of radius 1: upper left, upper right, lower left, lower right."""
    mark = dict(zip(LANDMARKS, mesh.landmarks, strict=True))
    edges = []
    for point in ("eye top", "eye bottom"):
        for side, sign in (("left", 1), ("right", -1)):
            centre = shapes[:, (mesh.kind == 1) & (mesh.rest[:, 0] * sign > 0)].mean(1)
            way = shapes[:, mark[f"{side} {point}"]] - centre
            edges.append(way[:, 1] / np.maximum(np.linalg.norm(way, axis=1), 1e-6))
    return [(ul, ur, ll, lr) for ul, ur, ll, lr in np.stack(edges, 1).tolist()]


def project(points: np.ndarray, frame: tuple[float, ...], lens: tuple[float, float]) -> np.ndarray:
    """Project points from camera space to the picture: x to the right, y down, in shares of the picture's size."""
    scale = np.array(frame[:2]) * (lens[1] / (lens[1] - (points[:, 2:] - lens[0])))
    seen = (points[:, :2] - frame[2:]) * scale
    return (np.stack([seen[:, 0], -seen[:, 1]], 1) * 0.5 + 0.5).astype(np.float32)


def _normals(mesh: HeadMesh, vertices: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[:, mesh.triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)  # [batch, f, 3]
    summed = mesh.face_to_vertex @ faces.transpose(1, 0, 2).reshape(len(mesh.triangles), -1)
    normals = summed.reshape(vertices.shape[1], len(vertices), 3).transpose(1, 0, 2)
    return (normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)).astype(np.float32)
