"""The reader of parts reads renders whose background, clothes and light are not those of renders."""

import numpy as np
import pytest
import torch

from editgan_widgets import images
from editgan_widgets.domains.portraits import COARSE_LABELS, FINE_LABELS, load_segmenter
from editgan_widgets.domains.portraits.parts import ids_within
from editgan_widgets.domains.portraits.reader.parts import read_parts
from editgan_widgets.domains.portraits.samples import load_samples
from editgan_widgets.iou import confusion, mean_iou
from editgan_widgets.training.photographic import photographic, textures


@pytest.fixture(scope="module")
def pictures():
    samples = load_samples()[:24]
    rng = torch.Generator().manual_seed(0)
    label = torch.from_numpy(ids_within(FINE_LABELS)[np.stack([one.label_map for one in samples])].astype(np.int64))
    image, label = photographic(images.from_uint8(np.stack([one.image for one in samples]), "cpu"), label, rng)
    return images.to_uint8(image), label.numpy().astype(np.uint8)


@pytest.mark.slow
def test_it_reads_changed_renders_better_than_the_judge(pictures):
    counts = {"reader": np.zeros((45, 45), np.int64), "judge": np.zeros((45, 45), np.int64)}
    judge = load_segmenter()
    for pixels, label in zip(*pictures, strict=True):
        counts["reader"] += confusion(read_parts(pixels, FINE_LABELS), label, 45)
        counts["judge"] += confusion(judge.label_map(images.from_uint8(pixels, "cpu"))[0].numpy(), label, 45)
    assert mean_iou(counts["reader"]) > mean_iou(counts["judge"]) + 0.05


def test_a_mirrored_picture_gives_the_mirrored_map(pictures):
    pixels = pictures[0][3]
    there, back = read_parts(pixels, FINE_LABELS), read_parts(pixels[:, ::-1].copy(), FINE_LABELS)
    assert (FINE_LABELS.mirrored_ids[back[:, ::-1]] == there).mean() > 0.98


def test_coarser_parts_are_read_too(pictures):
    found = read_parts(pictures[0][0], COARSE_LABELS)
    COARSE_LABELS.check(found)
    assert len(np.unique(found)) > 8


def test_labels_follow_the_framing_and_the_surroundings_are_background():
    rng = torch.Generator().manual_seed(1)
    image, label = torch.zeros(8, 3, 64, 64), torch.full((8, 64, 64), 1)
    label[:, 24:40, 24:40], image[:, :, 24:40, 24:40] = 17, 1.0
    shown, parts = photographic(image, label, rng)
    assert shown.shape == image.shape
    assert shown.abs().max() <= 1
    for i in range(8):
        inside = (parts[i] == 17).float()
        if inside.sum() > 100:
            bright, dark = (shown[i].mean(0)[parts[i] == part].mean() for part in (17, 1))
            assert bright > dark
    assert set(parts.unique().tolist()) <= {0, 1, 17}


def test_textures_differ_and_are_in_range():
    made = textures(torch.zeros(6, 3, 64, 64), torch.Generator().manual_seed(2))
    assert made.shape == (6, 3, 64, 64)
    assert made.abs().max() <= 1
    assert (made[0] - made[1]).abs().mean() > 0.05
