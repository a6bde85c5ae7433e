"""Sessions with a vector of S: their latents have columns for styles from then on."""

import numpy as np
import pytest
import torch
from editors import run_script_here

from editgan_widgets import EditSession, Stroke
from editgan_widgets.analysis.linearity import interaction, nonlinearity
from editgan_widgets.documents.animation import animate_vector
from editgan_widgets.documents.saved_picture import open_picture, save_picture
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.latent.directions.style_space import channel_vector
from editgan_widgets.latent.directions.vector_stack import summed

DAB = Stroke([(16.0, 16.0)], 4.0, 1)


@pytest.fixture
def channel(tiny_model):
    """A channel of a row with more channels than w has numbers, strong enough to be seen."""
    vector = channel_vector(tiny_model, 1, 0, 3)
    assert vector.delta_styles is not None
    return vector.times(3)


def styles_of(session):
    return session.w_plus[..., session.model.generator.w_dim :]


def test_a_painted_edit_after_a_style_vector_keeps_the_styles(session, channel):
    session.apply_vector(channel)
    applied = styles_of(session)
    session.paint(DAB)
    list(session.edit(steps=3))
    assert torch.equal(styles_of(session), applied)
    assert bool(applied.any())
    before = session.w_plus
    session.set_strength(0.5)
    assert torch.equal(styles_of(session), applied)
    assert not torch.equal(session.w_plus, before)


def test_undo_redo_and_the_original_work_across_both_widths(session, channel):
    began = session.image
    session.apply_vector(channel)
    applied = session.image
    assert not np.array_equal(began, applied)
    session.undo()
    assert np.array_equal(session.image, began)
    session.redo()
    assert np.array_equal(session.image, applied)
    session.apply_vector(channel, -1)
    assert np.abs(session.image.astype(int) - began).max() <= 1


def test_the_vector_of_a_session_contains_the_styles(session, channel):
    session.apply_vector(channel, 0.5)
    session.paint(DAB)
    list(session.edit(steps=2))
    vector = session.edit_vector("both")
    other = EditSession.from_seed(session.model, seed=3)
    other.apply_vector(vector)
    assert np.abs(other.image.astype(int) - session.image).max() <= 1
    assert torch.allclose(vector.delta_styles, channel.delta_styles / 2, atol=1e-6)


def test_refining_a_style_vector_starts_from_its_styles(session, channel):
    steps = list(session.refine(channel, 2))
    assert len(steps) == 3
    assert torch.equal(styles_of(session)[0], channel.delta_styles)


def test_a_saved_picture_reopens_with_its_styles(session, channel, tmp_path):
    session.apply_vector(channel)
    save_picture(session, tmp_path / "styled.png")
    found = open_picture(session.model, tmp_path / "styled.png")
    assert torch.equal(found.w_plus, session.w_plus)
    assert torch.equal(found.origin, session.origin)
    assert np.array_equal(found.image, session.image)


def test_a_script_makes_the_same_pixels(session, channel, tmp_path, monkeypatch):
    session.apply_vector(channel, 0.5)
    session.apply_vector(summed([(channel, 0.25), (channel_vector(session.model, 7, 0, 1), 1.0)]))
    session.paint(DAB)
    list(session.edit(steps=2))
    session.go_to(session.w_plus + 0.01, [])
    out = run_script_here(session_script(session, {}), session.model, tmp_path, monkeypatch)
    assert "the same pixels" in out


def test_animations_and_measures_take_style_vectors(tiny_model, channel):
    frames = animate_vector(tiny_model, tiny_model.sample_w_plus(0), channel, (0.0, 1.0)).frames
    assert len({frame.tobytes() for frame in frames}) > 1
    assert nonlinearity(tiny_model, channel, range(2)).basis.n == 2
    assert interaction(tiny_model, channel, channel_vector(tiny_model, 7, 0, 1), range(2)).basis.n == 2
