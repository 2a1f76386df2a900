"""Lists and dicts: their methods, subscripts and aggregate functions.

Containers come as the very objects a program holds, so that writes are seen by everyone who
shares them; their elements are whatever the executor holds. Iteration order of dicts is
insertion order, as in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ops_registry.operator import F, Kind, operator
from ops_registry.samples import Sample

_KEYS = ("str", "int", "bool", "float", "complex", "Tensor")


def operators(*schemas: str, **fields: Any) -> Callable[[F], F]:
    """Stack declarations; those that say Tensor take the handles, whose identity counts."""

    def declare(function: F) -> F:
        for schema in reversed(schemas):
            level: Kind = "tensor_level" if "Tensor" in schema else "kernel"
            operator(schema, kind=level, **fields)(function)
        return function

    return declare


def _dict_overloads(name: str, rest: str, prefix: str = "Dict_") -> list[str]:
    """The overloads of a dict method, one for each type of key (``K`` in ``rest``)."""
    return [f"aten::{name}.{prefix}{k}({rest.replace('K', k)}" for k in _KEYS]


def _letters() -> list[Sample]:
    return [Sample({"a": 1, "b": 2}, "a")]


def _numbers() -> list[Sample]:
    return [Sample([3, 1, 2])]


# Lists.


@operators("aten::len.t(t[] a) -> int", "aten::len.any(Any[] a) -> int", samples=_numbers)
def list_length(a: list[Any]) -> int:
    """The number of elements."""
    return len(a)


@operators(
    "aten::__getitem__.t(t[](a) list, int idx) -> t(*)",
    "aten::select.t(t[](a) list, int idx) -> t(*)",
    samples=lambda: [Sample([3, 1, 2], -1)],
)
def list_getitem(list: list[Any], idx: int) -> Any:
    """The element at a position; IndexError when there is none."""
    return list[idx]


@operator(
    "aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)",
    samples=lambda: [Sample([3, 1, 2], 0, 9)],
)
def list_setitem(l: list[Any], idx: int, el: Any) -> list[Any]:
    """Write the element at a position; IndexError when there is none."""
    l[idx] = el
    return l


@operator(
    "aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]",
    samples=lambda: [Sample([1, 2, 3, 4], 1, None, 2)],
)
def list_slice(l: list[Any], start: int | None, end: int | None, step: int) -> list[Any]:
    """A new list with the elements of a slice."""
    return l[start:end:step]


@operator("aten::Delete.t(t[](a!) self, int idx) -> ()", samples=lambda: [Sample([1, 2], 0)])
def list_delete(self: list[Any], idx: int) -> None:
    """Remove the element at a position."""
    del self[idx]


@operator("aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", samples=lambda: [Sample([1], 2)])
def append(self: list[Any], el: Any) -> list[Any]:
    """Add an element at the end."""
    self.append(el)
    return self


@operator(
    "aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()",
    samples=lambda: [Sample([1, 2], 1, 9)],
)
def insert(self: list[Any], idx: int, el: Any) -> None:
    """Add an element before a position."""
    self.insert(idx, el)


@operator("aten::extend.t(t[](a!) self, t[] other) -> ()", samples=lambda: [Sample([1], [2, 3])])
def extend(self: list[Any], other: list[Any]) -> None:
    """Add the elements of another list at the end."""
    self.extend(other)


@operator("aten::add.t(t[] a, t[] b) -> t[]", samples=lambda: [Sample([1], [2, 3])])
def concatenate(a: list[Any], b: list[Any]) -> list[Any]:
    """A new list with the elements of both."""
    return a + b


@operator("aten::add_.t(t[](a!) self, t[] b) -> t[]", samples=lambda: [Sample([1], [2, 3])])
def concatenate_(self: list[Any], b: list[Any]) -> list[Any]:
    """Add the elements of another list in place (``+=``)."""
    self.extend(b)
    return self


@operator("aten::mul.left_t(t[] l, int n) -> t[]", samples=lambda: [Sample([1, 2], 3)])
def repeat(l: list[Any], n: int) -> list[Any]:
    """A new list with the elements ``n`` times over."""
    return l * n


@operator("aten::mul.right_(int n, t[] l) -> t[]", samples=lambda: [Sample(3, [1, 2])])
def repeat_right(n: int, l: list[Any]) -> list[Any]:
    """A new list with the elements ``n`` times over."""
    return n * l


@operator("aten::mul_.t(t[](a!) l, int n) -> t[](a!)", samples=lambda: [Sample([1, 2], 3)])
def repeat_(l: list[Any], n: int) -> list[Any]:
    """Repeat the elements in place."""
    l *= n
    return l


@operator("aten::clear.t(t[](a!) self) -> ()", samples=_numbers)
def list_clear(self: list[Any]) -> None:
    """Remove all elements."""
    self.clear()


@operator(
    "aten::pop.t(t[](a!) self, int idx=-1) -> t(*)",
    samples=lambda: [Sample([1, 2]), Sample([1, 2], 0)],
)
def list_pop(self: list[Any], idx: int) -> Any:
    """Remove and return the element at a position; IndexError when there is none."""
    return self.pop(idx)


@operator("aten::reverse.t(t[](a!) self) -> ()", samples=_numbers)
def reverse(self: list[Any]) -> None:
    """Turn the order of the elements around, in place."""
    self.reverse()


@operators("aten::copy.t(t[](a) self) -> t[]", "aten::list.t(t[] l) -> t[]", samples=_numbers)
def list_copy(self: list[Any]) -> list[Any]:
    """A new list with the same elements."""
    return self.copy()


def _same(a: Any, b: Any) -> bool:
    """Equality of elements; tensors are equal when all of their elements are."""
    a, b = getattr(a, "array", a), getattr(b, "array", b)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.array_equal(a, b))
    return bool(a == b)


def _position(items: list[Any], el: Any) -> int | None:
    return next((i for i, item in enumerate(items) if _same(item, el)), None)


@operators(
    "aten::index.list_int(int[] self, int el) -> int",
    "aten::index.list_float(float[] self, float el) -> int",
    "aten::index.list_bool(bool[] self, bool el) -> int",
    "aten::index.list_Tensor(Tensor[] self, Tensor el) -> int",
    "aten::index.list_str(str[] self, str el) -> int",
    samples=lambda: [Sample([3, 1, 2], 1)],
)
def list_index(self: list[Any], el: Any) -> int:
    """Where an element first stands; ValueError when it does not occur."""
    position = _position(self, el)
    if position is None:
        raise ValueError(f"{el!r} is not in the list")
    return position


@operators(
    "aten::count.int(int[] self, int el) -> int",
    "aten::count.float(float[] self, float el) -> int",
    "aten::count.bool(bool[] self, bool el) -> int",
    "aten::count.Tensor(Tensor[] self, Tensor el) -> int",
    "aten::count.str(str[] self, str el) -> int",
    samples=lambda: [Sample([1, 2, 1], 1)],
)
def list_count(self: list[Any], el: Any) -> int:
    """How often an element occurs."""
    return sum(_same(item, el) for item in self)


@operators(
    "aten::remove.int(int[](a!) self, int el) -> ()",
    "aten::remove.float(float[](a!) self, float el) -> ()",
    "aten::remove.bool(bool[](a!) self, bool el) -> ()",
    "aten::remove.Tensor(Tensor[](a!) self, Tensor el) -> ()",
    "aten::remove.str(str[](a!) self, str el) -> ()",
    samples=lambda: [Sample([3, 1, 2], 1)],
)
def remove(self: list[Any], el: Any) -> None:
    """Remove the first occurrence of an element; ValueError when there is none."""
    del self[list_index(self, el)]


@operators(
    "aten::__contains__.int_list(int[] l, int item) -> bool",
    "aten::__contains__.str_list(str[] l, str item) -> bool",
    "aten::__contains__.float_list(float[] l, float item) -> bool",
    samples=lambda: [Sample([3, 1, 2], 1), Sample([3, 1, 2], 7)],
)
def list_contains(l: list[Any], item: Any) -> bool:
    """Whether an element occurs."""
    return item in l


def _list_comparison(name: str) -> list[str]:
    return [
        f"aten::{name}.{t}_list({t}[] a, {t}[] b) -> bool"
        for t in ("int", "float", "Tensor", "bool", "str")
    ]


@operators(*_list_comparison("eq"), samples=lambda: [Sample([1, 2], [1, 2]), Sample([1], [2])])
def list_eq(a: list[Any], b: list[Any]) -> bool:
    """Whether two lists have equal elements."""
    return len(a) == len(b) and all(map(_same, a, b))


@operators(*_list_comparison("ne"), samples=lambda: [Sample([1, 2], [1, 2]), Sample([1], [2])])
def list_ne(a: list[Any], b: list[Any]) -> bool:
    """Whether two lists differ."""
    return not list_eq(a, b)


_SORTABLE = ("int", "float", "Tensor", "bool", "str")


@operators(
    *(f"aten::sort.{t}({t}[](a!) self, bool reverse=False) -> ()" for t in _SORTABLE),
    "aten::sort.any(t[](a!) self, bool reverse=False) -> ()",
    samples=_numbers,
)
def list_sort(self: list[Any], reverse: bool) -> None:
    """Sort in place, keeping the order of equal elements."""
    self.sort(reverse=reverse)


@operators(
    *(f"aten::sorted.{t}({t}[](a) input) -> {t}[]" for t in _SORTABLE),
    "aten::sorted.any(t[](a) self) -> t[]",
    samples=_numbers,
)
def list_sorted(input: list[Any]) -> list[Any]:
    """A new sorted list."""
    return sorted(input)


@operators(
    "aten::sum.int(int[] self) -> int", "aten::sum.bool(bool[] self) -> int", samples=_numbers
)
def list_sum(self: list[Any]) -> Any:
    """The sum of the elements."""
    return sum(self)


@operator("aten::sum.float(float[] self) -> float", samples=_numbers)
def list_sum_of_floats(self: list[float]) -> float:
    """The sum of the elements, one after the other; 0.0 of none."""
    return reduce(add, self, 0.0)  # Python's `sum` compensates for what rounding loses, from 3.12


@operator("aten::sum.complex(complex[] self) -> complex", samples=_numbers)
def list_sum_of_complex(self: list[complex]) -> complex:
    """The sum of the elements, one after the other; 0j of none."""
    return reduce(add, self, 0j)


@operators(
    "aten::all.int(int[] self) -> bool",
    "aten::all.float(float[] self) -> bool",
    "aten::all.bool(bool[] self) -> bool",
    samples=lambda: [Sample([1, 0]), Sample([1, 1])],
)
def list_all(self: list[Any]) -> bool:
    """Whether every element is true."""
    return all(self)


@operators(
    "aten::any.str(str[] self) -> bool",
    "aten::any.int(int[] self) -> bool",
    "aten::any.float(float[] self) -> bool",
    "aten::any.bool(bool[] self) -> bool",
    samples=lambda: [Sample(["", "a"]), Sample(["", ""])],
)
def list_any(self: list[Any]) -> bool:
    """Whether some element is true."""
    return any(self)


def _list_extremum(name: str) -> list[str]:
    texts = []
    for t in ("int", "float", "bool"):
        texts.append(f"prim::{name}.{t}_list({t}[] l, {t}[] r) -> {t}[]")
        texts.append(f"prim::{name}.self_{t}({t}[] self) -> {t}")
    return texts


_MAX = _list_extremum("max")
_MIN = _list_extremum("min")


@operators(*_MAX[::2], samples=lambda: [Sample([1, 2], [1, 3])])
def max_of_lists(l: list[Any], r: list[Any]) -> list[Any]:
    """The larger of two lists, compared element by element."""
    return max(l, r)


@operators(*_MAX[1::2], samples=_numbers)
def list_max(self: list[Any]) -> Any:
    """The largest element; ValueError for an empty list."""
    return max(self)


@operators(*_MIN[::2], samples=lambda: [Sample([1, 2], [1, 3])])
def min_of_lists(l: list[Any], r: list[Any]) -> list[Any]:
    """The smaller of two lists, compared element by element."""
    return min(l, r)


@operators(*_MIN[1::2], samples=_numbers)
def list_min(self: list[Any]) -> Any:
    """The smallest element; ValueError for an empty list."""
    return min(self)


@operator("prim::rangelist(int n) -> int[]", samples=lambda: [Sample(3)])
def rangelist(n: int) -> list[int]:
    """The numbers from 0 to ``n - 1``."""
    return list(range(n))


@operator("aten::Size(int[] sizes) -> int[]", samples=_numbers)
def size(sizes: list[int]) -> list[int]:
    """The sizes themselves: a ``torch.Size`` is a list of ints in a script."""
    return list(sizes)


@operator("aten::_infer_size(int[] a, int[] b) -> int[]", samples=lambda: [Sample([3, 1], [4])])
def infer_size(a: list[int], b: list[int]) -> list[int]:
    """The shape that two shapes broadcast to."""
    from ops_registry.meta import broadcast_shapes

    return list(broadcast_shapes(tuple(a), tuple(b)))


@operator(
    "aten::broadcast_shapes(int[] a, int[] b) -> int[]", samples=lambda: [Sample([3, 1], [4])]
)
def broadcast_shapes_(a: list[int], b: list[int]) -> list[int]:
    """The shape that two shapes broadcast to."""
    return infer_size(a, b)


# Dicts.


@operators(*_dict_overloads("len", "Dict(K, t) self) -> int"), samples=lambda: [Sample({"a": 1})])
def dict_length(self: dict[Any, Any]) -> int:
    """The number of entries."""
    return len(self)


@operators(
    *_dict_overloads("keys", "Dict(K, t) self) -> K[](*)", ""), samples=lambda: [Sample({"a": 1})]
)
def keys(self: dict[Any, Any]) -> list[Any]:
    """The keys, in order of insertion."""
    return list(self)


@operators(
    *_dict_overloads("values", "Dict(K, t) self) -> t[](*)", ""), samples=lambda: [Sample({"a": 1})]
)
def values(self: dict[Any, Any]) -> list[Any]:
    """The values, in order of insertion."""
    return list(self.values())


@operators(
    *_dict_overloads("items", "Dict(K, t) self) -> ((K, t)[])", ""),
    samples=lambda: [Sample({"a": 1})],
)
def items(self: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The pairs of key and value, in order of insertion."""
    return list(self.items())


