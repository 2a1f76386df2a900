"""Recurrent layers and cells.

The layers take tensors, and packed sequences (``tscript.nn.utils.rnn``).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import tscript as torch
from tscript.nn import init
from tscript.nn.module import Module
from tscript.nn.parameter import Parameter
from tscript.nn.utils.rnn import PackedSequence
from tscript.runtime.tensor import Tensor

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What the recurrent layers share: weights of each layer and direction, and their checks."""

    __constants__ = [
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    ]
    __jit_unused_properties__ = ["all_weights"]
    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int
    #: The parameters in the order in which the operators take them.
    _flat_weights: list[Tensor]
    _flat_weights_names: list[str]

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if mode not in _GATES:
            raise ValueError(f"mode is one of {', '.join(_GATES)}, not {mode!r}")
        for name, flag in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(flag, bool):
                raise TypeError(f"{name} is True or False, not {flag!r}")
        for name, count in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(count, int):
                raise TypeError(f"{name} is an int, not {count!r}")
        for name, count in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_layers", num_layers),
        ):
            if count <= 0:
                raise ValueError(f"{name} is positive, not {count}")
        if isinstance(dropout, bool) or not isinstance(dropout, int | float):
            raise ValueError(f"dropout is a number, not {dropout!r}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout is between 0 and 1, not {dropout}")
        if dropout > 0 and num_layers == 1:
            warnings.warn("dropout acts between layers, and there is one only", stacklevel=3)
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"proj_size is from 0 to below hidden_size, not {proj_size}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._flat_weights_names = []
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for direction in range(2 if bidirectional else 1):
                shapes = self._weight_shapes(layer)
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                for name, shape in shapes.items():
                    weight = Parameter(torch.empty(shape, device=device, dtype=dtype))
                    setattr(self, name + suffix, weight)
                names = [name + suffix for name in shapes]
                self._flat_weights_names += names
                self._all_weights.append(names)
        self._flat_weights = [getattr(self, name) for name in self._flat_weights_names]
        self.reset_parameters()

    def _weight_shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the weights of one direction, in the operators' order."""
        rows = _GATES[self.mode] * self.hidden_size
        output = self.proj_size if self.proj_size > 0 else self.hidden_size
        columns = self.input_size if layer == 0 else output * (2 if self.bidirectional else 1)
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, columns),
            "weight_hh": (rows, output),
        }
        if self.bias:
            shapes["bias_ih"] = shapes["bias_hh"] = (rows,)
        if self.proj_size > 0:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        names = self.__dict__.get("_flat_weights_names", ())
        if name in names and "_flat_weights" in self.__dict__:
            self._flat_weights[names.index(name)] = value

    def reset_parameters(self) -> None:
        """Draw all weights anew: uniform within ``1 / sqrt(hidden_size)``."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing to do: on a CPU the weights need not lie together in memory."""

    def check_input(self, input: Tensor) -> None:
        """Raise for an input of a wrong dtype, rank or size."""
        if not torch.jit.is_scripting():
            dtype = self._flat_weights[0].dtype
            if input.dtype != dtype:
                raise ValueError(f"the input is {input.dtype}, the weights are {dtype}")
        if input.dim() != 3:
            raise RuntimeError(f"the input has 3 dimensions, not {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"the last dimension of the input is {self.input_size}, not {input.size(-1)}"
            )

    def get_expected_hidden_size(self, input: Tensor) -> list[int]:
        """The shape of the hidden state for an input with a batch."""
        batch = input.size(0) if self.batch_first else input.size(1)
        directions = 2 if self.bidirectional else 1
        size = self.proj_size if self.proj_size > 0 else self.hidden_size
        return [self.num_layers * directions, batch, size]

    def check_hidden_size(self, hx: Tensor, expected: list[int], name: str) -> None:
        """Raise for a state of another shape."""
        if hx.dim() != len(expected):
            raise RuntimeError(f"{name} has {len(expected)} dimensions, not {hx.dim()}")
        for i in range(len(expected)):
            if hx.size(i) != expected[i]:
                raise RuntimeError(f"{name} has the shape {expected}, not {hx.size()}")

    def permute_hidden(self, hx: Tensor, permutation: Tensor | None) -> Tensor:
        """The states of the sequences in another order."""
        return hx if permutation is None else hx.index_select(1, permutation)

    def _packed_states(
        self, input: PackedSequence, given: list[Tensor | None], sizes: list[int]
    ) -> list[Tensor]:
        """The initial states of packed sequences, in their order and checked; zeros for None."""
        if input.data.dim() != 2:
            raise RuntimeError(f"packed sequences have 2 dimensions, not {input.data.dim()}")
        if input.data.size(-1) != self.input_size:
            raise RuntimeError(
                f"the last dimension of the input is {self.input_size}, not {input.data.size(-1)}"
            )
        layers = self.num_layers * (2 if self.bidirectional else 1)
        batch = int(input.batch_sizes[0])
        states: list[Tensor] = []
        for state, size in zip(given, sizes, strict=True):
            shape = [layers, batch, size]
            if state is None:
                states.append(torch.zeros(shape, dtype=input.data.dtype))
            else:
                self.check_hidden_size(state, shape, "hx")
                states.append(self.permute_hidden(state, input.sorted_indices))
        return states

    def _repacked(self, output: Tensor, input: PackedSequence) -> PackedSequence:
        return PackedSequence(
            output, input.batch_sizes, input.sorted_indices, input.unsorted_indices
        )

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size != 0:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if not self.bias:
            text += f", bias={self.bias}"
        if self.batch_first:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text


