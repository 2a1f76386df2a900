"""The grammar of module programs: what the methods of a subclass of ``Base`` may use."""

from __future__ import annotations

from tests.properties.templates import Form, Variable

#: Attributes that are read and assigned like variables.
ATTRIBUTES: dict[str, Variable] = {
    "self.count": Variable("int"),
    "self.rate": Variable("float"),
    "self.flag": Variable("bool"),
    "self.label": Variable("str"),
    "self.total": Variable("Vector"),
    "self.memory": Variable("List[int]"),
    "self.table": Variable("Dict[str, int]"),
    "self.limit": Variable("int", fixed=True),
    "self.mode": Variable("str", fixed=True),
    "self.names": Variable("List[str]", fixed=True),
    "self.bias": Variable("Vector", fixed=True),
}

#: What is compared after a run.
STATE = ("count", "rate", "flag", "label", "total", "memory", "table", "last", "step")

MODULE_EXPRESSIONS: dict[str, tuple[str, ...]] = {
    "int": (
        "self.helper(«int»)",
        "self.helper(«int», by=«int»)",
        "self.exported(«int»)",
        "self.static(«int»)",
        "self.ignored(«int»)",
        "self.sizes[0]",
        "len(self.layers)",
        "len(self.names)",
        "len(self.heads)",
        "self.pair(«Vector»)[1]",
        "self.table['a']",
        "getattr(self, 'count')",
        "self.limit",
    ),
    "float": ("self.scale.factor", "self.scale.doubled", "getattr(self.scale, 'factor')"),
    "bool": (
        "self.training",
        "(self.mode == 'wide')",
        "hasattr(self, 'limit')",
        "('one' in self.heads)",
        "(self.last is None)",
        "(self.absent is None)",
    ),
    "Vector": (
        "self.linear(«Vector»)",
        "self.scale(«Vector»)",
        "self.scale.forward(«Vector»)",
        "self.scale.shifted(«Vector», by=«float»)",
        "self.scale.weight",
        "self.layers[0](«Vector»)",
        "self.layers[-1].weight",
        "self.heads['one'](«Vector»)",
        "self.steps(«Vector»)",
        "self.steps[0](«Vector»)",
        "self.layers[1:][0].forward(«Vector»)",
        "self.pair(«Vector», «Vector»)[0]",
        "self.act(«Vector»)",
        "self.transform.forward(«Vector»)",
        "(self.weights[0] * 1)",
        "F.linear(«Vector», self.linear.weight, self.linear.bias)",
    ),
}

MODULE_STATEMENTS: tuple[str, ...] = (
    "for «new other layer» in self.layers:\n    «=Vector» = «layer»(«Vector»)",
    "for «new int i», «new other layer» in enumerate(self.layers):\n    «=Vector» = «layer»(«Vector») + «i»\n    «plain»",
    "for «new other layer» in self.steps:\n    «=Vector» = «layer»(«Vector»)",
    "for «new str k», «new other layer» in self.heads.items():\n    «=Vector» = «layer»(«Vector»)\n    print(«k»)",
    "for «new str k» in self.heads:\n    print(«k»)",
    "for «new str k» in self.heads.keys():\n    «plain»",
    "for «new other layer» in self.heads.values():\n    «=Vector» = «layer».shifted(«Vector»)",
    "for «new other one», «new other two» in zip(self.layers, self.layers):\n    «=Vector» = «two»(«one»(«Vector»))",
    "for «new Vector v» in self.weights:\n    «=Vector» = «Vector» + «v»",
    "«let Vector n», _ = self.pair(«Vector»)",
    "self.last = «Vector»",
    "«let Optional[Tensor] n» = self.last\nif «n» is not None:\n    «body n: Tensor»",
    "self.memory.append(«int»)",
    "self.table['b'] = «int»",
    "self.table['a'] += «int»",
    "self.count += 1",
    "self.total[0] = «float»",
    "self.total += «Vector»",
    "self.step = «int»",
    "self.count, self.flag = «int», «bool»",
    "if self.optional is not None:\n    self.optional(«Vector»)\nelse:\n    «plain»",
    "if self.limit > 3:\n    «body»",
    "if self.training:\n    «body»",
    "if hasattr(self, 'missing'):\n    self.missing()\nelse:\n    «plain»",
    "if self.nothing is None:\n    «plain»",
    "if torch.jit.is_scripting() or self.flag:\n    «plain»",
    "with torch.no_grad():\n    self.count = «int»",
    "for «new int v» in self.sizes:\n    «=int» += «v»",
    "self.scale.seen += 1",
)

MODULE_FORMS = {
    type: tuple(Form(text) for text in texts) for type, texts in MODULE_EXPRESSIONS.items()
}
MODULE_FORMS["Vector"] += (Form("self.layers[1:][0](«Vector»)", differs="sliced-modules"),)
MODULE_STATEMENT_FORMS = tuple(Form(text) for text in MODULE_STATEMENTS)
