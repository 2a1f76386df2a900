"""Recurrent layers over whole sequences, and their cells.

A cell maps what a step takes of the input, already multiplied by the input weights, and the state
to a new state; a layer runs it along time, in one or two directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.dropout import dropout as drop
from ops_registry.builtin.operands import Array, widened
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

#: hidden state, or hidden and cell state
State: TypeAlias = tuple[Array, ...]
#: gates from the input, state, weight_hh, bias_hh, weight_hr -> new state
Cell: TypeAlias = Callable[[Array, State, Array, "Array | None", "Array | None"], State]

_GATES = {"tanh": 1, "relu": 1, "lstm": 4, "gru": 3}


def _affine(x: Array, weight: Array, bias: Array | None) -> Array:
    product: Array = x @ weight.T
    return product if bias is None else product + bias


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _tanh_cell(x: Array, state: State, weight: Array, bias: Array | None, _: Any) -> State:
    return (np.tanh(x + _affine(state[0], weight, bias)),)


def _relu_cell(x: Array, state: State, weight: Array, bias: Array | None, _: Any) -> State:
    return (np.maximum(x + _affine(state[0], weight, bias), 0),)


def _lstm_cell(
    x: Array, state: State, weight: Array, bias: Array | None, projection: Array | None
) -> State:
    hidden, cell = state
    gates = x + _affine(hidden, weight, bias)
    enter, forget, new, leave = np.split(gates, 4, axis=-1)
    cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
    hidden = _sigmoid(leave) * np.tanh(cell)
    return (hidden if projection is None else hidden @ projection.T), cell


def _gru_cell(x: Array, state: State, weight: Array, bias: Array | None, _: Any) -> State:
    hidden = state[0]
    x_reset, x_update, x_new = np.split(x, 3, axis=-1)
    h_reset, h_update, h_new = np.split(_affine(hidden, weight, bias), 3, axis=-1)
    reset = _sigmoid(x_reset + h_reset)
    update = _sigmoid(x_update + h_update)
    new = np.tanh(x_new + reset * h_new)
    return (new + update * (hidden - new),)


_CELLS: dict[str, Cell] = {
    "tanh": _tanh_cell,
    "relu": _relu_cell,
    "lstm": _lstm_cell,
    "gru": _gru_cell,
}


def _directions(bidirectional: bool) -> int:
    return 2 if bidirectional else 1


def _weights_per_direction(params: Sequence[Any], has_biases: bool, count: int) -> int:
    """How many weights each layer and direction has; one more than usual with a projection."""
    plain = 4 if has_biases else 2
    for width in (plain, plain + 1):
        if len(params) == width * count:
            return width
    raise RuntimeError(
        f"{count} layers and directions take {plain * count} weights"
        f" ({(plain + 1) * count} with projections), not {len(params)}"
    )


def _layer_metas(
    kind: str,
    input: TensorMeta,
    hx: Sequence[TensorMeta],
    params: Sequence[TensorMeta],
    has_biases: bool,
    num_layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[TensorMeta, ...]:
    if input.ndim != 3:
        raise RuntimeError(f"a sequence has 3 dimensions, not {input.ndim}")
    if len(hx) != (2 if kind == "lstm" else 1):
        raise RuntimeError(f"{kind} takes 2 states, hidden and cell, not {len(hx)}")
    count = num_layers * _directions(bidirectional)
    width = _weights_per_direction(params, has_biases, count)
    for weight in (*hx, *params):
        if weight.dtype is not input.dtype:
            raise RuntimeError(f"an input of {input.dtype!r} meets a weight of {weight.dtype!r}")
    batch = input.shape[0 if batch_first else 1]
    length = input.shape[1 if batch_first else 0]
    if length == 0:
        raise RuntimeError("a sequence has at least one step")
    rows, hidden = params[1].shape
    inner = rows // _GATES[kind]
    if width == 5 or (width == 3 and not has_biases):
        hidden = params[-1].shape[0]
    if params[0].shape[1] != input.shape[2]:
        raise RuntimeError(f"the input has {input.shape[2]} features, not {params[0].shape[1]}")
    states = [(count, batch, hidden), (count, batch, inner)][: len(hx)]
    for state, shape in zip(hx, states, strict=True):
        if state.shape != shape:
            raise RuntimeError(f"the state has the shape {list(state.shape)}, not {list(shape)}")
    features = hidden * _directions(bidirectional)
    result = (batch, length, features) if batch_first else (length, batch, features)
    return (
        TensorMeta(input.dtype, result),
        *(TensorMeta(input.dtype, shape) for shape in states),
    )


def _run_layers(
    kind: str,
    input: Array,
    hx: Sequence[Array],
    params: Sequence[Array],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Array, ...]:
    """The outputs of the last layer, and the last state of every layer and direction."""
    cell = _CELLS[kind]
    directions = _directions(bidirectional)
    width = _weights_per_direction(params, has_biases, num_layers * directions)
    weights = [widened(weight) for weight in params]
    sequence = widened(input.swapaxes(0, 1) if batch_first else input)
    last: list[State] = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            own = weights[number * width : (number + 1) * width]
            w_ih, w_hh = own[:2]
            b_ih, b_hh = own[2:4] if has_biases else (None, None)
            projection = own[-1] if width % 2 else None
            state = tuple(widened(part[number]) for part in hx)
            gates = _affine(sequence, w_ih, b_ih)
            result = np.empty((len(sequence), *state[0].shape), sequence.dtype)
            steps = range(len(sequence))
            for step in reversed(steps) if direction else steps:
                state = cell(gates[step], state, w_hh, b_hh, projection)
                result[step] = state[0]
            outputs.append(result)
            last.append(state)
        sequence = outputs[0] if directions == 1 else np.concatenate(outputs, axis=-1)
        if dropout and train and layer < num_layers - 1:
            sequence = drop(sequence, dropout, True)
    states = (np.stack(parts) for parts in zip(*last, strict=True))
    return (sequence.swapaxes(0, 1) if batch_first else sequence, *states)


def _layer_sample(kind: str, *, layers: int = 1, both: bool = False, biases: bool = True,
                  batch_first: bool = False, projected: int = 0, length: int = 3,
                  dtype: dtypes.Dtype = dtypes.float32) -> Sample:  # fmt: skip
    size, batch, inner = 4, 2, 3
    hidden = projected or inner
    count = layers * _directions(both)
    params = []
    for number in range(count):
        features = size if number < _directions(both) else hidden * _directions(both)
        rows = _GATES[kind] * inner
        shapes: list[tuple[int, ...]] = [(rows, features), (rows, hidden)]
        shapes += [(rows,), (rows,)] * biases
        shapes += [(projected, inner)] * bool(projected)
        params += [tensor(*s, dtype=dtype, seed=number * 9 + i) for i, s in enumerate(shapes)]
    shape = (batch, length, size) if batch_first else (length, batch, size)
    hx: Any = tensor(count, batch, hidden, dtype=dtype, seed=50)
    if kind == "lstm":
        hx = [hx, tensor(count, batch, inner, dtype=dtype, seed=51)]
    source = tensor(*shape, dtype=dtype, seed=60)
    return Sample(source, hx, params, biases, layers, 0.0, False, both, batch_first)


def _declare(kind: str) -> None:
    """Declare a layer: ``rnn_tanh``, ``rnn_relu``, ``lstm`` or ``gru``."""
    name = kind if kind in ("lstm", "gru") else f"rnn_{kind}"
    several = kind == "lstm"
    states = "Tensor[] hx" if several else "Tensor hx"
    returns = "(Tensor, Tensor, Tensor)" if several else "(Tensor, Tensor)"

    def meta(
        input: TensorMeta,
        hx: Any,
        params: Sequence[TensorMeta],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[TensorMeta, ...]:
        parts = hx if several else [hx]
        return _layer_metas(
            kind, input, parts, params, has_biases, num_layers, bidirectional, batch_first
        )

    def layer(input: Array, hx: Any, params: Sequence[Array], *rest: Any) -> tuple[Array, ...]:
        return _run_layers(kind, input, hx if several else [hx], params, *rest)

    layer.__doc__ = (
        f"A stack of {name} layers over a sequence (L, N, I), or (N, L, I) with batch_first.\n\n"
        "    Returns the outputs of the last layer and the last state of every layer.\n    "
    )
    operator(
        f"aten::{name}.input(Tensor input, {states}, Tensor[] params, bool has_biases,"
        " int num_layers, float dropout, bool train, bool bidirectional, bool batch_first)"
        f" -> {returns}",
        meta=meta,
        random=True,
        samples=lambda: [
            _layer_sample(kind),
            _layer_sample(kind, layers=2, both=True, batch_first=True),
            _layer_sample(kind, biases=False, length=1),
            _layer_sample(kind, dtype=dtypes.float64),
            *[_layer_sample(kind, layers=2, projected=2, both=True) for _ in range(several)],
        ],
        rejects=lambda: [
            Rejected(tensor(3, 4), *_layer_sample(kind).args[1:]),
            Rejected(tensor(3, 2, 5), *_layer_sample(kind).args[1:]),
            Rejected(tensor(3, 7, 4), *_layer_sample(kind).args[1:]),
        ],
    )(layer)


for _kind in _GATES:
    _declare(_kind)


# Packed sequences: the steps of a batch of sequences one after another, the longest ones first, so
# that step t has the batch_sizes[t] sequences that are that long.


def _packed_metas(
    kind: str,
    data: TensorMeta,
    hx: Sequence[TensorMeta],
    params: Sequence[TensorMeta],
    has_biases: bool,
    num_layers: int,
    bidirectional: bool,
) -> tuple[TensorMeta, ...]:
    if data.ndim != 2:
        raise RuntimeError(f"packed sequences have 2 dimensions, not {data.ndim}")
    if not hx or hx[0].ndim != 3:
        raise RuntimeError("a state has 3 dimensions: layers, sequences, features")
    whole = TensorMeta(data.dtype, (1, hx[0].shape[1], data.shape[1]))
    output, *states = _layer_metas(
        kind, whole, hx, params, has_biases, num_layers, bidirectional, False
    )
    return TensorMeta(data.dtype, (data.shape[0], output.shape[2])), *states


def _run_packed(
    kind: str,
    data: Array,
    batch_sizes: Array,
    hx: Sequence[Array],
    params: Sequence[Array],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Array, ...]:
    """As `_run_layers`; a sequence's state stays what it is once the sequence has ended."""
    cell = _CELLS[kind]
    directions = _directions(bidirectional)
    width = _weights_per_direction(params, has_biases, num_layers * directions)
    weights = [widened(weight) for weight in params]
    sizes = [int(size) for size in batch_sizes]
    if sum(sizes) != len(data) or sizes != sorted(sizes, reverse=True) or not sizes:
        raise RuntimeError("batch_sizes do not fall, or do not add up to the number of steps")
    if sizes[0] != hx[0].shape[1]:
        raise RuntimeError(f"the state is of {hx[0].shape[1]} sequences, not {sizes[0]}")
    starts = [sum(sizes[:step]) for step in range(len(sizes))]
    packed = widened(data)
    last: list[State] = []
    for layer in range(num_layers):
        outputs = []
        for direction in range(directions):
            number = layer * directions + direction
            own = weights[number * width : (number + 1) * width]
            b_ih, b_hh = own[2:4] if has_biases else (None, None)
            projection = own[-1] if width % 2 else None
            state = tuple(np.array(widened(part[number])) for part in hx)
            gates = _affine(packed, own[0], b_ih)
            result = np.empty((len(packed), state[0].shape[-1]), packed.dtype)
            steps = list(zip(starts, sizes, strict=True))
            for start, size in reversed(steps) if direction else steps:
                running = tuple(part[:size] for part in state)
                new = cell(gates[start : start + size], running, own[1], b_hh, projection)
                for part, row in zip(state, new, strict=True):
                    part[:size] = row
                result[start : start + size] = new[0]
            outputs.append(result)
            last.append(state)
        packed = outputs[0] if directions == 1 else np.concatenate(outputs, axis=-1)
        if dropout and train and layer < num_layers - 1:
            packed = drop(packed, dropout, True)
    return packed, *(np.stack(parts) for parts in zip(*last, strict=True))


