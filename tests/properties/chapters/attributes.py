"""Attributes, names and what is looked up on them; what functions return."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation, violating_function


def _forms(*forms: str | Form, needs: tuple[str, ...] = ()) -> tuple[Form, ...]:
    return tuple(Form(form, needs=needs) if isinstance(form, str) else form for form in forms)


COLOR = ("Color",)
COUNTER = ("Counter",)
POINT = ("Point",)
ACCOUNT = ("Account",)

EXPRESSIONS = {
    "int": _forms(
        "(«Vector»).ndim",
        "(«Vector»).itemsize",
        "(«Vector»).nbytes",
        "(«Tensor»).ndim",
        "(«Vector»).T.shape[0]",
        "len((«Tensor»).shape)",
        "(«List[int]» + [1]).index(1)",
        "getattr(«Vector», 'ndim')",
        "(1 if math.pi > «float» else «int»)",
        "(1 if torch.inf > «float» else «int»)",
        Form("string.digits.find('3')", needs=("string",)),
        Form("len(string.ascii_letters.upper())", needs=("string",)),
        Form("getattr(Point(«int», «float»), 'x')", needs=POINT),
        Form("getattr(Point(«int», «float»), 'z', «int»)", needs=POINT),
        Form("getattr(Counter(«int»), 'value', 3)", needs=COUNTER),
        Form("getattr(Counter(«int»), 'missing', «int»)", needs=COUNTER),
        Form("getattr(Counter(«int»), 'bumped')(«int»)", needs=COUNTER),
        Form("getattr(Counter, 'triple')(«int»)", needs=COUNTER),
        Form("(«Color»).value", needs=COLOR),
        Form("getattr(«Color», 'value')", needs=COLOR),
        Form("Account(«int»).history[0]", needs=ACCOUNT),
        Form("Account(«int»).inner.value", needs=ACCOUNT),
        Form("Account(«int»).inner.bumped(«int»)", needs=ACCOUNT),
        Form("several_returns(«int»)", needs=("several_returns",)),
        Form("returns_in_loops(«List[int]»)", needs=("returns_in_loops",)),
        Form("returns_in_with(«int»)", needs=("returns_in_with",)),
    ),
    "bool": _forms(
        "(«Tensor»).is_cuda",
        "(«Tensor»).is_cpu",
        "(«Vector»).is_sparse",
        "(«Vector»).is_quantized",
        "(«Vector»).is_meta",
        "(«Vector»).is_mkldnn",
        "(«Vector»).is_nested",
        "((«Vector»).requires_grad and False)",
        "((«Vector»).device.index is None)",
        "((«Vector»).device == torch.device('cpu'))",
        "((«Vector»).dtype == torch.float32)",
        "((«Vector»).layout == torch.strided)",
        "((«Tensor»).dtype != torch.int64)",
        Form("hasattr(Point(«int», «float»), 'z')", needs=POINT),
        Form("hasattr(Counter(«int»), 'value')", needs=COUNTER),
        Form("hasattr(Counter(«int»), 'bumped')", needs=COUNTER),
        Form("hasattr(Counter(«int»), 'missing')", needs=COUNTER),
        Form("hasattr(Counter, 'triple')", needs=COUNTER),
        Form("hasattr(Counter, 'missing')", needs=COUNTER),
        Form("(«Color»).name == 'RED'", needs=COLOR),
    ),
    "str": _forms(
        "(«Vector»).device.type",
        "getattr((«Vector»).device, 'type')",
        Form("getattr(Color.RED, 'name')", needs=COLOR),
        Form("string.digits[«slice»]", needs=("string",)),
        "math.__name__",
    ),
    "float": _forms(
        "math.e",
        "math.tau / 7",
        "torch.pi",
        "getattr(math, 'pi')",
        Form("Point(«int», «float»).y + math.pi", needs=POINT),
        Form("returns_float(«int»)", needs=("returns_float",)),
    ),
    "Vector": _forms(
        "(«Vector»).data",
        "(«Vector»).real",
        "(«Vector» * 1j).imag",
        "(«Vector»).view(1, 3).T[:, 0]",
        "(«Vector»).view(3, 1).mT[0]",
        "torch.stack([«Vector», «Vector»]).mH[:, 0]",
        "torch.stack([«Vector», «Vector»]).H[:, 1]",
        "(«Vector»).type(torch.float64).to((«Vector»).dtype) * torch.ones(3)",
        "torch.ones(3, dtype=(«Vector»).dtype, device=(«Vector»).device)",
        "getattr(«Vector», 'relu')()",
        "torch.linalg.norm(«Vector») * torch.ones(3)",
        Form("torch.jit.fork(untyped, «Vector», «Vector»).wait()", needs=("untyped",)),
        Form("returns_tensors(«Vector», «int»)[0]", needs=("returns_tensors",)),
        Form("returns_any_tensor(«Vector»)", needs=("returns_any_tensor",)),
    ),
    "Optional[int]": _forms(
        "(«Vector»).device.index",
        Form("maybe_number(«int»)", needs=("maybe_number",)),
    ),
    "Any": _forms(
        Form("returns_anything(«int»)", needs=("returns_anything",)),
        Form("returns_what_it_gets(«Any», «int»)", needs=("returns_what_it_gets",)),
        Form("returns_pairs(«int», «Optional[int]»)", needs=("returns_pairs",)),
    ),
}

STATEMENTS = _forms(
    Form("returns_nothing(«int»)", needs=("returns_nothing",)),
    Form("print(returns_nothing(«int») is None)", needs=("returns_nothing",)),
    Form(
        "«let other n» = Account(«int»)\n«n».inner.value = «int»\n«n».inner.value += 2\n"
        "«n».last = «int»\nprint(«n».inner.double, «n».last, «n».owner)",
        needs=ACCOUNT,
    ),
    Form(
        "«let other n» = Account(«int»)\n«n».last = None\n«let Optional[int] k» = «n».last\n"
        "if «k» is not None:\n    print(«k» + 1)",
        needs=ACCOUNT,
    ),
    Form(
        "«let other n» = Account(«int»)\n«n».balance = «int»\n«n».balance += «int»\n"
        "«=int» = «n».balance",
        needs=ACCOUNT,
    ),
    Form(
        "«let other n» = Account(«int»)\n«n».weights = «Vector» * 1\n«n».weights += 1\n"
        "«n».history.append(«int»)\nprint(len(«n».weights.shape), «n».history)",
        needs=ACCOUNT,
    ),
    Form("if hasattr(Counter(«int»), 'missing'):\n    undefined_here()", needs=COUNTER),
    "«let other n» = «Tensor»\nprint(list(«n».shape), «n».is_cpu)",
)

DECLARATIONS = {
    "string": "\nimport string\n",
    "Account": """
