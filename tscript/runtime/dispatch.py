"""The dispatcher: the only way from a Tensor to a kernel.

:func:`call` runs a record on Tensors (or has the current tracer record it), :func:`call_arrays`
on raw arrays, for generated code. Here are: promotion of operands, in-place and ``out`` forms,
the meta device, the guarantee that a result is an array of the meta's dtype and that an array
that came in goes out as the same tensor. Choosing an overload is
:mod:`tscript.runtime.overloads`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.device import CPU, META, Device
from ops_registry.meta import Elementwise, Promoting, TensorMeta, as_array, meta_of
from ops_registry.operator import Operator
from ops_registry.registry import PluginError, registry
from tscript.runtime.tensor import Tensor, wrap
from tscript.runtime.tracing_state import current_tracer

#: A record made callable on arrays: all arguments in, arrays (or lists of them) out.
Runner = Callable[..., Any]

_runners: dict[Operator, Runner] = {}


def call(operator: Operator, args: Sequence[Any]) -> Any:
    """Run ``operator`` on all its arguments, in the schema's order; tensors are Tensors.

    While a trace is recorded, the tracer runs it and writes the node down.
    """
    tracer = current_tracer()
    if tracer is not None:
        return tracer.call(operator, args)
    return run(operator, args)


def run(operator: Operator, args: Sequence[Any]) -> Any:
    """:func:`call` without looking for a tracer."""
    with np.errstate(all="ignore"):
        return run_handles(operator, args)


def run_handles(operator: Operator, args: Sequence[Any]) -> Any:
    """:func:`run` inside an ``np.errstate`` that ignores everything."""
    if operator.kind == "tensor_level":
        return operator.kernel(*args)
    if operator.kind == "composite":
        return operator.kernel(operators(), *args)
    if operator.derivation == "out":
        return _run_out(operator, args)
    found = _handle_runners.get(operator)
    if found is None:
        found = _handle_runners[operator] = _on_handles(operator)
    return found(args)


_handle_runners: dict[Operator, Callable[[Sequence[Any]], Any]] = {}


def _on_handles(operator: Operator) -> Callable[[Sequence[Any]], Any]:
    """A record that takes arrays, as a function on Tensors."""
    positions = operator.tensor_positions
    places_device = operator.schema.index("device") is not None
    returns_tensors = operator.returns_tensors
    execute = runner(operator)
    if not positions and not places_device and not returns_tensors:
        # Numbers, text and containers: what stands in a container is handed out as it is.
        return lambda args: execute(*args)

    def run_on_handles(args: Sequence[Any]) -> Any:
        arrays = list(args)
        known: list[Tensor] = []
        device = CPU
        for position in positions:
            value = arrays[position]
            if isinstance(value, Tensor):
                arrays[position] = value.array
                known.append(value)
                if value._device is not CPU:
                    device = value._device
            elif value is not None:
                elements = []
                for element in value:
                    if element is not None:
                        known.append(element)
                        if element._device is not CPU:
                            device = element._device
                        element = element.array
                    elements.append(element)
                arrays[position] = elements
        if places_device:
            device = _device_of(operator, args, device)
        if device is not CPU and device.type != "cpu":
            return _run_meta(operator, arrays, known, device)
        result = execute(*arrays)
        if not returns_tensors:
            return result
        if type(result) is np.ndarray:
            for tensor in known:
                if tensor.array is result:
                    return tensor
            return wrap(result)
        return _wrap_results(result, known)

    return run_on_handles


def handle_runner(operator: Operator) -> Runner:
    """A ``tensor_level`` record as a function on Tensors, all arguments given by position."""
    return operator.kernel


def _wrap_results(result: Any, known: Sequence[Tensor]) -> Any:
    if isinstance(result, np.ndarray):
        for tensor in known:
            if tensor.array is result:
                return tensor
        return wrap(result)
    if type(result) is tuple:
        return tuple(_wrap_results(item, known) for item in result)
    if type(result) is list:
        return [_wrap_results(item, known) for item in result]
    return result


def call_arrays(operator: Operator, args: Sequence[Any]) -> Any:
    """Run ``operator`` on arrays; an array that is returned unchanged is the same object."""
    return runner(operator)(*args)


def runner(operator: Operator) -> Runner:
    """The record as a function on arrays, all arguments given by position."""
    found = _runners.get(operator)
    if found is None:
        found = _runners[operator] = _make_runner(operator)
    return found


def _make_runner(operator: Operator) -> Runner:
    if operator.kind != "kernel":
        return _handle_runner(operator)
    if operator.derivation == "out":
        return lambda *args: _write_out_arrays(operator, args)
    if operator.derivation == "inplace":
        assert operator.functional is not None
        return _inplace_runner(operator, runner(operator.functional))
    if operator.meta is None or getattr(operator.meta, "conforms", False):
        # Views: the meta rule is the kernel itself, run on stand-ins.
        return operator.kernel
    plugin = registry().plugin_of(operator)
    if plugin is not None:
        settle = functools.partial(checked, operator, plugin)
        if isinstance(operator.meta, Promoting):
            return _promoting_runner(operator, operator.meta, settle)
        return _plain_runner(operator, settle)
    if isinstance(operator.meta, Elementwise) and len(operator.schema.returns) == 1:
        return _elementwise_runner(operator, operator.meta)
    if isinstance(operator.meta, Promoting):
        return _promoting_runner(operator, operator.meta)
    return _plain_runner(operator)


def _metas(operator: Operator, args: Sequence[Any]) -> list[Any]:
    """The arguments with arrays replaced by their metas."""
    metas = list(args)
    for position in operator.tensor_positions:
        value = args[position]
        if isinstance(value, np.ndarray):
            metas[position] = meta_of(value)
        elif isinstance(value, list | tuple):
            metas[position] = [None if v is None else meta_of(v) for v in value]
    return metas


def conform(result: Any, meta: Any) -> Any:
    """A kernel's results as the arrays that its meta promised."""
    if isinstance(meta, TensorMeta):
        return as_array(result, meta)
    if isinstance(meta, list):
        return [conform(r, m) for r, m in zip(result, meta, strict=True)]
    if isinstance(meta, tuple):
        return tuple(conform(r, m) for r, m in zip(result, meta, strict=True))
    return result


