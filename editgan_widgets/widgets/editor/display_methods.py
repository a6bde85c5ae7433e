"""The editor's methods for what the page shows and which parts painting reaches. None of them changes the picture."""

import numpy as np

from editgan_widgets.palettes import recoloured
from editgan_widgets.scalars import Flag, Real, Whole, flag, real
from editgan_widgets.widgets.editor.editor_parts import EditorParts
from editgan_widgets.widgets.editor.tool_outlines import tool_outcome
from editgan_widgets.widgets.editor.view import MASK_STYLES


class DisplayMethods(EditorParts):
    """Locked, hidden and coloured parts, outlines of part tools, the divider and the whole photo."""

    def lock(self, *parts: str | Whole) -> None:
        """Let nothing paint over these parts; without any, unlock all. Raises UnknownLabelError."""
        self.view.locked = sorted({self.labels[part].id for part in parts})

    def paint_over(self, *parts: str | Whole) -> None:
        """Let painting reach these parts alone; without any, all that are not locked. Raises UnknownLabelError."""
        self.view.over = sorted({self.labels[part].id for part in parts})

    def hide(self, *parts: str | Whole) -> None:
        """Show the mask without these parts; without any, show all. Painting stays as it is."""
        self.view.hidden = sorted({self.labels[part].id for part in parts})

    def solo(self, *parts: str | Whole) -> None:
        """Show these parts of the mask alone. Raises UnknownLabelError."""
        shown = {self.labels[part].id for part in parts}
        self.view.hidden = [label.id for label in self.labels if label.id not in shown]

    def show_mask(self, style: str) -> None:
        """Show the mask as its "areas", the "borders" between its parts, or "both". Raises ValueError."""
        if style not in MASK_STYLES:
            raise ValueError(f"the mask is shown as one of {', '.join(map(repr, MASK_STYLES))}; got {style!r}")
        self.view.mask_style = style

    def show_palette(self, palette: str) -> None:
        """Show the parts in their "own" colours, or in "safe" ones, which colour-blind eyes tell apart too.

        Raises ValueError for a palette that the parts do not have.
        """
        recoloured(self.labels, palette)
        self.view.palette = palette

    def tool_outline(self, tool: str, part: str | Whole) -> np.ndarray:
        """Where a part would be after a part tool, bool `[H, W]`, shown as an outline; nothing is changed.

        Raises ValueError for an unknown tool, UnknownLabelError for a part that it does not fit.
        """
        label, rule = self.labels[part].id, self._rule(mirror=False)
        outcome = tool_outcome(tool, label, self.label_map, self.labels, rule)
        self._screen.send_outline(tool, label, outcome)
        return outcome

    def divide(self, at: Real | None = 0.5) -> None:
        """Show the picture before all edits, or the photo that was embedded, left of a divider; None takes it away.

        `at` is a share of the picture's width, 0 to 1. Raises ValueError for another one.
        """
        share = None if at is None else real(at, "at")
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"the divider stands at 0 to 1 of the picture's width, or None; got {share!r}")
        self.view.divider = share

    def show_photo(self, show: Flag = True) -> None:
        """Show the whole photo with the edits in it below the picture, where a photo was opened; False hides it."""
        self.view.show_whole = flag(show, "show")
