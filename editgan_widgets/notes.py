"""Note: a message of the engine for the user, which a widget can translate."""

from typing import Any


class Note(str):
    """The English message as a string, with its template and values (str.format).

    Attributes:
        template: English text with `{names}`.
        values: values of the names.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Note":
        """Format a template."""
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made
