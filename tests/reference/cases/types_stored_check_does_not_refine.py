import tscript as torch


@torch.jit.script
def stored(x):
    # type: (Optional[int]) -> int
    missing = x is None
    if missing:
        x = 1
    return x + 1  # error: [optional-not-refined]
