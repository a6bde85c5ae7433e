"""A pickle's plain values and tensors, read by interpreting its opcodes; nothing in a file is ever called or imported.

A pickle is a program for a stack machine (`pickletools` in the standard library documents the opcodes). This machine
pushes numbers, strings, lists and dicts; for the few globals that build tensors, arrays and ordered dicts it does the
building itself. Every other class, function or object becomes an Opaque: a name and the plain data that the file sets
on it. Nothing is looked up by that name, so an Opaque is inert. Whole modules, and those that StyleGAN2-ADA pickled
with their source code (which is dropped), are read from the state of their Opaque.
"""

import io
import pickletools
from collections.abc import Callable
from typing import IO, Any, Protocol, cast, runtime_checkable

import torch
from torch import Tensor

from editgan_widgets.models.official.pickle_values import (
    ANY,
    BUILDERS,
    DTYPES,
    LONGEST_NAME,
    MOST_COPIED,
    OF_A_CLASS,
    OF_A_TENSOR,
    STORAGES,
    TENSORS,
    Array,
    Dtype,
    Global,
    Opaque,
    PickleRefusedError,
    Storage,
    StorageKind,
    array_of,
    checked_count,
    finished,
    objects_of,
    pairs,
)

MOST_OPCODES = 500_000  # far above what a weights file takes; bounds time, and memory beyond the file's size


@runtime_checkable
class Readable(Protocol):
    """An open file, mapped file or BytesIO."""

    def read(self, n: int = -1, /) -> bytes:
        """Return n bytes, or the remaining ones."""
        ...

    def readline(self) -> bytes:
        """Return the bytes up to the end of the line."""
        ...

    def tell(self) -> int:
        """Number of bytes read so far."""
        ...


# How a persistent id's storage is found: (element type, key, number of elements) -> flat tensor.
Storages = Callable[[torch.dtype, str, int], Tensor]
Copies = list[tuple[Tensor, Tensor]]  # each with the view of a storage that it was copied from


def read_pickle(file: Readable, size: int, storages: Storages | None = None, copies: Copies | None = None) -> Any:
    """Read one pickle from the position of `file`, which is afterwards at the pickle's end.

    Args:
        file: anything with read, readline and tell, whose `read(n)` gives no more than there is.
        size: bytes of the whole file; what is built of its values may take a few times as much memory.
        storages: finds the data of tensors that the pickle names by persistent ids; None refuses such ids.
        copies: takes the tensors that were copied out of their storages, for a caller who fills the storages later.

    Raises PickleRefusedError.
    """
    return _Machine(size, storages, copies).run(file)


class _Mark:
    """The object that MARK pushes."""


_MARK = _Mark()


