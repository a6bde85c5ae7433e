"""Errors of the package and the file system as one line, with exit code 1."""

import typer
from typer.core import TyperGroup


class OneLineErrors(TyperGroup):
    """Prints errors of the package and the file system as one line; any other exception keeps its traceback."""

    def invoke(self, ctx):
        """Run the command. Raises typer.Exit with code 1 after an error of the package or the file system."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            ours = type(error).__module__.split(".")[0] in ("editgan_widgets", "editgan_kernels")
            if not (ours or isinstance(error, (ValueError, OSError))):
                raise
            typer.echo(f"editgan: {_in_words(error)}", err=True)
            raise typer.Exit(1) from error


def _in_words(error: Exception) -> str:
    """Message of an error, without the error number of the file system."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        of_the_path = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)
        hint = "; check the path" if isinstance(error, of_the_path) else ""
        return f"{error.filename}: {error.strerror.lower()}{hint}"
    return str(error)
