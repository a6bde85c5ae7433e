"""Files in the public releases' layouts give the results of a textbook implementation with their tensors."""

import argparse
import collections
import datetime
import decimal
import enum
import functools
import pathlib
import pickle
import random
import types
import uuid

import numpy as np
import official_files
import pytest
import torch
import torch.nn.functional as F
from reference_generator import make_random_generator, naive_mapping, naive_synthesis, rosinality_picture

from editgan_widgets.models import checkpoints
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official import arrays
from editgan_widgets.models.official.discriminator_files import read_discriminator
from editgan_widgets.models.official.encoder_files import encoder
from editgan_widgets.models.official.interpreter_files import member_number, member_weights, stack_members
from editgan_widgets.models.official.reference import reference_logits, reference_picture, reference_w
from editgan_widgets.models.official.sources import read_source
from editgan_widgets.models.official.tensor_files import read_tensors


@pytest.fixture
def generator():
    return make_random_generator().eval()


@pytest.fixture
def ada(generator, tmp_path, monkeypatch):
    """A StyleGAN2-ADA .pkl of the generator, with a discriminator and the dict's other entries."""

    def write(name="ada.pkl", protocol=3, change=lambda weights: weights, **facts):
        torch.manual_seed(1)
        judge = Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16))
        facts = {"c_dim": 0, "z_dim": 8, "mapping.fc0.bias_gain": np.float64(0.01), **facts}
        content = {
            "G": None,
            "D": official_files.persistent("Discriminator", judge.state_dict(), facts={"c_dim": 0}),
            "G_ema": official_files.persistent("Generator", change(generator.state_dict()), facts=facts),
            "training_set_kwargs": official_files.EasyDict(class_name="training.dataset.Folder", path="cars.zip"),
            "augment_pipe": None,
        }
        return official_files.write_stylegan2_ada(tmp_path / name, monkeypatch, content, protocol)

    return write


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_stylegan2_ada_pickle_gives_the_picture_of_its_weights(generator, ada, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = checkpoints.load_generator(ada(protocol=protocol))
    z = torch.randn(2, 8)
    w = naive_mapping(generator.state_dict(), z)
    expected, _ = naive_synthesis(generator, generator.w_plus(w))
    assert (loaded(z) - expected).abs().max() < 1e-4
    assert loaded.config.channels == (16, 16, 16, 8)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.slow
def test_the_mappings_multiplier_is_read_from_its_layers(ada):
    path = ada(**{"mapping.fc0.bias_gain": 1.0})
    assert checkpoints.load_generator(path).config.mapping_lr_multiplier == 1.0


@pytest.mark.slow
def test_the_discriminator_of_a_stylegan2_ada_pickle_is_converted(ada):
    path = ada()
    found = read_discriminator(path, read_tensors(path))
    torch.manual_seed(1)
    judge = Discriminator(DiscriminatorConfig(32, channel_base=256, channel_max=16)).eval()
    image = torch.randn(4, 3, 32, 32)
    assert found.network is not None
    assert torch.equal(found.network(image), judge(image))
    assert found.line == "discriminator 'D' (StyleGAN2-ADA) converted: 32 px, architecture resnet"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("facts", "change", "words"),
    [
        ({"c_dim": 10}, lambda w: w, r"conditional \(c_dim 10\)"),
        ({}, lambda w: {"synthesis.L0.weight": torch.ones(1)}, "StyleGAN3's are not supported yet"),
        ({}, lambda w: {**w, "mapping.embed.weight": torch.ones(1)}, "mapping.embed.weight"),
        (
            {},
            lambda w: {k: v for k, v in w.items() if "b16.torgb" not in k},
            r"are not a StyleGAN2 generator.*b16\.torgb",
        ),
        ({}, lambda w: {**w, "synthesis.b8.conv0.bias": torch.full((16,), float("nan"))}, "conv0.bias is not finite"),
    ],
)
def test_networks_other_than_plain_stylegan2_are_refused(ada, facts, change, words):
    with pytest.raises(CheckpointError, match=rf"ada\.pkl.*{words}"):
        checkpoints.load_generator(ada(change=change, **facts))


