"""The `editgan` command: `doctor`, `render`, `train`, `apply`, `drag`, `photo`, `vectors`, `convert`, `report`.

Each command only reads its options and calls one public function of the package; heavy imports happen inside the
command, so that `editgan --help` answers at once. Errors of the package are printed as one line, with exit code 1.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from torch import Tensor

    from editgan_widgets import DragPoint
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.domains.domain import Judges
    from editgan_widgets.labels import LabelSet
    from editgan_widgets.latent.directions.edit_vector import EditVector
    from editgan_widgets.models.editgan import EditGAN


class _OneLineErrors(TyperGroup):
    """Prints the package's and the file system's objections as one line; all else is a bug and keeps its traceback."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except Exception as error:
            ours = type(error).__module__.split(".")[0] in ("editgan_widgets", "editgan_kernels")
            if not (ours or isinstance(error, (ValueError, OSError))):
                raise
            typer.echo(f"editgan: {_in_words(error)}", err=True)
            raise typer.Exit(1) from error


def _in_words(error: Exception) -> str:
    """The file system's own messages begin with a number; ours are words already."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        of_the_path = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)
        hint = "; check the path" if isinstance(error, of_the_path) else ""
        return f"{error.filename}: {error.strerror.lower()}{hint}"
    return str(error)


app = typer.Typer(
    cls=_OneLineErrors,
    help="EditGAN in a notebook, from the command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train = typer.Typer(cls=_OneLineErrors, help="Train one of the networks.", no_args_is_help=True)
app.add_typer(train, name="train")

Parts = Annotated[str, typer.Option(help="all (49, for 256 px), fine (45, for 128 px) or coarse (23, for 64 px).")]
Data = Annotated[Path, typer.Option(help="Folder that `editgan render` wrote.")]
Weights = Annotated[Path, typer.Option(help="Weights to write, .safetensors.")]
TotalImages = Annotated[int, typer.Option(min=1, help="Pictures shown.")]
MaxMinutes = Annotated[float | None, typer.Option(help="End by the clock.")]
SeedSource = Annotated[
    str, typer.Option(help="Random generator of the seed: torch, or numpy as in NVIDIA's generate.py.")
]
LatentFile = Annotated[
    Path | None, typer.Option(help="File of latents (.npz, .npy, .pt) to edit in place of a seed's portrait.")
]
LatentIndex = Annotated[int | None, typer.Option(min=0, help="Which one of several latents, from 0.")]
ModelName = Annotated[str, typer.Option(help="Name of a shipped model or a bundle's path.")]
TruncationPsi = Annotated[float, typer.Option(help="Truncation of the sampled latent, 0 to 1.")]
Seed = Annotated[int, typer.Option(help="Seed of the random generator.")]
Columns = Annotated[
    bool | None, typer.Option(help="Whether a matrix of directions has them as columns. [default: as its file says]")
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda or mps; without it cuda where there is one, else cpu.")]


class Finding(NamedTuple):
    """One line of `editgan doctor`: what was looked at, whether the package can work with it, and what was found."""

    name: str
    state: str  # "ok", "none" (optional and absent) or "FAIL" (needed)
    detail: str


@app.command()
def doctor() -> None:
    """Say what this environment has: versions, devices, EGL, Chromium, kernel, weights; exit code 1 if not ready."""
    findings = [_python(), *_packages(), *_devices(), _egl(), _chromium(), _kernelspec(), *_weights()]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        typer.echo(f"{finding.name:<{width}}  {finding.state:<4}  {finding.detail}")
    if failed := [finding.name for finding in findings if finding.state == "FAIL"]:
        typer.echo(f"editgan: not ready: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok" if sys.version_info >= (3, 10) else "FAIL", f"{version} at {sys.prefix}")


def _packages() -> list[Finding]:
    names = ("editgan-widgets", "torch", "numpy", "jupyterlab", "ipywidgets", "ipycanvas", "anywidget", "moderngl")
    return [_package(name) for name in names]


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "FAIL", "not installed; run `make install` or `pip install -e .`")


def _devices() -> list[Finding]:
    import torch

    cuda = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if cuda else "no CUDA device; the CPU is used"
    mps = torch.backends.mps.is_available()
    return [
        Finding("torch threads", "ok", f"{torch.get_num_threads()} of {os.cpu_count()} cores"),
        Finding("cuda", "ok" if cuda else "none", device),
        Finding("mps", "ok" if mps else "none", "Apple GPU" if mps else "no Apple GPU"),
    ]


def _egl() -> Finding:
    from editgan_widgets.domains.portraits.renderer import NoEGLError, egl_context

    try:
        context = egl_context()
    except NoEGLError as error:
        detail = f"{error.__cause__}; portraits are rendered in software, slower (Debian: libegl1 libgl1-mesa-dri)"
        return Finding("egl", "none", detail)
    detail = context.info["GL_RENDERER"]
    context.release()
    return Finding("egl", "ok", detail)


def _chromium() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for path in map(shutil.which, names) if path), None)
    return Finding("chromium", "ok" if found else "none", found or "none found; only the browser tests need one")


def _kernelspec() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return Finding("jupyter kernel", "ok", KernelSpecManager().get_kernel_spec("editgan").resource_dir)
    except NoSuchKernel:
        detail = "no kernel named editgan; `jupyter kernelspec install --sys-prefix --name editgan kernels/jupyter`"
        return Finding("jupyter kernel", "FAIL", detail)


def _weights() -> list[Finding]:
    from editgan_widgets import load_model
    from editgan_widgets.domains.portraits import load_factor_regressor, load_identity, load_segmenter
    from editgan_widgets.models.checkpoints import fingerprint
    from editgan_widgets.models.editgan import MODELS

    files = dict.fromkeys(MODELS.values())
    return [
        *(
            _weight(f"model {path.stem}", lambda path=path: load_model(path, device="cpu").fingerprint)
            for path in files
        ),
        _weight("segmenter", lambda: fingerprint(load_segmenter())),
        _weight("factor regressor", lambda: fingerprint(load_factor_regressor()), needed=False),
        _weight("identity", lambda: fingerprint(load_identity()), needed=False),
    ]


def _weight(name: str, fingerprint: Callable[[], str], needed: bool = True) -> Finding:
    """A broken file is a failure; an absent one is where the weights are `needed`."""
    try:
        return Finding(name, "ok", f"fingerprint {fingerprint()}")
    except FileNotFoundError as error:
        return Finding(name, "FAIL" if needed else "none", str(error))
    except (ValueError, OSError) as error:
        return Finding(name, "FAIL", str(error))


@contextlib.contextmanager
def _progress(total: int | None, unit: str = "img") -> Iterator[Callable[[int, Mapping[str, float]], None]]:
    """A bar; what it gives takes how many are done so far and figures to print."""
    from tqdm import tqdm

    with tqdm(total=total, unit=unit) as bar:

        def advance(seen: int, figures: Mapping[str, float]) -> None:
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()}, refresh=False)
            bar.update(seen - bar.n)

        yield advance


@app.command()
def render(
    count: Annotated[int, typer.Option(min=1, help="How many portraits.")],
    out: Annotated[Path, typer.Option(help="Folder that takes the pictures, label maps and factors.")],
    size: Annotated[int, typer.Option(min=16, help="Side of a picture in px.")] = 128,
    seed0: Annotated[int, typer.Option(min=0, help="Seed of the first portrait; they count up from it.")] = 0,
    pictures: Annotated[bool, typer.Option(help="Also write picture files to look at, in OUT/pictures.")] = True,
    picture_format: Annotated[str, typer.Option("--format", help="Of the picture files: png or webp.")] = "png",
    arrays: Annotated[bool, typer.Option(help="Write the arrays that training reads.")] = True,
    views: Annotated[int, typer.Option(min=1, help="Portraits of each person, in other pose, light, mood.")] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes that render. [default: one per core]")] = None,
    backend: Annotated[
        str | None, typer.Option(help="egl or software, which needs no EGL. [default: egl where there is one]")
    ] = None,
    rare: Annotated[float, typer.Option(min=0, max=1, help="Share that shows what few have: winks, moustaches.")] = 0.0,
    until: Annotated[int | None, typer.Option(min=1, help="Stop at so many; the same line with more goes on.")] = None,
) -> None:
    """Render portraits with their true label maps and factors; a stopped render goes on where it was."""
    from editgan_widgets.domains.portraits.dataset import write_dataset

    with _progress(count, "portrait") as advance:
        write_dataset(
            out,
            count,
            size,
            seed0,
            pictures,
            lambda done, _: advance(done, {}),
            views=views,
            arrays=arrays,
            picture_format=picture_format,
            jobs=jobs,
            backend=backend,  # type: ignore[reportArgumentType] - another word is refused there
            rare=rare,
            until=until,
        )
    if until is not None and until < count:
        typer.echo(f"{until} of {count} portraits of {size} px in {out}; the same line with a higher --until goes on")
    else:
        typer.echo(f"{count} portraits of {size} px in {out}; README.md tells their balance")


@app.command()
def shrink(
    data: Annotated[Path, typer.Argument(help="Folder that `editgan render` wrote, finished or not.")],
    out: Annotated[Path, typer.Option(help="Folder that takes the smaller portraits; replaced.")],
    size: Annotated[int, typer.Option(min=16, help="Side of a picture in px.")] = 128,
) -> None:
    """Write the finished portraits of a folder anew at a smaller size, for a training at that size."""
    from editgan_widgets.domains.portraits.dataset import read_card, shrink_dataset

    with _progress(read_card(data)["done"], "portrait") as advance:
        shrink_dataset(data, out, size, lambda done, _: advance(done, {}))
    typer.echo(f"portraits of {size} px in {out}")


@app.command()
def verify(
    data: Annotated[Path, typer.Argument(help="Folder that `editgan render` wrote.")],
    pack: Annotated[bool, typer.Option("--pack", help="Then write the arrays from the picture files.")] = False,
) -> None:
    """Compare a dataset's files with their checksums; exit code 1 where one is missing or changed."""
    from editgan_widgets.domains.portraits.dataset import damaged_files, pack_arrays, read_card

    with _progress(None, "file") as advance:
        damaged = damaged_files(data, lambda done, _: advance(done, {}))
    if damaged:
        typer.echo(f"editgan: {len(damaged)} files of {data} are damaged: {', '.join(damaged[:5])}", err=True)
        raise typer.Exit(1)
    if pack:
        with _progress(read_card(data)["count"], "portrait") as advance:
            pack_arrays(data, lambda done, _: advance(done, {}))
    typer.echo(f"{data} is as it was written")


