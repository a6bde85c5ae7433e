"""Parse a shader into a syntax tree, for the subset of GLSL 3.30 that the portraits' shaders use.

Supported: uniforms, inputs, outputs, constants, functions; declarations, assignments, if, for, return, discard; the
usual operators, swizzles, indices, calls. Anything else raises GLSLError with its line.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import numpy as np

TYPES: dict[str, tuple[int, type]] = {  # number of components and their type
    "float": (1, np.float32),
    "int": (1, np.int32),
    "bool": (1, np.bool_),
    **{f"vec{k}": (k, np.float32) for k in (2, 3, 4)},
    **{f"ivec{k}": (k, np.int32) for k in (2, 3, 4)},
}
_LEVELS = [level.split() for level in ("||", "&&", "|", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")]
_REFUSED = ("while", "do", "switch", "break", "continue", "struct", "const")
_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|#version[^\n]*)|(?:\d+\.\d*|\.?\d+)(?:[eE][+-]?\d+)?|\w+"
    r"|\+\+|--|[-+*/]=|[<>=!]=|&&|\|\||<<|>>|[-+*/%<>=!&|?:;,.(){}\[\]]"
)


class GLSLError(ValueError):
    """A shader has an unsupported construct; the message names the line."""


class Node(NamedTuple):
    """Node of the syntax tree: its kind, its first line, and its parts."""

    kind: str
    line: int
    parts: tuple[Any, ...]


class Function(NamedTuple):
    """A function: return type, parameter types and names, and body."""

    result: str
    parameters: list[tuple[str, str]]
    body: Node


@dataclass
class Tree:
    """A parsed shader: types of its variables by name, constants, functions."""

    name: str
    source: str
    uniforms: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    constants: list[Node] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)

    def refuse(self, line: int, what: str) -> NoReturn:
        """Raise GLSLError for a line."""
        text = self.source.splitlines()[line - 1 : line]
        raise GLSLError(f"{self.name}, line {line}: {what}: {text[0].strip() if text else 'the end'}")


def parse(source: str, name: str = "shader") -> Tree:
    """Parse a shader. Raises GLSLError for unsupported source."""
    tree = Tree(name, source)
    _Parser(tree).file()
    return tree


def _node(kind: str, line: int, *parts: Any) -> Node:
    return Node(kind, line, parts)


class _Token(NamedTuple):
    text: str
    line: int


class _Parser:
    """Recursive descent: one method per construct, which consumes its tokens and returns its node."""

    def __init__(self, tree: Tree):
        self.tree, self.at, self.tokens = tree, 0, list[_Token]()
        source, start, line = tree.source, 0, 1
        while start < len(source):
            found = _TOKEN.match(source, start)
            if found is None:
                tree.refuse(line, f"{source[start]!r} is not understood")
            if not found["skip"]:
                self.tokens.append(_Token(found[0], line))
            start, line = found.end(), line + found[0].count("\n")
        self.tokens.append(_Token("", line))

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        if not token.text or wanted not in (None, token.text):
            found = f"not {token.text!r}" if token.text else "and the text ends"
            self.tree.refuse(token.line, f"{repr(wanted) if wanted else 'more'} is wanted, {found}")
        self.at += 1
        return token.text

    def taken(self, *texts: str) -> str | None:
        return self.take() if self.next.text in texts else None

    def name(self) -> str:
        if not self.next.text.isidentifier():
            self.tree.refuse(self.next.line, f"a name is wanted, not {self.next.text!r}")
        return self.take()

    def type_name(self, *more: str) -> str:
        if self.next.text not in (*TYPES, *more):
            self.tree.refuse(self.next.line, f"type {self.next.text!r} is not understood")
        return self.take()

    def file(self) -> None:
        tree = self.tree
        while self.next.text:
            if self.taken("layout"):
                while self.take() != ")":
                    pass
            if kind := self.taken("uniform", "in", "out"):
                variables = {"uniform": tree.uniforms, "in": tree.inputs, "out": tree.outputs}[kind]
                type_name = self.type_name("sampler2D")
                variables[self.name()] = type_name
                self.take(";")
            elif self.taken("const"):
                tree.constants.append(self.declaration())
            elif self.next.text == "void" or self.next.text in TYPES:
                result, name, _ = self.take(), self.name(), self.take("(")
                parameters = self.listed(")", lambda: (self.type_name(), self.name()))
                tree.functions[name] = Function(result, parameters, self.statement())
            else:
                tree.refuse(self.next.line, f"{self.next.text!r} is not understood")

    def listed(self, end: str, item: Callable[[], Any]) -> list[Any]:
        items = []
        while not self.taken(end):
            items.append(item())
            if self.next.text != end:
                self.take(",")
        return items

    def statement(self) -> Node:
        line, word = self.next.line, self.next.text
        if word in TYPES and self.tokens[self.at + 1].text.isidentifier():
            return self.declaration()
        if word in _REFUSED:
            self.tree.refuse(line, f"{word!r} is not understood here")
        if self.taken("{"):
            inside = []
            while not self.taken("}"):
                inside.append(self.statement())
            return _node("block", line, inside)
        if self.taken("if"):
            condition, then = self.in_brackets(), self.statement()
            return _node("if", line, condition, then, self.statement() if self.taken("else") else None)
        if self.taken("for"):
            self.take("(")
            first, condition, _ = self.declaration(), self.expression(), self.take(";")
            step = self.assignment()
            self.take(")")
            return _node("for", line, first, condition, step, self.statement())
        if self.taken("return"):
            node = _node("return", line, None if self.next.text == ";" else self.expression())
        elif self.taken("discard"):
            node = _node("discard", line)
        else:
            node = self.assignment()
        self.take(";")
        return node

    def in_brackets(self) -> Node:
        self.take("(")
        inside = self.expression()
        self.take(")")
        return inside

    def declaration(self) -> Node:
        line, type_name = self.next.line, self.type_name()

        def variable() -> tuple[str, int | None, Node | None]:
            name, length = self.name(), None
            if self.taken("["):
                length = int(self.take())
                self.take("]")
            return name, length, self.expression() if self.taken("=") else None

        return _node("declare", line, type_name, self.listed(";", variable))

    def assignment(self) -> Node:
        line, target = self.next.line, self.expression()
        sign = self.taken("=", "+=", "-=", "*=", "/=", "++", "--")
        if sign is None:
            return _node("evaluate", line, target)
        value = _node("number", line, np.ones(1, np.int32)) if sign in ("++", "--") else self.expression()
        return _node("assign", line, target, value if sign == "=" else _node("binary", line, sign[0], target, value))

    def expression(self) -> Node:
        line, condition = self.next.line, self.binary(0)
        if not self.taken("?"):
            return condition
        yes, _, no = self.expression(), self.take(":"), self.expression()
        return _node("choice", line, condition, yes, no)

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while sign := self.taken(*_LEVELS[level]):
            left = _node("binary", left.line, sign, left, self.binary(level + 1))
        return left

    def unary(self) -> Node:
        line = self.next.line
        if sign := self.taken("-", "!", "+"):
            return _node("unary", line, sign, self.unary())
        word = self.take()
        if word == "(":
            self.at -= 1
            node = self.in_brackets()
        elif word[0].isdigit() or (word[0] == "." and word != "."):
            node = _node("number", line, np.array([word], np.int32 if word.isdigit() else np.float32))
        elif not word.isidentifier():
            self.tree.refuse(line, f"{word!r} is not understood")
        elif self.taken("("):
            node = _node("call", line, word, self.listed(")", self.expression))
        else:
            node = _node("name", line, word)
        while sign := self.taken(".", "["):
            if sign == ".":
                node = _node("swizzle", line, node, self.name())
            else:
                node = _node("index", line, node, self.expression())
                self.take("]")
        return node
