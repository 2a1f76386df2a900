"""The registry: which operators there are, and where their records live.

Schemas of built-in operators come from a generated index, so that looking an operator up, and
type checking a whole program, imports no kernel. A record is loaded with its family when an
operator of it is first asked for. Third-party plugins are found by the entry point group
``ops_registry`` when a name outside the built-in namespaces is looked up.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ops_registry.operator import Operator, declared_in
from ops_registry.schema import FunctionSchema, parse_schema

if TYPE_CHECKING:  # pluggy and importlib.metadata cost as much as half of NumPy: loaded for plugins
    import pluggy

ENTRY_POINT_GROUP = "ops_registry"


class PluginError(RuntimeError):
    """A plugin of operators is at fault; the message names it and the operator."""


class UnknownOperatorError(LookupError):
    """No operator has the name or the overload that was asked for."""


class Registry:
    """Operators by name.

    >>> [s.overload for s in registry().overloads("aten::relu")]
    ['', 'out']
    >>> registry().operator("aten::relu").schema.arguments[0].name
    'self'
    """

    def __init__(self) -> None:
        self._schemas: dict[str, tuple[FunctionSchema, ...]] = {}
        self._operators: dict[tuple[str, str], Operator] = {}
        self._plugin_operators: dict[str, list[tuple[Operator, str]]] = {}
        self._plugins: pluggy.PluginManager | None = None
        self._failures: dict[str, str] = {}
        self._disputed: dict[str, str] = {}

    # Looking up.

    def overloads(self, name: str) -> tuple[FunctionSchema, ...]:
        """The schemas of an operator in the order the compiler tries them; empty if unknown."""
        try:
            return self._schemas[name]
        except KeyError:
            pass
        schemas = tuple(parse_schema(f"{name}{rest}") for _, rest in self._indexed(name))
        schemas += tuple(op.schema for op, _ in self._third_party(name))
        if schemas:
            self._schemas[name] = schemas
        return schemas

    def operator(self, name: str, overload: str = "") -> Operator:
        """The record of one overload, its family imported.

        Raises :class:`UnknownOperatorError` naming what exists when there is none.
        """
        key = (name, overload)
        try:
            return self._operators[key]
        except KeyError:
            pass
        self._load(name, overload)
        try:
            return self._operators[key]
        except KeyError:
            raise self._unknown(name, overload) from None

    def has(self, name: str) -> bool:
        """Whether an operator has this name."""
        return name in self._schemas or name in _index() or bool(self._third_party(name))

    def names(self) -> list[str]:
        """The names of all operators, plugins' included, sorted."""
        self._load_plugins()
        return sorted({*_index(), *self._plugin_operators} - set(self._disputed))

    def namespaces(self) -> set[str]:
        """The namespaces that operators are in: ``aten``, ``prim``, and those of plugins."""
        return {name.partition("::")[0] for name in self.names()}

    def __iter__(self) -> Iterator[Operator]:
        """Every record; imports every family."""
        for name in self.names():
            for schema in self.overloads(name):
                yield self.operator(name, schema.overload)

    # Loading.

    @staticmethod
    def _indexed(name: str) -> tuple[tuple[str, str], ...]:
        return _index().get(name, ())

    def _load(self, name: str, overload: str) -> None:
        """Import the family of one overload: adding tensors needs no strings and no lists."""
        beginning = f".{overload}(" if overload else "("
        found = (family for family, rest in self._indexed(name) if rest.startswith(beginning))
        for family in dict.fromkeys(found):
            module = f"ops_registry.builtin.{family}"
            importlib.import_module(module)
            for operator in declared_in(module):
                self._operators.setdefault((operator.name, operator.overload), operator)
        for operator, _ in self._third_party(name):
            self._operators.setdefault((operator.name, operator.overload), operator)

    def _unknown(self, name: str, overload: str) -> UnknownOperatorError:
        known = [schema.full_name for schema in self.overloads(name)]
        full_name = f"{name}.{overload}" if overload else name
        if known:
            return UnknownOperatorError(
                f"{full_name} is no overload of {name}: there are {', '.join(known)}"
            )
        return UnknownOperatorError(self.why_missing(name))

    @staticmethod
    def is_builtin(name: str) -> bool:
        """Whether the name is in a namespace of the built-in operators."""
        from ops_registry.builtin import NAMESPACES

        return name.partition("::")[0] in NAMESPACES

    # Plugins.

    @property
    def plugin_failures(self) -> dict[str, str]:
        """Why each plugin that could not be used could not: its name, and a sentence."""
        self._load_plugins()
        return dict(self._failures)

    def plugin_schemas(self) -> list[str]:
        """What the plugins add, and why some could not: what a cache of verdicts depends on."""
        self._load_plugins()
        records = (record for known in self._plugin_operators.values() for record, _ in known)
        disputed = self._disputed.values()
        return sorted([*(str(r.schema) for r in records), *self._failures.values(), *disputed])

    def plugin_of(self, operator: Operator) -> str | None:
        """The name of the plugin that a record came from; None for a built-in one."""
        source = operator.functional or operator
        for name in (operator.name, source.name):
            for known, plugin in self._plugin_operators.get(name, []):
                if known is operator or known is source:
                    return plugin
        return None

    def why_missing(self, name: str) -> str:
        """A sentence on why ``name`` cannot be used: unknown, disputed, or its plugin is broken."""
        if name in self._disputed:
            return f"the operator {name} cannot be used: {self._disputed[name]}"
        missing = f"no operator is called {name}"
        if self.is_builtin(name):
            return missing
        namespace = name.partition("::")[0]
        reasons = list(self.plugin_failures.values())
        if not reasons and namespace in self.namespaces():
            known = [other for other in self.names() if other.startswith(f"{namespace}::")]
            reasons = [f"its namespace has {', '.join(known)}"]
        elif not reasons:
            reasons = [f"no operator plugin that has `{namespace}` is installed"]
        return "; ".join([missing, *reasons])

    def _third_party(self, name: str) -> list[tuple[Operator, str]]:
        if self._plugins is None and not self.is_builtin(name):
            self._load_plugins()
        return [] if name in self._disputed else self._plugin_operators.get(name, [])

    def _load_plugins(self) -> None:
        """Find the plugins. One that is at fault is left out, and its failure remembered."""
        if self._plugins is not None:
            return
        from importlib.metadata import entry_points

        import pluggy

        from ops_registry import hookspecs

        self._plugins = manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
        manager.add_hookspecs(hookspecs)
        for entry_point in entry_points(group=ENTRY_POINT_GROUP):
            try:
                plugin = entry_point.load()
            except Exception as error:
                self._failures[entry_point.name] = (
                    f"the operator plugin {entry_point.name!r} ({entry_point.value}) failed to"
                    f" import: {type(error).__name__}: {error}"
                )
                continue
            try:
                self.register(plugin, entry_point.name)
            except PluginError as error:
                self._failures[entry_point.name] = str(error)

    def register(self, plugin: object, name: str | None = None) -> None:
        """Add a plugin by hand: a module or an object with the hook ``ops_registry_operators``.

        All of its operators are added, or none: raises :class:`PluginError` when a schema of it
        exists already (an operator of two plugins is then nobody's), has no namespace, or the
        hook itself fails.
        """
        self._load_plugins()
        assert self._plugins is not None
        plugin_name = self._plugins.register(plugin, name)
        if plugin_name is None:
            return
        try:
            operators = self._declared_by(plugin, plugin_name)
            for operator in operators:
                self._check(operator, plugin_name)
        except PluginError:
            self._plugins.unregister(plugin)
            raise
        for operator in operators:
            self._plugin_operators.setdefault(operator.name, []).append((operator, plugin_name))
            self._schemas.pop(operator.name, None)

    def _declared_by(self, plugin: object, name: str) -> list[Operator]:
        assert self._plugins is not None
        others = [p for p in self._plugins.get_plugins() if p is not plugin]
        hook = self._plugins.subset_hook_caller("ops_registry_operators", others)
        try:
            operators = [operator for declared in hook() for operator in declared]
        except Exception as error:
            raise PluginError(
                f"the operator plugin {name!r} failed to list its operators:"
                f" {type(error).__name__}: {error}"
            ) from error
        for operator in operators:
            if not isinstance(operator, Operator):
                raise PluginError(
                    f"the operator plugin {name!r} lists {operator!r}, which is no Operator:"
                    " return declared_in(__name__)"
                )
        return operators

    def _check(self, operator: Operator, plugin: str) -> None:
        if "::" not in operator.name:
            raise PluginError(
                f"the operator plugin {plugin!r} declares {operator.full_name!r} without a"
                " namespace: write 'mylib::name'"
            )
        for schema in self.overloads(operator.name):
            if schema.overload == operator.overload:
                owners = self._plugin_operators.get(operator.name, [])
                owner = next(
                    (p for o, p in owners if o.overload == operator.overload),
                    "the built-in operators",
                )
                clash = (
                    f"the operator plugin {plugin!r} declares {operator.full_name}, which"
                    f" {owner} already has"
                )
                if owners:
                    # Which of the two came first is chance: neither is used.
                    self._disputed[operator.name] = clash
                    self._forget(operator.name)
                raise PluginError(clash)

    def unregister(self, name: str) -> None:
        """Take a plugin that was registered under ``name`` out again."""
        self._load_plugins()
        assert self._plugins is not None
        self._plugins.unregister(name=name)
        for operator_name, entries in list(self._plugin_operators.items()):
            kept = [(operator, plugin) for operator, plugin in entries if plugin != name]
            if len(kept) == len(entries):
                continue
            self._forget(operator_name)
            self._disputed.pop(operator_name, None)
            if kept:
                self._plugin_operators[operator_name] = kept
            else:
                del self._plugin_operators[operator_name]

    def _forget(self, name: str) -> None:
        """Look ``name`` up anew the next time."""
        self._schemas.pop(name, None)
        for key in [key for key in self._operators if key[0] == name]:
            del self._operators[key]


@functools.cache
def _index() -> dict[str, tuple[tuple[str, str], ...]]:
    from ops_registry.builtin._index import SCHEMAS

    return SCHEMAS


_registry = Registry()


def registry() -> Registry:
    """The registry of this process."""
    return _registry
