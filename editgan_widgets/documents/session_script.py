"""Write a Python script that repeats a session's edits and computes the same pixels.

The script contains the actions on the present branch of the history: strokes as points, part operations as their
resulting label map, edits with their settings and number of steps, vectors by their names in the library or with their
numbers. At its end it compares the picture with the original one. The script of a photo's session is given the photo,
checks that it is the same one, and writes it with the edits.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8

from editgan_widgets.documents.entry_kinds import kind_of
from editgan_widgets.documents.history import Entry
from editgan_widgets.documents.journal import Journal
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.documents.session_state import State
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.latent.directions.library import shipped_vectors
from editgan_widgets.latent.directions.vector_stack import summed
from editgan_widgets.models.seeds import SEED_SOURCES
from editgan_widgets.packing import packed_text

_HEAD = '''"""Makes a picture again that was edited with editgan-widgets: python {name} {arguments} writes {picture}."""

import hashlib
import sys
from itertools import islice

import torch

from editgan_widgets import DragPoint, EditSession, EditVector, Stroke, load_model
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.latent.described_config import config_of
from editgan_widgets.documents.saved_picture import save_picture
from editgan_widgets.latent.directions.vector_stack import summed
from editgan_widgets.packing import unpacked_text


def latent(text, width={width}):
    return torch.from_numpy(unpacked_text(text, (1, {rows}, width), "<f4").copy())


def parts(text):
    return unpacked_text(text, {size}, "u1")


def mask(text):
    return parts(text).astype(bool)


def run(steps, ran):
    """Run the recorded number of steps; closing early keeps the best step, as in the session."""
    for _ in islice(steps, ran):
        pass
    steps.close()


torch.set_num_threads({threads})  # as when the picture was made: another number of threads may round differently
{photo}model = load_model(sys.argv[{place}] if len(sys.argv) > {place} else "portraits")
if {fingerprint!r} not in (model.fingerprint, model.base_fingerprint):
    sys.exit(f"this picture was made with model {fingerprint}, not {{model.fingerprint}}: give that model's file")
'''

_PHOTO = """
from editgan_widgets.documents.photo import Crop, open_photo
from editgan_widgets.documents.photo_session import PhotoSession

if len(sys.argv) < 2:
    sys.exit("give the photo: python {name} {arguments}")
photo = open_photo(sys.argv[1])
if hashlib.sha256(photo.pixels.tobytes()).hexdigest() != {digest!r}:
    sys.exit(f"{{sys.argv[1]}} is not the photo of {width} x {height} px that was edited: its pixels differ")

