"""Graphs, sets, capsules, metric learning, recommenders: models that are neither images nor sequences."""

from enum import Enum
from typing import Any, Callable, Dict, List, Optional, Tuple

import tscript as torch
import tscript.nn.functional as F
from tscript import Tensor, nn


class Pooling(Enum):
    SUM = 0
    MEAN = 1
    MAX = 2


class GraphConvolution(nn.Module):
    def __init__(self, cin: int, cout: int, aggregate: str) -> None:
        super().__init__()
        self.own = nn.Linear(cin, cout)
        self.neighbour = nn.Linear(cin, cout, bias=False)
        self.aggregate = aggregate

    def message(self, x: Tensor, source: Tensor, weight: Optional[Tensor]) -> Tensor:
        sent = self.neighbour(x).index_select(0, source)
        return sent if weight is None else sent * weight.unsqueeze(-1)

    def forward(self, x: Tensor, edges: Tensor, weight: Optional[Tensor] = None) -> Tensor:
        source, target = edges[0], edges[1]
        messages = self.message(x, source, weight)
        total = torch.zeros(x.size(0), messages.size(1)).index_add(0, target, messages)
        if self.aggregate == "mean":
            degree = torch.zeros(x.size(0)).scatter_add_(0, target, torch.ones(target.numel()))
            total = total / degree.clamp(min=1).unsqueeze(1)
        elif self.aggregate != "sum":
            raise RuntimeError("unknown aggregation " + self.aggregate)
        return self.own(x) + total


class GraphNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(
            {"first": GraphConvolution(3, 4, "sum"), "second": GraphConvolution(4, 4, "mean")}
        )
        self.gate = nn.GRUCell(4, 4)

    def forward(self, x: Tensor, edges: Tensor, batch: Tensor) -> Tuple[Tensor, Tensor]:
        h = F.relu(self.layers["first"](x, edges))
        for name, layer in self.layers.items():
            if name != "first":
                h = self.gate(layer(h, edges), h)
        count = int(batch.max()) + 1
        pooled = torch.stack([h[batch == i].mean(0) for i in range(count)])
        return h, pooled


class GraphAttention(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.project = nn.Linear(cin, cout, bias=False)
        self.left = nn.Parameter(torch.randn(cout))
        self.right = nn.Parameter(torch.randn(cout))

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        h = self.project(x)
        scores = F.leaky_relu((h @ self.left)[:, None] + (h @ self.right)[None], 0.2)
        scores = scores.masked_fill(~adjacency, float("-inf"))
        return torch.nan_to_num(scores.softmax(1)) @ h


class DeepSets(nn.Module):
    def __init__(self, pooling: Pooling) -> None:
        super().__init__()
        self.pooling = pooling
        self.each = nn.Sequential(nn.Linear(2, 4), nn.ReLU())
        self.whole = nn.Linear(4, 2)

    def forward(self, sets: List[Tensor]) -> Tensor:
        pooled: List[Tensor] = []
        for members in sets:
            h = self.each(members)
            if self.pooling == Pooling.SUM:
                pooled.append(h.sum(0))
            elif self.pooling == Pooling.MEAN:
                pooled.append(h.mean(0))
            else:
                pooled.append(h.amax(0))
        return self.whole(torch.stack(pooled, 0))


def squash(x: Tensor, dim: int = -1) -> Tensor:
    norm = (x**2).sum(dim=dim, keepdim=True)
    return norm / (1.0 + norm) * x / torch.sqrt(norm + 1e-8)


class Capsules(nn.Module):
    rounds: torch.jit.Final[int]

    def __init__(self, inputs: int, outputs: int, rounds: int = 3) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 2) * 0.3)
        self.rounds = rounds

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        votes = torch.einsum("oiab,nib->noia", self.weight, x)
        logits = torch.zeros(votes.shape[:3])
        capsules = votes.sum(2)
        for i in range(self.rounds):
            coupling = torch.softmax(logits, dim=1)
            capsules = squash((coupling.unsqueeze(-1) * votes).sum(dim=2))
            if i < self.rounds - 1:
                logits = logits + (votes * capsules.unsqueeze(2)).sum(-1)
        return capsules, capsules.norm(p=2, dim=-1)


class Siamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))

    def embed(self, x: Tensor) -> Tensor:
        return F.normalize(self.tower(x), dim=1)

    def forward(
        self, anchor: Tensor, positive: Tensor, negative: Optional[Tensor] = None
    ) -> Dict[str, Tensor]:
        a, p = self.embed(anchor), self.embed(positive)
        out = {"similarity": F.cosine_similarity(a, p)}
        if negative is not None:
            n = self.embed(negative)
            out["triplet"] = F.triplet_margin_loss(a, p, n, margin=0.5)
        else:
            out["contrastive"] = F.cross_entropy(a @ p.t() / 0.1, torch.arange(a.size(0)))
        return out


class FactorisationMachine(nn.Module):
    def __init__(self, fields: List[int], dim: int) -> None:
        super().__init__()
        self.offsets = [sum(fields[:i]) for i in range(len(fields))]
        self.embed = nn.Embedding(sum(fields), dim)
        self.linear = nn.EmbeddingBag(sum(fields), 1, mode="sum")
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        x = x + torch.tensor(self.offsets)
        v = self.embed(x)
        pairs = 0.5 * (v.sum(1).square() - v.square().sum(1)).sum(1, keepdim=True)
        return torch.sigmoid(self.linear(x) + pairs + self.bias).squeeze(1)


class NeuralTree(nn.Module):
    """A soft decision tree: each node sends a share of its weight to either side."""

    def __init__(self, dim: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.nodes = nn.Linear(dim, 2**depth - 1)
        self.leaves = nn.Parameter(torch.randn(2**depth, 3))

    def forward(self, x: Tensor) -> Tensor:
        right = torch.sigmoid(self.nodes(x))
        share = torch.ones(x.size(0), 1)
        first = 0
        for level in range(self.depth):
            width = 1 << level
            here = right[:, first : first + width]
            share = torch.stack((share * (1 - here), share * here), dim=2).flatten(1)
            first += width
        return share @ self.leaves.softmax(1)


class ActorCritic(nn.Module):
    def __init__(self, actions: int) -> None:
        super().__init__()
        self.body = nn.Linear(4, 6)
        self.actor, self.critic = nn.Linear(6, actions), nn.Linear(6, 1)

    @torch.jit.export
    def advantages(self, rewards: List[float], values: List[float], gamma: float) -> List[float]:
        found: List[float] = []
        running = 0.0
        after = 0.0
        for reward, value in zip(rewards[::-1], values[::-1]):
            delta = reward + gamma * after - value
            running = delta + gamma * 0.95 * running
            after = value
            found.insert(0, running)
        return found

    def forward(self, observation: Tensor, rewards: List[float]) -> Tuple[Tensor, List[float]]:
        h = torch.tanh(self.body(observation))
        policy = F.softmax(self.actor(h), dim=-1)
        values: List[float] = self.critic(h).squeeze(-1).tolist()
        return policy, self.advantages(rewards, values, gamma=0.9)


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "graph network": lambda: (
        GraphNetwork(),
        (
            torch.randn(5, 3),
            torch.tensor([[0, 1, 2, 3, 3], [1, 2, 0, 4, 0]]),
            torch.tensor([0, 0, 0, 1, 1]),
        ),
    ),
    "graph attention": lambda: (GraphAttention(3, 2), (torch.randn(4, 3), torch.rand(4, 4) > 0.5)),
    "deep sets": lambda: (DeepSets(Pooling.MAX), ([torch.randn(3, 2), torch.randn(1, 2)],)),
    "capsules": lambda: (Capsules(4, 2), (torch.randn(2, 4, 2),)),
    "siamese towers": lambda: (Siamese(), (torch.randn(3, 4), torch.randn(3, 4))),
    "triplets": lambda: (Siamese(), (torch.randn(3, 4), torch.randn(3, 4), torch.randn(3, 4))),
    "factorisation machine": lambda: (
        FactorisationMachine([3, 5], 2),
        (torch.tensor([[0, 4], [2, 1]]),),
    ),
    "soft decision tree": lambda: (NeuralTree(3, 2), (torch.randn(4, 3),)),
    "actor and critic": lambda: (ActorCritic(2), (torch.randn(3, 4), [1.0, 0.0, -1.0])),
}
