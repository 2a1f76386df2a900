"""Statements.

`emit_statements` emits a body; assignments are in :mod:`~tscript.frontend.emit_assign`, loops in
:mod:`~tscript.frontend.emit_loop`, the tests of branches in :mod:`~tscript.frontend.conditions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ops_registry.types import ERROR, NONE, STRING, AnyType, ErrorType
from tscript.diagnostics.report import Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import emit_assign as assigns
from tscript.frontend import emit_loop as loops
from tscript.frontend import views as v
from tscript.frontend.conditions import (
    Condition,
    emit_condition,
    forget_refined,
    insert_refinements,
)
from tscript.frontend.emit_return import emit_return
from tscript.frontend.environment import Frame, Held, Problem, Stored, meaningful_name
from tscript.frontend.resolver import ExceptionRef, Unknown
from tscript.frontend.schema_matching import Given
from tscript.frontend.sugared import ContextValue
from tscript.ir.graph import Value
from tscript.types.nominal import ClassType
from tscript.types.printing import source_str
from tscript.types.relations import make_union, unify

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter


def emit_statements(emitter: Emitter, body: Sequence[v.Stmt]) -> None:
    """Emit the statements of a body; what follows a ``return``, ``raise``, ``break`` is not emitted."""
    for index, statement in enumerate(body):
        if emitter.exited:
            return
        with emitter.graph.at_range(statement.range):
            emit_statement(emitter, statement)
        if emitter.frame.uncertain and not emitter.sink.is_muted:
            with emitter.held_back():
                emit_statements(emitter, body[index + 1 :])
            return


def emit_statement(emitter: Emitter, statement: v.Stmt) -> None:
    match statement:
        case v.Assign():
            assigns.emit_assign(emitter, statement)
        case v.AugAssign():
            assigns.emit_augmented(emitter, statement)
        case v.ExprStmt(value=value):
            if not isinstance(value, v.StringLiteral):
                emitter.sugared(value)
        case v.If():
            condition = emit_condition(emitter, statement.cond)
            emit_if(emitter, condition, statement.body, statement.orelse, statement.range)
        case v.While():
            loops.emit_while(emitter, statement)
        case v.For():
            loops.emit_for(emitter, statement)
        case v.Return():
            _return(emitter, statement)
        case v.Raise():
            _raise(emitter, statement)
        case v.Assert():
            _assert(emitter, statement)
        case v.Break() | v.Continue():
            loops.emit_jump(emitter, statement)
        case v.Delete():
            assigns.emit_delete(emitter, statement)
        case v.With():
            _with(emitter, statement)
        case v.Pass():
            pass
        case v.UnsupportedStmt(problem=problem):
            emitter.report(
                "unsupported-syntax",
                problem.range,
                construct=problem.construct,
                remedy=problem.remedy,
            )
            _forget_names(emitter, problem)
        case _:
            raise AssertionError(f"no statement: {statement!r}")


def _forget_names(emitter: Emitter, problem: v.Unsupported) -> None:
    """What an unsupported statement would have bound is not reported as undefined after it."""
    keyword, *names = re.findall(r"\w+", problem.range.text) or [""]
    if keyword in ("global", "nonlocal", "import", "from"):
        for name in names:
            emitter.frame.define(name, Held(Unknown(), problem.range))
    else:
        emitter.names_lost = True


def _return(emitter: Emitter, statement: v.Return) -> None:
    if statement.value is None:
        emit_return(emitter, emitter.constant(None), statement.range)
        return
    value = emitter.expr(statement.value, emitter.returns.declared)
    emit_return(emitter, value, statement.value.range)


# if ----------------------------------------------------------------------------------------------


def emit_if(
    emitter: Emitter,
    condition: Condition,
    body: Sequence[v.Stmt],
    orelse: Sequence[v.Stmt],
    range: SourceRange,
) -> None:
    """A branch; only one side is compiled when the condition is known."""
    if condition.static is not None:
        refined = condition.when_true if condition.static else condition.when_false
        insert_refinements(emitter, refined, range)
        emitter.statements(body if condition.static else orelse)
        return
    node = emitter.graph.create_if(condition.value)
    node.source_range = range
    emitter.graph.insert_node(node)
    true_block, false_block = node.blocks
    frames: list[Frame] = []
    sides = ((body, condition.when_true), (orelse, condition.when_false))
    for block, (statements, refined) in zip(node.blocks, sides, strict=True):
        with emitter.block(block) as frame, emitter.held_back(condition.uncertain):
            insert_refinements(emitter, refined, range)
            forget_refined(emitter, condition)
            emitter.statements(statements)
        frames.append(frame)
    true_exits, false_exits = true_block in emitter.exits, false_block in emitter.exits
    if condition.uncertain:
        emitter.uncertain = True
        emitter.frame.uncertain |= true_exits or false_exits
    elif frames[0].uncertain or frames[1].uncertain:
        condition = replace(condition, uncertain=True)
    if true_exits and false_exits:
        emitter.mark_exit()
    _merge(emitter, condition, frames[0], frames[1], true_exits, false_exits)
    forget_refined(emitter, condition)


def _merge(
    emitter: Emitter,
    condition: Condition,
    true: Frame,
    false: Frame,
    true_exits: bool,
    false_exits: bool,
) -> None:
    """Variables after a branch: those that have a value, of one type, whichever way it went."""
    if true_exits and false_exits:
        return
    names = sorted({*true.variables, *false.variables, *true.problems, *false.problems})
    for name in names:
        on_true, on_false = true.find(name), false.find(name)
        if true_exits or false_exits:
            frame, entry = (false, on_false) if true_exits else (true, on_true)
            other = true if true_exits else false
            if isinstance(entry, Stored) and (name in frame.variables or name in other.variables):
                if name in frame.variables:
                    other_block = other.block
                    with emitter.graph.inserting_at(other_block):
                        value = emitter.insert("prim::Uninitialized", (), entry.type)
                        emitter.store_in_graph(name, value, entry.type)
                    emitter.frame.define(name, entry)
            elif isinstance(entry, Held) and name in frame.variables:
                _held(emitter, name, entry)
            elif entry is None and name in frame.problems:
                emitter.set_problem(name, frame.problems[name])
            continue
        if on_true is None or on_false is None:
            _undefined(emitter, condition, name, true, false)
            continue
        if isinstance(on_true, Held) or isinstance(on_false, Held):
            _held(emitter, name, on_true if isinstance(on_true, Held) else on_false)
            continue
        type = unify(on_true.type, on_false.type)
        outer = emitter.frame.find(name)
        if type is None and isinstance(outer, Stored):
            union = make_union((on_true.type, on_false.type))
            type = union if unify(union, outer.type) == outer.type else None
        if type is None and condition.uncertain:
            type = ERROR
        if type is None:
            emitter.set_problem(name, _clash(emitter, name, on_true, on_false))
            continue
        place = on_true.range if name in true.variables else on_false.range
        emitter.frame.define(name, Stored(type, place))


def _undefined(
    emitter: Emitter, condition: Condition, name: str, true: Frame, false: Frame
) -> None:
    if condition.uncertain:
        value = emitter.error_value()
        for frame in (true, false):
            if frame.find(name) is None:
                with emitter.graph.inserting_at(frame.block):
                    missing = emitter.error_value()
                    emitter.store_in_graph(name, missing, ERROR)
        emitter.store(name, value, ERROR, emitter.graph.current_range or _nowhere(emitter))
        return
    for frame in (true, false):
        known = frame.problems.get(name)
        if known is not None:
            emitter.set_problem(name, known)
            return
    defined = true.variables.get(name) or false.variables[name]
    notes = (Note(defined.range, "it is set here, on one path only"),)

    def problem(range: SourceRange) -> None:
        emitter.report("maybe-undefined", range, name=name, notes=notes)

    emitter.set_problem(name, problem)


def _nowhere(emitter: Emitter) -> SourceRange:
    assert emitter.graph.current_range is not None
    return emitter.graph.current_range


def _held(emitter: Emitter, name: str, held: Stored | Held) -> None:
    """A function, a type or a submodule has its name to the end of the branch that gives it."""

    def problem(range: SourceRange) -> None:
        emitter.report(
            "unsupported-value",
            range,
            what=f"`{name}`, a name that one branch gives to what is no value,",
            suggestion="give it the name before the branch, or use it inside",
            notes=(Note(held.range, "it is set here"),),
        )

    emitter.set_problem(name, problem)


def _clash(emitter: Emitter, name: str, true: Stored, false: Stored) -> Problem:
    true_type, false_type = source_str(true.type), source_str(false.type)
    notes = (
        Note(true.range, f"`{true_type}` here"),
        Note(false.range, f"`{false_type}` here"),
    )

    def problem(range: SourceRange) -> None:
        emitter.report(
            "branch-type-mismatch",
            range,
            name=name,
            true_type=true_type,
            false_type=false_type,
            notes=notes,
        )

    return problem


# raise, assert ------------------------------------------------------------------------------------


def _raise(emitter: Emitter, statement: v.Raise) -> None:
    view = statement.exception
    if statement.cause is not None:
        emitter.sugared(statement.cause)
    message: Value | None = None
    callee_view = view.callee if isinstance(view, v.Apply) else view
    callee = emitter.sugared(callee_view)
    if isinstance(callee, Unknown) or (
        isinstance(callee, Value) and isinstance(callee.type, ErrorType)
    ):
        if isinstance(view, v.Apply):
            for argument in view.args:
                emitter.sugared(argument)
        _raise_node(emitter, emitter.constant(""), emitter.constant(None))
        return
    name = ""
    if isinstance(callee, ExceptionRef):
        name = callee.qualified_name
        if isinstance(view, v.Apply):
            message = _message(emitter, view.args)
    else:
        from tscript.frontend.sugared import describe

        emitter.report("not-an-exception", view.range, what=describe(callee, callee_view.range))
    if message is None:
        message = emitter.constant("")
    _raise_node(emitter, message, emitter.constant(name or None))


def _message(emitter: Emitter, args: Sequence[v.Expr]) -> Value:
    """The text of an exception: of one argument its `str`, of several their tuple's."""
    values = [emitter.given(argument) for argument in args]
    if not values:
        return emitter.constant("")
    if len(values) == 1:
        only = values[0]
        if isinstance(only.value.type, ErrorType) or only.value.type == STRING:
            return only.value
        return emitter.builtin("aten::str", [only], {}, only.range)
    whole = values[0].range.join(values[-1].range)
    value = emitter.tuple_of([item.value for item in values], whole)
    return emitter.builtin("aten::str", [Given(value, whole)], {}, whole)


