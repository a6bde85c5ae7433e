"""A progress bar for commands that take long."""

import contextlib
from collections.abc import Callable, Iterator, Mapping


@contextlib.contextmanager
def progress(total: int | None, unit: str = "img") -> Iterator[Callable[[int, Mapping[str, float]], None]]:
    """A bar; what it gives takes how many are done so far and figures to print."""
    from tqdm import tqdm

    with tqdm(total=total, unit=unit) as bar:

        def advance(seen: int, figures: Mapping[str, float]) -> None:
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()}, refresh=False)
            bar.update(seen - bar.n)

        yield advance