@torch.no_grad()
@pytest.mark.parametrize("zipped", [True, False])
def test_a_rosinality_file_of_either_container_gives_the_picture_of_its_weights(generator, tmp_path, zipped):
    file = checkpoints.to_rosinality(generator)
    file["g_ema"] = collections.OrderedDict((k, torch.nn.Parameter(v)) for k, v in file["g_ema"].items())
    torch.save(file, tmp_path / "g.pt", _use_new_zipfile_serialization=zipped)
    z = torch.randn(2, 8)
    loaded = checkpoints.load_generator(tmp_path / "g.pt")
    assert (loaded(z) - rosinality_picture(file, z)).abs().max() < 1e-4


@torch.no_grad()
def test_the_packages_textbook_generator_agrees_with_the_tests(generator):
    weights, z = generator.state_dict(), torch.randn(1, 8)
    w = naive_mapping(weights, z)
    assert (reference_w(weights, z, 0.01) - w).abs().max() < 1e-6
    w_plus = torch.randn(1, 8, 16)
    expected, features = naive_synthesis(generator, w_plus)
    picture, found = reference_picture(weights, w_plus)
    assert (picture - expected).abs().max() < 1e-4
    assert all((a - b).abs().max() < 1e-4 for a, b in zip(features, found, strict=True))


def naive_logits(files, features, size):
    """Upsample all features, concatenate, apply torch's layers, average over the ensemble."""
    levels = [F.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in features]
    pixels = torch.cat(levels, dim=1).permute(0, 2, 3, 1).flatten(0, 2)
    total = 0
    for file in files:
        state = {name.removeprefix("module."): value for name, value in file["model_state_dict"].items()}
        (h1, c), (h2, _), (k, _) = (state[f"layers.{i}.weight"].shape for i in (0, 3, 6))
        layers = [torch.nn.Linear(c, h1), torch.nn.ReLU(), torch.nn.BatchNorm1d(h1)]
        layers += [torch.nn.Linear(h1, h2), torch.nn.ReLU(), torch.nn.BatchNorm1d(h2), torch.nn.Linear(h2, k)]
        mlp = torch.nn.Sequential(*layers).eval()
        mlp.load_state_dict({name.removeprefix("layers."): value for name, value in state.items()})
        total = total + mlp(pixels)
    return (total / len(files)).T.reshape(1, -1, *size)


@torch.no_grad()
@pytest.mark.parametrize(
    ("names", "prefix"),
    [("model_{}.pth", "module."), ("car_model_{}.pth", ""), ("car_model_iter2000_number_{}.pth", "module.")],
)
def test_ten_classifiers_become_one_interpreter_with_their_mean_logits(generator, tmp_path, names, prefix):
    channels = generator.feature_channels
    files = [official_files.member(sum(channels), 6, (24, 12), seed, prefix) for seed in range(10)]
    for i, file in enumerate(files):
        torch.save(file, tmp_path / names.format(i))
    sources = [read_source(path) for path in tmp_path.iterdir()]
    assert {source.kind for source in sources} == {"interpreter"}
    sources.sort(key=lambda source: member_number(source.path))
    members = [(source.path, member_weights(source.path, source.content)) for source in sources]
    interpreter = stack_members(members, channels)
    features = generator.synthesis(torch.randn(1, 8, 16)).features
    expected = naive_logits(files, features, (32, 32))
    assert (interpreter(features) - expected).abs().max() < 1e-4
    assert torch.equal(interpreter.weight2[7], files[7]["model_state_dict"][f"{prefix}layers.3.weight"])
    at = torch.tensor([[0, 0], [31, 5], [16, 31]])
    points = reference_logits([w for _, w in members], features, (at + 0.5) / 32 * 2 - 1)
    assert (points - expected[0, :, at[:, 1], at[:, 0]].T).abs().max() < 1e-4


