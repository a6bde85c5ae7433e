"""Copy the tables written by the benchmarks and `editgan report` into the pages that show them.

    python docs/update_figures.py results/editor.md README.md docs/figures.md

A page marks the place of table N with `<!-- figures N -->` and `<!-- end of figures -->`. With `<!-- figures N, these
rows -->` only the rows are copied whose first cell the page already has. With `--partial`, rows that the source lacks
stay as they are.
"""

import argparse
import re
from pathlib import Path

from editgan_widgets.files import write_text

BETWEEN = re.compile(r"(<!-- figures (\d+)(, these rows)? -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)


def tables(text: str) -> list[str]:
    """Return the Markdown tables of a page, in order."""
    return [match.group(0) for match in re.finditer(r"(?:^\|.*\n)+", text, re.MULTILINE)]


def first_cell(row: str) -> str:
    return row.split("|")[1].strip()


def filled(page: str, found: list[str], partial: bool = False) -> str:
    """Return the page with each marked table replaced by that of the source. Exits if one or a row is missing.

    With `partial`, a table keeps the rows that the source lacks.
    """

    def table(match: re.Match) -> str:
        begin, number, these_rows, shown, end = match.groups()
        if int(number) >= len(found):
            raise SystemExit(f"the page asks for table {number}, the source has {len(found)} tables")
        rows = found[int(number)].splitlines(keepends=True)
        if partial:
            measured = {first_cell(row) for row in rows}
            rows += [row for row in shown.splitlines(keepends=True) if first_cell(row) not in measured]
        if these_rows:
            wanted = [first_cell(row) for row in shown.splitlines()]
            if missing := set(wanted) - {first_cell(row) for row in rows}:
                raise SystemExit(f"table {number} of the source has no rows {sorted(missing)}")
            rows = [row for row in rows if first_cell(row) in wanted]
        return f"{begin}{''.join(rows)}{end}"

    return BETWEEN.sub(table, page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="editor.md, released.md or report.md")
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--partial", action="store_true", help="keep the rows that the source lacks")
    options = parser.parse_args()
    found = tables(options.source.read_text())
    for page in options.pages:
        write_text(page, filled(page.read_text(), found, options.partial))
        print(f"{page}: filled from {options.source}")


if __name__ == "__main__":
    main()
