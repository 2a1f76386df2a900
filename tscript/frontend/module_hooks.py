"""What the signature of a forward hook must be: that of its module's ``forward`` says.

Here: the rule, for live modules and for mypy. Not here: compiling hooks (they are methods of the
module's type), and calling them (`emit_call`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ops_registry.schema import FunctionSchema
from ops_registry.types import ERROR, NONE, ErrorType, TupleType, Type
from tscript.diagnostics.report import DiagnosticSink
from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.types.printing import source_str


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook that a module has; ``schema`` is None where it is not known what it takes.

    ``problem`` is what keeps it from being a hook whatever it takes, ``remedy`` what helps.
    """

    view: v.Def
    schema: FunctionSchema | None
    is_pre: bool
    problem: str = ""
    remedy: str = ""

    @property
    def declares_result(self) -> bool:
        return self.view.returns is not None or self.view.signature_comment is not None


def check_hooks(
    hooks: Sequence[Hook], forward: FunctionSchema | None, module: str, sink: DiagnosticSink
) -> None:
    """Report hooks that cannot stand before or behind ``forward``, in the order in which they run.

    Each hook behind ``forward`` gets what the one before it returns.
    """
    if forward is None:
        inputs: tuple[Type, ...] = ()
        output: Type = ERROR
    else:
        inputs = tuple(argument.type for argument in forward.arguments[1:])
        output = forward.returns[0].type if forward.returns else NONE
    silent: Hook | None = None  # the hook before, if it returns None
    for hook in hooks:
        reason, remedy, place = hook.problem, hook.remedy, hook.view.name.range
        if not reason and forward is None:
            reason = "the module has no `forward` that is compiled"
            remedy = "give the module a `forward`, or remove the hook"
        if not reason and hook.schema is not None:
            found = _problem(hook, hook.schema, inputs, output)
            if found is not None:
                (reason, place), remedy = found, _signature(hook, inputs, output)
                if silent is not None and place is hook.view.params[-1].range:
                    before = silent.view.name.name
                    reason = f"`{before}` before it returns None, and nothing else is passed on"
                    remedy = f"return the output in `{before}`"
        if reason:
            sink.report(
                "hook-signature",
                place,
                name=hook.view.name.name,
                kind="forward pre-hook" if hook.is_pre else "forward hook",
                module=module,
                reason=reason,
                suggestion=remedy,
            )
        if not hook.is_pre:
            output = ERROR if hook.schema is None or reason else _result(hook.schema)
            silent = hook if output == NONE else None


def _problem(
    hook: Hook, schema: FunctionSchema, inputs: tuple[Type, ...], output: Type
) -> tuple[str, SourceRange] | None:
    """What is wrong with a hook's signature, and where."""
    view = hook.view
    count = 2 if hook.is_pre else 3
    if len(schema.arguments) != count:
        taken = len(schema.arguments)
        return f"it gets {count} arguments, and takes {taken}", view.name.range
    packed = TupleType(inputs)
    given = schema.arguments[1].type
    if _differ(given, packed):
        wanted = source_str(packed)
        reason = f"`{schema.arguments[1].name}` is `{source_str(given)}`, and it gets `{wanted}`"
        return reason, view.params[1].range
    if not hook.is_pre:
        after = schema.arguments[2]
        if not _differ(after.type, output):
            return None
        reason = f"`{after.name}` is `{source_str(after.type)}`, and it gets `{source_str(output)}`"
        return reason, view.params[2].range
    if not hook.declares_result:
        return "the type of its result is not declared", view.name.range
    result = _result(schema)
    if not any(_differ(result, wanted) is False for wanted in _replacements(inputs)):
        place = view.returns.range if view.returns is not None else view.name.range
        return f"it returns `{source_str(result)}`, which `forward` does not take", place
    return None


def _replacements(inputs: tuple[Type, ...]) -> list[Type]:
    """What a pre-hook may return: nothing, or what ``forward`` takes instead."""
    allowed: list[Type] = [NONE, TupleType(inputs)]
    if len(inputs) == 1 and not isinstance(inputs[0], TupleType):
        allowed.append(inputs[0])
    return allowed


def _result(schema: FunctionSchema) -> Type:
    return schema.returns[0].type if schema.returns else NONE


def _differ(type: Type, wanted: Type) -> bool:
    """Whether two types are certainly not the same."""
    if isinstance(type, ErrorType) or isinstance(wanted, ErrorType):
        return False
    if isinstance(type, TupleType) and isinstance(wanted, TupleType):
        if len(type.elements) == len(wanted.elements):
            return any(map(_differ, type.elements, wanted.elements))
    return type != wanted


def _signature(hook: Hook, inputs: tuple[Type, ...], output: Type) -> str:
    """What to write instead."""
    name, packed = hook.view.name.name, source_str(TupleType(inputs))
    if hook.is_pre:
        return f"write `def {name}(self, inputs: {packed}) -> {packed}`, or `-> None`"
    after = "None" if output == NONE else source_str(output)
    return f"write `def {name}(self, inputs: {packed}, output: {after})`"
