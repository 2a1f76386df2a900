"""The random generator behind every random operator: PyTorch's CPU stream, draw for draw.

The engine is the Mersenne Twister MT19937, seeded as PyTorch seeds it and run by NumPy's
implementation of the same engine. A :class:`Generator` only hands out raw 32 and 64 bit words;
how many of them a distribution takes, and what it makes of them, is
:mod:`ops_registry.distributions`.
"""

from __future__ import annotations

import secrets
from typing import Any, Self

import numpy as np

from ops_registry.device import Device

#: The seed of a generator that was never seeded.
DEFAULT_SEED = 67280421310721

_WORDS = 624
# The state's byte layout: what PyTorch 2.13 writes and reads, so that a state saved there
# continues here. `left` counts the words of the block that are still to come, plus one.
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", _WORDS),
        ("normal_x", "<f8"),
        ("normal_y", "<f8"),
        ("normal_rho", "<f8"),
        ("normal_is_valid", "<i4"),
        ("_padding", "<i4"),
        ("float_normal", "<f4"),
        ("float_normal_is_valid", "<i4"),
    ]
)


class Generator:
    """A stream of pseudo-random bits; equal seeds give equal streams.

    >>> generator = Generator().manual_seed(0)
    >>> generator.random()
    2357136044
    >>> saved = generator.state_bytes()
    >>> first = generator.random64()
    >>> generator.restore(saved).random64() == first
    True
    """

    __slots__ = (
        "__weakref__", "_engine", "_fresh", "_legacy", "_numpy", "_seed", "_started",
        "cached_normal",
    )  # fmt: skip

    def __init__(self, device: Device | str = "cpu") -> None:
        kind = device if isinstance(device, str) else device.type
        if kind != "cpu":
            raise RuntimeError(f"a generator is on the cpu, not on {kind}")
        self._seed = DEFAULT_SEED
        # NumPy's engine, made at the first draw: importing tscript must not import numpy.random.
        self._engine: Any = None
        self._legacy: Any = None
        self._numpy: Any = None
        #: Whether the engine holds the stream of the seed, and whether none of it was drawn yet.
        self._started = False
        self._fresh = True
        #: The second of the two normal numbers that one pair of uniform ones gives, kept for the
        #: next call that draws them one at a time.
        self.cached_normal: float | None = None

    # Seeds and states.

    @property
    def device(self) -> Device:
        return Device("cpu")

    def manual_seed(self, seed: int) -> Self:
        """Start the stream of ``seed``, an integer in [-2**63, 2**64); returns the generator.

        Negative seeds are read as unsigned 64 bit numbers. Raises TypeError for anything but an
        int and ValueError for one that is out of range.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(f"a seed is an int, not {type(seed).__name__}")
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"the seed {seed} does not fit into 64 bits")
        self._seed = seed % 2**64
        self._started = False
        self._fresh = True
        self.cached_normal = None
        return self

    def initial_seed(self) -> int:
        """The seed of the present stream."""
        return self._seed

    def seed(self) -> int:
        """Start the stream of a seed picked by the operating system's entropy; returns it."""
        self.manual_seed(secrets.randbits(64))
        return self._seed

    def state_bytes(self) -> np.ndarray:
        """The state as bytes (an array of uint8, shape (5056,)) in PyTorch's own layout."""
        record = np.zeros((), _STATE)
        record["seed"] = self._seed
        record["seeded"] = 1
        if not self._started:
            self._start()
        state = self._engine.state["state"]
        record["words"] = state["key"]
        record["left"] = _WORDS + 1 - state["pos"]
        # Before the first draw PyTorch's state points at the front, after a whole block past it.
        record["next"] = 0 if self._fresh else state["pos"]
        if self.cached_normal is not None:
            record["normal_y"] = self.cached_normal
            record["normal_is_valid"] = 1
        return np.frombuffer(record.tobytes(), np.uint8).copy()

    def restore(self, state: np.ndarray) -> Self:
        """Continue from what :meth:`state_bytes` returned, or from PyTorch's ``get_state``.

        Raises TypeError when ``state`` is no array of bytes and ValueError when it is none of a
        generator's.
        """
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            raise TypeError("the state of a generator is a tensor of uint8")
        if state.size != _STATE.itemsize:
            raise ValueError(
                f"the state of a generator has {_STATE.itemsize} bytes, this one {state.size}"
            )
        record = np.frombuffer(np.ascontiguousarray(state).tobytes(), _STATE)[0]
        left, following = int(record["left"]), int(record["next"])
        if not (left == 1 or (0 < following <= _WORDS and left == _WORDS + 1 - following)):
            raise ValueError("these bytes are not the state of a generator")
        self.manual_seed(int(record["seed"]))
        self._start()
        self._engine.state = {
            "bit_generator": "MT19937",
            "state": {
                "key": record["words"].astype(np.uint32),
                "pos": _WORDS if left == 1 else following,
            },
        }
        self._fresh = following == 0
        if record["normal_is_valid"]:
            self.cached_normal = float(record["normal_y"])
        return self

    def clone_state(self) -> Self:
        """A new generator that gives the same stream from here on."""
        return type(self)().restore(self.state_bytes())

    def __copy__(self) -> Self:
        return self.clone_state()

    def __deepcopy__(self, memo: object) -> Self:
        return self.clone_state()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (type(self), self.state_bytes()))

    def __repr__(self) -> str:
        return f"<Generator device=cpu seed={self._seed}>"

    # Words.

    def random(self) -> int:
        """The next 32 bits."""
        return int(self.words(1)[0])

    def random64(self) -> int:
        """The next 64 bits, the high half drawn first."""
        return int(self.long_words(1)[0])

    def words(self, count: int) -> np.ndarray:
        """The next ``count`` words of 32 bits (uint32)."""
        if not self._started:
            self._start()
        if count:
            self._fresh = False
        if count < 64:  # the faster call costs more than it saves
            return np.asarray(self._engine.random_raw(count)).astype(np.uint32)
        drawn: np.ndarray = self._numpy.integers(0, 2**32, count, np.uint32)
        return drawn

    def long_words(self, count: int) -> np.ndarray:
        """The next ``count`` words of 64 bits (uint64); each takes two of 32, high half first."""
        halves = self.words(2 * count).astype(np.uint64)
        return (halves[0::2] << np.uint64(32)) | halves[1::2]

    def _start(self) -> None:
        """Bring the engine to the start of the seed's stream."""
        if self._legacy is None:
            from numpy.random import MT19937, RandomState
            from numpy.random import Generator as NumpyGenerator

            # Two faces of one engine: RandomState seeds it the classic way, the newer Generator
            # fills arrays faster.
            self._engine = MT19937(0)
            self._legacy = RandomState(self._engine)
            self._numpy = NumpyGenerator(self._engine)
        # The engine has 32 bits of seed; PyTorch, too, drops the rest.
        self._legacy.seed(self._seed & 0xFFFFFFFF)
        self._started = True


def _restore(cls: type[Generator], state: np.ndarray) -> Generator:
    return cls().restore(state)


_default: Generator | None = None


def default_generator() -> Generator:
    """The generator that operators draw from when none is passed; it starts from a random seed."""
    global _default
    if _default is None:
        _default = Generator()
        _default.seed()
    return _default


def set_default_generator(generator: Generator) -> None:
    """Have operators draw from ``generator`` when none is passed."""
    global _default
    _default = generator
