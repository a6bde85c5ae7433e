"""`editgan apply`, `drag`, `photo` and `video`: edits of a portrait, a photo or a clip."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from editgan_widgets.cli.inputs import given_vector, starting_latent
from editgan_widgets.cli.options import (
    Columns,
    Device,
    LatentFile,
    LatentIndex,
    ModelName,
    Seed,
    SeedSource,
    TruncationPsi,
)
from editgan_widgets.cli.outputs import check_picture, check_writable
from editgan_widgets.cli.progress import progress

if TYPE_CHECKING:
    from editgan_widgets import DragPoint, EditGAN
    from editgan_widgets.documents.photo import Crop, Photo
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.domains.domain import Judges


SavedVector = Annotated[str, typer.Argument(help="A saved edit vector, .safetensors, or one of the model's library.")]
Scale = Annotated[float, typer.Option(help="Strength of the vector.")]


def apply(
    vector: Annotated[
        str, typer.Argument(help="A saved edit vector, a direction's file (.npy, .npz, .pt), or one of the library.")
    ],
    out: Annotated[Path, typer.Option(help="Picture to write; its extension sets the format.")],
    scale: Annotated[list[float] | None, typer.Option(help="Strength; several give a strip. \\[default: 0 1]")] = None,
    model: ModelName = "portraits",
    seed: Seed = 0,
    seed_source: SeedSource = "torch",
    truncation_psi: TruncationPsi = 0.7,
    latent: LatentFile = None,
    latent_index: LatentIndex = None,
    index: Annotated[str | None, typer.Option(help="Index of a direction in its file, from 0, or its name.")] = None,
    columns: Columns = None,
    rows: Annotated[
        str | None, typer.Option(help="Rows of the latent that move: 0:4 or 0-3, or 4,7. \\[default: all]")
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            help="Unit of a direction's scale: file (its stored length) or sigma (standard deviations of W along it)."
        ),
    ] = "file",
    force: Annotated[
        bool,
        typer.Option("--force", help="Apply another model's vector, or a latent like a direction."),
    ] = False,
    device: Device = None,
) -> None:
    """Apply a saved edit vector or direction to the portrait of a seed or latent, and write the picture."""
    import torch

    from editgan_widgets import images, load_model
    from editgan_widgets.latent.directions.edit_vector import layer_weights

    check_picture(out, "--out")
    loaded = load_model(model, device=device)
    edit_vector = given_vector(loaded, vector, index, unit, columns, force)
    layers = None if rows is None else layer_weights(rows, loaded.generator.num_rows, "--rows")
    w_plus, portrait = starting_latent(loaded, seed, seed_source, truncation_psi, latent, latent_index, force)
    scales = scale or [0.0, 1.0]
    with torch.no_grad():
        edited = torch.cat([edit_vector.apply(w_plus, s, loaded, force, layers) for s in scales])
        pictures = images.to_uint8(loaded.generator.synthesis(edited).image)
    images.save(images.grid(pictures, columns=len(scales)), out)
    typer.echo(f"{edit_vector.name} at scale {', '.join(f'{s:g}' for s in scales)} on {portrait}: {out}")


def drag(
    points: Annotated[
        list[str], typer.Argument(help="Points to drag: X,Y,TOX,TOY in picture pixels, such as 47,52,47,46.")
    ],
    out: Annotated[Path, typer.Option(help="Picture to write: before and after, side by side.")],
    vector: Annotated[Path | None, typer.Option(help="Save the edit as a vector too, .safetensors.")] = None,
    model: ModelName = "portraits",
    seed: Seed = 0,
    seed_source: SeedSource = "torch",
    truncation_psi: TruncationPsi = 0.7,
    latent: LatentFile = None,
    latent_index: LatentIndex = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the optimisation.")] = 22,
    device: Device = None,
) -> None:
    """Drag points of a portrait to targets; the picture away from them is kept. Ctrl+C writes the best step so far."""
    import numpy as np

    from editgan_widgets import EditSession, images, load_model

    check_picture(out, "--out")
    if vector is not None:
        if vector.suffix != ".safetensors":
            raise ValueError(f"--vector must end in .safetensors; got {vector}")
        check_writable(vector, "--vector")
    dragged = [_drag_point(text) for text in points]
    loaded = load_model(model, device=device)
    w_plus, portrait = starting_latent(loaded, seed, seed_source, truncation_psi, latent, latent_index)
    session = EditSession.from_latent(loaded, w_plus)
    running, interrupted = session.drag(dragged, steps), False
    with progress(steps, "step") as advance:
        try:
            for step in running:
                advance(step.index, {"reached": step.reached})
        except KeyboardInterrupt:
            running.close()  # keeps the best step so far
            if not session.can_undo:  # no step was better, or a second interrupt ended that too
                raise
            interrupted = True
    images.save(images.grid(np.stack([session.original_image, session.image]), columns=2), out)
    kept = session.kept_step
    if vector is not None and kept is not None:
        session.edit_vector(vector.stem).save(vector)
    what = "no step was better" if kept is None else f"{kept.reached:.0%} of the way, change outside {kept.outside:.4f}"
    what += ", best so far when interrupted" * interrupted
    typer.echo(f"dragged {len(dragged)} point{'s' * (len(dragged) > 1)} on {portrait}: {what}: {out}")
    if vector is not None and kept is None:
        raise ValueError(
            f"--vector {vector} was not written, because no step was better than the portrait; try more --steps, or "
            "points that are farther from their targets"
        )


def _drag_point(text: str) -> "DragPoint":
    """Read "X,Y,TOX,TOY"."""
    from editgan_widgets import DragPoint

    try:
        x, y, to_x, to_y = (float(number) for number in text.split(","))
    except ValueError:
        raise ValueError(f"a point is X,Y,TOX,TOY, such as 47,52,47,46; got {text!r}") from None
    return DragPoint((x, y), (to_x, to_y))


def photo(
    picture: Annotated[Path, typer.Argument(help="A photo, drawing or painting; any format that Pillow reads.")],
    vector: SavedVector,
    out: Annotated[Path, typer.Option(help="Picture to write, of the photo's size.")],
    scale: Scale = 1.0,
    model: ModelName = "portraits",
    preset: Annotated[
        str | None,
        typer.Option(help="Embed by fast, default, paper or released. \\[default: none if a face is found]"),
    ] = None,
    crop: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Left and upper edge and side of the square, px.")
    ] = None,
    roll: Annotated[float, typer.Option(help="Degrees by which --crop is turned clockwise.")] = 0.0,
    face: Annotated[int, typer.Option(help="Which of the faces that were found, the largest first.")] = 1,
    tune: Annotated[bool, typer.Option("--tune", help="Fine-tune a copy of the generator around the photo.")] = False,
    method: Annotated[
        str | None, typer.Option(help="transfer, gradient or feather; transfer where landmarks are found.")
    ] = None,
    device: Device = None,
) -> None:
    """Embed a photo, apply an edit vector, and paste the edit back into the photo."""
    from editgan_widgets import images, load_model
    from editgan_widgets.analysis.photo_quality import photo_quality
    from editgan_widgets.documents.photo import Crop, open_photo
    from editgan_widgets.documents.photo_session import PhotoSession
    from editgan_widgets.domains.registry import judges_of
    from editgan_widgets.latent.embed import EmbedConfig
    from editgan_widgets.latent.pivotal import PivotalConfig

    if method not in (None, "transfer", "gradient", "feather"):
        raise ValueError(f"method must be transfer, gradient or feather; got {method!r}")
    _check_scale(scale)
    check_picture(out, "--out")
    loaded = load_model(model, device=device)
    edit_vector = given_vector(loaded, vector)
    edit_vector.check(loaded)
    opened_photo = open_photo(picture)
    config = EmbedConfig.preset(preset) if preset else None
    total = (config or EmbedConfig()).steps + (PivotalConfig().steps if tune else 0)
    with progress(total, "step") as advance:
        taken = iter(range(total + 2))
        opened = PhotoSession.open(
            loaded,
            opened_photo,
            Crop(*crop, roll) if crop else _crop_of(loaded, opened_photo, face),
            config,
            PivotalConfig() if tune else None,
            on_step=lambda step: advance(min(next(taken), total), {}),
        )
    session = opened.session
    judges = judges_of(session.model)
    typer.echo(f"photo: {photo_quality(opened, loaded)}")
    typer.echo(f"perceptual features: {loaded.perceptual_distance().name}")
    for note in opened.photo.notes:
        typer.echo(f"note: {note}")
    session.apply_vector(edit_vector, scale)
    typer.echo(f"edited: {_what_it_did(session, judges, edit_vector.recipe.get('attribute'))}")
    images.save(opened.pasted(cast("Literal['transfer', 'gradient', 'feather'] | None", method)), out)
    typer.echo(f"{edit_vector.name} at scale {scale:g}: {out}")


def video(
    clip: Annotated[Path, typer.Argument(help="A GIF, an animated WebP or PNG, an MP4, or a folder of pictures.")],
    vector: SavedVector,
    out: Annotated[Path, typer.Option(help="A .gif, .webp or .mp4, or a folder for the frames as PNG.")],
    scale: Scale = 1.0,
    model: ModelName = "portraits",
    face: Annotated[int, typer.Option(min=1, help="Which face of the first frame, the largest first.")] = 1,
    device: Device = None,
) -> None:
    """Apply an edit vector to a face in all frames of a clip."""
    import numpy as np

    from editgan_widgets import images, load_model
    from editgan_widgets.documents.animation import FORMATS, Animation
    from editgan_widgets.documents.clip import read_clip
    from editgan_widgets.documents.video import edited_frames, followed

    _check_scale(scale)
    if out.suffix and out.suffix.lower() not in FORMATS:
        raise ValueError(f"--out must end in {', '.join(FORMATS)}, or be a folder; got {out.name!r}")
    opened = read_clip(clip)
    loaded = load_model(model, device=device)
    edit_vector = given_vector(loaded, vector)
    edit_vector.check(loaded)
    count = len(opened.frames)
    frames: list[np.ndarray] = []

    def keep(frame: np.ndarray) -> None:
        if not out.suffix:
            i = len(frames)
            name = Path(opened.names[i]).stem if opened.names else f"frame-{i + 1:05d}"
            images.save(frame, out / f"{name}.png")
        frames.append(frame)

    stopped = False
    with progress(2 * count, "frame") as advance:
        shots = followed(loaded, opened.frames, face, lambda done: advance(done, {}))
        if not out.suffix:
            out.mkdir(parents=True, exist_ok=True)
        try:
            for frame in edited_frames(loaded, opened.frames, shots, lambda w: edit_vector.apply(w, scale, loaded)):
                keep(frame)
                advance(count + len(frames), {})
        except KeyboardInterrupt:
            stopped = True
    if out.suffix and frames:
        Animation(np.stack(frames), durations=opened.durations[: len(frames)]).save(out)
    if stopped:
        typer.echo(f"stopped: the first {len(frames)} of {count} frames are written")
        raise typer.Exit(130)
    edited = sum(len(shot.crops) for shot in shots)
    typer.echo(f"the face is in {edited} of {count} frames, in {len(shots)} shots")
    typer.echo(f"{edit_vector.name} at scale {scale:g}: {out}")


def _check_scale(scale: float) -> None:
    """Raise ValueError for a scale that is not finite."""
    if not math.isfinite(scale):
        raise ValueError(f"--scale must be a finite number; got {scale:g}")


def _crop_of(model: "EditGAN", photo: "Photo", number: int) -> "Crop | None":
    """The square of a face; None if the model's domain cannot find any."""
    from editgan_widgets.documents.photo_squares import found_crops

    found = found_crops(model, photo)
    if found is None:
        return None
    if not found:
        raise ValueError("no face was found in the picture; give its square by --crop LEFT UPPER SIDE (and --roll)")
    if not 1 <= number <= len(found):
        raise ValueError(f"--face must be 1 to {len(found)}, the number of faces that were found; got {number}")
    return found[number - 1]


def _what_it_did(session: "EditSession", judges: "Judges", attribute: str | None) -> str:
    """Change of the attribute, identity cosine and change outside the region, as text."""
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
