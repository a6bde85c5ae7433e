"""The undo tree: branches are kept, groups are undone in one step, and a tree is rebuilt from its entries."""

import re
from pathlib import Path

import pytest
from tiny_model import TINY_LABELS

from editgan_widgets import documents
from editgan_widgets.documents.entry_kinds import KINDS, title_of
from editgan_widgets.documents.history import Entry, History, HistoryError, Kept


def told(history):
    return [entry.made["do"] for entry in history.path()]


def test_undo_and_redo_follow_the_branch_visited_last():
    history = History("a")
    history.push("b", do="b")
    history.undo()
    history.push("c", do="c")
    history.undo()
    history.redo()
    assert history.state == "c"
    history.visit(1)
    assert history.state == "b"
    history.undo()
    history.redo()
    assert history.state == "b"


def test_a_history_is_printed_in_one_line():
    history = History("a")
    history.push("b", do="paint")
    history.undo()
    assert repr(history) == "History(2 entries, at entry 0: begin)"


def test_undone_entries_stay_as_a_branch():
    history = History("a")
    history.push("b", do="b")
    history.undo()
    history.push("c", do="c")
    assert not history.can_redo
    assert history.entries[0].children == [1, 2]
    history.visit(1)
    assert (history.state, told(history)) == ("b", ["begin", "b"])


def test_a_group_is_undone_and_redone_in_one_step():
    history = History(0)
    with history.grouped():
        history.push(1, do="paint")
        history.push(2, do="edit")
    history.push(3, do="paint")
    assert history.before_group() == 2
    history.visit(2)
    assert history.before_group() == 0
    history.visit(0)
    assert history.before_group() == 0
    assert history.after_group() == 2
    history.visit(2)
    assert history.after_group() == 3
    history.visit(3)
    assert history.after_group() == 3


def test_a_group_can_be_continued():
    history = History(0)
    with history.grouped() as group:
        history.push(1, do="slider")
    with history.grouped(group):
        history.push(2, do="slider")
    assert history.before_group() == 0


def test_an_entry_inherits_the_note_of_its_parent():
    history = History(0)
    history.annotate(scales={"smile": 1.0})
    history.push(1, do="paint")
    history.annotate(scales={})
    assert [dict(entry.note) for entry in history.entries.values()] == [{"scales": {"smile": 1.0}}, {"scales": {}}]


def test_an_entry_can_be_renamed_and_an_unknown_one_is_refused():
    history = History(0)
    history.push(1, do="paint")
    history.rename(1, " wider smile ")
    assert history.entries[1].name == "wider smile"
    with pytest.raises(HistoryError, match="no entry 7"):
        history.visit(7)
    with pytest.raises(HistoryError, match="at most 80"):
        history.rename(1, "x" * 81)
    history.undo()
    with pytest.raises(HistoryError, match="nothing to undo"):
        history.undo()


def test_a_history_is_rebuilt_from_its_entries():
    history = History("a")
    history.push("b", do="b")
    history.undo()
    history.push("c", do="c")
    again = History.of(list(history.entries.values()), 2, history.store)
    assert (again.state, told(again)) == ("c", ["begin", "c"])
    again.visit(1)
    again.push("d", do="d")
    assert again.entries[3].parent == 1


@pytest.mark.parametrize(
    "entries",
    [
        [Entry(1, 0, 1, {"do": "paint"})],
        [Entry(0, None, 0, {"do": "begin"}), Entry(0, None, 0, {"do": "begin"})],
        [Entry(0, None, 0, {"do": "begin"}), Entry(2, 1, 1, {"do": "paint"})],
    ],
)
def test_entries_that_do_not_form_a_tree_are_refused(entries):
    with pytest.raises(HistoryError):
        History.of(entries, 0, Kept())


def test_every_kind_has_a_title_and_an_unknown_one_is_named_as_it_is():
    made = {
        "paint": {"stroke": {"label": 3}},
        "label_map": {"part": 3, "tool": "lasso"},
        "edit": {"ran": 7},
        "strength": {"strength": 0.5},
        "vector": {"vector": {"name": "push"}, "scale": -1.0},
    }

    def title(do):
        entry = Entry(1, 0, 1, {"do": do, **made.get(do, {})})
        return title_of(entry, TINY_LABELS, lambda text, **values: text.format(**values))

    part = TINY_LABELS[3].name
    assert [title(do) for do in KINDS] == [
        "Start", part, f"{part} lasso", "Parts from the picture", "7 steps", "Drag", "50%", "push -1", "Opened"
    ]  # fmt: skip
    assert title("new kind") == "new kind"


def test_kinds_of_entries_are_named_only_where_they_are_made_or_written_as_a_script():
    """A module that compares kinds by name would have to learn each new one."""
    root = Path(documents.__file__).parents[1]
    named = re.compile(r'"do"\] *(==|!=|in|not in) *[("]')
    asking = {path.name for path in root.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))}
    assert asking <= {"vectors.py"}  # which continues its own entries
