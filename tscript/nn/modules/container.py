"""Modules that hold modules: ``Sequential``, ``ModuleList``, ``ModuleDict``.

Those that hold parameters are in ``parameter_container``.
"""

from __future__ import annotations

import operator
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from tscript.markers import _copy_to_script_wrapper
from tscript.nn.module import Module
from tscript.runtime.tensor import Tensor

__all__ = ["Container", "ModuleDict", "ModuleList", "Sequential"]

_S = TypeVar("_S", bound="_Numbered")


def wrapped_index(index: Any, length: int) -> int:
    """A position counted from the start; negative ones count from the end.

    >>> wrapped_index(-1, 3)
    2
    """
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range for {length} element(s)")
    return index % length


def checked_pair(position: int, pair: Any) -> tuple[Any, Any]:
    """Element ``position`` of what a container is updated from, as a name and a value."""
    if not isinstance(pair, Iterable) or isinstance(pair, str):
        raise TypeError(f"element {position} is no pair of a name and a value: {pair!r}")
    parts = tuple(pair)
    if len(parts) != 2:
        raise ValueError(f"element {position} has {len(parts)} part(s): a name and a value are due")
    return parts[0], parts[1]


class _Numbered(Module):
    """What the two containers with numbered modules share: the names are ``"0"``, ``"1"``, ..."""

    _modules: dict[str, Module]  # type: ignore[assignment]

    @_copy_to_script_wrapper
    def __len__(self) -> int:
        return len(self._modules)

    @_copy_to_script_wrapper
    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def _replace_all(self, modules: Iterable[Module]) -> None:
        self._modules.clear()
        for index, module in enumerate(modules):
            self.add_module(str(index), module)

    def _name_at(self, index: Any) -> str:
        return list(self._modules)[wrapped_index(index, len(self))]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def append(self: _S, module: Module) -> _S:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: _S, modules: Iterable[Module]) -> _S:
        """Add modules at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"extend takes modules, not {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, index: int | slice) -> Any:
        """Take out a module, and return it."""
        taken = self[index]  # type: ignore[index]
        del self[index]
        return taken


class Sequential(_Numbered):
    """Modules that run one after another, each on what the one before returned.

    Takes the modules, or one ``OrderedDict`` that names them.

    >>> from tscript import nn
    >>> nn.Sequential(nn.Identity(), nn.Flatten())
    Sequential(
      (0): Identity()
      (1): Flatten(start_dim=1, end_dim=-1)
    )
    """

    @overload
    def __init__(self, *args: Module) -> None: ...
    @overload
    def __init__(self, arg: OrderedDict[str, Module], /) -> None: ...
    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._replace_all(args)

    def forward(self, input: Tensor) -> Tensor:
        """Run the modules in order."""
        for module in self:
            input = module(input)
        return input

    @_copy_to_script_wrapper
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)[index] if isinstance(index, slice) else [self._name_at(index)]
        for name in names:
            delattr(self, name)
        # as in PyTorch, what is left is numbered anew
        self._replace_all(list(self._modules.values()))

    def insert(self, index: int, module: Module) -> Sequential:
        """Put a module before the one at ``index``."""
        if not isinstance(module, Module):
            raise AssertionError(f"a Sequential holds modules, not {type(module).__name__}")
        length = len(self)
        if not -length <= index <= length:
            raise IndexError(f"index {index} is out of range for {length} module(s)")
        modules = list(self._modules.values())
        modules.insert(index if index >= 0 else index + length, module)
        self._replace_all(modules)
        return self

    def extend(self, sequential: Iterable[Module]) -> Sequential:
        """Add modules at the end."""
        return super().extend(sequential)

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*(list(self) * self._checked_times(times)))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(list(self) * (self._checked_times(times) - 1))

    @staticmethod
    def _checked_times(times: object) -> int:
        if not isinstance(times, int):
            raise TypeError(f"a Sequential is repeated an int number of times, not {times!r}")
        if times <= 0:
            raise ValueError(f"a Sequential is repeated at least once, not {times} times")
        return times


class ModuleList(_Numbered):
    """A list of modules; it has no forward of its own.

    >>> from tscript import nn
    >>> nn.ModuleList(nn.ReLU() for _ in range(3))
    ModuleList(
      (0-2): 3 x ReLU()
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    @_copy_to_script_wrapper
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[str(wrapped_index(index, len(self)))]

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self._modules.values())
        del modules[index if isinstance(index, slice) else wrapped_index(index, len(self))]
        self._replace_all(modules)

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at ``index``."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._replace_all(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> ModuleList:
        return self.extend(other)

    @_copy_to_script_wrapper
    def __dir__(self) -> list[str]:
        return super().__dir__()

    def __repr__(self) -> str:
        texts = [repr(module) for module in self]
        if not texts:
            return f"{self._get_name()}()"
        lines = []
        start = 0
        for end in range(1, len(texts) + 1):
            if end < len(texts) and texts[end] == texts[start]:
                continue
            first = texts[start]
            line = f"({start}): {first}"
            if end - start > 1:
                line = f"({start}-{end - 1}): {end - start} x {first}"
            lines.append("  " + line.replace("\n", "\n  ") + "\n")
            start = end
        return f"{self._get_name()}(\n{''.join(lines)})"


class ModuleDict(Module):
    """Modules by name, in the order in which they came.

    >>> from tscript import nn
    >>> list(nn.ModuleDict({"relu": nn.ReLU(), "same": nn.Identity()}))
    ['relu', 'same']
    """

    _modules: dict[str, Module]  # type: ignore[assignment]

    def __init__(self, modules: Mapping[str, Module] | Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    @_copy_to_script_wrapper
    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    @_copy_to_script_wrapper
    def __len__(self) -> int:
        return len(self._modules)

    @_copy_to_script_wrapper
    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    @_copy_to_script_wrapper
    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out, and return it."""
        return self._modules.pop(key)

    @_copy_to_script_wrapper
    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    @_copy_to_script_wrapper
    def items(self) -> Iterable[tuple[str, Module]]:
        """The names with their modules."""
        return self._modules.items()

    @_copy_to_script_wrapper
    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[Any]) -> None:
        """Add modules from a mapping or from pairs; names that exist are replaced."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"a ModuleDict is updated from a mapping or pairs, not {type(modules).__name__}"
            )
        if isinstance(modules, ModuleDict | Mapping):
            pairs: Iterable[Any] = modules.items()
        else:
            pairs = modules
        for position, pair in enumerate(pairs):
            name, module = checked_pair(position, pair)
            self[name] = module


class Container(Module):
    """Holds the modules given by name; the old base class of containers."""

    def __init__(self, **modules: Module) -> None:
        warnings.warn("Container is deprecated: it is Module", FutureWarning, stacklevel=2)
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
