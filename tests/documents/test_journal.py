"""A session's journal: every action is on disk at once and is restored bit by bit."""

import json

import numpy as np
import pytest
import torch
from tiny_model import grown, make_tiny_model

from editgan_widgets import EditSession, EditVector, Stroke
from editgan_widgets.documents.journal import Arrays, JournalError, new_folder, newest_folders
from editgan_widgets.latent.directions.edit_vector import WrongModelError

_HASHED = Arrays._hashed
DAB, ELSEWHERE = Stroke([(16.0, 16.0)], 4.0, 1), Stroke([(4.0, 28.0)], 3.0, 2)


def seen(session):
    return (
        session.image.tobytes(),
        session.label_map.tobytes(),
        session.w_plus.numpy().tobytes(),
        session.predicted_label_map.tobytes(),
        session.edited_region.tobytes(),
        None if session.region is None else session.region.tobytes(),
        session.can_edit,
    )


@pytest.fixture
def worked(session, tmp_path):
    """A session with two branches, whose journal starts with its second action."""
    session.paint(DAB)
    session.keep_journal(tmp_path / "journal")
    list(session.edit(steps=3))
    session.undo()
    session.paint(ELSEWHERE)
    run = session.edit(steps=9)
    next(run)
    run.close()
    session.apply_vector(EditVector("glow", torch.full_like(session.origin[0], 0.01)), 0.5)
    return session


def test_a_restored_session_is_equal_at_every_entry(worked, tiny_model, tmp_path):
    again = EditSession.restore(tiny_model, tmp_path / "journal")
    assert seen(again) == seen(worked)
    assert again.recipe == worked.recipe
    assert torch.equal(again.origin, worked.origin)
    assert len(again.history.entries) == 6
    for id in worked.history.entries:
        worked.visit(id)
        again.visit(id)
        assert seen(again) == seen(worked), id


@pytest.mark.slow
def test_a_restored_session_and_its_journal_continue_like_the_original(worked, tiny_model, tmp_path):
    again = EditSession.restore(tiny_model, tmp_path / "journal")
    for session in (again, worked):  # its journal is closed
        session.visit(1)
        list(session.edit(steps=2))
    assert torch.equal(again.w_plus, worked.w_plus)
    assert worked.history.store.taken_over
    assert seen(EditSession.restore(tiny_model, tmp_path / "journal"))[:3] == seen(again)[:3]


def test_the_present_entry_and_names_are_kept(worked, tiny_model, tmp_path):
    worked.undo()
    worked.history.rename(1, "a dab")
    worked.history.annotate(scales={"smile": 1.0})
    again = EditSession.restore(tiny_model, tmp_path / "journal")
    assert again.history.entry.id == worked.history.entry.id
    assert again.history.entries[1].name == "a dab"
    assert again.history.entry.note == {"scales": {"smile": 1.0}}
    assert again.can_redo


def test_a_line_truncated_by_a_crash_is_ignored(worked, tiny_model, tmp_path):
    log = tmp_path / "journal" / "log.jsonl"
    before = seen(worked)
    with log.open("a") as file:
        file.write('{"entry": {"id": 9, "par')
    again = EditSession.restore(tiny_model, tmp_path / "journal")
    assert seen(again) == before
    again.paint(Stroke([(2.0, 2.0)], 2.0, 3))
    assert seen(EditSession.restore(tiny_model, tmp_path / "journal")) == seen(again)


def test_equal_states_share_their_arrays(session, tmp_path):
    session.keep_journal(tmp_path / "journal")
    before = len(list((tmp_path / "journal" / "objects").iterdir()))
    session.paint(DAB)
    session.undo()
    session.redo()
    assert len(list((tmp_path / "journal" / "objects").iterdir())) == before + 1


@pytest.mark.slow
def test_another_models_journal_is_refused(worked, tmp_path):
    with pytest.raises(WrongModelError, match="load the model it was made with"):
        EditSession.restore(make_tiny_model(64), tmp_path / "journal")


def test_a_second_journal_in_the_same_folder_is_refused(worked, tmp_path):
    with pytest.raises(JournalError, match="already has a journal"):
        worked.keep_journal(tmp_path / "journal")


def test_folders_without_a_complete_journal_are_refused(worked, tiny_model, tmp_path):
    with pytest.raises(JournalError, match="holds no journal"):
        EditSession.restore(tiny_model, tmp_path)
    folder = tmp_path / "journal"
    for path in (folder / "objects").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(JournalError, match="missing or broken"):
        EditSession.restore(tiny_model, folder)
    (folder / "log.jsonl").write_text(json.dumps({"present": 3}) + "\n")
    with pytest.raises(JournalError, match="broken"):
        EditSession.restore(tiny_model, folder)


def test_a_long_history_keeps_few_states_in_memory(session):
    rng = np.random.default_rng(0)
    for _ in range(60):
        session.set_label_map(rng.integers(0, 4, (32, 32)).astype(np.uint8))
    assert len(session.history.store._live) <= 24
    session.visit(0)
    assert not session.can_undo


def test_only_the_newest_journals_are_kept(session, tmp_path, monkeypatch):
    monkeypatch.setenv("EDITGAN_JOURNALS", str(tmp_path / "all"))
    folders = []
    for _ in range(4):
        folders.append(new_folder(keep=2))
        session.keep_journal(folders[-1])
    assert newest_folders() == folders[:0:-1]
    assert not folders[0].exists()


def test_the_strength_of_an_edit_interpolates_between_before_and_after(session):
    session.paint(DAB)
    list(session.edit(steps=3))
    full, settled = session.w_plus, session.can_edit
    session.set_strength(0.5)
    assert session.strength == 0.5
    assert torch.allclose(session.w_plus, (session.origin + full) / 2, atol=1e-6)
    session.set_strength(1.0)
    assert torch.allclose(session.w_plus, full, atol=1e-6)
    assert session.can_edit == settled
    session.undo()
    session.undo()
    assert torch.equal(session.w_plus, full)
    session.undo()
    with pytest.raises(ValueError, match="no edit to weaken"):
        session.set_strength(0.5)


def test_a_stroke_hashes_only_the_label_map(session, monkeypatch):
    hashed = []
    monkeypatch.setattr(Arrays, "_hashed", lambda self, array: hashed.append(array) or _HASHED(self, array))
    session.set_label_map(grown(session.label_map, 3))
    assert [array is session.label_map for array in hashed] == [True]
    for _ in session.edit(steps=2):
        pass
    hashed.clear()
    session.set_label_map(grown(session.label_map, 2))
    assert [array is session.label_map for array in hashed] == [True]


def test_a_modified_array_is_hashed_again():
    arrays, tensor, array = Arrays(), torch.zeros(3), np.zeros(3, np.uint8)
    first = arrays.put(tensor), arrays.put(array)
    tensor += 1
    array += 1
    again = arrays.put(tensor), arrays.put(array)
    assert [arrays.get(reference).tolist() for reference in (*first, *again)] == [[0] * 3, [0] * 3, [1] * 3, [1] * 3]
