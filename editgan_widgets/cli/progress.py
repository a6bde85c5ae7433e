"""A progress bar for commands that take long."""

import contextlib
from collections.abc import Callable, Iterator, Mapping


@contextlib.contextmanager
def progress(total: int | None, unit: str = "img") -> Iterator[Callable[[int, Mapping[str, float]], None]]:
    """Show a progress bar; yields a function of the number done so far and of figures to print."""
    from tqdm import tqdm

    with tqdm(total=total, unit=unit) as bar:

        def advance(seen: int, figures: Mapping[str, float]) -> None:
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()}, refresh=False)
            bar.update(seen - bar.n)

        yield advance
