"""Strings: methods, formatting, characters.

Positions follow PyTorch: in ``find``, ``count`` and their relatives a negative ``end`` counts
from one past the last character, so that the default ``-1`` means the whole string.
"""

from __future__ import annotations

from typing import Any

from ops_registry.operator import operator, operators
from ops_registry.samples import Sample

_CHARS = r'str chars=" \n\t\f\v"'


def _text() -> list[Sample]:
    return [Sample("Hello World"), Sample(""), Sample("näïve 12")]


def _two() -> list[Sample]:
    return [Sample("abcabc", "bc"), Sample("abc", "z")]


def _declare_plain(names: str, result: str) -> None:
    """The methods that are exactly Python's, with no arguments."""
    for name in names.split():
        method = getattr(str, name)

        def kernel(self: str, method: Any = method) -> Any:
            return method(self)

        kernel.__name__ = kernel.__qualname__ = name
        kernel.__doc__ = f"Python's ``str.{name}``."
        operator(f"aten::{name}(str self) -> {result}", samples=_text)(kernel)


_declare_plain("capitalize lower swapcase title upper", "str")
_declare_plain(
    "isalnum isalpha isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle"
    " isupper",
    "bool",
)


@operator("aten::add.str(str a, str b) -> str", samples=_two)
def add(a: str, b: str) -> str:
    """The two strings, one after the other."""
    return a + b


@operator("aten::len.str(str s) -> int", samples=_text)
def length(s: str) -> int:
    """The number of characters."""
    return len(s)


def _compare(name: str) -> None:
    method = getattr(str, f"__{name}__")

    def kernel(a: str, b: str) -> bool:
        return bool(method(a, b))

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = f"Strings compared character by character (``{name}``)."
    operator(f"aten::{name}.str(str a, str b) -> bool", samples=_two)(kernel)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    _compare(_name)


@operators(
    "aten::__getitem__.str(str s, int index) -> str",
    "prim::StringIndex(str string, int index) -> str",
    samples=lambda: [Sample("abc", -1)],
)
def getitem(s: str, index: int) -> str:
    """The character at a position; IndexError when there is none."""
    return s[index]


@operator(
    "aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str",
    samples=lambda: [Sample("abcdef", 1, -1, 2)],
)
def slice_(string: str, start: int | None, end: int | None, step: int) -> str:
    """The characters of a slice."""
    return string[start:end:step]


def _window(self: str, start: int, end: int) -> tuple[int, int]:
    size = len(self)
    if start < 0:
        start = max(0, start + size)
    if end < 0:
        end = max(0, end + size + 1)
    return start, end


_RANGE = "int start=0, int end=-1"


@operator(f"aten::find(str self, str substr, {_RANGE}) -> int", samples=_two)
def find(self: str, substr: str, start: int, end: int) -> int:
    """Where ``substr`` first begins, or -1."""
    return self.find(substr, *_window(self, start, end))


@operator(f"aten::rfind(str self, str substr, {_RANGE}) -> int", samples=_two)
def rfind(self: str, substr: str, start: int, end: int) -> int:
    """Where ``substr`` last begins, or -1."""
    return self.rfind(substr, *_window(self, start, end))


@operator(
    f"aten::index.str(str self, str substr, {_RANGE}) -> int",
    samples=lambda: [Sample("abcabc", "bc")],
)
def index(self: str, substr: str, start: int, end: int) -> int:
    """Where ``substr`` first begins; ValueError when it does not occur."""
    return self.index(substr, *_window(self, start, end))


@operator(
    f"aten::rindex(str self, str substr, {_RANGE}) -> int",
    samples=lambda: [Sample("abcabc", "bc")],
)
def rindex(self: str, substr: str, start: int, end: int) -> int:
    """Where ``substr`` last begins; ValueError when it does not occur."""
    return self.rindex(substr, *_window(self, start, end))


@operator(f"aten::count(str self, str substr, {_RANGE}) -> int", samples=_two)
def count(self: str, substr: str, start: int, end: int) -> int:
    """How often ``substr`` occurs without overlap."""
    return self.count(substr, *_window(self, start, end))


@operator(f"aten::startswith(str self, str substr, {_RANGE}) -> bool", samples=_two)
def startswith(self: str, substr: str, start: int, end: int) -> bool:
    """Whether the string begins with ``substr``."""
    return self.startswith(substr, *_window(self, start, end))


@operator(f"aten::endswith(str self, str substr, {_RANGE}) -> bool", samples=_two)
def endswith(self: str, substr: str, start: int, end: int) -> bool:
    """Whether the string ends with ``substr``."""
    return self.endswith(substr, *_window(self, start, end))


@operator(
    f"aten::strip(str self, {_CHARS}) -> str",
    samples=lambda: [Sample("  a b "), Sample("xax", "x")],
)
def strip(self: str, chars: str) -> str:
    """Without leading and trailing ``chars``."""
    return self.strip(chars)


@operator(f"aten::lstrip(str self, {_CHARS}) -> str", samples=lambda: [Sample("  a b ")])
def lstrip(self: str, chars: str) -> str:
    """Without leading ``chars``."""
    return self.lstrip(chars)


