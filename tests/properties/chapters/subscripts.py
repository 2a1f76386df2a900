"""Subscripts and slices: reading, assigning, deleting, with every form of index."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation


def _forms(*forms: str | Form) -> tuple[Form, ...]:
    return tuple(Form(form) if isinstance(form, str) else form for form in forms)


GRID = "torch.arange(6).view(2, 3)"
CUBE = "torch.arange(24).view(2, 3, 4)"

EXPRESSIONS = {
    "int": _forms(
        "[«int», «int», «int»][«int» % 3]",
        "(«List[int]» + [2, 4])[«bool»]",
        "(«List[List[int]]» + [[«int»]])[-1][0]",
        "(1, «int», 3)[-2]",
        "(«int», 'two')[-(-0)]",
        "(«Tuple[int, int, int]»)[«int» % 3]",
        "((«int», «int»), («str», «int»))[1][1]",
        "[(«int», 'a'), (2, 'b')][«int» % 2][0]",
        "{'k': [«int», 4]}['k'][0]",
        "{'a': {'b': «int»}}['a']['b']",
        "{True: «int», False: 2}[«bool»]",
        "{0.5: «int»}[0.5]",
        "{0: «int», 1: 3}[«int» % 2]",
        Form("Point(«int», «float»)[-2]", needs=("Point",)),
        Form("Point(«int», «float»)[:1][0]", needs=("Point",)),
        Form("Shelf([«int»])[0]", needs=("Shelf",)),
    ),
    "float": _forms(
        "(«Dict[int, float]»)[1]",
        "[0.5, «float»][-1]",
        "float((«Vector»)[-1])",
        "(«int», «float»)[-1]",
    ),
    "bool": _forms(
        "[«bool», True][0]",
        "bool((«Vector»)[[0]] > 0)",
    ),
    "str": _forms(
        "('abc' + «str»)[«int» % 3]",
        "('abc' + «str»)[1:][0]",
        "(«str»)[::2]",
        "(«str»)[«var Optional[int] o»:]",
        "(«List[str]»)[-1][:1]",
        "(«int», «str», 0.5)[1:][0]",
    ),
    "Vector": _forms(
        "(«Vector»)[:]",
        "(«Vector»)[::]",
        "(«Vector»)[None][0]",
        "(«Vector»)[[2, 0, 1]]",
        "(«Vector»)[(«List[int]» + [0, 1, 2])[-3:]]",
        "(«Vector»)[..., None][:, 0]",
        "torch.stack([«Vector», «Vector»])[slice(1), ...][0]",
        "torch.stack([«Vector», «Vector»])[1, slice(0, 3)]",
        "torch.stack([«Vector», «Vector»])[«int» % 2, :]",
        "torch.stack([«Vector», «Vector»])[0, ..., None][..., 0]",
        "torch.stack([«Vector», «Vector»])[:, «int» % 3][:1] * torch.ones(3)",
        "{'w': «Vector»}['w']",
    ),
    "Tensor": _forms(
        "(«Vector»)[«var Optional[int] o»:]",
        "(«Vector»)[:«var Optional[int] o»]",
        "(«Vector»)[(«int» % 3):«int»:(1 + «int» % 2)]",
        "(«Vector»)[-1]",
        f"{GRID}[[0, 1]]",
        f"{GRID}[[0, 1], [1, 2]]",
        f"{GRID}[[[0, 1], [1, 0]], [2, 0]]",
        f"{GRID}[«int» % 2, torch.tensor([0, 2])]",
        f"{GRID}[torch.tensor([0, 1]), 1:]",
        f"{GRID}[:, torch.tensor([2, 0])]",
        f"{GRID}[None, 1]",
        f"{GRID}[1, None, «slice»]",
        f"{GRID}[(0, «int» % 3)]",
        f"{GRID}[{GRID} > «int»]",
        f"{GRID}[torch.tensor([True, False]), 1]",
        f"{CUBE}[..., «int» % 4]",
        f"{CUBE}[0, ..., ::2]",
        f"{CUBE}[:, None, 1, «slice»]",
        f"{CUBE}[torch.tensor([1]), torch.tensor([2]), torch.tensor([3])]",
        f"{CUBE}[torch.tensor([1, 0]), ..., 1:3]",
        "torch.tensor(«float»)[None]",
        "(«List[Tensor]»)[-1]",
        "(«Tuple[int, str, Tensor]»)[-1]",
        "(«Dict[str, Tensor]»)['w']",
    ),
    "List[int]": _forms(
        "(«List[int]»)[::-1]",
        "(«List[int]»)[«int»:«int»]",
        "(«List[int]»)[«var Optional[int] o»:«int»]",
        "(«List[int]»)[:«var Optional[int] o»:2]",
        "(«List[int]»)[«bool»:]",
        "(«List[int]»)[None:2]",
        "(«List[int]»)[slice(«int»)]",
        "(«List[int]»)[slice(«var Optional[int] o», «int», 2)]",
        "{'k': «List[int]»}['k']",
        "(«List[int]», «str»)[0]",
        "(«List[List[int]]»)[-1][«slice»]",
    ),
    "List[Tensor]": _forms("(«List[Tensor]»)[«slice»] + [torch.ones(3)]"),
    "Tuple[int, float]": _forms(
        "(«str», «int», «float»)[1:]",
        "(«float», «int»)[::-1]",
        "(«int», «float», «str»)[slice(0, 2)]",
        "(«int», «str», «float», 1)[:-1:2]",
        "(«int», «float», «str»)[-9:2]",
        "[(1, 0.5), («int», «float»)][«int» % 2]",
    ),
    "Tuple[int, int, int]": _forms(
        "(«Tuple[int, int, int]»)[::-1]",
        "(«Tuple[int, int, int]»)[:]",
        "(0, *(«Tuple[int, int, int]»)[1:])",
    ),
}

STATEMENTS = _forms(
    "«let other n» = slice(«int» % 2, 3)\nprint((«List[int]»)[«n»], (1, 2)[slice(1)])",
    "«let other n» = slice(2)\n«let Tensor m» = torch.zeros(2, 3)\n"
    "«m»[«n»] = «float»\n«m»[0, «n»] += 1\n«m»[slice(1), None] = «int»",
    "«def Dict[str, int] n»: Dict[str, int] = {}\n«n»[«str»] = «int»\n«n»[«str»] = «int»",
    "«let List[float] n» = [0.5, 1.5]\n«n»[«bool»] = «float»\n«n»[0] *= 2.0",
    "«let List[Optional[int]] n»: List[Optional[int]] = [1, None]\n«n»[1] = «int»\n«n»[0] = None",
    "«let Dict[str, int] n» = {'a': «int», 'b': 1}\ndel «n»['a'], «n»['b']",
    "«let List[int] n» = [1, «int», 3]\ndel «n»[«int» % 3]\ndel «n»[-1]",
    "«let Dict[str, int] n» = {'k': 1}\n«n»['k'] -= «int»\n«n»['k'] = «n»['k'] % 7",
    "«let Tensor n» = torch.zeros(2, 3)\n«n»[«int» % 2, 1:] = «float»\n«n»[..., 0] = «int»",
    "«let Tensor n» = torch.zeros(2, 3)\n«n»[:] = «Vector»\n«n»[None] = 1\n«n»[«n» > 1] = «bool»",
    "«let Tensor n» = torch.zeros(2, 3)\n«n»[[0, 1], [1, 2]] = torch.ones(2)\n«n»[0, [1]] = 2.5",
    "«let Tensor n» = torch.ones(2, 3)\n«n»[torch.tensor([0, 1])] += «float»\n«n»[[1]] *= 3",
    "«let Tensor n» = torch.ones(2, 3)\n«n»[«n» > 0] -= «int»\n«n»[:, torch.tensor([0, 2])] /= 2",
    "«let Tensor n» = torch.ones(4)\n«n»[::2] += 1\n«n»[-1] -= «int»\n«n»[1:3] = «n»[:2] * 2",
    "«let Tensor n» = torch.zeros(2, dtype=torch.complex64)\n«n»[0] = «complex»",
    "«let Tensor n» = torch.zeros(3, dtype=torch.int64)\n«n»[0] = 2.75\n«n»[1] = True",
    "«let Tensor n» = torch.tensor(1.0)\n«n»[...] = «float»\n«n»[None] = 2",
    "«let List[Tensor] n» = [torch.zeros(3), torch.ones(3)]\n«n»[0] = «Vector»\n«n»[1][0] = «float»",
    "«let List[Tensor] n» = [torch.zeros(3)]\n«n»[0] += «Vector»\n«n»[0][1:] += 1",
    "«let Dict[str, Tensor] n» = {'w': torch.ones(3)}\n«n»['w'][0] = «float»\n«n»['w'] += 1",
    "«let Dict[str, List[int]] n» = {'w': [1]}\n«n»['w'].append(«int»)\n«n»['w'][0] += «int»",
    "«let List[Tuple[int, str]] n» = [(1, 'a')]\n«n»[0] = («int», «str»)",
    "«let other n» = [[1, 2], [3]]\n«n»[0], «n»[1] = [«int»], «List[int]»",
    "«let other n» = (1, [2, 3])\n«n»[1][0] = «int»\nprint(«n»[1])",
    Form(
        "«let Shelf n» = Shelf([1, 2])\n«n»[0] = «int»\nprint(«n».items)",
        needs=("Shelf",),
    ),
)

DECLARATIONS = {
    "Shelf": """
