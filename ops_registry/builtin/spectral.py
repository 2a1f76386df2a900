"""Fourier transforms, of whole signals (fft) and of windows (stft, istft)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array, widened
from ops_registry.dtypes import Dtype
from ops_registry.meta import Shape, TensorMeta, like, wrap_dim, wrap_dims
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, array, tensor

_NORMS = (None, "backward", "ortho", "forward")


def _checked_norm(norm: str | None) -> Any:
    if norm not in _NORMS:
        raise RuntimeError(f"norm is 'forward', 'backward' or 'ortho', not {norm!r}")
    return norm


def _fractional(dtype: Dtype) -> Dtype:
    return dtype if dtype.category >= 2 else dtypes.default_dtype()


def _operand(self: Array) -> Array:
    """A signal in a dtype that NumPy's transforms keep."""
    if self.dtype.kind in "iub":
        return self.astype(dtypes.default_dtype().numpy)
    return widened(self)


def _half(extent: int) -> int:
    return extent // 2 + 1


# One dimension.


def _one_meta(result: str) -> Callable[..., TensorMeta]:
    """The rule of a transform along one dimension; ``result`` says what it turns into what."""

    def rule(self: TensorMeta, n: int | None, dim: int, norm: str | None) -> TensorMeta:
        _checked_norm(norm)
        dim = wrap_dim(dim, self.ndim)
        if not self.shape:
            raise RuntimeError("a transform needs at least one dimension")
        extent = self.shape[dim]
        if n is None:
            n = 2 * (extent - 1) if result == "real" else extent
        if n < 1:
            raise RuntimeError(f"a transform of {n} points is none: at least 1 is needed")
        if result == "half" and self.dtype.is_complex:
            raise RuntimeError("this transform takes real tensors: fft takes complex ones")
        size = _half(n) if result == "half" else n
        dtype = _fractional(self.dtype)
        dtype = dtype.to_real() if result == "real" else dtype.to_complex()
        return TensorMeta(dtype, (*self.shape[:dim], size, *self.shape[dim + 1 :]))

    return rule


def _one_samples(*, complex_input: bool) -> list[Sample]:
    samples = [
        Sample(tensor(3, 8)),
        Sample(tensor(3, 8), 5),
        Sample(tensor(3, 8), 12, 0),
        Sample(tensor(3, 8), None, -1, "ortho"),
        Sample(tensor(3, 8), None, -1, "forward"),
        Sample(tensor(7, dtype=dtypes.float64)),
        Sample(array([1, 2, 3, 4])),
    ]
    if complex_input:
        samples.append(Sample(tensor(3, 8, dtype=dtypes.complex64)))
    return samples


