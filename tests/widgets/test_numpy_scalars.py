"""Scalars of numpy and torch are accepted wherever Python numbers are, and stored as Python numbers."""

import json

import numpy as np
import pytest
import torch
from editors import push_of

from editgan_widgets import EditConfig, EditSession, Stroke
from editgan_widgets.documents.animation import Animation, swing
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.samples import sample_pictures
from editgan_widgets.latent.directions.vector_settings import VectorSetting
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.pivotal import PivotalConfig
from editgan_widgets.latent.refine import refine
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.part_operations import copy_from, grow, move, replace, rotate
from editgan_widgets.masks.warp import push
from editgan_widgets.scalars import Flag, Real, Whole, flag, real, whole
from editgan_widgets.widgets import Editor, SampleGrid


def _boxed(value):
    """A number in every zero-dimensional form: numpy scalars, arrays and tensors."""
    forms = [np.array(value), torch.tensor(value), np.array(float(value)), torch.tensor(float(value))]
    return [*forms, np.float64(value), np.longdouble(value), np.int64(value)]


NOT_WHOLE = [
    5.5,
    np.float64(5.5),
    np.array(5.5),
    torch.tensor(5.5),
    True,
    np.array(True),
    np.array([5]),
    "5",
    1j,
    np.nan,
]


def test_numbers_without_axes_are_numbers():
    for value in (5, 5.0, *_boxed(5)):
        assert type(whole(value, "it")) is int
        assert (whole(value, "it"), real(value, "it")) == (5, 5.0)
        assert isinstance(value, Whole)
        assert isinstance(value, Real)
    for yes in (True, np.True_, np.array(True), torch.tensor(True)):
        assert flag(yes, "it") is True
        assert isinstance(yes, Flag)
    assert real(-(10**400), "it") == -np.inf
    with pytest.raises(ValueError, match="it must be a whole number from 0 to 9; got a number of thousands of digits"):
        whole(10**5000, "it", least=0, most=9)
    for value in NOT_WHOLE:
        with pytest.raises(ValueError, match="it must be a whole number from 1 up; got"):
            whole(value, "it", least=1)
    for value in ("5", None, True, np.ones(2), 1j):
        with pytest.raises(ValueError, match="it must be a number; got"):
            real(value, "it")
    for value in (1, 0.0, "yes", None, np.array([True])):
        with pytest.raises(ValueError, match="it must be True or False; got"):
            flag(value, "it")


@pytest.mark.slow
def test_numpy_and_tensor_scalars_are_accepted_wherever_a_number_is(session, tiny_model, tmp_path):
    session.keep_journal(tmp_path / "journal", np.array(False))
    for one in _boxed(1):
        stroke = Stroke([(one, 16)], one, one, radii=[one])
        assert (type(stroke.label), type(stroke.radius)) == (int, float)
        session.paint(stroke)
        list(session.edit(steps=one))
        session.set_strength(one)
        session.apply_vector(push_of(tiny_model, 0.4), one, one, np.array(True))
        assert session.picture_at(one)[0].shape == session.image.shape
        session.visit(one)
        assert tiny_model.labels[one].id == 1
        assert (
            fill(one, one, one, np.array(True))(session.label_map, tiny_model.labels).shape == session.label_map.shape
        )
        assert grow(one, one)(session.label_map, tiny_model.labels).shape == session.label_map.shape
        assert torch.equal(tiny_model.sample_w_plus(one, one), tiny_model.sample_w_plus(1, 1.0))
        assert EditSession.from_seed(tiny_model, one, one).recipe == {"seed": 1, "truncation_psi": 1.0}
    json.dumps([entry.made for entry in session.history.entries.values()])


