"""Einstein summation: products summed over the indices that a text names."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.builtin.products import one_dtype
from ops_registry.meta import Shape, TensorMeta, broadcast_shapes
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

_LETTERS = frozenset(string.ascii_letters)


def parsed(equation: str, count: int) -> tuple[list[str], str | None]:
    """The indices of each operand, and of the result if there is an arrow."""
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    operands = inputs.split(",")
    for part in (*operands, output):
        letters = part.replace("...", "", 1)
        if not set(letters) <= _LETTERS:
            wrong = next(c for c in letters if c not in _LETTERS)
            raise RuntimeError(f"einsum indices are letters and one '...', not {wrong!r}")
    if len(operands) != count:
        raise RuntimeError(f"einsum names {len(operands)} operands, {count} are given")
    if not arrow:
        return operands, None
    if len(set(output.replace("...", ""))) != len(output.replace("...", "")):
        raise RuntimeError("an einsum index appears twice in the result")
    return operands, output


def _result_indices(operands: Sequence[str], output: str | None) -> str:
    """The indices of the result: those that appear once, in order, if not given."""
    if output is not None:
        return output
    letters = "".join(part.replace("...", "") for part in operands)
    once = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return ("..." if any("..." in part for part in operands) else "") + once


def _extents(operands: Sequence[str], shapes: Sequence[Shape]) -> tuple[dict[str, int], Shape]:
    """The size of each index, and the shape that ``...`` stands for."""
    sizes: dict[str, int] = {}
    batch: Shape = ()
    for part, shape in zip(operands, shapes, strict=True):
        before, dots, after = part.partition("...")
        named = len(before) + len(after)
        if (named != len(shape)) if not dots else named > len(shape):
            raise RuntimeError(f"einsum names {named} indices of a tensor of {len(shape)}")
        pairs = list(zip(before, shape[: len(before)], strict=True))
        pairs += zip(after, shape[len(shape) - len(after) :], strict=True)
        if dots:
            batch = broadcast_shapes(batch, shape[len(before) : len(shape) - len(after)])
        for letter, extent in pairs:
            present = sizes.setdefault(letter, extent)
            if 1 not in (present, extent) and present != extent:
                raise RuntimeError(f"einsum index {letter!r} has size {present} and size {extent}")
            sizes[letter] = max(present, extent) if 1 in (present, extent) else present
            if 0 in (present, extent):
                sizes[letter] = 0
    return sizes, batch


def _einsum_meta(
    equation: str, tensors: Sequence[TensorMeta], path: Sequence[int] | None
) -> TensorMeta:
    if not tensors:
        raise RuntimeError("einsum needs at least one tensor")
    operands, output = parsed(equation, len(tensors))
    sizes, batch = _extents(operands, [t.shape for t in tensors])
    result = _result_indices(operands, output)
    before, dots, after = result.partition("...")
    for letter in before + after:
        if letter not in sizes:
            raise RuntimeError(f"einsum index {letter!r} of the result is in no operand")
    shape = [sizes[c] for c in before] + list(batch if dots else ()) + [sizes[c] for c in after]
    return TensorMeta(one_dtype(*tensors), tuple(shape))


@operator(
    "aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
    meta=_einsum_meta,
    samples=lambda: [
        Sample("ij,jk->ik", [tensor(2, 3), tensor(3, 4)]),
        Sample("ij,jk", [tensor(2, 3), tensor(3, 4)]),
        Sample("bij,bjk->bik", [tensor(5, 2, 3), tensor(5, 3, 4)]),
        Sample("...ij,...jk->...ik", [tensor(5, 2, 3), tensor(3, 4)]),
        Sample("ii", [tensor(3, 3)]),
        Sample("ii->i", [tensor(3, 3)]),
        Sample("ij->ji", [tensor(2, 3)]),
        Sample("i,j->ij", [tensor(2), tensor(3)]),
        Sample("ij,ij->", [tensor(2, 3), tensor(2, 3, seed=1)]),
        Sample("i j , j -> i", [tensor(2, 3), tensor(3)]),
        Sample("bhqd,bhkd->bhqk", [tensor(2, 3, 4, 5), tensor(2, 3, 6, 5)]),
        Sample("ab,bc,cd->ad", [tensor(2, 3), tensor(3, 4), tensor(4, 2)]),
        Sample("ij,jk->ik", [tensor(2, 3, dtype=dtypes.bfloat16), tensor(3, 4, dtype=dtypes.bfloat16)]),
        Sample("ij,jk->ik", [tensor(2, 1), tensor(3, 4)]),
        Sample("...", [tensor(2, 3)]),
        Sample("...i->i", [tensor(2, 3)]),
    ],
    rejects=lambda: [
        Rejected("ij,jk->ik", [tensor(2, 3), tensor(4, 4)]),
        Rejected("ij->ik", [tensor(2, 3)]),
        Rejected("i1->i", [tensor(2, 3)]),
        Rejected("ij,jk", [tensor(2, 3)]),
        Rejected("ij->ii", [tensor(2, 2)]),
        Rejected("ijk", [tensor(2, 2)]),
    ],
)  # fmt: skip
def einsum(equation: str, tensors: Sequence[Array], path: Sequence[int] | None = None) -> Array:
    """Products of the operands summed over every index that the result does not name.

    ``"ij,jk->ik"`` is a matrix product, ``...`` stands for dimensions that broadcast; sizes of 1
    broadcast. RuntimeError where the text and the shapes do not agree.
    """
    operands, output = parsed(equation, len(tensors))
    result = _result_indices(operands, output)
    sizes, _ = _extents(operands, [t.shape for t in tensors])
    wide = [_stretched(widened(t), part, sizes) for t, part in zip(tensors, operands, strict=True)]
    if "..." not in result and any("..." in part for part in operands):
        # PyTorch sums what `...` stands for where the result does not name it.
        wide, operands = _named_batch(wide, operands, sizes)
    text = f"{','.join(operands)}->{result}"
    return np.array(np.einsum(text, *wide, optimize=len(wide) > 1))


def _stretched(operand: Array, part: str, sizes: dict[str, int]) -> Array:
    """The operand with its sizes of 1 expanded to the size of the index."""
    before, _, after = part.partition("...")
    shape = list(operand.shape)
    for position, letter in enumerate(before):
        shape[position] = sizes[letter]
    for position, letter in enumerate(reversed(after), 1):
        shape[-position] = sizes[letter]
    return operand if tuple(shape) == operand.shape else np.broadcast_to(operand, shape)


def _named_batch(
    operands: Sequence[Array], parts: Sequence[str], sizes: dict[str, int]
) -> tuple[list[Array], list[str]]:
    """The operands with ``...`` replaced by letters that nothing else uses."""
    free = [c for c in string.ascii_letters if c not in sizes]
    hidden = [
        x.ndim - len(part.replace("...", "")) if "..." in part else 0
        for x, part in zip(operands, parts, strict=True)
    ]
    letters = "".join(free[: max(hidden)])
    batch = broadcast_shapes(
        *(
            x.shape[len(p.partition("...")[0]) :][:n]
            for x, p, n in zip(operands, parts, hidden, strict=True)
        )
    )
    extents = dict(zip(letters, batch, strict=True))
    renamed = [
        part.replace("...", letters[len(letters) - n :])
        for part, n in zip(parts, hidden, strict=True)
    ]
    stretched = [
        _stretched(x, part, {**sizes, **extents}) for x, part in zip(operands, renamed, strict=True)
    ]
    return stretched, renamed
