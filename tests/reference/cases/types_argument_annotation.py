from typing import Tuple

import tscript as torch
from tscript import Tensor


@torch.jit.script
def foo(x: int, tup: Tuple[Tensor, Tensor]) -> Tensor:
    t0, t1 = tup
    return t0 + t1 + x


print(foo(3, (torch.rand(3), torch.rand(3))))