@torch.jit.script
class Owned:
    def __init__(self, value: int):
        self.value = value % 1009

    @property
    def double(self) -> int:
        return self.value * 2

    def bumped(self, by: int) -> int:
        self.value += by
        return self.value


@torch.jit.script
class Account:
    def __init__(self, value: int, owner: str = 'me'):
        self.inner = Owned(value)
        self.history = [value]
        self.last = torch.jit.annotate(Optional[int], None)
        self.owner = owner
        self.weights = torch.zeros(3)
        self.keep(value)

    def keep(self, value: int) -> None:
        self.history.append(value + len(self.owner))

    @property
    def balance(self) -> int:
        return self.inner.value + self.history[-1]

    @balance.setter
    def balance(self, value: int) -> None:
        self.history.append(value)
""",
    "several_returns": """
def several_returns(n: int):
    if n > 3:
        return n
    elif n == 2:
        return 2
    if n < 0:
        return -n
    return n * 2
""",
    "returns_in_loops": """
def returns_in_loops(values: List[int]) -> int:
    for v in values:
        if v > 5:
            return v
        while v > 3:
            v -= 1
            if v == 3:
                return 33
    return 0
""",
    "returns_in_with": """
def returns_in_with(n: int):
    with torch.no_grad():
        if n > 2:
            return n
        n += 1
    return n * 3
""",
    "returns_float": """
def returns_float(n: int) -> float:
    if n > 2:
        return 0.5
    elif n < -900000:
        raise ValueError('small')
    return n * 0.25
""",
    "returns_tensors": """
def returns_tensors(x, n: int):
    # type: (Tensor, int) -> Tuple[Tensor, Optional[int]]
    if n > 0:
        return x, n
    return x + 1, None
""",
    "returns_any_tensor": """
def returns_any_tensor(x):
    for _ in range(2):
        if bool(x.sum() > 0):
            return x
    return -x
""",
    "maybe_number": """
def maybe_number(n: int):
    if n > 2:
        return None
    return n
""",
    "returns_anything": """
def returns_anything(n: int) -> Any:
    if n > 2:
        return 'many'
    return n
""",
    "returns_what_it_gets": """
def returns_what_it_gets(thing: Any, n: int):
    if n > 2:
        return thing
    return n
""",
    "returns_pairs": """
def returns_pairs(n: int, other: Optional[int]):
    if n > 2:
        return n, None
    elif n > 1:
        return n, other
    return n, n
