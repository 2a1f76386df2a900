"""Recurrent taggers, custom cells, transformers and their caches."""

import math
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import tscript as torch
import tscript.nn.functional as F
from tscript import Tensor, nn


class LSTMTagger(nn.Module):
    def __init__(self, words: int, tags: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(10, tags)

    def forward(self, words: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None) -> Tensor:
        features, (h, c) = self.lstm(self.embed(words), state)
        return F.log_softmax(self.out(features), dim=-1)


class GRUTagger(nn.Module):
    """Words beyond a sentence's length get no tag: -1."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.gru = nn.GRU(4, 3, batch_first=True, bidirectional=True)
        self.out = nn.Linear(6, 2)

    def forward(self, words: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor]:
        hidden, last = self.gru(self.embed(words))
        beyond = torch.arange(words.size(1))[None, :] >= lengths[:, None]
        return self.out(hidden).argmax(-1).masked_fill(beyond, -1), last


class LSTMState(NamedTuple):
    hidden: Tensor
    cell: Tensor


class ScriptedCell(nn.Module):
    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden, inputs))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden, hidden))
        self.bias = nn.Parameter(torch.randn(4 * hidden))

    def forward(self, x: Tensor, state: LSTMState) -> Tuple[Tensor, LSTMState]:
        gates = torch.mm(x, self.weight_ih.t()) + torch.mm(state.hidden, self.weight_hh.t())
        i, f, g, o = (gates + self.bias).chunk(4, 1)
        c = torch.sigmoid(f) * state.cell + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, LSTMState(hidden=h, cell=c)


class LayerNormCell(nn.Module):
    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.x = nn.Linear(inputs, 4 * hidden, bias=False)
        self.h = nn.Linear(hidden, 4 * hidden)
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: Tensor, state: LSTMState) -> Tuple[Tensor, LSTMState]:
        i, f, g, o = torch.split(
            self.x(x) + self.h(state.hidden), self.norm.normalized_shape[0], dim=1
        )
        c = self.norm(f.sigmoid() * state.cell + i.sigmoid() * g.tanh())
        h = o.sigmoid() * c.tanh()
        return h, LSTMState(h, c)


class Unrolled(nn.Module):
    """A cell over time, forwards or backwards."""

    def __init__(self, cell: nn.Module, backwards: bool) -> None:
        super().__init__()
        self.cell = cell
        self.backwards = backwards

    def forward(self, x: Tensor, state: LSTMState) -> Tuple[Tensor, LSTMState]:
        steps = x.unbind(0)
        if self.backwards:
            steps = steps[::-1]
        outputs = torch.jit.annotate(List[Tensor], [])
        for step in steps:
            out, state = self.cell(step, state)
            outputs += [out]
        if self.backwards:
            outputs.reverse()
        return torch.stack(outputs), state


class DeepCustomLSTM(nn.Module):
    def __init__(self, normed: bool) -> None:
        super().__init__()
        first = LayerNormCell(3, 4) if normed else ScriptedCell(3, 4)
        self.layers = nn.ModuleList([Unrolled(first, False), Unrolled(ScriptedCell(4, 4), True)])

    def forward(self, x: Tensor) -> Tuple[Tensor, List[LSTMState]]:
        finals: List[LSTMState] = []
        zeros = torch.zeros(x.size(1), 4, dtype=x.dtype, device=x.device)
        for layer in self.layers:
            x, last = layer(x, LSTMState(zeros, zeros))
            finals.append(last)
        return x, finals


class PositionalEncoding(nn.Module):
    def __init__(self, dim: int, length: int = 32) -> None:
        super().__init__()
        position = torch.arange(length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
        table = torch.zeros(length, 1, dim)
        table[:, 0, 0::2] = torch.sin(position * rate)
        table[:, 0, 1::2] = torch.cos(position * rate)
        self.register_buffer("table", table)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.size(0)]


class Translation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.position = PositionalEncoding(8)
        self.transformer = nn.Transformer(
            8, 2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16, dropout=0.0
        )
        self.out = nn.Linear(8, 11)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        size = target.size(0)
        mask = torch.triu(torch.full((size, size), float("-inf")), diagonal=1)
        hidden = self.transformer(
            self.position(self.embed(source)),
            self.position(self.embed(target) * math.sqrt(8)),
            tgt_mask=mask,
        )
        return self.out(hidden)


class MultiHeadAttention(nn.Module):
    scale: torch.jit.Final[float]

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        assert dim % heads == 0
        self.heads = heads
        self.scale = 1.0 / math.sqrt(dim // heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        batch, length, dim = x.shape
        qkv = self.qkv(x).reshape(batch, length, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q @ k.transpose(-2, -1)) * self.scale
        if mask is not None:
            scores = scores.masked_fill(mask[:, None, None, :] == 0, -1e9)
        weights = scores.softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, dim)
        return self.out(mixed), weights


class BertLayer(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(dim, 2)
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(2)])
        self.feed = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        attended, _ = self.attention(x, mask)
        x = self.norms[0](x + self.dropout(attended))
        return self.norms[1](x + self.dropout(self.feed(x)))


class Bert(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(20, 8)
        self.segments = nn.Embedding(2, 8)
        self.positions = nn.Parameter(torch.randn(1, 16, 8) * 0.02)
        self.layers = nn.ModuleList([BertLayer(8), BertLayer(8)])
        self.pooler = nn.Linear(8, 8)

    def forward(
        self, ids: Tensor, mask: Optional[Tensor] = None, segments: Optional[Tensor] = None
    ) -> Dict[str, Tensor]:
        if segments is None:
            segments = torch.zeros_like(ids)
        x = self.tokens(ids) + self.segments(segments) + self.positions[:, : ids.size(1)]
        for layer in self.layers:
            x = layer(x, mask)
        return {"last_hidden_state": x, "pooled": torch.tanh(self.pooler(x[:, 0]))}


KeyValue = Tuple[Tensor, Tensor]


class CachedBlock(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.project = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor, past: Optional[Tuple[Tensor, Tensor]]) -> Tuple[Tensor, KeyValue]:
        b, t, d = x.shape
        q, k, v = self.project(self.norm(x)).split(d, dim=2)
        q = q.view(b, t, self.heads, -1).transpose(1, 2)
        k = k.view(b, t, self.heads, -1).transpose(1, 2)
        v = v.view(b, t, self.heads, -1).transpose(1, 2)
        if past is not None:
            k = torch.cat([past[0], k], dim=2)
            v = torch.cat([past[1], v], dim=2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        y = y.transpose(1, 2).contiguous().view(b, t, d)
        return x + self.out(y), (k, v)


class GPT(nn.Module):
    def __init__(self, vocabulary: int = 13) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, 8)
        self.blocks = nn.ModuleList([CachedBlock(8, 2) for _ in range(2)])

    def forward(
        self, ids: Tensor, cache: Optional[List[Tuple[Tensor, Tensor]]] = None
    ) -> Tuple[Tensor, List[Tuple[Tensor, Tensor]]]:
        x = self.embed(ids)
        new: List[Tuple[Tensor, Tensor]] = []
        for i, block in enumerate(self.blocks):
            past: Optional[Tuple[Tensor, Tensor]] = None
            if cache is not None:
                past = cache[i]
            x, kv = block(x, past)
            new.append(kv)
        return F.linear(x, self.embed.weight), new

    @torch.jit.export
    def generate(self, ids: Tensor, steps: int) -> Tensor:
        logits, cache = self.forward(ids, None)
        for _ in range(steps):
            token = logits[:, -1].argmax(-1, keepdim=True)
            ids = torch.cat((ids, token), 1)
            logits, cache = self.forward(token, cache)
        return ids


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = GPT()

    def forward(self, ids: Tensor, steps: int) -> Tensor:
        return self.model.generate(ids, steps)


class LlamaMLP(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, 2 * dim, bias=False)
        self.up = nn.Linear(dim, 2 * dim, bias=False)
        self.down = nn.Linear(2 * dim, dim, bias=False)
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = 1e-5

    def norm(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight

    def rotate(self, x: Tensor) -> Tensor:
        half = x.size(-1) // 2
        angle = torch.arange(x.size(-2), dtype=torch.float32)[:, None] / torch.pow(
            10000.0, torch.arange(half, dtype=torch.float32) / half
        )
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], -1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.rotate(self.norm(x))
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Router(nn.Module):
    """A mixture of experts; each token goes to its two best."""

    def __init__(self, dim: int, experts: int, top: int = 2) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(experts)])
        self.top = top

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        probabilities = F.softmax(self.gate(x), dim=-1)
        weight, chosen = torch.topk(probabilities, self.top, dim=-1)
        weight = weight / weight.sum(-1, keepdim=True)
        y = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            hit = chosen == number
            if bool(hit.any()):
                rows, slots = torch.where(hit)
                y.index_add_(0, rows, expert(x[rows]) * weight[rows, slots].unsqueeze(1))
        load = torch.bincount(chosen.flatten(), minlength=len(self.experts))
        return y, load


class AttentionPooling(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.score = nn.Linear(dim, 1)

    def forward(self, x: Tensor, lengths: List[int]) -> Tensor:
        pooled: List[Tensor] = []
        for row, length in zip(x, lengths):
            if length == 0:
                pooled.append(torch.zeros(x.size(2)))
                continue
            part = row[:length]
            pooled.append((torch.softmax(self.score(part), 0) * part).sum(0))
        return torch.stack(pooled)


class Seq2Seq(nn.Module):
    """Additive attention over encoder states, greedy decoding until the end mark."""

    END: torch.jit.Final[int]

    def __init__(self) -> None:
        super().__init__()
        self.END = 1
        self.embed = nn.Embedding(7, 4)
        self.encoder = nn.GRU(4, 4)
        self.cell = nn.GRUCell(8, 4)
        self.score = nn.Bilinear(4, 4, 1)
        self.out = nn.Linear(4, 7)

    def attend(self, query: Tensor, keys: Tensor) -> Tensor:
        scores = self.score(query.expand_as(keys).contiguous(), keys)
        return (F.softmax(scores, 0) * keys).sum(0)

    def forward(self, source: Tensor, limit: int = 6) -> Tuple[List[int], Tensor]:
        keys, last = self.encoder(self.embed(source).unsqueeze(1))
        state = last[0]
        token, tokens, logits = 0, torch.jit.annotate(List[int], []), [torch.zeros(7)]
        while token != self.END and len(tokens) < limit:
            step = torch.cat([self.embed(torch.tensor([token])), self.attend(state, keys)], 1)
            state = self.cell(step, state)
            scores = self.out(state)[0]
            logits.append(scores)
            token = int(scores.argmax())
            tokens.append(token)
        return tokens, torch.stack(logits)


def ids(high: int, *shape: int) -> Tensor:
    return torch.randint(0, high, list(shape))


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "lstm tagger": lambda: (LSTMTagger(12, 3), (ids(12, 2, 5),)),
    "gru tagger": lambda: (
        GRUTagger(),
        (ids(9, 3, 4), torch.tensor([2, 4, 1])),
    ),
    "custom lstm": lambda: (DeepCustomLSTM(False), (torch.randn(5, 2, 3),)),
    "custom lstm with layer norm": lambda: (DeepCustomLSTM(True), (torch.randn(5, 2, 3),)),
    "transformer": lambda: (Translation().eval(), (ids(11, 4, 2), ids(11, 3, 2))),
    "multi head attention": lambda: (
        MultiHeadAttention(6, 3),
        (torch.randn(2, 4, 6), torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])),
    ),
    "bert": lambda: (Bert().eval(), (ids(20, 2, 5), torch.ones(2, 5))),
    "gpt": lambda: (GPT(), (ids(13, 2, 4),)),
    "gpt with a cache": lambda: (Generator(), (ids(13, 1, 3), 4)),
    "llama block": lambda: (LlamaMLP(6), (torch.randn(2, 3, 6),)),
    "mixture of experts": lambda: (Router(4, 3), (torch.randn(6, 4),)),
    "attention pooling": lambda: (AttentionPooling(3), (torch.randn(3, 4, 3), [2, 0, 4])),
    "sequence to sequence": lambda: (Seq2Seq(), (ids(7, 5),)),
}