@app.command()
def apply(
    vector: Annotated[
        str, typer.Argument(help="A saved edit vector, a direction's file (.npy, .npz, .pt), or one of the library.")
    ],
    out: Annotated[Path, typer.Option(help="Picture to write; the ending says the format.")],
    scale: Annotated[list[float] | None, typer.Option(help="Strength; several give a strip. [default: 0 1]")] = None,
    model: ModelName = "portraits",
    seed: Seed = 0,
    seed_source: SeedSource = "torch",
    truncation_psi: TruncationPsi = 0.7,
    latent: LatentFile = None,
    latent_index: LatentIndex = None,
    index: Annotated[str | None, typer.Option(help="Which one of a file's directions, from 0, or its name.")] = None,
    columns: Columns = None,
    rows: Annotated[
        str | None, typer.Option(help="Rows of the latent that move: 0:4 or 0-3, or 4,7. [default: all]")
    ] = None,
    unit: Annotated[
        str, typer.Option(help="Of a direction's scale: file, as it is, or sigma, standard deviations of W along it.")
    ] = "file",
    force: Annotated[
        bool,
        typer.Option("--force", help="Apply another model's vector, or a latent like a direction."),
    ] = False,
    device: Device = None,
) -> None:
    """Apply a saved edit vector or a direction to a portrait, of a seed or a latent, and write the picture."""
    import torch

    from editgan_widgets import images, load_model
    from editgan_widgets.latent.directions.edit_vector import layer_weights

    loaded = load_model(model, device=device)
    edit_vector = _vector(loaded, vector, index, unit, columns, force)
    layers = None if rows is None else layer_weights(rows, loaded.generator.num_rows, "--rows")
    w_plus, portrait = _start(loaded, seed, seed_source, truncation_psi, latent, latent_index, force)
    scales = scale or [0.0, 1.0]
    with torch.no_grad():
        edited = torch.cat([edit_vector.apply(w_plus, s, loaded, force, layers) for s in scales])
        pictures = images.to_uint8(loaded.generator.synthesis(edited).image)
    out.parent.mkdir(parents=True, exist_ok=True)
    images.save(images.grid(pictures, columns=len(scales)), out)
    typer.echo(f"{edit_vector.name} at scale {', '.join(f'{s:g}' for s in scales)} on {portrait}: {out}")


