"""Effects of vectors on the factors of portraits, and pairs with opposed effects."""

import time

import pytest

from editgan_widgets import load_model
from editgan_widgets.analysis.vector_effects import SEEDS, mean_effect, opposed_factor, vector_effects
from editgan_widgets.domains.portraits import load_factor_regressor
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import MODELS
from editgan_widgets.widgets import Editor

ships = pytest.mark.skipif(not MODELS["portraits"].is_file(), reason="the model does not ship here")


@pytest.fixture(scope="module")
def portraits():
    return load_model("portraits", "cpu")


def test_two_effects_are_opposed_in_a_factor_that_dominates_both():
    smile, frown = {"smile": 1.4, "brow_raise": 0.2}, {"smile": -0.9, "brow_raise": -1.1}
    assert opposed_factor(smile, frown) == "smile"
    assert opposed_factor(smile, {"smile": 0.9}) is None
    assert opposed_factor(smile, {"smile": -0.4}) is None  # too small to be visible
    assert opposed_factor(smile, {"smile": -0.7, "yaw": 2.0}) is None  # another factor dominates
    assert opposed_factor(smile, {}) is None
    assert mean_effect([{"smile": 1.0}, {"smile": 0.5}]) == {"smile": 0.75}
    assert mean_effect([]) == {}


@pytest.mark.shipped
@pytest.mark.slow
@ships
def test_opposed_effects_are_found_where_the_latents_are_not_opposed(portraits):
    library, regressor = load_vectors(portraits), load_factor_regressor()
    names = ("gaze left", "gaze right", "raise brows", "lower brows", "glasses")
    effect = {
        name: mean_effect(vector_effects(portraits, library[name].delta_w_plus, regressor, SEEDS[:6])) for name in names
    }
    pairs = {(a, b): opposed_factor(effect[a], effect[b]) for i, a in enumerate(names) for b in names[i + 1 :]}
    assert {pair: factor for pair, factor in pairs.items() if factor} == {
        ("gaze left", "gaze right"): "gaze_x",
        ("raise brows", "lower brows"): "brow_raise",
    }


@pytest.mark.shipped
@pytest.mark.slow
@ships
def test_the_editor_reports_clashing_gazes_once_it_has_measured_them_at_their_present_scales(portraits):
    editor = Editor(portraits, seed=4, auto=False, journal=False)
    try:
        editor.apply_vectors({"gaze left": 1.0, "gaze right": 1.0})
        assert editor.wait(60)
        soon = time.monotonic() + 60
        while not editor.view.vector_clashes and time.monotonic() < soon:
            time.sleep(0.05)
        assert editor.view.vector_clashes == [{"first": "gaze left", "second": "gaze right", "opposed": True}]
        editor.apply_vectors({"gaze right": -1.0})  # now both gazes go to the same side
        assert editor.wait(60)
        assert editor.view.vector_clashes == []
        editor.apply_vectors({"gaze right": 0.9})
        assert editor.wait(60)
        assert len(editor.view.vector_clashes) == 1  # immediately, because the effects are cached
    finally:
        editor.close()
