"""Both parsers give equal views, positions included: by hand-picked source, by source that hypothesis
makes up, and by the standard library's own functions."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import tokenize
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tscript.diagnostics.report import CompilationError
from tscript.diagnostics.source import Source
from tscript.frontend import parse_ast, parse_cst

EXPRESSIONS = """
x
None
True
...
Ellipsis
1_000
0xFF
0b1_0
1e-3
.5
5.
1_0.2_5
3j
0.5J
'a'
"it's"
'a' "b" '''c'''
r'\\d' 'e\\n'
u'text'
'\\u00e9\\N{DASH}' if False else 'é'
b'bytes'
f'{x}'
f'a{x}b{y}'
f'{{literal}} {x}'
f'{x!r}'
f'{x:>3}'
f'{x:}'
f'{x=}'
f'{ x [ 0 ] } {(y)}'
f'{a, b}'
f'{x["key"]}' "plain" f"{y}"
rf'\\d{x}\\{y}'
f'\\N{DASH}{x}\\t'
f'{x if y else "}"}'
f'{d[":"]}{ {1: 2}[1] }'
f''
'' f'' ''
f'{x}' 'tail' # comment
(x)
((x))
( (a) + (b) )
a + b * c - d
-x ** -y
not a
~a
+a
a @ b // c % d
a << 1 >> 2 & 3 | 4 ^ 5
a and b and c
(a and b) and c
a and (b and c)
a or b and not c
a < b
a < b <= c != d
a is not None
a not in (1, 2)
a  not   in  b
a is   not b
x if c else y
(x if c else (y))
f()
f(a, b, k=1, *rest, **more)
f(a, *args)
f ( (a) , k = (1) )
f(x for x in y)
f((x for x in y))
f((x) for x in y)
(x for x in y)
f(x for x in y if x)
(x for x in y if x)
a.b.c
a . b
(a).b
a.b(c).d[0]
x[0]
x[0, 1]
x[(0, 1)]
x[0,]
x[(0, 1),]
x[()]
x[a:b]
x[a:b:c]
x[::]
x[:, ..., None, ::2, i]
x[ (a) : (b) ]
x[*idx]
[]
[1, 2, ]
[*a, b]
()
(1,)
( 1 , 2 )
1, 2
1,
(a, (b, c))
(*a, b)
{}
{'a': 1, "b": [2]}
{**a, 'b': 1}
{1, 2}
{x for x in y}
[x for x in y]
[(x, y) for x, y in z]
[x for x in y if x]
[x for x in y for y in z]
{k: v for k, v in d.items()}
{k: v for k, v in d if k}
lambda: 0
(lambda x, *y: (x,
   y))
