"""ExplorerView: the browser side of the explorer."""

import traitlets

from editgan_widgets.widgets.core.live_view import STATIC, LiveView


class ExplorerView(LiveView):
    """Traits of the explorer's page; snapshot.py says what they hold."""

    _esm = STATIC / "explorer.bundle.js"
    _css = STATIC / "explorer.bundle.css"
    KERNEL_WRITTEN = (
        "rows", "chosen", "second", "strength", "seed", "seeds", "image", "strip", "strip_sheet", "effect_map",
        "interaction_map", "views", "paused", "work",
    )  # fmt: skip

    width = traitlets.Int().tag(sync=True)  # px of the pictures
    height = traitlets.Int().tag(sync=True)
    attributes = traitlets.Bool(True).tag(sync=True)  # True if attributes of pictures can be read
    rows = traitlets.List().tag(sync=True)  # [{name, kind, norm, attribute, success, leakage, safe, n, measured}]
    chosen = traitlets.Unicode().tag(sync=True)
    second = traitlets.Unicode().tag(sync=True)  # empty: none
    strength = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)  # seed of the large picture
    seeds = traitlets.List(traitlets.Int()).tag(sync=True)  # seeds of the strip's portraits
    image = traitlets.Bytes().tag(sync=True)
    strip = traitlets.Dict().tag(sync=True)  # {seeds, strengths}
    strip_sheet = traitlets.Bytes().tag(sync=True)  # JPEG, portraits in rows, strengths in columns
    effect_map = traitlets.Bytes().tag(sync=True)  # zlib of 0 to 255 of the largest change
    interaction_map = traitlets.Bytes().tag(sync=True)
    views = traitlets.Dict().tag(sync=True)  # name -> {sentence, basis, n, …} of each result
    paused = traitlets.Bool(False).tag(sync=True)  # the table waits for "Measure all"
    work = traitlets.Dict().tag(sync=True)  # {of, vector, done, total} of the step that a run did last

    sort_by = traitlets.Enum(("", "vector", "norm", "success", "leakage", "safe"), "").tag(sync=True)  # "": as given
    descending = traitlets.Bool(False).tag(sync=True)
    overlay = traitlets.Bool(True).tag(sync=True)  # the effect map over the picture