def test_incompatible_members_are_refused(generator, tmp_path):
    channels = generator.feature_channels
    files = [official_files.member(sum(channels), labels, (8, 4), 0) for labels in (5, 6)]
    members = [(tmp_path / f"model_{i}.pth", member_weights(tmp_path, file)) for i, file in enumerate(files)]
    with pytest.raises(CheckpointError, match=r"model_1\.pth: layers\.6\.weight has shape \(6, 4\).*\(5, 4\)"):
        stack_members(members, channels)
    with pytest.raises(CheckpointError, match=r"reads features of 112 channels, the generator gives 5"):
        stack_members(members[:1], [2, 3])


def naive_encoder(state, image, num_ws):
    """The encoder's layers in sequence, with torch's batch norm in training mode, one picture at a time."""

    def norm(name, x):
        return F.batch_norm(x, None, None, state[f"{name}.weight"], state[f"{name}.bias"], training=True)

    def conv(name, x, **how):
        return F.conv2d(x, state[f"{name}.weight"], state.get(f"{name}.bias"), **how)

    x = F.relu(norm("FPN_module.bn1", conv("FPN_module.conv1", image, stride=2, padding=3)))
    x = F.max_pool2d(x, 3, 2, 1)
    levels = {}
    for i in (1, 2, 3, 4):
        n = 0
        while f"FPN_module.layer{i}.{n}.conv1.weight" in state:
            name, stride = f"FPN_module.layer{i}.{n}", 2 if i > 1 and n == 0 else 1
            y = F.relu(norm(f"{name}.bn1", conv(f"{name}.conv1", x)))
            y = F.relu(norm(f"{name}.bn2", conv(f"{name}.conv2", y, stride=stride, padding=1)))
            y = norm(f"{name}.bn3", conv(f"{name}.conv3", y))
            if f"{name}.shortcut.0.weight" in state:
                x = norm(f"{name}.shortcut.1", conv(f"{name}.shortcut.0", x, stride=stride))
            x, n = F.relu(x + y), n + 1
        levels[i] = x
    p5 = conv("FPN_module.toplayer", levels[4])
    p4 = conv("FPN_module.latlayer1", levels[3]) + F.interpolate(p5, scale_factor=2, mode="bilinear")
    p3 = conv("FPN_module.latlayer2", levels[2]) + F.interpolate(p4, scale_factor=2, mode="bilinear")
    p2 = conv("FPN_module.latlayer3", levels[1]) + F.interpolate(p3, scale_factor=2, mode="bilinear")
    maps = [conv(f"FPN_module.smooth{i + 1}", p, padding=1) for i, p in enumerate((p4, p3, p2))]
    rows = []
    for group, count, level in zip(("course", "medium", "fine"), (3, 4, num_ws - 7), maps, strict=True):
        for n in range(count):
            y, i = level, 0
            while f"{group}_styles.{n}.convs.{i}.weight" in state:
                y, i = F.leaky_relu(conv(f"{group}_styles.{n}.convs.{i}", y, stride=2, padding=1), 0.01), i + 2
            head = f"{group}_styles.{n}.linear"
            rows.append(y.flatten(1) @ state[f"{head}.weight"].T + state[f"{head}.bias"])
    return torch.stack(rows, dim=1)


@torch.no_grad()
def test_an_encoder_file_gives_the_latent_of_its_layers(tmp_path):
    file = official_files.encoder_file(64, num_ws=10, w_dim=6, width=4, blocks=(2, 1, 2, 1), channels=8)
    torch.save(file, tmp_path / "encoder.pth")
    source = read_source(tmp_path / "encoder.pth")
    assert source.kind == "encoder"
    found = encoder(source.path, source.content)
    pictures = torch.randn(2, 3, 64, 64)
    w_plus = found(pictures)
    assert w_plus.shape == (2, 10, 6)
    for i in range(2):  # batch statistics of each picture alone
        expected = naive_encoder(file["model_state_dict"], pictures[i : i + 1], 10)
        assert (w_plus[i : i + 1] - expected).abs().max() < 1e-4
    with pytest.raises(ValueError, match="picture is 32 x 32 px, this encoder takes 64 x 64"):
        found(torch.zeros(1, 3, 32, 32))


