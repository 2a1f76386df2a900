"""Positions in source text, and how a range is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tscript.diagnostics.source import Source, SourceRange


def place(text: str, part: str, **where: object) -> SourceRange:
    start = text.index(part)
    return Source(text, "file.py", **where).range(start, start + len(part))  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_in_the_file_whatever_ends_them(end: str) -> None:
    found = place(f"a{end}b = c{end}d", "c", first_line=40)
    assert (found.line, found.column, found.end_line, found.end_column) == (41, 4, 41, 5)
    assert found.source.line(41) == "b = c"
    assert str(found) == "file.py:41"


def test_only_pythons_line_ends_end_a_line() -> None:
    assert place("a = '\x0b\x0c\u2028'\nb", "b").line == 2


@given(st.text(alphabet="ab\r\n日", max_size=30), st.data())
def test_offsets_and_positions_are_inverse(text: str, data: st.DataObject) -> None:
    source = Source(text, first_line=7)
    offset = data.draw(st.integers(0, len(text)))
    assert source.offset(*source.line_column(offset)) == offset


def test_a_line_before_the_text_is_no_line_of_it() -> None:
    with pytest.raises(IndexError, match="line 3"):
        Source("a", first_line=4).line(3)


def test_a_range_is_underlined() -> None:
    assert place("x = 1\nreturn undefined + x\n", "undefined").highlight().splitlines() == [
        "  2 | return undefined + x",
        "    |        ^^^^^^^^^",
    ]


def test_wide_characters_and_tabs_keep_the_underline_in_place() -> None:
    lines = place("\tx = '日本é' + bad\n", "bad").highlight().splitlines()
    assert lines[1] == "    | \t    " + " " * len("'日本é' + ") + "  ^^^"


def test_an_empty_range_has_one_mark() -> None:
    assert Source("abc").range(1, 1).highlight().splitlines()[1] == "    |  ^"
    assert Source("").range(0, 0).highlight().splitlines() == ["  1 |", "    | ^"]


def test_a_range_over_lines_is_underlined_on_each_without_indentation() -> None:
    text = "y = f(\n    a,\n    b)\n"
    assert place(text, "f(\n    a,\n    b)").highlight().splitlines() == [
        "  1 | y = f(",
        "    |     ^^",
        "  2 |     a,",
        "    |     ^^",
        "  3 |     b)",
        "    |     ^^",
    ]


def test_a_long_range_is_cut_in_its_middle() -> None:
    text = "".join(f"line{i}\n" for i in range(1, 21))
    shown = Source(text).whole().highlight(max_lines=3).splitlines()
    assert [line for line in shown if "^" not in line] == [
        "  1 | line1",
        "  2 | line2",
        "... |",
        " 20 | line20",
    ]


def test_written_code_points_back_at_what_a_person_wrote() -> None:
    original = Source("return x + y", "model.py", 12).range(7, 12)
    written = Source("a = 1\nb = torch.add(x, y)\n", "code.py", provenance=((6, original),))
    assert written.range(10, 14).origin == original
    assert written.range(0, 1).origin == written.range(0, 1)


def test_provenance_takes_no_part_in_equality() -> None:
    place = Source("x").range(0, 1)
    assert Source("y", provenance=((0, place),)) == Source("y")


def test_joined_ranges_hold_both() -> None:
    source = Source("abcdef")
    assert source.range(3, 4).join(source.range(0, 1)) == source.range(0, 4)