@pytest.mark.parametrize("five", [5.5, np.float64(5.5), np.array(5.5), torch.tensor(5.5)])
def test_a_fraction_in_place_of_an_integer_is_refused_naming_the_argument(session, tiny_model, unchecked, five):
    session.set_label_map(np.ones_like(session.label_map))
    for name, call in {
        "a label is a part's name or its id": lambda: Stroke([(1, 1)], 2, five),
        "label id 5.5": lambda: tiny_model.labels[five],
        "seed must be": lambda: EditSession.from_seed(tiny_model, five),
        "seed must be ": lambda: tiny_model.sample_w_plus(five),
        "steps must be": lambda: session.edit(steps=five),
        "steps must be ": lambda: session.drag([], steps=five),
        "steps must be  ": lambda: EditConfig(steps=five),
        "warmup must be": lambda: EditConfig(warmup=five),
        "pixels must be": lambda: LossWeights(pixels=five),
        "lookahead must be": lambda: EmbedConfig(lookahead=five),
        "seed must be   ": lambda: PivotalConfig(seed=five),
        "no entry 5.5": lambda: session.visit(five),
        "no entry 5.5 ": lambda: session.picture_at(five),
        "size is 16": lambda: Animation(np.zeros((2, 8, 8, 3), np.uint8)).encoded(".gif", five),
        "frames must be": lambda: swing(1.0, five),
        "largest must be": lambda: next(iter(sample_pictures(tiny_model, [(1, 0.7)], five))),
        "a seed must be": lambda: SampleGrid(tiny_model, seeds=[five]),
        "fit must be True or False": lambda: copy_from(session.label_map, 1, fit=five),
        "whole must be True or False": lambda: fill(1, 1, 1, five),
    }.items():
        with pytest.raises(ValueError, match=name.strip()) as raised:
            call()
        assert "5.5" in str(raised.value), name


@pytest.mark.parametrize("whole", [np.uint8, np.int16, np.int64, np.uint64])
def test_a_stroke_takes_its_part_from_a_label_map(session, tmp_path, whole):
    session.keep_journal(tmp_path / "journal")
    stroke = Stroke([(whole(16), np.float32(16.5))], np.float16(4.0), whole(2), radii=np.array([3.0], np.float32))
    assert type(stroke.label) is int
    session.paint(stroke)
    assert session.label_map[16, 16] == 2
    json.dumps(session.history.entry.made)


@pytest.mark.slow
def test_a_session_accepts_numpy_numbers(tiny_model, tmp_path):
    session = EditSession.from_seed(tiny_model, np.int64(3), np.float32(0.5))
    session.keep_journal(tmp_path / "journal")
    session.paint(Stroke([(16, 16)], 4, session.label_map[0, 0]))
    session.set_label_map(np.where(session.label_map == 0, np.int64(1), session.label_map))
    list(session.edit(steps=np.int64(2)))
    session.set_strength(np.float32(0.5))
    vector = push_of(tiny_model, 0.4)
    session.apply_vector(vector, np.float32(0.5), (np.int64(0), np.int64(3)), force=np.bool_(True))
    session.apply_vector(vector, np.int64(1), np.ones(session.w_plus.shape[1], np.float32))
    list(session.refine(vector, np.int16(2), np.float16(0.5)))
    session.visit(np.int64(1))
    session.picture_at(np.uint8(2))
    session.history.rename(np.int64(1), "one")
    assert all(type(id) is int for id in session.history.entries)
    json.dumps([entry.made for entry in session.history.entries.values()])
    assert len(EditSession.restore(tiny_model, tmp_path / "journal").history.entries) == len(session.history.entries)
    assert len(list(refine(tiny_model, session.origin, vector, np.int64(2), np.float64(1.0)))) == 3


def test_settings_store_numpy_numbers_as_pythons(unchecked):
    for one in _boxed(1):
        for config in (EditConfig(one, one), EmbedConfig(one, one), PivotalConfig(one, one), VectorSetting(one)):
            assert type(next(iter(vars(config).values()))) in (int, float)
    for config in (
        EditConfig(steps=np.int64(4), lr=np.float32(0.5), stop_iou=np.float16(0.5), buffer_px=np.uint8(3)),
        EmbedConfig(steps=np.int64(0), lr=np.float32(0.5)),
        PivotalConfig(steps=np.uint8(3), radius=np.float32(0.5), seed=np.int64(3)),
        PaintRule((np.uint8(1),), (np.int64(2),), np.bool_(True)),
        VectorSetting(np.float32(0.5), np.bool_(False), (np.int64(0), np.int64(2))),
        Crop(np.float32(1), np.int64(2), np.uint8(3)),
        Animation(np.zeros((2, 8, 8, 3), np.uint8), np.int64(12), np.float32(0.5)),
    ):
        assert "np." not in repr(vars(config)).replace("array", ""), config


