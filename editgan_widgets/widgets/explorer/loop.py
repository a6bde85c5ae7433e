"""The explorer's loop: its computation is interrupted by each command and continued after it."""

from editgan_widgets.widgets.core.loop import Loop
from editgan_widgets.widgets.explorer.document import Document


class ExplorerLoop(Loop[Document]):
    """A loop without a message about interruptions."""

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line: everything is measured."""
        if not cancelled:
            self._reports.say("All is measured.")
