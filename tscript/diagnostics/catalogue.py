"""Every diagnostic there is: one table.

Here: for each code its message, its hint and its severity. Not here: when it is reported (the
parsers and ``frontend/emit_*``), and how it is shown (``report.py``).

To add one: add an entry to ``CATALOGUE`` below, and ``docs/errors/<code>.md`` with an example
that raises it and one that does not. Tests hold the table, the pages and the emitter together.

Messages and hints are ``str.format`` templates over the arguments of the report. A message says
what is wrong in one sentence, without a full stop, with code and types in backquotes; a hint says
what to write instead. A report may bring its own ``suggestion``, which takes the place of the
hint; a hint is left out when the report lacks an argument of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of diagnostic."""

    message: str
    hint: str = ""
    severity: Severity = "error"


_TABLE: dict[str, Entry] = {
    # Source and syntax --------------------------------------------------------------------------
    "syntax-error": Entry(
        "this is not valid Python: {reason}",
        "mend it so that Python itself can read it",
    ),
    "unsupported-syntax": Entry("TorchScript has no {construct}", "{remedy}"),
    "source-unavailable": Entry(
        "the source of `{function}` cannot be found: {reason}",
        "functions are compiled from their source: define it in a file or a notebook cell, or "
        "pass its text to `torch.jit.CompilationUnit`",
    ),
    "source-limit": Entry(
        "the source is too large to compile: {measure}, and the limit is {limit}",
        "split it into several functions",
    ),
    "bad-type-comment": Entry(
        "this type comment cannot be read: {reason}",
        "write `# type: (int, Tensor) -> Tensor` below a `def` line or `# type: List[int]` behind"
        " an "
        "assignment, and begin no other comment with `# type:`",
    ),
    "type-comment-arity": Entry(
        "the number of types in the comment is {found}, and that of the parameters is {expected}",
        "give one type for each parameter; `self` may be left out",
    ),
    # Names --------------------------------------------------------------------------------------
    "undefined-name": Entry(
        "`{name}` is not defined",
        "set it before this line, pass it as an argument, or import it at the top of the file",
    ),
    "maybe-undefined": Entry(
        "`{name}` is not defined on every path that leads here",
        "give `{name}` a value before the branch or loop",
    ),
    "captured-global": Entry(
        "`{name}` is {type}, which compiled code cannot capture",
        "pass it as an argument, or make it a constant attribute of a module",
    ),
    "unsupported-value": Entry(
        "{what} cannot be used as a value in TorchScript",
        "use it where it stands, by calling it or reading an attribute: it cannot be stored or passed on",
    ),
    # Annotations and types ----------------------------------------------------------------------
    "unknown-type": Entry(
        "`{annotation}` is not a type that TorchScript knows",
        "the types are Tensor, int, float, complex, bool, str, List, Dict, Tuple, Optional, Union, "
        "Any, enums, NamedTuples and scripted classes",
    ),
    "bad-annotation": Entry(
        "`{annotation}` cannot be used as a type: {reason}",
        "write the type out: `List[int]`, `Dict[str, Tensor]`, `Tuple[int, float]`, `Optional[Tensor]`",
    ),
    "untyped-container": Entry(
        "`{annotation}` does not say what it holds",
        "write `{example}`, with the type of its elements",
    ),
    "annotation-required": Entry(
        "the type of `{expression}` cannot be inferred",
        "annotate the variable it is assigned to, for example `{example}`",
    ),
    "assignment-type": Entry(
        "`{name}` is declared as `{expected}` but gets a value of type `{actual}`",
        "convert the value, or change the annotation to one that fits `{actual}`",
    ),
    "reassigned-type": Entry(
        "`{name}` is {old} before this {block} and cannot become {new} inside it",
        "use another name for the new value, or annotate the first assignment with a type that "
        "fits both, such as `{example}`",
    ),
    "branch-type-mismatch": Entry(
        "`{name}` is `{true_type}` when the condition is true and `{false_type}` when it is false",
        "give it one type in both branches, or use a name of its own in each",
    ),
    "ternary-type-mismatch": Entry(
        "the two sides of this conditional expression have different types, `{true_type}` and "
        "`{false_type}`",
        "convert one of them, so that both have the same type",
    ),
    "return-type-mismatch": Entry(
        "this returns `{actual}`, but the function is declared to return `{expected}`",
        "convert the value, or declare the result as `-> {actual}`",
    ),
    "inconsistent-returns": Entry(
        "this returns `{actual}`, but an earlier `return` of the function returns `{expected}`",
        "return one type everywhere, or annotate the return type",
    ),
    "missing-return": Entry(
        "the function is declared to return `{expected}` but can reach its end without a `return`",
        "add a `return` or a `raise` at the end",
    ),
    "condition-type": Entry(
        "a value of type `{actual}` cannot be a condition",
        "compare it, so that there is a bool: `x > 0`, `len(x) > 0`, `x is not None`",
    ),
    "optional-not-refined": Entry(
        "this may be None: its type is `{type}`, and {operation} needs `{expected}`",
        "check it first: `if {name} is not None:` or `assert {name} is not None`",
    ),
    "union-not-refined": Entry(
        "this may be any of `{type}`, and {operation} needs one of them",
        "check it first: `if isinstance({name}, {example}):`",
    ),
    "mixed-list": Entry(
        "this list holds values of different types: it becomes `{type}`",
        "elements cannot be used before an `isinstance` check; use a tuple for values of "
        "different types",
        "warning",
    ),
    "element-type": Entry(
        "this element is `{actual}`, and the {container} holds `{expected}`",
        "convert it, or annotate the {container} with a type that fits all elements",
    ),
    "key-type": Entry(
        "`{actual}` cannot be a key of a dict",
        "keys are `str`, `int`, `bool`, `float`, `complex` or `Tensor`",
    ),
    "revealed-type": Entry(
        "`{expression}` is `{type}` here",
        "`reveal_type` asked for it: take it out when you know",
        "warning",
    ),
    "implicit-tensor-conversion": Entry(
        "a Tensor is converted to `{target}` here, which fails at run time unless it has one "
        "element of that type",
        "say so with `{target}(...)`, or annotate it as a Tensor",
        "warning",
    ),
    "integer-literal": Entry(
        "`{value}` does not fit into 64 bits",
        "TorchScript's int has 64 bits: use a float",
    ),
    # Attributes ---------------------------------------------------------------------------------
    "unknown-attribute": Entry(
        "{owner} has no attribute `{name}`",
        "look for its spelling; an attribute of a module or class must be set in `__init__`",
    ),
    "unscriptable-attribute": Entry(
        "the attribute `{name}` of {owner} cannot be used in compiled code: it {reason}",
        "annotate it in the class body if scripts have its type, or use it only in methods "
        "decorated with `@torch.jit.ignore`",
    ),
    "attribute-type": Entry(
        "the attribute `{name}` is `{expected}` and cannot be set to `{actual}`",
        "convert the value, or declare the attribute with a type that fits both",
    ),
    "read-only-attribute": Entry(
        "`{name}` of {owner} cannot be assigned: {reason}",
        "use an attribute that can be set, or make a new object",
    ),
    "mutated-constant": Entry(
        "`{name}` is a constant and cannot be changed",
        "take it out of `__constants__`, and drop `Final`, to make it an attribute that can",
    ),
    "undeclared-attribute": Entry(
        "`self.{name}` is set here but not in `__init__`",
        "set it in `__init__`, or declare it in the class body: `{name}: <type>`",
    ),
    # Calls --------------------------------------------------------------------------------------
    "not-callable": Entry(
        "{what} cannot be called",
        "call a function, a method, a class or a module",
    ),
    "argument-type": Entry(
        "`{callee}` needs `{expected}` for `{parameter}`, and this is `{actual}`",
        "convert the argument, or declare the parameter as `{actual}` if the function is yours",
    ),
    "missing-argument": Entry(
        "`{callee}` needs a value for `{parameter}`",
        "its signature is `{signature}`",
    ),
    "too-many-arguments": Entry(
        "`{callee}` gets {actual} positional arguments, and takes {expected}",
        "its signature is `{signature}`",
    ),
    "unexpected-keyword": Entry(
        "`{callee}` has no parameter `{name}`",
        "its signature is `{signature}`",
    ),
    "duplicate-argument": Entry(
        "`{callee}` gets two values for `{parameter}`",
        "give it once, by position or by keyword",
    ),
    "no-matching-overload": Entry(
        "no form of `{callee}` takes these arguments ({arguments})",
        "look at the types of the arguments: one of them fits no form",
    ),
    "operator-type": Entry(
        "`{op}` is not defined for `{left}` and `{right}`",
        "convert one side, so that both have a type that `{op}` takes",
    ),
    "unary-operator-type": Entry(
        "`{op}` is not defined for `{operand}`",
        "convert it to a number or a Tensor first",
    ),
    "unknown-operator": Entry(
        "there is no operator `{name}`",
        "look for its spelling, or call it in a function decorated with `@torch.jit.ignore`",
    ),
    "starred-argument": Entry(
        "`*` needs a tuple here, and this is `{type}`: the number of arguments must be known when "
        "compiling",
        "pass the elements one by one, or make it a tuple",
    ),
    "mutable-default": Entry(
        "the default of `{name}` is a list or dict, which all calls would share",
        "make it `None`, and create the value in the body: `if {name} is None: {name} = ...`",
    ),
    "python-call": Entry(
        "`{function}` stays a call into Python: {reason}",
        "a module that calls it cannot be saved; decorate it with `@torch.jit.ignore` if that is "
        "meant",
        "warning",
    ),
    "recursion": Entry(
        "`{function}` calls itself",
        "write it as a loop: functions that call themselves cannot be compiled",
    ),
    # Statements and subscripts ------------------------------------------------------------------
    "not-iterable": Entry(
        "`{type}` cannot be iterated over",
        "loop over a range, a list, a dict, a string, a Tensor or a ModuleList",
    ),
    "unpack-mismatch": Entry(
        "{expected} names are assigned from {actual} values",
        "name as many targets as there are values; `_` may stand for those that are not used",
    ),
    "unpack-type": Entry(
        "`{type}` cannot be unpacked",
        "unpack a tuple, or a list whose length the names give",
    ),
    "starred-target": Entry(
        "a starred target needs a tuple on the right, and this is `{type}`",
        "use a slice: `rest = values[1:]`",
    ),
    "break-in-unrolled-loop": Entry(
        "`{statement}` cannot be used here: this loop over a {iterable} is unrolled when compiling",
        "use a flag and an `if` in the body, or loop over a list",
    ),
    "invalid-subscript": Entry(
        "`{type}` cannot be indexed",
        "only Tensors, lists, dicts, tuples, strings and containers of modules have elements",
    ),
    "index-type": Entry(
        "`{container}` cannot be indexed with `{index}`",
        "a list, tuple or string is indexed by int, a dict by the type of its keys",
    ),
    "index-out-of-range": Entry(
        "index {index} is out of range: there are {length} elements",
        "count from 0, or from -1 at the end",
    ),
    "constant-expected": Entry(
        "{what} must be known when compiling",
        "write the value out here, or make it a constant attribute of a module",
    ),
    "immutable-value": Entry(
        "elements of `{type}` cannot be {action}",
        "make a new value with the change in it, or use a list",
    ),
    "not-an-exception": Entry(
        "only exceptions can be raised, and this is {what}",
        'write `raise RuntimeError("...")`',
    ),
    "not-a-context-manager": Entry(
        "`{type}` cannot be used in a `with` statement",
        "a class needs `__enter__(self)` and `__exit__(self, type: Any, value: Any, tb: Any)`",
    ),
    "format-spec": Entry(
        "`{spec}` in a format string has no meaning in TorchScript",
        "use `{{}}` only, and format the value before: `str(round(x))`",
    ),
    "isinstance-type": Entry(
        "`{annotation}` cannot be the second argument of `isinstance`",
        "name one type, or a tuple of types",
    ),
    # Classes and modules ------------------------------------------------------------------------
    "interface-mismatch": Entry(
        "`{type}` does not implement `{interface}`: {reason}",
        "give it the methods of the interface, with the same parameters and result",
    ),
    "invalid-constant": Entry(
        "`{name}` is declared a constant, and a value of type `{type}` cannot be one",
        "constants are ints, floats, bools, strings, None, dtypes, devices, and lists and tuples of "
        "those: remove the declaration, and it is an attribute",
    ),
    "hook-signature": Entry(
        "`{name}` cannot be a {kind} of `{module}`: {reason}",
        "annotate its parameters and result as those of `forward`, with the inputs in a tuple",
    ),
}

CATALOGUE: MappingProxyType[str, Entry] = MappingProxyType(_TABLE)
"""Code to entry, in the order of the reference pages."""
