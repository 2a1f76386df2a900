"""One violation for each code of the catalogue, or several: a statement, and what it needs declared.

The statement is put between two others of a random program; the lines that must be reported end in
``# here``. Codes whose place is not a statement (a signature, a class, a whole function) are raised
by something declared, which the statement uses.
"""

from __future__ import annotations

from tests.properties.chapters import CHAPTERS
from tests.properties.templates import Violation, violating_function

PYTHON_CALL = "python-call"


VIOLATIONS: tuple[Violation, ...] = (
    *(violation for chapter in CHAPTERS for violation in chapter.violations),
    Violation(
        "syntax-error", "pass", make="torch.jit.CompilationUnit('def f(x):\\n    return x +\\n')"
    ),
    Violation(
        "unsupported-syntax", "«let List[int] n» = [e for e in «List[int]» if e > 0]  # here"
    ),
    Violation("unsupported-syntax", "«let other n» = lambda e: e  # here"),
    Violation("unsupported-syntax", "try:  # here\n    pass\nfinally:\n    pass"),
    Violation("unsupported-syntax", "global unheard  # here"),
    Violation("unsupported-syntax", "«=int» //= 2  # here"),
    Violation("unsupported-syntax", "«let other n» = {1, 2}  # here"),
    Violation(
        "unsupported-syntax",
        "«let int n» = «int»\nwhile «n» < 0:\n    pass\nelse:  # here\n    pass",
    ),
    Violation(
        "source-unavailable",
        "pass",
        "\nexec('def hidden(x):\\n    return x\\n', globals())",
        make="torch.jit.script(hidden)",
    ),
    Violation(
        "source-limit",
        "«=int» = " + "(" * 130 + "«var int n»" + ")" * 130,
        differs="more than 100 nested brackets",
    ),
    violating_function(
        "bad-type-comment",
        "def bad(x, y):\n    # type: (int, int -> int  # here\n    return x\n",
        "pass",
        make="bad",
    ),
    violating_function(
        "type-comment-arity",
        "def bad(x, y: int = 0):\n    # type: (int, int, int) -> int  # here\n    return x\n",
    ),
    Violation("undefined-name", "«=int» = never_defined + «int»  # here"),
    Violation("undefined-name", "print(never_defined)  # here"),
    Violation("undefined-name", "never_called(«Vector»)  # here"),
    Violation("maybe-undefined", "if «var bool m»:\n    maybe = «int»\nprint(maybe)  # here"),
    Violation(
        "maybe-undefined",
        "for «new int i» in range(«int» % 3):\n    maybe = «i»\n«=int» = maybe  # here",
    ),
    Violation(
        "maybe-undefined", "while «var bool m»:\n    maybe = 1\n    break\n«=int» = maybe  # here"
    ),
    Violation("captured-global", "«=int» = SIZES[0]  # here", "\nSIZES = [1, 2]\n"),
    Violation("captured-global", "print(THING)  # here", "\nTHING = object()\n"),
    Violation("unsupported-value", "«let other n» = [torch.relu]  # here"),
    Violation("unsupported-value", "print(torch)  # here"),
    violating_function("unknown-type", "def bad(x: 'Tensr'):  # here\n    return x\n"),
    Violation("unknown-type", "«let int n»: Whole = «int»  # here"),
    violating_function("bad-annotation", "def bad(x: 'Dict[int]'):  # here\n    return x\n"),
    Violation("unknown-type", "«let int n»: 3 = «int»  # here"),
    violating_function(
        "untyped-container", "def bad(x: dict):  # here\n    return x\n", "bad(«Dict[str, int]»)"
    ),
    violating_function(
        "untyped-container", "def bad(x: List):  # here\n    return x\n", "bad(«List[int]»)"
    ),
    violating_function(
        "untyped-container",
        "def bad(x: list):  # here\n    return 1\n",
        "bad(«List[int]»)",
        differs="bare-container",
    ),
    Violation("annotation-required", "«let other n» = («Vector»).tolist()  # here"),
    Violation("assignment-type", "wrong: float = «int»  # here"),
    Violation("assignment-type", "wrong: List[str] = [«int», «int»].copy()  # here"),
    Violation(
        "reassigned-type",
        "wrong = «int»\nfor «new int i» in range(3):\n    wrong = str(wrong)  # here",
    ),
    Violation("reassigned-type", "wrong = «int»\nif «var bool m»:\n    wrong = 'text'  # here"),
    Violation(
        "branch-type-mismatch",
        "if «var bool m»:\n    wrong = «int»\nelse:\n    wrong = «Vector»\nprint(wrong)  # here",
    ),
    Violation("ternary-type-mismatch", "«=int» = «int» if «var bool m» else 'no'  # here"),
    violating_function(
        "return-type-mismatch", "def bad(x: int) -> int:\n    return x / 2  # here\n"
    ),
    violating_function(
        "inconsistent-returns",
        "def bad(x: int):\n    if x > 0:\n        return x\n    return 'negative'  # here\n",
    ),
    violating_function(
        "missing-return", "def bad(x: int) -> int:  # here\n    if x > 0:\n        return x\n"
    ),
    Violation("condition-type", "if «var Optional[int] o»:  # here\n    pass"),
    Violation("condition-type", "«=bool» = not «Tuple[int, float]»  # here"),
    Violation("condition-type", "assert «Tuple[int, float]»  # here"),
    Violation("optional-not-refined", "«=int» = «var Optional[int] o» + 1  # here"),
    Violation("optional-not-refined", "«=Vector» = «var Optional[Tensor] o» * 2  # here"),
    Violation("union-not-refined", "«=int» = «var Union[int, str] o» + 1  # here"),
    Violation("mixed-list", "«let other n» = [«int», «str»]  # here"),
    Violation("element-type", "«let List[float] n»: List[float] = [«float», 'two']  # here"),
    Violation("element-type", "«var List[int] n»[0] = 'text'  # here"),
    Violation("key-type", "«let other n» = {(1, 2): «int»}  # here"),
    Violation(
        "revealed-type",
        "reveal_type(«int»)  # here",
        "\nfrom typing import reveal_type\n",
        differs="`reveal_type(x)` in a script",
    ),
    violating_function(
        "implicit-tensor-conversion",
        "def bad(x) -> int:\n    return x.sum()  # here\n",
        "bad(torch.tensor(3))",
    ),
    Violation("integer-literal", "«=int» = 9223372036854775808  # here"),
    Violation("unknown-attribute", "«=Vector» = («Vector»).no_such_method()  # here"),
    Violation("unknown-attribute", "«=int» = math.no_such_function(1)  # here"),
    Violation("unknown-attribute", "self.no_such_method()  # here", module=True),
    Violation("unknown-attribute", "«=int» = Color.GREEN.value  # here", needs=("Color",)),
    Violation("unknown-attribute", "«=int» = («str»).no_such_method()  # here"),
    Violation("unscriptable-attribute", "print(self.thing)  # here", module=True),
    Violation("attribute-type", "self.count = 'one'  # here", module=True),
    Violation("attribute-type", "Counter(«int»).value = 'one'  # here", needs=("Counter",)),
    Violation(
        "read-only-attribute",
        "«let Point n» = Point(«int», «float»)\n«n».x = 3  # here",
        needs=("Point",),
    ),
    Violation("read-only-attribute", "self.tripled = «int»  # here", module=True),
    Violation("mutated-constant", "self.limit = «int»  # here", module=True),
    Violation(
        "undeclared-attribute",
        "Late(«int»).set(«int»)",
        "\nclass Late:\n    def __init__(self, x: int):\n        self.x = x\n\n    def set(self, y: int):\n        self.y = y  # here\n",
    ),
    Violation("not-callable", "«let int n» = «int»\n«n»()  # here"),
    Violation("not-callable", "(«int»)()  # here"),
    violating_function(
        "argument-type", "def bad(x: Tensor):\n    return x\n", "bad(«int»)  # here"
    ),
    violating_function(
        "missing-argument", "def bad(x: int, y: int):\n    return x\n", "bad(«int»)  # here"
    ),
    violating_function(
        "too-many-arguments", "def bad(x: int):\n    return x\n", "bad(«int», «int»)  # here"
    ),
    violating_function(
        "unexpected-keyword", "def bad(x: int):\n    return x\n", "bad(«int», times=3)  # here"
    ),
    violating_function(
        "duplicate-argument", "def bad(x: int):\n    return x\n", "bad(«int», x=3)  # here"
    ),
    Violation("no-matching-overload", "torch.add(«Vector», 'one')  # here"),
    Violation("no-matching-overload", "«=Vector» = torch.matmul(«Vector»)  # here"),
    Violation("operator-type", "«=str» = «str» - 1  # here"),
    Violation("operator-type", "«=bool» = «int» < «str»  # here"),
    Violation("operator-type", "«=int» = «List[int]» * «str»  # here"),
    Violation("unary-operator-type", "«=str» = -«str»  # here"),
    Violation("unary-operator-type", "«=int» = ~«str»  # here"),
    Violation("unknown-operator", "torch.ops.aten.no_such_function(«Vector»)  # here"),
    violating_function(
        "starred-argument", "def bad(x: int, y: int):\n    return x\n", "bad(*«List[int]»)  # here"
    ),
    violating_function(
        "mutable-default", "def bad(x: int, seen: List[int] = []):  # here\n    return x\n"
    ),
    violating_function(
        "python-call",
        "def bad(x):\n    try:\n        return x\n    finally:\n        pass\n",
        "bad(«Vector»)  # here",
        differs=PYTHON_CALL,
    ),
    violating_function(
        "recursion", "def bad(x: int) -> int:\n    return bad(x - 1) if x > 0 else 0  # here\n"
    ),
    Violation("not-iterable", "for «new int i» in «int»:  # here\n    pass"),
    Violation("not-iterable", "for «new int i» in «var Optional[int] o»:  # here\n    pass"),
    Violation("not-iterable", "«let List[int] n» = [e for e in «float»]  # here"),
    Violation("unpack-mismatch", "one, two = «Tuple[int, int, int]»  # here"),
    Violation("unpack-mismatch", "one, two, three = «Tuple[int, float]»  # here"),
    Violation("unpack-type", "one, two = «int»  # here"),
    Violation("starred-target", "one, *two = «List[int]»  # here"),
    Violation(
        "break-in-unrolled-loop",
        "for «new int i» in («int», 2):\n    if «var bool m»:\n        break  # here",
    ),
    Violation(
        "break-in-unrolled-loop",
        "for «new other i» in self.layers:\n    continue  # here",
        module=True,
    ),
    Violation("invalid-subscript", "«=int» = («int»)[0]  # here"),
    Violation("invalid-subscript", "«=int» = («float»)[1:]  # here"),
    Violation("index-type", "«=int» = («List[int]»)['first']  # here"),
    Violation("index-type", "«=int» = («Dict[str, int]»)[1.5]  # here"),
    Violation("index-out-of-range", "«=int» = (1, 2)[2]  # here"),
    Violation("index-out-of-range", "«=Vector» = self.layers[7](«Vector»)  # here", module=True),
    Violation(
        "constant-expected",
        "for «new int i» in range(2):\n    print((«Tuple[int, str, Tensor]»)[«i»])  # here",
    ),
    Violation(
        "constant-expected",
        "for «new int i» in range(2):\n    «=Vector» = self.layers[«i»](«Vector»)  # here",
        module=True,
    ),
    Violation("immutable-value", "«let other n» = «Tuple[int, float]»\n«n»[0] = 1  # here"),
    Violation("immutable-value", "«let str n» = «str»\n«n»[0] = 'a'  # here"),
    Violation("not-an-exception", "if «var bool m»:\n    raise «int»  # here"),
    Violation("not-a-context-manager", "with «Vector»:  # here\n    pass"),
    Violation("format-spec", "«=str» = '{:3d}'.format(«int»)  # here", differs="format-spec"),
    Violation("unsupported-syntax", "«=str» = f'{«var int n»:3d}'  # here"),
    Violation("isinstance-type", "«=bool» = isinstance(«int», «var int n»)  # here"),
    Violation(
        "interface-mismatch", "step: Transform = self.mixed[len(«List[int]»)]  # here", module=True
    ),
)