def test_an_encoder_with_missing_tensors_is_refused(tmp_path):
    file = official_files.encoder_file(64, num_ws=10, w_dim=6, width=4, blocks=(1, 1, 1, 1), channels=8)
    del file["model_state_dict"]["FPN_module.smooth2.weight"]
    with pytest.raises(CheckpointError, match=r"e\.pth: .*not an EditGAN encoder.*smooth2"):
        encoder(tmp_path / "e.pth", file)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.full((1, 16, 512), 0.5, np.float32), "latents or edit vector"),
        (np.full((16, 512), 0.5, np.float32), "latents or edit vector"),
        (np.full((1, 512), 0.5, np.float32), "latents or edit vector"),
        (np.full(512, 0.5), "latents or edit vector"),
        (np.full((3, 16, 512), 0.5, np.float32), "latents"),
        (np.zeros((384, 512), np.uint8), "label map"),
        (np.ones((1, 8, 8, 1), np.int16), "label map"),
        (np.ones((8, 8), np.float64), "label map"),
    ],
)
def test_the_kind_of_an_array_is_inferred_from_shape_and_values(tmp_path, array, kind):
    np.save(tmp_path / "a.npy", array)
    assert read_source(tmp_path / "a.npy").kind == kind


def test_arrays_are_converted_to_the_shapes_of_this_package(tmp_path):
    values = np.random.default_rng(0).normal(size=(1, 16, 512)).astype(np.float32)
    delta, ids = arrays.edit_vector(tmp_path, values)
    assert delta.shape == (16, 512)
    assert ids == []
    np.testing.assert_array_equal(arrays.latents(tmp_path, values[0]).numpy(), values)
    cache = {"edit_vector": values[0], "roi_ids": [4, 5]}
    for protocol in range(6):
        (tmp_path / "cache.pickle").write_bytes(pickle.dumps(cache, protocol=protocol))
        source = read_source(tmp_path / "cache.pickle")
        assert source.kind == "edit vector"
        delta, ids = arrays.edit_vector(source.path, source.content)
        assert ids == [4, 5]
        np.testing.assert_array_equal(delta.numpy(), values[0])
    assert arrays.label_map(tmp_path, np.full((1, 4, 6), 31.0)).tolist() == [[31] * 6] * 4
    for wrong in (
        np.full((4, 6), 256),
        np.full((4, 6), -1),
        np.full((4, 6), 0.5),
        np.zeros((4, 6, 3)),
        np.zeros((0, 3)),
    ):
        with pytest.raises(CheckpointError, match="not a label map; a label map is"):
            arrays.label_map(tmp_path, wrong)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_and_arrays_of_any_protocol_are_read_unchanged(tmp_path, protocol):
    content = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big-endian": np.arange(3, dtype=">i2"),
        "values": [1, -(2**70), 2.5, "text", b"bytes", None, True, (1, (2, 3))],
        "tensor": torch.arange(6).reshape(2, 3).T,
        "half": torch.ones(2).half(),
        "brain": torch.ones(2).bfloat16(),
        "none of it": torch.empty(0),
    }
    (tmp_path / "p").write_bytes(pickle.dumps(content, protocol=protocol))
    found = read_tensors(tmp_path / "p")
    assert list(found) == list(content)
    assert found["values"] == content["values"]
    for name, value in content.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(found[name], value)
            assert found[name].dtype == value.dtype
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found[name], value)


def test_torch_reads_the_same_values_as_this_package(tmp_path):
    content = {"a": torch.randn(3, 4).T, "shares": torch.randn(5)[1:4], "n": collections.OrderedDict(x=torch.ones(()))}
    torch.save(content, tmp_path / "t.pt")
    theirs, ours = torch.load(tmp_path / "t.pt", weights_only=True), read_tensors(tmp_path / "t.pt")
    assert torch.equal(theirs["a"], ours["a"])
    assert torch.equal(theirs["shares"], ours["shares"])
    assert torch.equal(theirs["n"]["x"], ours["n"]["x"])


