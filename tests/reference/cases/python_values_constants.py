import math

import tscript as torch


class Foo(torch.jit.ScriptModule):
    __constants__ = ['a', 'flag', 'where', 'kind', 'layout', 'pair']

    def __init__(self):
        super(Foo, self).__init__(False)
        self.a = 1 + 4
        self.flag = True
        self.where = torch.device("cpu")
        self.kind = torch.float64
        self.layout = torch.strided
        self.pair = (2, False)

    @torch.jit.script_method
    def forward(self, input):
        extra = torch.zeros(1, dtype=self.kind, layout=self.layout, device=self.where)
        if self.flag and not self.pair[1]:
            extra = extra + self.pair[0]
        return self.a + input + math.pi + extra
