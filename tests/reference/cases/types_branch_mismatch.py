import tscript as torch


@torch.jit.script
def an_error(x):
    if x:
        r = torch.rand(1)
    else:
        r = 4
    return r  # error: [branch-type-mismatch]
