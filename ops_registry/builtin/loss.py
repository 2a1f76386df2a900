"""Losses. ``reduction`` is PyTorch's number: 0 none, 1 mean, 2 sum.

Half precision is computed in float32. The mean of no elements is NaN, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.activation import log_sigmoid, log_softmax
from ops_registry.meta import Promoting, TensorMeta, broadcast_shapes, floating, result_dtype
from ops_registry.operator import operator
from ops_registry.precision import widened
from ops_registry.samples import Rejected, Sample, array, tensor

_NONE, _MEAN, _SUM = 0, 1, 2


def _fractions(values: np.ndarray) -> np.ndarray:
    """``values`` in a dtype that has fractions: integers as PyTorch's default dtype."""
    if values.dtype.kind in "biu":
        return values.astype(dtypes.default_dtype().numpy)
    return widened(values)


def reduced(values: np.ndarray, reduction: int) -> np.ndarray:
    """All elements, their mean, or their sum."""
    if reduction == _NONE:
        return values
    if reduction == _MEAN:
        if values.size == 0:
            return np.asarray(np.nan, values.dtype)
        return values.mean(dtype=values.dtype, keepdims=True).reshape(())
    return values.sum(dtype=values.dtype, keepdims=True).reshape(())


class _Elementwise(Promoting):
    """Tensors promoted and broadcast, then reduced as the argument ``reduction`` says.

    ``floats``: integers are computed as floats; ``real``: the loss of complex numbers is real.
    """

    def __init__(self, *operands: str, floats: bool = False, real: bool = False) -> None:
        self.operands = operands
        self.floats = floats
        self.real = real
        self._names: list[str] = []

    def bind(self, names: list[str]) -> None:
        self._names = names

    def compute_dtype(self, arguments: Any) -> dtypes.Dtype:
        dtype = result_dtype(*arguments)
        return floating(dtype) if self.floats else dtype

    def __call__(self, *args: Any) -> TensorMeta:
        given = dict(zip(self._names, args, strict=False))
        operands = [given[name] for name in self.operands]
        shape = broadcast_shapes(*(o.shape for o in operands if isinstance(o, TensorMeta)))
        reduction = given.get("reduction", _MEAN)
        if reduction not in (_NONE, _MEAN, _SUM):
            raise ValueError(f"{reduction} is not a reduction: 0 none, 1 mean, 2 sum")
        dtype = self.compute_dtype(operands)
        return TensorMeta(
            dtype.to_real() if self.real else dtype, shape if reduction == _NONE else ()
        )


def _pairs() -> list[Sample]:
    """Input and target with each reduction; shapes that broadcast, 0-dim and empty."""
    x, y = tensor(3, 4), tensor(3, 4, seed=1)
    return [
        Sample(x, y),
        Sample(x, y, _NONE),
        Sample(x, y, _SUM),
        Sample(tensor(3, 1), tensor(1, 4, seed=1)),
        Sample(tensor(), tensor(seed=1)),
        Sample(tensor(0), tensor(0)),
    ]


def _mismatch() -> list[Rejected]:
    return [Rejected(tensor(3), tensor(4))]


@operator(
    "aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    meta=_Elementwise("self", "target"),
    out=True,
    samples=_pairs,
    rejects=_mismatch,
)
def mse_loss(self: np.ndarray, target: np.ndarray, reduction: int) -> np.ndarray:
    """The squared difference. Shapes broadcast."""
    return reduced(np.square(widened(self) - widened(target)), reduction)


@operator(
    "aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    meta=_Elementwise("self", "target", real=True),
    samples=lambda: [*_pairs(), Sample(tensor(3, dtype=dtypes.complex64), tensor(3))],
    rejects=_mismatch,
)
def l1_loss(self: np.ndarray, target: np.ndarray, reduction: int) -> np.ndarray:
    """The absolute difference. Shapes broadcast."""
    return reduced(np.abs(widened(self) - widened(target)), reduction)


