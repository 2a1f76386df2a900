import tscript as torch
from tscript.jit import Tensor
from typing import List, Tuple


class ListOfTupleOfTensor(torch.jit.ScriptModule):
    def __init__(self):
        super(ListOfTupleOfTensor, self).__init__()

    @torch.jit.script_method
    def forward(self, x):
        # type: (Tensor) -> List[Tuple[Tensor, Tensor]]

        # This annotates the list to be a List[Tuple[Tensor, Tensor]]
        returns = torch.jit.annotate(List[Tuple[Tensor, Tensor]], [])
        for i in range(10):
            returns.append((x, x))

        return returns
