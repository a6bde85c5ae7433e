"""BrowserMessages: what a browser sends to an editor (wire: view.py) becomes calls of its methods, or actions.

It runs in the kernel's callbacks, so it only looks whether a message fits and puts what it asks for into the worker's
inbox. What does not fit is shown as an error and changes nothing.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from editgan_widgets.masks.mask_file import holds_own_mask
from editgan_widgets.scalars import is_real, is_whole, plain
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.checked import checked_entry, checked_steps, checked_strength
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.editor.actions import Action, taken_part
from editgan_widgets.widgets.editor.paint_messages import (
    OPERATIONS,
    mask_action,
    operation_of,
    part_mask_action,
    rule_of,
    stroke_of,
)
from editgan_widgets.widgets.editor.sample_shelf import SampleShelf, checked_sample
from editgan_widgets.widgets.editor.screen import SETTINGS, Screen
from editgan_widgets.widgets.editor.session_actions import DOWNLOADS
from editgan_widgets.widgets.editor.tool_outlines import ToolOutlines
from editgan_widgets.widgets.editor.vector_panel import VectorPanel
from editgan_widgets.widgets.editor.worker import EditorWorker

if TYPE_CHECKING:
    from editgan_widgets.widgets.editor.editor import Editor

_RESENT_EVERY = 0.3  # seconds, where many messages come again at once
_FIELDS = {  # of the settings: what each is called, and its range
    "lr": ("Learning rate", 0.001, 5.0),
    "outside_budget": ("Outside budget", 0.0, 0.2),
    "buffer_px": ("Buffer", 0.0, 64.0),
    "stop_iou": ("Stop at", 0.0, 1.0),
}
_LARGEST_FILE = 64_000_000  # bytes of a picture from the browser


class BrowserMessages:
    """Receives an editor's messages: does each once and in its order.

    Args:
        editor: whose methods do most of what is asked.
        worker: does the rest.
        screen: shows what does not fit.
        panel: the vectors that sliders may ask for.
        deliveries: tells which message is due.
        pacer: is told of frames that were drawn.
        outlines, shelf: answer questions beside the worker.
    """

    def __init__(
        self,
        editor: "Editor",
        worker: EditorWorker,
        screen: Screen,
        panel: VectorPanel,
        deliveries: Deliveries,
        pacer: FramePacer,
        outlines: ToolOutlines,
        shelf: SampleShelf,
    ) -> None:
        self._editor, self._worker, self._screen, self._panel = editor, worker, screen, panel
        self._deliveries, self._outlines = deliveries, outlines
        self._receiving = threading.RLock()
        self._resent_at = 0.0
        self._takes: dict[str, Callable[[dict, Any], Any]] = {
            "ack": lambda content, _: pacer.ack(_whole(content, "seq")),
            "state": lambda content, _: screen.view.resend_state(content.get("revision")),
            "thumbs": self._thumbs,
            "samples": lambda content, _: shelf.on_message(content),
            "outline": self._outline,
            # painting
            "stroke": self._stroke,
            **dict.fromkeys(OPERATIONS, self._operation),
            "from_sample": self._from_sample,
            "open_mask": self._open_mask,
            "open_part_mask": self._open_part_mask,
            # edits
            "run": lambda content, _: editor.run(checked_steps(content.get("steps"))),
            "refine": lambda content, _: editor.refine(checked_steps(content.get("steps"))),
            "stop": lambda _content, _: editor.stop(),
            "accept": lambda _content, _: editor.accept(),
            "discard": lambda _content, _: editor.discard(),
            "strength": self._strength,
            "configure": self._configure,
            # history
            "undo": lambda _content, _: editor.undo(),
            "redo": lambda _content, _: editor.redo(),
            "visit": lambda content, _: editor.visit(checked_entry(content.get("entry"))),
            "rename": lambda content, _: editor.rename(checked_entry(content.get("entry")), _text(content, "name")),
            "compare_with": self._compare_with,
            # vectors
            "vectors": self._vectors,
            "switch": lambda content, _: editor.switch_vector(content.get("name", ""), content.get("on", True)),
            "layers": self._layers,
            "keep": lambda content, _: editor.keep_vector(_text(content, "name")),
            "remove": lambda content, _: editor.remove_vector(content.get("name", "")),
            # files and other pictures
            **dict.fromkeys(DOWNLOADS, self._download),
            "open": self._open,
            "new": self._new,
            "dismiss": lambda _content, _: editor.dismiss(),
        }

    def receive(self, _view: Any, content: Any, buffers: Any) -> None:
        """Take one message."""
        with self._receiving:  # kernels may call back on two threads at once, and messages have an order
            turn = None
            try:
                if isinstance(content, dict) and "turn" in content:
                    turn = self._deliveries.take(content["turn"])
                    if turn is None:
                        self._tell_standing(content["turn"])
                        return
                with self._deliveries.arrival(turn):
                    self._take(content, buffers)
            except Exception as error:  # an error in a callback would be swallowed by ipywidgets
                self._screen.fail(error, content.get("id") if isinstance(content, dict) else None)
            if turn is not None and not turn.queued:
                self._deliveries.finish(turn)
                self._screen.view.publish(handled=self._deliveries.handled())

    def _tell_standing(self, turn: Any) -> None:
        """Answer a message that comes a second time, or before its turn; the first kind missed what came of it."""
        standing, now = self._deliveries.standing(turn), time.monotonic()
        if not standing["early"] and now - self._resent_at > _RESENT_EVERY:
            self._resent_at = now
            self._screen.view.resend_state()  # before it hears that the message is done
        self._screen.view.send({"kind": "standing", **standing})

    def _take(self, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if not isinstance(kind, str) or kind not in self._takes:
            raise ValueError(f"message {kind!r} from the browser is unknown; reload the page")
        self._takes[kind](content, buffers)

    def _stroke(self, content: dict, buffers: Any) -> None:
        labels = self._editor.labels
        stroke, kind = stroke_of(content, buffers, labels), "paint" if content["tool"] == "brush" else "erase"
        self._worker.add(Action(kind, stroke, id=_text(content, "id"), **self._painting(content)))

    def _operation(self, content: dict, buffers: Any) -> None:
        kind, labels = content["kind"], self._editor.labels
        self._worker.add(
            Action(
                "operate",
                operation=operation_of(kind, content, buffers, labels, self._editor.image.shape[0]),
                id=_text(content, "id"),
                tool=str(content.get("name", kind)),
                part=0 if kind == "push" else labels[content["label"]].id,
                **self._painting(content),
            )
        )

    def _from_sample(self, content: dict, _buffers: Any) -> None:
        sample, part = (
            checked_sample(content.get("seed"), content.get("psi")),
            self._editor.labels[content.get("label", "")],
        )
        self._worker.add(taken_part(self._editor.session.model, sample, part.id, **self._painting(content)))

    def _open_mask(self, content: dict, buffers: Any) -> None:
        size = self._editor.image.shape[:2]
        self._worker.add(mask_action(_file(buffers), self._editor.labels, size, **self._painting(content)))

    def _open_part_mask(self, content: dict, buffers: Any) -> None:
        labels, size = self._editor.labels, self._editor.image.shape[:2]
        label = labels[content.get("label", "")].id
        self._worker.add(part_mask_action(_file(buffers), label, labels, size, **self._painting(content)))

    def _open(self, message: dict, buffers: Any) -> None:
        """A picture, a file of latents, or a mask that an editor saved, which needs no menu."""
        content = _file(buffers)
        if holds_own_mask(content, self._editor.labels):
            self._editor.load_mask(content)
        else:
            self._editor.open(content, name=_text(message, "name"))

    def _new(self, content: dict, _buffers: Any) -> None:
        sample = checked_sample(content.get("seed"), content.get("psi"), content.get("source", "torch"))
        self._editor.new_portrait(sample[0], sample[1], sample[2] if len(sample) == 3 else "torch")

    def _painting(self, content: dict) -> dict[str, Any]:
        """Rule and steps of what is painted; no steps where the editor waits for its Edit button."""
        view = self._screen.view
        auto = content.get("auto", True) or view.running
        steps = checked_steps(content.get("steps", view.steps)) if auto else 0
        return {"run": steps, "rule": rule_of(content, self._editor.labels)}

    def _outline(self, content: dict, _buffers: Any) -> None:
        labels = self._editor.labels
        label, rule = labels[content.get("label", "")].id, rule_of(content, labels)
        self._outlines.ask(str(content.get("name")), label, self._editor.label_map, labels, rule)

    def _thumbs(self, _content: dict, _buffers: Any) -> None:
        self._screen.forget_thumbs()
        self._worker.add_preview(Action("preview thumbs"))

    def _strength(self, content: dict, _buffers: Any) -> None:
        strength = checked_strength(content.get("strength"))
        if content.get("live") is True:
            self._worker.add_preview(Action("preview strength", strength=strength))
        else:
            self._editor.set_strength(strength)

    def _configure(self, content: dict, _buffers: Any) -> None:
        preset, settings = content.get("preset"), content.get("settings", {})
        if not isinstance(settings, dict) or not set(settings) <= set(SETTINGS):
            raise ValueError(f"settings from the browser are {', '.join(SETTINGS)}; got {settings!r}")
        for name, value in settings.items():
            _check_setting(name, value)
        self._editor.configure(str(preset), **{name: None if v is None else float(v) for name, v in settings.items()})
        self._screen.dismiss()

    def _compare_with(self, content: dict, _buffers: Any) -> None:
        entry = content.get("entry")
        self._editor.compare_with(None if entry is None else checked_entry(entry))

    def _vectors(self, content: dict, _buffers: Any) -> None:
        """A slider moves (live) or was let go. Neither a preview nor a slider back at its place ends a running edit."""
        changes = self._panel.checked_scales(content.get("scales"))
        if content.get("live") is not True and self._panel.parts(self._panel.changed(changes)):
            self._worker.add(Action("vectors", changes=changes))
        else:
            self._worker.add_preview(Action("preview", changes=changes))

    def _layers(self, content: dict, _buffers: Any) -> None:
        self._editor.vector_layers(content.get("name", ""), content.get("first"), content.get("last"))

    def _download(self, content: dict, _buffers: Any) -> None:
        kind, name = content["kind"], content.get("name", "")
        if kind == "sweep":
            self._panel.check_there(name)
        self._worker.add(Action(kind, name=name, view=_text(content, "view")))


def _check_setting(name: str, value: Any) -> None:
    """Raises ValueError for what is no number, or beyond a field's end; what is too small the engine refuses."""
    field, least, most = _FIELDS[name]
    if value is not None and (not is_real(value) or value > most):
        raise ValueError(f"{field} takes {least:g} to {most:g}; got {value!r}")


def _text(content: dict, name: str) -> str:
    return str(content.get(name, ""))


def _whole(content: dict, name: str) -> int:
    """A whole number of a message."""
    value = plain(content.get(name))
    if not is_whole(value):
        raise ValueError(f"{name} is a whole number; got {str(value)[:40]!r}")
    return int(value)


def _file(buffers: Any) -> bytes:
    """A file that came with a message."""
    content = bytes(buffers[0]) if buffers else b""
    if not 0 < len(content) <= _LARGEST_FILE:
        raise ValueError(f"a picture of {len(content)} bytes came; it takes 1 to {_LARGEST_FILE:,}")
    return content
