"""A session as a script: run in a new Python process, it produces the same pixels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from editors import run_script, run_script_here
from PIL import Image

from editgan_widgets import DragPoint, EditConfig, EditSession, EditVector, Stroke
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session_script import ScriptError, session_script
from editgan_widgets.latent.directions.vector_stack import summed
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.objective import LossWeights

DAB, ELSEWHERE = Stroke([(16.0, 16.0)], 4.0, 1), Stroke([(4.0, 28.0), (9.5, 27.25)], 3.0, 2, "square")


def vector(session, name, number, labels=("glow",)):
    delta = torch.zeros_like(session.origin[0])
    delta[number] = 0.05
    return EditVector(name, delta, labels, {"fingerprint": session.model.fingerprint})


@pytest.mark.slow
def test_a_script_with_every_kind_of_action_reproduces_the_pixels(session, tmp_path):
    one, two = vector(session, "one", 1), vector(session, "two's", 3, ())
    session.paint(DAB)
    list(session.edit(steps=3))
    list(session.edit(steps=2))  # continues towards the same parts
    session.undo()
    session.paint(ELSEWHERE)
    run = session.edit(config=EditConfig(steps=9, lr=0.1, layers=(0, 6), weights=LossWeights(rgb=20.0)))
    next(run)
    session.set_label_map(np.roll(session.label_map, 1, 0), tool="move")
    next(run)
    run.close()
    session.set_strength(0.7)
    session.apply_vector(one, 0.5, layers=(0, 4))
    session.apply_vector(summed([(one, 0.25), (two, -1.0, (2, 5))]))
    list(session.refine(one, 2, 2.0))
    session.adopt_prediction()
    session.go_to(session.w_plus + 0.01, ["glow"])
    out = run_script(session_script(session, {"one": one, "two's": two}), session.model, tmp_path)
    assert out == "picture.png: the same pixels\n"
    assert np.array_equal(np.asarray(Image.open(tmp_path / "picture.png")), session.image)


def test_a_script_lists_the_actions_as_calls(session):
    session.paint(DAB)
    list(session.edit(steps=3))
    session.apply_vector(summed([(vector(session, "one", 1), 0.25)]))
    text = session_script(session, {"one": vector(session, "one", 1)})
    assert "EditSession.from_seed(model, seed=" in text or "from_latent" in text
    assert "session.paint(Stroke([(16.0, 16.0)], radius=4.0, label=1, shape='round'))" in text
    assert "summed([(vectors['one'], 0.25, None)])" in text
    session.undo()
    session.undo()
    session.undo()
    assert "Stroke([" not in session_script(session)


def test_an_edit_with_a_network_has_no_script(session):
    session.paint(DAB)
    network = torch.nn.Flatten()
    list(session.edit(config=replace(EditConfig(steps=1), embedding=lambda x: network(x).sum(1, keepdim=True))))
    with pytest.raises(ScriptError, match="embedding network"):
        session_script(session)


@pytest.mark.slow
def test_nothing_in_a_history_is_executed_as_code(session, tmp_path, tiny_model):
    hostile = '"); import os; os.abort() #'
    session.apply_vector(replace(vector(session, "x", 1), name=hostile, labels=(hostile,)))
    assert run_script(session_script(session), tiny_model, tmp_path) == "picture.png: the same pixels\n"
    assert isinstance(session, EditSession)


@pytest.mark.slow
@pytest.mark.parametrize("begin", ["edit", "drag"])
def test_strokes_painted_during_a_run_are_part_of_the_next_one_in_the_script_too(session, begin, tmp_path, monkeypatch):
    session.paint(DAB)
    point = [DragPoint((12.0, 14.0), (17.0, 14.0))]
    run = session.edit(steps=4) if begin == "edit" else session.drag(point, steps=4)
    next(run)
    session.paint(ELSEWHERE)
    list(run)
    if session.can_edit:
        list(session.edit(steps=3))
    out = run_script_here(session_script(session), session.model, tmp_path, monkeypatch)
    assert out == "picture.png: the same pixels\n"


def test_strokes_painted_during_a_refinement_come_after_it_in_the_script(session, tmp_path, monkeypatch):
    delta = 0.5 * torch.randn(session.w_plus[0].shape, generator=torch.Generator().manual_seed(3))
    run = session.refine(EditVector("push", delta, ("glow",), {"fingerprint": session.model.fingerprint}), 3)
    next(run)
    next(run)
    session.paint(DAB)
    session.paint(ELSEWHERE)
    list(run)
    list(session.edit(steps=2))
    text = session_script(session)
    assert text.index("session.refine(vectors['push']") < text.index("session.paint(")
    assert run_script_here(text, session.model, tmp_path, monkeypatch) == "picture.png: the same pixels\n"


@pytest.mark.slow
def test_a_strength_after_strokes_painted_during_a_drag_gives_the_same_parts_in_the_script(session, monkeypatch):
    run = session.drag([DragPoint((12.0, 14.0), (17.0, 14.0))], steps=4)
    next(run)
    session.paint(Stroke([(16.0, 16.0)], 8.0, 2))
    list(run)
    assert session.kept_step is not None
    session.set_strength(0)
    body = session_script(session)
    again = {}
    monkeypatch.setattr("editgan_widgets.load_model", lambda _: session.model)
    monkeypatch.setattr(
        "editgan_widgets.documents.saved_picture.save_picture", lambda made, _: again.setdefault("session", made)
    )
    exec(compile(body, "picture.py", "exec"), {})
    assert np.array_equal(again["session"].label_map, session.label_map)
    assert np.array_equal(again["session"].settled_label_map, session.settled_label_map)
    assert torch.equal(again["session"].w_plus, session.w_plus)


def test_the_script_of_a_photo_writes_the_photo_with_the_edits(tiny_model, tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    opened = PhotoSession.open(tiny_model, tmp_path / "photo.png", Crop(8, 4, 32), EmbedConfig(steps=1), force=True)
    opened.session.paint(DAB)
    list(opened.session.edit(steps=2))
    text = session_script(opened)
    out = run_script_here(text, tiny_model, tmp_path, monkeypatch, "photo.png")
    assert out == "picture.png: the same pixels\n"
    assert np.array_equal(np.asarray(Image.open(tmp_path / "picture.png")), opened.pasted())
    assert (opened.pasted() != pixels).any()
    with pytest.raises(SystemExit, match=r"give the photo: python picture\.py PHOTO \[MODEL\]"):
        run_script_here(text, tiny_model, tmp_path, monkeypatch)
    Image.fromarray(pixels[::-1]).save(tmp_path / "other.png")
    with pytest.raises(SystemExit, match=r"other\.png is not the photo of 56 x 40 px that was edited"):
        run_script_here(text, tiny_model, tmp_path, monkeypatch, "other.png")
