"""`editgan render`, `shrink` and `verify`: datasets of rendered portraits."""

from pathlib import Path
from typing import Annotated

import typer

from editgan_widgets.cli.progress import progress


def render(
    count: Annotated[int, typer.Option(min=1, help="Number of portraits.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures, label maps and factors.")],
    size: Annotated[int, typer.Option(min=16, help="Side of a picture in px.")] = 128,
    seed0: Annotated[int, typer.Option(min=0, help="Seed of the first portrait; the others follow.")] = 0,
    pictures: Annotated[bool, typer.Option(help="Also write picture files to look at, in OUT/pictures.")] = True,
    picture_format: Annotated[str, typer.Option("--format", help="Format of the picture files: png or webp.")] = "png",
    arrays: Annotated[bool, typer.Option(help="Write the arrays that training reads.")] = True,
    views: Annotated[
        int, typer.Option(min=1, help="Portraits per person, in different pose, light and expression.")
    ] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes that render. \\[default: one per core]")] = None,
    backend: Annotated[
        str | None, typer.Option(help="egl, or software (needs no EGL). \\[default: egl if available]")
    ] = None,
    rare: Annotated[
        float, typer.Option(min=0, max=1, help="Share of portraits with rare traits: winks, moustaches.")
    ] = 0.0,
    until: Annotated[int | None, typer.Option(min=1, help="Stop at this many; a later call continues.")] = None,
) -> None:
    """Render portraits with their true label maps and factors; a stopped render continues."""
    from editgan_widgets.domains.portraits.dataset import write_dataset

    with progress(count, "portrait") as advance:
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
        typer.echo(
            f"{until} of {count} portraits of {size} px in {out}; the same command with a higher --until continues"
        )
    else:
        typer.echo(f"{count} portraits of {size} px in {out}; README.md describes their balance")


def shrink(
    data: Annotated[Path, typer.Argument(help="Folder that `editgan render` wrote, finished or not.")],
    out: Annotated[Path, typer.Option(help="Folder for the smaller portraits; replaced.")],
    size: Annotated[int, typer.Option(min=16, help="Side of a picture in px.")] = 128,
) -> None:
    """Write the finished portraits of a folder at a smaller size, for training at that size."""
    from editgan_widgets.domains.portraits.dataset import read_card, shrink_dataset

    with progress(read_card(data)["done"], "portrait") as advance:
        shrink_dataset(data, out, size, lambda done, _: advance(done, {}))
    typer.echo(f"portraits of {size} px in {out}")


def verify(
    data: Annotated[Path, typer.Argument(help="Folder that `editgan render` wrote.")],
    pack: Annotated[bool, typer.Option("--pack", help="Also write the arrays from the picture files.")] = False,
) -> None:
    """Compare a dataset's files with their checksums; exit code 1 if one is missing or changed."""
    from editgan_widgets.domains.portraits.dataset import damaged_files, pack_arrays, read_card

    with progress(None, "file") as advance:
        damaged = damaged_files(data, lambda done, _: advance(done, {}))
    if damaged:
        typer.echo(f"editgan: {len(damaged)} files of {data} are damaged: {', '.join(damaged[:5])}", err=True)
        raise typer.Exit(1)
    if pack:
        with progress(read_card(data)["count"], "portrait") as advance:
            pack_arrays(data, lambda done, _: advance(done, {}))
    typer.echo(f"{data} is unchanged")
