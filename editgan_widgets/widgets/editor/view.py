"""EditorView: the browser side of the editor as an anywidget; js/editor/ draws the state that this class holds.

State is in traits, so a reloaded page has it again; frames of a running edit are messages. Each trait is written by one
side: the first group below by the kernel, the second by the browser.

    browser -> kernel   the commands and requests of requests.py; js/editor/messages.d.ts, generated from them, has
                        their types
    kernel -> browser   the messages of core/live_view.py, and
                        {kind: "frame", seq, job, preview: true, own} + [JPEG]; own: it is the committed picture
                        {kind: "thumbs", entries} + [JPEG of each]
                        {kind: "history", revision, nodes, gone}: what changed since the revision before
                        {kind: "outline", name, label} + [zlib of 0/1: the part after that tool; empty: none]
                        {kind: "sample", seed, psi} + [JPEG]
"""

from typing import Any

import traitlets
from ipywidgets import widget_serialization

from editgan_widgets.masks.strokes import SHAPES
from editgan_widgets.palettes import palettes_of
from editgan_widgets.scalars import is_whole, plain, whole
from editgan_widgets.widgets.core.live_view import STATIC, LiveView
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.editor.part_tools import PART_TOOLS
from editgan_widgets.widgets.editor.tools import BUTTONS

MASK_STYLES = ("areas", "borders", "both")


class _Whole(traitlets.Int):
    """A whole number; accepts numpy scalars."""

    def validate(self, obj: Any, value: Any) -> Any:
        return super().validate(obj, whole(value, "it") if is_whole(value) else plain(value))


class _Real(traitlets.Float):
    """A number; accepts numpy scalars."""

    def validate(self, obj: Any, value: Any) -> Any:
        return super().validate(obj, plain(value))


class _Flag(traitlets.Bool):
    """True or False; accepts numpy scalars."""

    def validate(self, obj: Any, value: Any) -> Any:
        return super().validate(obj, plain(value))


class EditorView(LiveView):
    """Picture and parts side by side with palette, brush and run bar; has no access to the session."""

    _esm = STATIC / "editor.bundle.js"
    _css = STATIC / "editor.bundle.css"
    KERNEL_WRITTEN = (
        *("image", "before", "mask", "painted", "original", "region", "can_edit", "can_undo", "can_redo", "pending"),
        *("history", "history_revision", "before_name", "settings", "vectors", "vector_pictures", "vector_clashes"),
        *("quality", "whole", "photo", "frame"),
    )
    SENT_AS_CHANGES = ("history", "history_revision")

    canvas = traitlets.Instance(PartCanvas).tag(sync=True, **widget_serialization)
    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    labels = traitlets.List().tag(sync=True)  # [{id, name, other: id of the other side's part; its own id if unpaired}]
    palettes = traitlets.Dict().tag(sync=True)  # {name of a palette: colours, one per label}
    part_tools = traitlets.List().tag(sync=True)  # names of operations on the selected part
    image = traitlets.Bytes().tag(sync=True)  # PNG or JPEG of the committed picture
    before = traitlets.Bytes().tag(sync=True)  # the picture before all edits, for comparing
    photo = traitlets.Bytes().tag(sync=True)  # the embedded photo, at the picture's size; empty for a sampled portrait
    mask = traitlets.Bytes().tag(sync=True)  # zlib of the label map
    painted = traitlets.Bytes().tag(sync=True)  # zlib of 0/1: painted pixels of the mask without an edit; empty: none
    original = traitlets.Bytes().tag(sync=True)  # zlib of the label map that the eraser restores
    region = traitlets.Bytes().tag(sync=True)  # zlib of 0/1: where an edit may act
    can_edit = traitlets.Bool(False).tag(sync=True)
    can_undo = traitlets.Bool(False).tag(sync=True)
    can_redo = traitlets.Bool(False).tag(sync=True)
    pending = traitlets.Float(None, allow_none=True).tag(sync=True)  # strength of an edit that is not accepted yet
    history_revision = traitlets.Int(0).tag(sync=True)  # number of messages with changes of `history`
    history = traitlets.List().tag(sync=True)  # [{id, parent, name, at, present?}], one per action
    before_name = traitlets.Unicode().tag(sync=True)  # name of the entry that `before` shows; empty: before all edits
    settings = traitlets.Dict().tag(sync=True)  # {preset, lr, …} of edits
    vectors = traitlets.List().tag(sync=True)  # [{name, scale, on, layers, own}] of the sliders
    vector_pictures = traitlets.Dict().tag(sync=True)  # JPEG by name
    vector_clashes = traitlets.List().tag(sync=True)  # [{first, second, opposed}] among the applied vectors
    vector_rows = traitlets.Int(0).tag(sync=True)  # number of rows of the latent
    quality = traitlets.Dict().tag(sync=True)  # {embedding: {grade, psnr, …}, edit: {agreement, outside, …}}
    whole = traitlets.Bytes().tag(sync=True)  # JPEG of the whole photo with the edits in it
    frame = traitlets.Dict().tag(sync=True)  # {size: [w, h], crop: [x, y, side, roll], faces: [[x, y, side, roll], …]}

    tool = traitlets.Enum(BUTTONS, "brush").tag(sync=True)
    label = _Whole(0).tag(sync=True)
    size = _Whole(6, min=1).tag(sync=True)  # brush diameter, image px
    shape = traitlets.Enum(SHAPES, "round").tag(sync=True)
    opacity = _Real(0.7, min=0.0, max=1.0).tag(sync=True)
    auto = _Flag(True).tag(sync=True)
    steps = _Whole(30, min=1).tag(sync=True)
    show_whole = _Flag(False).tag(sync=True)  # show the whole photo, if one is open
    divider = _Real(None, allow_none=True, min=0.0, max=1.0).tag(sync=True)  # share of the width; None: off
    locked = traitlets.List(_Whole()).tag(sync=True)  # ids of locked parts
    over = traitlets.List(_Whole()).tag(sync=True)  # ids of the only parts to paint over; empty: any
    mirror = _Flag(False).tag(sync=True)  # paint at both sides of the picture's middle
    pressure = _Flag(True).tag(sync=True)  # a pen's pressure sets the brush size
    hidden = traitlets.List(_Whole()).tag(sync=True)  # ids of parts that are hidden in the mask
    mask_style = traitlets.Enum(MASK_STYLES, "areas").tag(sync=True)
    palette = traitlets.Unicode("own").tag(sync=True)  # one of `palettes`

    def __init__(self, canvas: PartCanvas, **state: Any) -> None:
        self._recoloured = palettes_of(canvas.labels)
        super().__init__(
            canvas=canvas,
            width=int(canvas.width),
            height=int(canvas.height),
            part_tools=list(PART_TOOLS),
            labels=[{"id": x.id, "name": x.name, "other": canvas.labels.other_side(x.id)} for x in canvas.labels],
            palettes={name: [label.color for label in labels] for name, labels in self._recoloured.items()},
            **state,
        )

    @traitlets.validate("palette")
    def _check_palette(self, proposal: Any) -> str:
        if proposal["value"] not in self._recoloured:
            raise traitlets.TraitError(f"these parts have no {proposal['value']!r} palette")
        return proposal["value"]

    @traitlets.observe("palette")
    def _recolour(self, _change: Any) -> None:
        self.canvas.labels = self._recoloured[self.palette]
