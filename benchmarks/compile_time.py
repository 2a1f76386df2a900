"""Compile time beside ``torch.jit.script`` on the same source: a tree of modules, a long function.

Imports are done, and so is the first small compilation, on both sides. Caches are empty for the
network, since each measurement has an interpreter of its own, and for the long function, since each
round has a text of its own; the warm rounds have the text of an earlier round, and so its views.
`print_shares` shows where our own time goes.
"""

from __future__ import annotations

import functools
import itertools
import linecache
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table

from benchmarks.comparison import Comparison

SMALL = """
from {package} import Tensor, nn

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        for i in range(2):
            x = self.part(x)[0:1] + float(i)
        return x
"""

NETWORK = """
from typing import List, Optional, Type

import {package} as torch
from {package} import Tensor, nn


def conv3x3(inplanes: int, planes: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inplanes, planes, 3, stride=stride, padding=1, bias=False)


def conv1x1(inplanes: int, planes: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inplanes, planes, 1, stride=stride, bias=False)


class Bottleneck(nn.Module):
    expansion: int = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Optional[nn.Module] = None
    ) -> None:
        super().__init__()
        self.conv1 = conv1x1(inplanes, planes)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = conv1x1(planes, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        out = self.relu(out)
        out = self.conv3(out)
        out = self.bn3(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self, layers: List[int], num_classes: int = 1000) -> None:
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(64, layers[0])
        self.layer2 = self._make_layer(128, layers[1], stride=2)
        self.layer3 = self._make_layer(256, layers[2], stride=2)
        self.layer4 = self._make_layer(512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * Bottleneck.expansion, num_classes)

    def _make_layer(self, planes: int, blocks: int, stride: int = 1) -> nn.Sequential:
        out = planes * Bottleneck.expansion
        downsample = nn.Sequential(conv1x1(self.inplanes, out, stride), nn.BatchNorm2d(out))
        first = Bottleneck(self.inplanes, planes, stride, downsample)
        self.inplanes = out
        return nn.Sequential(first, *[Bottleneck(out, planes) for _ in range(1, blocks)])

    def _forward_impl(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.fc(x)

    def forward(self, x: Tensor) -> Tensor:
        return self._forward_impl(x)
"""

#: The long function: a head, a passage of 28 lines again and again with other names, an end.
HEAD = """
from typing import Dict, List, Optional, Tuple

import {package} as torch
from {package} import Tensor


def long_function(
    x: Tensor, weights: List[Tensor], bias: Tensor, mask: Optional[Tensor], scale: float, n: int = 4
) -> Tuple[Tensor, List[str], Dict[str, int]]:
    notes: List[str] = []
    counts: Dict[str, int] = {{}}
    parts: List[Tensor] = []
    total = 0  # variant {variant}
"""
PASSAGE = """
    # passage {k}: scores of this level, and which of them are kept
    hidden{k} = torch.relu(torch.mm(x, weights[{k} % len(weights)]) + bias * {k}.5)
    scores{k} = torch.sum(hidden{k} * hidden{k}, dim=1, keepdim=True)
    limit{k} = scale * {k} + 0.5
    if limit{k} > 10.0 and n > {k}:
        scores{k} = scores{k}.clamp(min=0.0, max=limit{k})
        notes.append("clamped at " + str(limit{k}))
    elif mask is not None:
        scores{k} = torch.where(mask, scores{k}, torch.zeros_like(scores{k}))
    else:
        scores{k} = -scores{k}
    kept{k}: List[int] = []
    for i in range(n):
        if bool(scores{k}[i % scores{k}.size(0), 0] > limit{k}):
            continue
        kept{k}.append(i * 2 + {k})
        if len(kept{k}) >= 100:
            break
    left{k} = len(kept{k})
    while left{k} > 0 and total < 1000:
        left{k} -= 1
        total += kept{k}[left{k}]
        counts["level{k}"] = counts.get("level{k}", 0) + 1
    total = total if total > {k} else max(total, left{k}) + {k}
    picked{k} = [float(number) / 2.0 for number in kept{k}]
    first{k}, second{k} = hidden{k}[:, 0:2], hidden{k}[:, -1].unsqueeze(1)
    x = x + (first{k}.mean() - second{k}.mean()) / (1.0 + len(picked{k}))
    y{k} = torch.cat([first{k}, second{k}], dim=1).view(-1, 3).transpose(0, 1)
    parts.append(y{k}.contiguous() if left{k} == 0 else y{k} * float(left{k}))
"""
END = """
    return x + torch.cat(parts).sum(), notes, counts
"""


def long_function(package: str, variant: int = 0) -> str:
    """The source of a function of 300 lines; each ``variant`` is a text of its own."""
    passages = [PASSAGE.replace("{k}", str(k)).lstrip("\n") for k in range(1, 11)]
    return HEAD.format(package=package, variant=variant) + "".join(passages) + END.lstrip("\n")


