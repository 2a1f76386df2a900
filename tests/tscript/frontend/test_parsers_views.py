"""What the views of a function say: its parts, positions, comments and what is unsupported in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tscript.diagnostics.report import CompilationError
from tscript.diagnostics.source import Source
from tscript.frontend import parse_ast, parse_cst
from tscript.frontend import views as v

Parse = Callable[[Source], v.Def]


@pytest.fixture(params=[parse_cst.convert_def, parse_ast.parse_def], ids=["libcst", "ast"])
def parse(request: pytest.FixtureRequest) -> Parse:
    return request.param


def body_of(parse: Parse, *lines: str) -> tuple[v.Stmt, ...]:
    return parse(Source("def f(x):\n" + "".join(f"    {line}\n" for line in lines))).body


def value_of(parse: Parse, expression: str) -> v.Expr:
    (statement,) = body_of(parse, f"y = {expression}")
    assert isinstance(statement, v.Assign) and statement.value is not None
    return statement.value


def constructs(parse: Parse, *lines: str) -> list[tuple[str, str]]:
    view = parse(Source("def f(x):\n" + "".join(f"    {line}\n" for line in lines)))
    return [(problem.construct, problem.range.text) for problem in view.unsupported]


# Definitions ------------------------------------------------------------------------------------


def test_a_function_has_its_signature_apart_from_its_body(parse: Parse) -> None:
    text = "@a.b(1)\ndef name(x: int, *, y: 'str') -> List[int]:\n    'doc'\n    return [x]\n"
    view = parse(Source(text, "file.py", first_line=5))
    assert view.name.name == "name"
    assert [(p.name.name, p.kind) for p in view.params] == [
        ("x", "positional"),
        ("y", "keyword-only"),
    ]
    assert isinstance(view.params[0].annotation, v.Var)
    assert isinstance(view.params[1].annotation, v.StringLiteral)
    assert view.returns is not None and view.returns.range.text == "List[int]"
    assert view.docstring == "doc"
    assert [type(s) for s in view.body] == [v.Return]
    assert view.decorator_names == ("a.b",)
    assert (view.range.line, view.body[0].range.line) == (6, 8)
    assert view.range.text.startswith("def name")


def test_defaults_decorators_and_annotations_are_not_compiled(parse: Parse) -> None:
    view = parse(Source("@deco(lambda: 1)\ndef f(x: {1} = lambda: 0) -> {2}:\n    return x\n"))
    assert view.unsupported == ()
    assert isinstance(view.params[0].default, v.UnsupportedExpr)


def test_a_class_has_methods_attributes_and_properties() -> None:
    text = (
        "class C(Base):\n"
        "    count: int\n"
        "    __constants__ = ['a']\n"
        "    def f(self): return 1\n"
        "    def f(self): return 2\n"
        "    @property\n"
        "    def size(self): return 3\n"
        "    @size.setter\n"
        "    def size(self, value): self.count = value\n"
        "    def later(self):\n"
        "        try: pass\n"
        "        finally: pass\n"
    )
    view = parse_cst.parse_class(Source(text))
    assert [method.name.name for method in view.methods] == ["f", "later"]
    assert view.methods[0].body[0].range.text == "return 2"
    assert [assign.targets[0].range.text for assign in view.assigns] == ["count", "__constants__"]
    (size,) = view.properties
    assert size.name == "size" and size.setter is not None
    assert view.unsupported == ()
    assert len(view.methods[1].unsupported) == 1


def test_source_may_be_indented_and_keeps_its_strings(parse: Parse) -> None:
    text = "        def f(self):\n            return '''a\n  b'''\n"
    view = parse(Source(text, "file.py", first_line=100))
    (statement,) = view.body
    assert isinstance(statement, v.Return) and isinstance(statement.value, v.StringLiteral)
    assert statement.value.value == "a\n  b"
    assert (statement.range.line, statement.range.column, statement.range.end_line) == (
        101,
        12,
        102,
    )


def test_columns_count_characters_where_the_text_is_not_ascii(parse: Parse) -> None:
    view = parse(Source("def f(x):\n    return 'é日' + undefined\n"))
    (statement,) = view.body
    assert isinstance(statement, v.Return) and isinstance(statement.value, v.BinOp)
    assert statement.value.right.range.column == 18
    assert statement.value.right.range.text == "undefined"


def test_names_are_normalised_as_python_does(parse: Parse) -> None:
    view = value_of(parse, "ﬁ.ﬂ")
    assert isinstance(view, v.Select) and isinstance(view.value, v.Var)
    assert (view.value.name, view.name.name, view.name.range.text) == ("fi", "fl", "ﬂ")


# Expressions ------------------------------------------------------------------------------------


def test_literals_keep_their_type(parse: Parse) -> None:
    for text, value in [
        ("1_0", 10),
        ("0x1F", 31),
        ("1e2", 100.0),
        ("2j", 2j),
        ("True", True),
        ("None", None),
    ]:
        view = value_of(parse, text)
        assert isinstance(view, v.Const)
        assert view.value == value and type(view.value) is type(value)


def test_an_f_string_is_texts_and_values_in_turn(parse: Parse) -> None:
    view = value_of(parse, "'a' f'b{x}{{}}{y + 1}' 'c'")
    assert isinstance(view, v.JoinedStr)
    assert [part if isinstance(part, str) else part.range.text for part in view.parts] == [
        "ab",
        "x",
        "{}",
        "y + 1",
        "c",
    ]


def test_boolean_operators_of_one_kind_are_one_view(parse: Parse) -> None:
    flat = value_of(parse, "a and b and c")
    nested = value_of(parse, "a and (b and c)")
    assert isinstance(flat, v.BoolOp) and len(flat.operands) == 3
    assert isinstance(nested, v.BoolOp) and len(nested.operands) == 2


def test_a_chained_comparison_keeps_its_operators(parse: Parse) -> None:
    view = value_of(parse, "a < b not in c")
    assert isinstance(view, v.Compare)
    assert view.ops == ("<", "not in")


def test_a_tuple_index_is_its_elements(parse: Parse) -> None:
    views = [
        value_of(parse, text) for text in ("x[1, 2]", "x[(1, 2)]", "x[()]", "x[1:2, None, ...]")
    ]
    assert [len(view.index) for view in views if isinstance(view, v.Subscript)] == [2, 2, 1, 3]


def test_ranges_leave_out_parentheses_but_a_tuples_own(parse: Parse) -> None:
    assert value_of(parse, "((a))").range.text == "a"
    assert value_of(parse, "((a, b))").range.text == "(a, b)"
    assert value_of(parse, "(a) + (b)").range.text == "(a) + (b)"
    assert value_of(parse, "f(i for i in x)").range.text == "f(i for i in x)"


# Unsupported syntax -----------------------------------------------------------------------------


def test_every_unsupported_construct_is_reported_with_its_own_range(parse: Parse) -> None:
    found = constructs(
        parse,
        "import pdb; y = lambda: 0",
        "try:",
        "    pass",
        "except E:",
        "    pass",
        "z = [i for i in x if i], {1, 2}",
        "while x:",
        "    global q",
        "else:",
        "    pass",
        "a //= f(**k)",
        "raise",
        "return (yield x)",
    )
    assert found == [
        ("`import` statements inside functions", "import pdb"),
        ("`lambda` functions", "lambda: 0"),
        ("`try` statements", "try"),
        ("comprehensions with `if`", "[i for i in x if i]"),
        ("sets", "{1, 2}"),
        ("`global` statements", "global q"),
        ("`else` after a `while` loop", "else"),
        ("`//=`", "a //= f(**k)"),
        ("`raise` without an exception", "raise"),
        ("`yield` expressions", "yield x"),
    ]


@pytest.mark.parametrize(
    ("line", "construct"),
    [
        ("y: int", "annotations without a value"),
        ("x.y: int = 1", "annotations on attributes outside `__init__`"),
        ("del x.y", "`del` of attributes"),
        ("del (x, y)", "`del` of this target"),
        ("y = (z := 1)", "assignment expressions (`:=`)"),
        ("y = b'x'", "bytes"),
        ("y = +x", "unary `+`"),
        ("y = {**x}", "`**` in a dict"),
        ("y = f'{x!r}'", "`!r`, `=` and format specifications in f-strings"),
        ("y = f'{x:.2f}'", "`!r`, `=` and format specifications in f-strings"),
        ("y = f'{x=}'", "`!r`, `=` and format specifications in f-strings"),
        ("y = [a for b in c for a in b]", "comprehensions with more than one `for`"),
        ("__jit_x = 1", "names that begin with `__jit`"),
        ("def g(): pass", "functions inside functions"),
        ("class C: pass", "classes inside functions"),
        ("break", "`break` outside a loop"),
        ("nonlocal y", "`nonlocal` statements"),
    ],
)
def test_unsupported_constructs(parse: Parse, line: str, construct: str) -> None:
    assert [name for name, _ in constructs(parse, line)] == [construct]


@pytest.mark.parametrize(
    ("signature", "construct"),
    [
        ("*args", "`*args` parameters"),
        ("**kwargs", "`**kwargs` parameters"),
        ("*, y=1", "keyword-only parameters with a default"),
        ("x, /", "positional-only parameters"),
    ],
)
def test_unsupported_parameters(parse: Parse, signature: str, construct: str) -> None:
    view = parse(Source(f"def f({signature}):\n    return 1\n"))
    assert [problem.construct for problem in view.unsupported] == [construct]


def test_an_async_function_is_unsupported(parse: Parse) -> None:
    view = parse(Source("async def f(x):\n    return await x\n"))
    assert [p.range.text for p in view.unsupported] == ["async def", "await x"]


def test_supported_syntax_is_not_reported(parse: Parse) -> None:
    lines = [
        "a, *b = x",
        "a = b = x",
        "del a, b[0]",
        "with torch.no_grad(): pass",
        "for i in x: continue",
        "assert x, 'm'",
        "raise E('x') from e",
        "y = x[..., None, ::2] if x else [i for i in x]",
        "return {k: v for k, v in f'{x}'.items()}, -x @ ~y, print(*x, sep='')",
    ]
    assert constructs(parse, *lines) == []


# Type comments ----------------------------------------------------------------------------------


def texts(views: tuple[v.Expr | None, ...] | None) -> list[str | None] | None:
    return None if views is None else [view.range.text if view else None for view in views]


def test_a_signature_comment(parse: Parse) -> None:
    text = "def f(x, tup):\n    # type: (int, Tuple[Tensor, Tensor]) -> Tensor\n    return x\n"
    comment = parse(Source(text)).signature_comment
    assert comment is not None
    assert texts(comment.params) == ["int", "Tuple[Tensor, Tensor]"]
    assert comment.returns.range.text == "Tensor"


@pytest.mark.parametrize(
    ("comment", "params"),
    [
        ("() -> int", []),
        ("(int) -> int", ["int"]),
        ("(int,) -> int", ["int"]),
        ("(...) -> int", None),
    ],
)
def test_signature_comments_of_all_sizes(
    parse: Parse, comment: str, params: list[str] | None
) -> None:
    view = parse(Source(f"def f(x):  # type: {comment}\n    return x\n"))
    assert view.signature_comment is not None
    assert texts(view.signature_comment.params) == params


def test_parameters_have_comments_of_their_own(parse: Parse) -> None:
    text = "def f(a,  # type: int\n      b,\n      c  # type: List[str]  # why\n      ):\n    # type: (...) -> int\n    return a\n"
    view = parse(Source(text))
    assert texts(tuple(p.type_comment for p in view.params)) == ["int", None, "List[str]"]


def test_an_assignments_comment_is_its_annotation(parse: Parse) -> None:
    first, second, third = body_of(
        parse, "y = []  # type: List[int]", "z = 1  # type: ignore[x]", "s = '# type: int'"
    )
    assert (
        isinstance(first, v.Assign) and isinstance(second, v.Assign) and isinstance(third, v.Assign)
    )
    assert first.annotation is not None and first.annotation.range.text == "List[int]"
    assert second.annotation is None and third.annotation is None


def test_a_type_comment_that_is_none_is_refused_at_its_place(parse: Parse) -> None:
    with pytest.raises(CompilationError) as error:
        parse(Source("def f(x):\n    y = 1  # type: not a type\n    return y\n"))
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "bad-type-comment"
    assert (diagnostic.range.line, diagnostic.range.text) == (2, "not a type")


# Errors and bounds ------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [parse_ast, parse_cst])
def test_text_that_is_not_python_is_refused_at_its_line(module: object) -> None:
    with pytest.raises(CompilationError) as error:
        getattr(module, "parse_def")(Source("def f(x):\n    y = = 1\n", "file.py", first_line=3))
    (diagnostic,) = error.value.diagnostics
    assert (diagnostic.code, diagnostic.range.line) == ("syntax-error", 4)


@pytest.mark.parametrize("text", ["", "x = 1\n", "class C: pass\n", "# only a comment"])
def test_text_without_a_function_is_refused(parse: Parse, text: str) -> None:
    with pytest.raises(CompilationError) as error:
        parse(Source(text))
    assert error.value.codes == ("syntax-error",)


def test_a_lambda_is_refused_with_a_remedy(parse: Parse) -> None:
    with pytest.raises(CompilationError, match="define a function with `def`"):
        parse(Source("f = torch.jit.script(lambda x: x + 1)\n"))


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 3000 + ")" * 3000,
        "[" * 150 + "]" * 150,
        "-" * 200_000 + "1",
        "x" + "+1" * 100_000,
        "x" + ".a" * 100_000,
    ],
)
@pytest.mark.parametrize("module", [parse_ast, parse_cst])
def test_deep_nesting_is_refused_and_does_not_crash(module: object, expression: str) -> None:
    with pytest.raises(CompilationError) as error:
        getattr(module, "parse_def")(Source(f"def f(x):\n    return {expression}\n"))
    assert error.value.codes[0] in ("source-limit", "syntax-error")


def test_a_null_byte_is_refused() -> None:
    with pytest.raises(CompilationError) as error:
        parse_ast.parse_def(Source("def f(x):\n    return '\0'\n"))
    assert error.value.codes == ("syntax-error",)


def test_parsing_evaluates_nothing(parse: Parse) -> None:
    parse(
        Source(
            "@exit()\ndef f(x: exit() = exit()) -> exit():\n    # type: (int) -> int\n    exit()\n"
        )
    )


def test_parsing_archived_code_does_not_import_libcst() -> None:
    code = (
        "import sys; from tscript.diagnostics.source import Source;"
        "from tscript.frontend.parse_ast import parse_module;"
        "parse_module(Source('class C(Module):\\n  def forward(self):\\n    return 1\\n'));"
        "assert 'libcst' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