"""

_EDITED = "edited = PhotoSession(photo, Crop(*{crop}), session, {psnr!r})\n"

_TAIL = """
{edited}save_picture({saved}, {picture!r})
same = hashlib.sha256({pixels}.tobytes()).hexdigest() == {digest!r}
print("{picture}:", "the same pixels" if same else "not the same pixels: machines and versions round differently")
"""


class ScriptError(ValueError):
    """A history cannot be written as a script."""


def session_script(
    edited: EditSession | PhotoSession, vectors: Mapping[str, EditVector] | None = None, name: str = "picture.py"
) -> str:
    """Write the script of a session's present picture.

    Args:
        edited: the session, or a photo with its session; the present branch of its history is written.
        vectors: the vectors of sliders, by name; sums of them are written as their scales.
        name: file name of the script; the picture that it writes has the same name with the suffix .png.

    Raises ScriptError for a history with kinds of entries that this version does not know.
    """
    session, photo = (edited.session, edited) if isinstance(edited, PhotoSession) else (edited, None)
    with session.lock:
        return _Script(session, photo, dict(vectors or {}), name).text()


def _digest(pixels: UInt8[np.ndarray, "h w 3"]) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


class _Script:
    def __init__(
        self, session: EditSession, photo: PhotoSession | None, vectors: dict[str, EditVector], name: str
    ) -> None:
        self._session, self._photo, self._given, self._name = session, photo, vectors, name
        self._width = session.model.generator.w_dim
        self._library = {vector.name: vector for vector in shipped_vectors(session.model)}
        self._vectors: dict[str, str] = {}  # name -> the code that makes it

    def text(self) -> str:
        session = self._session
        entries = session.history.path()[1:]
        body = self._body(entries)
        picture = f"{self._name.removesuffix('.py')}.png"
        threads = {entry.made["threads"] for entry in entries if kind_of(entry).runs} or {torch.get_num_threads()}
        head = _HEAD.format(
            name=self._name,
            arguments="[MODEL]" if self._photo is None else "PHOTO [MODEL]",
            photo=self._open_photo(),
            place=1 if self._photo is None else 2,
            picture=picture,
            rows=session.model.generator.num_rows,
            width=self._width,
            size=session.label_map.shape,
            threads=min(threads),
            fingerprint=session.model.base_fingerprint,
        )
        made = "".join(f"vectors[{key!r}] = {code}\n" for key, code in self._vectors.items() if code)
        library = "vectors = load_vectors(model)\n" if "" in self._vectors.values() else "vectors = {}\n"
        used = library + made if self._vectors else ""
        return f"{head}{used}\n{self._begin()}\n{body}{self._end(picture)}"

    def _open_photo(self) -> str:
        if self._photo is None:
            return ""
        photo = self._photo.photo
        return _PHOTO.format(
            name=self._name,
            arguments="PHOTO [MODEL]",
            digest=_digest(photo.pixels),
            width=photo.width,
            height=photo.height,
        )

    def _end(self, picture: str) -> str:
        photo = self._photo
        if photo is None:
            return _TAIL.format(
                picture=picture, edited="", saved="session", pixels="session.image", digest=_digest(self._session.image)
            )
        edited = _EDITED.format(crop=photo.crop.numbers, psnr=float(photo.psnr))
        return _TAIL.format(
            picture=picture, edited=edited, saved="edited", pixels="edited.pasted()", digest=_digest(photo.pasted())
        )

    def _begin(self) -> str:
        session, recipe = self._session, self._session.recipe
        if isinstance(recipe.get("seed"), int) and isinstance(recipe.get("truncation_psi"), float):
            seed, psi, source = recipe["seed"], recipe["truncation_psi"], recipe.get("seed_source", "torch")
            if source in SEED_SOURCES and torch.equal(session.model.sample_w_plus(seed, psi, source), session.origin):
                told = "" if source == "torch" else f", source={source!r}"
                return f"session = EditSession.from_seed(model, seed={seed}, truncation_psi={psi!r}{told})"
        return f"session = EditSession.from_latent(model, {self._latent(session.origin)})"

    def _body(self, entries: list[Entry]) -> str:
        index = {entry.id: i for i, entry in enumerate(entries)}
        lines: list[tuple[int, str]] = []  # place of an entry in the history, and its line
        painted_during: set[int] = set()  # ids of drags
        for at, entry in enumerate(entries):
            made, place = entry.made, len(lines)
            if kind_of(entry).runs:
                # Strokes painted during the run come after it, because the run did not include them.
                since = index.get(made["since"], -1)
                place = next((i + 1 for i in reversed(range(len(lines))) if lines[i][0] <= since), 0)
                if made["settings"] is not None and made["settings"]["refine"]:
                    lines[place - 1] = (at, self._refined(made, entries[since].made))
                    continue
            if kind_of(entry).redraws and place < len(lines):
                # It replaces the painted parts and keeps only those pixels that its strokes changed.
                lines[place:] = [(at, self._line(entry)), (at, self._painted(entry))]
                painted_during.add(entry.id)
            else:
                lines.insert(place, (at, self._line(entry)))
            if kind_of(entry).scales and made["edit"] in painted_during:
                lines.append((at, self._painted(entry)))
        return "".join(f"{line}\n" for _, line in lines)

    def _painted(self, entry: Entry) -> str:
        return f"session.set_label_map(parts({packed_text(self._state(entry).label_map, 9)!r}))"

    def _line(self, entry: Entry) -> str:
        made = entry.made
        kind = made["do"]
        if kind == "paint":
            stroke = dict(made["stroke"])
            points = [(float(x), float(y)) for x, y in stroke.pop("points")]
            others = "".join(f", {key}={_literal(value)}" for key, value in stroke.items())
            return f"session.paint(Stroke({points!r}{others}))"
        if kind == "label_map":
            return self._painted(entry)
        if kind == "adopt":
            return "session.adopt_prediction()"
        if kind == "strength":
            return f"session.set_strength({float(made['strength'])!r})"
        if kind == "vector":
            return self._applied(made)
        if kind == "go_to":
            labels = [str(label) for label in made["labels"]]
            return f"session.go_to({self._latent(self._state(entry).w_plus)}, {labels!r})"
        if kind == "edit" and made["settings"] is not None:
            config = f"config_of({_literal(made['settings'])}, {int(made['steps'])})"
            return f"run(session.edit(config={config}{self._start(made)}), {self._ran(made)})"
        if kind == "drag" and made["settings"] is not None:
            config = f"config_of({_literal(made['settings'])}, {int(made['steps'])})"
            points = [tuple(float(x) for x in point) for point in made["points"]]
            told = ", ".join(f"DragPoint({point[:2]}, {point[2:]})" for point in points)
            free = f", region=mask({packed_text(self._array(made['region']))!r})" if "region" in made else ""
            return f"run(session.drag([{told}]{free}, config={config}), {self._ran(made)})"
        if kind_of(entry).runs:
            raise ScriptError("an edit was run with an embedding network, which a script cannot hold")
        raise ScriptError(f"the history holds {kind!r}, which this version cannot write as a script")

    def _start(self, made: Mapping[str, Any]) -> str:
        """The argument that names the vector from which an edit started; a script does not know all that were tried."""
        start = made.get("start")
        if start is None:
            return ""
        return f", start=({self._vector(start['vector'])}, {float(start['scale'])!r})"

    def _ran(self, made: Mapping[str, Any], start: int = 0) -> int | None:
        # None runs to the end, after which the iterator commits a completed edit.
        return None if made["completed"] else int(made["ran"]) + start

    def _applied(self, made: Mapping[str, Any]) -> str:
        return f"session.apply_vector({self._vector(made['vector'])}, {float(made['scale'])!r}{_layers(made)})"

    def _refined(self, made: Mapping[str, Any], vector: Mapping[str, Any]) -> str:
        config = f"config_of({_literal(made['settings'])}, {int(made['steps'])})"
        given = f"{self._vector(vector['vector'])}, {int(made['steps'])}, {float(vector['scale'])!r}"
        return f"run(session.refine({given}{_layers(vector)}, config={config}), {self._ran(made, 1)})"

    def _vector(self, kept: Mapping[str, Any]) -> str:
        delta = self._delta(kept)
        terms = kept.get("combined")
        if terms is not None and all(term["name"] in self._given for term in terms):
            summands = [(self._given[t["name"]], float(t["scale"]), _layers_of(t["layers"])) for t in terms]
            if torch.equal(summed(summands).delta, delta):
                told = ", ".join(
                    f"({self._named(v.name, v.delta, v.labels)}, {scale!r}, {layers!r})"
                    for v, scale, layers in summands
                )
                return f"summed([{told}])"
        return self._named(str(kept["name"]), delta, kept["labels"])

    def _named(self, name: str, delta: torch.Tensor, labels: Iterable[str]) -> str:
        own = self._library.get(name)
        labels = tuple(str(label) for label in labels)
        if own is not None and torch.equal(own.delta, delta) and own.labels == labels:
            self._vectors[name] = ""
            return f"vectors[{name!r}]"
        w_dim, styles = self._width, ""
        if delta.shape[1] > w_dim:
            styles = f", delta_styles={self._latent(delta[:, w_dim:][None])}[0]"
        code = f"EditVector({name!r}, {self._latent(delta[:, :w_dim][None])}[0], {labels!r}{styles})"
        key, number = name, 2
        while self._vectors.get(key, code) != code:  # another vector of the same name
            key, number = f"{name} {number}", number + 1
        self._vectors[key] = code
        return f"vectors[{key!r}]"

    def _latent(self, latents: torch.Tensor) -> str:
        """Code that makes latents `[1, rows, width]`."""
        width = "" if latents.shape[2] == self._width else f", {latents.shape[2]}"
        return f"latent({packed_text(latents.detach().cpu().numpy().astype('<f4'), 9)!r}{width})"

    def _delta(self, kept: Mapping[str, Any]) -> torch.Tensor:
        return torch.from_numpy(self._array(kept["delta"]).copy())

    def _array(self, reference: Any) -> np.ndarray:
        store = self._session.history.store
        assert isinstance(store, Journal)
        return store.arrays.get(reference)

    def _state(self, entry: Entry) -> State:
        return self._session.history.store.get(entry.id)


def _literal(value: Any) -> str:
    """JSON values as Python literals; nothing else can result, so the script is safe for untrusted values."""
    return repr(json.loads(json.dumps(value)))


def _layers(made: Mapping[str, Any]) -> str:
    return "" if made.get("layers") is None else f", layers={_layers_of(made['layers'])!r}"


def _layers_of(layers: Sequence[float] | None) -> Layers:
    """(first, one past the last), or a weight for each row; None = all."""
    if layers is None:
        return None
    return (int(layers[0]), int(layers[1])) if len(layers) == 2 else tuple(float(x) for x in layers)
