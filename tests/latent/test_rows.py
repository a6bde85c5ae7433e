"""Rows of the latent are named in one way everywhere: a tuple is a span, a list is these rows."""

import numpy as np
import pytest
import torch
from editors import push_of

from editgan_widgets import EditConfig, EditVector, load_direction
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.latent.directions.rows import row_weights, rows_in_json, span_of
from editgan_widgets.latent.directions.vector_settings import VectorSetting

COUNT = 8


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        (None, range(8)),
        ((4, 7), (4, 5, 6)),
        ((np.int64(4), torch.tensor(7)), (4, 5, 6)),
        ("4:7", (4, 5, 6)),
        (slice(4, 7), (4, 5, 6)),
        (slice(-2, None), (6, 7)),
        (slice(0, 8, 2), (0, 2, 4, 6)),
        (range(4, 7), (4, 5, 6)),
        ("4-7", (4, 5, 6, 7)),
        ("0-1, 4,6-7", (0, 1, 4, 6, 7)),
        ("4", (4,)),
        (4, (4,)),
        (np.array(4), (4,)),
        ([4, 7], (4, 7)),
        (np.array([4, 7]), (4, 7)),
        (torch.tensor([7, 4]), (4, 7)),
        ([4.0, 7.0], (4, 7)),
        ((1, 3, 5), (1, 3, 5)),
        ([True] * 3 + [False] * 5, (0, 1, 2)),
        (np.arange(8) > 5, (6, 7)),
    ],
)
def test_rows_are_spans_lists_or_text(given, rows):
    assert row_weights(given, COUNT).nonzero()[:, 0].tolist() == list(rows)


def test_as_many_numbers_as_rows_are_weights():
    for given in ([0.5] * COUNT, (0.5,) * COUNT, np.full(COUNT, 0.5), torch.full((COUNT,), 0.5)):
        assert row_weights(given, COUNT).tolist() == [0.5] * COUNT


@pytest.mark.parametrize(
    "given",
    [
        *((3, 3), (0, 9), (4.5, 6), [4, 8], [-1], [4.5, 6], [1.0] * 5, [], "", "4-", "7-4", "0:9", "a", 9, 4.5, True),
        *(slice(0, 9), slice(3, 3), slice(1.5, 3), range(6, 10), [True, False], np.ones((2, 8)), {4, 7}, [np.nan] * 8),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_their_argument(unchecked, tiny_model, tmp_path, given):
    np.save(tmp_path / "v.npy", np.ones((8, 16), np.float32))
    with pytest.raises(EditVectorError, match="rows") as raised:
        load_direction(tmp_path / "v.npy", tiny_model, rows=given)
    assert "layers" not in str(raised.value)
    with pytest.raises(ValueError, match=r"8 rows|layers"):
        row_weights(given, COUNT, "layers")


def test_a_direction_moves_the_two_rows_of_a_list_and_all_of_a_span(tiny_model, tmp_path):
    path = tmp_path / "smile.npy"
    np.save(path, np.ones(16, np.float32))
    assert load_direction(path, tiny_model, rows=[4, 7]).layers == (4, 7)
    assert load_direction(path, tiny_model, rows="4-7").layers == (4, 5, 6, 7)
    assert load_direction(path, tiny_model, rows=slice(4, 7)).layers == (4, 5, 6)


def test_a_session_keeps_the_rows_of_a_vector_in_its_history(tiny_model, session, tmp_path):
    vector: EditVector = push_of(tiny_model, 0.4)
    for given, kept in (((2, 5), [2.0, 5.0]), ([2, 5], [0, 0, 1, 0, 0, 1, 0, 0]), ("2-3", [0, 0, 1, 1, 0, 0, 0, 0])):
        before = session.w_plus
        session.apply_vector(vector, 1.0, given)
        assert session.history.entry.made["layers"] == kept == rows_in_json(given, COUNT)
        moved = (session.w_plus - before)[0].abs().amax(1) > 0
        assert torch.equal(moved, row_weights(given, COUNT).bool())


def test_settings_that_take_one_span_refuse_a_list(unchecked):
    for given in ((2, 5), range(2, 5), slice(2, 5), "2:5", "2-4"):
        assert EditConfig(layers=given).layers == VectorSetting(layers=given).layers == span_of(given) == (2, 5)
    for given in ([2, 5], [2, 3, 4], "2,5", (1, 2, 3), 4):
        with pytest.raises(ValueError, match="layers are one span of rows here"):
            EditConfig(layers=given)
