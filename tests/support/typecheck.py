"""The type checker of the tests: beartype, accepting an int for a declared float, as static type checkers do."""

from beartype import BeartypeConf
from beartype import beartype as _beartype

check = _beartype(conf=BeartypeConf(is_pep484_tower=True))