@torch.jit.script
class Shelf:
    def __init__(self, items: List[int]):
        self.items = items

    def __getitem__(self, place: int) -> int:
        return self.items[place]

    def __setitem__(self, place: int, item: int) -> None:
        self.items[place] = item
""",
    "Bare": """
@torch.jit.script
class Bare:
    def __init__(self, value: int):
        self.value = value
""",
}

MODULE_EXPRESSIONS = {
    "int": _forms(
        "len(self.layers[:1])",
        "len(self.layers[::-1])",
        "self.memory[-1] if len(self.memory) > 0 else «int»",
        "self.pair(«Vector»)[-1]",
    ),
    "Vector": _forms(
        "self.layers[-2](«Vector»)",
        "self.layers[-(-1)](«Vector»)",
        "self.layers[::-1][0].forward(«Vector»)",
        "self.layers[0:2][1:][0].forward(«Vector»)",
        "self.heads['two'].weight",
        "self.steps[-1](«Vector»)",
        "(self.weights[-1] * 1)",
        "self.total[[0, 1, 2]]",
    ),
}

MODULE_STATEMENTS = _forms(
    "«let other n» = slice(«int» % 2, 3)\nprint((«List[int]»)[«n»], (1, 2)[slice(1)])",
    "«let other n» = slice(2)\n«let Tensor m» = torch.zeros(2, 3)\n"
    "«m»[«n»] = «float»\n«m»[0, «n»] += 1\n«m»[slice(1), None] = «int»",
    "«let other n»: Transform = self.layers[«int» % 2]\n«=Vector» = «n».forward(«Vector»)",
    "«let other n»: Transform = self.heads['one' if «bool» else 'two']\n"
    "«=Vector» = «n».forward(«Vector»)",
    "for «new other layer» in self.layers[::-1]:\n    «=Vector» = «layer».forward(«Vector»)",
    "self.memory = [«int», 2]\nself.memory[«int» % 2] += «int»",
    "self.table['c'] = «int»\ndel self.table['c']",
    "self.total[:2] += «float»\nself.total[[0]] = 1",
    "self.total[self.total > «float»] *= 0.5",
)

MODULE_CLASSES = """
@torch.jit.interface
class Shifting(nn.Module):
    def shifted(self, x: Tensor, by: float) -> Tensor:
        pass


