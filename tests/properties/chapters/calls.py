"""Calls and construction of values."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation, violating_function


def _forms(*forms: str | Form, needs: tuple[str, ...] = ()) -> tuple[Form, ...]:
    return tuple(Form(form, needs=needs) if isinstance(form, str) else form for form in forms)


OVERLOADED = ("either",)
CALLABLE = ("Adder",)

EXPRESSIONS = {
    "int": _forms(
        "int(torch.ops.aten.add(«int», 2))",
        "torch.jit.annotate(int, «int»)",
        "torch.jit._unwrap_optional(torch.jit.annotate(Optional[int], «int»))",
        Form("add_numbers(*(«int», «int»))", needs=("add_numbers",)),
        Form("add_numbers(«int», *(4,))", needs=("add_numbers",)),
        Form("add_numbers(second=«int», first=«int»)", needs=("add_numbers",)),
        Form("torch.jit.fork(add_numbers, «int», second=«int»).wait()", needs=("add_numbers",)),
        Form("torch.jit.wait(torch.jit.fork(add_numbers, «int»))", needs=("add_numbers",)),
        Form("either(«int»)", needs=OVERLOADED),
        Form("either(n=«int»)", needs=OVERLOADED),
        "torch.jit.fork(int, «float»).wait()",
        Form("Partial(«int»).used(«int»)", needs=("Partial",)),
        Form("Adder(«int»)(«int»)", needs=CALLABLE),
        Form("Adder(«int»)(by=«int»)", needs=CALLABLE),
        Form("Adder(*(«int»,)).start", needs=CALLABLE),
        Form("Adder(«int»).chosen(«int»)", needs=CALLABLE),
        Form("Point(y=«float», x=«int»).x", needs=("Point",)),
        Form("(Preset().n + Preset(«int», text=«str»).n)", needs=("Preset",)),
        Form("stays_in_python(«int», by=2)", needs=("stays_in_python",)),
        Form("takes_anything(«int», «str», «int»)", needs=("takes_anything",)),
    ),
    "str": _forms(Form("either(«str»)", needs=OVERLOADED)),
    "Vector": _forms(
        "torch.ops.aten.relu(«Vector»)",
        "torch.ops.aten.add(«Vector», «Vector», alpha=2)",
        "F.max_pool1d((«Vector»).view(1, 1, 3), 1).view(3)",
        "F.max_pool1d((«Vector»).view(1, 1, 3), 1, return_indices=True)[0].view(3)",
        "F.max_pool1d((«Vector»).view(1, 1, 3), 1, None, 0, 1, False, False).view(3)",
        "F.adaptive_max_pool1d((«Vector»).view(1, 3), 3).view(3)",
        "F.adaptive_max_pool1d((«Vector»).view(1, 3), 3, True)[0].view(3)",
        "(«Vector»).clamp(min=«float»)",
        "torch.jit.fork((«Vector»).relu).wait()",
        "torch.jit.fork(torch.jit.fork(torch.relu, «Vector»).wait).wait()",
        Form("count_values(«Vector», «int»)", needs=("count_values",)),
        "(«Vector»).mul(other=«Vector»)",
    ),
}

STATEMENTS = _forms(
    Form(
        "«let other f» = torch.jit.fork(scale_tensor, «Vector», «int»)\n«=Vector» = torch.jit.wait(«f»)",
        needs=("scale_tensor",),
    ),
    Form("if «int» == 77777:\n    print(left_out(«int»))", needs=("left_out",)),
    Form(
        "«let other n» = Adder(«int»)\n«=int» = «n»(«n»(«int»))",
        needs=CALLABLE,
    ),
)

DECLARATIONS = {
    "either": """
@torch.jit._overload
def either(n: int) -> int:
    pass


@torch.jit._overload
def either(n: str) -> str:
    pass


def either(n):
    return n
""",
    "Adder": """
@torch.jit.script
class Adder:
    def __init__(self, start: int):
        self.start = start % 1009

    def __call__(self, by: int) -> int:
        return (self.start + by) % 1009

    def chosen(self, by: int) -> int:
        return self(by) + self.__call__(1)
""",
    "Preset": """
class Preset(NamedTuple):
    n: int = 3
    text: str = 'preset'
""",
    "left_out": """
@torch.jit.unused
def left_out(n: int) -> int:
    return [lambda: n][0]()
""",
    "stays_in_python": """
@torch.jit.ignore
def stays_in_python(n: int, *, by: int = 1) -> int:
    return (n * by) % 1009
""",
    "count_values": """
@torch.jit.ignore
def count_values(*values) -> Tensor:
    return torch.ones(3) * len(values)
