"""The portraits' segmenter: shapes, files, a short training, and the quality of the shipped one."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from editgan_widgets import images
from editgan_widgets.domains.portraits import (
    COARSE_LABELS,
    FINE_LABELS,
    PORTRAIT_LABELS,
    Segmenter,
    SegmenterFileError,
    coarse,
    fine,
    load_samples,
    load_segmenter,
)
from editgan_widgets.training.train_segmenter import (
    TrainSegmenterConfig,
    held_out_miou,
    part_loss,
    take_weights,
    train_segmenter,
)


def test_logits_have_the_pictures_size():
    assert Segmenter()(torch.zeros(2, 3, 64, 48)).shape == (2, len(FINE_LABELS), 64, 48)


def test_a_picture_whose_size_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="multiples of 16"):
        Segmenter()(torch.zeros(1, 3, 60, 64))


def test_a_saved_segmenter_is_loaded_unchanged(tmp_path):
    model = Segmenter(widths=(4, 8, 8, 8, 8)).eval()
    model.save(tmp_path / "s.safetensors")
    image = torch.zeros(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(
            load_segmenter(tmp_path / "s.safetensors")(image), model(image), atol=1e-2, rtol=1e-2
        )


def test_logits_of_a_coarser_label_set_sum_the_fine_parts(tmp_path):
    model = Segmenter(widths=(4, 8, 8, 8, 8)).eval()
    model.save(tmp_path / "s.safetensors")
    merged = load_segmenter(tmp_path / "s.safetensors", COARSE_LABELS)
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, parts = merged(image).softmax(1), load_segmenter(tmp_path / "s.safetensors")(image).softmax(1)
    ear = sum(parts[:, FINE_LABELS[name].id] for name in ("left ear", "left helix", "left lobule"))
    torch.testing.assert_close(whole[:, COARSE_LABELS["left ear"].id], ear)
    assert merged.label_map(image).shape == (1, 32, 32)


def test_parts_finer_than_the_segmenters_are_refused(tmp_path):
    Segmenter(COARSE_LABELS, widths=(4, 8, 8, 8, 8)).save(tmp_path / "s.safetensors")
    with pytest.raises(ValueError, match="none of which is 'cheek'"):
        load_segmenter(tmp_path / "s.safetensors", FINE_LABELS)
    with pytest.raises(ValueError, match="none of which is 'cheek'"):
        load_segmenter(tmp_path / "s.safetensors", PORTRAIT_LABELS)


def test_the_parts_loss_is_zero_if_all_is_right_and_large_if_all_is_wrong():
    label = torch.arange(4).repeat_interleave(100)
    right = 20.0 * torch.nn.functional.one_hot(label, 5).float()
    assert float(part_loss(right, label, torch.ones(5), torch.ones(400), 1.0)) < 0.001
    assert float(part_loss(right.roll(1, 1), label, torch.ones(5), torch.ones(400), 1.0)) > 20


def test_a_pixel_of_weight_three_counts_as_three_pixels():
    label = torch.tensor([0, 1, 1, 1, 2])
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    logits[1:4] = logits[1]
    few = torch.tensor([0, 1, 4])
    whole = part_loss(logits, label, torch.ones(3), torch.ones(5), 1.0)
    torch.testing.assert_close(
        part_loss(logits[few], label[few], torch.ones(3), torch.tensor([1.0, 3.0, 1.0]), 1.0), whole
    )


@pytest.mark.parametrize("keep", [0, 7, 200, 5000])
def test_a_truncated_segmenter_is_refused(tmp_path, keep):
    Segmenter(widths=(4, 8, 8, 8, 8)).save(tmp_path / "whole.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((tmp_path / "whole.safetensors").read_bytes()[:keep])
    with pytest.raises(SegmenterFileError, match=rf"cut\.safetensors \({keep} bytes\).*truncated.*train segmenter"):
        load_segmenter(cut)


def test_files_of_another_kind_are_refused_with_their_content(tiny_model, tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "claims.safetensors", {"config": '{"widths": [4, 8], "num_labels": 3}'})
    save_file({"x": torch.zeros(1)}, tmp_path / "odd.safetensors", {"config": '["widths"]'})
    tiny_model.save(tmp_path / "model.safetensors")
    for name, holds in {
        "foreign": r"1 tensors \(x\)",
        "claims": r"1 tensors \(x\)",
        "odd": r"1 tensors \(x\)",
        "model": r"tensors \(discriminator/",
    }.items():
        with pytest.raises(
            SegmenterFileError, match=rf"{name}\.safetensors is .* not of a segmenter.*{holds}.*give a file"
        ):
            load_segmenter(tmp_path / f"{name}.safetensors")
    with pytest.raises(FileNotFoundError, match=r"no segmenter at .*absent"):
        load_segmenter(tmp_path / "absent.safetensors")


@pytest.mark.slow
def test_training_lowers_the_loss(tmp_path):
    samples = load_samples()
    np.save(tmp_path / "images.npy", np.stack([s.image[::4, ::4] for s in samples]))
    np.save(tmp_path / "label_maps.npy", np.stack([s.label_map[::4, ::4] for s in samples]))
    losses = []
    config = TrainSegmenterConfig(total_images=240, batch=8, held_out=8)
    _, report = train_segmenter(tmp_path, config, lambda _, loss: losses.append(loss))
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])
    assert 0 < report["miou"] < 1


@pytest.mark.slow
def test_training_continues_from_given_weights(tmp_path):
    samples = load_samples()
    np.save(tmp_path / "images.npy", np.stack([s.image[::4, ::4] for s in samples]))
    np.save(tmp_path / "label_maps.npy", np.stack([s.label_map[::4, ::4] for s in samples]))
    first, _ = train_segmenter(tmp_path, TrainSegmenterConfig(total_images=160, batch=8, held_out=8))
    losses = []
    config = TrainSegmenterConfig(total_images=16, batch=8, held_out=8, learning_rate=1e-6)
    train_segmenter(tmp_path, config, lambda _, loss: losses.append(loss), start=first)
    fresh = []
    train_segmenter(tmp_path, config, lambda _, loss: fresh.append(loss))
    assert max(losses) < min(fresh)


@pytest.mark.slow
def test_the_shipped_segmenter_reads_held_out_portraits():
    samples = load_samples()[::2]
    pictures = images.from_uint8(np.stack([s.image for s in samples]))
    for labels, merge, least in ((FINE_LABELS, fine, 0.7), (COARSE_LABELS, coarse, 0.8)):
        truth = torch.from_numpy(merge(np.stack([s.label_map for s in samples])))
        assert held_out_miou(load_segmenter(labels=labels), pictures, truth) > least


def test_training_continues_from_weights_for_other_parts(tmp_path):
    samples = load_samples()[:24]
    np.save(tmp_path / "images.npy", np.stack([s.image[::4, ::4] for s in samples]))
    np.save(tmp_path / "label_maps.npy", np.stack([s.label_map[::4, ::4] for s in samples]))
    start = Segmenter(COARSE_LABELS)
    config = TrainSegmenterConfig(total_images=8, batch=8, held_out=8, learning_rate=1e-9)
    model, _ = train_segmenter(tmp_path, config, start=start)
    assert model.labels == FINE_LABELS
    torch.testing.assert_close(model.down[0][0].weight, start.down[0][0].weight)


def test_training_uses_every_part_of_a_render_on_request(tmp_path):
    samples = load_samples()[:24]
    np.save(tmp_path / "images.npy", np.stack([s.image[::4, ::4] for s in samples]))
    np.save(tmp_path / "label_maps.npy", np.stack([s.label_map[::4, ::4] for s in samples]))
    config = TrainSegmenterConfig(total_images=8, batch=8, held_out=8)
    model, report = train_segmenter(tmp_path, config, start=Segmenter(FINE_LABELS), labels=PORTRAIT_LABELS)
    assert model.labels == PORTRAIT_LABELS
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 49, 32, 32)
    assert 0 < report["miou"] < 1


def test_a_folder_without_portraits_is_refused_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(ValueError, match="editgan render"):
        train_segmenter(tmp_path / "none")


def test_a_widened_segmenter_gives_the_same_result_as_the_narrow_one():
    narrow, wide = Segmenter(widths=(4, 8, 8, 8, 8)).eval(), Segmenter(widths=(7, 8, 8, 8, 8)).eval()
    take_weights(wide, narrow)
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(wide(image), narrow(image))
    with pytest.raises(ValueError, match="only the first may differ"):
        take_weights(Segmenter(widths=(4, 8, 8, 8, 12)), narrow)
    with pytest.raises(ValueError, match="only be wider"):
        take_weights(narrow, wide)
