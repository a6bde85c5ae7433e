"""An editor works inside other widgets, and frees its widgets when it is closed or unreferenced."""

import gc

import ipywidgets
import pytest
from ipywidgets import Accordion, AppLayout, HBox, Tab, VBox, Widget
from ipywidgets.widgets.widget import _instances

from editgan_widgets import Stroke
from editgan_widgets.widgets import Editor
from editgan_widgets.widgets.core.part_canvas import PartCanvas


@pytest.fixture
def make(tiny_model):
    Editor(tiny_model, vectors={}, journal=False).close()  # creates the widgets that all editors share
    return lambda: Editor(tiny_model, seed=1, vectors={}, journal=False, auto=False)


@pytest.mark.parametrize("container", [VBox, HBox, Tab, Accordion])
def test_containers_accept_an_editor(make, container):
    editor = make()
    box = container([editor])
    assert isinstance(editor, ipywidgets.DOMWidget)
    assert box.children == (editor,)
    assert box.get_state()["children"] == [f"IPY_MODEL_{editor.view.model_id}"]
    assert AppLayout(center=editor).center is editor
    editor.layout.width = "50%"
    editor.add_class("mine")
    assert editor.view.layout.width == "50%"
    assert editor.view._dom_classes == ("mine",)
    data, _ = editor._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == editor.view.model_id
    assert data["image/png"]
    box.close()
    editor.close()


def test_close_frees_every_widget(make):
    gc.collect()  # what earlier tests left
    before = set(_instances)
    editor = make()
    assert len(set(_instances) - before) == 12
    editor.close()
    assert set(_instances) == before
    editor.close()


@pytest.mark.slow
def test_an_unreferenced_editor_is_freed(make):
    gc.collect()  # what earlier tests left
    before = set(_instances)
    for _ in range(4):
        editor = make()
        editor.paint(Stroke([(8, 8)], 3, 1), run=False)
        editor.wait()
    del editor
    gc.collect()
    assert set(_instances) == before


@pytest.mark.slow
def test_an_editor_in_a_container_is_kept_alive(make):
    box = VBox([make()])
    gc.collect()
    assert all(child.view.comm is not None for child in box.children)
    box.children[0].close()


@pytest.mark.slow
def test_rerunning_a_cell_leaks_no_widgets(make):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        shell.user_ns["make"] = make
        before, counts = set(_instances), []
        for source in ("editor = make(); editor", "make()", "from IPython.display import display; display(make())"):
            for _ in range(2):
                assert shell.run_cell(source, store_history=True).success
                gc.collect()
                counts.append(len(set(_instances) - before))
        # One editor of each cell is still shown.
        assert counts == [12] * 2 + [24] * 2 + [36] * 2
        assert all(isinstance(widget, Widget) for widget in _instances.values())
        kept = shell.user_ns["editor"]
        assert shell.run_cell("editor = make(); editor", store_history=True).success
        assert kept.view.comm is not None  # the user's variable keeps it
        kept.close()
    finally:
        from editgan_widgets.widgets.core import shown

        for editors in list(shown._SHOWN.values()):
            for editor in editors:
                editor.close()
        shown._watched.clear()
        InteractiveShell.clear_instance()


def test_a_canvas_frees_its_layers(make, tiny_model, session):
    gc.collect()  # what earlier tests left
    before = set(_instances)
    canvas = PartCanvas(session.image, session.label_map, tiny_model.labels)
    canvas.close()
    assert set(_instances) == before
