"""`editgan vectors`: a library of edit vectors."""

from pathlib import Path
from typing import Annotated

import typer

from editgan_widgets.cli.options import Device, ModelName
from editgan_widgets.cli.progress import progress


def vectors(
    out: Annotated[Path, typer.Option(help="Folder for the vectors; existing ones are kept.")],
    model: ModelName = "portraits",
    sources: Annotated[int, typer.Option(min=1, help="Number of portraits over whose edits a vector is averaged.")] = 5,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each edit.")] = 60,
    licence: Annotated[str | None, typer.Option(help="Licence of the vectors.")] = None,
    device: Device = None,
) -> None:
    """Learn a library of named edit vectors from scripted mask edits on a model's samples."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis.attributes import default_attributes
    from editgan_widgets.analysis.vector_library import LibraryConfig, edits_of, learn_library

    config = LibraryConfig(sources=sources, candidates=2 * sources + 2, steps=steps, licence=licence)
    loaded = load_model(model, device=device)
    edits, read = edits_of(loaded), default_attributes(loaded)
    with progress(len(edits), "vector") as advance:
        for count, learned in enumerate(learn_library(loaded, out, config, read, edits), start=1):
            advance(count, {} if learned.attribute is None else {learned.attribute: learned.source_change})
    typer.echo(f"written: {out}")