@operator(
    "aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor",
    meta=_Elementwise("self", "target"),
    out=True,
    samples=lambda: [*_pairs(), Sample(tensor(5), tensor(5, seed=1), 1, 0.3),
                     Sample(tensor(5), tensor(5, seed=1), 1, 0.0)],
    rejects=lambda: [Rejected(tensor(3), tensor(3), 1, -1.0)],
)  # fmt: skip
def smooth_l1_loss(self: np.ndarray, target: np.ndarray, reduction: int, beta: float) -> np.ndarray:
    """Squared below ``beta``, absolute above. Shapes broadcast; ``beta`` is not negative."""
    if beta < 0:
        raise RuntimeError(f"beta must not be negative: {beta}")
    difference = np.abs(widened(self) - widened(target))
    if beta == 0:
        return reduced(difference, reduction)
    number = difference.dtype.type
    smooth = number(0.5) * difference * difference / number(beta)
    return reduced(np.where(difference < beta, smooth, difference - number(0.5 * beta)), reduction)


@operator(
    "aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor",
    meta=_Elementwise("self", "target"),
    out=True,
    samples=lambda: [*_pairs(), Sample(tensor(5), tensor(5, seed=1), 1, 0.3)],
    rejects=lambda: [Rejected(tensor(3), tensor(3), 1, 0.0)],
)
def huber_loss(self: np.ndarray, target: np.ndarray, reduction: int, delta: float) -> np.ndarray:
    """Half the square up to ``delta``, linear with the same slope above; ``delta`` is positive."""
    if delta <= 0:
        raise RuntimeError(f"delta must be positive: {delta}")
    difference = np.abs(widened(self) - widened(target))
    number = difference.dtype.type
    square = number(0.5) * difference * difference
    linear = number(delta) * (difference - number(0.5 * delta))
    return reduced(np.where(difference <= delta, square, linear), reduction)


@operator(
    "aten::soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    meta=_Elementwise("self", "target"),
    out=True,
    samples=lambda: [_pairs()[i] for i in (0, 1, 2, 4, 5)],
)
def soft_margin_loss(self: np.ndarray, target: np.ndarray, reduction: int) -> np.ndarray:
    """``log(1 + exp(-target * self))`` for targets 1 and -1."""
    return reduced(np.log1p(np.exp(-widened(self) * widened(target))), reduction)


def _probabilities() -> list[Sample]:
    p, t = tensor(3, 4, low=0.05, high=0.95), tensor(3, 4, low=0, high=1, seed=1)
    return [
        Sample(p, t),
        Sample(p, t, tensor(4, low=0.5, high=2), _NONE),
        Sample(p, t, None, _SUM),
        Sample(array([0.0, 1.0, 1.0]), array([1.0, 0.0, 1.0])),
    ]


def _binary_meta(
    self: TensorMeta, target: TensorMeta, weight: TensorMeta | None, reduction: int
) -> TensorMeta:
    if self.shape != target.shape:
        raise ValueError(
            f"binary cross entropy takes equal shapes, not {list(self.shape)} and"
            f" {list(target.shape)}"
        )
    return TensorMeta(self.dtype, self.shape if reduction == _NONE else ())


@operator(
    "aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None,"
    " int reduction=1) -> Tensor",
    meta=_binary_meta,
    out=True,
    samples=_probabilities,
    rejects=lambda: [Rejected(tensor(2, low=2, high=3), tensor(2)), Rejected(tensor(2), tensor(3))],
)
def binary_cross_entropy(
    self: np.ndarray, target: np.ndarray, weight: Any, reduction: int
) -> np.ndarray:
    """Cross entropy between probabilities and targets; logarithms are at least -100.

    RuntimeError for an input outside of 0 to 1.
    """
    p, t = widened(self), widened(target)
    if p.size and not bool(((p >= 0) & (p <= 1)).all()):
        raise RuntimeError("binary cross entropy takes probabilities: values from 0 to 1")
    with np.errstate(divide="ignore"):
        loss = (t - 1) * np.maximum(np.log1p(-p), -100) - t * np.maximum(np.log(p), -100)
    return reduced(loss if weight is None else loss * widened(weight), reduction)


def _with_logits_meta(
    self: TensorMeta, target: TensorMeta, weight: Any, pos_weight: Any, reduction: int
) -> TensorMeta:
    if self.shape != target.shape:
        raise ValueError(
            f"binary cross entropy takes equal shapes, not {list(self.shape)} and"
            f" {list(target.shape)}"
        )
    return TensorMeta(result_dtype(self, target), self.shape if reduction == _NONE else ())


