"""How the package's modules import each other."""

import grimp
import networkx


def test_no_modules_import_each_other_in_a_circle():
    """Imports inside functions and those for the type checker count too."""
    modules = grimp.build_graph("editgan_widgets", exclude_type_checking_imports=False, cache_dir=None)
    edges = [(one, other) for one in modules.modules for other in modules.find_modules_directly_imported_by(one)]
    circles = [sorted(x) for x in networkx.strongly_connected_components(networkx.DiGraph(edges)) if len(x) > 1]
    assert circles == []
