"""Identity by dlib's face recognition: a judge that was trained on photos, outside the model and its domain.

The domain's own identity network knows the renders that a model is trained on, and edits may be optimised to keep it.
dlib's network has seen neither. It needs the extra `faces`; the weights are the files of the package
face_recognition_models: a detector of faces comes with dlib, five landmarks align a face, and a residual network
describes it by 128 numbers (King, dlib.net; public domain).
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets import images

SIDE = 256  # px; smaller pictures are enlarged to it, because the detector finds faces from 80 px on
_LANDMARKS, _NETWORK = "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat"
_USUAL = (0.24, 0.30, 0.79, 0.87)  # left, top, right, bottom of a face in an aligned portrait, shares of its sides
_INSTALL = "pip install 'editgan-widgets[faces]'"


class FacesMissingError(ImportError):
    """dlib or its weights are not installed; the message says which, and the command that installs them."""


@dataclass(frozen=True)
class DlibIdentity:
    """Pictures `[n, 3, H, W]` in [-1, 1] -> unit vectors `[n, 128]`; an `IdentityModel`, without gradients.

    In a picture where the detector finds no face, the face is taken to be where an aligned portrait has it. The cosine
    of two vectors is about .9 or more for everyone: compare cosines, or fit a threshold (`same_person_auc`), but do not
    read them like those of another network.

    Attributes:
        folder: folder of dlib's weights.
    """

    folder: Path

    @torch.no_grad()
    def __call__(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 128"]:
        """Embed pictures."""
        least = min(pictures.shape[2:])
        if least < SIDE:
            pictures = F.interpolate(pictures, scale_factor=SIDE / least, mode="bicubic", align_corners=False)
        found = [self._described(picture) for picture in images.to_uint8(pictures)]
        return F.normalize(torch.from_numpy(np.stack(found)).to(pictures), dim=1)

    def box(self, picture: UInt8[np.ndarray, "h w 3"]) -> Any:
        """The `dlib.rectangle` of the largest face that the detector finds, px; None if there is none."""
        return max(_tools(self.folder)["detect"](picture, 0), key=lambda found: found.area(), default=None)

    def landmarks(self, picture: UInt8[np.ndarray, "h w 3"], box: Any) -> Float[np.ndarray, "5 2"]:
        """Corners of the eyes and base of the nose of the face in a `dlib.rectangle`, px."""
        shape = _tools(self.folder)["landmarks"](picture, box)
        return np.array([(point.x, point.y) for point in shape.parts()], float)

    def descriptor(self, picture: UInt8[np.ndarray, "h w 3"], box: Any) -> Float[np.ndarray, " 128"]:
        """dlib's descriptor of the face in a `dlib.rectangle`; photos of one person are usually less than .6 apart."""
        tools = _tools(self.folder)
        shape = tools["landmarks"](picture, box)
        return np.array(tools["network"].compute_face_descriptor(picture, shape), np.float32)

    def _described(self, picture: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, " 128"]:
        height, width = picture.shape[:2]
        left, top, right, bottom = _USUAL
        edges = round(left * width), round(top * height), round(right * width), round(bottom * height)
        return self.descriptor(picture, self.box(picture) or _tools(self.folder)["box"](*edges))


def dlib_identity(folder: str | Path | None = None) -> DlibIdentity:
    """Return dlib's identity network, for every argument named `identity`.

    Args:
        folder: folder of the weights; None takes those of the installed package face_recognition_models.

    Raises FacesMissingError without dlib or without weights.
    """
    if importlib.util.find_spec("dlib") is None:
        raise FacesMissingError(f"dlib is not installed; {_INSTALL} installs it")
    chosen = _package_folder() if folder is None else Path(folder)
    if chosen is None:
        raise FacesMissingError(f"dlib's weights are not installed (face_recognition_models); {_INSTALL} installs them")
    if missing := [name for name in (_LANDMARKS, _NETWORK) if not (chosen / name).is_file()]:
        raise FacesMissingError(f"{chosen} has no {missing[0]}; give the folder of dlib's weights, or {_INSTALL}")
    return DlibIdentity(chosen)


def same_person_auc(vectors: Float[Tensor, "n d"], people: np.ndarray) -> float:
    """Probability that two pictures of one person are more similar than two of different people; .5 is chance.

    Args:
        vectors: unit vectors of the pictures.
        people: id of the person in each.

    Raises ValueError if no person appears twice, or only one person appears.
    """
    from scipy.stats import rankdata  # takes a second

    first, second = np.triu_indices(len(people), 1)
    similar = (vectors @ vectors.T).cpu().numpy()[first, second]
    same = np.asarray(people)[first] == np.asarray(people)[second]
    if not same.any() or same.all():
        raise ValueError("pairs of one person and pairs of two people are needed; give two or more pictures of several")
    ranks, positive = rankdata(similar)[same].sum(), int(same.sum())
    return float((ranks - positive * (positive + 1) / 2) / (positive * (len(same) - positive)))


def _package_folder() -> Path | None:
    """Folder of the weights in face_recognition_models; the package is not imported, it needs pkg_resources."""
    found = importlib.util.find_spec("face_recognition_models")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "models"


@cache
def _tools(folder: Path) -> Mapping[str, Any]:
    import dlib  # pyright: ignore[reportMissingImports]

    return {
        "box": dlib.rectangle,
        "detect": dlib.get_frontal_face_detector(),
        "landmarks": dlib.shape_predictor(str(folder / _LANDMARKS)),
        "network": dlib.face_recognition_model_v1(str(folder / _NETWORK)),
    }
