"""The generator gives PyTorch's stream of words and reads and writes its states."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from ops_registry.generator import DEFAULT_SEED, Generator, default_generator

SEEDS = [0, 1, 42, -5, 2**64 - 1, 2**40 + 3]


def test_the_words_are_those_of_the_mersenne_twister() -> None:
    # The reference implementation's first and 10000th output for its default seed.
    generator = Generator().manual_seed(5489)
    words = generator.words(10000)
    assert int(words[0]) == 3499211612
    assert int(words[9999]) == 4123659995


def test_drawing_in_portions_gives_one_stream() -> None:
    whole = Generator().manual_seed(3).words(2000)
    generator = Generator().manual_seed(3)
    portions = [generator.words(n) for n in (0, 1, 63, 64, 600, 1, 1271)]
    assert np.array_equal(np.concatenate(portions), whole)


def test_long_words_are_two_words_the_high_one_first() -> None:
    high, low = Generator().manual_seed(9).words(2).tolist()
    assert Generator().manual_seed(9).random64() == high << 32 | low


def test_only_the_low_32_bits_of_a_seed_count() -> None:
    a, b = Generator().manual_seed(7), Generator().manual_seed(2**32 + 7)
    assert np.array_equal(a.words(5), b.words(5))
    assert (a.initial_seed(), b.initial_seed()) == (7, 2**32 + 7)


def test_a_state_continues_the_stream() -> None:
    generator = Generator().manual_seed(1)
    for draws in (0, 1, 623, 624, 700):
        generator.words(draws)
        generator.cached_normal = 0.5 if draws else None
        saved = generator.state_bytes()
        assert (saved.dtype, saved.shape) == (np.uint8, (5056,))
        ahead = generator.words(1300)
        again = Generator().restore(saved)
        assert np.array_equal(again.state_bytes(), saved)
        assert again.cached_normal == (0.5 if draws else None)
        assert np.array_equal(again.words(1300), ahead)
        assert again.initial_seed() == 1


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda g: g.clone_state(),
                                       lambda g: pickle.loads(pickle.dumps(g))])  # fmt: skip
def test_copies_go_on_alone(duplicate: Any) -> None:
    generator = Generator().manual_seed(4)
    generator.words(10)
    twin = duplicate(generator)
    drawn = twin.words(5)
    assert np.array_equal(generator.words(5), drawn)


def test_a_generator_starts_from_a_fixed_seed_the_default_one_from_entropy() -> None:
    assert Generator().initial_seed() == DEFAULT_SEED
    assert default_generator() is default_generator()
    generator = Generator()
    assert generator.seed() == generator.initial_seed() != DEFAULT_SEED


def test_wrong_seeds_and_states_are_refused() -> None:
    generator = Generator().manual_seed(8)
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="64 bits"):
            generator.manual_seed(seed)
    for wrong in (1.5, True, "3", None):
        with pytest.raises(TypeError, match="a seed is an int"):
            generator.manual_seed(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="uint8"):
        generator.restore(np.zeros(5056))
    with pytest.raises(ValueError, match="5056 bytes"):
        generator.restore(np.zeros(16, np.uint8))
    with pytest.raises(ValueError, match="not the state"):
        generator.restore(np.full(5056, 255, np.uint8))
    assert generator.initial_seed() == 8
    with pytest.raises(RuntimeError, match="cuda"):
        Generator("cuda")


@pytest.mark.oracle
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("draws", [0, 1, 5, 623, 624, 625, 1248, 3000])
def test_states_are_those_of_pytorch_byte_for_byte(torch: Any, seed: int, draws: int) -> None:
    real = torch.Generator().manual_seed(seed)
    ours = Generator().manual_seed(seed)
    if draws:
        torch.empty(draws).random_(generator=real)
        ours.words(draws)
    assert np.array_equal(real.get_state().numpy(), ours.state_bytes())
    real.set_state(torch.from_numpy(ours.state_bytes()))
    expected = torch.empty(700, dtype=torch.int64).random_(generator=real).numpy()
    words = Generator().restore(real.get_state().numpy())
    assert real.initial_seed() == ours.initial_seed() == words.initial_seed()
    drawn = ours.long_words(700) & np.uint64(2**63 - 1)
    assert np.array_equal(drawn.view(np.int64), expected)