""",
    "returns_nothing": """
def returns_nothing(n: int):
    if n > 2:
        return
    print('few')
""",
}
MODULE_EXPRESSIONS = {
    "int": _forms(
        "self.tripled",
        "len(self.mode.upper())",
        "self.sizes[1]",
        "self.layers[0].seen.ndim",
        "getattr(self, 'missing', «int»)",
        "getattr(self, 'helper')(«int»)",
        "getattr(self.scale, 'seen').ndim",
        "self.steps[1].in_features",
        "self.settings.limit",
        "self.settings.static(«int»)",
        "self.settings.doubled",
        "self.counted",
    ),
    "float": _forms(
        "self.layers[0].factor", "self.settings.scale.factor", "self.heads['one'].factor"
    ),
    "bool": _forms(
        "self.layers.training",
        "self.steps[0].training",
        "hasattr(self, 'helper')",
        "hasattr(self, 'count')",
        "hasattr(self, 'scale')",
        "hasattr(self, 'act')",
        "hasattr(self.scale, 'weight')",
        "hasattr(self.transform, 'forward')",
        "hasattr(self.layers, '0')",
        "(self.settings.dtype == torch.float64)",
        "(self.settings.nothing is None)",
        "(self.scale.weight.device.type == 'cpu')",
    ),
    "str": _forms(
        "self.settings.device.type", "self.settings.title", "self.mode.replace('w', «str»)[:9]"
    ),
    "Vector": _forms(
        "self.linear.bias",
        "self.linear.weight.T[0]",
        "self.settings.function(«Vector»)",
        "self.settings.scale(«Vector»)",
        "self.settings.scale.weight.data",
        "self.table_of_weights['a']",
        "self.table_of_weights.a",
        "getattr(self.scale, 'weight')",
        "self.total.real",
    ),
}

MODULE_STATEMENTS = _forms(
    "self.counted = «int»\nself.counted += 2\n«=int» = self.counted",
    "self.settings.level = «int»\nself.settings.level -= 1\nprint(self.settings.level)",
    "self.scale.weight.data",
    "if self.settings.training:\n    «body»",
    "if hasattr(self.scale, 'missing'):\n    self.scale.missing()",
    "for «new other child» in self.settings.children():\n    «=Vector» = «child»(«Vector»)",
    "print(self.settings.level, self.settings.limit, self.settings.title)",
)

MODULE_CLASSES = """
class Settings(nn.Module):
    title: Final[str] = 'set'
    __constants__ = ['nothing']

    def __init__(self):
        super().__init__()
        self.limit: Final[int] = 3
        self.nothing = None
        self.level = 1
        self.dtype = torch.float64
        self.device = torch.device('cpu')
        self.function = torch.tanh
        self.scale = Scale(1.5)

    @property
    def doubled(self) -> int:
        return self.level * 2

    @property
    @torch.jit.unused
    def hidden(self) -> int:
        return 1

    @staticmethod
    def static(n: int) -> int:
        return n + 1
"""

MODULE_ATTRIBUTES = """
        self.settings = Settings()
        self.number = 1
        self.table_of_weights = nn.ParameterDict({'a': nn.Parameter(torch.ones(3))})
        self.only_here = 3
"""

MODULE_MEMBERS = """
    __jit_unused_properties__ = ['of_python']
    __jit_ignored_attributes__ = ['only_here']

    @property
    def of_python(self):
        return lambda: 3

    @property
    def counted(self) -> int:
        return self.number + 1

    @counted.setter
    def counted(self, value: int) -> None:
        self.number = value
"""

BROKEN = """
class Broken:
    def __init__(self, n: int):
        self.n = n + 'one'  # here

    def twice(self) -> int:
        return self.n * 2
