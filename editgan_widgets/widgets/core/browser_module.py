"""The browser side of a widget as one ES module, put together from the files it is written in; no build step.

anywidget takes one module. A file here imports from its neighbours by one-line imports (`import { a } from "./b.js";`),
so node and editors understand it; joining leaves them and `export` out, and only the last file exports. All files
of a folder share one scope: no two may give the same name to something at their top level.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:(?:async )?function|const|let|class) (\w+)", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class)\b)", re.MULTILINE)


def joined(main: Path) -> str:
    """The module of a main file and all it imports, each once and before who imports it.

    Raises FileNotFoundError for an import of a file that is not there, ValueError for files that import one another in
    a circle, or that give the same name to two things.
    """
    parts: dict[str, str] = {}
    _collect(main, parts, ())
    homes: dict[str, str] = {}
    for home, text in parts.items():
        for name in _TOP_LEVEL.findall(text):
            if name in homes:
                raise ValueError(f"{home}.js and {homes[name]}.js both have {name!r} at their top level: rename one")
            homes[name] = home
    return "\n".join(parts.values())


def _collect(path: Path, parts: dict[str, str], above: tuple[str, ...]) -> None:
    if path.stem in above:
        raise ValueError(f"modules import one another in a circle: {' -> '.join((*above, path.stem))}")
    if path.stem in parts:
        return
    text = path.read_text(encoding="utf-8")
    for name in _IMPORT.findall(text):
        _collect(path.with_name(f"{name}.js"), parts, (*above, path.stem))
    text = _IMPORT.sub("", text)
    parts[path.stem] = text if not above else _EXPORT.sub("", text)
