"""Keep the editors that a notebook's cells show, and release an editor when its cell is run again.

An editor and its widgets are freed when nothing refers to it. The output of a cell counts as a reference until the cell
is run again. Then the output is gone from the page, and the editor is also removed from `Out`, `_` and the like.
"""

import gc
from typing import Any

_SHOWN: dict[tuple[str, str], list[Any]] = {}  # by cell
_watched: list[Any] = []  # shells with our callbacks
_given_up = False


def keep_while_shown(editor: Any) -> None:
    """Keep an editor that the running cell displays. Does nothing without IPython."""
    shell = _shell()
    if shell is None:
        return
    if shell not in _watched:
        _watched.append(shell)
        shell.events.register("pre_run_cell", lambda info: _begin_cell(shell, info))
        shell.events.register("post_run_cell", lambda _result: _end_cell())
    editors = _SHOWN.setdefault(_cell(shell), [])
    if not any(other is editor for other in editors):
        editors.append(editor)


def forget(editor: Any) -> None:
    """Release a closed editor."""
    for cell, editors in list(_SHOWN.items()):
        _SHOWN[cell] = [other for other in editors if other is not editor]


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _cell(shell: Any) -> tuple[str, str]:
    """Key of the running cell: its id, or its source if the front end sends no id."""
    kernel = getattr(shell, "kernel", None)
    try:
        parent = kernel.get_parent("shell") if kernel is not None else {}
        id = parent.get("metadata", {}).get("cellId")
    except (AttributeError, LookupError, TypeError):
        id = None
    if id:
        return "id", str(id)
    sources = shell.history_manager.input_hist_raw if shell.history_manager is not None else [""]
    return "source", str(sources[-1])


def _begin_cell(shell: Any, info: Any) -> None:
    global _given_up
    id = getattr(info, "cell_id", None)
    for editor in _SHOWN.pop(("id", str(id)) if id else ("source", str(info.raw_cell)), []):
        _given_up = True
        _forget_output(shell, editor)


def _forget_output(shell: Any, editor: Any) -> None:
    """Remove an editor from the results that IPython keeps: `Out[5]`, `_5`, `_`, `__` and `___`."""
    outputs = shell.user_ns.get("_oh", {})
    numbers = [number for number, value in outputs.items() if value is editor]
    for number in numbers:
        del outputs[number]
    for names in (shell.user_ns, shell.user_ns_hidden):
        for number in numbers:
            names.pop(f"_{number}", None)
        for name in ("_", "__", "___"):
            if names.get(name) is editor:
                names[name] = ""
    for name in ("_", "__", "___"):
        if getattr(shell.displayhook, name, None) is editor:
            setattr(shell.displayhook, name, "")


def _end_cell() -> None:
    global _given_up
    if _given_up:
        _given_up = False
        gc.collect()