"""

VIOLATIONS = (
    # Of builtin types
    Violation("unknown-attribute", "print((«Vector»).shap)  # here"),
    Violation("unknown-attribute", "print((«Vector»).numpy())  # here"),
    Violation("unknown-attribute", "print((«Vector»).__class__)  # here"),
    Violation("unknown-attribute", "print((«Vector»).__len__())  # here"),
    Violation("unknown-attribute", "print((«Vector»).device.kind)  # here"),
    Violation("unknown-attribute", "print((«Vector»).new(2))  # here"),
    Violation("unknown-attribute", "«=int» = («int»).real  # here"),
    Violation("unknown-attribute", "«=int» = («int»).add(2)  # here"),
    Violation("unknown-attribute", "«=float» = («float»).floor()  # here"),
    Violation("unknown-attribute", "print((«complex»).conjugate())  # here"),
    Violation("unknown-attribute", "print((«str»).dict())  # here"),
    Violation("unknown-attribute", "print((«str»).ord())  # here"),
    Violation("unknown-attribute", "print((«List[int]»).push(1))  # here"),
    Violation("unknown-attribute", "print((«Dict[str, int]»).has_key('a'))  # here"),
    Violation("unknown-attribute", "print((«Tuple[int, int, int]»).index(2))  # here"),
    Violation("unknown-attribute", "print(None.value)  # here"),
    Violation("unknown-attribute", "print(torch.float32.is_floating_point)  # here"),
    Violation("unsupported-value", "print((«Vector»).relu)  # here"),
    Violation("unsupported-value", "«let other n» = [(«List[int]»).append]  # here"),
    # Of optional, union and any
    Violation("optional-not-refined", "print((«var Optional[Tensor] o»).shape)  # here"),
    Violation("optional-not-refined", "«var Optional[Tensor] o».grad = None  # here"),
    Violation("optional-not-refined", "print(hasattr(«var Optional[int] o», 'x'))  # here"),
    Violation("union-not-refined", "print((«var Union[int, str] o»).upper())  # here"),
    Violation("unknown-attribute", "«let other n»: Any = «int»\nprint(«n».upper())  # here"),
    # Of functions, classes, modules of Python
    Violation("unknown-attribute", "print(torch.relu.name)  # here"),
    Violation("unknown-attribute", "print(torch.Tensor.relu(«Vector»))  # here"),
    Violation("unknown-attribute", "print(add_numbers.__name__)  # here", needs=("add_numbers",)),
    Violation("unknown-attribute", "print(self.helper.__name__)  # here", module=True),
    Violation("unknown-attribute", "print(super().helper(«int»))  # here", module=True),
    Violation("unknown-attribute", "print(ValueError.args)  # here"),
    Violation("unknown-attribute", "print(range(3).start)  # here"),
    Violation("unknown-attribute", "print(math.no_such_constant)  # here"),
    Violation("unknown-operator", "print(torch._VF.no_such_operator(«Vector»))  # here"),
    Violation("unknown-operator", "print(torch.no_such_operator(«Vector»))  # here"),
    Violation("unknown-operator", "print(torch.linalg.no_such_operator(«Vector»))  # here"),
    Violation("captured-global", "print(math.comb(5, 2))  # here"),
    Violation("captured-global", "print(operator.add(«int», 2))  # here", "\nimport operator\n"),
    Violation("unknown-attribute", "print(Color.RED.number)  # here", needs=COLOR),
    Violation("unknown-attribute", "print(Color.__members__)  # here", needs=COLOR),
    Violation("unknown-attribute", "print(Point.x)  # here", needs=POINT),
    Violation("unknown-attribute", "print(Point(«int», «float»).z)  # here", needs=POINT),
    Violation("unknown-attribute", "print(Counter.triples(«int»))  # here", needs=COUNTER),
    Violation("unknown-attribute", "print(Counter(«int»).missing)  # here", needs=COUNTER),
    Violation("unknown-attribute", "print(Counter(«int»).triple(2))  # here", needs=COUNTER),
    Violation("unknown-attribute", "print(Counter(«int»).__dict__)  # here", needs=COUNTER),
    Violation("unsupported-value", "print(Counter.bumped)  # here", needs=COUNTER),
    Violation("unsupported-value", "print(Counter(«int»).bumped)  # here", needs=COUNTER),
    # Of modules
    Violation("unknown-attribute", "print(self.__dict__)  # here", module=True),
    Violation("unknown-attribute", "print(self.of_python)  # here", module=True),
    Violation("unknown-attribute", "print(self.layers.weights)  # here", module=True),
    Violation("unknown-attribute", "print(self.scale.wait)  # here", module=True),
    Violation("unknown-attribute", "print(self.transform.weight)  # here", module=True),
    Violation("unknown-attribute", "print(self.last_seen)  # here", module=True),
    Violation("unknown-attribute", "print(self.sizes.count)  # here", module=True),
    Violation("unknown-attribute", "print(self.limit.real)  # here", module=True),
    Violation("unsupported-value", "print(self.helper)  # here", module=True),
    # Asked for
    Violation("argument-type", "print(hasattr(«Vector», 'shape'))  # here"),
    Violation("argument-type", "print(hasattr(«int», 'real'))  # here"),
    Violation("argument-type", "print(hasattr(math, 'pi'))  # here"),
    Violation("argument-type", "print(getattr(«Vector», 'dtype', 3))  # here"),
    Violation("argument-type", "print(hasattr(Point, 'x'))  # here", needs=POINT),
    Violation("argument-type", "print(hasattr(self.limit, 'real'))  # here", module=True),
    # Set
    Violation("read-only-attribute", "«=Vector».requires_grad = True  # here"),
    Violation("read-only-attribute", "«=Vector».grad = None  # here"),
    Violation("read-only-attribute", "«var Union[int, str] o».name = 1  # here"),
    Violation("read-only-attribute", "math.pi = 3.0  # here"),
    Violation("read-only-attribute", "Counter.value = 3  # here", needs=COUNTER),
    Violation("read-only-attribute", "self.limit.real = 3  # here", module=True),
    Violation("read-only-attribute", "self.transform.factor = 3.0  # here", module=True),
    Violation("undeclared-attribute", "self.last_seen = 3  # here", module=True),
    Violation("undeclared-attribute", "self.helper = 3  # here", module=True),
    Violation("unscriptable-attribute", "self.thing = 3  # here", module=True),
    Violation("undeclared-attribute", "Counter(«int»).missing = 3  # here", needs=COUNTER),
    Violation("argument-type", "Counter(«int»).double = 'two'  # here", needs=COUNTER),
    Violation("attribute-type", "self.last = 3  # here", module=True),
    Violation("attribute-type", "self.rate = «int»  # here", module=True),
    Violation("attribute-type", "self.memory = ['a']  # here", module=True),
    Violation("attribute-type", "self.table = {1: 2}  # here", module=True),
    Violation(
        "undeclared-attribute",
        "print(Branching(«int»))",
        "\nclass Branching:\n    def __init__(self, n: int):\n        if n > 1:\n"
        "            self.n = n  # here\n",
    ),
    Violation(
        "undeclared-attribute",
        "print(Early(«int»).n)",
        "\nclass Early:\n    def __init__(self, n: int):\n        self.prepare(n)\n        self.n = n\n\n"
        "    def prepare(self, n: int) -> None:\n        self.n = n  # here\n",
    ),
    Violation(
        "unknown-attribute",
        "print(Early(«int»).n)",
        "\nclass Early:\n    def __init__(self, n: int):\n        self.n = self.wanted(n)\n\n"
        "    def wanted(self, n: int) -> int:\n        return self.n + n  # here\n",
    ),
    Violation(
        "operator-type",
        "print(Broken(«int»).n, Broken(1).twice(), hasattr(Broken(2), 'n'))",
        BROKEN,
    ),
    # A name of unknown type makes no second error.
    Violation(
        "undefined-name",
        "wrong = never_defined  # here\nprint(wrong.shape, wrong.a.b, wrong.call(1).more)\n"
        "print(hasattr(wrong, 'a'), getattr(wrong, 'a'), getattr(wrong, 'a', 1), wrong.device.type)\n"
        "wrong.value = «int»\nwrong.value += 1",
    ),
    Violation("undefined-name", "Counter(«int»).value = never_defined  # here", needs=COUNTER),
    Violation("undefined-name", "self.count = never_defined  # here", module=True),
    Violation("unknown-attribute", "print(math.nothing.more, «int»)  # here"),
    # Returns
    violating_function("return-type-mismatch", "def bad(x: int) -> str:\n    return x  # here\n"),
    violating_function(
        "return-type-mismatch", "def bad(x: int) -> int:\n    return None  # here\n"
    ),
    violating_function(
        "return-type-mismatch",
        "def bad(x: Tensor) -> Tensor:\n    return None  # here\n",
        "bad(«Vector»)",
    ),
    violating_function(
        "return-type-mismatch",
        "def bad(x: int) -> Tuple[int, str]:\n    return x, x  # here\n",
    ),
    violating_function(
        "inconsistent-returns",
        "def bad(x: int):\n    for v in range(x):\n        if v > 1:\n            return [v]\n"
        "    return x  # here\n",
    ),
    violating_function(
        "inconsistent-returns",
        "def bad(x: int):\n    if x > 3:\n        return 1.5\n    elif x > 2:\n"
        "        return 'two'  # here\n    return [1]\n",
    ),
    violating_function(
        "undefined-name", "def bad(x: int) -> int:\n    return never_defined  # here\n"
    ),
    violating_function(
        "undefined-name",
        "def bad(x: int):\n    if never_defined > x:  # here\n        return 1\n    return 'a'\n",
    ),
    violating_function(
        "undefined-name",
        "def bad(x: int) -> Any:\n    if x > 1:\n        return x\n    return never_defined  # here\n",
    ),
    violating_function(
        "missing-return",
        "def bad(x: int) -> Tensor:  # here\n    while x > 0:\n        return torch.ones(1)\n",
    ),
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
