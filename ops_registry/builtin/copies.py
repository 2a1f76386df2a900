"""The ``*_copy`` forms of views, which graphs without aliases have: the view, copied."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ops_registry.builtin import complex_numbers, dimension_order, slicing, splitting, views
from ops_registry.operator import Operator, declared_in, operator
from ops_registry.schema import Argument, FunctionSchema

#: Each copying operator and the view it copies; a view's overloads all get one.
_COPIED: tuple[tuple[str, Any], ...] = (
    ("view", views),
    ("expand", views),
    ("as_strided", views),
    ("alias", views),
    ("detach", views),
    ("permute", dimension_order),
    ("transpose", dimension_order),
    ("t", dimension_order),
    ("squeeze", dimension_order),
    ("unsqueeze", dimension_order),
    ("select", slicing),
    ("slice", slicing),
    ("diagonal", slicing),
    ("unfold", slicing),
    ("narrow", slicing),
    ("split", splitting),
    ("split_with_sizes", splitting),
    ("unbind", splitting),
    ("view_as_real", complex_numbers),
    ("view_as_complex", complex_numbers),
)
#: Overloads of the views that have no copying form.
_WITHOUT = {("split", "sizes"), ("split", ""), ("narrow", "Tensor")}


def _copied(result: Any) -> Any:
    if isinstance(result, np.ndarray):
        return np.array(result)
    return [np.array(part) for part in result]


def _copying_schema(name: str, viewed: FunctionSchema) -> FunctionSchema:
    """The schema of the view under another name and without its alias marks."""

    def bare(argument: Argument) -> Argument:
        return Argument(
            argument.name, argument.type, argument.real_type, argument.default,
            argument.has_default, argument.kwarg_only, size=argument.size,
        )  # fmt: skip

    return FunctionSchema(
        f"aten::{name}_copy",
        viewed.overload,
        tuple(map(bare, viewed.arguments)),
        tuple(map(bare, viewed.returns)),
    )


def _declare(name: str, view: Operator) -> None:
    # A copy needs no strides that fit.
    run = views.reshape if view.full_name == "aten::view" else view.kernel

    def copy(*args: Any) -> Any:
        return _copied(run(*args))

    kernel: Callable[..., Any] = functools.wraps(view.kernel)(copy)
    kernel.__module__ = __name__
    kernel.__doc__ = f"``{name}``, copied: {view.doc[:1].lower()}{view.doc[1:]}"
    schema = _copying_schema(name, view.schema)
    single = str(view.schema.returns[0].type) == "Tensor"
    out: bool | str = "Tensor_out" if single and schema.overload == "Tensor" else single
    operator(str(schema), meta=view.meta, out=out, samples=view.samples)(kernel)


for _name, _family in _COPIED:
    for _view in declared_in(_family.__name__):
        if _view.name == f"aten::{_name}" and (_name, _view.overload) not in _WITHOUT:
            _declare(_name, _view)
