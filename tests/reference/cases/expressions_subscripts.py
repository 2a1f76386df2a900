import tscript as torch


@torch.jit.script
def subscripts(t, i, j):
    # type: (Tensor, int, int) -> List[Tensor]
    return [
        t[0],
        t[-1],
        t[0:2],
        t[1:],
        t[:1],
        t[:],
        t[0, 1],
        t[0, 1:2],
        t[0, :1],
        t[-1, 1:, 0],
        t[1:, -1, 0],
        t[i:j, i],
    ]
