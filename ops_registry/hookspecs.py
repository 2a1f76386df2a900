"""The hooks that a plugin of operators implements."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from ops_registry.operator import Operator

hookspec = pluggy.HookspecMarker("ops_registry")
hookimpl = pluggy.HookimplMarker("ops_registry")


@hookspec
def ops_registry_operators() -> Iterable[Operator]:
    """Return the operators that this plugin adds.

    A plugin is usually one module with its kernels and this hook::

        from ops_registry.hookspecs import hookimpl
        from ops_registry.meta import like
        from ops_registry.operator import declared_in, operator

        @operator("mylib::double(Tensor self) -> Tensor", meta=like("self"))
        def double(self):
            \"""Twice the input.\"""
            return self + self

        @hookimpl
        def ops_registry_operators():
            return declared_in(__name__)

    and is found by its entry point::

        [project.entry-points.ops_registry]
        mylib = "mylib.operators"

    Every operator has a namespace (``mylib::``) and is then ``torch.ops.mylib.double`` in eager
    code, in scripts and in traces. A schema that another plugin already has is refused.
    """
    raise NotImplementedError  # pragma: no cover - pluggy never calls a specification
