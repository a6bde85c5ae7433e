"""apply_to: edit vectors applied to many portraits, with pictures and one table."""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked, identity_of, reader_of, try_network
from editgan_widgets.analysis.attributes import default_attributes
from editgan_widgets.analysis.batch.edits import Done, Edit, Interrupted, Task, Work, begin_thread, edited
from editgan_widgets.analysis.batch.folder import BatchFolder, picture_path
from editgan_widgets.analysis.batch.function_key import function_key
from editgan_widgets.analysis.batch.on_dask import edited_on
from editgan_widgets.analysis.batch.portraits import Portrait, Skipped, portraits_of, reason_of
from editgan_widgets.analysis.batch.report import ABOUT, COLUMNS, BatchReport
from editgan_widgets.analysis.results import Basis, Record
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.latent.directions.arguments import Strengths, Vectors, kind_of, several_strengths, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, flag

_GROUP = 8  # portraits that are sent to a worker together


@checked()
def apply_to(
    portraits: Any,
    vectors: Vectors,
    model: EditGAN,
    out: str | os.PathLike[str],
    strengths: Strengths = 1.0,
    read: Read | None = None,
    identity: IdentityModel | None = None,
    embedding: EmbedConfig | None = None,
    truncation_psi: float = 0.7,
    seed_source: str = "torch",
    force: Flag = False,
    progress: bool = False,
    should_stop: Callable[[], bool] | None = None,
    client: Any = None,
    redo: Flag = False,
) -> BatchReport:
    """Apply each vector, at each strength, to every portrait; write the pictures and one table.

    A second call with the same folder makes only what is missing: after Ctrl+C or a crash, for further portraits,
    vectors or strengths, or for files that were broken and are repaired. Broken files, pictures without a face that can
    be embedded, and pictures on which `read` or `identity` fails do not end the call; the report lists them with the
    reason. A picture counts as done if its file is as it was written from the same portrait, vector and strength; a
    damaged or overwritten one is made again. Several calls may write to one folder at the same time.

    Args:
        portraits: latents `[n, num_ws, w_dim]`, or of W `[n, w_dim]`, in one tensor or a list; seeds; or a folder (with
            its subfolders), a file or several files: photos, which are embedded, saved pictures, which contain their
            latent, and files of latents. Folders that apply_to wrote inside a folder of portraits are not searched.
        vectors: one, several, or a library by name.
        model: the model of the vectors.
        out: folder for pictures, table and log (analysis/batch/folder.py); made if it is missing. Not the portraits'
            own folder.
        strengths: scales of the vectors.
        read: attributes of pictures (analysis/attributes.py); None takes those of the model's domain, if there are any.
        identity: network that compares faces; None takes that of the model's domain, if there is one.
        embedding: settings for photos.
        truncation_psi, seed_source: truncation and random generator of seeds.
        force: apply vectors of another model too.
        progress: show a progress bar.
        should_stop: called after each portrait and each step of an embedding; True ends early, as Ctrl+C does, with a
            report of what is done.
        client: a `dask.distributed.Client`; the same call then runs on its workers. They must have this package and the
            same kind of CPU; the results are then the same bytes as without a client.
        redo: make every edit again; photos are not embedded again.

    An edit is also made again if what measures it has changed: `read`, `identity`, their code, networks and the values
    that they refer to, or the model's interpreter. A change that the code of `read` or `identity` does not show, such
    as one in a file that it reads or in a list or a dictionary, needs `redo`.

    Each picture is computed with one torch thread, so that results do not depend on the machine's number of cores.

    Raises WrongModelError for a vector of another model, ValueError for no or equally named vectors, for portraits that
    are none, and for an attribute that has the name of a column of the table; OSError for a folder that cannot be
    written; RuntimeError for a client that has no workers for half a minute.
    """
    if not isinstance(out, (str, os.PathLike)):
        raise ValueError(f"out is the path of a folder for pictures and a table; got {kind_of(out)}")
    if client is not None and not callable(getattr(client, "register_plugin", None)):
        said = f"Client({client!r})" if isinstance(client, str) else "Client('tcp://10.0.0.5:8786')"
        raise ValueError(f"client must be a dask.distributed.Client; got {kind_of(client)}; give {said}")
    begin_thread()
    chosen = _vectors(vectors, model, force)
    scales = several_strengths(strengths)
    redo = flag(redo, "redo")
    if embedding is not None and not isinstance(embedding, EmbedConfig):
        raise ValueError(f"embedding must be an EmbedConfig, such as EmbedConfig(steps=100); got {kind_of(embedding)}")
    judges = judges_of(model)
    read = default_attributes(model) if read is None else read
    identity = judges.identity if identity is None else identity
    if identity is not None:
        try_network(model, identity, "identity")
        identity = identity_of(identity)
    work = Work(model, chosen, None if read is None else reader_of(read), identity, embedding or EmbedConfig())
    if isinstance(portraits, (str, os.PathLike)) and Path(portraits).resolve() == Path(out).resolve():
        raise ValueError(
            f"out is the portraits' own folder, {os.fspath(out)}; give another one, such as {Path(out) / 'edited'}"
        )
    attributes = _attributes(work)
    folder = BatchFolder(Path(out))
    listed = portraits_of(model, portraits, truncation_psi, seed_source, apart_from=folder.files())
    model.w_statistics()  # computed here, workers get the same
    batch = _Batch(work, folder, listed, scales, attributes, redo)
    batch.run(progress, should_stop, client)
    return batch.report()


