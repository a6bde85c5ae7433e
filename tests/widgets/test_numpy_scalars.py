"""Numbers of numpy are taken wherever Python's own are, and kept as Python's."""

import json

import numpy as np
import pytest
from editors import push_of

from editgan_widgets import EditConfig, EditSession, Stroke
from editgan_widgets.documents.animation import Animation, swing
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.samples import sample_pictures
from editgan_widgets.latent.directions.vector_settings import VectorSetting
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.pivotal import PivotalConfig
from editgan_widgets.latent.refine import refine
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.part_operations import copy_from, grow, move, replace, rotate
from editgan_widgets.masks.warp import push
from editgan_widgets.widgets import Editor, SampleGrid


@pytest.mark.parametrize("whole", [np.uint8, np.int16, np.int64, np.uint64])
def test_a_stroke_takes_its_part_from_a_label_map(session, tmp_path, whole):
    session.keep_journal(tmp_path / "journal")
    stroke = Stroke([(whole(16), np.float32(16.5))], np.float16(4.0), whole(2), radii=np.array([3.0], np.float32))
    assert type(stroke.label) is int
    session.paint(stroke)
    assert session.label_map[16, 16] == 2
    json.dumps(session.history.entry.made)


def test_a_session_takes_numpy_numbers(tiny_model, tmp_path):
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


def test_settings_keep_pythons_numbers(unchecked):
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


def test_operations_and_pictures_take_numpy_numbers(session, tiny_model):
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


def test_an_editor_takes_numpy_numbers(tiny_model):
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


def test_a_grid_takes_numpy_seeds(tiny_model):
    grid = SampleGrid(tiny_model, seeds=np.arange(3), truncation_psi=np.float32(0.5), selected=np.int64(2))
    assert grid.seed == 2
    assert grid.selected.recipe == {"seed": 2, "truncation_psi": 0.5}
