"""Style channels as edit vectors."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from editgan_widgets.latent.directions import style_space
from editgan_widgets.latent.directions.conditioning import orthogonalise
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.directions.style_space import channel_vector, part_channels, styles
from editgan_widgets.latent.directions.vector_stack import combine
from editgan_widgets.latent.latent_shapes import alike, fitted


def places(model):
    for row in range(model.generator.num_rows):
        for layer, weight in enumerate(model.generator.style_weights(row)):
            for channel in range(len(weight)):
                yield row, layer, channel


def test_styles_are_those_that_the_layers_compute(tiny_model):
    w_plus = tiny_model.sample_w_plus(3)
    found = styles(tiny_model, w_plus)
    assert found.shape == (1, len(list(places(tiny_model))))
    first = tiny_model.generator.synthesis.get_submodule("b4").conv1.affine
    assert torch.equal(found[:, : first.weight.shape[0]], first(w_plus[:, 0]))


def test_a_channel_moves_its_style_by_one_standard_deviation_and_no_other_style(tiny_model):
    w_plus = tiny_model.sample_w_plus(3)
    order = list(places(tiny_model))
    for place in order[::17]:
        vector = channel_vector(tiny_model, *place)
        change = (styles(tiny_model, vector.apply(w_plus)) - styles(tiny_model, w_plus))[0]
        own = float(change[order.index(place)])
        assert own == pytest.approx(vector.recipe["std"], rel=1e-3)
        assert vector.recipe["purity"] == pytest.approx(1, abs=1e-6)
        assert own**2 / float(change.square().sum()) == pytest.approx(1, abs=1e-5)
        assert vector.layers == (place[0],)


def test_the_picture_is_that_of_a_generator_whose_channel_has_another_bias(tiny_model):
    w_plus = tiny_model.sample_w_plus(3)
    for place in [(0, 0, 1), (1, 0, 2), (1, 1, 3), (2, 0, 0), (5, 1, 1), (7, 0, 2)]:
        vector = channel_vector(tiny_model, *place)
        other = copy.deepcopy(tiny_model.generator)
        row, layer, channel = place
        affine = other.style_layers(row)[layer]
        with torch.no_grad():
            affine.bias[channel] += 0.7 * vector.recipe["std"] / affine.bias_gain
            expected = other.synthesis(w_plus).image
            found = tiny_model.generator.synthesis(vector.apply(w_plus, 0.7)).image
        assert torch.allclose(found, expected, atol=2e-5)
        assert not torch.allclose(found, tiny_model.generator.synthesis(w_plus).image, atol=1e-4)


def test_rows_with_few_channels_need_no_columns_for_styles(tiny_model):
    generator = tiny_model.generator
    few = {row for row in range(8) if sum(map(len, generator.style_weights(row))) <= generator.w_dim}
    assert few
    assert few != set(range(8))
    for row in range(8):
        vector = channel_vector(tiny_model, row, 0, 0)
        assert (vector.delta_styles is None) == (row in few)
        assert (vector.recipe["purity of w_plus"] > 1 - 1e-6) == (row in few)


@pytest.fixture
def channel(tiny_model):
    """A channel of a row with more channels than w has numbers."""
    vector = channel_vector(tiny_model, 1, 1, 3)
    assert vector.delta_styles is not None
    return vector


def smile(model):
    delta = torch.zeros(8, model.generator.w_dim)
    delta[1:4] = torch.randn(3, model.generator.w_dim, generator=torch.Generator().manual_seed(1))
    return EditVector("smile", delta, (), {"fingerprint": model.fingerprint})


def test_a_channel_and_a_vector_of_w_plus_are_added_in_either_order_or_as_one(tiny_model, channel):
    w_plus, other = tiny_model.sample_w_plus(3), smile(tiny_model)
    first = other.apply(channel.apply(w_plus, 0.5), 2, tiny_model)
    second = channel.apply(other.apply(w_plus, 2), 0.5, tiny_model)
    both = combine([(channel, 0.5), (other, 2.0)], warn=None).apply(w_plus, 1, tiny_model)
    assert torch.allclose(first, second, atol=1e-6)
    assert torch.allclose(first, both, atol=1e-6)
    back = channel.apply(other.apply(both, -2, tiny_model), -0.5)
    assert torch.allclose(back, alike(w_plus, back)[0], atol=1e-5)


def test_a_channel_is_saved_and_loaded_with_its_styles(tiny_model, channel, tmp_path):
    channel.save(tmp_path / "channel.safetensors")
    found = EditVector.load(tmp_path / "channel.safetensors")
    assert found.same_change(channel)
    assert found.recipe == channel.recipe
    assert not found.same_change(replace(found, delta_styles=None))


def test_rows_that_are_left_out_keep_their_styles(tiny_model, channel):
    assert channel.masked((2, 8)).delta_styles is None
    assert channel.masked((0, 2)).same_change(channel)
    assert torch.equal(channel.times(-2).delta, channel.delta * -2)


def test_a_channel_made_orthogonal_is_the_channel_minus_multiples_of_the_conditions(tiny_model, channel):
    other = smile(tiny_model)
    left = orthogonalise(channel, other)
    assert abs(float((left.delta_w_plus * other.delta_w_plus).sum())) < 1e-4
    assert torch.equal(left.delta_styles, channel.delta_styles)
    taken = orthogonalise(other, channel)
    share = float((other.delta_w_plus * channel.delta_w_plus).sum() / channel.delta_w_plus.square().sum())
    assert torch.allclose(taken.delta_styles, -share * channel.delta_styles, atol=1e-5)


def test_latents_with_columns_for_styles_are_latents_of_the_model(tiny_model, channel):
    wide = channel.apply(tiny_model.sample_w_plus(3))
    assert torch.equal(fitted(wide[0], tiny_model, "w_plus"), wide)
    with pytest.raises(ValueError, match="this generator takes 16"):
        tiny_model.generator.synthesis(wide[..., :-1])


def test_a_channel_is_refused_by_generators_that_take_no_styles(tiny_model, channel):
    class Plain(type(tiny_model.generator)):
        style_width = 7

    other = copy.copy(tiny_model)
    other.generator = copy.copy(tiny_model.generator)
    other.generator.__class__ = Plain
    with pytest.raises(EditVectorError, match="changes 32 styles of each row, this model's generator takes 7"):
        channel.apply(tiny_model.sample_w_plus(0), model=other, force=True)
    with pytest.raises(EditVectorError, match=r"must be of shape \[8, style_width\]"):
        replace(channel, delta_styles=torch.ones(3, 4))


def test_numpy_integers_are_places_and_seeds(tiny_model):
    found = channel_vector(tiny_model, *np.array([7, 0, 1]), seed=np.int64(2))
    assert torch.equal(found.delta_w_plus, channel_vector(tiny_model, 7, 0, 1, seed=2).delta_w_plus)
    assert {type(found.recipe[key]) for key in ("row", "layer", "channel")} == {int}
    assert part_channels(tiny_model, [1], np.arange(8), np.int64(1), least_effect=1e9, seed=np.int64(0)) == []


def test_places_that_do_not_exist_are_refused(tiny_model):
    with pytest.raises(IndexError, match="row 8 of w_plus does not exist"):
        channel_vector(tiny_model, 8, 0, 0)
    with pytest.raises(IndexError, match="got layer 5"):
        channel_vector(tiny_model, 0, 5, 0)
    with pytest.raises(IndexError, match="got channel 9999"):
        channel_vector(tiny_model, 0, 0, 9999)


@pytest.mark.slow
def test_channels_of_a_part_are_ordered_by_the_share_of_their_effect_in_it(tiny_model):
    part = next(i for i in range(1, len(tiny_model.labels)) if _shows(tiny_model, 0, i))
    found = part_channels(tiny_model, [part], seeds=[0], count=4, least_effect=0.0, seed=1)
    overlaps = [channel.overlap for channel in found]
    assert overlaps == sorted(overlaps, reverse=True)
    region, w_plus = _region(tiny_model, 0, part), tiny_model.sample_w_plus(0, 0.7)
    by_hand = []
    for place in places(tiny_model):
        with torch.no_grad():
            moved = torch.cat(alike(w_plus, channel_vector(tiny_model, *place).apply(w_plus)))
            before, after = tiny_model.generator.synthesis(moved).image
        change = (after - before).square().sum(0)
        by_hand.append(float(change[region].sum() / change.sum()))
    assert overlaps[0] >= np.quantile(by_hand, 0.9)
    assert overlaps[0] == pytest.approx(by_hand[list(places(tiny_model)).index(_place(found[0]))], rel=1e-4)


@pytest.mark.slow
def test_a_hand_made_channel_that_colours_one_part_alone_is_found(tiny_model):
    model = copy.deepcopy(tiny_model)
    part = next(i for i in range(1, len(model.labels)) if _shows(model, 0, i))
    region = _region(model, 0, part)
    torgb = model.generator.synthesis.get_submodule("b32").torgb

    def painting(
        x, w, offset=None
    ):  # channel 3 of the last torgb colours the part; all other channels colour everything
        style = torgb.affine(w) if offset is None else torgb.affine(w) + offset
        everywhere = (style.sum(1) - style[:, 3])[:, None, None, None].expand(-1, 3, 32, 32) * 0.01
        return everywhere + (style[:, 3, None, None] * region)[:, None]

    torgb.forward = painting
    last = len(model.generator.style_weights(7)) - 1
    found = part_channels(model, [part], seeds=[0], count=1, least_effect=0.0)[0]
    assert _place(found) == (7, last, 3)
    assert found.overlap > 0.9


def test_parts_that_no_portrait_shows_are_refused_by_name(tiny_model, monkeypatch):
    nothing = torch.zeros(32, 32, dtype=torch.uint8)
    monkeypatch.setattr(style_space, "predicted_label_map", lambda *_: nothing)
    with pytest.raises(ValueError, match=f"shows {tiny_model.labels[1].name}"):
        part_channels(tiny_model, [1], seeds=[0])


def _place(channel):
    return channel.row, channel.layer, channel.channel


def _region(model, seed, part):
    from editgan_widgets.latent.label_maps import predicted_label_map

    with torch.no_grad():
        return predicted_label_map(model, model.generator.synthesis(model.sample_w_plus(seed, 0.7)).features) == part


def _shows(model, seed, part):
    return bool(_region(model, seed, part).any())
