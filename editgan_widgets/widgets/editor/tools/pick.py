"""Pick: chooses the part under the pointer, in the page alone; it sends no command."""

BUTTONS = ("pick",)