@app.command()
def drag(
    points: Annotated[
        list[str], typer.Argument(help="What to drag where: X,Y,TOX,TOY in picture pixels, such as 47,52,47,46.")
    ],
    out: Annotated[Path, typer.Option(help="Picture to write: before and after, side by side.")],
    vector: Annotated[Path | None, typer.Option(help="Save the edit as a vector too, .safetensors.")] = None,
    model: ModelName = "portraits",
    seed: Seed = 0,
    seed_source: SeedSource = "torch",
    truncation_psi: TruncationPsi = 0.7,
    latent: LatentFile = None,
    latent_index: LatentIndex = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimisation.")] = 30,
    device: Device = None,
) -> None:
    """Drag points of a portrait to other places; what is not near them stays."""
    import numpy as np

    from editgan_widgets import EditSession, images, load_model

    dragged = [_drag_point(text) for text in points]
    loaded = load_model(model, device=device)
    w_plus, portrait = _start(loaded, seed, seed_source, truncation_psi, latent, latent_index)
    session = EditSession.from_latent(loaded, w_plus)
    running = session.drag(dragged, steps)
    with _progress(steps, "step") as advance:
        for step in running:
            advance(step.index, {"reached": step.reached})
    out.parent.mkdir(parents=True, exist_ok=True)
    images.save(images.grid(np.stack([session.original_image, session.image]), columns=2), out)
    if vector is not None:
        session.edit_vector(vector.stem).save(vector)
    kept = session.kept_step
    what = "no step was better" if kept is None else f"{kept.reached:.0%} of the way, change outside {kept.outside:.4f}"
    typer.echo(f"dragged {len(dragged)} point{'s' * (len(dragged) > 1)} on {portrait}: {what}: {out}")


