"""The dtypes of tensors, their codes and PyTorch's rules for promoting them.

Inside schemas, graphs and kernels a dtype is its ``ScalarType`` code, an int (as in PyTorch's
own IR); :func:`from_code` gives the :class:`Dtype` back. NumPy's dtype is ``Dtype.numpy``;
those NumPy lacks come from ml_dtypes, which is imported when one of them is first used.
"""

from __future__ import annotations

import numpy as np

_BOOL, _INT, _FLOAT, _COMPLEX = range(4)


class Dtype:
    """One of ``torch.float32``, ``torch.int64`` ...: a singleton, compared by identity.

    >>> float32, float32.code, float32.itemsize, bfloat16.is_floating_point
    (torch.float32, 6, 4, True)
    """

    __slots__ = ("_numpy", "category", "code", "is_signed", "itemsize", "name")

    def __init__(self, name: str, code: int, category: int, itemsize: int, *, signed: bool = True):
        self.name = name
        self.code = code
        #: 0 bool, 1 integer, 2 floating point, 3 complex: a higher one wins a promotion.
        self.category = category
        #: Bytes an element takes.
        self.itemsize = itemsize
        self.is_signed = signed
        self._numpy: np.dtype | None = None

    @property
    def numpy(self) -> np.dtype:
        """The NumPy dtype of arrays that hold it."""
        if self._numpy is None:
            self._numpy = self._load_numpy()
            _BY_NUMPY[self._numpy] = self
        return self._numpy

    def _load_numpy(self) -> np.dtype:
        if self.name in _ML_DTYPES:
            import ml_dtypes

            loaded: np.dtype = np.dtype(getattr(ml_dtypes, self.name))
            return loaded
        if self.name in _UNREPRESENTABLE:
            raise TypeError(f"{self!r} has no representation in NumPy")
        return np.dtype(self.name)

    @property
    def is_floating_point(self) -> bool:
        return self.category == _FLOAT

    @property
    def is_complex(self) -> bool:
        return self.category == _COMPLEX

    def to_real(self) -> Dtype:
        """The dtype of the real and imaginary parts of a complex dtype; itself otherwise."""
        return _REAL_OF.get(self.name, self)

    def to_complex(self) -> Dtype:
        """The complex dtype whose parts have this precision."""
        if self.is_complex:
            return self
        return {"float16": complex32, "float64": complex128}.get(self.name, complex64)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[object, ...]:
        return (from_code, (self.code,))

    def __copy__(self) -> Dtype:
        return self

    def __deepcopy__(self, memo: object) -> Dtype:
        return self


_ML_DTYPES = frozenset({"bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz",
                        "float8_e4m3fnuz"})  # fmt: skip
_UNREPRESENTABLE = frozenset({"complex32", "qint8", "quint8", "qint32"})
_BY_NUMPY: dict[np.dtype, Dtype] = {}

uint8 = Dtype("uint8", 0, _INT, 1, signed=False)
int8 = Dtype("int8", 1, _INT, 1)
int16 = Dtype("int16", 2, _INT, 2)
int32 = Dtype("int32", 3, _INT, 4)
int64 = Dtype("int64", 4, _INT, 8)
float16 = Dtype("float16", 5, _FLOAT, 2)
float32 = Dtype("float32", 6, _FLOAT, 4)
float64 = Dtype("float64", 7, _FLOAT, 8)
complex32 = Dtype("complex32", 8, _COMPLEX, 4)
complex64 = Dtype("complex64", 9, _COMPLEX, 8)
complex128 = Dtype("complex128", 10, _COMPLEX, 16)
bool_ = Dtype("bool", 11, _BOOL, 1, signed=False)
qint8 = Dtype("qint8", 12, _INT, 1)
quint8 = Dtype("quint8", 13, _INT, 1, signed=False)
qint32 = Dtype("qint32", 14, _INT, 4)
bfloat16 = Dtype("bfloat16", 15, _FLOAT, 2)
float8_e5m2 = Dtype("float8_e5m2", 23, _FLOAT, 1)
float8_e4m3fn = Dtype("float8_e4m3fn", 24, _FLOAT, 1)
float8_e5m2fnuz = Dtype("float8_e5m2fnuz", 25, _FLOAT, 1)
float8_e4m3fnuz = Dtype("float8_e4m3fnuz", 26, _FLOAT, 1)
uint16 = Dtype("uint16", 27, _INT, 2, signed=False)
uint32 = Dtype("uint32", 28, _INT, 4, signed=False)
uint64 = Dtype("uint64", 29, _INT, 8, signed=False)

