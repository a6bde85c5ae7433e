"""`editgan compare`: an edit vector beside other ways to edit the same attribute."""

from pathlib import Path
from typing import Annotated

import typer

from editgan_widgets.cli.options import Device


def compare(
    vector: Annotated[str, typer.Argument(help="Name of a vector of the model's library.")],
    out: Annotated[Path, typer.Option(help="Folder for compare.md, compare.csv and compare.png.")],
    attribute: Annotated[str | None, typer.Option(help="Attribute to compare. \\[default: the vector's own]")] = None,
    model: Annotated[str, typer.Option(help="Name of a shipped model or a bundle's path.")] = "portraits",
    portraits: Annotated[int, typer.Option(min=10, help="Held-out portraits; about half of them are edited.")] = 400,
    refined: Annotated[int, typer.Option(min=0, help="Portraits that are also refined, some seconds each.")] = 20,
    samples: Annotated[int, typer.Option(min=50, help="Labelled samples from which directions are learned.")] = 2000,
    device: Device = None,
) -> None:
    """Compare an edit vector with InterFaceGAN, a mean difference, SeFa and StyleSpace (EditGAN, table 1)."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis.attributes import SharedStatistics, StatisticsReader
    from editgan_widgets.analysis.comparison_page import comparison_page
    from editgan_widgets.analysis.edit_comparison import compare_edits
    from editgan_widgets.analysis.edit_ways import REGULARISED, ways_to_edit
    from editgan_widgets.domains.registry import judges_of
    from editgan_widgets.files import write_bytes, write_text
    from editgan_widgets.latent.directions.library import load_vectors

    loaded = load_model(model, device=device)
    library = load_vectors(loaded)
    if vector not in library:
        raise ValueError(f"the library has no vector {vector!r}; it has {', '.join(map(repr, library))}")
    judges, chosen = judges_of(loaded), library[vector]
    if judges.factors is None or judges.identity is None:
        raise ValueError("this model's domain has no judges of attributes and identity, which the comparison needs")
    what = attribute or chosen.recipe.get("attribute")
    if what is None:
        raise ValueError(f"vector {vector!r} names no attribute; give one by --attribute")
    out.mkdir(parents=True, exist_ok=True)  # before the work, so that a path that does not fit costs no hour
    steps = (10, 30, 60) if refined else ()
    read, features = judges.factors.read, judges.identity
    if isinstance(judges.factors, StatisticsReader):
        shared = SharedStatistics(judges.factors)
        read, features = shared.read, shared.features
    ways = ways_to_edit(loaded, chosen, what, read, steps, samples, progress=True)
    found = compare_edits(
        loaded,
        ways,
        what,
        read,
        judges.identity,
        features,  # for the KID
        range(50_000, 50_000 + portraits),
        samples=samples,
        refined_portraits=max(refined, 1),  # without steps, none is refined
        progress=True,
    )
    write_text(out / "compare.csv", found.csv())
    write_bytes(out / "compare.png", found.png())
    write_text(
        out / "compare.md", comparison_page(found, [way for way in ("edit vector", REGULARISED) if way in found.ways])
    )
    typer.echo(found.sentence())
    typer.echo(f"{out / 'compare.md'}")
