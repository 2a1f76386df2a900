import tscript as torch


@torch.jit.script
def opt_unwrap(x, y, z):
    # type: (Optional[int], Optional[int], Optional[int]) -> int
    if x is None:
        x = 1
    x = x + 1

    if y is not None and z is not None:
        x = y + z
    return x
