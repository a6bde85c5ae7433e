"""FinderView: the browser side of the finder."""

import traitlets
from ipywidgets import widget_serialization

from editgan_widgets.widgets.core.live_view import STATIC, LiveView
from editgan_widgets.widgets.core.part_canvas import PartCanvas


class FinderView(LiveView):
    """Traits of the finder's page; snapshot.py says what they hold."""

    _esm = STATIC / "finder.bundle.js"
    _css = STATIC / "finder.bundle.css"
    KERNEL_WRITTEN = ("image", "seed", "active", "directions", "sheets", "kept", "samples", "sample_pictures")

    canvas = traitlets.Instance(PartCanvas).tag(sync=True, **widget_serialization)
    width = traitlets.Int().tag(sync=True)  # px of the picture
    height = traitlets.Int().tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    methods = traitlets.List(traitlets.Unicode()).tag(sync=True)  # search methods that the model supports
    parts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names, for StyleSpace
    row_count = traitlets.Int().tag(sync=True)  # number of rows of w_plus
    strengths = traitlets.List(traitlets.Float()).tag(sync=True)  # strengths of a row's pictures
    seed = traitlets.Int(0).tag(sync=True)
    active = traitlets.Int(-1).tag(sync=True)  # id of the direction that the picture shows; -1: none
    directions = traitlets.List().tag(sync=True)  # [{id, name, rows, fixed, strength, attribute, change, share, …}]
    sheets = traitlets.Dict().tag(sync=True)  # id -> JPEG of the row's pictures, side by side
    kept = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names
    samples = traitlets.List(traitlets.Int()).tag(sync=True)  # seeds
    sample_pictures = traitlets.List(traitlets.Bytes()).tag(sync=True)

    # Written by the page too.
    marks = traitlets.Dict().tag(sync=True)  # seed as text -> 1 or -1
