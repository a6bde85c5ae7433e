import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from conftest import grown
from editgan_widgets.editing.edit_vector import WrongModelError
from editgan_widgets.editing.saved_picture import CHUNK, SavedPictureError, open_picture, picture_png, save_picture


@pytest.fixture
def edited(session):
    session.set_label_map(grown(session.label_map, 3))
    for _ in session.edit(steps=5):
        pass
    return session


def with_recipe(recipe) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text(CHUNK, recipe if isinstance(recipe, str) else json.dumps(recipe))
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def test_a_saved_picture_opens_as_the_session_it_was(tiny_model, edited, tmp_path):
    save_picture(edited, tmp_path / "portrait.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "portrait.png")), edited.image)
    opened = open_picture(tiny_model, tmp_path / "portrait.png")
    assert np.array_equal(opened.image, edited.image)
    assert torch.equal(opened.w_plus, edited.w_plus)
    assert torch.equal(opened.origin, edited.origin)
    torch.testing.assert_close(opened.edit_vector("x").delta_w_plus, edited.edit_vector("x").delta_w_plus)
    opened.undo()
    assert np.array_equal(opened.image, edited.original_image)


def test_a_picture_without_edits_opens_without_history(tiny_model, session):
    opened = open_picture(tiny_model, picture_png(session))
    assert torch.equal(opened.w_plus, session.w_plus)
    assert not opened.can_undo
    assert opened.recipe == session.recipe


def test_another_models_picture_is_refused(tiny_model, session):
    recipe = json.loads(Image.open(io.BytesIO(picture_png(session))).text[CHUNK])
    with pytest.raises(WrongModelError, match="other"):
        open_picture(tiny_model, with_recipe({**recipe, "fingerprint": "other"}))


@pytest.mark.parametrize(
    "changes", [{"w_plus": "!"}, {"w_plus": 3}, {"origin": base64.b64encode(b"1234").decode()}, {"format": "x"}]
)
def test_a_broken_recipe_is_refused_in_words(tiny_model, session, changes):
    recipe = json.loads(Image.open(io.BytesIO(picture_png(session))).text[CHUNK])
    with pytest.raises(SavedPictureError):
        open_picture(tiny_model, with_recipe({**recipe, **changes}))


@pytest.mark.parametrize("content", [b"", b"PK", with_recipe("{"), with_recipe("[1]"), with_recipe("[" * 100_000)])
def test_what_holds_no_recipe_is_refused_in_words(tiny_model, content):
    with pytest.raises(SavedPictureError):
        open_picture(tiny_model, content)


def test_a_plain_picture_and_other_endings_are_refused(tiny_model, session, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    with pytest.raises(SavedPictureError, match="no recipe"):
        open_picture(tiny_model, tmp_path / "plain.png")
    with pytest.raises(ValueError, match=r"\.png"):
        save_picture(session, tmp_path / "portrait.jpg")
