"""Operators and literals: of every type, of classes that define them, and where they mean nothing."""

from __future__ import annotations

from tests.properties.templates import Chapter, Form, Violation


def _forms(*forms: str | Form, needs: tuple[str, ...] = ()) -> tuple[Form, ...]:
    return tuple(Form(form, needs=needs) if isinstance(form, str) else form for form in forms)


AMOUNT = ("Amount",)

EXPRESSIONS = {
    "int": _forms(
        "0o17",
        "0b101",
        "1_000",
        "(-(-«int»))",
        "(-«bool»)",
        "(-True)",
        "(«bool» + «int»)",
        "(«bool» * 3)",
        "((«int» & 7) ^ 5 | 2)",
        "(«int» - -2)",
        "(2 if «bool» else 3 if «bool» else «int»)",
        "(«int» if («bool» and not «bool») or «bool» else 1)",
        "(«var Optional[int] o» if «o» is not None and «o» > 1 else 4)",
        "(0 if «var Optional[int] o» is None else «o»)",
        "(*(«int», 2), 3)[0]",
        "(0, *(«Tuple[int, float]»))[1]",
        "(7 if isinstance(«Vector», Tensor) else 'never')",
        "(8 if None is not None else «int»)",
        "[«int», 'a'.find('b')][1]",
    )
    + _forms(
        "(Amount(«int») + 2).value",
        "(Amount(«int») - Amount(«int»)).value",
        "(Amount(«int») * «int»).value",
        "(Amount(«int») / 3).value",
        "(Amount(«int») % 5)",
        "(Amount(«int») ** 2)",
        "(Amount(«int») & 3)",
        "(Amount(«int») | 3)",
        "(Amount(«int») ^ 3)",
        "(Amount(«int») << 1)",
        "(Amount(«int») >> 1)",
        "(-Amount(«int»)).value",
        "(~Amount(«int»)).value",
        needs=AMOUNT,
    ),
    "float": _forms(
        "(«bool» + «float»)",
        "(«int» if «bool» else 2) * 0.5",
        "(«float» - -1e-3)",
        "(«int» / 4 // 1)",
        "({'a': «float», 'b': 1.5}['b'])",
    ),
    "bool": _forms(
        "(«int» < «float» < 3)",
        "(«int» < «int» == «int»)",
        "(«float» > «int» != 3 >= «int»)",
        "(0 < «int» in «List[int]»)",
        "(1 < 2 in «List[int]» != [«int»])",
        "(«int» in («int», 2, 3))",
        "(«int» not in («int», 7))",
        "(«str» in («str», 'b'))",
        "(«float» in [0.5, «float»])",
        "(«str» in «List[str]»)",
        "(«int» in {1: 0.5})",
        "(«int» is None)",
        "(None is None)",
        "(«int» is not None and «bool»)",
        "(not «int»)",
        "(not not «bool»)",
        "(not («bool» and «bool»))",
        "(«bool» < «int»)",
        "(«bool» != «bool» != True)",
        "(«int» == «float»)",
        "(«complex» == «complex»)",
        "(«complex» != «complex»)",
        "(«Tuple[int, int, int]» == «Tuple[int, int, int]»)",
        "(«List[Tensor]» is «List[Tensor]»)",
        "(«List[float]» == «List[float]»)",
        "(«List[bool]» != [True])",
        "(True if «bool» else False if «bool» else «bool»)",
        "(«bool» & «bool»)",
        "(«bool» | (1 > «int»))",
        "bool((«Vector»)[0] > 0 and («Vector»)[1] > 0)",
    )
    + _forms(
        "(Amount(«int») == Amount(«int»))",
        "(Amount(«int») != Amount(«int»))",
        "(Amount(«int») < «int»)",
        "(Amount(«int») <= «int»)",
        "(Amount(«int») > «int»)",
        "(Amount(«int») >= «int»)",
        "(1 < «int» == 2 != «int»)",
        "(«int» not in Amount(«int»))",
        "(Amount(«int») is None)",
        needs=AMOUNT,
    ),
    "str": _forms(
        "r'\\d\\n'",
        "'''three ''' 'parts' \"'\"",
        "'a\\tb\\x41\\101'",
        "('<' + «str» + '>')[:9]",
        "('%s' % «str»)",
        "('%d%%' % «int»)",
        "('%s and %s' % («int», «bool»))",
        "('%i' % («int»,))",
        "'{}, {}'.format(«str», «List[int]»)",
        "f'{«var int n»}'",
        "f'{«var str s»} of {«var bool b»}!'",
        "f''",
        "f'plain'",
        "('yes' if «int» in «List[int]» else «str»)",
    ),
    "complex": _forms(
        "(«complex» * 1j)",
        "(«complex» * complex(0, 1))",
        "(«complex» if «bool» else 0j)",
        "(-2j)",
        "(-(-2j))",
        "complex(«int», 2)",
    ),
    "Vector": _forms(
        "(2 - «Vector»)",
        "(2.0 / (1 + («Vector») ** 2))",
        "(3 * «Vector»)",
        "(0.5 + «Vector»)",
        "(2 % (1 + («Vector») ** 2))",
        "(0.5 ** («Vector»).clamp(0, 2))",
        "(«Vector» - «Vector»)",
        "(«Vector» // 2.0)",
        "(«Vector» // (1 + («Vector») ** 2))",
        "(torch.eye(3) @ «Vector»)",
        "(-«Vector» + -1)",
        "(«Vector» if «Vector» is not None else torch.zeros(3))",
    ),
    "Tensor": _forms(
        "(2 < «Vector»)",
        "(2 >= «Vector»)",
        "(0 == «Vector»)",
        "(1 != «Vector»)",
        "((«Vector» > 0) | («Vector» < -1))",
        "((«Vector» > 0) ^ («Vector» < 1))",
        "(~torch.arange(3))",
        "(torch.arange(4) << 1)",
        "(torch.arange(4) >> 1)",
        "(torch.arange(4) & 3)",
        "(torch.arange(4) % 3)",
        "(1 - torch.arange(3))",
        "(«Vector» * «complex»)",
        "(«complex» + «Vector»)",
        "(«Vector» * «bool»)",
    ),
    "List[int]": _forms(
        "(2 * [«int»])",
        "(«List[int]» * 2)[:4]",
        "[v for v in («int», 2)]",
    ),
    "List[float]": _forms("[-1.0, -«float», 1e-2]"),
    "List[str]": _forms("[r'a', 'b' 'c', f'{«var int n»}']"),
    "List[bool]": _forms("[not «bool», 1 < «int» < 3]"),
    "List[Optional[int]]": _forms("[«Optional[int]», None]", "[None, None, «int»]"),
    "Dict[str, int]": _forms("{'a' 'b': «int», f'{1}': 2}", "{'k': «int», 'a': 2, 'k': 3}"),
    "Tuple[int, float]": _forms("(*(«int», «float»),)", "(«int»,) + («float»,)"),
    "Tuple[int, str, Tensor]": _forms("(*(«int», «str»), «Tensor»)"),
    "Optional[int]": _forms("(None if «bool» else None if «bool» else «int»)"),
    "Optional[str]": _forms("(«str» if «bool» else None)"),
    "Any": _forms("(«int», «str»)", "None", "{'a': «int»}"),
}

