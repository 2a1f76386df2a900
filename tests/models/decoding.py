"""Decoders: beams, CTC, transducers, Viterbi, samplers. Mostly lists, tuples and dicts."""

import math
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import tscript as torch
from tscript import Tensor, nn


class Hypothesis(NamedTuple):
    tokens: List[int]
    score: float


def beam_search(log_probs: Tensor, width: int, end: int = 0) -> List[Hypothesis]:
    beams = [Hypothesis([], 0.0)]
    done: List[Hypothesis] = []
    for step in range(log_probs.size(0)):
        candidates: List[Tuple[float, int, int]] = []
        for number, beam in enumerate(beams):
            last = beam.tokens[-1] if len(beam.tokens) > 0 else 0
            scores = log_probs[step, last]
            values, indices = scores.topk(min(width, scores.numel()))
            for k in range(values.numel()):
                candidates.append((beam.score + float(values[k]), number, int(indices[k])))
        candidates.sort(reverse=True)
        fresh: List[Hypothesis] = []
        for score, number, token in candidates:
            grown = Hypothesis(beams[number].tokens + [token], score)
            if token == end:
                done.append(grown)
            else:
                fresh.append(grown)
            if len(fresh) == width:
                break
        beams = fresh
        if len(beams) == 0:
            break
    done.extend(beams)
    best = [(-h.score / max(1, len(h.tokens)), i) for i, h in enumerate(done)]
    best.sort()
    return [done[i] for _, i in best][:width]


def ctc_greedy(log_probs: Tensor, lengths: Tensor, blank: int = 0) -> List[List[int]]:
    found: List[List[int]] = []
    best = log_probs.argmax(dim=-1)
    for row in range(best.size(0)):
        length = int(lengths[row].item())
        previous = blank
        line: List[int] = []
        labels: List[int] = best[row, :length].tolist()
        for label in labels:
            if label != blank and label != previous:
                line.append(label)
            previous = label
        found.append(line)
    return found


def log_add(a: float, b: float) -> float:
    if a == -math.inf:
        return b
    if b == -math.inf:
        return a
    high = max(a, b)
    return high + math.log(math.exp(a - high) + math.exp(b - high))


def ctc_prefix_search(probs: Tensor, alphabet: str, width: int = 3) -> List[Tuple[str, float]]:
    """Prefixes with the probability that they end in a blank, and that they do not."""
    blanks: Dict[str, float] = {"": 0.0}
    labels: Dict[str, float] = {"": -math.inf}
    for t in range(probs.shape[0]):
        next_blanks: Dict[str, float] = {}
        next_labels: Dict[str, float] = {}
        for prefix in blanks.keys():
            total = log_add(blanks[prefix], labels[prefix])
            p = float(probs[t, 0].log())
            next_blanks[prefix] = log_add(next_blanks.get(prefix, -math.inf), total + p)
            for c in range(1, len(alphabet) + 1):
                letter = alphabet[c - 1]
                p = float(probs[t, c].log())
                if len(prefix) > 0 and prefix[-1] == letter:
                    old = next_labels.get(prefix, -math.inf)
                    next_labels[prefix] = log_add(old, labels[prefix] + p)
                    gained = blanks[prefix] + p
                else:
                    gained = total + p
                longer = prefix + letter
                next_labels[longer] = log_add(next_labels.get(longer, -math.inf), gained)
        scored: List[Tuple[float, str]] = []
        for prefix, value in next_labels.items():
            scored.append((-log_add(value, next_blanks.get(prefix, -math.inf)), prefix))
        for prefix, value in next_blanks.items():
            if prefix not in next_labels:
                scored.append((-value, prefix))
        scored = sorted(scored)
        blanks.clear()
        labels.clear()
        for _, prefix in scored[:width]:
            blanks[prefix] = next_blanks.get(prefix, -math.inf)
            labels[prefix] = next_labels.get(prefix, -math.inf)
    return [(prefix, log_add(blanks[prefix], labels[prefix])) for prefix in blanks.keys()]


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor) -> Tuple[List[int], float]:
    length, states = emissions.size()
    score = start + emissions[0]
    back: List[Tensor] = []
    for t in range(1, length):
        combined = score.unsqueeze(1) + transitions
        score, arg = torch.max(combined, dim=0)
        score = score + emissions[t]
        back.append(arg)
    state = int(torch.argmax(score))
    path = [state]
    while len(back) > 0:
        state = int(back.pop()[state])
        path.insert(0, state)
    return path, float(score.max())


class CRF(nn.Module):
    def __init__(self, tags: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.randn(tags, tags))
        self.start = nn.Parameter(torch.randn(tags))

    def partition(self, emissions: Tensor) -> Tensor:
        alpha = self.start + emissions[0]
        for emission in emissions[1:]:
            alpha = torch.logsumexp(alpha[:, None] + self.transitions, dim=0) + emission
        return alpha.logsumexp(0)

    def path_score(self, emissions: Tensor, tags: Tensor) -> Tensor:
        score = self.start[tags[0]] + emissions[0, tags[0]]
        for i in range(1, len(tags)):
            score = score + self.transitions[tags[i - 1], tags[i]] + emissions[i, tags[i]]
        return score

    def forward(
        self, emissions: Tensor, tags: Optional[Tensor] = None
    ) -> Tuple[Optional[Tensor], List[int]]:
        loss: Optional[Tensor] = None
        if tags is not None:
            loss = self.partition(emissions) - self.path_score(emissions, tags)
        return loss, viterbi(emissions, self.transitions, self.start)[0]


