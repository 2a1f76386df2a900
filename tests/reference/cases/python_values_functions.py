import tscript as torch


def foo(x):
    print("I am called with {}".format(x))
    import pdb; pdb.set_trace()
    return x


@torch.jit.script
def bar(x):
    return foo(x + 1)
