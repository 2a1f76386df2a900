import tscript as torch


@torch.jit.script
def larger(x, y):
    return x if bool(x.sum() > y.sum()) else y


@torch.jit.script
def choose(x, y):
    # type: (int, int) -> int
    return x if x > y else y


@torch.jit.script
def casts(ten):
    return float(ten), int(3.5), bool(ten)


class Holder(torch.jit.ScriptModule):
    def __init__(self):
        super(Holder, self).__init__()
        self.my_parameter = torch.nn.Parameter(torch.ones(2))
        self.my_submodule = torch.nn.Linear(2, 2)

    @torch.jit.script_method
    def forward(self):
        return self.my_parameter, self.my_submodule.weight
