"""The editor's rating of a photo's embedding and of an edit, and the whole photo with the edits pasted in."""

import io

import numpy as np
import pytest
from editors import browser, until
from PIL import Image

from editgan_widgets.analysis.photo_quality import photo_quality
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.latent.edit_quality import EditQuality
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.widgets import Editor


@pytest.fixture
def editor(session):
    made = Editor(session, vectors={}, journal=False)
    yield made
    made.close()


@pytest.fixture
def picture(tiny_model):
    """A sampled picture as a corner of a larger photo."""
    from editgan_widgets.documents.session import EditSession

    whole = np.full((96, 128, 3), 128, np.uint8)
    whole[:96, :96] = np.asarray(Image.fromarray(EditSession.from_seed(tiny_model, 5).image).resize((96, 96)))
    out = io.BytesIO()
    Image.fromarray(whole).save(out, "PNG")
    return out.getvalue()


def test_an_edits_quality_is_reported_in_words_and_figures():
    assert str(EditQuality(0.87, 0.002, 0.012)) == "well reached (87%), outside as before (0.2%)"
    assert (EditQuality(0.6, 0.012, 0.012).reached, EditQuality(0.6, 0.012, 0.012).kept) == ("partly", "nearly")
    assert (EditQuality(0.1, 0.05, 0.012).reached, EditQuality(0.1, 0.05, 0.012).kept) == ("hardly", "changed")


@pytest.mark.slow
def test_an_edits_figures_belong_to_its_kept_step_and_follow_the_history(editor):
    assert str(editor.quality) == "nothing to judge"
    editor.paint(Stroke(points=[(8.0, 8.0), (24.0, 24.0)], radius=5.0, label=3), run=False)
    steps, edit = [], editor.session.edit
    editor.session.edit = lambda **how: (steps.append(step) or step for step in edit(**how))
    editor.run(8, blocking=True)
    quality = editor.quality.edit
    assert quality is not None
    kept = max(steps, key=lambda step: step.score)
    assert (quality.agreement, quality.outside) == (float(kept.iou), float(kept.outside))
    assert quality.budget == editor.session.config.outside_budget
    assert editor.view.quality["edit"]["agreement"] == quality.agreement
    editor.undo()
    editor.wait()
    assert editor.quality.edit is None
    assert "edit" not in editor.view.quality
    editor.redo()
    editor.wait()
    assert editor.quality.edit == quality


@pytest.mark.slow
def test_an_opened_photo_gets_a_badge_once_the_editor_is_idle(editor, picture):
    browser(editor, [picture], kind="open")
    editor.wait()
    until(lambda: editor.quality.embedding is not None)
    judged = editor.quality.embedding
    assert judged.psnr == pytest.approx(editor.photo.psnr, abs=0.2)
    assert editor.view.quality["embedding"]["grade"] == judged.grade
    assert str(editor.quality).startswith(f"embedded: {judged.grade}: PSNR")
    editor.new_portrait(3)
    editor.wait()
    assert editor.quality.embedding is None
    assert editor.view.quality == {}


def test_the_badge_rates_the_embedding_and_not_the_edits(tiny_model, picture):
    opened = PhotoSession.open(tiny_model, picture, config=EmbedConfig(steps=2))
    before = photo_quality(opened, tiny_model)
    opened.session.go_to(opened.session.w_plus + 0.5)
    assert photo_quality(opened, tiny_model) == before


@pytest.mark.slow
def test_the_whole_photo_is_shown_on_demand_and_follows_the_edits(editor, picture):
    editor.show_photo()
    editor.wait()
    assert editor.view.whole == b""  # no photo was opened
    editor.open(picture)
    editor.wait()
    until(lambda: editor.view.whole)
    first = editor.view.whole
    shown = Image.open(io.BytesIO(first))
    assert shown.size == (128, 96)
    editor.paint(Stroke(points=[(8.0, 8.0), (24.0, 24.0)], radius=5.0, label=3), run=False)
    editor.run(8, blocking=True)
    until(lambda: editor.view.whole != first)
    pasted = editor.photo.pasted().astype(float)
    assert np.abs(np.asarray(Image.open(io.BytesIO(editor.view.whole)), float) - pasted).mean() < 6
    editor.show_photo(False)
    editor.undo()
    editor.wait()
    editor.new_portrait(3)
    editor.wait()
    assert editor.view.whole == b""
    assert editor.view.photo == b""
