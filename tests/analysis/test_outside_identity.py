"""dlib's face recognition as an outside judge of identity."""

import importlib.util

import numpy as np
import pytest
import torch

from editgan_widgets import images
from editgan_widgets.analysis import dlib_identity
from editgan_widgets.analysis.outside_identity import FacesMissingError, same_person_auc
from editgan_widgets.domains.portraits.samples import load_samples

installed = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("dlib", "face_recognition_models"))),
    reason="the extra faces is not installed",
)


def test_without_dlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(FacesMissingError, match=r"dlib is not installed; pip install 'editgan-widgets\[faces\]'"):
        dlib_identity()


def test_without_weights_the_error_names_the_folder_and_the_file(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "dlib" else None)
    with pytest.raises(FacesMissingError, match="weights are not installed"):
        dlib_identity()
    with pytest.raises(FacesMissingError, match=r"has no shape_predictor_5_face_landmarks\.dat"):
        dlib_identity(tmp_path)


def test_the_auc_is_the_share_of_pairs_in_the_right_order():
    people = np.array([0, 0, 1, 1])
    apart = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]]), dim=1)
    assert same_person_auc(apart, people) == 1
    assert same_person_auc(apart[[0, 2, 1, 3]], people) < 0.5
    assert same_person_auc(torch.ones(4, 1), people) == 0.5
    with pytest.raises(ValueError, match="pairs of two people"):
        same_person_auc(apart, np.zeros(4))


@installed
def test_a_face_is_nearer_to_itself_in_another_light_than_to_other_people():
    identity = dlib_identity()
    faces = images.from_uint8(np.stack([portrait.image for portrait in load_samples()[:4]]))
    found = identity(torch.cat([faces, 0.8 * faces + 0.1]))
    assert found.shape == (8, 128)
    assert torch.allclose(found.norm(dim=1), torch.ones(8), atol=1e-5)
    assert same_person_auc(found, np.array([0, 1, 2, 3, 0, 1, 2, 3])) == 1


@installed
def test_a_picture_without_a_face_is_described_too():
    assert dlib_identity()(torch.zeros(1, 3, 64, 64)).isfinite().all()