@operator(
    "aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None,"
    " Tensor? pos_weight=None, int reduction=1) -> Tensor",
    meta=_with_logits_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=1)),
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=1), tensor(4), tensor(4, low=1, high=3), 0),
        Sample(tensor(3, 4) * 100, tensor(3, 4, low=0, high=1), None, None, _SUM),
    ],
    rejects=lambda: [Rejected(tensor(2), tensor(3))],
)
def binary_cross_entropy_with_logits(
    self: np.ndarray, target: np.ndarray, weight: Any, pos_weight: Any, reduction: int
) -> np.ndarray:
    """:func:`binary_cross_entropy` of the sigmoid of ``self``, without overflow."""
    x, t = widened(self), widened(target)
    minus_log = -log_sigmoid(x)
    if pos_weight is None:
        loss = (1 - t) * x + minus_log
    else:
        loss = (1 - t) * x + ((widened(pos_weight) - 1) * t + 1) * minus_log
    return reduced(loss if weight is None else loss * widened(weight), reduction)


@operator(
    "aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor",
    meta=_Elementwise("self", "target"),
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=1)),
        Sample(tensor(3, 4), array([[0.0, 0.5, 0.2, 0.3]]), _NONE),
        Sample(tensor(3, 4), tensor(3, 4, seed=1), _SUM, log_target=True),
    ],
)
def kl_div(self: np.ndarray, target: np.ndarray, reduction: int, log_target: bool) -> np.ndarray:
    """``target * (log(target) - self)``, pointwise; ``self`` holds log-probabilities."""
    x, t = widened(self), widened(target)
    if log_target:
        return reduced(np.exp(t) * (t - x), reduction)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.where(t == 0, 0, t * np.log(t)).astype(t.dtype)
    return reduced(entropy - t * x, reduction)


@operator(
    "aten::poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps,"
    " int reduction) -> Tensor",
    meta=_Elementwise("input", "target", floats=True),
    samples=lambda: [
        Sample(
            tensor(5, dtype=dtypes.int64, low=1, high=4),
            tensor(5, dtype=dtypes.int64, low=0, high=5),
            False,
            True,
            1e-8,
            _NONE,
        ),
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=5), True, False, 1e-8, _MEAN),
        Sample(tensor(3, 4, low=0, high=3), tensor(3, 4, low=0, high=5), False, True, 1e-8, _SUM),
    ],
)
def poisson_nll_loss(
    input: np.ndarray, target: np.ndarray, log_input: bool, full: bool, eps: float, reduction: int
) -> np.ndarray:
    """Negative log likelihood of counts under Poisson rates, with Stirling's term if ``full``."""
    x, t = widened(input), widened(target)
    loss = np.exp(x) - t * x if log_input else x - t * np.log(x + x.dtype.type(eps))
    if full:
        with np.errstate(divide="ignore", invalid="ignore"):
            stirling = t * np.log(t) - t + 0.5 * np.log(2 * np.pi * t)
        loss = loss + np.where(t <= 1, 0, stirling).astype(loss.dtype)
    return reduced(loss, reduction)


# Margins.


@operator(
    "aten::hinge_embedding_loss(Tensor self, Tensor target, float margin=1.,"
    " int reduction=1) -> Tensor",
    meta=_Elementwise("self", "target"),
    samples=lambda: [Sample(tensor(4), array([1.0, -1.0, 1.0, -1.0])),
                     Sample(tensor(4), array([1.0, -1.0, -1.0, 1.0]), 0.5, _NONE)],
)  # fmt: skip
def hinge_embedding_loss(
    self: np.ndarray, target: np.ndarray, margin: float, reduction: int
) -> np.ndarray:
    """The distance itself for target 1, ``max(0, margin - distance)`` for target -1."""
    x, t = widened(self), widened(target)
    zero = x.dtype.type(0)
    negative = np.where(t == 1, zero, np.maximum(x.dtype.type(margin) - x, 0))
    return reduced(negative + np.where(t == -1, zero, x), reduction)


