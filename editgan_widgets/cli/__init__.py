"""The `editgan` command, one module per group of commands.

Each command reads its options and calls public functions of the package. Heavy imports happen inside the commands, so
that `editgan --help` answers quickly.
"""

import typer

from editgan_widgets.cli import batch, compare, convert, datasets, doctor, edits, library, report
from editgan_widgets.cli.errors import OneLineErrors
from editgan_widgets.cli.training import train

app = typer.Typer(
    cls=OneLineErrors,
    help="EditGAN in a notebook, from the command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(train, name="train")
for _command in (
    *(doctor.doctor, datasets.render, datasets.shrink, datasets.verify),
    *(
        edits.apply,
        edits.drag,
        edits.photo,
        edits.video,
        batch.batch,
        compare.compare,
        library.vectors,
        convert.convert,
        report.report,
    ),
):
    app.command()(_command)
