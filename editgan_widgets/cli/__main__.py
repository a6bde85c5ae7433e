"""`python -m editgan_widgets.cli` is `editgan`."""

from editgan_widgets.cli import app

app()
