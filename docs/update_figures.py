"""Put the tables that the benchmarks and `editgan report` wrote into the pages that show them.

python docs/update_figures.py results/editor.md README.md editgan_widgets/pretrained/portraits-128.md
"""

import argparse
import re
from pathlib import Path

from editgan_widgets.files import write_text

BETWEEN = re.compile(r"(<!-- figures (\d+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def tables(text: str) -> list[str]:
    """Give the Markdown tables of a page, in order."""
    return [match.group(0) for match in re.finditer(r"(?:^\|.*\n)+", text, re.MULTILINE)]


def filled(page: str, found: list[str]) -> str:
    """Replace what stands between `<!-- figures N -->` and `<!-- end of figures -->` by table N of the source."""

    def table(match: re.Match) -> str:
        number = int(match.group(2))
        if number >= len(found):
            raise SystemExit(f"the page asks for table {number}, the source has {len(found)}")
        return f"{match.group(1)}{found[number]}{match.group(3)}"

    return BETWEEN.sub(table, page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="editor.md, released.md or report.md")
    parser.add_argument("pages", type=Path, nargs="+")
    options = parser.parse_args()
    found = tables(options.source.read_text())
    for page in options.pages:
        write_text(page, filled(page.read_text(), found))
        print(f"{page}: filled from {options.source}")


if __name__ == "__main__":
    main()