def checked(operator: Operator, plugin: str, result: Any, meta: Any) -> Any:
    """:func:`conform` for a plugin's kernel, which is told what it did wrong instead of mended.

    Raises :class:`PluginError` when number, dtype or shape of the results are not the meta's.
    """
    problem = _broken_promise(result, meta)
    if problem is not None:
        raise PluginError(
            f"the operator plugin {plugin!r}: the kernel of {operator.full_name} {problem}"
        )
    return conform(result, meta)


def _broken_promise(result: Any, meta: Any) -> str | None:
    if isinstance(meta, TensorMeta):
        # A reduction to 0-dim gives a NumPy scalar, which is as good.
        if not isinstance(result, np.ndarray | np.generic):
            return f"returned a {type(result).__name__}, its meta promises an array"
        if result.dtype != meta.dtype.numpy:
            return f"returned dtype {result.dtype}, its meta promises {meta.dtype.numpy}"
        fits = len(result.shape) == len(meta.shape) and all(
            promised in (have, -1) for have, promised in zip(result.shape, meta.shape, strict=True)
        )
        if not fits:
            return f"returned shape {list(result.shape)}, its meta promises {list(meta.shape)}"
    elif isinstance(meta, list | tuple):
        if not isinstance(result, list | tuple):
            return f"returned one {type(result).__name__}, its meta promises {len(meta)} results"
        if len(result) != len(meta):
            return f"returned {len(result)} results, its meta promises {len(meta)}"
        return next(filter(None, map(_broken_promise, result, meta)), None)
    return None


def _plain_runner(operator: Operator, settle: Callable[[Any, Any], Any] = conform) -> Runner:
    kernel, meta = operator.kernel, operator.meta
    assert meta is not None

    def run_plain(*args: Any) -> Any:
        promised = meta(*_metas(operator, args))
        return settle(kernel(*args), promised)

    return run_plain


def _operand_key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim == 0
    if isinstance(value, list | tuple):
        return tuple(map(_operand_key, value))
    return type(value)


def _cast(value: Any, dtype: np.dtype) -> Any:
    if isinstance(value, np.ndarray):
        return value if value.dtype == dtype else value.astype(dtype)
    if isinstance(value, list | tuple):
        return [_cast(v, dtype) for v in value]
    if type(value) is int and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            return _wrapped_int(value, dtype)
    return value


def _wrapped_int(value: int, dtype: np.dtype) -> int:
    """A number that does not fit an integer dtype wraps, as in C; one outside int64 raises."""
    if not -(2**63) <= value < 2**64:
        raise OverflowError(f"{value} does not fit into 64 bits")
    bits = 8 * dtype.itemsize
    value &= (1 << bits) - 1
    return value - (1 << bits) if dtype.kind == "i" and value >> (bits - 1) else value