class Mode(enum.Enum):
    FAST = "fast"


class Settings:
    def __init__(self):
        self.size, self.inner = 16, argparse.Namespace(tensors=torch.arange(3))


def unknown_objects():
    """Objects that trainers store beside their weights."""
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(2)).sum().backward()
    optimizer.step()
    return {
        "args": argparse.Namespace(size=256, lr=0.002, path=pathlib.PurePosixPath("data")),
        "posix": pathlib.PosixPath("a/b"),
        "windows": pathlib.PureWindowsPath("c:/x"),
        "default": collections.defaultdict(list, {"loss": [torch.ones(2)]}),
        "counter": collections.Counter("aab"),
        "queue": collections.deque([1, 2], maxlen=3),
        "space": types.SimpleNamespace(a=1),
        "range": range(3),
        "slice": slice(1, 2),
        "complex": 1 + 2j,
        "time": datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        "spans": [datetime.timedelta(1), datetime.date(2020, 1, 2)],
        "decimal": decimal.Decimal("1.5"),
        "id": uuid.UUID(int=3),
        "partial": functools.partial(F.leaky_relu, negative_slope=0.2),
        "function": F.leaky_relu,
        "built in": len,
        "enum": Mode.FAST,
        "settings": Settings(),
        "module": layer,
        "scalars": [np.float32(1.5), np.int64(2), np.bool_(True), np.complex64(1j)],
        "numpy state": np.random.RandomState(0).get_state(),
        "numpy generator": np.random.default_rng(0),
        "python state": random.getstate(),
        "texts": np.array(["a", "bc"]),
        "objects": np.array([{}, None], dtype=object),
        "times": np.array(["2020-01-02"], dtype="datetime64[D]"),
        "structured": np.zeros(2, [("a", "f4")]),
        "torch state": torch.get_rng_state(),
        "generator": torch.Generator().get_state(),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "size": torch.Size([1, 2]),
        "optimizer": optimizer.state_dict(),
        "keys": {(1, 2): "x", frozenset({1}): "y", Mode.FAST: "z", range(2): 1},
        "sets": [{1, 2}, frozenset({3})],
        "error": ValueError("x"),
        "last": torch.arange(4),
    }


@pytest.mark.slow
@pytest.mark.parametrize("container", ["zip", "legacy", *range(6)])
def test_objects_beside_tensors_are_skipped_and_the_tensors_read(tmp_path, container):
    for name, thing in unknown_objects().items():
        tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2)}
        content = {"a": tensors["a"], "thing": thing, "deep": [{"thing": thing, "b": tensors["b"]}]}
        path = tmp_path / name
        if isinstance(container, int):
            path.write_bytes(pickle.dumps(content, protocol=container))
        else:
            torch.save(content, path, _use_new_zipfile_serialization=container == "zip")
        found = read_tensors(path)
        assert torch.equal(found["a"], tensors["a"])
        assert torch.equal(found["deep"][0]["b"], tensors["b"])
        assert list(found) == ["a", "thing", "deep"]
        if name in ("args", "space"):
            assert found["thing"].name == f"{type(thing).__module__}.{type(thing).__name__}"
            assert found["thing"].state.get("size", 256) == 256
        if name in ("last", "torch state", "generator"):
            assert torch.equal(found["thing"], thing)
        if name == "default":
            assert torch.equal(found["thing"]["loss"][0], torch.ones(2))


def test_the_data_of_skipped_objects_can_be_inspected(tmp_path):
    torch.save({"settings": Settings()}, tmp_path / "p")
    found = read_tensors(tmp_path / "p")["settings"]
    assert repr(found) == f"<{__name__}.Settings, not built>"
    assert found.state["size"] == 16
    assert torch.equal(found.state["inner"].state["tensors"], torch.arange(3))
