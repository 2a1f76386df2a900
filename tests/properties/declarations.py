"""What generated programs declare before their entry: classes, enums, functions, modules.

A program has only those that its forms need. The entry is a function, or a module whose methods
hold generated code.
"""

from __future__ import annotations

from tests.properties.chapters import CHAPTERS

#: First lines of every program; ``LIBRARY`` is ``torch`` or ``tscript``.
PRELUDE = """\
import enum, math
from typing import Any, Callable, Dict, Final, List, NamedTuple, Optional, Tuple, Union
import LIBRARY as torch
from LIBRARY import Tensor, nn
import LIBRARY.nn.functional as F
"""

DECLARATIONS: dict[str, str] = {
    **{name: text for chapter in CHAPTERS for name, text in chapter.declarations.items()},
    "add_numbers": """
def add_numbers(first: int, second: int = 3) -> int:
    return (first + second) % 1009
""",
    "scaled": """
def scaled(value: float, factor: float = 2.0) -> float:
    '''Doubled, unless a factor is given.'''
    if value > 5.0:
        return 1.0
    return (value * factor) % 7.0
""",
    "scale_tensor": """
def scale_tensor(x, n):
    # type: (Tensor, int) -> Tensor
    return x * n
""",
    "untyped": """
def untyped(x, y):
    if bool(x.sum() > 0):
        return x + y
    else:
        return x - y
""",
    "Point": """
class Point(NamedTuple):
    x: int
    y: float
""",
    "Color": """
class Color(enum.Enum):
    RED = 1
    BLUE = 2
""",
    "Guard": """
@torch.jit.script
class Guard:
    def __init__(self, level: int):
        self.level = level

    def __enter__(self) -> int:
        self.level += 1
        return self.level

    def __exit__(self, type: Any, value: Any, tb: Any):
        self.level -= 1
""",
    "Counter": """
@torch.jit.script
class Counter:
    def __init__(self, value: int):
        self.value = value % 1009
        self.items = [value]

    def bumped(self, by: int) -> int:
        self.value += by
        return self.value

    @property
    def double(self) -> int:
        return self.value * 2

    @double.setter
    def double(self, value: int):
        self.value = value // 2

    @staticmethod
    def triple(value: int) -> int:
        return 3 * value

    def __getitem__(self, index: int) -> int:
        return self.value + index

    def __setitem__(self, index: int, value: int) -> None:
        self.value = value - index

    def __contains__(self, value: int) -> bool:
        return value == self.value

    def __len__(self) -> int:
        return len(self.items)

    def __add__(self, other: 'Counter') -> 'Counter':
        return Counter(self.value + other.value)

    def __iadd__(self, other: 'Counter') -> 'Counter':
        self.value += other.value
        return self

    def __lt__(self, other: 'Counter') -> bool:
        return self.value < other.value
""",
}

#: What module programs declare before their entry, which is a subclass of ``Base``.
_MODULES = """
@torch.jit.interface
class Transform(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Scale(nn.Module):
    '''One parameter, one buffer, two methods, a property.'''

    factor: Final[float]

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(torch.full((3,), factor))
        self.register_buffer('seen', torch.zeros(3))

    @property
    def doubled(self) -> float:
        return self.factor * 2

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return torch.tanh(x * self.weight)

    def shifted(self, x: Tensor, by: float = 1.0) -> Tensor:
        return self.forward(x) + by


class Pair(nn.Module):
    def forward(self, x: Tensor, other: Optional[Tensor] = None) -> Tuple[Tensor, int]:
        if other is None:
            return x, 0
        return x + other, 1

CLASSES

class Base(nn.Module):
    __constants__ = ['limit', 'sizes', 'mode', 'nothing']
    table: Dict[str, int]
    memory: List[int]
    last: Optional[Tensor]
    transform: Transform
    step: int

    def __init__(self):
        super().__init__()
        self.limit = 4
        self.sizes = (2, 3)
        self.mode = 'wide'
        self.nothing = None
        self.count = 0
        self.rate = 0.5
        self.step = 1
        self.label = 'net'
        self.flag = True
        self.names = ['a', 'b']
        self.memory = []
        self.table = {'a': 1}
        self.last = None
        self.bias = nn.Parameter(torch.ones(3))
        self.register_buffer('total', torch.zeros(3))
        self.register_parameter('absent', None)
        self.scale = Scale(0.5)
        self.transform = Scale(2.0)
        self.pair = Pair()
        self.optional = None
        self.linear = nn.Linear(3, 3)
        self.layers = nn.ModuleList([Scale(1.0), Scale(2.0)])
        self.steps = nn.Sequential(nn.ReLU(), nn.Linear(3, 3))
        self.heads = nn.ModuleDict({'one': Scale(0.25), 'two': Scale(3.0)})
        self.weights = nn.ParameterList([nn.Parameter(torch.ones(3)) for _ in range(2)])
        self.act = F.relu
        self.thing = object()
        self.mixed = nn.ModuleList([Scale(1.0), Pair()])
ATTRIBUTES
    @property
    def tripled(self) -> int:
        return self.count * 3

    def helper(self, n: int, by: int = 2) -> int:
        return (n * by + self.limit) % 1009

    @torch.jit.unused
    def unused(self, n: int) -> int:
        raise RuntimeError('never compiled')

    @torch.jit.ignore
    def ignored(self, n: int) -> int:
        return n + 1

    @torch.jit.export
    def exported(self, n: int) -> int:
        return self.helper(n) + 1

    @staticmethod
    def static(n: int) -> int:
        return n * 2
MEMBERS"""

MODULES = (
    _MODULES.replace("CLASSES", "".join(chapter.module_classes for chapter in CHAPTERS))
    .replace("ATTRIBUTES", "".join(chapter.module_attributes for chapter in CHAPTERS))
    .replace("MEMBERS", "".join(chapter.module_members for chapter in CHAPTERS))
)
