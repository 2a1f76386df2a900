"""What is drawn after ``manual_seed(0)``: every random operator, every module's weights.

``python -m parity.randomness`` writes ``docs/random.md``: what is not PyTorch's bit for bit, with
the reason and the largest difference. How operators are called is that of their own tests.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import tscript
from parity import modules
from parity.translation import Untranslatable, array, find, translated

PAGE = Path(__file__).parents[1] / "docs" / "random.md"

_NORMAL = "PyTorch's vectorised logarithm and cosine differ from NumPy's, and between processors"
_LOGARITHM = "the logarithm of PyTorch's processor-specific library, not NumPy's"
_TANGENT = "the tangent of PyTorch's library, not NumPy's"
#: Why an operator's numbers are not PyTorch's to the last bit.
REASONS = {
    "randn": _NORMAL, "randn_like": _NORMAL, "normal_": _NORMAL, "normal_functional": _NORMAL,
    "normal": _NORMAL, "log_normal": _NORMAL, "log_normal_": _NORMAL,
    "exponential": _LOGARITHM, "exponential_": _LOGARITHM,
    "cauchy": _TANGENT, "cauchy_": _TANGENT,
}  # fmt: skip
#: The same for modules: they draw through an operator.
MODULE_REASONS = {
    "nn.Embedding": "drawn by `normal_`",
    "nn.EmbeddingBag": "drawn by `normal_`",
}


#: Larger than the database's, which are of a few numbers.
_LARGE = {"Embedding": (1000, 64), "EmbeddingBag": (1000, 64), "Linear": (200, 300),
          "Conv2d": (64, 64, 3), "LSTM": (64, 64, 2), "Bilinear": (20, 30, 40),
          "AdaptiveLogSoftmaxWithLoss": (64, 1000, [10, 100])}  # fmt: skip
#: Drawn a hundred thousand times besides: rare values are where implementations differ.
_MANY = ("cauchy_", "exponential_", "log_normal_", "normal_", "random_", "uniform_",
         "bernoulli_")  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """One operator or module: how many draws were compared, and the largest difference."""

    name: str
    compared: int
    largest: float
    #: The same, in units of the largest number drawn.
    relative: float


def _distance(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    if ours.shape != theirs.shape:
        return float("inf"), float("inf")
    if ours.dtype.kind in "biu":
        ours, theirs = ours.astype(object), theirs.astype(object)
    found = [float(abs(a - b)) for a, b in zip(ours.ravel(), theirs.ravel()) if a != b]
    found = [0.0 if np.isnan(one) else one for one in found]
    size = max((float(abs(v)) for v in theirs.ravel() if v == v), default=0.0)
    largest = max(found, default=0.0)
    return largest, largest / size if size else largest


def operators() -> list[Draw]:
    """Every random operator with samples, over all of them."""
    streams: Any = importlib.import_module("tests.ops_registry.test_random_streams")
    from ops_registry.generator import default_generator
    from ops_registry.operator import Operator
    from tscript.runtime.dispatch import call

    def run(operator: Operator, arguments: Any) -> Any:
        result = call(operator, [_wrapped(value) for value in arguments])
        return tuple(r.array for r in result) if isinstance(result, tuple) else result.array

    found: dict[str, list[tuple[float, float]]] = {}
    for _, operator, sample in streams.calls():
        torch.manual_seed(0)
        default_generator().manual_seed(0)
        pairs = zip(streams.ours(run, operator, sample), streams.real(torch, operator, sample))
        for actual, expected in pairs:
            wide = actual.astype(np.float32) if actual.dtype.char == "E" else actual
            found.setdefault(operator.schema.base_name, []).append(
                _distance(wide, streams.plain(torch, expected))
            )
    for name in _MANY:
        for dtype in ("float32", "float64"):
            torch.manual_seed(0)
            tscript.manual_seed(0)
            ours, theirs = (
                getattr(library.empty(100_000, dtype=getattr(library, dtype)), name)()
                for library in (tscript, torch)
            )
            found[name].append(_distance(array(ours), array(theirs)))
    return [_draw(name, distances) for name, distances in sorted(found.items())]


def _wrapped(value: Any) -> Any:
    from tscript.runtime.tensor import wrap

    return wrap(value) if isinstance(value, np.ndarray) else value


def initialisations() -> list[Draw]:
    """Every module of the database, over all constructor arguments, as far as it draws weights."""
    draws = []
    for name in modules.names():
        distances = []
        info = modules._database()[name]
        ours = find(f"torch.{name}")
        options = {"device": "cpu", "requires_grad": False, "training": True}
        for given in info.module_inputs_func(info, dtype=torch.float32, **options):
            made = given.constructor_input
            try:
                args, kwargs = translated(made.args), translated(made.kwargs)
            except Untranslatable:
                continue
            torch.manual_seed(0)
            theirs = info.module_cls(*made.args, **made.kwargs)
            tscript.manual_seed(0)
            state = ours(*args, **kwargs).state_dict()
            for key, value in theirs.state_dict().items():
                if not isinstance(value, torch.nn.parameter.UninitializedTensorMixin):
                    distances.append(_distance(array(state[key]), array(value)))
        if distances:
            draws.append(_draw(name, distances))
    for cls, arguments in _LARGE.items():
        torch.manual_seed(0)
        tscript.manual_seed(0)
        theirs, ours = getattr(torch.nn, cls)(*arguments), getattr(tscript.nn, cls)(*arguments)
        pairs = zip(ours.state_dict().values(), theirs.state_dict().values())
        found = [_distance(array(one), array(other)) for one, other in pairs]
        draws.append(_draw(f"nn.{cls}{arguments}", found))
    return draws


def _draw(name: str, distances: list[tuple[float, float]]) -> Draw:
    largest = max(distance[0] for distance in distances)
    return Draw(name, len(distances), largest, max(distance[1] for distance in distances))


def reason(draw: Draw) -> str | None:
    """Why a draw is not bit for bit; None when nothing explains it."""
    return REASONS.get(draw.name) or MODULE_REASONS.get(draw.name.partition("(")[0])


def page(drawn: list[Draw], weights: list[Draw]) -> str:
    """The page of the documentation."""

    def table(kind: str, draws: list[Draw]) -> list[str]:
        differing = [draw for draw in draws if draw.largest]
        lines = [f"{len(draws) - len(differing)} of {len(draws)} {kind} agree in every bit."]
        if not differing:
            return lines
        lines += ["", "| | largest difference | relative to the largest number | why |",
                  "| --- | --- | --- | --- |"]  # fmt: skip
        for draw in differing:
            sizes = f"{draw.largest:.1e} | {draw.relative:.1e}"
            lines.append(f"| `{draw.name}` | {sizes} | {reason(draw) or 'UNEXPLAINED'} |")
        return lines

    return "\n".join([
        "# Random numbers", "",
        "% Generated by `python -m parity.randomness`.", "",
        "After `manual_seed(0)` a random operator draws what PyTorch 2.13 draws on the CPU, and a",
        "module starts with the same weights. Where not, it is listed here. The generator's state",
        "afterwards is the same for all of them.", "",
        "## Operators", "", *table("operators", drawn), "",
        "PyTorch draws `bernoulli` and what builds on it (dropout) from a generator of MKL's on",
        "processors made by Intel, and from its own on all others. Here it is always the latter.",
        "", "## Weights of modules", "", *table("modules that hold state", weights), "",
    ])  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    PAGE.write_text(page(operators(), initialisations()), encoding="utf-8")


if __name__ == "__main__":
    main()
