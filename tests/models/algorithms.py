"""Classical algorithms in script: clusters, neighbours, trees, graphs, text, numbers."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import tscript as torch
from tscript import Tensor


def kmeans(points: Tensor, count: int, most: int = 20) -> Tuple[Tensor, Tensor, int]:
    centres = points[:count].clone()
    labels = torch.full((points.size(0),), -1)
    rounds = 0
    for rounds in range(most):
        nearest = torch.cdist(points, centres).argmin(1)
        if torch.equal(nearest, labels):
            break
        labels = nearest
        for k in range(count):
            mine = points[labels == k]
            if len(mine) > 0:
                centres[k] = mine.mean(dim=0)
    return centres, labels, rounds


def k_nearest(data: Tensor, labels: Tensor, query: Tensor, k: int = 3) -> Tensor:
    distance = (query[:, None] - data[None]).norm(p=2, dim=2)
    _, nearest = distance.topk(k, largest=False)
    return torch.mode(labels[nearest], dim=1)[0]


class Node(NamedTuple):
    feature: int
    threshold: float
    left: int
    right: int
    value: float


def grow_tree(x: Tensor, y: Tensor, depth: int) -> List[Node]:
    nodes: List[Node] = [Node(-1, 0.0, -1, -1, 0.0)]
    work: List[Tuple[int, Tensor, int]] = [(0, torch.arange(x.size(0)), 0)]
    while len(work) > 0:
        place, rows, level = work.pop()
        here = y[rows]
        best, feature, threshold = float("inf"), -1, 0.0
        if level < depth and rows.numel() > 2:
            for f in range(x.size(1)):
                ordered: List[float] = x[rows, f].sort()[0].tolist()
                for cut in ordered[1:]:
                    below = x[rows, f] < cut
                    loss = 0.0
                    for side in (here[below], here[~below]):
                        if side.numel() > 0:
                            loss += float(((side - side.mean()) ** 2).sum())
                    if loss < best - 1e-6:
                        best, feature, threshold = loss, f, cut
        if feature < 0:
            nodes[place] = Node(-1, 0.0, -1, -1, float(here.mean()))
            continue
        below = x[rows, feature] < threshold
        left, right = len(nodes), len(nodes) + 1
        nodes += [Node(-1, 0.0, -1, -1, 0.0), Node(-1, 0.0, -1, -1, 0.0)]
        nodes[place] = Node(feature, threshold, left, right, 0.0)
        work.extend([(left, rows[below], level + 1), (right, rows[~below], level + 1)])
    return nodes


def regression_tree(x: Tensor, y: Tensor, depth: int = 2) -> Tuple[List[float], int]:
    nodes = grow_tree(x, y, depth)
    found: List[float] = []
    for row in x:
        node = nodes[0]
        while node.feature >= 0:
            node = nodes[node.left if float(row[node.feature]) < node.threshold else node.right]
        found.append(node.value)
    return found, len(nodes)


def traverse(children: Dict[int, List[int]], root: int, order: str = "pre") -> List[int]:
    seen: List[int] = []
    if order == "level":
        queue = [root]
        while queue:
            node = queue.pop(0)
            seen.append(node)
            if node in children:
                queue.extend(children[node])
        return seen
    stack: List[Tuple[int, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done or node not in children:
            seen.append(node)
            continue
        below = children[node]
        if order == "post":
            stack.append((node, True))
        else:
            seen.append(node)
        for i in range(len(below) - 1, -1, -1):
            stack.append((below[i], False))
    return seen


def tokenise(text: str) -> List[Tuple[str, str]]:
    tokens: List[Tuple[str, str]] = []
    i = 0
    while i < len(text):
        c = text[i]
        if c.isspace():
            i += 1
            continue
        start = i
        if c.isdigit():
            while i < len(text) and (text[i].isdigit() or text[i] == "."):
                i += 1
            kind = "number"
        elif c.isalpha() or c == "_":
            while i < len(text) and (text[i].isalnum() or text[i] == "_"):
                i += 1
            kind = "keyword" if text[start:i] in ["if", "else", "while"] else "name"
        else:
            i += 2 if text[i : i + 2] in ("==", "<=", ">=") else 1
            kind = "operator"
        tokens.append((kind, text[start:i]))
    return tokens


class Vocabulary:
    def __init__(self, words: List[str], unknown: str) -> None:
        self.words = words
        self.index: Dict[str, int] = {}
        for number, word in enumerate(words):
            self.index[word] = number
        self.unknown = self.index[unknown]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.index

    def lookup(self, word: str) -> int:
        if word in self.index:
            return self.index[word]
        return self.unknown


def encode_text(text: str, words: List[str]) -> Tuple[List[int], int, str]:
    vocabulary = Vocabulary(words, "<unk>")
    pieces = text.lower().replace(",", " ").strip().split(" ")
    ids: List[int] = []
    for piece in pieces:
        if len(piece) > 0:
            ids.append(vocabulary.lookup(piece))
    shown = "|".join([vocabulary.words[i] for i in ids])
    return ids, len(vocabulary), f"{len(ids)} ids: {shown}"


def byte_pairs(word: str, ranks: Dict[str, int]) -> List[str]:
    parts = [c for c in word]
    while len(parts) > 1:
        best: Optional[int] = None
        lowest = 1 << 30
        for i in range(len(parts) - 1):
            pair = parts[i] + " " + parts[i + 1]
            if pair in ranks and ranks[pair] < lowest:
                best, lowest = i, ranks[pair]
        if best is None:
            return parts
        parts = parts[:best] + [parts[best] + parts[best + 1]] + parts[best + 2 :]
    return parts


def edit_distance(a: str, b: str) -> Tuple[int, List[str]]:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i == 0 or j == 0:
                table[i][j] = i + j
            else:
                same = 0 if a[i - 1] == b[j - 1] else 1
                table[i][j] = min(
                    table[i - 1][j - 1] + same, min(table[i - 1][j], table[i][j - 1]) + 1
                )
    i, j = len(a), len(b)
    steps: List[str] = []
    while i > 0 or j > 0:
        if i > 0 and j > 0 and a[i - 1] == b[j - 1] and table[i][j] == table[i - 1][j - 1]:
            i, j = i - 1, j - 1
        elif i > 0 and j > 0 and table[i][j] == table[i - 1][j - 1] + 1:
            steps.append("{}>{}".format(a[i - 1], b[j - 1]))
            i, j = i - 1, j - 1
        elif i > 0 and table[i][j] == table[i - 1][j] + 1:
            steps.append("-" + a[i - 1])
            i -= 1
        else:
            steps.append("+" + b[j - 1])
            j -= 1
    steps.reverse()
    return table[-1][-1], steps


class UnionFind:
    def __init__(self, count: int) -> None:
        self.parent = list(range(count))
        self.size = [1] * count
        self.sets = count

    def find(self, x: int) -> int:
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def union(self, a: int, b: int) -> bool:
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        self.sets -= 1
        return True


def spanning_tree(count: int, edges: List[Tuple[float, int, int]]) -> Tuple[float, List[int], int]:
    sets = UnionFind(count)
    total = 0.0
    used: List[int] = []
    for number, (weight, a, b) in enumerate(sorted(edges)):
        if sets.union(a, b):
            total += weight
            used.append(number)
    return total, used, sets.sets


def dijkstra(edges: Dict[int, Dict[int, float]], start: int) -> Dict[int, Tuple[float, List[int]]]:
    done: Dict[int, Tuple[float, List[int]]] = {}
    front: List[Tuple[float, int, List[int]]] = [(0.0, start, [start])]
    while len(front) > 0:
        nearest = 0
        for i, (distance, _, _) in enumerate(front):
            if distance < front[nearest][0]:
                nearest = i
        distance, node, path = front.pop(nearest)
        if node in done:
            continue
        done[node] = (distance, path)
        if node not in edges:
            continue
        for other, weight in edges[node].items():
            assert weight >= 0, "weights are not negative"
            if other not in done:
                front.append((distance + weight, other, path + [other]))
    return done


def matrix_power(base: Tensor, exponent: int) -> Tensor:
    if exponent < 0:
        return matrix_power_positive(torch.linalg.inv(base), -exponent)
    return matrix_power_positive(base, exponent)


def matrix_power_positive(base: Tensor, exponent: int) -> Tensor:
    result = torch.eye(base.size(0), dtype=base.dtype)
    while exponent:
        if exponent & 1:
            result = result @ base
        base = base @ base
        exponent >>= 1
    return result


class Player(NamedTuple):
    name: str
    rating: float
    games: int


def elo(
    players: Dict[str, float], games: List[Tuple[str, str, float]], k: float = 32
) -> List[Player]:
    counts = {name: 0 for name in players.keys()}
    for white, black, result in games:
        expected = 1.0 / (1.0 + 10.0 ** ((players[black] - players[white]) / 400))
        change = k * (result - expected)
        players[white] += change
        players[black] -= change
        for name in (white, black):
            counts[name] += 1
    table = [(-rating, name) for name, rating in players.items()]
    table.sort()
    return [Player(name, -rating, counts[name]) for rating, name in table]


def sieve(limit: int) -> List[int]:
    prime = torch.ones(limit, dtype=torch.bool)
    prime[:2] = False
    n = 2
    while n * n < limit:
        if prime[n]:
            prime[n * n :: n] = False
        n += 1
    found: List[int] = prime.nonzero().flatten().tolist()
    return found


def life(board: Tensor, steps: int) -> Tensor:
    for _ in range(steps):
        around = torch.zeros_like(board)
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                if dy == 0 and dx == 0:
                    continue
                around += torch.roll(board, shifts=(dy, dx), dims=(0, 1))
        board = ((around == 3) | ((board == 1) & (around == 2))).to(board.dtype)
    return board


def newton(coefficients: List[float], guess: float, tolerance: float = 1e-9) -> Tuple[float, int]:
    x, count = guess, 0
    while count <= 50:
        value, slope = 0.0, 0.0
        for c in coefficients:
            slope = slope * x + value
            value = value * x + c
        if abs(value) < tolerance:
            return x, count
        if slope == 0.0:
            raise RuntimeError("flat at {}".format(x))
        x -= value / slope
        count += 1
    return x, count


def quick_sort(items: List[int]) -> List[int]:
    items = items[:]
    stack = [(0, len(items) - 1)]
    while len(stack) != 0:
        low, high = stack.pop()
        if low >= high:
            continue
        pivot, i = items[(low + high) // 2], low
        j = high
        while i <= j:
            while items[i] < pivot:
                i += 1
            while items[j] > pivot:
                j -= 1
            if i <= j:
                items[i], items[j] = items[j], items[i]
                i += 1
                j -= 1
        stack.append((low, j))
        stack.append((i, high))
    return items


TREE = {0: [1, 2], 1: [3, 4], 2: [5], 4: [6]}
ROADS = {0: {1: 7.0, 2: 3.0}, 1: {3: 1.0}, 2: {1: 1.0, 3: 8.0}}

Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "k-means": lambda: (kmeans, (torch.randn(12, 2), 3, 20)),
    "k nearest neighbours": lambda: (
        k_nearest,
        (torch.randn(9, 2), torch.arange(9) % 2, torch.randn(4, 2), 3),
    ),
    "regression tree": lambda: (regression_tree, (torch.randn(8, 2), torch.randn(8), 2)),
    "tree in preorder": lambda: (traverse, (TREE, 0, "pre")),
    "tree in postorder": lambda: (traverse, (TREE, 0, "post")),
    "tree by level": lambda: (traverse, (TREE, 0, "level")),
    "tokeniser": lambda: (tokenise, ("while x_1 <= 3.14: y = x==2 else _z",)),
    "vocabulary": lambda: (encode_text, ("The cat, the mat", ["<unk>", "the", "cat"])),
    "byte pair encoding": lambda: (
        byte_pairs,
        ("lower", {"l o": 0, "lo w": 2, "e r": 1, "low er": 3}),
    ),
    "edit distance": lambda: (edit_distance, ("kitten", "sitting")),
    "spanning tree": lambda: (
        spanning_tree,
        (4, [(2.0, 0, 1), (1.0, 1, 2), (5.0, 0, 2), (0.5, 2, 3)]),
    ),
    "shortest paths": lambda: (dijkstra, (ROADS, 0)),
    "matrix power": lambda: (matrix_power, (torch.randn(3, 3), -3)),
    "elo ratings": lambda: (
        elo,
        ({"ann": 1500.0, "bob": 1600.0}, [("ann", "bob", 1.0), ("bob", "ann", 0.5)], 32.0),
    ),
    "sieve": lambda: (sieve, (40,)),
    "game of life": lambda: (life, ((torch.rand(6, 6) > 0.6).long(), 3)),
    "newton's method": lambda: (newton, ([1.0, 0.0, -2.0], 1.0, 1e-9)),
    "quick sort": lambda: (quick_sort, ([3, 1, 4, 1, 5, 9, 2, 6],)),
}
