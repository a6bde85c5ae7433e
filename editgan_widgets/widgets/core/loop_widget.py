"""LoopWidget: a WidgetFacade whose commands are executed by a Loop."""

from typing import Any

from editgan_widgets.scalars import Real
from editgan_widgets.widgets.core.commands import Stop
from editgan_widgets.widgets.core.facade import WidgetFacade
from editgan_widgets.widgets.core.loop import Loop


class LoopWidget(WidgetFacade):
    """A subclass sets `view` and `_loop` before it calls `_show_as`."""

    view: Any  # a LiveView
    _loop: Loop[Any]

    @property
    def running(self) -> bool:
        """True while a computation runs or a command is queued."""
        return self._loop.running

    @property
    def error(self) -> str:
        """The message in the error box; empty if there is none."""
        return self.view.error

    def stop(self) -> None:
        """Stop the running computation within one step and keep its result so far."""
        self._loop.ask(Stop())

    def wait(self, timeout: Real | None = None) -> bool:
        """Block until nothing runs or waits, at most `timeout` seconds; False if time ran out.

        Raises the error of the last action, if there was one.
        """
        return self._loop.wait_or_raise(None if timeout is None else float(timeout))

    def _end(self, timeout: float) -> None:
        super()._end(timeout)
        self._loop.close(timeout)
