import tscript as torch


@torch.jit.script
def branches(a):
    # type: (int) -> int
    if a < 4:
        r = -a
    elif a < 3:
        r = a + a
    else:
        r = 3 * a
    return r