def _drag_point(text: str) -> "DragPoint":
    """Read "X,Y,TOX,TOY"."""
    from editgan_widgets import DragPoint

    try:
        x, y, to_x, to_y = (float(number) for number in text.split(","))
    except ValueError:
        raise ValueError(f"a point is X,Y,TOX,TOY, such as 47,52,47,46; got {text!r}") from None
    return DragPoint((x, y), (to_x, to_y))


def _start(
    model: "EditGAN",
    seed: int,
    seed_source: str,
    truncation_psi: float,
    latent: Path | None,
    latent_index: int | None,
    force: bool = False,
) -> "tuple[Tensor, str]":
    """The latent that a command begins with, of a file or a seed, and what to call it."""
    from editgan_widgets import EditSession

    if latent is not None:
        return _latent(model, latent, latent_index, force)
    w_plus = EditSession.from_seed(model, seed, truncation_psi, source=seed_source).w_plus
    return w_plus, f"seed {seed}" + ("" if seed_source == "torch" else f" ({seed_source})")


@app.command()
def photo(
    picture: Annotated[Path, typer.Argument(help="A photo, drawing or painting; any format that Pillow reads.")],
    vector: Annotated[str, typer.Argument(help="A saved edit vector, .safetensors, or one of the model's library.")],
    out: Annotated[Path, typer.Option(help="Picture to write, of the photo's own size.")],
    scale: Annotated[float, typer.Option(help="Strength of the vector.")] = 1.0,
    model: ModelName = "portraits",
    preset: Annotated[str, typer.Option(help="Of the embedding: fast, default, paper or released.")] = "default",
    crop: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Left and upper edge and side of the square, px.")
    ] = None,
    tune: Annotated[bool, typer.Option("--tune", help="Fine-tune a copy of the generator around the photo.")] = False,
    method: Annotated[str, typer.Option(help="Of pasting back: gradient or feather.")] = "gradient",
    device: Device = None,
) -> None:
    """Embed a photo, apply an edit vector, and paste the edit back into the photo."""
    import math

    from PIL import Image

    from editgan_widgets import images, load_model
    from editgan_widgets.analysis.embedding_quality import embedding_quality
    from editgan_widgets.analysis.photo_quality import probe_of
    from editgan_widgets.documents.photo import Crop
    from editgan_widgets.documents.photo_session import PhotoSession
    from editgan_widgets.domains.registry import judges_of
    from editgan_widgets.latent.embed import EmbedConfig
    from editgan_widgets.latent.pivotal import PivotalConfig

    if method not in ("gradient", "feather"):
        raise ValueError(f"method is gradient or feather; got {method!r}")
    if out.suffix.lower() not in Image.registered_extensions() or not math.isfinite(scale):
        raise ValueError(
            f"--out ends in a picture's format, such as .png, and --scale is finite; got {out} and {scale:g}"
        )
    loaded = load_model(model, device=device)
    edit_vector = _vector(loaded, vector)
    edit_vector.check(loaded)
    config = EmbedConfig.preset(preset)
    total = config.steps + (PivotalConfig().steps if tune else 0)
    with _progress(total, "step") as advance:
        taken = iter(range(total + 2))
        opened = PhotoSession.open(
            loaded,
            picture,
            Crop(*crop) if crop else None,
            config,
            PivotalConfig() if tune else None,
            on_step=lambda step: advance(min(next(taken), total), {}),
        )
    session = opened.session
    judges = judges_of(session.model)
    cut = images.from_uint8(opened.cut)
    quality = embedding_quality(session.model, cut, session.w_plus, judges.identity, **probe_of(loaded))
    typer.echo(f"embedded: {quality}")
    typer.echo(f"perceptual features: {loaded.perceptual_distance().name}")
    for note in opened.photo.notes:
        typer.echo(f"note: {note}")
    session.apply_vector(edit_vector, scale)
    typer.echo(f"edited: {_what_it_did(session, judges, edit_vector.recipe.get('attribute'))}")
    out.parent.mkdir(parents=True, exist_ok=True)
    images.save(opened.pasted("gradient" if method == "gradient" else "feather"), out)
    typer.echo(f"{edit_vector.name} at scale {scale:g}: {out}")


