"""Ways out of a block, exceptions, ``with``, names of what is no value, and conditions."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation

STATEMENTS: tuple[Form, ...] = (
    # What follows a way out is not compiled
    Form("if «var bool m» and «bool»:\n    return «result»\n    undefined_here()"),
    Form("if «int» == 78:\n    raise ValueError('never')\n    undefined_here()"),
    Form("«let Vector n» = torch.ones(3)\nraised_by_one(«n», «int»)", needs=("raised_by_one",)),
    # Names of functions: no values, so no variables of the graph
    Form("«let function f» = torch.tanh\n«=Vector» = «f»(«Vector»)"),
    Form("«let function f» = math.floor\n«let function g» = «f»\n«=int» = «g»(«float»)"),
    Form("if «var bool m»:\n    gone = «int»\n    print(gone)\n    return «result»"),
    Form("«let Tuple[int, float] n» = («int», math.pi)"),
    Form("if «str»:\n    «plain»"),
    Form("if «List[int]»:\n    «plain»"),
    Form("print(1 if «Dict[str, int]» else 2)"),
    Form("print(named(«int»).value)", needs=("Color", "named")),
    # Exceptions
    Form("if «int» == 71:\n    raise ValueError"),
    Form("if «int» == 72:\n    raise ValueError()"),
    Form("if «int» == 73:\n    raise ValueError(«int»)"),
    Form("if «int» == 74:\n    raise RuntimeError('two', «int»)"),
    Form("if «int» == 75:\n    raise KeyError('a') from None"),
    Form("if «int» == 76:\n    raise Failure('mine')", needs=("Failure",)),
    Form("if «int» > 40:\n    raise Failure(«str»)", needs=("Failure",)),
    Form("if «int» > 30:\n    raise Failure", needs=("Failure",)),
    # Assertions that are known to hold, or not to
    Form("assert isinstance(«int», int)"),
    Form("assert isinstance(«str», str), 'a text'"),
    Form("if «int» == 70:\n    assert None is not None, 'never'"),
    Form("assert «int» < 905, «str»"),
    Form("assert «int» < 905, «int»"),
    # Branches that are known
    Form("if isinstance(«int», int):\n    «def int n» = «int»\nelse:\n    «n» = 'text'"),
    # with
    Form("with torch.autograd.profiler.record_function('step'):\n    «body»"),
    Form("if «int» == 69:\n    with Guard(«int»):\n        return «result»", needs=("Guard",)),
    Form(
        "if «int» == 68:\n    with Guard(«int»):\n        raise ValueError('no')", needs=("Guard",)
    ),
    Form(
        "for «new int i» in range(3):\n    with Guard(«i») as «new int g»:\n        if «g» > 1:\n            break\n        «=int» = «g»",
        needs=("Guard",),
    ),
    # Conditions of other types, and empty lists
    Form("if Flag(«int»):\n    «plain»", needs=("Flag",)),
    Form("«let List[Tensor] n» = []\n«n».append(«Vector»)\nprint(len(«n»))"),
)

DECLARATIONS = {
    "named": """
def named(n: int, color: Color = Color.BLUE) -> Color:
    return Color.RED if n > 1 else color
""",
    "raised_by_one": """
def raised_by_one(x: Tensor, n: int) -> None:
    if n > 2:
        return
    x.add_(1.0)
""",
    "Failure": """
class Failure(Exception):
    pass
""",
    "Flag": """
@torch.jit.script
class Flag:
    def __init__(self, value: int):
        self.value = value

    def __bool__(self) -> bool:
        return self.value > 1
""",
}

_GUARD = """
@torch.jit.script
class Bad:
    def __init__(self):
        self.level = 0

    def __enter__(self) -> int:
        return self.level{here}

    def __exit__(self{more}):
        pass