@operators(*_dict_overloads("__getitem__", "Dict(K, t) self, K key) -> t(*)"), samples=_letters)
def dict_getitem(self: dict[Any, Any], key: Any) -> Any:
    """The value of a key; KeyError when there is none."""
    return self[key]


@operators(
    *_dict_overloads("_set_item", "Dict(K, t)(a!) l, K(b -> *) idx, t(c -> *) v) -> ()", ""),
    samples=lambda: [Sample({"a": 1}, "b", 2)],
)
def dict_setitem(l: dict[Any, Any], idx: Any, v: Any) -> None:
    """Write the value of a key."""
    l[idx] = v


@operators(*_dict_overloads("Delete", "Dict(K, t)(a!) self, K key) -> ()"), samples=_letters)
def dict_delete(self: dict[Any, Any], key: Any) -> None:
    """Remove a key; KeyError when there is none."""
    del self[key]


@operators(
    *_dict_overloads("__contains__", "Dict(K, t) dict, K key) -> bool", ""), samples=_letters
)
def dict_contains(dict: dict[Any, Any], key: Any) -> bool:
    """Whether a key occurs."""
    return key in dict


@operators(*_dict_overloads("get", "Dict(K, t) self, K key) -> t(*)?", ""), samples=_letters)
def get(self: dict[Any, Any], key: Any) -> Any:
    """The value of a key, or None."""
    return self.get(key)


