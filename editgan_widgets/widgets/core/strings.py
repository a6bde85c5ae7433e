"""Translations of the widgets' texts: `strings.json` maps every English text to its translations.

The English text is the key: `t("Undo")` in the browser's files, `text("Undone.")` in Python. A `{name}` in a text is
replaced by a value. Texts without an entry (a user's vector, an error of the engine) are shown unchanged.
"""

import json
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

LANGUAGES = ("en", "zh")
STRINGS = Path(__file__).parents[1] / "strings.json"


@cache
def strings(language: str, *files: Path) -> MappingProxyType[str, str]:
    """Read the translations into a language, by English text; empty for English.

    Args:
        language: "en" or "zh".
        files: JSON files `{English text: {language: text}}`; none takes the one that ships. A later one
            takes precedence.

    Raises ValueError for another language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; use one of {', '.join(map(repr, LANGUAGES))}")
    found: dict[str, str] = {}
    for file in files or (STRINGS,):
        entries = json.loads(file.read_text(encoding="utf-8"))
        found |= {english: others[language] for english, others in entries.items() if language in others}
    return MappingProxyType(found)


def translated(language: str, text: str, *files: Path, **values: Any) -> str:
    """Translate a text, and insert values for its `{names}`."""
    return strings(language, *files).get(text, text).format(**values)