def _what_it_did(session: "EditSession", judges: "Judges", attribute: str | None) -> str:
    """How far a session's edit moved the attribute, the person, and the rest of the picture."""
    import numpy as np

    from editgan_widgets import images
    from editgan_widgets.analysis.transfer import attribute_change, identity_cosine

    before, after, region = session.original_image, session.image, session.edited_region
    found = []
    if judges.factors is not None and attribute in judges.factors.names:
        change = attribute_change(judges.factors.read, attribute, before, after, session.model.device)
        found.append(f"{attribute} {change:+.2f}")
    if judges.identity is not None:
        pair = images.from_uint8(np.stack([before, after]), session.model.device)
        found.append(f"identity {identity_cosine(judges.identity, pair):.2f}")
    if not region.all():
        outside = np.abs(after.astype(float) - before).mean(2)[~region].mean() / 255
        found.append(f"change outside {outside:.4f}")
    return ", ".join(found) or "the whole picture"


def _vector(
    model: "EditGAN",
    name: str,
    index: str | None = None,
    unit: str = "file",
    columns: bool | None = None,
    force: bool = False,
) -> "EditVector":
    """A vector by its file, which may be a direction's, or by its name in the model's library."""
    from editgan_widgets import EditVector
    from editgan_widgets.latent.directions.direction_files import load_direction
    from editgan_widgets.latent.directions.library import load_vectors

    if Path(name).suffix == ".safetensors" and unit == "file":
        return EditVector.load(name)
    if Path(name).suffix:
        return load_direction(name, model, index, unit=unit, columns=columns, force=force)  # type: ignore[arg-type]
    library = load_vectors(model)
    if name not in library:
        raise ValueError(f"{name!r} is no file and not in the library; there are: {', '.join(sorted(library))}")
    return library[name]


def _latent(model: "EditGAN", path: Path, index: int | None, force: bool) -> "tuple[Tensor, str]":
    """One latent of a file, [1, rows, w_dim], and how to call it."""
    from editgan_widgets.latent.latents import load_latents

    latents = load_latents(path, model, force=force)
    count = len(latents)
    if index is None and count > 1:
        raise ValueError(f"{path} holds {count} latents; choose one with --latent-index 0 to {count - 1}")
    if (index or 0) >= count:
        raise ValueError(f"{path} holds {count} latents and none of index {index}; --latent-index runs to {count - 1}")
    return latents[index or 0][None], path.name if count == 1 else f"{path.name}, latent {index}"


