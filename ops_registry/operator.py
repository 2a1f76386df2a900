"""The ``Operator`` record and ``@operator``, which declares one.

A record holds everything about an operator in one place: schema, kernel, meta, derivative,
samples. Kernels are plain functions over NumPy arrays and Python scalars; they get every
argument of the schema, defaults filled in, operands already promoted as the meta says.

Only the runtime's dispatcher and code generator call a kernel; calling the declared function
itself is calling the kernel, which tests of numerics may do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, TypeVar

from ops_registry.meta import MetaRule, Promoting
from ops_registry.samples import Rejected, Sample
from ops_registry.schema import AliasInfo, Argument, FunctionSchema, parse_schema
from ops_registry.types import ListType, TensorType

Kind: TypeAlias = Literal["kernel", "tensor_level", "composite"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Operator:
    """One overload of an operator.

    ``kind`` says what the function takes: arrays (``kernel``), the Tensor handles themselves
    (``tensor_level``, for what changes a handle: ``resize_``, ``requires_grad_``), or tensors of
    any level, being written on other operators (``composite``; its first argument is a
    namespace of operators to call, so that a trace sees through it).
    """

    schema: FunctionSchema
    kernel: Callable[..., Any]
    meta: MetaRule | None
    kind: Kind = "kernel"
    #: The NumPy ufunc the kernel is, when operands have one dtype and the result has it too
    #: (or is bool, for comparisons): what generated code may call directly.
    ufunc: str | None = None
    #: Draws from the random generator: never folded, merged or dropped.
    random: bool = False
    #: Prints, raises or otherwise acts on the world: never dropped or moved.
    effects: bool = False
    derivative: Mapping[str, Callable[..., Any]] | None = None
    samples: Callable[[], Iterable[Sample]] | None = None
    rejects: Callable[[], Iterable[Rejected]] | None = None
    #: The record this one was derived from, and how: an ``inplace`` or an ``out`` form runs the
    #: functional kernel and writes the result.
    functional: Operator | None = None
    derivation: Literal["inplace", "out"] | None = None

    @property
    def name(self) -> str:
        """``aten::add``, without the overload."""
        return self.schema.name

    @property
    def overload(self) -> str:
        return self.schema.overload

    @property
    def full_name(self) -> str:
        return self.schema.full_name

    @property
    def family(self) -> str:
        """The module that declares it: ``elementwise`` of ``ops_registry.builtin.elementwise``."""
        return self.kernel.__module__.rpartition(".")[2]

    @property
    def doc(self) -> str:
        return self.kernel.__doc__ or ""

    @functools.cached_property
    def operands(self) -> tuple[int, ...]:
        """Positions of the arguments that are cast to a common dtype before the kernel."""
        if isinstance(self.meta, Promoting):
            index = {a.name: i for i, a in enumerate(self.schema.arguments)}
            return tuple(index[name] for name in self.meta.operands)
        return ()

    @functools.cached_property
    def tensor_positions(self) -> tuple[int, ...]:
        """Positions of arguments that hold tensors: ``Tensor``, ``Tensor?``, ``Tensor[]`` ..."""
        arguments = enumerate(self.schema.arguments)
        return tuple(position for position, a in arguments if _holds_tensors(a.type))

    @functools.cached_property
    def returns_tensors(self) -> bool:
        return any(_holds_tensors(r.type) for r in self.schema.returns)

    @property
    def is_mutable(self) -> bool:
        """Whether it writes to an argument."""
        return self.schema.is_mutable

    @property
    def is_pure(self) -> bool:
        """Whether equal arguments give equal results and nothing else happens."""
        return not (self.random or self.effects or self.is_mutable)

    def __repr__(self) -> str:
        return f"<Operator {self.schema}>"


def _holds_tensors(term: Any) -> bool:
    if isinstance(term, TensorType):
        return True
    return any(_holds_tensors(inner) for inner in term.contained())


_declared: dict[str, list[Operator]] = {}
#: The kernels that have a record; their records keep them, so that an id stays theirs.
_stacked: set[int] = set()


def operator(
    schema: str,
    *,
    meta: MetaRule | None = None,
    kind: Kind = "kernel",
    ufunc: str | None = None,
    random: bool = False,
    effects: bool = False,
    inplace: bool | str = False,
    out: bool | str = False,
    derivative: Mapping[str, Callable[..., Any]] | None = None,
    samples: Callable[[], Iterable[Sample]] | None = None,
    rejects: Callable[[], Iterable[Rejected]] | None = None,
) -> Callable[[F], F]:
    """Declare the decorated function as the kernel of the operator ``schema``.

    Decorators stack: overloads that share a kernel are listed above it, in the order in which
    the compiler tries them. ``inplace`` also declares ``name_``; ``out`` also declares the
    overload that writes to ``out`` (their overloads are named as PyTorch does, or as given).

    A schema that returns tensors needs ``meta`` (except ``composite`` and ``tensor_level``
    kinds, whose results come from the operators they use). Raises ValueError when it is missing.
    """
    parsed = parse_schema(schema)

    def declare(function: F) -> F:
        bind = getattr(meta, "bind", None)
        if bind is not None:
            bind([argument.name for argument in parsed.arguments])
        record = Operator(
            parsed, function, meta, kind, ufunc, random, effects, derivative, samples, rejects
        )
        if meta is None and kind == "kernel" and record.returns_tensors:
            raise ValueError(f"{parsed.full_name} returns tensors: its record needs a meta")
        records = [record]
        if inplace is not False:
            records.append(_inplace_form(record, inplace if isinstance(inplace, str) else None))
        if out is not False:
            records.append(_out_form(record, out if isinstance(out, str) else None))
        declared = _declared.setdefault(function.__module__, [])
        # Decorators apply from the bottom up: what is above comes first.
        first = len(declared)
        if id(function) in _stacked:
            first = next(i for i, r in enumerate(declared) if r.kernel is function)
        _stacked.add(id(function))
        declared[first:first] = records
        return function

    return declare


def operators(*schemas: str, **fields: Any) -> Callable[[F], F]:
    """Stack several :func:`operator` declarations with the same fields on one kernel."""

    def declare(function: F) -> F:
        for schema in reversed(schemas):
            operator(schema, **fields)(function)
        return function

    return declare


def declared_in(module: str) -> tuple[Operator, ...]:
    """The records that an imported module declared, in order."""
    return tuple(_declared.get(module, ()))


def _inplace_form(functional: Operator, overload: str | None) -> Operator:
    schema = functional.schema
    overload = schema.overload if overload is None else overload
    written = AliasInfo(("a",), ("a",), True)
    arguments = (replace(schema.arguments[0], alias=written), *schema.arguments[1:])
    returns = (Argument("", schema.returns[0].type, schema.returns[0].real_type, alias=written),)
    return replace(
        functional,
        schema=FunctionSchema(f"{schema.name}_", overload, arguments, returns),
        functional=functional,
        derivation="inplace",
        derivative=None,
        samples=None,
        rejects=None,
    )


def _out_form(functional: Operator, overload: str | None) -> Operator:
    schema = functional.schema
    if overload is None:
        overload = "out" if schema.overload in ("", "Tensor") else f"{schema.overload}_out"
    letters = "abcdefgh"[: len(schema.returns)]
    outs = []
    returns = []
    for letter, result in zip(letters, schema.returns, strict=True):
        if not isinstance(result.type, TensorType | ListType):
            raise ValueError(f"{schema.full_name}: only tensor results have an out form")
        written = AliasInfo((letter,), (letter,), True)
        name = result.name or "out"
        outs.append(Argument(name, result.type, result.real_type, kwarg_only=True, alias=written))
        returns.append(Argument(result.name, result.type, result.real_type, alias=written))
    arguments = (*schema.arguments, *outs)
    return replace(
        functional,
        schema=FunctionSchema(schema.name, overload, arguments, tuple(returns)),
        functional=functional,
        derivation="out",
        derivative=None,
        samples=None,
        rejects=None,
    )


def fill_defaults(
    schema: FunctionSchema, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[Any]:
    """All arguments in the schema's order; TypeError when one is missing, extra or given twice.

    >>> s = parse_schema("aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor")
    >>> fill_defaults(s, ["x"], {"dtype": 6})
    ['x', 6]
    """
    arguments = schema.arguments
    values = list(args)
    positional = sum(not a.kwarg_only for a in arguments)
    if len(values) > positional:
        raise TypeError(
            f"{schema.base_name} takes at most {positional} positional arguments,"
            f" {len(values)} were given"
        )
    used = 0
    for argument in arguments[len(values) :]:
        if argument.name in kwargs:
            values.append(kwargs[argument.name])
            used += 1
        elif argument.has_default:
            values.append(argument.default)
        else:
            raise TypeError(f"{schema.base_name} is missing its argument {argument.name!r}")
    if used != len(kwargs):
        names = {a.name for a in arguments[len(args) :]}
        extra = next(name for name in kwargs if name not in names)
        known = schema.index(extra) is not None
        problem = "is given twice" if known else "is no argument of it"
        raise TypeError(f"{schema.base_name}: {extra!r} {problem}")
    return values
