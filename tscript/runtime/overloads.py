"""Calls of operators by name on live values: binding arguments and choosing the overload.

The rules of PyTorch's Python bindings: overloads are tried in order, first as the values are,
then with conversions (a 0-dim tensor for a number); dtypes, layouts and memory formats become
their codes, ``input`` is another name of ``self`` and ``axis`` of ``dim``, a lone ``int[]`` may be
spelled as several arguments, ``out=`` picks the overload that writes. The choice is remembered
for the types of the arguments.
"""

from __future__ import annotations

import functools
import numbers
import operator as operator_module
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry import types as t
from ops_registry.device import Device
from ops_registry.dtypes import Dtype
from ops_registry.operator import Operator
from ops_registry.registry import UnknownOperatorError, registry
from ops_registry.schema import Argument, FunctionSchema
from tscript.runtime.dispatch import call
from tscript.runtime.layout import Layout, MemoryFormat
from tscript.runtime.size import Size
from tscript.runtime.tensor import Tensor, wrap
from tscript.runtime.tracing_state import current_tracer

#: What a fitter returns when the value does not fit.
_NO = object()

#: ``(value, level)`` to the value the kernel gets; level 0 converts nothing.
Fitter = Callable[[Any, int], Any]

_SYNONYMS = {"self": ("input", "x"), "dim": ("axis",), "keepdim": ("keepdims",)}


class TracedInt(int):
    """An int that is the value of a traced 0-dim tensor; the trace records the conversion."""

    tensor: Tensor


class TracedFloat(float):
    """A float that is the value of a traced 0-dim tensor."""

    tensor: Tensor


