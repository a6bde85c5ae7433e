"""Journals that others wrote, moved or deleted: malformed lines are ignored, and open journals are kept."""

import hashlib
import json
import os
import shutil
import signal
import time
import zlib
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest

from editgan_widgets import EditSession, Stroke
from editgan_widgets.documents import journal_lock
from editgan_widgets.documents.history import History
from editgan_widgets.documents.journal import Arrays, JournalError, new_folder, newest_folders
from editgan_widgets.documents.journal_disk import TakenOverError
from editgan_widgets.documents.session_document import SessionDocument
from editgan_widgets.documents.session_runs import Runs

DAB, OTHER = Stroke([(16.0, 16.0)], 4.0, 1), Stroke([(4.0, 4.0)], 3.0, 2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EDITGAN_JOURNALS", str(tmp_path / "all"))
    return new_folder()


def same(first: EditSession, second: EditSession) -> bool:
    ids = list(first.history.entries)
    return ids == list(second.history.entries) and all(
        np.array_equal(first.history.store.get(id).label_map, second.history.store.get(id).label_map) for id in ids
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_continues_in_memory_and_the_parent_keeps_the_journal(session, folder):
    session.keep_journal(folder)
    with catch_warnings():
        simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 1
        try:
            signal.alarm(30)
            session.paint(OTHER)
            said = session.history.store.problem
            session.undo()
            session.keep_journal(folder.with_name("copy"))
            session.history.store.close()
            code = 0 if "forked" in said and session.history.store.problem == "" else 2
        finally:
            os._exit(code)
    session.paint(DAB)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    session.paint(OTHER)
    assert session.history.store.problem == ""
    assert same(EditSession.restore(session.model, folder), session)
    assert len(EditSession.restore(session.model, folder.with_name("copy")).history.entries) == 2


@pytest.mark.parametrize("change", ["unlink", "empty", "garbage"])
def test_a_missing_or_damaged_about_json_is_rewritten_by_the_next_action(change, session, folder):
    session.keep_journal(folder)
    about = folder / "about.json"
    if change == "unlink":
        about.unlink()
    else:
        about.write_bytes(b"" if change == "empty" else b"x" * about.stat().st_size)
    session.paint(DAB)
    assert session.history.store.problem == ""
    assert same(EditSession.restore(session.model, folder), session)


@pytest.mark.parametrize("gone", ["", "log.jsonl", "objects"])
def test_the_action_that_finds_the_folder_deleted_is_saved(gone, session, folder):
    session.keep_journal(folder)
    session.paint(DAB)
    path = folder / gone
    if path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)
    session.history.store._disk._look_at = 0.0
    session.paint(OTHER)
    assert session.history.store.problem == ""
    assert same(EditSession.restore(session.model, folder), session)


@pytest.mark.slow
def test_a_deleted_folder_can_be_used_again_when_its_session_is_gone_but_not_before(tiny_model, tmp_path):
    one, other = (EditSession.from_seed(tiny_model, seed) for seed in (1, 2))
    one.keep_journal(tmp_path / "j")
    shutil.rmtree(tmp_path / "j")
    with pytest.raises(TakenOverError, match="another session"):
        other.keep_journal(tmp_path / "j")
    del one
    other.keep_journal(tmp_path / "j")
    assert same(EditSession.restore(tiny_model, tmp_path / "j"), other)


@pytest.mark.parametrize("also", [(), ("about.json",)])
def test_an_open_sessions_folder_is_not_pruned_after_its_lock_was_deleted(also, session, folder):
    session.keep_journal(folder)
    for name in ("lock", *also):
        (folder / name).unlink()
    new_folder(keep=0)
    assert newest_folders() == [folder]
    session.paint(DAB)
    assert (folder / "lock").is_file()
    (folder / "lock").unlink()
    session.history.store.close()
    about = json.loads((folder / "about.json").read_text())
    assert about["writer"]["pid"] == os.getpid()
    new_folder(keep=0)  # as if by another running process
    assert newest_folders() == [folder]
    about["writer"]["pid"] = 999999999
    (folder / "about.json").write_text(json.dumps(about))
    new_folder(keep=0)
    assert newest_folders() == []


def test_a_journal_just_closed_is_kept_although_the_clock_was_set_back(session, folder, monkeypatch):
    for year in (2031, 2032, 2033):
        other = EditSession.from_seed(session.model, seed=year)
        other.keep_journal(folder.with_name(f"{year}0101-000000-1-{year}")).close()
    journal_lock.released.clear()  # as if by other processes
    session.keep_journal(folder)
    session.history.store.close()
    os.utime(folder / "log.jsonl", (1, 1))
    new_folder(keep=2)
    assert folder.is_dir()
    assert len(newest_folders()) == 2
    assert newest_folders()[0].name.startswith("2033")


def test_an_array_that_would_inflate_beyond_its_shape_is_refused_before_inflating():
    arrays = Arrays()
    reference = arrays.put(np.zeros((4, 4), np.uint8))
    arrays.packed[reference["array"]] = zlib.compress(bytes(1 << 24), 9)
    with pytest.raises(JournalError, match="16 bytes"):
        arrays.get(reference)
    arrays.packed[reference["array"]] = zlib.compress(bytes(16))[:-1]
    with pytest.raises(JournalError, match="16 bytes"):
        arrays.get(reference)
    for shape in ([-4, -4], [1 << 40, 1 << 40]):
        with pytest.raises(JournalError, match="shape"):
            arrays.get({**reference, "shape": shape})


def test_decompression_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("editgan_widgets.documents.journal._MOST_BYTES", 1 << 20)
    (tmp_path / hashlib.sha256(bytes(1 << 23)).hexdigest()[:32]).write_bytes(zlib.compress(bytes(1 << 23), 9))
    kept = Arrays().put(np.arange(64, dtype=np.uint8))
    (tmp_path / kept["array"]).write_bytes(zlib.compress(np.arange(64, dtype=np.uint8).tobytes()))
    arrays = Arrays()
    arrays.read(tmp_path)
    assert list(arrays.packed) == [kept["array"]]


@pytest.mark.parametrize(
    "odd",
    [
        '{"present": [1]}',
        '{"present": {}}',
        '{"present": true}',
        '{"changed": [1]}',
        '{"changed": 1}',
        '{"changed": 1, "name": 3, "note": []}',
        '{"entry": 5}',
        '{"entry": {"id": [1]}, "state": {}}',
        '{"entry": {"id": 9, "parent": null, "group": 0, "made": {"do": "begin"}}, "state": {}}',
        '{"entry": {"id": 0, "parent": 1, "group": 0, "made": {"do": "paint"}}, "state": {}}',
        '{"entry": {"id": 9, "parent": 1, "group": "0", "made": {"do": "paint"}}, "state": {}}',
        '{"entry": {"id": 9, "parent": 1, "group": 0, "made": {"do": "paint"}}}',
        "[" * 200_000,
        '{"a":' * 200_000,
        "7",
    ],
)
def test_malformed_lines_of_a_log_are_ignored(odd, session, folder):
    session.keep_journal(folder)
    session.paint(DAB)
    session.history.store.close()
    with (folder / "log.jsonl").open("a") as log:
        log.write(odd + "\n")
    again = EditSession.restore(session.model, folder)
    assert same(again, session)
    assert again.history.entry.id == 1


def test_a_state_with_other_fields_is_ignored(session, folder):
    session.keep_journal(folder)
    session.paint(DAB)
    session.history.store.close()
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"entry": {"id": 2, "parent": 1, "group": 9, "made": {"do": "paint"}}, "state": {"image": 5}}\n')
    assert EditSession.restore(session.model, folder).history.entry.id == 1