class _Machine:
    def __init__(self, size: int, storages: Storages | None, copies: Copies | None):
        self.room = (
            4 * size + 2**16
        )  # elements and bytes that builders may still copy; a plain file takes up to 3 sizes
        self.copies = copies
        self.may_copy = MOST_COPIED
        self.storages = storages
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, file: Readable) -> Any:
        """Interpret opcodes up to STOP."""
        try:
            for step, (opcode, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], file))):
                if step >= MOST_OPCODES:
                    raise PickleRefusedError(f"it has more than {MOST_OPCODES} opcodes, as no weights file does")
                if opcode.name == "STOP":
                    return finished(self.stack.pop())
                if opcode.name in _CONSTANTS:
                    self.stack.append(argument if opcode.arg is not None else _CONSTANTS[opcode.name])
                elif (action := _ACTIONS.get(opcode.name)) is not None:
                    action(self, argument)
                else:
                    raise PickleRefusedError(f"it uses the opcode {opcode.name}, which no plain tensors need")
        except PickleRefusedError:
            raise
        except (IndexError, KeyError) as error:
            raise PickleRefusedError("its opcodes use values that do not exist") from error
        except (ValueError, TypeError, RuntimeError, AttributeError, OverflowError, MemoryError, EOFError) as error:
            raise PickleRefusedError(_first_line(error)) from error
        raise PickleRefusedError("it is truncated: it has no end")

    def items_from_mark(self) -> list[Any]:
        """Pop everything above the topmost mark, and the mark."""
        for at in range(len(self.stack) - 1, -1, -1):
            if self.stack[at] is _MARK:
                items = self.stack[at + 1 :]
                del self.stack[at:]
                return items
        raise PickleRefusedError("its opcodes use a mark that does not exist")

    def extend(self, items: list[Any]) -> None:
        """Add to the list on top."""
        target = self.stack[-1].elements if isinstance(self.stack[-1], Opaque) else self.stack[-1]
        if not isinstance(target, list):
            raise PickleRefusedError("it appends to a value that is not a list")
        target.extend(map(finished, items))

    def put(self, items: list[Any]) -> None:
        """Set keys and values in the dict on top."""
        target = self.stack[-1].entries if isinstance(self.stack[-1], Opaque) else self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise PickleRefusedError("it sets items in a value that is not a dict")
        target.update(pairs(zip(items[::2], items[1::2], strict=True)))

    def dict_from_mark(self) -> None:
        """Push a dict of the values above the mark."""
        items = self.items_from_mark()
        self.stack.append({})
        self.put(items)

    def global_(self, name: str) -> None:
        """Push the meaning of a global's name by this module's table; nothing is looked up elsewhere."""
        if len(name) > LONGEST_NAME:
            raise PickleRefusedError(f"it names a global of {len(name)} characters, at most {LONGEST_NAME} fit")
        if name in STORAGES:
            self.stack.append(StorageKind(STORAGES[name]))
        elif name in DTYPES:
            self.stack.append(DTYPES[name])
        elif name in _BUILDERS or name in OF_A_CLASS or name in OF_A_TENSOR:
            self.stack.append(Global(name))
        else:
            self.stack.append(Opaque(name[:200]))

    def stack_global(self) -> None:
        """As `global_`, the name in two strings on the stack."""
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise PickleRefusedError("it names a global by a value that is not text")
        if (length := len(name) + len(module)) > LONGEST_NAME:  # before they are joined
            raise PickleRefusedError(f"it names a global of {length} characters, at most {LONGEST_NAME} fit")
        self.global_(f"{module}.{name}")

    def reduce(self) -> None:
        """Build the result of a known global with its arguments; an unknown one gives an Opaque. Nothing is called."""
        arguments, call = self.stack.pop(), self.stack.pop()
        if not isinstance(call, (Global, Opaque)) or not isinstance(arguments, tuple):
            raise PickleRefusedError("it calls a value that is not a function")
        self.stack.append(self.made(call, arguments))

    def made(self, call: "Global | Opaque", arguments: tuple) -> Any:
        """Result of a call: data for a known builder, else an Opaque."""
        if isinstance(call, Opaque):
            return Opaque(call.name)
        if call.name in OF_A_CLASS:
            if not arguments or not isinstance(arguments[0], (Global, Opaque)):
                return Opaque(call.name)
            return Opaque(arguments[0].name) if isinstance(arguments[0], Opaque) else self.made(arguments[0], ())
        if call.name in OF_A_TENSOR:  # (function, class, its arguments, attributes): a tensor with attributes
            inner, inputs = (arguments[0], arguments[2]) if len(arguments) > 2 else (None, None)
            known = isinstance(inner, Global) and inner.name in TENSORS and isinstance(inputs, tuple)
            return self.made(inner, inputs) if known else Opaque(call.name)  # type: ignore[arg-type]
        self.charge(arguments)
        if any(isinstance(x, Opaque) for x in arguments) and call.name not in ANY:
            return Opaque(call.name)
        value = _BUILDERS[call.name](*arguments)
        return self.as_stored(value) if isinstance(value, Tensor) else value

    def as_stored(self, tensor: Tensor) -> Tensor:
        """Write out a tensor that repeats the elements of its storage, or that torch would negate or conjugate."""
        repeats = tensor.numel() * tensor.itemsize > tensor.untyped_storage().nbytes()
        if not (repeats or tensor.is_neg() or tensor.is_conj()):
            return tensor
        self.may_copy -= tensor.numel()
        if self.may_copy < 0:
            raise PickleRefusedError(
                f"its repeated, negated and conjugated tensors have more than {MOST_COPIED:,} elements; save "
                "copies of them (tensor.clone())"
            )
        copy = tensor.resolve_conj().resolve_neg().contiguous()
        if self.copies is not None:
            self.copies.append((copy, tensor))
        return copy

    def object_from_mark(self) -> None:
        """OBJ: push the result of the class above the mark with the values above it."""
        call, *arguments = self.items_from_mark()
        self.stack.extend([call, tuple(arguments)])
        self.reduce()

    def instance(self, name: str) -> None:
        """INST: as `object_from_mark`, the class by its name."""
        arguments = tuple(self.items_from_mark())
        self.global_(name)
        self.stack.append(arguments)
        self.reduce()

    def extended(self) -> None:
        """NEWOBJ_EX: as `reduce`, with arguments by name, which only an Opaque is given."""
        named = self.stack.pop()
        if named and isinstance(self.stack[-2], Global):
            raise PickleRefusedError("it calls a builder of data with arguments that it does not take")
        self.reduce()

    def charge(self, arguments: tuple) -> None:
        """Count what a builder copies; a small pickle could ask for the same large copy again and again."""
        self.room -= len(arguments)
        self.room -= (
            0 if self.room < 0 else sum(len(x) for x in arguments if isinstance(x, (bytes, str, list, dict, tuple)))
        )
        if self.room < 0:
            raise PickleRefusedError("it builds more than its size can hold")

    def build(self) -> None:
        """Fill an array or a dtype, keep an Opaque's state; the attributes of anything else are of no use."""
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, Array):
            self.charge(state)
            _, shape, dtype, fortran, data = state
            order = "F" if fortran else "C"
            if isinstance(dtype, Dtype) and isinstance(data, bytes):
                target.value = array_of(data, dtype, shape, order)
            elif isinstance(data, list) and isinstance(shape, tuple):
                target.value = objects_of(data, shape, order)
            else:
                target.value = Opaque("numpy.ndarray")
            self.stack[-1] = target.value
            if target.memo is not None and self.memo.get(target.memo) is target:
                self.memo[target.memo] = target.value
        elif isinstance(target, Dtype):
            target.order = state[1] if isinstance(state[1], str) else "<"
        elif isinstance(target, Opaque):
            target.state = state

    def persistent(self) -> None:
        """Push the storage that a persistent id names, or the class of a module beside its source, which is dropped."""
        key = self.stack.pop()
        if isinstance(key, tuple) and len(key) > 1 and key[0] == "module" and isinstance(key[1], (Opaque, Global)):
            self.stack.append(key[1])
            return
        if self.storages is None or not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage":
            raise PickleRefusedError("it refers to storages outside of it")
        _, kind, name, _, numel = key[:5]
        if isinstance(kind, Opaque):
            self.stack.append(Opaque(kind.name))
            return
        if not isinstance(kind, StorageKind) or not isinstance(name, str):
            raise PickleRefusedError("it refers to a storage of no known kind")
        if len(key) > 5 and key[5] is not None:
            raise PickleRefusedError("it refers to a part of a storage, as files of torch before 0.4 do")
        self.stack.append(Storage(self.storages(kind.dtype, name, checked_count(numel))))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def read_legacy_torch(file: Readable, size: int) -> Any:
    """Read torch.save's format before 1.6, `size` bytes in all: five pickles, then the storages' data in order.

    Raises PickleRefusedError.
    """
    magic, protocol, system = (read_pickle(file, size) for _ in range(3))
    if magic != _LEGACY_MAGIC or protocol != 1001:
        raise PickleRefusedError("it is not of torch.save's older format")
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise PickleRefusedError("it was written on a big-endian machine")
    found: dict[str, Tensor] = {}
    room = size  # bytes that all storages together may take

    def storage(dtype: torch.dtype, key: str, numel: int) -> Tensor:
        nonlocal room
        if key not in found:
            room -= numel * dtype.itemsize
            if room < 0:
                raise PickleRefusedError(f"storage {key!r} of {numel} elements is larger than the file")
            found[key] = torch.empty(numel, dtype=dtype)
        return found[key] if found[key].dtype == dtype else found[key].view(dtype)

    copies: Copies = []
    content = read_pickle(file, size, storage, copies)
    keys = read_pickle(file, size)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or set(keys) != set(found):
        raise PickleRefusedError("its list of storages does not fit its tensors")
    for key in keys:
        flat = found[key]
        if int.from_bytes(_exactly(file, 8), "little") != len(flat):
            raise PickleRefusedError(f"storage {key!r} has another length than its tensors say")
        if len(flat):
            flat.copy_(torch.frombuffer(bytearray(_exactly(file, len(flat) * flat.itemsize)), dtype=flat.dtype))
    for copy, view in copies:
        copy.copy_(view)
    return content