@operators(
    *_dict_overloads("get", "Dict(K, t) self, K key, t default_value) -> t(*)", "default_"),
    samples=lambda: [Sample({"a": 1}, "b", 7)],
)
def get_default(self: dict[Any, Any], key: Any, default_value: Any) -> Any:
    """The value of a key, or ``default_value``."""
    return self.get(key, default_value)


@operators(
    *_dict_overloads(
        "setdefault", "Dict(K, t)(a!) self, K(b -> *) key, t(c -> *) default_value) -> t(*)", ""
    ),
    samples=lambda: [Sample({"a": 1}, "b", 7)],
)
def setdefault(self: dict[Any, Any], key: Any, default_value: Any) -> Any:
    """The value of a key, which is first set to ``default_value`` if it is missing."""
    return self.setdefault(key, default_value)


@operators(*_dict_overloads("pop", "Dict(K, t)(a!) self, K key) -> t(*)"), samples=_letters)
def dict_pop(self: dict[Any, Any], key: Any) -> Any:
    """Remove a key and return its value; KeyError when there is none."""
    return self.pop(key)


@operators(
    *_dict_overloads(
        "pop", "Dict(K, t)(a!) self, K key, t default_value) -> t(*)", "Dict_default_"
    ),
    samples=lambda: [Sample({"a": 1}, "b", 7)],
)
def dict_pop_default(self: dict[Any, Any], key: Any, default_value: Any) -> Any:
    """Remove a key and return its value, or ``default_value``."""
    return self.pop(key, default_value)


