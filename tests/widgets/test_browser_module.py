"""The browser's files joined into one module."""

import pytest

from editgan_widgets.widgets.core.browser_module import joined


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


def test_each_file_comes_once_and_before_who_imports_it(tmp_path):
    main = write(
        tmp_path,
        a="export const a = 1;\n",
        b='import { a } from "./a.js";\nexport function b() { return a; }\n',
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\nexport default { a, b };\n',
    )
    assert joined(main) == "const a = 1;\n\nfunction b() { return a; }\n\nexport default { a, b };\n"


def test_two_files_with_the_same_name_at_their_top_level_are_refused(tmp_path):
    main = write(tmp_path, a="const LEAST = 1;\n", main='import { x } from "./a.js";\nconst LEAST = 2;\n')
    with pytest.raises(ValueError, match=r"main\.js and a\.js both have 'LEAST'"):
        joined(main)


def test_files_that_import_one_another_are_refused(tmp_path):
    main = write(tmp_path, a='import { m } from "./main.js";\n', main='import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match="main -> a -> main"):
        joined(main)
