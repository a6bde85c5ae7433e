"""`editgan convert`: files of public releases as safetensors."""

from pathlib import Path
from typing import Annotated

import typer


def convert(
    sources: Annotated[list[Path], typer.Argument(help="Files of a public release; .safetensors for a generator.")],
    out: Annotated[Path, typer.Option(help="Bundle to write, .safetensors; edit vectors are written beside it.")],
    labels: Annotated[
        str | None, typer.Option(help="Name of the ids' label set; an unknown name is answered with all of them.")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Pictures that are compared with the source's.")] = 2,
    half: Annotated[bool, typer.Option("--half", help="Store float16, half the size.")] = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--as", help="Kind of the arrays: vector or latents for all of them, or FILE=vector for one."),
    ] = None,
    index: Annotated[str | None, typer.Option(help="Index of a direction in its file, from 0, or its name.")] = None,
) -> None:
    """Convert a release's files (.pt, .pkl, .pth, .npy, .npz) to safetensors; no code in them is executed."""
    from editgan_widgets import conversion
    from editgan_widgets.domains.registry import find_label_set

    named = None if labels is None else find_label_set(labels)
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
    """Kinds given by `--as`, by source path. Raises ValueError for an unknown source."""
    kinds: dict[str, str] = {}
    for text in given or []:
        file, equals, kind = text.rpartition("=")
        of = [source for source in sources if not equals or file in (str(source), source.name, source.stem)]
        if not of:
            raise ValueError(f"--as {text}: there is no source {file!r}; name one of the files, or give --as {kind}")
        kinds |= {str(source): kind for source in of}
    return kinds
