"""Imports between the package's modules."""

import grimp
import networkx


def test_there_are_no_import_cycles():
    """Imports inside functions and under TYPE_CHECKING count too."""
    modules = grimp.build_graph("editgan_widgets", exclude_type_checking_imports=False, cache_dir=None)
    edges = [(one, other) for one in modules.modules for other in modules.find_modules_directly_imported_by(one)]
    circles = [sorted(x) for x in networkx.strongly_connected_components(networkx.DiGraph(edges)) if len(x) > 1]
    assert circles == []
