"""Beam search over tag sequences: scripted, since it loops and branches on its input."""

from typing import List, Optional, Tuple

import tscript as torch
from tscript import Tensor


@torch.jit.script
def beam_search(
    emissions: Tensor, transitions: Tensor, width: int, start: Optional[int] = None
) -> Tuple[List[int], float]:
    """The best tag sequence that a beam of ``width`` finds, and its score.

    ``emissions`` is (words, tags): how well a tag fits a word. ``transitions`` is (tags, tags): how
    well the second tag follows the first. ``start`` is the tag before the first word, if known.
    """
    tags = emissions.size(1)
    beams = torch.jit.annotate(List[List[int]], [])
    beams.append(torch.jit.annotate(List[int], []))
    scores = torch.zeros(1)
    for step in range(emissions.size(0)):
        candidates = scores.unsqueeze(1) + emissions[step]
        if step > 0:
            last = [beam[-1] for beam in beams]
            candidates = candidates + transitions[torch.tensor(last)]
        elif start is not None:
            candidates = candidates + transitions[start]
        best, where = candidates.flatten().topk(min(width, candidates.numel()))
        grown = torch.jit.annotate(List[List[int]], [])
        for rank in range(where.size(0)):
            choice = int(where[rank])
            grown.append(beams[choice // tags] + [choice % tags])
        beams = grown
        scores = best
    return beams[0], float(scores[0])


@torch.jit.script
def agreement(predicted: List[int], expected: List[int]) -> float:
    """The share of words with the same tag in both; 1 for an empty sentence."""
    if len(expected) == 0:
        return 1.0
    same = 0
    for ours, theirs in zip(predicted, expected):
        if ours == theirs:
            same += 1
    return same / len(expected)
