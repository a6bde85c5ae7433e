"""Style channels as edit vectors."""

import copy

import numpy as np
import pytest
import torch

from editgan_widgets.latent.directions import style_space
from editgan_widgets.latent.directions.style_space import channel_vector, part_channels, styles


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


def test_a_channel_moves_its_style_by_one_standard_deviation_and_a_purity_of_one_moves_nothing_else(tiny_model):
    w_plus = tiny_model.sample_w_plus(3)
    order = list(places(tiny_model))
    for place in order[::17]:
        vector = channel_vector(tiny_model, *place)
        change = (styles(tiny_model, vector.apply(w_plus)) - styles(tiny_model, w_plus))[0]
        own = float(change[order.index(place)])
        assert own == pytest.approx(vector.recipe["std"], rel=1e-3)
        assert own**2 / float(change.square().sum()) == pytest.approx(vector.recipe["purity"], abs=2e-3)
        assert vector.layers == (place[0],)


def test_a_channel_of_a_row_with_few_channels_moves_alone(tiny_model):
    generator = tiny_model.generator
    narrow = [row for row in range(8) if sum(map(len, generator.style_weights(row))) <= generator.w_dim]
    assert narrow
    for row in narrow:
        assert channel_vector(tiny_model, row, 0, 0).recipe["purity"] == pytest.approx(1, abs=1e-6)


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
            moved = torch.cat([w_plus, channel_vector(tiny_model, *place).apply(w_plus)])
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

    def painting(x, w):  # channel 3 of the last torgb colours the part; all other channels colour everything
        style = torgb.affine(w)
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