(yield)
(yield x)
(yield from x)
(await x)
(y := 3)
f(y := 3)
a if (lambda: 1) else b
__jit_name
ünïcödé + naïve
日本[語](ключ=1)
ﬁ.ﬂ
a.b.ﬁ
"日本" + x
""".strip("\n").split("\n")

FUNCTIONS = [
    "def f(): pass",
    "def f(x): return x",
    "def f(x): a = 1; return a;",
    "def f(x,): ...",
    "def f(a, b: int, c: 'List[int]' = [], *, d, e=2) -> Tuple[int, str]:\n    return a",
    "def f(a, /, b, *args: int, c, **kwargs: str): pass",
    "def f(a=(1), b=-1, c=lambda: 0): pass",
    "@decorator\n@torch.jit.script_method\n@a.b(c, d=1)\ndef f(self): pass",
    "# above\n\n@deco  # why\n# between\ndef f(x):  # behind\n    # inside\n    return x  # end\n# after\n",
    'def f():\n    """Doc\n    string."""\n    return 1',
    "def f():\n    'doc' 'string'\n",
    "def f():\n    f'no doc'\n",
    "def f(x):\n    if x: return 1\n    elif y:\n        z = 1\n    else:\n        pass\n",
    "def f(x):\n    if x:\n        pass\n    else:\n        if y: pass\n",
    "def f(x):\n    while x > 0:\n        x -= 1\n        if x: break\n        continue\n",
    "def f(x):\n    while x:\n        pass\n    else:\n        y = lambda: 0\n    for i in x: pass\n    else: pass\n",
    "def f(x):\n    for i, (a, *b) in enumerate(zip(x, y)):\n        pass\n    for i, in x: pass\n",
    "def f(x):\n    a = b = c, d = x\n    a: int = 3\n    a.b = 1\n    a[0] += 2\n    a @= b\n    a //= b\n    a: int\n",
    "def f(self):\n    self.x: int = 3\n",
    "def __init__(self):\n    self.x: int = 3\n",
    "def f(x):\n    return\n    return x, y\n    return (x)\n    return (x, y)\n",
    "def f(x):\n    raise\n    raise E\n    raise E('a') from None\n    assert x\n    assert (x), 'm' + str(x)\n",
    "def f(x):\n    del x, y[0]\n    del (x)\n    del (x, y)\n    del x.y\n    del [x]\n    del x,\n",
    "def f(x):\n    with a as b, c:\n        pass\n    with (a as b, c as d,):\n        pass\n    with (a):\n        pass\n    with (a), (b) as (c): pass\n",
    "def f(x):\n    try:\n        x = 1\n    except (A, B) as e:\n        pass  # c\n    else: pass\n    finally:\n        y = (1,\n2)\n\n    # after\n    return x\n",
    "def f(x):\n    try: pass\n    except: pass;\n    return x;",
    "def f(x):\n    try: pass\n    except* E: pass\n",
    "def f(x):\n    import a, b.c as d; from e import (f,\n        g)\n    global q\n    nonlocal r\n    return x\n",
    "def f(x):\n    @deco\n    def g(y):\n        '''doc\n  less indented\n        '''\n        return y\n    class C:\n        a = 1\n    return g(x)\n",
    "def f(x):\n    match x:\n        case 1: pass\n        case [a, *b] if a: y = 1\n    return 2\n",
    "async def f(x):\n    async for i in x: pass\n    async with x as y:\n        await z\n    return [i async for i in x]\n",
    "def f(x):\n    break\n    if x:\n        continue\n    for i in x:\n        break\n",
    "def f(x):\n    if x:\n        try: pass\n        finally: pass\n",
    "def f(x):\n    y = (lambda a:\n         a); z = [\n        1,  # one\n        2\n    ]\n    return y\n",
    "def f(x):\n    y = x + \\\n        1\n    return \\\n  y\n",
    "def f(x) :\n\treturn  x\n",
    "def f(x):\r\n    y = '''a\r\nb'''\r\n    if x:\r\n        return y  # c\r\n    return 'z'\r\n",
    "def f(x):\n    s = 'é' + f'日{x}本{y}'; t = 日.本; return s\n",
    "    def f(self, x):\n        s = '''a\n  b'''\n        return x\n",
    "\tdef f(self):\n\t\tif 1:\n\t\t\treturn 2\n",
    "\n\n    # comment\n    @a\n    def f(self): return 1",
    "def f(x):\n    return x\n\n\nrest = 1\n",
    "def f(\n    a,  # type: int\n    b=2,  # type: str\n    *rest  # type: Any\n):\n    # type: (...) -> Tensor\n    return a\n",
    "def f(a, b):\n    # type: (int, Tuple[Tensor, Tensor]) -> Tensor\n    '''doc'''\n    x = []  # type: List[int]  # why\n    y = 1  # type: ignore\n    z = 1;  # type: int\n    return x\n",
    "def f(a): return a  # type: (int) -> int",
    "def f():  # type: () -> None\n    pass\n",
    "def f(x):\n    x = '# type: int'\n    y = f(x, # type: int\n      2)  # type: int\n",
    "def f(x):\n    print(x)\n    \x0c\n    return x\n",
]

CLASSES = [
    "class C: pass",
    "class C(A, b.B, metaclass=M): ...",
    "class C():\n    '''doc'''\n    x: int\n    y: 'List[int]' = []\n    z = 1; w: str\n    __annotations__['0'] = Foo\n",
    "@torch.jit.script\nclass C(object):\n    __constants__ = ['a']\n\n    def __init__(self, a):\n        # type: (int) -> None\n        self.a = a\n\n    @property\n    def b(self) -> int:\n        return self.a\n\n    @b.setter\n    def b(self, v: int):\n        self.a = v\n\n    @staticmethod\n    def s(x): return x\n\n    class Inner(Enum):\n        A = 1\n",
    "class C(A):\n    if x:\n        y = 1\n    try:\n        z = 2\n    except E: pass\n    def f(self):\n        try: pass\n        finally: pass\n",
    "    class C(NamedTuple):\n        x: Tensor\n        # c\n        y: int = 3\n",
    "class C:\n    def f(self):\n        x = 1  # type: not a type at all\n        return x\n",
]


def functions() -> list[str]:
    assigned = [f"def f(x):\n    y = {e}\n" for e in EXPRESSIONS]
    alone = [f"def f(x):\n    {e}\n" for e in EXPRESSIONS]
    return [text for text in [*FUNCTIONS, *assigned, *alone] if is_python(text)]


def is_python(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parse_ast.parse_def(Source(text))
        except CompilationError:
            return False
        return True


def test_nearly_all_source_here_is_python() -> None:
    assert len(functions()) > 0.97 * (len(FUNCTIONS) + 2 * len(EXPRESSIONS))


@pytest.mark.parametrize("text", functions())
def test_functions(text: str) -> None:
    source = Source(text, "file.py", first_line=12)
    assert parse_cst.convert_def(source) == parse_ast.parse_def(source)


@pytest.mark.parametrize("text", CLASSES)
def test_classes(text: str) -> None:
    source = Source(text, "file.py")
    assert parse_cst.convert_class(source) == parse_ast.parse_class(source)


@pytest.mark.parametrize("text", functions()[:40])
def test_functions_with_windows_line_ends_inside_a_class(text: str) -> None:
    source = Source(textwrap.indent(text, "  ").replace("\n", "\r\n"), "file.py")
    assert parse_cst.convert_def(source) == parse_ast.parse_def(source)


def definitions(text: str, name: str) -> list[tuple[bool, Source]]:
    """Every function and class of a program, nested ones too; True for a class."""
    lines = text.splitlines(keepends=True)
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            source = Source("".join(lines[first - 1 : node.end_lineno]), name, first)
            found.append((isinstance(node, ast.ClassDef), source))
    return found


def outcome(parse: Callable[[Source], object], source: Source) -> object:
    try:
        return parse(source)
    except CompilationError as error:
        return str(error)


def assert_equal_views(is_class: bool, source: Source) -> None:
    if is_class:
        pair = parse_cst.convert_class, parse_ast.parse_class
    else:
        pair = parse_cst.convert_def, parse_ast.parse_def
    assert outcome(pair[0], source) == outcome(pair[1], source)


@pytest.mark.parametrize("module", [json.decoder, textwrap, tokenize], ids=lambda m: m.__name__)
def test_functions_of_the_standard_library(module: object) -> None:
    path = Path(str(getattr(module, "__file__")))
    found = definitions(path.read_text(encoding="utf-8"), path.name)
    assert len(found) > 5
    for is_class, source in found:
        assert_equal_views(is_class, source)


ROOT = Path(__file__).parents[3]
PROGRAMS = [
    *ROOT.glob("examples/**/*.py"),
    *ROOT.glob("tscript/nn/functional/*.py"),
    *ROOT.glob("tests/reference/**/*.py"),
    *ROOT.glob("tests/**/*.md"),
    *ROOT.glob("docs/**/*.md"),
]
BLOCK = re.compile(r"^```py(?:thon)?\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_program_of_this_repository(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for block in BLOCK.findall(text) if path.suffix == ".md" else [text]:
        try:
            found = definitions(block, path.name)
        except SyntaxError:  # a case that is about one
            continue
        for is_class, source in found:
            assert_equal_views(is_class, source)


NAMES = st.sampled_from(["x", "y", "self.w", "torch.add", "λ", "a_1"])
ATOMS = st.one_of(
    NAMES,
    st.integers(0, 10**6).map(str),
    st.sampled_from(
        ["1.5", "2j", "None", "True", "'s'", "f'{x} é {y.z}'", "...", "()", "[]", "{}"]
    ),
)
SPACES = st.sampled_from(["", " ", "  ", "\n   ", " # note\n  "])


def expressions() -> st.SearchStrategy[str]:
    """Expressions, each in parentheses wherever precedence could change its meaning."""

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operator = st.sampled_from(
            ["+", "-", "*", "/", "//", "**", "@", "%", "<<", "&", "|", "^"]
            + ["<", "==", "!=", ">=", " is ", " is not ", " in ", " not in ", " and ", " or "]
        )
        return st.one_of(
            st.builds(lambda a, s, o, b: f"({a}{s}{o}{s}{b})", inner, SPACES, operator, inner),
            st.builds(
                lambda a, o, b, p, c: f"({a} {o} {b} {p} {c})",
                inner,
                operator,
                inner,
                operator,
                inner,
            ),
            st.builds(lambda a, s: f"(-{s}{a})", inner, SPACES),
            st.builds(lambda a: f"(not {a})", inner),
            st.builds(lambda a, b, s: f"f({s}{a},{s}*{b}, k={s}{a})", inner, inner, SPACES),
            st.builds(lambda a, b, s: f"({a})[{s}{b}{s}:, {a},{s}::{b}]", inner, inner, SPACES),
            st.builds(lambda a, b, s: f"[{a},{s}{b}{s}]", inner, inner, SPACES),
            st.builds(lambda a, b, s: f"({a},{s}{b},{s})", inner, inner, SPACES),
            st.builds(lambda a, b, s: f"{{{a}:{s}{b}}}", inner, inner, SPACES),
            st.builds(lambda a, b, s: f"[{a} for i,{s}j in {s}{b}]", inner, inner, SPACES),
            st.builds(lambda a, b, c: f"({a} if {b} else {c})", inner, inner, inner),
            st.builds(lambda a, s: f"({a}){s}.name{s}(  )", inner, SPACES),
        )

    return st.recursive(ATOMS, grow, max_leaves=8)


@settings(max_examples=60, deadline=None)
@given(expressions(), st.booleans())
def test_made_up_expressions(expression: str, crlf: bool) -> None:
    text = f"def f(x):\n    y = ({expression})  # end\n    return y\n"
    source = Source(text.replace("\n", "\r\n") if crlf else text)
    try:
        expected = parse_ast.parse_def(source)
    except CompilationError:  # such as `1 .name`: not worth a strategy of its own
        return
    assert parse_cst.convert_def(source) == expected
