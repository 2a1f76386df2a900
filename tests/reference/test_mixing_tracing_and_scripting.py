"""Reference, section "Mixing Tracing and Scripting"."""

from __future__ import annotations

import tscript as torch


def test_a_script_calls_a_trace(example):
    bar = example("script_calls_trace").bar
    x = torch.tensor([1.0, 2.0])
    assert bar(x).tolist() == [3.0, 6.0]


def test_control_flow_of_a_script_that_a_trace_calls_is_preserved(example):
    traced_bar = example("trace_calls_script").traced_bar
    small, large, one = torch.tensor([1.0]), torch.tensor([5.0]), torch.tensor([1.0])
    assert traced_bar(small, large, one).tolist() == [6.0]
    assert traced_bar(large, small, one).tolist() == [6.0]
    assert "prim::If" in str(traced_bar.inlined_graph)


def test_a_script_module_calls_a_traced_submodule(example):
    module = example("module_with_traced_submodule").MyScriptModule()
    assert module.means.shape == (1, 3, 1, 1)
    image = torch.rand(1, 3, 64, 64)  # the trace holds for other sizes than its 224 by 224
    result = module(image)
    assert result.shape == (1, 1000)
    assert torch.equal(result, module.resnet(image - module.means))
