"""`editgan batch`: edit vectors applied to many portraits."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from editgan_widgets.cli.inputs import given_vector
from editgan_widgets.cli.options import Device, ModelName, SeedSource, TruncationPsi


def batch(
    out: Annotated[Path, typer.Option(help="Folder for pictures and report.csv. A second call adds missing ones.")],
    vector: Annotated[list[str], typer.Option(help="A saved edit vector, or one of the library; may be repeated.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders or files: photos, saved pictures, latents (.npz, .npy, .pt). Or give --seeds."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds in place of files: 0:1000, or 3,7,12.")] = None,
    scale: Annotated[list[float] | None, typer.Option(help="Strength; repeat for several. \\[default: 1]")] = None,
    model: ModelName = "portraits",
    seed_source: SeedSource = "torch",
    truncation_psi: TruncationPsi = 0.7,
    preset: Annotated[
        str, typer.Option(help="Preset for embedding photos: fast, default, paper or released.")
    ] = "default",
    workers: Annotated[int, typer.Option(min=0, help="Processes on this machine, by dask; 0: this process alone.")] = 0,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a dask scheduler, such as tcp://10.0.0.5:8786, in place of --workers."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Apply another model's vectors.")] = False,
    redo: Annotated[
        bool, typer.Option("--redo", help="Make finished edits again; photos are not embedded again.")
    ] = False,
    device: Device = None,
) -> None:
    """Apply edit vectors to a folder of portraits, or to seeds; write pictures and one table."""
    from editgan_widgets import load_model
    from editgan_widgets.analysis import apply_to
    from editgan_widgets.latent.embed import EmbedConfig

    if bool(files) == (seeds is not None):
        raise ValueError("give files or folders, or --seeds such as 0:1000")
    portraits: Any = _seeds(seeds) if seeds is not None else files[0] if len(files or ()) == 1 else files  # type: ignore[index]
    loaded = load_model(model, device=device)
    vectors = [given_vector(loaded, name, force=force) for name in vector]
    with _client(workers, scheduler) as client:
        report = apply_to(
            portraits,
            vectors,
            loaded,
            out,
            scale or 1.0,
            embedding=EmbedConfig.preset(preset),
            truncation_psi=truncation_psi,
            seed_source=seed_source,
            force=force,
            progress=True,
            client=client,
            redo=redo,
        )
    for skipped in report.skipped:
        typer.echo(f"skipped: {skipped.name}: {skipped.reason}")
    typer.echo(report.sentence())
    typer.echo(f"table: {out / 'report.csv'}")


def _seeds(text: str) -> list[int]:
    """Read "0:1000" or "3,7,12"."""
    try:
        if ":" in text:
            first, end = (int(part) for part in text.split(":"))
            if end > first:
                return list(range(first, end))
            raise ValueError
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(
            f"--seeds is FIRST:END, END above FIRST and not included, or numbers with commas; got {text!r}"
        ) from None


@contextlib.contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A client of a scheduler or of new processes; None for neither."""
    if not workers and scheduler is None:
        yield None
        return
    from editgan_widgets.extras import distributed

    library = distributed()
    if scheduler is not None:
        with library.Client(scheduler) as client:
            yield client
        return
    with (
        library.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        library.Client(cluster) as client,
    ):
        yield client