class _Batch:
    """One call: its edits and their results."""

    def __init__(
        self,
        work: Work,
        folder: BatchFolder,
        listed: list[Portrait | Skipped],
        scales: tuple[float, ...],
        attributes: tuple[str, ...],
        redo: bool,
    ) -> None:
        self.redo, self.made = redo, set[str]()  # names of the portraits that this call has edited
        self.work, self.folder, self.listed, self.attributes = work, folder, listed, attributes
        self.columns = (*ABOUT, *attributes)
        measured = _measures_key(work, attributes)
        self.embedding = _key(work.model.fingerprint, function_key(work.model.encoder), repr(work.embedding))
        self.portraits = {one.name: one for one in listed if isinstance(one, Portrait)}
        self.skipped = {one.name: one for one in listed if isinstance(one, Skipped)}
        made_of = [_vector_key(work.model, vector) for vector in work.vectors]
        self.edits = {
            name: tuple(
                Edit(i, scale, _key(self._embedding_key(name), made_of[i], repr(scale), measured))
                for i in range(len(work.vectors))
                for scale in scales
            )
            for name in self.portraits
        }
        self.asked: dict[str, tuple[Edit, ...]] = {}  # the edits of the tasks that are running

    def run(self, progress: bool, should_stop: Callable[[], bool] | None, client: Any) -> None:
        """Make the missing edits, until all are done or the call is stopped."""
        missing = [portrait for name, portrait in self.portraits.items() if self._missing(name)]
        total = len(self.portraits)
        bar = tqdm(total=total, initial=total - len(missing), unit="portrait", disable=not progress)
        try:
            tasks = self._tasks(missing)
            if client is None:
                results = _edited_here(self.work, tasks, should_stop)
            else:
                results = edited_on(client, self.work, tasks, _GROUP, should_stop)
            with closing(results):
                for done in results:
                    self._keep(done)
                    bar.update()
        except KeyboardInterrupt:
            pass  # the report says what is missing
        finally:
            bar.close()
            paths = (self._path(name, edit) for name, edits in self.edits.items() for edit in edits)
            self.folder.close(paths, self.report().table())

    def report(self) -> BatchReport:
        """Report of the edits that are done so far."""
        rows: list[Record] = []
        missing = 0
        for name in self.portraits:
            for edit in () if name in self.skipped else self.edits[name]:
                row = self._row(name, edit)
                if row is None:
                    missing += 1
                else:
                    rows.append(row)
        skipped = tuple(self.skipped[one.name] for one in self.listed if one.name in self.skipped)
        basis = Basis(len({row["portrait"] for row in rows}), None, None, self.work.model.fingerprint)
        return BatchReport(self.folder.path, tuple(rows), skipped, missing, self.attributes, basis)

    def _missing(self, name: str) -> tuple[Edit, ...]:
        if not self.folder.has_picture(self._embedding_key(name), picture_path("original", name)):
            return self.edits[name]
        return tuple(edit for edit in self.edits[name] if self._row(name, edit) is None)

    def _path(self, name: str, edit: Edit) -> str:
        return picture_path(f"{self.work.vectors[edit.vector].name} {_short(edit.strength)}", name)

    def _row(self, name: str, edit: Edit) -> Record | None:
        """Row of an edit; None if it is not done."""
        if self.redo and name not in self.made:
            return None
        return self.folder.row(edit.key, self._path(name, edit), self.columns)

    def _tasks(self, portraits: list[Portrait]) -> Iterator[Task]:
        """Tasks of portraits, read one by one."""
        for portrait in portraits:
            embedded = self.folder.latent(self._embedding_key(portrait.name), portrait.name)
            try:
                source, psnr = (portrait.load(), None) if embedded is None else embedded
            except OSError as error:
                self.skipped[portrait.name] = Skipped(portrait.name, reason_of(error))
                continue
            self.asked[portrait.name] = self._missing(portrait.name)
            yield Task(portrait.name, source, psnr, self.asked[portrait.name])

    def _keep(self, done: Done) -> None:
        """Write what was made of a portrait; an edit counts as done once its row is logged."""
        if done.original is None:
            self.skipped[done.name] = Skipped(done.name, done.reason or "")
            return
        edits, key = self.asked.pop(done.name), self._embedding_key(done.name)
        self.folder.add_picture(key, picture_path("original", done.name), done.original)
        if done.embedded is not None and done.psnr is not None:
            self.folder.add_latent(key, done.name, done.embedded, done.psnr)
        for edit, picture, figures in zip(edits, done.edited, done.figures, strict=True):
            vector, path = self.work.vectors[edit.vector], self._path(done.name, edit)
            about = {"portrait": done.name, "vector": vector.name, "strength": edit.strength, "picture": path}
            self.folder.add_picture(edit.key, path, picture, about | figures)
        self.made.add(done.name)

    def _embedding_key(self, name: str) -> str:
        return _key(name, self.portraits[name].key, self.embedding)