def _check_ranks(input: Tensor, state_dim: int) -> None:
    """The state has as many dimensions as the input: a batch in both, or in neither."""
    if input.dim() != 2 and input.dim() != 3:
        raise ValueError(f"the input has 2 or 3 dimensions, not {input.dim()}")
    if state_dim != input.dim():
        raise RuntimeError(
            f"the input has {input.dim()} dimensions, and the state {state_dim}: they are equal"
        )


class RNN(RNNBase):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` over sequences; or ``relu`` of it.

    Input ``(L, N, input_size)``, or ``(N, L, input_size)`` with ``batch_first``, or without N.
    Returns the hidden states of the last layer, and those after the last step.
    """

    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if not torch.jit.is_scripting():
            if isinstance(input, PackedSequence):
                return self._forward_packed(input, hx)
        _check_ranks(input, input.dim() if hx is None else hx.dim())
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
        self.check_input(input)
        shape = self.get_expected_hidden_size(input)
        if hx is None:
            state = torch.zeros(shape, dtype=input.dtype, device=input.device)
        else:
            state = hx if batched else hx.unsqueeze(1)
            self.check_hidden_size(state, shape, "hx")
        if self.mode == "RNN_TANH":
            output, hidden = torch.rnn_tanh(
                input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                self.training, self.bidirectional, self.batch_first,
            )  # fmt: skip
        else:
            output, hidden = torch.rnn_relu(
                input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                self.training, self.bidirectional, self.batch_first,
            )  # fmt: skip
        if not batched:
            return output.squeeze(batch_dim), hidden.squeeze(1)
        return output, hidden

    @torch.jit.unused
    def _forward_packed(self, input: Any, hx: Any) -> Any:
        """As :meth:`forward`, for a packed sequence: the output is packed in the same way."""
        state = self._packed_states(input, [hx], [self.hidden_size])[0]
        run = torch.rnn_tanh if self.mode == "RNN_TANH" else torch.rnn_relu
        output, hidden = run(
            input.data, input.batch_sizes, state, self._flat_weights, self.bias, self.num_layers,
            self.dropout, self.training, self.bidirectional,
        )  # fmt: skip
        return self._repacked(output, input), self.permute_hidden(hidden, input.unsorted_indices)


class LSTM(RNNBase):
    """Long short-term memory over sequences.

    Input ``(L, N, input_size)``, or ``(N, L, input_size)`` with ``batch_first``, or without N.
    Returns the hidden states of the last layer, and the pair of hidden and cell state after the
    last step.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout,
            bidirectional, proj_size, device, dtype,
        )  # fmt: skip

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if not torch.jit.is_scripting():
            if isinstance(input, PackedSequence):
                return self._forward_packed(input, hx)
        _check_ranks(input, input.dim() if hx is None else hx[0].dim())
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
        self.check_input(input)
        shape = self.get_expected_hidden_size(input)
        cell_shape = [shape[0], shape[1], self.hidden_size]
        if hx is None:
            h = torch.zeros(shape, dtype=input.dtype, device=input.device)
            c = torch.zeros(cell_shape, dtype=input.dtype, device=input.device)
        else:
            h = hx[0] if batched else hx[0].unsqueeze(1)
            c = hx[1] if batched else hx[1].unsqueeze(1)
            self.check_hidden_size(h, shape, "hx[0]")
            self.check_hidden_size(c, cell_shape, "hx[1]")
        output, h, c = torch.lstm(
            input, [h, c], self._flat_weights, self.bias, self.num_layers, self.dropout,
            self.training, self.bidirectional, self.batch_first,
        )  # fmt: skip
        if not batched:
            return output.squeeze(batch_dim), (h.squeeze(1), c.squeeze(1))
        return output, (h, c)

    @torch.jit.unused
    def _forward_packed(self, input: Any, hx: Any) -> Any:
        """As :meth:`forward`, for a packed sequence: the output is packed in the same way."""
        sizes = [self.proj_size if self.proj_size > 0 else self.hidden_size, self.hidden_size]
        states = self._packed_states(input, [None, None] if hx is None else list(hx), sizes)
        output, h, c = torch.lstm(
            input.data, input.batch_sizes, states, self._flat_weights, self.bias, self.num_layers,
            self.dropout, self.training, self.bidirectional,
        )  # fmt: skip
        back = input.unsorted_indices
        after = self.permute_hidden(h, back), self.permute_hidden(c, back)
        return self._repacked(output, input), after


class GRU(RNNBase):
    """Gated recurrent units over sequences.

    Input ``(L, N, input_size)``, or ``(N, L, input_size)`` with ``batch_first``, or without N.
    Returns the hidden states of the last layer, and those after the last step.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            0, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if not torch.jit.is_scripting():
            if isinstance(input, PackedSequence):
                return self._forward_packed(input, hx)
        _check_ranks(input, input.dim() if hx is None else hx.dim())
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
        self.check_input(input)
        shape = self.get_expected_hidden_size(input)
        if hx is None:
            state = torch.zeros(shape, dtype=input.dtype, device=input.device)
        else:
            state = hx if batched else hx.unsqueeze(1)
            self.check_hidden_size(state, shape, "hx")
        output, hidden = torch.gru(
            input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
            self.training, self.bidirectional, self.batch_first,
        )  # fmt: skip
        if not batched:
            return output.squeeze(batch_dim), hidden.squeeze(1)
        return output, hidden

    @torch.jit.unused
    def _forward_packed(self, input: Any, hx: Any) -> Any:
        """As :meth:`forward`, for a packed sequence: the output is packed in the same way."""
        state = self._packed_states(input, [hx], [self.hidden_size])[0]
        output, hidden = torch.gru(
            input.data, input.batch_sizes, state, self._flat_weights, self.bias, self.num_layers,
            self.dropout, self.training, self.bidirectional,
        )  # fmt: skip
        return self._repacked(output, input), self.permute_hidden(hidden, input.unsorted_indices)


class RNNCellBase(Module):
    """What the cells share: the weights of one step."""

    __constants__ = ["input_size", "hidden_size", "bias"]
    input_size: int
    hidden_size: int
    bias: bool
    weight_ih: Tensor
    weight_hh: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        for name, columns in (("weight_ih", input_size), ("weight_hh", hidden_size)):
            empty = torch.empty((rows, columns), device=device, dtype=dtype)
            setattr(self, name, Parameter(empty))
        for name in ("bias_ih", "bias_hh"):
            if bias:
                setattr(self, name, Parameter(torch.empty(rows, device=device, dtype=dtype)))
            else:
                self.register_parameter(name, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew: uniform within ``1 / sqrt(hidden_size)``."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


def _check_cell_input(input: Tensor, state_dim: int) -> None:
    if input.dim() != 1 and input.dim() != 2:
        raise ValueError(f"a cell's input has 1 or 2 dimensions, not {input.dim()}")
    if state_dim != 1 and state_dim != 2:
        raise ValueError(f"a cell's state has 1 or 2 dimensions, not {state_dim}")


class RNNCell(RNNCellBase):
    """One step of an RNN: ``(N, input_size)`` and ``(N, hidden_size)`` to a new hidden state."""

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]
    nonlinearity: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        _check_cell_input(input, 2 if hx is None else hx.dim())
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            state = torch.zeros(
                input.size(0), self.hidden_size, dtype=input.dtype, device=input.device
            )
        else:
            state = hx if batched else hx.unsqueeze(0)
        if self.nonlinearity == "tanh":
            result = torch.rnn_tanh_cell(
                input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
            )
        elif self.nonlinearity == "relu":
            result = torch.rnn_relu_cell(
                input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
            )
        else:
            raise RuntimeError(f"nonlinearity is tanh or relu, not {self.nonlinearity}")
        return result if batched else result.squeeze(0)


class LSTMCell(RNNCellBase):
    """One step of an LSTM: the input, and the pair of hidden and cell state, to a new pair."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        batched = input.dim() == 2
        if hx is None:
            _check_cell_input(input, 2)
        else:
            _check_cell_input(input, hx[0].dim())
            _check_cell_input(input, hx[1].dim())
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            h = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)
            c = h
        else:
            h = hx[0] if batched else hx[0].unsqueeze(0)
            c = hx[1] if batched else hx[1].unsqueeze(0)
        h, c = torch.lstm_cell(
            input, [h, c], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        )
        if not batched:
            return h.squeeze(0), c.squeeze(0)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a GRU: ``(N, input_size)`` and ``(N, hidden_size)`` to a new hidden state."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        _check_cell_input(input, 2 if hx is None else hx.dim())
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            state = torch.zeros(
                input.size(0), self.hidden_size, dtype=input.dtype, device=input.device
            )
        else:
            state = hx if batched else hx.unsqueeze(0)
        result = torch.gru_cell(
            input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        )
        return result if batched else result.squeeze(0)
