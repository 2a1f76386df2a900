"""The tour: TorchScript type-checked, tested, compiled and loaded, with no PyTorch on the machine.

``make demo`` runs this. Every claim that it prints is checked; the last table and the exit status
say whether all of them held.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

HERE = Path(__file__).resolve().parent
GOOD = HERE / "tagger"
BROKEN = HERE / "tagger_broken"
ARCHIVES = HERE.parent / "tests" / "data" / "archives"
ARCHIVE = "torch-2.13/cnn_small_script.pt"

console = Console(width=110, highlight=False)


@dataclass
class Tour:
    """The chapters so far, and what was claimed in them."""

    claims: list[tuple[str, bool]] = field(default_factory=list)
    chapter_count: int = 0

    def chapter(self, title: str, story: str) -> None:
        self.chapter_count += 1
        console.print()
        console.rule(f"[bold]{self.chapter_count}. {title}", align="left")
        console.print(story)

    def claim(self, text: str, holds: bool) -> None:
        self.claims.append((text, holds))
        console.print(verdict(holds) + text)


def verdict(holds: bool) -> str:
    return "[green]  ok[/]   " if holds else "[bold red]  FAILED[/]   "


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a module's command as the reader would, show it and its output."""
    where = folder.relative_to(HERE.parent)
    console.print(Text(f"$ cd {where}; python -m {' '.join(command)}", "bold cyan"))
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True
    )
    console.print(Text((done.stdout + done.stderr).rstrip()), soft_wrap=True)
    return done


def expected_errors(folder: Path) -> list[tuple[str, int, str]]:
    """(file, line, code) of each ``# error: [code]`` comment of a project."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if marked := re.search(r"# error: \[(.+)\]", line):
                found.append((path.relative_to(folder).as_posix(), number, marked[1]))
    return found


def type_checking(tour: Tour) -> None:
    tour.chapter(
        "mypy knows TorchScript",
        "The plugin runs the compiler's own frontend on what mypy knows; nothing is imported\n"
        "or run. First the good project, then a copy with five mistakes, all of it fine Python.",
    )
    clean = run(["tscript_mypy", "tagger"], GOOD)
    tour.claim("the good project is clean", clean.returncode == 0)

    console.print()
    broken = run(["tscript_mypy", "tagger"], BROKEN)
    pattern = re.compile(r"^(\S+?):(\d+)(?::\d+)?: error: .*\[tscript-([a-z-]+)\]$", re.MULTILINE)
    reported = sorted(
        (file.replace("\\", "/"), int(line), code)
        for file, line, code in pattern.findall(broken.stdout)
    )
    expected = sorted(expected_errors(BROKEN))
    table = Table("file", "line", "code", "reported")
    for error in expected:
        table.add_row(error[0], str(error[1]), error[2], "yes" if error in reported else "no")
    console.print(table)
    tour.claim("five mistakes, five codes, each on its line", reported == expected)
    tour.claim("and mypy has nothing else to say", broken.stdout.count(" error: ") == 5)


def testing(tour: Tour) -> None:
    tour.chapter(
        "pytest finds what a trace would miss",
        "The project's tests pass. With --tscript-check, each function that they call is traced\n"
        "with the first arguments seen and checked with the others. One function loops over the\n"
        "words of its sentence: its trace holds for one length only.",
    )
    plain = run(["pytest", "-q", "-p", "no:cacheprovider"], GOOD)
    tour.claim("the tests pass without the flag", plain.returncode == 0)
    console.print()
    checked = run(["pytest", "-q", "-p", "no:cacheprovider", "--tscript-check"], GOOD)
    reported = checked.returncode == 1 and "strongest" in checked.stdout
    tour.claim("with it, the shape-dependent function is reported", reported)
    differ = "Graph diff:" in checked.stdout
    tour.claim("with the difference between the two graphs", differ)


def compiling(tour: Tour) -> None:
    tour.chapter(
        "What the compiler makes of a function",
        "Source in, a graph in static single assignment form out: loops and branches are nodes\n"
        "with blocks, and both executors run it.",
    )
    sys.path.insert(0, str(GOOD))
    from tagger.search import agreement

    source = (GOOD / "tagger" / "search.py").read_text(encoding="utf-8")
    body = source[source.index("def agreement") :]
    console.print(Panel(Syntax("@torch.jit.script\n" + body.rstrip(), "python", theme="ansi_dark")))
    graph = str(agreement.graph)
    console.print(Text(graph))
    tour.claim("the loop and the branch are in it", "prim::Loop" in graph and "prim::If" in graph)
    tour.claim("agreement([1, 2, 3], [1, 0, 3]) is 2/3", agreement([1, 2, 3], [1, 0, 3]) == 2 / 3)


def tensors_of(file: str) -> list[Any]:
    """The tensors of a recorded value tree, in order, as arrays."""
    with np.load(ARCHIVES / file) as data:
        tree = json.loads(str(data["__tree__"]))
        nodes = tree["v"] if tree["t"] in ("tuple", "list") else [tree]
        return [data[node["k"]] for node in nodes if node["t"] == "tensor"]


def loading(tour: Tour) -> None:
    import tscript as torch

    manifest = json.loads((ARCHIVES / "manifest.json").read_text(encoding="utf-8"))
    (made,) = (row for row in manifest if row["file"] == ARCHIVE)
    tour.chapter(
        "A model that real PyTorch saved",
        f"PyTorch {made['made_with']} wrote {made['name']}.pt, with the inputs and results of a run.",
    )
    model = torch.jit.load(str(ARCHIVES / ARCHIVE))
    code = Syntax(model.code.rstrip(), "python", theme="ansi_dark")
    console.print(Panel(code, title="model.code"))
    call = made["calls"][0]
    inputs = [torch.from_numpy(array) for array in tensors_of(call["args"])]
    (expected,) = tensors_of(call["result"])
    result = model(*inputs)
    worst = float(np.abs(result.numpy() - expected).max())
    console.print(f"result {tuple(result.shape)}, largest difference from PyTorch's: {worst:.1e}")
    tour.claim("it runs, and agrees with PyTorch to 1e-5", worst < 1e-5)
    with tempfile.TemporaryDirectory() as folder:
        again = str(Path(folder) / "again.pt")
        torch.jit.save(model, again)
        same = np.array_equal(torch.jit.load(again)(*inputs).numpy(), result.numpy())
    tour.claim("saved again and loaded again, it gives the same numbers", same)


def main() -> int:
    console.print(Panel("[bold]tscript[/bold]: TorchScript without PyTorch"))
    tour = Tour()
    tour.claim("there is no PyTorch here", importlib.util.find_spec("torch") is None)
    type_checking(tour)
    testing(tour)
    compiling(tour)
    loading(tour)
    console.print()
    console.rule("[bold]What was claimed", align="left")
    for text, holds in tour.claims:
        console.print(verdict(holds) + text)
    failed = sum(not holds for _, holds in tour.claims)
    console.print(f"\n{len(tour.claims) - failed} of {len(tour.claims)} hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