@app.command()
def vectors(
    out: Annotated[Path, typer.Option(help="Folder that takes the vectors; those that are there are kept.")],
    model: ModelName = "portraits",
    sources: Annotated[int, typer.Option(min=1, help="Portraits whose edits a vector is the mean of.")] = 5,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each edit.")] = 60,
    licence: Annotated[str | None, typer.Option(help="Under which the vectors may be passed on.")] = None,
    device: Device = None,
) -> None:
    """Learn a library of named edit vectors from scripted mask edits on a portrait model's samples."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis.vector_library import LibraryConfig, learn_library
    from editgan_widgets.domains.portraits import load_factor_regressor
    from editgan_widgets.domains.portraits.library_edits import LIBRARY

    config = LibraryConfig(sources=sources, candidates=2 * sources + 2, steps=steps, licence=licence)
    loaded = load_model(model, device=device)
    with _progress(len(LIBRARY), "vector") as advance:
        read = load_factor_regressor().read
        for count, learned in enumerate(learn_library(loaded, out, config, read, LIBRARY), start=1):
            advance(count, {} if learned.attribute is None else {learned.attribute: learned.source_change})
    typer.echo(f"written: {out}")


@app.command()
def convert(
    sources: Annotated[list[Path], typer.Argument(help="Files of a public release; .safetensors for a generator.")],
    out: Annotated[Path, typer.Option(help="Bundle to write, .safetensors; edit vectors are written beside it.")],
    labels: Annotated[
        str | None, typer.Option(help="What the ids mean: car-32, car-20, face-34, cat-16, bird-11, bedroom-19.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Pictures that are compared with the source's.")] = 2,
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--as", help="What arrays are: vector or latents, for all of them, or FILE=vector for one."),
    ] = None,
    index: Annotated[str | None, typer.Option(help="Which one of a file's directions, from 0, or its name.")] = None,
) -> None:
    """Convert a release's files (.pt, .pkl, .pth, .npy, .npz) to safetensors without running them; say what changed."""
    from editgan_widgets import conversion
    from editgan_widgets.label_sets import label_set

    named = label_set(labels) if labels else None
    done = conversion.convert(sources, out, named, half, samples, _kinds(kinds, sources), index)
    for line in done.lines:
        typer.echo(line)
    for note in done.notes:
        typer.echo(f"  {note}")
    if (found := done.difference) is not None:
        typer.echo(
            f"{found.samples} pictures against the source's tensors: largest difference {found.picture_max:.2g}, mean "
            f"{found.picture_mean:.2g} (of [-1, 1]), {found.changed:.3%} of 8-bit values differ"
        )
        if found.logits_max is not None:
            typer.echo(f"logits: largest difference {found.logits_max:.2g}, {found.labels_agree:.2%} of labels agree")
    typer.echo(f"written: {', '.join(map(str, done.files))}")


def _kinds(given: list[str] | None, sources: list[Path]) -> dict[str, str]:
    """What `--as` says, by the sources' paths."""
    kinds: dict[str, str] = {}
    for text in given or []:
        file, equals, kind = text.rpartition("=")
        of = [source for source in sources if not equals or file in (str(source), source.name, source.stem)]
        if not of:
            raise ValueError(f"--as {text}: there is no source {file!r}; name one of the files, or give --as {kind}")
        kinds |= {str(source): kind for source in of}
    return kinds