def _packed_sample(kind: str, *, layers: int = 1, both: bool = False) -> Sample:
    source = _layer_sample(kind, layers=layers, both=both)
    _, hx, *rest = source.args
    sizes = np.array([2, 2, 1], np.int64)
    return Sample(tensor(5, 4, seed=60), sizes, hx, *rest[:-1])


def _declare_packed(kind: str) -> None:
    name = kind if kind in ("lstm", "gru") else f"rnn_{kind}"
    several = kind == "lstm"

    def meta(
        data: TensorMeta,
        batch_sizes: TensorMeta,
        hx: Any,
        params: Sequence[TensorMeta],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
    ) -> tuple[TensorMeta, ...]:
        parts = hx if several else [hx]
        return _packed_metas(kind, data, parts, params, has_biases, num_layers, bidirectional)

    def layer(data: Array, batch_sizes: Array, hx: Any, *rest: Any) -> tuple[Array, ...]:
        return _run_packed(kind, data, batch_sizes, hx if several else [hx], *rest)

    layer.__doc__ = (
        f"A stack of {name} layers over packed sequences: the steps of all of them (S, I), and how"
        " many sequences each step has.\n\n"
        "    Returns the outputs of the last layer, packed, and the last state of every layer.\n    "
    )
    operator(
        f"aten::{name}.data(Tensor data, Tensor batch_sizes,"
        f" {'Tensor[] hx' if several else 'Tensor hx'}, Tensor[] params, bool has_biases,"
        " int num_layers, float dropout, bool train, bool bidirectional) ->"
        f" {'(Tensor, Tensor, Tensor)' if several else '(Tensor, Tensor)'}",
        meta=meta,
        random=True,
        samples=lambda: [
            _packed_sample(kind),
            _packed_sample(kind, layers=2, both=True),
        ],
        rejects=lambda: [Rejected(tensor(2, 5, 4), *_packed_sample(kind).args[1:])],
    )(layer)