@operators(
    *_dict_overloads("popitem", "Dict(K, t)(a!) self) -> ((K, t))", ""),
    samples=lambda: [Sample({"a": 1})],
)
def popitem(self: dict[Any, Any]) -> tuple[Any, Any]:
    """Remove and return the entry that was inserted first; KeyError for an empty dict."""
    if not self:
        raise KeyError("popitem(): the dict is empty")
    key = next(iter(self))
    return key, self.pop(key)


@operators(
    *_dict_overloads("clear", "Dict(K, t)(a!) self) -> ()", ""), samples=lambda: [Sample({"a": 1})]
)
def dict_clear(self: dict[Any, Any]) -> None:
    """Remove all entries."""
    self.clear()


@operators(
    *_dict_overloads("update", "Dict(K, t)(a!) self, Dict(K, t)(a!) to_add) -> ()", ""),
    samples=lambda: [Sample({"a": 1}, {"b": 2})],
)
def update(self: dict[Any, Any], to_add: dict[Any, Any]) -> None:
    """Take over the entries of another dict."""
    self.update(to_add)


@operators(
    *_dict_overloads("copy", "Dict(K, t)(a) self) -> Dict(K, t)"),
    *_dict_overloads("dict", "Dict(K, t)(a) self) -> Dict(K, t)"),
    samples=lambda: [Sample({"a": 1})],
)
def dict_copy(self: dict[Any, Any]) -> dict[Any, Any]:
    """A new dict with the same entries."""
    return self.copy()


