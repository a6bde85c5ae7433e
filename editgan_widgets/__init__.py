"""EditGAN in a notebook: paint on the part mask of a picture, and the GAN's latent code follows.

    model = load_model("portraits")
    session = EditSession.from_seed(model, seed=4)
    session.paint(Stroke(points=[(57, 90), (68, 90)], radius=2.5, label="mouth"))
    for step in session.edit(steps=30):
        print(step.index, step.iou)

The notebook editor is in editgan_widgets.widgets. Names are imported at first use, so importing this package imports
neither torch nor widgets.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.latent.directions.direction_files import load_direction
    from editgan_widgets.latent.directions.edit_vector import EditVector
    from editgan_widgets.latent.latents import load_latents
    from editgan_widgets.latent.optimize import EditConfig, EditStep
    from editgan_widgets.latent.terms.drag import DragPoint
    from editgan_widgets.masks.strokes import Stroke
    from editgan_widgets.models.editgan import EditGAN, load_model

    __version__: str

__all__ = [
    "DragPoint",
    "EditConfig",
    "EditGAN",
    "EditSession",
    "EditStep",
    "EditVector",
    "Stroke",
    "__version__",
    "load_direction",
    "load_latents",
    "load_model",
]

_HOMES = {
    "DragPoint": "editgan_widgets.latent.terms.drag",
    "EditConfig": "editgan_widgets.latent.optimize",
    "EditGAN": "editgan_widgets.models.editgan",
    "EditSession": "editgan_widgets.documents.session",
    "EditStep": "editgan_widgets.latent.optimize",
    "EditVector": "editgan_widgets.latent.directions.edit_vector",
    "Stroke": "editgan_widgets.masks.strokes",
    "load_direction": "editgan_widgets.latent.directions.direction_files",
    "load_latents": "editgan_widgets.latent.latents",
    "load_model": "editgan_widgets.models.editgan",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("editgan-widgets")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
