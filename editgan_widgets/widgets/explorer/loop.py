"""The explorer's loop: its computation is interrupted by each command and continued after it."""

from dataclasses import replace

from editgan_widgets.widgets.core.loop import Loop
from editgan_widgets.widgets.explorer.document import Document


class ExplorerLoop(Loop[Document]):
    """A loop without a message about interruptions."""

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line: everything is measured."""
        if not cancelled and not self.document.paused:
            self._reports.say("All is measured.")

    def show_end(self, stopped: bool, failed: bool) -> None:
        """Publish the document; after an error the rest is measured on demand."""
        if failed:
            self.document = replace(self.document, paused=True)
        super().show_end(stopped, failed)