def test_operations_and_pictures_accept_numpy_numbers(session, tiny_model):
    label_map, labels = session.label_map, tiny_model.labels
    for operation in (
        grow(np.uint8(1), np.float32(2)),
        move([np.int64(1), "glow"], np.int64(2), np.float32(1), over=np.uint8(0)),
        rotate("glow", np.float32(20)),
        replace(np.uint8(1), np.int64(2)),
        copy_from(label_map, np.uint8(1), fit=np.bool_(False)),
        fill(np.float32(3), np.int64(4), np.uint8(1), np.bool_(True)),
        lasso(np.array([(2, 2), (20, 2), (20, 20)], np.float32), np.uint8(2)),
        push(np.array([(5, 5), (12, 12)], np.float32), np.float32(4)),
    ):
        assert operation(label_map, labels).shape == label_map.shape
    assert len(next(iter(sample_pictures(tiny_model, [(np.int64(1), np.float32(0.7))], np.int64(16))))) == 16
    assert len(swing(np.float32(1), np.int64(4))) == 4


@pytest.mark.slow
def test_an_editor_accepts_numpy_numbers(tiny_model):
    editor = Editor(
        tiny_model,
        seed=np.int64(3),
        truncation_psi=np.float32(0.7),
        auto=np.bool_(False),
        steps=np.int64(2),
        part=np.uint8(1),
        locked=[np.uint8(3)],
        vectors={"push": push_of(tiny_model, 0.4)},
    )
    for call in (
        lambda: editor.new_portrait(np.int64(3)),
        lambda: editor.new_portrait(np.int64(3), np.float32(0.5)),
        lambda: editor.paint(Stroke([(16, 16)], 4, editor.label_map[4, 4]), run=np.bool_(False)),
        lambda: editor.operate(grow(np.uint8(1), 2), run=np.bool_(False), mirror=np.bool_(True)),
        lambda: editor.run(np.int64(2)),
        lambda: editor.set_strength(np.float32(0.5)),
        lambda: editor.apply_vectors({"push": np.float32(0.5)}),
        lambda: editor.switch_vector("push", np.bool_(False)),
        lambda: editor.switch_vector("push", np.bool_(True)),
        lambda: editor.vector_layers("push", np.int64(0), np.int64(2)),
        lambda: editor.refine(np.int64(1)),
        lambda: editor.visit(np.int64(1)),
        lambda: editor.rename(np.int64(1), "one"),
        lambda: editor.compare_with(np.int64(0)),
        lambda: editor.take_part(np.uint8(1), np.int64(2), np.float32(0.7), run=np.bool_(False)),
        lambda: editor.lock(np.uint8(1)),
        lambda: editor.paint_over(np.uint8(2)),
        lambda: editor.hide(np.int64(2)),
        lambda: editor.solo(np.int64(2)),
        lambda: editor.divide(np.float32(0.25)),
        lambda: editor.show_photo(np.bool_(False)),
        lambda: editor.configure(steps=np.int64(3), lr=np.float32(0.25)),
        lambda: editor.tool_outline("grow", np.uint8(1)),
    ):
        call()
        assert editor.wait(np.float32(60))
    assert editor.notice == ""
    for name in ("size", "steps", "label"):
        setattr(editor.view, name, np.int64(2))
        assert type(getattr(editor.view, name)) is int
    editor.view.opacity = np.float32(0.5)
    editor.close()


def test_a_sample_grid_accepts_numpy_seeds(tiny_model):
    grid = SampleGrid(tiny_model, seeds=np.arange(3), truncation_psi=np.float32(0.5), selected=np.int64(2))
    assert grid.seed == 2
    assert grid.selected.recipe == {"seed": 2, "truncation_psi": 0.5}
