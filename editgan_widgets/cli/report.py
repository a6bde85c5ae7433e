"""`editgan report`: the measured quality of a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editgan_widgets.cli.options import Device

if TYPE_CHECKING:
    from editgan_widgets.domains.domain import Judges
    from editgan_widgets.models.editgan import EditGAN


def report(
    model: Annotated[str, typer.Argument(help="Name of a shipped model or a bundle's path.")],
    data: Annotated[Path, typer.Option(help="Folder that `editgan render` wrote, of the model's kind of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md, report.json and the pictures.")],
    held_out: Annotated[
        Path | None,
        typer.Option(help="Folder of held-out renders for the encoder. \\[default: the last renders of DATA]"),
    ] = None,
    samples: Annotated[int, typer.Option(min=20, help="Generated pictures, and as many renders.")] = 10_000,
    embedded: Annotated[
        int, typer.Option(min=2, help="Renders that are encoded and embedded; the slowest part.")
    ] = 100,
    features: Annotated[
        str, typer.Option(help="Network whose features are compared: factor-regressor, segmenter or identity.")
    ] = "factor-regressor",
    segmenter: Annotated[Path | None, typer.Option(help="File of the segmenter. \\[default: the domain's]")] = None,
    factor_regressor: Annotated[
        Path | None, typer.Option(help="File of the regressor. \\[default: the domain's]")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option(help="File of the identity network. \\[default: the domain's]")
    ] = None,
    device: Device = None,
) -> None:
    """Measure a model and write its card: distances to the renders, balance, copies, interpreter, encoder, samples."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis import quality_figures
    from editgan_widgets.analysis.quality_figures import QualityConfig
    from editgan_widgets.analysis.quality_report import measure_quality
    from editgan_widgets.analysis.report_pages import write_report

    loaded = load_model(model, device=device)
    found = _judges(loaded, segmenter, factor_regressor, identity)
    networks = {"factor-regressor": found.factors, "identity": found.identity, "segmenter": found.segmenter}
    if features not in networks:
        raise ValueError(f"features of {features!r} cannot be compared; use {', '.join(map(repr, networks))}")
    compared = getattr(networks[features], "features", None)
    if compared is None:
        having = [name for name, network in networks.items() if hasattr(network, "features")]
        raise ValueError(
            f"{_whose(loaded)} has no {features} with features to compare; give the file of one by --{features}"
            + (f", or --features {' or '.join(having)}" if having else "")
        )
    judges = quality_figures.Judges(
        compared, f"the {features.replace('-', ' ')}", found.segmenter, found.factors, found.identity
    )
    config = QualityConfig(
        samples=samples, sweep_samples=min(samples, QualityConfig.sweep_samples), encoder_renders=embedded
    )
    measured = measure_quality(loaded, data, judges, config, progress=True, held_out_dir=held_out)
    typer.echo(f"KID {measured.kid}, precision {measured.manifold.precision}, recall {measured.manifold.recall}")
    typer.echo(f"{write_report(measured, out)}")


def _judges(model: "EditGAN", segmenter: Path | None, factor_regressor: Path | None, identity: Path | None) -> "Judges":
    """The judges of given files, and of the model's domain where no file is given; None for one that it lacks."""
    from editgan_widgets.domains.domain import Judges
    from editgan_widgets.domains.portraits import load_factor_regressor, load_identity, load_segmenter
    from editgan_widgets.domains.portraits.segmenter import MergedSegmenter, Segmenter
    from editgan_widgets.domains.registry import judges_of

    own = judges_of(model) if None in (segmenter, factor_regressor, identity) else Judges()
    parts = own.segmenter if segmenter is None else load_segmenter(segmenter, model.labels).to(model.device)
    if isinstance(parts, Segmenter) and parts.labels != model.labels:
        parts = MergedSegmenter(parts, model.labels).to(model.device)
    return Judges(
        parts,
        own.factors if factor_regressor is None else load_factor_regressor(factor_regressor).to(model.device),
        own.identity if identity is None else load_identity(identity).to(model.device),
    )


def _whose(model: "EditGAN") -> str:
    from editgan_widgets.domains.registry import domain_of

    domain = domain_of(model)
    if domain is not None:
        return f"the domain {domain.name!r}"
    return f"this model belongs to no domain (its parts are {model.labels.name!r}), so it"