STATEMENTS = _forms(
    "«let List[Union[int, str]] n»: List[Union[int, str]] = [«int», «str»]\nprint(len(«n»))",
    "«let List[Any] n»: List[Any] = [«int», «str», None]\nprint(len(«n»))",
    "«let Optional[List[int]] n»: Optional[List[int]] = []\nif «n» is not None:\n    «n».append(«int»)",
    "«let other n»: Optional[Dict[str, int]] = {}\nif «n» is not None:\n    «n»['a'] = «int»",
    "«let other n»: Union[int, Dict[str, int]] = {'a': «int»}\nprint(isinstance(«n», int))",
    "«let other n»: Dict[str, Optional[int]] = {'a': «int», 'b': None}\nprint(«n»['a'])",
    "«let other n»: Dict[str, List[int]] = {'a': [1], 'b': [«int»]}\nprint(«n»)",
    "«let other n»: Tuple[Optional[int], List[str]] = («int», ['k'])\nprint(«n»[1])",
    "«let other n»: Optional[Tuple[int, Optional[str]]] = («int», None)\nprint(«n» is None)",
    "«let other n»: Union[List[int], List[str]] = [«str»]\nprint(isinstance(«n», list))",
    "«let other n» = {'a': «int», 'b': «str»}\nprint(len(«n»))",
    "«let other n» = {}\n«n»['w'] = «Vector»\nprint(len(«n»))",
    "«let other n» = []\n«n».append(«Vector»)\nprint(len(«n»))",
    "«let other n» = [«int», None, «int»]\nprint(«n»[0])",
    "«let other n»: List[List[int]] = [[2], [«int»]]\nprint(«n»)",
    "«let other n»: Optional[int] = «int» if «bool» else None\nprint(«n»)",
    "«let other n»: Any = «int» if «bool» else «str»\nprint(isinstance(«n», int))",
    "«let other n» = («int», None) if «bool» else (1, None)\nprint(«n»[0])",
    "if 1 < «int» < 5 and «str» in «List[str]» or not «bool»:\n    «body»",
    "if not «Vector»[0] > 0:\n    «body»",
    "print(-9223372036854775807, 9223372036854775807, 1e308, -1e-5, 0x10)",
    Form(
        "«let other n» = Amount(«int»)\n«n» -= Amount(2)\n«n» *= 3\nprint(«n».value)",
        needs=AMOUNT,
    ),
    Form("«let other n» = Amount(1) if «bool» else Amount(2)\nprint((-«n»).value)", needs=AMOUNT),
)

