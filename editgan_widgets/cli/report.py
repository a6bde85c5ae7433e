"""`editgan report`: the measured quality of a model."""

from pathlib import Path
from typing import Annotated

import typer

from editgan_widgets.cli.options import Device


def report(
    model: Annotated[str, typer.Argument(help="Name of a shipped model or a bundle's path.")],
    data: Annotated[Path, typer.Option(help="Folder that `editgan render` wrote, of the model's kind of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder for report.md, report.json and the pictures.")],
    held_out: Annotated[
        Path | None,
        typer.Option(help="Folder of held-out renders for the encoder. [default: the last renders of DATA]"),
    ] = None,
    samples: Annotated[int, typer.Option(min=20, help="Generated pictures, and as many renders.")] = 10_000,
    embedded: Annotated[
        int, typer.Option(min=2, help="Renders that are encoded and embedded; the slowest part.")
    ] = 100,
    features: Annotated[
        str, typer.Option(help="Network whose features are compared: factor-regressor, segmenter or identity.")
    ] = "factor-regressor",
    segmenter: Annotated[Path | None, typer.Option(help="Weights of the segmenter. [default: shipped]")] = None,
    factor_regressor: Annotated[Path | None, typer.Option(help="Weights of the regressor. [default: shipped]")] = None,
    identity: Annotated[Path | None, typer.Option(help="Weights of the identity network. [default: shipped]")] = None,
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
