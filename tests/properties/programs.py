"""Strategies for whole programs: well-typed ones, and ones with one violation."""

from __future__ import annotations

import ast
import re
import zlib
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.properties.chapters import CHAPTERS
from tests.properties.declarations import DECLARATIONS, MODULES, PRELUDE
from tests.properties.expressions import EXPRESSIONS, LEAVES
from tests.properties.module_forms import ATTRIBUTES, MODULE_FORMS, MODULE_STATEMENT_FORMS
from tests.properties.statements import STATEMENTS
from tests.properties.templates import HOLE, Form, Scope, Variable, Violation, Writer
from tests.properties.violations import VIOLATIONS

PARAMETERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("a", "int", ("3", "0", "-4")),
    ("b", "int", ("1", "12")),
    ("p", "float", ("0.5", "-2.25", "3.0")),
    ("q", "bool", ("True", "False")),
    ("s", "str", ("'abc'", "''", "'x, a'")),
    ("x", "Vector", ("torch.tensor([1.0, -2.0, 0.25])", "torch.tensor([0.5, 0.0, 3.0])")),
    (
        "y",
        "Tensor",
        ("torch.ones(2, 3)", "torch.tensor([1, 2, 3])", "torch.tensor(4)", "torch.ones(0)"),
    ),
    ("l", "List[int]", ("[1, 2, 3]", "[7]")),
    ("ws", "List[str]", ("['p', 'qa']",)),
    ("ts", "List[Tensor]", ("[torch.ones(3), torch.zeros(3)]",)),
    ("d", "Dict[str, int]", ("{'a': 1}", "{'b': 2, 'a': 5}")),
    ("t2", "Tuple[int, float]", ("(2, 0.5)",)),
    ("o", "Optional[int]", ("None", "4")),
    ("ot", "Optional[Tensor]", ("None", "torch.ones(3)")),
    ("u", "Union[int, str]", ("5", "'five'")),
    ("w", "Any", ("1", "'any'")),
)

PROLOGUE: tuple[tuple[str, str], ...] = (
    ("c", "int"),
    ("r", "float"),
    ("m", "bool"),
    ("k", "str"),
    ("z", "Vector"),
    ("items", "List[int]"),
)


@dataclass
class Program:
    """Source whose last line names the entry; and source of the arguments that it is called with."""

    body: str
    arguments: str
    own: frozenset[str] = frozenset()
    differs: frozenset[str] = frozenset()
    code: str = ""
    line: int = 0

    def text(self, library: str) -> str:
        """The module's text, for ``torch`` or ``tscript``."""
        return PRELUDE.replace("LIBRARY", library) + self.body


def annotation(type: str) -> str:
    return type.replace("Vector", "Tensor")


def _signature(
    writer: Writer,
    name: str,
    first: list[str],
    chosen: list[tuple[str, str]],
    results: list[str],
) -> list[str]:
    style = writer.choose(("python3", "python3", "comment", "per argument"))
    types = [annotation(type) for _, type in chosen]
    names = [name for name, _ in chosen]
    if style == "comment":
        given = ", ".join(types)
        return [
            f"def {name}({', '.join([*first, *names])}):",
            f"    # type: ({given}) -> Tuple[{', '.join(annotation(type) for type in results)}]",
        ]
    if style == "per argument":
        return [
            f"def {name}(",
            *(f"    {one}," for one in first),
            *(f"    {name},  # type: {type}" for name, type in zip(names, types, strict=True)),
            "):",
            f"    # type: (...) -> Tuple[{', '.join(annotation(type) for type in results)}]",
        ]
    listed = ", ".join(f"{name}: {type}" for name, type in zip(names, types, strict=True))
    return [f"def {name}({', '.join([*first, listed])}):"]


@st.composite
def programs(draw: st.DrawFn, depth: int = 1) -> Program:
    """A well-typed program; one in six is a module, one in 500 has a form that differs."""
    return write(draw, depth).program


@dataclass
class Written:
    """A program while it still has its points, where a violation can be put."""

    writer: Writer
    program: Program
    declared: str
    """What stands before the entry."""


def write(
    draw: st.DrawFn, depth: int = 1, *, module: bool | None = None, plain: bool = False
) -> Written:
    """A function or a module; every variable of its prologue is returned."""
    if module is None:
        module = draw(st.integers(0, 5)) == 0
    grammar = MODULE if module else FUNCTION
    if not plain and draw(st.integers(0, 499)) == 0:
        grammar = tables(module, True)
    writer = Writer(draw, *grammar)
    program = _program(writer, depth, module=module)
    return Written(writer, program, declared(writer))


