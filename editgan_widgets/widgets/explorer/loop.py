"""The explorer's loop: says how many portraits were measured when it stops, and nothing when it is done."""

from editgan_widgets.widgets.core.loop import Loop
from editgan_widgets.widgets.explorer.document import Document


class ExplorerLoop(Loop[Document]):
    """A loop whose computation is interrupted by each command and continued after it."""

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Say that the table is incomplete after Stop."""
        if cancelled and self.document.paused:
            self._reports.say("Stopped. What was measured is kept.")
        elif not cancelled:
            self._reports.say("All is measured.")
