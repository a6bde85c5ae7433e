"""Quality of an opened photo's embedding, by the judges of the model's domain: identity and editability."""

import contextlib
from typing import Any

from editgan_widgets import images
from editgan_widgets.analysis.embedding_quality import EmbeddingQuality, embedding_quality
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.domains.registry import domain_of, judges_of
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import EditGAN

SEEDS = range(40_000_000, 40_000_008)  # samples that editability is compared with: half as many as the command line's


def photo_quality(opened: PhotoSession, model: EditGAN) -> EmbeddingQuality:
    """Measure a photo's embedding, before any edits. For a model without a domain, only PSNR is measured.

    Args:
        opened: the photo and its session.
        model: the model that the edit vectors ship with; the session's model may be tuned to the photo.
    """
    session = opened.session
    cut = images.from_uint8(opened.cut, session.model.device)
    identity = judges_of(session.model).identity
    return embedding_quality(session.model, cut, session.origin, identity, **probe_of(model), seeds=SEEDS)


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