DECLARATIONS = {
    "Amount": """
@torch.jit.script
class Amount:
    def __init__(self, value: int):
        self.value = value % 1009

    def __add__(self, other: int) -> 'Amount':
        return Amount(self.value + other)

    def __sub__(self, other: 'Amount') -> 'Amount':
        return Amount(self.value - other.value)

    def __mul__(self, other: int) -> 'Amount':
        return Amount(self.value * other)

    def __truediv__(self, other: int) -> 'Amount':
        return Amount(int(self.value / other))

    def __mod__(self, other: int) -> int:
        return self.value % other

    def __pow__(self, other: int) -> int:
        return self.value * other

    def __and__(self, other: int) -> int:
        return self.value & other

    def __or__(self, other: int) -> int:
        return self.value | other

    def __xor__(self, other: int) -> int:
        return self.value ^ other

    def __lshift__(self, other: int) -> int:
        return self.value << other

    def __rshift__(self, other: int) -> int:
        return self.value >> other

    def __neg__(self) -> 'Amount':
        return Amount(-self.value)

    def __invert__(self) -> 'Amount':
        return Amount(-self.value - 1)

    def __eq__(self, other: 'Amount') -> bool:
        return self.value == other.value

    def __ne__(self, other: 'Amount') -> bool:
        return self.value != other.value

    def __lt__(self, other: int) -> bool:
        return self.value < other

    def __le__(self, other: int) -> bool:
        return self.value <= other

    def __gt__(self, other: int) -> bool:
        return self.value > other

    def __ge__(self, other: int) -> bool:
        return self.value >= other

    def __contains__(self, other: int) -> bool:
        return self.value == other
""",
    "Plain": """
@torch.jit.script
class Plain:
    def __init__(self, value: int):
        self.value = value
""",
}

PLAIN = ("Plain",)

