"""The lines of a definition are those that Python's own `inspect` finds."""

from __future__ import annotations

import inspect
import textwrap

import pytest

from tscript.jit.source_lookup import block_of

DEFINITIONS = {
    "brackets": """
        def f(
            x,
        ):
            return [
        x,
            ]
        """,
    "a string without indentation": '''
        def f(x):
            text = """
        def g(): pass
        """
            return text
        ''',
    "a backslash": """
        def f(x): return x + \\
        1
        """,
    "decorators": """
        @first
        @second(
        1)
        # about f
        def f(x):
            # the only line
            return x
        """,
    "comments at the margin": """
        def f(x):
            y = x
        # a thought
            return y
        """,
    "a class": """
        class C(
            Base
        ):

            a: int

            def f(self):
                return self.a
        """,
    "a coroutine": """
        async def f(x):
            return x
        """,
    "tabs": "\ndef f(x):\n\tif x:\n\t\treturn 1\n\treturn 2\n",
}


@pytest.mark.parametrize("following", ["", "\n\n# about g\ndef g():\n    pass\n", "x = f\n"])
@pytest.mark.parametrize("margin", ["", "    "])
@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_ends_where_inspect_ends_it(text: str, margin: str, following: str) -> None:
    whole = textwrap.dedent(text).strip("\n") + "\n" + following
    lines = textwrap.indent(whole, margin).splitlines(keepends=True)
    assert list(block_of(lines)) == inspect.getblock(lines)


def test_a_lambda_is_left_to_inspect() -> None:
    lines = ["f = map(lambda x: (x +\n", "    1), y)\n", "z = 2\n"]
    assert list(block_of(lines)) == inspect.getblock(lines)


def test_many_lines_at_the_margin_are_left_to_inspect() -> None:
    lines = ["def f():\n", '    return """\n', *["text\n"] * 50, '"""\n', "z = 2\n"]
    assert list(block_of(lines)) == lines[:-1]
