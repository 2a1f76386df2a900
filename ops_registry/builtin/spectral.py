"""Short-time Fourier transforms, forward and back."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ops_registry import dtypes
from ops_registry.builtin.operands import Array
from ops_registry.meta import TensorMeta
from ops_registry.operator import operator
from ops_registry.samples import Rejected, Sample, tensor

_PAD_MODES = {"reflect": "reflect", "constant": "constant", "replicate": "edge", "circular": "wrap"}


def _whole_window(window: Array | None, n_fft: int, win_length: int, dtype: np.dtype) -> Array:
    """The window over a whole frame: centred, with zeros around it."""
    own = np.ones(win_length, dtype) if window is None else window
    left = (n_fft - win_length) // 2
    return np.pad(own, (left, n_fft - win_length - left))


def _check_frames(
    n_fft: int, hop: int, win_length: int, window: TensorMeta | None, length: int
) -> None:
    if not 0 < n_fft <= length:
        raise RuntimeError(f"n_fft is between 1 and the length {length}, not {n_fft}")
    if hop <= 0:
        raise RuntimeError(f"hop_length is at least 1, not {hop}")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(f"win_length is between 1 and n_fft = {n_fft}, not {win_length}")
    if window is not None and window.shape != (win_length,):
        raise RuntimeError(f"the window has the shape {list(window.shape)}, not [{win_length}]")


def _stft_meta(
    self: TensorMeta,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: TensorMeta | None,
    normalized: bool,
    onesided: bool | None,
    return_complex: bool | None,
    align_to_window: bool | None,
    padded: int = 0,
) -> TensorMeta:
    if self.ndim not in (1, 2) or self.dtype.category < 2:
        raise RuntimeError(
            f"a signal is a float or complex tensor of 1 or 2 dimensions, not {self.ndim} of"
            f" {self.dtype!r}"
        )
    is_complex = self.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None and not is_complex:
        raise RuntimeError("return_complex must be given for a real signal")
    if is_complex and onesided:
        raise RuntimeError("a complex signal has no onesided transform")
    hop = n_fft // 4 if hop_length is None else hop_length
    length = self.shape[-1] + padded
    _check_frames(n_fft, hop, n_fft if win_length is None else win_length, window, length)
    frames = 1 + (length - n_fft) // hop
    bins = n_fft if is_complex or onesided is False else n_fft // 2 + 1
    shape = (*self.shape[:-1], bins, frames)
    if return_complex is False:
        real = self.dtype.to_real()
        return TensorMeta(real, (*shape, 2))
    return TensorMeta(self.dtype.to_complex(), shape)


def _stft_center_meta(
    self: TensorMeta,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: TensorMeta | None,
    center: bool,
    pad_mode: str,
    normalized: bool,
    onesided: bool | None,
    return_complex: bool | None,
    align_to_window: bool | None,
) -> TensorMeta:
    if center and pad_mode not in _PAD_MODES:
        raise RuntimeError(f"pad_mode is one of {', '.join(_PAD_MODES)}, not {pad_mode!r}")
    if center and pad_mode == "reflect" and n_fft // 2 >= self.shape[-1]:
        raise RuntimeError(
            f"a signal of {self.shape[-1]} cannot be reflected by {n_fft // 2} at its ends"
        )
    return _stft_meta(
        self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex,
        align_to_window, padded=2 * (n_fft // 2) if center else 0,
    )  # fmt: skip


_STFT = "int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None"
_HANN = np.hanning(9)[:8].astype(np.float32)


@operator(
    f"aten::stft(Tensor self, {_STFT}, bool normalized=False, bool? onesided=None,"
    " bool? return_complex=None, bool? align_to_window=None) -> Tensor",
    meta=_stft_meta,
    samples=lambda: [
        Sample(tensor(20), 8, return_complex=True),
        Sample(tensor(2, 20), 8, 3, 6, _HANN[:6].copy(), True, return_complex=False),
        Sample(tensor(20), 8, 2, onesided=False, return_complex=True),
        Sample(tensor(20, dtype=dtypes.complex64), 8),
        Sample(tensor(20, dtype=dtypes.float64), 7, return_complex=True),
    ],
    rejects=lambda: [
        Rejected(tensor(4), 8, return_complex=True),
        Rejected(tensor(20), 8),
        Rejected(tensor(20), 8, window=tensor(5), return_complex=True),
        Rejected(tensor(2, 2, 20), 8, return_complex=True),
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
    """The Fourier transforms of overlapping frames of a signal, (L) or (B, L).

    The result is (..., frequencies, frames), with a last dimension of real and imaginary parts
    unless ``return_complex``.
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    real = np.empty(0, self.dtype).real.dtype
    whole = _whole_window(window, n_fft, n_fft if win_length is None else win_length, real)
    frames = np.lib.stride_tricks.sliding_window_view(self, n_fft, axis=-1)[..., ::hop, :] * whole
    norm: Literal["ortho"] | None = "ortho" if normalized else None
    two_sided = np.iscomplexobj(frames) or onesided is False
    result = (np.fft.fft if two_sided else np.fft.rfft)(frames, axis=-1, norm=norm)
    wanted = np.result_type(self.dtype, np.complex64)
    result = np.swapaxes(result, -1, -2).astype(wanted, copy=False)
    if return_complex is False:
        return np.stack([result.real, result.imag], axis=-1)
    return result


