"""The beam search against all sequences."""

import itertools

import pytest

import tscript as torch
from tagger.search import agreement, beam_search


def best_of_all(emissions, transitions, start=None):
    """Score every sequence: slow, and plainly right."""

    def score(tags):
        total = sum(float(emissions[i, tag]) for i, tag in enumerate(tags))
        before = tags if start is None else (start, *tags)
        return total + sum(float(transitions[a, b]) for a, b in zip(before, before[1:]))

    sequences = itertools.product(range(emissions.size(1)), repeat=emissions.size(0))
    best = max(sequences, key=score)
    return list(best), score(best)


@pytest.mark.parametrize("words", [1, 2, 4])
@pytest.mark.parametrize("start", [None, 2])
def test_a_wide_beam_finds_the_best_sequence(words, start):
    torch.manual_seed(words)
    emissions, transitions = torch.rand(words, 3), torch.rand(3, 3)
    tags, score = beam_search(emissions, transitions, 81, start)
    expected, expected_score = best_of_all(emissions, transitions, start)
    assert tags == expected
    assert score == pytest.approx(expected_score, rel=1e-5)


def test_a_beam_of_one_is_greedy():
    emissions = torch.tensor([[1.0, 0.9], [0.0, 0.0]])
    transitions = torch.tensor([[0.0, 0.0], [0.0, 5.0]])
    assert beam_search(emissions, transitions, 1)[0] == [0, 0]
    assert beam_search(emissions, transitions, 2)[0] == [1, 1]


def test_an_empty_sentence_has_no_tags():
    assert beam_search(torch.zeros(0, 3), torch.zeros(3, 3), 4) == ([], 0.0)


def test_agreement():
    assert agreement([1, 2, 3], [1, 0, 3]) == pytest.approx(2 / 3)
    assert agreement([], []) == 1.0
