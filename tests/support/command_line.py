"""The command line, called in the same process."""

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from editgan_widgets.cli import app


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)
