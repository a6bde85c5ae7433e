"""Registration: places of a photo and of a generated picture that belong together by their landmarks."""

import numpy as np
import pytest

from editgan_widgets.documents.registration import Registration, at, cells, inverse, nearest


def points():
    middle = np.linspace(0.3, 0.7, 9)
    return np.stack(np.meshgrid(middle, middle), -1).reshape(-1, 2)


def test_a_landmark_of_the_photo_leads_to_the_same_of_the_generated_picture():
    photo, rng = points(), np.random.default_rng(0)
    generated = photo + 0.03 + 0.004 * rng.normal(size=photo.shape)
    lead = at(Registration(photo, generated).difference, photo[None].astype(np.float32))[0]
    assert photo + lead == pytest.approx(generated, abs=0.004)


def test_far_from_the_landmarks_places_are_the_same():
    found = Registration(points(), points() + 0.03)
    assert np.abs(found.difference[:8]).max() < 1e-6


def test_the_inverse_of_a_field_leads_back():
    y, x = cells(96)[..., 1], cells(96)[..., 0]
    field = np.stack([0.03 * np.sin(6 * y), 0.02 * np.cos(5 * x)], -1).astype(np.float32)
    there = cells(96) + inverse(field)
    inside = (there > 0.05).all(-1) & (there < 0.95).all(-1)
    assert np.abs((there + at(field, there) - cells(96))[inside]).max() < 1e-3


def test_motion_moves_the_photos_landmarks_as_far_as_the_generated_ones():
    photo, generated = points(), points() * 0.9 + 0.05
    motion = Registration(photo, generated).motion(generated + np.array([0.03, 0.0]))
    here = (photo + np.array([0.03, 0.0]))[None].astype(np.float32)
    assert (here + at(motion.moved, here))[0] == pytest.approx(photo, abs=2e-3)
    assert (here + at(motion.to_after, here))[0] == pytest.approx(generated + np.array([0.03, 0.0]), abs=4e-3)


def test_motion_below_three_times_the_noise_is_dropped():
    shift = np.array([0.005, 0.0])
    assert np.abs(Registration(points(), points(), noise=0.002).motion(points() + shift).moved).max() < 1e-6
    assert np.abs(Registration(points(), points()).motion(points() + shift).moved).max() > 0.004


def test_nearest_takes_the_label_of_the_pixel_below_a_place():
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert np.array_equal(nearest(labels, cells(4)), labels)
    assert nearest(labels, np.full((1, 1, 2), 2.0, np.float32)).item() == 15