VIOLATIONS = (
    Violation("unsupported-value", "«let other n» = ...  # here"),
    Violation("unsupported-syntax", "«let other n» = b'bytes'  # here"),
    Violation("unsupported-syntax", "«let other n» = [*«List[int]», 1]  # here"),
    Violation("unsupported-syntax", "print([*«List[int]»])  # here"),
    Violation("unsupported-syntax", "«=int» = +«int»  # here"),
    Violation("unsupported-syntax", "print({**«Dict[str, int]»})  # here"),
    Violation("unsupported-syntax", "print((«let int n» := «int»))  # here"),
    Violation("integer-literal", "«=int» = -9223372036854775809  # here"),
    Violation("mixed-list", "«let other n» = [«Vector», «str»]  # here"),
    Violation("mixed-list", "«let other n» = [«int», 2.5]  # here"),
    Violation("element-type", "«let other n»: Dict[str, int] = {'a': «int», 'b': «str»}  # here"),
    Violation("element-type", "«let other n»: Dict[int, int] = {'a': «int»}  # here"),
    Violation("element-type", "«let other n»: Optional[List[int]] = [«int», «str»]  # here"),
    Violation("key-type", "print({(1, 2): «int»})  # here"),
    Violation("operator-type", "«=str» = «str» + «int»  # here"),
    Violation("operator-type", "«=str» = «int» + «str»  # here"),
    Violation("operator-type", "«=str» = 3 * «str»  # here"),
    Violation("operator-type", "«=Vector» = «Vector» + («int», 2)  # here"),
    Violation("operator-type", "print(«Tuple[int, float]» - 1)  # here"),
    Violation("operator-type", "print(«List[int]» - «List[int]»)  # here"),
    Violation("operator-type", "print(«Dict[str, int]» == «Dict[str, int]»)  # here"),
    Violation(
        "operator-type", "print(«Tuple[int, str, Tensor]» == «Tuple[int, str, Tensor]»)  # here"
    ),
    Violation("operator-type", "print(«int» @ «int»)  # here"),
    Violation("operator-type", "«=bool» = «str» in «List[int]»  # here"),
    Violation("operator-type", "«=bool» = «int» in «int»  # here"),
    Violation("operator-type", "«=bool» = «int» in (1, 'two')  # here"),
    Violation("operator-type", "«=bool» = «int» not in «str»  # here"),
    Violation("operator-type", "print(Plain(«int») + Plain(«int»))  # here", needs=PLAIN),
    Violation("operator-type", "print(«int» + Amount(«int»))  # here", needs=AMOUNT),
    Violation("operator-type", "print(Plain(«int») == Plain(«int»))  # here", needs=PLAIN),
    Violation("operator-type", "print(Amount(«int») // 2)  # here", needs=AMOUNT),
    Violation("operator-type", "print(«int» in Plain(«int»))  # here", needs=PLAIN),
    Violation("operator-type", "«let other n»: Any = «int»\nprint(«n» + 1)  # here"),
    Violation("union-not-refined", "print(«var Union[int, str] o» < 3)  # here"),
    Violation("optional-not-refined", "print(«var Optional[int] o» in [1])  # here"),
    Violation("optional-not-refined", "print(-«var Optional[int] o»)  # here"),
    Violation("optional-not-refined", "print(2 * «var Optional[int] o» - 1)  # here"),
    Violation("unary-operator-type", "print(-«List[int]»)  # here"),
    Violation("unary-operator-type", "print(~«float»)  # here"),
    Violation("unary-operator-type", "print(-None)  # here"),
    Violation("unary-operator-type", "print(-Plain(«int»))  # here", needs=PLAIN),
    Violation("argument-type", "print(Amount(«int») * «str»)  # here", needs=AMOUNT),
    Violation("ternary-type-mismatch", "print(«int» if «var bool m» else «float»)  # here"),
    Violation(
        "ternary-type-mismatch", "print(«List[int]» if «var bool m» else «List[str]»)  # here"
    ),
    # What a literal holds has no hint from outside.
    Violation("element-type", "«let other n»: List[List[int]] = [[], [«int»]]  # here"),
    Violation("element-type", "«let other n»: Dict[str, List[int]] = {'a': []}  # here"),
    Violation("assignment-type", "«let other n»: Tuple[int, List[str]] = («int», [])  # here"),
    Violation("assignment-type", "«let other n»: Union[List[int], List[str]] = []  # here"),
    Violation(
        "assignment-type", "«let other n»: Union[Dict[int, int], Dict[str, int]] = {}  # here"
    ),
    Violation(
        "ternary-type-mismatch",
        "«let other n»: Union[int, str] = «int» if «var bool m» else «str»  # here",
    ),
    Violation("operator-type", "print(«List[int]» + [])  # here"),
    Violation("operator-type", "«=List[int]» += []  # here"),
    Violation("argument-type", "«var List[int] n».extend([])  # here"),
    # A name of unknown type makes no second error.
    Violation("undefined-name", "print(-never_defined, not never_defined)  # here"),
    Violation("undefined-name", "print([1, 's', never_defined], [never_defined])  # here"),
    Violation("undefined-name", "print({never_defined: 1, 'a': 2})  # here"),
    Violation("undefined-name", "print({'a': never_defined, 'b': 2})  # here"),
    Violation("undefined-name", "print(1 < never_defined < 3)  # here"),
    Violation("undefined-name", "print(never_defined in «List[int]»)  # here"),
    Violation("undefined-name", "print(«int» in never_defined)  # here"),
    Violation("undefined-name", "print(f'{never_defined}', '%s' % never_defined)  # here"),
    Violation("undefined-name", "print((*never_defined, 1))  # here"),
)

CHAPTER = Chapter(
    expressions=EXPRESSIONS,
    module_expressions={"int": _forms("Net.static(«int»)")},
    statements=STATEMENTS,
    declarations=DECLARATIONS,
    violations=VIOLATIONS,
)