class Joint(nn.Module):
    def __init__(self, dim: int, labels: int) -> None:
        super().__init__()
        self.activation = nn.Tanh()
        self.out = nn.Linear(dim, labels)

    def forward(self, audio: Tensor, text: Tensor) -> Tensor:
        joined = audio.unsqueeze(2) + text.unsqueeze(1)
        return self.out(self.activation(joined)).log_softmax(-1)


class Transducer(nn.Module):
    """RNN-T, greedy: at each frame labels are emitted until the blank."""

    def __init__(self, labels: int = 5) -> None:
        super().__init__()
        self.blank = labels - 1
        self.predict = nn.Embedding(labels, 4)
        self.cell = nn.LSTMCell(4, 4)
        self.joint = Joint(4, labels)

    def forward(self, audio: Tensor, most: int = 2) -> Tuple[List[List[int]], Tensor]:
        decoded: List[List[int]] = []
        total = torch.zeros(())
        for utterance in audio.unbind(0):
            state: Optional[Tuple[Tensor, Tensor]] = None
            tokens: List[int] = []
            last = self.blank
            for t in range(utterance.size(0)):
                emitted = 0
                while emitted < most:
                    new = self.cell(self.predict(torch.tensor([last])), state)
                    frame = utterance[t].view(1, 1, -1)
                    scores = self.joint(frame, new[0].unsqueeze(0)).view(-1)
                    best = int(scores.argmax().item())
                    total += scores[best]
                    if best == self.blank:
                        break
                    tokens.append(best)
                    last, state = best, new
                    emitted += 1
            decoded.append(tokens)
        return decoded, total


def nucleus(logits: Tensor, p: float, temperature: float = 1.0) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    ordered, order = torch.sort(logits / temperature, descending=True)
    cumulative = ordered.softmax(-1).cumsum(-1)
    drop = cumulative > p
    drop[..., 1:] = drop[..., :-1].clone()
    drop[..., 0] = False
    return logits.masked_fill(drop.scatter(-1, order, drop), float("-inf")).softmax(-1)


def ctc_forward(log_probs: Tensor, labels: List[int], blank: int = 0) -> float:
    """The probability of a labelling, summed over its alignments."""
    extended = [blank]
    for label in labels:
        extended += [label, blank]
    size = len(extended)
    alpha = [-math.inf] * size
    alpha[0] = float(log_probs[0, blank])
    if size > 1:
        alpha[1] = float(log_probs[0, extended[1]])
    for t in range(1, log_probs.size(0)):
        new = [-math.inf for _ in range(size)]
        for s in range(size):
            total = alpha[s]
            if s > 0:
                total = log_add(total, alpha[s - 1])
            if s > 1 and extended[s] != blank and extended[s] != extended[s - 2]:
                total = log_add(total, alpha[s - 2])
            new[s] = total + float(log_probs[t, extended[s]])
        alpha = new
    return log_add(alpha[-1], alpha[-2]) if size > 1 else alpha[0]


def dtw(a: Tensor, b: Tensor) -> Tuple[float, List[Tuple[int, int]]]:
    n, m = a.numel(), b.numel()
    cost = torch.full((n + 1, m + 1), math.inf)
    cost[0, 0] = 0
    for i in range(n):
        for j in range(m):
            step = torch.stack([cost[i, j + 1], cost[i + 1, j], cost[i, j]]).min()
            cost[i + 1, j + 1] = (a[i] - b[j]).abs() + step
    path: List[Tuple[int, int]] = []
    i, j = n, m
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        choices = [float(cost[i - 1, j - 1]), float(cost[i - 1, j]), float(cost[i, j - 1])]
        best = choices.index(min(choices))
        if best == 0:
            i, j = i - 1, j - 1
        elif best == 1:
            i -= 1
        else:
            j -= 1
    return float(cost[n, m]), path[::-1]


def log_table(*shape: int) -> Tensor:
    return torch.randn(*shape).log_softmax(-1)


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "beam search": lambda: (beam_search, (log_table(5, 6, 6), 3, 0)),
    "ctc greedy": lambda: (ctc_greedy, (torch.randn(2, 8, 3), torch.tensor([8, 5]), 0)),
    "ctc prefix search": lambda: (ctc_prefix_search, (torch.randn(5, 3).softmax(-1), "ab", 3)),
    "viterbi": lambda: (viterbi, (torch.randn(6, 3), torch.randn(3, 3), torch.randn(3))),
    "conditional random field": lambda: (
        CRF(3),
        (torch.randn(4, 3), torch.tensor([0, 2, 1, 1])),
    ),
    "transducer joint": lambda: (Joint(4, 3), (torch.randn(1, 3, 4), torch.randn(1, 2, 4))),
    "transducer": lambda: (Transducer(), (torch.randn(2, 4, 4),)),
    "nucleus sampling": lambda: (nucleus, (torch.randn(2, 7), 0.7, 1.0)),
    "ctc forward": lambda: (ctc_forward, (log_table(6, 4), [1, 2, 2], 0)),
    "dynamic time warping": lambda: (dtw, (torch.randn(4), torch.randn(5))),
}
