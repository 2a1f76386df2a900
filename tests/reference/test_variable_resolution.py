"""Reference, section "Variable Resolution"."""

from __future__ import annotations

import pytest

from tscript.diagnostics.report import CompilationError


def test_a_variable_defined_on_one_path_cannot_be_used(example):
    with pytest.raises(CompilationError) as error:
        example("variable_resolution_undefined")
    assert error.value.codes == ("maybe-undefined",)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.range.line == 8
    assert diagnostic.range.text == "y"
