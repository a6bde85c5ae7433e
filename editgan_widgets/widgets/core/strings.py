"""Texts of the widgets in other languages: `strings.json` holds every English text and, for each language, its own.

English is the key, so the code reads as it shows: `t("Undo")` in the browser's files, `text("Undone.")` in Python. A
`{name}` in a text stands for a value. What has no entry (a user's own vector, an error of the engine) shows as it is.
"""

import json
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

LANGUAGES = ("en", "zh")
_FILE = Path(__file__).parents[1] / "strings.json"


@cache
def strings(language: str) -> MappingProxyType[str, str]:
    """Texts of a language by the English ones; none for English. Raises ValueError for a language that is not there."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not there; use one of {', '.join(map(repr, LANGUAGES))}")
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({english: others[language] for english, others in entries.items() if language in others})


def translated(language: str, text: str, **values: Any) -> str:
    """A text in a language, with values in place of its `{names}`."""
    return strings(language).get(text, text).format(**values)