def injected(
    draw: st.DrawFn, form: Form, *, module: bool, declares: str = "", make: str = ""
) -> Program:
    """A random program with a form at one of its points."""
    written = write(draw, module=module, plain=True)
    writer, program = written.writer, written.program
    points = [point for point in writer.points if f"{point.marker}\n" in program.body]
    writer.points, point = [], writer.choose(points)
    scope = dict(point.scope)
    for type in re.findall("«var ([^»]+) [a-z]+»|«=([^»]+)»", form.text):
        _supply(scope, *type)
    supplied = [name for name in scope if name.startswith("given_")]
    lines = [
        f"{name}: {annotation(scope[name].type)} = {LEAVES[scope[name].type][-1]}"
        for name in supplied
    ]
    lines += writer.lines_of(form, scope, 1)
    body = re.sub(
        f"( *){point.marker}\n",
        lambda match: "".join(f"{match[1]}{line}\n" for line in lines),
        program.body,
    )
    if make:
        body = body[: body.index("def make()")] + f"def make():\n    return {make}\n"
    body = f"{declared(writer)}{declares}\n{body.removeprefix(written.declared)}"
    return replace(
        program,
        body=body,
        own=program.own | {form.own for form in writer.used if form.own},
        differs=program.differs | {form.differs for form in writer.used if form.differs},
    )


def _supply(scope: Scope, read: str, assigned: str) -> None:
    """Have a variable of the type that a form reads, or assigns."""
    if not any(
        variable.type == (read or assigned) and not (assigned and variable.fixed)
        for variable in scope.values()
    ):
        scope[f"given_{len(scope)}"] = Variable(read or assigned)


@st.composite
def violating_programs(draw: st.DrawFn, violation: Violation | None = None) -> Program:
    """A program that is well-typed but for one statement or declaration."""
    chosen = violation or VIOLATIONS[draw(st.integers(0, len(VIOLATIONS) - 1))]
    program = injected(
        draw, chosen.form, module=chosen.module, declares=chosen.declares, make=chosen.make
    )
    differs = program.differs | {chosen.differs} - {""}
    return replace(program, code=chosen.code, differs=differs)


@dataclass(frozen=True)
class Place:
    """A form and the kind of program that it may stand in."""

    form: Form
    module: bool


def _as_statement(type: str, form: Form) -> Form:
    """A statement that evaluates an expression of the grammar."""
    if type == "slice":
        text = f"print((«List[int]»)[{form.text}])"
    elif type[0].islower() or type in ("Tensor", "Vector") or type in DECLARATIONS:
        text = f"«let {type} n» = {form.text}"
    else:
        text = f"«let {type} n»: {type} = {form.text}"
    return replace(form, text=text)


def every_form() -> list[Place]:
    """Each form of the grammar, as a statement."""
    found: dict[Form, Place] = {}
    for module, (expressions, _, statements) in ((False, FUNCTION), (True, MODULE)):
        listed = [
            _as_statement(type, form) for type, forms in expressions.items() for form in forms
        ]
        for form in (*listed, *statements):
            if "«jump»" not in form.text:  # it has its place in a loop
                found.setdefault(form, Place(form, module))
    return list(found.values())


@st.composite
def programs_with(draw: st.DrawFn, place: Place) -> Program:
    """A well-typed program that has this form."""
    return injected(draw, place.form, module=place.module)


POISON = "nowhere"


@st.composite
def poisoned_programs(draw: st.DrawFn) -> Program:
    """A program full of a value of unknown type: one error where it comes from, and no other."""
    writer = Writer(draw, *(MODULE_POISONED if (module := draw(st.booleans())) else POISONED))
    program = _program(writer, 1, module=module)
    head, _, rest = program.body.rpartition("# point 0\n")
    if not head:
        return program
    line = f"{POISON} = never_defined  # here\n"
    return replace(program, body=head + line + rest, code="undefined-name")


Tables = tuple[dict[str, tuple[Form, ...]], dict[str, tuple[str, ...]], tuple[Form, ...]]


def closed(form: Form) -> Form:
    """The form with parentheses around it, unless it stands in any operator without them."""
    stood_for = HOLE.sub("x", form.text)
    try:
        node = ast.parse(stood_for, mode="eval").body
    except SyntaxError:  # a hole with a slice in it
        return form
    bare, whole = (
        ast.unparse(ast.parse(text)) for text in (f"{stood_for}[0]", f"({stood_for})[0]")
    )
    if isinstance(node, _OPEN) and bare != whole:  # the index would bind more tightly
        return replace(form, text=f"({form.text})")
    return form


_OPEN = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp)


