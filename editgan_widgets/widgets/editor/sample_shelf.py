"""SampleShelf: pictures of sampled portraits to choose from, generated while the editor is idle and cached as JPEG."""

from collections.abc import Callable, Sequence
from typing import Any

from editgan_widgets.documents.samples import Sample, sample_pictures
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.seeds import SEED_SOURCES
from editgan_widgets.scalars import is_real, is_whole, plain, shown
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.idle_worker import IdleWorker

SIZE = 128  # maximum size of a picture, px
_MOST_ASKED = 120  # maximum number of pictures per request
_MOST_KEPT = 600


class SampleShelf:
    """Answers the browser's message `samples` with one message `sample` per picture.

    Args:
        model: returns the model whose portraits are shown.
        idle: worker that generates the pictures.
        send: sends a message and its buffers to the browser.
    """

    def __init__(self, model: Callable[[], EditGAN], idle: IdleWorker, send: Callable[..., None]) -> None:
        self._model, self._idle, self._send = model, idle, send
        self._kept: dict[Sample, bytes] = {}

    def answer(self, seeds: Sequence[int], psis: Sequence[float]) -> None:
        """Send pictures of seeds x psis, in that order; known ones immediately. Raises ValueError."""
        if not 0 < len(seeds) * len(psis) <= _MOST_ASKED:
            raise ValueError(f"samples are a list of seeds by a list of psis, {_MOST_ASKED} at most in all")
        for sample in [checked_sample(seed, psi) for psi in psis for seed in seeds]:
            if sample in self._kept:
                self._show(sample)
            else:
                self._idle.ask(("sample", sample), lambda sample=sample: self._make(sample))

    def _make(self, sample: Sample) -> None:
        if sample not in self._kept:
            pixels = next(sample_pictures(self._model(), [sample], SIZE))
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[sample] = encoding.jpeg(pixels)
        self._show(sample)

    def _show(self, sample: Sample) -> None:
        seed, psi = sample[:2]
        self._send({"kind": "sample", "seed": seed, "psi": psi}, [self._kept[sample]])


def checked_sample(seed: Any, psi: Any, source: Any = "torch") -> Sample:
    """Check a seed, a truncation_psi and a source of a portrait. Raises ValueError for invalid ones."""
    seed, psi = plain(seed), plain(psi)
    if not is_whole(seed) or not 0 <= seed < 2**63:
        raise ValueError(f"a seed is a whole number from 0 up; got {shown(seed)}")
    if not is_real(psi) or not 0 <= psi <= 2:
        raise ValueError(f"truncation_psi is a number from 0 to 2; got {shown(psi)}")
    if source not in SEED_SOURCES:
        raise ValueError(f"the source of a seed is {' or '.join(map(repr, SEED_SOURCES))}; got {source!r}")
    if source == "numpy" and seed >= 2**32:
        raise ValueError(f"a seed of numpy is a whole number from 0 to {2**32 - 1}; got {seed}")
    return (int(seed), float(psi)) if source == "torch" else (int(seed), float(psi), source)
