"""The network: embeddings, self-attention layers, and a score for each word and tag."""

from typing import List, Optional

import tscript as torch
from tagger.search import beam_search
from tscript import Tensor, nn


class SelfAttention(torch.jit.ScriptModule):
    """One layer: every word looks at every other word of its sentence."""

    __constants__ = ["scale"]

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = width**-0.5
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    @torch.jit.script_method
    def forward(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        scores = torch.matmul(self.query(x), self.key(x).transpose(-2, -1)) * self.scale
        if mask is not None:
            scores = scores.masked_fill(torch.logical_not(mask).unsqueeze(-2), -1e9)
        attended = torch.matmul(torch.softmax(scores, dim=-1), self.value(x))
        return self.norm(x + torch.relu(attended))


class Tagger(torch.jit.ScriptModule):
    """Word numbers (sentences, words) in, tag numbers out."""

    __constants__ = ["layers", "beam_width"]

    def __init__(self, words: int, tags: int, width: int = 16, depth: int = 2) -> None:
        super().__init__()
        self.beam_width = 4
        self.embedding = nn.Embedding(words, width)
        self.layers = nn.ModuleList([SelfAttention(width) for _ in range(depth)])
        self.output = nn.Linear(width, tags)
        self.transitions = nn.Parameter(torch.rand(tags, tags))

    @torch.jit.script_method
    def emissions(self, words: Tensor, mask: Optional[Tensor]) -> Tensor:
        """Log-probabilities (sentences, words, tags); ``mask`` is True at words."""
        x = self.embedding(words)
        for layer in self.layers:
            x = layer(x, mask)
        return torch.log_softmax(self.output(x), dim=-1)

    @torch.jit.script_method
    def forward(self, words: Tensor, mask: Optional[Tensor] = None) -> List[List[int]]:
        """The tags of each sentence, without its padding."""
        emissions = self.emissions(words, mask)
        found = torch.jit.annotate(List[List[int]], [])
        for row in range(words.size(0)):
            length = words.size(1)
            if mask is not None:
                length = int(mask[row].sum())
            tags, score = beam_search(emissions[row, :length], self.transitions, self.beam_width)
            found.append(tags)
        return found
