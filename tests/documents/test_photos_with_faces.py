"""Photos with a face, in sessions of the shipped model: framed, edited by moving their own pixels."""

import numpy as np
import pytest
from skimage import data

from editgan_widgets.documents.photo import Crop, open_photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.photo_squares import found_crops
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.latent.embed import EmbedConfig

pytestmark = [pytest.mark.shipped, pytest.mark.slow]


@pytest.fixture(scope="module")
def opened(portraits_128):
    return PhotoSession.open(portraits_128, data.astronaut(), config=EmbedConfig(steps=0))


def test_the_square_frames_the_face_upright(opened):
    crop = opened.crop
    assert abs(crop.x - 133) < 8
    assert abs(crop.y - 20) < 8
    assert abs(crop.side - 184) < 12
    assert abs(crop.roll - 3) < 3
    assert opened.photo.notes == ()


def test_without_edits_the_photo_is_unchanged(opened):
    assert np.array_equal(opened.pasted(), opened.photo.pixels)


def test_a_smile_moves_the_mouth_and_keeps_all_else(portraits_128, opened):
    opened.session.apply_vector(load_vectors(portraits_128)["smile"])
    pasted = opened.pasted()
    opened.session.undo()
    changed = (pasted != opened.photo.pixels).any(2)
    assert changed[120:170, 195:255].mean() > 0.5  # around the mouth
    assert not changed[:60].any()
    assert not changed[230:].any()
    assert not changed[:, :150].any()
    assert not changed[:, 310:].any()
    assert np.abs(pasted.astype(int) - opened.photo.pixels)[95:112, 190:255].mean() < 6  # the eyes


def test_a_photo_without_a_face_says_so_and_one_with_several_says_how_many(portraits_128):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    opened = PhotoSession.open(portraits_128, pixels, config=EmbedConfig(steps=0))
    assert opened.photo.notes == ("no faces were found, so the square is a guess",)
    with pytest.raises(
        ValueError, match='no landmarks were found, or the model has no encoder, which "transfer" needs'
    ):
        opened.pasted("transfer")
    assert opened.pasted().shape == pixels.shape
    two = np.concatenate([data.astronaut()[:256], data.astronaut()[:256]], 1)
    found = PhotoSession.open(portraits_128, two, config=EmbedConfig(steps=0))
    assert found.photo.notes == ("2 faces were found; this is the largest",)
    assert len(found_crops(portraits_128, open_photo(two)) or ()) == 2


def test_a_portrait_that_fills_its_picture_is_the_whole_picture(portraits_128):
    from editgan_widgets.documents.session import EditSession

    picture = EditSession.from_seed(portraits_128, 3).image
    assert found_crops(portraits_128, open_photo(picture)) == [Crop(0, 0, 128)]


def test_a_given_square_may_be_turned(portraits_128):
    crop = Crop(133, 20, 184, 20)
    opened = PhotoSession.open(portraits_128, data.astronaut(), crop, EmbedConfig(steps=0))
    assert opened.crop == crop
    assert opened.about["crop"] == [133, 20, 184, 20]