def _declare_one(name: str, result: str, text: str) -> None:
    function = getattr(np.fft, name)

    def kernel(self: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Array:
        transformed: Array = function(_operand(self), n, dim, _checked_norm(norm))
        return transformed

    kernel.__doc__ = text
    operator(
        f"aten::fft_{name}(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor",
        meta=_one_meta(result),
        out=True,
        samples=lambda: _one_samples(complex_input=result != "half"),
        rejects=lambda: [
            Rejected(tensor(3), 0),
            Rejected(tensor(3), None, 1),
            Rejected(tensor(3), None, -1, "none"),
        ],
    )(kernel)


_declare_one("fft", "complex", "The discrete Fourier transform along a dimension.")
_declare_one("ifft", "complex", "The inverse of fft along a dimension.")
_declare_one("rfft", "half", "The first half of the fft of a real signal; the rest mirrors it.")
_declare_one("irfft", "real", "The real signal whose rfft is given; ``n`` says its length.")
_declare_one("hfft", "real", "The real spectrum of a signal of which one half is given.")
_declare_one("ihfft", "half", "The inverse of hfft: half of a signal with a real spectrum.")


# Several dimensions.


def _sizes(
    shape: Shape, s: Sequence[int] | None, dim: Sequence[int] | None, real: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The sizes and dimensions of a transform; -1 keeps a size."""
    ndim = len(shape)
    if dim is None:
        count = ndim if s is None else len(s)
        if count > ndim:
            raise RuntimeError(f"{count} sizes are too many for {ndim} dimensions")
        over = tuple(range(ndim - count, ndim))
    else:
        over = wrap_dims(dim, ndim)
    if s is not None and len(s) != len(over):
        raise RuntimeError(f"{len(s)} sizes for {len(over)} dimensions")
    sizes = [shape[d] for d in over]
    if real and sizes:
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [have if wanted == -1 else wanted for have, wanted in zip(sizes, s, strict=True)]
    if any(size < 1 for size in sizes):
        raise RuntimeError(f"a transform of {sizes} points is none: at least 1 is needed")
    return tuple(sizes), over


def _many_meta(result: str) -> Callable[..., TensorMeta]:
    def rule(
        self: TensorMeta, s: Sequence[int] | None, dim: Sequence[int] | None, norm: str | None
    ) -> TensorMeta:
        _checked_norm(norm)
        if result == "half" and self.dtype.is_complex:
            raise RuntimeError("this transform takes real tensors: fftn takes complex ones")
        sizes, over = _sizes(self.shape, s, dim, result == "real")
        shape = list(self.shape)
        for d, size in zip(over, sizes, strict=True):
            shape[d] = size
        if result == "half" and over:
            shape[over[-1]] = _half(sizes[-1])
        dtype = _fractional(self.dtype)
        dtype = dtype.to_real() if result == "real" else dtype.to_complex()
        return TensorMeta(dtype, tuple(shape))

    return rule


def _transformed(
    name: str,
    self: Array,
    s: Sequence[int] | None,
    dim: Sequence[int] | None,
    norm: str | None,
) -> Array:
    real = name in ("irfftn", "hfftn")
    sizes, over = _sizes(self.shape, s, dim, real)
    source = _operand(self)
    norm = _checked_norm(norm) or "backward"
    if name in ("hfftn", "ihfftn"):
        # The transform of a Hermitian signal is the inverse one of its conjugate, scaled the
        # other way round.
        turned: Any = {"backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]
        if name == "hfftn":
            spectrum: Array = np.fft.irfftn(np.conjugate(source), sizes, over, turned)
            return spectrum
        return np.conjugate(np.fft.rfftn(source, sizes, over, turned))
    result: Array = getattr(np.fft, name)(source, sizes, over, norm)
    return result


def _many_samples(*, complex_input: bool, two: bool) -> list[Sample]:
    samples = [
        Sample(tensor(2, 4, 6)),
        Sample(tensor(2, 4, 6), [3, 8]),
        Sample(tensor(2, 4, 6), None, [0, 2] if two else [1], "ortho"),
        Sample(tensor(4, 6, dtype=dtypes.float64)),
    ]
    if complex_input:
        samples.append(Sample(tensor(4, 6, dtype=dtypes.complex64)))
    return samples


def _declare_many(name: str, result: str, text: str) -> None:
    whole = f"{name}n"

    def kernel(
        self: Array,
        s: Sequence[int] | None = None,
        dim: Sequence[int] | None = None,
        norm: str | None = None,
    ) -> Array:
        return _transformed(whole, self, s, dim, norm)

    kernel.__doc__ = f"{text} over several dimensions: all, the last ones, or those named."
    operator(
        f"aten::fft_{whole}(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None)"
        " -> Tensor",
        meta=_many_meta(result),
        out=True,
        samples=lambda: _many_samples(complex_input=result != "half", two=False),
        rejects=lambda: [Rejected(tensor(3), [2, 2]), Rejected(tensor(3), [0])],
    )(kernel)

    def plane(
        self: Array,
        s: Sequence[int] | None = None,
        dim: Sequence[int] = (-2, -1),
        norm: str | None = None,
    ) -> Array:
        return _transformed(whole, self, s, dim, norm)

    plane.__doc__ = f"{text} over two dimensions."
    operator(
        f"aten::fft_{name}2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None)"
        " -> Tensor",
        meta=_many_meta(result),
        out=True,
        samples=lambda: _many_samples(complex_input=result != "half", two=True),
    )(plane)


_declare_many("fft", "complex", "The discrete Fourier transform")
_declare_many("ifft", "complex", "The inverse of fftn")
_declare_many("rfft", "half", "The transform of a real signal, half of its last dimension,")
_declare_many("irfft", "real", "The inverse of rfftn")
_declare_many("hfft", "real", "The real spectrum of a Hermitian signal")
_declare_many("ihfft", "half", "The inverse of hfftn")


# Frequencies and their order.


def _shift_samples() -> list[Sample]:
    return [Sample(tensor(3, 4)), Sample(tensor(3, 5), [1]), Sample(tensor(5), [0])]


def _shifted(self: Array, dim: Sequence[int] | None, backwards: bool) -> Array:
    over = tuple(range(self.ndim)) if dim is None else wrap_dims(dim, self.ndim)
    extents = [self.shape[d] for d in over]
    return np.roll(self, [-(n // 2) if backwards else n // 2 for n in extents], over)


@operator("aten::fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor", meta=like("self"),
          samples=_shift_samples)  # fmt: skip
def fft_fftshift(self: Array, dim: Sequence[int] | None = None) -> Array:
    """A spectrum with frequency zero moved to the middle."""
    return _shifted(self, dim, False)


@operator("aten::fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor", meta=like("self"),
          samples=_shift_samples)  # fmt: skip
def fft_ifftshift(self: Array, dim: Sequence[int] | None = None) -> Array:
    """The inverse of fftshift."""
    return _shifted(self, dim, True)


def _frequencies(half: bool) -> Callable[..., TensorMeta]:
    def rule(n: int, d: float, dtype: int | None, *rest: Any) -> TensorMeta:
        found = dtypes.default_dtype() if dtype is None else dtypes.from_code(dtype)
        return TensorMeta(found, (_half(n) if half else n,))

    return rule


@operator(
    "aten::fft_fftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None,"
    " Device? device=None, bool? pin_memory=None) -> Tensor",
    meta=_frequencies(False),
    samples=lambda: [Sample(5), Sample(4, 0.5), Sample(4, dtype=dtypes.float64.code)],
)
def fft_fftfreq(
    n: int,
    d: float = 1.0,
    dtype: int | None = None,
    layout: int | None = None,
    device: Any = None,
    pin_memory: bool | None = None,
) -> Array:
    """The frequencies of an fft of ``n`` points that are ``d`` apart."""
    return np.fft.fftfreq(n, d)


@operator(
    "aten::fft_rfftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None,"
    " Device? device=None, bool? pin_memory=None) -> Tensor",
    meta=_frequencies(True),
    samples=lambda: [Sample(5), Sample(4, 0.5)],
)
def fft_rfftfreq(
    n: int,
    d: float = 1.0,
    dtype: int | None = None,
    layout: int | None = None,
    device: Any = None,
    pin_memory: bool | None = None,
) -> Array:
    """The frequencies of an rfft of ``n`` points that are ``d`` apart."""
    return np.fft.rfftfreq(n, d)


# Windows.


def _whole_window(window: Array | None, n_fft: int, win_length: int, dtype: np.dtype) -> Array:
    """The window, zeros around it up to ``n_fft``."""
    given = np.ones(win_length, dtype) if window is None else window
    left = (n_fft - win_length) // 2
    whole = np.zeros(n_fft, given.dtype)
    whole[left : left + win_length] = given
    return whole


def _window_sizes(
    n_fft: int, hop_length: int | None, win_length: int | None, window: Any, length: int | None
) -> tuple[int, int]:
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if length is not None and not 0 < n_fft <= length:
        raise RuntimeError(f"stft needs an n_fft from 1 to {length}, not {n_fft}")
    if hop <= 0:
        raise RuntimeError(f"hop_length must be positive, not {hop}")
    if not 0 < width <= n_fft:
        raise RuntimeError(f"win_length is from 1 to n_fft ({n_fft}), not {width}")
    if window is not None and window.shape != (width,):
        raise RuntimeError(f"the window has shape {list(window.shape)}, win_length is {width}")
    return hop, width


def _is_complex_result(self: TensorMeta, window: TensorMeta | None, asked: bool | None) -> bool:
    if asked is None:
        if self.dtype.is_complex or (window is not None and window.dtype.is_complex):
            return True
        raise RuntimeError("stft of a real signal needs return_complex")
    return asked


def _stft_shape(
    self: TensorMeta,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: TensorMeta | None,
    center: bool,
    onesided: bool | None,
    return_complex: bool | None,
) -> TensorMeta:
    if self.ndim not in (1, 2) or self.dtype.category < 2:
        raise RuntimeError("stft takes floating point or complex signals of 1 or 2 dimensions")
    length = self.shape[-1] + (2 * (n_fft // 2) if center else 0)
    hop, _ = _window_sizes(n_fft, hop_length, win_length, window, length)
    is_complex = self.dtype.is_complex or (window is not None and window.dtype.is_complex)
    half = not is_complex if onesided is None else onesided
    if half and is_complex:
        raise RuntimeError("a complex signal has no onesided stft")
    shape: Shape = (*self.shape[:-1], _half(n_fft) if half else n_fft, 1 + (length - n_fft) // hop)
    if _is_complex_result(self, window, return_complex):
        return TensorMeta(self.dtype.to_complex(), shape)
    return TensorMeta(self.dtype.to_real(), (*shape, 2))


def _windowed_spectrum(
    self: Array,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Array | None,
    normalized: bool,
    onesided: bool | None,
    return_complex: bool | None,
) -> Array:
    hop, width = _window_sizes(n_fft, hop_length, win_length, window, self.shape[-1])
    whole = _whole_window(window, n_fft, width, self.dtype)
    frames = np.lib.stride_tricks.sliding_window_view(self, n_fft, -1)[..., ::hop, :] * whole
    norm: Any = "ortho" if normalized else "backward"
    half = frames.dtype.kind != "c" if onesided is None else onesided
    transform = np.fft.rfft if half else np.fft.fft
    spectrum = transform(frames, axis=-1, norm=norm).swapaxes(-1, -2)
    if return_complex or return_complex is None:
        return spectrum
    return np.stack([spectrum.real, spectrum.imag], -1)


@operator(
    "aten::stft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None,"
    " Tensor? window=None, bool normalized=False, bool? onesided=None,"
    " bool? return_complex=None, bool? align_to_window=None) -> Tensor",
    meta=lambda self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex, align_to_window: (
        _stft_shape(self, n_fft, hop_length, win_length, window, False, onesided, return_complex)
    ),
    samples=lambda: [
        Sample(tensor(2, 40), 16, window=np.hanning(16).astype(np.float32), return_complex=True),
        Sample(tensor(40), 16, 5, 10, np.hanning(10).astype(np.float32), True, return_complex=True),
        Sample(tensor(40), 16, window=np.ones(16, np.float32), return_complex=False),
        Sample(tensor(40), 16, window=np.ones(16, np.float32), onesided=False, return_complex=True),
        Sample(tensor(40, dtype=dtypes.complex64), 16, window=np.ones(16, np.float32)),
    ],
    rejects=lambda: [
        Rejected(tensor(40), 16),
        Rejected(tensor(10), 16, return_complex=True),
        Rejected(tensor(40), 16, 0, return_complex=True),
        Rejected(tensor(40), 16, window=np.ones(8, np.float32), return_complex=True),
    ],
)
def stft(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Array:
    """The transform of windows of a signal, every ``hop_length`` (a quarter of ``n_fft``).

    Shapes: (batch?, frequencies, frames); with ``return_complex=False`` real and imaginary parts
    are a last dimension. RuntimeError where the signal is shorter than a window.
    """
    return _windowed_spectrum(
        self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex
    )


_PADDING = {"reflect": "reflect", "constant": "constant", "replicate": "edge", "circular": "wrap"}


@operator(
    "aten::stft.center(Tensor self, int n_fft, int? hop_length=None, int? win_length=None,"
    ' Tensor? window=None, bool center=True, str pad_mode="reflect", bool normalized=False,'
    " bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor",
    meta=lambda self, n_fft, hop_length, win_length, window, center, pad_mode, normalized,
    onesided, return_complex, align_to_window: _stft_shape(
        self, n_fft, hop_length, win_length, window, center, onesided, return_complex
    ),
    samples=lambda: [
        Sample(tensor(2, 40), 16, window=np.hanning(16).astype(np.float32), return_complex=True),
        Sample(
            tensor(40), 16, 5, window=np.ones(16, np.float32), pad_mode="constant",
            return_complex=True,
        ),
        Sample(tensor(40), 16, window=np.ones(16, np.float32), center=False, return_complex=True),
    ],
)  # fmt: skip
def stft_center(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Array:
    """``stft`` of the signal padded, so that frame ``t`` is centred at ``t * hop_length``."""
    if center:
        mode: Any = _PADDING.get(pad_mode)
        if mode is None:
            raise RuntimeError(f"pad_mode is one of {', '.join(_PADDING)}, not {pad_mode!r}")
        self = np.pad(self, [(0, 0)] * (self.ndim - 1) + [(n_fft // 2, n_fft // 2)], mode)
    return _windowed_spectrum(
        self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex
    )


def _istft_meta(
    self: TensorMeta,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: TensorMeta | None,
    center: bool,
    normalized: bool,
    onesided: bool | None,
    length: int | None,
    return_complex: bool,
) -> TensorMeta:
    if not self.dtype.is_complex or self.ndim not in (2, 3):
        raise RuntimeError("istft takes a complex tensor of 2 or 3 dimensions")
    half = self.shape[-2] != n_fft if onesided is None else onesided
    if self.shape[-2] != (_half(n_fft) if half else n_fft):
        raise RuntimeError(f"{self.shape[-2]} frequencies are not those of n_fft={n_fft}")
    hop, _ = _window_sizes(n_fft, hop_length, win_length, window, None)
    if length is None:
        length = n_fft + hop * (self.shape[-1] - 1) - (2 * (n_fft // 2) if center else 0)
    dtype = self.dtype if return_complex else self.dtype.to_real()
    return TensorMeta(dtype, (*self.shape[:-2], length))


def _spectra() -> Array:
    frames = tensor(9, 8, dtype=dtypes.complex64)
    frames[[0, -1]] = frames[[0, -1]].real
    return frames


@operator(
    "aten::istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None,"
    " Tensor? window=None, bool center=True, bool normalized=False, bool? onesided=None,"
    " int? length=None, bool return_complex=False) -> Tensor",
    meta=_istft_meta,
    samples=lambda: [
        Sample(_spectra(), 16, window=np.hamming(16).astype(np.float32)),
        Sample(_spectra(), 16, window=np.ones(16, np.float32), length=25),
        Sample(_spectra(), 16, 4, window=np.ones(16, np.float32), length=60),
        Sample(_spectra()[None], 16, 3, 12, np.hamming(12).astype(np.float32), normalized=True),
    ],
    rejects=lambda: [
        Rejected(tensor(9, 8), 16),
        Rejected(_spectra(), 20),
        Rejected(_spectra(), 16, window=np.zeros(16, np.float32)),
    ],
)
def istft(
    self: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Array:
    """The signal whose ``stft`` is closest to the given one; zeros up to ``length``.

    RuntimeError where the windows leave a gap, so that the signal is not determined.
    """
    hop, width = _window_sizes(n_fft, hop_length, win_length, window, None)
    whole = _whole_window(window, n_fft, width, self.real.dtype)
    frames = self.swapaxes(-1, -2)
    norm: Any = "ortho" if normalized else "backward"
    parts: Array
    if return_complex:
        parts = np.fft.ifft(frames, axis=-1, norm=norm)
    else:  # of a real signal, the first half says all
        parts = np.fft.irfft(frames[..., : _half(n_fft)], n_fft, axis=-1, norm=norm)
    count = parts.shape[-2]
    total = n_fft + hop * (count - 1)
    signal = np.zeros((*parts.shape[:-2], total), parts.dtype)
    weight = np.zeros(total, whole.dtype)
    for t in range(count):
        place = slice(t * hop, t * hop + n_fft)
        signal[..., place] += parts[..., t, :] * whole
        weight[place] += whole * whole
    start = n_fft // 2 if center else 0
    end = total - (n_fft // 2 if center else 0)
    if length is not None:
        end = start + length
    signal, weight = signal[..., start:end], weight[start:end]
    if weight.size and np.abs(weight).min() < 1e-11:
        raise RuntimeError("the windows leave a gap, or are zero where nothing overlaps")
    signal = signal / weight
    if length is not None and signal.shape[-1] < length:
        missing = length - signal.shape[-1]
        signal = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, missing)])
    return signal
