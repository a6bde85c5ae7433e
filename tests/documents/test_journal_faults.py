"""Faults of a journal's disk: no stroke is lost, work continues, and the journal is completed afterwards."""

import logging
import os
import random
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from disk_faults import FAULTS, deleted, failing_writes, full, mounted, read_only, replaced_by_a_file
from editors import push_of

from editgan_widgets import EditSession, EditVector, Stroke
from editgan_widgets.documents.history import History
from editgan_widgets.documents.journal import JournalError, journals_folder, new_folder, newest_folders
from editgan_widgets.documents.session_document import store_of
from editgan_widgets.widgets import Editor
from editgan_widgets.widgets.editor import screen

DAB = Stroke([(16.0, 16.0)], 4.0, 1)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A folder for journals, on a separate small disk if the tests may mount one."""
    monkeypatch.setattr(screen, "_SAVE_EVERY", 3600.0)
    monkeypatch.setattr("editgan_widgets.documents.journal._LONGEST_WAIT", 0.0)
    folder = tmp_path / "disk"
    folder.mkdir()
    is_mounted = mounted(folder, "-t", "tmpfs", "-o", "size=8m", "none")
    monkeypatch.setenv("EDITGAN_JOURNALS", str(folder))
    yield folder
    if is_mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Hand:
    """Performs random actions on an editor, and checks that each had its effect."""

    def __init__(self, editor: Editor, seed: int) -> None:
        self.editor, self.random = editor, random.Random(seed)
        self.kinds = (self.paint, self.paint, self.paint, self.undo, self.redo, self.slide, self.keep, self.visit)

    def act(self, times: int) -> None:
        for _ in range(times):
            self.random.choice(self.kinds)()
            assert self.editor.wait(30)
            assert not self.editor.running
            assert self.editor.error == ""

    def paint(self) -> None:
        place = (self.random.uniform(1, 31), self.random.uniform(1, 31))
        there = int(self.editor.label_map[int(place[1]), int(place[0])])
        stroke = Stroke([place], 2.0, (there + self.random.randrange(1, 4)) % 4)
        self.editor.paint(stroke, run=False)
        assert self.editor.wait(30)
        assert self.editor.label_map[int(place[1]), int(place[0])] == stroke.label

    def undo(self) -> None:
        self.editor.undo()

    def redo(self) -> None:
        self.editor.redo()

    def slide(self) -> None:
        self.editor.apply_vectors({"push": self.random.choice([-0.5, 0.5, 1.0])})

    def keep(self) -> None:
        name = f"own {len(self.editor.vectors)}"
        if not np.array_equal(self.editor.session.w_plus, self.editor.session.origin):
            self.editor.keep_vector(name)

    def visit(self) -> None:
        self.editor.visit(self.random.choice(list(self.editor.session.history.entries)))


def content(session: EditSession, *but: int) -> dict[int, tuple]:
    """The content of a history, except for some entries."""
    found: dict[int, tuple] = {}
    for id in session.history.entries.keys() - set(but):
        entry, state = session.history.entries[id], session.history.store.get(id)
        arrays = (state.image, state.label_map, state.settled_map, state.w_plus.numpy())
        found[id] = (entry.parent, entry.made["do"], *(array.tobytes() for array in arrays))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", FAULTS)
def test_no_stroke_is_lost_by_any_fault_of_the_disk(kind, tiny_model, disk):
    push = push_of(tiny_model, 0.02)
    session = EditSession.from_seed(tiny_model, seed=3)
    first = session.history.state
    for attempt in range(6):
        session._document.history = History(first, store_of(tiny_model, None))
        editor = Editor(session, auto=False, steps=2, vectors={"push": push})
        try:
            hand = Hand(editor, attempt)
            hand.act(2 + attempt % 4)
            folder = editor.journal
            with FAULTS[kind](folder):
                hand.act(4)
                kept = content(editor.session)
            hand.act(1)
            hand.paint()
            assert kept.items() <= content(editor.session).items()
            assert editor.notice == ""
        finally:
            editor.close()
        again = EditSession.restore(tiny_model, folder)
        assert content(again) == content(editor.session), attempt
        assert again.history.entry.id == editor.session.history.entry.id
        again.history.store.close()
        shutil.rmtree(folder)


@pytest.mark.slow
def test_one_note_reports_that_saving_the_history_fails_and_one_that_it_works_again(tiny_model, disk):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    said = []
    editor.view.observe(lambda change: said.append(change["new"]), "status")
    for call in (editor.paint, editor.paint):
        call(DAB, run=False)
        editor.wait()
    with replaced_by_a_file(editor.journal):
        for x in range(4):
            editor.paint(Stroke([(8.0 * x, 4.0)], 3.0, 2), run=False)
            editor.wait()
            assert editor.notice.startswith("History is no longer saved: Not a directory")
            assert editor.view.get_state()["notice"] == editor.notice
    editor.undo()
    editor.wait()
    assert editor.notice == ""
    assert sum("History is no longer saved" in text for text in said) == 1
    assert sum("History is saved again" in text for text in said) == 1
    editor.close()


def test_the_history_is_saved_again_without_another_action(tiny_model, disk, monkeypatch):
    monkeypatch.setattr(screen, "_SAVE_EVERY", 0.05)
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    with replaced_by_a_file(editor.journal):
        editor.paint(DAB, run=False)
        editor.wait()
        assert editor.notice
    until = time.monotonic() + 20
    while editor.notice and time.monotonic() < until:
        time.sleep(0.02)
    assert editor.notice == ""
    assert content(EditSession.restore(tiny_model, editor.journal)) == content(editor.session)
    editor.close()


def test_closing_an_editor_saves_entries_that_could_not_be_saved(tiny_model, disk):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    with full(editor.journal):
        editor.paint(DAB, run=False)
        editor.wait()
    editor.close()
    assert content(EditSession.restore(tiny_model, editor.journal)) == content(editor.session)


@pytest.mark.shipped
@pytest.mark.slow
def test_photo_and_own_vectors_come_back_after_the_folder_was_deleted(tiny_model, disk):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    pixels = np.random.default_rng(0).integers(0, 255, (50, 40, 3)).astype(np.uint8)
    from editgan_widgets.widgets.core.encoding import png

    editor.open(png(pixels))
    editor.wait()
    vector = EditVector("mine", push_of(tiny_model, 0.1).delta_w_plus, (), {"fingerprint": tiny_model.fingerprint})
    editor.add_vector(vector)
    with deleted(editor.journal):
        editor.paint(DAB, run=False)
        editor.wait()
    editor.close()
    again = Editor.restore(editor.journal, tiny_model)
    assert np.array_equal(again.photo.pasted(), editor.photo.pasted())
    assert np.array_equal(again.vectors["mine"].delta_w_plus, vector.delta_w_plus)
    with deleted(again.journal):
        again.paint(Stroke([(4.0, 4.0)], 3.0, 2), run=False)
        again.wait()
    again.close()
    third = Editor.restore(editor.journal, tiny_model)
    assert np.array_equal(third.label_map, again.label_map)
    assert list(third.vectors) == list(again.vectors)
    assert third.photo is not None
    third.close()


@pytest.mark.parametrize("number", [1, 2, 5, 13, 20, 22, 24, 27, 28, 30, 36, 116, 122])
def test_a_session_without_an_editor_continues_and_warns_once(
    number, session, tiny_model, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr("editgan_widgets.documents.journal._LONGEST_WAIT", 0.0)
    session.keep_journal(tmp_path / "journal")
    with caplog.at_level(logging.WARNING), failing_writes(number):
        session.paint(DAB)
        session.undo()
        session.redo()
        session.paint(Stroke([(4.0, 4.0)], 3.0, 2))
    assert [record.getMessage()[:28] for record in caplog.records] == ["History is no longer saved: "[:28]]
    assert session.history.store.problem
    session.paint(Stroke([(28.0, 4.0)], 3.0, 3))
    assert session.history.store.problem == ""
    assert content(EditSession.restore(tiny_model, tmp_path / "journal")) == content(session)


def test_a_disk_that_fails_slowly_is_tried_rarely(session, tmp_path, monkeypatch):
    journal = session.keep_journal(tmp_path / "journal")
    tries, now = [], [1000.0]

    def fail(_content):
        tries.append(now[0])
        now[0] += 0.3
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "clock", lambda: now[0])
    monkeypatch.setattr(journal._disk, "write", fail)
    for x in range(20):  # one stroke in 0.05 s
        session.paint(Stroke([(1.5 * x, 4.0)], 2.0, x % 4))
        now[0] += 0.05
    assert len(tries) == 1
    now[0] += 1.0
    session.paint(Stroke([(4.0, 20.0)], 2.0, 1))
    assert len(tries) == 2


def test_a_note_that_is_not_json_is_refused_and_changes_nothing(session, tmp_path):
    session.keep_journal(tmp_path / "journal")
    before = session.label_map.copy()
    with pytest.raises(TypeError, match="JSON values"):
        session.set_label_map(np.zeros((32, 32), int), why=object())
    assert np.array_equal(session.label_map, before)
    assert len(session.history.entries) == 1
    with pytest.raises(TypeError, match="JSON values"):
        session.history.annotate(why=object())
    session.history.annotate(scale=np.float32(0.5))
    session.paint(DAB)


def test_keep_journal_raises_if_it_cannot_start_and_leaves_no_files(session, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        session.keep_journal(tmp_path / "file" / "journal")
    with failing_writes(28), pytest.raises(OSError, match="No space"):
        session.keep_journal(tmp_path / "journal")
    assert not (tmp_path / "journal").exists()
    session.paint(DAB)
    session.keep_journal(tmp_path / "journal")


def test_an_editor_opened_on_a_full_disk_is_saved_once_there_is_space(tiny_model, disk):
    with full(disk / "any"):
        editor = Editor(tiny_model, seed=3, auto=False, vectors={})
        assert editor.journal is None
        assert "History is no longer saved: No space left" in editor.view.status
        editor.paint(DAB, run=False)
        editor.wait()
    editor.paint(Stroke([(4.0, 4.0)], 3.0, 2), run=False)
    editor.wait()
    assert editor.notice == ""
    assert content(EditSession.restore(tiny_model, editor.journal)) == content(editor.session)
    editor.close()


@pytest.mark.shipped
def test_a_read_only_journal_is_restored_with_a_note(tiny_model, disk):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    editor.paint(DAB, run=False)
    editor.wait()
    editor.close()
    with read_only(editor.journal):
        again = Editor.restore(editor.journal, tiny_model)
        assert np.array_equal(again.label_map, editor.label_map)
        assert again.notice
    again.paint(Stroke([(4.0, 4.0)], 3.0, 2), run=False)
    again.wait()
    assert again.notice == ""
    assert content(EditSession.restore(tiny_model, again.journal)) == content(again.session)
    again.close()


def test_a_session_that_could_not_take_over_a_journal_does_not_overwrite_later_entries_of_the_other(session, tmp_path):
    session.keep_journal(tmp_path / "journal")
    with failing_writes(30):
        second = EditSession.restore(session.model, tmp_path / "journal")
    session.paint(DAB)
    second.history.store.clock = lambda: time.monotonic() + 3600  # the pause after a failed write is over
    second.paint(Stroke([(4.0, 4.0)], 3.0, 2))
    assert second.history.store.taken_over
    assert "another session" in second.history.store.problem
    assert content(EditSession.restore(session.model, tmp_path / "journal")) == content(session)


def test_damaged_states_of_a_restored_journal_are_left_out_and_the_others_are_accessible(session, tmp_path):
    session.keep_journal(tmp_path / "journal")
    session.paint(DAB)
    kept = content(session)
    session.paint(Stroke([(4.0, 4.0)], 3.0, 2))
    name = session.history.store._pack(session.history.state, session.history.store.arrays)["label_map"]["array"]
    (tmp_path / "journal" / "objects" / name).write_bytes(b"nothing")
    editor = Editor(EditSession.restore(session.model, tmp_path / "journal"), auto=False, vectors={})
    assert content(editor.session, 2) == kept
    assert editor.session.history.entry.id == 1
    editor.visit(2)
    with pytest.raises(JournalError, match="missing or broken"):
        editor.wait()
    assert editor.wait()
    assert not editor.running
    editor.undo()
    assert editor.wait()
    editor.close()


def test_a_failed_action_raises_once_and_later_actions_are_executed(tiny_model, monkeypatch):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={}, journal=False)
    publish, fails = editor._screen.publish, [True, True]

    def failing(**state):
        if fails:
            fails.pop()
            raise MemoryError("no room for the picture")
        publish(**state)

    monkeypatch.setattr(editor._screen, "publish", failing)
    for x in (4.0, 16.0, 28.0):
        editor.paint(Stroke([(x, 16.0)], 3.0, 2), run=False)
    with pytest.raises(MemoryError):
        editor.wait(30)
    assert [editor.label_map[16, x] for x in (4, 16, 28)] == [2, 2, 2]
    assert not editor.running
    assert not editor.view.running
    editor.undo()
    assert editor.wait(30)
    editor.close()


@pytest.mark.slow
def test_opening_many_editors_prunes_no_open_journal(tiny_model, disk):
    editor = Editor(tiny_model, seed=3, auto=False, vectors={})
    editor.paint(DAB, run=False)
    editor.wait()
    more = [Editor(tiny_model, seed=n, auto=False, vectors={}) for n in range(21)]
    editor.paint(Stroke([(4.0, 4.0)], 3.0, 2), run=False)
    assert editor.wait()
    assert editor.notice == ""
    assert len(newest_folders()) == 22
    for one in more:
        one.close()
    new_folder(keep=2)
    assert editor.journal in newest_folders()
    assert len(newest_folders()) == 3 - (editor.journal in newest_folders()[:2])
    editor.close()


def test_another_process_prunes_no_open_journal(tiny_model, disk):
    used, unused = Editor(tiny_model, seed=1, vectors={}), Editor(tiny_model, seed=2, vectors={})
    unused.close()
    code = "from editgan_widgets.documents.journal_folders import new_folder; new_folder(keep=0)"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert newest_folders() == [used.journal]
    used.close()


def test_without_file_locks_a_journal_lists_the_processes_that_use_it(session, disk, monkeypatch):
    monkeypatch.setattr("editgan_widgets.documents.journal_lock.fcntl", None)
    session.keep_journal(new_folder())
    new_folder(keep=0)
    assert len(newest_folders()) == 1
    session.history.store.close()
    lock = newest_folders()[0] / "lock"
    lock.write_text(lock.read_text().replace(f'"pid": {os.getpid()}', '"pid": 999999999'))
    new_folder(keep=0)
    assert newest_folders() == []


def test_the_folder_of_journals_may_start_with_a_tilde(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITGAN_JOURNALS", "~/kept")
    assert journals_folder() == tmp_path / "kept"
    editor = Editor(tiny_model, seed=1, vectors={})
    assert editor.journal.parent == tmp_path / "kept"
    editor.close()
    session = EditSession.from_seed(tiny_model, 1)
    session.keep_journal("~/own")
    assert (tmp_path / "own" / "log.jsonl").is_file()
    assert len(EditSession.restore(tiny_model, "~/own").history.entries) == 1
    monkeypatch.setenv("EDITGAN_JOURNALS", "~nobody-of-this-name/kept")
    editor = Editor(tiny_model, seed=1, vectors={})
    assert editor.journal is None
    editor.close()
    assert not list(tmp_path.glob("~*"))


def test_a_journal_in_a_relative_folder_is_not_affected_by_a_new_working_directory(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session.keep_journal("journal")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    session.paint(DAB)
    assert session.history.store.problem == ""
    assert len(EditSession.restore(session.model, tmp_path / "journal").history.entries) == 2
