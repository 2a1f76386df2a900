"""Reference, section "Frequently Asked Questions"."""

from __future__ import annotations

import tscript as torch


def test_a_model_for_each_device_is_saved_and_loaded(example, tmp_path):
    found = example("faq_cpu_and_gpu")
    assert (tmp_path / "cpu.pth").exists() and (tmp_path / "gpu.pth").exists()
    expected = found.cpu_model(found.sample_input_cpu)
    assert torch.equal(found.result, expected)
    assert torch.equal(torch.jit.load("gpu.pth")(found.sample_input_gpu), expected)
