"""Sentence vectors, in plain Python: candidates for ``torch.jit.trace``."""

import tscript as torch
from tscript import Tensor


def standardised(tokens: Tensor) -> Tensor:
    """``tokens`` (words, width) with mean 0 and spread 1 in each column. Traces well."""
    centred = tokens - tokens.mean(0)
    return centred / torch.sqrt((centred * centred).mean(0) + 1e-5)


def strongest(tokens: Tensor) -> Tensor:
    """The largest value of each column of ``tokens`` (words, width).

    The loop runs once a word, so a trace holds as many steps as its example had words: this
    function must be scripted, and ``pytest --tscript-check`` finds that out.
    """
    result = tokens[0]
    for i in range(1, tokens.size(0)):
        result = torch.max(result, tokens[i])
    return result
