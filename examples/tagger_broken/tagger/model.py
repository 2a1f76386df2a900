"""The network, with one of the five mistakes."""

from typing import List

import tscript as torch
from tagger.search import beam_search
from tscript import Tensor, nn


@torch.jit.script
def per_word(scores, words):
    """Scores that do not depend on the length of the sentence."""
    return scores / words


class Tagger(torch.jit.ScriptModule):
    """Word numbers (sentences, words) in, tag numbers out."""

    __constants__ = ["beam_width"]

    def __init__(self, words: int, tags: int, width: int = 16) -> None:
        super().__init__()
        self.beam_width = 4
        self.embedding = nn.Embedding(words, width)
        self.output = nn.Linear(width, tags)
        self.transitions = nn.Parameter(torch.rand(tags, tags))

    @torch.jit.script_method
    def forward(self, words: Tensor, lengths: Tensor) -> List[List[int]]:
        """The tags of each sentence, without its padding."""
        emissions = torch.log_softmax(self.output(self.embedding(words)), dim=-1)
        emissions = per_word(emissions, words.size(1))  # error: [argument-type]
        found = torch.jit.annotate(List[List[int]], [])
        for row in range(words.size(0)):
            length = int(lengths[row])
            tags, score = beam_search(emissions[row, :length], self.transitions, self.beam_width)
            found.append(tags)
        return found
