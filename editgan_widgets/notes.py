"""Note: a sentence of the engine for the user, which a widget can show in another language."""

from typing import Any


class Note(str):
    """The sentence as text, with the template and values that it was made of (str.format).

    Attributes:
        template: English text with `{names}`.
        values: what stands for them.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Note":
        """Fill a template in."""
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made
