"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Parts = Annotated[str, typer.Option(help="all (49, for 256 px), fine (45, for 128 px) or coarse (23, for 64 px).")]
Data = Annotated[Path, typer.Option(help="Folder that `editgan render` wrote.")]
Weights = Annotated[Path, typer.Option(help="Weights to write, .safetensors.")]
TotalImages = Annotated[int, typer.Option(min=1, help="Number of pictures shown to the network.")]
MaxMinutes = Annotated[float | None, typer.Option(help="Maximum duration in minutes.")]
SeedSource = Annotated[
    str, typer.Option(help="Random generator of the seed: torch, or numpy as in NVIDIA's generate.py.")
]
LatentFile = Annotated[
    Path | None, typer.Option(help="File of latents (.npz, .npy, .pt) to edit in place of a seed's portrait.")
]
LatentIndex = Annotated[int | None, typer.Option(min=0, help="Index of the latent in its file, from 0.")]
ModelName = Annotated[str, typer.Option(help="Name of a shipped model or a bundle's path.")]
TruncationPsi = Annotated[float, typer.Option(help="Truncation of the sampled latent, 0 to 1.")]
Seed = Annotated[int, typer.Option(help="Seed of the random generator.")]
Columns = Annotated[
    bool | None, typer.Option(help="True if directions are the columns of a matrix. \\[default: as stated by the file]")
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda or mps. \\[default: cuda if available, else cpu]")]
