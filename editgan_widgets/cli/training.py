"""`editgan train`: one command per network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editgan_widgets.cli.errors import OneLineErrors
from editgan_widgets.cli.options import Data, Device, MaxMinutes, Parts, Seed, TotalImages, Weights
from editgan_widgets.cli.outputs import check_writable
from editgan_widgets.cli.progress import progress

if TYPE_CHECKING:
    from editgan_widgets.labels import LabelSet


train = typer.Typer(cls=OneLineErrors, help="Train one of the networks.", no_args_is_help=True)


# The trainer has an option for each field of its configuration and reads them itself.
@train.command("generator", add_help_option=False, context_settings={"ignore_unknown_options": True})
def train_generator(
    options: Annotated[list[str] | None, typer.Argument(help="Options of the trainer; --help lists them.")] = None,
) -> None:
    """Train a StyleGAN2 on a folder of pictures, as `editgan render` writes it; --help lists its options."""
    from editgan_widgets.training import train_generator

    train_generator.main(list(options or []))


def _portrait_parts(name: str) -> "LabelSet":
    """Label set of portraits by its name. Raises ValueError for an unknown name."""
    from editgan_widgets.domains.portraits import COARSE_LABELS, FINE_LABELS, PORTRAIT_LABELS

    known = {"all": PORTRAIT_LABELS, "fine": FINE_LABELS, "coarse": COARSE_LABELS}
    if name not in known:
        raise ValueError(f"parts are {', '.join(list(known)[:-1])} or {list(known)[-1]}; got {name!r}")
    return known[name]


@train.command("interpreter")
def train_interpreter(
    checkpoint: Annotated[Path, typer.Option(help="Checkpoint of `editgan train generator`.")],
    out: Annotated[Path, typer.Option(help="Bundle to write: generator, discriminator and interpreter.")],
    samples: Annotated[int, typer.Option(min=1, help="Number of labelled pictures.")] = 16,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first labelled picture.")] = 0,
    truncation_psi: Annotated[float, typer.Option(help="Truncation of the labelled pictures, 0 to 1.")] = 0.7,
    candidates: Annotated[
        int | None,
        typer.Option(
            min=1, help="Choose the pictures from this many seeds to show every part. \\[default: the first seeds]"
        ),
    ] = None,
    discriminator: Annotated[
        Path | None, typer.Option(help="Checkpoint with a discriminator, if the first one has none.")
    ] = None,
    segmenter: Annotated[
        Path | None, typer.Option(help="Weights of the labelling segmenter. \\[default: shipped]")
    ] = None,
    parts: Parts = "fine",
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
) -> None:
    """Label a few samples with the portrait segmenter, train the interpreter on them, and write the whole model."""
    from editgan_widgets.domains.portraits import load_segmenter
    from editgan_widgets.training.build_model import build_model

    labels = _portrait_parts(parts)
    check_writable(out, "--out")
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
    model.save(out, half=half)
    typer.echo(f"{model} in {out}")


@train.command("segmenter")
def train_segmenter(
    data: Data,
    out: Weights,
    total_images: TotalImages = 16_000,
    max_minutes: MaxMinutes = None,
    start: Annotated[Path | None, typer.Option(help="Initial weights. \\[default: random]")] = None,
    finest: Annotated[int, typer.Option(min=1, help="Channels of the finest level; may be more than START's.")] = 16,
    parts: Parts = "fine",
    photographic: Annotated[
        bool, typer.Option("--photographic", help="Give the renders other backgrounds, clothes, light and framing.")
    ] = False,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the U-Net that judges edits and labels samples, on rendered portraits with their true label maps."""
    from editgan_widgets.domains.portraits.segmenter import read_segmenter
    from editgan_widgets.training.train_segmenter import TrainSegmenterConfig, train_segmenter

    widths = (finest, *TrainSegmenterConfig.widths[1:])
    config = TrainSegmenterConfig(
        total_images=total_images, max_minutes=max_minutes, photographic=photographic, seed=seed, widths=widths
    )
    check_writable(out, "--out")
    with progress(total_images) as advance:
        model, report = train_segmenter(
            data,
            config,
            on_step=lambda seen, loss: advance(seen, {"loss": loss}),
            device=device,
            start=read_segmenter(start) if start else None,
            labels=_portrait_parts(parts),
        )
    model.save(out, report)
    typer.echo(f"mIoU {report['miou']:.3f}, at half size {report['miou_half_size']:.3f}: {out}")


