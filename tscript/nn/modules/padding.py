"""Padding layers: one number for all sides, or two for each dimension, the last one first."""

from __future__ import annotations

from tscript.nn import functional as F
from tscript.nn.module import Module
from tscript.nn.sizes import repeated
from tscript.runtime.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _CircularPadNd(Module):
    __constants__ = ["padding"]

    def __init__(self, dims: int, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * dims)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not check its input")

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class CircularPad1d(_CircularPadNd):
    """Pad ``(N, C, L)`` on both sides with what is from the other end."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(1, padding)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 2 and input.dim() != 3:
            raise ValueError(f"CircularPad1d takes 2 or 3 dimensions, not {input.dim()}")


class CircularPad2d(_CircularPadNd):
    """Pad ``(N, C, H, W)`` on both sides with what is from the other end."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(2, padding)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 3 and input.dim() != 4:
            raise ValueError(f"CircularPad2d takes 3 or 4 dimensions, not {input.dim()}")


class CircularPad3d(_CircularPadNd):
    """Pad ``(N, C, D, H, W)`` on both sides with what is from the other end."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(3, padding)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4 and input.dim() != 5:
            raise ValueError(f"CircularPad3d takes 4 or 5 dimensions, not {input.dim()}")


class _ReflectionPadNd(Module):
    __constants__ = ["padding"]

    def __init__(self, dims: int, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_ReflectionPadNd):
    """Pad ``(N, C, L)`` on both sides with what is mirrored at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(1, padding)


class ReflectionPad2d(_ReflectionPadNd):
    """Pad ``(N, C, H, W)`` on both sides with what is mirrored at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(2, padding)


class ReflectionPad3d(_ReflectionPadNd):
    """Pad ``(N, C, D, H, W)`` on both sides with what is mirrored at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(3, padding)


class _ReplicationPadNd(Module):
    __constants__ = ["padding"]

    def __init__(self, dims: int, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReplicationPad1d(_ReplicationPadNd):
    """Pad ``(N, C, L)`` on both sides with the value at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(1, padding)


class ReplicationPad2d(_ReplicationPadNd):
    """Pad ``(N, C, H, W)`` on both sides with the value at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(2, padding)


class ReplicationPad3d(_ReplicationPadNd):
    """Pad ``(N, C, D, H, W)`` on both sides with the value at the border."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(3, padding)


class _ConstantPadNd(Module):
    __constants__ = ["padding", "value"]
    value: float

    def __init__(self, dims: int, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__()
        self.value = value
        self.padding = repeated(padding, 2 * dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Pad ``(N, C, L)`` on both sides with ``value``."""

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(1, padding, value)


class ConstantPad2d(_ConstantPadNd):
    """Pad ``(N, C, H, W)`` on both sides with ``value``."""

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(2, padding, value)


class ConstantPad3d(_ConstantPadNd):
    """Pad ``(N, C, D, H, W)`` on both sides with ``value``."""

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(3, padding, value)


class ZeroPad1d(ConstantPad1d):
    """Pad ``(N, C, L)`` on both sides with zeros.

    >>> from tscript import nn
    >>> nn.ZeroPad1d(1)
    ZeroPad1d((1, 1))
    """

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Pad ``(N, C, H, W)`` on both sides with zeros."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Pad ``(N, C, D, H, W)`` on both sides with zeros."""

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"
