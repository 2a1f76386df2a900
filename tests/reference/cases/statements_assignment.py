import tscript as torch


@torch.jit.script
def simple(b):
    a = b
    a += b
    a -= b
    return a


@torch.jit.script
def in_place(a, b):
    a += b
    return a


@torch.jit.script
def pattern(a_tuple, tuple_or_list):
    # type: (Tuple[int, int, int, int], Tuple[int, int]) -> Tuple[int, int, Tuple[int, int], int]
    a, b = tuple_or_list
    e, f, *c = a_tuple
    return a + e, b, c, f


@torch.jit.script
def from_list(a_list):
    # type: (List[int]) -> int
    a, b = a_list
    return a + b
