import copy

import pytest
import torch
from textbook_interpreter import textbook_logits

from editgan_widgets.models.interpreter import Interpreter, InterpreterConfig
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter

CHANNELS, SIZES = (6, 6, 5, 5, 3, 2), (4, 4, 8, 8, 16, 16)


def features(batch=2, dtype=torch.float64):
    rng = torch.Generator().manual_seed(1)
    return [torch.randn(batch, c, s, s, generator=rng, dtype=dtype) for c, s in zip(CHANNELS, SIZES, strict=True)]


@pytest.fixture
def interpreter():
    model = Interpreter(InterpreterConfig(CHANNELS, num_labels=4, ensemble=3, hidden=(8, 5))).double()
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in model.state_dict().values():  # norms and biases away from their initial values
            tensor.copy_(torch.rand(tensor.shape, generator=rng, dtype=torch.float64) + 0.2)
        for name in ("weight1", "weight2", "weight3", "feature_mean"):
            tensor = model.state_dict()[name]
            tensor.copy_(torch.randn(tensor.shape, generator=rng, dtype=torch.float64))
    return model.eval()


def test_the_projected_and_folded_form_equals_the_naive_one(interpreter):
    pyramid = features()
    torch.testing.assert_close(interpreter(pyramid), textbook_logits(interpreter, pyramid), rtol=0, atol=1e-10)


def test_a_region_gets_the_same_logits_as_the_whole_picture(interpreter):
    pyramid = features()
    region = torch.rand(16, 16, generator=torch.Generator().manual_seed(2)) < 0.3
    at = interpreter.at(pyramid, region)
    torch.testing.assert_close(at, interpreter(pyramid)[:, :, region], rtol=0, atol=1e-10)


def test_training_form_in_eval_mode_agrees_with_the_folded_one(interpreter):
    pyramid = features()
    up = [torch.nn.functional.interpolate(x, size=(16, 16), mode="bilinear", align_corners=False) for x in pyramid]
    pixels = torch.cat(up, 1).permute(0, 2, 3, 1).flatten(0, 2)
    mean = interpreter.members(pixels).mean(0).unflatten(0, (2, 16, 16)).permute(0, 3, 1, 2)
    torch.testing.assert_close(mean, interpreter(pyramid), rtol=0, atol=1e-10)


def test_changed_weights_are_folded_again(interpreter):
    pyramid = features()
    before = interpreter(pyramid)
    with torch.no_grad():
        interpreter.norm1.running_mean.add_(1)
        interpreter.weight1.mul_(1.5)
    assert not torch.allclose(before, interpreter(pyramid))
    torch.testing.assert_close(interpreter(pyramid), textbook_logits(interpreter, pyramid), rtol=0, atol=1e-10)


def test_logits_have_the_requested_size(interpreter):
    assert interpreter(features(), size=(24, 40)).shape == (2, 4, 24, 40)


def test_products_in_bfloat16_change_only_labels_that_are_nearly_tied():
    model = Interpreter(InterpreterConfig(CHANNELS, num_labels=4, ensemble=3, hidden=(8, 5)))
    model.reset_parameters(torch.Generator().manual_seed(0))
    pyramid, size = features(1, torch.float32), (256, 256)
    with torch.no_grad():
        exact, half = model.eval()(pyramid, size), model(pyramid, size, torch.bfloat16)
    assert half.dtype == torch.float32
    assert 0 < (exact - half).abs().mean() < 0.02 * exact.std()
    differ = exact.argmax(1) != half.argmax(1)
    assert differ.float().mean() < 0.01
    first, second = exact.topk(2, dim=1).values.unbind(1)
    assert (first - second)[differ].max() < 0.1 * exact.std()


def test_features_of_another_generator_are_refused(interpreter):
    with pytest.raises(ValueError, match=r"channels, got \[6, 6, 5, 5\]; was it trained on another generator"):
        interpreter(features()[:4])


def test_config_survives_json_form():
    config = InterpreterConfig(CHANNELS, num_labels=4, ensemble=3, hidden=(8, 5))
    assert InterpreterConfig.from_dict(config.to_dict()) == config


@pytest.fixture(scope="module")
def labelled(tiny_model):
    from tiny_model import threshold_labels

    w_plus = torch.cat([tiny_model.sample_w_plus(seed, 1.0) for seed in range(100, 106)])
    image = tiny_model.generator.synthesis(w_plus).image
    return w_plus, threshold_labels(image)


SHORT = InterpreterTrainingConfig(ensemble=2, hidden=(8, 8), steps=40, pixels=256, lr=1e-2)


def test_training_learns_the_labels_of_its_samples(tiny_model, labelled):
    w_plus, label_maps = labelled
    interpreter = train_interpreter(tiny_model.generator, w_plus, label_maps, 4, SHORT)
    predicted = interpreter(tiny_model.generator.synthesis(w_plus).features).argmax(1)
    right = (predicted == label_maps).float().mean()
    commonest = label_maps.flatten().bincount().max() / label_maps.numel()
    assert right > commonest + 0.2
    assert not interpreter.training
    assert not any(p.requires_grad for p in interpreter.parameters())


def test_a_trainable_generator_is_read_and_not_changed(tiny_model, labelled):
    w_plus, label_maps = labelled
    generator = copy.deepcopy(tiny_model.generator).requires_grad_(True)
    train_interpreter(generator, w_plus, label_maps, 4, InterpreterTrainingConfig(steps=3, pixels=64))
    assert all(p.grad is None for p in generator.parameters())


@pytest.mark.slow
def test_training_is_reproducible_with_the_same_random_generator(tiny_model, labelled):
    w_plus, label_maps = labelled
    runs = [
        train_interpreter(tiny_model.generator, w_plus, label_maps, 4, SHORT, torch.Generator().manual_seed(5))
        for _ in range(2)
    ]
    for a, b in zip(runs[0].state_dict().values(), runs[1].state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.slow
def test_training_reports_its_progress(tiny_model, labelled):
    w_plus, label_maps = labelled
    seen = []
    train_interpreter(tiny_model.generator, w_plus, label_maps, 4, SHORT, on_progress=seen.append)
    assert seen[-1].step == seen[-1].total == 40
    assert seen[-1].loss < seen[0].loss
    assert 0 <= seen[-1].accuracy <= 1


def test_label_maps_of_wrong_shape_or_ids_are_refused(tiny_model, labelled):
    w_plus, label_maps = labelled
    with pytest.raises(ValueError, match=r"\(6, 16, 16\); 6 latents of this generator need \(6, 32, 32\)"):
        train_interpreter(tiny_model.generator, w_plus, label_maps[:, :16, :16], 4, SHORT)
    with pytest.raises(ValueError, match=r"contain id 3, but ids are 0\.\.2"):
        train_interpreter(tiny_model.generator, w_plus, label_maps, 3, SHORT)
