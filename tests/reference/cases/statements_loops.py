import tscript as torch


@torch.jit.script
def while_loop():
    a = 0
    while a < 4:
        print(a)
        a += 1
    return a


@torch.jit.script
def for_range():
    x = 0
    for i in range(10):
        x *= i
    return x


@torch.jit.script
def over_a_tuple():
    tup = (3, torch.rand(4))
    for x in tup:
        print(x)
