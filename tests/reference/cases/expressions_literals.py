import tscript as torch


@torch.jit.script
def literals():
    a = True
    b = False
    c = None
    d = 'string literals'
    e = "string literals"
    f = 3
    g = 3.4
    return a, b, c, d, e, f, g


@torch.jit.script
def tuples():
    return (3, 4), (3,)


@torch.jit.script
def lists():
    empty = []
    empty.append(torch.rand(3))
    return [3, 4], empty, [torch.rand(3), torch.rand(4)]
