"""The type checker of the tests: beartype, with an int accepted where a float is declared, as type checkers do."""

from beartype import BeartypeConf
from beartype import beartype as _beartype

check = _beartype(conf=BeartypeConf(is_pep484_tower=True))
