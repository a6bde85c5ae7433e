"""The badge of an opened photo with the judges that ship: who it is and whether a smile would still act on it."""

import contextlib
from typing import Any

from editgan_widgets import images
from editgan_widgets.analysis.embedding_quality import EmbeddingQuality, embedding_quality
from editgan_widgets.editing.edit_vector import EditVectorError
from editgan_widgets.editing.library import load_vectors
from editgan_widgets.editing.photo_session import PhotoSession
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.portraits import load_factor_regressor, load_identity

SEEDS = range(40_000_000, 40_000_008)  # of the samples that editability is compared with: half of the command line's


def photo_quality(opened: PhotoSession, model: EditGAN) -> EmbeddingQuality:
    """Judge a photo's embedding, whatever was edited since. A model other than of portraits is judged by PSNR alone.

    Args:
        opened: the photo and its session.
        model: that ships the edit vectors; the session's own may be tuned to the photo.
    """
    session = opened.session
    judges: dict[str, Any] = {}
    if session.model.labels.name.startswith("portraits"):  # what these judges know
        judges["identity"] = load_identity().to(session.model.device)
        regressor = load_factor_regressor().to(session.model.device)
        with contextlib.suppress(EditVectorError, KeyError):
            judges |= {"vector": load_vectors(model)["smile"], "attribute": "smile", "read": regressor.read}
    cut = images.from_uint8(opened.cut, session.model.device)
    return embedding_quality(session.model, cut, session.origin, **judges, seeds=SEEDS)
