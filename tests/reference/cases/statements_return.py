import tscript as torch


@torch.jit.script
def at_the_end(a, b):
    return a, b


@torch.jit.script
def both_branches(x):
    if bool(x.sum() > 0):
        return x
    else:
        return -x


@torch.jit.script
def early(x):
    if bool(x.sum() > 0):
        return x
    x = x + 1
    return x