@operator("aten::dict() -> Dict(str, Tensor)", kind="tensor_level", samples=lambda: [Sample()])
def empty_dict() -> dict[Any, Any]:
    """An empty dict."""
    return {}


@operators(
    *_dict_overloads("dict", "(K, tVal)[] inputs) -> Dict(K, tVal)", ""),
    samples=lambda: [Sample([("a", 1)])],
)
def dict_of_pairs(inputs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dict with the given entries."""
    return dict(inputs)


# What any value has.


@operator("aten::hash.generic(t value) -> int", samples=lambda: [Sample("a")])
def hash_(value: Any) -> int:
    """Python's hash of a value."""
    return hash(value)


@operators(
    "aten::_unwrap_optional(t(a)? optional) -> t(a)",
    "prim::unchecked_unwrap_optional(t(a)? optional) -> t(a)",
    samples=lambda: [Sample(3)],
)
def unwrap_optional(optional: Any) -> Any:
    """The value, which is not None; ValueError when it is."""
    if optional is None:
        raise ValueError("a value that was said not to be None is None")
    return optional


# Devices.


@operator("aten::device(str a) -> Device", samples=lambda: [Sample("cpu")])
def device(a: str) -> Any:
    """The device that a string names."""
    from ops_registry.device import Device

    return Device(a)


@operator(
    "aten::device.with_index(str type, int index) -> Device", samples=lambda: [Sample("cuda", 1)]
)
def device_with_index(type: str, index: int) -> Any:
    """The device of a type and an index."""
    from ops_registry.device import Device

    return Device(type, index)