def _elementwise_runner(operator: Operator, meta: Elementwise) -> Runner:
    """Cast the operands, run, and check only the dtype: the shape is broadcasting's."""
    kernel = operator.kernel
    positions = operator.operands
    cache: dict[Any, tuple[np.dtype, np.dtype]] = {}

    def learn(key: Any, args: Sequence[Any]) -> tuple[np.dtype, np.dtype]:
        metas = _metas(operator, args)
        compute = meta.compute_dtype([metas[p] for p in positions])
        promised = meta(*metas)
        cache[key] = found = (compute.numpy, promised.dtype.numpy)
        return found

    def run_elementwise(*args: Any) -> Any:
        # The default dtype is part of the key: it decides what integers and scalars become.
        key = (dtypes.default_dtype(), *[_operand_key(args[p]) for p in positions])
        compute, promised = cache.get(key) or learn(key, args)
        cast = list(args)
        for position in positions:
            value = cast[position]
            if type(value) is not np.ndarray or value.dtype is not compute:
                cast[position] = _cast(value, compute)
        try:
            result = kernel(*cast)
        except ValueError:
            meta(*_metas(operator, args))  # says which dimension does not fit
            raise
        if type(result) is np.ndarray and result.dtype is promised:
            return result
        return np.asarray(result, promised)

    return run_elementwise


def _promoting_runner(
    operator: Operator, meta: Promoting, settle: Callable[[Any, Any], Any] = conform
) -> Runner:
    kernel = operator.kernel
    positions = operator.operands

    def run_promoting(*args: Any) -> Any:
        metas = _metas(operator, args)
        promised = meta(*metas)  # type: ignore[operator]
        operands: list[Any] = []
        for position in positions:
            value = metas[position]
            operands.extend(value if isinstance(value, list) else [value])
        compute = meta.compute_dtype(operands).numpy
        cast = list(args)
        for position in positions:
            cast[position] = _cast(cast[position], compute)
        return settle(kernel(*cast), promised)

    return run_promoting


# In-place and out forms.


def _check_writable(target: np.ndarray) -> None:
    if not target.flags.writeable:
        raise RuntimeError("the tensor's memory is read-only: clone() it before writing to it")
    for extent, stride in zip(target.shape, target.strides, strict=True):
        if stride == 0 and extent > 1 and target.size:
            raise RuntimeError(
                "several elements of the tensor written to share one place in memory:"
                " clone() it first"
            )


def _check_result_fits(operator: Operator, result: np.ndarray, target: np.ndarray) -> None:
    if result.dtype != target.dtype:
        have, want = dtypes.from_numpy(result.dtype), dtypes.from_numpy(target.dtype)
        if have.category > want.category:
            raise RuntimeError(
                f"{operator.schema.base_name}: a result of dtype {have!r} cannot be written"
                f" into a tensor of dtype {want!r}"
            )


def _inplace_runner(operator: Operator, functional: Runner) -> Runner:
    def run_inplace(*args: Any) -> Any:
        target = args[0]
        result = functional(*args)
        if result is target:
            return target
        if result.shape != target.shape:
            raise RuntimeError(
                f"{operator.schema.base_name}: a tensor of shape {list(target.shape)} cannot"
                f" hold the result, whose shape is {list(result.shape)}"
            )
        _check_result_fits(operator, result, target)
        _check_writable(target)
        np.copyto(target, result, casting="unsafe")
        return target

    return run_inplace


