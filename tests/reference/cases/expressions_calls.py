import tscript as torch


@torch.jit.script
def foo(x):
    return x + 1


@torch.jit.script
def bar(x):
    return foo(x)


@torch.jit.script
def builtin():
    return torch.rand(3, dtype=torch.float)


@torch.jit.script
def integers():
    return torch.rand(3, dtype=torch.int)


@torch.jit.script
def method(x, y):
    return x.mm(y)
