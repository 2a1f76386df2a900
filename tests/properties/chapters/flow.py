"""Assignments to every target, loops over everything that can be iterated, and comprehensions."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation


def _forms(*texts: str | Form) -> tuple[Form, ...]:
    return tuple(text if isinstance(text, Form) else Form(text) for text in texts)


EXPRESSIONS = {
    "List[int]": _forms(
        "[v for v in «Tuple[int, int, int]»]",
        "[v for v in (1, «int», 3)]",
        "[len(v) for v in ('a', «str»)]",
        "[v + w for v, w in zip((1, 2), («int», 3))]",
        "[v + w for v, w in enumerate((«int», 2), 1)]",
        "[v % 5 for v in range(1, 9, 2)]",
        "[v % 5 for v in range(«int» % 4, 6)]",
        "[len(v) for v in «Dict[str, int]»]",
        "[v + len(k) for k, v in («Dict[str, int]»).items()]",
        "[i + j for (i, j), k in zip([(1, 2), («int», 3)], «List[str]»)]",
    ),
    "List[Optional[int]]": _forms(
        "torch.jit.annotate(List[Optional[int]], [v for v in «List[int]»])",
    ),
    "List[Tensor]": _forms(
        "[v + 1 for v in (torch.ones(3), «Vector»)]",
        "[v * 2 for v in «Vector»]",
    ),
    "Dict[str, int]": _forms(
        "{k: v for k, v in zip(«List[str]», «List[int]»)}",
        "{k: v + 1 for k, v in («Dict[str, int]»).items()}",
        "{k: «int» for k in ('a', 'b')}",
    ),
}

STATEMENTS = _forms(
    "«let int a», *«let other b», «let int c» = «Tuple[int, int, int]»\nprint(len(«b»))",
    "*«let other a», «let int b» = («str», «float», «int»)\nprint(len(«a»))",
    "(«let int a», («let str b», «let float c»)) = («int», («str», «float»))",
    "«let int a», «let int b» = [«int», «int»]",
    "«let other a» = «let other b» = «List[int]»\nprint(len(«a»), «b»)",
    "«=int», «=float» = «Tuple[int, float]»",
    "«let Vector a», «let Vector b» = torch.stack([«Vector», «Vector»]).unbind()",
    "«let Optional[int] n»: Optional[int] = «int»",
    "«let List[Optional[int]] n»: Optional[List[Optional[int]]] = [v for v in «List[int]»]",
    "«let other n»: Optional[Dict[str, int]] = {k: 1 for k in «List[str]»}\nprint(«n» is None)",
    "«let List[int] n» = [«int»]\n«n» += [«int», 2]\n«n» *= 2",
    "«let Vector n» = torch.ones(3)\n«n» += «Vector»\n«n» -= «float»\n«n» *= 2",
    "«let str n» = «str»[:3]\n«n» += 'x'",
    "«let float n» = 1.5\n«n» /= 2.0\n«n» -= «float»",
    Form(
        "«let Counter n» = Counter(«int»)\n«n» += Counter(2)\nprint(«n».value)", needs=("Counter",)
    ),
    Form(
        "«let Counter n» = Counter(«int»)\n«n».value += «int»\nprint(«n».value)", needs=("Counter",)
    ),
    Form(
        "for «new other color» in Color:\n    print(«color».name)",
        needs=("Color",),
    ),
    "for «new int i» in («int», 2):\n    «=int» = «i»",
    "for «new other i» in («int», «str», 2.5):\n    print(«i»)",
    "for «new int i», «new other v» in enumerate((«int», 'two'), «int» % 4):\n    print(«i», «v»)",
    "for «new other v» in zip(«List[int]», «str»):\n    print(«v»)",
    "for «new int i», «new str k» in enumerate(«List[str]», 2):\n    print(«i», «k»)",
    "for «new str k» in «Dict[str, int]»:\n    print(«k»)",
    "for «new Tensor v» in «Vector»:\n    print(«v».dim())",
    "if «int» == 64:\n    for «new int i» in («int», 2):\n        return «result»",
)

MODULE_STATEMENTS = _forms(
    "for «new str k», «new other v» in self.heads.items():\n    print(«k», «v»(«Vector»).size(0))",
    "for «new str k» in self.heads:\n    print(«k»)",
    "for «new other v» in self.heads.values():\n    «=Vector» = «v»(«Vector»)",
    "for «new other v» in self.steps:\n    «=Vector» = «v»(«Vector»)",
    "for «new other v» in self.weights:\n    print(«v».size(0))",
    "for «new int i», «new other v» in enumerate(self.layers, 1):\n    «=Vector» = «v»(«Vector») + «i»",
    "self.total += «float»\nself.total *= 2",
    "self.count += «int»\nself.rate = self.rate + 0.5",
    "self.count, self.rate = «int», «float»",
    "«=Vector» = torch.stack([v(«Vector») for v in self.layers]).sum(0)",
)

UNKNOWN = "wrong = never_defined  # here\n"

VIOLATIONS = (
    Violation(
        "hook-signature",
        "pass",
        "\nclass Hooked(nn.Module):\n    def forward(self, x: Tensor) -> Tensor:\n        return x\n\n"
        "def bad(self, inputs: Tuple[int]) -> None:  # here\n    pass\n\n"
        "def hooked():\n    net = Hooked()\n    net.register_forward_pre_hook(bad)\n    return net\n",
        make="hooked()",
    ),
    Violation(
        "invalid-constant",
        "pass",
        "\nclass Mode(enum.Enum):\n    SUM = 1\n\n\n"
        "class Pool(nn.Module):\n    mode: Final[Mode]\n\n"
        "    def __init__(self):\n        super().__init__()\n        self.mode = Mode.SUM\n\n"
        "    def forward(self, x: Tensor) -> Tensor:\n        return x\n",
        make="Pool()",
    ),
    Violation("unsupported-syntax", "[one, two] = «List[int]»  # here\nprint(one, two)"),
    Violation("unsupported-syntax", "*one, = «Tuple[int, float]»  # here"),
    Violation("starred-target", "one, *two = «Vector»  # here"),
    Violation("unpack-type", "one, two = «Vector»  # here\nprint(one, two)"),
    Violation("unpack-mismatch", "one, two, three, *four = «Tuple[int, float]»  # here"),
    Violation("read-only-attribute", "math.pi = «float»  # here"),
    Violation("operator-type", "«let other n» = «Tuple[int, float]»\n«n» += (1,)  # here"),
    Violation("operator-type", "«let List[int] n» = [1]\n«n» += «str»  # here"),
    Violation("operator-type", "«let List[int] n» = [1]\n«n» *= «str»  # here"),
    Violation(
        "not-iterable",
        "for «new int i», «new int v» in zip(range(4), (1, «int»)):  # here\n    pass",
    ),
    Violation(
        "not-iterable",
        "for «new int i», «new other v» in zip(range(2), self.layers):  # here\n    pass",
        module=True,
    ),
    Violation("unpack-type", "one, two = self.layers  # here", module=True),
    Violation("immutable-value", "«let other n» = «Tuple[int, float]»\ndel «n»[0]  # here"),
    Violation("unsupported-syntax", "del «var List[int] n»[1:]  # here"),
    Violation("unsupported-syntax", "del self.count  # here", module=True),
    Violation("undefined-name", "gone = «int»\ndel gone\nprint(gone)  # here"),
    Violation("undefined-name", "never_defined += «int»  # here"),
    Violation("unknown-attribute", "self.never_set += 1  # here", module=True),
    Violation("element-type", "«let other n» = [v for v in («int», «str»)]  # here"),
    Violation("element-type", "«let List[str] n»: List[str] = [v for v in «List[int]»]  # here"),
    Violation(
        "element-type",
        "«let other n»: Dict[str, int] = {k: k for k in «List[str]»}  # here",
    ),
    Violation("not-iterable", "for «new other v» in zip((1, 2), «List[int]»):  # here\n    pass"),
    Violation("not-iterable", "for «new other v» in self.scale:  # here\n    pass", module=True),
    Violation(
        "undefined-name",
        UNKNOWN + "[1, wrong]\n{k: wrong for k in wrong}\n[v for v in wrong]\n"
        "one, two = wrong\nthree, *four = wrong\nwrong += 1\nwrong.field = 1\nwrong.field += 1\n"
        "for v in zip((1, 2), wrong):\n    print(v)\nfor v in zip(«List[int]», wrong):\n    print(v)",
    ),
)

CHAPTER = Chapter(
    expressions=EXPRESSIONS,
    statements=STATEMENTS,
    module_statements=MODULE_STATEMENTS,
    violations=VIOLATIONS,
)