"""

VIOLATIONS: tuple[Violation, ...] = (
    Violation(
        "unsupported-value",
        "if «var bool m»:\n    act = torch.tanh\nelse:\n    return «result»\n«=Vector» = act(«Vector»)  # here",
    ),
    Violation(
        "unsupported-value",
        "if «var bool m»:\n    act = torch.tanh\nelse:\n    act = torch.tanh\n«=Vector» = act(«Vector»)  # here",
    ),
    Violation(
        "maybe-undefined",
        "if «var bool m»:\n    if «var bool k»:\n        late = «int»\nelse:\n    return «result»\nprint(late)  # here",
    ),
    Violation(
        "unsupported-value",
        "if «var bool m»:\n    act = torch.relu\nelse:\n    act = torch.tanh\nprint(act(«Vector»))  # here",
    ),
    Violation("undefined-name", "if «var bool m»:\n    raise never_defined('text', «int»)  # here"),
    Violation("undefined-name", "if «var bool m»:\n    raise never_defined()  # here"),
    Violation("undefined-name", "if «var bool m»:\n    raise never_defined  # here"),
    Violation("undefined-name", "with never_defined as «new int c»:  # here\n    print(«c» + 1)"),
    Violation("undefined-name", "with never_defined:  # here\n    pass"),
    Violation("undefined-name", "with never_defined[0] as «new int c»:  # here\n    print(«c»)"),
    Violation("undefined-name", "with never_defined[0]:  # here\n    pass"),
    Violation(
        "not-a-context-manager",
        "with Counter(«int») as «new int c»:  # here\n    print(«c» + 1)",
        needs=("Counter",),
    ),
    Violation(
        "not-a-context-manager",
        "with Bad():  # here\n    pass",
        _GUARD.format(here="", more=""),
    ),
    Violation(
        "undefined-name",
        "with Bad():\n    pass",
        _GUARD.format(here=" + never_defined  # here", more=", type: Any, value: Any, tb: Any"),
    ),
    Violation("captured-global", "print(math.__loader__)  # here"),
    Violation("unsupported-value", "print((«int», torch.tanh))  # here"),
    Violation(
        "undefined-name",
        "if never_defined:  # here\n    u = «int»\nelse:\n    u = «str»\nprint(u)",
    ),
    Violation("undefined-name", "if never_defined:  # here\n    u = «int»\nprint(u)"),
    Violation(
        "undefined-name",
        "if «var bool m»:\n    if never_defined:  # here\n        return «result»\nprint(«int»)",
    ),
    Violation("undefined-name", "assert «int» < 905, never_defined  # here"),
    Violation("undefined-name", "with never_defined + 1 as «new int c»:  # here\n    print(«c»)"),
    Violation("undefined-name", "with never_defined + 1:  # here\n    pass"),
    Violation(
        "undefined-name",
        "with Bad():\n    pass",
        _GUARD.replace("@torch.jit.script\n", "").format(
            here=" + never_defined  # here", more=", type: Any, value: Any, tb: Any"
        ),
    ),
    Violation(
        "undefined-name",
        "«let function f» = torch.tanh\nif «var bool m»:\n    «f» = never_defined + 1  # here",
    ),
    Violation(
        "unsupported-value",
        "«let module n» = self.linear\nif self.flag:\n    «n» = self.linear  # here",
        module=True,
    ),
    Violation(
        "unsupported-value",
        "if self.flag:\n    layer = self.linear\nelse:\n    return «result»\nprint(layer(«Vector»))  # here",
        module=True,
    ),
    Violation("argument-type", "print((«str»).find(3))  # here"),
    Violation("optional-not-refined", "print(torch.abs(«var Optional[Tensor] o»))  # here"),
    Violation("condition-type", "if Counter(«int»):  # here\n    pass", needs=("Counter",)),
    Violation(
        "unsupported-syntax",
        "try:  # here\n    lost = «int»\nfinally:\n    pass\nprint(lost)",
    ),
    Violation(
        "unsupported-syntax",
        "if «var bool m»:\n    lost = «int»\ntry:  # here\n    pass\nfinally:\n    pass\nprint(lost)",
    ),
    Violation(
        "reassigned-type",
        "«let function f» = torch.tanh\nif «var bool m»:\n    «f» = «int»  # here",
    ),
    Violation(
        "reassigned-type", "«let int n» = «int»\nif «var bool m»:\n    «n» = torch.tanh  # here"
    ),
    Violation(
        "reassigned-type",
        "«let function f» = torch.tanh\nif «var bool m»:\n    «f» = torch.relu  # here",
    ),
    Violation("reassigned-type", "«let int n» = «int»\nif «var bool m»:\n    «n»: int = 2  # here"),
    Violation(
        "argument-type",
        "«let List[Tensor] n» = []\nfor «new int i» in range(2):\n    «n».append(«i»)  # here",
    ),
)

MODULE_STATEMENTS = (
    Form("«let module n» = self.transform\n«=Vector» = «n».forward(«Vector»)"),
    Form("«let module n» = self.linear\n«=Vector» = «n»(«Vector»)"),
    Form("print(self.color.value)"),
    Form("print(self.pads, len(self.pads))"),
    Form("if self._ > 1:\n    «plain»"),
)

CHAPTER = Chapter(
    statements=STATEMENTS,
    declarations=DECLARATIONS,
    module_statements=MODULE_STATEMENTS,
    module_classes="""
class Shade(enum.Enum):
    DARK = 1
    LIGHT = 2

""",
    module_attributes="""
        self.color: Final[Shade] = Shade.DARK
        self.pads: Final[List[int]] = [1, 2]
        self._ = 3
""",
    violations=VIOLATIONS,
)
