"""What Python's form of the factories takes beyond their schemas, and where their results live."""

from __future__ import annotations

import pytest

import tscript as torch

FACTORIES = [
    lambda **kw: torch.zeros(2, 3, **kw),
    lambda **kw: torch.randn((2, 3), **kw),
    lambda **kw: torch.full([2, 3], 1.5, **kw),
    lambda **kw: torch.ones_like(torch.empty(2, 3), **kw),
    lambda **kw: torch.empty(1).new_zeros([2, 3], **kw),
    lambda **kw: torch.tensor([[1.0, 2.0, 3.0]] * 2, **kw),
]


@pytest.mark.parametrize("make", FACTORIES)
def test_factories_take_requires_grad(make) -> None:
    assert make(requires_grad=True).requires_grad
    assert not make(requires_grad=False).requires_grad
    both = make(requires_grad=True, dtype=torch.float64)
    assert (both.dtype, both.requires_grad) == (torch.float64, True)


def test_integers_cannot_require_gradients() -> None:
    with pytest.raises(RuntimeError, match="floating point"):
        torch.zeros(2, dtype=torch.int64, requires_grad=True)


def test_other_operators_do_not_take_requires_grad() -> None:
    with pytest.raises(TypeError):
        torch.relu(torch.ones(2), requires_grad=True)


@pytest.mark.parametrize("make", FACTORIES)
def test_on_the_meta_device_there_are_no_values(make) -> None:
    tensor = make(device="meta")
    assert (tensor.is_meta, tuple(tensor.shape), tensor.dtype) == (True, (2, 3), torch.float32)


def test_a_seed_gives_the_same_numbers_again() -> None:
    torch.manual_seed(4)
    first = [torch.rand(3), torch.randn(3), torch.randint(9, (3,)), torch.randperm(5)]
    state = torch.get_rng_state()
    torch.manual_seed(4)
    again = [torch.rand(3), torch.randn(3), torch.randint(9, (3,)), torch.randperm(5)]
    assert all(torch.equal(a, b) for a, b in zip(first, again))
    ahead = torch.randn(5)
    torch.set_rng_state(state)
    assert torch.equal(torch.randn(5), ahead)


def test_a_generator_hands_its_state_out_as_a_tensor() -> None:
    generator = torch.Generator().manual_seed(3)
    state = generator.get_state()
    assert (state.dtype, tuple(state.shape)) == (torch.uint8, (5056,))
    first = torch.rand(4, generator=generator)
    assert torch.equal(torch.rand(4, generator=generator.set_state(state)), first)
    with pytest.raises(TypeError, match="tensor of uint8"):
        generator.set_state([1, 2])


def test_the_default_generator_is_the_one_operators_draw_from() -> None:
    assert torch.manual_seed(5) is torch.default_generator
    state = torch.default_generator.get_state()
    drawn = torch.rand(3)
    torch.default_generator.set_state(state)
    assert torch.equal(torch.rand(3), drawn)
