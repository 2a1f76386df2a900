"""Reference, section "Use of Python Values"."""

from __future__ import annotations

import math
import pdb

import pytest

import tscript as torch


@pytest.fixture
def stops(monkeypatch):
    """How often the debugger was asked for; it lets the program go on."""
    found = []
    monkeypatch.setattr(pdb, "set_trace", lambda: found.append(True))
    return found


def test_a_python_function_is_called(example, stops, capsys):
    found = example("python_values_functions")
    (warning,) = found.warnings
    assert "[python-call]" in str(warning.message)
    assert "`foo` stays a call into Python" in str(warning.message)
    assert warning.filename.endswith("python_values_functions.py")
    assert found.bar(torch.ones(2)).tolist() == [2.0, 2.0]
    assert capsys.readouterr().out == "I am called with tensor([2., 2.])\n"
    assert stops == [True]


def test_what_calls_python_cannot_be_saved(example, tmp_path):
    bar = example("python_values_functions").bar
    with pytest.raises(RuntimeError, match="foo"):
        bar.save(str(tmp_path / "bar.pt"))
    assert not (tmp_path / "bar.pt").exists()


def test_constants(example):
    module = example("python_values_constants").Foo()
    result = module(torch.zeros(1, dtype=torch.float64))
    assert result.dtype is torch.float64
    assert result.item() == pytest.approx(5 + math.pi + 2)
    text = str(module.graph)
    assert f"{math.pi:.5f}"[:6] in text
    assert 'prim::GetAttr[name="a"]' not in text  # it is in the graph as a number
