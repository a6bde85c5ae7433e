"""Reports: the status line and the error box of a widget."""

import logging
from collections.abc import Callable
from typing import Any

from editgan_widgets.widgets.core.live_view import LiveView

_LONGEST_ERROR = 600  # characters
_log = logging.getLogger(__name__)


class Reports:
    """Shows status and errors in a view. Methods may be called from any thread.

    Args:
        view: the widget that shows them.
        text: translates a text, `text(text, **values)`.

    Attributes:
        word: status line for the time when the worker is done.
        failure: the error that `wait` raises; None if there is none.
    """

    def __init__(self, view: LiveView, text: Callable[..., str]) -> None:
        self.view = view
        self.text = text
        self.word = ""
        self.failure: BaseException | None = None

    def last_word(self) -> str:
        """Return the status line for the end of the job."""
        return self.word

    def say(self, text: str, **values: Any) -> None:
        """Set the status line for the end of the job."""
        self.word = self.text(text, **values)

    def fail(self, error: BaseException, id: str | None = None) -> None:
        """Show an error. The browser removes what it drew for the command with that id."""
        self.failure = error
        if id:
            self.view.send({"kind": "reject", "id": id})
        text, kind = str(error), type(error).__name__
        if not isinstance(error, (ValueError, TypeError)):  # not written for the user: log where it was raised
            _log.error("%s in a widget", kind, exc_info=error)
            text = f"{kind}: {text}" if text else kind
        if len(text) > _LONGEST_ERROR:  # it may repeat the whole input
            text = f"{text[: _LONGEST_ERROR // 2]} … {text[-_LONGEST_ERROR // 2 :]}"
        self.view.publish(error=text or kind)

    def dismiss(self) -> None:
        """Close the error box."""
        self.failure = None
        self.view.publish(error="")

    def take_failure(self) -> BaseException | None:
        """Return the last error and clear it; the error box stays open."""
        failure, self.failure = self.failure, None
        return failure
