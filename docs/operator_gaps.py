"""Writes ``operator_gaps.md``: the schemas of PyTorch 2.13 that have no operator here, and why.

``python docs/operator_gaps.py`` needs PyTorch (``make gaps``); a test marked `oracle` checks that
the page is what this script writes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from ops_registry.registry import registry
from tscript.ir.primitive_schemas import primitive_overloads
from tscript.runtime.interpreter import PRIMITIVES

PAGE = Path(__file__).parent / "operator_gaps.md"

#: Why an operator is missing: the first pattern that its full name matches says it.
REASONS = (
    ("Derivatives: nothing is differentiated here", r"backward|_grad\b|_jvp$|^aten::(grad|requires)"),
    ("Sparse, nested and jagged layouts", r"sparse|nested|jagged|_(bsr|bsc|csr|csc|coo)\b|ccol|crow"
     r"|coalesce|_indices|_nnz|spdiags|spsolve|hspmm|sspaddmm|_values|dense_dim|cslt"),
    ("Quantised arithmetic", r"quant|q_scale|q_zero|q_per|int_repr|fbgemm|qscheme|int4|int8|fp16|_int_mm"),
    ("Other devices and their libraries", r"cudnn|miopen|mps|mkl|onednn|nnpack|cufft|cuda|xla|triton"
     r"|mtia|efficient_attention|flash_attention|amp_|pin_memory|_scaled_(grouped_)?mm|grouped_mm"),
    ("Optimiser steps over lists of tensors", r"::_(foreach|fused_(ada|sgd))"),
    ("Compilers, tracers and other programs inside PyTorch", r"^(?!aten|prim::)|_dim[IV]|functorch|_test|"
     r"_foobar|autocast|profiler|_batch_dim|_make_dual|_unpack_dual|_fw_primal|sym_|_assert_|philox"),
    ("Distributed computing", r"rpc|c10d|owner|rref|RRef"),
    ("Copies of views for compilers", r"_copy$"),
    ("Helpers without a Python name", r"::_"),
    ("Fused and profiling nodes that only PyTorch's own passes insert", r"^prim::"),
)  # fmt: skip
OTHERS = "Not there yet"


def missing() -> tuple[list[str], dict[str, list[str]], list[str]]:
    """All schemas' names; overloads without a counterpart, by operator; names that are missing."""
    import torch

    everything: list[str] = []
    overloads: dict[str, list[str]] = defaultdict(list)
    for schema in torch._C._jit_get_all_schemas():
        everything.append(schema.name)
        here = [*registry().overloads(schema.name), *(primitive_overloads(schema.name) or ())]
        if schema.name in PRIMITIVES:
            continue
        if schema.overload_name not in {known.overload for known in here}:
            overloads[schema.name].append(schema.overload_name)
    gone = [
        name
        for name in overloads
        if not registry().overloads(name) and not primitive_overloads(name)
    ]
    return everything, overloads, sorted(gone)


def reason(name: str) -> str:
    return next((why for why, pattern in REASONS if re.search(pattern, name)), OTHERS)


def page() -> str:
    """The page's text."""
    everything, overloads, gone = missing()
    public = [name for name in everything if name.startswith("aten::")]
    lacking = sum(len(found) for name, found in overloads.items() if name.startswith("aten::"))
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name in gone:
        by_reason[reason(name)].append(name)
    lines = [
        "# What is missing",
        "",
        "The schemas that PyTorch 2.13 registers and that have no operator here. Written by",
        "`docs/operator_gaps.py` from PyTorch itself (`make gaps`); not edited by hand.",
        "",
        f"PyTorch has {len(everything)} schemas, {len(public)} of them in `aten`. Of those,"
        f" {len(public) - lacking} have",
        f"their operator here. {len(gone)} names are missing in all namespaces:",
        "",
        "| why | operators |",
        "| --- | --- |",
    ]
    order = [why for why, _ in REASONS if why in by_reason]
    order.insert(0, OTHERS)
    lines += [f"| {why} | {len(by_reason[why])} |" for why in order]
    for why in order:
        lines += ["", f"## {why}", "", *wrapped(shown(by_reason[why]))]
    partial = {name: found for name, found in overloads.items() if name not in set(gone)}
    forms = {
        name: [form or "default" for form in found if not form.endswith("out")]
        for name, found in partial.items()
    }
    outs = Counter(form.endswith("out") for found in partial.values() for form in found)[True]
    lines += [
        "",
        "## Overloads of operators that are there",
        "",
        f"{outs} forms that write to `out=` are missing, and these others:",
        "",
        *wrapped(f"`{n.removeprefix('aten::')}` ({', '.join(f)})" for n, f in forms.items() if f),
    ]
    return "\n".join(lines) + "\n"


def shown(names: Iterable[str]) -> list[str]:
    return [f"`{name.removeprefix('aten::')}`" for name in names]


def wrapped(words: Iterable[str]) -> list[str]:
    """The words with commas, in lines of at most 100 characters."""
    lines, line = [], ""
    for word in sorted(words):
        if line and len(line) + len(word) + 2 > 100:
            lines.append(f"{line},")
            line = word
        else:
            line = f"{line}, {word}" if line else word
    return [*lines, f"{line}."] if line else ["None."]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.name, "written")