ALL: tuple[Dtype, ...] = (
    uint8, int8, int16, int32, int64, float16, float32, float64, complex32, complex64,
    complex128, bool_, qint8, quint8, qint32, bfloat16, float8_e5m2, float8_e4m3fn,
    float8_e5m2fnuz, float8_e4m3fnuz, uint16, uint32, uint64,
)  # fmt: skip

#: PyTorch's other spellings.
ALIASES: dict[str, Dtype] = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
    "long": int64, "chalf": complex32, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip

_BY_CODE = {dtype.code: dtype for dtype in ALL}
_REAL_OF = {"complex32": float16, "complex64": float32, "complex128": float64}
for _dtype in ALL:
    if _dtype.name not in _ML_DTYPES and _dtype.name not in _UNREPRESENTABLE:
        _dtype._numpy = np.dtype(_dtype.name)
        _BY_NUMPY[_dtype._numpy] = _dtype


def from_code(code: int) -> Dtype:
    """The dtype with a ``ScalarType`` code.

    >>> from_code(6)
    torch.float32
    """
    try:
        return _BY_CODE[code]
    except KeyError:
        raise ValueError(f"{code} is not the code of a dtype") from None


def from_numpy(dtype: np.dtype) -> Dtype:
    """The dtype of a NumPy array's elements.

    Raises TypeError for NumPy dtypes that tensors do not have (strings, objects, times ...).
    """
    try:
        return _BY_NUMPY[dtype]
    except KeyError:
        pass
    for candidate in ALL:
        if candidate.name not in _UNREPRESENTABLE and candidate.name == dtype.name:
            # Byte order and ml_dtypes' dtypes that were made before ours was asked for.
            return _BY_NUMPY.setdefault(candidate.numpy, candidate)
    raise TypeError(f"tensors cannot hold elements of NumPy dtype {dtype}")


_default = float32


def default_dtype() -> Dtype:
    """The dtype of floating point tensors made without one; ``float32`` at first."""
    return _default


def set_default_dtype(dtype: Dtype) -> None:
    """Set :func:`default_dtype`; only floating point dtypes are accepted."""
    global _default
    if not dtype.is_floating_point:
        raise TypeError(f"the default dtype must be a floating point one, not {dtype!r}")
    _default = dtype


def scalar_dtype(value: bool | int | float | complex) -> Dtype:
    """The dtype a Python scalar stands for: bool, int64, the default dtype, or its complex."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    if isinstance(value, float):
        return _default
    return _default.to_complex()


_FLOAT_RANK = {float16: 1, bfloat16: 1, float32: 2, float64: 3}
_UNSIGNED = (uint16, uint32, uint64)


def promote(a: Dtype, b: Dtype) -> Dtype:
    """The dtype that both convert to, for two operands of one priority (PyTorch's table).

    >>> promote(int64, float16), promote(uint8, int8), promote(float16, bfloat16)
    (torch.float16, torch.int16, torch.float32)
    """
    if a is b:
        return a
    if (a in _UNSIGNED or b in _UNSIGNED) and _FLOAT not in (a.category, b.category):
        raise RuntimeError(f"no promotion between {a!r} and {b!r}: convert one of them first")
    if a.category != b.category:
        high, low = (a, b) if a.category > b.category else (b, a)
        if high.category == _COMPLEX and low.category == _FLOAT:
            wide = promote(high.to_real(), low)
            return wide.to_complex()
        return high
    if a.category == _COMPLEX:
        return promote(a.to_real(), b.to_real()).to_complex()
    if a.category == _FLOAT:
        return _promote_float(a, b)
    return _promote_int(a, b)


def _promote_float(a: Dtype, b: Dtype) -> Dtype:
    if a.itemsize == 1 or b.itemsize == 1:
        if a.itemsize == b.itemsize:
            raise RuntimeError(f"no common dtype of {a!r} and {b!r}: float8 dtypes do not mix")
        return a if a.itemsize > b.itemsize else b
    if a.itemsize == b.itemsize:  # float16 with bfloat16
        return float32
    return a if a.itemsize > b.itemsize else b


def _promote_int(a: Dtype, b: Dtype) -> Dtype:
    if a.is_signed == b.is_signed:
        return a if a.itemsize > b.itemsize else b
    signed = a if a.is_signed else b
    return int16 if signed.itemsize == 1 else signed