@train.command("encoder")
def train_encoder(
    model: Annotated[str, typer.Option(help="Name of a shipped model or a bundle's path; not modified.")],
    out: Annotated[Path, typer.Option(help="Bundle to write: the model with its encoder.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of `editgan render`; without it only samples are used.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Bundle whose encoder provides the initial weights. \\[default: random]")
    ] = None,
    total_images: Annotated[int, typer.Option(min=16, help="Number of pictures shown to the network.")] = 200_000,
    max_minutes: MaxMinutes = None,
    photographic: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the renders shown with other surroundings, light and framing."),
    ] = 0.0,
    code_weight: Annotated[
        float, typer.Option(min=0, help="Weight of the squared error in W for renders whose code DATA has.")
    ] = 0.1,
    part_weights: Annotated[
        str, typer.Option(help="Weights of a render's pixels by part id, such as 13=3.5,16=2; others weigh 1.")
    ] = "",
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the encoder, picture to latent in one pass, for a finished model; a stopped run continues."""
    from editgan_widgets import EditGAN, load_model
    from editgan_widgets.models.encoder import Encoder
    from editgan_widgets.training.train_encoder import TrainEncoderConfig, train_encoder
    from editgan_widgets.training.train_generator import part_weights_of

    check_writable(out, "--out")
    loaded = load_model(model, device=device)
    config = TrainEncoderConfig(
        seed=seed,
        total_images=total_images,
        max_minutes=max_minutes,
        photographic=photographic,
        code_weight=code_weight,
        part_weights=part_weights_of(part_weights),
    )
    state = out.with_name(f"{out.stem}.training.safetensors")
    first = EditGAN.load(start).encoder if start else None
    if start and not isinstance(first, Encoder):
        raise ValueError(f"{start} holds no encoder to start from; give a bundle that this command wrote")
    with progress(total_images) as advance:
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
        typer.echo(f"stopped at {report.images} of {total_images} pictures; the same command continues from {state}")


@train.command("factor-regressor")
def train_factor_regressor(
    data: Data,
    out: Weights,
    segmenter: Annotated[Path | None, typer.Option(help="Weights of the segmenter. \\[default: shipped]")] = None,
    total_images: TotalImages = 24_000,
    max_minutes: MaxMinutes = None,
    seed: Seed = 0,
    device: Device = None,
) -> None:
    """Train the network that predicts smile, yaw, age and more from a portrait, on renders with factor records."""
    from editgan_widgets.domains.portraits.segmenter import read_segmenter
    from editgan_widgets.training.train_factor_regressor import TrainFactorRegressorConfig, train_factor_regressor

    config = TrainFactorRegressorConfig(total_images=total_images, max_minutes=max_minutes, seed=seed)
    check_writable(out, "--out")
    with progress(total_images) as advance:
        network = train_factor_regressor(
            data,
            config,
            on_step=lambda seen, loss: advance(seen, {"loss": loss}),
            device=device,
            segmenter=read_segmenter(segmenter) if segmenter else None,
        )
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
    """Train the network that recognises whether two portraits show the same person, on renders in several views."""
    from editgan_widgets.training.train_identity import TrainIdentityConfig, train_identity

    config = TrainIdentityConfig(total_images=total_images, max_minutes=max_minutes, seed=seed)
    check_writable(out, "--out")
    with progress(total_images) as advance:
        network = train_identity(data, config, on_step=lambda seen, loss: advance(seen, {"loss": loss}), device=device)
    network.save(out)
    typer.echo(f"AUC {network.report['auc']:.3f} on {network.report['people']:.0f} held-out people: {out}")