@app.command()
def report(
    model: Annotated[str, typer.Argument(help="Name of a shipped model or a bundle's path.")],
    data: Annotated[Path, typer.Option(help="Folder that `editgan render` wrote, of the model's kind of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder that takes report.md, report.json and the pictures.")],
    held_out: Annotated[
        Path | None,
        typer.Option(help="Folder of renders that no training saw, for the encoder; else the last ones of DATA."),
    ] = None,
    samples: Annotated[int, typer.Option(min=20, help="Generated pictures, and as many renders.")] = 10_000,
    embedded: Annotated[
        int, typer.Option(min=2, help="Renders that are encoded and embedded; the slowest part.")
    ] = 100,
    features: Annotated[
        str, typer.Option(help="Network whose features are compared: factor-regressor, segmenter or identity.")
    ] = "factor-regressor",
    segmenter: Annotated[Path | None, typer.Option(help="Its weights; without it the shipped ones.")] = None,
    factor_regressor: Annotated[Path | None, typer.Option(help="Its weights; without it the shipped ones.")] = None,
    identity: Annotated[Path | None, typer.Option(help="Its weights; without it the shipped ones.")] = None,
    device: Device = None,
) -> None:
    """Measure a model and write its card: distances to the renders, balance, copies, interpreter, encoder, samples."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis.quality_figures import Judges, QualityConfig
    from editgan_widgets.analysis.quality_report import measure_quality
    from editgan_widgets.analysis.report_pages import write_report
    from editgan_widgets.domains.portraits import load_factor_regressor, load_identity, load_segmenter

    loaded = load_model(model, device=device)
    networks = {
        "factor-regressor": load_factor_regressor(factor_regressor).to(loaded.device),
        "identity": load_identity(identity).to(loaded.device),
        "segmenter": load_segmenter(segmenter, loaded.labels).to(loaded.device),
    }
    if features not in networks:
        raise ValueError(f"features of {features!r} cannot be compared; use {', '.join(map(repr, networks))}")
    judges = Judges(
        networks[features].features,
        f"the {features.replace('-', ' ')}",
        networks["segmenter"],
        networks["factor-regressor"],
        networks["identity"],
    )
    config = QualityConfig(
        samples=samples, sweep_samples=min(samples, QualityConfig.sweep_samples), encoder_renders=embedded
    )
    found = measure_quality(loaded, data, judges, config, progress=True, held_out_dir=held_out)
    typer.echo(f"KID {found.kid}, precision {found.manifold.precision}, recall {found.manifold.recall}")
    typer.echo(f"{write_report(found, out)}")


# The trainer has an option for each field of its configuration and reads them itself.
@train.command("generator", add_help_option=False, context_settings={"ignore_unknown_options": True})
def train_generator(
    options: Annotated[list[str] | None, typer.Argument(help="Options of the trainer; --help lists them.")] = None,
) -> None:
    """Train a StyleGAN2 on a folder of pictures, as `editgan render` writes it; --help lists its options."""
    from editgan_widgets.training import train_generator

    train_generator.main(list(options or []))


def _portrait_parts(name: str) -> "LabelSet":
    """Label set of portraits by its name. Raises ValueError for another word."""
    from editgan_widgets.domains.portraits import COARSE_LABELS, FINE_LABELS, PORTRAIT_LABELS

    known = {"all": PORTRAIT_LABELS, "fine": FINE_LABELS, "coarse": COARSE_LABELS}
    if name not in known:
        raise ValueError(f"parts are {', '.join(list(known)[:-1])} or {list(known)[-1]}; got {name!r}")
    return known[name]


@train.command("interpreter")
def train_interpreter(
    checkpoint: Annotated[Path, typer.Option(help="Checkpoint of `editgan train generator`.")],
    out: Annotated[Path, typer.Option(help="Bundle to write: generator, discriminator and interpreter.")],
    samples: Annotated[int, typer.Option(min=1, help="Pictures that are labelled.")] = 16,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first labelled picture.")] = 0,
    truncation_psi: Annotated[float, typer.Option(help="Truncation of the labelled pictures, 0 to 1.")] = 0.7,
    candidates: Annotated[
        int | None, typer.Option(min=1, help="Choose them from so many, so that every part is shown; else the first.")
    ] = None,
    discriminator: Annotated[
        Path | None, typer.Option(help="Checkpoint that gives the discriminator, where the first one has none.")
    ] = None,
    segmenter: Annotated[Path | None, typer.Option(help="Weights of the labeller; without it the shipped one.")] = None,
    parts: Parts = "fine",
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
) -> None:
    """Label a few samples with the portrait segmenter, train the interpreter on them, and write the whole model."""
    from editgan_widgets.domains.portraits import load_segmenter
    from editgan_widgets.training.build_model import build_model

    labels = _portrait_parts(parts)
    model = build_model(
        checkpoint,
        load_segmenter(segmenter, labels),
        labels,
        samples,
        first_seed,
        truncation_psi,
        candidates,
        discriminator_from=discriminator,
        on_progress=lambda p: typer.echo(f"step {p.step}/{p.total}  loss {p.loss:.3f}  accuracy {p.accuracy:.3f}"),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    model.save(out, half=half)
    typer.echo(f"{model} in {out}")


@train.command("segmenter")
def train_segmenter(
    data: Data,
    out: Weights,
    total_images: TotalImages = 16_000,
    max_minutes: MaxMinutes = None,
    start: Annotated[Path | None, typer.Option(help="Go on from these weights; without it from fresh ones.")] = None,
    finest: Annotated[int, typer.Option(min=1, help="Channels of the finest level; may be more than START's.")] = 16,
    parts: Parts = "fine",
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the U-Net that judges edits and labels samples, on rendered portraits with their true label maps."""
    from editgan_widgets.domains.portraits.segmenter import read_segmenter
    from editgan_widgets.training.train_segmenter import TrainSegmenterConfig, train_segmenter

    widths = (finest, *TrainSegmenterConfig.widths[1:])
    config = TrainSegmenterConfig(total_images=total_images, max_minutes=max_minutes, seed=seed, widths=widths)
    with _progress(total_images) as advance:
        model, report = train_segmenter(
            data,
            config,
            on_step=lambda seen, loss: advance(seen, {"loss": loss}),
            device=device,
            start=read_segmenter(start) if start else None,
            labels=_portrait_parts(parts),
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    model.save(out, report)
    typer.echo(f"mIoU {report['miou']:.3f}, at half size {report['miou_half_size']:.3f}: {out}")


@train.command("encoder")
def train_encoder(
    model: Annotated[str, typer.Option(help="Name of a shipped model or a bundle's path; it is left as it is.")],
    out: Annotated[Path, typer.Option(help="Bundle to write: the model with its encoder.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder that `editgan render` wrote; without it, samples alone teach.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Bundle whose encoder to begin with; without it a fresh one.")
    ] = None,
    total_images: Annotated[int, typer.Option(min=16, help="Pictures shown.")] = 200_000,
    max_minutes: MaxMinutes = None,
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the encoder, picture to latent in one pass, for a finished model; a stopped run goes on where it was."""
    from editgan_widgets import EditGAN, load_model
    from editgan_widgets.models.encoder import Encoder
    from editgan_widgets.training.train_encoder import TrainEncoderConfig, train_encoder

    loaded = load_model(model, device=device)
    config = TrainEncoderConfig(total_images=total_images, max_minutes=max_minutes, seed=seed)
    state = out.with_name(f"{out.stem}.training.safetensors")
    first = EditGAN.load(start).encoder if start else None
    if start and not isinstance(first, Encoder):
        raise ValueError(f"{start} holds no encoder to start from; give a bundle that this command wrote")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _progress(total_images) as advance:
        encoder, report = train_encoder(
            loaded, data, config, checkpoint=state, start=first if isinstance(first, Encoder) else None, on_step=advance
        )
    networks = (loaded.generator, loaded.discriminator, loaded.interpreter)
    features = loaded.perceptual_distance().name
    facts = loaded.metadata | {"encoder": config.to_dict() | report.to_dict() | {"perceptual_features": features}}
    EditGAN(*networks, loaded.labels, facts, encoder).save(out, half=half)
    typer.echo(f"perceptual features: {features}")
    quality = f"PSNR {report.sample_psnr:.1f} dB on samples, {report.render_psnr:.1f} dB on held-out renders"
    typer.echo(f"first pass: {quality}: {out}")
    if not report.finished:
        typer.echo(f"stopped at {report.images} of {total_images} pictures; the same command goes on from {state}")


@train.command("factor-regressor")
def train_factor_regressor(
    data: Data,
    out: Weights,
    segmenter: Annotated[Path | None, typer.Option(help="Weights that name the parts; without it the shipped.")] = None,
    total_images: TotalImages = 24_000,
    max_minutes: MaxMinutes = None,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the network that reads smile, yaw, age and more off a portrait, on renders with their factor records."""
    from editgan_widgets.domains.portraits.segmenter import read_segmenter
    from editgan_widgets.training.train_factor_regressor import TrainFactorRegressorConfig, train_factor_regressor

    config = TrainFactorRegressorConfig(total_images=total_images, max_minutes=max_minutes, seed=seed)
    with _progress(total_images) as advance:
        network = train_factor_regressor(
            data,
            config,
            on_step=lambda seen, loss: advance(seen, {"loss": loss}),
            device=device,
            segmenter=read_segmenter(segmenter) if segmenter else None,
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    network.save(out)
    typer.echo("R²: " + ", ".join(f"{name} {score:.2f}" for name, score in network.report.items()))
    typer.echo(f"factor regressor in {out}")


@train.command("identity")
def train_identity(
    data: Annotated[Path, typer.Option(help="Folder that `editgan render --views 6` wrote.")],
    out: Weights,
    total_images: TotalImages = 100_000,
    max_minutes: MaxMinutes = None,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the network that tells whether two portraits show one person, on renders of people in several views."""
    from editgan_widgets.training.train_identity import TrainIdentityConfig, train_identity

    config = TrainIdentityConfig(total_images=total_images, max_minutes=max_minutes, seed=seed)
    with _progress(total_images) as advance:
        network = train_identity(data, config, on_step=lambda seen, loss: advance(seen, {"loss": loss}), device=device)
    out.parent.mkdir(parents=True, exist_ok=True)
    network.save(out)
    typer.echo(f"AUC {network.report['auc']:.3f} on {network.report['people']:.0f} held-out people: {out}")


if __name__ == "__main__":
    app()
