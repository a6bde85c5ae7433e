"""Imports between the package's modules."""

import tomllib
from pathlib import Path

import grimp
import networkx

import editgan_widgets

PACKAGE = Path(editgan_widgets.__file__).parent


def test_there_are_no_import_cycles():
    """Imports inside functions and under TYPE_CHECKING count too."""
    modules = grimp.build_graph("editgan_widgets", exclude_type_checking_imports=False, cache_dir=None)
    edges = [(one, other) for one in modules.modules for other in modules.find_modules_directly_imported_by(one)]
    circles = [sorted(x) for x in networkx.strongly_connected_components(networkx.DiGraph(edges)) if len(x) > 1]
    assert circles == []


def contract(name):
    contracts = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return next(one for one in contracts["contracts"] if one["name"].startswith(name))


def children(package):
    """Names of the modules and packages in a folder."""
    return {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {
        "__init__",
        "__main__",
    }


def test_every_module_but_the_widgets_is_kept_free_of_jupyter():
    free = {name.removeprefix("editgan_widgets.") for name in contract("only widgets")["source_modules"]}
    assert free - {"editgan_kernels"} == children(PACKAGE) - {"widgets"}


def test_the_widgets_core_imports_no_widget_a_new_one_included():
    graph, widgets = grimp.build_graph("editgan_widgets", cache_dir=None), "editgan_widgets.widgets"
    for name in children(PACKAGE / "widgets") - {"core"}:
        assert not graph.find_shortest_chains(f"{widgets}.core", f"{widgets}.{name}"), name


def test_masks_may_import_torch_through_no_other_module():
    assert not contract("masks").get("allow_indirect_imports")