""",
    "Partial": """
@torch.jit.script
class Partial:
    def __init__(self, n: int):
        self.n = n % 1009

    def used(self, by: int) -> int:
        return self.n + by

    @torch.jit.unused
    def gone(self, *values):
        return values
""",
    "takes_anything": """
@torch.jit.ignore
def takes_anything(n: int, text: str, by: int) -> int:
    return (n + len(text) + by) % 1009
""",
}

MODULE_EXPRESSIONS = {
    "int": _forms(
        "self.kinds.of_kind(«int»)",
        "self.shown.size(0)",
        "torch.jit.fork(self.helper, «int»).wait()",
    ),
    "str": _forms("self.kinds.of_kind(«str»)"),
    "Vector": _forms(
        "self.hooked(«Vector»)",
        "self.watched(«Vector»)",
        "self.repacked(«Vector», «Vector»)",
        "self.hooked.forward(«Vector»)",
        "self.transform(«Vector»)",
        "self.named(«Vector», other=«Vector»)",
        "torch.jit.fork(self.scale, «Vector»).wait()",
        "self.lonely.counted(«Vector», «int»)",
        "torch.jit.wait(torch.jit.fork(self.scale.shifted, «Vector», by=«float»))",
        "self.library_function(«Vector»)",
    ),
}

MODULE_STATEMENTS = _forms(
    "if «int» == 77777:\n    print(self.unused(«int»))",
    "self.super_called()",
)

MODULE_CLASSES = """
def double_input(self, args: Tuple[Tensor]) -> Tensor:
    return args[0] * 2


def look_at_input(self, args: Tuple[Tensor]) -> None:
    print('before', args[0].dim())


def swap_inputs(self, args: Tuple[Tensor, Tensor]) -> Tuple[Tensor, Tensor]:
    return args[1], args[0]


def add_to_output(self, args: Tuple[Tensor], result: Tensor) -> Tensor:
    return result + args[0]


def look_at_output(self, args: Tuple[Tensor], result: Tensor) -> None:
    print('after', result.dim())


class Difference(nn.Module):
    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        return x - other