@pytest.mark.parametrize("kind", ["dangling", "file"])
def test_the_note_about_a_file_in_place_of_the_folder_gives_a_remedy(kind, session, folder):
    folder.parent.mkdir(parents=True)
    if kind == "dangling":
        folder.symlink_to(folder.parent / "nowhere")
    else:
        folder.write_text("")
    session.keep_journal(folder, required=False)
    assert "choose another folder with EDITGAN_JOURNALS, or remove" in session.history.store.problem


@pytest.mark.parametrize("place", ["behind the push", "in the links", "in close"])
def test_an_interrupt_at_the_end_of_an_edit_makes_one_entry(place, session, monkeypatch):
    session.paint(DAB)
    before, fired = len(session.history.entries), []

    def once(call):
        def interrupted(*args):
            given = call(*args)
            if not fired:
                fired.append(time.monotonic())
                raise KeyboardInterrupt
            return given

        return interrupted

    if place == "in close":
        monkeypatch.setattr(Runs, "_close", once(Runs._close))
    elif place == "in the links":
        monkeypatch.setattr(History, "_link", once(History._link))
    else:
        push = SessionDocument.push

        def pushed(self, state, **made):
            push(self, state, **made)
            if not fired:
                fired.append(time.monotonic())
                raise KeyboardInterrupt

        monkeypatch.setattr(SessionDocument, "push", pushed)
    with pytest.raises(KeyboardInterrupt):
        list(session.edit(steps=2))
    assert fired
    assert len(session.history.entries) == before + 1
    assert session._runs.open is None
    session.undo()
    assert len(session.history.entries) == before + 1
