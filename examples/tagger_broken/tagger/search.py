"""Beam search over tag sequences, with four of the five mistakes."""

from typing import List, Optional, Tuple

import tscript as torch
from tscript import Tensor


@torch.jit.script
def beam_search(
    emissions: Tensor, transitions: Tensor, width: int, start: Optional[int] = None
) -> Tuple[List[int], float]:
    """The best tag sequence that a beam of ``width`` finds, and its score."""
    tags = emissions.size(1)
    beams = torch.jit.annotate(List[List[int]], [])
    beams.append(torch.jit.annotate(List[int], []))
    scores = torch.zeros(1)
    start_is_known = start is not None
    for step in range(emissions.size(0)):
        candidates = scores.unsqueeze(1) + emissions[step]
        if step > 0:
            last = [beam[-1] for beam in beams]
            candidates = candidates + transitions[torch.tensor(last)]
        elif start_is_known:
            candidates = candidates + transitions.select(0, start)  # error: [optional-not-refined]
        best, where = candidates.flatten().topk(min(width, candidates.numel()))
        grown = torch.jit.annotate(List[List[int]], [])
        for rank in range(where.size(0)):
            choice = int(where[rank])
            grown.append(beams[choice // tags] + [choice % tags])
        beams = grown
        scores = best
    return beams[0], float(best[0])  # error: [maybe-undefined]


@torch.jit.script
def agreement(predicted: List[int], expected: List[int]) -> float:
    """The share of words with the same tag in both; 1 for an empty sentence."""
    if len(expected) == 0:
        return 1  # error: [return-type-mismatch]
    same = 0
    for ours, theirs in zip(predicted, expected):
        if ours == theirs:
            same += 1
    return same / len(expected)


@torch.jit.script
def confidence(emissions):
    """The mean log-probability of the likeliest tag of each word."""
    if emissions.numel() > 0:
        result = emissions.max(1)[0].mean()
    else:
        result = 0.0
    return result  # error: [branch-type-mismatch]