@operator(f"aten::rstrip(str self, {_CHARS}) -> str", samples=lambda: [Sample("  a b ")])
def rstrip(self: str, chars: str) -> str:
    """Without trailing ``chars``."""
    return self.rstrip(chars)


@operator(
    "aten::split.str(str self, str? separator=None, int max=-1) -> str[]",
    samples=lambda: [Sample("a b  c"), Sample("a,b", ",")],
)
def split(self: str, separator: str | None, max: int) -> list[str]:
    """The parts between separators, or between runs of blanks."""
    return self.split(separator, max)


@operator(
    'aten::rsplit(str self, str separator=" ", int max=-1) -> str[]',
    samples=lambda: [Sample("a b c", " ", 1)],
)
def rsplit(self: str, separator: str, max: int) -> list[str]:
    """The parts between separators, split from the right."""
    return self.rsplit(separator, max)


@operator(
    "aten::splitlines(str self, bool keepends=False) -> str[]",
    samples=lambda: [Sample("a\nb\r\nc")],
)
def splitlines(self: str, keepends: bool) -> list[str]:
    """The lines."""
    return self.splitlines(keepends)


@operator("aten::partition(str self, str separator) -> (str, str, str)", samples=_two)
def partition(self: str, separator: str) -> tuple[str, str, str]:
    """What is before the first separator, the separator, and the rest."""
    return self.partition(separator)


@operator("aten::rpartition(str self, str separator) -> (str, str, str)", samples=_two)
def rpartition(self: str, separator: str) -> tuple[str, str, str]:
    """What is before the last separator, the separator, and the rest."""
    return self.rpartition(separator)


@operator("aten::join(str self, str[] values) -> str", samples=lambda: [Sample(", ", ["a", "b"])])
def join(self: str, values: list[str]) -> str:
    """The strings with ``self`` between them."""
    return self.join(values)


@operator(
    "aten::replace(str self, str old, str new, int max=-1) -> str",
    samples=lambda: [Sample("aaa", "a", "b", 2)],
)
def replace(self: str, old: str, new: str, max: int) -> str:
    """With ``old`` replaced by ``new``, at most ``max`` times."""
    return self.replace(old, new, max)


@operator("aten::zfill(str self, int width) -> str", samples=lambda: [Sample("-7", 4)])
def zfill(self: str, width: int) -> str:
    """Filled with zeros behind the sign."""
    return self.zfill(width)


def _declare_padded(name: str) -> None:
    method = getattr(str, name)

    def kernel(self: str, width: int, fillchar: str) -> str:
        return str(method(self, width, fillchar))

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = f"Python's ``str.{name}``."
    operator(
        f'aten::{name}(str self, int width, str fillchar=" ") -> str',
        samples=lambda: [Sample("ab", 5, "*")],
    )(kernel)


for _name in ("center", "ljust", "rjust"):
    _declare_padded(_name)


@operator("aten::expandtabs(str self, int tabsize=8) -> str", samples=lambda: [Sample("a\tb")])
def expandtabs(self: str, tabsize: int) -> str:
    """With tabs as blanks."""
    return self.expandtabs(tabsize)


@operator("aten::list(str t) -> str[]", samples=_text)
def characters(t: str) -> list[str]:
    """The characters."""
    return list(t)


@operator("aten::ord(str string) -> int", samples=lambda: [Sample("é")])
def ord_(string: str) -> int:
    """The code point of one character."""
    return ord(string)


@operator("aten::chr(int i) -> str", samples=lambda: [Sample(233)])
def chr_(i: int) -> str:
    """The character with a code point."""
    return chr(i)


@operator("aten::bin(int i) -> str", samples=lambda: [Sample(-5)])
def bin_(i: int) -> str:
    """The number in base 2."""
    return bin(i)


@operator("aten::oct(int i) -> str", samples=lambda: [Sample(9)])
def oct_(i: int) -> str:
    """The number in base 8."""
    return oct(i)


@operator("aten::hex(int i) -> str", samples=lambda: [Sample(255)])
def hex_(i: int) -> str:
    """The number in base 16."""
    return hex(i)


@operator("aten::str(t elem) -> str", samples=lambda: [Sample(1.5), Sample([1, 2])])
def str_(elem: Any) -> str:
    """Python's text of a value."""
    return str(elem)


@operator("aten::format(str self, ...) -> str", samples=lambda: [Sample("{} and {}", 1, "b")])
def format_(self: str, *args: Any) -> str:
    """``str.format`` with positional ``{}`` fields."""
    return self.format(*args)


@operator("aten::percentFormat(str self, ...) -> str", samples=lambda: [Sample("%d of %s", 1, "b")])
def percent_format(self: str, *args: Any) -> str:
    """``self % args``."""
    return self % (args[0] if len(args) == 1 else args)


@operator("aten::_print(str s) -> ()", effects=True)
def print_(s: str) -> None:
    """Write a line to standard output."""
    print(s)


@operator("aten::warn(str message, int stacklevel=2) -> ()", effects=True)
def warn(message: str, stacklevel: int) -> None:
    """Give a ``UserWarning``."""
    import warnings

    warnings.warn(message, stacklevel=stacklevel + 1)
