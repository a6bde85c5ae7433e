"""Quality of an opened photo: how well edits will fit it, and whether its latent can be edited.

If edits are carried over to the photo itself, its landmarks and parts are compared with those of the portrait that is
edited in its place (LikenessQuality); otherwise its reconstruction is judged (EmbeddingQuality).
"""

import contextlib
from dataclasses import dataclass
from typing import Any

from editgan_widgets import images
from editgan_widgets.analysis.embedding_quality import (
    Editability,
    EmbeddingQuality,
    editability,
    embedding_quality,
    worst_grade,
)
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.domains.registry import domain_of, judges_of
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import EditGAN

SEEDS = range(40_000_000, 40_000_008)  # samples that editability is compared with: half as many as the command line's

# Limits of "good" and "fair", in the order of the badge.
_GRADES: dict[str, tuple[float, float]] = {"landmarks": (0.08, 0.1), "parts": (0.4, 0.25), "editability": (0.6, 0.3)}


@dataclass(frozen=True)
class LikenessQuality:
    """How well the portrait fits the photo that it is edited in place of."""

    landmarks: float  # mean distance of the landmarks after the best similarity, in shares of the eye distance
    parts: float  # mean IoU of the parts of the face, registered by the landmarks, 0 to 1
    editability: Editability | None

    @property
    def figures(self) -> dict[str, float]:
        """The figures that are graded, by name."""
        found = {"landmarks": self.landmarks, "parts": self.parts}
        return found if self.editability is None else {**found, "editability": self.editability.share}

    @property
    def grade(self) -> str:
        """The worst of its figures' grades: "good", "fair" or "poor"."""
        return worst_grade(self.figures, _GRADES)

    def __str__(self) -> str:
        said = f"{self.grade}: landmarks {self.landmarks:.1%} of the eye distance apart, IoU of parts {self.parts:.2f}"
        if self.editability is not None:
            said += f", editability by {self.editability.vector} {self.editability.share:.0%}"
        return said


def photo_quality(opened: PhotoSession, model: EditGAN) -> EmbeddingQuality | LikenessQuality:
    """Measure a photo before any edits. For a model without a domain, only PSNR is measured.

    Args:
        opened: the photo and its session.
        model: the model that the edit vectors ship with; the session's model may be tuned to the photo.
    """
    session, edits, probe = opened.session, opened.edits, probe_of(model)
    if edits is not None:
        found = editability(session.model, session.origin, **probe, seeds=SEEDS) if probe else None
        return LikenessQuality(edits.landmark_error, edits.part_agreement, found)
    cut = images.from_uint8(opened.cut, session.model.device)
    identity = judges_of(session.model).identity
    return embedding_quality(session.model, cut, session.origin, identity, **probe, seeds=SEEDS)


def probe_of(model: EditGAN) -> dict[str, Any]:
    """Arguments vector, attribute and read of `embedding_quality` for the probe of the model's domain.

    Empty if the domain has no probe, or no vectors ship for the model.
    """
    found, factors = domain_of(model), judges_of(model).factors
    if found is None or found.probe is None or factors is None:
        return {}
    with contextlib.suppress(EditVectorError, KeyError):
        return {"vector": load_vectors(model)[found.probe], "attribute": found.probe, "read": factors.read}
    return {}
