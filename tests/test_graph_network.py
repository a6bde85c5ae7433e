"""Networks that are stored as a list of operations."""

import pytest
import torch
import torch.nn.functional as F

from editgan_widgets.graph_network import KINDS, GraphNetwork, Operation, load_networks, save_networks


def rng():
    return torch.Generator().manual_seed(0)


def small_network():
    weight, bias = torch.randn(4, 3, 3, 3, generator=rng()), torch.randn(4, generator=rng())
    settings = {"stride": 2, "same": True, "groups": 1, "relu": True}
    operations = [
        Operation("convolution", ("input", "weight", "bias"), "map", settings),
        Operation("max pool", ("map",), "small", {"size": 2, "stride": 2, "same": False}),
        Operation("flatten", ("small",), "numbers", {"shape": [-1, 4]}),
    ]
    return GraphNetwork(operations, {"weight": weight, "bias": bias}, ("numbers", "map"))


def test_operations_run_in_order_and_outputs_are_named():
    network, x = small_network(), torch.randn(2, 3, 8, 8, generator=rng())
    found = network(x)
    weight, bias = network.get_buffer("constant0"), network.get_buffer("constant1")
    expected = F.relu(F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, bias, 2))  # less padding before than after
    assert torch.allclose(found["map"], expected, atol=1e-6)
    pooled = F.max_pool2d(expected, 2, 2).permute(0, 2, 3, 1).reshape(2, 4, 4)
    assert torch.allclose(found["numbers"], pooled, atol=1e-6)


def test_a_network_is_saved_and_loaded(tmp_path):
    network, x = small_network(), torch.randn(1, 3, 8, 8, generator=rng())
    save_networks({"one": network}, tmp_path / "networks.safetensors", {"licence": "Apache-2.0"})
    again = load_networks(tmp_path / "networks.safetensors")["one"]
    assert torch.allclose(again(x)["map"], network(x)["map"], atol=1e-2)  # constants are float16


def test_other_files_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="holds no graph networks"):
        load_networks(tmp_path / "other.safetensors")


def test_unknown_operations_and_missing_tensors_are_refused_by_name():
    with pytest.raises(ValueError, match="operation 'spin' does not exist"):
        GraphNetwork([Operation("spin", ("input",), "x", {})], {}, ("x",))
    with pytest.raises(ValueError, match="reads y"):
        GraphNetwork([Operation("relu", ("y",), "x", {})], {}, ("x",))
    with pytest.raises(ValueError, match="outputs z are not there"):
        GraphNetwork([Operation("relu", ("input",), "x", {})], {}, ("z",))


def test_channels_become_pixels_with_the_block_position_slower_than_the_channel():
    x = torch.arange(8.0).reshape(1, 8, 1, 1)
    found = KINDS["channels to pixels"](x, 2)
    assert found[0, :, 0, 0].tolist() == [0, 1]
    assert found[0, :, 0, 1].tolist() == [2, 3]
    assert found[0, :, 1, 0].tolist() == [4, 5]


def test_maps_are_enlarged_with_whole_pixels_in_the_same_place():
    x = torch.tensor([[[[0.0, 2.0], [4.0, 6.0]]]])
    found = KINDS["enlarge"](x, 4, 4, False)
    assert found[0, 0, 0].tolist() == [0, 1, 2, 2]
    assert found[0, 0, ::2, 0].tolist() == [0, 4]
    assert torch.allclose(KINDS["enlarge"](x, 4, 4, True), F.interpolate(x, (4, 4), mode="bilinear"))


@pytest.mark.parametrize("degrees", [0.0, 30.0, -100.0])
def test_a_crop_around_points_is_upright_and_its_points_return_to_their_place(degrees):
    angle = torch.deg2rad(torch.tensor(degrees))
    turn = torch.tensor([[torch.cos(angle), -torch.sin(angle)], [torch.sin(angle), torch.cos(angle)]])
    flat = torch.tensor([[-4.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, -2.0]]) @ turn.T + 20
    points = torch.cat([flat, torch.zeros(4, 1)], 1)[None]
    matrix = KINDS["crop matrix"](points, [0, 1, 2, 3], 0, 1, 0.0, [8, 8], [1.0, 1.0])
    corners = torch.tensor([[[0.0, 4.0], [8.0, 4.0], [4.0, 8.0], [4.0, 0.0]]])
    placed = KINDS["place"](corners, matrix, 1.0)
    assert torch.allclose(placed[0], flat, atol=1e-4)