def _raise_node(emitter: Emitter, message: Value, name: Value) -> None:
    emitter.graph.insert("prim::RaiseException", (message, name), ())
    emitter.mark_exit()


def _assert(emitter: Emitter, statement: v.Assert) -> None:
    condition = emit_condition(emitter, statement.test)
    if condition.static is True:
        insert_refinements(emitter, condition.when_true, statement.range)
        return
    if condition.static is False:
        _assertion_error(emitter, statement)
        return
    node = emitter.graph.create_if(condition.value)
    node.source_range = statement.range
    emitter.graph.insert_node(node)
    true_block, false_block = node.blocks
    with emitter.block(true_block) as true:
        insert_refinements(emitter, condition.when_true, statement.range)
    with emitter.block(false_block) as false, emitter.held_back(condition.uncertain):
        insert_refinements(emitter, condition.when_false, statement.range)
        _assertion_error(emitter, statement)
    _merge(emitter, condition, true, false, False, True)
    forget_refined(emitter, condition)


def _assertion_error(emitter: Emitter, statement: v.Assert) -> None:
    prefix = emitter.constant("AssertionError: ")
    message: Value = prefix
    if statement.message is not None:
        text = _message(emitter, (statement.message,))
        if isinstance(text.type, ErrorType):
            message = text
        else:
            message = emitter.builtin(
                "aten::add",
                [Given(prefix, statement.range), Given(text, statement.message.range)],
                {},
                statement.range,
            )
    _raise_node(emitter, message, emitter.constant(None))


