import tscript as torch


@torch.jit.script
def arithmetic(a, b):
    return a + b, a - b, a * b, a / b, a @ b


@torch.jit.script
def exclusive_or(a, b):
    # type: (int, int) -> int
    return a ^ b


@torch.jit.script
def comparison(a, b):
    return a == b, a != b, a < b, a > b, a <= b, a >= b


@torch.jit.script
def logical(a, b):
    # type: (bool, bool) -> Tuple[bool, bool, bool]
    return a and b, a or b, not b
