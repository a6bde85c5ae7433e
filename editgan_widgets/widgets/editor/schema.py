"""Writes the schema of the commands for the browser side: python -m editgan_widgets.widgets.editor.schema FILE."""

import json
import sys
from pathlib import Path

from editgan_widgets.widgets.editor.tools import COMMANDS


def schema_text() -> str:
    """The schema as JSON text; js/editor/commands.json holds it."""
    return json.dumps(COMMANDS.schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
