"""Functions of the ``torch`` namespace on tensors that are TorchScript as they stand.

Python calls them, and a script compiles them from this text, as it does ``nn.functional``. What is
one operator has no function here; what no script can call is in :mod:`tscript.functional`.
"""

from __future__ import annotations

from typing import Optional

import tscript as torch
from tscript import Tensor
from tscript.markers import BroadcastingList1, _overload, boolean_dispatch


def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The ``p`` norms of the differences of all pairs of rows.

    Shapes: (..., P, M) and (..., R, M) to (..., P, R). ``compute_mode`` is checked; how it is
    computed does not depend on it. ValueError for a mode that there is not.
    """
    if compute_mode == "use_mm_for_euclid_dist_if_necessary":
        return torch.ops.aten.cdist(x1, x2, p, None)
    if compute_mode == "use_mm_for_euclid_dist":
        return torch.ops.aten.cdist(x1, x2, p, 1)
    if compute_mode == "donot_use_mm_for_euclid_dist":
        return torch.ops.aten.cdist(x1, x2, p, 2)
    raise ValueError(f"cdist has no compute_mode {compute_mode}")


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """The transform of windows of a signal; see the operator ``aten::stft.center``."""
    return torch.ops.aten.stft(
        input, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided,
        return_complex, align_to_window,
    )  # fmt: skip


def norm(
    input: Tensor,
    p: float | int | str | None = "fro",
    dim: Optional[BroadcastingList1[int]] = None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """The norm over ``dim`` (all dimensions without): ``p``, ``"fro"`` for 2, or ``"nuc"``."""
    order = 2.0
    if isinstance(p, str):
        if p == "nuc":
            if dim is None:
                dim = [-2, -1]
            return torch.linalg.matrix_norm(input, "nuc", dim, keepdim, dtype=dtype)
        if p != "fro":
            raise ValueError(f"norm takes a number, 'fro' or 'nuc', not {p}")
    elif isinstance(p, int):
        order = float(p)
    elif isinstance(p, float):
        order = p
    return torch.linalg.vector_norm(input, order, dim, keepdim, dtype=dtype)


def _lu_and_infos(
    A: Tensor,
    pivot: bool = True,
    get_infos: bool = False,
    out: tuple[Tensor, Tensor, Tensor] | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The LU factors of matrices in one tensor, their pivots, and what went wrong with each."""
    factors, pivots, infos = torch.ops.aten._lu_with_info(A, pivot, False)
    if out is not None:
        out[0].resize_(factors.shape).copy_(factors)
        out[1].resize_(pivots.shape).copy_(pivots)
        out[2].resize_(infos.shape).copy_(infos)
        return out
    return factors, pivots, infos


def _lu(
    A: Tensor,
    pivot: bool = True,
    get_infos: bool = False,
    out: tuple[Tensor, Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """The LU factors of matrices in one tensor, and their pivots."""
    factors, pivots, _ = torch.ops.aten._lu_with_info(A, pivot, True)
    if out is not None:
        out[0].resize_(factors.shape).copy_(factors)
        out[1].resize_(pivots.shape).copy_(pivots)
        return out
    return factors, pivots


lu = boolean_dispatch("get_infos", 2, False, _lu_and_infos, _lu, "tscript", "lu")


@_overload
def tensordot(a: Tensor, b: Tensor, dims: int = 2, out: Tensor | None = None) -> Tensor: ...


@_overload
def tensordot(
    a: Tensor, b: Tensor, dims: tuple[list[int], list[int]], out: Tensor | None = None
) -> Tensor: ...


@_overload
def tensordot(a: Tensor, b: Tensor, dims: list[list[int]], out: Tensor | None = None) -> Tensor: ...


@_overload
def tensordot(a: Tensor, b: Tensor, dims: Tensor, out: Tensor | None = None) -> Tensor: ...


def tensordot(a, b, dims=2, out: Tensor | None = None):  # type: ignore[no-untyped-def]
    """The sum of products over ``dims``: a number of dimensions, or two lists of them."""
    first: list[int] = []
    second: list[int] = []
    if isinstance(dims, Tensor):
        if dims.numel() == 1:
            count = int(dims.item())
            first = list(range(a.dim() - count, a.dim()))
            second = list(range(count))
        else:
            first = torch.jit.annotate(list[int], dims[0].tolist())
            second = torch.jit.annotate(list[int], dims[1].tolist())
    elif isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot takes a number of dimensions from 0 on, not {dims}")
        first = list(range(a.dim() - dims, a.dim()))
        second = list(range(dims))
    elif torch.jit.is_scripting():
        first = dims[0]
        second = dims[1]
    else:
        first, second = (list(d) if isinstance(d, (list, tuple)) else [d] for d in dims)
    if out is None:
        return torch.ops.aten.tensordot(a, b, first, second)
    return torch.ops.aten.tensordot(a, b, first, second, out=out)


# unique: what is returned depends on two flags, which are constants in a script.


def _unique_parts(
    input: Tensor, sorted: bool, return_inverse: bool, return_counts: bool, dim: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    if dim is None:
        return torch.ops.aten._unique2(input, sorted, return_inverse, return_counts)
    return torch.ops.aten.unique_dim(input, dim, sorted, return_inverse, return_counts)


def _unique_inverse_counts(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The distinct elements (or slices along ``dim``), where each element's is, and their counts."""
    return _unique_parts(input, sorted, True, True, dim)


def _unique_inverse(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The distinct elements (or slices along ``dim``), and where each element's is."""
    values, inverse, _ = _unique_parts(input, sorted, True, False, dim)
    return values, inverse


def _unique_counts(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The distinct elements (or slices along ``dim``), and their counts."""
    values, _, counts = _unique_parts(input, sorted, False, True, dim)
    return values, counts


def _unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor:
    """The distinct elements (or slices along ``dim``)."""
    values, _, _ = _unique_parts(input, sorted, False, False, dim)
    return values


_unique_with_counts = boolean_dispatch(
    "return_inverse", 2, False, _unique_inverse_counts, _unique_counts,
    "tscript", "_unique_with_counts",
)  # fmt: skip
_unique_without_counts = boolean_dispatch(
    "return_inverse", 2, False, _unique_inverse, _unique, "tscript", "_unique_without_counts"
)
unique = boolean_dispatch(
    "return_counts", 3, False, _unique_with_counts, _unique_without_counts, "tscript", "unique"
)


def _runs_inverse_counts(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The first element of every run of equal ones, where each element's is, and their lengths."""
    return torch.ops.aten.unique_consecutive(input, True, True, dim)


def _runs_inverse(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The first element of every run of equal ones, and where each element's is."""
    values, inverse, _ = torch.ops.aten.unique_consecutive(input, True, False, dim)
    return values, inverse


def _runs_counts(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The first element of every run of equal ones, and their lengths."""
    values, _, counts = torch.ops.aten.unique_consecutive(input, False, True, dim)
    return values, counts


def _runs(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor:
    """The first element of every run of equal ones."""
    values, _, _ = torch.ops.aten.unique_consecutive(input, False, False, dim)
    return values


_runs_with_counts = boolean_dispatch(
    "return_inverse", 1, False, _runs_inverse_counts, _runs_counts, "tscript", "_runs_with_counts"
)
_runs_without_counts = boolean_dispatch(
    "return_inverse", 1, False, _runs_inverse, _runs, "tscript", "_runs_without_counts"
)
unique_consecutive = boolean_dispatch(
    "return_counts", 2, False, _runs_with_counts, _runs_without_counts,
    "tscript", "unique_consecutive",
)  # fmt: skip