@operator(
    f'aten::stft.center(Tensor self, {_STFT}, bool center=True, str pad_mode="reflect",'
    " bool normalized=False, bool? onesided=None, bool? return_complex=None,"
    " bool? align_to_window=None) -> Tensor",
    meta=_stft_center_meta,
    samples=lambda: [
        Sample(tensor(20), 8, center=True, return_complex=True),
        Sample(tensor(2, 20), 8, center=True, pad_mode="constant", return_complex=True),
        Sample(tensor(20), 8, center=False, return_complex=True),
    ],
    rejects=lambda: [Rejected(tensor(3), 8, center=True, return_complex=True)],
)
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
    """As ``stft``, with the signal padded so that frames are centred on their places."""
    if center:
        ends = [(0, 0)] * (self.ndim - 1) + [(n_fft // 2, n_fft // 2)]
        self = np.pad(self, ends, mode=_PAD_MODES[pad_mode])  # type: ignore[call-overload]
    return stft(
        self, n_fft, hop_length, win_length, window, normalized, onesided, return_complex,
        align_to_window,
    )  # fmt: skip


def _span(n_fft: int, hop: int, frames: int, center: bool, length: int | None) -> tuple[int, int]:
    """The part of the overlapped frames that is the signal."""
    total = n_fft + hop * (frames - 1)
    start = n_fft // 2 if center else 0
    if length is not None:
        return start, start + length
    return start, total - n_fft // 2 if center else total


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
        raise RuntimeError(
            f"a spectrum is a complex tensor of 2 or 3 dimensions, not {self.ndim} of"
            f" {self.dtype!r}"
        )
    bins, frames = self.shape[-2:]
    one = onesided if onesided is not None else bins != n_fft
    if frames == 0 or bins != (n_fft // 2 + 1 if one else n_fft):
        raise RuntimeError(
            f"a spectrum of {bins} frequencies and {frames} frames: n_fft is {n_fft}"
        )
    if return_complex and one:
        raise RuntimeError("the inverse of a onesided spectrum is real")
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    _check_frames(n_fft, hop, width, window, n_fft)
    if hop > width:
        raise RuntimeError(f"hop_length is at most win_length = {width}, not {hop}")
    start, end = _span(n_fft, hop, frames, center, length)
    dtype = self.dtype if return_complex else self.dtype.to_real()
    return TensorMeta(dtype, (*self.shape[:-2], max(end - start, 0)))


def _spectrum(*shape: int) -> Array:
    return stft(tensor(*shape), 8, 2, return_complex=True)


@operator(
    f"aten::istft(Tensor self, {_STFT}, bool center=True, bool normalized=False,"
    " bool? onesided=None, int? length=None, bool return_complex=False) -> Tensor",
    meta=_istft_meta,
    samples=lambda: [
        Sample(_spectrum(24), 8, 2),
        Sample(_spectrum(2, 24), 8, 2, window=_HANN.copy(), length=14),
        Sample(_spectrum(24), 8, 2, center=False, normalized=True),
    ],
    rejects=lambda: [
        Rejected(tensor(5, 4), 8),
        Rejected(_spectrum(24), 10),
        Rejected(_spectrum(24), 8, 2, window=np.zeros(8, np.float32)),
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
    """The signal whose ``stft`` a spectrum is: frames are added up, and divided by their windows."""
    hop = n_fft // 4 if hop_length is None else hop_length
    bins, frames = self.shape[-2:]
    one = onesided if onesided is not None else bins != n_fft
    real = np.empty(0, self.dtype).real.dtype
    whole = _whole_window(window, n_fft, n_fft if win_length is None else win_length, real)
    spectrum = np.swapaxes(self, -1, -2)
    norm: Literal["ortho"] | None = "ortho" if normalized else None
    pieces: Array
    if one:
        pieces = np.fft.irfft(spectrum, n_fft, axis=-1, norm=norm)
    else:
        pieces = np.fft.ifft(spectrum, n_fft, axis=-1, norm=norm)
        pieces = pieces if return_complex else pieces.real
    pieces = pieces * whole
    total = n_fft + hop * (frames - 1)
    signal = np.zeros((*self.shape[:-2], total), pieces.dtype)
    envelope = np.zeros(total, real)
    for frame in range(frames):
        place = slice(frame * hop, frame * hop + n_fft)
        signal[..., place] += pieces[..., frame, :]
        envelope[place] += whole * whole
    start, end = _span(n_fft, hop, frames, center, length)
    inside = slice(start, min(end, total))
    if envelope[inside].size and np.abs(envelope[inside]).min() <= 1e-11:
        raise RuntimeError("the windows leave a part of the signal uncovered")
    result = signal[..., inside] / envelope[inside]
    if end > total:
        result = np.pad(result, [(0, 0)] * (result.ndim - 1) + [(0, end - total)])
    return result.astype(self.dtype if return_complex else real, copy=False)