for _kind in _GATES:
    _declare_packed(_kind)


def _cell_metas(
    kind: str, input: TensorMeta, hx: Sequence[TensorMeta], w_ih: TensorMeta, w_hh: TensorMeta
) -> tuple[TensorMeta, ...]:
    if input.ndim != 2 or any(state.ndim != 2 for state in hx):
        raise RuntimeError("a cell takes an input and a state of 2 dimensions")
    rows, hidden = w_hh.shape
    if rows != _GATES[kind] * hidden or w_ih.shape != (rows, input.shape[1]):
        raise RuntimeError(
            f"weights of shapes {list(w_ih.shape)} and {list(w_hh.shape)} do not fit an input of"
            f" {input.shape[1]} features"
        )
    for state in hx:
        if state.shape != (input.shape[0], hidden):
            raise RuntimeError(
                f"the state has the shape {list(state.shape)}, not {[input.shape[0], hidden]}"
            )
    return tuple(TensorMeta(input.dtype, (input.shape[0], hidden)) for _ in hx)


def _cell_sample(kind: str, biases: bool = True, dtype: dtypes.Dtype = dtypes.float32) -> Sample:
    rows = _GATES[kind] * 3
    hx: Any = tensor(2, 3, dtype=dtype, seed=1)
    if kind == "lstm":
        hx = [hx, tensor(2, 3, dtype=dtype, seed=2)]
    weights = [tensor(rows, 4, dtype=dtype, seed=3), tensor(rows, 3, dtype=dtype, seed=4)]
    weights += [tensor(rows, dtype=dtype, seed=5 + i) for i in range(2 * biases)]
    return Sample(tensor(2, 4, dtype=dtype), hx, *weights)


