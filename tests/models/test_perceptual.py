import pytest
import torch
import torch.nn.functional as F

from editgan_widgets.domains.portraits import load_samples
from editgan_widgets.models import perceptual
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.perceptual import PerceptualDistance, perceptual_distance
from editgan_widgets.models.vgg16 import STAGES


@pytest.fixture
def picture(tiny_model):
    return tiny_model.generator.synthesis(tiny_model.sample_w_plus(1)).image


def test_a_picture_has_distance_zero_from_itself(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    assert distance(picture, distance.reference(picture)) == 0


def test_distance_grows_with_the_difference(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    reference = distance.reference(picture)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    near, far = (float(distance(picture + share * noise, reference)) for share in (0.05, 0.3))
    assert 0 < near < far


def test_pixels_of_weight_zero_have_no_distance_and_no_gradient(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    keep = torch.ones(32, 32, dtype=torch.bool)
    keep[8:20, 8:20] = False
    reference = distance.reference(picture, keep)
    changed = torch.where(keep, picture, 1 - picture)
    assert distance(changed, reference) == 0
    moved = (picture + 0.1 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    (gradient,) = torch.autograd.grad(distance(moved, reference), [moved])
    assert gradient[..., ~keep].abs().max() == 0
    assert gradient[..., keep].abs().max() > 0


def test_blocks_missing_in_the_discriminator_are_refused(tiny_model):
    with pytest.raises(ValueError, match=r"blocks \(0, 9\) do not fit: this discriminator has blocks 0\.\.2"):
        PerceptualDistance(tiny_model.discriminator, (0, 9))


def vgg16_file(path):
    """Torchvision's layout with few channels: thirteen convolutions and a classifier."""
    rng = torch.Generator().manual_seed(0)
    state, inputs = {}, 3
    for stage, width in zip(STAGES, (4, 6, 8, 8, 8), strict=True):
        for number in stage:
            state[f"features.{number}.weight"] = torch.randn(width, inputs, 3, 3, generator=rng) / (inputs * 4) ** 0.5
            state[f"features.{number}.bias"] = torch.randn(width, generator=rng) * 0.1
            inputs = width
    state["classifier.0.weight"] = torch.zeros(2, 2)
    torch.save(state, path)
    return state


def heads_file(path):
    rng = torch.Generator().manual_seed(1)
    widths = (4, 6, 8, 8, 8)
    heads = {f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1, generator=rng) for i, c in enumerate(widths)}
    torch.save(heads, path)
    return heads


def naive_lpips(state, heads, a, b):
    """Torchvision's network, layer by layer, on pictures in [0, 1], then equation 1 of the paper."""
    total = 0
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x, y = (((p + 1) / 2 - mean[:, None, None]) / std[:, None, None] for p in (a, b))
    pooled, taps = (4, 9, 16, 23, 30), (3, 8, 15, 22, 29)
    for number in range(30):
        if f"features.{number}.weight" in state:
            kernel = state[f"features.{number}.weight"], state[f"features.{number}.bias"]
            x, y = (F.conv2d(p, *kernel, padding=1) for p in (x, y))
        elif number in pooled:
            x, y = (F.max_pool2d(p, 2) for p in (x, y))
        else:
            x, y = x.clamp_min(0), y.clamp_min(0)
        if number in taps:
            u, v = (p / (p.norm(dim=1, keepdim=True) + 1e-10) for p in (x, y))
            weight = heads[f"lin{taps.index(number)}.model.1.weight"] if heads else 1
            total = total + (weight * (u - v) ** 2).sum(dim=1).mean()
    return total


@pytest.mark.parametrize("headed", [True, False])
def test_lpips_from_torchvisions_file_equals_the_papers_definition(tmp_path, headed, monkeypatch):
    monkeypatch.setattr(perceptual, "lpips_heads_path", lambda: None)
    state = vgg16_file(tmp_path / "vgg16.pth")
    heads = heads_file(tmp_path / "vgg.pth") if headed else None
    distance = perceptual_distance(vgg16=tmp_path / "vgg16.pth", heads=tmp_path / "vgg.pth" if headed else None)
    a, b = torch.rand(2, 1, 3, 48, 32, generator=torch.Generator().manual_seed(2)) * 2 - 1
    expected = naive_lpips(state, heads, a, b)
    assert abs(float(distance(a, distance.reference(b)) - expected)) < 1e-4 * float(expected)
    assert distance(a, distance.reference(a)) == 0
    assert distance.name == ("LPIPS (VGG16)" if headed else "VGG16 features, without LPIPS's heads")


def test_lpips_has_a_finite_gradient_at_the_reference_itself(tmp_path):
    vgg16_file(tmp_path / "vgg16.pth")
    distance = perceptual_distance(vgg16=tmp_path / "vgg16.pth")
    image = torch.zeros(1, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(distance(image, distance.reference(image)), [image])
    assert gradient.isfinite().all()


def test_vgg16_is_read_from_the_environment_variable_and_else_the_discriminator_is_used(
    tmp_path, tiny_model, monkeypatch
):
    monkeypatch.delenv("EDITGAN_VGG16", raising=False)
    assert perceptual_distance(tiny_model.discriminator).name == "the model's discriminator"
    vgg16_file(tmp_path / "vgg16.pth")
    monkeypatch.setenv("EDITGAN_VGG16", str(tmp_path / "vgg16.pth"))
    assert "VGG16" in perceptual_distance(tiny_model.discriminator).name
    monkeypatch.setenv("EDITGAN_VGG16", str(tmp_path / "nowhere.pth"))
    with pytest.raises(CheckpointError, match=r"nowhere\.pth, which is set in EDITGAN_VGG16; give"):
        perceptual_distance(tiny_model.discriminator)
    monkeypatch.delenv("EDITGAN_VGG16")
    assert perceptual_distance().name == "stand-in: the discriminator of portraits-128"


@pytest.mark.parametrize("place", [{"TORCH_HOME": "torch"}, {"XDG_CACHE_HOME": "", "TORCH_HOME": None}])
def test_vgg16_is_found_where_torch_hub_keeps_it(tmp_path, tiny_model, monkeypatch, place):
    for name, folder in place.items():
        monkeypatch.delenv(name) if folder is None else monkeypatch.setenv(name, str(tmp_path / folder))
    (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    file = tmp_path / "torch" / "hub" / "checkpoints" / "vgg16-397923af.pth"
    vgg16_file(file)
    assert "VGG16" in perceptual_distance(tiny_model.discriminator).name
    assert perceptual_distance() is perceptual_distance(), "the file is read once"


def test_a_broken_file_of_torch_hub_is_skipped_with_a_log_message(tmp_path, tiny_model, monkeypatch, caplog):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    (tmp_path / "hub" / "checkpoints" / "vgg16-397923af.pth").write_bytes(b"truncated")
    assert perceptual_distance(tiny_model.discriminator).name == "the model's discriminator"
    assert "VGG16's weights are not used for perceptual distances" in caplog.text


@pytest.mark.parametrize("size", [32, 128, 256, 512, 1024])
def test_the_stand_in_accepts_pictures_of_every_model(size):
    distance = perceptual_distance()
    image = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    reference = distance.reference(image)
    assert distance(image, reference) == 0
    assert distance(image * 0.5, reference) > 0


def test_the_stand_in_rates_a_warp_further_than_a_colour_shift_of_the_same_error():
    """The criterion of its choice; docs/measure_perceptual.py measures it on more pictures."""
    picture = torch.from_numpy(load_samples()[0].image.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    distance = perceptual_distance()
    reference = distance.reference(picture)
    shifted = torch.roll(picture, 1, 3)
    error = (shifted - picture).square().mean().sqrt()
    assert distance(shifted, reference) > distance(picture + error, reference)


def test_files_of_other_networks_are_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(4, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"other\.pth with 1 tensors is not torchvision's VGG16"):
        perceptual_distance(vgg16=tmp_path / "other.pth")
    vgg16_file(tmp_path / "vgg16.pth")
    with pytest.raises(CheckpointError, match=r"other\.pth holds no heads for maps of \[4, 6, 8, 8, 8\] channels"):
        perceptual_distance(vgg16=tmp_path / "vgg16.pth", heads=tmp_path / "other.pth")
