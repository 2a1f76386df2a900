"""A convolution or linear layer and the batch norm behind it as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import tscript as torch
from tscript import Tensor
from tscript.nn.module import Module
from tscript.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]

_M = TypeVar("_M", bound=Module)


def _fused(
    weight: Tensor, bias: Tensor | None, shape: list[int], mean: Tensor, variance: Tensor,
    eps: float, scale: Tensor | None, shift: Tensor | None,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    bias = torch.zeros_like(mean) if bias is None else bias
    scale = torch.ones_like(mean) if scale is None else scale
    shift = torch.zeros_like(mean) if shift is None else shift
    factor = scale * torch.rsqrt(variance + eps)
    made = weight * factor.reshape(shape), (bias - mean) * factor + shift
    flags = weight.requires_grad, bias.requires_grad
    return (
        Parameter(made[0].to(weight.dtype).data, flags[0]),
        Parameter(made[1].to(bias.dtype).data, flags[1]),
    )


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the convolution that does both."""
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    return _fused(conv_w, conv_b, shape, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the linear layer that does both."""
    return _fused(linear_w, linear_b, [-1, 1], bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fuse_eval(layer: _M, bn: Any, *options: bool) -> _M:
    if layer.training or bn.training:
        raise AssertionError("layers are fused for evaluation: call eval() first")
    fused: Any = copy.deepcopy(layer)
    weights = fuse_conv_bn_weights if options else fuse_linear_bn_weights
    fused.weight, fused.bias = weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        *options,
    )  # fmt: skip
    result: _M = fused
    return result


def fuse_conv_bn_eval(conv: _M, bn: Module, transpose: bool = False) -> _M:
    """A copy of the convolution that does what it and the batch norm do; both are in eval mode.

    >>> from tscript import nn
    >>> conv, bn = nn.Conv2d(3, 4, 1).eval(), nn.BatchNorm2d(4).eval()
    >>> fuse_conv_bn_eval(conv, bn)
    Conv2d(3, 4, kernel_size=(1, 1), stride=(1, 1))
    """
    return _fuse_eval(conv, bn, transpose)


def fuse_linear_bn_eval(linear: _M, bn: Any) -> _M:
    """A copy of the linear layer that does what it and the batch norm do; both are in eval mode."""
    features: Any = linear
    if bn.num_features not in (features.out_features, 1):
        raise AssertionError(
            f"a batch norm of {bn.num_features} features does not fit {features.out_features}"
        )
    return _fuse_eval(linear, bn)