@operator(
    "aten::margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.,"
    " int reduction=1) -> Tensor",
    meta=_Elementwise("input1", "input2", "target", floats=True),
    samples=lambda: [
        Sample(
            tensor(4, dtype=dtypes.int64),
            tensor(4, dtype=dtypes.int64, seed=1),
            array([1, -1, 1, -1], dtypes.int64),
            0.0,
            _NONE,
        ),
        Sample(tensor(4), tensor(4, seed=1), array([1.0, -1.0, 1.0, -1.0]), 0.2),
    ],
)
def margin_ranking_loss(
    input1: np.ndarray, input2: np.ndarray, target: np.ndarray, margin: float, reduction: int
) -> np.ndarray:
    """``max(0, -target * (input1 - input2) + margin)``."""
    difference = widened(input1) - widened(input2)
    return reduced(
        np.maximum(-widened(target) * difference + difference.dtype.type(margin), 0), reduction
    )


def _cosine_meta(
    input1: TensorMeta, input2: TensorMeta, target: TensorMeta, margin: float, reduction: int
) -> TensorMeta:
    shape = broadcast_shapes(input1.shape, input2.shape)[:-1] if input1.shape else ()
    batch = broadcast_shapes(shape, target.shape)
    dtype = floating(result_dtype(input1, input2))
    return TensorMeta(dtype, batch if reduction == _NONE else ())


@operator(
    "aten::cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.,"
    " int reduction=1) -> Tensor",
    meta=_cosine_meta,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, seed=1), array([1.0, -1.0, 1.0]), 0.2),
        Sample(tensor(3, 4), tensor(3, 4, seed=1), array([1.0, -1.0, -1.0]), 0.0, _NONE),
    ],
)
def cosine_embedding_loss(
    input1: np.ndarray, input2: np.ndarray, target: np.ndarray, margin: float, reduction: int
) -> np.ndarray:
    """``1 - cos`` for target 1, ``max(0, cos - margin)`` for target -1, over the last dimension."""
    a, b, t = _fractions(input1), _fractions(input2), widened(target)
    small = 1e-12
    norms = ((a * a).sum(-1) + small) * ((b * b).sum(-1) + small)
    cosine = (a * b).sum(-1) / np.sqrt(norms)
    zero = cosine.dtype.type(0)
    positive = np.where(t == 1, 1 - cosine, zero)
    negative = np.where(t == -1, np.maximum(cosine - cosine.dtype.type(margin), 0), zero)
    return reduced((positive + negative).astype(cosine.dtype), reduction)


def _triplet_meta(
    anchor: TensorMeta, positive: TensorMeta, negative: TensorMeta, margin: float, p: float,
    eps: float, swap: bool, reduction: int,
) -> TensorMeta:  # fmt: skip
    shape = broadcast_shapes(anchor.shape, positive.shape, negative.shape)
    dtype = floating(result_dtype(anchor, positive, negative)).to_real()
    return TensorMeta(dtype, shape[:-1] if reduction == _NONE else ())