def eager(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call the operator ``name`` on Python values.

    ``eager("aten::add", (x, 1), {})`` is ``x + 1``. TypeError when no overload takes the
    arguments, naming the first that does not fit.
    """
    key = (name, *map(_type_key, args))
    if kwargs:
        if "requires_grad" in kwargs and _makes_tensors(name):
            return _with_gradient(name, args, kwargs)
        key += tuple((k, _type_key(v)) for k, v in kwargs.items())
    choice = _choices.get(key)
    if choice is not None:
        bound = choice.bind(args, kwargs, choice.level)
        if type(bound) is list:
            return _present(choice.operator, call(choice.operator, bound))
    choice, bound = _resolve(name, args, kwargs)
    _choices[key] = choice
    return _present(choice.operator, call(choice.operator, bound))


@functools.cache
def _makes_tensors(name: str) -> bool:
    """Whether it is a factory: Python's form takes ``requires_grad``, its schemas do not."""
    schemas = registry().overloads(name)
    return any(s.index("pin_memory") is not None for s in schemas) and not any(
        s.index("requires_grad") is not None for s in schemas
    )


def _with_gradient(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    others = {keyword: value for keyword, value in kwargs.items() if keyword != "requires_grad"}
    return eager(name, args, others).requires_grad_(bool(kwargs["requires_grad"]))


class _Choice:
    """An overload with the level of conversions at which it takes the arguments."""

    __slots__ = ("bind", "level", "operator")

    def __init__(self, operator: Operator, bind: Binder, level: int) -> None:
        self.operator = operator
        self.bind = bind
        self.level = level


_choices: dict[tuple[Any, ...], _Choice] = {}


def _type_key(value: Any) -> Any:
    cls = type(value)
    if cls is list or cls is tuple:
        return (cls, type(value[0]) if value else None)
    return cls


def _resolve(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[_Choice, list[Any]]:
    binders = _binders(name)
    if not binders:
        raise UnknownOperatorError(registry().why_missing(name))
    for level in (0, 1):
        for binder in binders:
            bound = binder(args, kwargs, level)
            if type(bound) is list:
                operator = registry().operator(name, binder.schema.overload)
                return _Choice(operator, binder, level), bound
    raise _no_match(name, binders, args, kwargs)


@functools.cache
def _binders(name: str) -> tuple[Binder, ...]:
    return tuple(Binder(schema) for schema in registry().overloads(name))


def forget_choices() -> None:
    """Forget what was learned about operators (a plugin came or went)."""
    _choices.clear()
    _binders.cache_clear()
    _makes_tensors.cache_clear()


class _Misfit:
    """Why arguments do not fit a schema; ``score`` is how far binding came."""

    __slots__ = ("message", "score")

    def __init__(self, message: str, score: int) -> None:
        self.message = message
        self.score = score


class Binder:
    """Binds Python arguments to one schema."""

    def __init__(self, schema: FunctionSchema) -> None:
        self.schema = schema
        self.arguments = schema.arguments
        self.fitters = [fitter(a.real_type, a.size) for a in schema.arguments]
        self.positional = sum(not a.kwarg_only for a in schema.arguments)
        self.outs = [a.name for a in schema.arguments if a.kwarg_only and a.is_written]
        self.varargs_at = self._varargs_position()

    def _varargs_position(self) -> int | None:
        """Where ``f(2, 3)`` means ``f([2, 3])``: a lone positional list of ints."""
        positional = [
            (i, a)
            for i, a in enumerate(self.arguments)
            if not a.kwarg_only and not (i == 0 and a.name == "self")
        ]
        if len(positional) != 1:
            return None
        index, argument = positional[0]
        return index if argument.type == t.ListType(t.INT) else None

    def __call__(self, args: Sequence[Any], kwargs: Mapping[str, Any], level: int) -> Any:
        """The arguments in the schema's order as a list, or a `_Misfit`."""
        count = len(args)
        at = self.varargs_at
        if at is not None and count > at and _is_int(args[at]):
            args = (*args[:at], list(args[at:]))
            count = at + 1
        if count > self.positional:
            return _Misfit(f"takes {self.positional} positional arguments, {count} were given", 0)
        bound: list[Any] = []
        used = 0
        for position, (argument, fit) in enumerate(zip(self.arguments, self.fitters, strict=True)):
            if position < count:
                value = args[position]
            elif kwargs:
                value = self._keyword(argument, kwargs)
                if value is not _NO:
                    used += 1
                elif argument.has_default:
                    bound.append(argument.default)
                    continue
                else:
                    return _Misfit(f"the argument {_shown(argument)} is missing", position)
            elif argument.has_default:
                bound.append(argument.default)
                continue
            else:
                return _Misfit(f"the argument {_shown(argument)} is missing", position)
            fitted = fit(value, level)
            if fitted is _NO:
                return _Misfit(
                    f"the argument {_shown(argument)} (position {position + 1}) must be"
                    f" {_described(argument.real_type)}, not {_value_type(value)}",
                    position + 1,
                )
            bound.append(fitted)
        if used != len(kwargs) and not self._only_outs(used, kwargs):
            extra = next((k for k in kwargs if not self._knows(k)), None)
            if extra is None:
                extra = next(iter(kwargs))
                return _Misfit(f"the argument '{extra}' is given twice", count)
            return _Misfit(f"there is no argument '{extra}'", count)
        return bound

    def _only_outs(self, used: int, kwargs: Mapping[str, Any]) -> bool:
        """``out=(values, indices)`` is one keyword for several arguments; ``out=None`` is none."""
        if "out" not in kwargs:
            return False
        extra = len(self.outs) if len(self.outs) > 1 else 0
        if kwargs["out"] is None and not self.outs:
            return used == len(kwargs) - 1
        return extra > 0 and used == len(kwargs) - 1 + extra

    def _knows(self, name: str) -> bool:
        if self.schema.index(name) is not None:
            return True
        return any(
            name in synonyms and self.schema.index(own) is not None
            for own, synonyms in _SYNONYMS.items()
        )

    def _keyword(self, argument: Argument, kwargs: Mapping[str, Any]) -> Any:
        name = argument.name
        if name in kwargs:
            return kwargs[name]
        for synonym in _SYNONYMS.get(name, ()):
            if synonym in kwargs and self.schema.index(synonym) is None:
                return kwargs[synonym]
        if len(self.outs) > 1 and name in self.outs and isinstance(kwargs.get("out"), tuple | list):
            outs = kwargs["out"]
            place = self.outs.index(name)
            return outs[place] if place < len(outs) else _NO
        return _NO


def _shown(argument: Argument) -> str:
    return f"'{'input' if argument.name == 'self' else argument.name}'"


def _no_match(
    name: str, binders: Sequence[Binder], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> TypeError:
    misfits = [b(args, kwargs, 1) for b in binders]
    nearest = max(range(len(misfits)), key=lambda i: misfits[i].score)
    text = f"{name.partition('::')[2]}(): {misfits[nearest].message}"
    shown = [str(b.schema).partition("::")[2] for b in binders[:6]]
    if len(shown) > 1:
        text += "\nThe signatures are:\n" + "\n".join(f"  {line}" for line in shown)
    else:
        text += f"\nThe signature is:\n  {shown[0]}"
    return TypeError(text)


def _described(term: t.Type) -> str:
    """A schema type as an error message names it."""
    if isinstance(term, t.OptionalType):
        return f"{_described(term.element)} or None"
    if isinstance(term, t.ListType):
        return f"a list or tuple of {_described(term.element)}"
    return {
        "Scalar": "a number",
        "SymInt": "int",
        "ScalarType": "a dtype",
        "Layout": "a layout",
        "MemoryFormat": "a memory format",
        "Device": "a device",
    }.get(str(term), str(term))


def _value_type(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        inner = sorted({type(v).__name__ for v in value})
        return f"{type(value).__name__} of {' and '.join(inner)}"
    return type(value).__name__


# Fitters: does a Python value fit a type of a schema, and what does the kernel get.


def _is_int(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | np.integer) or (
        isinstance(value, Tensor) and value.array.ndim == 0 and value.array.dtype.kind in "iu"
    )


def _fit_tensor(value: Any, level: int) -> Any:
    if isinstance(value, Tensor):
        return value
    if level:
        if isinstance(value, np.ndarray):
            return wrap(value)
        if hasattr(value, "__dlpack__") and not isinstance(value, np.generic):
            from tscript.runtime.creation import from_dlpack

            return from_dlpack(value)
    return _NO


def _tensor_number(value: Tensor, kinds: str, traced: type, plain: type) -> Any:
    """The number in a 0-dim tensor; remembered as traced while a trace is recorded."""
    if value.array.ndim != 0 or value.array.dtype.kind not in kinds:
        return _NO
    if current_tracer() is None:
        return plain(value._item())
    number = traced(value._item())
    number.tensor = value
    return number


def _fit_int(value: Any, level: int) -> Any:
    if type(value) is int or type(value) is TracedInt:
        return value
    if level:
        if isinstance(value, Tensor):
            return _tensor_number(value, "iu", TracedInt, int)
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return int(value)
    return _NO


def _fit_float(value: Any, level: int) -> Any:
    if type(value) is float:
        return value
    if type(value) is int or (isinstance(value, float | np.floating)):
        return float(value)
    if level:
        if isinstance(value, Tensor):
            return _tensor_number(value, "iuf", TracedFloat, float)
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return float(value)
    return _NO


def _fit_complex(value: Any, level: int) -> Any:
    if isinstance(value, numbers.Number) and not isinstance(value, bool):
        return complex(value)  # type: ignore[call-overload]
    return _NO


def _fit_scalar(value: Any, level: int) -> Any:
    if type(value) in (int, float, bool, complex, TracedInt, TracedFloat):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return value.item()
    if isinstance(value, int | float | complex):
        return value
    if level and isinstance(value, Tensor):
        kind = value.array.dtype.kind
        if value.array.ndim == 0 and kind in "bc":
            return value._item()
        if kind in "iu":
            return _tensor_number(value, "iu", TracedInt, int)
        return _tensor_number(value, "fV", TracedFloat, float)
    return _NO


def _fit_bool(value: Any, level: int) -> Any:
    if type(value) is bool:
        return value
    return bool(value) if isinstance(value, np.bool_) else _NO


def _fit_string(value: Any, level: int) -> Any:
    return value if isinstance(value, str) else _NO


_PYTHON_DTYPES: dict[Any, Dtype] = {
    float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128
}  # fmt: skip


def _fit_dtype(value: Any, level: int) -> Any:
    if isinstance(value, Dtype):
        return value.code
    if level:
        if type(value) is int:
            return value
        if isinstance(value, type) and value in _PYTHON_DTYPES:
            return _PYTHON_DTYPES[value].code
    return _NO


def _fit_device(value: Any, level: int) -> Any:
    if isinstance(value, Device):
        return value
    if isinstance(value, str):
        return Device(value)
    return _NO


def _fit_layout(value: Any, level: int) -> Any:
    if isinstance(value, Layout):
        return value.code
    return value if level and type(value) is int else _NO


def _fit_memory_format(value: Any, level: int) -> Any:
    if isinstance(value, MemoryFormat):
        return value.code
    return value if level and type(value) is int else _NO


def _fit_generator(value: Any, level: int) -> Any:
    return value if hasattr(value, "manual_seed") else _NO


def _fit_anything(value: Any, level: int) -> Any:
    return value


_FITTERS: dict[t.Type, Fitter] = {
    t.TENSOR: _fit_tensor,
    t.INT: _fit_int,
    t.SYM_INT: _fit_int,
    t.FLOAT: _fit_float,
    t.COMPLEX: _fit_complex,
    t.NUMBER: _fit_scalar,
    t.BOOL: _fit_bool,
    t.STRING: _fit_string,
    t.SCALAR_TYPE: _fit_dtype,
    t.DEVICE: _fit_device,
    t.LAYOUT: _fit_layout,
    t.MEMORY_FORMAT: _fit_memory_format,
    t.GENERATOR: _fit_generator,
}


@functools.cache
def fitter(term: t.Type, size: int | None = None) -> Fitter:
    """The fitter of a type; ``size`` is the N of ``int[N]``."""
    found = _FITTERS.get(term)
    if found is not None:
        return found
    if isinstance(term, t.OptionalType):
        inner = fitter(term.element, size)
        return lambda value, level: None if value is None else inner(value, level)
    if isinstance(term, t.ListType):
        return _list_fitter(fitter(term.element), term.element, size)
    if isinstance(term, t.TupleType):
        return lambda value, level: value if isinstance(value, tuple) else _NO
    if isinstance(term, t.DictType):
        return lambda value, level: value if isinstance(value, dict) else _NO
    return _fit_anything


def _list_fitter(inner: Fitter, element: t.Type, size: int | None) -> Fitter:
    numeric = element in (t.INT, t.SYM_INT, t.FLOAT, t.BOOL, t.NUMBER)

    def fit(value: Any, level: int) -> Any:
        if isinstance(value, list | tuple | Size):
            fitted = [inner(item, 1 if numeric else level) for item in value]
            return _NO if any(item is _NO for item in fitted) else fitted
        if size is not None and not isinstance(value, dict | str):
            single = inner(value, level)
            return _NO if single is _NO else [single] * size
        if level and isinstance(value, Tensor) and value.array.ndim == 1 and numeric:
            return [inner(item, 1) for item in value.array.tolist()]
        return _NO

    return fit


# What a call gives back.


def _present(operator: Operator, result: Any) -> Any:
    if type(result) is tuple:
        return _named(operator, result)
    if type(result) is int:
        real = operator.schema.returns[0].real_type if operator.schema.returns else None
        if isinstance(real, t.ScalarTypeType):
            return dtypes.from_code(result)
    return result


def _named(operator: Operator, result: tuple[Any, ...]) -> Any:
    names = tuple(r.name for r in operator.schema.returns)
    if len(names) != len(result) or not all(names):
        return result
    return _return_type(operator.schema.base_name, names)(result)


class _ReturnType(tuple[Any, ...]):
    """The base of the named tuples that operators with several named results give."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        pairs = zip(self._fields, self, strict=True)
        body = ",\n".join(f"{field}={value!r}" for field, value in pairs)
        return f"torch.return_types.{type(self).__name__}(\n{body})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild_return, (type(self).__name__, self._fields, tuple(self)))


@functools.cache
def _return_type(name: str, fields: tuple[str, ...]) -> Any:
    members: dict[str, Any] = {
        "__slots__": (),
        "_fields": fields,
        "__module__": "torch.return_types",
    }
    for position, field in enumerate(fields):
        members[field] = property(operator_module.itemgetter(position))
    return type(name, (_ReturnType,), members)


def _rebuild_return(name: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _return_type(name, fields)(values)
