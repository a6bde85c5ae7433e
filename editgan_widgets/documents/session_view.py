"""SessionView: what is shown of a session, and where: its own picture and parts, or those of the photo that it edits.

A session edits a generated portrait. For a photo whose edits are carried over (photo_edits.py), the picture is the
photo with the edits, and the parts are those read in the photo; both have places of their own. Strokes are painted on
the shown parts, and become a change of the session's mask at the places that belong to them.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from editgan_widgets.documents.photo_edits import Carried, PhotoEdits
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.terms.drag import DragPoint
from editgan_widgets.scalars import Whole


class SessionView:
    """Pictures, parts and places of a session as they are shown. The caller holds the session's lock.

    Args:
        session: the session.
        photo: the photo that it edits; None for a generated portrait.
    """

    def __init__(self, session: EditSession, photo: PhotoSession | None = None) -> None:
        self._session = session
        self._edits: PhotoEdits | None = None if photo is None else photo.edits

    @property
    def shows_photo(self) -> bool:
        """True if the photo itself is shown, and not the portrait like it."""
        return self._edits is not None

    @property
    def image(self) -> UInt8[np.ndarray, "n n 3"]:
        """The present picture; that of a photo may be larger than the model's."""
        carried = self._carried()
        return self._session.image if carried is None else carried.image

    @property
    def label_map(self) -> UInt8[np.ndarray, "s s"]:
        """The parts of the present picture, with what is painted, at the size of the model's pictures."""
        session, carried = self._session, self._carried()
        if carried is None:
            return session.label_map
        painted = carried.of_generated(session.painted)
        return np.where(painted, carried.of_generated(session.label_map), carried.label_map)

    @property
    def original(self) -> UInt8[np.ndarray, "s s"]:
        """The parts before all edits."""
        return self._session.picture_at(0)[1] if self._edits is None else self._edits.parts

    def mask(self, mask: Bool[np.ndarray, "s s"]) -> Bool[np.ndarray, "s s"]:
        """A mask of the session, at the places that are shown."""
        carried = self._carried()
        return mask if carried is None else carried.of_generated(mask)

    def picture_at(self, entry: Whole | None = None) -> UInt8[np.ndarray, "n n 3"]:
        """The picture at an entry of the history; None: before all edits. Raises HistoryError."""
        session = self._session
        if self._edits is None:
            return session.original_image if entry is None else session.picture_at(entry)[0]
        return self._edits.carried(session.origin if entry is None else session.latent_at(entry)).image

    def preview(self, w_plus: Float[Tensor, "1 rows width"]) -> UInt8[np.ndarray, "n n 3"]:
        """The picture that a latent would give; changes nothing."""
        return self._session.picture_of(w_plus) if self._edits is None else self._edits.preview(w_plus)

    def session_map(self, shown: UInt8[np.ndarray, "s s"]) -> UInt8[np.ndarray, "s s"]:
        """The session's label map if the shown parts are changed to `shown`.

        Pixels that are changed back to the parts of the picture get the session's own parts back.
        """
        session, carried = self._session, self._carried()
        if carried is None:
            return shown
        changed = carried.of_photo(shown != self.label_map)
        back = carried.of_photo(shown == carried.label_map)
        painted = np.where(back, session.settled_label_map, carried.of_photo(shown))
        return np.where(changed, painted, session.label_map)

    def session_points(self, points: Sequence[DragPoint]) -> tuple[DragPoint, ...]:
        """Points of the shown picture, px of the model's pictures -> those of the session's."""
        carried, side = self._carried(), self._session.label_map.shape[0]
        if carried is None:
            return tuple(points)
        ends = np.array([(point.handle, point.target) for point in points], float).reshape(-1, 2)
        moved = np.clip(carried.to_session(ends / side) * side, 0, side - 1e-3).reshape(-1, 2, 2)
        return tuple(DragPoint(tuple(map(float, a)), tuple(map(float, b))) for a, b in moved)

    def _carried(self) -> Carried | None:
        session = self._session
        return None if self._edits is None else self._edits.carried(session.w_plus)


def model_sized(picture: UInt8[np.ndarray, "n n 3"], size: int) -> UInt8[np.ndarray, "size size 3"]:
    """A shown picture at the size of the model's pictures."""
    if picture.shape[0] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BOX))