def _declare_cell(kind: str) -> None:
    name = f"{kind if kind in ('lstm', 'gru') else f'rnn_{kind}'}_cell"
    several = kind == "lstm"
    states = "Tensor[] hx" if several else "Tensor hx"

    def meta(input: TensorMeta, hx: Any, w_ih: TensorMeta, w_hh: TensorMeta, *rest: Any) -> Any:
        metas = _cell_metas(kind, input, hx if several else [hx], w_ih, w_hh)
        return metas if several else metas[0]

    def cell(
        input: Array,
        hx: Any,
        w_ih: Array,
        w_hh: Array,
        b_ih: Array | None = None,
        b_hh: Array | None = None,
    ) -> Any:
        parts = [widened(part) for part in (hx if several else [hx])]
        bias_ih, bias_hh = (None if b is None else widened(b) for b in (b_ih, b_hh))
        gates = _affine(widened(input), widened(w_ih), bias_ih)
        state = _CELLS[kind](gates, tuple(parts), widened(w_hh), bias_hh, None)
        return state if several else state[0]

    cell.__doc__ = f"One step of {name.removesuffix('_cell')}: (N, I) and a state (N, H)."
    operator(
        f"aten::{name}(Tensor input, {states}, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None,"
        f" Tensor? b_hh=None) -> {'(Tensor, Tensor)' if several else 'Tensor'}",
        meta=meta,
        samples=lambda: [
            _cell_sample(kind),
            _cell_sample(kind, biases=False),
            _cell_sample(kind, dtype=dtypes.float64),
        ],
        rejects=lambda: [
            Rejected(tensor(2, 5), *_cell_sample(kind).args[1:]),
            Rejected(tensor(3, 4), *_cell_sample(kind).args[1:]),
        ],
    )(cell)


for _kind in _GATES:
    _declare_cell(_kind)
