"""The editor's methods for the display and for locked parts. None of them changes the picture."""

import numpy as np

from editgan_widgets.palettes import recoloured
from editgan_widgets.scalars import Flag, Real, Whole, flag, real
from editgan_widgets.widgets.editor.editor_base import EditorBase
from editgan_widgets.widgets.editor.tool_outlines import tool_outcome
from editgan_widgets.widgets.editor.view import MASK_STYLES


class DisplayMethods(EditorBase):
    """Locked, hidden and coloured parts, outlines of part tools, the divider and the whole photo."""

    def lock(self, *parts: str | Whole) -> None:
        """Lock parts against painting; without arguments, unlock all. Raises UnknownLabelError."""
        self.view.locked = sorted({self.labels[part].id for part in parts})

    def paint_over(self, *parts: str | Whole) -> None:
        """Restrict painting to these parts; without arguments, to all unlocked parts. Raises UnknownLabelError."""
        self.view.over = sorted({self.labels[part].id for part in parts})

    def hide(self, *parts: str | Whole) -> None:
        """Hide these parts in the mask; without arguments, show all. This does not affect painting."""
        self.view.hidden = sorted({self.labels[part].id for part in parts})

    def solo(self, *parts: str | Whole) -> None:
        """Show only these parts of the mask. Raises UnknownLabelError."""
        shown = {self.labels[part].id for part in parts}
        self.view.hidden = [label.id for label in self.labels if label.id not in shown]

    def show_mask(self, style: str) -> None:
        """Show the mask as its "areas", the "borders" between its parts, or "both". Raises ValueError."""
        if style not in MASK_STYLES:
            raise ValueError(f"style must be one of {', '.join(map(repr, MASK_STYLES))}; got {style!r}")
        self.view.mask_style = style

    def show_palette(self, palette: str) -> None:
        """Show the parts in their "own" colours, or in "safe" colours for colour-blind users.

        Raises ValueError for a palette that the parts do not have.
        """
        recoloured(self.labels, palette)
        self.view.palette = palette

    def tool_outline(self, tool: str, part: str | Whole) -> np.ndarray:
        """Pixels of a part after a part tool, bool `[H, W]`; also shown as an outline. Nothing is changed.

        Raises ValueError for an unknown tool, UnknownLabelError for a part that it does not fit.
        """
        label, rule = self.labels[part].id, self._rule(mirror=False)
        outcome = tool_outcome(tool, label, self.label_map, self.labels, rule)
        self._screen.send_outline(tool, label, outcome)
        return outcome

    def divide(self, at: Real | None = 0.5) -> None:
        """Show the picture before all edits, or the embedded photo, to the left of a divider; None removes the divider.

        `at` is a share of the picture's width, 0 to 1. Raises ValueError for a value out of range.
        """
        share = None if at is None else real(at, "at")
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"at must be a share of the picture's width, 0 to 1, or None; got {share!r}")
        self.view.divider = share

    def show_photo(self, show: Flag = True) -> None:
        """Show the whole photo with the edits below the picture, if a photo is open; False hides it."""
        self.view.show_whole = flag(show, "show")
