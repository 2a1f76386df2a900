"""The operators of this package, as its users call them."""

import math

import pytest

import tscript as torch
from ops_registry.registry import registry

NAMES = ["geometry::angle", "geometry::rotate", "geometry::unit", "geometry::unit_"]


def test_they_are_found():
    assert [name for name in registry().names() if name.startswith("geometry::")] == NAMES


def test_a_quarter_turn():
    points = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    turned = torch.ops.geometry.rotate(points, math.pi / 2)
    torch.testing.assert_close(turned, torch.tensor([[0.0, 1.0], [-2.0, 0.0]]))
    matrix = torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    torch.testing.assert_close(torch.ops.geometry.rotate(points, matrix), turned)


def test_unit_vectors():
    vector = torch.tensor([3.0, 4.0])
    assert torch.ops.geometry.unit(vector).tolist() == pytest.approx([0.6, 0.8])
    assert torch.ops.geometry.unit_(vector) is vector
    assert vector.tolist() == pytest.approx([0.6, 0.8])


def test_in_a_script_and_a_trace(tmp_path):
    @torch.jit.script
    def f(a, b, turn: float):
        return torch.ops.geometry.angle(torch.ops.geometry.rotate(a, turn), b)

    a = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    torch.testing.assert_close(f(a, a, 0.5), torch.tensor([0.5, 0.5]))
    traced = torch.jit.trace(lambda a: torch.ops.geometry.angle(a, a), (a,))
    recorded = str(traced.graph)
    assert "aten::acos" in recorded and "geometry::unit" in recorded
    torch.jit.save(f, str(tmp_path / "f.pt"))
    loaded = torch.jit.load(str(tmp_path / "f.pt"))
    assert torch.equal(loaded(a, a, 0.5), f(a, a, 0.5))


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"needs points of shape \[..., 2\], not \[3\]"):
        torch.ops.geometry.rotate(torch.ones(3), 1.0)

    def f(x):
        return torch.ops.geometry.rotate(x, "a")

    with pytest.raises(torch.jit.CompilationError, match="no form of `torch.ops.geometry.rotate`"):
        torch.jit.script(f)