_numbers = itertools.count()


def names_of(text: str, filename: str = "") -> dict[str, Any]:
    """What a source defines, executed under a file name that `inspect` can read it by."""
    module = ModuleType(f"compile_time_{next(_numbers)}")
    filename = filename or f"<{module.__name__}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module
    exec(compile(text, filename, "exec"), vars(module))
    return vars(module)


@cache
def loaded(package: str) -> ModuleType:
    """A package that has compiled something small: all that it imports late is imported."""
    warnings.simplefilter("ignore", DeprecationWarning)
    torch = import_module(package)
    torch.jit.script(names_of(SMALL.format(package=package))["Small"]())
    return torch


def script_seconds(package: str, make: Callable[[], Any]) -> float:
    """How long ``script`` takes for what ``make`` gives."""
    torch = loaded(package)
    target = make()
    start = time.perf_counter()
    torch.jit.script(target)
    return time.perf_counter() - start


def network(package: str) -> Any:
    """ResNet-50, not scripted."""
    return names_of(NETWORK.format(package=package))["ResNet"]([3, 4, 6, 3])


def network_seconds(package: str) -> float:
    """ResNet-50 in a fresh interpreter."""
    code = (
        "from benchmarks.compile_time import network, script_seconds;"
        f"print(script_seconds({package!r}, lambda: network({package!r})))"
    )
    return float(subprocess.check_output([sys.executable, "-c", code]))


def cold_function(package: str) -> Any:
    """The long function, in a text that was never compiled."""
    return names_of(long_function(package, next(_numbers)))["long_function"]


def known_function(package: str) -> Any:
    """The function again, as when its file is reloaded: the text was compiled before."""
    return names_of(long_function(package), f"<long function of {package}>")["long_function"]


def comparisons() -> Iterator[Comparison]:
    yield Comparison(
        "compile ResNet-50, fresh interpreters",
        ours=lambda: network_seconds("tscript"),
        theirs=lambda: network_seconds("torch"),
        bound=1.5,
        rounds=3,
    )
    yield Comparison(
        "compile a function of 300 lines, new text",
        ours=lambda: script_seconds("tscript", lambda: cold_function("tscript")),
        theirs=lambda: script_seconds("torch", lambda: cold_function("torch")),
        bound=4.0,
    )
    yield Comparison(
        "compile a function of 300 lines, text known",
        ours=lambda: script_seconds("tscript", lambda: known_function("tscript")),
        theirs=lambda: script_seconds("torch", lambda: known_function("torch")),
        bound=1.0,
    )


#: The stages of compiling: where each one's function is looked up, and its name.
STAGES = {
    "find source": ("tscript.jit.live_resolver", "source_of"),
    "parse (libcst)": ("libcst", "parse_module"),
    "positions, views": ("tscript.frontend.parse_cst", "parse_def"),
    "emit": ("tscript.frontend.unit", "compile_def"),
    "SSA form": ("tscript.frontend.unit", "to_ssa"),
    "passes": ("tscript.frontend.unit", "run_cleanup"),
}


class Stopwatch:
    """Time in functions, without that in other functions measured inside them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys([*STAGES, "the rest"], 0.0)
        self._running = ["the rest"]
        self._since = time.perf_counter()

    def switch(self, stage: str | None) -> None:
        """Enter a stage, or with None go back to the one around it."""
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now
        if stage is None:
            self._running.pop()
        else:
            self._running.append(stage)

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            self.switch(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self.switch(None)

        return run


def shares(make: Callable[[], Any]) -> dict[str, float]:
    """Seconds of each stage in scripting what ``make`` gives."""
    torch = loaded("tscript")
    target = make()
    watch = Stopwatch()
    with ExitStack() as stack:
        for stage, (module, name) in STAGES.items():
            function = watch.timed(stage, getattr(import_module(module), name))
            stack.enter_context(mock.patch(f"{module}.{name}", function))
        watch.switch("the rest")
        torch.jit.script(target)
        watch.switch(None)
    return watch.seconds


def print_shares(console: Console) -> None:
    """Where our own time goes, in milliseconds."""
    columns = {
        "ResNet-50": lambda: network("tscript"),
        "300 lines, new": lambda: cold_function("tscript"),
        "300 lines, known": lambda: known_function("tscript"),
    }
    loaded("tscript").jit.script(known_function("tscript"))
    measured = {name: shares(make) for name, make in columns.items()}
    table = Table("compiling, ms", *columns)
    for stage in [*STAGES, "the rest"]:
        table.add_row(stage, *(f"{seconds[stage] * 1e3:.1f}" for seconds in measured.values()))
    table.add_row("all", *(f"{sum(seconds.values()) * 1e3:.1f}" for seconds in measured.values()))
    console.print(table)
