"""WidgetFacade: the Python object of a widget whose browser side is another widget, its view.

Threads and widgets refer to the view and never to the facade, so that the facade is freed with the user's last
reference to it. The page shows the view: both have the same model id and layout, so the facade can be put into
ipywidgets' containers, such as `VBox([editor])`.
"""

from typing import Any

import traitlets
from ipywidgets import DOMWidget, Widget

from editgan_widgets.widgets.core.shown import forget, keep_while_shown

_CLOSING = 5.0  # s that `close` waits for the worker


class WidgetFacade(DOMWidget):
    """Base of the package's widgets. A subclass calls `_show_as` at the end of its constructor."""

    def _show_as(self, view: DOMWidget) -> None:
        """Show `view` as this widget on the page. Call it last: from then on, freeing the widget ends its worker."""
        self._shown_as, self._model_id = view, view.model_id
        super(Widget, self).__init__(layout=view.layout)  # not Widget's own: the view has the page's model

    def _preview(self) -> bytes:
        """PNG of the widget, shown where widgets cannot run."""
        raise NotImplementedError

    def _end(self, timeout: float) -> None:
        """End the worker within `timeout` seconds and close all widgets. The base forgets the cell that shows it."""
        forget(self)

    @property
    def model_id(self) -> str:
        """Id of the view's model, which is the widget on the page."""
        return str(self._model_id)

    def close(self) -> None:
        """End the worker and remove all widgets."""
        self._end(_CLOSING)

    def __del__(self) -> None:
        if "_shown_as" in vars(self):  # the constructor has finished
            self._end(0.0)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        keep_while_shown(self)
        found = self._shown_as._repr_mimebundle_(**kwargs) or {}
        data, metadata = found if isinstance(found, tuple) else (found, {})
        return {**data, "image/png": self._preview()}, metadata

    def _get_embed_state(self, drop_defaults: bool = False) -> Any:
        return self._shown_as._get_embed_state(drop_defaults)

    @traitlets.observe("layout", "tooltip", "tabbable", "_dom_classes")
    def _pass_on(self, change: Any) -> None:
        """Forward layout and style traits to the view."""
        setattr(self._shown_as, change["name"], change["new"])
