import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin
from tiny_model import grown

from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.saved_picture import (
    CHUNK,
    PHOTO_CHUNK,
    SavedPictureError,
    open_picture,
    open_saved,
    picture_png,
    save_picture,
)
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.embed import EmbedConfig


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


def test_a_saved_picture_reopens_its_session(tiny_model, edited, tmp_path):
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
def test_a_broken_recipe_is_refused_with_the_reason(tiny_model, session, changes):
    recipe = json.loads(Image.open(io.BytesIO(picture_png(session))).text[CHUNK])
    with pytest.raises(SavedPictureError):
        open_picture(tiny_model, with_recipe({**recipe, **changes}))


@pytest.mark.parametrize("content", [b"", b"PK", with_recipe("{"), with_recipe("[1]"), with_recipe("[" * 100_000)])
def test_files_without_a_recipe_are_refused_with_the_reason(tiny_model, content):
    with pytest.raises(SavedPictureError):
        open_picture(tiny_model, content)


def test_a_plain_picture_and_unknown_extensions_are_refused(tiny_model, session, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    with pytest.raises(SavedPictureError, match="no recipe"):
        open_picture(tiny_model, tmp_path / "plain.png")
    with pytest.raises(ValueError, match=r"\.png"):
        save_picture(session, tmp_path / "portrait.jpg")


def test_unedited_strokes_and_edited_regions_are_restored(tiny_model, edited):
    painted = edited.label_map.copy()
    painted[2:6, 3:9] = (painted[2:6, 3:9] + 1) % len(tiny_model.labels)
    edited.set_label_map(painted)
    opened = open_picture(tiny_model, picture_png(edited))
    assert np.array_equal(opened.painted, edited.painted)
    assert np.array_equal(opened.label_map, painted)
    assert np.array_equal(opened.edited_region, edited.edited_region)
    assert opened.can_edit


@pytest.fixture(scope="module")
def photo(tiny_model):
    """An edited photo, wider than its crop."""
    pixels = np.random.default_rng(3).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    photo = PhotoSession.open(tiny_model, pixels, config=EmbedConfig(steps=2))
    photo.session.set_label_map(grown(photo.session.label_map, 3))
    for _ in photo.session.edit(steps=5):
        pass
    return photo


def test_a_saved_photo_reopens_unchanged_with_its_original(tiny_model, photo, tmp_path):
    save_picture(photo, tmp_path / "edited.png")
    pasted = photo.pasted()
    assert np.array_equal(np.asarray(Image.open(tmp_path / "edited.png")), pasted)
    assert not np.array_equal(pasted, photo.photo.pixels)
    opened = open_saved(tiny_model, tmp_path / "edited.png")
    assert isinstance(opened, PhotoSession)
    assert np.array_equal(opened.photo.pixels, photo.photo.pixels)
    assert (opened.crop, opened.psnr, opened.photo.notes) == (photo.crop, photo.psnr, photo.photo.notes)
    assert torch.equal(opened.session.w_plus, photo.session.w_plus)
    assert np.array_equal(opened.pasted(), pasted)
    opened.session.undo()
    assert np.array_equal(opened.pasted(), photo.photo.pixels)
    assert np.array_equal(open_picture(tiny_model, tmp_path / "edited.png").image, photo.session.image)


def test_a_saved_photo_without_edits_stores_its_pixels_once(tiny_model, photo):
    unedited = open_saved(tiny_model, picture_png(photo))
    unedited.session.undo()
    content = picture_png(unedited)
    assert PHOTO_CHUNK not in content
    opened = open_saved(tiny_model, content)
    assert np.array_equal(opened.photo.pixels, photo.photo.pixels)
    assert not opened.session.can_undo


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"box": [0, 0, 9, 9]}, "broken|missing"),
        ({"box": "x"}, "broken"),
        ({"size": [5, 5]}, "another size"),
        ({"crop": [0, 0]}, "broken"),
        ({"psnr": None}, "broken"),
    ],
)
def test_a_broken_recipe_of_a_photo_is_refused_with_the_reason(tiny_model, photo, changes, says):
    recipe = json.loads(Image.open(io.BytesIO(picture_png(photo))).text[CHUNK])
    text = PngImagePlugin.PngInfo()
    text.add_text(CHUNK, json.dumps({**recipe, "photo": {**recipe["photo"], **changes}}))
    text.add(PHOTO_CHUNK, picture_png(photo.session))
    file = io.BytesIO()
    Image.fromarray(photo.pasted()).save(file, "PNG", pnginfo=text)
    with pytest.raises(SavedPictureError, match=says):
        open_saved(tiny_model, file.getvalue())


@pytest.mark.parametrize("changes", [{"edited": "!"}, {"settled": 3}, {"painted": {}}, {"painted": "eJw="}])
def test_a_broken_mask_in_a_recipe_is_refused_with_the_reason(tiny_model, edited, changes):
    recipe = json.loads(Image.open(io.BytesIO(picture_png(edited))).text[CHUNK])
    with pytest.raises(SavedPictureError, match="a mask in the recipe"):
        open_picture(tiny_model, with_recipe({**recipe, **changes}))


def test_a_truncated_saved_picture_is_refused_with_the_reason(tiny_model, photo):
    content = picture_png(photo)
    with pytest.raises(SavedPictureError, match="not a readable picture"):
        open_saved(tiny_model, content[: len(content) - 2000])