# with ---------------------------------------------------------------------------------------------


def _with(emitter: Emitter, statement: v.With) -> None:
    """``with``: ``__enter__``, the body between ``prim::Enter`` and ``prim::Exit``, ``__exit__``."""
    contexts: list[tuple[Value | None, SourceRange]] = []
    for item in statement.items:
        contexts.append((_enter(emitter, item), item.range))
    before = emitter.graph.current_range
    opened = [value for value, _ in contexts if value is not None]
    emitter.contexts += opened
    emitter.statements(statement.body)
    del emitter.contexts[len(emitter.contexts) - len(opened) :]
    if not emitter.exited:
        for value, range in reversed(contexts):
            if value is not None:
                _leave(emitter, value, range)
    emitter.graph.current_range = before


def leave_contexts(emitter: Emitter, depth: int = 0) -> None:
    """Before a jump: leave the ``with`` statements it jumps out of, those opened above ``depth``."""
    for context in reversed(emitter.contexts[depth:]):
        _leave(emitter, context, None)


def _leave(emitter: Emitter, context: Value, range: SourceRange | None) -> None:
    inputs = [context, *(emitter.constant(None) for _ in "tvt")]
    emitter.graph.insert("prim::Exit", inputs, (NONE,), source_range=range)


def _enter(emitter: Emitter, item: v.WithItem) -> Value | None:
    subject = emitter.sugared(item.context)
    if isinstance(subject, Unknown):
        if isinstance(item.target, v.Var):
            emitter.assign(item.target.name, emitter.error_value(), item.target.range)
        return None
    entered: Value
    if isinstance(subject, ContextValue):
        type = ClassType(f"__torch__.torch.autograd.grad_mode.{subject.name}")
        context = emitter.insert("prim::CreateObject", (), type, item.range)
        if subject.argument is not None:
            emitter.graph.insert(
                "prim::SetAttr", (context, subject.argument), (), attributes={"name": "mode"}
            )
        node = emitter.graph.insert("prim::Enter", (context,), (NONE,), source_range=item.range)
        entered = node.output
    else:
        context = emitter.value(subject, item.context.range)
        if isinstance(context.type, ErrorType):
            if isinstance(item.target, v.Var):
                emitter.assign(item.target.name, context, item.target.range)
            return None
        result = _enter_class(emitter, context, item)
        if result is None:
            if isinstance(item.target, v.Var):
                emitter.assign(item.target.name, emitter.error_value(), item.target.range)
            return None
        entered = result
    if isinstance(item.target, v.Var):
        emitter.assign(item.target.name, entered, item.target.range)
    return context


def _enter_class(emitter: Emitter, context: Value, item: v.WithItem) -> Value | None:
    from tscript.frontend.emit_call import method_function

    type = context.type
    if not isinstance(type, ClassType) or not {"__enter__", "__exit__"} <= type.methods.keys():
        emitter.report("not-a-context-manager", item.context.range, type=source_str(type))
        return None
    enter = method_function(emitter, type, "__enter__", item.range)
    leave = method_function(emitter, type, "__exit__", item.range)
    if enter is None or leave is None:
        return None
    raised = leave.schema.arguments[1:]
    untyped = all(isinstance(argument.type, AnyType | ErrorType) for argument in raised)
    if len(raised) != 3 or not untyped or len(enter.schema.arguments) != 1:
        emitter.report("not-a-context-manager", item.context.range, type=source_str(type))
        return None
    returns = enter.schema.returns[0].type
    return emitter.graph.insert(
        "prim::Enter", (context,), (returns,), source_range=item.range
    ).output


__all__ = ["emit_if", "emit_statement", "emit_statements", "meaningful_name"]