def tables(module: bool, differing: bool) -> Tables:
    """The grammar of functions or of modules, with or without what differs from PyTorch."""
    expressions = dict(EXPRESSIONS)
    statements = STATEMENTS
    for chapter in CHAPTERS:
        for type, forms in chapter.expressions.items():
            expressions[type] = expressions.get(type, ()) + forms
        statements += chapter.statements
    if module:
        for listed in (MODULE_FORMS, *(chapter.module_expressions for chapter in CHAPTERS)):
            for type, forms in listed.items():
                needed = tuple(replace(form, needs=(*form.needs, "Net")) for form in forms)
                expressions[type] = expressions.get(type, ()) + needed + needed
        for forms in (MODULE_STATEMENT_FORMS, *(chapter.module_statements for chapter in CHAPTERS)):
            needed = tuple(replace(form, needs=(*form.needs, "Net")) for form in forms)
            statements += needed + needed
    expressions = {
        type: forms if type == "slice" else tuple(map(closed, forms))
        for type, forms in expressions.items()
    }
    if not differing:
        statements = tuple(form for form in statements if not form.differs)
        for type, forms in expressions.items():
            expressions[type] = tuple(form for form in forms if not form.differs)
    return expressions, LEAVES, statements


FUNCTION = tables(False, False)
MODULE = tables(True, False)


def _poisoned(grammar: Tables) -> Tables:
    expressions, leaves, statements = grammar
    known = {type: (*texts, *[POISON] * 2 * len(texts)) for type, texts in leaves.items()}
    return (
        expressions,
        {**known, "slice": leaves["slice"], "torch.dtype": leaves["torch.dtype"]},
        statements,
    )


POISONED = _poisoned(FUNCTION)
MODULE_POISONED = _poisoned(MODULE)


def _program(writer: Writer, depth: int, *, module: bool) -> Program:
    chosen: list[tuple[str, str]] = []
    values: list[str] = []
    for name, type, arguments in PARAMETERS:
        if type == "int" or writer.chance(3):
            chosen.append((name, type))
            values.append(writer.choose(arguments))
    scope: Scope = {
        name: Variable(type, fixed=type[:3] in ("Opt", "Uni", "Any")) for name, type in chosen
    }
    if module:
        scope.update(ATTRIBUTES)
    lines = ["# point 0"] if POISON in writer.leaves["int"] else []
    for name, type in PROLOGUE:
        lines.append(f"{name} = {writer.expression(type, dict(scope), 1)}")
        scope[name] = Variable(type)
    returned = [name for name, _ in (*chosen, *PROLOGUE) if name != "w"]
    writer.result = ", ".join(returned)
    for _ in range(1 + writer.draw(st.integers(0, 2))):
        lines += writer.block(scope, depth)
    lines.append(f"return {writer.result}")
    name, first = ("forward", ["self"]) if module else ("program", [])
    head = _signature(writer, name, first, chosen, [scope[name].type for name in returned])
    text = "\n".join([*head, *(f"    {line}" for line in lines)])
    arguments = f"({', '.join(values)},)"
    if not module:
        return finished(writer, f"{text}\n\n\ndef make():\n    return program\n", arguments)
    body = "\n".join(f"    {line}" for line in text.splitlines())
    entry = f"{MODULES}\n\nclass Net(Base):\n{body}\n\n\ndef make():\n"
    entry += "    torch.manual_seed(0)\n    return Net()\n"
    return finished(writer, entry, arguments)


def declared(writer: Writer) -> str:
    """The declarations that the forms used so far need; each form names them in their order."""
    needs = dict.fromkeys(name for form in writer.used for name in form.needs if name != "Net")
    return "".join(DECLARATIONS[name] + "\n" for name in needs)


def finished(writer: Writer, text: str, arguments: str) -> Program:
    """The program, with the declarations that its forms need."""
    return Program(
        declared(writer) + text,
        arguments,
        own=frozenset(form.own for form in writer.used if form.own),
        differs=frozenset(form.differs for form in writer.used if form.differs),
    )


def generated(strategy: st.SearchStrategy[Any], count: int, about: str = "") -> list[Any]:
    """So many examples of a strategy, the same in every run, drawn independently of each other.

    With another text ``about`` what they are examples of, other choices are made.

    In one run Hypothesis starts with the simplest example and varies what it has just drawn, so
    that examples come in groups of near copies: the second of a run of two is neither.
    """
    first = zlib.crc32(about.encode())
    return [_drawn(strategy, first + number) for number in range(count)]


def _drawn(strategy: st.SearchStrategy[Any], number: int) -> Any:
    examples: list[Any] = []

    @seed(number)
    @settings(
        max_examples=2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        examples.append(example)

    collect()
    return examples[-1]