class Mute(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.unused
    def shifted(self, x: Tensor, by: float) -> Tensor:
        raise RuntimeError('never compiled')
"""

BARE = ("Bare",)
SHELF = ("Shelf",)

VIOLATIONS = (
    Violation("invalid-subscript", "print((«Optional[int]» is None)[0])  # here"),
    Violation("invalid-subscript", "print(Bare(«int»)[0])  # here", needs=BARE),
    Violation("invalid-subscript", "Bare(«int»)[0] = 1  # here", needs=BARE),
    Violation("invalid-subscript", "print(Bare(«int»)[1:])  # here", needs=BARE),
    Violation("invalid-subscript", "«let int n» = «int»\n«n»[0] = 1  # here"),
    Violation("invalid-subscript", "print(None[0])  # here"),
    Violation("invalid-subscript", "print(self.heads.items[0])  # here", module=True),
    Violation("unsupported-value", "print(List[int])  # here"),
    Violation("unsupported-value", "«let other n» = Dict[str, int]  # here"),
    Violation("optional-not-refined", "«=Vector» = «var Optional[Tensor] o»[0]  # here"),
    Violation("optional-not-refined", "print(«var Optional[Tensor] o»[0:])  # here"),
    Violation("optional-not-refined", "«var Optional[Tensor] o»[0] = 1  # here"),
    Violation("optional-not-refined", "print((«List[int]»)[«var Optional[int] o»])  # here"),
    Violation("union-not-refined", "print(«var Union[int, str] o»[0])  # here"),
    Violation("union-not-refined", "«let other n»: Any = «List[int]»\nprint(«n»[0])  # here"),
    Violation("index-type", "print((«List[int]»)[0, 1])  # here"),
    Violation("index-type", "print((«Dict[str, int]»)['a', 'b'])  # here"),
    Violation("index-type", "«var Dict[str, int] n»['a', 'b'] = 1  # here"),
    Violation("index-type", "«var Dict[str, int] n»[«int»] = 1  # here"),
    Violation("index-type", "«var List[int] n»[«str»] = 1  # here"),
    Violation("index-type", "«var List[int] n»[0, 1] += 1  # here"),
    Violation("index-type", "print((«List[int]»)[«str»:])  # here"),
    Violation("index-type", "print((«str»)[:«float»])  # here"),
    Violation("index-type", "print((«Vector»)[«str»:])  # here"),
    Violation("index-type", "print((«Tuple[int, float]»)[«str»])  # here"),
    Violation("index-type", "print((«Tuple[int, float]»)[«float»])  # here"),
    Violation("index-type", "print((«Vector»)[True])  # here"),
    Violation("index-type", "print((«Vector»)[«str»])  # here"),
    Violation("index-type", "print((«Vector»)[0, «float»])  # here"),
    Violation("index-type", "print((«Vector»)[..., [0, 1]])  # here"),
    Violation("index-type", "print((«Vector»)[..., torch.tensor([0])])  # here"),
    Violation("index-type", "print((«Vector»)[«var Optional[int] o»])  # here"),
    Violation("index-type", "print(Shelf([1, 2])[:1])  # here", needs=SHELF),
    Violation("index-type", "print(Shelf([1, 2])[0, 1])  # here", needs=SHELF),
    Violation("index-type", "Shelf([1, 2])[0, 1] = 2  # here", needs=SHELF),
    Violation("argument-type", "print(Shelf([1, 2])['a'])  # here", needs=SHELF),
    Violation("index-type", "self.layers['one'](«Vector»)  # here", module=True),
    Violation("index-type", "self.layers[«float»](«Vector»)  # here", module=True),
    Violation("index-type", "self.layers[0, 1](«Vector»)  # here", module=True),
    Violation("index-out-of-range", "print((1, 2)[-3])  # here"),
    Violation("index-out-of-range", "print((1, 2)[::0])  # here"),
    Violation("index-out-of-range", "«=Vector» = self.layers[1:][1].weight  # here", module=True),
    Violation("index-out-of-range", "print((1, 2)[slice(None, None, 0)])  # here"),
    Violation(
        "constant-expected", "print((«Tuple[int, float]»)[slice(len(«List[int]»), 2)])  # here"
    ),
    Violation("index-type", "print((«List[int]»)[slice(«str»)])  # here"),
    Violation("missing-argument", "print((«List[int]»)[slice()])  # here"),
    Violation("unsupported-value", "print(slice(«int»))  # here"),
    Violation(
        "unsupported-value", "«let other n» = slice(1)\n«var List[int] m»[«n»] = [1]  # here"
    ),
    Violation("unsupported-value", "print(len(self.layers[slice(1)]))  # here", module=True),
    Violation("index-type", "print(self.layers[1:][0, 1])  # here", module=True),
    Violation("syntax-error", "print((«Vector»)[..., ...])  # here"),
    Violation("syntax-error", "print((«Vector»)[*(0, 1)])  # here"),
    Violation("constant-expected", "print((«Tuple[int, float]»)[len(«List[int]»):])  # here"),
    Violation(
        "constant-expected", "«let int n» = 0\nprint((«Tuple[int, str, Tensor]»)[«n»])  # here"
    ),
    Violation(
        "constant-expected", "print(len(self.layers[len(«List[int]»):]))  # here", module=True
    ),
    Violation(
        "constant-expected", "print(self.layers[:][len(«List[int]»)].weight)  # here", module=True
    ),
    Violation(
        "constant-expected", "print(self.layers[1:][:len(«List[int]»)])  # here", module=True
    ),
    Violation(
        "constant-expected",
        "«=Vector» = self.heads[str(len(«List[int]»))](«Vector»)  # here",
        module=True,
    ),
    Violation(
        "constant-expected",
        "for «new int i», «new other layer» in enumerate(self.layers):\n"
        "    print(self.layers[«i»](«Vector»))  # here",
        module=True,
    ),
    Violation("unknown-attribute", "self.heads['three'](«Vector»)  # here", module=True),
    Violation(
        "interface-mismatch",
        "«let other n»: Transform = self.steps[len(«List[int]»)]  # here",
        module=True,
    ),
    Violation(
        "interface-mismatch",
        "«let other n»: Shifting = self.steps[len(«List[int]»)]  # here",
        module=True,
    ),
    Violation(
        "interface-mismatch",
        "«let other n»: Shifting = self.quiet[len(«List[int]»)]  # here",
        module=True,
    ),
    Violation("index-type", "print((«Vector»)[()])  # here"),
    Violation("index-type", "print((«Vector»)[...])  # here"),
    Violation("unsupported-syntax", "«let other n» = Shelf([1])\n«n»[0] += 1  # here", needs=SHELF),
    Violation("immutable-value", "«var str n»[0] += 'a'  # here"),
    Violation("immutable-value", "«let other n» = «Tuple[int, float]»\n«n»[0] += 1  # here"),
    Violation("unsupported-syntax", "«var List[int] n»[1:] = [2]  # here"),
    Violation("unsupported-syntax", "«var List[int] n»[:] += [2]  # here"),
    Violation("element-type", "«var Vector n»[0] = «str»  # here"),
    Violation("element-type", "«var Dict[str, int] n»['a'] = «float»  # here"),
    Violation("element-type", "«let List[List[int]] n» = [[1]]\n«n»[0] = []  # here"),
    Violation("element-type", "«let List[float] n» = [0.5]\n«n»[0] = «bool»  # here"),
    Violation("element-type", "«let List[float] n» = [0.5]\n«n»[0] = «Vector»  # here"),
    Violation("element-type", "«var List[int] n»[0] = None  # here"),
    Violation("implicit-tensor-conversion", "print((«List[int]»)[torch.tensor(0):])  # here"),
    Violation("implicit-tensor-conversion", "print((«Vector»)[torch.tensor(1):])  # here"),
    Violation("implicit-tensor-conversion", "print((«List[int]»)[torch.tensor(0)])  # here"),
    # A name of unknown type makes no second error.
    Violation("undefined-name", "wrong = never_defined[«int», 1:, ...]  # here\nprint(wrong[0])"),
    Violation(
        "undefined-name",
        "wrong = never_defined  # here\n"
        "print((«List[int]»)[wrong], (1, 'two')[wrong], (1, 'two')[wrong:], 'text'[wrong:])\n"
        "print((«Dict[str, int]»)[wrong], («Vector»)[wrong], («Vector»)[0, wrong, ..., wrong])\n"
        "print((«List[int]»)[wrong:], («Vector»)[wrong:, None], («str»)[wrong])\n"
        "print((«List[int]»)[slice(wrong)], (1, 'two')[slice(wrong)], («Vector»)[slice(wrong)])",
    ),
    Violation(
        "undefined-name",
        "wrong = never_defined  # here\n«var List[int] n»[wrong] = 1\n«var Vector v»[wrong] = 1\n"
        "«var List[int] n»[0] = wrong\nwrong[0] = 1\nwrong[0] += «int»\n«n»[wrong] += 1\n"
        "«v»[wrong] += 1\n«v»[0] += wrong\n«n»[0] += wrong\ndel wrong[0], «n»[wrong]",
    ),
    Violation(
        "undefined-name",
        "wrong = never_defined  # here\nprint(self.layers[wrong], self.layers[wrong:])\n"
        "print(self.heads[wrong], self.layers[1:][wrong], self.layers[1:][wrong:])",
        module=True,
    ),
    Violation(
        "unknown-type",
        "step: Unheard = self.layers[len(«List[int]»)]  # here\nstep.forward(1)",
        module=True,
    ),
)

CHAPTER = Chapter(
    expressions=EXPRESSIONS,
    statements=STATEMENTS,
    declarations=DECLARATIONS,
    module_expressions=MODULE_EXPRESSIONS,
    module_statements=MODULE_STATEMENTS,
    module_classes=MODULE_CLASSES,
    module_attributes="        self.quiet = nn.ModuleList([Mute()])\n",
    violations=VIOLATIONS,
)