_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


def _exactly(file: Readable, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise PickleRefusedError("it is truncated within its tensors")
    return data


def _stored(data: Any) -> Storage:
    """torch.storage._load_from_bytes: a storage in torch.save's older format, within the pickle."""
    if not isinstance(data, bytes):
        raise PickleRefusedError("it builds a storage from a value that is not bytes")
    content = read_legacy_torch(io.BytesIO(data), len(data))
    if not isinstance(content, Tensor) or content.ndim != 1:
        raise PickleRefusedError("it builds a storage from a value that is not one")
    return Storage(content)


_BUILDERS = {**BUILDERS, "torch.storage._load_from_bytes": _stored}

# What each opcode does. ----------------------------------------------------------------------------------------------

_CONSTANTS: dict[str, Any] = dict.fromkeys(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    )
) | {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": (), "MARK": _MARK}


def _push(make: Callable[[_Machine], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.stack.append(make(machine))


def _tuple(count: int) -> Callable[[_Machine, Any], None]:
    def make(machine: _Machine, _: Any) -> None:
        if len(machine.stack) < count:
            raise IndexError
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return make


def _memoize(machine: _Machine, at: int) -> None:
    machine.memo[at] = machine.stack[-1]
    if isinstance(machine.stack[-1], Array):
        machine.stack[-1].memo = at


_ACTIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "POP": lambda m, a: m.stack.pop(),
    "POP_MARK": lambda m, a: m.items_from_mark(),
    "DUP": lambda m, a: m.stack.append(m.stack[-1]),
    "MEMOIZE": lambda m, a: _memoize(m, len(m.memo)),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _memoize),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda m, a: m.stack.append(m.memo[a])),
    "EMPTY_LIST": _push(lambda m: []),
    "EMPTY_DICT": _push(lambda m: {}),
    "EMPTY_SET": _push(lambda m: []),  # as a list: it need not be hashed
    "LIST": _push(lambda m: list(map(finished, m.items_from_mark()))),
    "FROZENSET": _push(lambda m: list(map(finished, m.items_from_mark()))),
    "TUPLE": _push(lambda m: tuple(m.items_from_mark())),
    "DICT": lambda m, a: m.dict_from_mark(),
    **{f"TUPLE{n}": _tuple(n) for n in (1, 2, 3)},
    "APPEND": lambda m, a: m.extend([m.stack.pop()]),
    "APPENDS": lambda m, a: m.extend(m.items_from_mark()),
    "ADDITEMS": lambda m, a: m.extend(m.items_from_mark()),
    "SETITEM": lambda m, a: m.put([*reversed([m.stack.pop(), m.stack.pop()])]),
    "SETITEMS": lambda m, a: m.put(m.items_from_mark()),
    "GLOBAL": lambda m, a: m.global_(a.replace(" ", ".", 1)),
    "STACK_GLOBAL": lambda m, a: m.stack_global(),
    "REDUCE": lambda m, a: m.reduce(),
    "NEWOBJ": lambda m, a: m.reduce(),
    "NEWOBJ_EX": lambda m, a: m.extended(),
    "OBJ": lambda m, a: m.object_from_mark(),
    "INST": lambda m, a: m.instance(a.replace(" ", ".", 1)),
    "BUILD": lambda m, a: m.build(),
    "BYTEARRAY8": lambda m, a: m.stack.append(bytes(a)),
    "BINPERSID": lambda m, a: m.persistent(),
}
