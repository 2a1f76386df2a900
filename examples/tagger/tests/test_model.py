"""The tagger as a whole: shapes, padding, and the way to a file and back."""

import pytest

import tscript as torch
from tagger.model import SelfAttention, Tagger
from tagger.pooling import standardised, strongest


@pytest.fixture
def tagger():
    torch.manual_seed(0)
    return Tagger(words=20, tags=3).eval()


def test_one_tag_a_word(tagger):
    tags = tagger(torch.tensor([[3, 1, 4, 1], [5, 9, 2, 6]]))
    assert [len(sentence) for sentence in tags] == [4, 4]
    assert all(0 <= tag < 3 for sentence in tags for tag in sentence)


def test_padding_changes_nothing(tagger):
    alone = tagger(torch.tensor([[3, 1, 4]]))
    words = torch.tensor([[3, 1, 4, 0, 0], [5, 9, 2, 6, 5]])
    mask = torch.tensor([[True, True, True, False, False], [True] * 5])
    padded = tagger(words, mask)
    assert padded[0] == alone[0]
    assert len(padded[1]) == 5


def test_emissions_are_log_probabilities(tagger):
    emissions = tagger.emissions(torch.tensor([[3, 1, 4, 1, 5]]), None)
    torch.testing.assert_close(emissions.exp().sum(-1), torch.ones(1, 5))


@pytest.mark.parametrize("words", [1, 6])
def test_a_layer_keeps_the_shape(words):
    layer = SelfAttention(8)
    assert layer(torch.rand(2, words, 8), None).shape == (2, words, 8)


def test_a_saved_tagger_gives_the_same_tags(tagger, tmp_path):
    words = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6]])
    path = str(tmp_path / "tagger.pt")
    torch.jit.save(tagger, path)
    assert torch.jit.load(path)(words) == tagger(words)


@pytest.mark.parametrize("words", [3, 5])
def test_sentence_vectors(words):
    torch.manual_seed(words)
    tokens = torch.rand(words, 4)
    assert strongest(tokens).tolist() == tokens.max(0)[0].tolist()
    torch.testing.assert_close(standardised(tokens).mean(0), torch.zeros(4), atol=1e-5, rtol=0.0)