def _edited_here(
    work: Work, tasks: Iterator[Task], should_stop: Callable[[], bool] | None
) -> Generator[Done, None, None]:
    for task in tasks:
        try:
            yield edited(work, task, should_stop)
        except Interrupted:
            return
        if should_stop is not None and should_stop():
            return


def _vectors(given: Any, model: EditGAN, force: Flag) -> tuple[EditVector, ...]:
    several = several_vectors(given)
    for vector in several:
        if not flag(force, "force"):
            vector.check(model)
        vector.apply(model.sample_w_plus(0), force=True)  # raises for another shape
    names = [vector.name for vector in several]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two vectors are named {repeated[0]!r}, and the name is their pictures' folder; rename one")
    return tuple(several)


def _attributes(work: Work) -> tuple[str, ...]:
    """Names of the attributes. Raises ValueError for those that the table cannot have as columns."""
    names = () if work.read is None else attributes_read(work.model, work.read)
    for name in names:
        if name in COLUMNS:
            raise ValueError(
                f"read names an attribute {name!r}, which is a column of the table; rename it, such as 'my {name}'"
            )
    return names


def _measures_key(work: Work, attributes: tuple[str, ...]) -> str:
    """Key of what measures an edit: attributes, identity, interpreter and labels."""
    labels = [label.name for label in work.model.labels]
    judges = function_key(work.read), function_key(work.identity), function_key(work.model.interpreter)
    return _key(repr(attributes), *judges, repr(labels))


def _short(strength: float) -> str:
    """The strength in the name of a folder; two strengths never have the same name."""
    return f"{strength:g}" if float(f"{strength:g}") == strength else repr(strength)


def _vector_key(model: EditGAN, vector: EditVector) -> str:
    delta = vector.delta.detach().cpu().numpy().astype("<f4").tobytes()
    return _key(model.fingerprint, vector.name, repr(vector.labels), hashlib.sha256(delta).hexdigest())


def _key(*parts: str) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
