import tscript as torch


@torch.jit.script
def show(a, b):
    print("the result of an add:", a + b)