def _functional_of(operator: Operator, args: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """The results of the functional form of an ``out`` overload, and the tensors to write."""
    assert operator.functional is not None
    count = len(operator.functional.schema.arguments)
    return runner(operator.functional)(*args[:count]), args[count:]


def _write_out_arrays(operator: Operator, args: Sequence[Any]) -> Any:
    results, outs = _functional_of(operator, args)
    single = type(results) is not tuple
    for result, out in zip((results,) if single else results, outs, strict=True):
        if result.shape != out.shape:
            raise RuntimeError(
                f"{operator.schema.base_name}: out has shape {list(out.shape)}, the result"
                f" {list(result.shape)}"
            )
        _check_result_fits(operator, result, out)
        np.copyto(out, result, casting="unsafe")
    return outs[0] if single else tuple(outs)


#: Operators that convert nothing when they write to ``out``.
_EXACT_OUT = frozenset(
    {"aten::gather", "aten::aminmax", "aten::complex", "aten::polar", "aten::multinomial"}
)


def _run_out(operator: Operator, args: Sequence[Any]) -> Any:
    """Write results into the ``out`` tensors, which take the results' shapes."""
    assert operator.functional is not None
    count = len(operator.functional.schema.arguments)
    results = run_handles(operator.functional, args[:count])
    outs = args[count:]
    single = type(results) is not tuple
    for result, out in zip((results,) if single else results, outs, strict=True):
        _check_result_fits(operator, result.array, out.array)
        if out.array.dtype != result.array.dtype and operator.name in _EXACT_OUT:
            raise RuntimeError(
                f"{operator.schema.base_name}: out has dtype {dtypes.from_numpy(out.array.dtype)!r},"
                f" the result {dtypes.from_numpy(result.array.dtype)!r}"
            )
        _check_writable(out.array)
        if result.array.shape == out.array.shape:
            np.copyto(out.array, result.array, casting="unsafe")
        else:
            out.array = result.array.astype(out.array.dtype)
    return outs[0] if single else tuple(outs)


# Records that work on handles.


def _handle_runner(operator: Operator) -> Runner:
    """A record that takes Tensors, called with arrays."""

    def run_on_handles(*args: Any) -> Any:
        handles: dict[int, Tensor] = {}

        def handle(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                found = handles.get(id(value))
                if found is None:
                    found = handles[id(value)] = wrap(value)
                return found
            if isinstance(value, list | tuple):
                return type(value)(map(handle, value))
            return value

        converted = list(args)
        for position in operator.tensor_positions:
            converted[position] = handle(args[position])
        return unwrap(run_handles(operator, converted))

    return run_on_handles


def unwrap(value: Any) -> Any:
    """A result with its tensors, also those in lists and tuples, as arrays."""
    if isinstance(value, Tensor):
        return value.array
    if type(value) in (list, tuple):
        return type(value)(map(unwrap, value))
    return value


class Operators:
    """The operators as attributes: ``ops.relu(x)``; composites are written with one.

    Another namespace's, a plugin's own, are an item: ``ops["mylib"].double(x)``.

    >>> Operators("aten")["mylib"].name
    'mylib'
    """

    def __init__(self, namespace: str) -> None:
        self.name = namespace

    def __getitem__(self, namespace: str) -> Operators:
        return Operators(namespace)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from tscript.runtime.overloads import eager

        full_name = f"{self.name}::{name}"
        if not registry().has(full_name):
            raise AttributeError(
                name if name.startswith("__") else registry().why_missing(full_name)
            )

        def function(*args: Any, **kwargs: Any) -> Any:
            return eager(full_name, args, kwargs)

        function.__name__ = function.__qualname__ = name
        setattr(self, name, function)
        return function


_aten = Operators("aten")


def operators() -> Operators:
    """What a composite is given: the built-in operators."""
    return _aten


# The meta device.


def _device_of(operator: Operator, args: Sequence[Any], tensors: Device) -> Device:
    position = operator.schema.index("device")
    if position is not None and args[position] is not None:
        asked: Device = args[position]
        if asked.type not in ("cpu", "meta"):
            raise RuntimeError(
                f"tscript has the devices cpu and meta, not {asked}: leave the device out"
            )
        return META if asked.type == "meta" else CPU
    return tensors


def meta_array(meta: TensorMeta) -> np.ndarray:
    """An array with a dtype and shape and (almost) no memory."""
    return np.lib.stride_tricks.as_strided(
        np.empty((), meta.dtype.numpy), meta.shape, (0,) * len(meta.shape)
    )


def _run_meta(
    operator: Operator, arrays: Sequence[Any], known: Iterable[Tensor], device: Device
) -> Any:
    """Results without values: only dtypes and shapes are computed."""
    if operator.derivation == "inplace":
        return next(iter(known))
    if operator.meta is None:
        if operator.returns_tensors or operator.schema.index("self") is None:
            raise RuntimeError(f"{operator.full_name} does not run on the meta device")
        return runner(operator)(*arrays)

    def made(meta: Any) -> Any:
        if isinstance(meta, TensorMeta):
            return wrap(meta_array(meta), device)
        if isinstance(meta, list | tuple):
            return type(meta)(map(made, meta))
        return meta

    return made(operator.meta(*_metas(operator, arrays)))