class Kinds(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit._overload_method
    def of_kind(self, n: int) -> int:
        pass

    @torch.jit._overload_method
    def of_kind(self, n: str) -> str:
        pass

    def of_kind(self, n):
        return n


class Lonely(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    @torch.jit.ignore
    def counted(self, *values) -> Tensor:
        return torch.ones(3) * len(values)
"""

MODULE_ATTRIBUTES = """
        self.hooked = Scale(0.5)
        self.hooked.register_forward_pre_hook(double_input)
        self.hooked.register_forward_hook(add_to_output)
        self.watched = Scale(1.5)
        self.watched.register_forward_pre_hook(look_at_input)
        self.watched.register_forward_hook(look_at_output)
        self.repacked = Difference()
        self.repacked.register_forward_pre_hook(swap_inputs)
        self.named = Difference()
        self.lonely = Lonely()
        self.kinds = Kinds()
        self.shown = torch.zeros(3)
        self.library_function = torch.relu
"""

MODULE_MEMBERS = """
    def super_called(self) -> None:
        print('called')
"""

VIOLATIONS = (
    # Arguments
    Violation("starred-argument", "print(torch.stack(*«var List[Tensor] n»))  # here"),
    Violation(
        "syntax-error",
        "pass",
        make="torch.jit.CompilationUnit('def f(x):\\n    return torch.clamp(x, min=1, min=2)\\n')",
    ),
    Violation("undefined-name", "print(torch.add(*never_defined))  # here"),
    Violation("undefined-name", "print(torch.add(«Vector», *never_defined.more))  # here"),
    Violation(
        "undefined-name",
        "wrong = never_defined  # here\nprint(torch.add(«Vector», *wrong))\nwrong(«int», add_numbers, lambda_of=«Vector»)\nwrong.method(«int», *wrong)",
        needs=("add_numbers",),
    ),
    Violation("undefined-name", "print(torch.add(«Vector», *never_defined(1)))  # here"),
    Violation("undefined-name", "print(torch.jit.fork(never_defined(1), «Vector»))  # here"),
    violating_function(
        "argument-type",
        "def bad(x: List[int]):\n    return len(x)\n",
        "wrong = []\nbad(wrong)  # here",
    ),
    # What cannot be called
    Violation("not-callable", "print(Color(1))  # here", needs=("Color",)),
    Violation("not-callable", "print(Transform())  # here", module=True),
    Violation("not-callable", "print((«Tuple[int, float]»)())  # here"),
    Violation("not-callable", "print((«var Optional[int] o»)())  # here"),
    Violation("not-callable", "print((«str»)(«int»))  # here"),
    Violation("not-callable", "print(math(«float»))  # here"),
    Violation("not-callable", "print(self.lonely(«Vector»))  # here", module=True),
    Violation("not-callable", "print(self.layers(«Vector»))  # here", module=True),
    Violation("not-callable", "print(self.sizes(«Vector»))  # here", module=True),
    Violation("unsupported-value", "print(ValueError('text'))  # here"),
    Violation(
        "not-callable",
        "print(Bare())  # here",
        "\nclass Bare:\n    def size(self) -> int:\n        return 3\n",
    ),
    # Functions
    violating_function(
        "argument-type", "def bad(x, y: int):\n    return x * y\n", "bad(«int», 2)  # here"
    ),
    violating_function(
        "argument-type",
        "def bad(x: int, y: str) -> int:\n    return x\n",
        "bad(«int», y=«int»)  # here",
    ),
    violating_function(
        "operator-type",
        "def bad(x: int, y: str) -> int:\n    return x + y  # here\n",
        "bad(«int», «str»)",
    ),
    Violation("no-matching-overload", "print(either(«float»))  # here", needs=OVERLOADED),
    Violation(
        "argument-type",
        "print(single(«float»))  # here",
        """
@torch.jit._overload
def single(n: int) -> int:
    pass


def single(n):
    return n
""",
    ),
    Violation("argument-type", "print(left_out(«str»))  # here", needs=("left_out",)),
    Violation("argument-type", "print(stays_in_python(«str»))  # here", needs=("stays_in_python",)),
    Violation(
        "missing-argument", "print(takes_anything(«int», «str»))  # here", needs=("takes_anything",)
    ),
    Violation(
        "constant-expected",
        "print(F.max_pool1d((«Vector»).view(1, 1, 3), 1, return_indices=«var bool m»))  # here",
    ),
    Violation(
        "undefined-name",
        "print(F.max_pool1d((«Vector»).view(1, 1, 3), 1, return_indices=never_defined))  # here",
    ),
    # Methods and modules
    Violation("argument-type", "print(self.helper(«str»))  # here", module=True),
    Violation("argument-type", "print(self.unused(«str»))  # here", module=True),
    Violation("argument-type", "print(self.ignored(«str»))  # here", module=True),
    Violation("argument-type", "print(self.transform.forward(«int»))  # here", module=True),
    Violation("missing-argument", "print(self.transform.forward())  # here", module=True),
    Violation("argument-type", "print(self.hooked(«int»))  # here", module=True),
    Violation("missing-argument", "print(self.scale())  # here", module=True),
    Violation("no-matching-overload", "print(self.kinds.of_kind(«float»))  # here", module=True),
    Violation("argument-type", "print(Point(«str», «float»))  # here", needs=("Point",)),
    Violation("missing-argument", "print(Point(«int»))  # here", needs=("Point",)),
    Violation("unexpected-keyword", "print(Point(«int», «float», z=1))  # here", needs=("Point",)),
    Violation("argument-type", "print(Counter(«str»).value)  # here", needs=("Counter",)),
    Violation("argument-type", "print(Adder(«int»)(«str»))  # here", needs=CALLABLE),
    Violation("missing-argument", "print(Counter(«int»).bumped())  # here", needs=("Counter",)),
    Violation(
        "recursion",
        "print(Turning(«int»).down(3))",
        "\nclass Turning:\n    def __init__(self, n: int):\n        self.n = n\n\n"
        "    def down(self, n: int) -> int:\n        return self.down(n - 1) if n > 0 else 0  # here\n",
    ),
    # Wrong arguments of built-in functions
    Violation("no-matching-overload", "print((«Vector»).add('text'))  # here"),
    Violation("no-matching-overload", "print((«List[int]»).index('text'))  # here"),
    Violation("no-matching-overload", "print(torch.ops.aten.relu(«str»))  # here"),
    Violation("argument-type", "print(torch.jit.wait(«Vector»))  # here"),
    Violation("unsupported-syntax", "print(torch.jit.fork(lambda n: n, «Vector»))  # here"),
)

CHAPTER = Chapter(
    expressions=EXPRESSIONS,
    statements=STATEMENTS,
    declarations=DECLARATIONS,
    module_expressions=MODULE_EXPRESSIONS,
    module_statements=MODULE_STATEMENTS,
    module_classes=MODULE_CLASSES,
    module_attributes=MODULE_ATTRIBUTES,
    module_members=MODULE_MEMBERS,
    violations=VIOLATIONS,
)