@operator(
    "aten::triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1.,"
    " float p=2., float eps=9.9999999999999995e-07, bool swap=False, int reduction=1) -> Tensor",
    meta=_triplet_meta,
    samples=lambda: [
        Sample(tensor(3, 4), tensor(3, 4, seed=1), tensor(3, 4, seed=2)),
        Sample(tensor(3, 4), tensor(3, 4, seed=1), tensor(3, 4, seed=2), 0.5, 1.0, swap=True),
    ],
)
def triplet_margin_loss(
    anchor: np.ndarray, positive: np.ndarray, negative: np.ndarray, margin: float, p: float,
    eps: float, swap: bool, reduction: int,
) -> np.ndarray:  # fmt: skip
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with the p-norm as d."""

    def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        difference = _fractions(a) - _fractions(b)
        difference = np.abs(difference + difference.dtype.type(eps))
        return np.power(difference, p).sum(-1) ** (1 / p)

    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = np.minimum(far, distance(positive, negative))
    return reduced(np.maximum(near - far + near.dtype.type(margin), 0), reduction)


# Classes.


def _check_classes(self: TensorMeta, target: TensorMeta, weight: TensorMeta | None) -> int:
    """Where the classes are; the shapes are (C) or (N, C, ...) with targets () or (N, ...)."""
    axis = 0 if self.ndim == 1 else 1
    if self.ndim == 0:
        raise RuntimeError("the input needs a dimension of classes")
    expected = tuple(n for d, n in enumerate(self.shape) if d != axis)
    if target.shape != expected:
        raise ValueError(
            f"an input of shape {list(self.shape)} needs a target of shape {list(expected)}, not"
            f" {list(target.shape)}"
        )
    if weight is not None and weight.shape != (self.shape[axis],):
        raise RuntimeError(
            f"{self.shape[axis]} classes need as many weights, not shape {list(weight.shape)}"
        )
    if weight is not None and weight.dtype is not self.dtype:
        raise RuntimeError(f"the weights are {self.dtype!r} as the input, not {weight.dtype!r}")
    return axis


def _nll_meta(
    self: TensorMeta, target: TensorMeta, weight: Any, reduction: int, ignore_index: int
) -> TensorMeta:
    _check_classes(self, target, weight)
    return TensorMeta(self.dtype, target.shape if reduction == _NONE else ())


def negative_log_likelihood(
    scores: np.ndarray, target: np.ndarray, weight: Any, reduction: int, ignore_index: int
) -> tuple[np.ndarray, np.ndarray]:
    """The loss, and the total weight of what was not ignored."""
    x = widened(scores)
    axis = 0 if x.ndim == 1 else 1
    classes = x.shape[axis]
    kept = target != ignore_index
    inside = (target >= 0) & (target < classes)
    if not bool((inside | ~kept).all()):
        bad = int(target[kept & ~inside].reshape(-1)[0])
        raise IndexError(f"the target {bad} is no class: there are {classes}")
    safe = np.where(kept, target, 0)
    picked = np.take_along_axis(x, np.expand_dims(safe, axis), axis).squeeze(axis)
    weights = np.ones(classes, x.dtype) if weight is None else widened(weight)
    each = np.where(kept, weights[safe] if classes else 0, 0).astype(x.dtype)
    loss = np.where(kept, -picked * each, 0).astype(x.dtype)
    total = np.asarray(each.sum(dtype=x.dtype))
    if reduction == _NONE:
        return loss, np.zeros((), x.dtype)
    summed = np.asarray(loss.sum(dtype=x.dtype))
    if reduction == _SUM:
        return summed, total
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(summed / total), total


def _class_samples() -> list[Sample]:
    t = array([1, 0, 3], dtypes.int64)
    return [
        Sample(tensor(3, 4), t),
        Sample(tensor(3, 4), t, tensor(4, low=0.5, high=2), _MEAN),
        Sample(tensor(3, 4), t, None, _NONE),
        Sample(tensor(3, 4), array([1, -100, 3], dtypes.int64), None, _SUM),
        Sample(tensor(3, 4), t, None, _MEAN, 1),
        Sample(tensor(4), array(2, dtypes.int64)),
    ]


def _image_samples() -> list[Sample]:
    t = tensor(2, 3, 2, dtype=dtypes.int64, low=0, high=4)
    return [Sample(tensor(2, 4, 3, 2), t), Sample(tensor(2, 4, 3, 2), t, None, _NONE)]


def _class_rejects() -> list[Rejected]:
    return [
        Rejected(tensor(3, 4), array([1, 0], dtypes.int64)),
        Rejected(tensor(3, 4), array([1, 0, 4], dtypes.int64)),
    ]


_NLL_ARGUMENTS = (
    "(Tensor self, Tensor target, Tensor? weight=None, int reduction=1,"
    " SymInt ignore_index=-100) -> Tensor"
)


@operator(
    f"aten::nll_loss{_NLL_ARGUMENTS}", meta=_nll_meta, out=True, samples=_class_samples,
    rejects=_class_rejects,
)  # fmt: skip
@operator(
    f"aten::nll_loss_nd{_NLL_ARGUMENTS}", meta=_nll_meta,
    samples=lambda: [*_class_samples(), *_image_samples()], rejects=_class_rejects,
)  # fmt: skip
@operator(
    f"aten::nll_loss2d{_NLL_ARGUMENTS}", meta=_nll_meta, out=True, samples=_image_samples,
    rejects=lambda: [Rejected(tensor(2, 4, 3, 2), tensor(2, 3, dtype=dtypes.int64))],
)  # fmt: skip
def nll_loss(
    self: np.ndarray, target: np.ndarray, weight: Any, reduction: int, ignore_index: int
) -> np.ndarray:
    """Minus the log-probability of the target class, weighted; the mean is over the weights.

    Shapes: (C) with a 0-dim target, or (N, C, ...) with (N, ...). Targets equal to
    ``ignore_index`` do not count. IndexError for a target that is no class.
    """
    return negative_log_likelihood(self, target, weight, reduction, ignore_index)[0]


def _nll_forward_meta(*args: Any) -> tuple[TensorMeta, TensorMeta]:
    loss = _nll_meta(*args)
    return loss, TensorMeta(loss.dtype, ())


@operator(
    "aten::nll_loss_forward(Tensor self, Tensor target, Tensor? weight, int reduction,"
    " SymInt ignore_index) -> (Tensor output, Tensor total_weight)",
    meta=_nll_forward_meta,
    samples=lambda: [Sample(tensor(3, 4), array([1, 0, 3], dtypes.int64), None, _MEAN, -100)],
)
def nll_loss_forward(
    self: np.ndarray, target: np.ndarray, weight: Any, reduction: int, ignore_index: int
) -> tuple[np.ndarray, np.ndarray]:
    """:func:`nll_loss` with the total weight that a derivative needs."""
    return negative_log_likelihood(self, target, weight, reduction, ignore_index)


def _cross_entropy_meta(
    self: TensorMeta, target: TensorMeta, weight: Any, reduction: int, ignore_index: int,
    label_smoothing: float,
) -> TensorMeta:  # fmt: skip
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing is from 0 to 1, not {label_smoothing}")
    if target.dtype.is_floating_point:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index goes with classes, and target has probabilities")
        if self.shape != target.shape:
            raise RuntimeError(
                f"class probabilities have the input's shape {list(self.shape)}, not"
                f" {list(target.shape)}"
            )
        axis = 0 if self.ndim == 1 else 1
        shape = tuple(n for d, n in enumerate(self.shape) if d != axis)
    else:
        if self.shape == target.shape and self.ndim:
            raise RuntimeError(f"class probabilities are floating point, not {target.dtype!r}")
        _check_classes(self, target, weight)
        shape = target.shape
    return TensorMeta(self.dtype, shape if reduction == _NONE else ())


@operator(
    "aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1,"
    " SymInt ignore_index=-100, float label_smoothing=0.) -> Tensor",
    meta=_cross_entropy_meta,
    samples=lambda: [
        *_class_samples(),
        *_image_samples(),
        Sample(tensor(3, 4), array([1, 0, 3], dtypes.int64), label_smoothing=0.1),
        Sample(tensor(3, 4), array([1, -100, 3], dtypes.int64), tensor(4, low=0.5, high=2),
               _MEAN, -100, 0.2),
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=1)),
        Sample(tensor(3, 4), tensor(3, 4, low=0, high=1), tensor(4, low=0.5, high=2), _NONE, -100,
               0.1),
    ],
    rejects=_class_rejects,
)  # fmt: skip
def cross_entropy_loss(
    self: np.ndarray, target: np.ndarray, weight: Any, reduction: int, ignore_index: int,
    label_smoothing: float,
) -> np.ndarray:  # fmt: skip
    """Cross entropy between scores and classes, or class probabilities.

    Shapes: as :func:`nll_loss`; a floating point target of the input's shape holds probabilities.
    """
    axis = 0 if self.ndim == 1 else 1
    logs = log_softmax(self, axis)
    classes = self.shape[axis]
    w = None if weight is None else widened(weight)
    aligned = None if w is None else w.reshape(-1, *(1,) * max(self.ndim - 2, 0))
    if target.dtype.kind == "f":
        t = widened(target)
        if label_smoothing > 0:
            t = t * (1 - label_smoothing) + label_smoothing / classes
        loss = -(logs * t if aligned is None else logs * t * aligned).sum(axis)
        if reduction == _MEAN:
            count = max(loss.size, 1)
            return np.asarray(loss.sum() / loss.dtype.type(count))
        return reduced(np.asarray(loss), reduction)
    plain, total = negative_log_likelihood(logs, target, weight, reduction, ignore_index)
    if label_smoothing == 0:
        return plain
    spread = -(logs if aligned is None else logs * aligned).sum(axis)
    kept = target != ignore_index
    smooth = np.where(kept, spread, 0).astype(spread.dtype)
    if reduction == _MEAN:
        smooth = np.asarray(smooth.sum() / (total if weight is not None else kept.sum()))
    elif reduction == _SUM:
        smooth = np.asarray(smooth.sum())
    share = label_smoothing / classes
    return (1 - label_smoothing) * plain + share * smooth


def _multi_margin_meta(
    self: TensorMeta, target: TensorMeta, p: Any, margin: Any, weight: Any, reduction: int
) -> TensorMeta:
    rows = self.shape[0] if self.ndim == 2 else 1
    if self.ndim > 2 or target.ndim > 1 or target.size != rows:
        raise RuntimeError(
            f"an input (N, C) or (C) takes N targets or one, not {list(target.shape)} with"
            f" {list(self.shape)}"
        )
    return TensorMeta(self.dtype, target.shape if reduction == _NONE else ())


@operator(
    "aten::multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1,"
    " Tensor? weight=None, int reduction=1) -> Tensor",
    meta=_multi_margin_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(3, 4), array([1, 0, 3], dtypes.int64)),
        Sample(tensor(3, 4), array([1, 0, 3], dtypes.int64), 2, 0.5, tensor(4, low=1, high=2), 0),
        Sample(tensor(), array(0, dtypes.int64), reduction=_NONE),
    ],
    rejects=lambda: [Rejected(tensor(3, 4), array([1, 0, 4], dtypes.int64)),
                     Rejected(tensor(3, 4), array([1, 0], dtypes.int64))],
)  # fmt: skip
def multi_margin_loss(
    self: np.ndarray, target: np.ndarray, p: float, margin: float, weight: Any, reduction: int
) -> np.ndarray:
    """The mean over classes of ``max(0, margin - x[target] + x[class]) ** p``.

    Shapes: (N, C) with (N), or (C) with a 0-dim target. RuntimeError for a target that is no class.
    """
    x = widened(self)
    rows = x if x.ndim == 2 else x.reshape(1, x.size)
    t = target.reshape(-1)
    if t.size and (t.min() < 0 or t.max() >= rows.shape[1]):
        raise RuntimeError(f"a target is no class: there are {rows.shape[1]}")
    own = np.take_along_axis(rows, t[:, None], 1)
    each = np.maximum(x.dtype.type(margin) - own + rows, 0) ** p
    if weight is not None:
        each = each * widened(weight)[t][:, None]
    np.put_along_axis(each, t[:, None], 0, 1)
    loss = (each.sum(1) / rows.shape[1]).astype(x.dtype)
    return reduced(loss.reshape(target.shape), reduction)


def _multilabel_meta(self: TensorMeta, target: TensorMeta, reduction: int) -> TensorMeta:
    if self.shape != target.shape:
        raise RuntimeError(
            f"targets have the input's shape {list(self.shape)}, not {list(target.shape)}"
        )
    return TensorMeta(self.dtype, self.shape[:-1] if reduction == _NONE else ())


@operator(
    "aten::multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    meta=_multilabel_meta,
    out=True,
    samples=lambda: [
        Sample(tensor(2, 4), array([[3, 0, -1, 1], [1, -1, 0, 0]], dtypes.int64)),
        Sample(tensor(4), array([3, 0, -1, 1], dtypes.int64), _NONE),
        Sample(tensor(), array(0, dtypes.int64), _NONE),
    ],
    rejects=lambda: [Rejected(tensor(2, 4), array([[3, 0, -1, 1]], dtypes.int64))],
)
def multilabel_margin_loss(self: np.ndarray, target: np.ndarray, reduction: int) -> np.ndarray:
    """Hinge loss of every target class against every other one.

    Shapes: (N, C) or (C); a row of targets ends at its first -1.
    """
    x = widened(self) if self.ndim == 2 else widened(self).reshape(1, self.size)
    rows = target.reshape(x.shape)
    losses = np.zeros(len(x), x.dtype)
    for number, (scores, labels) in enumerate(zip(x, rows, strict=True)):
        ends = np.flatnonzero(labels < 0)
        wanted = labels[: ends[0]] if len(ends) else labels
        others = np.ones(len(scores), bool)
        others[wanted] = False
        margins = 1 - (scores[wanted][:, None] - scores[others][None, :])
        losses[number] = np.maximum(margins, 0).sum() / len(scores)
    return reduced(losses.reshape(self.shape[:-1]), reduction)
